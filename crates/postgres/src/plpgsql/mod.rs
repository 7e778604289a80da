//! Runs PL/pgSQL: functions, procedures and DO blocks, after PostgreSQL's `pl_exec.c`.
//!
//! - [`call`], [`execute_do`]: the ways in.
//! - [`variables`]: what names stand for, and how they reach expressions as parameters.
//! - [`interpreter`]: one arm a kind of statement; [`loops`], [`queries`], [`raise`]: the larger ones.

mod interpreter;
mod loops;
mod queries;
mod raise;
mod variables;

use std::sync::Arc;

use kumquat_sql::ast::{DefArg, DoStmt};
use kumquat_sql::plpgsql::{self, Returns, Signature};
use kumquat_types::{Datum, Error, Oid, RecordValue, Result, SqlState};

use crate::backend::Backend;
use crate::catalog::ProcKind;
use crate::catalog::function::ArgumentMode;
use crate::executor::functions::Invocation;
use interpreter::{Flow, Interpreter};
use variables::Variable;

/// Statements one call may run: a loop without end must not hang the page.
pub(crate) const MAX_STATEMENTS: u64 = 50_000_000;

/// Runs a function and gives its rows.
pub fn call(backend: &mut Backend<'_>, invocation: &Invocation<'_>) -> Result<Vec<Vec<Datum>>> {
    let function = invocation.function;
    let argument_names = function
        .args
        .iter()
        .chain(&function.outputs)
        .filter_map(|arg| arg.name.as_ref());
    let signature = Signature {
        name: function.name.to_string(),
        parameters: argument_names.map(ToString::to_string).collect(),
        is_trigger: false,
        returns: match (function.returns_set, function.outputs.is_empty(), function.kind) {
            (true, true, _) => Returns::Set,
            (true, false, _) => Returns::SetOfOutParameters,
            (false, false, _) => Returns::OutParameters,
            (false, true, ProcKind::Procedure) => Returns::Procedure,
            (false, true, _) if function.result == Oid::VOID => Returns::Void,
            (false, true, _) => Returns::Value,
        },
    };
    let parsed = plpgsql::parse(invocation.source(), &signature)?;
    let arguments: Vec<String> = function.input_types().map(|oid| backend.format_type(oid)).collect();
    let title = format!("PL/pgSQL function {}({})", function.name, arguments.join(","));
    let mut interpreter = Interpreter::new(backend, title, &function.name);
    for (index, arg) in function.args.iter().enumerate() {
        let value = invocation.args.get(index).cloned().unwrap_or_default();
        let type_oid = invocation.arg_types.get(index).copied().unwrap_or(arg.type_oid);
        interpreter
            .variables
            .declare_argument(index + 1, arg.name.clone(), Variable::new(type_oid, -1, value));
    }
    for output in function
        .outputs
        .iter()
        .filter(|output| output.mode != ArgumentMode::InOut)
    {
        if let Some(name) = &output.name {
            interpreter
                .variables
                .declare(name.clone(), Variable::new(output.type_oid, -1, Datum::Null));
        }
    }
    interpreter.returns = interpreter::Returns {
        result: invocation.result,
        set: function.returns_set,
        outputs: function
            .outputs
            .iter()
            .enumerate()
            .map(|(index, output)| {
                let name = output
                    .name
                    .clone()
                    .unwrap_or_else(|| format!("column{}", index + 1).into());
                (name, output.type_oid)
            })
            .collect(),
    };
    let flow = interpreter.run(&parsed)?;
    interpreter.finish(flow, function.kind == ProcKind::Procedure)
}

/// DO: a block without arguments or result.
pub fn execute_do(backend: &mut Backend<'_>, statement: &DoStmt) -> Result<()> {
    let text_of = |name: &str| {
        statement
            .args
            .iter()
            .find(|option| option.name == name)
            .and_then(|option| match &option.arg {
                Some(DefArg::String(text)) => Some(text.clone()),
                Some(DefArg::List(texts)) => texts.first().cloned(),
                _ => None,
            })
    };
    let language = text_of("language").unwrap_or_else(|| "plpgsql".into());
    if language != "plpgsql" {
        return Err(match language.as_str() {
            "sql" => Error::new(
                SqlState::FEATURE_NOT_SUPPORTED,
                "language \"sql\" does not support inline code execution",
            ),
            _ => Error::new(
                SqlState::UNDEFINED_OBJECT,
                format!("language \"{language}\" does not exist"),
            ),
        });
    }
    let Some(body) = text_of("as") else {
        return Err(Error::new(SqlState::SYNTAX_ERROR, "no inline code specified"));
    };
    let signature = Signature {
        name: "inline_code_block".into(),
        returns: Returns::Void,
        ..Signature::default()
    };
    let parsed = plpgsql::parse(&body, &signature)?;
    let mut interpreter = Interpreter::new(
        backend,
        "PL/pgSQL function inline_code_block".into(),
        "inline_code_block",
    );
    interpreter.returns.result = Oid::VOID;
    match interpreter.run(&parsed)? {
        Flow::Exit(_) | Flow::Continue(_) | Flow::Normal | Flow::Return(_) => Ok(()),
    }
}

/// A row as one value.
pub(crate) fn record(names: Vec<Arc<str>>, types: Vec<(Oid, i32)>, values: Vec<Datum>) -> Datum {
    Datum::Record(Arc::new(RecordValue {
        values,
        types: types.into(),
        names: names.into(),
    }))
}
