//! Where the boxes stand and the lines run.
//!
//! A table stands to the left of those it references. Sizes are in pixels and fixed, so a
//! line's ends follow from a column's place in its box.

use kumquat_protocol::keys::KeyEnd;
use kumquat_protocol::view::Table;

pub const BOX_WIDTH: f64 = 208.0;
pub const HEAD_HEIGHT: f64 = 44.0;
pub const COLUMN_HEIGHT: f64 = 24.0;
const GAP_X: f64 = 200.0;
const GAP_Y: f64 = 28.0;
const MARGIN: f64 = 4.0;

/// A table's box.
#[derive(Clone, Debug)]
pub struct Frame {
    pub table: Table,
    pub x: f64,
    pub y: f64,
}

impl Frame {
    pub fn height(&self) -> f64 {
        HEAD_HEIGHT + COLUMN_HEIGHT * self.table.columns.len() as f64 + 4.0
    }

    /// The middle of a column's line, or of the head.
    fn column_y(&self, column: Option<&String>) -> f64 {
        let place = self
            .table
            .columns
            .iter()
            .position(|candidate| Some(&candidate.name) == column);
        let below = place.map_or(-0.5, |place| place as f64 + 0.5);
        self.y + HEAD_HEIGHT + COLUMN_HEIGHT * below
    }
}

/// A key's line: a curve, and the place of its label.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub path: String,
    pub label_x: f64,
    pub label_y: f64,
}

/// Where everything stands.
#[derive(Clone, Debug)]
pub struct Layout {
    pub frames: Vec<Frame>,
    pub width: f64,
    pub height: f64,
}

impl Layout {
    /// Places tables so that `links` (referencing oid, referenced oid) run from left to right.
    pub fn new(tables: &[Table], links: &[(u32, u32)]) -> Layout {
        let ranks = ranks(tables, links);
        let columns = ranks.iter().copied().max().map_or(0, |rank| rank + 1);
        let mut bottoms = vec![MARGIN; columns];
        let mut frames = Vec::new();
        for (table, rank) in tables.iter().zip(&ranks) {
            let Some(bottom) = bottoms.get_mut(*rank) else {
                continue;
            };
            let frame = Frame {
                table: table.clone(),
                x: MARGIN + (BOX_WIDTH + GAP_X) * *rank as f64,
                y: *bottom,
            };
            *bottom += frame.height() + GAP_Y;
            frames.push(frame);
        }
        let height = bottoms
            .iter()
            .fold(0.0, |most: f64, bottom| most.max(*bottom))
            - GAP_Y
            + MARGIN;
        let width = (BOX_WIDTH + GAP_X) * columns as f64 - GAP_X + 2.0 * MARGIN;
        Layout {
            frames,
            width,
            height,
        }
    }

    /// The line between the first columns of a key's two ends.
    pub fn line(&self, from: &KeyEnd, to: &KeyEnd) -> Option<Line> {
        let frame = |end: &KeyEnd| {
            self.frames
                .iter()
                .find(|frame| frame.table.oid == end.table)
        };
        let (left, right) = (frame(from)?, frame(to)?);
        let (y1, y2) = (
            left.column_y(from.columns.first()),
            right.column_y(to.columns.first()),
        );
        let x1 = left.x + BOX_WIDTH;
        // Within one column of boxes the line bows out to the right; otherwise it runs across.
        let (x2, bow) = if right.x > left.x {
            (right.x, (right.x - x1) / 2.0)
        } else {
            (right.x + BOX_WIDTH, GAP_X / 3.0)
        };
        let turn = if right.x > left.x { x2 - bow } else { x2 + bow };
        Some(Line {
            path: format!("M{x1} {y1}C{} {y1} {turn} {y2} {x2} {y2}", x1 + bow),
            label_x: if right.x > left.x {
                (x1 + x2) / 2.0
            } else {
                x1.max(x2) + bow * 0.75
            },
            label_y: (y1 + y2) / 2.0,
        })
    }
}

/// How far to the right each table stands: one further than those that reference it. A circle
/// of keys stops counting at the number of tables.
fn ranks(tables: &[Table], links: &[(u32, u32)]) -> Vec<usize> {
    let place = |oid: u32| tables.iter().position(|table| table.oid == oid);
    let mut ranks = vec![0; tables.len()];
    for _ in 1..tables.len().min(8) {
        for (from, to) in links.iter().filter(|(from, to)| from != to) {
            let (Some(from), Some(to)) = (place(*from), place(*to)) else {
                continue;
            };
            let wanted = ranks.get(from).map_or(0, |rank| rank + 1);
            if let Some(rank) = ranks.get_mut(to).filter(|rank| **rank < wanted) {
                *rank = wanted.min(tables.len());
            }
        }
    }
    compact(ranks)
}

/// Closes ranks that no table has.
fn compact(ranks: Vec<usize>) -> Vec<usize> {
    let mut used = ranks.clone();
    used.sort_unstable();
    used.dedup();
    ranks
        .iter()
        .map(|rank| used.partition_point(|other| other < rank))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(oid: u32) -> Table {
        Table {
            oid,
            schema: "public".into(),
            name: format!("t{oid}"),
            kind: kumquat_protocol::view::TableKind::Local,
            columns: Vec::new(),
            distribution_column: None,
            colocation_id: None,
            parent: None,
            partitioned: false,
            rows: 0.0,
            shards: Vec::new(),
        }
    }

    #[test]
    fn a_table_stands_left_of_those_it_references() {
        let check = |links: &[(u32, u32)], expected: &[usize]| {
            let tables: Vec<Table> = (1..=4).map(table).collect();
            assert_eq!(ranks(&tables, links), expected, "{links:?}");
        };
        check(&[], &[0, 0, 0, 0]);
        check(&[(1, 2), (1, 3)], &[0, 1, 1, 0]);
        check(&[(4, 3), (3, 2), (2, 1)], &[3, 2, 1, 0]);
        check(&[(1, 1)], &[0, 0, 0, 0]);
    }

    #[test]
    fn a_circle_of_keys_is_laid_out_too() {
        let tables: Vec<Table> = (1..=3).map(table).collect();
        let layout = Layout::new(&tables, &[(1, 2), (2, 3), (3, 1)]);
        assert_eq!(layout.frames.len(), 3);
    }
}
