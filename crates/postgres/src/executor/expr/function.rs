//! Calls of functions and operators.

use std::sync::Arc;

use kumquat_types::compare::compare;
use kumquat_types::{
    Bitmap, Chunk, Column, ColumnData, Datum, Error, Implementation, Oid, Proc, Result, ScalarFunction,
    operator_by_oid, proc_by_oid,
};

use super::{Compiled, per_row};
use crate::backend::Backend;
use crate::catalog;
use crate::executor::context::Context;
use crate::executor::functions;
use crate::extension::FunctionCall;
use crate::query::FuncForm;
use crate::system;

/// A function with the types it is called with.
#[derive(Clone)]
pub struct Function {
    target: Target,
    arg_types: Vec<Oid>,
    result: Oid,
    strict: bool,
    /// VARIADIC "any": the last argument is an array that stands for its elements.
    spread: bool,
    form: FuncForm,
}

#[derive(Clone)]
enum Target {
    Builtin(&'static Proc),
    /// CREATE FUNCTION.
    User(Arc<catalog::Function>),
}

/// A function call with its arguments.
pub struct Call {
    pub function: Function,
    pub args: Vec<Compiled>,
}

/// The row of pg_proc of a function that is built in or an extension's.
pub fn find_proc(backend: &Backend<'_>, oid: Oid) -> Option<&'static Proc> {
    proc_by_oid(oid).or_else(|| backend.extension.procs().iter().find(|proc| proc.oid == oid))
}

impl Function {
    pub fn new(backend: &Backend<'_>, oid: Oid, arg_types: Vec<Oid>, result: Oid, variadic: bool) -> Result<Function> {
        if let Some(proc) = find_proc(backend, oid) {
            return Ok(Function {
                target: Target::Builtin(proc),
                arg_types,
                result,
                strict: proc.strict,
                spread: variadic && proc.variadic == Oid::ANY,
                form: FuncForm::Call,
            });
        }
        match backend.catalog()?.functions.get(&oid) {
            Some(function) => Ok(Function {
                strict: function.strict,
                target: Target::User(function.clone()),
                arg_types,
                result,
                spread: false,
                form: FuncForm::Call,
            }),
            None => Err(Error::internal(format!("cache lookup failed for function {oid}"))),
        }
    }

    pub fn of_form(mut self, form: FuncForm) -> Function {
        self.form = form;
        self
    }

    /// The function that carries out an operator.
    pub fn for_operator(backend: &Backend<'_>, operator: Oid, arg_types: Vec<Oid>, result: Oid) -> Result<Function> {
        match operator_by_oid(operator) {
            Some(operator) => Function::new(backend, operator.function, arg_types, result, false),
            None => Err(Error::internal(format!("cache lookup failed for operator {operator}"))),
        }
    }

    /// Calls the function for one row.
    pub fn call(&self, ctx: &mut Context<'_, '_>, args: &[Datum]) -> Result<Datum> {
        self.call_in(ctx.backend, args)
    }

    /// The same outside of a plan.
    pub fn call_in(&self, backend: &mut Backend<'_>, args: &[Datum]) -> Result<Datum> {
        if self.strict && args.iter().any(Datum::is_null) {
            return Ok(Datum::Null);
        }
        if self.spread {
            // No array, no answer: but a format can do without arguments.
            let is_format = matches!(&self.target, Target::Builtin(proc) if proc.name == "format");
            if !is_format && args.last().is_some_and(Datum::is_null) {
                return Ok(Datum::Null);
            }
            let (args, types) = spread_variadic(args, &self.arg_types);
            return self.dispatch(backend, &args, &types);
        }
        self.dispatch(backend, args, &self.arg_types)
    }

    fn dispatch(&self, backend: &mut Backend<'_>, args: &[Datum], arg_types: &[Oid]) -> Result<Datum> {
        let proc = match &self.target {
            Target::User(function) => return functions::call(backend, function, args, arg_types, self.result),
            Target::Builtin(proc) => *proc,
        };
        match proc.implementation {
            Implementation::Scalar(scalar) | Implementation::Vector(scalar, _) => {
                self.call_scalar(backend, scalar, args, arg_types)
            }
            Implementation::Backend => {
                let call = FunctionCall {
                    proc,
                    args,
                    arg_types,
                    locations: &[],
                    form: self.form,
                };
                system::call(backend, &call)
            }
            Implementation::Set(_) | Implementation::Aggregate | Implementation::Window => {
                Err(Error::not_modelled(format!("function {} in this place", proc.name)))
            }
        }
    }

    fn call_scalar(
        &self,
        backend: &mut Backend<'_>,
        scalar: ScalarFunction,
        args: &[Datum],
        arg_types: &[Oid],
    ) -> Result<Datum> {
        let mut call = kumquat_types::Call {
            env: backend,
            arg_types,
            result_type: self.result,
            collation: Oid::INVALID,
            columns: &[],
        };
        scalar(&mut call, args)
    }

    /// Calls the function for all rows of the mask.
    pub fn call_columns(
        &self,
        ctx: &mut Context<'_, '_>,
        args: &[Arc<Column>],
        rows: usize,
        mask: Option<&Bitmap>,
    ) -> Result<Column> {
        if let Some(column) = self.call_kernel(args, rows, mask) {
            return column;
        }
        let mut values: Vec<Datum> = Vec::with_capacity(args.len());
        per_row(rows, mask, self.result, |row| {
            values.clear();
            values.extend(args.iter().map(|column| column.get(row)));
            self.call(ctx, &values)
        })
    }

    /// By way of a kernel, if there is one for these columns. A failure that may come from a row outside of
    /// the mask does not count.
    fn call_kernel(&self, args: &[Arc<Column>], rows: usize, mask: Option<&Bitmap>) -> Option<Result<Column>> {
        let Target::Builtin(proc) = &self.target else {
            return None;
        };
        let Implementation::Vector(_, kernel) = proc.implementation else {
            return None;
        };
        let fits = args.len() == proc.args.len()
            && args
                .iter()
                .zip(proc.args)
                .all(|(column, &declared)| holds(column, declared));
        if !fits {
            return None;
        }
        let columns: Vec<&Column> = args.iter().map(AsRef::as_ref).collect();
        match kernel(&columns, rows) {
            Err(_) if mask.is_some() => None,
            result => Some(result),
        }
    }
}

/// The column's vector is the one that suits the type.
fn holds(column: &Column, type_oid: Oid) -> bool {
    std::mem::discriminant(&column.data) == std::mem::discriminant(&ColumnData::for_type(type_oid))
}

fn spread_variadic(args: &[Datum], types: &[Oid]) -> (Vec<Datum>, Vec<Oid>) {
    let (mut values, mut spread) = (args.to_vec(), types.to_vec());
    spread.pop();
    if let Some(Datum::Array(array)) = values.pop() {
        spread.extend(std::iter::repeat_n(array.element, array.values.len()));
        values.extend(array.values.iter().cloned());
    }
    (values, spread)
}

impl Call {
    pub fn eval(&mut self, ctx: &mut Context<'_, '_>, input: &Chunk, mask: Option<&Bitmap>) -> Result<Arc<Column>> {
        let args = self.eval_args(ctx, input, mask)?;
        self.function.call_columns(ctx, &args, input.rows, mask).map(Arc::new)
    }

    fn eval_args(
        &mut self,
        ctx: &mut Context<'_, '_>,
        input: &Chunk,
        mask: Option<&Bitmap>,
    ) -> Result<Vec<Arc<Column>>> {
        self.args.iter_mut().map(|arg| arg.eval(ctx, input, mask)).collect()
    }

    /// `a IS DISTINCT FROM b`, by the equality operator.
    pub fn eval_distinct(&mut self, ctx: &mut Context<'_, '_>, input: &Chunk, mask: Option<&Bitmap>) -> Result<Column> {
        let args = self.eval_args(ctx, input, mask)?;
        per_row(input.rows, mask, Oid::BOOL, |row| {
            let values: Vec<Datum> = args.iter().map(|column| column.get(row)).collect();
            let nulls = values.iter().filter(|value| value.is_null()).count();
            Ok(Datum::Bool(match nulls {
                0 => self.function.call(ctx, &values)?.as_bool() != Some(true),
                nulls => nulls < values.len(),
            }))
        })
    }

    /// `NULLIF(a, b)`, by the equality operator.
    pub fn eval_null_if(
        &mut self,
        ctx: &mut Context<'_, '_>,
        input: &Chunk,
        mask: Option<&Bitmap>,
        type_oid: Oid,
    ) -> Result<Column> {
        let args = self.eval_args(ctx, input, mask)?;
        per_row(input.rows, mask, type_oid, |row| {
            let values: Vec<Datum> = args.iter().map(|column| column.get(row)).collect();
            let equal = self.function.call(ctx, &values)?.as_bool() == Some(true);
            Ok(match values.into_iter().next() {
                Some(value) if !equal => value,
                _ => Datum::Null,
            })
        })
    }
}

/// Equality by the default operator class, when an operator's function is the plain equality of its type: then
/// hashing and sorting may stand for calling it.
pub fn plain_equal(a: &Datum, b: &Datum) -> bool {
    compare(a, b).is_eq()
}
