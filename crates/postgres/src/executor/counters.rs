//! What EXPLAIN ANALYZE counts at each node.

use std::collections::BTreeMap;

use kumquat_types::Oid;

use super::context::Context;
use super::modify::conflict::Outcome;
use super::modify::trigger::Operation;
use crate::catalog::Name;

/// All counts of one run.
#[derive(Clone, Debug, Default)]
pub struct RunCounts {
    /// By plan node.
    pub nodes: BTreeMap<usize, Counters>,
    pub triggers: Vec<TriggerCount>,
}

/// How often a trigger was fired, or a foreign key looked at rows.
#[derive(Clone, Debug)]
pub struct TriggerCount {
    pub name: Name,
    /// Of a foreign key.
    pub constraint: Option<Name>,
    pub relation: Oid,
    pub calls: u64,
}

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
    /// On disk rather than in memory.
    pub on_disk: bool,
    pub kilobytes: u64,
    pub groups: u64,
}

/// The inner side of a hash join.
#[derive(Clone, Copy, Debug)]
pub struct HashTableCount {
    pub buckets: u64,
    /// Those that it was made with.
    pub planned_buckets: u64,
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

impl Counters {
    /// What became of a row of INSERT .. ON CONFLICT.
    pub fn proposed(&mut self, outcome: &Outcome, conditional: bool) {
        match outcome {
            Outcome::Inserted(_) => self.changes.inserted += 1,
            Outcome::Updated(_) => self.changes.conflicting += 1,
            Outcome::Left => {
                self.changes.conflicting += 1;
                self.removed_by_filter += u64::from(conditional);
            }
        }
    }

    /// What MERGE did with a row.
    pub fn merged(&mut self, done: Option<Operation>) {
        let count = match done {
            Some(Operation::Insert) => &mut self.changes.inserted,
            Some(Operation::Update) => &mut self.changes.updated,
            Some(Operation::Delete) => &mut self.changes.deleted,
            _ => &mut self.changes.skipped,
        };
        *count += 1;
    }
}

impl Context<'_, '_> {
    /// The counters of a plan node, if EXPLAIN ANALYZE asks for them.
    pub fn counters_of(&mut self, node: usize) -> Option<&mut Counters> {
        self.counters
            .as_mut()
            .map(|counts| counts.nodes.entry(node).or_default())
    }

    /// A trigger was fired so many times.
    pub fn count_trigger(&mut self, name: &str, constraint: Option<&Name>, relation: Oid, calls: usize) {
        let Some(counts) = &mut self.counters else {
            return;
        };
        let calls = calls as u64;
        let is_same = |known: &&mut TriggerCount| known.relation == relation && &*known.name == name;
        match counts.triggers.iter_mut().find(is_same) {
            Some(known) => known.calls += calls,
            None => counts.triggers.push(TriggerCount {
                name: name.into(),
                constraint: constraint.cloned(),
                relation,
                calls,
            }),
        }
    }

    /// Moves the count of rows that a filter removed to the node's counters.
    pub fn count_removed(&mut self, node: usize, removed: &mut u64) {
        if let Some(counters) = self.counters_of(node) {
            counters.removed_by_filter += std::mem::take(removed);
        }
    }
}
