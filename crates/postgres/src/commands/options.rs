//! Reading `name = value` options, after PostgreSQL's `define.c`.

use kumquat_sql::ast::{DefArg, DefElem, TypeName};
use kumquat_types::{Error, Result, SqlState};

fn syntax(option: &DefElem, needs: &str) -> Error {
    Error::new(SqlState::SYNTAX_ERROR, format!("{} requires {needs}", option.name))
}

pub fn conflicting(option: &DefElem) -> Error {
    Error::new(SqlState::SYNTAX_ERROR, "conflicting or redundant options").at(option.location)
}

/// Puts an option in its place; given twice it is an error.
pub fn set_once<'a>(place: &mut Option<&'a DefElem>, option: &'a DefElem) -> Result<()> {
    if place.is_some() {
        return Err(conflicting(option));
    }
    *place = Some(option);
    Ok(())
}

pub fn type_name_text(name: &TypeName) -> String {
    let mut text = name.names.join(".");
    text.push_str(&"[]".repeat(name.array_bounds.len()));
    text
}

/// The value as text (`defGetString`).
pub fn string(option: &DefElem) -> Result<String> {
    Ok(match &option.arg {
        Some(DefArg::String(text) | DefArg::Float(text)) => text.clone(),
        Some(DefArg::Integer(value)) => value.to_string(),
        Some(DefArg::Boolean(value)) => value.to_string(),
        Some(DefArg::Type(name)) => type_name_text(name),
        Some(DefArg::List(names)) => names.join("."),
        Some(DefArg::Star) => "*".into(),
        _ => return Err(syntax(option, "a parameter")),
    })
}

/// The value as a boolean; no value means true (`defGetBoolean`).
pub fn boolean(option: &DefElem) -> Result<bool> {
    let text = match &option.arg {
        None => return Ok(true),
        Some(DefArg::Boolean(value)) => return Ok(*value),
        Some(DefArg::Integer(0)) => return Ok(false),
        Some(DefArg::Integer(1)) => return Ok(true),
        Some(_) => string(option)?.to_ascii_lowercase(),
    };
    match text.as_str() {
        "true" | "on" => Ok(true),
        "false" | "off" => Ok(false),
        _ => Err(syntax(option, "a Boolean value")),
    }
}

/// The value as a 64-bit integer (`defGetInt64`).
pub fn int64(option: &DefElem) -> Result<i64> {
    match &option.arg {
        Some(DefArg::Integer(value)) => Ok(i64::from(*value)),
        Some(DefArg::Float(text)) => text.parse().map_err(|_| {
            Error::new(
                SqlState::NUMERIC_VALUE_OUT_OF_RANGE,
                format!("value \"{text}\" is out of range for type bigint"),
            )
        }),
        _ => Err(syntax(option, "a numeric value")),
    }
}

/// The value as a 32-bit integer (`defGetInt32`).
pub fn int32(option: &DefElem) -> Result<i32> {
    match &option.arg {
        Some(DefArg::Integer(value)) => Ok(*value),
        _ => Err(syntax(option, "an integer value")),
    }
}

/// The value as a floating-point number (`defGetNumeric`).
pub fn numeric(option: &DefElem) -> Result<f64> {
    match &option.arg {
        Some(DefArg::Integer(value)) => Ok(f64::from(*value)),
        Some(DefArg::Float(text)) => text.parse().map_err(|_| syntax(option, "a numeric value")),
        _ => Err(syntax(option, "a numeric value")),
    }
}

/// The names of a list (`defGetQualifiedName`).
pub fn names(option: &DefElem) -> Result<Vec<String>> {
    match &option.arg {
        Some(DefArg::List(names)) => Ok(names.clone()),
        Some(DefArg::String(name)) => Ok(vec![name.clone()]),
        Some(DefArg::Type(name)) => Ok(name.names.clone()),
        _ => Err(syntax(option, "a parameter")),
    }
}

/// The value as a type (`defGetTypeName`).
pub fn type_name(option: &DefElem) -> Result<TypeName> {
    match &option.arg {
        Some(DefArg::Type(name)) => Ok(name.clone()),
        Some(DefArg::String(name)) => Ok(TypeName {
            names: vec![name.clone()],
            setof: false,
            pct_type: false,
            typmods: Vec::new(),
            array_bounds: Vec::new(),
            location: option.location,
        }),
        _ => Err(syntax(option, "a parameter")),
    }
}
