//! Runs distributed plans: subplans first, then the tasks on the nodes that hold their shards.
//!
//! - this file: the tasks, each planned once for all shards
//! - [`copy`]: rows on their way into shards
//! - [`explain`]: what EXPLAIN shows under `Custom Scan (Citus Adaptive)`

pub mod copy;
pub mod explain;

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::Catalog;
use kumquat_postgres::executor::{RelationBindings, run};
use kumquat_postgres::extension::CustomOutput;
use kumquat_postgres::planner::{PlannedQuery, plan_bound_query};
use kumquat_postgres::query::{CommandType, Expr, Query, RangeTableKind};
use kumquat_postgres::result::{QueryOutcome, ResultSet};
use kumquat_types::{Error, Oid, Result, SqlState};

use crate::connection::Connection;
use crate::planner::plan::{DistributedPlan, SubPlan, Task, TaskPlacement};
use crate::session;
use crate::settings;
use crate::trace::{Sql, TaskTrace};
use crate::transaction::{self, access};

/// Runs a plan and puts the rows of its tasks one after the other.
pub fn execute(backend: &mut Backend<'_>, plan: &DistributedPlan) -> Result<CustomOutput> {
    execute_in_mode(backend, plan, false)
}

/// The same for EXPLAIN ANALYZE: what the tasks count is kept in the session's log.
pub fn execute_counted(backend: &mut Backend<'_>, plan: &DistributedPlan) -> Result<CustomOutput> {
    session::log(backend, |log| log.explained.insert(plan.id, Vec::new()));
    execute_in_mode(backend, plan, true)
}

fn execute_in_mode(backend: &mut Backend<'_>, plan: &DistributedPlan, counted: bool) -> Result<CustomOutput> {
    session::log(backend, |log| {
        log.trace.plan = Some(plan.choice.clone());
        log.trace.route = plan.route.clone();
    });
    for subplan in &plan.subplans {
        match counted {
            true => explain::run_counted_subplan(backend, subplan)?,
            false => run_subplan(backend, subplan)?,
        }
    }
    check_accesses(backend, plan)?;
    record_accesses(backend, plan)?;
    run_tasks(backend, plan, counted)
}

/// Runs a subplan and keeps its rows under its name.
pub fn run_subplan(backend: &mut Backend<'_>, subplan: &SubPlan) -> Result<()> {
    let outcome = run(backend, &subplan.plan, &[], &RelationBindings::new())?;
    keep_result(backend, subplan.name.clone(), outcome.rows.unwrap_or_default());
    Ok(())
}

/// Keeps rows for `read_intermediate_result`.
pub fn keep_result(backend: &mut Backend<'_>, name: Arc<str>, rows: ResultSet) {
    session::update(backend, |state| {
        state.intermediate_results.insert(name, Arc::new(rows));
    });
}

fn check_accesses(backend: &mut Backend<'_>, plan: &DistributedPlan) -> Result<()> {
    for relation in &plan.written_tables {
        access::check_conflicts(backend, *relation, access::AccessKind::Modify)?;
    }
    let first = plan.tasks.first().and_then(|task| task.placements.first());
    for (relation, _) in first.iter().flat_map(|placement| placement.bindings.iter()) {
        if !plan.written_tables.contains(relation) {
            access::check_conflicts(backend, *relation, access::AccessKind::Select)?;
        }
    }
    Ok(())
}

fn record_accesses(backend: &mut Backend<'_>, plan: &DistributedPlan) -> Result<()> {
    let kind = match plan.is_select() {
        true => access::AccessKind::Select,
        false => access::AccessKind::Modify,
    };
    for relation in &plan.parallel_tables {
        access::record_parallel(backend, *relation, kind)?;
    }
    Ok(())
}

/// The tasks in order; those of one query are planned once.
fn run_tasks(backend: &mut Backend<'_>, plan: &DistributedPlan, counted: bool) -> Result<CustomOutput> {
    let mut output = CustomOutput::default();
    let mut planned: Option<(Arc<Query>, Arc<PlannedQuery>)> = None;
    for task in &plan.tasks {
        let placements: Vec<&TaskPlacement> = match plan.is_select() {
            true => task.placements.iter().take(1).collect(),
            false => remote_first(backend, task)?,
        };
        for (index, placement) in placements.into_iter().enumerate() {
            let counted = counted && index == 0;
            let outcome = run_task(backend, plan, task, placement, &mut planned, counted)?;
            if index == 0 {
                if !plan.is_select() {
                    output.processed = output.processed.saturating_add(outcome.processed);
                }
                output
                    .chunks
                    .extend(outcome.rows.into_iter().flat_map(|rows| rows.chunks));
            }
        }
    }
    Ok(output)
}

/// Other nodes write before this one does.
fn remote_first<'a>(backend: &Backend<'_>, task: &'a Task) -> Result<Vec<&'a TaskPlacement>> {
    let local = crate::metadata::of(backend)?.local_node().map(|node| node.id);
    let mut placements: Vec<&TaskPlacement> = task.placements.iter().collect();
    placements.sort_by_key(|placement| Some(placement.node) == local);
    Ok(placements)
}

fn run_task(
    backend: &mut Backend<'_>,
    plan: &DistributedPlan,
    task: &Task,
    placement: &TaskPlacement,
    planned: &mut Option<(Arc<Query>, Arc<PlannedQuery>)>,
    counted: bool,
) -> Result<QueryOutcome> {
    let connection = Connection::open(backend, placement.node)?;
    transaction::join(backend, &connection, !plan.is_select())?;
    let sql = Sql::Query {
        query: task.query.clone(),
        names: placement.names.clone(),
    };
    connection.record(backend, sql.clone(), 0)?;
    if connection.is_local && settings::is_on(backend, "citus.log_local_commands") {
        let text = sql.render(backend)?;
        backend.notice(Error::notice(format!("executing the command locally: {text}")));
    }
    let bindings: RelationBindings = placement.bindings.iter().copied().collect();
    let shells = backend.catalog()?.clone();
    let mut explained = None;
    let outcome = connection.run(backend, |remote| {
        ensure_tables(remote, placement)?;
        ensure_columns(remote, &shells, &task.query, placement)?;
        if counted {
            let (found, outcome) = explain::run_counted_task(remote, task, placement)?;
            explained = Some(found);
            return Ok(outcome);
        }
        let plan = match planned {
            Some((query, plan)) if Arc::ptr_eq(query, &task.query) => plan.clone(),
            _ => {
                let plan = plan_bound_query(remote, &task.query, &[], &bindings)?;
                *planned = Some((task.query.clone(), plan.clone()));
                plan
            }
        };
        run(remote, &plan, &[], &bindings)
    });
    // A task that failed has touched its shard, too.
    let trace = TaskTrace {
        shard: task.shard,
        node: placement.node,
        sql,
        rows: outcome.as_ref().map_or(0, |outcome| outcome.processed),
    };
    session::log(backend, |log| {
        log.trace.tasks.push(trace);
        if let Some(explained) = explained {
            log.explained.entry(plan.id).or_default().push(explained);
        }
    });
    outcome
}

/// A shard's table may have been dropped behind Citus's back.
fn ensure_tables(remote: &Backend<'_>, placement: &TaskPlacement) -> Result<()> {
    for (relation, table) in placement.bindings.iter() {
        if remote.catalog()?.relation(*table).is_none() {
            let name = placement.names.iter().find(|(found, _)| found == relation);
            let name = name.map(|(_, name)| name.as_str()).unwrap_or_default();
            let message = format!("relation \"{name}\" does not exist");
            return Err(Error::new(SqlState::UNDEFINED_TABLE, message));
        }
    }
    Ok(())
}

/// A column may have been added to the table alone, with propagation off.
fn ensure_columns(remote: &Backend<'_>, shells: &Catalog, query: &Query, placement: &TaskPlacement) -> Result<()> {
    for (relation, table) in placement.bindings.iter() {
        let (Some(shell), Some(shard)) = (shells.relation(*relation), remote.catalog()?.relation(*table)) else {
            continue;
        };
        if shell.attributes.len() == shard.attributes.len() {
            continue;
        }
        let is_missing = |number: i16| shell.attribute(number).is_some() && shard.attribute(number).is_none();
        if let Some((number, is_target)) = missing_column(query, *relation, &is_missing) {
            let name = shell
                .attribute(number)
                .map(|column| column.name.clone())
                .unwrap_or_default();
            let message = match is_target {
                true => format!("column \"{name}\" of relation \"{}\" does not exist", shard.name),
                false => format!("column \"{name}\" does not exist"),
            };
            return Err(Error::new(SqlState::UNDEFINED_COLUMN, message));
        }
    }
    Ok(())
}

/// The first column of a relation that is missing, and whether it is one that is written.
fn missing_column(query: &Query, relation: Oid, is_missing: &dyn Fn(i16) -> bool) -> Option<(i16, bool)> {
    let is_use = |index: usize| {
        query.entry(index).is_some_and(
            |entry| matches!(&entry.kind, RangeTableKind::Relation { relation: found, .. } if *found == relation),
        )
    };
    if query.result_relation.is_some_and(is_use) && query.command != CommandType::Delete {
        let mut written = query.target_list.iter().filter(|target| !target.junk);
        if let Some(target) = written.find(|target| is_missing(target.number)) {
            return Some((target.number, true));
        }
    }
    let mut found = None;
    query.for_each_expr(&mut |expr| {
        expr.visit(&mut |part| {
            if let Expr::Var(var) = part
                && found.is_none()
                && var.levels_up == 0
                && is_use(var.varno)
                && is_missing(var.attribute)
            {
                found = Some((var.attribute, false));
            }
        });
    });
    query.for_each_subquery(&mut |subquery| {
        found = found.or_else(|| missing_column(subquery, relation, is_missing));
    });
    found
}
