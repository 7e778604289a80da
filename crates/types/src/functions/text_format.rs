//! `format('Hello %s, %1$I', ...)`.

use super::text::{argument_type, check_length, text};
use super::{Family, unexpected};
use crate::io::output;
use crate::quote::{quote_identifier, quote_literal};
use crate::{Call, Datum, Error, Implementation, Result, SqlState};

pub static FUNCTIONS: Family = &[
    ("text_format", Implementation::Scalar(format)),
    ("text_format_nv", Implementation::Scalar(format)),
];

/// One `%...` of a format string.
#[derive(Default)]
struct Specifier {
    /// Number of the argument, from 1, if it is given.
    argument: Option<usize>,
    left: bool,
    width: Width,
    kind: char,
}

#[derive(Default)]
enum Width {
    #[default]
    None,
    Fixed(i64),
    /// `*`: the next argument.
    Next,
    /// `*n$`.
    Argument(usize),
}

fn format(call: &mut Call<'_>, args: &[Datum]) -> Result<Datum> {
    let template = match args.first() {
        Some(Datum::Text(template)) => template,
        Some(Datum::Null) => return Ok(Datum::Null),
        _ => return Err(unexpected("format", args)),
    };
    let mut result = String::new();
    let mut rest: &str = template;
    // The argument used last; those without a number take the next.
    let mut last = 0;
    while let Some((before, after)) = rest.split_once('%') {
        result.push_str(before);
        if let Some(next) = after.strip_prefix('%') {
            result.push('%');
            rest = next;
            continue;
        }
        let (specifier, next) = parse(after)?;
        rest = next;
        let (width, left) = width(args, &specifier, &mut last)?;
        last = specifier.argument.unwrap_or(last + 1);
        let value = args.get(last).ok_or_else(too_few)?;
        let shown = conversion(call, specifier.kind, value, last)?;
        pad(&mut result, &shown, width, left)?;
    }
    result.push_str(rest);
    check_length(result.len())?;
    text(result)
}

fn parse(after: &str) -> Result<(Specifier, &str)> {
    let mut specifier = Specifier::default();
    let mut rest = after;
    if let Some((number, next)) = digits(rest)? {
        match next.strip_prefix('$') {
            Some(next) => {
                specifier.argument = Some(argument(number)?);
                rest = next;
            }
            None => {
                specifier.width = Width::Fixed(number);
                rest = next;
            }
        }
    }
    if matches!(specifier.width, Width::None) {
        while let Some(next) = rest.strip_prefix('-') {
            specifier.left = true;
            rest = next;
        }
        if let Some(next) = rest.strip_prefix('*') {
            (specifier.width, rest) = match digits(next)? {
                Some((number, next)) => match next.strip_prefix('$') {
                    Some(next) => (Width::Argument(argument(number)?), next),
                    None if next.is_empty() => return Err(unterminated()),
                    None => {
                        return Err(Error::new(
                            SqlState::INVALID_PARAMETER_VALUE,
                            "width argument position must be ended by \"$\"",
                        ));
                    }
                },
                None => (Width::Next, next),
            };
        } else if let Some((number, next)) = digits(rest)? {
            (specifier.width, rest) = (Width::Fixed(number), next);
        }
    }
    let kind = rest.chars().next().ok_or_else(unterminated)?;
    specifier.kind = kind;
    Ok((specifier, rest.get(kind.len_utf8()..).unwrap_or_default()))
}

fn unterminated() -> Error {
    Error::new(
        SqlState::INVALID_PARAMETER_VALUE,
        "unterminated format() type specifier",
    )
    .hint("For a single \"%\" use \"%%\".")
}

fn too_few() -> Error {
    Error::new(SqlState::INVALID_PARAMETER_VALUE, "too few arguments for format()")
}

fn digits(text: &str) -> Result<Option<(i64, &str)>> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    if number.is_empty() {
        return Ok(None);
    }
    match number.parse::<i32>() {
        Ok(_) if rest.is_empty() => Err(unterminated()),
        Ok(number) => Ok(Some((i64::from(number), rest))),
        Err(_) => Err(Error::new(
            SqlState::NUMERIC_VALUE_OUT_OF_RANGE,
            "number is out of range",
        )),
    }
}

fn argument(number: i64) -> Result<usize> {
    match usize::try_from(number) {
        Ok(number @ 1..) => Ok(number),
        _ => Err(Error::new(
            SqlState::INVALID_PARAMETER_VALUE,
            "format specifies argument 0, but arguments are numbered from 1",
        )),
    }
}

/// The width, and whether the text stands on the left of it.
fn width(args: &[Datum], specifier: &Specifier, last: &mut usize) -> Result<(usize, bool)> {
    let width = match specifier.width {
        Width::None => 0,
        Width::Fixed(width) => width,
        Width::Next | Width::Argument(_) => {
            *last = match specifier.width {
                Width::Argument(number) => number,
                _ => *last + 1,
            };
            match args.get(*last).ok_or_else(too_few)? {
                Datum::Null => 0,
                Datum::Text(text) => i64::from(crate::integer::parse_integer::<i32>(text, "integer")?),
                value => value.as_i64().unwrap_or(0),
            }
        }
    };
    // A negative width says "left", as in C.
    let columns = usize::try_from(width.unsigned_abs()).unwrap_or(usize::MAX);
    check_length(columns)?;
    Ok((columns, specifier.left || width < 0))
}

fn conversion(call: &Call<'_>, kind: char, value: &Datum, index: usize) -> Result<String> {
    let shown = || output(call.env, argument_type(call, index), value);
    match (kind, value) {
        ('s', Datum::Null) => Ok(String::new()),
        ('L', Datum::Null) => Ok("NULL".into()),
        ('I', Datum::Null) => Err(Error::new(
            SqlState::NULL_VALUE_NOT_ALLOWED,
            "null values cannot be formatted as an SQL identifier",
        )),
        ('s', _) => Ok(shown().into_owned()),
        ('L', _) => Ok(quote_literal(&shown())),
        ('I', _) => Ok(quote_identifier(&shown())),
        _ => Err(Error::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("unrecognized format() type specifier \"{kind}\""),
        )
        .hint("For a single \"%\" use \"%%\".")),
    }
}

fn pad(result: &mut String, shown: &str, width: usize, left: bool) -> Result<()> {
    let missing = width.saturating_sub(shown.chars().count());
    check_length(result.len().saturating_add(missing))?;
    let blanks = std::iter::repeat_n(' ', missing);
    if left {
        result.push_str(shown);
        result.extend(blanks);
    } else {
        result.extend(blanks);
        result.push_str(shown);
    }
    Ok(())
}
