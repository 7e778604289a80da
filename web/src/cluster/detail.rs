//! What the focused tile is.

use kumquat_protocol::view::{ClusterView, Node, Shard, Table};
use leptos::prelude::*;

use super::shown_name;
use super::tile::Place;
use crate::figures::{counted, grouped};
use crate::session::use_session;

/// The focused shard in words, for those who hear the map.
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

/// A line under the map: the focused shard, and the shards that lie with it.
#[component]
pub fn Detail(focus: RwSignal<Option<Place>>) -> impl IntoView {
    let session = use_session();
    let facts = move || {
        let place = focus.get()?;
        session.cluster.with(|cluster| facts(cluster, place))
    };
    view! {
        <div class="detail">
            {move || match facts() {
                Some(facts) => facts.into_any(),
                None => view! {
                    <p class="quiet-text">"A tile is a shard. Point at one to see its id, its hash range, and what lies with it."</p>
                }.into_any(),
            }}
        </div>
    }
}

fn facts(cluster: &ClusterView, place: Place) -> Option<impl IntoView + use<>> {
    let table = cluster.tables.iter().find(|table| table.oid == place.table)?;
    let shard = table.shards.iter().find(|shard| shard.id == place.shard)?;
    let node = cluster.nodes.iter().find(|node| node.id == place.node)?;
    let siblings: Vec<String> = cluster
        .tables
        .iter()
        .filter(|other| other.oid != table.oid && other.colocation_id == table.colocation_id)
        .filter_map(|other| {
            Some(format!(
                "{}_{}",
                shown_name(other),
                other.shards.get(place.interval)?.id
            ))
        })
        .collect();
    let range = shard.range.map(|range| {
        view! {
            <div><dt>"Hash range"</dt>
            <dd>{format!("{} to {}", grouped(f64::from(range.min)), grouped(f64::from(range.max)))}</dd></div>
        }
    });
    let with = if siblings.is_empty() {
        "no other table".to_string()
    } else {
        siblings.join(", ")
    };
    Some(view! {
        <dl>
            <div><dt>"Shard"</dt><dd>{format!("{}_{}", shown_name(table), shard.id)}</dd></div>
            {range}
            <div><dt>"Rows"</dt><dd>{grouped(shard.rows)}</dd></div>
            <div><dt>"Node"</dt><dd>{format!("{}:{}", node.host, node.port)}</dd></div>
            <div><dt>"Lies with"</dt><dd>{with}</dd></div>
        </dl>
    })
}
