//! What comes above FROM and WHERE, stage by stage: groups ([`grouping`]), windows ([`windows`]), DISTINCT, ORDER
//! BY and LIMIT ([`sorting`]).

use std::rc::Rc;

use kumquat_types::{Error, Result};

use super::level::Level;
use super::path::Path;
use super::plan::{PlanKind, SortKey};
use super::rel::Rel;
use super::vars::{add_unique, contains_aggregate, contains_set_function, contains_volatile};
use super::{grouping, sorting, windows};
use crate::query::{Distinct, Expr, SortGroupClause};

/// Plans everything above FROM and WHERE of a SELECT (`grouping_planner`).
pub fn plan_upper(level: &mut Level<'_, '_, '_>, rel: Rel) -> Result<Path> {
    let targets: Vec<Expr> = level
        .query
        .target_list
        .iter()
        .map(|target| target.expr.clone())
        .collect();
    let stages = Stages::new(level, &targets)?;
    let mut paths: Vec<Rc<Path>> = rel.paths;
    if stages.is_grouped {
        projected(
            level,
            &mut paths,
            |path| project_scan(level, path, &stages.group_input),
            &stages.group_input,
        );
        paths = grouping::group(level, paths, &stages)?;
    } else {
        let input = &stages.window_input;
        projected(level, &mut paths, |path| project_scan(level, path, input), input);
    }
    if !level.query.windows.is_empty() && level.query.has_windows {
        paths = windows::windows(level, paths, &stages)?;
    }
    let before_sort = &stages.before_sort;
    if stages.is_grouped || level.query.has_windows {
        projected(level, &mut paths, |path| finish_targets(path, before_sort), before_sort);
    }
    paths = sorting::distinct(level, paths)?;
    paths = sorting::order(level, paths)?;
    if !same_exprs(before_sort, &targets) {
        projected(level, &mut paths, |path| finish_targets(path, &targets), &targets);
    }
    let paths = paths.into_iter().map(|path| {
        let mut path = Path::clone(&path);
        lock(level, &mut path);
        sorting::limit(level, path)
    });
    let paths: Vec<Path> = paths.collect::<Result<_>>()?;
    let best = sorting::cheapest_fraction(&paths, level.fraction);
    best.ok_or_else(|| Error::internal("a query has no plan"))
}

/// The order in which the rows of FROM and WHERE would serve best (`standard_qp_callback`).
pub fn set_wanted_order(level: &mut Level<'_, '_, '_>) -> Result<()> {
    if level.query.command != crate::query::CommandType::Select {
        return Ok(());
    }
    let group = match level.query.grouping_sets.is_empty() {
        true => sort_keys(level, &level.query.group_by.clone())?,
        false => Vec::new(),
    };
    let first_window = match level.query.has_windows {
        true => windows::active(level).into_iter().next(),
        false => None,
    };
    let window = match first_window {
        Some(number) => windows::keys_of(level, number)?,
        None => Vec::new(),
    };
    let distinct = match level.query.distinct.clone() {
        Some(Distinct::All(clauses) | Distinct::On(clauses)) => sort_keys(level, &clauses)?,
        None => Vec::new(),
    };
    let sort = sort_keys(level, &level.query.order_by.clone())?;
    let is_grouped = !level.query.group_by.is_empty();
    let wanted = if is_grouped {
        group
    } else if !window.is_empty() {
        window
    } else if distinct.len() > sort.len() {
        distinct
    } else {
        sort
    };
    level.problem.wanted = super::order::path_keys(level, &wanted);
    Ok(())
}

fn same_exprs(a: &[Expr], b: &[Expr]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same_as(b))
}

/// Makes all paths give other columns, which costs what computing them costs.
fn projected(level: &Level<'_, '_, '_>, paths: &mut Vec<Rc<Path>>, project: impl Fn(Path) -> Path, output: &[Expr]) {
    let cost = level.expressions_cost(output);
    let width: i32 = output.iter().map(|expr| level.width_of(expr)).sum();
    for path in paths {
        let same = same_exprs(&path.output, output);
        let mut new = project(Path::clone(path));
        new.width = width;
        if !same {
            new.cost.startup += cost.startup;
            new.cost.total += cost.startup + cost.per_tuple * new.rows;
        }
        *path = Rc::new(new);
    }
}

/// The columns that each stage gives to the next.
pub struct Stages {
    pub is_grouped: bool,
    pub group_input: Vec<Expr>,
    pub window_input: Vec<Expr>,
    /// Without what is computed after sorting: set-returning and volatile functions.
    pub before_sort: Vec<Expr>,
}

impl Stages {
    fn new(level: &Level<'_, '_, '_>, targets: &[Expr]) -> Result<Stages> {
        let query = &level.query;
        let is_grouped = targets.iter().any(contains_aggregate)
            || !query.group_by.is_empty()
            || !query.grouping_sets.is_empty()
            || level.has_having;
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

/// The columns that are asked of FROM and WHERE.
pub fn project_scan(level: &Level<'_, '_, '_>, path: Path, output: &[Expr]) -> Path {
    let is_plain = !output.iter().any(contains_set_function);
    let spread = is_plain.then(|| super::children::project_partitions(level, &path, output));
    spread.flatten().unwrap_or_else(|| finish_targets(path, output))
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

fn lock(level: &Level<'_, '_, '_>, path: &mut Path) {
    if level.query.row_marks.is_empty() {
        return;
    }
    let marks = level.query.row_marks.clone();
    let cost = level.problem.settings.cpu_tuple * path.rows;
    *path = above(path.clone(), PlanKind::LockRows { marks }, None);
    path.cost.total += cost;
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
    level.problem.limit = sorting::known_limit(level);
    let paths = sorting::order(level, vec![Rc::new(path)])?;
    let mut finished = Vec::with_capacity(paths.len());
    for path in paths {
        let mut path = Path::clone(&path);
        lock(level, &mut path);
        finished.push(sorting::limit(level, path)?);
    }
    let best = sorting::cheapest_fraction(&finished, level.fraction);
    best.ok_or_else(|| Error::internal("a set operation has no plan"))
}
