//! Window functions: the windows in an order that spares sorts, each with its sort (`create_window_paths`).

use std::rc::Rc;

use kumquat_types::Result;

use super::cost::aggregate::window;
use super::cost::expression::QualCost;
use super::level::Level;
use super::order::{incremental_sort_path, path_keys, shared_keys, sort_path};
use super::path::Path;
use super::plan::{GroupKey, PlanKind, SortKey, WindowAggregation};
use super::rel::{Rel, has_keys};
use super::run_condition;
use super::upper::{Stages, above, sort_keys};
use super::vars::add_unique;
use crate::query::{Expr, SortGroupClause};

/// The windows that functions use: those that share a sort stand together, the longest first
/// (`select_active_windows`).
pub fn active(level: &Level<'_, '_, '_>) -> Vec<usize> {
    let query = &level.query;
    let is_used = |number: usize| {
        let mut targets = query.target_list.iter();
        targets.any(|target| {
            target
                .expr
                .any(&mut |part| matches!(part, Expr::WindowFunc(call) if call.window == number))
        })
    };
    let mut numbers: Vec<usize> = (0..query.windows.len()).filter(|&number| is_used(number)).collect();
    let order_of = |number: &usize| -> Vec<SortGroupClause> {
        let Some(window) = query.windows.get(*number) else {
            return Vec::new();
        };
        let mut clauses: Vec<SortGroupClause> = Vec::new();
        for clause in window.partition_by.iter().chain(&window.order_by) {
            if !clauses.iter().any(|known| known.target_ref == clause.target_ref) {
                clauses.push(clause.clone());
            }
        }
        clauses
    };
    numbers.sort_by(|a, b| {
        let (a, b) = (order_of(a), order_of(b));
        let differing = a.iter().zip(&b).map(|(a, b)| {
            let by_target = b.target_ref.cmp(&a.target_ref);
            by_target.then(b.order.descending.cmp(&a.order.descending))
        });
        let first = differing.into_iter().find(|ordering| ordering.is_ne());
        first.unwrap_or_else(|| b.len().cmp(&a.len()))
    });
    numbers
}

/// The order that a window needs: of its partitions, then inside of them.
pub fn keys_of(level: &Level<'_, '_, '_>, number: usize) -> Result<Vec<SortKey>> {
    let Some(window) = level.query.windows.get(number) else {
        return Ok(Vec::new());
    };
    let mut clauses = window.partition_by.clone();
    clauses.extend(window.order_by.iter().cloned());
    sort_keys(level, &clauses)
}

pub fn windows(level: &mut Level<'_, '_, '_>, paths: Vec<Rc<Path>>, stages: &Stages) -> Result<Vec<Rc<Path>>> {
    let Some(cheapest) = (Rel {
        paths: paths.clone(),
        ..Rel::default()
    })
    .cheapest() else {
        return Ok(paths);
    };
    let numbers = active(level);
    let first = match numbers.first() {
        Some(number) => keys_of(level, *number)?,
        None => Vec::new(),
    };
    let wanted = path_keys(level, &first);
    let mut rel = Rel {
        consider_startup: level.problem.fraction > 0.0,
        ..Rel::default()
    };
    for path in &paths {
        let useful = has_keys(&path.keys, &wanted) || shared_keys(&path.keys, &wanted) > 0;
        if Rc::ptr_eq(path, &cheapest) || useful {
            rel.add(one_path(level, Path::clone(path), &numbers, stages)?);
        }
    }
    Ok(rel.paths)
}

fn one_path(level: &mut Level<'_, '_, '_>, mut path: Path, numbers: &[usize], stages: &Stages) -> Result<Path> {
    let mut done: Vec<Expr> = Vec::new();
    // The topmost window leaves out what any of them does not want.
    let mut below: Vec<Expr> = Vec::new();
    for &number in numbers {
        let is_top = numbers.last() == Some(&number);
        let Some(clause) = level.query.windows.get(number).cloned() else {
            continue;
        };
        let mut calls = Vec::new();
        for target in &stages.before_sort {
            collect_calls(target, number, &mut calls);
        }
        let sort = keys_of(level, number)?;
        let keys = path_keys(level, &sort);
        let presorted = shared_keys(&path.keys, &keys);
        if !has_keys(&path.keys, &keys) {
            path = match level.problem.settings.incremental_sort && presorted > 0 {
                true => incremental_sort_path(level, path, sort, keys, presorted),
                false => sort_path(level, path, sort, keys, None),
            };
        }
        let cost: QualCost = calls
            .iter()
            .map(|call| {
                let mut cost = QualCost {
                    startup: 0.0,
                    per_tuple: level.problem.settings.cpu_operator,
                };
                if let Expr::WindowFunc(call) = call {
                    cost = cost + level.expressions_cost(call.args.iter().chain(&call.filter));
                }
                cost
            })
            .sum::<QualCost>();
        done.extend(calls);
        let mut output = stages.window_input.clone();
        output.extend(done.iter().cloned());
        let run_condition = run_condition::exprs(&level.query, &clause);
        let partition = sort_keys(level, &clause.partition_by)?;
        let order = sort_keys(level, &clause.order_by)?;
        let columns = partition.len() + order.len();
        let cost = window(&level.problem.settings, path.cost, path.rows, cost, columns);
        let width = output.iter().map(|expr| level.width_of(expr)).sum();
        let kind = PlanKind::WindowAgg(WindowAggregation {
            window: number,
            clause,
            partition: partition.into_iter().map(|key| GroupKey { expr: key.expr }).collect(),
            order,
            run_condition: run_condition.clone(),
            is_top,
        });
        path = above(path, kind, Some(output.into()));
        match is_top {
            true => path.filter = std::mem::take(&mut below),
            false => below.extend(run_condition),
        }
        (path.cost, path.width) = (cost, width);
    }
    Ok(path)
}

fn collect_calls(expr: &Expr, window: usize, calls: &mut Vec<Expr>) {
    match expr {
        Expr::WindowFunc(call) if call.window == window => {
            add_unique(calls, expr);
        }
        _ => expr.for_each_child(&mut |child| collect_calls(child, window, calls)),
    }
}
