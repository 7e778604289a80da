//! WITH: CTEs that are used once are put in place, the others are planned on their own.

use std::sync::Arc;

use kumquat_types::{Oid, Result};

use crate::planner::global::{CteKind, Global, PlannedCte};
use crate::planner::level::plan_subquery;
use crate::planner::path::Path;
use crate::planner::plan::{ParamSource, Plan, PlanKind, SubplanDefinition, SubplanKind};
use crate::planner::vars::{least_stable, lower_outer_references};
use crate::planner::{setops, vars};
use crate::query::{CommandType, CommonTableExpr, Expr, Query, RangeTableKind, SetOperation, SetOperator};

/// Puts CTEs in place or plans them, in order. Those that come later stay in the query meanwhile: they may
/// refer to the one at hand.
pub fn process_ctes(global: &mut Global<'_, '_>, query: &mut Query) -> Result<()> {
    while !query.ctes.is_empty() {
        let cte = query.ctes.remove(0);
        let modifies = cte.query.command != CommandType::Select;
        if !modifies && count_references(query, &cte.name, 0) == 0 && cte.references == 0 {
            continue;
        }
        if !modifies && can_inline(global, query, &cte) {
            inline(query, &cte, 0);
            continue;
        }
        plan_cte(global, &cte, modifies)?;
    }
    Ok(())
}

fn can_inline(global: &Global<'_, '_>, query: &Query, cte: &CommonTableExpr) -> bool {
    let references = count_references(query, &cte.name, 0);
    let wanted = match cte.materialized {
        Some(materialized) => !materialized,
        None => references == 1,
    };
    wanted
        && !cte.recursive
        && cte.query.row_marks.is_empty()
        && !is_deeper_than(&cte.query, MOST_LEVELS)
        && !is_volatile(global, &cte.query)
}

/// CTEs over CTEs are put into each other until there are so many queries inside each other: the stack is finite.
const MOST_LEVELS: usize = 40;

fn is_deeper_than(query: &Query, levels: usize) -> bool {
    let mut deeper = levels == 0;
    if !deeper {
        query.for_each_subquery(&mut |inner| deeper = deeper || is_deeper_than(inner, levels - 1));
    }
    deeper
}

fn is_volatile(global: &Global<'_, '_>, query: &Query) -> bool {
    let mut volatile = false;
    vars::visit_query(query, 0, &mut |expr, _| {
        volatile = volatile || least_stable(global.backend, expr) == kumquat_types::Volatility::Volatile;
    });
    volatile
}

fn is_reference(kind: &RangeTableKind, cte: &str, depth: usize) -> bool {
    matches!(kind, RangeTableKind::Cte { name, levels_up, .. } if **name == *cte && *levels_up == depth)
}

fn count_references(query: &Query, name: &str, depth: usize) -> usize {
    let here = query
        .range_table
        .iter()
        .filter(|entry| is_reference(&entry.kind, name, depth))
        .count();
    let mut below = 0;
    query.for_each_subquery(&mut |inner| below += count_references(inner, name, depth + 1));
    here + below
}

/// Puts the CTE's query where it is referenced.
fn inline(query: &mut Query, cte: &CommonTableExpr, depth: usize) {
    for entry in &mut query.range_table {
        if is_reference(&entry.kind, &cte.name, depth) {
            let mut body = Query::clone(&cte.query);
            // The body's references outwards count from the level of the WITH clause, one above the body itself.
            lift_query(&mut body, depth);
            entry.kind = RangeTableKind::Subquery {
                query: Arc::new(body),
                view: Oid::INVALID,
            };
        }
    }
    query.for_each_subquery_mut(&mut |inner| inline(Arc::make_mut(inner), cte, depth + 1));
}

/// The query moves `levels` further in.
fn lift_query(query: &mut Query, levels: usize) {
    if levels == 0 {
        return;
    }
    vars::transform_query(query, 0, &mut |part, depth| match part {
        Expr::Var(var) if var.levels_up > depth => var.levels_up += levels,
        Expr::Aggref(aggregate) if aggregate.levels_up > depth => aggregate.levels_up += levels,
        _ => {}
    });
    lift_cte_references(query, 0, levels);
}

/// References to CTEs of queries further out count from the new place.
pub fn lift_cte_references(query: &mut Query, depth: usize, levels: usize) {
    for entry in &mut query.range_table {
        if let RangeTableKind::Cte { levels_up, .. } = &mut entry.kind
            && *levels_up > depth
        {
            *levels_up += levels;
        }
    }
    query.for_each_subquery_mut(&mut |inner| lift_cte_references(Arc::make_mut(inner), depth + 1, levels));
}

/// The opposite, by one level: a subquery has become part of the query around it.
pub fn lower_cte_references(query: &mut Query, depth: usize) {
    for entry in &mut query.range_table {
        if let RangeTableKind::Cte { levels_up, .. } = &mut entry.kind
            && *levels_up > depth
        {
            *levels_up -= 1;
        }
    }
    query.for_each_subquery_mut(&mut |inner| lower_cte_references(Arc::make_mut(inner), depth + 1));
}

fn plan_cte(global: &mut Global<'_, '_>, cte: &CommonTableExpr, modifies: bool) -> Result<()> {
    let place = global.subplans.len();
    // Keeps the number: CTEs inside this one come later.
    global.subplans.push(SubplanDefinition {
        plan: Plan::new(PlanKind::Append, Vec::new(), Vec::new(), 0),
        kind: SubplanKind::Cte { modifies },
        name: format!("CTE {}", cte.name).into(),
    });
    let needed = global
        .frame()
        .map(|frame| std::mem::take(&mut frame.needed))
        .unwrap_or_default();
    let path = match cte.recursive {
        true => plan_recursive(global, cte)?,
        false => plan_subquery(global, Query::clone(&cte.query), 0.0)?,
    };
    if let Some(frame) = global.frame() {
        frame.needed.splice(0..0, needed);
        frame.ctes.push(PlannedCte {
            name: cte.name.clone(),
            kind: CteKind::Subplan(place),
            rows: path.rows,
            width: path.width,
        });
    }
    if let Some(definition) = global.subplans.get_mut(place) {
        definition.plan = path.to_plan();
    }
    Ok(())
}

/// `first UNION [ALL] second`, the second over what the last round gave.
fn plan_recursive(global: &mut Global<'_, '_>, cte: &CommonTableExpr) -> Result<Path> {
    let parts = match &cte.query.set_operation {
        Some(SetOperation::Node {
            kind: SetOperator::Union,
            all,
            left,
            right,
            ..
        }) => Some((*all, left.as_ref(), right.as_ref())),
        _ => None,
    };
    let subquery = |arm: &SetOperation| match arm {
        SetOperation::Leaf(index) => match cte.query.entry(*index).map(|entry| &entry.kind) {
            Some(RangeTableKind::Subquery { query, .. }) => Some(Query::clone(query)),
            _ => None,
        },
        SetOperation::Node { columns, .. } => Some(arm_query(&cte.query, arm, columns)),
    };
    let sides = parts.and_then(|(all, left, right)| Some((all, subquery(left)?, subquery(right)?)));
    let Some((all, first, second)) = sides else {
        // The name refers to itself nowhere: an ordinary query.
        return plan_subquery(global, Query::clone(&cte.query), 0.0);
    };
    let mut outer = Query::clone(&cte.query);
    outer.set_operation = None;
    setops::plan_recursive_union(global, &outer, &cte.name, all, first, second)
}

/// One side of the recursive UNION that is itself a UNION or its like, as a query of its own.
fn arm_query(whole: &Query, arm: &SetOperation, columns: &[(Oid, i32)]) -> Query {
    let mut query = Query::new(CommandType::Select);
    query.range_table = whole.range_table.clone();
    for entry in &mut query.range_table {
        if let RangeTableKind::Subquery { query: leaf, .. } = &mut entry.kind {
            // A level more lies between it and what it refers to.
            lift_query(Arc::make_mut(leaf), 1);
        }
    }
    let leaf = first_leaf(arm);
    query.target_list = whole.target_list.clone();
    for (target, &(type_oid, type_modifier)) in query.target_list.iter_mut().zip(columns) {
        if let Expr::Var(var) = &mut target.expr {
            (var.varno, var.type_oid, var.type_modifier) = (leaf, type_oid, type_modifier);
        }
    }
    query.set_operation = Some(arm.clone());
    query
}

fn first_leaf(operation: &SetOperation) -> usize {
    match operation {
        SetOperation::Leaf(index) => *index,
        SetOperation::Node { left, .. } => first_leaf(left),
    }
}

/// A parameter that only stands for a work table.
pub fn work_table_param(global: &mut Global<'_, '_>) -> usize {
    let level = global.levels.len().saturating_sub(1);
    global.new_param(ParamSource::Outer {
        expr: Expr::null(Oid::INT8),
        level,
    })
}

/// Used by those who put a subquery into the query around it.
pub fn lower(query: &mut Query) {
    lower_outer_references(query);
    lower_cte_references(query, 0);
}
