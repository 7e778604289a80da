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
    /// In order; of very many, the first ones.
    pub tasks: Vec<Task>,
    pub task_count: f64,
    /// Statements between nodes, in order, internal ones too; of very many, the first ones.
    pub messages: Vec<Message>,
    pub message_count: f64,
    /// Rows of the metadata tables that changed, in words: `pg_dist_shard: 32 rows added`.
    pub metadata: Vec<String>,
    /// The foreign key that the statement asked for and Citus refused.
    pub refused_key: Option<RefusedKey>,
    /// Oids of the tables that the statement names, if it failed: what it would have touched.
    pub named: Vec<u32>,
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
    /// All shards that the task touches, the anchor among them.
    pub shards: Vec<u32>,
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
    /// Rows that came back, or were sent along (COPY).
    pub rows: f64,
    pub phase: Phase,
}

/// What a message is for in the life of a distributed transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub enum Phase {
    /// Opens a transaction on the node, under the distributed transaction's number.
    Begin,
    /// The work itself: a task, DDL, COPY, metadata.
    Work,
    /// First phase of the commit: the node promises that it can.
    Prepare,
    /// Second phase, or the only one where a single node has written.
    Commit,
    Rollback,
}
