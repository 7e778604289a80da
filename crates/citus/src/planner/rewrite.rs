//! Making queries and changing them all the way down.

use std::sync::Arc;

use kumquat_postgres::query::{
    CommandType, Expr, FromItem, ParamKind, Query, RangeTableEntry, RangeTableKind, RteColumn, TargetEntry, Var,
};
use kumquat_types::{Datum, Oid};

/// `SELECT * FROM entry`.
pub fn select_all(entry: RangeTableEntry) -> Query {
    let mut query = Query::new(CommandType::Select);
    query.target_list = (1..)
        .zip(&entry.columns)
        .filter(|(_, column)| !column.name.is_empty())
        .zip(1..)
        .map(|((attribute, column), number)| target(number, &column.name, var(1, attribute, column)))
        .collect();
    query.range_table.push(entry);
    query.from.push(FromItem::Table(1));
    query
}

/// Column `attribute` of entry `varno`.
pub fn var(varno: usize, attribute: i16, column: &RteColumn) -> Expr {
    Expr::Var(Var {
        varno,
        attribute,
        type_oid: column.type_oid,
        type_modifier: column.type_modifier,
        collation: column.collation,
        levels_up: 0,
        location: None,
    })
}

pub fn target(number: i16, name: &str, expr: Expr) -> TargetEntry {
    TargetEntry {
        expr,
        number,
        name: name.into(),
        sort_group_ref: 0,
        junk: false,
        origin: (Oid::INVALID, 0),
    }
}

/// An entry that stands in FROM under a name of its own.
pub fn entry(kind: RangeTableKind, name: &str, columns: Vec<RteColumn>) -> RangeTableEntry {
    RangeTableEntry {
        kind,
        alias: None,
        name: name.into(),
        columns,
        lateral: false,
        in_from: true,
        check_as: Oid::INVALID,
        required: Vec::new(),
        selected: Vec::new(),
        inserted: Vec::new(),
        updated: Vec::new(),
        security_quals: Vec::new(),
    }
}

/// The columns a query gives, as those of a range-table entry.
pub fn output_columns(query: &Query) -> Vec<RteColumn> {
    query
        .output_columns()
        .map(|target| RteColumn {
            name: target.name.clone(),
            type_oid: target.expr.type_oid(),
            type_modifier: target.expr.type_modifier(),
            collation: collation_of(&target.expr),
        })
        .collect()
}

fn collation_of(expr: &Expr) -> Oid {
    match expr {
        Expr::Var(var) => var.collation,
        _ => Oid::INVALID,
    }
}

/// Changes every expression of a query and of all queries in it.
pub fn transform_all(query: &mut Query, f: &mut dyn FnMut(&mut Expr)) {
    query.for_each_expr_mut(&mut |expr| expr.transform(f));
    query.for_each_subquery_mut(&mut |subquery| transform_all(Arc::make_mut(subquery), f));
}

/// Calls `f` on every query: this one first, then those in it.
pub fn for_each_query<'a>(query: &'a Query, f: &mut dyn FnMut(&'a Query)) {
    f(query);
    query.for_each_subquery(&mut |subquery| for_each_query(subquery, f));
}

/// The query or any query in it reads a relation that satisfies `test`.
pub fn reads(query: &Query, test: &dyn Fn(Oid) -> bool) -> bool {
    let mut found = false;
    for_each_query(query, &mut |query| {
        for entry in &query.range_table {
            if let RangeTableKind::Relation { relation, .. } = &entry.kind {
                found |= test(*relation);
            }
        }
    });
    found
}

/// Calls `f` on every expression of a query and of all queries in it.
pub fn visit_all<'a>(query: &'a Query, f: &mut dyn FnMut(&'a Expr)) {
    for_each_query(query, &mut |query| query.for_each_expr(&mut |expr| expr.visit(f)));
}

/// True if any expression of the query (subqueries included) satisfies `test`.
pub fn any_expr(query: &Query, test: &mut dyn FnMut(&Expr) -> bool) -> bool {
    let mut found = false;
    visit_all(query, &mut |expr| found = found || test(expr));
    found
}

/// Puts the values of `$n` in their places.
pub fn substitute_params(query: &Arc<Query>, params: &[Datum]) -> Arc<Query> {
    let has_params = any_expr(query, &mut |expr| {
        matches!(
            expr,
            Expr::Param {
                kind: ParamKind::External,
                ..
            }
        )
    });
    if params.is_empty() || !has_params {
        return query.clone();
    }
    let mut result = (**query).clone();
    transform_all(&mut result, &mut |expr| {
        if let Expr::Param {
            kind: ParamKind::External,
            number,
            type_oid,
            ..
        } = expr
            && let Some(value) = number.checked_sub(1).and_then(|at| params.get(at))
        {
            *expr = Expr::constant(value.clone(), *type_oid);
        }
    });
    Arc::new(result)
}

/// True if the expression refers to a query `depth` levels or more further out than the one it stands in.
pub fn refers_outside(query: &Query, depth: usize) -> bool {
    let mut found = false;
    query.for_each_expr(&mut |expr| {
        expr.visit(&mut |part| match part {
            Expr::Var(var) => found |= var.levels_up > depth,
            Expr::Aggref(aggregate) => found |= aggregate.levels_up > depth,
            _ => {}
        });
    });
    query.for_each_subquery(&mut |subquery| found = found || refers_outside(subquery, depth + 1));
    for entry in &query.range_table {
        if let RangeTableKind::Cte { levels_up, .. } = &entry.kind {
            found |= *levels_up > depth;
        }
    }
    found
}
