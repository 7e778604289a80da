//! Makes JSON of any SQL value: `to_json`, `to_jsonb` and all that build on them.

use std::sync::Arc;

use super::output::quote;
use super::{Json, parse};
use crate::array::ArrayValue;
use crate::datetime::output::{json_date, json_timestamp};
use crate::datetime::settings::session_zone;
use crate::{Datum, Environment, Error, Numeric, Oid, RecordValue, Result, SqlState, UserType, io};

/// How a value appears in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    Bool,
    Number,
    /// Dates and timestamps have their own form.
    Moment,
    Json,
    Jsonb,
    Array,
    Composite,
    /// A string of what the type prints.
    Text,
}

/// `json_categorize_type`
pub fn category(env: &dyn Environment, type_oid: Oid, value: &Datum) -> Category {
    match (base_type(env, type_oid), value) {
        (_, Datum::Array(_)) => Category::Array,
        (_, Datum::Record(_)) => Category::Composite,
        (_, Datum::Jsonb(_)) => Category::Jsonb,
        (_, Datum::Bool(_)) => Category::Bool,
        (_, Datum::Int2(_) | Datum::Int4(_) | Datum::Int8(_)) => Category::Number,
        (_, Datum::Float4(_) | Datum::Float8(_) | Datum::Numeric(_)) => Category::Number,
        (_, Datum::Date(_) | Datum::Timestamp(_) | Datum::TimestampTz(_)) => Category::Moment,
        (Oid::JSON, _) => Category::Json,
        _ => Category::Text,
    }
}

fn base_type(env: &dyn Environment, mut type_oid: Oid) -> Oid {
    // A domain over a domain resolves in as many steps.
    for _ in 0..32 {
        match env.user_type(type_oid) {
            Some(UserType::Domain(base, _)) => type_oid = base,
            _ => break,
        }
    }
    type_oid
}

fn moment(env: &dyn Environment, value: &Datum) -> String {
    match value {
        Datum::Date(date) => json_date(*date),
        Datum::Timestamp(time) => json_timestamp(*time, None),
        Datum::TimestampTz(time) => json_timestamp(*time, Some(&session_zone(env))),
        _ => String::new(),
    }
}

/// Where line feeds go in `array_to_json(a, true)` and `row_to_json(r, true)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    Compact,
    Lines,
}

impl Layout {
    fn separator(self) -> &'static str {
        match self {
            Layout::Compact => ",",
            Layout::Lines => ",\n ",
        }
    }
}

/// `to_json`: adds a value as JSON text.
pub fn write_json(env: &dyn Environment, out: &mut String, type_oid: Oid, value: &Datum) -> Result<()> {
    if value.is_null() {
        *out += "null";
        return Ok(());
    }
    match (category(env, type_oid, value), value) {
        (Category::Bool, _) => *out += if value.as_bool() == Some(true) { "true" } else { "false" },
        (Category::Number, _) => {
            let text = io::output(env, type_oid, value);
            if is_json_number(&text) {
                *out += &text;
            } else {
                quote(out, &text);
            }
        }
        (Category::Moment, _) => quote(out, &moment(env, value)),
        (Category::Json | Category::Jsonb, _) => *out += &io::output(env, type_oid, value),
        (Category::Array, Datum::Array(array)) => write_array(env, out, array, Layout::Compact)?,
        (Category::Composite, Datum::Record(record)) => write_record(env, out, record, Layout::Compact)?,
        _ => quote(out, &io::output(env, type_oid, value)),
    }
    Ok(())
}

/// NaN and infinities are no numbers in JSON.
fn is_json_number(text: &str) -> bool {
    text.bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.' | b'e' | b'E'))
}

/// `array_to_json`
pub fn write_array(env: &dyn Environment, out: &mut String, array: &ArrayValue, layout: Layout) -> Result<()> {
    if array.dims.is_empty() {
        *out += "[]";
        return Ok(());
    }
    let mut values = array.values.iter();
    write_dimension(env, out, array, &array.dims, &mut values, layout)
}

fn write_dimension<'a>(
    env: &dyn Environment,
    out: &mut String,
    array: &ArrayValue,
    dims: &[(usize, i32)],
    values: &mut impl Iterator<Item = &'a Datum>,
    layout: Layout,
) -> Result<()> {
    let Some(((length, _), inner)) = dims.split_first() else {
        return Ok(());
    };
    out.push('[');
    for index in 0..*length {
        if index > 0 {
            *out += layout.separator();
        }
        if inner.is_empty() {
            write_json(env, out, array.element, values.next().unwrap_or(&Datum::Null))?;
        } else {
            // Line feeds are for the outermost level only.
            write_dimension(env, out, array, inner, values, Layout::Compact)?;
        }
    }
    out.push(']');
    Ok(())
}

/// `row_to_json`
pub fn write_record(env: &dyn Environment, out: &mut String, record: &RecordValue, layout: Layout) -> Result<()> {
    out.push('{');
    for (index, value) in record.values.iter().enumerate() {
        if index > 0 {
            *out += layout.separator();
        }
        quote(out, &field_name(record, index));
        out.push(':');
        write_json(env, out, field_type(record, index), value)?;
    }
    out.push('}');
    Ok(())
}

fn field_name(record: &RecordValue, index: usize) -> Arc<str> {
    let named = record.names.get(index).cloned();
    named.unwrap_or_else(|| format!("f{}", index + 1).into())
}

fn field_type(record: &RecordValue, index: usize) -> Oid {
    record.types.get(index).map_or(Oid::TEXT, |(oid, _)| *oid)
}

/// `to_jsonb`
pub fn to_jsonb(env: &dyn Environment, type_oid: Oid, value: &Datum) -> Result<Json> {
    let text = || io::output(env, type_oid, value);
    Ok(match value {
        Datum::Null => Json::Null,
        Datum::Bool(value) => Json::Bool(*value),
        Datum::Jsonb(json) => Json::clone(json),
        Datum::Array(array) => {
            let mut values = array.values.iter();
            array_to_jsonb(env, array, &array.dims, &mut values)?
        }
        Datum::Record(record) => {
            let member = |(index, value)| {
                let member = to_jsonb(env, field_type(record, index), value)?;
                Ok((field_name(record, index), member))
            };
            Json::object(record.values.iter().enumerate().map(member).collect::<Result<_>>()?)
        }
        _ => match category(env, type_oid, value) {
            Category::Number => number(&text())?,
            Category::Moment => Json::String(moment(env, value).into()),
            Category::Json => parse::parse(&text())?.to_json()?,
            _ => Json::String(text().as_ref().into()),
        },
    })
}

fn number(text: &str) -> Result<Json> {
    Ok(if is_json_number(text) {
        Json::Number(Arc::new(Numeric::parse(text)?))
    } else {
        Json::String(text.into())
    })
}

fn array_to_jsonb<'a>(
    env: &dyn Environment,
    array: &ArrayValue,
    dims: &[(usize, i32)],
    values: &mut impl Iterator<Item = &'a Datum>,
) -> Result<Json> {
    let Some(((length, _), inner)) = dims.split_first() else {
        return Ok(Json::Array(Vec::new()));
    };
    let mut elements = Vec::with_capacity(*length);
    for _ in 0..*length {
        elements.push(if inner.is_empty() {
            to_jsonb(env, array.element, values.next().unwrap_or(&Datum::Null))?
        } else {
            array_to_jsonb(env, array, inner, values)?
        });
    }
    Ok(Json::Array(elements))
}

/// A value as the key of an object; the caller has refused NULL.
pub fn key_text(env: &dyn Environment, type_oid: Oid, value: &Datum) -> Result<String> {
    Ok(match category(env, type_oid, value) {
        Category::Bool => (if value.as_bool() == Some(true) { "true" } else { "false" }).into(),
        Category::Moment => moment(env, value),
        Category::Number | Category::Text => io::output(env, type_oid, value).into_owned(),
        Category::Json | Category::Jsonb | Category::Array | Category::Composite => {
            return Err(Error::new(
                SqlState::INVALID_PARAMETER_VALUE,
                "key value must be scalar, not array, composite, or json",
            ));
        }
    })
}
