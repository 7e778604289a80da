//! What EXPLAIN ANALYZE counts at each node.

use super::context::Context;

/// The counts of one node, over all its loops.
#[derive(Clone, Debug, Default)]
pub struct Counters {
    pub rows: u64,
    pub loops: u64,
    pub removed_by_filter: u64,
    pub removed_by_join: u64,
    pub removed_by_recheck: u64,
    /// Heap pages a bitmap scan looked at.
    pub heap_blocks: u64,
    /// Rows that an index-only scan looked up in the table.
    pub heap_fetches: u64,
    /// Pages of tables and indexes that were looked at.
    pub pages: u64,
    pub sort: Option<SortCount>,
    /// Memory of a hashed aggregate.
    pub group_kilobytes: Option<u64>,
    pub hash_table: Option<HashTableCount>,
    pub cache: Option<CacheCount>,
    pub changes: ChangeCount,
}

/// How a sort went, or the sorts of an incremental one.
#[derive(Clone, Copy, Debug)]
pub struct SortCount {
    pub method: &'static str,
    pub kilobytes: u64,
    pub groups: u64,
}

/// The inner side of a hash join.
#[derive(Clone, Copy, Debug)]
pub struct HashTableCount {
    pub buckets: u64,
    pub kilobytes: u64,
}

/// Memoize.
#[derive(Clone, Copy, Debug, Default)]
pub struct CacheCount {
    pub hits: u64,
    pub misses: u64,
    pub kilobytes: u64,
}

/// What ON CONFLICT and MERGE did.
#[derive(Clone, Copy, Debug, Default)]
pub struct ChangeCount {
    pub inserted: u64,
    pub updated: u64,
    pub deleted: u64,
    pub skipped: u64,
    pub conflicting: u64,
}

impl Context<'_, '_> {
    /// The counters of a plan node, if EXPLAIN ANALYZE asks for them.
    pub fn counters_of(&mut self, node: usize) -> Option<&mut Counters> {
        self.counters.as_mut().map(|counters| counters.entry(node).or_default())
    }

    /// Moves the count of rows that a filter removed to the node's counters.
    pub fn count_removed(&mut self, node: usize, removed: &mut u64) {
        if let Some(counters) = self.counters_of(node) {
            counters.removed_by_filter += std::mem::take(removed);
        }
    }
}
