//! Conditions on a subquery in FROM are tested inside it, where that gives the same rows (`subquery_push_qual`).

use std::sync::Arc;

use super::level::Level;
use super::path::RelSet;
use super::run_condition;
use super::security::{is_barrier, is_leakproof};
use super::vars::{contains_set_function, contains_volatile, vars_of};
use crate::query::{BoolOp, Distinct, Expr, Query, RangeTableKind, SetOperation, SetOperator};

/// The subquery with the conditions that it can test; the entry keeps the others.
pub fn push_conditions(level: &mut Level<'_, '_, '_>, varno: usize, query: Query) -> Query {
    let own = RelSet::of(varno);
    let Some(clauses) = level.problem.rel(own).map(|rel| rel.clauses.clone()) else {
        return query;
    };
    if clauses.is_empty() || !is_open(&query) {
        return query;
    }
    let backend = &*level.global.backend;
    let barrier = level.query.entry(varno).is_some_and(|entry| is_barrier(backend, entry));
    let mut query = query;
    let mut kept = Vec::new();
    for clause in clauses {
        let pushable = clause.relations == own
            && (!barrier || is_leakproof(level.global.backend, &clause.expr))
            && !contains_volatile(level.global.backend, &clause.expr)
            && !clause.expr.any(&mut |part| matches!(part, Expr::SubPlan(_)))
            && columns_allow(level, &query, &clause.expr);
        if pushable {
            push(&mut query, varno, &clause.expr);
        } else if clause.relations != own || !run_condition::take(level, &mut query, varno, &clause.expr) {
            kept.push(clause);
        }
    }
    if let Some(rel) = level.problem.rels.get_mut(&own) {
        rel.clauses = kept;
    }
    query
}

/// Which rows come out does not depend on which rows go in (`subquery_is_pushdown_safe`).
fn is_open(query: &Query) -> bool {
    query.limit.is_none()
        && query.offset.is_none()
        && query.grouping_sets.is_empty()
        && (query.group_by.is_empty() && !query.has_aggregates || !query.group_by.is_empty())
        && query
            .set_operation
            .as_ref()
            .is_none_or(|operation| parts_are_open(query, operation))
}

fn parts_are_open(query: &Query, operation: &SetOperation) -> bool {
    match operation {
        SetOperation::Leaf(index) => match query.entry(*index).map(|entry| &entry.kind) {
            Some(RangeTableKind::Subquery { query, .. }) => is_open(query),
            _ => false,
        },
        SetOperation::Node { kind, left, right, .. } => {
            *kind != SetOperator::Except && parts_are_open(query, left) && parts_are_open(query, right)
        }
    }
}

/// The columns that the condition uses mean the same inside (`check_output_expressions`).
fn columns_allow(level: &Level<'_, '_, '_>, query: &Query, condition: &Expr) -> bool {
    vars_of(condition).iter().all(|var| {
        let at = usize::try_from(var.attribute)
            .ok()
            .and_then(|number| number.checked_sub(1));
        at.is_some_and(|at| column_allows(level, query, at))
    })
}

fn column_allows(level: &Level<'_, '_, '_>, query: &Query, at: usize) -> bool {
    if let Some(operation) = &query.set_operation {
        return leaves_allow(level, query, operation, at);
    }
    let Some(target) = query.target_list.iter().filter(|target| !target.junk).nth(at) else {
        return false;
    };
    if contains_set_function(&target.expr) || contains_volatile(level.global.backend, &target.expr) {
        return false;
    }
    let named = |clauses: &[crate::query::SortGroupClause]| {
        target.sort_group_ref != 0 && clauses.iter().any(|clause| clause.target_ref == target.sort_group_ref)
    };
    if let Some(Distinct::On(clauses)) = &query.distinct
        && !named(clauses)
    {
        return false;
    }
    !query.has_windows || query.windows.iter().all(|window| named(&window.partition_by))
}

fn leaves_allow(level: &Level<'_, '_, '_>, query: &Query, operation: &SetOperation, at: usize) -> bool {
    match operation {
        SetOperation::Leaf(index) => match query.entry(*index).map(|entry| &entry.kind) {
            Some(RangeTableKind::Subquery { query: leaf, .. }) => {
                let of = |query: &Query| query.output_columns().nth(at).map(|target| target.expr.type_oid());
                of(leaf).is_some() && of(leaf) == of(query) && column_allows(level, leaf, at)
            }
            _ => false,
        },
        SetOperation::Node { left, right, .. } => {
            leaves_allow(level, query, left, at) && leaves_allow(level, query, right, at)
        }
    }
}

/// Adds the condition, over the subquery's own columns.
fn push(query: &mut Query, varno: usize, condition: &Expr) {
    if let Some(operation) = query.set_operation.clone() {
        push_into_leaves(query, &operation, varno, condition);
        return;
    }
    let targets: Vec<Expr> = query.output_columns().map(|target| target.expr.clone()).collect();
    let mut condition = condition.clone();
    let mut has_sublink = false;
    super::vars::replace_vars(&mut condition, 0, &mut |var| {
        let at = usize::try_from(var.attribute)
            .ok()
            .and_then(|number| number.checked_sub(1))?;
        let expr = (var.varno == varno).then(|| targets.get(at).cloned()).flatten()?;
        has_sublink |= super::vars::contains_sublink(&expr);
        Some(expr)
    });
    query.has_sublinks |= has_sublink;
    let grouped = query.has_aggregates || !query.group_by.is_empty() || query.having.is_some();
    let place = if grouped { &mut query.having } else { &mut query.quals };
    *place = Some(match place.take() {
        Some(old) => Expr::Bool(BoolOp::And, vec![old, condition]),
        None => condition,
    });
}

fn push_into_leaves(query: &mut Query, operation: &SetOperation, varno: usize, condition: &Expr) {
    match operation {
        SetOperation::Leaf(index) => {
            let entry = index.checked_sub(1).and_then(|at| query.range_table.get_mut(at));
            if let Some(RangeTableKind::Subquery { query: leaf, .. }) = entry.map(|entry| &mut entry.kind) {
                push(Arc::make_mut(leaf), varno, condition);
            }
        }
        SetOperation::Node { left, right, .. } => {
            push_into_leaves(query, left, varno, condition);
            push_into_leaves(query, right, varno, condition);
        }
    }
}
