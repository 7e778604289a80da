//! Type modifiers: `varchar(20)`, `numeric(8,2)`, `timestamp(3)`, `interval day to second`, `bit(4)`.

use std::sync::Arc;

use crate::datetime::{interval, timestamp};
use crate::numeric::rounding::{self, MAX_PRECISION};
use crate::{ArrayValue, BitString, Datum, Environment, Error, Oid, Result, SqlState, format_type_with_typmod};

/// Bytes that `varchar` and `bpchar` modifiers count for a header.
const HEADER: i32 = 4;
/// `MaxAttrSize`: the longest `varchar(n)`.
const MAX_LENGTH: i32 = 10_485_760;
/// `MaxAttrSize * 8`: the longest `bit(n)`.
const MAX_BITS: i32 = 83_886_080;
/// Digits of a second that are kept at most.
const MAX_SECONDS_PRECISION: i32 = 6;
/// Interval modifiers: fields in the upper half, precision in the lower; these stand for "all".
const FULL_RANGE: i32 = 0x7FFF;
const FULL_PRECISION: i32 = 0xFFFF;

/// Fields that an interval modifier can name, by their bit.
const INTERVAL_FIELDS: [(i32, &str); 6] = [
    (2, "year"),
    (1, "month"),
    (3, "day"),
    (10, "hour"),
    (11, "minute"),
    (12, "second"),
];

/// The modifier for what is written in parentheses after a type's name.
///
/// Interval fields come first, as the grammar gives them: their bits, then the precision if there is one.
pub fn typmod_in(type_oid: Oid, modifiers: &[i32]) -> Result<i32> {
    match type_oid {
        Oid::VARCHAR => length(modifiers, "varchar", MAX_LENGTH).map(|n| n + HEADER),
        Oid::BPCHAR => length(modifiers, "char", MAX_LENGTH).map(|n| n + HEADER),
        Oid::BIT => length(modifiers, "bit", MAX_BITS),
        Oid::VARBIT => length(modifiers, "varbit", MAX_BITS),
        Oid::NUMERIC => numeric(modifiers),
        Oid::TIME => seconds(modifiers, "TIME", ""),
        Oid::TIMETZ => seconds(modifiers, "TIME", " WITH TIME ZONE"),
        Oid::TIMESTAMP => seconds(modifiers, "TIMESTAMP", ""),
        Oid::TIMESTAMPTZ => seconds(modifiers, "TIMESTAMP", " WITH TIME ZONE"),
        Oid::INTERVAL => interval(modifiers),
        _ => Err(invalid("invalid type modifier")),
    }
}

/// Whether a type takes modifiers at all (`typmodin` of pg_type).
pub fn takes_typmod(type_oid: Oid) -> bool {
    matches!(
        type_oid,
        Oid::VARCHAR
            | Oid::BPCHAR
            | Oid::BIT
            | Oid::VARBIT
            | Oid::NUMERIC
            | Oid::TIME
            | Oid::TIMETZ
            | Oid::TIMESTAMP
            | Oid::TIMESTAMPTZ
            | Oid::INTERVAL
    )
}

/// What `format_type` prints after (or within) a type's name for a modifier: `(20)`, `(8,2)`, ` day to second(3)`.
pub fn typmod_out(type_oid: Oid, typmod: i32) -> String {
    match type_oid {
        _ if typmod < 0 => String::new(),
        Oid::VARCHAR | Oid::BPCHAR if typmod > HEADER => format!("({})", typmod - HEADER),
        Oid::NUMERIC => match rounding::typmod_parts(typmod) {
            Some((precision, scale)) => format!("({precision},{scale})"),
            None => String::new(),
        },
        Oid::INTERVAL => interval_out(typmod),
        Oid::BIT | Oid::VARBIT | Oid::TIME | Oid::TIMETZ | Oid::TIMESTAMP | Oid::TIMESTAMPTZ => format!("({typmod})"),
        _ => String::new(),
    }
}

/// Fits a value to a modifier, as the length coercion functions do. A value that is too long is cut by an
/// explicit cast and refused on assignment. The elements of an array are fitted one by one.
pub fn apply_typmod(env: &dyn Environment, type_oid: Oid, typmod: i32, value: Datum, explicit: bool) -> Result<Datum> {
    if typmod < 0 {
        return Ok(value);
    }
    match (type_oid, value) {
        (Oid::VARCHAR, Datum::Text(text)) => fit_varchar(env, typmod, text, explicit),
        (Oid::BPCHAR, Datum::Text(text)) => fit_bpchar(env, typmod, text, explicit),
        (_, Datum::Numeric(number)) => Ok(Datum::Numeric(number.apply_typmod(typmod)?.into())),
        (_, Datum::Bits(bits)) => fit_bits(type_oid == Oid::BIT, typmod, bits, explicit),
        (_, Datum::Time(time)) => Ok(Datum::Time(timestamp::round(time, typmod))),
        (_, Datum::TimeTz(time, zone)) => Ok(Datum::TimeTz(timestamp::round(time, typmod), zone)),
        (_, Datum::Timestamp(time)) => Ok(Datum::Timestamp(timestamp::round(time, typmod))),
        (_, Datum::TimestampTz(time)) => Ok(Datum::TimestampTz(timestamp::round(time, typmod))),
        (_, Datum::Interval(span)) => Ok(Datum::Interval(interval::adjust(&span, typmod)?)),
        (_, Datum::Array(array)) => fit_array(env, typmod, &array, explicit),
        (_, value) => Ok(value),
    }
}

fn fit_array(env: &dyn Environment, typmod: i32, array: &ArrayValue, explicit: bool) -> Result<Datum> {
    let fit = |value: &Datum| apply_typmod(env, array.element, typmod, value.clone(), explicit);
    Ok(Datum::Array(Arc::new(ArrayValue {
        element: array.element,
        dims: array.dims.clone(),
        values: array.values.iter().map(fit).collect::<Result<_>>()?,
    })))
}

fn fit_varchar(env: &dyn Environment, typmod: i32, text: Arc<str>, explicit: bool) -> Result<Datum> {
    match text.char_indices().nth(length_of(typmod)) {
        None => Ok(Datum::Text(text)),
        Some((end, _)) => cut(env, Oid::VARCHAR, typmod, &text, end, explicit).map(Datum::text),
    }
}

fn fit_bpchar(env: &dyn Environment, typmod: i32, text: Arc<str>, explicit: bool) -> Result<Datum> {
    let length = length_of(typmod);
    if let Some((end, _)) = text.char_indices().nth(length) {
        return cut(env, Oid::BPCHAR, typmod, &text, end, explicit).map(Datum::text);
    }
    match length - text.chars().count() {
        0 => Ok(Datum::Text(text)),
        missing if length > MAX_LENGTH as usize => Err(too_long_to_pad(missing)),
        missing => Ok(Datum::text(format!("{text}{}", " ".repeat(missing)))),
    }
}

/// A length that no declaration allows, but a call of the coercion function may ask for.
fn too_long_to_pad(missing: usize) -> Error {
    Error::new(
        SqlState::PROGRAM_LIMIT_EXCEEDED,
        format!("invalid memory alloc request size {missing}"),
    )
}

/// Cuts at a byte; unless the cast is explicit, only blanks may go.
fn cut<'a>(
    env: &dyn Environment,
    type_oid: Oid,
    typmod: i32,
    text: &'a str,
    end: usize,
    explicit: bool,
) -> Result<&'a str> {
    let (kept, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    if explicit || rest.bytes().all(|b| b == b' ') {
        return Ok(kept);
    }
    Err(Error::new(
        SqlState::STRING_DATA_RIGHT_TRUNCATION,
        format!(
            "value too long for type {}",
            format_type_with_typmod(env, type_oid, typmod)
        ),
    ))
}

fn fit_bits(fixed: bool, typmod: i32, bits: Arc<BitString>, explicit: bool) -> Result<Datum> {
    let (length, actual) = (typmod as usize, bits.0.len());
    if actual == length || !fixed && actual < length {
        return Ok(Datum::Bits(bits));
    }
    if explicit && typmod > MAX_BITS {
        return Err(too_long_to_pad(length / 8));
    }
    if explicit {
        let mut fitted = bits.0.clone();
        fitted.resize(length, false);
        return Ok(Datum::Bits(Arc::new(BitString(fitted))));
    }
    Err(match fixed {
        true => Error::new(
            SqlState::STRING_DATA_LENGTH_MISMATCH,
            format!("bit string length {actual} does not match type bit({length})"),
        ),
        false => Error::new(
            SqlState::STRING_DATA_RIGHT_TRUNCATION,
            format!("bit string too long for type bit varying({length})"),
        ),
    })
}

/// The number n of `varchar(n)`.
fn length_of(typmod: i32) -> usize {
    usize::try_from(typmod - HEADER).unwrap_or(0)
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(SqlState::INVALID_PARAMETER_VALUE, message)
}

fn length(modifiers: &[i32], name: &str, most: i32) -> Result<i32> {
    match *modifiers {
        [n] if n < 1 => Err(invalid(format!("length for type {name} must be at least 1"))),
        [n] if n > most => Err(invalid(format!("length for type {name} cannot exceed {most}"))),
        [n] => Ok(n),
        _ => Err(invalid("invalid type modifier")),
    }
}

fn numeric(modifiers: &[i32]) -> Result<i32> {
    let (precision, scale) = match *modifiers {
        [precision] => (precision, 0),
        [precision, scale] => (precision, scale),
        _ => return Err(invalid("invalid NUMERIC type modifier")),
    };
    if !(1..=MAX_PRECISION).contains(&precision) {
        return Err(invalid(format!(
            "NUMERIC precision {precision} must be between 1 and {MAX_PRECISION}"
        )));
    }
    if !(-MAX_PRECISION..=MAX_PRECISION).contains(&scale) {
        return Err(invalid(format!(
            "NUMERIC scale {scale} must be between -{MAX_PRECISION} and {MAX_PRECISION}"
        )));
    }
    Ok(rounding::typmod(precision, scale))
}

/// More than 6 digits are taken for 6; the warning about it is the caller's.
fn seconds(modifiers: &[i32], name: &str, zone: &str) -> Result<i32> {
    match *modifiers {
        [n] if n < 0 => Err(invalid(format!("{name}({n}){zone} precision must not be negative"))),
        [n] => Ok(n.min(MAX_SECONDS_PRECISION)),
        _ => Err(invalid("invalid type modifier")),
    }
}

fn interval(modifiers: &[i32]) -> Result<i32> {
    let (range, precision) = match *modifiers {
        [range] => (range, FULL_PRECISION),
        [_, precision] if precision < 0 => {
            return Err(invalid(format!("INTERVAL({precision}) precision must not be negative")));
        }
        [range, precision] => (range, precision.min(MAX_SECONDS_PRECISION)),
        _ => return Err(invalid("invalid INTERVAL type modifier")),
    };
    if range == FULL_RANGE && precision == FULL_PRECISION {
        return Ok(-1);
    }
    Ok((range & FULL_RANGE) << 16 | precision & FULL_PRECISION)
}

fn interval_out(typmod: i32) -> String {
    let (range, precision) = (typmod >> 16 & FULL_RANGE, typmod & FULL_PRECISION);
    let mut text = String::new();
    if range != FULL_RANGE {
        let named: Vec<&str> = INTERVAL_FIELDS
            .iter()
            .filter(|(bit, _)| range >> bit & 1 == 1)
            .map(|(_, name)| *name)
            .collect();
        match named.as_slice() {
            [] => {}
            [one] => text = format!(" {one}"),
            [first, .., last] => text = format!(" {first} to {last}"),
        }
    }
    if precision != FULL_PRECISION {
        text.push_str(&format!("({precision})"));
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn what_goes_in_comes_out() {
        for (oid, modifiers, typmod, out) in [
            (Oid::VARCHAR, &[20][..], 24, "(20)"),
            (Oid::NUMERIC, &[5, 2], 327_686, "(5,2)"),
            (Oid::NUMERIC, &[5], 327_684, "(5,0)"),
            (Oid::NUMERIC, &[3, -2], 198_658, "(3,-2)"),
            (Oid::TIMESTAMP, &[9], 6, "(6)"),
            (Oid::BIT, &[3], 3, "(3)"),
            (Oid::INTERVAL, &[0b110], 458_751, " year to month"),
            (Oid::INTERVAL, &[FULL_RANGE, 3], 2_147_418_115, "(3)"),
        ] {
            assert_eq!(typmod_in(oid, modifiers).unwrap(), typmod);
            assert_eq!(typmod_out(oid, typmod), out);
        }
    }

    #[test]
    fn bad_modifiers_are_named() {
        for (oid, modifiers, message) in [
            (Oid::VARCHAR, &[0][..], "length for type varchar must be at least 1"),
            (
                Oid::BPCHAR,
                &[10_485_761],
                "length for type char cannot exceed 10485760",
            ),
            (Oid::NUMERIC, &[0], "NUMERIC precision 0 must be between 1 and 1000"),
            (
                Oid::NUMERIC,
                &[5, 2000],
                "NUMERIC scale 2000 must be between -1000 and 1000",
            ),
            (
                Oid::TIMETZ,
                &[-1],
                "TIME(-1) WITH TIME ZONE precision must not be negative",
            ),
        ] {
            assert_eq!(typmod_in(oid, modifiers).unwrap_err().message, message);
        }
    }
}
