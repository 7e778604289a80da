//! DISTINCT, ORDER BY and LIMIT.

use std::rc::Rc;

use kumquat_types::Result;

use super::cost::aggregate::{self, AggregateCosts, GroupCost};
use super::estimate::groups::count_groups;
use super::level::Level;
use super::order::{incremental_sort_path, path_keys, shared_keys, sort_path};
use super::path::Path;
use super::plan::{AggregateStrategy, Aggregation, GroupKey, PlanKind, SortKey};
use super::rel::{Rel, has_keys};
use super::upper::{above, sort_keys};
use crate::query::{Distinct, Expr};

fn cheapest(paths: &[Rc<Path>]) -> Option<Rc<Path>> {
    let rel = Rel {
        paths: paths.to_vec(),
        ..Rel::default()
    };
    rel.cheapest()
}

/// Each row once: by sorting, or by a hash table (`create_distinct_paths`).
pub fn distinct(level: &mut Level<'_, '_, '_>, paths: Vec<Rc<Path>>) -> Result<Vec<Rc<Path>>> {
    let (clauses, is_on) = match level.query.distinct.clone() {
        None => return Ok(paths),
        Some(Distinct::All(clauses)) => (clauses, false),
        Some(Distinct::On(clauses)) => (clauses, true),
    };
    let Some(best) = cheapest(&paths) else { return Ok(paths) };
    let own = sort_keys(level, &clauses)?;
    let order = sort_keys(level, &level.query.order_by.clone())?;
    let groups: Vec<GroupKey> = own.iter().map(|key| GroupKey { expr: key.expr.clone() }).collect();
    let exprs: Vec<Expr> = own.iter().map(|key| key.expr.clone()).collect();
    let is_grouped = !level.query.group_by.is_empty() || level.query.has_aggregates;
    let rows = match is_grouped {
        true => best.rows,
        false => count_groups(&level.problem.bases, &exprs, best.rows).0,
    };
    let own = complete(own, &order);
    let sorted_keys = path_keys(level, &own);
    let order_keys = path_keys(level, &order);
    let mut rel = Rel {
        consider_startup: level.problem.fraction > 0.0,
        ..Rel::default()
    };
    let unique = |path: Path| {
        let columns = groups.len() as f64;
        let cost = level.problem.settings.cpu_operator * path.rows * columns;
        let mut unique = above(path, PlanKind::Unique { keys: groups.clone() }, None);
        unique.cost.total += cost;
        unique.rows = rows;
        unique
    };
    let mut sorts: Vec<Path> = Vec::new();
    let needed = if is_on && sorted_keys.len() < order_keys.len() {
        &order_keys
    } else {
        &sorted_keys
    };
    sorts.extend(
        paths
            .iter()
            .filter(|path| has_keys(&path.keys, needed))
            .map(|path| unique(Path::clone(path))),
    );
    let (full, full_sort) = match sorted_keys.len() < order_keys.len() {
        true => (&order_keys, &order),
        false => (&sorted_keys, &own),
    };
    if !has_keys(&best.keys, full) {
        let sort: Vec<SortKey> = full_sort.clone();
        sorts.push(unique(sort_path(level, Path::clone(&best), sort, full.clone(), None)));
    }
    sorts.into_iter().for_each(|path| rel.add(path));
    if !is_on && (level.problem.settings.hashagg || rel.paths.is_empty()) {
        let given = GroupCost {
            input: best.cost,
            rows: best.rows,
            width: best.width,
            columns: groups.len(),
            groups: rows,
        };
        let strategy = AggregateStrategy::Hashed;
        let cost = aggregate::aggregate(&level.problem.settings, strategy, &AggregateCosts::default(), given);
        let aggregation = Aggregation {
            strategy: if groups.is_empty() {
                AggregateStrategy::Sorted
            } else {
                strategy
            },
            groups: groups.clone(),
            sets: Vec::new(),
            refs: Vec::new(),
            estimated_groups: rows,
            set_groups: Vec::new(),
        };
        let mut path = above(Path::clone(&best), PlanKind::Aggregate(aggregation), None);
        (path.cost, path.rows) = (cost, rows);
        path.keys.clear();
        rel.add(path);
    }
    Ok(rel.paths)
}

/// The distinct columns in the order of ORDER BY, then the others.
fn complete(own: Vec<SortKey>, order: &[SortKey]) -> Vec<SortKey> {
    let is_own = |key: &&SortKey| own.iter().any(|known| known.expr.same_as(&key.expr));
    let mut keys: Vec<SortKey> = order.iter().take_while(is_own).cloned().collect();
    for key in own {
        if !keys.iter().any(|known| known.expr.same_as(&key.expr)) {
            keys.push(key);
        }
    }
    keys
}

/// The rows in order: of paths that have it already, and of the cheapest with a sort (`create_ordered_paths`).
pub fn order(level: &mut Level<'_, '_, '_>, paths: Vec<Rc<Path>>) -> Result<Vec<Rc<Path>>> {
    let sort = sort_keys(level, &level.query.order_by.clone())?;
    if sort.is_empty() {
        return Ok(paths);
    }
    let Some(best) = cheapest(&paths) else { return Ok(paths) };
    let keys = path_keys(level, &sort);
    let limit = level.problem.limit;
    let mut kept: Vec<SortKey> = Vec::new();
    for key in &sort {
        let one = path_keys(level, std::slice::from_ref(key));
        let known = |key: &&super::path::PathKey| keys.contains(key);
        if one.first().as_ref().is_some_and(known) && !kept.iter().any(|known| known.expr.same_as(&key.expr)) {
            kept.push(key.clone());
        }
    }
    let mut rel = Rel {
        consider_startup: level.problem.fraction > 0.0 || limit.is_some() || level.query.limit.is_some(),
        ..Rel::default()
    };
    for path in &paths {
        if has_keys(&path.keys, &keys) {
            rel.add(Path::clone(path));
            continue;
        }
        if Rc::ptr_eq(path, &best) {
            rel.add(sort_path(level, Path::clone(path), kept.clone(), keys.clone(), limit));
        }
        let presorted = shared_keys(&path.keys, &keys);
        if level.problem.settings.incremental_sort && presorted > 0 {
            rel.add(incremental_sort_path(
                level,
                Path::clone(path),
                kept.clone(),
                keys.clone(),
                presorted,
            ));
        }
    }
    Ok(rel.paths)
}

/// The value of a constant bound; `Some(None)`: there is one, but it is not known.
fn bound(expr: Option<&Expr>) -> Option<Option<f64>> {
    match expr? {
        Expr::Const(constant) if constant.value.is_null() => None,
        Expr::Const(constant) => Some(constant.value.as_i64().map(|value| value as f64)),
        _ => Some(None),
    }
}

/// Rows that LIMIT and OFFSET ask for together, if both are known and nothing but a sort stands below.
pub fn known_limit(level: &Level<'_, '_, '_>) -> Option<f64> {
    let count = bound(level.query.limit.as_ref())??;
    match bound(level.query.offset.as_ref()) {
        None => Some(count),
        Some(offset) => offset.map(|offset| offset + count),
    }
}

/// The part of the rows that will be read, or how many (`preprocess_limit`): 0 means all.
pub fn limit_fraction(level: &Level<'_, '_, '_>, wanted: f64) -> f64 {
    let (count, offset) = (bound(level.query.limit.as_ref()), bound(level.query.offset.as_ref()));
    let by_limit = match (count, offset) {
        (None, None) => return wanted,
        (Some(Some(count)), None) => count.max(1.0),
        (Some(Some(count)), Some(Some(offset))) => (count + offset).max(1.0),
        (Some(_), _) => 0.1,
        (None, _) => return wanted,
    };
    match wanted > 0.0 && (wanted >= 1.0) == (by_limit >= 1.0) {
        true => wanted.min(by_limit),
        false => by_limit,
    }
}

pub fn limit(level: &mut Level<'_, '_, '_>, path: Path) -> Result<Path> {
    let (offset, count) = (level.query.offset.clone(), level.query.limit.clone());
    let is_null = |expr: &Expr| matches!(expr, Expr::Const(constant) if constant.value.is_null());
    let (offset, count) = (offset.filter(|e| !is_null(e)), count.filter(|e| !is_null(e)));
    if offset.is_none() && count.is_none() {
        return Ok(path);
    }
    let ties = match level.query.with_ties {
        true => sort_keys(level, &level.query.order_by)?,
        false => Vec::new(),
    };
    let (rows, cost) = aggregate::limit(path.cost, path.rows, bound(offset.as_ref()), bound(count.as_ref()));
    let mut limited = above(path, PlanKind::Limit { offset, count, ties }, None);
    (limited.rows, limited.cost) = (rows, cost);
    Ok(limited)
}

/// The cheapest path if only a part of its rows is read (`get_cheapest_fractional_path`).
pub fn cheapest_fraction(paths: &[Path], fraction: f64) -> Option<Path> {
    let by_total = |a: &&Path, b: &&Path| {
        let startup = a.cost.startup.total_cmp(&b.cost.startup);
        a.cost.total.total_cmp(&b.cost.total).then(startup)
    };
    let best = paths.iter().min_by(by_total)?;
    if fraction <= 0.0 {
        return Some(best.clone());
    }
    let part = if fraction >= 1.0 && best.rows > 0.0 {
        fraction / best.rows
    } else {
        fraction
    };
    let cost = |path: &Path| match part >= 1.0 {
        true => path.cost.total,
        false => path.cost.startup + part * (path.cost.total - path.cost.startup),
    };
    let mut chosen = best;
    for path in paths {
        if cost(path) < cost(chosen) {
            chosen = path;
        }
    }
    Some(chosen.clone())
}
