//! What the tile in focus is: its facts, and what lies with it.

use kumquat_protocol::view::{ClusterView, Node, Shard, Table};
use leptos::prelude::*;

use super::rows::Rows;
use super::scene::{Place, WHOLE};
use super::{MapState, shown_name};
use crate::figures::{bytes, counted, grouped};
use crate::glossary::Term;
use crate::keys::kind_words;
use crate::session::use_session;

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

/// The table, the shard unless the table is whole, and the node of a place.
pub fn found(cluster: &ClusterView, place: Place) -> Option<(&Table, Option<&Shard>, &Node)> {
    let table = cluster.tables.iter().find(|table| table.oid == place.table)?;
    let node = cluster.nodes.iter().find(|node| node.id == place.node)?;
    let shard = table.shards.iter().find(|shard| shard.id == place.shard);
    // A table that was distributed or brought home since has no such place any more.
    let whole = table.shards.is_empty() && place.shard == WHOLE;
    (shard.is_some() || whole).then_some((table, shard, node))
}

fn facts(cluster: &ClusterView, place: Place, state: MapState) -> Option<impl IntoView + use<>> {
    let (table, shard, node) = found(cluster, place)?;
    let opened = state.opened.get() == Some(place);
    let (what, name) = match shard {
        Some(shard) => ("Shard", format!("{}_{}", shown_name(table), shard.id)),
        None => ("Table", shown_name(table)),
    };
    let rows = shard.map_or(table.rows, |shard| shard.rows);
    let own = shard.map(|shard| shard_facts(cluster, table, shard, place));
    Some(view! {
        <dl>
            <div class="first"><dt>{what}</dt><dd>{name}</dd></div>
            <div><dt>"Rows"</dt><dd>{grouped(rows)}</dd></div>
            <div><dt>"Node"</dt><dd>{format!("{}:{}", node.host, node.port)}</dd></div>
            {shard.is_none().then(|| view! { <div><dt>"Kind"</dt><dd>{kind_words(table.kind)}</dd></div> })}
            {own}
            {(!opened).then(|| view! {
                <div class="wide-only"><dd class="how"><kbd>"Enter"</kbd>" or click: its rows"</dd></div>
            })}
        </dl>
    })
}

/// What only a shard has.
fn shard_facts(cluster: &ClusterView, table: &Table, shard: &Shard, place: Place) -> impl IntoView + use<> {
    let range = shard.range.map(|range| {
        view! {
            <div><dt>"Hashes"</dt>
            <dd>{format!("{} to {}", grouped(f64::from(range.min)), grouped(f64::from(range.max)))}</dd></div>
        }
    });
    view! {
        <div><dt>"Size"</dt><dd title=format!("{} bytes", grouped(shard.bytes))>{bytes(shard.bytes)}</dd></div>
        {range}
        <div><dt>"Lies with"</dt><dd>{siblings(cluster, table, place)}</dd></div>
    }
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
