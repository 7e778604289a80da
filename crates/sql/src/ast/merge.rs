//! MERGE.

use super::{Expr, OverridingKind, RangeVar, ResTarget, SetClause, TableRef, WithClause};

#[derive(Clone, Debug, PartialEq)]
pub struct MergeStmt {
    pub with: Option<WithClause>,
    pub relation: RangeVar,
    pub source: TableRef,
    pub join_condition: Expr,
    pub when_clauses: Vec<MergeWhenClause>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct MergeWhenClause {
    pub matched: bool,
    pub condition: Option<Expr>,
    pub action: MergeAction,
}

#[derive(Clone, Debug, PartialEq)]
pub enum MergeAction {
    Nothing,
    Delete,
    Update {
        set: Vec<SetClause>,
    },
    Insert {
        columns: Vec<ResTarget>,
        overriding: OverridingKind,
        /// Empty: DEFAULT VALUES.
        values: Vec<Expr>,
    },
}
