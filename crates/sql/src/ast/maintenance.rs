//! EXPLAIN, VACUUM, ANALYZE, CLUSTER, REINDEX, LISTEN, NOTIFY and other utility statements.

use super::{DefElem, RangeVar, Statement};

/// EXPLAIN; old syntax (`EXPLAIN ANALYZE VERBOSE`) gives the options `analyze` and `verbose`.
#[derive(Clone, Debug, PartialEq)]
pub struct ExplainStmt {
    pub query: Statement,
    pub options: Vec<DefElem>,
}

/// VACUUM or ANALYZE; old syntax gives the options `full`, `freeze`, `verbose`, `analyze`.
#[derive(Clone, Debug, PartialEq)]
pub struct VacuumStmt {
    pub is_vacuum: bool,
    pub options: Vec<DefElem>,
    pub relations: Vec<VacuumRelation>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct VacuumRelation {
    pub relation: RangeVar,
    pub columns: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ClusterStmt {
    /// Missing: all clustered tables.
    pub relation: Option<RangeVar>,
    pub index_name: Option<String>,
    pub options: Vec<DefElem>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ReindexStmt {
    pub target: ReindexTarget,
    /// `verbose`, `tablespace`, `concurrently`.
    pub options: Vec<DefElem>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ReindexTarget {
    Index(RangeVar),
    Table(RangeVar),
    Schema(String),
    System(String),
    Database(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotifyStmt {
    pub channel: String,
    pub payload: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenStmt {
    pub channel: String,
}

/// UNLISTEN; no channel means `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnlistenStmt {
    pub channel: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadStmt {
    pub filename: String,
}
