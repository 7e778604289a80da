//! Shards that change place are seen to move: a tile flies from where it was to where it is.
//!
//! Only what changes its node or its colocation group flies; rows that make room for others stand
//! still. Where less motion is asked for, nothing flies.

use std::collections::BTreeMap;
use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::scene::{Row, Scene};
use super::{hue, shown_name};

/// As in the style sheet.
const FLIGHT: Duration = Duration::from_millis(320);
/// Tiles that fly at once; of more, the cells that they come to fade in.
const MOST: usize = 200;

/// Where a tile or a local table's outline stands, from the map's corner, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spot {
    pub node: u32,
    pub group: Option<u32>,
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

/// Spots by table and, for shards, start of the hash interval. An outline has none.
pub type Spots = BTreeMap<(String, Option<i32>), Vec<Spot>>;

/// Reads off where everything stands.
pub fn spots(map: &Element, scene: &Scene) -> Spots {
    let mut spots = Spots::new();
    let Ok(Some(grid)) = map.query_selector(".map-grid") else {
        return spots;
    };
    let corner = grid.get_bounding_client_rect();
    let elements = elements(map);
    let local = scene.local.iter().map(|row| (None, row));
    let rows = scene.rows().map(|(group, row)| (Some(group), row)).chain(local);
    for (group, row) in rows {
        for cell in &row.cells {
            let Some(element) = elements.get(&(row.table.oid, cell.node)) else {
                continue;
            };
            let frame = element.get_bounding_client_rect();
            let spot = |share: f64, width: f64| Spot {
                node: cell.node,
                group,
                left: frame.left() - corner.left() + frame.width() * share,
                top: frame.top() - corner.top(),
                width: frame.width() * width,
                height: frame.height(),
            };
            if group.is_none() && !element.class_list().contains("bare") {
                spots
                    .entry((shown_name(&row.table), None))
                    .or_default()
                    .push(spot(0.0, 1.0));
            }
            let width = 1.0 / cell.tiles.len() as f64;
            for (place, tile) in cell.tiles.iter().enumerate() {
                let key = (shown_name(&row.table), start(row, tile.interval));
                spots.entry(key).or_default().push(spot(place as f64 * width, width));
            }
        }
    }
    spots
}

fn start(row: &Row, interval: usize) -> Option<i32> {
    let shard = row.table.shards.get(interval)?;
    Some(shard.range.map_or(i32::MIN, |range| range.min))
}

fn elements(map: &Element) -> BTreeMap<(u32, u32), Element> {
    let mut found = BTreeMap::new();
    let Ok(list) = map.query_selector_all(".cell[data-table]") else {
        return found;
    };
    for index in 0..list.length() {
        let element = list.item(index).and_then(|node| node.dyn_into::<Element>().ok());
        let Some(element) = element else { continue };
        let number = |name| element.get_attribute(name).and_then(|text| text.parse::<u32>().ok());
        if let (Some(table), Some(node)) = (number("data-table"), number("data-node")) {
            found.insert((table, node), element);
        }
    }
    found
}

/// From where to where what has changed place flies.
pub fn flights(before: &Spots, after: &Spots) -> Vec<(Spot, Spot)> {
    let mut flights = Vec::new();
    for ((table, start), spots) in after {
        let Some(origins) = origins(before, table, *start) else {
            continue;
        };
        for spot in spots {
            let stays = |origin: &&Spot| origin.node == spot.node && origin.group == spot.group;
            if origins.iter().any(|origin| stays(&origin)) {
                continue;
            }
            if start.is_none() {
                // All shards of the table come home.
                flights.extend(origins.iter().map(|origin| (*origin, *spot)));
            } else if let Some(origin) = origins.first() {
                flights.push((*origin, *spot));
            }
        }
    }
    flights
}

/// Where a table's shard was: the shard itself, the one it was split off, or the whole table.
fn origins(before: &Spots, table: &str, start: Option<i32>) -> Option<Vec<Spot>> {
    let of_table =
        |low: Option<i32>, high: Option<i32>| before.range((table.to_string(), low)..=(table.to_string(), high));
    match start {
        // An outline comes of an outline, else of all shards.
        None => match before.get(&(table.to_string(), None)) {
            Some(outline) => Some(outline.clone()),
            None => Some(
                of_table(None, Some(i32::MAX))
                    .flat_map(|(_, spots)| spots.clone())
                    .collect(),
            ),
        },
        Some(start) => of_table(None, Some(start)).next_back().map(|(_, spots)| spots.clone()),
    }
}

/// Lets the tiles fly over the map.
pub fn launch(map: &Element, before: &Spots, scene: &Scene) {
    if less_motion() {
        return;
    }
    let flights = flights(before, &spots(map, scene));
    let Ok(Some(sky)) = map.query_selector(".sky") else {
        return;
    };
    if flights.is_empty() || flights.len() > MOST {
        return;
    }
    let flyers: Vec<HtmlElement> = flights
        .iter()
        .filter_map(|(from, to)| flyer(&sky, *from, *to))
        .collect();
    set_timeout(
        move || flyers.iter().for_each(|flyer| flyer.remove()),
        FLIGHT + Duration::from_millis(80),
    );
}

fn flyer(sky: &Element, from: Spot, to: Spot) -> Option<HtmlElement> {
    let element: HtmlElement = document().create_element("i").ok()?.dyn_into().ok()?;
    let hue = to.group.or(from.group).map_or(0, hue);
    element.set_class_name(&format!("flyer hue-{hue}"));
    let style = format!(
        "left:{:.1}px;top:{:.1}px;width:{:.1}px;height:{:.1}px;--dx:{:.1}px;--dy:{:.1}px;--sx:{:.3};--sy:{:.3}",
        to.left,
        to.top,
        to.width,
        to.height,
        from.left - to.left,
        from.top - to.top,
        from.width / to.width.max(1.0),
        from.height / to.height.max(1.0),
    );
    element.set_attribute("style", &style).ok()?;
    sky.append_child(&element).ok()?;
    Some(element)
}

fn less_motion() -> bool {
    let query = window().match_media("(prefers-reduced-motion: reduce)");
    query.ok().flatten().is_some_and(|query| query.matches())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spot(node: u32, group: Option<u32>) -> Spot {
        Spot {
            node,
            group,
            left: 0.0,
            top: 0.0,
            width: 1.0,
            height: 1.0,
        }
    }

    fn spots(entries: &[(&str, Option<i32>, u32, Option<u32>)]) -> Spots {
        let mut spots = Spots::new();
        for (table, start, node, group) in entries {
            let key = (table.to_string(), *start);
            spots.entry(key).or_default().push(spot(*node, *group));
        }
        spots
    }

    #[test]
    fn only_what_changes_node_or_group_flies() {
        let check = |before: &[(&str, Option<i32>, u32, Option<u32>)],
                     after: &[(&str, Option<i32>, u32, Option<u32>)],
                     expected: &[(u32, u32)]| {
            let found: Vec<(u32, u32)> = flights(&spots(before), &spots(after))
                .iter()
                .map(|(from, to)| (from.node, to.node))
                .collect();
            assert_eq!(found, expected, "{before:?} -> {after:?}");
        };
        let local = ("t", None, 1, None);
        let (low, high) = (("t", Some(0), 2, Some(1)), ("t", Some(9), 3, Some(1)));
        check(&[], &[low, high], &[]);
        check(&[low, high], &[low, high], &[]);
        // Distributed, and brought home.
        check(&[local], &[low, high], &[(1, 2), (1, 3)]);
        check(&[low, high], &[local], &[(2, 1), (3, 1)]);
        // Moved, left its group, split.
        check(&[low, high], &[low, ("t", Some(9), 2, Some(1))], &[(3, 2)]);
        check(&[low], &[("t", Some(0), 2, Some(2))], &[(2, 2)]);
        check(&[low], &[low, ("t", Some(5), 3, Some(1))], &[(2, 3)]);
        // A copy on every node.
        check(
            &[local],
            &[("t", Some(0), 1, Some(1)), ("t", Some(0), 2, Some(1))],
            &[(1, 1), (1, 2)],
        );
    }
}
