//! Pointer and keys on the map: which tile is meant, and keeping it in sight.

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent, MouseEvent};

use super::scene::{Place, Scene};
use super::{MapState, zoom};

/// The tile under a pointer.
pub fn place_at(event: &MouseEvent, scene: &Scene) -> Option<Place> {
    let target: Element = event.target()?.dyn_into().ok()?;
    let element = target.closest(".cell[data-table]").ok()??;
    let number = |name| element.get_attribute(name)?.parse::<u32>().ok();
    let (group, row) = scene.row(number("data-table")?)?;
    let node = number("data-node")?;
    let cell = row.cells.iter().find(|cell| cell.node == node)?;
    let frame = element.get_bounding_client_rect();
    let share = (f64::from(event.client_x()) - frame.left()) / frame.width();
    Some(row.place(group, node, cell.at(share)?))
}

/// Answers a key pressed on the map.
pub fn press(event: &KeyboardEvent, state: MapState, map: &Element) {
    // Keys on a control inside the map are the control's.
    let own = event.target().is_some_and(|target| target == ***map);
    if !own || event.alt_key() || event.meta_key() || event.ctrl_key() {
        return;
    }
    match event.key().as_str() {
        key @ ("ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown" | "Home" | "End") => {
            let next = state
                .scene
                .with_untracked(|scene| scene.walk(state.focus.get_untracked(), key));
            if let Some(place) = next {
                state.focus.set(Some(place));
                bring_into_sight(map, place, state);
            }
        }
        "Enter" | " " => {
            let place = state.focus.get_untracked();
            state
                .opened
                .update(|opened| *opened = if *opened == place { None } else { place });
        }
        "Escape" => {
            state.opened.set(None);
            state.focus.set(None);
        }
        "+" | "=" => zoom::step(state, map, 1.0),
        "-" => zoom::step(state, map, -1.0),
        "0" => zoom::fit(state),
        _ => return,
    }
    event.prevent_default();
}

/// Scrolls the map as little as shows the tile, clear of the names at its left and the nodes on top.
fn bring_into_sight(map: &Element, place: Place, state: MapState) {
    let selector = format!(".cell[data-table='{}'][data-node='{}']", place.table, place.node);
    let Ok(Some(cell)) = map.query_selector(&selector) else {
        return;
    };
    let share = state.scene.with_untracked(|scene| {
        let (_, row) = scene.row(place.table)?;
        let cell = row.cells.iter().find(|cell| cell.node == place.node)?;
        Some((cell.share(place.shard)?, 1.0 / cell.tiles.len() as f64))
    });
    let Some((share, width)) = share else { return };
    let (frame, cell) = (map.get_bounding_client_rect(), cell.get_bounding_client_rect());
    let corner = |class: &str| {
        map.query_selector(class)
            .ok()
            .flatten()
            .map(|e| e.get_bounding_client_rect())
    };
    let clear_left = corner(".heads .label").map_or(frame.left(), |label| label.right().max(frame.left()));
    let clear_top = corner(".heads").map_or(frame.top(), |heads| heads.bottom());
    let left = cell.left() + cell.width() * share;
    let right = left + (cell.width() * width).max(8.0);
    map.set_scroll_left(map.scroll_left() + shift(left - 8.0, right + 8.0, clear_left, frame.right()));
    map.set_scroll_top(map.scroll_top() + shift(cell.top() - 8.0, cell.bottom() + 8.0, clear_top, frame.bottom()));
}

/// How far to scroll so that `from..to` lies within `low..high`.
fn shift(from: f64, to: f64, low: f64, high: f64) -> i32 {
    let shift = if from < low {
        from - low
    } else if to > high {
        to - high
    } else {
        0.0
    };
    shift.round() as i32
}

/// Follows the pointer: the tile under it is in focus.
pub fn follow(event: &ev::PointerEvent, state: MapState) {
    let place = state.scene.with_untracked(|scene| place_at(event, scene));
    if place != state.hover.get_untracked() {
        state.hover.set(place);
    }
}
