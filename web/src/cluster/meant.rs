//! What the last statement touched, or would have touched if it had not been refused.

use std::collections::BTreeSet;

use kumquat_protocol::outcome::{OutputKind, StatementOutcome};
use kumquat_protocol::trace::Trace;
use kumquat_protocol::view::{ClusterView, Table};
use leptos::prelude::*;

use super::shown_name;
use crate::figures::counted;
use crate::session::use_session;
use crate::shell::{Front, Picture};

/// Tables named in the words about a refusal; of more, how many there are.
const NAMED: usize = 4;

/// What a statement is about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Meant {
    /// Shards on nodes, as (shard, node).
    pub placements: BTreeSet<(u32, u32)>,
    /// Tables that a refused statement names.
    pub tables: BTreeSet<u32>,
    pub refused: Option<Refused>,
}

/// Why nothing came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    /// The names of the tables.
    names: Vec<String>,
    /// The rule in a sentence, or the words of PostgreSQL.
    rule: String,
    /// The foreign keys have more to say.
    key: bool,
}

impl Meant {
    pub fn of(outcome: &StatementOutcome, cluster: &ClusterView) -> Meant {
        let Some(trace) = &outcome.trace else {
            return Meant::default();
        };
        let mut placements: BTreeSet<(u32, u32)> = trace
            .tasks
            .iter()
            .flat_map(|task| task.shards.iter().map(|shard| (*shard, task.node)))
            .collect();
        if !outcome.failed {
            return Meant {
                placements,
                ..Meant::default()
            };
        }
        placements.extend(trace.route.iter().map(|route| (route.shard, route.node)));
        let tables = named(trace, cluster);
        if placements.is_empty() {
            let shards = tables.iter().flat_map(|table| &table.shards);
            placements.extend(shards.flat_map(|shard| shard.nodes.iter().map(|node| (shard.id, *node))));
        }
        let refused = (!placements.is_empty() || !tables.is_empty()).then(|| Refused {
            names: tables.iter().map(|table| shown_name(table)).collect(),
            rule: rule(outcome, trace),
            key: trace.refused_key.is_some(),
        });
        Meant {
            placements,
            tables: tables.iter().map(|table| table.oid).collect(),
            refused,
        }
    }
}

fn named<'a>(trace: &Trace, cluster: &'a ClusterView) -> Vec<&'a Table> {
    let ends = trace.refused_key.iter().flat_map(|key| [key.from.table, key.to.table]);
    let oids: BTreeSet<u32> = trace.named.iter().copied().chain(ends).collect();
    let tables = cluster.tables.iter();
    tables.filter(|table| oids.contains(&table.oid)).collect()
}

fn rule(outcome: &StatementOutcome, trace: &Trace) -> String {
    if let Some(key) = &trace.refused_key {
        return format!("{}.", key.rule);
    }
    let error = outcome.output.iter().find(|output| output.kind == OutputKind::Error);
    error.map_or_else(String::new, |error| error.text.trim_end().to_string())
}

/// What is meant, in words over the map.
#[component]
pub fn MeantWords(meant: Memo<Meant>) -> impl IntoView {
    move || {
        let meant = meant.get();
        let shards = shards_on_nodes(&meant.placements);
        match meant.refused {
            Some(refused) => Some(draw_refusal(refused, shards).into_any()),
            None => shards.map(|shards| {
                view! {
                    <p class="meant-words">
                        <span class="key-touched" aria-hidden="true"></span>
                        {format!("The last statement touched {shards}")}
                    </p>
                }
                .into_any()
            }),
        }
    }
}

/// `64 shards on 2 nodes`; nothing of none.
fn shards_on_nodes(placements: &BTreeSet<(u32, u32)>) -> Option<String> {
    let nodes: BTreeSet<u32> = placements.iter().map(|(_, node)| *node).collect();
    (!placements.is_empty()).then(|| {
        format!(
            "{} on {}",
            counted(placements.len() as f64, "shard", "shards"),
            counted(nodes.len() as f64, "node", "nodes")
        )
    })
}

fn draw_refusal(refused: Refused, shards: Option<String>) -> impl IntoView {
    let front: Front = expect_context();
    let rest = refused.names.len().saturating_sub(NAMED);
    let mut what: Vec<String> = refused.names.iter().take(NAMED).cloned().collect();
    if rest > 0 {
        what.push(counted(rest as f64, "other", "others"));
    }
    let what = match (what.is_empty(), shards) {
        (true, shards) => shards.unwrap_or_default(),
        (false, None) => what.join(", "),
        (false, Some(shards)) => format!("{}: {shards}", what.join(", ")),
    };
    let why = refused.key.then(|| {
        view! {
            <button class="quiet" on:click=move |_| front.picture.set(Picture::Keys)>"See the key"</button>
        }
    });
    view! {
        <div class="meant-words refused" role="group" aria-label="What was refused">
            <span class="key-touched" aria-hidden="true"></span>
            <p>
                <b>"Refused."</b> " It would have touched " {what} ". "
                {why}
                <span class="rule-words">{refused.rule}</span>
            </p>
        </div>
    }
}

/// What is meant by the last statement, for the map and its words.
pub fn of_session() -> Memo<Meant> {
    let session = use_session();
    Memo::new(move |_| {
        let meant = |outcome: &StatementOutcome| session.cluster.with(|cluster| Meant::of(outcome, cluster));
        session.last.with(|last| last.as_ref().map(meant).unwrap_or_default())
    })
}

#[cfg(test)]
mod tests {
    use kumquat_protocol::trace::Task;
    use kumquat_protocol::view::{Shard, TableKind};

    use super::*;

    fn table(oid: u32, shards: &[(u32, u32)]) -> Table {
        Table {
            oid,
            schema: "public".into(),
            name: format!("t{oid}"),
            kind: TableKind::Distributed,
            columns: Vec::new(),
            distribution_column: None,
            colocation_id: Some(1),
            parent: None,
            partitioned: false,
            rows: 0.0,
            shards: shards
                .iter()
                .map(|(id, node)| Shard {
                    id: *id,
                    range: None,
                    nodes: vec![*node],
                    rows: 0.0,
                    bytes: 0.0,
                })
                .collect(),
        }
    }

    #[test]
    fn a_refused_statement_means_all_shards_of_its_tables_unless_it_came_to_some() {
        let cluster = ClusterView {
            tables: vec![table(1, &[(10, 2), (11, 3)]), table(2, &[(20, 2)])],
            ..ClusterView::default()
        };
        let check = |failed: bool, tasks: &[(u32, u32)], named: &[u32], expected: &[(u32, u32)]| {
            let task = |(shard, node): &(u32, u32)| Task {
                shard: Some(*shard),
                shards: vec![*shard],
                node: *node,
                sql: String::new(),
                rows: 0.0,
            };
            let outcome = StatementOutcome {
                failed,
                trace: Some(Box::new(Trace {
                    tasks: tasks.iter().map(task).collect(),
                    named: named.to_vec(),
                    ..Trace::default()
                })),
                ..StatementOutcome::default()
            };
            let meant = Meant::of(&outcome, &cluster);
            assert_eq!(meant.placements.iter().copied().collect::<Vec<_>>(), expected);
            assert_eq!(meant.refused.is_some(), failed && !expected.is_empty());
        };
        check(false, &[(10, 2)], &[], &[(10, 2)]);
        check(true, &[], &[1], &[(10, 2), (11, 3)]);
        check(true, &[], &[1, 2], &[(10, 2), (11, 3), (20, 2)]);
        check(true, &[(11, 3)], &[1], &[(11, 3)]);
        check(true, &[], &[], &[]);
    }
}
