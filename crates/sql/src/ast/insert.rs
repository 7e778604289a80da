//! INSERT.

use super::{Expr, IndexElem, Location, RangeVar, ResTarget, SelectStmt, SetClause, WithClause};

#[derive(Clone, Debug, PartialEq)]
pub struct InsertStmt {
    pub with: Option<WithClause>,
    pub relation: RangeVar,
    pub columns: Vec<ResTarget>,
    pub overriding: OverridingKind,
    pub source: InsertSource,
    pub on_conflict: Option<OnConflictClause>,
    pub returning: Vec<ResTarget>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum InsertSource {
    DefaultValues,
    /// `VALUES (...)` is a SELECT whose body is VALUES.
    Select(SelectStmt),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum OverridingKind {
    #[default]
    NotSet,
    UserValue,
    SystemValue,
}

#[derive(Clone, Debug, PartialEq)]
pub struct OnConflictClause {
    pub infer: Option<InferClause>,
    pub action: OnConflictAction,
    pub location: Location,
}

#[derive(Clone, Debug, PartialEq)]
pub enum OnConflictAction {
    Nothing,
    Update {
        set: Vec<SetClause>,
        where_clause: Option<Expr>,
    },
}

/// What ON CONFLICT looks at.
#[derive(Clone, Debug, PartialEq)]
pub enum InferClause {
    /// `(columns) WHERE predicate`
    Index {
        elems: Vec<IndexElem>,
        where_clause: Option<Expr>,
        location: Location,
    },
    /// `ON CONSTRAINT name`
    Constraint { name: String, location: Location },
}
