//! Where the boxes stand and the lines run.
//!
//! A table stands to the left of those it references. A line that passes other columns of boxes has
//! a place of its own between them. Sizes are in pixels and fixed, so a line's ends follow from a
//! column's place in its box.

use kumquat_protocol::keys::KeyEnd;
use kumquat_protocol::view::Table;

use super::order::{self, Edge, Order};

pub const BOX_WIDTH: f64 = 204.0;
pub const HEAD_HEIGHT: f64 = 44.0;
pub const COLUMN_HEIGHT: f64 = 24.0;
const GAP_X: f64 = 148.0;
const GAP_Y: f64 = 28.0;
const MARGIN: f64 = 4.0;
/// Height of a line's place between boxes.
const BEND: f64 = 20.0;
/// Height of a label.
const LABEL: f64 = 22.0;

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

/// A curve between two columns, its ends, and where it can be written on.
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
    links: Vec<Link>,
}

/// A key, and the heights at which it passes the columns of boxes between its tables.
#[derive(Clone, Debug)]
struct Link {
    from: KeyEnd,
    to: KeyEnd,
    /// The columns of its tables.
    ranks: (usize, usize),
    bends: Vec<f64>,
}

impl Layout {
    /// Places tables so that `links` (from a referencing end to a referenced one) run from left
    /// to right between the boxes, and cross as little as the order in a column can help.
    pub fn new(tables: &[Table], links: &[(&KeyEnd, &KeyEnd)]) -> Layout {
        let pairs: Vec<(u32, u32)> = links.iter().map(|(from, to)| (from.table, to.table)).collect();
        let ranks = ranks(tables, &pairs);
        let edges: Vec<Edge> = links.iter().map(|(from, to)| edge(tables, from, to)).collect();
        let order = Order::new(tables, &edges, &ranks);
        let rank = |end: &KeyEnd| {
            let place = tables.iter().position(|table| table.oid == end.table);
            place.and_then(|place| ranks.get(place).copied()).unwrap_or_default()
        };
        let mut layout = Layout {
            frames: Vec::new(),
            width: (BOX_WIDTH + GAP_X) * order.columns.len() as f64 - GAP_X + 2.0 * MARGIN,
            height: 0.0,
            links: links
                .iter()
                .map(|(from, to)| Link {
                    from: (*from).clone(),
                    to: (*to).clone(),
                    ranks: (rank(from), rank(to)),
                    bends: Vec::new(),
                })
                .collect(),
        };
        for (number, column) in order.columns.iter().enumerate() {
            layout.place(column, number, tables);
        }
        layout
    }

    /// Places what stands in a column from the top.
    fn place(&mut self, column: &[usize], number: usize, tables: &[Table]) {
        let (x, mut y) = (column_x(number), MARGIN);
        for item in column {
            match tables.get(*item) {
                Some(table) => {
                    let frame = Frame {
                        table: table.clone(),
                        x,
                        y,
                    };
                    y += frame.height() + GAP_Y;
                    self.frames.push(frame);
                }
                None => {
                    let target = tables.get(order::target_of(*item, tables.len()));
                    let passes = |link: &&mut Link| {
                        target.is_some_and(|target| target.oid == link.to.table)
                            && (link.ranks.0 + 1..link.ranks.1).contains(&number)
                    };
                    for link in self.links.iter_mut().filter(passes) {
                        link.bends.push(y + BEND / 2.0);
                    }
                    y += BEND;
                }
            }
        }
        self.height = self.height.max(y - GAP_Y + MARGIN);
    }

    /// The lines of a key, by its place among the links: one from each of its columns to the column
    /// that it references.
    pub fn lines(&self, link: usize) -> Vec<Line> {
        let frame = |end: &KeyEnd| self.frames.iter().find(|frame| frame.table.oid == end.table);
        let Some(link) = self.links.get(link) else {
            return Vec::new();
        };
        let (Some(left), Some(right)) = (frame(&link.from), frame(&link.to)) else {
            return Vec::new();
        };
        let pairs = link.from.columns.iter().zip(&link.to.columns);
        pairs
            .map(|(here, there)| {
                let (y1, y2) = (left.column_y(Some(here)), right.column_y(Some(there)));
                if right.x > left.x {
                    across(left, y1, right, y2, &link.bends)
                } else {
                    back(left, y1, right, y2)
                }
            })
            .collect()
    }
}

/// A key for the order of boxes: its first column counts.
fn edge(tables: &[Table], from: &KeyEnd, to: &KeyEnd) -> Edge {
    let down = |end: &KeyEnd| {
        let table = tables.iter().find(|table| table.oid == end.table)?;
        let place = table
            .columns
            .iter()
            .position(|column| Some(&column.name) == end.columns.first())?;
        Some(place as f64 / table.columns.len() as f64)
    };
    let placed = |end: &KeyEnd| (end.table, down(end).unwrap_or_default());
    Edge {
        from: placed(from),
        to: placed(to),
    }
}

fn column_x(number: usize) -> f64 {
    MARGIN + (BOX_WIDTH + GAP_X) * number as f64
}

/// From left to right: curves in the gaps, straight past the boxes between.
fn across(left: &Frame, y1: f64, right: &Frame, y2: f64, bends: &[f64]) -> Line {
    let (x1, x2) = (left.x + BOX_WIDTH, right.x);
    let mut path = format!("M{x1} {y1}");
    let (mut x, mut y) = (x1, y1);
    let mut middle = None;
    let ends = bends.iter().copied().chain([y2]);
    for end in ends {
        let next = x + GAP_X;
        let turn = x + GAP_X / 2.0;
        path.push_str(&format!("C{turn} {y} {turn} {end} {next} {end}"));
        middle.get_or_insert((turn, (y + end) / 2.0));
        (x, y) = (next, end);
        if x < x2 {
            x += BOX_WIDTH;
            path.push_str(&format!("H{x}"));
        }
    }
    Line {
        path,
        from: (x1, y1),
        to: (x2, y2),
        middle: middle.unwrap_or((x1, y1)),
    }
}

/// Within one column of boxes, or to one further left: the line bows out to the right.
fn back(left: &Frame, y1: f64, right: &Frame, y2: f64) -> Line {
    let (x1, x2, bow) = (left.x + BOX_WIDTH, right.x + BOX_WIDTH, GAP_X / 3.0);
    Line {
        path: format!("M{x1} {y1}C{} {y1} {} {y2} {x2} {y2}", x1 + bow, x2 + bow),
        from: (x1, y1),
        to: (x2, y2),
        middle: (x1.max(x2) + bow * 0.75, (y1 + y2) / 2.0),
    }
}

/// Moves labels apart that stand in one gap, so that each can be read. Each is its middle.
pub fn spread(labels: &mut [(f64, f64)]) {
    let mut order: Vec<usize> = (0..labels.len()).collect();
    let at = |labels: &[(f64, f64)], index: usize| labels.get(index).copied().unwrap_or_default();
    order.sort_by(|a, b| {
        let (a, b) = (at(labels, *a), at(labels, *b));
        a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))
    });
    let mut above: Option<(f64, f64)> = None;
    for index in order {
        let (x, mut y) = at(labels, index);
        if let Some((other, low)) = above
            && (other - x).abs() < 1.0
        {
            y = y.max(low + LABEL);
        }
        if let Some(label) = labels.get_mut(index) {
            label.1 = y;
        }
        above = Some((x, y));
    }
}

/// Passes over the keys: no chain of them is followed further.
const MOST_RANKS: usize = 64;

/// How far to the right each table stands: one further than those that reference it. A circle
/// of keys stops counting at the number of tables.
fn ranks(tables: &[Table], links: &[(u32, u32)]) -> Vec<usize> {
    let place = |oid: u32| tables.iter().position(|table| table.oid == oid);
    let mut ranks = vec![0; tables.len()];
    for _ in 1..tables.len().min(MOST_RANKS) {
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
    #![allow(clippy::expect_used)]

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
        let lines = Layout::new(&tables, &[(&from, &to)]).lines(0);
        let ends: Vec<(f64, f64)> = lines.iter().map(|line| (line.from.1, line.to.1)).collect();
        let (first, second) = (
            MARGIN + HEAD_HEIGHT + COLUMN_HEIGHT / 2.0,
            MARGIN + HEAD_HEIGHT + COLUMN_HEIGHT * 1.5,
        );
        assert_eq!(ends, [(first, second), (second, first)]);
    }

    #[test]
    fn a_line_past_other_tables_runs_between_them() {
        let tables: Vec<Table> = (1..=3).map(table).collect();
        let end = |oid: u32| KeyEnd {
            table: oid,
            name: format!("t{oid}"),
            kind: kumquat_protocol::view::TableKind::Local,
            columns: vec!["a".into()],
        };
        let (a, b, c) = (end(1), end(2), end(3));
        let layout = Layout::new(&tables, &[(&a, &b), (&b, &c), (&a, &c)]);
        let between = layout
            .frames
            .iter()
            .find(|frame| frame.table.oid == 2)
            .expect("a frame");
        let bend = layout.links[2].bends[0];
        assert!(bend < between.y || bend > between.y + between.height());
        assert!(layout.lines(2)[0].path.contains('H'));
    }

    #[test]
    fn labels_in_one_gap_stand_apart() {
        let mut labels = [(100.0, 10.0), (100.0, 12.0), (500.0, 12.0), (100.0, 60.0)];
        spread(&mut labels);
        assert_eq!(labels, [(100.0, 10.0), (100.0, 32.0), (500.0, 12.0), (100.0, 60.0)]);
    }

    #[test]
    fn boxes_stand_in_the_order_of_the_columns_that_point_to_them() {
        let column = |name: &str| kumquat_protocol::view::Column {
            name: name.into(),
            type_name: "bigint".into(),
            primary_key: false,
        };
        let mut tables: Vec<Table> = (1..=3).map(table).collect();
        tables[0].columns = ["a", "b"].map(column).into();
        let end = |oid: u32, name: &str| KeyEnd {
            table: oid,
            name: format!("t{oid}"),
            kind: kumquat_protocol::view::TableKind::Local,
            columns: vec![name.into()],
        };
        let (first, second) = ((end(1, "a"), end(3, "x")), (end(1, "b"), end(2, "x")));
        let layout = Layout::new(&tables, &[(&second.0, &second.1), (&first.0, &first.1)]);
        let order: Vec<u32> = layout.frames.iter().map(|frame| frame.table.oid).collect();
        assert_eq!(order, [1, 3, 2]);
    }
}
