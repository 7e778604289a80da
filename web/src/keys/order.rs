//! Which box stands above which: the order in each column, so that lines cross little.
//!
//! After Sugiyama: lines that pass a column have a place there, too, those to one table the same, and
//! each thing moves to the mean of its neighbours', to and fro over the columns.

/// Times that the columns are gone over.
const SWEEPS: usize = 6;

/// Things by number, column by column from the top. First come the tables, then the bends of lines.
#[derive(Clone, Debug)]
pub struct Order {
    pub columns: Vec<Vec<usize>>,
    /// What each thing is joined to in the column at its left and at its right, and how far down in
    /// that the line begins or ends, from 0 to 1.
    left: Vec<Vec<(usize, f64)>>,
    right: Vec<Vec<(usize, f64)>>,
}

/// A key: its tables' oids, and how far down in them its columns stand, from 0 to 1.
#[derive(Clone, Copy, Debug)]
pub struct Edge {
    pub from: (u32, f64),
    pub to: (u32, f64),
}

/// Bends are numbered by their table and column: so many columns are told apart.
const COLUMNS: usize = 64;

/// The table that the lines of a bend lead to, by its place among the tables.
pub fn target_of(bend: usize, tables: usize) -> usize {
    bend.saturating_sub(tables) / COLUMNS
}

impl Order {
    /// Of tables with their ranks, and the keys between them.
    pub fn new(tables: &[kumquat_protocol::view::Table], edges: &[Edge], ranks: &[usize]) -> Order {
        let count = ranks.iter().copied().max().map_or(0, |rank| rank + 1);
        let items = tables.len() + tables.len() * COLUMNS;
        let mut order = Order {
            columns: vec![Vec::new(); count],
            left: vec![Vec::new(); items],
            right: vec![Vec::new(); items],
        };
        for (table, rank) in ranks.iter().enumerate() {
            order.put(*rank, table);
        }
        let place = |oid: u32| tables.iter().position(|table| table.oid == oid);
        for Edge { from, to } in edges {
            if let (Some(source), Some(target)) = (place(from.0), place(to.0)) {
                order.join((source, from.1), (target, to.1), ranks);
            }
        }
        for sweep in 0..SWEEPS {
            order.sweep(sweep % 2 == 0);
        }
        order
    }

    fn put(&mut self, column: usize, item: usize) {
        let column = self.columns.get_mut(column);
        if let Some(column) = column.filter(|column| !column.contains(&item)) {
            column.push(item);
        }
    }

    /// Joins two tables by way of bends in the columns between.
    fn join(&mut self, from: (usize, f64), to: (usize, f64), ranks: &[usize]) {
        let rank = |item: usize| ranks.get(item).copied().unwrap_or_default();
        let mut last = from;
        for column in rank(from.0) + 1..rank(to.0).min(COLUMNS) {
            let bend = (ranks.len() + to.0 * COLUMNS + column, 0.0);
            self.put(column, bend.0);
            self.tie(last, bend);
            last = bend;
        }
        if rank(from.0) < rank(to.0) {
            self.tie(last, to);
        }
    }

    fn tie(&mut self, left: (usize, f64), right: (usize, f64)) {
        if let Some(ties) = self.right.get_mut(left.0) {
            ties.push(right);
        }
        if let Some(ties) = self.left.get_mut(right.0) {
            ties.push(left);
        }
    }

    /// Sorts each column by the mean place of what it is joined to in the one before.
    fn sweep(&mut self, forth: bool) {
        let mut places = vec![0.0; self.left.len()];
        let count = self.columns.len();
        for step in 0..count {
            let number = if forth { step } else { count - 1 - step };
            let ties = if forth { &self.left } else { &self.right };
            let Some(column) = self.columns.get_mut(number) else {
                continue;
            };
            let mut sorted: Vec<(usize, f64)> = column
                .iter()
                .enumerate()
                .map(|(index, item)| {
                    let joined = ties.get(*item).map(Vec::as_slice).unwrap_or_default();
                    let sum: f64 = joined
                        .iter()
                        .filter_map(|(other, down)| Some(places.get(*other)? + down))
                        .sum();
                    let mean = if joined.is_empty() {
                        index as f64
                    } else {
                        sum / joined.len() as f64
                    };
                    (*item, mean)
                })
                .collect();
            sorted.sort_by(|(_, a), (_, b)| a.total_cmp(b));
            *column = sorted.iter().map(|(item, _)| *item).collect();
            for (index, item) in column.iter().enumerate() {
                if let Some(place) = places.get_mut(*item) {
                    *place = index as f64;
                }
            }
        }
    }
}
