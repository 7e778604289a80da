//! UPDATE and DELETE: to one shard, to all shards, or to every copy of a reference table.

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::extension::PlannedBy;
use kumquat_postgres::query::{CommandType, Expr, Query, RangeTableKind};
use kumquat_types::{Datum, Error, Oid, Result, Severity, SqlState};

use super::analysis::{Analysis, Restriction, analyze, strip};
use super::plan::{DistributedPlan, SubPlan};
use super::router::{self, Target};
use super::{coordinator_scan, errors, evaluate, pushdown, recursive, report, tasks};
use crate::metadata::{self, TableType};

/// The table that a modification changes.
pub fn target_relation(query: &Query) -> Option<Oid> {
    match query.entry(query.result_relation?)?.kind {
        RangeTableKind::Relation { relation, .. } => Some(relation),
        _ => None,
    }
}

/// Plans an UPDATE or DELETE.
pub fn plan(backend: &mut Backend<'_>, query: &Arc<Query>, id: u64) -> Result<PlannedBy> {
    let Some(relation) = target_relation(query) else {
        return Ok(PlannedBy::Standard);
    };
    refuse_views(query)?;
    let Some(table_type) = metadata::of(backend)?.table_type(relation) else {
        return coordinator_scan::read_citus_tables_first(backend, query);
    };
    let mut query = (**query).clone();
    evaluate::check_modification(backend, &query)?;
    check_distribution_column(backend, &query, relation)?;
    evaluate::evaluate_stable_parts(backend, &mut query)?;
    let query = Arc::new(query);
    if let Some(plan) = routed(backend, &query, id, &[], relation, table_type)? {
        return Ok(PlannedBy::Custom(Arc::new(plan)));
    }
    report_not_pushable(backend, &query)?;
    let (query, subplans) = recursive::plan_subqueries(backend, &query, id)?;
    if let Some(plan) = routed(backend, &query, id, &subplans, relation, table_type)? {
        return Ok(PlannedBy::Custom(Arc::new(plan)));
    }
    let analysis = analyze(&query, metadata::of(backend)?, &[]);
    if table_type == TableType::Reference && analysis.distributed().next().is_some() {
        return Err(errors::unsupported(
            "cannot perform select on a distributed table and modify a reference table",
        ));
    }
    if table_type == TableType::Reference || table_type == TableType::CitusLocal {
        return Err(errors::unsupported(
            "only reference tables may be queried when targeting a reference table with multi shard UPDATE/DELETE \
             queries with multiple tables ",
        ));
    }
    check_joins(&analysis)?;
    let tasks = pushdown::shard_tasks(backend, &query, &analysis)?;
    router::report_routed(backend, &query, None);
    let mut plan = DistributedPlan::modification(id, query.command, tasks, &analysis, relation);
    plan.subplans = subplans;
    Ok(PlannedBy::Custom(Arc::new(plan)))
}

/// Tells why shards cannot each change their own rows, if parts of the modification must be read first.
fn report_not_pushable(backend: &mut Backend<'_>, query: &Query) -> Result<()> {
    if !report::is_loggable(backend, Severity::Debug2) {
        return Ok(());
    }
    let analysis = analyze(query, metadata::of(backend)?, &[]);
    if let Err(error) = errors::check_subqueries(backend, query, &analysis, metadata::of(backend)?) {
        report::deferred(backend, Severity::Debug2, error);
    }
    Ok(())
}

/// The plan, if the modification needs the shards of one place only.
fn routed(
    backend: &mut Backend<'_>,
    query: &Arc<Query>,
    id: u64,
    subplans: &[SubPlan],
    relation: Oid,
    table_type: TableType,
) -> Result<Option<DistributedPlan>> {
    let analysis = analyze(query, metadata::of(backend)?, &[]);
    let reads_local = subplans.is_empty() && tasks::mixes_with_local(metadata::of(backend)?, query, &analysis);
    if reads_local || router::modifies_in_cte(query) {
        return Ok(None);
    }
    let tasks = match router::target(backend, &analysis)? {
        Target::Many(_) => return Ok(None),
        Target::Nowhere => Vec::new(),
        Target::Place(place) => {
            if matches!(table_type, TableType::Reference | TableType::CitusLocal)
                && analysis.distributed().next().is_some()
            {
                return Ok(None);
            }
            vec![tasks::task_at(backend, query, &analysis, &place)?]
        }
    };
    let route = router::route(backend, &analysis, &tasks)?;
    router::report_routed(backend, query, route.as_ref());
    let mut plan = DistributedPlan::modification(id, query.command, tasks, &analysis, relation);
    (plan.subplans, plan.route) = (subplans.to_vec(), route);
    Ok(Some(plan))
}

/// A view in place of the table is not taken apart.
fn refuse_views(query: &Query) -> Result<()> {
    let is_view = query
        .result_relation
        .and_then(|index| query.entry(index))
        .is_some_and(|entry| matches!(entry.kind, RangeTableKind::Subquery { .. }));
    match is_view {
        true => Err(errors::unsupported(
            "cannot modify views when the query contains citus tables",
        )),
        false => Ok(()),
    }
}

/// Rows stay in their shards: the distribution column keeps its value (`TargetEntryChangesValue`).
fn check_distribution_column(backend: &Backend<'_>, query: &Query, relation: Oid) -> Result<()> {
    if query.command != CommandType::Update {
        return Ok(());
    }
    let metadata = metadata::of(backend)?;
    let Some(column) = metadata.table(relation).and_then(|table| table.column) else {
        return Ok(());
    };
    let changes = query
        .target_list
        .iter()
        .filter(|target| !target.junk && target.number == column)
        .any(|target| changes_value(query, &target.expr, column, metadata));
    match changes {
        true => Err(modifying_distribution_column()),
        false => Ok(()),
    }
}

pub fn modifying_distribution_column() -> Error {
    Error::new(
        SqlState::FEATURE_NOT_SUPPORTED,
        "modifying the partition value of rows is not allowed",
    )
}

/// SET column = column and WHERE column = 1 ... SET column = 1 change nothing.
pub fn changes_value(query: &Query, expr: &Expr, column: i16, metadata: &metadata::Metadata) -> bool {
    match strip(expr) {
        Expr::Var(var) => var.attribute != column || Some(var.varno) != query.result_relation,
        Expr::Const(constant) => {
            let analysis = analyze(query, metadata, &[]);
            let target = analysis
                .uses
                .iter()
                .position(|table| Some(table.relation) == target_relation(query));
            let Some(target) = target else { return true };
            !analysis
                .restrictions_on((target, column))
                .into_iter()
                .any(|restriction| {
                    matches!(restriction, Restriction::Values(values)
                    if values.len() == 1 && values.iter().all(|(value, _)| same_value(value, &constant.value)))
                })
        }
        _ => true,
    }
}

/// Integers are the same whatever their width.
pub fn same_value(a: &Datum, b: &Datum) -> bool {
    match (a.as_i64(), b.as_i64()) {
        (Some(a), Some(b)) => a == b,
        _ => kumquat_types::compare::same(a, b),
    }
}

fn check_joins(analysis: &Analysis) -> Result<()> {
    if analysis.colocated() && analysis.joined_on_distribution_columns() {
        return Ok(());
    }
    Err(errors::unsupported(
        "complex joins are only supported when all distributed tables are co-located and joined on their distribution \
         columns",
    ))
}
