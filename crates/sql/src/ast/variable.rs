//! Settings: SET, RESET, SHOW, DISCARD, ALTER SYSTEM.

use super::{DefElem, Expr};

#[derive(Clone, Debug, PartialEq)]
pub struct VariableSetStmt {
    /// Lower-case, with dots: `citus.shard_count`. `SET TIME ZONE` is `timezone`, `SET ROLE` is `role`,
    /// `SET SESSION AUTHORIZATION` is `session_authorization`, `SET NAMES` is `client_encoding`,
    /// `SET SCHEMA` is `search_path`, `SET XML OPTION` is `xmloption`.
    pub name: String,
    pub kind: VariableSetKind,
    /// `SET LOCAL`.
    pub is_local: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum VariableSetKind {
    /// `SET name = values`: constants, or for a time zone a cast to interval.
    Value(Vec<Expr>),
    /// `SET name TO DEFAULT`
    Default,
    /// `SET name FROM CURRENT`
    Current,
    /// `SET TRANSACTION modes` (name `TRANSACTION`) and `SET SESSION CHARACTERISTICS AS TRANSACTION
    /// modes` (name `SESSION CHARACTERISTICS`).
    Multi(Vec<DefElem>),
    /// `SET TRANSACTION SNAPSHOT id`
    Snapshot(String),
    Reset,
    ResetAll,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariableShowStmt {
    /// `all` for SHOW ALL.
    pub name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiscardStmt {
    All,
    Plans,
    Sequences,
    Temp,
}

#[derive(Clone, Debug, PartialEq)]
pub struct AlterSystemStmt {
    pub set: VariableSetStmt,
}
