//! Parse analysis: from the syntax tree to a typed [`Query`], after PostgreSQL's `parser/`.
//!
//! [`state`] holds what is known on the way, one level a query. A statement goes through:
//! - [`select`], [`set_operations`], [`ctes`], [`insert`], [`on_conflict`], [`merge`] and [`modify`] (UPDATE,
//!   DELETE and what all of them share): one file a kind of statement or clause;
//! - [`from`], [`joins`], [`relations`], [`function_scan`]: what FROM brings into the range table;
//! - [`columns`]: names of columns; [`missing`]: errors and hints for those that lead nowhere;
//! - [`targets`], [`sort`], [`grouping`]: output columns, ORDER BY and DISTINCT, GROUP BY;
//! - [`expressions`]: one arm a kind of expression; [`literals`], [`containers`], [`fields`], [`sublinks`],
//!   [`operators`], [`functions`], [`aggregates`], [`windows`], [`set_returning`]: the larger kinds;
//! - [`candidates`]: which function or operator fits; [`coercion`], [`common_type`] and [`polymorphic`]: which
//!   types go where;
//! - [`types`]: facts about types, and their names.
//!
//! [`rewrite`] then fills in defaults and puts the queries of views in their places.

mod aggregates;
mod candidates;
mod coercion;
mod columns;
mod common_type;
mod containers;
mod ctes;
mod definitions;
mod expressions;
mod fields;
mod from;
mod function_scan;
mod functions;
mod grouping;
mod insert;
mod joins;
mod literals;
mod location;
mod merge;
mod missing;
mod modify;
mod on_conflict;
mod operators;
mod polymorphic;
mod relations;
mod rewrite;
mod select;
mod set_operations;
mod set_returning;
mod sort;
mod state;
mod sublinks;
mod targets;
mod types;
mod windows;

use kumquat_sql::ast::{self, Statement};
use kumquat_types::{Error, Oid, Result};

pub use candidates::{CallKind, Callable};
pub use coercion::Pathway;
pub use definitions::{analyze_call, analyze_expression, analyze_trigger_when, coerce_expression};
pub use functions::{aggregate_state_type, typed_call};
pub use location::expr_location;
pub use polymorphic::is_polymorphic;
pub use rewrite::{column_default, rewrite, row_security};
pub use sort::strip_implicit;
pub use targets::index_column_name;

use crate::backend::Backend;
use crate::query::Query;
use state::Analyzer;

/// Types of `$n` parameters: given, or found out while analyzing (`None`: not known yet).
#[derive(Clone, Debug, Default)]
pub struct Parameters {
    pub types: Vec<Option<Oid>>,
    /// Unknown ones may be inferred (PREPARE); else a parameter that is not there is an error.
    pub infer: bool,
    /// Names that stand for parameters: arguments of SQL functions and variables of PL/pgSQL, by number from 1.
    pub names: Vec<(crate::catalog::Name, usize)>,
    pub conflict: NameConflict,
}

/// What a name means that is both a parameter's and a column's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NameConflict {
    /// The column, in SQL and where PL/pgSQL is told so.
    #[default]
    Column,
    /// PL/pgSQL's variable, where it is told so.
    Variable,
    /// Nothing: PL/pgSQL does not guess.
    Error,
}

/// Where an expression stands; decides what it may hold and which words its errors use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExprContext {
    ColumnDefault,
    CheckConstraint,
    DomainCheck,
    IndexExpression,
    IndexPredicate,
    GeneratedColumn,
    PartitionExpression,
    PartitionBound,
    FunctionDefault,
    TriggerWhen,
    Policy,
    ExecuteParameter,
    CallArgument,
    AlterColumnUsing,
    CopyWhere,
    Other,
}

/// Analyzes SELECT, INSERT, UPDATE, DELETE or MERGE for execution: defaults are filled in, views expanded.
pub fn analyze_query(backend: &Backend<'_>, statement: &Statement, parameters: &mut Parameters) -> Result<Query> {
    let query = analyze_definition(backend, statement, parameters)?;
    rewrite(backend, query)
}

/// Analyzes a query to be stored, as a view is: just what was written, without what rewriting makes of it.
pub fn analyze_definition(backend: &Backend<'_>, statement: &Statement, parameters: &mut Parameters) -> Result<Query> {
    let mut analyzer = Analyzer::new(backend, parameters);
    let mut query = analyzer.statement(statement)?;
    definitions::settle_parameters(&mut query, parameters)?;
    Ok(query)
}

/// The oid and type modifier of a type name (`typenameTypeIdAndMod`).
pub fn resolve_type(backend: &Backend<'_>, name: &ast::TypeName) -> Result<(Oid, i32)> {
    backend.resolve_type_name(name)
}

impl Analyzer<'_, '_> {
    /// A statement at the current level (`transformStmt`).
    fn statement(&mut self, statement: &Statement) -> Result<Query> {
        match statement {
            Statement::Select(select) => self.select(select),
            Statement::Insert(insert) => self.insert(insert),
            Statement::Update(update) => self.update(update),
            Statement::Delete(delete) => self.delete(delete),
            Statement::Merge(merge) => self.merge(merge),
            _ => Err(Error::internal("this statement is no query")),
        }
    }
}
