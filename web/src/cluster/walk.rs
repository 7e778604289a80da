//! Moving over the tiles by arrow keys: left and right along a row, up and down to the tile
//! that is nearest in the row above or below.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};

/// Answers a key pressed on the map.
pub fn walk(event: KeyboardEvent) {
    let key = event.key();
    if !matches!(key.as_str(), "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown") {
        return;
    }
    let tiles = tiles();
    let focused = leptos::prelude::document().active_element();
    let here = tiles.iter().position(|tile| focused.as_ref() == Some(tile.as_ref()));
    let next = match (here, key.as_str()) {
        (None, _) => Some(0),
        (Some(here), "ArrowLeft") => here.checked_sub(1),
        (Some(here), "ArrowRight") => Some(here + 1),
        (Some(here), key) => nearest(&tiles, here, key == "ArrowDown"),
    };
    if let Some(tile) = next.and_then(|next| tiles.get(next)) {
        event.prevent_default();
        // A tile that went away between two keys can't be focused, and need not be.
        let _ = tile.focus();
    }
}

fn tiles() -> Vec<HtmlElement> {
    let Ok(list) = leptos::prelude::document().query_selector_all(".map .tile") else {
        return Vec::new();
    };
    (0..list.length())
        .filter_map(|index| list.item(index)?.dyn_into().ok())
        .collect()
}

/// The tile in the next row (downwards or upwards) whose middle is nearest.
fn nearest(tiles: &[HtmlElement], here: usize, down: bool) -> Option<usize> {
    let place = |tile: &Element| {
        let frame = tile.get_bounding_client_rect();
        (frame.left() + frame.width() / 2.0, frame.top())
    };
    let (x, y) = place(tiles.get(here)?);
    let beyond = tiles.iter().enumerate().filter_map(|(index, tile)| {
        let (tile_x, tile_y) = place(tile);
        let rise = if down { tile_y - y } else { y - tile_y };
        (rise > 1.0).then_some((index, rise, (tile_x - x).abs()))
    });
    beyond
        .min_by(|(_, rise, aside), (_, other_rise, other_aside)| {
            rise.total_cmp(other_rise).then(aside.total_cmp(other_aside))
        })
        .map(|(index, _, _)| index)
}
