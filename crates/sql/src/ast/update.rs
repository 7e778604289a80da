//! UPDATE, and the SET lists it shares with ON CONFLICT and MERGE.

use super::{Expr, RangeVar, ResTarget, TableRef, WithClause};

#[derive(Clone, Debug, PartialEq)]
pub struct UpdateStmt {
    pub with: Option<WithClause>,
    pub relation: RangeVar,
    pub set: Vec<SetClause>,
    pub from: Vec<TableRef>,
    pub where_clause: Option<Expr>,
    pub returning: Vec<ResTarget>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum SetClause {
    /// `a = 1`
    Single(ResTarget),
    /// `(a, b) = (1, 2)` or `(a, b) = (SELECT ...)`; the targets have no value of their own.
    Multiple { targets: Vec<ResTarget>, source: Expr },
}
