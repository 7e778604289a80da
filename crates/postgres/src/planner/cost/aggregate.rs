//! Costs of groups, windows and what removes duplicates.

use super::expression::QualCost;
use super::{CostSettings, align, pages, unless};
use crate::planner::plan::{AggregateStrategy, Cost};

/// What aggregates cost (`AggClauseCosts`).
#[derive(Clone, Copy, Debug, Default)]
pub struct AggregateCosts {
    /// For each input row.
    pub transition: QualCost,
    /// For each group.
    pub finish: QualCost,
    pub count: usize,
    /// Bytes kept for each group.
    pub space: f64,
}

/// Grouping rows (`cost_agg`); `filter` is HAVING.
#[derive(Clone, Copy, Debug)]
pub struct GroupCost {
    pub input: Cost,
    pub rows: f64,
    pub width: i32,
    pub columns: usize,
    pub groups: f64,
}

pub fn aggregate(
    settings: &CostSettings,
    strategy: AggregateStrategy,
    calls: &AggregateCosts,
    given: GroupCost,
) -> Cost {
    let GroupCost {
        input,
        rows,
        width,
        columns,
        groups,
    } = given;
    let compare = settings.cpu_operator * columns as f64;
    let transition = calls.transition.startup + calls.transition.per_tuple * rows;
    match strategy {
        AggregateStrategy::Plain => {
            let startup = input.total + transition + calls.finish.startup + calls.finish.per_tuple;
            Cost {
                startup,
                total: startup + settings.cpu_tuple,
            }
        }
        AggregateStrategy::Sorted | AggregateStrategy::Mixed => {
            let each = calls.finish.per_tuple * groups + settings.cpu_tuple * groups;
            Cost {
                startup: input.startup,
                total: input.total + transition + compare * rows + calls.finish.startup + each,
            }
        }
        AggregateStrategy::Hashed => {
            let startup = input.total + transition + compare * rows + calls.finish.startup + unless(settings.hashagg);
            let total = startup + calls.finish.per_tuple * groups + settings.cpu_tuple * groups;
            let spilled = spill(settings, calls, rows, width, groups);
            Cost {
                startup: startup + spilled.startup,
                total: total + spilled.total,
            }
        }
    }
}

/// What does not fit into memory is written and read again.
fn spill(settings: &CostSettings, calls: &AggregateCosts, rows: f64, width: i32, groups: f64) -> Cost {
    let entry = hash_entry(calls, width);
    let memory = settings.hash_mem;
    let limit = (memory / entry).max(1.0);
    let batches = (groups * entry / memory).max(groups / limit).ceil().max(1.0);
    let partitions = (batches * 1.5).clamp(4.0, 1024.0);
    let depth = if batches > 1.0 {
        (batches.ln() / partitions.log2().floor().exp2().ln()).ceil()
    } else {
        0.0
    };
    if depth == 0.0 {
        return Cost::default();
    }
    let io = pages(rows, width) * depth * 2.0;
    let startup = io * settings.random_page;
    Cost {
        startup,
        total: startup + io * settings.seq_page + depth * rows * 2.0 * settings.cpu_tuple,
    }
}

/// Bytes of a group in a hash table (`hash_agg_entry_size`).
pub fn hash_entry(calls: &AggregateCosts, width: i32) -> f64 {
    align(16) + align(width) + 16.0 + calls.count as f64 * 16.0 + calls.space + 24.0
}

/// Rows of sorted groups without aggregates (`cost_group`).
pub fn group(settings: &CostSettings, input: Cost, rows: f64, columns: usize) -> Cost {
    Cost {
        startup: input.startup,
        total: input.total + settings.cpu_operator * rows * columns as f64,
    }
}

/// Window functions over sorted rows (`cost_windowagg`).
pub fn window(settings: &CostSettings, input: Cost, rows: f64, calls: QualCost, columns: usize) -> Cost {
    let each = calls.per_tuple + settings.cpu_operator * columns as f64 + settings.cpu_tuple;
    Cost {
        startup: input.startup + calls.startup,
        total: input.total + calls.startup + each * rows,
    }
}

/// The first rows of a path (`adjust_limit_rows_costs`): rows and cost. Where a bound is not known, a tenth of
/// the rows is assumed.
pub fn limit(input: Cost, rows: f64, offset: Option<Option<f64>>, count: Option<Option<f64>>) -> (f64, Cost) {
    let (mut cost, mut left) = (input, rows);
    let tenth = |rows: f64| super::clamp_rows(rows * 0.1);
    if let Some(offset) = offset {
        let skipped = offset.unwrap_or_else(|| tenth(rows)).min(left);
        if left > 0.0 {
            cost.startup += (input.total - input.startup) * skipped / left;
        }
        left = (left - skipped).max(1.0);
    }
    if let Some(count) = count {
        let taken = count.unwrap_or_else(|| tenth(rows)).min(left);
        if rows > 0.0 {
            cost.total = cost.startup + (input.total - input.startup) * taken / rows;
        }
        left = taken.max(1.0);
    }
    (left, cost)
}
