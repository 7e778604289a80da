//! Ranges and multiranges from and to text: `[1,5)`, `{[1,3),[5,)}`.

use std::iter::Peekable;
use std::str::Chars;
use std::sync::Arc;

use super::operate::normalize;
use super::{RangeValue, is_discrete, subtype};
use crate::{Datum, Environment, Error, Oid, Result, SqlState, io};

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t'..='\r')
}

fn malformed(what: &str, text: &str, detail: &str) -> Error {
    Error::new(
        SqlState::INVALID_TEXT_REPRESENTATION,
        format!("malformed {what} literal: \"{text}\""),
    )
    .detail(detail)
}

/// `range_in`
pub fn range_in(env: &dyn Environment, type_oid: Oid, typmod: i32, text: &str) -> Result<Datum> {
    read(env, type_oid, typmod, text).map(|range| Datum::Range(Arc::new(range)))
}

fn read(env: &dyn Environment, type_oid: Oid, typmod: i32, text: &str) -> Result<RangeValue> {
    let fail = |detail: &str| malformed("range", text, detail);
    let rest = text.trim_start_matches(is_space);
    if let Some(after) = strip_empty(rest) {
        return if after.chars().all(is_space) {
            Ok(RangeValue::Empty)
        } else {
            Err(fail("Junk after \"empty\" key word."))
        };
    }
    let mut chars = rest.chars().peekable();
    let lower_inclusive = match chars.next() {
        Some('[') => true,
        Some('(') => false,
        _ => return Err(fail("Missing left parenthesis or bracket.")),
    };
    let end = || fail("Unexpected end of input.");
    let lower = bound(&mut chars).ok_or_else(end)?;
    if chars.next() != Some(',') {
        return Err(fail("Missing comma after lower bound."));
    }
    let upper = bound(&mut chars).ok_or_else(end)?;
    let upper_inclusive = match chars.next() {
        Some(']') => true,
        Some(')') => false,
        _ => return Err(fail("Too many commas.")),
    };
    if !chars.all(is_space) {
        return Err(fail("Junk after right parenthesis or bracket."));
    }
    let subtype = subtype(env, type_oid);
    let value = |text: Option<String>| match text {
        Some(text) => io::input(env, subtype, typmod, &text),
        None => Ok(Datum::Null),
    };
    let (lower, upper) = (value(lower)?, value(upper)?);
    RangeValue::new(lower, lower_inclusive, upper, upper_inclusive, is_discrete(type_oid))
}

fn strip_empty(text: &str) -> Option<&str> {
    let (word, rest) = text.split_at_checked(5)?;
    word.eq_ignore_ascii_case("empty").then_some(rest)
}

/// A bound's text up to a comma or a closing sign; Some(None) if there is nothing, None if the text ends.
fn bound(chars: &mut Peekable<Chars<'_>>) -> Option<Option<String>> {
    let mut text = String::new();
    let (mut quoted, mut any) = (false, false);
    loop {
        let c = *chars.peek()?;
        if !quoted && matches!(c, ',' | ')' | ']') {
            return Some(any.then_some(text));
        }
        chars.next();
        any = true;
        match c {
            '\\' => text.push(chars.next()?),
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                text.push('"');
            }
            '"' => quoted = !quoted,
            c => text.push(c),
        }
    }
}

/// `multirange_in`
pub fn multirange_in(env: &dyn Environment, type_oid: Oid, typmod: i32, text: &str) -> Result<Datum> {
    let fail = |detail: &str| malformed("multirange", text, detail);
    let body = text.trim_start_matches(is_space).strip_prefix('{');
    let mut rest = body
        .ok_or_else(|| fail("Missing left brace."))?
        .trim_start_matches(is_space);
    let mut ranges = Vec::new();
    loop {
        if let Some(after) = rest.strip_prefix('}').filter(|_| ranges.is_empty()) {
            rest = after;
            break;
        }
        let length = range_length(rest).map_err(fail)?;
        let (range, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        ranges.push(read(env, type_oid, typmod, range)?);
        rest = after.trim_start_matches(is_space);
        if let Some(after) = rest.strip_prefix('}') {
            rest = after;
            break;
        }
        rest = match rest.strip_prefix(',') {
            Some(after) => after.trim_start_matches(is_space),
            None if rest.is_empty() => return Err(fail("Unexpected end of input.")),
            None => return Err(fail("Expected comma or end of multirange.")),
        };
    }
    if !rest.chars().all(is_space) {
        return Err(fail("Junk after closing right brace."));
    }
    Ok(Datum::Multirange(Arc::new(normalize(ranges))))
}

/// Bytes of the range that a text begins with.
fn range_length(text: &str) -> Result<usize, &'static str> {
    const ENDED: &str = "Unexpected end of input.";
    if strip_empty(text).is_some() {
        return Ok(5);
    }
    match text.chars().next() {
        None => return Err(ENDED),
        Some('[' | '(') => {}
        Some(_) => return Err("Expected range start."),
    }
    let mut quoted = false;
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => {
                chars.next();
            }
            '"' => quoted = !quoted,
            ')' | ']' if !quoted => return Ok(at + 1),
            _ => {}
        }
    }
    Err(ENDED)
}

/// `range_out`
pub fn range_out(env: &dyn Environment, type_oid: Oid, range: &RangeValue) -> String {
    let mut out = String::new();
    write(env, subtype(env, type_oid), range, &mut out);
    out
}

fn write(env: &dyn Environment, subtype: Oid, range: &RangeValue, out: &mut String) {
    let Some((lower, upper)) = range.edges() else {
        *out += "empty";
        return;
    };
    out.push(if lower.inclusive { '[' } else { '(' });
    if let Some(value) = lower.value {
        push_bound(out, &io::output(env, subtype, value));
    }
    out.push(',');
    if let Some(value) = upper.value {
        push_bound(out, &io::output(env, subtype, value));
    }
    out.push(if upper.inclusive { ']' } else { ')' });
}

/// A bound, in quotes if it would be read otherwise without them.
fn push_bound(out: &mut String, text: &str) {
    let special = |c: char| matches!(c, '"' | '\\' | '(' | ')' | '[' | ']' | ',') || is_space(c);
    if !text.is_empty() && !text.contains(special) {
        *out += text;
        return;
    }
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push(c);
        }
        out.push(c);
    }
    out.push('"');
}

/// `multirange_out`
pub fn multirange_out(env: &dyn Environment, type_oid: Oid, ranges: &[RangeValue]) -> String {
    let subtype = subtype(env, type_oid);
    let mut out = String::from("{");
    for (index, range) in ranges.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(env, subtype, range, &mut out);
    }
    out.push('}');
    out
}
