//! Rebalance strategies, background jobs and tasks, clean-up records, prepared transactions.

use kumquat_postgres::Backend;
use kumquat_types::{ArrayValue, Datum, Oid, Result};

use crate::cluster::types;
use crate::metadata::{self, BackgroundJob, BackgroundTask, CleanupRecord, RebalanceStrategy};

pub fn strategies(backend: &mut Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    let row = |strategy: &RebalanceStrategy| {
        vec![
            Datum::text(strategy.name.clone()),
            Datum::Bool(strategy.is_default),
            Datum::Oid(strategy.shard_cost.0),
            Datum::Oid(strategy.node_capacity.0),
            Datum::Oid(strategy.shard_allowed_on_node.0),
            Datum::Float4(strategy.default_threshold),
            Datum::Float4(strategy.minimum_threshold),
            Datum::Float4(strategy.improvement_threshold),
        ]
    };
    Ok(metadata::of(backend)?.strategies.values().map(row).collect())
}

/// The columns of a job, here and in `citus_job_list`.
pub fn job_columns(job: &BackgroundJob) -> Vec<Datum> {
    let status = types::enum_value(types::JOB_STATUS, job.status.job_label());
    let time = |time: Option<i64>| time.map_or(Datum::Null, Datum::TimestampTz);
    vec![
        Datum::Int8(job.id),
        status.map_or(Datum::Null, Datum::Enum),
        Datum::text(job.job_type.clone()),
        Datum::text(job.description.clone()),
        time(job.started_at),
        time(job.finished_at),
    ]
}

pub fn jobs(backend: &mut Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    Ok(metadata::of(backend)?.jobs.values().map(job_columns).collect())
}

pub fn tasks(backend: &mut Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    let row = |job: i64, task: &BackgroundTask| {
        let status = types::enum_value(types::TASK_STATUS, task.status.task_label());
        let nodes = task.nodes_involved.iter().copied().map(Datum::Int4).collect();
        vec![
            Datum::Int8(job),
            Datum::Int8(task.id),
            Datum::Oid(task.owner.0),
            Datum::Null,
            status.map_or(Datum::Null, Datum::Enum),
            Datum::text(task.command.clone()),
            Datum::Null,
            Datum::Null,
            Datum::text(task.message.clone()),
            Datum::Array(ArrayValue::vector(Oid::INT4, nodes).into()),
        ]
    };
    let jobs = metadata::of(backend)?.jobs.values();
    Ok(jobs
        .flat_map(|job| job.tasks.iter().map(move |task| row(job.id, task)))
        .collect())
}

pub fn task_depends(backend: &mut Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    let mut rows = Vec::new();
    for job in metadata::of(backend)?.jobs.values() {
        for task in &job.tasks {
            for on in &task.depends_on {
                rows.push([job.id, task.id, *on].map(Datum::Int8).to_vec());
            }
        }
    }
    Ok(rows)
}

pub fn cleanup(backend: &mut Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    let row = |record: &CleanupRecord| {
        vec![
            Datum::Int8(record.id),
            Datum::Int8(record.operation),
            Datum::Int4(record.object_type),
            Datum::text(record.object_name.clone()),
            Datum::Int4(record.group),
            Datum::Int4(record.policy),
        ]
    };
    Ok(metadata::of(backend)?.cleanup.values().map(row).collect())
}

pub fn transactions(backend: &mut Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    let rows = metadata::of(backend)?.transactions.iter();
    Ok(rows
        .map(|(gid, group)| vec![Datum::Int4(*group), Datum::text(gid.clone()), Datum::Null])
        .collect())
}
