//! Functions and operators on strings. Lengths and positions count characters.

use std::sync::Arc;

use super::{Family, unexpected};
use crate::Datum::{self, Bits, Bool, Bytea, Int4, Null, Oid as ObjectId, Text};
use crate::io::{char_in, output, truncate_name};
use crate::normalize::{Form, normalize};
use crate::quote::{quote_identifier, quote_literal};
use crate::{ArrayValue, Call, Error, Implementation, Oid, Result, SqlState, apply_typmod};

/// The longest string a function makes: 1 GB in PostgreSQL, less here, where the memory is a browser's.
const MAX_LENGTH: usize = 64 << 20;

pub static FUNCTIONS: Family = family! { call;
    // Joining and casts.
    "textcat" (Text(a), Text(b)) => text([a, b].map(|s| &**s).concat());
    "textanycat" (Text(a), b) => text(format!("{a}{}", output(call.env, argument_type(call, 1), b)));
    "anytextcat" (a, Text(b)) => text(format!("{}{b}", output(call.env, argument_type(call, 0), a)));
    "bpchar" (value, Int4(typmod), Bool(explicit)) =>
        apply_typmod(call.env, Oid::BPCHAR, *typmod, value.clone(), *explicit);
    "varchar" (value, Int4(typmod), Bool(explicit)) =>
        apply_typmod(call.env, Oid::VARCHAR, *typmod, value.clone(), *explicit);
    "name_text" (Text(s)) => Ok(Text(s.clone()));
    "name_bpchar" (Text(s)) => Ok(Text(s.clone()));
    "char_text" (Text(s)) => Ok(Text(s.clone()));
    "char_bpchar" (Text(s)) => Ok(Text(s.clone()));
    "text_name" (Text(s)) => text(truncate_name(s));
    "bpchar_name" (Text(s)) => text(truncate_name(s).trim_end_matches(' '));
    "text_char" (Text(s)) => text(char_in(s));
    "nameconcatoid" (Text(name), ObjectId(oid)) => {
        let suffix = format!("_{oid}");
        let kept = (0..=crate::io::MAX_NAME - suffix.len()).rev().find_map(|end| name.get(..end.min(name.len())));
        text(format!("{}{suffix}", kept.unwrap_or_default()))
    };

    // Lengths.
    "textlen" (Text(s)) => Ok(Int4(length(s)));
    "bpcharlen" (Text(s)) => Ok(Int4(length(s.trim_end_matches(' '))));
    "textoctetlen" (Text(s)) => Ok(Int4(s.len() as i32));
    "bpcharoctetlen" (Text(s)) => Ok(Int4(s.len() as i32));
    "bit_length" (value) => match value {
        Text(s) => Ok(Int4((s.len() * 8) as i32)),
        Bytea(bytes) => Ok(Int4((bytes.len() * 8) as i32)),
        Bits(bits) => Ok(Int4(bits.0.len() as i32)),
        other => Err(unexpected("bit_length", std::slice::from_ref(other))),
    };

    // Case.
    "upper" (Text(s)) => text(s.chars().map(upper).collect::<String>());
    "lower" (Text(s)) => text(s.chars().map(lower).collect::<String>());
    "initcap" (Text(s)) => text(initcap(s));

    // Parts.
    "text_substr" (Text(s), Int4(start), Int4(count)) => substring(s, *start, Some(*count)).and_then(text);
    "text_substr_no_len" (Text(s), Int4(start)) => substring(s, *start, None).and_then(text);
    "text_left" (Text(s), Int4(n)) => text(head(s, from_end(s, *n)));
    "text_right" (Text(s), Int4(n)) => {
        let skipped = s.chars().count() - from_end(s, *n);
        text(s.get(head(s, skipped).len()..).unwrap_or_default())
    };
    "textpos" (Text(s), Text(part)) => Ok(Int4(position(s, part)));
    "text_starts_with" (Text(s), Text(prefix)) => Ok(Bool(s.starts_with(&**prefix)));
    "textoverlay" (Text(s), Text(new), Int4(start), Int4(count)) => overlay(s, new, *start, *count);
    "textoverlay_no_len" (Text(s), Text(new), Int4(start)) => overlay(s, new, *start, length(new));
    "split_part" (Text(s), Text(delimiter), Int4(n)) => split_part(s, delimiter, *n);

    // Changes.
    "text_reverse" (Text(s)) => text(s.chars().rev().collect::<String>());
    "repeat" (Text(s), Int4(count)) => {
        let count = usize::try_from(*count).unwrap_or(0);
        check_length(s.len().saturating_mul(count))?;
        text(s.repeat(count))
    };
    "replace_text" (Text(s), Text(from), Text(to)) => match from.is_empty() {
        true => Ok(Text(s.clone())),
        false => {
            check_length(s.matches(&**from).count().saturating_mul(to.len()).saturating_add(s.len()))?;
            text(s.replace(&**from, to))
        }
    };
    "translate" (Text(s), Text(from), Text(to)) => text(translate(s, from, to));
    "btrim" (Text(s), Text(set)) => text(s.trim_matches(|c| set.contains(c)));
    "ltrim" (Text(s), Text(set)) => text(s.trim_start_matches(|c| set.contains(c)));
    "rtrim" (Text(s), Text(set)) => text(s.trim_end_matches(|c| set.contains(c)));
    "btrim1" (Text(s)) => text(s.trim_matches(' '));
    "ltrim1" (Text(s)) => text(s.trim_start_matches(' '));
    "rtrim1" (Text(s)) => text(s.trim_end_matches(' '));

    // Characters.
    "ascii" (Text(s)) => Ok(Int4(s.chars().next().map_or(0, |c| c as i32)));
    "chr" (Int4(code)) => character(*code);
    "unistr" (Text(s)) => unistr(s);
    "unicode_normalize_func" (Text(s), Text(form)) => normalize(s, Form::named(form)?).and_then(text);
    "unicode_is_normalized" (Text(s), Text(form)) => Ok(Bool(normalize(s, Form::named(form)?)? == **s));

    // Quoting.
    "quote_ident" (Text(s)) => text(quote_identifier(s));
    "quote_literal" (value) => text(quote_literal(&output(call.env, argument_type(call, 0), value)));
    "quote_nullable" (value) => match value {
        Null => text("NULL"),
        value => text(quote_literal(&output(call.env, argument_type(call, 0), value))),
    };

    // Lists.
    "text_to_array" (value, delimiter) => array(split(value, delimiter, &Null)?);
    "text_to_array_null" (value, delimiter, null) => array(split(value, delimiter, null)?);
    "text_to_table" set (value, delimiter) => rows(split(value, delimiter, &Null)?);
    "text_to_table_null" set (value, delimiter, null) => rows(split(value, delimiter, null)?);
    "parse_ident" (Text(s), Bool(strict)) => parse_ident(s, *strict);
};

/// Functions with two and three arguments, or with any number.
pub static VARIADIC: Family = &[
    ("lpad", Implementation::Scalar(|_, args| pad(args, true))),
    ("rpad", Implementation::Scalar(|_, args| pad(args, false))),
    (
        "text_concat",
        Implementation::Scalar(|call, args| text(join(call, args, 0, ""))),
    ),
    ("text_concat_ws", Implementation::Scalar(concat_ws)),
];

pub(super) fn text(value: impl Into<Arc<str>>) -> Result<Datum> {
    Ok(Text(value.into()))
}

pub(super) fn argument_type(call: &Call<'_>, index: usize) -> Oid {
    call.arg_types.get(index).copied().unwrap_or(Oid::TEXT)
}

fn length(text: &str) -> i32 {
    i32::try_from(text.chars().count()).unwrap_or(i32::MAX)
}

pub(super) fn check_length(bytes: usize) -> Result<()> {
    if bytes <= MAX_LENGTH {
        return Ok(());
    }
    Err(Error::new(
        SqlState::PROGRAM_LIMIT_EXCEEDED,
        "requested length too large",
    ))
}

/// One character to one: what has no single counterpart stays (the sharp s).
pub(crate) fn upper(c: char) -> char {
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(single), None) => single,
        _ => c,
    }
}

pub(crate) fn lower(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

/// The first of each run of letters and digits in upper case, the rest in lower.
fn initcap(text: &str) -> String {
    let mut inside = false;
    text.chars()
        .map(|c| {
            let changed = if inside { lower(c) } else { upper(c) };
            inside = c.is_alphanumeric();
            changed
        })
        .collect()
}

/// The first `count` characters.
fn head(text: &str, count: usize) -> &str {
    match text.char_indices().nth(count) {
        Some((end, _)) => text.get(..end).unwrap_or_default(),
        None => text,
    }
}

/// How many characters `left(text, n)` keeps: a negative n counts from the end.
fn from_end(text: &str, n: i32) -> usize {
    let length = text.chars().count();
    let magnitude = n.unsigned_abs() as usize;
    if n >= 0 {
        magnitude.min(length)
    } else {
        length.saturating_sub(magnitude)
    }
}

/// As in SQL: positions before the first count in the length.
fn substring(text: &str, start: i32, count: Option<i32>) -> Result<&str> {
    let start = i64::from(start);
    let end = match count {
        None => i64::MAX,
        Some(count) if count < 0 => {
            return Err(Error::new(
                SqlState::SUBSTRING_ERROR,
                "negative substring length not allowed",
            ));
        }
        Some(count) => start + i64::from(count),
    };
    let first = start.max(1);
    let skipped = head(text, (first - 1) as usize).len();
    let rest = text.get(skipped..).unwrap_or_default();
    Ok(head(rest, usize::try_from((end - first).max(0)).unwrap_or(usize::MAX)))
}

fn position(text: &str, part: &str) -> i32 {
    match text.find(part) {
        Some(at) => length(text.get(..at).unwrap_or_default()) + 1,
        None => 0,
    }
}

fn overlay(text_: &str, new: &str, start: i32, count: i32) -> Result<Datum> {
    if start <= 0 {
        return Err(Error::new(
            SqlState::SUBSTRING_ERROR,
            "negative substring length not allowed",
        ));
    }
    let Some(after) = start.checked_add(count) else {
        return Err(Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "integer out of range"));
    };
    let before = substring(text_, 1, Some(start - 1))?;
    text([before, new, substring(text_, after, None)?].concat())
}

fn split_part(text_: &str, delimiter: &str, n: i32) -> Result<Datum> {
    if n == 0 {
        return Err(Error::new(
            SqlState::INVALID_PARAMETER_VALUE,
            "field position must not be zero",
        ));
    }
    if delimiter.is_empty() {
        return text(if n == 1 || n == -1 { text_ } else { "" });
    }
    let place = n.unsigned_abs() as usize - 1;
    let part = if n > 0 {
        text_.split(delimiter).nth(place)
    } else {
        text_.rsplit(delimiter).nth(place)
    };
    text(part.unwrap_or_default())
}

/// Characters of `from` become those of `to` at the same place, or go if there is none.
fn translate(text: &str, from: &str, to: &str) -> String {
    let change = |c: char| match from.chars().position(|f| f == c) {
        Some(at) => to.chars().nth(at),
        None => Some(c),
    };
    text.chars().filter_map(change).collect()
}

fn pad(args: &[Datum], left: bool) -> Result<Datum> {
    let (value, count, fill) = match args {
        [Text(value), Int4(count)] => (value, count, " "),
        [Text(value), Int4(count), Text(fill)] => (value, count, &**fill),
        _ => return Err(unexpected("lpad", args)),
    };
    let wanted = usize::try_from(*count).unwrap_or(0);
    let length = value.chars().count();
    if wanted <= length || fill.is_empty() {
        return text(head(value, wanted));
    }
    check_length(wanted.saturating_mul(4))?;
    let padding: String = fill.chars().cycle().take(wanted - length).collect();
    text(if left {
        padding + value
    } else {
        format!("{value}{padding}")
    })
}

/// The arguments from an index on that are not NULL, as text, with a separator between.
fn join(call: &Call<'_>, args: &[Datum], from: usize, separator: &str) -> String {
    let values = args.iter().enumerate().skip(from).filter(|(_, value)| !value.is_null());
    let texts: Vec<_> = values
        .map(|(at, value)| output(call.env, argument_type(call, at), value))
        .collect();
    texts.join(separator)
}

fn concat_ws(call: &mut Call<'_>, args: &[Datum]) -> Result<Datum> {
    match args.first() {
        Some(Text(separator)) => text(join(call, args, 1, separator)),
        _ => Ok(Null),
    }
}

fn character(code: i32) -> Result<Datum> {
    let refuse = |message: String| Err(Error::new(SqlState::PROGRAM_LIMIT_EXCEEDED, message));
    match u32::try_from(code) {
        Err(_) => refuse("character number must be positive".into()),
        Ok(0) => refuse("null character not permitted".into()),
        Ok(code) if code > 0x10_FFFF => refuse(format!("requested character too large for encoding: {code}")),
        Ok(code) => match char::from_u32(code) {
            Some(c) => text(c.to_string()),
            None => refuse(format!("requested character not valid for encoding: {code}")),
        },
    }
}

/// Reads `\0441`, `\+000441`, `\u0441`, `\U00000441` and `\\`.
fn unistr(value: &str) -> Result<Datum> {
    let invalid = || {
        Error::new(SqlState::SYNTAX_ERROR, "invalid Unicode escape")
            .hint("Unicode escapes must be \\XXXX, \\+XXXXXX, \\uXXXX, or \\UXXXXXXXX.")
    };
    let mut result = String::new();
    let mut rest = value;
    let mut high: Option<u32> = None;
    let pair = || Error::new(SqlState::SYNTAX_ERROR, "invalid Unicode surrogate pair");
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        if c != '\\' || after.starts_with('\\') {
            if high.is_some() {
                return Err(pair());
            }
            result.push(c);
            rest = if c == '\\' {
                after.get(1..).unwrap_or_default()
            } else {
                after
            };
            continue;
        }
        let (skipped, count) = match after.bytes().next() {
            Some(b'+') => (1, 6),
            Some(b'u') => (1, 4),
            Some(b'U') => (1, 8),
            _ => (0, 4),
        };
        let digits = after
            .get(skipped..skipped + count)
            .filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        let code = digits
            .and_then(|d| u32::from_str_radix(d, 16).ok())
            .ok_or_else(invalid)?;
        rest = after.get(skipped + count..).unwrap_or_default();
        match (high.take(), code) {
            (None, 0xD800..=0xDBFF) => high = Some(code),
            (Some(high), 0xDC00..=0xDFFF) => {
                result.extend(char::from_u32(0x1_0000 + ((high & 0x3FF) << 10) + (code & 0x3FF)));
            }
            (Some(_), _) | (None, 0xDC00..=0xDFFF) => return Err(pair()),
            (None, 0) | (None, 0x11_0000..) => {
                return Err(Error::new(
                    SqlState::INVALID_PARAMETER_VALUE,
                    format!("invalid Unicode code point: {code:04X}"),
                ));
            }
            (None, code) => result.extend(char::from_u32(code)),
        }
    }
    if high.is_some() { Err(pair()) } else { text(result) }
}

/// The parts of a string between delimiters; NULL as delimiter cuts into characters. Parts equal to `null` are NULL.
fn split(value: &Datum, delimiter: &Datum, null: &Datum) -> Result<Option<Vec<Datum>>> {
    let value = match value {
        Text(value) => value,
        Null => return Ok(None),
        other => return Err(unexpected("string_to_array", std::slice::from_ref(other))),
    };
    let part = |part: &str| match null {
        Text(null) if **null == *part => Null,
        _ => Text(part.into()),
    };
    Ok(Some(match delimiter {
        _ if value.is_empty() => Vec::new(),
        Text(delimiter) if delimiter.is_empty() => vec![part(value)],
        Text(delimiter) => value.split(&**delimiter).map(part).collect(),
        _ => value.chars().map(|c| part(c.encode_utf8(&mut [0; 4]))).collect(),
    }))
}

fn array(parts: Option<Vec<Datum>>) -> Result<Datum> {
    Ok(parts.map_or(Null, |parts| Datum::Array(ArrayValue::vector(Oid::TEXT, parts).into())))
}

fn rows(parts: Option<Vec<Datum>>) -> Result<Vec<Vec<Datum>>> {
    Ok(parts.unwrap_or_default().into_iter().map(|part| vec![part]).collect())
}

/// Splits `public."My Table"` at its points, folding what is not quoted to lower case.
fn parse_ident(value: &str, strict: bool) -> Result<Datum> {
    let invalid = || {
        Error::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("string is not a valid identifier: \"{value}\""),
        )
    };
    let space = crate::numeric::text::is_space;
    let mut rest = value.trim_start_matches(space);
    let mut parts = Vec::new();
    let mut after_dot = false;
    loop {
        let part;
        if let Some(quoted) = rest.strip_prefix('"') {
            (part, rest) = quoted_part(quoted).ok_or_else(|| invalid().detail("String has unclosed double quotes."))?;
            if part.is_empty() {
                return Err(invalid().detail("Quoted identifier must not be empty."));
            }
        } else {
            let start = |c: char| c.is_alphabetic() || c == '_' || !c.is_ascii();
            let continues = |c: char| start(c) || c.is_ascii_digit() || c == '$';
            let end = match rest.starts_with(start) {
                true => rest.find(|c| !continues(c)).unwrap_or(rest.len()),
                false => 0,
            };
            part = rest.get(..end).unwrap_or_default().to_ascii_lowercase();
            if part.is_empty() {
                return Err(match (rest.starts_with('.'), after_dot) {
                    (true, _) => invalid().detail("No valid identifier before \".\"."),
                    (false, true) => invalid().detail("No valid identifier after \".\"."),
                    _ => invalid(),
                });
            }
            rest = rest.get(end..).unwrap_or_default();
        }
        parts.push(Text(part.into()));
        rest = rest.trim_start_matches(space);
        match rest.strip_prefix('.') {
            Some(next) => rest = next.trim_start_matches(space),
            None if rest.is_empty() || !strict => return array(Some(parts)),
            None => return Err(invalid()),
        }
        after_dot = true;
    }
}

/// What stands before the closing quote, doubled quotes made single, and what follows it.
fn quoted_part(text: &str) -> Option<(String, &str)> {
    let mut part = String::new();
    let mut rest = text;
    loop {
        let (before, after) = rest.split_once('"')?;
        part.push_str(before);
        match after.strip_prefix('"') {
            Some(next) => {
                part.push('"');
                rest = next;
            }
            None => return Some((part, after)),
        }
    }
}
