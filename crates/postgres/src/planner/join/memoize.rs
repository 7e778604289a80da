//! Memoize: rows of a dependent inner side are kept by the values they were asked for with.

use std::rc::Rc;

use crate::planner::cost::{DISABLED, align, clamp_rows};
use crate::planner::estimate::groups::count_groups;
use crate::planner::level::Level;
use crate::planner::path::Path;
use crate::planner::plan::{Cost, PlanKind};
use crate::planner::vars::contains_volatile;
use crate::query::Expr;

/// A Memoize node above an inner path, and what reading it again costs; `None`: it would not help
/// (`get_memoize_path`, `cost_memoize_rescan`).
pub fn memoized(level: &Level<'_, '_, '_>, outer: &Path, inner: &Rc<Path>) -> Option<(Path, Cost)> {
    let settings = &level.problem.settings;
    let is_scan = matches!(
        inner.kind,
        PlanKind::IndexScan(_) | PlanKind::BitmapHeapScan { .. } | PlanKind::SeqScan(_) | PlanKind::SubqueryScan { .. }
    );
    if !settings.memoize || outer.rows < 2.0 || inner.required.is_empty() || !is_scan {
        return None;
    }
    let keys: Vec<Expr> = inner.required.iter().map(|required| required.value.clone()).collect();
    let computed = inner.output.iter().chain(&inner.filter);
    if computed
        .clone()
        .any(|expr| contains_volatile(level.global.backend, expr))
    {
        return None;
    }
    let calls = outer.rows;
    let entry = inner.rows * (align(inner.width) + align(23)) + 56.0 + 16.0;
    let capacity = (settings.hash_mem / entry).floor();
    let (distinct, used_default) = count_groups(&level.problem.bases, &keys, calls);
    let distinct = if used_default { calls } else { distinct };
    let evicted = 1.0 - capacity.min(distinct) / distinct;
    let hits = ((calls - distinct) / calls * (capacity / distinct.max(capacity))).max(0.0);
    let total = inner.cost.total * (1.0 - hits)
        + settings.cpu_operator
        + settings.cpu_tuple * evicted
        + settings.cpu_operator * evicted * inner.rows
        + settings.cpu_tuple
        + settings.cpu_operator * inner.rows;
    let startup = inner.cost.startup * (1.0 - hits) + settings.cpu_tuple;
    if total >= DISABLED {
        return None;
    }
    let params = inner.required.iter().map(|required| required.param).collect();
    let kind = PlanKind::Memoize { keys, params };
    let mut path = crate::planner::upper::above(Path::clone(inner), kind, None);
    path.cost = Cost {
        startup: inner.cost.startup + settings.cpu_tuple,
        total: inner.cost.total + settings.cpu_tuple,
    };
    path.rows = clamp_rows(inner.rows);
    Some((path, Cost { startup, total }))
}
