//! What the distributed planner refuses, in Citus's words.

use kumquat_postgres::Backend;
use kumquat_postgres::query::{Expr, FromItem, JoinKind, Query, RangeTableKind};
use kumquat_types::{Error, Result, SqlState};

use super::analysis::{Analysis, is_equality, strip};
use super::rewrite;
use crate::settings;

pub fn unsupported(message: impl Into<String>) -> Error {
    Error::new(SqlState::FEATURE_NOT_SUPPORTED, message)
}

const FILTER_HINT: &str = "Consider using an equality filter on the distributed table's partition column.";

/// What a SELECT over many shards may not have.
pub fn check_pushdown(backend: &Backend<'_>, query: &Query, analysis: &Analysis) -> Result<Joins> {
    check_clauses(query)?;
    check_joins(backend, query, analysis)
}

fn check_clauses(query: &Query) -> Result<()> {
    let mut failure = None;
    rewrite::for_each_query(query, &mut |query| {
        if failure.is_some() {
            return;
        }
        if !query.grouping_sets.is_empty() {
            let has_grouping = rewrite::any_expr(query, &mut |expr| matches!(expr, Expr::Grouping { .. }));
            let what = if has_grouping {
                "GROUPING"
            } else {
                "GROUPING SETS, CUBE, or ROLLUP"
            };
            failure = Some(unsupported(format!("could not run distributed query with {what}")).hint(FILTER_HINT));
        } else if !query.row_marks.is_empty() {
            failure =
                Some(unsupported("could not run distributed query with FOR UPDATE/SHARE commands").hint(FILTER_HINT));
        }
    });
    failure.map_or(Ok(()), Err)
}

/// Joins between shards need equality of distribution columns.
fn check_joins(backend: &Backend<'_>, query: &Query, analysis: &Analysis) -> Result<Joins> {
    if analysis.distributed().count() < 2 {
        return Ok(Joins::Local);
    }
    if analysis.colocated() && analysis.joined_on_distribution_columns() {
        return Ok(Joins::Local);
    }
    if uses_subquery_pushdown(query) || has_outer_join(query) {
        return Err(complex_join());
    }
    match join_clauses(query) {
        JoinClauses::Equalities if settings::is_on(backend, "citus.enable_repartition_joins") => {
            Ok(Joins::Repartitioned)
        }
        clauses => Err(simple_join(clauses)),
    }
}

/// The query is planned as one that is pushed down whole, not as a tree of joins (`ShouldUseSubqueryPushDown`).
fn uses_subquery_pushdown(query: &Query) -> bool {
    let in_from = query.range_table.iter().any(|entry| {
        matches!(
            entry.kind,
            RangeTableKind::Subquery { .. } | RangeTableKind::Function { .. }
        )
    });
    let mut in_expression = false;
    query.for_each_expr(&mut |expr| {
        expr.visit(&mut |part| in_expression |= matches!(part, Expr::SubLink(_)));
    });
    in_from || in_expression || query.set_operation.is_some()
}

fn has_outer_join(query: &Query) -> bool {
    fn outer(item: &FromItem) -> bool {
        match item {
            FromItem::Table(_) => false,
            FromItem::Join(join) => join.kind != JoinKind::Inner || outer(&join.left) || outer(&join.right),
        }
    }
    query.from.iter().any(outer)
}

fn complex_join() -> Error {
    unsupported(
        "complex joins are only supported when all distributed tables are co-located and joined on their distribution \
         columns",
    )
}

/// Which error a join of plain tables gives depends on its conditions.
fn simple_join(clauses: JoinClauses) -> Error {
    match clauses {
        JoinClauses::Equalities => unsupported("the query contains a join that requires repartitioning")
            .hint("Set citus.enable_repartition_joins to on to enable repartitioning"),
        JoinClauses::None => unsupported("cannot perform distributed planning on this query")
            .detail("Cartesian products are currently unsupported"),
        JoinClauses::Other => unsupported(
            "complex joins are only supported when all distributed tables are joined on their distribution columns \
             with equal operator",
        ),
    }
}

/// How the tables of a query come together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joins {
    /// Inside of each shard.
    Local,
    /// Rows have to be sent to where their partners are.
    Repartitioned,
}

enum JoinClauses {
    /// Columns of equal type are compared for equality.
    Equalities,
    Other,
    None,
}

fn join_clauses(query: &Query) -> JoinClauses {
    let mut found = JoinClauses::None;
    let mut look = |expr: &Expr| {
        expr.visit(&mut |part| {
            let Expr::Op(op) = part else { return };
            let [left, right] = op.args.as_slice() else { return };
            let (a, b) = (tables_of(left), tables_of(right));
            if a.is_empty() || b.is_empty() || a == b {
                return;
            }
            let plain = is_equality(op.operator)
                && matches!((strip(left), strip(right)), (Expr::Var(a), Expr::Var(b)) if a.type_oid == b.type_oid);
            found = match (&found, plain) {
                (JoinClauses::Other, _) | (_, false) => JoinClauses::Other,
                _ => JoinClauses::Equalities,
            };
        });
    };
    query.quals.iter().for_each(&mut look);
    fn quals(item: &FromItem, look: &mut dyn FnMut(&Expr)) {
        if let FromItem::Join(join) = item {
            quals(&join.left, look);
            quals(&join.right, look);
            join.quals.iter().for_each(look);
        }
    }
    query.from.iter().for_each(|item| quals(item, &mut look));
    found
}

/// The tables whose columns are in an expression.
fn tables_of(expr: &Expr) -> Vec<usize> {
    let mut tables = Vec::new();
    expr.visit(&mut |part| {
        if let Expr::Var(var) = part
            && !tables.contains(&var.varno)
        {
            tables.push(var.varno);
        }
    });
    tables
}
