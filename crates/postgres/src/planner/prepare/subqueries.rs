//! Simple subqueries in FROM become part of the query around them (`pull_up_subqueries`).

use kumquat_types::Volatility;

use super::ctes::lower;
use super::joins::flatten_join_columns;
use super::rows::expand_whole_rows;
use super::sublinks::pull_up_sublinks;
use crate::backend::Backend;
use crate::catalog::Name;
use crate::planner::security::is_barrier;
use crate::planner::tree::JoinTree;
use crate::planner::vars::{
    contains_set_function, contains_sublink, least_stable, replace_vars, replace_vars_in_query,
};
use crate::planner::vars::{transform, transform_query};
use crate::query::{CommandType, Expr, FromItem, FuncForm, JoinKind, Query, RangeTableKind, Var};

/// Pulls up what can be, everywhere in FROM.
pub fn pull_up_subqueries(backend: &Backend<'_>, query: &mut Query, tree: &mut JoinTree) {
    let mut index = 0;
    // Entries are added on the way: those are looked at, too.
    while index < query.range_table.len() {
        index += 1;
        let Some(RangeTableKind::Subquery { query: inner, .. }) = query.entry(index).map(|entry| &entry.kind) else {
            continue;
        };
        let inner = inner.clone();
        if query.entry(index).is_some_and(|entry| is_barrier(backend, entry)) {
            continue;
        }
        let alone = matches!(tree, JoinTree::From(items, _) if matches!(items.as_slice(), [JoinTree::Table(only)] if *only == index));
        if is_simple(&inner) && (alone || !inner.from.is_empty()) && allows(backend, query, tree, index, &inner) {
            pull_up(backend, query, tree, index, Query::clone(&inner));
        }
    }
}

/// Nothing but FROM, WHERE and plain targets.
fn is_simple(query: &Query) -> bool {
    query.command == CommandType::Select
        && query.set_operation.is_none()
        && !query.has_aggregates
        && !query.has_windows
        && query.group_by.is_empty()
        && query.grouping_sets.is_empty()
        && query.having.is_none()
        && query.order_by.is_empty()
        && query.distinct.is_none()
        && query.limit.is_none()
        && query.offset.is_none()
        && query.row_marks.is_empty()
        && query.ctes.is_empty()
}

/// The place of the subquery permits to pull it up.
fn allows(backend: &Backend<'_>, query: &Query, tree: &JoinTree, index: usize, inner: &Query) -> bool {
    let targets = || inner.target_list.iter().map(|target| &target.expr);
    if targets().any(contains_set_function)
        || targets().any(|target| least_stable(backend, target) == Volatility::Volatile)
    {
        return false;
    }
    // What is grouped by must be told apart from what is the same elsewhere, and be NULL where it is not grouped by.
    if !query.grouping_sets.is_empty() && !targets().all(|target| stays_column(inner, target)) {
        return false;
    }
    let lateral = query.entry(index).is_some_and(|entry| entry.lateral);
    match tree.is_nullable(index) {
        None => false,
        // Above the join only columns become NULL by themselves.
        Some(true) => !lateral && targets().all(|target| stays_column(inner, target)),
        // What a lateral subquery asks of its siblings is asked above all of them: no outer join in between.
        Some(false) => !lateral || !tree.has_outer_join() && !inner.from.iter().any(is_outer_join),
    }
}

/// A target is a column of the query's own, and remains one when the query's subqueries are pulled up.
fn stays_column(query: &Query, target: &Expr) -> bool {
    let Expr::Var(var) = target else { return false };
    let column = usize::try_from(var.attribute).ok().and_then(|n| n.checked_sub(1));
    let (Some(column), 0) = (column, var.levels_up) else {
        return false;
    };
    match query.entry(var.varno).map(|entry| &entry.kind) {
        Some(RangeTableKind::Join { join_vars, .. }) => {
            join_vars.get(column).is_some_and(|joined| stays_column(query, joined))
        }
        Some(RangeTableKind::Subquery { query: inner, .. }) if is_simple(inner) => {
            let targets = inner.target_list.iter().filter(|target| !target.junk);
            targets
                .skip(column)
                .take(1)
                .all(|target| stays_column(inner, &target.expr))
        }
        _ => true,
    }
}

fn is_outer_join(item: &FromItem) -> bool {
    match item {
        FromItem::Table(_) => false,
        FromItem::Join(join) => join.kind != JoinKind::Inner || is_outer_join(&join.left) || is_outer_join(&join.right),
    }
}

fn pull_up(backend: &Backend<'_>, query: &mut Query, tree: &mut JoinTree, index: usize, mut inner: Query) {
    flatten_join_columns(&mut inner);
    expand_whole_rows(&mut inner);
    let mut inner_tree = JoinTree::take(&mut inner);
    if inner.has_sublinks {
        pull_up_sublinks(backend, &mut inner, &mut inner_tree);
    }
    pull_up_subqueries(backend, &mut inner, &mut inner_tree);
    // The subquery's own columns move first, as long as outer ones can be told apart.
    let offset = query.range_table.len();
    shift(&mut inner, &mut inner_tree, offset);
    lower(&mut inner);
    inner_tree.for_each_qual_mut(&mut |qual| crate::planner::vars::lower_outer_references_in_expr(qual));
    if query.entry(index).is_some_and(|entry| entry.lateral) {
        tree.add_quals(inner_tree.take_inner_quals());
        // Its own subqueries may look at its siblings now.
        for entry in &mut inner.range_table {
            entry.lateral |= matches!(
                entry.kind,
                RangeTableKind::Subquery { .. } | RangeTableKind::Function { .. } | RangeTableKind::Values { .. }
            );
        }
    }
    let targets = inner.target_list.iter().filter(|target| !target.junk);
    let targets: Vec<Expr> = targets.map(|target| target.expr.clone()).collect();
    let columns = query
        .entry(index)
        .map(|entry| entry.columns.clone())
        .unwrap_or_default();
    let names: Vec<Name> = columns.into_iter().map(|column| column.name).collect();
    query.has_sublinks |= inner.has_sublinks || targets.iter().any(contains_sublink);
    let mut replace = |var: &Var| column_of(var, index, &targets, &names);
    replace_vars_in_query(query, 0, &mut replace);
    tree.for_each_qual_mut(&mut |qual| replace_vars(qual, 0, &mut replace));
    query.range_table.append(&mut inner.range_table);
    tree.replace_table(index, &mut Some(inner_tree));
}

/// What a column of a subquery is.
pub fn column_of(var: &Var, index: usize, targets: &[Expr], names: &[Name]) -> Option<Expr> {
    if var.varno != index {
        return None;
    }
    match usize::try_from(var.attribute) {
        Ok(0) => Some(Expr::Row {
            args: targets.to_vec(),
            names: names.to_vec(),
            type_oid: var.type_oid,
            form: FuncForm::ImplicitCast,
        }),
        Ok(attribute) => targets.get(attribute - 1).cloned(),
        Err(_) => None,
    }
}

/// Range-table indexes of the query and its tree grow by an offset.
pub fn shift(query: &mut Query, tree: &mut JoinTree, offset: usize) {
    let mut shift_var = |part: &mut Expr, depth: usize| {
        if let Expr::Var(var) = part
            && var.levels_up == depth
        {
            var.varno += offset;
        }
    };
    transform_query(query, 0, &mut shift_var);
    tree.for_each_qual_mut(&mut |qual| transform(qual, 0, &mut shift_var));
    tree.shift(offset);
    query.row_marks.iter_mut().for_each(|mark| mark.index += offset);
}
