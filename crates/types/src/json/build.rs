//! `json_build_object`, `json_build_array`, `json_object` and their jsonb twins.

use std::sync::Arc;

use super::Json;
use super::convert::{key_text, to_jsonb, write_json};
use super::output::quote;
use crate::array::ArrayValue;
use crate::{Datum, Environment, Error, Oid, Result, SqlState};

fn invalid(message: impl Into<String>) -> Error {
    Error::new(SqlState::INVALID_PARAMETER_VALUE, message)
}

/// Values with their types: the arguments of a VARIADIC "any" function.
pub struct Arguments {
    values: Vec<(Oid, Datum)>,
}

impl Arguments {
    pub fn new(types: &[Oid], values: &[Datum]) -> Arguments {
        let typed = |(index, value): (usize, &Datum)| {
            let type_oid = types.get(index).copied().unwrap_or(Oid::TEXT);
            (type_oid, value.clone())
        };
        Arguments {
            values: values.iter().enumerate().map(typed).collect(),
        }
    }
}

fn pairs<'a>(args: &'a Arguments, function: &str) -> Result<impl Iterator<Item = (usize, &'a [(Oid, Datum)])>> {
    if !args.values.len().is_multiple_of(2) {
        return Err(invalid("argument list must have even number of elements").hint(format!(
            "The arguments of {function}() must consist of alternating keys and values."
        )));
    }
    Ok(args.values.chunks(2).enumerate())
}

/// `json_build_object`
pub fn object_text(env: &dyn Environment, args: &Arguments) -> Result<Datum> {
    let mut out = String::from("{");
    for (index, pair) in pairs(args, "json_build_object")? {
        let [(key_type, key), (value_type, value)] = pair else {
            continue;
        };
        if key.is_null() {
            return Err(
                invalid(format!("argument {} cannot be null", index * 2 + 1)).hint("Object keys should be text.")
            );
        }
        if index > 0 {
            out += ", ";
        }
        quote(&mut out, &key_text(env, *key_type, key)?);
        out += " : ";
        write_json(env, &mut out, *value_type, value)?;
    }
    out.push('}');
    Ok(out.into())
}

/// `jsonb_build_object`
pub fn object(env: &dyn Environment, args: &Arguments) -> Result<Datum> {
    let mut members = Vec::new();
    for (index, pair) in pairs(args, "jsonb_build_object")? {
        let [(key_type, key), (value_type, value)] = pair else {
            continue;
        };
        if key.is_null() {
            return Err(invalid(format!("argument {}: key must not be null", index * 2 + 1)));
        }
        let key = key_text(env, *key_type, key)?;
        members.push((key.into(), to_jsonb(env, *value_type, value)?));
    }
    Json::object(members).into_datum()
}

/// `json_build_array`
pub fn array_text(env: &dyn Environment, args: &Arguments) -> Result<Datum> {
    let mut out = String::from("[");
    for (index, (type_oid, value)) in args.values.iter().enumerate() {
        if index > 0 {
            out += ", ";
        }
        write_json(env, &mut out, *type_oid, value)?;
    }
    out.push(']');
    Ok(out.into())
}

/// `jsonb_build_array`
pub fn array(env: &dyn Environment, args: &Arguments) -> Result<Datum> {
    let element = |(type_oid, value): &(Oid, Datum)| to_jsonb(env, *type_oid, value);
    let elements = args.values.iter().map(element).collect::<Result<_>>()?;
    Json::Array(elements).into_datum()
}

/// Keys and values of `json_object(text[])`: alternating, or in rows of two.
pub fn pairs_of_array(array: &ArrayValue) -> Result<Vec<(Arc<str>, Datum)>> {
    let subscript = |message: &str| Err(Error::new(SqlState::ARRAY_SUBSCRIPT_ERROR, message));
    match array.dims.as_slice() {
        [] => {}
        [(length, _)] if !length.is_multiple_of(2) => {
            return subscript("array must have even number of elements");
        }
        [_] | [_, (2, _)] => {}
        [_, _] => return subscript("array must have two columns"),
        _ => return subscript("wrong number of array subscripts"),
    }
    let pair = |pair: &[Datum]| match pair {
        [key, value] => Ok((key_of(key)?, value.clone())),
        _ => Ok(("".into(), Datum::Null)),
    };
    array.values.chunks(2).map(pair).collect()
}

/// Keys and values of `json_object(keys, values)`.
pub fn pairs_of_arrays(keys: &ArrayValue, values: &ArrayValue) -> Result<Vec<(Arc<str>, Datum)>> {
    let subscript = |message: &str| Err(Error::new(SqlState::ARRAY_SUBSCRIPT_ERROR, message));
    if keys.dims.len() > 1 || keys.dims.len() != values.dims.len() {
        return subscript("wrong number of array subscripts");
    }
    if keys.values.len() != values.values.len() {
        return subscript("mismatched array dimensions");
    }
    let pair = |(key, value): (&Datum, &Datum)| Ok((key_of(key)?, value.clone()));
    keys.values.iter().zip(&values.values).map(pair).collect()
}

fn key_of(key: &Datum) -> Result<Arc<str>> {
    match key {
        Datum::Text(key) => Ok(key.clone()),
        _ => Err(Error::new(
            SqlState::NULL_VALUE_NOT_ALLOWED,
            "null value not allowed for object key",
        )),
    }
}

/// An object of strings and nulls as json text.
pub fn strings_text(pairs: &[(Arc<str>, Datum)]) -> Datum {
    let mut out = String::from("{");
    for (index, (key, value)) in pairs.iter().enumerate() {
        if index > 0 {
            out += ", ";
        }
        quote(&mut out, key);
        out += " : ";
        match value.as_str() {
            Some(text) => quote(&mut out, text),
            None => out += "null",
        }
    }
    out.push('}');
    out.into()
}

/// The same as jsonb.
pub fn strings(pairs: Vec<(Arc<str>, Datum)>) -> Datum {
    let member = |(key, value): (Arc<str>, Datum)| match value {
        Datum::Text(text) => (key, Json::String(text)),
        _ => (key, Json::Null),
    };
    Datum::Jsonb(Arc::new(Json::object(pairs.into_iter().map(member).collect())))
}
