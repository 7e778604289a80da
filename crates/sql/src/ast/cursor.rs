//! Cursors and prepared statements.

use super::{Expr, SelectStmt, Statement, TypeName};

#[derive(Clone, Debug, PartialEq)]
pub struct DeclareCursorStmt {
    pub name: String,
    pub binary: bool,
    /// `SCROLL`, `NO SCROLL`, or nothing said.
    pub scroll: Option<bool>,
    /// `ASENSITIVE`, `INSENSITIVE`.
    pub asensitive: bool,
    pub insensitive: bool,
    pub hold: bool,
    pub query: SelectStmt,
}

/// FETCH, or MOVE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchStmt {
    pub direction: FetchDirection,
    /// `None` is ALL. Negative counts stay as written.
    pub count: Option<i32>,
    pub cursor_name: String,
    pub is_move: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FetchDirection {
    Forward,
    Backward,
    /// FIRST is ABSOLUTE 1, LAST is ABSOLUTE -1.
    Absolute,
    Relative,
}

/// CLOSE; no name means ALL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosePortalStmt {
    pub name: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PrepareStmt {
    pub name: String,
    pub arg_types: Vec<TypeName>,
    /// SELECT, INSERT, UPDATE, DELETE or MERGE.
    pub query: Statement,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ExecuteStmt {
    pub name: String,
    pub params: Vec<Expr>,
}

/// DEALLOCATE; no name means ALL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeallocateStmt {
    pub name: Option<String>,
}
