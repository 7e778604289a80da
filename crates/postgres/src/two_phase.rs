//! The second phase of a transaction: what a prepared transaction has changed comes into a database that others
//! may have changed since, after PostgreSQL's `FinishPreparedTransaction`.

use std::sync::Arc;

use crate::server::{Database, PreparedTransaction};
use crate::storage::{Heap, RowId};

impl Database {
    /// Takes in what a prepared transaction has changed: rows table by table, everything else as a whole.
    pub fn commit_prepared(&mut self, prepared: &PreparedTransaction) {
        let (before, after) = (&*prepared.before, &*prepared.state);
        let mut heaps = self.heaps.clone();
        for (relation, heap) in &after.heaps {
            let old = before.heaps.get(relation);
            if old.is_some_and(|old| Arc::ptr_eq(old, heap)) {
                continue;
            }
            let merged = match (old, heaps.get(relation)) {
                (Some(old), Some(current)) if !Arc::ptr_eq(old, current) => Arc::new(merge(old, heap, current)),
                _ => heap.clone(),
            };
            heaps.insert(*relation, merged);
        }
        for relation in before.heaps.keys() {
            if !after.heaps.contains_key(relation) {
                heaps.remove(relation);
            }
        }
        if !before.catalog.relations.ptr_eq(&after.catalog.relations) {
            self.catalog = after.catalog.clone();
        }
        let same = match (&before.extension, &after.extension) {
            (Some(before), Some(after)) => Arc::ptr_eq(before, after),
            (before, after) => before.is_none() && after.is_none(),
        };
        if !same {
            self.extension = after.extension.clone();
        }
        self.heaps = heaps;
    }
}

/// The current rows without those that the transaction has deleted, and with those that it has added.
fn merge(before: &Heap, after: &Heap, current: &Heap) -> Heap {
    let mut merged = current.clone();
    let known = before.row_versions();
    for id in (0..known).map(RowId::at) {
        if before.is_live(id) && !after.is_live(id) {
            merged.mark_dead(id);
        }
    }
    let mut start = 0;
    for chunk in &after.chunks {
        let rows = chunk.data.rows as u64;
        let fresh = |row: &u32| start + u64::from(*row) >= known && chunk.is_live(*row as usize);
        let picked: Vec<u32> = (0..u32::try_from(rows).unwrap_or(u32::MAX)).filter(fresh).collect();
        merged.append(chunk.data.take(&picked));
        start += rows;
    }
    merged
}
