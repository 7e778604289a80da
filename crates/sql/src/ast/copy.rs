//! COPY.

use super::{DefElem, Expr, RangeVar, Statement};

#[derive(Clone, Debug, PartialEq)]
pub struct CopyStmt {
    pub source: CopySource,
    pub is_from: bool,
    pub target: CopyTarget,
    /// Old and new syntax alike: `format`, `freeze`, `delimiter`, `null`, `header`, `quote`, `escape`,
    /// `force_quote`, `force_not_null`, `force_null`, `encoding`.
    pub options: Vec<DefElem>,
    pub where_clause: Option<Expr>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum CopySource {
    Table {
        relation: RangeVar,
        columns: Vec<String>,
    },
    /// `COPY (query) TO`: SELECT, or a data-modifying statement with RETURNING.
    Query(Statement),
}

/// The other end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CopyTarget {
    /// STDIN or STDOUT: which of them, the direction says.
    Std,
    File(String),
    Program(String),
}
