//! Constraints on tables (pg_constraint).

use std::sync::Arc;

use kumquat_types::Oid;

use super::Name;
use crate::query::Expr;

/// One row of pg_constraint that belongs to a relation. (Those of domains are in the type.)
#[derive(Clone, Debug)]
pub struct Constraint {
    pub oid: Oid,
    pub name: Name,
    pub schema: Oid,
    pub relation: Oid,
    pub kind: ConstraintKind,
    pub deferrable: bool,
    pub initially_deferred: bool,
    pub validated: bool,
    /// The parent's constraint that this one, on a partition, comes from.
    pub parent: Oid,
    pub is_local: bool,
    pub inherited_count: i16,
    pub no_inherit: bool,
}

#[derive(Clone, Debug)]
pub enum ConstraintKind {
    /// Vars with varno 1.
    Check {
        expression: Arc<Expr>,
        columns: Vec<i16>,
    },
    PrimaryKey {
        columns: Vec<i16>,
        index: Oid,
    },
    Unique {
        columns: Vec<i16>,
        index: Oid,
    },
    ForeignKey(ForeignKey),
    Exclusion {
        columns: Vec<i16>,
        index: Oid,
    },
}

#[derive(Clone, Debug)]
pub struct ForeignKey {
    pub columns: Vec<i16>,
    pub referenced: Oid,
    pub referenced_columns: Vec<i16>,
    /// The unique index on the referenced table.
    pub index: Oid,
    pub on_update: ForeignKeyAction,
    pub on_delete: ForeignKeyAction,
    /// ON DELETE SET NULL/DEFAULT (columns); empty: all.
    pub on_delete_columns: Vec<i16>,
    pub match_kind: ForeignKeyMatch,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForeignKeyAction {
    #[default]
    NoAction,
    Restrict,
    Cascade,
    SetNull,
    SetDefault,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForeignKeyMatch {
    #[default]
    Simple,
    Full,
}
