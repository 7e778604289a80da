//! Shards that change place are seen to move: a tile flies from where it was to where it is.
//!
//! Only what changes its node or its colocation group flies, and what was split off; rows that make
//! room for others stand still. Many tiles on one way fly as one. Where less motion is asked for,
//! nothing flies.

use std::collections::BTreeMap;
use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::scene::{Row, Scene};
use super::{hue, shown_name};

/// As in the style sheet.
const FLIGHT: Duration = Duration::from_millis(320);
/// What flies at once, so that every frame is in time.
const MOST: usize = 200;

/// Where a tile or a local table's outline stands, from the map's corner, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spot {
    pub node: u32,
    pub group: u32,
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

impl Spot {
    /// The frame around both.
    fn around(self, other: Spot) -> Spot {
        let (left, top) = (self.left.min(other.left), self.top.min(other.top));
        let right = (self.left + self.width).max(other.left + other.width);
        let bottom = (self.top + self.height).max(other.top + other.height);
        Spot {
            left,
            top,
            width: right - left,
            height: bottom - top,
            ..self
        }
    }
}

/// Spots by table and, for shards, start of the hash interval. A local table has none.
pub type Spots = BTreeMap<(String, Option<i32>), Vec<Spot>>;

/// From where to where something flies.
type Way = (Spot, Spot);

/// Reads off where everything stands.
pub fn spots(map: &Element, scene: &Scene) -> Spots {
    let mut spots = Spots::new();
    let Ok(Some(grid)) = map.query_selector(".map-grid") else {
        return spots;
    };
    let corner = grid.get_bounding_client_rect();
    let elements = elements(map);
    for (group, row) in scene.all_rows() {
        for cell in &row.cells {
            let Some(element) = elements.get(&(row.table.oid, cell.node)) else {
                continue;
            };
            let frame = element.get_bounding_client_rect();
            let width = frame.width() / cell.tiles.len().max(1) as f64;
            for (place, tile) in cell.tiles.iter().enumerate() {
                let key = (shown_name(&row.table), start(row, tile.interval));
                spots.entry(key).or_default().push(Spot {
                    node: cell.node,
                    group,
                    left: frame.left() - corner.left() + width * place as f64,
                    top: frame.top() - corner.top(),
                    width,
                    height: frame.height(),
                });
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
pub fn flights(before: &Spots, after: &Spots) -> Vec<Way> {
    let mut flights = Vec::new();
    for ((table, start), spots) in after {
        let Some(origins) = origins(before, table, *start) else {
            continue;
        };
        // What was split off comes out of its parent, also where that lay.
        let stood = before.contains_key(&(table.clone(), *start));
        for spot in spots {
            let stays = |origin: &&Spot| origin.node == spot.node && origin.group == spot.group;
            if stood && origins.iter().any(|origin| stays(&origin)) {
                continue;
            }
            if start.is_none() {
                // All shards of the table come home.
                flights.extend(origins.iter().map(|origin| (*origin, *spot)));
            } else if let Some(origin) = origins.iter().find(stays).or(origins.first()) {
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

/// At most so many as can fly at once: first all tiles that go from one cell to another become one
/// flight, then all that go from a node and group to another; of still more, the largest are left.
fn convoys(flights: Vec<Way>) -> Vec<Way> {
    let cell = |spot: &Spot| (spot.node, spot.top.to_bits());
    let band = |spot: &Spot| (spot.node, u64::from(spot.group));
    if flights.len() <= MOST {
        return flights;
    }
    let flights = joined(flights, |(from, to)| (cell(from), cell(to)));
    if flights.len() <= MOST {
        return flights;
    }
    let mut flights = joined(flights, |(from, to)| (band(from), band(to)));
    flights.sort_by(|(_, a), (_, b)| (b.width * b.height).total_cmp(&(a.width * a.height)));
    flights.truncate(MOST);
    flights
}

/// Flights of one key as one.
fn joined<K: Ord>(flights: Vec<Way>, key: impl Fn(&Way) -> K) -> Vec<Way> {
    let mut joined = BTreeMap::<K, Way>::new();
    for flight in flights {
        let (from, to) = flight;
        joined
            .entry(key(&flight))
            .and_modify(|whole| *whole = (whole.0.around(from), whole.1.around(to)))
            .or_insert(flight);
    }
    joined.into_values().collect()
}

/// Lets the tiles fly over the map.
pub fn launch(map: &Element, before: &Spots, scene: &Scene) {
    if less_motion() {
        return;
    }
    let flights = convoys(flights(before, &spots(map, scene)));
    let Ok(Some(sky)) = map.query_selector(".sky") else {
        return;
    };
    let classes: BTreeMap<u32, String> = scene
        .bands
        .iter()
        .map(|band| (band.group.id, hue::of_group(&band.group)))
        .collect();
    let class = |to: &Spot| classes.get(&to.group).map_or("", String::as_str);
    let flyers: Vec<HtmlElement> = flights
        .iter()
        .filter_map(|(from, to)| flyer(&sky, *from, *to, class(to)))
        .collect();
    set_timeout(
        move || flyers.iter().for_each(|flyer| flyer.remove()),
        FLIGHT + Duration::from_millis(80),
    );
}

fn flyer(sky: &Element, from: Spot, to: Spot, class: &str) -> Option<HtmlElement> {
    let element: HtmlElement = document().create_element("i").ok()?.dyn_into().ok()?;
    element.set_class_name(&format!("flyer {class}"));
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
    use super::super::scene::NO_GROUP;
    use super::*;

    type At = (&'static str, Option<i32>, u32, u32);

    fn spot(node: u32, group: u32) -> Spot {
        Spot {
            node,
            group,
            left: 0.0,
            top: 0.0,
            width: 1.0,
            height: 1.0,
        }
    }

    fn spots(entries: &[At]) -> Spots {
        let mut spots = Spots::new();
        for (table, start, node, group) in entries {
            let key = (table.to_string(), *start);
            spots.entry(key).or_default().push(spot(*node, *group));
        }
        spots
    }

    #[test]
    fn only_what_changes_node_or_group_or_is_split_off_flies() {
        let check = |before: &[At], after: &[At], expected: &[(u32, u32)]| {
            let found: Vec<(u32, u32)> = flights(&spots(before), &spots(after))
                .iter()
                .map(|(from, to)| (from.node, to.node))
                .collect();
            assert_eq!(found, expected, "{before:?} -> {after:?}");
        };
        let local = ("t", None, 1, NO_GROUP);
        let (low, high) = (("t", Some(0), 2, 1), ("t", Some(9), 3, 1));
        check(&[], &[low, high], &[]);
        check(&[low, high], &[low, high], &[]);
        // Distributed, and brought home.
        check(&[local], &[low, high], &[(1, 2), (1, 3)]);
        check(&[low, high], &[local], &[(2, 1), (3, 1)]);
        // Moved, left its group, split to another node and on its own.
        check(&[low, high], &[low, ("t", Some(9), 2, 1)], &[(3, 2)]);
        check(&[low], &[("t", Some(0), 2, 2)], &[(2, 2)]);
        check(&[low], &[low, ("t", Some(5), 3, 1)], &[(2, 3)]);
        check(&[low], &[low, ("t", Some(5), 2, 1)], &[(2, 2)]);
        // A copy on every node.
        check(
            &[local],
            &[("t", Some(0), 1, 1), ("t", Some(0), 2, 1)],
            &[(1, 1), (1, 2)],
        );
    }

    #[test]
    fn many_tiles_on_one_way_fly_as_one() {
        let check = |flights: Vec<Way>, expected: usize| assert_eq!(convoys(flights).len(), expected);
        let at = |node: u32, left: f64, top: f64| Spot {
            left,
            top,
            ..spot(node, 1)
        };
        let few: Vec<Way> = (0..50).map(|i| (at(1, 0.0, 0.0), at(2, f64::from(i), 0.0))).collect();
        check(few, 50);
        let many: Vec<Way> = (0..4096)
            .map(|i| (at(1, 0.0, 0.0), at(2 + i % 31, f64::from(i / 31), 0.0)))
            .collect();
        let one = convoys(many.clone())
            .into_iter()
            .find(|(_, to)| to.node == 2)
            .map(|(_, to)| to);
        assert_eq!(
            one.map(|to| (to.left, to.width)),
            Some((0.0, 133.0)),
            "from the first to the last"
        );
        check(many, 31);
        let everywhere: Vec<Way> = (0..32)
            .flat_map(|from| (0..32).flat_map(move |to| (0..4).map(move |row| (from, to, row))))
            .map(|(from, to, row)| (at(from, 0.0, f64::from(row)), at(to, 0.0, f64::from(row))))
            .collect();
        check(everywhere, MOST);
    }
}
