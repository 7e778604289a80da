//! What the last statement did in the cluster.

use kumquat_protocol::outcome::StatementOutcome;
use kumquat_protocol::trace::{Message, Route, Task, Trace};
use kumquat_protocol::view::ClusterView;
use leptos::prelude::*;

use crate::figures::{counted, grouped};
use crate::session::use_session;

/// Lines drawn of a list; a statement over thousands of shards has as many tasks.
const LINES: usize = 64;

#[component]
pub fn StatementPicture() -> impl IntoView {
    let session = use_session();
    move || match session.last.get() {
        None => view! {
            <p class="empty">"Nothing yet. Run a statement, and see here how the cluster carried it out."</p>
        }
        .into_any(),
        Some(outcome) => session.cluster.with(|cluster| draw(outcome, cluster)).into_any(),
    }
}

fn draw(outcome: StatementOutcome, cluster: &ClusterView) -> impl IntoView + use<> {
    let trace = outcome.trace.map(|trace| *trace).unwrap_or_default();
    let quiet = trace == Trace::default();
    view! {
        <div class="statement-view">
            <pre class="echo">{outcome.echo}</pre>
            {trace.plan.map(|plan| view! {
                <p class="plan"><b>{plan.name}": "</b>{plan.why}</p>
            })}
            {quiet.then(|| view! { <p class="quiet-text">"The coordinator did this alone; no other node was asked."</p> })}
            {trace.route.map(|route| path(&route, cluster))}
            {(!trace.tasks.is_empty()).then(|| tasks(&trace.tasks, cluster))}
            {(!trace.messages.is_empty()).then(|| messages(&trace.messages, cluster))}
            {(!trace.metadata.is_empty()).then(|| metadata(trace.metadata))}
        </div>
    }
}

fn node_name(cluster: &ClusterView, id: u32) -> String {
    let node = cluster.nodes.iter().find(|node| node.id == id);
    node.map_or_else(|| format!("node {id}"), |node| format!("{}:{}", node.host, node.port))
}

/// Value, hash, place on the hash line, shard, node.
fn path(route: &Route, cluster: &ClusterView) -> impl IntoView + use<> {
    let place = |hash: i32| (f64::from(hash) - f64::from(i32::MIN)) / f64::from(u32::MAX) * 100.0;
    let (left, right) = (place(route.min), place(route.max));
    view! {
        <section class="route" aria-label="Route">
            <ol>
                <li><b>{route.column.clone()}</b><code>{route.value.clone()}</code></li>
                <li><b>"hash"</b><code>{grouped(f64::from(route.hash))}</code></li>
                <li><b>"shard"</b><code>{format!("{}_{}", route.table, route.shard)}</code></li>
                <li><b>"node"</b><code>{node_name(cluster, route.node)}</code></li>
            </ol>
            <div class="hash-line" aria-hidden="true">
                <span class="interval" style=format!("left:{left}%;width:{}%", right - left)></span>
                <span class="point" style=format!("left:{}%", place(route.hash))></span>
            </div>
        </section>
    }
}

fn tasks(tasks: &[Task], cluster: &ClusterView) -> impl IntoView + use<> {
    let lines = tasks.iter().take(LINES).map(|task| {
        view! {
            <tr>
                <td>{task.shard.map(|shard| shard.to_string())}</td>
                <td>{node_name(cluster, task.node)}</td>
                <td class="number">{grouped(task.rows)}</td>
                <td><code>{task.sql.clone()}</code></td>
            </tr>
        }
    });
    let lines = lines.collect_view();
    view! {
        <section aria-label="Tasks">
            <h3>{counted(tasks.len() as f64, "task", "tasks")}</h3>
            <table>
                <thead><tr>
                    <th scope="col">"Shard"</th><th scope="col">"Node"</th>
                    <th scope="col" class="number">"Rows"</th><th scope="col">"SQL"</th>
                </tr></thead>
                <tbody>{lines}</tbody>
            </table>
            {rest(tasks.len())}
        </section>
    }
}

fn messages(messages: &[Message], cluster: &ClusterView) -> impl IntoView + use<> {
    let lines = messages.iter().take(LINES).map(|message| {
        view! {
            <li>
                <span class="between">{format!("{} \u{2192} {}", node_name(cluster, message.from), node_name(cluster, message.to))}</span>
                <code>{message.sql.clone()}</code>
            </li>
        }
    });
    let lines = lines.collect_view();
    view! {
        <section aria-label="Messages">
            <h3>{counted(messages.len() as f64, "message", "messages")} " between nodes"</h3>
            <ol class="messages">{lines}</ol>
            {rest(messages.len())}
        </section>
    }
}

fn metadata(changes: Vec<String>) -> impl IntoView {
    view! {
        <section aria-label="Metadata">
            <h3>"Metadata"</h3>
            <ul>{changes.into_iter().map(|change| view! { <li>{change}</li> }).collect_view()}</ul>
        </section>
    }
}

fn rest(count: usize) -> Option<impl IntoView> {
    let rest = count.checked_sub(LINES).filter(|rest| *rest > 0)?;
    Some(view! { <p class="quiet-text">{format!("and {} more", grouped(rest as f64))}</p> })
}
