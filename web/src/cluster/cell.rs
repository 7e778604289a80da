//! A table's tiles on one node: one drawing for all of them, and marks over those in focus.
//!
//! Thousands of elements, one a tile, are too many to zoom over; two paths a cell are not. The
//! drawing is as many units wide as there are tiles, so that tiles of equal place in two cells of
//! one node stand exactly under each other at every zoom.

use std::fmt::Write;

use leptos::prelude::*;

use super::MapState;
use super::scene::{Cell, NO_GROUP, Place, Row};

#[component]
pub fn Tiles(group: u32, row: StoredValue<Row>, cell: Cell, state: MapState) -> impl IntoView {
    let count = cell.tiles.len();
    let view_box = format!("0 0 {count} 1");
    let (fills, seams) = (fills(&cell), seams(count));
    let cell = StoredValue::new(cell);
    let touched = move || {
        let meant = state.meant.get();
        let is_meant = |shard, node| meant.placements.contains(&(shard, node));
        cell.with_value(|cell| lines(cell, is_meant, meant.refused.is_some()))
    };
    view! {
        <svg class="tiles" viewBox=view_box preserveAspectRatio="none" aria-hidden="true" style=("--tiles", count.to_string())>
            <path class="fill" d=fills></path>
            <path class="seam" d=seams></path>
            <path class="touched" d=touched></path>
        </svg>
        {move || cell.with_value(|cell| marks(group, row, cell, state))}
    }
}

/// A table that is not distributed: whole, in one outline.
#[component]
pub fn Outline(kind: &'static str, row: StoredValue<Row>, cell: Cell, state: MapState) -> impl IntoView {
    let table = row.with_value(|row| row.table.oid);
    let named = move || state.meant.with(|meant| meant.tables.contains(&table));
    view! {
        <span class="outline" class:named=named>{kind}</span>
        {move || marks(NO_GROUP, row, &cell, state)}
    }
}

/// How full each shard is: a bar from below. A row is seen, however many others there are.
fn fills(cell: &Cell) -> String {
    let mut path = String::new();
    for (place, tile) in cell.tiles.iter().enumerate().filter(|(_, tile)| tile.fill > 0.0) {
        // Writing into a string does not fail.
        let _ = write!(path, "M{place} 1V{:.3}h1V1z", 1.0 - tile.fill.max(0.12));
    }
    path
}

/// Lines between tiles.
fn seams(count: usize) -> String {
    let mut path = String::new();
    for place in 1..count {
        let _ = write!(path, "M{place} 0v1");
    }
    path
}

/// A line over each tile that is meant, and one under it if it came to nothing.
fn lines(cell: &Cell, is_meant: impl Fn(u32, u32) -> bool, refused: bool) -> String {
    let mut path = String::new();
    for (place, tile) in cell.tiles.iter().enumerate() {
        if is_meant(tile.shard, cell.node) {
            let _ = write!(path, "M{place} 0h1");
            if refused {
                let _ = write!(path, "M{place} 1h1");
            }
        }
    }
    path
}

/// The frames of the tile in focus and of those that lie with it.
fn marks(group: u32, row: StoredValue<Row>, cell: &Cell, state: MapState) -> Option<impl IntoView + use<>> {
    let focus = state.in_focus().filter(|focus| focus.group == group)?;
    let tile = cell.tiles.iter().find(|tile| tile.interval == focus.interval)?;
    let place: Place = row.with_value(|row| row.place(group, cell.node, tile));
    if group == NO_GROUP && place != focus {
        return None;
    }
    let left = cell.share(tile.shard)? * 100.0;
    let width = 100.0 / cell.tiles.len() as f64;
    Some(view! {
        <i
            class="mark"
            class:chosen=place == focus
            data-shard=tile.shard.to_string()
            style=format!("left:{left}%;width:{width}%")
        ></i>
    })
}
