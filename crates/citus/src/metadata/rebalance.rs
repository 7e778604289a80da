//! Rebalance strategies, background jobs with their tasks, and clean-up records.

use std::sync::Arc;

use kumquat_types::Oid;

use super::{GroupId, Metadata};

/// One row of pg_dist_rebalance_strategy.
#[derive(Clone, Debug)]
pub struct RebalanceStrategy {
    pub name: Arc<str>,
    pub is_default: bool,
    /// Oids of functions (regproc).
    pub shard_cost: Oid,
    pub node_capacity: Oid,
    pub shard_allowed_on_node: Oid,
    pub default_threshold: f32,
    pub minimum_threshold: f32,
    pub improvement_threshold: f32,
}

/// `citus_job_status` and `citus_task_status`, as far as a job that runs at once goes through them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobStatus {
    Scheduled,
    Running,
    Finished,
    Cancelled,
    Failed,
}

impl JobStatus {
    pub fn job_label(self) -> &'static str {
        match self {
            JobStatus::Scheduled => "scheduled",
            JobStatus::Running => "running",
            JobStatus::Finished => "finished",
            JobStatus::Cancelled => "cancelled",
            JobStatus::Failed => "failed",
        }
    }

    pub fn task_label(self) -> &'static str {
        match self {
            JobStatus::Scheduled => "runnable",
            JobStatus::Running => "running",
            JobStatus::Finished => "done",
            JobStatus::Cancelled => "cancelled",
            JobStatus::Failed => "error",
        }
    }
}

/// One row of pg_dist_background_job with its tasks.
#[derive(Clone, Debug)]
pub struct BackgroundJob {
    pub id: i64,
    pub status: JobStatus,
    pub job_type: Arc<str>,
    pub description: Arc<str>,
    pub started_at: Option<i64>,
    pub finished_at: Option<i64>,
    pub tasks: Vec<BackgroundTask>,
}

/// One row of pg_dist_background_task, and what it waits for (pg_dist_background_task_depend).
#[derive(Clone, Debug)]
pub struct BackgroundTask {
    pub id: i64,
    pub owner: Oid,
    pub status: JobStatus,
    pub command: Arc<str>,
    pub message: Arc<str>,
    pub nodes_involved: Vec<i32>,
    pub depends_on: Vec<i64>,
}

/// One row of pg_dist_cleanup: something left behind on a node.
#[derive(Clone, Debug)]
pub struct CleanupRecord {
    pub id: i64,
    pub operation: i64,
    /// 1: a shard placement.
    pub object_type: i32,
    pub object_name: Arc<str>,
    pub group: GroupId,
    /// 0: always, 1: on failure, 2: deferred on success.
    pub policy: i32,
}

impl Metadata {
    pub fn default_strategy(&self) -> Option<&RebalanceStrategy> {
        self.strategies.values().find(|strategy| strategy.is_default)
    }
}
