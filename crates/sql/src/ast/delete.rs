//! DELETE and TRUNCATE.

use super::{DropBehavior, Expr, RangeVar, ResTarget, TableRef, WithClause};

#[derive(Clone, Debug, PartialEq)]
pub struct DeleteStmt {
    pub with: Option<WithClause>,
    pub relation: RangeVar,
    pub using: Vec<TableRef>,
    pub where_clause: Option<Expr>,
    pub returning: Vec<ResTarget>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TruncateStmt {
    pub relations: Vec<RangeVar>,
    /// `RESTART IDENTITY`.
    pub restart_seqs: bool,
    pub behavior: DropBehavior,
}
