//! The pages that PostgreSQL would look at, for EXPLAIN (ANALYZE, BUFFERS). All of them are in memory here.

use kumquat_types::Oid;

use super::context::Context;
use crate::planner::estimate::size::{index_size, table_size};
use crate::storage::Heap;

/// The way down an index, and how its leaves are filled.
#[derive(Clone, Copy, Debug)]
pub struct IndexPages {
    /// Pages above the leaves.
    height: u64,
    entries_per_leaf: u64,
}

impl IndexPages {
    /// `None` unless pages are counted.
    pub fn of(ctx: &Context<'_, '_>, table: Oid, index: Oid) -> Option<IndexPages> {
        ctx.counters.as_ref()?;
        let catalog = ctx.backend.catalog().ok()?;
        let relation = catalog.relation(table)?;
        let definition = catalog.relation(index)?.index.as_ref()?;
        let heap = ctx.heap(table);
        let size = index_size(
            relation,
            definition,
            Some(&heap),
            table_size(relation, Some(&heap), false),
        );
        let leaves = (size.pages - 1.0 - size.height).max(1.0);
        Some(IndexPages {
            height: size.height as u64,
            entries_per_leaf: (heap.row_versions() as f64 / leaves).ceil().max(1.0) as u64,
        })
    }

    /// Pages until the first entry is found, or is known not to be there.
    pub fn descent(self) -> u64 {
        self.height + 1
    }

    /// Leaves that are entered by reading on from the first `before` entries up to `after`.
    pub fn leaves(self, before: usize, after: usize) -> u64 {
        let leaf = |entries: usize| (entries as u64).saturating_sub(1) / self.entries_per_leaf;
        leaf(after) - leaf(before)
    }
}

/// Heap pages that rows at these positions are on: each time the page is another one than before.
pub fn heap_pages(heap: &Heap, positions: &[u32]) -> u64 {
    let pages = positions.iter().map(|&position| page_of(heap, position.into()));
    let mut pages: Vec<u64> = pages.collect();
    pages.dedup();
    pages.len() as u64
}

/// The page that a row version is on, nearly: all are taken to be as large.
pub fn page_of(heap: &Heap, position: u64) -> u64 {
    let per_page = heap.row_versions().div_ceil(heap.pages().max(1)).max(1);
    position / per_page
}
