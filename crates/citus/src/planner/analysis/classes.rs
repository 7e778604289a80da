//! Columns that are equal to each other.

use std::collections::BTreeMap;

use super::Column;

/// Disjoint sets of columns.
#[derive(Clone, Debug, Default)]
pub struct Classes {
    parents: BTreeMap<Column, Column>,
}

impl Classes {
    pub fn find(&self, column: Column) -> Column {
        let mut current = column;
        while let Some(parent) = self.parents.get(&current) {
            current = *parent;
        }
        current
    }

    pub fn join(&mut self, a: Column, b: Column) {
        let (a, b) = (self.find(a), self.find(b));
        if a != b {
            self.parents.insert(a.max(b), a.min(b));
        }
    }

    pub fn same(&self, a: Column, b: Column) -> bool {
        self.find(a) == self.find(b)
    }
}
