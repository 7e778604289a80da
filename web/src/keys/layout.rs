//! Where the boxes stand and the lines run.
//!
//! A table stands to the left of those it references. Sizes are in pixels and fixed, so a
//! line's ends follow from a column's place in its box.

use kumquat_protocol::keys::KeyEnd;
use kumquat_protocol::view::Table;

pub const BOX_WIDTH: f64 = 204.0;
pub const HEAD_HEIGHT: f64 = 44.0;
pub const COLUMN_HEIGHT: f64 = 24.0;
const GAP_X: f64 = 148.0;
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

/// A curve between two columns, its ends, and its middle.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub path: String,
    pub from: (f64, f64),
    pub to: (f64, f64),
    pub middle: (f64, f64),
}

/// Where everything stands.
#[derive(Clone, Debug)]
pub struct Layout {
    pub frames: Vec<Frame>,
    pub width: f64,
    pub height: f64,
}

impl Layout {
    /// Places tables so that `links` (from a referencing end to a referenced one) run from left
    /// to right, and cross as little as a table's place in its column can help.
    pub fn new(tables: &[Table], links: &[(&KeyEnd, &KeyEnd)]) -> Layout {
        let pairs: Vec<(u32, u32)> = links.iter().map(|(from, to)| (from.table, to.table)).collect();
        let ranks = ranks(tables, &pairs);
        let columns = ranks.iter().copied().max().map_or(0, |rank| rank + 1);
        let mut frames: Vec<Frame> = Vec::new();
        let mut height: f64 = 0.0;
        for column in 0..columns {
            let here = tables.iter().zip(&ranks).filter(|(_, rank)| **rank == column);
            let mut here: Vec<&Table> = here.map(|(table, _)| table).collect();
            here.sort_by(|a, b| source_y(&frames, links, a).total_cmp(&source_y(&frames, links, b)));
            let mut y = MARGIN;
            for table in here {
                let x = MARGIN + (BOX_WIDTH + GAP_X) * column as f64;
                let frame = Frame {
                    table: table.clone(),
                    x,
                    y,
                };
                height = height.max(y + frame.height() + MARGIN);
                y += frame.height() + GAP_Y;
                frames.push(frame);
            }
        }
        let width = (BOX_WIDTH + GAP_X) * columns as f64 - GAP_X + 2.0 * MARGIN;
        Layout { frames, width, height }
    }

    /// The lines of a key: one from each of its columns to the column that it references.
    pub fn lines(&self, from: &KeyEnd, to: &KeyEnd) -> Vec<Line> {
        let frame = |end: &KeyEnd| self.frames.iter().find(|frame| frame.table.oid == end.table);
        let (Some(left), Some(right)) = (frame(from), frame(to)) else {
            return Vec::new();
        };
        let pairs = from.columns.iter().zip(&to.columns);
        pairs
            .map(|(here, there)| line(left, left.column_y(Some(here)), right, right.column_y(Some(there))))
            .collect()
    }
}

fn line(left: &Frame, y1: f64, right: &Frame, y2: f64) -> Line {
    let x1 = left.x + BOX_WIDTH;
    // Within one column of boxes the line bows out to the right; otherwise it runs across.
    let across = right.x > left.x;
    let (x2, bow) = if across {
        (right.x, (right.x - x1) / 2.0)
    } else {
        (right.x + BOX_WIDTH, GAP_X / 3.0)
    };
    let turn = if across { x2 - bow } else { x2 + bow };
    Line {
        path: format!("M{x1} {y1}C{} {y1} {turn} {y2} {x2} {y2}", x1 + bow),
        from: (x1, y1),
        to: (x2, y2),
        middle: (
            if across {
                (x1 + x2) / 2.0
            } else {
                x1.max(x2) + bow * 0.75
            },
            (y1 + y2) / 2.0,
        ),
    }
}

/// Where the topmost line to a table comes from, among the frames placed so far.
fn source_y(frames: &[Frame], links: &[(&KeyEnd, &KeyEnd)], table: &Table) -> f64 {
    let sources = links
        .iter()
        .filter(|(_, to)| to.table == table.oid)
        .filter_map(|(from, _)| {
            let frame = frames.iter().find(|frame| frame.table.oid == from.table)?;
            Some(frame.column_y(from.columns.first()))
        });
    sources.fold(f64::INFINITY, f64::min)
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
        let end = |oid: u32| KeyEnd {
            table: oid,
            name: format!("t{oid}"),
            kind: kumquat_protocol::view::TableKind::Local,
            columns: Vec::new(),
        };
        let (a, b, c) = (end(1), end(2), end(3));
        let layout = Layout::new(&tables, &[(&a, &b), (&b, &c), (&c, &a)]);
        assert_eq!(layout.frames.len(), 3);
    }

    #[test]
    fn each_column_of_a_key_has_a_line_of_its_own() {
        let column = |name: &str| kumquat_protocol::view::Column {
            name: name.into(),
            type_name: "bigint".into(),
            primary_key: false,
        };
        let tables = [1, 2].map(|oid| Table {
            columns: ["a", "b"].map(column).into(),
            ..table(oid)
        });
        let end = |oid: u32, columns: [&str; 2]| KeyEnd {
            table: oid,
            name: format!("t{oid}"),
            kind: kumquat_protocol::view::TableKind::Local,
            columns: columns.map(String::from).into(),
        };
        let (from, to) = (end(1, ["a", "b"]), end(2, ["b", "a"]));
        let lines = Layout::new(&tables, &[(&from, &to)]).lines(&from, &to);
        let ends: Vec<(f64, f64)> = lines.iter().map(|line| (line.from.1, line.to.1)).collect();
        let (first, second) = (
            MARGIN + HEAD_HEIGHT + COLUMN_HEIGHT / 2.0,
            MARGIN + HEAD_HEIGHT + COLUMN_HEIGHT * 1.5,
        );
        assert_eq!(ends, [(first, second), (second, first)]);
    }
}
