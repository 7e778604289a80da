//! The messages between nodes: a lane for each node, an arrow for each message, in order of time.

use kumquat_protocol::trace::{Message, Phase, Trace};
use kumquat_protocol::view::Node;
use leptos::prelude::*;

use super::Walk;
use super::steps::{LINES, Run, Step, runs};
use crate::cluster::node_name;
use crate::figures::{counted, grouped};
use crate::glossary::Term;

/// Lanes with room for a node's whole address; narrower ones have its port, upright.
const WIDE: usize = 6;

pub fn draw(trace: &Trace, nodes: &[Node], walk: Walk) -> impl IntoView + use<> {
    let lanes = lanes(&trace.messages, nodes);
    let sections = runs(&trace.messages)
        .into_iter()
        .map(|run| phase(run, trace, &lanes, nodes, walk));
    let sections = sections.collect_view();
    let many = lanes.len() > WIDE;
    let heads = lanes.iter().map(|lane| {
        let name = node_name(nodes, *lane);
        let port = nodes
            .iter()
            .find(|node| node.id == *lane)
            .map(|node| node.port.to_string());
        let shown = port.filter(|_| many).unwrap_or_else(|| name.clone());
        view! { <span title=name>{shown}</span> }
    });
    let heads = view! { <div class="lanes" aria-hidden="true">{heads.collect_view()}</div> };
    let rest = trace.message_count - trace.messages.len() as f64;
    view! {
        <section class="wire" class:many=many aria-label="Messages" style=("--lanes", lanes.len().to_string())>
            <h3>{counted(trace.message_count, "message", "messages")} " between nodes"</h3>
            {heads}
            {sections}
            {(rest > 0.0).then(|| view! { <p class="quiet-text">{format!("and {} more", grouped(rest))}</p> })}
        </section>
    }
}

/// The nodes that speak, in the order of the map.
fn lanes(messages: &[Message], nodes: &[Node]) -> Vec<u32> {
    let speaks = |id: u32| messages.iter().any(|message| message.from == id || message.to == id);
    nodes.iter().map(|node| node.id).filter(|id| speaks(*id)).collect()
}

fn phase(run: Run, trace: &Trace, lanes: &[u32], nodes: &[Node], walk: Walk) -> impl IntoView + use<> {
    let messages: Vec<_> = trace
        .messages
        .iter()
        .enumerate()
        .skip(run.first)
        .take(run.count)
        .map(|(index, message)| StoredValue::new((index, message.clone())))
        .collect();
    let (lanes, nodes) = (StoredValue::new(lanes.to_vec()), StoredValue::new(nodes.to_vec()));
    let shown = move || {
        let count = if walk.whole.get() { run.count } else { LINES };
        let line = |stored: &StoredValue<(usize, Message)>| {
            let (index, message) = stored.get_value();
            line(index, message, &lanes.get_value(), &nodes.get_value(), walk)
        };
        messages.iter().take(count).map(line).collect_view()
    };
    let more = run.count.saturating_sub(LINES);
    let folded = move || more > 0 && !walk.whole.get();
    view! {
        <div class="phase" data-phase=format!("{:?}", run.phase).to_lowercase()>
            <h4>{words(run.phase)}</h4>
            <ol>{shown}</ol>
            <Show when=folded>
                <button class="quiet" on:click=move |_| walk.whole.set(true)>
                    {format!("Show {} more", grouped(more as f64))}
                </button>
            </Show>
        </div>
    }
}

fn words(phase: Phase) -> AnyView {
    match phase {
        Phase::Begin => view! { "Begin a transaction on each node" }.into_any(),
        Phase::Work => view! { "Work" }.into_any(),
        Phase::Prepare => view! {
            <Term name="two-phase commit">"Two-phase commit"</Term> ", first: promise that you can"
        }
        .into_any(),
        Phase::Commit => view! { "Commit: all have promised, so all do" }.into_any(),
        Phase::Rollback => view! { "Roll back" }.into_any(),
    }
}

fn line(index: usize, message: Message, lanes: &[u32], nodes: &[Node], walk: Walk) -> impl IntoView + use<> {
    let step = Step::Message(index);
    let lane = |id: u32| lanes.iter().position(|lane| *lane == id).map(|place| place + 1);
    let arrow = lane(message.from).zip(lane(message.to)).map(|(from, to)| {
        let (low, high) = (from.min(to), from.max(to));
        let class = match from.cmp(&to) {
            std::cmp::Ordering::Less => "arrow right",
            std::cmp::Ordering::Greater => "arrow left",
            std::cmp::Ordering::Equal => "arrow self",
        };
        view! { <span class=class style=format!("grid-column:{low}/{}", high + 1) aria-hidden="true"></span> }
    });
    let between = format!(
        "{} \u{2192} {}",
        node_name(nodes, message.from),
        node_name(nodes, message.to)
    );
    let unseen = arrow.is_some();
    let rows = (message.rows > 0.0).then(|| counted(message.rows, "row", "rows"));
    view! {
        <li id=step.id() class:now=move || walk.is_at(step) on:click=move |_| walk.go_to(step)>
            <span class="lanes">{arrow}</span>
            <span class="between" class:unseen=unseen>{between}</span>
            <code>{message.sql}</code>
            <span class="rows-sent">{rows}</span>
        </li>
    }
}
