//! Text form of floats, as PostgreSQL's `float4in`, `float8in` and their output functions.

use std::fmt::{LowerExp, Write};
use std::str::FromStr;

use crate::numeric::text::is_space;
use crate::{Error, Result, SqlState};

/// Reads a double precision.
pub fn parse_f64(text: &str) -> Result<f64> {
    let value = parse(text, "double precision", |digits| digits.parse::<f64>().ok())?;
    check_range(text, value, value == 0.0, "double precision")?;
    Ok(value)
}

/// Reads a real.
pub fn parse_f32(text: &str) -> Result<f32> {
    let value = parse(text, "real", |digits| digits.parse::<f32>().ok())?;
    check_range(text, f64::from(value), value == 0.0, "real")?;
    Ok(value)
}

fn parse<T>(text: &str, type_name: &str, read: impl Fn(&str) -> Option<T>) -> Result<T> {
    read(text.trim_matches(is_space)).ok_or_else(|| {
        Error::new(
            SqlState::INVALID_TEXT_REPRESENTATION,
            format!("invalid input syntax for type {type_name}: \"{text}\""),
        )
    })
}

/// Refuses numbers that are too large, or so small that nothing is left of them.
fn check_range(text: &str, value: f64, zero: bool, type_name: &str) -> Result<()> {
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    let lost = zero && mantissa.bytes().any(|b| (b'1'..=b'9').contains(&b));
    let overflown = value.is_infinite() && text.bytes().any(|b| b.is_ascii_digit());
    if !lost && !overflown {
        return Ok(());
    }
    Err(Error::new(
        SqlState::NUMERIC_VALUE_OUT_OF_RANGE,
        format!(
            "\"{}\" is out of range for type {type_name}",
            text.trim_matches(is_space)
        ),
    ))
}

/// Prints a double: the fewest digits that read back the same if `extra_digits` (the setting
/// `extra_float_digits`) is above 0, else 15 significant digits and that many more.
pub fn format_f64(value: f64, extra_digits: i32) -> String {
    if extra_digits > 0 {
        shortest(value, &scientific(value, value.abs() >= 9_007_199_254_740_992.0), 15)
    } else {
        general(value, 15 + extra_digits)
    }
}

/// Prints a real, likewise with 6 digits.
pub fn format_f32(value: f32, extra_digits: i32) -> String {
    let wide = f64::from(value);
    if extra_digits > 0 {
        shortest(wide, &scientific(value, value.abs() >= 16_777_216.0), 6)
    } else {
        general(wide, 6 + extra_digits)
    }
}

/// The fewest digits as `d.ddde-x`. Where two are as short and as near, the even one, as PostgreSQL prints.
/// `integers` says that the value is so large that all its kind are integers.
fn scientific<T: LowerExp + FromStr + PartialEq>(value: T, integers: bool) -> String {
    let text = format!("{value:e}");
    let digits = text
        .bytes()
        .take_while(|b| *b != b'e')
        .filter(u8::is_ascii_digit)
        .count();
    if digits == 0 || digits <= 6 && !integers {
        return text;
    }
    // Digits that lie just between two values would do, but PostgreSQL does not rely on how ties are read.
    let fits = |text: &String| {
        if integers {
            is_inside(text, &value)
        } else {
            reads_as(text, &value)
        }
    };
    let rounded = |digits: usize| format!("{value:.*e}", digits - 1);
    [rounded(digits), text.clone()]
        .into_iter()
        .chain((digits + 1..=17).map(rounded))
        .find(fits)
        .unwrap_or(text)
}

fn reads_as<T: FromStr + PartialEq>(text: &str, value: &T) -> bool {
    text.parse::<T>().is_ok_and(|same| same == *value)
}

/// Whether digits read as a value even if they were a little more or less.
fn is_inside<T: FromStr + PartialEq>(scientific: &str, value: &T) -> bool {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let point = if mantissa.contains('.') { "" } else { "." };
    let more = format!("{mantissa}{point}{:0>24}e{exponent}", 1);
    let significant = mantissa.trim_end_matches('0').trim_end_matches('.');
    let (rest, last) = significant
        .split_at_checked(significant.len().saturating_sub(1))
        .unwrap_or(("", "1"));
    let point = if significant.contains('.') { "" } else { "." };
    let less = format!(
        "{rest}{}{point}{:9>24}e{exponent}",
        last.parse::<u8>().unwrap_or(1).saturating_sub(1),
        9
    );
    reads_as(scientific, value) && reads_as(&more, value) && reads_as(&less, value)
}

/// Lays out digits found by Rust's shortest form `d.ddde-x`; exponents of 10 from -4 to below `fixed_below` are
/// written out.
fn shortest(value: f64, scientific: &str, fixed_below: i32) -> String {
    if let Some(name) = special(value) {
        return name.into();
    }
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    lay_out(mantissa, exponent.parse().unwrap_or(0), fixed_below)
}

/// What C's `printf("%.*g")` prints.
pub fn general(value: f64, significant: i32) -> String {
    if let Some(name) = special(value) {
        return name.into();
    }
    let significant = significant.max(1);
    let scientific = format!("{value:.*e}", significant as usize - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let trimmed = match mantissa.contains('.') {
        true => mantissa.trim_end_matches('0').trim_end_matches('.'),
        false => mantissa,
    };
    lay_out(trimmed, exponent.parse().unwrap_or(0), significant)
}

fn special(value: f64) -> Option<&'static str> {
    match value {
        _ if value.is_nan() => Some("NaN"),
        f64::INFINITY => Some("Infinity"),
        f64::NEG_INFINITY => Some("-Infinity"),
        _ => None,
    }
}

/// Writes `mantissa * 10^exponent` (mantissa `-d.ddd`) plainly or with an exponent of at least two digits.
fn lay_out(mantissa: &str, exponent: i32, fixed_below: i32) -> String {
    let (sign, unsigned) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa),
    };
    let mut text = String::from(sign);
    if exponent < -4 || exponent >= fixed_below {
        text.push_str(unsigned);
        // Writing to a String cannot fail.
        let _ = write!(text, "e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs());
        return text;
    }
    let digits: String = unsigned.chars().filter(|c| *c != '.').collect();
    if exponent < 0 {
        text.push_str("0.");
        text.extend(std::iter::repeat_n('0', (-exponent - 1) as usize));
        text.push_str(&digits);
        return text;
    }
    let whole = exponent as usize + 1;
    text.push_str(digits.get(..whole.min(digits.len())).unwrap_or_default());
    text.extend(std::iter::repeat_n('0', whole.saturating_sub(digits.len())));
    if let Some(fraction) = digits.get(whole..).filter(|fraction| !fraction.is_empty()) {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn doubles_print_as_in_postgresql() {
        for (value, expect) in [
            (1e14, "100000000000000"),
            (1e15, "1e+15"),
            (123456789012345.0, "123456789012345"),
            (1234567890123456.0, "1.234567890123456e+15"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (0.1 + 0.2, "0.30000000000000004"),
            (-0.0, "-0"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (-12.5, "-12.5"),
            (1e15 * f64::from(0.1f32), "100000001490116.12"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(format_f64(value, 1), expect);
        }
        assert_eq!(format_f64(0.1 + 0.2, 0), "0.3");
        assert_eq!(format_f64(123456789.12345679, 0), "123456789.123457");
    }

    #[test]
    fn reals_print_as_in_postgresql() {
        for (value, expect) in [
            (1e5, "100000"),
            (1e6, "1e+06"),
            (1234567.0, "1.234567e+06"),
            (0.1, "0.1"),
            (1e-5, "1e-05"),
            (3.4e38, "3.4e+38"),
            (100000.125 / 2.0, "50000.062"),
            (107670704.0, "1.07670704e+08"),
        ] {
            assert_eq!(format_f32(value, 1), expect);
        }
    }

    #[test]
    fn text_out_of_range_or_shape_is_refused() {
        for (text, message) in [
            ("abc", "invalid input syntax for type double precision: \"abc\""),
            ("", "invalid input syntax for type double precision: \"\""),
            ("1e400", "\"1e400\" is out of range for type double precision"),
            ("1e-400", "\"1e-400\" is out of range for type double precision"),
        ] {
            assert_eq!(parse_f64(text).unwrap_err().message, message);
        }
        assert_eq!(parse_f64(" -inf ").unwrap(), f64::NEG_INFINITY);
        assert_eq!(parse_f64("0e-400").unwrap(), 0.0);
        assert!(parse_f32("1e40").is_err());
    }
}
