//! How wide a node is drawn.
//!
//! As drawn at first, all nodes are in sight. From there a node can be widened until its tiles can
//! be told apart; the map then scrolls.

use leptos::prelude::*;
use web_sys::{Element, WheelEvent};

use super::MapState;

/// The widest that a tile is drawn, in pixels.
const WIDEST_TILE: f64 = 48.0;
/// The widest that a node is drawn: the tiles of a full one can be told apart, whatever their number.
const WIDEST_NODE: f64 = 12_000.0;
const STEP: f64 = 1.5;

/// Back to all nodes in sight.
pub fn fit(state: MapState) {
    state.node_width.set(None);
}

/// One step nearer or further, about the middle of the map.
pub fn step(state: MapState, map: &Element, direction: f64) {
    let frame = map.get_bounding_client_rect();
    zoom(state, map, STEP.powf(direction), frame.left() + frame.width() / 2.0);
}

/// Control and the wheel, or two fingers on a touchpad, zoom about the pointer.
pub fn wheel(event: &WheelEvent, state: MapState, map: &Element) {
    if event.ctrl_key() || event.meta_key() {
        event.prevent_default();
        zoom(
            state,
            map,
            (-event.delta_y() * 0.004).clamp(-0.4, 0.4).exp(),
            f64::from(event.client_x()),
        );
    }
}

fn zoom(state: MapState, map: &Element, factor: f64, about: f64) {
    let Some(before) = worker_width(map) else { return };
    let tiles = state.scene.with_untracked(|scene| scene.widest_cell()) as f64;
    let widest = (tiles * WIDEST_TILE).clamp(320.0, WIDEST_NODE);
    state.node_width.set(Some((before * factor).clamp(20.0, widest)));
    let Some(after) = worker_width(map) else { return };
    // What was under the pointer stays there.
    let left = map.get_bounding_client_rect().left();
    let names = label_width(map);
    let place = about - left - names + f64::from(map.scroll_left());
    let moved = place * (after / before - 1.0);
    map.set_scroll_left((f64::from(map.scroll_left()) + moved).round() as i32);
    // Widened to less than fits, the nodes fill the map again.
    if after > before * factor + 1.0 && factor < 1.0 {
        state.node_width.set(None);
    }
}

fn worker_width(map: &Element) -> Option<f64> {
    let head = map.query_selector(".head:not(.coordinator)").ok()??;
    let width = head.get_bounding_client_rect().width();
    (width > 0.0).then_some(width)
}

fn label_width(map: &Element) -> f64 {
    let label = map.query_selector(".heads .label").ok().flatten();
    label.map_or(0.0, |label| label.get_bounding_client_rect().width())
}
