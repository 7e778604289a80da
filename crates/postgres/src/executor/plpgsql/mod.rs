//! PL/pgSQL: runs the trees that `kumquat_sql::plpgsql` gives.
//!
//! - [`variables`]: variables, their scopes, and how SQL sees them: as parameters.
//! - [`expression`]: expressions and statements of SQL; [`assign`]: values put into variables.
//! - [`statement`]: one arm a statement, and blocks with their handlers; [`control`]: branches and loops;
//!   [`query`]: statements of SQL; [`returning`], [`raise`], [`cursor`]: the other kinds.
//! - [`trigger`]: functions of triggers; [`check`](check_function): what can be said before a function runs.

mod assign;
mod check;
mod control;
mod cursor;
mod expression;
mod query;
mod raise;
mod returning;
mod statement;
pub mod trigger;
mod variables;

pub use check::check_function;

use std::sync::Arc;

use kumquat_sql::plpgsql::{self, Returns, Signature};
use kumquat_types::{Chunk, Datum, Error, Oid, Result, SqlState};

use self::expression::Cache;
use self::statement::Flow;
use self::variables::{Scopes, Variable, record};
use super::functions::{Rows, check_domain, convert_value, result_shape};
use crate::analyze::{NameConflict, is_polymorphic};
use crate::backend::Backend;
use crate::catalog::function::ArgumentMode;
use crate::catalog::{Function, FunctionBody, ProcKind};
use crate::session::Frame;

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
    /// `#print_strict_params`.
    print_strict_params: bool,
}

/// Runs a function.
pub fn run(backend: &mut Backend<'_>, function: &Arc<Function>, args: &[Datum], arg_types: &[Oid]) -> Result<Rows> {
    if function.result == Oid::TRIGGER {
        let message = "trigger functions can only be called as triggers";
        let context = plpgsql::compilation(&function.name, 1);
        return Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, message).context(context));
    }
    let tree = parse(function, false)?;
    let depth = backend.session.call_stack.len();
    let mut interpreter = Interpreter::new(backend, function);
    interpreter.follow_options(&tree);
    interpreter.bind_arguments(args, arg_types)?;
    interpreter.declare_found();
    let flow = interpreter.block(&tree.body);
    let flow = flow.map_err(|error| interpreter.placed_error(error, None));
    interpreter.backend.session.call_stack.truncate(depth);
    interpreter.finish(flow?)
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
    compile(function, is_trigger).map_err(|mut error| {
        let Some(position) = error.position.take() else {
            return error;
        };
        let before = source.get(..position as usize);
        let line = before.map_or(0, |text| text.matches('\n').count()).saturating_add(1);
        error.internal = Some((source.to_string(), position));
        error.context(plpgsql::compilation(
            &function.name,
            u32::try_from(line).unwrap_or(u32::MAX),
        ))
    })
}

/// What RETURN may look like.
pub fn returns(function: &Function) -> Returns {
    match (function.returns_set, function.outputs.is_empty()) {
        (true, true) => Returns::Set,
        (true, false) => Returns::SetOfOutParameters,
        (false, false) => Returns::OutParameters,
        (false, true) if function.kind == ProcKind::Procedure && function.oid.is_valid() => Returns::Procedure,
        (false, true) if function.result == Oid::VOID => Returns::Void,
        (false, true) => Returns::Value,
    }
}

impl<'f, 'a, 'b> Interpreter<'f, 'a, 'b> {
    fn new(backend: &'a mut Backend<'b>, function: &'f Function) -> Interpreter<'f, 'a, 'b> {
        let mut scopes = Scopes::default();
        scopes.push(Some(function.name.to_string()));
        let frame = match function.oid.is_valid() {
            true => Frame::Function(function.oid),
            false => Frame::Block(function.name.clone()),
        };
        backend.session.call_stack.push((frame, None));
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
            print_strict_params: false,
        }
    }

    /// Takes over what stands before the first block, and the settings that do the same for all functions.
    fn follow_options(&mut self, tree: &plpgsql::ast::Function) {
        use plpgsql::ast::VariableConflict;
        let setting = |name: &str| self.backend.setting(name).map(|value| value.to_string());
        let by_setting = setting("plpgsql.variable_conflict");
        self.scopes.conflict = match (tree.variable_conflict, by_setting.as_deref()) {
            (Some(VariableConflict::UseVariable), _) | (None, Some("use_variable")) => NameConflict::Variable,
            (Some(VariableConflict::UseColumn), _) | (None, Some("use_column")) => NameConflict::Column,
            _ => NameConflict::Error,
        };
        let by_setting = setting("plpgsql.print_strict_params").as_deref() == Some("on");
        self.print_strict_params = tree.print_strict_params.unwrap_or(by_setting);
    }

    /// Declares FOUND; after the parameters, whose numbers SQL counts from 1.
    fn declare_found(&mut self) {
        let found = Variable::scalar(Oid::BOOL, -1, Datum::Bool(false));
        self.found = self.scopes.declare("found", found);
    }

    /// Declares the parameters: `$1`, `$2` and their names; OUT parameters begin as NULL.
    fn bind_arguments(&mut self, args: &[Datum], arg_types: &[Oid]) -> Result<()> {
        let function = self.function;
        let declared: Vec<Oid> = function.args.iter().map(|argument| argument.type_oid).collect();
        let resolved = self.backend.resolve_polymorphic(arg_types, &declared);
        let (mut given, mut args) = (args.iter(), arg_types.iter());
        for (parameter, at) in function.parameters().zip(1..) {
            let is_input = !matches!(parameter.mode, ArgumentMode::Out | ArgumentMode::Table);
            let (value, actual) = match is_input {
                true => (given.next().cloned().unwrap_or_default(), args.next().copied()),
                false => (Datum::Null, None),
            };
            let pseudo = kumquat_types::builtin_type(parameter.type_oid)
                .is_some_and(|builtin| builtin.kind == kumquat_types::TypeKind::Pseudo);
            let inferred = || {
                let resolved = resolved.as_ref().ok().filter(|_| is_polymorphic(parameter.type_oid))?;
                self.backend.polymorphic_type(resolved, parameter.type_oid).ok()
            };
            let type_oid = actual
                .filter(|_| pseudo)
                .or_else(inferred)
                .unwrap_or(parameter.type_oid);
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
        let value = self.cast_result(value, from).map_err(|error| {
            self.placed = false;
            self.placed_error(
                error,
                Some("while casting return value to function's return type".into()),
            )
        })?;
        Ok(one_row(types(function), vec![value]))
    }

    /// What RETURN gave as a value of the function's type. Rows must fit as they are.
    fn cast_result(&mut self, value: Datum, from: Oid) -> Result<Datum> {
        let function = self.function;
        if is_polymorphic(function.result) {
            return Ok(value);
        }
        let shape = result_shape(self.backend, function)?;
        match (value, shape) {
            (Datum::Record(row), Some(shape)) => {
                let given: Vec<Oid> = row.types.iter().map(|(type_oid, _)| *type_oid).collect();
                check_row(self.backend, &given, &shape.types)?;
                let row = record(row.values.clone(), shape.types, shape.names);
                check_domain(self.backend, row, (function.result, -1))
            }
            (row @ Datum::Record(_), None) if function.result == Oid::RECORD => Ok(row),
            (value, _) => convert_value(self.backend, value, from, (function.result, -1)),
        }
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

/// Fails unless a row has the columns that are expected (`convert_tuples_by_position`).
pub fn check_row(backend: &Backend<'_>, given: &[Oid], wanted: &[(Oid, i32)]) -> Result<()> {
    let message = "returned record type does not match expected record type";
    match row_mismatch(backend, given, wanted) {
        Some(detail) => Err(Error::new(SqlState::DATATYPE_MISMATCH, message).detail(detail)),
        None => Ok(()),
    }
}

/// Why columns are not those that are expected.
fn row_mismatch(backend: &Backend<'_>, given: &[Oid], wanted: &[(Oid, i32)]) -> Option<String> {
    if given.len() != wanted.len() {
        return Some(format!(
            "Number of returned columns ({}) does not match expected column count ({}).",
            given.len(),
            wanted.len()
        ));
    }
    let mut columns = (1..).zip(given.iter().zip(wanted));
    let (number, (have, want)) = columns.find(|(_, (have, want))| **have != want.0)?;
    Some(format!(
        "Returned type {} does not match expected type {} in column {number}.",
        backend.format_type(*have),
        backend.format_type(want.0)
    ))
}

fn one_row(types: Vec<(Oid, i32)>, values: Vec<Datum>) -> Rows {
    let oids: Vec<Oid> = types.iter().map(|(type_oid, _)| *type_oid).collect();
    Rows {
        chunks: vec![Chunk::from_rows(&oids, [values])],
        types,
    }
}
