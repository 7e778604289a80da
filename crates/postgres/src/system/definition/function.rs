//! `pg_get_functiondef` and what it is made of.

use std::fmt::Write;

use kumquat_types::{Oid, Proc, Result, Volatility};

use crate::backend::Backend;
use crate::catalog::function::{ArgumentMode, FunctionArgument};
use crate::catalog::quote::{quote_identifier, quote_literal, quote_qualified};
use crate::catalog::{Function, FunctionBody, ProcKind};
use crate::ruleutils::deparse_expression;
use crate::settings::check::list_setting;

/// Which arguments are written, and how.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Arguments {
    /// All but TABLE columns, with their defaults.
    Full,
    /// The same without defaults: what identifies the function in ALTER and DROP.
    Identity,
    /// TABLE columns alone.
    Table,
}

/// `a integer, b text DEFAULT 'x'::text`.
pub fn arguments(backend: &Backend<'_>, oid: Oid) -> Result<Option<String>> {
    all_arguments(backend, oid, Arguments::Full)
}

pub fn identity_arguments(backend: &Backend<'_>, oid: Oid) -> Result<Option<String>> {
    all_arguments(backend, oid, Arguments::Identity)
}

fn all_arguments(backend: &Backend<'_>, oid: Oid, which: Arguments) -> Result<Option<String>> {
    if let Some(function) = backend.catalog()?.functions.get(&oid) {
        return user_arguments(backend, function, which).map(Some);
    }
    let builtin = backend.any_proc(oid);
    Ok(builtin.map(|proc| builtin_arguments(backend, proc, which)))
}

fn user_arguments(backend: &Backend<'_>, function: &Function, which: Arguments) -> Result<String> {
    let parameters = function
        .parameters()
        .filter(|parameter| (parameter.mode == ArgumentMode::Table) == (which == Arguments::Table));
    let words = parameters
        .map(|parameter| user_argument(backend, function, parameter, which))
        .collect::<Result<Vec<_>>>()?;
    Ok(words.join(", "))
}

fn user_argument(
    backend: &Backend<'_>,
    function: &Function,
    parameter: &FunctionArgument,
    which: Arguments,
) -> Result<String> {
    let mode = match parameter.mode {
        ArgumentMode::In if function.kind == ProcKind::Procedure => "IN ",
        ArgumentMode::In | ArgumentMode::Table => "",
        ArgumentMode::Out => "OUT ",
        ArgumentMode::InOut => "INOUT ",
        ArgumentMode::Variadic => "VARIADIC ",
    };
    let name = match &parameter.name {
        Some(name) => format!("{} ", quote_identifier(name)),
        None => String::new(),
    };
    let default = match (&parameter.default, which) {
        (Some(expr), Arguments::Full) => format!(" DEFAULT {}", deparse_expression(backend, expr, None, false)?),
        _ => String::new(),
    };
    let type_name = backend.format_type(parameter.type_oid);
    Ok(format!("{mode}{name}{type_name}{default}"))
}

fn builtin_arguments(backend: &Backend<'_>, proc: &Proc, which: Arguments) -> String {
    let inputs = proc.args.len();
    let first_default = inputs - proc.defaults.len().min(inputs);
    let types = proc.args.iter().chain(proc.out_types).enumerate();
    let words: Vec<String> = types
        .filter(|(at, _)| (*at >= inputs && proc.returns_set) == (which == Arguments::Table) || *at < inputs)
        .filter(|(at, _)| which != Arguments::Table || *at >= inputs)
        .map(|(at, type_oid)| {
            let mode = if at >= inputs && which != Arguments::Table {
                "OUT "
            } else if proc.variadic.is_valid() && at + 1 == inputs {
                "VARIADIC "
            } else {
                ""
            };
            let name = match proc.arg_names.get(at) {
                Some(name) if !name.is_empty() => format!("{} ", quote_identifier(name)),
                _ => String::new(),
            };
            let default = match at.checked_sub(first_default).and_then(|at| proc.defaults.get(at)) {
                Some(default) if which == Arguments::Full && at < inputs => format!(" DEFAULT {default}"),
                _ => String::new(),
            };
            format!("{mode}{name}{}{default}", backend.format_type(*type_oid))
        })
        .collect();
    words.join(", ")
}

/// `SETOF integer`, `TABLE(a integer)`; `None` for procedures.
pub fn result(backend: &Backend<'_>, oid: Oid) -> Result<Option<String>> {
    if let Some(function) = backend.catalog()?.functions.get(&oid) {
        if function.kind == ProcKind::Procedure {
            return Ok(None);
        }
        if function.modes.contains(&ArgumentMode::Table) {
            let columns = user_arguments(backend, function, Arguments::Table)?;
            return Ok(Some(format!("TABLE({columns})")));
        }
        let setof = if function.returns_set { "SETOF " } else { "" };
        return Ok(Some(format!("{setof}{}", backend.format_type(function.result))));
    }
    Ok(backend.any_proc(oid).map(|proc| {
        let setof = if proc.returns_set { "SETOF " } else { "" };
        format!("{setof}{}", backend.format_type(proc.result))
    }))
}

/// The default of an argument, by its number among the inputs from 1.
pub fn argument_default(backend: &Backend<'_>, oid: Oid, number: i32) -> Result<Option<String>> {
    let Some(at) = usize::try_from(number).ok().and_then(|number| number.checked_sub(1)) else {
        return Ok(None);
    };
    if let Some(function) = backend.catalog()?.functions.get(&oid) {
        let default = function
            .parameters()
            .nth(at)
            .and_then(|argument| argument.default.as_ref());
        return default
            .map(|expr| deparse_expression(backend, expr, None, false))
            .transpose();
    }
    Ok(backend.any_proc(oid).and_then(|proc| {
        let first = proc.args.len() - proc.defaults.len().min(proc.args.len());
        proc.defaults.get(at.checked_sub(first)?).map(|text| text.to_string())
    }))
}

/// RETURN or BEGIN ATOMIC of a function that has such a body.
pub fn sql_body(backend: &Backend<'_>, oid: Oid) -> Result<Option<String>> {
    let function = backend.catalog()?.functions.get(&oid);
    Ok(function.and_then(|function| match &function.body {
        FunctionBody::Standard(text) => Some(text.to_string()),
        FunctionBody::Source(_) => None,
    }))
}

/// The CREATE OR REPLACE statement of a user-defined function.
pub fn function_definition(backend: &Backend<'_>, oid: Oid) -> Result<Option<String>> {
    let Some(function) = backend.catalog()?.functions.get(&oid).cloned() else {
        return Ok(None);
    };
    let procedure = function.kind == ProcKind::Procedure;
    let word = if procedure { "PROCEDURE" } else { "FUNCTION" };
    let mut text = format!(
        "CREATE OR REPLACE {word} {}({})\n",
        quote_qualified(&backend.schema_name(function.schema), &function.name),
        user_arguments(backend, &function, Arguments::Full)?
    );
    if let Some(result) = result(backend, oid)? {
        let _ = writeln!(text, " RETURNS {result}");
    }
    let _ = writeln!(text, " LANGUAGE {}", quote_identifier(&function.language));
    let attributes = attributes(&function);
    if !attributes.is_empty() {
        let _ = writeln!(text, "{attributes}");
    }
    for (name, value) in &function.settings {
        let _ = writeln!(text, " SET {} TO {}", quote_identifier(name), setting_text(name, value));
    }
    match &function.body {
        FunctionBody::Standard(body) => {
            let _ = writeln!(text, "{body}");
        }
        FunctionBody::Source(source) => {
            let quote = dollar_quote(source, if procedure { "procedure" } else { "function" });
            let _ = writeln!(text, "AS {quote}{source}{quote}");
        }
    }
    Ok(Some(text))
}

/// A list setting is written as a list of strings.
fn setting_text(name: &str, value: &str) -> String {
    if list_setting(name).is_some() {
        let words = crate::catalog::namespace::split_identifiers(value);
        let words: Vec<String> = words.iter().map(|word| quote_literal(word)).collect();
        return words.join(", ");
    }
    quote_literal(value)
}

/// `$function$`, made longer until the source does not contain it.
fn dollar_quote(source: &str, tag: &str) -> String {
    let mut tag = tag.to_string();
    while source.contains(&format!("${tag}")) {
        tag.push('x');
    }
    format!("${tag}$")
}

/// What differs from the defaults, on one line.
fn attributes(function: &Function) -> String {
    let mut text = String::new();
    if function.kind == ProcKind::Window {
        text.push_str(" WINDOW");
    }
    match function.volatility {
        Volatility::Immutable => text.push_str(" IMMUTABLE"),
        Volatility::Stable => text.push_str(" STABLE"),
        Volatility::Volatile => {}
    }
    match function.parallel {
        's' => text.push_str(" PARALLEL SAFE"),
        'r' => text.push_str(" PARALLEL RESTRICTED"),
        _ => {}
    }
    for (holds, words) in [
        (function.strict, " STRICT"),
        (function.security_definer, " SECURITY DEFINER"),
        (function.leakproof, " LEAKPROOF"),
    ] {
        if holds {
            text.push_str(words);
        }
    }
    if function.cost != 100.0 {
        let _ = write!(text, " COST {}", function.cost);
    }
    if function.rows > 0.0 && function.rows != 1000.0 {
        let _ = write!(text, " ROWS {}", function.rows);
    }
    text
}
