//! UNION, INTERSECT and EXCEPT; the two halves of recursive CTEs.

use std::rc::Rc;

use kumquat_types::{Datum, Error, Oid, Result};

use super::cost::aggregate::{self, AggregateCosts, GroupCost};
use super::cost::sort;
use super::global::{CteKind, Global, PlannedCte};
use super::level::{Level, plan_subquery};
use super::path::Path;
use super::plan::{AggregateStrategy, Aggregation, Cost, GroupKey, PlanKind, SortKey};
use super::prepare::ctes::{process_ctes, work_table_param};
use super::upper::{above, project};
use crate::catalog::Name;
use crate::query::{Expr, Query, RangeTableKind, SetOperation, SetOperator, Var};

/// Plans the set operations of a level. The columns are those of its leftmost leaf.
pub fn plan_set_operation(level: &mut Level<'_, '_, '_>) -> Result<Path> {
    let Some(operation) = level.query.set_operation.clone() else {
        return Err(Error::internal("no set operation"));
    };
    let columns = match &operation {
        SetOperation::Node { columns, .. } => columns.clone(),
        SetOperation::Leaf(_) => Vec::new(),
    };
    let leftmost = leftmost(&operation);
    let path = plan_operation(level, &operation, &columns, leftmost)?;
    Ok(path)
}

fn leftmost(operation: &SetOperation) -> usize {
    match operation {
        SetOperation::Leaf(index) => *index,
        SetOperation::Node { left, .. } => leftmost(left),
    }
}

/// Columns of an entry, as types of the set operation.
fn columns_of(entry: usize, columns: &[(Oid, i32)]) -> Vec<Expr> {
    let var = |(attribute, &(type_oid, type_modifier)): (i16, &(Oid, i32))| {
        Expr::Var(Var {
            varno: entry,
            attribute,
            type_oid,
            type_modifier,
            collation: Oid::INVALID,
            levels_up: 0,
            location: None,
        })
    };
    (1..).zip(columns).map(var).collect()
}

fn plan_operation(
    level: &mut Level<'_, '_, '_>,
    operation: &SetOperation,
    columns: &[(Oid, i32)],
    name: usize,
) -> Result<Path> {
    match operation {
        SetOperation::Leaf(index) => plan_leaf(level, *index, columns),
        SetOperation::Node {
            kind: SetOperator::Union,
            all,
            ..
        } => {
            let mut parts = Vec::new();
            collect_union(operation, *all, &mut parts);
            let mut children = Vec::with_capacity(parts.len());
            for part in parts {
                children.push(Rc::new(plan_operation(level, part, columns, name)?));
            }
            let output = columns_of(name, columns);
            let append = append(level, children, output);
            Ok(if *all { append } else { make_distinct(level, append) })
        }
        SetOperation::Node {
            kind, all, left, right, ..
        } => {
            let left = plan_operation(level, left, columns, name)?;
            let right = plan_operation(level, right, columns, name)?;
            let rows = match kind {
                SetOperator::Except => left.rows,
                _ => left.rows.min(right.rows),
            };
            let flagged = |path: Path, flag: i32| {
                let mut output = path.output.to_vec();
                output.push(Expr::constant(Datum::Int4(flag), Oid::INT4));
                Rc::new(project(path, output))
            };
            // Fewer groups have to be kept if the smaller side of an INTERSECT comes first.
            let swaps = *kind == SetOperator::Intersect && left.rows > right.rows;
            let mut children = vec![flagged(left, 0), flagged(right, 1)];
            if swaps {
                children.reverse();
            }
            let mut output = columns_of(name, columns);
            let keys = output.len();
            output.push(Expr::constant(Datum::Int4(0), Oid::INT4));
            let append = append(level, children, output);
            let cost = level.problem.settings.cpu_operator * append.rows * keys as f64;
            let kind = PlanKind::SetOp {
                operator: *kind,
                all: *all,
                hashed: true,
                keys,
            };
            let mut path = above(append, kind, Some(columns_of(name, columns).into()));
            path.cost.total += cost;
            path.rows = rows;
            Ok(path)
        }
    }
}

/// The parts one after the other.
fn append(level: &Level<'_, '_, '_>, children: Vec<Rc<Path>>, output: Vec<Expr>) -> Path {
    let rows: f64 = children.iter().map(|child| child.rows).sum();
    let cost = Cost {
        startup: children.first().map_or(0.0, |child| child.cost.startup),
        total: children.iter().map(|child| child.cost.total).sum::<f64>()
            + level.problem.settings.cpu_tuple * 0.5 * rows,
    };
    let width = children
        .iter()
        .map(|child| f64::from(child.width) * child.rows)
        .sum::<f64>()
        / rows.max(1.0);
    let mut append = Path::new(PlanKind::Append, children, output.into(), level.number);
    (append.rows, append.cost, append.width) = (rows, cost, width.round_ties_even() as i32);
    append
}

/// UNIONs of one kind inside each other are one.
fn collect_union<'a>(operation: &'a SetOperation, all: bool, parts: &mut Vec<&'a SetOperation>) {
    match operation {
        SetOperation::Node {
            kind: SetOperator::Union,
            all: inner_all,
            left,
            right,
            ..
        } if *inner_all == all || !all => {
            collect_union(left, all, parts);
            collect_union(right, all, parts);
        }
        other => parts.push(other),
    }
}

/// Each row once: by a hash table, or sorted where that is cheaper (`choose_hashed_setop`).
fn make_distinct(level: &Level<'_, '_, '_>, path: Path) -> Path {
    let groups: Vec<GroupKey> = path.output.iter().map(|expr| GroupKey { expr: expr.clone() }).collect();
    let settings = &level.problem.settings;
    let given = GroupCost {
        input: path.cost,
        rows: path.rows,
        width: path.width,
        columns: groups.len(),
        groups: path.rows,
    };
    let strategy = AggregateStrategy::Hashed;
    let hashed = aggregate::aggregate(settings, strategy, &AggregateCosts::default(), given);
    let sort = sort::sort(settings, path.cost, path.rows, path.width, None);
    let sorted = aggregate::group(settings, sort, path.rows, groups.len());
    if sorted.total < hashed.total && !groups.is_empty() {
        let order = crate::catalog::SortOrder::default();
        let keys = path
            .output
            .iter()
            .map(|expr| SortKey {
                expr: expr.clone(),
                order,
            })
            .collect();
        let mut sorted_path = above(path, PlanKind::Sort { keys }, None);
        sorted_path.cost = sort;
        let mut unique = above(sorted_path, PlanKind::Unique { keys: groups }, None);
        unique.cost = sorted;
        return unique;
    }
    let aggregation = Aggregation {
        strategy,
        groups,
        sets: Vec::new(),
        refs: Vec::new(),
        estimated_groups: path.rows,
        set_groups: Vec::new(),
    };
    let mut distinct = above(path, PlanKind::Aggregate(aggregation), None);
    distinct.cost = hashed;
    distinct
}

fn plan_leaf(level: &mut Level<'_, '_, '_>, index: usize, columns: &[(Oid, i32)]) -> Result<Path> {
    let query = match level.query.entry(index).map(|entry| &entry.kind) {
        Some(RangeTableKind::Subquery { query, .. }) => Query::clone(query),
        _ => return Err(Error::internal("a set operation's leaf is not a subquery")),
    };
    let path = plan_subquery(level.global, query, 0.0)?;
    let given: Vec<(Oid, i32)> = path
        .output
        .iter()
        .map(|expr| (expr.type_oid(), expr.type_modifier()))
        .collect();
    // Where the leaf gives other types (or more columns), they are converted above it.
    let own: Vec<Expr> = columns_of(index, &given);
    let converted: Vec<Expr> = own
        .iter()
        .zip(columns)
        .map(|(var, &(type_oid, modifier))| convert(var.clone(), type_oid, modifier))
        .collect();
    let same = given.len() == columns.len() && given.iter().zip(columns).all(|(a, b)| a.0 == b.0);
    let output = if same { own } else { converted };
    let mut scan = Path::new(
        PlanKind::SubqueryScan { entry: index },
        Vec::new(),
        output.into(),
        level.number,
    );
    (scan.rows, scan.width, scan.cost) = (path.rows, path.width, path.cost);
    let is_flattened = matches!(&level.query.set_operation, Some(operation) if is_plain_union(operation));
    if !same || !is_flattened {
        scan.cost.total += level.problem.settings.cpu_tuple * path.rows;
    }
    scan.children = vec![Rc::new(path)];
    Ok(scan)
}

/// UNION ALL alone is planned as a table with children.
fn is_plain_union(operation: &SetOperation) -> bool {
    match operation {
        SetOperation::Leaf(_) => true,
        SetOperation::Node {
            kind, all, left, right, ..
        } => *kind == SetOperator::Union && *all && is_plain_union(left) && is_plain_union(right),
    }
}

fn convert(expr: Expr, type_oid: Oid, type_modifier: i32) -> Expr {
    if expr.type_oid() == type_oid {
        return expr;
    }
    match kumquat_types::find_cast(expr.type_oid(), type_oid).map(|cast| cast.method) {
        Some(kumquat_types::CastMethod::Function(function)) => Expr::Func(Box::new(crate::query::FuncExpr {
            function,
            args: vec![expr],
            result: type_oid,
            returns_set: false,
            variadic: false,
            unwritten: Vec::new(),
            form: crate::query::FuncForm::ImplicitCast,
            type_modifier,
            location: None,
        })),
        _ => Expr::Relabel {
            arg: Box::new(expr),
            type_oid,
            type_modifier,
            form: crate::query::FuncForm::ImplicitCast,
        },
    }
}

/// WITH RECURSIVE: `outer` is the CTE's query without its set operation.
pub fn plan_recursive_union(
    global: &mut Global<'_, '_>,
    outer: &Query,
    name: &Name,
    all: bool,
    first: Query,
    second: Query,
) -> Result<Path> {
    let number = global.levels.len();
    global.levels.push(outer.range_table.clone());
    global.frames.push(super::global::Frame {
        level: number,
        needed: Vec::new(),
        ctes: Vec::new(),
    });
    let result = plan_rounds(global, outer, name, all, first, second, number);
    global.frames.pop();
    result
}

fn plan_rounds(
    global: &mut Global<'_, '_>,
    outer: &Query,
    name: &Name,
    all: bool,
    first: Query,
    second: Query,
    number: usize,
) -> Result<Path> {
    let mut outer = outer.clone();
    process_ctes(global, &mut outer)?;
    let first = plan_subquery(global, first, 0.0)?;
    let param = work_table_param(global);
    // References to the name inside the second half lie two levels below the WITH clause.
    let below = global
        .frames
        .len()
        .checked_sub(2)
        .and_then(|at| global.frames.get_mut(at));
    if let Some(frame) = below {
        frame.ctes.push(PlannedCte {
            name: name.clone(),
            kind: CteKind::WorkTable(param),
            rows: first.rows * 10.0,
            width: first.width,
        });
    }
    let second = plan_subquery(global, second, 0.0);
    let below = global
        .frames
        .len()
        .checked_sub(2)
        .and_then(|at| global.frames.get_mut(at));
    if let Some(frame) = below {
        frame.ctes.pop();
    }
    let second = second?;
    let (output, rows, width) = (first.output.clone(), first.rows, first.width);
    let kind = PlanKind::RecursiveUnion { distinct: !all, param };
    let mut path = Path::new(kind, vec![Rc::new(first), Rc::new(second)], output, number);
    path.rows = rows * 10.0;
    path.width = width;
    Ok(path)
}
