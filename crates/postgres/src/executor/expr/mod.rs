//! Expressions at work: compiled once, then evaluated over whole columns.
//!
//! - [`compile`]: from [`crate::query::Expr`] to [`Compiled`], bound to the columns of an input.
//! - [`function`]: calls of functions and operators, with kernels over columns where there are.
//! - [`logic`]: AND, OR, CASE, COALESCE: what evaluates its parts for some of the rows only.
//! - [`coerce`]: changes of type; [`composite`]: rows, fields and arrays; [`subscript`]: their elements.
//! - [`array_op`]: `= ANY (array)`.
//!
//! [`Compiled::eval`] takes a mask: the rows whose value is wanted. Errors come from those rows alone, so
//! `CASE WHEN x <> 0 THEN 1 / x END` is safe; what a row outside the mask gets is unspecified.

pub mod array_op;
pub mod coerce;
pub mod compile;
pub mod composite;
pub mod function;
pub mod logic;
pub mod project;
pub mod subscript;

use std::sync::Arc;

use kumquat_types::{Bitmap, Chunk, Column, Datum, Oid, Result};

pub use compile::compile;
pub use function::Function;
pub use project::Projection;

use super::context::Context;
use super::sql_value::sql_value;
use super::subplan::SubplanCall;
use crate::query::{BoolOp, BooleanTestKind, MinMaxOp, SqlValue};

/// An expression bound to the columns of its input.
pub struct Compiled {
    pub kind: Kind,
    pub type_oid: Oid,
}

pub enum Kind {
    Column(usize),
    /// The value, and its column as last made.
    Constant(Datum, Option<Arc<Column>>),
    /// `$n`
    External(usize),
    /// Set by init plans, outer rows of subplans and nested loops.
    Executor(usize),
    SqlValue(SqlValue, i32),
    Call(Box<function::Call>),
    Bool(BoolOp, Vec<Compiled>),
    Case(Box<logic::Case>),
    Coalesce(Vec<Compiled>),
    MinMax(MinMaxOp, Vec<Compiled>),
    Distinct(Box<function::Call>),
    NullIf(Box<function::Call>),
    NullTest {
        arg: Box<Compiled>,
        is_null: bool,
        row_test: bool,
    },
    BooleanTest(Box<Compiled>, BooleanTestKind),
    ArrayOp(Box<array_op::ArrayOp>),
    Relabel(Box<Compiled>),
    ViaText(Box<Compiled>),
    ArrayCoerce(Box<coerce::ArrayCoerce>),
    ConvertRow(Box<Compiled>),
    Domain(Box<coerce::DomainCheck>),
    Array(Box<composite::ArrayNode>),
    Row(Box<composite::RowNode>),
    RowCompare(Box<composite::RowCompare>),
    Field {
        arg: Box<Compiled>,
        index: usize,
    },
    FieldStore(Box<composite::FieldStore>),
    Subscript(Box<subscript::Subscript>),
    Subplan(Box<SubplanCall>),
}

impl Compiled {
    /// The values for the rows of `input`; see the module about `mask`.
    pub fn eval(&mut self, ctx: &mut Context<'_, '_>, input: &Chunk, mask: Option<&Bitmap>) -> Result<Arc<Column>> {
        let type_oid = self.type_oid;
        let rows = input.rows;
        let constant = |value: Datum| Arc::new(Column::constant(type_oid, &value, rows));
        let column = match &mut self.kind {
            Kind::Column(at) => match input.columns.get(*at) {
                Some(column) => return Ok(column.clone()),
                None => Column::nulls(type_oid, rows),
            },
            Kind::Constant(value, made) => {
                if let Some(made) = made
                    && made.len() == rows
                {
                    return Ok(made.clone());
                }
                let column = constant(value.clone());
                *made = Some(column.clone());
                return Ok(column);
            }
            Kind::External(number) => {
                let value = number.checked_sub(1).and_then(|at| ctx.params.get(at));
                return Ok(constant(value.cloned().unwrap_or_default()));
            }
            Kind::Executor(number) => return ctx.value(*number).map(constant),
            Kind::SqlValue(value, modifier) => {
                return Ok(constant(sql_value(ctx.backend, *value, *modifier)?));
            }
            Kind::Call(call) => return call.eval(ctx, input, mask),
            Kind::Bool(op, args) => return logic::eval_bool(*op, args, ctx, input, mask),
            Kind::Case(case) => return case.eval(ctx, input, mask, type_oid),
            Kind::Coalesce(args) => return logic::eval_coalesce(args, ctx, input, mask, type_oid),
            Kind::MinMax(op, args) => logic::eval_min_max(*op, args, ctx, input, mask, type_oid)?,
            Kind::Distinct(call) => call.eval_distinct(ctx, input, mask)?,
            Kind::NullIf(call) => call.eval_null_if(ctx, input, mask, type_oid)?,
            Kind::NullTest { arg, is_null, row_test } => {
                let arg = arg.eval(ctx, input, mask)?;
                logic::null_test(&arg, *is_null, *row_test)
            }
            Kind::BooleanTest(arg, kind) => {
                let arg = arg.eval(ctx, input, mask)?;
                logic::boolean_test(&arg, *kind)
            }
            Kind::ArrayOp(op) => op.eval(ctx, input, mask)?,
            Kind::Relabel(arg) => return coerce::relabel(arg.eval(ctx, input, mask)?, arg.type_oid, type_oid),
            Kind::ViaText(arg) => {
                let values = arg.eval(ctx, input, mask)?;
                coerce::via_text(ctx, &values, arg.type_oid, type_oid, mask)?
            }
            Kind::ArrayCoerce(node) => node.eval(ctx, input, mask, type_oid)?,
            Kind::ConvertRow(arg) => return arg.eval(ctx, input, mask),
            Kind::Domain(check) => return check.eval(ctx, input, mask),
            Kind::Array(node) => node.eval(ctx, input, mask, type_oid)?,
            Kind::Row(node) => node.eval(ctx, input, mask, type_oid)?,
            Kind::RowCompare(node) => node.eval(ctx, input, mask)?,
            Kind::Field { arg, index } => {
                let arg = arg.eval(ctx, input, mask)?;
                composite::field(&arg, *index, type_oid)
            }
            Kind::FieldStore(node) => node.eval(ctx, input, mask, type_oid)?,
            Kind::Subscript(node) => node.eval(ctx, input, mask, type_oid)?,
            Kind::Subplan(call) => call.eval(ctx, input, mask, type_oid)?,
        };
        Ok(Arc::new(column))
    }

    /// The value for one row.
    pub fn eval_row(&mut self, ctx: &mut Context<'_, '_>, row: &Chunk) -> Result<Datum> {
        Ok(self.eval(ctx, row, None)?.get(0))
    }

    /// The rows for which a condition is true, among those of the mask.
    pub fn eval_filter(&mut self, ctx: &mut Context<'_, '_>, input: &Chunk, mask: Option<&Bitmap>) -> Result<Bitmap> {
        let truth = logic::truth(&*self.eval(ctx, input, mask)?);
        Ok(match mask {
            Some(mask) => truth.and(mask),
            None => truth,
        })
    }
}

/// Calls `f` for each row of the mask and gathers the values; the other rows get NULL.
pub fn per_row(
    rows: usize,
    mask: Option<&Bitmap>,
    type_oid: Oid,
    mut f: impl FnMut(usize) -> Result<Datum>,
) -> Result<Column> {
    let mut column = Column::with_capacity(type_oid, rows);
    for row in 0..rows {
        let wanted = mask.is_none_or(|mask| mask.get(row));
        column.push(if wanted { f(row)? } else { Datum::Null });
    }
    Ok(column)
}

/// The rows that satisfy all conditions, which are tried in turn; `None`: all rows.
pub fn eval_conditions(
    conditions: &mut [Compiled],
    ctx: &mut Context<'_, '_>,
    input: &Chunk,
) -> Result<Option<Bitmap>> {
    let mut mask: Option<Bitmap> = None;
    for condition in conditions {
        let kept = condition.eval_filter(ctx, input, mask.as_ref())?;
        let none = kept.count_ones() == 0;
        mask = Some(kept);
        if none {
            break;
        }
    }
    Ok(mask)
}
