//! What the distributed planner refuses, in Citus's words.

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::Catalog;
use kumquat_postgres::query::{BoolOp, Expr, FromItem, JoinKind, Query, RangeTableKind, SubLink, SubLinkKind};
use kumquat_types::{Error, Result, SqlState};

use super::analysis::{Analysis, TableUse, entries_of, is_equality, strip};
use super::evaluate::Functions;
use super::{pushable, rewrite};
use crate::metadata::{self, Metadata, TableType};
use crate::settings;
use crate::shards::names::relation_name;

pub fn unsupported(message: impl Into<String>) -> Error {
    Error::new(SqlState::FEATURE_NOT_SUPPORTED, message)
}

const FILTER_HINT: &str = "Consider using an equality filter on the distributed table's partition column.";

const LOCAL_JOIN: &str = "direct joins between distributed and local tables are not supported";
const LOCAL_JOIN_HINT: &str = "Use CTE's or subqueries to select from local tables and use them in joins";

/// A local table is read where only shards are.
pub fn local_join() -> Error {
    unsupported(LOCAL_JOIN).hint(LOCAL_JOIN_HINT)
}

/// What a SELECT over many shards may not have (`MultiLogicalPlanCreate`).
pub fn check_pushdown(backend: &Backend<'_>, query: &Query, analysis: &Analysis) -> Result<Joins> {
    let metadata = metadata::of(backend)?;
    check_query(query, analysis)?;
    match uses_subquery_pushdown(backend, query, analysis)? {
        true => {
            check_subqueries(backend, query, analysis, metadata)?;
            Ok(Joins::Local)
        }
        false => check_joins(backend, query, analysis),
    }
}

/// What the outermost query may not have; the last that is found is told (`DeferErrorIfQueryNotSupported`).
fn check_query(query: &Query, analysis: &Analysis) -> Result<()> {
    let mut found: Option<(&str, Option<&str>)> = None;
    if query.recursive {
        found = Some(("could not run distributed query with RECURSIVE", Some(FILTER_HINT)));
    }
    if !query.ctes.is_empty() {
        found = Some((
            "could not run distributed query with common table expressions",
            Some(FILTER_HINT),
        ));
    }
    if !query.row_marks.is_empty() {
        found = Some((
            "could not run distributed query with FOR UPDATE/SHARE commands",
            Some(FILTER_HINT),
        ));
    }
    if !query.grouping_sets.is_empty() {
        found = Some((
            "could not run distributed query with GROUPING SETS, CUBE, or ROLLUP",
            Some(FILTER_HINT),
        ));
    }
    if rewrite::any_expr(query, &mut |expr| matches!(expr, Expr::Grouping { .. })) {
        found = Some(("could not run distributed query with GROUPING", Some(FILTER_HINT)));
    }
    let has_sublink = |expr: &Option<Expr>| {
        expr.as_ref()
            .is_some_and(|expr| expr.any(&mut |part| matches!(part, Expr::SubLink(_))))
    };
    if has_sublink(&query.limit) {
        found = Some(("subquery in LIMIT is not supported in multi-shard queries", None));
    }
    if has_sublink(&query.offset) {
        found = Some(("subquery in OFFSET is not supported in multi-shard queries", None));
    }
    let is_local = |table: &TableUse| matches!(table.table_type, None | Some(TableType::CitusLocal));
    if analysis.uses.iter().any(is_local) {
        found = Some((LOCAL_JOIN, Some(LOCAL_JOIN_HINT)));
    }
    let Some((message, hint)) = found else { return Ok(()) };
    let error = unsupported(message);
    Err(match hint.filter(|_| analysis.colocated()) {
        Some(hint) => error.hint(hint),
        None => error,
    })
}

/// The query as one that every shard answers whole (`DeferErrorIfUnsupportedSubqueryPushdown`).
pub fn check_subqueries(backend: &Backend<'_>, query: &Query, analysis: &Analysis, metadata: &Metadata) -> Result<()> {
    if !analysis.joined_on_distribution_columns() {
        return Err(match is_union(query) {
            true => unsupported(
                "cannot pushdown the subquery since not all subqueries in the UNION have the partition column in the \
                 same position",
            )
            .detail(
                "Each leaf query of the UNION should return the partition column in the same position and all joins \
                 must be on the partition column",
            ),
            false => complex_join(),
        });
    }
    let refused = pushable::from_clause_recurs(query, metadata).or_else(|| pushable::lateral_refusal(query, metadata));
    if let Some(error) = refused {
        return Err(error);
    }
    let threshold = settings::integer(backend, "citus.values_materialization_threshold");
    let functions = Functions::of(backend)?;
    let mut failure = None;
    query.for_each_subquery(&mut |subquery| {
        rewrite::for_each_query(subquery, &mut |subquery| {
            if failure.is_none() {
                failure = pushable::refusal(subquery, metadata, &functions, threshold);
            }
        });
    });
    match failure {
        Some(error) => Err(error),
        None => check_colocated(backend, analysis),
    }
}

/// FROM is one subquery that is, or has in it, a set operation (`ContainsUnionSubquery`).
fn is_union(query: &Query) -> bool {
    let [FromItem::Table(index)] = query.from.as_slice() else {
        return false;
    };
    match query.entry(*index).map(|entry| &entry.kind) {
        Some(RangeTableKind::Subquery { query, .. }) => query.set_operation.is_some() || is_union(query),
        _ => false,
    }
}

/// The shards of all tables must pair off.
fn check_colocated(backend: &Backend<'_>, analysis: &Analysis) -> Result<()> {
    let mut tables = analysis.distributed().map(|(_, table)| table);
    let Some(first) = tables.next() else { return Ok(()) };
    match tables.find(|table| table.colocation_id != first.colocation_id) {
        None => Ok(()),
        Some(other) => {
            let catalog = backend.catalog()?;
            Err(unsupported("cannot push down this subquery").detail(format!(
                "{} and {} are not colocated",
                relation_name(catalog, first.relation),
                relation_name(catalog, other.relation)
            )))
        }
    }
}

/// Joins between shards need equality of distribution columns.
fn check_joins(backend: &Backend<'_>, query: &Query, analysis: &Analysis) -> Result<Joins> {
    if analysis.distributed().count() < 2 || (analysis.colocated() && analysis.joined_on_distribution_columns()) {
        return Ok(Joins::Local);
    }
    match join_clauses(query) {
        JoinClauses::Equalities if settings::is_on(backend, "citus.enable_repartition_joins") => {
            Ok(Joins::Repartitioned)
        }
        clauses => Err(simple_join(clauses)),
    }
}

/// The query is planned as one that is pushed down whole, not as a tree of joins (`ShouldUseSubqueryPushDown`).
fn uses_subquery_pushdown(backend: &Backend<'_>, query: &Query, analysis: &Analysis) -> Result<bool> {
    let in_from = query.range_table.iter().any(|entry| {
        matches!(
            entry.kind,
            RangeTableKind::Subquery { .. } | RangeTableKind::Function { .. } | RangeTableKind::Values { .. }
        )
    });
    let catalog = backend.catalog()?;
    let mut in_expression = false;
    query.for_each_expr(&mut |expr| {
        let is_where = query.quals.as_ref().is_some_and(|quals| std::ptr::eq(quals, expr));
        expr.visit(&mut |part| {
            if let Expr::SubLink(link) = part {
                let is_join = is_where && is_conjunct(expr, part) && joins_unique_row(catalog, link);
                in_expression |= !is_join;
            }
        });
    });
    let safe_windows = query.has_windows && pushable::unsafe_window(query, analysis).is_none();
    Ok(in_from || in_expression || query.set_operation.is_some() || has_outer_join(query) || safe_windows)
}

/// The part is the condition itself, or one that it joins by AND.
fn is_conjunct(condition: &Expr, part: &Expr) -> bool {
    match condition {
        Expr::Bool(BoolOp::And, args) => args.iter().any(|arg| is_conjunct(arg, part)),
        other => std::ptr::eq(other, part),
    }
}

/// EXISTS and IN on a table's unique columns: PostgreSQL makes an ordinary join of the semi join.
fn joins_unique_row(catalog: &Catalog, link: &SubLink) -> bool {
    let inner = &link.query;
    let [FromItem::Table(index)] = inner.from.as_slice() else {
        return false;
    };
    let Some(RangeTableKind::Relation { relation, .. }) = inner.entry(*index).map(|entry| &entry.kind) else {
        return false;
    };
    if inner.has_aggregates || !inner.group_by.is_empty() || inner.limit.is_some() || inner.has_windows {
        return false;
    }
    let own_column = |expr: &Expr| match strip(expr) {
        Expr::Var(var) if var.levels_up == 0 => Some(var.attribute),
        _ => None,
    };
    let mut columns: Vec<i16> = Vec::new();
    match link.kind {
        SubLinkKind::Any if link.is_in => {
            columns.extend(inner.output_columns().filter_map(|target| own_column(&target.expr)));
        }
        SubLinkKind::Exists => {}
        _ => return false,
    }
    let conjuncts: &[Expr] = match &inner.quals {
        Some(Expr::Bool(BoolOp::And, args)) => args,
        Some(other) => std::slice::from_ref(other),
        None => &[],
    };
    for conjunct in conjuncts {
        if let Expr::Op(op) = conjunct
            && is_equality(op.operator)
        {
            columns.extend(op.args.iter().filter_map(own_column));
        }
    }
    catalog.indexes_of(*relation).any(|index| {
        index
            .index
            .as_ref()
            .is_some_and(|index| index.unique && index.columns.iter().all(|column| columns.contains(&column.attribute)))
    })
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
    /// Columns of equal type are compared for equality, and so all tables with shards come together.
    Equalities,
    Other,
    None,
}

/// How conditions compare columns of different tables.
fn join_clauses(query: &Query) -> JoinClauses {
    let mut any = false;
    let mut joined: Vec<(TableKey, TableKey)> = Vec::new();
    let mut look = |condition: &Expr, inner: Option<usize>| {
        condition.visit(&mut |part| {
            let Expr::Op(op) = part else { return };
            let [left, right] = op.args.as_slice() else { return };
            let (a, b) = (tables_of(left, inner), tables_of(right, inner));
            if a.is_empty() || b.is_empty() || a == b {
                return;
            }
            any = true;
            let is_plain = is_equality(op.operator)
                && matches!((strip(left), strip(right)), (Expr::Var(a), Expr::Var(b)) if a.type_oid == b.type_oid);
            if let (true, [a], [b]) = (is_plain, a.as_slice(), b.as_slice()) {
                joined.push((*a, *b));
            }
        });
    };
    let mut semi_joins = Vec::new();
    query.quals.iter().for_each(|quals| {
        look(quals, None);
        quals.visit(&mut |part| {
            if let Expr::SubLink(link) = part {
                semi_joins.push((**link).clone());
            }
        });
    });
    fn quals(item: &FromItem, look: &mut dyn FnMut(&Expr)) {
        if let FromItem::Join(join) = item {
            quals(&join.left, look);
            quals(&join.right, look);
            join.quals.iter().for_each(look);
        }
    }
    query
        .from
        .iter()
        .for_each(|item| quals(item, &mut |expr| look(expr, None)));
    for (number, link) in semi_joins.iter().enumerate() {
        link.query.quals.iter().for_each(|quals| look(quals, Some(number)));
    }
    for (number, link) in semi_joins.iter().enumerate() {
        for (left, target) in link.left.iter().zip(link.query.output_columns()) {
            any = true;
            if let ([left], [right]) = (
                tables_of(left, None).as_slice(),
                tables_of(&target.expr, Some(number)).as_slice(),
            ) {
                joined.push((*left, *right));
            }
        }
    }
    match (any, joined.is_empty()) {
        (false, _) => JoinClauses::None,
        (true, false) if !is_connected(query, &joined) => JoinClauses::None,
        (true, false) => JoinClauses::Equalities,
        (true, true) => JoinClauses::Other,
    }
}

/// Equalities lead from the first table of FROM to all others.
fn is_connected(query: &Query, joined: &[(TableKey, TableKey)]) -> bool {
    let is_table = |index: &usize| {
        let entry = query.entry(*index);
        entry.is_some_and(|entry| matches!(entry.kind, RangeTableKind::Relation { .. }))
    };
    let mut waiting: Vec<TableKey> = query
        .from
        .iter()
        .flat_map(entries_of)
        .filter(is_table)
        .map(|index| (None, index))
        .collect();
    let Some(first) = waiting.pop() else { return true };
    let mut reached = vec![first];
    loop {
        let next = joined
            .iter()
            .find_map(|(a, b)| match (reached.contains(a), reached.contains(b)) {
                (true, false) => Some(*b),
                (false, true) => Some(*a),
                _ => None,
            });
        match next {
            Some(table) => reached.push(table),
            None => return waiting.iter().all(|table| reached.contains(table)),
        }
    }
}

/// A table of FROM, or one of the semi join of this number.
type TableKey = (Option<usize>, usize);

/// The tables whose columns are in an expression; `inner`: the semi join whose query it stands in.
fn tables_of(expr: &Expr, inner: Option<usize>) -> Vec<TableKey> {
    let mut tables = Vec::new();
    expr.visit(&mut |part| {
        if let Expr::Var(var) = part {
            let key = match var.levels_up {
                0 => (inner, var.varno),
                _ => (None, var.varno),
            };
            if !tables.contains(&key) {
                tables.push(key);
            }
        }
    });
    tables
}
