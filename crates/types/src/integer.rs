//! Text form of integers, oids and booleans.

use crate::numeric::text::is_space;
use crate::{Error, Result, SqlState};

/// Reads an integer of a type called `type_name`, as `pg_strtoint32` and its kin.
pub fn parse_integer<T: TryFrom<i64>>(text: &str, type_name: &str) -> Result<T> {
    let trimmed = text.trim_matches(is_space);
    let unsigned = trimmed.strip_prefix(['-', '+']).unwrap_or(trimmed);
    let end = unsigned.find(|c: char| !c.is_ascii_digit()).unwrap_or(unsigned.len());
    let number = trimmed.get(..trimmed.len() - unsigned.len() + end).unwrap_or_default();
    if end == 0 {
        return Err(invalid(text, type_name));
    }
    // Whether the number fits is seen before what follows it.
    let value = number.parse::<i64>().ok().and_then(|value| T::try_from(value).ok());
    match value {
        None => Err(out_of_range(text, type_name)),
        Some(_) if end < unsigned.len() => Err(invalid(text, type_name)),
        Some(value) => Ok(value),
    }
}

/// Reads a transaction or command number as C's `strtoul` does: what is no number counts as 0.
pub fn parse_transaction_id(text: &str) -> u64 {
    let trimmed = text.trim_start_matches(is_space);
    let unsigned = trimmed.strip_prefix(['-', '+']).unwrap_or(trimmed);
    let end = unsigned.find(|c: char| !c.is_ascii_digit()).unwrap_or(unsigned.len());
    let digits = unsigned.get(..end).unwrap_or_default();
    let value = if digits.is_empty() {
        0
    } else {
        digits.parse().unwrap_or(u64::MAX)
    };
    if trimmed.starts_with('-') && value != u64::MAX {
        value.wrapping_neg()
    } else {
        value
    }
}

/// Reads an oid; as in C's `strtoul`, a minus sign counts from the top.
pub fn parse_oid(text: &str) -> Result<u32> {
    let value: i64 = parse_integer(text, "oid")?;
    match u32::try_from(value) {
        Ok(value) => Ok(value),
        Err(_) => i32::try_from(value)
            .map(|value| value as u32)
            .map_err(|_| out_of_range(text, "oid")),
    }
}

/// Reads a boolean: any unambiguous beginning of true, false, yes, no, on, off, or 1 or 0.
pub fn parse_bool(text: &str) -> Option<bool> {
    let word = text.trim_matches(is_space).to_ascii_lowercase();
    let begins = |full: &str, least: usize| word.len() >= least && full.starts_with(word.as_str());
    if begins("true", 1) || begins("yes", 1) || begins("on", 2) || word == "1" {
        return Some(true);
    }
    (begins("false", 1) || begins("no", 1) || begins("off", 2) || word == "0").then_some(false)
}

pub(crate) fn invalid(text: &str, type_name: &str) -> Error {
    Error::new(
        SqlState::INVALID_TEXT_REPRESENTATION,
        format!("invalid input syntax for type {type_name}: \"{text}\""),
    )
}

fn out_of_range(text: &str, type_name: &str) -> Error {
    Error::new(
        SqlState::NUMERIC_VALUE_OUT_OF_RANGE,
        format!("value \"{text}\" is out of range for type {type_name}"),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn integers_are_read_or_refused_as_in_postgresql() {
        let message = |text| parse_integer::<i32>(text, "integer").unwrap_err().message.clone();
        assert_eq!(parse_integer::<i32>(" -12 ", "integer").unwrap(), -12);
        assert_eq!(message("abc"), "invalid input syntax for type integer: \"abc\"");
        assert_eq!(message("1.5"), "invalid input syntax for type integer: \"1.5\"");
        assert_eq!(
            message("2147483648"),
            "value \"2147483648\" is out of range for type integer"
        );
        assert_eq!(
            message("99999999999999999999"),
            "value \"99999999999999999999\" is out of range for type integer"
        );
        assert_eq!(
            message("99999999999.5"),
            "value \"99999999999.5\" is out of range for type integer"
        );
        assert_eq!(parse_oid("-1").unwrap(), u32::MAX);
        assert!(parse_oid("4294967296").is_err());
    }

    #[test]
    fn booleans_may_be_cut_short() {
        for text in ["t", "TRUE", " yes ", "y", "on", "1", "tr"] {
            assert_eq!(parse_bool(text), Some(true), "{text}");
        }
        for text in ["f", "no", "of", "off", "0"] {
            assert_eq!(parse_bool(text), Some(false), "{text}");
        }
        for text in ["", "o", "maybe", "truee", "2"] {
            assert_eq!(parse_bool(text), None, "{text}");
        }
    }
}
