//! What the tile in focus is: its facts, what lies with it, and its rows.

use kumquat_protocol::message::{Answer, Question};
use kumquat_protocol::view::{ClusterView, Node, Shard, Table};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::scene::Place;
use super::{MapState, shown_name};
use crate::figures::{bytes, counted, grouped};
use crate::glossary::Term;
use crate::session::use_session;

/// Rows shown of a shard.
const ROWS: u32 = 50;
/// Siblings named; of more, how many there are.
const NAMED: usize = 6;

/// A shard in words, for those who hear the map.
pub fn sentence(table: &Table, shard: &Shard, node: &Node) -> String {
    let range = shard.range.map_or(String::from("all hashes"), |range| {
        format!("hashes {} to {}", range.min, range.max)
    });
    let rows = counted(shard.rows, "row", "rows");
    format!(
        "{}, shard {}, {range}, {rows}, on {}:{}",
        shown_name(table),
        shard.id,
        node.host,
        node.port
    )
}

/// The strip under the map.
#[component]
pub fn Detail(state: MapState) -> impl IntoView {
    let session = use_session();
    let facts = move || {
        let place = state.in_focus()?;
        session.cluster.with(|cluster| facts(cluster, place, state))
    };
    view! {
        <div class="detail">
            <div role="status">
                {move || match facts() {
                    Some(facts) => facts.into_any(),
                    None => view! {
                        <p class="quiet-text">
                            "A tile is a " <Term name="shard">"shard"</Term>
                            ". Point at one to see what lies with it; click it to see its rows."
                        </p>
                    }.into_any(),
                }}
            </div>
            {move || state.opened.get().map(|place| view! { <Rows place state/> })}
        </div>
    }
}

fn found(cluster: &ClusterView, place: Place) -> Option<(&Table, &Shard, &Node)> {
    let table = cluster.tables.iter().find(|table| table.oid == place.table)?;
    let shard = table.shards.iter().find(|shard| shard.id == place.shard)?;
    let node = cluster.nodes.iter().find(|node| node.id == place.node)?;
    Some((table, shard, node))
}

fn facts(cluster: &ClusterView, place: Place, state: MapState) -> Option<impl IntoView + use<>> {
    let (table, shard, node) = found(cluster, place)?;
    let range = shard.range.map(|range| {
        view! {
            <div><dt>"Hashes"</dt>
            <dd>{format!("{} to {}", grouped(f64::from(range.min)), grouped(f64::from(range.max)))}</dd></div>
        }
    });
    let with = siblings(cluster, table, place);
    let opened = state.opened.get() == Some(place);
    Some(view! {
        <dl>
            <div class="first"><dt>"Shard"</dt><dd>{format!("{}_{}", shown_name(table), shard.id)}</dd></div>
            <div><dt>"Rows"</dt><dd>{grouped(shard.rows)}</dd></div>
            <div><dt>"Size"</dt><dd title=format!("{} bytes", grouped(shard.bytes))>{bytes(shard.bytes)}</dd></div>
            <div><dt>"Node"</dt><dd>{format!("{}:{}", node.host, node.port)}</dd></div>
            {range}
            <div><dt>"Lies with"</dt><dd>{with}</dd></div>
            {(!opened).then(|| view! {
                <div class="wide-only"><dd class="how"><kbd>"Enter"</kbd>" or click: its rows"</dd></div>
            })}
        </dl>
    })
}

/// Shards of the same interval in the tables of the group.
fn siblings(cluster: &ClusterView, table: &Table, place: Place) -> String {
    let others = cluster
        .tables
        .iter()
        .filter(|other| other.oid != table.oid && other.colocation_id == table.colocation_id);
    let names: Vec<String> = others
        .filter_map(|other| {
            Some(format!(
                "{}_{}",
                shown_name(other),
                other.shards.get(place.interval)?.id
            ))
        })
        .collect();
    match names.len() {
        0 => "no other table".into(),
        count if count > NAMED => {
            let rest = counted((count - NAMED) as f64, "other", "others");
            format!(
                "{}, and {rest}",
                names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ")
            )
        }
        _ => names.join(", "),
    }
}

/// The rows of the shard that was opened, as the node that holds it answers.
#[component]
fn Rows(place: Place, state: MapState) -> impl IntoView {
    let session = use_session();
    let answer = RwSignal::new(None::<Answer>);
    let named = Memo::new(move |_| {
        session.cluster.with(|cluster| {
            let (table, shard, _) = found(cluster, place)?;
            let quote = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
            let name = format!("{}_{}", table.name, shard.id);
            Some((format!("{}.{}", quote(&table.schema), quote(&name)), shard.rows))
        })
    });
    Effect::new(move || {
        let Some((name, _)) = named.get() else {
            state.opened.set(None);
            return;
        };
        let question = Question {
            sql: format!("SELECT * FROM {name}"),
            node: Some(place.node),
            limit: ROWS,
        };
        spawn_local(async move {
            answer.set(session.ask(question).await);
        });
    });
    view! {
        <section class="shard-rows" aria-label="Rows of the shard" tabindex="0">
            <button class="quiet close" on:click=move |_| state.opened.set(None)>"Close"</button>
            {move || answer.get().map(draw_rows)}
        </section>
    }
}

fn draw_rows(answer: Answer) -> AnyView {
    if let Some(error) = answer.error {
        return view! { <p class="quiet-text">{format!("The node says: {error}")}</p> }.into_any();
    }
    if answer.rows.is_empty() {
        return view! {
            <p class="quiet-text">"No rows. Rows come here whose distribution column has a hash in this shard's interval."</p>
        }
        .into_any();
    }
    let shown = answer.rows.len() as f64;
    let rest = (answer.count > shown).then(|| {
        view! { <p class="quiet-text">{format!("The first {} of {} rows", grouped(shown), grouped(answer.count))}</p> }
    });
    let head = answer
        .columns
        .into_iter()
        .map(|name| view! { <th scope="col">{name}</th> });
    let rows = answer.rows.into_iter().map(|row| {
        let cells = row.into_iter().map(|value| match value {
            Some(value) => view! { <td>{value}</td> }.into_any(),
            None => view! { <td class="null">"NULL"</td> }.into_any(),
        });
        view! { <tr>{cells.collect_view()}</tr> }
    });
    view! {
        <table>
            <thead><tr>{head.collect_view()}</tr></thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
        {rest}
    }
    .into_any()
}
