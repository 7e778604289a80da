//! CALL and DO.

use std::sync::Arc;

use kumquat_sql::ast::{CallStmt, DoStmt, Expr as AstExpr, FuncCall};
use kumquat_types::{Chunk, Datum, Error, Oid, Result, SqlState, Volatility};

use super::{result_shape, run};
use crate::analyze::{Parameters, analyze_call};
use crate::backend::Backend;
use crate::catalog::function::ArgumentMode;
use crate::catalog::{Function, FunctionBody, ProcKind};
use crate::commands::function::validate::place_in_statement;
use crate::driver::Outcome;
use crate::executor::{evaluate, plpgsql};
use crate::query::{Expr, FuncExpr};
use crate::result::{CommandTag, ResultColumn, ResultSet};

/// CALL procedure(arguments): the values of OUT and INOUT parameters come back as a row.
pub fn call(backend: &mut Backend<'_>, statement: &CallStmt) -> Result<Outcome> {
    let call = analyze(backend, statement, &Parameters::default())?;
    carry_out(backend, call)
}

/// CALL inside a function, whose variables are parameters. Gives the procedure called as well.
pub fn call_inside(
    backend: &mut Backend<'_>,
    statement: &CallStmt,
    parameters: &Parameters,
    values: &[Datum],
) -> Result<(Outcome, Oid)> {
    let mut call = analyze(backend, statement, parameters)?;
    for arg in &mut call.args {
        let value = evaluate(backend, arg, values)?;
        *arg = Expr::constant(value, arg.type_oid());
    }
    let procedure = call.function;
    Ok((carry_out(backend, call)?, procedure))
}

fn carry_out(backend: &mut Backend<'_>, call: FuncExpr) -> Result<Outcome> {
    let is_other = backend
        .catalog()?
        .functions
        .get(&call.function)
        .is_some_and(|function| function.kind != ProcKind::Procedure);
    if is_other {
        return Err(not_a_procedure(backend, &call));
    }
    let extension = backend.extension;
    match extension.call_procedure(backend, &call)? {
        Some(outcome) => Ok(outcome),
        None => run_procedure(backend, call),
    }
}

/// Runs a procedure on this node.
pub fn run_procedure(backend: &mut Backend<'_>, call: FuncExpr) -> Result<Outcome> {
    let is_builtin = kumquat_types::proc_by_oid(call.function)
        .or_else(|| backend.extension.procs().iter().find(|proc| proc.oid == call.function))
        .is_some_and(|proc| proc.kind == kumquat_types::ProcKind::Procedure);
    if is_builtin {
        evaluate(backend, &Expr::Func(Box::new(call)), &[])?;
        return Ok(Outcome::Command(CommandTag::new("CALL")));
    }
    let function = backend.catalog()?.functions.get(&call.function).cloned();
    let function = function.filter(|function| function.kind == ProcKind::Procedure);
    let function = function.ok_or_else(|| not_a_procedure(backend, &call))?;
    let mut args = Vec::with_capacity(call.args.len());
    for arg in &call.args {
        args.push(evaluate(backend, arg, &[])?);
    }
    let arg_types: Vec<Oid> = call.args.iter().map(Expr::type_oid).collect();
    let rows = run(backend, &function, &args, &arg_types)?;
    let tag = CommandTag::new("CALL");
    if function.outputs.is_empty() {
        return Ok(Outcome::Command(tag));
    }
    let types: Vec<(Oid, i32)> = function.outputs.iter().map(|output| (output.type_oid, -1)).collect();
    let columns = function.outputs.iter().zip(1..).map(|(output, number)| ResultColumn {
        name: output.name.clone().unwrap_or_else(|| format!("column{number}").into()),
        type_oid: output.type_oid,
        type_modifier: -1,
    });
    let columns: Vec<ResultColumn> = columns.collect();
    let row = rows
        .chunks
        .iter()
        .find(|chunk| chunk.rows > 0)
        .map(|chunk| chunk.slice(0, 1))
        .unwrap_or_default();
    let whole = result_shape(backend, &function)?.is_some() && rows.types.len() == 1;
    let row = match row.get(0, 0) {
        Datum::Record(record) if whole => {
            let types: Vec<Oid> = types.iter().map(|(type_oid, _)| *type_oid).collect();
            Chunk::from_rows(&types, [record.values.clone()])
        }
        _ => super::convert(backend, &rows.types, &row, &types)?,
    };
    let result = ResultSet {
        columns,
        chunks: vec![row],
    };
    Ok(Outcome::Rows(result, tag))
}

fn analyze(backend: &Backend<'_>, statement: &CallStmt, parameters: &Parameters) -> Result<FuncExpr> {
    let call = without_outputs(backend, &statement.call)?;
    let call = kumquat_sql::ast::Expr::FuncCall(Box::new(call));
    match analyze_call(backend, &call, parameters).map_err(|error| as_procedure(error, &statement.call.name))? {
        Expr::Func(call) => Ok(*call),
        _ => Err(Error::internal("CALL of what is no function")),
    }
}

/// CALL without the arguments that stand for OUT parameters, which are not evaluated.
fn without_outputs(backend: &Backend<'_>, call: &FuncCall) -> Result<FuncCall> {
    let mut call = call.clone();
    for procedure in backend.find_functions(&call.name)? {
        let outs = procedure
            .modes
            .iter()
            .filter(|mode| **mode == ArgumentMode::Out)
            .count();
        let optional = procedure
            .args
            .iter()
            .filter(|argument| argument.default.is_some())
            .count();
        let total = procedure.modes.len();
        let fits = (total - optional.min(total)..=total).contains(&call.args.len());
        if procedure.kind != ProcKind::Procedure || outs == 0 || !fits {
            continue;
        }
        let is_out = |name: &str| {
            let mut outputs = procedure
                .outputs
                .iter()
                .filter(|output| output.mode == ArgumentMode::Out);
            outputs.any(|output| output.name.as_deref() == Some(name))
        };
        let args = std::mem::take(&mut call.args).into_iter().enumerate();
        let kept = args.filter(|(at, arg)| match arg {
            AstExpr::NamedArg(named) => !is_out(&named.name),
            _ => procedure.modes.get(*at) != Some(&ArgumentMode::Out),
        });
        call.args = kept.map(|(_, arg)| arg).collect();
        break;
    }
    Ok(call)
}

/// What CALL does not find is a procedure.
fn as_procedure(mut error: Error, name: &[String]) -> Error {
    let called = format!("function {}(", name.join("."));
    if error.sqlstate == SqlState::UNDEFINED_FUNCTION && error.message.starts_with(&called) {
        error.message = error.message.replacen("function", "procedure", 1);
        error.hint = error
            .hint
            .take()
            .map(|hint| hint.replacen("No function", "No procedure", 1));
    }
    error
}

fn not_a_procedure(backend: &Backend<'_>, call: &FuncExpr) -> Error {
    let name = match backend
        .catalog()
        .ok()
        .and_then(|catalog| catalog.functions.get(&call.function))
    {
        Some(function) => function.name.to_string(),
        None => kumquat_types::proc_by_oid(call.function).map_or_else(String::new, |proc| proc.name.to_string()),
    };
    let types: Vec<String> = call
        .args
        .iter()
        .map(|arg| backend.format_type(arg.type_oid()))
        .collect();
    let message = format!("{name}({}) is not a procedure", types.join(", "));
    Error::new(SqlState::WRONG_OBJECT_TYPE, message)
        .hint("To call a function, use SELECT.")
        .at(call.location)
}

/// DO: a block of PL/pgSQL without a name.
pub fn do_block(backend: &mut Backend<'_>, statement: &DoStmt, text: &str) -> Result<CommandTag> {
    let option = |name: &str| {
        let element = statement.args.iter().find(|element| element.name == name)?;
        crate::commands::options::string(element).ok()
    };
    let source = option("as").ok_or_else(|| Error::new(SqlState::SYNTAX_ERROR, "no inline code specified"))?;
    let language = option("language").unwrap_or_else(|| "plpgsql".into());
    if language != "plpgsql" {
        return Err(match language.as_str() {
            "sql" | "internal" | "c" => Error::new(
                SqlState::FEATURE_NOT_SUPPORTED,
                format!("language \"{language}\" does not support inline code execution"),
            ),
            _ => Error::new(
                SqlState::UNDEFINED_OBJECT,
                format!("language \"{language}\" does not exist"),
            ),
        });
    }
    let function = Function {
        oid: Oid::INVALID,
        name: "inline_code_block".into(),
        schema: crate::catalog::well_known::PG_CATALOG,
        owner: backend.session.current_user,
        kind: ProcKind::Procedure,
        language: language.as_str().into(),
        args: Vec::new(),
        outputs: Vec::new(),
        modes: Vec::new(),
        result: Oid::VOID,
        returns_set: false,
        strict: false,
        volatility: Volatility::Volatile,
        security_definer: false,
        leakproof: false,
        parallel: 'u',
        cost: 1.0,
        rows: 0.0,
        settings: Vec::new(),
        body: FunctionBody::Source(source.as_str().into()),
        acl: None,
    };
    plpgsql::check_function(backend, &function, false).map_err(|error| place_in_statement(error, &source, text))?;
    super::super::context::enter(backend)?;
    let result = plpgsql::run(backend, &Arc::new(function), &[], &[]);
    super::super::context::leave(backend);
    result.map(|_| CommandTag::new("DO"))
}
