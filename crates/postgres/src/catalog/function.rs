//! User-defined functions and procedures (pg_proc), and triggers (pg_trigger).

use std::sync::Arc;

use kumquat_types::{Oid, Volatility};

use super::{AclItem, Name};
use crate::query::Expr;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcKind {
    Function,
    Procedure,
    Aggregate,
    Window,
}

#[derive(Clone, Debug)]
pub struct Function {
    pub oid: Oid,
    pub name: Name,
    pub schema: Oid,
    pub owner: Oid,
    pub kind: ProcKind,
    pub language: Name,
    /// Input arguments.
    pub args: Vec<FunctionArgument>,
    /// OUT, INOUT and TABLE columns, in order.
    pub outputs: Vec<FunctionArgument>,
    /// The modes of all parameters as declared: says how `args` and `outputs` are interleaved.
    pub modes: Vec<ArgumentMode>,
    pub result: Oid,
    pub returns_set: bool,
    pub strict: bool,
    pub volatility: Volatility,
    pub security_definer: bool,
    pub leakproof: bool,
    /// `s`, `r` or `u`.
    pub parallel: char,
    pub cost: f64,
    pub rows: f64,
    pub settings: Vec<(Name, Name)>,
    pub body: FunctionBody,
    pub acl: Option<Vec<AclItem>>,
}

#[derive(Clone, Debug)]
pub struct FunctionArgument {
    pub name: Option<Name>,
    pub type_oid: Oid,
    pub mode: ArgumentMode,
    pub default: Option<Arc<Expr>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgumentMode {
    In,
    Out,
    InOut,
    Variadic,
    Table,
}

impl Function {
    /// All parameters as declared.
    pub fn parameters(&self) -> impl Iterator<Item = &FunctionArgument> {
        let (mut args, mut outputs) = (self.args.iter(), self.outputs.iter());
        self.modes.iter().filter_map(move |mode| match mode {
            ArgumentMode::In | ArgumentMode::Variadic => args.next(),
            ArgumentMode::InOut => {
                outputs.next();
                args.next()
            }
            ArgumentMode::Out | ArgumentMode::Table => outputs.next(),
        })
    }
}

#[derive(Clone, Debug)]
pub enum FunctionBody {
    /// The source text between AS quotes.
    Source(Name),
    /// RETURN expr or BEGIN ATOMIC ... END, kept as its text.
    Standard(Name),
}

#[derive(Clone, Debug)]
pub struct Trigger {
    pub oid: Oid,
    pub name: Name,
    pub relation: Oid,
    pub function: Oid,
    pub timing: TriggerTiming,
    pub events: Vec<TriggerEvent>,
    pub for_each_row: bool,
    /// Vars of OLD have varno 1, those of NEW 2.
    pub when: Option<Arc<Expr>>,
    pub arguments: Vec<Name>,
    /// `tgenabled`: O origin, D disabled, A always, R replica.
    pub enabled: char,
    /// CREATE CONSTRAINT TRIGGER.
    pub is_constraint: bool,
    pub deferrable: bool,
    pub initially_deferred: bool,
    /// The other table of a constraint trigger, or 0.
    pub constraint_relation: Oid,
    /// REFERENCING: names of transition tables.
    pub old_table: Option<Name>,
    pub new_table: Option<Name>,
    /// The trigger of the partitioned table that this one, on a partition, comes from.
    pub parent: Oid,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TriggerTiming {
    Before,
    After,
    InsteadOf,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TriggerEvent {
    Insert,
    Update(Vec<i16>),
    Delete,
    Truncate,
}
