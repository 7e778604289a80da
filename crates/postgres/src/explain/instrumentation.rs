//! What EXPLAIN ANALYZE tells of how nodes ran: rows removed, sorts, hash tables, caches, buffers.
//!
//! Kumquat has no clock: times are 0. Its tables are always in memory: of buffers there are hits alone, counted in
//! pages as PostgreSQL would hold the same rows.

use super::ExplainWriter;
use super::node::Explainer;
use super::tree::{Group, Value};
use crate::executor::counters::{Counters, SortCount};
use crate::planner::Plan;
use crate::planner::plan::{AggregateStrategy, Aggregation, IndexScan};

impl Explainer<'_> {
    /// `Rows Removed by Filter: 3`, per loop; the text leaves out none (`show_instrumentation_count`).
    pub(super) fn removed(
        &self,
        label: &str,
        node: &Plan,
        writer: &mut ExplainWriter,
        pick: impl Fn(&Counters) -> u64,
    ) {
        if !self.is_analyzed() {
            return;
        }
        let count = self.counters_of(node);
        let removed = count.map_or(0.0, |count| pick(count) as f64 / count.loops as f64);
        let value = Value::float(removed, 0);
        if count.is_some_and(|count| pick(count) > 0) {
            writer.property(label, value);
        } else {
            writer.data(label, value);
        }
    }

    /// Rows that an index-only scan had to look up in the table: no page is known to be visible to all before VACUUM.
    pub(super) fn heap_fetches(&self, scan: &IndexScan, node: &Plan, writer: &mut ExplainWriter) {
        if scan.only && self.is_analyzed() {
            writer.property(
                "Heap Fetches",
                self.counters_of(node).map_or(0, |count| count.heap_fetches),
            );
        }
    }

    pub(super) fn heap_blocks(&self, node: &Plan, writer: &mut ExplainWriter) {
        if !self.is_analyzed() {
            return;
        }
        let blocks = self.counters_of(node).map_or(0, |count| count.heap_blocks);
        if blocks > 0 {
            writer.line(format!("Heap Blocks: exact={blocks}"));
        }
        writer.data("Exact Heap Blocks", blocks);
        writer.data("Lossy Heap Blocks", 0_usize);
    }

    /// `Sort Method: quicksort  Memory: 25kB`
    pub(super) fn sort_method(&self, node: &Plan, writer: &mut ExplainWriter) {
        let Some(sort) = self.counters_of(node).and_then(|count| count.sort) else {
            return;
        };
        let SortCount { method, kilobytes, .. } = sort;
        let place = if sort.on_disk { "Disk" } else { "Memory" };
        writer.line(format!("Sort Method: {method}  {place}: {kilobytes}kB"));
        writer.data("Sort Method", method);
        writer.data("Sort Space Used", kilobytes);
        writer.data("Sort Space Type", place);
    }

    /// The same for the groups that an incremental sort sorts one after the other.
    pub(super) fn sort_groups(&self, node: &Plan, writer: &mut ExplainWriter) {
        let Some(sort) = self.counters_of(node).and_then(|count| count.sort) else {
            return;
        };
        let SortCount {
            method,
            kilobytes,
            groups,
            ..
        } = sort;
        writer.line(format!(
            "Full-sort Groups: {groups}  Sort Method: {method}  Average Memory: {kilobytes}kB  Peak Memory: {kilobytes}kB"
        ));
        if writer.is_text() {
            return;
        }
        writer.group(Group::named("Full-sort Groups"), |writer| {
            writer.data("Group Count", groups);
            writer.data("Sort Methods Used", vec![method.to_string()]);
            writer.group(Group::named("Sort Space Memory"), |writer| {
                writer.data("Average Sort Space Used", kilobytes);
                writer.data("Peak Sort Space Used", kilobytes);
            });
        });
    }

    /// `Batches: 1  Memory Usage: 24kB` of a hashed aggregate.
    pub(super) fn hashed_groups(&self, aggregation: &Aggregation, node: &Plan, writer: &mut ExplainWriter) {
        let hashed = matches!(
            aggregation.strategy,
            AggregateStrategy::Hashed | AggregateStrategy::Mixed
        );
        if !hashed {
            return;
        }
        if writer.options.costs {
            writer.data("Planned Partitions", 0_usize);
        }
        let Some(kilobytes) = self.counters_of(node).and_then(|count| count.group_kilobytes) else {
            return;
        };
        writer.line(format!("Batches: 1  Memory Usage: {kilobytes}kB"));
        writer.data("HashAgg Batches", 1_usize);
        writer.data("Peak Memory Usage", kilobytes);
        writer.data("Disk Usage", 0_usize);
    }

    /// `Buckets: 1024  Batches: 1  Memory Usage: 9kB` of a hash join's inner side.
    pub(super) fn hash_table(&self, node: &Plan, writer: &mut ExplainWriter) {
        let Some(table) = self.counters_of(node).and_then(|count| count.hash_table) else {
            return;
        };
        let (buckets, kilobytes) = (table.buckets, table.kilobytes);
        let originally = match table.planned_buckets {
            planned if planned == buckets => String::new(),
            planned => format!(" (originally {planned})"),
        };
        let batches = if originally.is_empty() { "1" } else { "1 (originally 1)" };
        writer.line(format!(
            "Buckets: {buckets}{originally}  Batches: {batches}  Memory Usage: {kilobytes}kB"
        ));
        writer.data("Hash Buckets", buckets);
        writer.data("Original Hash Buckets", table.planned_buckets);
        writer.data("Hash Batches", 1_usize);
        writer.data("Original Hash Batches", 1_usize);
        writer.data("Peak Memory Usage", kilobytes);
    }

    /// `Hits: 3  Misses: 2  Evictions: 0  Overflows: 0  Memory Usage: 1kB`
    pub(super) fn memoize(&self, node: &Plan, writer: &mut ExplainWriter) {
        let cache = self.counters_of(node).and_then(|count| count.cache);
        let Some(cache) = cache.filter(|cache| cache.misses > 0) else {
            return;
        };
        let (hits, misses, kilobytes) = (cache.hits, cache.misses, cache.kilobytes);
        writer.line(format!(
            "Hits: {hits}  Misses: {misses}  Evictions: 0  Overflows: 0  Memory Usage: {kilobytes}kB"
        ));
        writer.data("Cache Hits", hits);
        writer.data("Cache Misses", misses);
        writer.data("Cache Evictions", 0_usize);
        writer.data("Cache Overflows", 0_usize);
        writer.data("Peak Memory Usage", kilobytes);
    }

    /// INSERT .. ON CONFLICT: rows inserted, and rows that met another.
    pub(super) fn proposed(&self, node: &Plan, writer: &mut ExplainWriter) {
        if self.is_analyzed() {
            let changes = self.counters_of(node).map(|count| count.changes).unwrap_or_default();
            writer.property("Tuples Inserted", changes.inserted);
            writer.property("Conflicting Tuples", changes.conflicting);
        }
    }

    /// What MERGE did with its rows.
    pub(super) fn merged(&self, node: &Plan, writer: &mut ExplainWriter) {
        if !self.is_analyzed() {
            return;
        }
        let changes = self.counters_of(node).map(|count| count.changes).unwrap_or_default();
        let counts = [
            ("inserted", "Tuples Inserted", changes.inserted),
            ("updated", "Tuples Updated", changes.updated),
            ("deleted", "Tuples Deleted", changes.deleted),
            ("skipped", "Tuples Skipped", changes.skipped),
        ];
        let shown = counts.iter().filter(|(_, _, count)| *count > 0);
        let shown: String = shown.map(|(word, _, count)| format!(" {word}={count}")).collect();
        if !shown.is_empty() {
            writer.line(format!("Tuples:{shown}"));
        }
        for (_, label, count) in counts {
            writer.data(label, count);
        }
    }

    /// BUFFERS and WAL.
    pub(super) fn usage(&self, node: &Plan, writer: &mut ExplainWriter) {
        if writer.options.buffers {
            buffers(self.pages_of(node), writer);
        }
        if writer.options.wal {
            for label in ["WAL Records", "WAL FPI", "WAL Bytes"] {
                writer.data(label, 0_usize);
            }
        }
    }

    /// Pages that a node and all below it have looked at.
    fn pages_of(&self, node: &Plan) -> u64 {
        let own = self.counters_of(node).map_or(0, |count| count.pages);
        let below = node.children.iter().map(|child| self.pages_of(child));
        below.fold(own, u64::saturating_add)
    }
}

/// `Buffers: shared hit=3`, or all of the counts.
pub(super) fn buffers(hits: u64, writer: &mut ExplainWriter) {
    if hits > 0 {
        writer.line(format!("Buffers: shared hit={hits}"));
    }
    writer.data("Shared Hit Blocks", hits);
    for label in [
        "Shared Read Blocks",
        "Shared Dirtied Blocks",
        "Shared Written Blocks",
        "Local Hit Blocks",
        "Local Read Blocks",
        "Local Dirtied Blocks",
        "Local Written Blocks",
        "Temp Read Blocks",
        "Temp Written Blocks",
    ] {
        writer.data(label, 0_usize);
    }
}
