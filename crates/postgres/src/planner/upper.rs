//! What comes above FROM and WHERE: groups, windows, DISTINCT, ORDER BY, LIMIT.

use std::rc::Rc;

use kumquat_types::{Error, Result};

use super::from::Source;
use super::level::Level;
use super::path::Path;
use super::plan::{AggregateStrategy, Aggregation, GroupKey, PlanKind, SortKey, WindowAggregation};
use super::vars::{add_unique, contains_aggregate, contains_set_function, contains_volatile};
use crate::query::{Distinct, Expr, SortGroupClause};

/// Plans everything above FROM and WHERE of a SELECT.
pub fn plan_upper(level: &mut Level<'_, '_, '_>, source: Source) -> Result<Path> {
    let targets: Vec<Expr> = level
        .query
        .target_list
        .iter()
        .map(|target| target.expr.clone())
        .collect();
    let stages = Stages::new(level, &targets)?;
    let mut path = Path::clone(&source.path);
    if stages.is_grouped {
        path = project(path, stages.group_input.clone());
        path = group(level, path, &stages)?;
    } else {
        path = finish_targets(path, &stages.window_input);
    }
    if !level.query.windows.is_empty() && level.query.has_windows {
        path = windows(level, path, &stages)?;
    }
    path = finish_targets(path, &stages.before_sort);
    path = distinct(level, path)?;
    path = order(level, path)?;
    path = finish_targets(path, &targets);
    lock(level, &mut path);
    limit(level, path)
}

/// The columns that each stage gives to the next.
struct Stages {
    is_grouped: bool,
    group_input: Vec<Expr>,
    window_input: Vec<Expr>,
    /// Without what is computed after sorting: set-returning and volatile functions.
    before_sort: Vec<Expr>,
}

impl Stages {
    fn new(level: &Level<'_, '_, '_>, targets: &[Expr]) -> Result<Stages> {
        let query = &level.query;
        let is_grouped = targets.iter().any(contains_aggregate)
            || !query.group_by.is_empty()
            || !query.grouping_sets.is_empty()
            || !level.having.is_empty();
        let before_sort = before_sort(level, targets);
        let sets_above = is_grouped && before_sort.iter().any(contains_set_function);
        let window_input = match query.has_windows || sets_above {
            true => window_input(level, &before_sort)?,
            false => before_sort.clone(),
        };
        let group_input = match is_grouped {
            true => group_input(level, &window_input)?,
            false => Vec::new(),
        };
        Ok(Stages {
            is_grouped,
            group_input,
            window_input,
            before_sort,
        })
    }
}

/// Set-returning and volatile functions that the sort does not need are computed after it.
fn before_sort(level: &Level<'_, '_, '_>, targets: &[Expr]) -> Vec<Expr> {
    let query = &level.query;
    if query.order_by.is_empty() || query.distinct.is_some() {
        return targets.to_vec();
    }
    let sorted = |at: usize| {
        query
            .target_list
            .get(at)
            .is_some_and(|target| target.sort_group_ref != 0)
    };
    let sorts_by_set = targets
        .iter()
        .enumerate()
        .any(|(at, expr)| sorted(at) && contains_set_function(expr));
    let postponed = |(at, expr): (usize, &Expr)| {
        !sorted(at) && (contains_set_function(expr) && !sorts_by_set || contains_volatile(level.global.backend, expr))
    };
    if !targets.iter().enumerate().any(postponed) {
        return targets.to_vec();
    }
    let mut kept = Vec::new();
    for (at, expr) in targets.iter().enumerate() {
        match postponed((at, expr)) {
            false => {
                add_unique(&mut kept, expr);
            }
            true => add_inputs(&mut kept, expr),
        }
    }
    kept
}

/// The columns, aggregates and window functions in an expression.
fn add_inputs(list: &mut Vec<Expr>, expr: &Expr) {
    match expr {
        Expr::Var(_) | Expr::Aggref(_) | Expr::Grouping { .. } | Expr::WindowFunc(_) => {
            add_unique(list, expr);
        }
        _ => expr.for_each_child(&mut |child| add_inputs(list, child)),
    }
}

/// What window functions and the targets around them need.
fn window_input(level: &Level<'_, '_, '_>, targets: &[Expr]) -> Result<Vec<Expr>> {
    let query = &level.query;
    let mut input = Vec::new();
    let mut keyed: Vec<u32> = Vec::new();
    for window in &query.windows {
        let clauses = window.partition_by.iter().chain(&window.order_by);
        keyed.extend(clauses.map(|clause| clause.target_ref));
    }
    for target in &query.target_list {
        if target.sort_group_ref != 0 && keyed.contains(&target.sort_group_ref) {
            add_unique(&mut input, &target.expr);
        }
    }
    let grouped: Vec<Expr> = query
        .group_by
        .iter()
        .filter_map(|clause| query.target_by_ref(clause.target_ref))
        .map(|target| target.expr.clone())
        .collect();
    for target in targets {
        add_window_inputs(&mut input, target, &grouped);
    }
    Ok(input)
}

/// Groups and aggregates stay whole; below a window function its arguments are looked at.
fn add_window_inputs(list: &mut Vec<Expr>, expr: &Expr, grouped: &[Expr]) {
    let whole = grouped.iter().any(|group| group.same_as(expr)) || list.iter().any(|known| known.same_as(expr));
    match expr {
        _ if whole => {
            add_unique(list, expr);
        }
        Expr::Var(_) | Expr::Aggref(_) | Expr::Grouping { .. } => {
            add_unique(list, expr);
        }
        _ => expr.for_each_child(&mut |child| add_window_inputs(list, child, grouped)),
    }
}

/// Groups as a whole, and the columns that aggregates need.
fn group_input(level: &Level<'_, '_, '_>, targets: &[Expr]) -> Result<Vec<Expr>> {
    let query = &level.query;
    let mut input = Vec::new();
    for clause in &query.group_by {
        add_unique(&mut input, &sort_group_expr(level, clause)?);
    }
    let groups = input.clone();
    for expr in targets.iter().chain(&level.having) {
        add_columns(&mut input, expr, &groups);
    }
    Ok(input)
}

fn add_columns(list: &mut Vec<Expr>, expr: &Expr, groups: &[Expr]) {
    if groups.iter().any(|group| group.same_as(expr)) {
        return;
    }
    match expr {
        Expr::Var(_) => {
            add_unique(list, expr);
        }
        _ => expr.for_each_child(&mut |child| add_columns(list, child, groups)),
    }
}

/// The target that a clause names.
pub fn sort_group_expr(level: &Level<'_, '_, '_>, clause: &SortGroupClause) -> Result<Expr> {
    let target = level.query.target_by_ref(clause.target_ref);
    let missing = || Error::internal("ORDER/GROUP BY expression not found in targetlist");
    target.map(|target| target.expr.clone()).ok_or_else(missing)
}

pub fn sort_keys(level: &Level<'_, '_, '_>, clauses: &[SortGroupClause]) -> Result<Vec<SortKey>> {
    let key = |clause: &SortGroupClause| {
        Ok(SortKey {
            expr: sort_group_expr(level, clause)?,
            order: clause.order,
        })
    };
    let mut keys: Vec<SortKey> = Vec::new();
    for clause in clauses {
        let key = key(clause)?;
        if !keys.iter().any(|known| known.expr.same_as(&key.expr)) {
            keys.push(key);
        }
    }
    Ok(keys)
}

/// Makes a path give other columns: in its own node if that can compute, else in one above.
pub fn project(path: Path, output: Vec<Expr>) -> Path {
    let same = path.output.len() == output.len() && path.output.iter().zip(&output).all(|(a, b)| a.same_as(b));
    if same {
        return path;
    }
    let fixed = matches!(
        path.kind,
        PlanKind::Append
            | PlanKind::MergeAppend { .. }
            | PlanKind::Hash
            | PlanKind::Material
            | PlanKind::Memoize { .. }
            | PlanKind::Sort { .. }
            | PlanKind::IncrementalSort { .. }
            | PlanKind::Unique { .. }
            | PlanKind::SetOp { .. }
            | PlanKind::Limit { .. }
            | PlanKind::LockRows { .. }
            | PlanKind::RecursiveUnion { .. }
            | PlanKind::ProjectSet
            | PlanKind::ModifyTable(_)
    );
    if !fixed {
        return Path {
            output: output.into(),
            ..path
        };
    }
    above(
        path,
        PlanKind::Result {
            one_time_filter: Vec::new(),
        },
        Some(output.into()),
    )
}

/// A node above a path, with its rows and order.
pub fn above(path: Path, kind: PlanKind, output: Option<Rc<[Expr]>>) -> Path {
    let output = output.unwrap_or_else(|| path.output.clone());
    Path {
        kind,
        output,
        filter: Vec::new(),
        init_plans: Vec::new(),
        cost: path.cost,
        rows: path.rows,
        width: path.width,
        keys: path.keys.clone(),
        required: path.required.clone(),
        level: path.level,
        children: vec![Rc::new(path)],
    }
}

pub fn sort(path: Path, keys: Vec<SortKey>) -> Path {
    if keys.is_empty() {
        return path;
    }
    above(path, PlanKind::Sort { keys }, None)
}

fn group(level: &mut Level<'_, '_, '_>, path: Path, stages: &Stages) -> Result<Path> {
    let query = &level.query;
    let mut groups = Vec::with_capacity(query.group_by.len());
    for clause in &query.group_by {
        groups.push(GroupKey {
            expr: sort_group_expr(level, clause)?,
        });
    }
    let strategy = if groups.is_empty() && query.grouping_sets.len() <= 1 {
        AggregateStrategy::Plain
    } else if query.grouping_sets.is_empty() {
        AggregateStrategy::Hashed
    } else {
        AggregateStrategy::Mixed
    };
    let aggregation = Aggregation {
        strategy,
        sets: query.grouping_sets.clone(),
        refs: query.group_by.iter().map(|clause| clause.target_ref).collect(),
        groups,
        estimated_groups: 200.0,
    };
    let mut path = above(
        path,
        PlanKind::Aggregate(aggregation),
        Some(stages.window_input.clone().into()),
    );
    path.filter = std::mem::take(&mut level.having);
    Ok(path)
}

fn windows(level: &mut Level<'_, '_, '_>, mut path: Path, stages: &Stages) -> Result<Path> {
    let mut done: Vec<Expr> = Vec::new();
    let windows = level.query.windows.clone();
    for (number, clause) in windows.iter().enumerate() {
        let mut calls = Vec::new();
        for target in &stages.before_sort {
            collect_calls(target, number, &mut calls);
        }
        if calls.is_empty() {
            continue;
        }
        let partition = sort_keys(level, &clause.partition_by)?;
        let order = sort_keys(level, &clause.order_by)?;
        let mut keys = partition.clone();
        keys.extend(
            order
                .iter()
                .filter(|key| !partition.iter().any(|p| p.expr.same_as(&key.expr)))
                .cloned(),
        );
        path = sort(path, keys);
        done.extend(calls);
        let mut output = stages.window_input.clone();
        output.extend(done.iter().cloned());
        let window = WindowAggregation {
            window: number,
            clause: clause.clone(),
            partition: partition.into_iter().map(|key| GroupKey { expr: key.expr }).collect(),
            order,
            run_condition: Vec::new(),
        };
        path = above(path, PlanKind::WindowAgg(window), Some(output.into()));
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

/// Computes the targets, set-returning functions level by level.
pub fn finish_targets(path: Path, targets: &[Expr]) -> Path {
    if !targets.iter().any(contains_set_function) {
        return project(path, targets.to_vec());
    }
    expand_sets(path, targets)
}

/// Set-returning functions stand alone in a ProjectSet node: what is around them is computed above it, and sets
/// in their arguments below it.
fn expand_sets(path: Path, targets: &[Expr]) -> Path {
    let given = path.output.to_vec();
    let mut calls: Vec<Expr> = Vec::new();
    targets
        .iter()
        .for_each(|target| outermost_sets(target, &given, &mut calls));
    if calls.is_empty() {
        return project(path, targets.to_vec());
    }
    // What the sets' arguments and the expressions around the sets need.
    let mut inputs: Vec<Expr> = Vec::new();
    for call in &calls {
        if let Expr::Func(call) = call {
            call.args.iter().for_each(|arg| {
                if contains_set_function(arg) {
                    add_unique(&mut inputs, arg);
                }
            });
        }
    }
    let path = match inputs.is_empty() {
        true => path,
        false => {
            let mut below = given.clone();
            below.extend(
                inputs
                    .iter()
                    .filter(|input| !given.iter().any(|g| g.same_as(input)))
                    .cloned(),
            );
            expand_sets(path, &below)
        }
    };
    let direct = targets
        .iter()
        .all(|target| calls.iter().any(|call| call.same_as(target)) || !contains_set_function(target));
    if direct {
        return project_set(path, targets.to_vec());
    }
    let mut output = given;
    calls.iter().for_each(|call| {
        add_unique(&mut output, call);
    });
    let path = project_set(path, output);
    project(path, targets.to_vec())
}

fn project_set(path: Path, output: Vec<Expr>) -> Path {
    let simple = matches!(&path.kind, PlanKind::Result { one_time_filter } if one_time_filter.is_empty())
        && path.children.is_empty()
        && path.filter.is_empty();
    if simple {
        return Path {
            kind: PlanKind::ProjectSet,
            output: output.into(),
            ..path
        };
    }
    above(path, PlanKind::ProjectSet, Some(output.into()))
}

fn outermost_sets(expr: &Expr, given: &[Expr], calls: &mut Vec<Expr>) {
    match expr {
        _ if given.iter().any(|known| known.same_as(expr)) => {}
        Expr::Func(call) if call.returns_set => {
            add_unique(calls, expr);
        }
        _ => expr.for_each_child(&mut |child| outermost_sets(child, given, calls)),
    }
}

fn distinct(level: &mut Level<'_, '_, '_>, path: Path) -> Result<Path> {
    let Some(distinct) = level.query.distinct.clone() else {
        return Ok(path);
    };
    match distinct {
        Distinct::All(clauses) => {
            let mut groups = Vec::with_capacity(clauses.len());
            for clause in &clauses {
                groups.push(GroupKey {
                    expr: sort_group_expr(level, clause)?,
                });
            }
            let aggregation = Aggregation {
                strategy: if groups.is_empty() {
                    AggregateStrategy::Sorted
                } else {
                    AggregateStrategy::Hashed
                },
                groups,
                sets: Vec::new(),
                refs: Vec::new(),
                estimated_groups: 200.0,
            };
            Ok(above(path, PlanKind::Aggregate(aggregation), None))
        }
        Distinct::On(clauses) => {
            let mut keys = sort_keys(level, &level.query.order_by)?;
            for key in sort_keys(level, &clauses)? {
                if !keys.iter().any(|known| known.expr.same_as(&key.expr)) {
                    keys.push(key);
                }
            }
            let on = sort_keys(level, &clauses)?
                .into_iter()
                .map(|key| GroupKey { expr: key.expr })
                .collect();
            let path = sort(path, keys);
            Ok(above(path, PlanKind::Unique { keys: on }, None))
        }
    }
}

fn order(level: &Level<'_, '_, '_>, path: Path) -> Result<Path> {
    let keys = sort_keys(level, &level.query.order_by)?;
    let sorted = |path: &Path| match &path.kind {
        PlanKind::Sort { keys: have } => {
            have.len() >= keys.len()
                && have
                    .iter()
                    .zip(&keys)
                    .all(|(a, b)| a.order == b.order && a.expr.same_as(&b.expr))
        }
        _ => false,
    };
    let done = match &path.kind {
        PlanKind::Unique { .. } => path.children.first().is_some_and(|child| sorted(child)),
        _ => sorted(&path),
    };
    Ok(if done { path } else { sort(path, keys) })
}

fn lock(level: &Level<'_, '_, '_>, path: &mut Path) {
    if level.query.row_marks.is_empty() {
        return;
    }
    let marks = level.query.row_marks.clone();
    *path = above(path.clone(), PlanKind::LockRows { marks }, None);
}

fn limit(level: &mut Level<'_, '_, '_>, path: Path) -> Result<Path> {
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
    Ok(above(path, PlanKind::Limit { offset, count, ties }, None))
}

/// ORDER BY and LIMIT of a set operation, whose columns are those of its first leaf.
pub fn finish_set_operation(level: &mut Level<'_, '_, '_>, path: Path) -> Result<Path> {
    level.publish_names();
    let mut query = std::mem::replace(
        &mut level.query,
        crate::query::Query::new(crate::query::CommandType::Select),
    );
    let mut result = Ok(());
    query.for_each_expr_mut(&mut |expr| {
        if result.is_ok() {
            result = level.preprocess_expr(expr, false);
        }
    });
    level.query = query;
    result?;
    let targets: Vec<Expr> = level
        .query
        .target_list
        .iter()
        .map(|target| target.expr.clone())
        .collect();
    let path = finish_targets(path, &targets);
    let path = order(level, path)?;
    let mut path = path;
    lock(level, &mut path);
    limit(level, path)
}
