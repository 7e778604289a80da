//! The cluster: nodes as columns, colocation groups as bands, tables as rows, shards as tiles.
//!
//! Tiles of the same hash interval stand exactly under each other over all tables of a band,
//! so that what lies together is seen without a word. Names stand at the left, once for a row.
//!
//! - `tile`: one placement of a shard
//! - `detail`: what the focused tile is
//! - `walk`: moving over the tiles by arrow keys

mod detail;
mod tile;
mod walk;

use std::collections::BTreeSet;

use kumquat_protocol::view::{ClusterView, ColocationGroup, GroupKind, Node, Table, TableKind};
use leptos::prelude::*;

use crate::figures::counted;
use crate::session::use_session;
use detail::Detail;
use tile::{Place, Tile};

/// Placements drawn before, as (node, shard): others are new and come in with a movement.
type Drawn = StoredValue<BTreeSet<(u32, u32)>>;

#[component]
pub fn ClusterMap() -> impl IntoView {
    let session = use_session();
    let focus = RwSignal::new(None::<Place>);
    let drawn = Drawn::new(placements(&session.cluster.get_untracked()));
    let map = move || {
        session.cluster.with(|cluster| {
            let map = draw(cluster, focus, drawn);
            drawn.set_value(placements(cluster));
            map
        })
    };
    view! {
        <div class="map-frame">
            <div
                class="map"
                role="group"
                tabindex="0"
                aria-label="Cluster map. Arrow keys move over the shards."
                on:keydown=walk::walk
                on:pointerleave=move |_| focus.set(None)
            >
                {map}
            </div>
            <Detail focus/>
        </div>
    }
}

fn placements(cluster: &ClusterView) -> BTreeSet<(u32, u32)> {
    let shards = cluster.tables.iter().flat_map(|table| &table.shards);
    shards
        .flat_map(|shard| shard.nodes.iter().map(|node| (*node, shard.id)))
        .collect()
}

fn draw(cluster: &ClusterView, focus: RwSignal<Option<Place>>, drawn: Drawn) -> impl IntoView + use<> {
    let workers = cluster.nodes.iter().filter(|node| !node.coordinator).count();
    let heads = cluster.nodes.iter().map(|node| head(node, cluster)).collect_view();
    let bands = cluster
        .groups
        .iter()
        .map(|group| band(group, cluster, focus, drawn))
        .collect_view();
    view! {
        <div class="map-grid" style=("--workers", workers.to_string())>
            <div class="map-row heads"><div class="label"></div>{heads}</div>
            {bands}
            {local_band(cluster)}
            {cluster.tables.is_empty().then(|| view! {
                <p class="empty">
                    "No tables yet. Run step 1, or type " <code>"CREATE TABLE"</code>
                    " in the terminal, and a table appears on the coordinator."
                </p>
            })}
        </div>
    }
}

fn head(node: &Node, cluster: &ClusterView) -> impl IntoView + use<> {
    let (mut count, mut rows) = (0.0, 0.0);
    for table in &cluster.tables {
        for shard in table.shards.iter().filter(|shard| shard.nodes.contains(&node.id)) {
            count += 1.0;
            // Those of a partitioned table are its partitions' rows.
            rows += if table.partitioned { 0.0 } else { shard.rows };
        }
    }
    view! {
        <div class="head" class:coordinator=node.coordinator class:inactive=!node.active>
            <h3>{if node.coordinator { "Coordinator" } else { "Worker" }}</h3>
            <p class="address"><span class="host">{node.host.clone()}</span>":"{node.port}</p>
            <p class="load">{counted(count, "shard", "shards")}</p>
            <p class="load">{counted(rows, "row", "rows")}</p>
        </div>
    }
}

fn band(
    group: &ColocationGroup,
    cluster: &ClusterView,
    focus: RwSignal<Option<Place>>,
    drawn: Drawn,
) -> impl IntoView + use<> {
    let tables = cluster
        .tables
        .iter()
        .filter(|table| table.colocation_id == Some(group.id));
    let rows = tables
        .map(|table| row(table, group, &cluster.nodes, focus, drawn))
        .collect_view();
    view! {
        <section class=format!("band hue-{}", hue(group.id)) aria-label=format!("Colocation group {}", group.id)>
            <h3 class="band-title">
                <span class="group-number">{group.id}</span>
                {group_words(group)}
            </h3>
            {rows}
        </section>
    }
}

/// The hue of a colocation group: the same everywhere on the page.
pub fn hue(colocation_id: u32) -> u32 {
    colocation_id.saturating_sub(1) % 8 + 1
}

fn group_words(group: &ColocationGroup) -> String {
    match group.kind {
        GroupKind::Reference => "Reference tables: a copy on every node".into(),
        GroupKind::SingleShard => "Single-shard tables: whole on one node".into(),
        GroupKind::Distributed => {
            let shards = counted(f64::from(group.shard_count), "shard", "shards");
            let column = group.distribution_type.as_deref().unwrap_or("a column");
            format!("Colocated: {shards} by the hash of {column}")
        }
    }
}

fn row(
    table: &Table,
    group: &ColocationGroup,
    nodes: &[Node],
    focus: RwSignal<Option<Place>>,
    drawn: Drawn,
) -> impl IntoView + use<> {
    // How full a shard is shows beside its table's others; a table of one shard has none.
    let most = match table.shards.as_slice() {
        [_] => 0.0,
        shards => shards.iter().fold(0.0, |most: f64, shard| most.max(shard.rows)),
    };
    let cells = nodes.iter().map(|node| {
        let tiles: Vec<_> = table
            .shards
            .iter()
            .enumerate()
            .filter(|(_, shard)| shard.nodes.contains(&node.id))
            .map(|(interval, shard)| {
                let place = Place {
                    table: table.oid,
                    shard: shard.id,
                    node: node.id,
                    group: group.id,
                    interval,
                };
                let new = drawn.with_value(|drawn| !drawn.contains(&(node.id, shard.id)));
                let label = detail::sentence(table, shard, node);
                let fill = if most > 0.0 { shard.rows / most } else { 0.0 };
                view! { <Tile place label fill new focus/> }
            })
            .collect();
        let bare = tiles.is_empty();
        view! { <div class="cell" class:coordinator=node.coordinator class:bare=bare>{tiles}</div> }
    });
    view! {
        <div class="map-row" class:partition=table.parent.is_some()>
            {label(table)}
            {cells.collect_view()}
        </div>
    }
}

fn label(table: &Table) -> impl IntoView + use<> {
    let by = table.distribution_column.as_ref().map(|column| format!("by {column}"));
    let rows = counted(table.rows, "row", "rows");
    view! {
        <div class="label">
            <span class="table-name">{shown_name(table)}</span>
            <span class="facts">{by.map(|by| format!("{by}, "))} {rows}</span>
        </div>
    }
}

/// A table's name, with its schema unless that is `public`.
pub fn shown_name(table: &Table) -> String {
    if table.schema == "public" {
        table.name.clone()
    } else {
        format!("{}.{}", table.schema, table.name)
    }
}

/// Tables that are not distributed: outlines on the coordinator.
fn local_band(cluster: &ClusterView) -> Option<impl IntoView + use<>> {
    let local = |table: &&Table| matches!(table.kind, TableKind::Local | TableKind::CitusLocal);
    let tables: Vec<&Table> = cluster.tables.iter().filter(local).collect();
    if tables.is_empty() {
        return None;
    }
    let nodes = &cluster.nodes;
    let rows = tables.into_iter().map(|table| {
        let kind = if table.kind == TableKind::CitusLocal {
            "Citus local"
        } else {
            "local"
        };
        let cells = nodes.iter().map(|node| {
            let here = node.coordinator.then(|| view! { <span class="outline">{kind}</span> });
            view! { <div class="cell" class:coordinator=node.coordinator class:bare=!node.coordinator>{here}</div> }
        });
        view! {
            <div class="map-row" class:partition=table.parent.is_some()>
                {label(table)}
                {cells.collect_view()}
            </div>
        }
    });
    Some(view! {
        <section class="band local" aria-label="Tables that are not distributed">
            <h3 class="band-title">"Not distributed: whole, on the coordinator"</h3>
            {rows.collect_view()}
        </section>
    })
}
