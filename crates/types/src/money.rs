//! Amounts of money as cents, in the C locale's form: `-$1,234.50`.

use crate::integer::invalid;
use crate::numeric::text::is_space;
use crate::{Error, Numeric, Result, SqlState};

/// Reads `$1,234.567`, `-12` or `(12)` as cents; what is finer is rounded.
pub fn money_in(text: &str) -> Result<i64> {
    let mut rest = text.trim_matches(is_space);
    let mut negative = false;
    let mut signed = false;
    // One sign or parenthesis and one currency symbol may come in either order.
    for _ in 0..3 {
        let sign = rest.strip_prefix(['-', '(', '+']).filter(|_| !signed);
        negative |= sign.is_some() && !rest.starts_with('+');
        signed |= sign.is_some();
        if let Some(after) = sign.or_else(|| rest.strip_prefix('$')) {
            rest = after.trim_start_matches(is_space);
        }
    }
    let end = rest
        .find(|c: char| !c.is_ascii_digit() && c != ',' && c != '.')
        .unwrap_or(rest.len());
    let (amount, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let after = after.trim_start_matches(|c: char| is_space(c) || c == ')');
    let amount: String = amount.chars().filter(|c| *c != ',').collect();
    negative |= after.starts_with('-');
    if !after.trim_start_matches(['-', '+', '$']).is_empty() {
        return Err(invalid(text, "money"));
    }
    // No digits at all are 0.
    let amount = Numeric::parse(&format!("0{amount}")).map_err(|_| invalid(text, "money"))?;
    let cents = amount.mul(&Numeric::from(100)).to_i128();
    let signed = cents.map(|cents| if negative { -cents } else { cents });
    signed.and_then(|cents| i64::try_from(cents).ok()).ok_or_else(|| {
        Error::new(
            SqlState::NUMERIC_VALUE_OUT_OF_RANGE,
            format!("value \"{text}\" is out of range for type money"),
        )
    })
}

pub fn money_out(cents: i64) -> String {
    let magnitude = cents.unsigned_abs();
    let whole = (magnitude / 100).to_string();
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{}${grouped}.{:02}", if cents < 0 { "-" } else { "" }, magnitude % 100)
}

/// The amount in words: `One dollar and fifty cents`.
pub fn money_words(cents: i64) -> String {
    const SCALES: [&str; 6] = [
        " quadrillion ",
        " trillion ",
        " billion ",
        " million ",
        " thousand ",
        "",
    ];
    let magnitude = cents.unsigned_abs();
    let (dollars, rest) = (magnitude / 100, magnitude % 100);
    let mut words = String::new();
    for (at, scale) in SCALES.iter().enumerate() {
        let group = dollars / 1000u64.pow(5 - at as u32) % 1000;
        if group > 0 {
            words.push_str(&hundreds(group));
            words.push_str(scale);
        }
    }
    if dollars == 0 {
        words.push_str("zero");
    }
    words.push_str(if dollars == 1 { " dollar and " } else { " dollars and " });
    words.push_str(&hundreds(rest));
    words.push_str(if rest == 1 { " cent" } else { " cents" });
    if cents < 0 {
        words.insert_str(0, "minus ");
    }
    let first = words.get(..1).unwrap_or_default().to_ascii_uppercase();
    words.replace_range(..first.len(), &first);
    words
}

/// A number below 1000.
fn hundreds(number: u64) -> String {
    const SMALL: &str = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen \
        fifteen sixteen seventeen eighteen nineteen";
    const TENS: &str = "zero ten twenty thirty forty fifty sixty seventy eighty ninety";
    let word = |words: &'static str, at: u64| words.split_whitespace().nth(at as usize).unwrap_or_default();
    let mut parts = Vec::new();
    if number >= 100 {
        parts.extend([word(SMALL, number / 100), "hundred"]);
    }
    match number % 100 {
        0 if number > 0 => {}
        rest @ 0..20 => parts.push(word(SMALL, rest)),
        rest => {
            parts.push(word(TENS, rest / 10));
            if !rest.is_multiple_of(10) {
                parts.push(word(SMALL, rest % 10));
            }
        }
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn amounts_go_in_and_come_out() {
        for (text, expect) in [
            ("1234.567", "$1,234.57"),
            ("-$1,234.5", "-$1,234.50"),
            ("(12)", "-$12.00"),
            ("$-.05", "-$0.05"),
            ("1000000", "$1,000,000.00"),
            ("", "$0.00"),
        ] {
            assert_eq!(money_out(money_in(text).unwrap()), expect);
        }
        for bad in ["x", "1.2.3", "12 34"] {
            assert!(money_in(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn amounts_are_spelled_out() {
        let words = "One thousand two hundred thirty four dollars and fifty six cents";
        assert_eq!(money_words(123_456), words);
        assert_eq!(money_words(-101), "Minus one dollar and one cent");
    }
}
