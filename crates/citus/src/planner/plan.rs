//! A distributed plan: tasks on shards, the custom scan that runs them, and the subplans that must run before.

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::explain::ExplainWriter;
use kumquat_postgres::extension::{CustomOutput, CustomScan};
use kumquat_postgres::planner::PlannedQuery;
use kumquat_postgres::query::{CommandType, Query};
use kumquat_types::{Datum, Oid, Result};

use super::analysis::Analysis;
use crate::executor;
use crate::metadata::{NodeId, ShardId};
use crate::trace::{PlanChoice, Route};

/// What a distributed query comes to.
#[derive(Clone, Debug)]
pub struct DistributedPlan {
    /// N of `Distributed Subplan N_1`.
    pub id: u64,
    pub command: CommandType,
    pub subplans: Vec<SubPlan>,
    pub tasks: Vec<Task>,
    pub choice: PlanChoice,
    pub route: Option<Route>,
    /// Tables that are accessed on several shards at once, for the checks of transactions.
    pub parallel_tables: Vec<Oid>,
    /// Tables that are written.
    pub written_tables: Vec<Oid>,
    /// What EXPLAIN shows in place of the tasks.
    pub repartition: Option<Repartition>,
}

/// A query whose result the main query reads by `read_intermediate_result`.
#[derive(Clone, Debug)]
pub struct SubPlan {
    /// `25_1`
    pub name: Arc<str>,
    pub plan: Arc<PlannedQuery>,
}

/// One query on one shard and its colocated siblings.
#[derive(Clone, Debug)]
pub struct Task {
    /// The shard that anchors the task.
    pub shard: Option<ShardId>,
    /// The query on the relations themselves; each placement binds them to its tables.
    pub query: Arc<Query>,
    /// Reads go to the first; writes to all, the local one last.
    pub placements: Vec<TaskPlacement>,
}

#[derive(Clone, Debug)]
pub struct TaskPlacement {
    pub node: NodeId,
    /// Relations and the shards' tables that stand for them, with their qualified names.
    pub bindings: Arc<[(Oid, Oid)]>,
    pub names: Arc<[(Oid, String)]>,
}

/// Map and merge tasks of a join or INSERT .. SELECT whose rows change place.
#[derive(Clone, Copy, Debug)]
pub struct Repartition {
    pub map_tasks: usize,
    pub merge_tasks: usize,
    pub jobs: usize,
}

impl CustomScan for DistributedPlan {
    fn name(&self) -> &'static str {
        "Citus Adaptive"
    }

    fn execute(&self, backend: &mut Backend<'_>, _params: &[Datum]) -> Result<CustomOutput> {
        executor::execute(backend, self)
    }

    fn execute_counted(&self, backend: &mut Backend<'_>, _params: &[Datum]) -> Result<CustomOutput> {
        executor::execute_counted(backend, self)
    }

    fn is_spread(&self) -> bool {
        self.tasks.len() > 1
    }

    fn explain(&self, backend: &mut Backend<'_>, writer: &mut ExplainWriter) -> Result<()> {
        executor::explain::explain(backend, self, writer)
    }
}

impl DistributedPlan {
    /// UPDATE, DELETE or MERGE of a relation by tasks.
    pub fn modification(id: u64, command: CommandType, tasks: Vec<Task>, analysis: &Analysis, relation: Oid) -> Self {
        let many = tasks.len() > 1;
        let why = match tasks.as_slice() {
            [] => "no shard has rows that match".to_string(),
            [task] if task.placements.len() > 1 => "every copy of the reference table is written".to_string(),
            [_] => "all rows that match are in one shard".to_string(),
            tasks => format!("each of {} shards changes its own rows", tasks.len()),
        };
        DistributedPlan {
            id,
            command,
            subplans: Vec::new(),
            choice: PlanChoice {
                name: if many { "pushdown" } else { "router" },
                why,
            },
            route: None,
            tasks,
            parallel_tables: match many {
                true => analysis.distributed().map(|(_, table)| table.relation).collect(),
                false => Vec::new(),
            },
            written_tables: vec![relation],
            repartition: None,
        }
    }

    pub fn is_select(&self) -> bool {
        self.command == CommandType::Select
    }
}
