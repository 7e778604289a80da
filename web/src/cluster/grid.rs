//! The map's columns and rows as nested lists: bands of tables of cells of shards.

use kumquat_protocol::view::{ColocationGroup, GroupKind, Node, TableKind};
use leptos::prelude::*;

use super::cell::{Outline, Tiles};
use super::scene::{Band, Cell, Load, Row, Scene};
use super::{MapState, detail, hue, shown_name};
use crate::figures::{counted, grouped};
use crate::glossary::Term;

/// Shards that are told one by one to those who hear the map; of more, the cells tell sums.
const TOLD: usize = 512;

pub fn draw(scene: &Scene, state: MapState) -> impl IntoView + use<> {
    let workers = scene.nodes.iter().filter(|node| !node.coordinator).count();
    let most = scene.loads.iter().map(|load| load.rows).fold(0.0, f64::max);
    let heads = scene.nodes.iter().zip(&scene.loads);
    let heads = heads.map(|(node, load)| head(node, *load, most)).collect_view();
    let told = scene.tile_count() <= TOLD;
    let bands = scene.bands.iter().map(|band| draw_band(band, scene, state, told));
    let nothing = scene.bands.is_empty() && scene.local.is_empty();
    view! {
        <div class="map-grid" class:many=(workers > 6) style=("--workers", workers.to_string())>
            <div class="map-row heads">
                <div class="label"><span class="unseen">"Nodes"</span></div>
                <ul class="cells">{heads}</ul>
            </div>
            {bands.collect_view()}
            {local_band(scene, state)}
            {nothing.then(|| view! {
                <p class="empty">
                    "No tables yet. Run step 1, or type " <code>"CREATE TABLE"</code>
                    " in the terminal, and a table appears on the " <Term name="coordinator">"coordinator"</Term> "."
                </p>
            })}
            <div class="sky" aria-hidden="true"></div>
        </div>
    }
}

fn head(node: &Node, load: Load, most: f64) -> impl IntoView + use<> {
    let share = if most > 0.0 { load.rows / most * 100.0 } else { 0.0 };
    let kind = match (node.coordinator, node.active) {
        (_, false) => "Inactive",
        (true, _) => "Coordinator",
        (false, _) => "Worker",
    };
    let shards = counted(load.shards, "shard", "shards");
    let rows = counted(load.rows, "row", "rows");
    // The coordinator takes shards only when it is told to; of a worker that is worth a word.
    let closed = !node.should_have_shards && !node.coordinator;
    let words = if closed { ", takes no more shards" } else { "" };
    let title = format!("{}:{}, {kind}, {shards}, {rows}{words}", node.host, node.port);
    view! {
        <li
            class="head"
            class:coordinator=node.coordinator
            class:inactive=!node.active
            class:closed=closed
            title=title
        >
            <h3>{kind}</h3>
            <p class="address"><span class="host">{node.host.clone()}":"</span>{node.port}</p>
            <p class="load">{shards} {closed.then_some(", takes no more")}</p>
            <p class="load">{rows}</p>
            <span class="weight" aria-hidden="true"><span style=format!("width:{share:.1}%")></span></span>
        </li>
    }
}

fn draw_band(band: &Band, scene: &Scene, state: MapState, told: bool) -> impl IntoView + use<> {
    let group = &band.group;
    let rows = band.rows.iter().map(|row| draw_row(row, group, scene, state, told));
    let name = format!("Colocation group {}", group.id);
    view! {
        <section
            class=format!("band {}", hue::of_group(group))
            class:schema=group.schema.is_some()
            aria-label=name.clone()
        >
            <h3 class="band-title">
                <span class="group-number"><span class="unseen">"Group "</span>{group.id}</span>
                <span>{group_words(group)}</span>
            </h3>
            <ul class="rows">{rows.collect_view()}</ul>
        </section>
    }
}

fn group_words(group: &ColocationGroup) -> AnyView {
    match (&group.kind, &group.schema) {
        (GroupKind::Reference, _) => {
            view! { <Term name="reference table">"Reference tables"</Term> ": a copy on every node" }.into_any()
        }
        (_, Some(schema)) => view! {
            <Term name="distributed schema">"Schema"</Term> " " <code>{schema.clone()}</code> ": whole on one node"
        }
        .into_any(),
        (GroupKind::SingleShard, None) => {
            view! { <Term name="single-shard table">"Single-shard tables"</Term> ": whole on one node" }.into_any()
        }
        (GroupKind::Distributed, _) => {
            let shards = counted(f64::from(group.shard_count), "shard", "shards");
            let column = group.distribution_type.as_deref().unwrap_or("a column");
            let words = format!(": {shards} by the hash of {column}");
            view! { <Term name="colocation">"Colocated"</Term> {words} }.into_any()
        }
    }
}

fn draw_row(row: &Row, group: &ColocationGroup, scene: &Scene, state: MapState, told: bool) -> impl IntoView + use<> {
    let stored = StoredValue::new(row.clone());
    let stack = row.partitions > 0 && !row.unfolded;
    let cells = row.cells.iter().zip(&scene.nodes).map(|(cell, node)| {
        let tiles = !cell.tiles.is_empty();
        let words = tiles.then(|| cell_words(row, cell, node, told));
        let cell = cell.clone();
        let group = group.id;
        view! {
            <li
                class="cell"
                class:coordinator=node.coordinator
                class:bare=!tiles
                class:stack=stack
                data-table=row.table.oid.to_string()
                data-node=node.id.to_string()
            >
                {words}
                {tiles.then(|| view! { <Tiles group row=stored cell state/> })}
            </li>
        }
    });
    view! {
        <li class="map-row" class:partition=row.table.parent.is_some()>
            {label(row, state)}
            <ul class="cells">{cells.collect_view()}</ul>
        </li>
    }
}

/// What a cell holds, for those who hear the map.
fn cell_words(row: &Row, cell: &Cell, node: &Node, told: bool) -> impl IntoView + use<> {
    let rows: f64 = cell.tiles.iter().map(|tile| tile.rows).sum();
    let shards = counted(cell.tiles.len() as f64, "shard", "shards");
    let sum = format!(
        "{}:{}: {shards}, {}",
        node.host,
        node.port,
        counted(rows, "row", "rows")
    );
    let each = told.then(|| {
        let shards = cell.tiles.iter().filter_map(|tile| row.table.shards.get(tile.interval));
        let lines = shards.map(|shard| view! { <li>{detail::sentence(&row.table, shard, node)}</li> });
        view! { <ul>{lines.collect_view()}</ul> }
    });
    view! { <div class="unseen">{sum}{each}</div> }
}

fn label(row: &Row, state: MapState) -> impl IntoView + use<> {
    let table = &row.table;
    let by = table
        .distribution_column
        .as_ref()
        .map(|column| format!("by {column}, "));
    let rows = counted(table.rows, "row", "rows");
    let skew = row.skew().map(|skew| {
        view! { <span class="skew">{format!("fullest shard {skew:.1}\u{d7} the mean")}</span> }
    });
    view! {
        <div class="label">
            <span class="table-name" title=shown_name(table)>{shown_name(table)}</span>
            <span class="facts">{by} {rows}</span>
            {skew}
            {(row.partitions > 0).then(|| fold(row, state))}
        </div>
    }
}

fn fold(row: &Row, state: MapState) -> impl IntoView + use<> {
    let oid = row.table.oid;
    let toggle = move |_| {
        state.unfolded.update(|unfolded| {
            if !unfolded.remove(&oid) {
                unfolded.insert(oid);
            }
        });
    };
    view! {
        <button class="fold" aria-expanded=row.unfolded.to_string() on:click=toggle>
            {format!("{} partitions", grouped(row.partitions as f64))}
            <span class="unseen">{format!(" of {}", shown_name(&row.table))}</span>
        </button>
    }
}

/// Tables that are not distributed: outlines on the coordinator.
fn local_band(scene: &Scene, state: MapState) -> Option<impl IntoView + use<>> {
    if scene.local.is_empty() {
        return None;
    }
    let rows = scene.local.iter().map(|row| {
        let kind = match row.table.kind {
            TableKind::CitusLocal => "Citus local",
            _ => "local",
        };
        let stored = StoredValue::new(row.clone());
        let cells = row.cells.iter().zip(&scene.nodes).map(|(cell, node)| {
            let here = !cell.tiles.is_empty();
            let cell = cell.clone();
            view! {
                <li
                    class="cell"
                    class:coordinator=node.coordinator
                    class:bare=!here
                    data-table=row.table.oid.to_string()
                    data-node=node.id.to_string()
                >{here.then(|| view! { <Outline kind row=stored cell state/> })}</li>
            }
        });
        view! {
            <li class="map-row" class:partition=row.table.parent.is_some()>
                {label(row, state)}
                <ul class="cells">{cells.collect_view()}</ul>
            </li>
        }
    });
    Some(view! {
        <section class="band local" aria-label="Tables that are not distributed">
            <h3 class="band-title"><span>
                <Term name="local table">"Not distributed"</Term> ": whole, on the coordinator"
            </span></h3>
            <ul class="rows">{rows.collect_view()}</ul>
        </section>
    })
}
