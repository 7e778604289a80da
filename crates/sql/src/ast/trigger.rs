//! Triggers, event triggers and rules.

use super::{ConstraintAttributes, DefElem, Expr, Name, RangeVar, Statement};

#[derive(Clone, Debug, PartialEq)]
pub struct CreateTrigStmt {
    pub replace: bool,
    pub is_constraint: bool,
    pub name: String,
    pub relation: RangeVar,
    pub function: Name,
    /// Arguments, all of them strings.
    pub args: Vec<String>,
    pub row: bool,
    pub timing: TriggerTiming,
    pub events: TriggerEvents,
    /// Columns of `UPDATE OF`.
    pub columns: Vec<String>,
    pub when_clause: Option<Expr>,
    pub transition_rels: Vec<TriggerTransition>,
    /// A constraint trigger's `FROM table`.
    pub constraint_relation: Option<RangeVar>,
    pub attributes: ConstraintAttributes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TriggerTiming {
    Before,
    After,
    InsteadOf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct TriggerEvents {
    pub insert: bool,
    pub delete: bool,
    pub update: bool,
    pub truncate: bool,
}

/// `REFERENCING OLD|NEW TABLE AS name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TriggerTransition {
    pub name: String,
    pub is_new: bool,
    pub is_table: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct RuleStmt {
    pub replace: bool,
    pub name: String,
    pub relation: RangeVar,
    pub event: RuleEvent,
    pub where_clause: Option<Expr>,
    pub instead: bool,
    /// Empty: NOTHING.
    pub actions: Vec<Statement>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleEvent {
    Select,
    Update,
    Delete,
    Insert,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CreateEventTrigStmt {
    pub name: String,
    pub event: String,
    pub when_clause: Vec<DefElem>,
    pub function: Name,
}

#[derive(Clone, Debug, PartialEq)]
pub struct AlterEventTrigStmt {
    pub name: String,
    pub firing: super::FiringMode,
}
