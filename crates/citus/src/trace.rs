//! What the cluster did for a statement, as plain data: for the page, and for tests.
//!
//! The trace grows while a statement runs, also one that fails; [`crate::session::take_trace`] gives it away
//! and begins a new one.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::query::Query;
use kumquat_postgres::ruleutils::{self, Style};
use kumquat_types::{Oid, Result};

use crate::foreign_keys::ForeignKeyRefusal;
use crate::metadata::{NodeId, ShardId, ShardInterval};

/// The way of one statement through the cluster.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    pub plan: Option<PlanChoice>,
    pub route: Option<Route>,
    pub tasks: Vec<TaskTrace>,
    /// In order, those between nodes and those a node gives itself.
    pub messages: Vec<Message>,
    pub metadata: Vec<MetadataChange>,
    pub refused_key: Option<ForeignKeyRefusal>,
    /// Relations that the statement names, of one that was refused.
    pub named: BTreeSet<Oid>,
}

/// How the planner took a query, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanChoice {
    pub name: &'static str,
    pub why: String,
}

/// Value, hash, interval, shard, node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    pub relation: Oid,
    pub table: Arc<str>,
    pub column: Arc<str>,
    pub value: String,
    pub hash: i32,
    pub interval: ShardInterval,
    pub shard: ShardId,
    pub node: NodeId,
}

/// One query on one shard and its colocated siblings.
#[derive(Clone, Debug)]
pub struct TaskTrace {
    pub shard: Option<ShardId>,
    pub node: NodeId,
    pub sql: Sql,
    /// Rows returned or changed.
    pub rows: u64,
}

/// A statement sent from one node to another, or to itself.
#[derive(Clone, Debug)]
pub struct Message {
    pub from: NodeId,
    pub to: NodeId,
    pub sql: Sql,
    /// Rows that came back, or were sent along (COPY).
    pub rows: u64,
}

/// Rows of a metadata table that came, went or changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetadataChange {
    pub table: &'static str,
    pub added: usize,
    pub removed: usize,
    pub changed: usize,
}

/// SQL text, or a query that becomes text when somebody wants to read it.
#[derive(Clone)]
pub enum Sql {
    Text(Arc<str>),
    Query { query: Arc<Query>, names: ShardNames },
}

/// Qualified names of shards by the oid that stands for them in the query.
pub type ShardNames = Arc<[(Oid, String)]>;

impl Sql {
    pub fn text(text: impl Into<Arc<str>>) -> Sql {
        Sql::Text(text.into())
    }

    /// The statement as Citus would send it.
    pub fn render(&self, backend: &Backend<'_>) -> Result<String> {
        match self {
            Sql::Text(text) => Ok(text.to_string()),
            Sql::Query { query, names } => {
                let name = |oid| {
                    names
                        .iter()
                        .find(|(found, _)| *found == oid)
                        .map(|(_, name)| name.clone())
                };
                ruleutils::deparse_query(backend, query, Style::Remote, &name)
            }
        }
    }
}

impl fmt::Debug for Sql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Sql::Text(text) => f.write_str(text),
            Sql::Query { names, .. } => write!(f, "query on {names:?}"),
        }
    }
}
