//! Arguments of a function, and what its OUT and TABLE columns make of its result
//! (`interpret_function_parameter_list`).

use std::sync::Arc;

use kumquat_sql::ast::{CreateFunctionStmt, FunctionParameter, FunctionParameterMode, TypeName};
use kumquat_types::{Error, Oid, Result, SqlState, TypeKind, builtin_type};

use super::invalid;
use crate::analyze::{ExprContext, analyze_expression, resolve_type};
use crate::backend::Backend;
use crate::catalog::function::{ArgumentMode, FunctionArgument};
use crate::commands::options::type_name_text;

pub struct Signature {
    pub args: Vec<FunctionArgument>,
    pub outputs: Vec<FunctionArgument>,
    pub modes: Vec<ArgumentMode>,
    pub result: Oid,
    pub returns_set: bool,
}

/// `FUNC_MAX_ARGS`.
const MAX_ARGUMENTS: usize = 100;

pub fn read(backend: &Backend<'_>, stmt: &CreateFunctionStmt, language: &str) -> Result<Signature> {
    let (mut args, mut outputs): (Vec<FunctionArgument>, Vec<FunctionArgument>) = (Vec::new(), Vec::new());
    let mut modes = Vec::new();
    let mut variadic_seen = false;
    for parameter in &stmt.parameters {
        let argument = argument(backend, parameter, language)?;
        check_name(stmt, parameter)?;
        modes.push(argument.mode);
        let input = matches!(
            argument.mode,
            ArgumentMode::In | ArgumentMode::InOut | ArgumentMode::Variadic
        );
        if input {
            if variadic_seen {
                return Err(invalid("VARIADIC parameter must be the last input parameter"));
            }
            variadic_seen = argument.mode == ArgumentMode::Variadic;
            let earlier_default = args.iter().any(|known: &FunctionArgument| known.default.is_some());
            if earlier_default && argument.default.is_none() {
                return Err(invalid(
                    "input parameters after one with a default value must also have defaults",
                ));
            }
            args.push(argument.clone());
        } else if parameter.default.is_some() {
            return Err(invalid("only input parameters can have default values"));
        }
        if matches!(
            argument.mode,
            ArgumentMode::Out | ArgumentMode::InOut | ArgumentMode::Table
        ) {
            outputs.push(argument);
        }
    }
    if args.len() > MAX_ARGUMENTS {
        return Err(Error::new(
            SqlState::TOO_MANY_ARGUMENTS,
            format!("functions cannot have more than {MAX_ARGUMENTS} arguments"),
        ));
    }
    let (result, returns_set) = result(backend, stmt, &outputs, language)?;
    for polymorphic in outputs.iter().map(|output| output.type_oid).chain([result]) {
        check_polymorphic(backend, polymorphic, &args)?;
    }
    Ok(Signature {
        args,
        outputs,
        modes,
        result,
        returns_set,
    })
}

fn argument(backend: &Backend<'_>, parameter: &FunctionParameter, language: &str) -> Result<FunctionArgument> {
    let type_name = &parameter.type_name;
    let type_oid = argument_type(backend, type_name)?;
    if type_name.setof {
        return Err(invalid("functions cannot accept set arguments"));
    }
    let mode = match parameter.mode {
        FunctionParameterMode::Default | FunctionParameterMode::In => ArgumentMode::In,
        FunctionParameterMode::Out => ArgumentMode::Out,
        FunctionParameterMode::InOut => ArgumentMode::InOut,
        FunctionParameterMode::Variadic => ArgumentMode::Variadic,
        FunctionParameterMode::Table => ArgumentMode::Table,
    };
    if mode == ArgumentMode::Variadic
        && !matches!(type_oid, Oid::ANY | Oid::ANYARRAY | Oid::ANYCOMPATIBLEARRAY)
        && backend.array_element(type_oid).is_none()
    {
        return Err(invalid("VARIADIC parameter must be an array"));
    }
    check_pseudo(backend, type_oid, language, false)?;
    let default = match &parameter.default {
        Some(expr) => {
            let target = Some((type_oid, -1));
            Some(Arc::new(analyze_expression(
                backend,
                None,
                expr,
                ExprContext::FunctionDefault,
                target,
            )?))
        }
        None => None,
    };
    Ok(FunctionArgument {
        name: parameter.name.as_deref().map(Into::into),
        type_oid,
        mode,
        default,
    })
}

/// An argument's type; one that is not there is reported without quotes and place.
fn argument_type(backend: &Backend<'_>, name: &TypeName) -> Result<Oid> {
    match resolve_type(backend, name) {
        Ok((oid, _)) => Ok(oid),
        Err(error) if error.sqlstate == SqlState::UNDEFINED_OBJECT => Err(Error::new(
            SqlState::UNDEFINED_OBJECT,
            format!("type {} does not exist", type_name_text(name)),
        )),
        Err(mut error) => {
            error.position = None;
            Err(error)
        }
    }
}

/// Inputs and outputs may share a name, but neither two of the one nor two of the other.
fn check_name(stmt: &CreateFunctionStmt, parameter: &FunctionParameter) -> Result<()> {
    use FunctionParameterMode::{Default, In, Out, Table, Variadic};
    let Some(name) = &parameter.name else { return Ok(()) };
    let only_in = |mode| matches!(mode, Default | In | Variadic);
    let only_out = |mode| matches!(mode, Out | Table);
    let clashes = stmt
        .parameters
        .iter()
        .filter(|other| other.name.as_ref() == Some(name))
        .filter(|other| {
            let apart =
                only_in(other.mode) && only_out(parameter.mode) || only_out(other.mode) && only_in(parameter.mode);
            !apart
        });
    if clashes.count() > 1 {
        return Err(invalid(format!("parameter name \"{name}\" used more than once")));
    }
    Ok(())
}

fn result(
    backend: &Backend<'_>,
    stmt: &CreateFunctionStmt,
    outputs: &[FunctionArgument],
    language: &str,
) -> Result<(Oid, bool)> {
    let is_table = outputs.iter().any(|output| output.mode == ArgumentMode::Table);
    let implied = match outputs {
        [] => None,
        [single] if !stmt.is_procedure => Some(single.type_oid),
        _ => Some(Oid::RECORD),
    };
    if stmt.is_procedure {
        return Ok((implied.unwrap_or(Oid::VOID), false));
    }
    let declared = match &stmt.return_type {
        Some(name) => {
            let oid = resolve_type(backend, name).map(|(oid, _)| oid).map_err(|mut error| {
                error.position = None;
                error
            })?;
            check_pseudo(backend, oid, language, true)?;
            Some((oid, name.setof))
        }
        None => None,
    };
    match (declared, implied) {
        (Some((declared, setof)), Some(implied)) if !is_table => {
            if declared != implied {
                return Err(invalid(format!(
                    "function result type must be {} because of OUT parameters",
                    backend.format_type(implied)
                )));
            }
            Ok((declared, setof))
        }
        (Some((declared, setof)), None) => Ok((declared, setof)),
        (_, Some(implied)) => Ok((implied, is_table)),
        (None, None) => Err(invalid("function result type must be specified")),
    }
}

/// Pseudo-types that the language has no values of.
fn check_pseudo(backend: &Backend<'_>, oid: Oid, language: &str, as_result: bool) -> Result<()> {
    let Some(builtin) = builtin_type(oid) else {
        return Ok(());
    };
    if builtin.kind != TypeKind::Pseudo {
        return Ok(());
    }
    let allowed = builtin.name.starts_with("any")
        || oid == Oid::RECORD
        || as_result && oid == Oid::VOID
        || as_result && language == "plpgsql" && matches!(oid, Oid::TRIGGER | Oid::EVENT_TRIGGER);
    if allowed {
        return Ok(());
    }
    let noun = if as_result { "return" } else { "have arguments of" };
    let name = backend.format_type(oid);
    Err(invalid(match language {
        "sql" => format!("SQL functions cannot {noun} type {name}"),
        _ => format!(
            "PL/pgSQL functions cannot {} type {name}",
            if as_result { "return" } else { "accept" }
        ),
    }))
}

/// A polymorphic result must follow from an argument (`check_valid_polymorphic_signature`).
fn check_polymorphic(backend: &Backend<'_>, result: Oid, args: &[FunctionArgument]) -> Result<()> {
    let needed: &[Oid] = match result {
        Oid::ANYRANGE | Oid::ANYMULTIRANGE => &[Oid::ANYRANGE, Oid::ANYMULTIRANGE],
        Oid::ANYCOMPATIBLERANGE | Oid::ANYCOMPATIBLEMULTIRANGE => {
            &[Oid::ANYCOMPATIBLERANGE, Oid::ANYCOMPATIBLEMULTIRANGE]
        }
        _ if SIMPLE.contains(&result) => &SIMPLE,
        _ if COMPATIBLE.contains(&result) => &COMPATIBLE,
        _ => return Ok(()),
    };
    if args.iter().any(|argument| needed.contains(&argument.type_oid)) {
        return Ok(());
    }
    let mut names: Vec<String> = needed.iter().map(|oid| backend.format_type(*oid)).collect();
    let last = names.pop().unwrap_or_default();
    let names = match names.as_slice() {
        [only] => format!("{only} or {last}"),
        several => format!("{}, or {last}", several.join(", ")),
    };
    Err(invalid("cannot determine result data type").detail(format!(
        "A result of type {} requires at least one input of type {names}.",
        backend.format_type(result)
    )))
}

const SIMPLE: [Oid; 6] = [
    Oid::ANYELEMENT,
    Oid::ANYARRAY,
    Oid::ANYNONARRAY,
    Oid::ANYENUM,
    Oid::ANYRANGE,
    Oid::ANYMULTIRANGE,
];

const COMPATIBLE: [Oid; 5] = [
    Oid::ANYCOMPATIBLE,
    Oid::ANYCOMPATIBLEARRAY,
    Oid::ANYCOMPATIBLENONARRAY,
    Oid::ANYCOMPATIBLERANGE,
    Oid::ANYCOMPATIBLEMULTIRANGE,
];
