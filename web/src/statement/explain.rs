//! The plan as EXPLAIN prints it, as a tree.

use kumquat_protocol::message::{Answer, Question};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::session::use_session;

/// A node of a plan: its line, the lines about it, the nodes below.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlanNode {
    pub title: String,
    pub facts: Vec<String>,
    pub below: Vec<PlanNode>,
}

/// Statements that have a plan.
const PLANNED: [&str; 8] = [
    "SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "WITH", "VALUES", "TABLE",
];

/// Asks for the plan of a statement, where it has one.
#[component]
pub fn Explain(sql: String) -> impl IntoView {
    let session = use_session();
    let answer = RwSignal::new(None::<Answer>);
    let first = sql.split_whitespace().next().unwrap_or_default().to_uppercase();
    if PLANNED.contains(&first.as_str()) {
        let question = Question {
            sql: format!("EXPLAIN (COSTS OFF) {sql}"),
            node: None,
            limit: 500,
        };
        spawn_local(async move {
            answer.set(session.ask(question).await);
        });
    }
    move || {
        let answer = answer.get()?;
        let lines = answer
            .rows
            .into_iter()
            .filter_map(|row| row.into_iter().next().flatten());
        let tree = parse(&lines.collect::<Vec<_>>());
        (!tree.is_empty()).then(|| {
            view! {
                <section class="explain" aria-label="EXPLAIN">
                    <h3>"The plan, as " <code>"EXPLAIN"</code> " prints it"</h3>
                    {branch(tree)}
                </section>
            }
        })
    }
}

fn branch(nodes: Vec<PlanNode>) -> AnyView {
    let items = nodes.into_iter().map(|node| {
        let facts = node
            .facts
            .into_iter()
            .map(|fact| view! { <span class="fact">{fact}</span> });
        view! {
            <li>
                <span class="node">{node.title}</span>
                {facts.collect_view()}
                {(!node.below.is_empty()).then(|| branch(node.below))}
            </li>
        }
    });
    view! { <ul>{items.collect_view()}</ul> }.into_any()
}

/// Reads the tree off the indentation: a node's arrow stands right of that of the node above.
pub fn parse(lines: &[String]) -> Vec<PlanNode> {
    // A node with no arrow stands left of all others.
    let mut open: Vec<(usize, PlanNode)> = Vec::new();
    let mut roots = Vec::new();
    for line in lines {
        let text = line.trim_start();
        let column = line.len() - text.len();
        let (column, title) = match text.strip_prefix("->") {
            Some(title) => (column + 1, Some(title.trim_start())),
            None if column == 0 => (0, Some(text)),
            None => (column + 1, None),
        };
        while open.last().is_some_and(|(above, _)| *above >= column) {
            close(&mut open, &mut roots);
        }
        match (title, open.last_mut()) {
            (Some(title), _) => open.push((
                column,
                PlanNode {
                    title: title.to_string(),
                    ..PlanNode::default()
                },
            )),
            (None, Some((_, node))) => node.facts.push(text.to_string()),
            (None, None) => {}
        }
    }
    while !open.is_empty() {
        close(&mut open, &mut roots);
    }
    roots
}

fn close(open: &mut Vec<(usize, PlanNode)>, roots: &mut Vec<PlanNode>) {
    let Some((_, node)) = open.pop() else { return };
    match open.last_mut() {
        Some((_, above)) => above.below.push(node),
        None => roots.push(node),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_follows_the_indentation() {
        let lines = [
            "Aggregate",
            "  ->  Custom Scan (Citus Adaptive)",
            "        Task Count: 32",
            "        ->  Task",
            "              Node: host=localhost port=9701 dbname=lab",
            "              ->  Seq Scan on t_102008 t",
            "                    Filter: (a > 1)",
        ];
        let tree = parse(&lines.map(String::from));
        fn shown(nodes: &[PlanNode], depth: usize, out: &mut Vec<String>) {
            for node in nodes {
                out.push(format!("{depth} {} {:?}", node.title, node.facts));
                shown(&node.below, depth + 1, out);
            }
        }
        let mut found = Vec::new();
        shown(&tree, 0, &mut found);
        assert_eq!(
            found,
            [
                "0 Aggregate []",
                "1 Custom Scan (Citus Adaptive) [\"Task Count: 32\"]",
                "2 Task [\"Node: host=localhost port=9701 dbname=lab\"]",
                "3 Seq Scan on t_102008 t [\"Filter: (a > 1)\"]",
            ]
        );
    }
}
