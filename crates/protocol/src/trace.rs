//! What the cluster did for one statement.

use serde::{Deserialize, Serialize};
#[cfg(feature = "typescript")]
use tsify::Tsify;

use crate::keys::RefusedKey;

/// The way of one statement through the cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub struct Trace {
    /// The planner's choice (`router`, `pushdown`, `local`, ...) and the reason in one sentence.
    pub plan: Option<PlanChoice>,
    /// How a routed statement found its shard.
    pub route: Option<Route>,
    pub tasks: Vec<Task>,
    /// Statements between nodes, in order, internal ones too.
    pub messages: Vec<Message>,
    /// Rows of the metadata tables that changed, in words: `pg_dist_shard: 32 rows added`.
    pub metadata: Vec<String>,
    /// The foreign key that the statement asked for and Citus refused.
    pub refused_key: Option<RefusedKey>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub struct PlanChoice {
    pub name: String,
    pub why: String,
}

/// Value, hash, interval, shard, node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub struct Route {
    pub table: String,
    pub column: String,
    pub value: String,
    pub hash: i32,
    pub min: i32,
    pub max: i32,
    pub shard: u32,
    /// Node ids of `pg_dist_node`.
    pub node: u32,
}

/// One query on one shard (and its colocated siblings).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub struct Task {
    /// The shard that anchors the task; none where a task reads no shard.
    pub shard: Option<u32>,
    pub node: u32,
    pub sql: String,
    /// Rows returned or changed.
    pub rows: f64,
}

/// A statement sent from one node to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub struct Message {
    pub from: u32,
    pub to: u32,
    pub sql: String,
}
