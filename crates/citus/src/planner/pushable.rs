//! What a subquery may not have if each shard is to answer it for itself (`DeferErrorIfCannotPushdownSubquery`).
//!
//! A subquery that is refused here becomes a subplan; one that cannot (it refers to the query around it) makes the
//! refusal the error of the whole query.

use kumquat_postgres::query::{
    Distinct, Expr, FromItem, Query, RangeTableEntry, RangeTableKind, SetOperation, SetOperator, SortGroupClause,
};
use kumquat_types::{Error, Oid, Volatility};

use super::analysis::{Analysis, analyze, entries_of};
use super::errors::unsupported;
use super::evaluate::Functions;
use super::pushdown::DistributionColumns;
use super::rewrite::{self, refers_outside};
use crate::functions::signatures::proc_by_name;
use crate::metadata::{Metadata, TableType};

/// What a part of FROM is that has the same rows for every shard (`RecurringTuplesType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recurring {
    ReferenceTable,
    Function,
    Nothing,
    Result,
    Values,
}

impl Recurring {
    /// As messages on joins call it.
    pub fn description(self) -> &'static str {
        match self {
            Recurring::ReferenceTable => "a reference table",
            Recurring::Function => "a table function",
            Recurring::Nothing => "a subquery without FROM",
            Recurring::Result => "complex subqueries, CTEs or local tables",
            Recurring::Values => "a VALUES clause",
        }
    }

    fn in_correlated(self) -> &'static str {
        match self {
            Recurring::ReferenceTable => "a reference table",
            Recurring::Function => "a set returning function",
            Recurring::Nothing => "a subquery without FROM",
            Recurring::Result => "a CTE or subquery",
            Recurring::Values => "VALUES",
        }
    }

    fn in_union(self) -> &'static str {
        match self {
            Recurring::ReferenceTable => "Reference tables are not supported with union operator",
            Recurring::Function => "Table functions are not supported with union operator",
            Recurring::Nothing => "Subqueries without a FROM clause are not supported with union operator",
            Recurring::Result => "Complex subqueries and CTEs are not supported within a UNION",
            Recurring::Values => "VALUES is not supported within a UNION",
        }
    }
}

/// Why a subquery cannot be answered by each shard for itself; `None` if it can.
pub fn refusal(query: &Query, metadata: &Metadata, functions: &Functions, values_threshold: i32) -> Option<Error> {
    if let Some(detail) = table_combination(query, functions, values_threshold) {
        return Some(not_pushable(detail));
    }
    let mut detail = None;
    let is_mutable = |expr: &Expr| functions.has_volatility(expr, Volatility::Stable);
    if has_no_from(query) && query.target_list.iter().any(|target| is_mutable(&target.expr)) {
        detail = Some("Subqueries without a FROM clause can only contain immutable functions");
    }
    if !refers_outside(query, 0)
        && let Some(error) = requires_merge(query, metadata, "", "another query")
    {
        return Some(error);
    }
    if query.set_operation.is_some()
        && let Some(error) = union_refusal(query, metadata)
    {
        return Some(error);
    }
    if query.recursive {
        detail = Some("Recursive queries are currently unsupported");
    }
    if !query.ctes.is_empty() {
        detail = Some("Common Table Expressions are currently unsupported");
    }
    if !query.row_marks.is_empty() {
        detail = Some("For Update/Share commands are currently unsupported");
    }
    if !query.grouping_sets.is_empty() {
        detail = Some("could not run distributed query with GROUPING SETS, CUBE, or ROLLUP");
    }
    from_clause_recurs(query, metadata).or_else(|| detail.map(not_pushable))
}

fn not_pushable(detail: impl Into<String>) -> Error {
    unsupported("cannot push down this subquery").detail(detail.into())
}

/// `DeferErrorIfUnsupportedTableCombination`
fn table_combination(query: &Query, functions: &Functions, values_threshold: i32) -> Option<&'static str> {
    let mut detail = None;
    for entry in from_entries(query) {
        match &entry.kind {
            RangeTableKind::Values { rows } => {
                let is_long = usize::try_from(values_threshold).is_ok_and(|most| rows.len() > most);
                if is_long {
                    detail = Some(
                        "VALUES has more than \"citus.values_materialization_threshold\" entries, so it is materialized",
                    );
                } else if rows
                    .iter()
                    .flatten()
                    .any(|expr| functions.has_volatility(expr, Volatility::Stable))
                {
                    detail = Some("Only immutable functions can be used in VALUES");
                }
            }
            RangeTableKind::Function { functions: calls, .. } => {
                let is_result = calls.len() == 1 && calls.iter().all(|function| reads_result(&function.expr));
                let is_mutable = calls
                    .iter()
                    .any(|function| functions.has_volatility(&function.expr, Volatility::Stable));
                if is_mutable && !is_result {
                    detail = Some("Only immutable functions can be used as a table expressions in a multi-shard query");
                }
            }
            RangeTableKind::Cte { .. } => return Some("CTEs in subqueries are currently unsupported"),
            _ => {}
        }
    }
    detail
}

/// Entries in FROM, those of joins left out.
fn from_entries(query: &Query) -> impl Iterator<Item = &RangeTableEntry> {
    let indexes: Vec<usize> = query.from.iter().flat_map(entries_of).collect();
    indexes
        .into_iter()
        .filter_map(|index| query.entry(index))
        .filter(|entry| !matches!(entry.kind, RangeTableKind::Join { .. }))
}

/// The expression calls `read_intermediate_result`.
pub fn reads_result(expr: &Expr) -> bool {
    let is_reader = |oid: Oid| {
        ["read_intermediate_result", "read_intermediate_results"]
            .iter()
            .any(|name| proc_by_name(name).is_some_and(|proc| proc.oid == oid))
    };
    expr.any(&mut |part| matches!(part, Expr::Func(call) if is_reader(call.function)))
}

fn has_no_from(query: &Query) -> bool {
    query.from.is_empty() && query.set_operation.is_none()
}

/// What needs rows of all shards in one place (`DeferErrorIfSubqueryRequiresMerge`). `lateral` is empty or
/// `lateral `, `thing` what the subquery refers to.
pub fn requires_merge(query: &Query, metadata: &Metadata, lateral: &str, thing: &str) -> Option<Error> {
    let when = format!("currently unsupported when a {lateral}subquery references a column from {thing}");
    let analysis = analyze(query, metadata, &[]);
    let mut detail = None;
    if query.offset.is_some() {
        detail = Some(format!("Offset clause is {when}"));
    }
    if query.limit.is_some() {
        detail = Some(format!("Limit clause is {when}"));
    }
    if !query.group_by.is_empty() && !on_distribution_column(query, &analysis, &query.group_by) {
        detail = Some(format!("Group by list without partition column is {when}"));
    }
    if query.has_aggregates && query.group_by.is_empty() {
        detail = Some(format!("Aggregates without group by are {when}"));
    }
    if query.having.is_some() && query.group_by.is_empty() {
        detail = Some(format!("Having qual without group by on partition column is {when}"));
    }
    if query.has_windows
        && let Some(found) = unsafe_window(query, &analysis)
    {
        detail = Some(found.to_string());
    }
    if let Some(Distinct::All(clauses) | Distinct::On(clauses)) = &query.distinct
        && !on_distribution_column(query, &analysis, clauses)
    {
        detail = Some("Distinct on columns without partition column is currently unsupported".to_string());
    }
    detail.map(not_pushable)
}

/// One of the columns is the distribution column, or there is no table that has one
/// (`TargetListOnPartitionColumn`).
pub fn on_distribution_column(query: &Query, analysis: &Analysis, clauses: &[SortGroupClause]) -> bool {
    let has_key = analysis.uses.iter().any(|table| table.column.is_some());
    if !has_key {
        return true;
    }
    let columns = DistributionColumns::of(query, analysis);
    clauses
        .iter()
        .filter_map(|clause| query.target_by_ref(clause.target_ref))
        .any(|target| columns.contains(&target.expr))
}

/// Why window functions need rows of several shards (`SafeToPushdownWindowFunction`).
pub fn unsafe_window(query: &Query, analysis: &Analysis) -> Option<&'static str> {
    if query.windows.iter().any(|window| window.partition_by.is_empty()) {
        return Some("Window functions without PARTITION BY on distribution column is currently unsupported");
    }
    let all_safe = query
        .windows
        .iter()
        .all(|window| on_distribution_column(query, analysis, &window.partition_by));
    match all_safe {
        true => None,
        false => Some("Window functions with PARTITION BY list missing distribution column is currently unsupported"),
    }
}

/// Set operations other than UNION, and branches that every shard has (`DeferErrorIfUnsupportedUnionQuery`).
pub fn union_refusal(query: &Query, metadata: &Metadata) -> Option<Error> {
    let operation = query.set_operation.as_ref()?;
    if !only_unions(operation) {
        return Some(not_pushable("Intersect and Except are currently unsupported"));
    }
    let mut leaves = Vec::new();
    set_leaves(operation, &mut leaves);
    leaves
        .into_iter()
        .filter_map(|index| match &query.entry(index)?.kind {
            RangeTableKind::Subquery { query, .. } => recurring(query, metadata),
            _ => None,
        })
        .next()
        .map(|kind| not_pushable(kind.in_union()))
}

pub fn only_unions(operation: &SetOperation) -> bool {
    match operation {
        SetOperation::Leaf(_) => true,
        SetOperation::Node { kind, left, right, .. } => {
            *kind == SetOperator::Union && only_unions(left) && only_unions(right)
        }
    }
}

/// Range-table indexes of the branches.
pub fn set_leaves(operation: &SetOperation, leaves: &mut Vec<usize>) {
    match operation {
        SetOperation::Leaf(index) => leaves.push(*index),
        SetOperation::Node { left, right, .. } => {
            set_leaves(left, leaves);
            set_leaves(right, leaves);
        }
    }
}

/// A query with sublinks whose own FROM every shard has would give its rows once from each
/// (`DeferErrorIfFromClauseRecurs`).
pub fn from_clause_recurs(query: &Query, metadata: &Metadata) -> Option<Error> {
    if !query.has_sublinks {
        return None;
    }
    let kind = recurring(query, metadata)?;
    Some(unsupported(format!(
        "correlated subqueries are not supported when the FROM clause contains {}",
        kind.in_correlated()
    )))
}

/// Of what kind the rows of FROM are, if no table with shards is in it (`FromClauseRecurringTupleType`).
pub fn recurring(query: &Query, metadata: &Metadata) -> Option<Recurring> {
    if has_no_from(query) {
        return Some(Recurring::Nothing);
    }
    if query
        .range_table
        .iter()
        .any(|entry| entry_has_distributed(entry, metadata))
    {
        return None;
    }
    query
        .range_table
        .iter()
        .find_map(|entry| recurring_entry(entry, metadata))
}

/// The kind of one entry of FROM.
pub fn recurring_entry(entry: &RangeTableEntry, metadata: &Metadata) -> Option<Recurring> {
    match &entry.kind {
        RangeTableKind::Relation { relation, .. } => {
            (metadata.table_type(*relation) == Some(TableType::Reference)).then_some(Recurring::ReferenceTable)
        }
        RangeTableKind::Function { functions, .. } => {
            match functions.iter().any(|function| reads_result(&function.expr)) {
                true => Some(Recurring::Result),
                false => Some(Recurring::Function),
            }
        }
        RangeTableKind::Values { .. } => Some(Recurring::Values),
        RangeTableKind::Subquery { query, .. } => recurring(query, metadata),
        _ => None,
    }
}

/// The entry is a table with shards, or a subquery that reads one anywhere.
pub fn entry_has_distributed(entry: &RangeTableEntry, metadata: &Metadata) -> bool {
    let distributed = |relation: Oid| metadata.table_type(relation).is_some_and(TableType::is_distributed);
    match &entry.kind {
        RangeTableKind::Relation { relation, .. } => distributed(*relation),
        RangeTableKind::Subquery { query, .. } => {
            let mut found = false;
            rewrite::for_each_query(query, &mut |query| {
                found |= query.range_table.iter().any(
                    |entry| matches!(&entry.kind, RangeTableKind::Relation { relation, .. } if distributed(*relation)),
                );
            });
            found
        }
        _ => false,
    }
}

/// Lateral subqueries on shards that take columns from rows that recur (`DeferredErrorIfUnsupportedLateralSubquery`
/// and the outer joins of `DeferredErrorIfUnsupportedRecurringTuplesJoin`).
pub fn lateral_refusal(query: &Query, metadata: &Metadata) -> Option<Error> {
    let recurs = |index: usize| {
        query
            .entry(index)
            .filter(|entry| !entry_has_distributed(entry, metadata))
            .and_then(|entry| recurring_entry(entry, metadata))
    };
    for item in &query.from {
        if let Some(error) = lateral_outer_join(query, item, metadata, &recurs) {
            return Some(error);
        }
    }
    for entry in from_entries(query) {
        let RangeTableKind::Subquery { query: subquery, .. } = &entry.kind else {
            continue;
        };
        if !entry.lateral || !entry_has_distributed(entry, metadata) {
            continue;
        }
        let referenced = outer_entries(subquery);
        let Some((index, kind)) = referenced.iter().find_map(|index| Some((*index, recurs(*index)?))) else {
            continue;
        };
        let mut thing = kind.description().to_string();
        if let (Some(entry), false) = (
            query.entry(index),
            matches!(kind, Recurring::Values | Recurring::Result),
        ) {
            thing = format!("{thing} ({})", entry.name);
        }
        if let Some(error) = requires_merge(subquery, metadata, "lateral ", &thing) {
            return Some(error);
        }
    }
    None
}

fn lateral_outer_join(
    query: &Query,
    item: &FromItem,
    metadata: &Metadata,
    recurs: &dyn Fn(usize) -> Option<Recurring>,
) -> Option<Error> {
    let FromItem::Join(join) = item else { return None };
    let inside = lateral_outer_join(query, &join.left, metadata, recurs)
        .or_else(|| lateral_outer_join(query, &join.right, metadata, recurs));
    if inside.is_some() || join.kind != kumquat_postgres::query::JoinKind::Left {
        return inside;
    }
    let entries = |item: &FromItem| -> Vec<usize> { entries_of(item) };
    let distributed = |index: &usize| {
        query
            .entry(*index)
            .is_some_and(|entry| entry_has_distributed(entry, metadata))
    };
    let (left, right) = (entries(&join.left), entries(&join.right));
    let is_lateral = |index: &usize| query.entry(*index).is_some_and(|entry| entry.lateral);
    if left.iter().any(distributed) || !right.iter().any(|index| distributed(index) && is_lateral(index)) {
        return None;
    }
    let kind = left.iter().find_map(|index| recurs(*index))?;
    Some(unsupported(format!(
        "cannot perform a lateral outer join when a distributed subquery references {}",
        kind.description()
    )))
}

/// Entries of the query around it that a subquery takes columns from.
fn outer_entries(subquery: &Query) -> Vec<usize> {
    fn collect(query: &Query, depth: usize, found: &mut Vec<usize>) {
        query.for_each_expr(&mut |expr| {
            expr.visit(&mut |part| {
                if let Expr::Var(var) = part
                    && var.levels_up == depth
                    && !found.contains(&var.varno)
                {
                    found.push(var.varno);
                }
            });
        });
        query.for_each_subquery(&mut |subquery| collect(subquery, depth + 1, found));
    }
    let mut found = Vec::new();
    collect(subquery, 1, &mut found);
    found
}
