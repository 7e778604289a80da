//! What EXPLAIN shows of a distributed plan: subplans, then the plan of one task (or all) as its node would
//! run it.

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::executor::run_counted;
use kumquat_postgres::explain::node::CounterMap;
use kumquat_postgres::explain::{ExplainWriter, Group, Value, explain_planned, explain_query};
use kumquat_postgres::planner::{PlannedQuery, plan_query};
use kumquat_postgres::query::{CommandType, Expr, Query, RangeTableKind};
use kumquat_postgres::result::QueryOutcome;
use kumquat_types::{Chunk, Datum, Oid, Result};

use crate::connection::Connection;
use crate::metadata;
use crate::planner::plan::{DistributedPlan, Repartition, Task, TaskPlacement};
use crate::session;
use crate::settings;
use crate::trace::Sql;

/// A task that EXPLAIN ANALYZE has run.
#[derive(Clone, Debug)]
pub struct ExplainedTask {
    plan: Arc<PlannedQuery>,
    counters: CounterMap,
    /// Of the rows that came back.
    bytes: u64,
}

/// Runs a task on its node's own tables, and counts.
pub fn run_counted_task(
    remote: &mut Backend<'_>,
    task: &Task,
    placement: &TaskPlacement,
) -> Result<(ExplainedTask, QueryOutcome)> {
    let query = Arc::new(bound(&task.query, placement));
    let plan = plan_query(remote, &query, &[])?;
    let (counters, outcome) = run_counted(remote, &plan, &[])?;
    let bytes = outcome.rows.as_ref().map_or(0, |rows| received_bytes(&rows.chunks));
    let explained = ExplainedTask { plan, counters, bytes };
    Ok((explained, outcome))
}

/// Bytes of rows on the wire, values alone.
pub fn received_bytes(chunks: &[Chunk]) -> u64 {
    let rows = chunks.iter().flat_map(|chunk| chunk.iter_rows().collect::<Vec<_>>());
    rows.flatten().map(|value| wire_bytes(&value)).sum()
}

/// Bytes of a value in binary form.
fn wire_bytes(value: &Datum) -> u64 {
    match value {
        Datum::Null | Datum::Void => 0,
        Datum::Bool(_) => 1,
        Datum::Int2(_) => 2,
        Datum::Int4(_) | Datum::Oid(_) | Datum::Float4(_) | Datum::Date(_) => 4,
        Datum::Int8(_) | Datum::Float8(_) | Datum::Time(_) | Datum::Timestamp(_) | Datum::TimestampTz(_) => 8,
        Datum::Uuid(_) | Datum::Interval(_) => 16,
        Datum::TimeTz(..) => 12,
        Datum::Numeric(number) => 8 + 2 * number.digits.len() as u64,
        Datum::Text(text) => text.len() as u64,
        Datum::Bytea(bytes) => bytes.len() as u64,
        Datum::Array(array) => 20 + array.values.iter().map(|value| 4 + wire_bytes(value)).sum::<u64>(),
        Datum::Record(record) => 4 + record.values.iter().map(|value| 8 + wire_bytes(value)).sum::<u64>(),
        other => kumquat_postgres::storage::heap::datum_bytes(other),
    }
}

/// What stands under `Custom Scan (Citus Adaptive)` (`CitusExplainScan`).
pub fn explain(backend: &mut Backend<'_>, plan: &DistributedPlan, writer: &mut ExplainWriter) -> Result<()> {
    if !settings::is_on(backend, "citus.explain_distributed_queries") {
        writer.property("citus.explain_distributed_queries", false);
        return Ok(());
    }
    let explained = match writer.options.analyze {
        true => session::log(backend, |log| log.explained.remove(&plan.id)),
        false => None,
    };
    let explained = explained.unwrap_or_default();
    writer.group(Group::named("Distributed Query"), |writer| {
        if !plan.subplans.is_empty() {
            writer.group(Group::list("Subplans"), |writer| {
                let mut subplans = plan.subplans.iter();
                subplans.try_for_each(|subplan| explain_subplan(backend, subplan, writer))
            })?;
        }
        writer.group(Group::named("Job"), |writer| {
            explain_job(backend, plan, &explained, writer)
        })
    })
}

fn explain_job(
    backend: &mut Backend<'_>,
    plan: &DistributedPlan,
    explained: &[ExplainedTask],
    writer: &mut ExplainWriter,
) -> Result<()> {
    let merged = plan.repartition.map(|repartition| repartition.merge_tasks);
    writer.property("Task Count", merged.unwrap_or(plan.tasks.len()));
    if explained.iter().any(|task| !task.plan.columns.is_empty()) {
        let bytes: u64 = explained.iter().map(|task| task.bytes).sum();
        writer.property("Tuple data received from nodes", shown_bytes(bytes));
    }
    if let Some(repartition) = plan.repartition {
        explain_repartition(&repartition, writer);
        return Ok(());
    }
    let all = settings::is_on(backend, "citus.explain_all_tasks") || plan.tasks.len() <= 1;
    let shown = match all {
        true => "All".to_string(),
        false => format!("One of {}", plan.tasks.len()),
    };
    writer.property("Tasks Shown", shown);
    let count = if all { plan.tasks.len() } else { 1 };
    writer.group(Group::list("Tasks"), |writer| {
        for (at, task) in plan.tasks.iter().enumerate().take(count) {
            if let Some(placement) = task.placements.first() {
                writer.group(Group::member("Task").arrow("Task"), |writer| {
                    explain_task(backend, task, placement, explained.get(at), writer)
                })?;
            }
        }
        Ok(())
    })
}

fn explain_subplan(
    backend: &mut Backend<'_>,
    subplan: &crate::planner::plan::SubPlan,
    writer: &mut ExplainWriter,
) -> Result<()> {
    let group = Group::member("Subplan").arrow(format!("Distributed Subplan {}", subplan.name));
    writer.group(group, |writer| {
        let options = writer.options;
        if options.analyze {
            let bytes = session::log(backend, |log| log.subplan_bytes.remove(&subplan.name));
            if options.timing {
                writer.property("Subplan Duration", Value::milliseconds(0.0, 2));
            }
            writer.property("Intermediate Data Size", shown_bytes(bytes.unwrap_or_default()));
            let nodes = metadata::of(backend)?.active_workers().len();
            writer.property("Result destination", format!("Send to {nodes} nodes"));
        }
        // It has been run already: its plan is shown without counts.
        writer.options.analyze = false;
        let result = writer.group(Group::list("PlannedStmt"), |writer| {
            explain_query(backend, &subplan.query, &[], writer)
        });
        writer.options = options;
        result
    })
}

/// Sizes as `pg_size_pretty` prints them.
fn shown_bytes(bytes: u64) -> String {
    match bytes {
        0..10_240 => format!("{bytes} bytes"),
        10_240..10_485_760 => format!("{} kB", (bytes + 512) / 1024),
        _ => format!("{} MB", (bytes + 524_288) / 1_048_576),
    }
}

/// Rows change their places before they are joined.
fn explain_repartition(repartition: &Repartition, writer: &mut ExplainWriter) {
    writer.property("Tasks Shown", "None, not supported for re-partition queries");
    writer.group(Group::list("Dependent Jobs"), |writer| {
        for _ in 0..repartition.jobs {
            writer.group(Group::member("MapMergeJob").arrow("MapMergeJob"), |writer| {
                writer.property("Map Task Count", repartition.map_tasks);
                writer.property("Merge Task Count", repartition.merge_tasks);
            });
        }
    });
}

fn explain_task(
    backend: &mut Backend<'_>,
    task: &Task,
    placement: &TaskPlacement,
    explained: Option<&ExplainedTask>,
    writer: &mut ExplainWriter,
) -> Result<()> {
    if writer.options.verbose {
        let sql = Sql::Query {
            query: task.query.clone(),
            names: placement.names.clone(),
        };
        writer.property("Query", sql.render(backend)?);
    }
    if let Some(explained) = explained.filter(|explained| !explained.plan.columns.is_empty()) {
        writer.property("Tuple data received from node", shown_bytes(explained.bytes));
    }
    let connection = Connection::open(backend, placement.node)?;
    let query = Arc::new(bound(&task.query, placement));
    let options = writer.options;
    // SETTINGS is not sent along.
    writer.options.settings = false;
    writer.prefixed = is_wrapped(&query);
    let result = connection.run(backend, |remote| {
        let server = remote.server()?;
        let node = format!(
            "host={} port={} dbname={}",
            server.host, server.port, remote.session.database
        );
        writer.property("Node", node);
        writer.group(Group::list("Remote Plan"), |writer| {
            writer.document(|writer| match explained {
                Some(explained) => explain_planned(remote, &explained.plan, Some(&explained.counters), writer),
                None => {
                    let plan = plan_query(remote, &query, &[])?;
                    explain_planned(remote, &plan, None, writer)
                }
            })
        })
    });
    writer.prefixed = false;
    writer.options = options;
    result
}

/// Queries with window functions reach the shards inside a subquery.
fn is_wrapped(query: &Query) -> bool {
    let is_call = |expr: &Expr| expr.any(&mut |part| matches!(part, Expr::WindowFunc(_)));
    query.command == CommandType::Select && query.target_list.iter().any(|target| is_call(&target.expr))
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
