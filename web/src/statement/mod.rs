//! What the last statement did in the cluster, step by step.
//!
//! - `steps`: the way of a statement as a list of steps
//! - `route`: value, hash, interval, shard, node
//! - `wire`: the messages between nodes, with the phases of their transaction
//! - `explain`: the plan as EXPLAIN prints it

mod explain;
mod route;
mod steps;
mod wire;

use kumquat_protocol::outcome::{OutputKind, StatementOutcome};
use kumquat_protocol::trace::{Task, Trace};
use kumquat_protocol::view::ClusterView;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};

use crate::cluster::{hue, node_name};
use crate::figures::{counted, grouped};
use crate::glossary::Term;
use crate::session::use_session;
use explain::Explain;
use steps::{LINES, Step, sentence, steps};

/// Where the learner is on the statement's way.
#[derive(Clone, Copy)]
pub struct Walk {
    at: RwSignal<Option<Step>>,
    /// Everything is drawn, however long the lists are.
    whole: RwSignal<bool>,
}

impl Walk {
    pub fn is_at(self, step: Step) -> bool {
        self.at.get() == Some(step)
    }

    pub fn go_to(self, step: Step) {
        self.at.set(Some(step));
        let element = document().get_element_by_id(&step.id());
        if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
            let options = web_sys::ScrollIntoViewOptions::new();
            options.set_block(web_sys::ScrollLogicalPosition::Nearest);
            element.scroll_into_view_with_scroll_into_view_options(&options);
        }
    }
}

#[component]
pub fn StatementPicture() -> impl IntoView {
    let session = use_session();
    move || match session.last.get() {
        None => view! {
            <p class="empty">
                "Nothing yet. Run a statement, and see here how the cluster carried it out: which "
                <Term name="shard">"shards"</Term> " it touched, and what the "
                <Term name="node">"nodes"</Term> " said to each other."
            </p>
        }
        .into_any(),
        Some(outcome) => session
            .cluster
            .with_untracked(|cluster| draw(outcome, cluster))
            .into_any(),
    }
}

fn draw(outcome: StatementOutcome, cluster: &ClusterView) -> impl IntoView + use<> {
    let walk = Walk {
        at: RwSignal::new(None),
        whole: RwSignal::new(false),
    };
    let trace = outcome.trace.map(|trace| *trace).unwrap_or_default();
    let quiet = trace == Trace::default();
    let sql = outcome.echo.trim().to_string();
    let error = outcome.output.iter().find(|output| output.kind == OutputKind::Error);
    let error = error.map(|output| output.text.lines().next().unwrap_or_default().to_string());
    let nodes = cluster.nodes.clone();
    let stepper = (!quiet).then(|| view! { <Stepper trace=trace.clone() nodes=cluster.nodes.clone() walk/> });
    let press = {
        let trace = trace.clone();
        move |event: KeyboardEvent| press(&event, &trace, walk)
    };
    view! {
        <div
            class="statement-view"
            role="group"
            tabindex="0"
            aria-label="The way of the last statement. Arrow keys step through it."
            on:keydown=press
        >
            <header>
                <pre class="echo">{sql.clone()}</pre>
                {stepper}
            </header>
            {error.map(|error| view! { <p class="refused-line">{error}</p> })}
            {trace.plan.clone().map(|plan| view! {
                <p class="plan" id=Step::Plan.id() class:now=move || walk.is_at(Step::Plan)>
                    <b>{plan.name}</b><span>{plan.why}</span>
                </p>
            })}
            {quiet.then(|| view! {
                <p class="quiet-text">"The " <Term name="coordinator">"coordinator"</Term>
                " did this alone; no other node was asked."</p>
            })}
            {trace.route.as_ref().map(|route| route::draw(route, cluster, walk))}
            {(!trace.tasks.is_empty()).then(|| tasks(&trace, cluster, walk))}
            {(!trace.messages.is_empty()).then(|| wire::draw(&trace, &nodes, walk))}
            {(!trace.metadata.is_empty()).then(|| metadata(trace.metadata.clone(), walk))}
            {(!outcome.failed).then(|| view! { <Explain sql/> })}
        </div>
    }
}

/// Arrow keys go along the way, Home and End to its ends.
fn press(event: &KeyboardEvent, trace: &Trace, walk: Walk) {
    let forth = match event.key().as_str() {
        "ArrowRight" | "ArrowDown" => Some(true),
        "ArrowLeft" | "ArrowUp" => Some(false),
        "Home" | "End" => None,
        _ => return,
    };
    let steps = steps(trace, walk.whole.get_untracked());
    let next = match forth {
        Some(forth) => along(&steps, walk.at.get_untracked(), forth),
        None if event.key() == "Home" => steps.first().copied(),
        None => steps.last().copied(),
    };
    if let Some(next) = next {
        walk.go_to(next);
    }
    event.prevent_default();
}

fn along(steps: &[Step], at: Option<Step>, forth: bool) -> Option<Step> {
    let here = at.and_then(|at| steps.iter().position(|step| *step == at));
    let next = match (here, forth) {
        (None, true) => 0,
        (None, false) => return None,
        (Some(here), true) => here + 1,
        (Some(here), false) => here.checked_sub(1)?,
    };
    steps.get(next).copied()
}

/// Back, forth, and where on the way: in a sentence that is also read out.
#[component]
fn Stepper(trace: Trace, nodes: Vec<kumquat_protocol::view::Node>, walk: Walk) -> impl IntoView {
    let trace = StoredValue::new(trace);
    let all = move || trace.with_value(|trace| steps(trace, walk.whole.get()));
    let place = move || {
        let at = walk.at.get()?;
        all().iter().position(|step| *step == at)
    };
    let go = move |forth: bool| {
        if let Some(step) = along(&all(), walk.at.get_untracked(), forth) {
            walk.go_to(step);
        }
    };
    let words = move || {
        let Some(step) = walk.at.get() else {
            return "Step through it with the arrow keys.".to_string();
        };
        trace.with_value(|trace| sentence(step, trace, &nodes))
    };
    view! {
        <div class="stepper">
            <button class="quiet" aria-label="Step back" on:click=move |_| go(false)
                disabled=move || place().is_none_or(|place| place == 0)>"\u{2190}"</button>
            <button class="quiet" aria-label="Step forth" on:click=move |_| go(true)
                disabled=move || place().is_some_and(|place| place + 1 == all().len())>"\u{2192}"</button>
            <span class="count">{move || place().map(|place| format!("{} of {}", place + 1, all().len()))}</span>
            <span class="words" role="status">{words}</span>
        </div>
    }
}

fn tasks(trace: &Trace, cluster: &ClusterView, walk: Walk) -> impl IntoView + use<> {
    let lines: Vec<_> = trace
        .tasks
        .iter()
        .map(|task| StoredValue::new(line(task, cluster)))
        .collect();
    let count = lines.len();
    let shown = move || {
        let shown = if walk.whole.get() { count } else { LINES };
        let rows = lines.iter().take(shown).map(|line| {
            let line = line.get_value();
            view! {
                <tr>
                    <td><span class=format!("swatch {}", line.hue)></span>{line.shard}</td>
                    <td>{line.node}</td>
                    <td class="number">{line.rows}</td>
                    <td><code title=line.sql.clone()>{line.sql.clone()}</code></td>
                </tr>
            }
        });
        rows.collect_view()
    };
    let nodes: std::collections::BTreeSet<u32> = trace.tasks.iter().map(|task| task.node).collect();
    let more = count.saturating_sub(LINES);
    let folded = move || more > 0 && !walk.whole.get();
    let (total, rest) = (trace.task_count, trace.task_count - count as f64);
    view! {
        <section class="tasks" aria-label="Tasks" id=Step::Tasks.id() class:now=move || walk.is_at(Step::Tasks)>
            <h3>
                {grouped(total)} " "
                <Term name="task">{if total == 1.0 { "task" } else { "tasks" }}</Term>
                {format!(" on {}", counted(nodes.len() as f64, "node", "nodes"))}
            </h3>
            <table>
                <thead><tr>
                    <th scope="col">"Shard"</th><th scope="col">"Node"</th>
                    <th scope="col" class="number">"Rows"</th><th scope="col">"SQL"</th>
                </tr></thead>
                <tbody>{shown}</tbody>
            </table>
            <Show when=folded>
                <button class="quiet" on:click=move |_| walk.whole.set(true)>
                    {format!("Show {} more", grouped(more as f64))}
                </button>
            </Show>
            {(rest > 0.0).then(|| view! { <p class="quiet-text">{format!("and {} more", grouped(rest))}</p> })}
        </section>
    }
}

#[derive(Clone)]
struct TaskLine {
    hue: String,
    shard: String,
    node: String,
    rows: String,
    sql: String,
}

fn line(task: &Task, cluster: &ClusterView) -> TaskLine {
    let has = |table: &&kumquat_protocol::view::Table| table.shards.iter().any(|shard| Some(shard.id) == task.shard);
    TaskLine {
        hue: hue::of_table(cluster.tables.iter().find(has)),
        shard: task.shard.map_or_else(|| "none".into(), |shard| shard.to_string()),
        node: node_name(&cluster.nodes, task.node),
        rows: grouped(task.rows),
        sql: task.sql.clone(),
    }
}

fn metadata(changes: Vec<String>, walk: Walk) -> impl IntoView {
    view! {
        <section
            class="metadata"
            aria-label="Metadata"
            id=Step::Metadata.id()
            class:now=move || walk.is_at(Step::Metadata)
        >
            <h3><Term name="metadata">"Metadata"</Term></h3>
            <ul>{changes.into_iter().map(|change| view! { <li>{change}</li> }).collect_view()}</ul>
        </section>
    }
}
