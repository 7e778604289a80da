//! Costs of sorting and of keeping rows.

use super::{CostSettings, bytes, pages, unless};
use crate::planner::plan::Cost;

/// Sorting rows, of which the first `limit` may be enough (`cost_sort`).
pub fn sort(settings: &CostSettings, input: Cost, rows: f64, width: i32, limit: Option<f64>) -> Cost {
    let sorted = sort_alone(settings, rows, width, limit);
    let startup = sorted.startup + input.total + unless(settings.sort);
    Cost {
        startup,
        total: startup + sorted.total,
    }
}

/// Startup, and what giving the rows costs.
fn sort_alone(settings: &CostSettings, rows: f64, width: i32, limit: Option<f64>) -> Cost {
    let comparison = 2.0 * settings.cpu_operator;
    let rows = rows.max(2.0);
    let input_bytes = bytes(rows, width);
    let (output, output_bytes) = match limit {
        Some(limit) if limit > 0.0 && limit < rows => (limit, bytes(limit, width)),
        _ => (rows, input_bytes),
    };
    let startup = if output_bytes > settings.work_mem {
        let runs = input_bytes / settings.work_mem;
        let order = merge_order(settings.work_mem);
        let passes = if runs > order {
            (runs.ln() / order.ln()).ceil()
        } else {
            1.0
        };
        let accesses = 2.0 * (input_bytes / 8192.0).ceil() * passes;
        comparison * rows * rows.log2() + accesses * (settings.seq_page * 0.75 + settings.random_page * 0.25)
    } else if rows > 2.0 * output || input_bytes > settings.work_mem {
        // A heap of the best rows so far.
        comparison * rows * (2.0 * output).log2()
    } else {
        comparison * rows * rows.log2()
    };
    Cost {
        startup,
        total: settings.cpu_operator * rows,
    }
}

/// Runs merged at once (`tuplesort_merge_order`).
fn merge_order(memory: f64) -> f64 {
    (memory / (2.0 * 8192.0 + 32.0 * 8192.0)).floor().clamp(6.0, 500.0)
}

/// Sorting runs of rows that are sorted by a prefix of the keys (`cost_incremental_sort`).
pub fn incremental_sort(settings: &CostSettings, input: Cost, rows: f64, width: i32, groups: f64) -> Cost {
    let rows = rows.max(2.0);
    let groups = groups.max(1.0);
    let group_rows = rows / groups;
    let input_run = input.total - input.startup;
    let group_input_run = input_run / groups;
    // Groups may differ in size.
    let group = sort_alone(settings, 1.5 * group_rows, width, None);
    let group_startup = group.startup;
    let startup = group_startup + input.startup + group_input_run;
    let mut run = group.total + (group.total + group_startup) * (groups - 1.0) + group_input_run * (groups - 1.0);
    run += (settings.cpu_tuple + 2.0 * settings.cpu_operator) * rows;
    run += 2.0 * settings.cpu_tuple * groups;
    Cost {
        startup,
        total: startup + run,
    }
}

/// Keeping rows to read them again (`cost_material`).
pub fn material(settings: &CostSettings, input: Cost, rows: f64, width: i32) -> Cost {
    let mut run = input.total - input.startup + 2.0 * settings.cpu_operator * rows;
    if bytes(rows, width) > settings.work_mem {
        run += settings.seq_page * pages(rows, width);
    }
    Cost {
        startup: input.startup,
        total: input.startup + run,
    }
}

/// Reading kept rows again (`cost_rescan` of Material, Sort, CTEs).
pub fn rescan_kept(settings: &CostSettings, rows: f64, width: i32, per_row: f64) -> Cost {
    let mut total = per_row * rows;
    if bytes(rows, width) > settings.work_mem {
        total += settings.seq_page * pages(rows, width);
    }
    Cost { startup: 0.0, total }
}

/// Merging sorted inputs (`cost_merge_append`).
pub fn merge_append(settings: &CostSettings, input: Cost, inputs: usize, rows: f64) -> Cost {
    let inputs = if inputs < 2 { 2.0 } else { inputs as f64 };
    let comparison = 2.0 * settings.cpu_operator;
    let startup = comparison * inputs * inputs.log2();
    let run = rows * comparison * inputs.log2() + settings.cpu_tuple * 0.5 * rows;
    Cost {
        startup: startup + input.startup,
        total: startup + run + input.total,
    }
}
