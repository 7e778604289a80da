//! Text form of numeric: PostgreSQL's `numeric_in` and `numeric_out`.

use std::fmt::Write;

use super::{BASE, DIGITS, Numeric, NumericKind, overflow};
use crate::{Error, Result, SqlState};

impl Numeric {
    /// Reads `12.50`, `1e-3`, `NaN`, `-Infinity`, with blanks around.
    pub fn parse(text: &str) -> Result<Numeric> {
        let invalid = || {
            Error::new(
                SqlState::INVALID_TEXT_REPRESENTATION,
                format!("invalid input syntax for type numeric: \"{text}\""),
            )
        };
        let trimmed = text.trim_matches(is_space);
        let (negative, unsigned) = match trimmed.as_bytes().first() {
            Some(b'-') => (true, trimmed.get(1..).unwrap_or_default()),
            Some(b'+') => (false, trimmed.get(1..).unwrap_or_default()),
            _ => (false, trimmed),
        };
        if unsigned.eq_ignore_ascii_case("infinity") || unsigned.eq_ignore_ascii_case("inf") {
            return Ok(if negative {
                Numeric::NEGATIVE_INFINITY
            } else {
                Numeric::INFINITY
            });
        }
        if trimmed.eq_ignore_ascii_case("nan") {
            return Ok(Numeric::NAN);
        }
        parse_unsigned(unsigned, negative, invalid)
    }

    /// Prints with exactly `scale` digits after the point; digits past them must have been rounded away.
    pub(crate) fn write_to(&self, out: &mut String) {
        match self.kind {
            NumericKind::NaN => return out.push_str("NaN"),
            NumericKind::Infinity => return out.push_str("Infinity"),
            NumericKind::NegativeInfinity => return out.push_str("-Infinity"),
            NumericKind::Negative => out.push('-'),
            NumericKind::Positive => {}
        }
        // Writing to a String cannot fail.
        let _ = write!(out, "{}", self.digit(self.weight.max(0)));
        for weight in (0..self.weight.max(0)).rev() {
            let _ = write!(out, "{:04}", self.digit(weight));
        }
        if self.scale > 0 {
            out.push('.');
            let end = out.len() + usize::from(self.scale);
            let mut weight = -1;
            while out.len() < end {
                let _ = write!(out, "{:04}", self.digit(weight));
                weight -= 1;
            }
            out.truncate(end);
        }
    }
}

impl std::fmt::Display for Numeric {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = String::new();
        self.write_to(&mut text);
        f.write_str(&text)
    }
}

fn parse_unsigned(text: &str, negative: bool, invalid: impl Fn() -> Error) -> Result<Numeric> {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        None => (text, 0),
        Some(at) => (
            text.get(..at).unwrap_or_default(),
            parse_exponent(text.get(at + 1..).unwrap_or_default()).ok_or_else(&invalid)?,
        ),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit());
    if !all_digits || whole.len() + fraction.len() == 0 {
        return Err(invalid());
    }
    if exponent.abs() >= i64::from(i32::MAX / 2) {
        return Err(overflow());
    }
    let scale = (fraction.len() as i64 - exponent).max(0);
    let decimals: Vec<u8> = whole.bytes().chain(fraction.bytes()).map(|b| b - b'0').collect();
    // Decimal place of the last digit: 10^low.
    let low = exponent - fraction.len() as i64;
    let high = low + decimals.len() as i64;
    let significant = decimals.iter().any(|&d| d != 0);
    if significant && high > i64::from(super::MAX_WEIGHT + 1) * i64::from(DIGITS) + decimals.len() as i64
        || scale > i64::from(super::MAX_SCALE)
    {
        return Err(overflow());
    }
    if !significant {
        return Ok(Numeric::new(false, Vec::new(), 0, scale as i32));
    }
    group(negative, &decimals, low as i32, scale as i32).checked()
}

/// Gathers decimal digits, the last of which counts 10^low, into base-10000 digits.
fn group(negative: bool, decimals: &[u8], low: i32, scale: i32) -> Numeric {
    let mut digits = Vec::with_capacity(decimals.len() / 4 + 2);
    let high = low + decimals.len() as i32 - 1;
    let weight = high.div_euclid(DIGITS);
    let mut value = 0i32;
    let mut place = high;
    for &decimal in decimals {
        value = value * 10 + i32::from(decimal);
        if place.rem_euclid(DIGITS) == 0 {
            digits.push(value as i16);
            value = 0;
        }
        place -= 1;
    }
    let missing = low.rem_euclid(DIGITS);
    if missing != 0 {
        digits.push((value * 10i32.pow(missing as u32) % BASE) as i16);
    }
    Numeric::new(negative, digits, weight, scale)
}

fn parse_exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let magnitude = digits.parse::<i64>().unwrap_or(i64::from(i32::MAX));
    Some(if text.starts_with('-') { -magnitude } else { magnitude })
}

/// What C's `isspace` takes for white space.
pub(crate) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn text_goes_in_and_comes_out() {
        for (text, expect) in [
            ("12.50", "12.50"),
            ("  -0012.50 ", "-12.50"),
            ("1e-3", "0.001"),
            ("1.5e3", "1500"),
            ("1.50000e3", "1500.00"),
            (".5", "0.5"),
            ("5.", "5"),
            ("-0.0", "0.0"),
            (
                "123456789012345678901234567890.000000000000000001",
                "123456789012345678901234567890.000000000000000001",
            ),
            ("nan", "NaN"),
            ("-inf", "-Infinity"),
            ("1e20", "100000000000000000000"),
            ("0e10", "0"),
            ("10000.0001", "10000.0001"),
        ] {
            assert_eq!(Numeric::parse(text).unwrap().to_string(), expect, "{text}");
        }
        for bad in ["", ".", "1e", "1.2.3", "12a", "--1", "e5", "1_000", "-nan"] {
            assert!(Numeric::parse(bad).is_err(), "{bad}");
        }
        assert!(Numeric::parse("1e131072").is_err());
        assert!(Numeric::parse("1e131071").is_ok());
        assert!(Numeric::parse("1e-16384").is_err());
    }
}
