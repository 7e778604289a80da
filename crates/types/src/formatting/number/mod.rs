//! Numbers by template: `to_char(12, '9,999.99')` and `to_number`.
//!
//! [`template`] reads a template, [`write`](mod@write) writes digits into it, [`read`] picks them out of a text.
//! The locale is C: `D` is a point, `G` a comma, `L` a blank.

pub mod read;
pub mod template;
pub mod write;

use self::template::{Flags, Template};
use crate::float::format_f64;
use crate::{Datum, Numeric, Result};

/// `numeric_to_char`
pub fn numeric_to_char(value: &Numeric, template: &str) -> Result<String> {
    let mut template = Template::parse(template)?;
    let flags = template.flags;
    if flags.roman {
        return write::roman(&template, value.to_integer_type("integer")?);
    }
    if flags.exponent {
        return Ok(if value.is_finite() {
            exponent_of_numeric(value, template.after)
        } else {
            write::no_exponent(&template)
        });
    }
    let value = shifted(value, &mut template)?;
    let rounded = value.round(i32::try_from(template.after).unwrap_or(0));
    Ok(write::fixed(template, &rounded.to_string()))
}

/// `int4_to_char`, `int8_to_char`
pub fn integer_to_char(value: i64, template: &str) -> Result<String> {
    let mut template = Template::parse(template)?;
    let Flags { roman, exponent, .. } = template.flags;
    let number = Numeric::from(value);
    if roman {
        return write::roman(&template, i32::try_from(value).unwrap_or(0));
    }
    if exponent {
        return Ok(exponent_of_numeric(&number, template.after));
    }
    let mut digits = shifted(&number, &mut template)?.round(0).to_string();
    if template.after > 0 {
        digits.push('.');
        digits += &"0".repeat(template.after);
    }
    Ok(write::fixed(template, &digits))
}

/// `float8_to_char`, and `float4_to_char` with fewer significant digits.
pub fn float_to_char(value: f64, significant: usize, template: &str) -> Result<String> {
    let mut template = Template::parse(template)?;
    if template.flags.roman {
        let rounded = value.round_ties_even();
        #[allow(clippy::cast_possible_truncation)]
        let number = if (1.0..4000.0).contains(&rounded) {
            rounded as i32
        } else {
            0
        };
        return write::roman(&template, number);
    }
    if template.flags.exponent {
        return Ok(if value.is_finite() {
            // No double has more digits than these.
            let digits = template.after.min(1100);
            let more = "0".repeat(template.after - digits);
            let text = exponent_form(&format!("{:.*e}", digits, value.abs()).replace('e', &format!("{more}e")));
            let sign = if value < 0.0 { '-' } else { ' ' };
            format!("{sign}{text}")
        } else {
            write::no_exponent(&template)
        });
    }
    let mut value = value;
    if template.flags.shift {
        value *= 10_f64.powi(i32::try_from(template.shift).unwrap_or(0));
        template.before += template.shift;
    }
    if !value.is_finite() {
        return Ok(write::fixed(template, &format_f64(value, 1)));
    }
    // No more digits than the type holds.
    let whole = format!("{:.0}", value.abs()).len();
    template.after = template.after.min(significant.saturating_sub(whole));
    let digits = format!("{value:.*}", template.after);
    Ok(write::fixed(template, &digits))
}

/// `numeric_to_number`; NULL for an empty template.
pub fn to_number(text: &str, template: &str) -> Result<Datum> {
    if template.is_empty() {
        return Ok(Datum::Null);
    }
    read::to_number(text, Template::parse(template)?).map(|number| Datum::Numeric(number.into()))
}

/// `V`: multiplies by 10 for each digit after it.
fn shifted(value: &Numeric, template: &mut Template) -> Result<Numeric> {
    if !template.flags.shift {
        return Ok(value.clone());
    }
    template.before += template.shift;
    Ok(value.mul(&power_of_ten(template.shift)?))
}

fn power_of_ten(exponent: usize) -> Result<Numeric> {
    Numeric::parse(&format!("1{}", "0".repeat(exponent)))
}

/// `1.2e3` as ` 1.20e+03`.
fn exponent_of_numeric(value: &Numeric, decimals: usize) -> String {
    let sign = if value.is_negative() { '-' } else { ' ' };
    let magnitude = value.abs();
    if magnitude.is_zero() {
        let point = if decimals > 0 { "." } else { "" };
        return format!("{sign}0{point}{}e+00", "0".repeat(decimals));
    }
    let digits = magnitude.to_string();
    let (whole, part) = digits.split_once('.').unwrap_or((&digits, ""));
    let all = format!("{whole}{part}");
    let leading = all.len() - all.trim_start_matches('0').len();
    let position = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
    let exponent = position(whole.len()) - position(leading) - 1;
    // The significand is rounded as a number of its own, so 9.99 may become 10.0.
    let significant = all.get(leading..).unwrap_or("0");
    let (first, rest) = significant.split_at_checked(1).unwrap_or(("0", ""));
    let significand = Numeric::parse(&format!("{first}.{rest}0"))
        .unwrap_or(Numeric::ZERO)
        .round(position(decimals));
    let exponent_sign = if exponent < 0 { '-' } else { '+' };
    format!("{sign}{significand}e{exponent_sign}{:02}", exponent.unsigned_abs())
}

/// Rust's `1.2e3` with C's exponent, `1.2e+03`.
fn exponent_form(text: &str) -> String {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ('-', digits),
        None => ('+', exponent),
    };
    format!("{mantissa}e{sign}{digits:0>2}")
}
