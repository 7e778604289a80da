//! What EXPLAIN shows of a distributed plan: subplans, then the plan of one task (or all) as its node would
//! run it.

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::explain::node::explain_plan;
use kumquat_postgres::explain::{ExplainWriter, explain_query};
use kumquat_postgres::planner::plan_query;
use kumquat_postgres::query::{CommandType, Query, RangeTableKind};
use kumquat_types::{Oid, Result};

use crate::connection::Connection;
use crate::planner::plan::{DistributedPlan, Task, TaskPlacement};
use crate::settings;

/// The lines under `Custom Scan (Citus Adaptive)`.
pub fn explain(backend: &mut Backend<'_>, plan: &DistributedPlan, writer: &mut ExplainWriter) -> Result<()> {
    for subplan in &plan.subplans {
        let title = format!("->  Distributed Subplan {}", subplan.name);
        writer.line(title);
        writer.indent += 3;
        explain_query(backend, &subplan.query, &[], writer)?;
        writer.indent -= 3;
    }
    let all = settings::is_on(backend, "citus.explain_all_tasks") || plan.tasks.len() <= 1;
    writer.property("Task Count", plan.tasks.len());
    if plan.tasks.is_empty() {
        writer.property("Tasks Shown", "All");
        return Ok(());
    }
    let shown = match all {
        true => "All".to_string(),
        false => format!("One of {}", plan.tasks.len()),
    };
    writer.property("Tasks Shown", shown);
    let count = if all { plan.tasks.len() } else { 1 };
    for task in plan.tasks.iter().take(count) {
        if let Some(placement) = task.placements.first() {
            writer.line("->  Task");
            writer.indent += 3;
            explain_task(backend, task, placement, writer)?;
            writer.indent -= 3;
        }
    }
    Ok(())
}

fn explain_task(
    backend: &mut Backend<'_>,
    task: &Task,
    placement: &TaskPlacement,
    writer: &mut ExplainWriter,
) -> Result<()> {
    let connection = Connection::open(backend, placement.node)?;
    let query = Arc::new(bound(&task.query, placement));
    connection.run(backend, |remote| {
        let server = remote.server()?;
        let node = format!(
            "host={} port={} dbname={}",
            server.host, server.port, remote.session.database
        );
        writer.property("Node", node);
        let plan = plan_query(remote, &query, &[])?;
        explain_plan(remote, &plan, None, writer)
    })
}

/// The query as the node gets it: on the shards' tables. An INSERT names no alias unless it needs one.
fn bound(query: &Query, placement: &TaskPlacement) -> Query {
    let mut bound = query.clone();
    let table_of = |oid: Oid| {
        placement
            .bindings
            .iter()
            .find(|(relation, _)| *relation == oid)
            .map(|(_, table)| *table)
    };
    for (index, entry) in bound.range_table.iter_mut().enumerate() {
        let RangeTableKind::Relation { relation, .. } = &mut entry.kind else {
            continue;
        };
        let name = placement
            .names
            .iter()
            .find(|(oid, _)| oid == relation)
            .map(|(_, name)| name.clone());
        if let Some(table) = table_of(*relation) {
            *relation = table;
        }
        let inserted = bound.command == CommandType::Insert && bound.result_relation == Some(index + 1);
        if let (true, Some(name)) = (inserted, name) {
            let bare = name.rsplit('.').next().unwrap_or(&name).to_string();
            entry.name = if needs_alias(query) {
                "citus_table_alias".into()
            } else {
                bare.into()
            };
        }
    }
    bound.for_each_subquery_mut(&mut |inner| *inner = Arc::new(self::bound(inner, placement)));
    bound
}

/// Several rows, a SELECT or ON CONFLICT.
fn needs_alias(query: &Query) -> bool {
    query.on_conflict.is_some()
        || query.range_table.iter().any(|entry| {
            matches!(
                entry.kind,
                RangeTableKind::Values { .. } | RangeTableKind::Subquery { .. }
            )
        })
}
