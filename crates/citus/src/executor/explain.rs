//! What EXPLAIN shows of a distributed plan: subplans, then the plan of one task (or all) as its node would
//! run it.

use std::collections::BTreeSet;
use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::executor::build::node_id;
use kumquat_postgres::executor::counters::{Counters, RunCounts};
use kumquat_postgres::executor::run_counted;
use kumquat_postgres::explain::{ExplainWriter, Group, Value, explain_planned};
use kumquat_postgres::planner::{Plan, PlanKind, PlannedQuery, plan_query};
use kumquat_postgres::query::{CommandType, Expr, Query, RangeTableKind};
use kumquat_postgres::result::QueryOutcome;
use kumquat_types::{Chunk, Datum, Oid, Result};

use crate::connection::Connection;
use crate::metadata::NodeId;
use crate::planner::plan::{DistributedPlan, Repartition, SubPlan, Task, TaskPlacement};
use crate::session;
use crate::settings;
use crate::trace::Sql;

/// A task that EXPLAIN ANALYZE has run.
#[derive(Clone, Debug)]
pub struct ExplainedTask {
    plan: Arc<PlannedQuery>,
    counters: RunCounts,
    /// Of the rows that came back.
    bytes: u64,
}

/// A subplan that EXPLAIN ANALYZE has run.
#[derive(Clone, Debug)]
pub struct ExplainedSubplan {
    plan: Arc<PlannedQuery>,
    counters: RunCounts,
    /// Of the file that its rows are sent in.
    bytes: u64,
}

/// Runs a subplan, counts, and keeps its rows under its name.
pub fn run_counted_subplan(backend: &mut Backend<'_>, subplan: &SubPlan) -> Result<()> {
    let plan = subplan.plan.clone();
    let (counters, outcome) = run_counted(backend, &plan, &[])?;
    let rows = outcome.rows.unwrap_or_default();
    let explained = ExplainedSubplan {
        counters: subplan_counts(&plan, &counters, rows.row_count() as u64),
        plan,
        bytes: file_bytes(&rows.chunks),
    };
    session::log(backend, |log| {
        log.explained_subplans.insert(subplan.name.clone(), explained)
    });
    super::keep_result(backend, subplan.name.clone(), rows);
    Ok(())
}

/// What is told of a subplan's nodes: custom scans show their own rows, all others those of the result
/// (`ExtractAnalyzeStats`).
fn subplan_counts(plan: &PlannedQuery, counted: &RunCounts, rows: u64) -> RunCounts {
    let mut counts = RunCounts::default();
    let mut add = |node: &Plan| {
        let own = match node.kind {
            PlanKind::CustomScan { .. } => counted.nodes.get(&node_id(node)).map_or(0, |count| count.rows),
            _ => rows,
        };
        let count = Counters {
            rows: own,
            loops: 1,
            ..Counters::default()
        };
        counts.nodes.insert(node_id(node), count);
    };
    plan.root.visit(&mut add);
    plan.subplans.iter().for_each(|subplan| subplan.plan.visit(&mut add));
    counts
}

/// Bytes of rows in the binary format of COPY, without its header.
fn file_bytes(chunks: &[Chunk]) -> u64 {
    let frames = chunks
        .iter()
        .map(|chunk| (2 + 4 * chunk.columns.len() as u64) * chunk.rows as u64);
    frames.sum::<u64>() + received_bytes(chunks)
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
fn received_bytes(chunks: &[Chunk]) -> u64 {
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
                subplans.try_for_each(|subplan| explain_subplan(backend, plan, subplan, writer))
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
    plan: &DistributedPlan,
    subplan: &SubPlan,
    writer: &mut ExplainWriter,
) -> Result<()> {
    let group = Group::member("Subplan").arrow(format!("Distributed Subplan {}", subplan.name));
    let explained = match writer.options.analyze {
        true => session::log(backend, |log| log.explained_subplans.remove(&subplan.name)),
        false => None,
    };
    writer.group(group, |writer| {
        let Some(explained) = explained else {
            return writer.group(Group::list("PlannedStmt"), |writer| {
                explain_planned(backend, &subplan.plan, None, writer)
            });
        };
        if writer.options.timing {
            writer.property("Subplan Duration", Value::milliseconds(0.0, 2));
        }
        writer.property("Intermediate Data Size", shown_bytes(explained.bytes));
        writer.property("Result destination", destination(plan));
        writer.group(Group::list("PlannedStmt"), |writer| {
            explain_planned(backend, &explained.plan, Some(&explained.counters), writer)
        })
    })
}

/// Where the rows of a plan's subplans are sent: to the nodes of its tasks; a task on no shard is done here.
fn destination(plan: &DistributedPlan) -> String {
    let (remote, local): (Vec<&Task>, Vec<&Task>) = plan
        .tasks
        .iter()
        .partition(|task| task.placements.iter().any(|placement| !placement.bindings.is_empty()));
    let nodes: BTreeSet<NodeId> = remote
        .iter()
        .flat_map(|task| &task.placements)
        .map(|placement| placement.node)
        .collect();
    match (nodes.len(), local.is_empty()) {
        (0, _) => "Write locally".into(),
        (nodes, true) => format!("Send to {nodes} nodes"),
        (nodes, false) => format!("Send to {nodes} nodes, write locally"),
    }
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
