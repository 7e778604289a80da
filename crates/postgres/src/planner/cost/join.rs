//! Costs of joins (`initial_cost_*` and `final_cost_*`).

use super::expression::QualCost;
use super::{CostSettings, bytes, clamp_rows, pages, sort, unless};
use crate::planner::plan::Cost;
use crate::query::JoinKind;

/// One side of a join.
#[derive(Clone, Copy, Debug)]
pub struct Side {
    pub cost: Cost,
    pub rows: f64,
    pub width: i32,
}

/// What is known of a join's semantics.
#[derive(Clone, Copy, Debug)]
pub struct JoinFacts {
    pub kind: JoinKind,
    /// At most one inner row matches: the rest of the inner side need not be read for an outer row.
    pub inner_unique: bool,
    /// Part of the outer rows that have a match, and inner rows that match one of them.
    pub outer_matches: f64,
    pub match_count: f64,
    /// Rows of the join's result.
    pub rows: f64,
}

impl JoinFacts {
    fn stops_early(&self) -> bool {
        self.inner_unique || matches!(self.kind, JoinKind::Semi | JoinKind::Anti)
    }
}

/// The inner side is read for each outer row; `rescan` is what that costs after the first time.
pub fn nested_loop(
    settings: &CostSettings,
    facts: &JoinFacts,
    outer: Side,
    inner: Side,
    rescan: Cost,
    quals: QualCost,
    indexed: bool,
) -> Cost {
    let outer_rows = outer.rows.max(1.0);
    let inner_rows = inner.rows.max(1.0);
    let startup = outer.cost.startup + inner.cost.startup + unless(settings.nestloop);
    let mut run = outer.cost.total - outer.cost.startup;
    if outer_rows > 1.0 {
        run += (outer_rows - 1.0) * rescan.startup;
    }
    let inner_run = inner.cost.total - inner.cost.startup;
    let rescan_run = rescan.total - rescan.startup;
    let mut tuples = outer_rows * inner_rows;
    if facts.stops_early() {
        let matched = (outer_rows * facts.outer_matches).round_ties_even();
        let unmatched = outer_rows - matched;
        let scanned = 2.0 / (facts.match_count + 1.0);
        tuples = matched * inner_rows * scanned;
        if indexed {
            run += inner_run * scanned;
            if matched > 1.0 {
                run += (matched - 1.0) * rescan_run * scanned;
            }
            run += unmatched * rescan_run / inner_rows;
        } else {
            tuples += unmatched * inner_rows;
            run += inner_run;
            let mut unmatched = unmatched;
            if unmatched >= 1.0 {
                unmatched -= 1.0;
                if matched > 0.0 {
                    run += matched * rescan_run * scanned;
                }
            } else if matched > 1.0 {
                run += (matched - 1.0) * rescan_run * scanned;
            }
            if unmatched > 0.0 {
                run += unmatched * rescan_run;
            }
        }
    } else {
        run += inner_run;
        if outer_rows > 1.0 {
            run += (outer_rows - 1.0) * rescan_run;
        }
    }
    let startup = startup + quals.startup;
    run += (settings.cpu_tuple + quals.per_tuple) * tuples;
    Cost {
        startup,
        total: startup + run,
    }
}

/// What a hash join needs beyond its sides.
#[derive(Clone, Copy, Debug)]
pub struct HashJoinCost {
    pub clauses: usize,
    pub clause_cost: QualCost,
    pub filter_cost: QualCost,
    /// Part of the inner rows in one bucket.
    pub bucket: f64,
    /// The same for the most common value.
    pub common: f64,
    /// Rows that the hash clauses alone let through.
    pub matches: f64,
}

/// The inner side in a hash table.
pub fn hash_join(settings: &CostSettings, facts: &JoinFacts, outer: Side, inner: Side, given: &HashJoinCost) -> Cost {
    let clauses = given.clauses as f64;
    let hash = settings.cpu_operator * clauses;
    let mut startup = outer.cost.startup + inner.cost.total;
    let mut run = outer.cost.total - outer.cost.startup;
    startup += (hash + settings.cpu_tuple) * inner.rows;
    run += hash * outer.rows;
    let (buckets, batches) = hash_table_size(settings, inner.rows, inner.width);
    if batches > 1.0 {
        let outer_pages = pages(outer.rows, outer.width);
        let inner_pages = pages(inner.rows, inner.width);
        startup += settings.seq_page * inner_pages;
        run += settings.seq_page * (inner_pages + 2.0 * outer_pages);
    }
    startup += unless(settings.hashjoin);
    let virtual_buckets = buckets * batches;
    let (bucket, common) = match facts.inner_unique {
        true => (1.0 / virtual_buckets, 0.0),
        false => (given.bucket, given.common),
    };
    if bytes(clamp_rows(inner.rows * common), inner.width) > settings.hash_mem {
        startup += super::DISABLED;
    }
    startup += given.clause_cost.startup;
    let chosen = match facts.stops_early() {
        true => {
            let matched = (outer.rows * facts.outer_matches).round_ties_even();
            let scanned = 2.0 / (facts.match_count + 1.0);
            let in_bucket = clamp_rows(inner.rows * bucket * scanned);
            run += given.clause_cost.per_tuple * matched * in_bucket * 0.5;
            let unmatched = outer.rows - matched;
            let others = clamp_rows(inner.rows / virtual_buckets);
            run += given.clause_cost.per_tuple * unmatched * others * 0.05;
            match facts.kind {
                JoinKind::Anti => outer.rows - matched,
                _ => matched,
            }
        }
        false => {
            run += given.clause_cost.per_tuple * outer.rows * clamp_rows(inner.rows * bucket) * 0.5;
            given.matches
        }
    };
    startup += given.filter_cost.startup;
    run += (settings.cpu_tuple + given.filter_cost.per_tuple) * chosen;
    Cost {
        startup,
        total: startup + run,
    }
}

/// Buckets and batches of a hash table (`ExecChooseHashTableSize`).
pub fn hash_table_size(settings: &CostSettings, rows: f64, width: i32) -> (f64, f64) {
    let rows = if rows <= 0.0 { 1000.0 } else { rows };
    let tuple = 16.0 + super::align(16) + super::align(width);
    let memory = settings.hash_mem;
    let pointers = |bytes: f64| (bytes / 8.0).log2().floor().exp2();
    let most = pointers(memory).min(134_217_728.0);
    let buckets = rows.ceil().max(1024.0).log2().ceil().exp2().min(most);
    let inner = rows * tuple;
    if inner + buckets * 8.0 <= memory {
        return (buckets, 1.0);
    }
    // As many buckets as fill the memory with tuples, a pointer each.
    let buckets = (memory / (tuple + 8.0)).log2().ceil().exp2().min(most);
    let batches = (inner / (memory - buckets * 8.0)).ceil().max(2.0).log2().ceil().exp2();
    (buckets, batches)
}

/// What a merge join needs beyond its sides.
#[derive(Clone, Copy, Debug)]
pub struct MergeJoinCost {
    pub clause_cost: QualCost,
    pub filter_cost: QualCost,
    /// Where reading each side starts and ends, as parts of it.
    pub outer_range: (f64, f64),
    pub inner_range: (f64, f64),
    pub sort_outer: bool,
    pub sort_inner: bool,
    /// The inner side cannot be put back to a marked place by itself.
    pub inner_unmarkable: bool,
    pub matches: f64,
    /// Rows are never looked at twice.
    pub skip_mark: bool,
}

/// Both sides in order; gives whether the inner side is to be kept in a Material node, too.
pub fn merge_join(settings: &CostSettings, outer: Side, inner: Side, given: &MergeJoinCost) -> (Cost, bool) {
    let sorted = |side: Side, wanted: bool| match wanted {
        true => sort::sort(settings, side.cost, side.rows, side.width, None),
        false => side.cost,
    };
    let outer_rows = outer.rows.max(1.0);
    let inner_rows = inner.rows.max(1.0);
    let outer_skip = (outer_rows * given.outer_range.0).round_ties_even();
    let inner_skip = (inner_rows * given.inner_range.0).round_ties_even();
    let outer_read = clamp_rows(outer_rows * given.outer_range.1);
    let inner_read = clamp_rows(inner_rows * given.inner_range.1);
    let outer_part = (outer_skip / outer_rows, outer_read / outer_rows);
    let inner_part = (inner_skip / inner_rows, inner_read / inner_rows);
    let from = |cost: Cost, (start, end): (f64, f64)| {
        let run = cost.total - cost.startup;
        (cost.startup + run * start, run * (end - start))
    };
    let (outer_startup, mut run) = from(sorted(outer, given.sort_outer), outer_part);
    let (inner_startup, inner_run) = from(sorted(inner, given.sort_inner), inner_part);
    let mut startup = outer_startup + inner_startup + unless(settings.mergejoin);
    let rescanned = match given.skip_mark {
        true => 0.0,
        false => (given.matches - inner_rows).max(0.0),
    };
    let ratio = 1.0 + rescanned / inner_rows;
    let bare = inner_run * ratio;
    let kept = inner_run + settings.cpu_operator * inner_rows * ratio;
    let materialize = if given.skip_mark {
        false
    } else if settings.material && kept < bare || given.inner_unmarkable {
        true
    } else {
        settings.material && given.sort_inner && bytes(inner_rows, inner.width) > settings.work_mem
    };
    run += if materialize { kept } else { bare };
    startup += given.clause_cost.startup;
    startup += given.clause_cost.per_tuple * (outer_skip + inner_skip * ratio);
    run += given.clause_cost.per_tuple * (outer_read - outer_skip + (inner_read - inner_skip) * ratio);
    startup += given.filter_cost.startup;
    run += (settings.cpu_tuple + given.filter_cost.per_tuple) * given.matches;
    let cost = Cost {
        startup,
        total: startup + run,
    };
    (cost, materialize)
}
