//! Calls of set-returning functions: all their rows at once, as chunks.

use std::sync::Arc;

use kumquat_types::{CHUNK_ROWS, Chunk, Column, ColumnData, Datum, Error, Implementation, Oid, Proc, Result, SqlState};

use super::context::Context;
use super::expr::compile::compile_all;
use super::expr::function::find_proc;
use super::expr::{Compiled, compile};
use super::functions;
use super::layout::Layout;
use crate::catalog::{self, Name};
use crate::extension::FunctionCall;
use crate::query::{Expr, FuncExpr, FuncForm};
use crate::system;

/// Most rows that one call may give.
const ROW_LIMIT: i128 = 50_000_000;

/// A function in FROM or in a target list.
pub struct SetFunction {
    target: Target,
    args: Vec<Compiled>,
    arg_types: Vec<Oid>,
    locations: Vec<Option<u32>>,
    result: Oid,
    /// The columns it gives: name, type, type modifier.
    definition: Vec<ColumnDefinition>,
    columns: Vec<Oid>,
}

pub type ColumnDefinition = (Name, Oid, i32);

enum Target {
    Builtin(&'static Proc),
    User(Arc<catalog::Function>),
    /// Not a function that returns a set: one row.
    Scalar(Compiled),
}

impl SetFunction {
    /// `definition` are the columns expected: one that is no composite, or several.
    pub fn new(
        ctx: &Context<'_, '_>,
        expr: &Expr,
        definition: Vec<ColumnDefinition>,
        layout: &Layout,
    ) -> Result<SetFunction> {
        let call = match expr {
            Expr::Func(call) => Some(call.as_ref()),
            _ => None,
        };
        let target = match call {
            Some(call) => Self::target(ctx, expr, call, layout)?,
            None => Target::Scalar(compile(ctx.backend, expr, layout)?),
        };
        let args = match (&target, call) {
            (Target::Scalar(_), _) | (_, None) => [].as_slice(),
            (_, Some(call)) => call.args.as_slice(),
        };
        Ok(SetFunction {
            target,
            args: compile_all(ctx.backend, args, layout)?,
            arg_types: args.iter().map(Expr::type_oid).collect(),
            locations: args.iter().map(location).collect(),
            result: expr.type_oid(),
            columns: definition.iter().map(|(_, type_oid, _)| *type_oid).collect(),
            definition,
        })
    }

    fn target(ctx: &Context<'_, '_>, expr: &Expr, call: &FuncExpr, layout: &Layout) -> Result<Target> {
        if let Some(proc) = find_proc(ctx.backend, call.function) {
            let by_rows = proc.returns_set
                || matches!(proc.implementation, Implementation::Set(_))
                || matches!(proc.implementation, Implementation::Backend) && !proc.out_types.is_empty();
            return Ok(match by_rows {
                true => Target::Builtin(proc),
                false => Target::Scalar(compile(ctx.backend, expr, layout)?),
            });
        }
        match ctx.backend.catalog()?.functions.get(&call.function) {
            Some(function) => Ok(Target::User(function.clone())),
            None => Err(Error::internal(format!(
                "cache lookup failed for function {}",
                call.function
            ))),
        }
    }

    pub fn columns(&self) -> &[Oid] {
        &self.columns
    }

    /// All rows for one row of the input.
    pub fn call(&mut self, ctx: &mut Context<'_, '_>, row: &Chunk) -> Result<Vec<Chunk>> {
        let args: Result<Vec<Datum>> = self.args.iter_mut().map(|arg| arg.eval_row(ctx, row)).collect();
        let args = args?;
        match &mut self.target {
            Target::Scalar(expr) => {
                let value = expr.eval_row(ctx, row)?;
                Ok(vec![Chunk::from_rows(
                    &self.columns,
                    [expand(value, self.columns.len())],
                )])
            }
            Target::User(function) => {
                let function = function.clone();
                let rows = functions::call_set(ctx.backend, &function, &args, &self.arg_types, &self.columns)?;
                Ok(self.chunks(rows))
            }
            Target::Builtin(proc) => {
                let proc = *proc;
                if proc.strict && args.iter().any(Datum::is_null) {
                    return Ok(Vec::new());
                }
                if let Some(series) = integer_series(proc, &args)? {
                    return Ok(series);
                }
                let rows = self.call_builtin(ctx, proc, &args)?;
                Ok(self.chunks(rows))
            }
        }
    }

    fn call_builtin(&self, ctx: &mut Context<'_, '_>, proc: &'static Proc, args: &[Datum]) -> Result<Vec<Vec<Datum>>> {
        match proc.implementation {
            Implementation::Set(function) => {
                let wants_columns = self.result == Oid::RECORD && proc.out_types.is_empty();
                let mut call = kumquat_types::Call {
                    env: ctx.backend,
                    arg_types: &self.arg_types,
                    result_type: self.result,
                    collation: Oid::INVALID,
                    columns: if wants_columns { &self.definition } else { &[] },
                };
                function(&mut call, args)
            }
            Implementation::Backend => {
                let call = FunctionCall {
                    proc,
                    args,
                    arg_types: &self.arg_types,
                    locations: &self.locations,
                    form: FuncForm::Call,
                };
                system::call_set(ctx.backend, &call)
            }
            _ => Err(Error::not_modelled(format!("function {}", proc.name))),
        }
    }

    /// Rows as chunks; a composite that stands for several columns is taken apart.
    fn chunks(&self, rows: Vec<Vec<Datum>>) -> Vec<Chunk> {
        let width = self.columns.len();
        let apart = |row: &Vec<Datum>| match row.as_slice() {
            [value @ (Datum::Record(_) | Datum::Null)] if width > 1 => expand(value.clone(), width),
            _ => row.clone(),
        };
        rows.chunks(CHUNK_ROWS)
            .map(|rows| Chunk::from_rows(&self.columns, rows.iter().map(apart)))
            .collect()
    }
}

/// The columns of a value: the fields of a composite, if several are wanted.
fn expand(value: Datum, width: usize) -> Vec<Datum> {
    match value {
        Datum::Record(record) if width != 1 => record.values.clone(),
        Datum::Null if width != 1 => vec![Datum::Null; width],
        value => vec![value],
    }
}

fn location(expr: &Expr) -> Option<u32> {
    match expr {
        Expr::Const(constant) => constant.location,
        Expr::Func(call) => call.location,
        Expr::Op(op) => op.location,
        Expr::Var(var) => var.location,
        Expr::CoerceViaIo { location, .. } => *location,
        Expr::Relabel { arg, .. } => self::location(arg),
        _ => None,
    }
}

/// generate_series over integers, as columns at once.
fn integer_series(proc: &Proc, args: &[Datum]) -> Result<Option<Vec<Chunk>>> {
    if proc.name != "generate_series" || !matches!(proc.result, Oid::INT4 | Oid::INT8) {
        return Ok(None);
    }
    let number = |at: usize| args.get(at).and_then(Datum::as_i64).map(i128::from);
    let (Some(start), Some(stop), step) = (number(0), number(1), number(2).unwrap_or(1)) else {
        return Ok(None);
    };
    if step == 0 {
        return Err(Error::new(
            SqlState::INVALID_PARAMETER_VALUE,
            "step size cannot equal zero",
        ));
    }
    let count = ((stop - start) / step + 1).max(0);
    let count = if (stop - start).signum() * step.signum() < 0 {
        0
    } else {
        count
    };
    if count > ROW_LIMIT {
        return Err(Error::new(SqlState::OUT_OF_MEMORY, "out of memory").detail(format!(
            "generate_series would give {count} rows; Kumquat gives at most {ROW_LIMIT} at once."
        )));
    }
    let count = usize::try_from(count).unwrap_or(0);
    let chunk = |first: usize| {
        let rows = CHUNK_ROWS.min(count - first);
        let value = |at: usize| start + step * at as i128;
        let data = match proc.result {
            Oid::INT4 => ColumnData::Int4(
                (first..first + rows)
                    .map(|at| i32::try_from(value(at)).unwrap_or_default())
                    .collect(),
            ),
            _ => ColumnData::Int8(
                (first..first + rows)
                    .map(|at| i64::try_from(value(at)).unwrap_or_default())
                    .collect(),
            ),
        };
        Chunk::new(vec![Arc::new(Column::new(data, None))], rows)
    };
    Ok(Some((0..count).step_by(CHUNK_ROWS).map(chunk).collect()))
}
