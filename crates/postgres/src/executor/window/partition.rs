//! One partition of a window: which of its rows are peers.

use std::sync::Arc;

use kumquat_types::Column;

use crate::executor::keys::Keys;

/// Rows of one partition: a part of all rows.
pub struct Partition {
    /// Its first row, counted over all rows.
    pub first: usize,
    pub end: usize,
    /// The first row of each group of peers, counted from the partition's first.
    groups: Vec<usize>,
    /// The group of each row.
    group_of: Vec<usize>,
    order_column: Option<Arc<Column>>,
}

impl Partition {
    /// The rows from `first` to `end`, sorted by the window's order, in groups of peers.
    pub fn new(order: &Keys, first: usize, end: usize) -> Partition {
        let mut groups = Vec::new();
        let mut group_of = Vec::with_capacity(end - first);
        for row in first..end {
            if row == first || !order.equal(row - 1, order, row) {
                groups.push(row - first);
            }
            group_of.push(groups.len() - 1);
        }
        let order_column = match order.columns.as_slice() {
            [column] => Some(column.clone()),
            _ => None,
        };
        Partition {
            first,
            end,
            groups,
            group_of,
            order_column,
        }
    }

    pub fn rows(&self) -> usize {
        self.end - self.first
    }

    pub fn group_of(&self, row: usize) -> usize {
        self.group_of.get(row).copied().unwrap_or(0)
    }

    /// The first row of a group; past the last group the end of the partition.
    pub fn group_start(&self, group: usize) -> usize {
        self.groups.get(group).copied().unwrap_or_else(|| self.rows())
    }

    pub fn group_count(&self) -> usize {
        self.groups.len()
    }

    /// The rows that are equal to a row by the window's order.
    pub fn peers_of(&self, row: usize) -> (usize, usize) {
        let group = self.group_of(row);
        (self.group_start(group), self.group_start(group + 1))
    }

    /// The only column of ORDER BY, for RANGE offsets.
    pub fn order_column(&self) -> Option<&Arc<Column>> {
        self.order_column.as_ref()
    }
}
