//! Text form of rows, as PostgreSQL's `record_in` and `record_out`.

use std::sync::Arc;

use crate::io::{input as input_value, output as output_value};
use crate::numeric::text::is_space;
use crate::{Datum, Environment, Error, Oid, RecordValue, Result, SqlState};

/// Reads `(Main,5,"Den Haag")` into a row with these fields (name, type, type modifier).
pub fn input(env: &dyn Environment, fields: &[(Arc<str>, Oid, i32)], text: &str) -> Result<Datum> {
    let texts = split(text)?;
    let malformed = |detail| Err(malformed(text, detail));
    if texts.len() < fields.len() {
        return malformed("Too few columns.");
    }
    if texts.len() > fields.len() {
        return malformed("Too many columns.");
    }
    let value = |(text, (_, oid, typmod)): (&Option<String>, &(Arc<str>, Oid, i32))| match text {
        Some(text) => input_value(env, *oid, *typmod, text),
        None => Ok(Datum::Null),
    };
    Ok(Datum::Record(Arc::new(RecordValue {
        values: texts.iter().zip(fields).map(value).collect::<Result<_>>()?,
        types: fields.iter().map(|(_, oid, typmod)| (*oid, *typmod)).collect(),
        names: fields.iter().map(|(name, _, _)| name.clone()).collect(),
    })))
}

/// Prints `(Main,5,"Den Haag")`; NULL is nothing at all, the empty string `""`.
pub fn output(env: &dyn Environment, record: &RecordValue) -> String {
    let mut text = String::from("(");
    for (at, value) in record.values.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        if value.is_null() {
            continue;
        }
        let type_oid = record.types.get(at).map_or(Oid::TEXT, |(oid, _)| *oid);
        push_quoted(&mut text, &output_value(env, type_oid, value));
    }
    text.push(')');
    text
}

fn push_quoted(text: &mut String, value: &str) {
    let special = |c: char| matches!(c, '"' | '\\' | '(' | ')' | ',') || is_space(c);
    if !value.is_empty() && !value.contains(special) {
        return text.push_str(value);
    }
    text.push('"');
    for c in value.chars() {
        if matches!(c, '"' | '\\') {
            text.push(c);
        }
        text.push(c);
    }
    text.push('"');
}

/// The texts of the fields; None for NULL.
fn split(text: &str) -> Result<Vec<Option<String>>> {
    let mut chars = text.trim_start_matches(is_space).chars();
    if chars.next() != Some('(') {
        return Err(malformed(text, "Missing left parenthesis."));
    }
    let mut fields = Vec::new();
    loop {
        let (field, end) = next_field(&mut chars, text)?;
        fields.push(field);
        if end == ')' {
            break;
        }
    }
    if !chars.all(is_space) {
        return Err(malformed(text, "Junk after right parenthesis."));
    }
    Ok(fields)
}

/// One field and the `,` or `)` that ends it.
fn next_field(chars: &mut impl Iterator<Item = char>, text: &str) -> Result<(Option<String>, char)> {
    let ended = || malformed(text, "Unexpected end of input.");
    let mut field = String::new();
    let (mut quoted, mut any) = (false, false);
    let mut chars = chars.peekable();
    loop {
        let c = chars.next().ok_or_else(ended)?;
        match c {
            ',' | ')' if !quoted => return Ok((any.then_some(field), c)),
            '\\' => field.push(chars.next().ok_or_else(ended)?),
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            _ => field.push(c),
        }
        any = true;
    }
}

fn malformed(text: &str, detail: &str) -> Error {
    Error::new(
        SqlState::INVALID_TEXT_REPRESENTATION,
        format!("malformed record literal: \"{text}\""),
    )
    .detail(detail)
}
