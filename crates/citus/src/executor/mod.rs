//! Runs distributed plans: subplans first, then the tasks on the nodes that hold their shards.
//!
//! - this file: the tasks, each planned once for all shards
//! - [`copy`]: rows on their way into shards
//! - [`explain`]: what EXPLAIN shows under `Custom Scan (Citus Adaptive)`

pub mod copy;
pub mod explain;

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::executor::{RelationBindings, run};
use kumquat_postgres::extension::CustomOutput;
use kumquat_postgres::planner::{PlannedQuery, plan_query};
use kumquat_postgres::query::Query;
use kumquat_postgres::result::{QueryOutcome, ResultSet};
use kumquat_types::{Error, Result};

use crate::connection::Connection;
use crate::planner::plan::{DistributedPlan, SubPlan, Task, TaskPlacement};
use crate::session;
use crate::trace::{Sql, TaskTrace};
use crate::transaction::{self, access};

/// Runs a plan and puts the rows of its tasks one after the other.
pub fn execute(backend: &mut Backend<'_>, plan: &DistributedPlan) -> Result<CustomOutput> {
    session::log(backend, |log| {
        log.trace.plan = Some(plan.choice.clone());
        log.trace.route = plan.route.clone();
    });
    for subplan in &plan.subplans {
        run_subplan(backend, subplan)?;
    }
    check_accesses(backend, plan)?;
    let output = run_tasks(backend, plan)?;
    record_accesses(backend, plan);
    Ok(output)
}

/// Runs a subplan and keeps its rows under its name.
pub fn run_subplan(backend: &mut Backend<'_>, subplan: &SubPlan) -> Result<()> {
    let outcome = backend.execute_query(&subplan.query, &[])?;
    let rows = outcome.rows.unwrap_or_default();
    keep_result(backend, subplan.name.clone(), rows);
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
    Ok(())
}

fn record_accesses(backend: &mut Backend<'_>, plan: &DistributedPlan) {
    let kind = match plan.is_select() {
        true => access::AccessKind::Select,
        false => access::AccessKind::Modify,
    };
    for relation in &plan.parallel_tables {
        access::record_parallel(backend, *relation, kind);
    }
}

/// The tasks in order; those of one query are planned once.
fn run_tasks(backend: &mut Backend<'_>, plan: &DistributedPlan) -> Result<CustomOutput> {
    let mut output = CustomOutput::default();
    let mut planned: Option<(Arc<Query>, Arc<PlannedQuery>)> = None;
    for task in &plan.tasks {
        let placements: Vec<&TaskPlacement> = match plan.is_select() {
            true => task.placements.iter().take(1).collect(),
            false => remote_first(backend, task)?,
        };
        for (index, placement) in placements.into_iter().enumerate() {
            let outcome = run_task(backend, plan, task, placement, &mut planned)?;
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
) -> Result<QueryOutcome> {
    let connection = Connection::open(backend, placement.node)?;
    transaction::join(backend, &connection, !plan.is_select())?;
    let sql = Sql::Query {
        query: task.query.clone(),
        names: placement.names.clone(),
    };
    connection.record(backend, sql.clone(), 0)?;
    let bindings: RelationBindings = placement.bindings.iter().copied().collect();
    let outcome = connection.run(backend, |remote| {
        ensure_tables(remote, placement)?;
        let plan = match planned {
            Some((query, plan)) if Arc::ptr_eq(query, &task.query) => plan.clone(),
            _ => {
                let plan = plan_query(remote, &task.query, &[])?;
                *planned = Some((task.query.clone(), plan.clone()));
                plan
            }
        };
        run(remote, &plan, &[], &bindings)
    })?;
    let trace = TaskTrace {
        shard: task.shard,
        node: placement.node,
        sql,
        rows: outcome.processed,
    };
    session::log(backend, |log| log.trace.tasks.push(trace));
    Ok(outcome)
}

/// A shard's table may have been dropped behind Citus's back.
fn ensure_tables(remote: &Backend<'_>, placement: &TaskPlacement) -> Result<()> {
    for (relation, table) in placement.bindings.iter() {
        if remote.catalog()?.relation(*table).is_none() {
            let name = placement.names.iter().find(|(found, _)| found == relation);
            let name = name.map(|(_, name)| name.as_str()).unwrap_or_default();
            let message = format!("relation \"{name}\" does not exist");
            return Err(Error::new(kumquat_types::SqlState::UNDEFINED_TABLE, message));
        }
    }
    Ok(())
}
