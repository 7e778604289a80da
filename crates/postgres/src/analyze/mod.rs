//! Parse analysis: from the syntax tree to a typed [`Query`], after PostgreSQL's `parser/analyze.c`.

use kumquat_sql::ast;
use kumquat_types::{Error, Oid, Result};

use crate::backend::Backend;
use crate::catalog::Relation;
use crate::query::{Expr, Query};

/// Types of `$n` parameters: given, or found out while analyzing (`None`: not known yet).
#[derive(Clone, Debug, Default)]
pub struct Parameters {
    pub types: Vec<Option<Oid>>,
    /// Unknown ones may be inferred (PREPARE); else a parameter that is not there is an error.
    pub infer: bool,
    /// Names that stand for parameters: arguments of SQL functions and variables of PL/pgSQL, by number from 1.
    pub names: Vec<(crate::catalog::Name, usize)>,
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

/// Analyzes SELECT, INSERT, UPDATE, DELETE or MERGE.
pub fn analyze_query(
    _backend: &Backend<'_>,
    _statement: &ast::Statement,
    _parameters: &mut Parameters,
) -> Result<Query> {
    Err(Error::not_modelled("this query"))
}

/// Analyzes an expression over the columns of `relation` (as varno 1), if any, and coerces it to `target`.
pub fn analyze_expression(
    _backend: &Backend<'_>,
    _relation: Option<&Relation>,
    _expr: &ast::Expr,
    _context: ExprContext,
    _target: Option<(Oid, i32)>,
) -> Result<Expr> {
    Err(Error::not_modelled("this expression"))
}

/// The oid and type modifier of a type name (`typenameTypeIdAndMod`).
pub fn resolve_type(_backend: &Backend<'_>, _name: &ast::TypeName) -> Result<(Oid, i32)> {
    Err(Error::not_modelled("this type"))
}
