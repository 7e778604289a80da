//! PL/pgSQL: runs the trees that `kumquat_sql::plpgsql` gives.
//!
//! - [`variables`]: variables, their scopes, and how SQL sees them: as parameters.
//! - [`expression`]: expressions and statements of SQL; [`assign`]: values put into variables.
//! - [`statement`]: one arm a statement, and blocks with their handlers; [`control`]: branches and loops;
//!   [`query`]: statements of SQL; [`returning`], [`raise`], [`cursor`]: the other kinds.
//! - [`trigger`]: functions of triggers.

mod assign;
mod control;
mod cursor;
mod expression;
mod query;
mod raise;
mod returning;
mod statement;
pub mod trigger;
mod variables;

use std::sync::Arc;

use kumquat_sql::plpgsql::{self, Returns, Signature};
use kumquat_types::{Chunk, Datum, Error, Oid, Result, SqlState};

use self::expression::Cache;
use self::statement::Flow;
use self::variables::{Scopes, Variable};
use super::functions::{Rows, convert_value, result_shape};
use crate::backend::Backend;
use crate::catalog::function::ArgumentMode;
use crate::catalog::{Function, FunctionBody, ProcKind};

/// Most rows that a function may return.
const ROW_LIMIT: usize = 10_000_000;

/// A function at work.
struct Interpreter<'f, 'a, 'b> {
    backend: &'a mut Backend<'b>,
    function: &'f Function,
    scopes: Scopes,
    cache: Cache,
    /// What RETURN gave: a value with its type.
    returned: Option<(Datum, Oid)>,
    /// What RETURN NEXT and RETURN QUERY gave.
    rows: Vec<Vec<Datum>>,
    /// Variables of OUT parameters and TABLE columns.
    outputs: Vec<usize>,
    found: usize,
    row_count: u64,
    /// Errors being handled, innermost last.
    handled: Vec<Error>,
    /// Blocks with handlers that are being run.
    subtransactions: u32,
    /// The error on its way has told where it comes from.
    placed: bool,
}

/// Runs a function.
pub fn run(backend: &mut Backend<'_>, function: &Arc<Function>, args: &[Datum], arg_types: &[Oid]) -> Result<Rows> {
    let tree = parse(function, false)?;
    let mut interpreter = Interpreter::new(backend, function);
    interpreter.bind_arguments(args, arg_types)?;
    interpreter.declare_found();
    let flow = interpreter.block(&tree.body);
    let flow = flow.map_err(|error| interpreter.placed_error(error, None))?;
    interpreter.finish(flow)
}

/// The tree of a function's body; errors are placed in the body.
pub fn compile(function: &Function, is_trigger: bool) -> Result<plpgsql::ast::Function> {
    let (FunctionBody::Source(source) | FunctionBody::Standard(source)) = &function.body;
    let names = function
        .args
        .iter()
        .chain(&function.outputs)
        .filter_map(|argument| argument.name.clone());
    let signature = Signature {
        name: function.name.to_string(),
        parameters: names.map(|name| name.to_string()).collect(),
        is_trigger,
        returns: returns(function),
    };
    plpgsql::parse(source, &signature)
}

/// The same for a call: errors tell the line of the body.
fn parse(function: &Function, is_trigger: bool) -> Result<plpgsql::ast::Function> {
    let (FunctionBody::Source(source) | FunctionBody::Standard(source)) = &function.body;
    compile(function, is_trigger).map_err(|error| {
        let line = source
            .get(..error.position.unwrap_or(0) as usize)
            .map_or(1, |text| text.matches('\n').count() + 1);
        let mut error = error;
        error.position = None;
        error.context(format!(
            "compilation of PL/pgSQL function \"{}\" near line {line}",
            function.name
        ))
    })
}

/// What RETURN may look like.
pub fn returns(function: &Function) -> Returns {
    match (function.returns_set, function.outputs.is_empty()) {
        (true, true) => Returns::Set,
        (true, false) => Returns::SetOfOutParameters,
        (false, false) => Returns::OutParameters,
        (false, true) if function.kind == ProcKind::Procedure => Returns::Procedure,
        (false, true) if function.result == Oid::VOID => Returns::Void,
        (false, true) => Returns::Value,
    }
}

impl<'f, 'a, 'b> Interpreter<'f, 'a, 'b> {
    fn new(backend: &'a mut Backend<'b>, function: &'f Function) -> Interpreter<'f, 'a, 'b> {
        let mut scopes = Scopes::default();
        scopes.push(Some(function.name.to_string()));
        Interpreter {
            backend,
            function,
            scopes,
            cache: Cache::default(),
            returned: None,
            rows: Vec::new(),
            outputs: Vec::new(),
            found: 0,
            row_count: 0,
            handled: Vec::new(),
            subtransactions: 0,
            placed: false,
        }
    }

    /// Declares FOUND; after the parameters, whose numbers SQL counts from 1.
    fn declare_found(&mut self) {
        let found = Variable::scalar(Oid::BOOL, -1, Datum::Bool(false));
        self.found = self.scopes.declare("found", found);
    }

    /// Declares the parameters: `$1`, `$2` and their names; OUT parameters begin as NULL.
    fn bind_arguments(&mut self, args: &[Datum], arg_types: &[Oid]) -> Result<()> {
        let function = self.function;
        let (mut given, mut args) = (args.iter(), arg_types.iter());
        for (parameter, at) in function.parameters().zip(1..) {
            let is_input = !matches!(parameter.mode, ArgumentMode::Out | ArgumentMode::Table);
            let (value, actual) = match is_input {
                true => (given.next().cloned().unwrap_or_default(), args.next().copied()),
                false => (Datum::Null, None),
            };
            let pseudo = kumquat_types::builtin_type(parameter.type_oid)
                .is_some_and(|builtin| builtin.kind == kumquat_types::TypeKind::Pseudo);
            let type_oid = actual.filter(|_| pseudo).unwrap_or(parameter.type_oid);
            let variable = Variable::of_type(self.backend, type_oid, -1, value);
            let variable = self.scopes.declare(&format!("${at}"), variable);
            if let Some(name) = &parameter.name {
                self.scopes.name(name, variable);
            }
            if !matches!(parameter.mode, ArgumentMode::In | ArgumentMode::Variadic) {
                self.outputs.push(variable);
            }
        }
        Ok(())
    }

    /// The function's result when its body has run to an end.
    fn finish(mut self, flow: Flow) -> Result<Rows> {
        let function = self.function;
        if function.returns_set {
            return self.finish_set();
        }
        let types = |function: &Function| vec![(function.result, -1)];
        if !function.outputs.is_empty() {
            let values: Vec<Datum> = self.outputs.iter().map(|&output| self.scopes.value(output)).collect();
            let output_types: Vec<(Oid, i32)> = function.outputs.iter().map(|output| (output.type_oid, -1)).collect();
            return Ok(one_row(output_types, values));
        }
        if function.result == Oid::VOID {
            return Ok(one_row(types(function), vec![Datum::Void]));
        }
        if !matches!(flow, Flow::Return) {
            let message = "control reached end of function without RETURN";
            let signature = self.signature();
            return Err(Error::new(SqlState::FUNCTION_EXECUTED_NO_RETURN_STATEMENT, message)
                .context(format!("PL/pgSQL function {signature}")));
        }
        let (value, from) = self.returned.take().unwrap_or((Datum::Null, function.result));
        let value = match value {
            value @ (Datum::Record(_) | Datum::Null) => value,
            value => convert_value(self.backend, value, from, (function.result, -1))?,
        };
        Ok(one_row(types(function), vec![value]))
    }

    fn finish_set(self) -> Result<Rows> {
        let types = match result_shape(self.backend, self.function)? {
            Some(shape) => shape.types.to_vec(),
            None => match self.function.outputs.first() {
                Some(output) => vec![(output.type_oid, -1)],
                None => vec![(self.function.result, -1)],
            },
        };
        // Rows of `record` have as many columns as were returned.
        let width = self.rows.first().map_or(types.len(), Vec::len);
        let types = if width == types.len() {
            types
        } else {
            vec![(Oid::UNKNOWN, -1); width]
        };
        let oids: Vec<Oid> = types.iter().map(|(type_oid, _)| *type_oid).collect();
        Ok(Rows {
            chunks: vec![Chunk::from_rows(&oids, &self.rows)],
            types,
        })
    }

    /// `f(integer,text)`, or the name of a DO block.
    fn signature(&self) -> String {
        match self.function.oid.is_valid() {
            true => self.backend.procedure_signature(self.function.oid),
            false => self.function.name.to_string(),
        }
    }

    /// Adds where in the function an error comes from, once.
    fn placed_error(&mut self, error: Error, place: Option<String>) -> Error {
        if std::mem::replace(&mut self.placed, true) {
            return error;
        }
        let signature = self.signature();
        error.context(match place {
            Some(place) => format!("PL/pgSQL function {signature} {place}"),
            None => format!("PL/pgSQL function {signature}"),
        })
    }
}

fn one_row(types: Vec<(Oid, i32)>, values: Vec<Datum>) -> Rows {
    let oids: Vec<Oid> = types.iter().map(|(type_oid, _)| *type_oid).collect();
    Rows {
        chunks: vec![Chunk::from_rows(&oids, [values])],
        types,
    }
}
