//! Values of settings: parsing with units, limits and PostgreSQL's errors; printing as SHOW does.

use kumquat_types::{Error, Result, SqlState};

use super::definition::{SettingDefinition, SettingType};
use crate::catalog::Name;

/// Units of memory in bytes and of time in microseconds, largest first.
const MEMORY_UNITS: [(&str, f64); 5] = [
    ("TB", 1_099_511_627_776.0),
    ("GB", 1_073_741_824.0),
    ("MB", 1_048_576.0),
    ("kB", 1024.0),
    ("B", 1.0),
];
const TIME_UNITS: [(&str, f64); 6] = [
    ("d", 86_400_000_000.0),
    ("h", 3_600_000_000.0),
    ("min", 60_000_000.0),
    ("s", 1_000_000.0),
    ("ms", 1000.0),
    ("us", 1.0),
];

const MEMORY_HINT: &str = "Valid units for this parameter are \"B\", \"kB\", \"MB\", \"GB\", and \"TB\".";
const TIME_HINT: &str = "Valid units for this parameter are \"us\", \"ms\", \"s\", \"min\", \"h\", and \"d\".";

/// The canonical value of the default.
pub fn default_value(definition: &SettingDefinition) -> Result<Name> {
    // Modes of files are kept as SHOW prints them: in octal.
    if definition.default.len() == 4 && definition.default.starts_with('0') {
        return Ok(definition.default.into());
    }
    canonical(definition, definition.default)
}

/// Checks what was typed against type, unit and limits, and gives the canonical form: `ON` is `on`,
/// `5s` of a setting in milliseconds is `5000` (`parse_and_validate_value`).
pub fn canonical(definition: &SettingDefinition, text: &str) -> Result<Name> {
    match definition.setting_type {
        SettingType::Bool => match parse_bool(text) {
            Some(true) => Ok("on".into()),
            Some(false) => Ok("off".into()),
            None => Err(invalid(format!(
                "parameter \"{}\" requires a Boolean value",
                definition.name
            ))),
        },
        SettingType::Enum => {
            let found = definition
                .enum_values
                .split(',')
                .find(|value| value.eq_ignore_ascii_case(text));
            // Settings such as client_min_messages are enums whose hidden spellings are not listed;
            // booleans that grew into enums take the boolean words too.
            let found = found.or_else(|| enum_synonym(definition, text));
            found.map(Name::from).ok_or_else(|| {
                invalid_value(definition, text).hint(format!(
                    "Available values: {}.",
                    definition.enum_values.replace(',', ", ")
                ))
            })
        }
        SettingType::Integer => integer(definition, text),
        SettingType::Real => real(definition, text),
        SettingType::String => Ok(text.into()),
    }
}

/// What SHOW prints for a canonical value: `4096` kB is `4MB`.
pub fn show(definition: &SettingDefinition, value: &str) -> String {
    let number = match definition.setting_type {
        SettingType::Integer | SettingType::Real => value.parse::<f64>().ok(),
        _ => None,
    };
    let (Some(number), Some(base)) = (number, unit_factor(definition.unit)) else {
        return value.to_string();
    };
    if number <= 0.0 {
        return value.to_string();
    }
    let total = number * base;
    units_of(definition.unit)
        .iter()
        .find(|(_, factor)| (total / factor).fract() == 0.0)
        .map_or_else(
            || value.to_string(),
            |(unit, factor)| format!("{}{unit}", format_real(total / factor)),
        )
}

/// Accepts unique prefixes of true, false, yes, no, on, off, and 1 and 0 (`parse_bool`).
pub fn parse_bool(text: &str) -> Option<bool> {
    let word = text.to_ascii_lowercase();
    let prefix = |full: &str, least: usize| word.len() >= least && full.starts_with(&word);
    if prefix("true", 1) || prefix("yes", 1) || word == "on" || word == "1" {
        Some(true)
    } else if prefix("false", 1) || prefix("no", 1) || prefix("off", 2) || word == "0" {
        Some(false)
    } else {
        None
    }
}

fn integer(definition: &SettingDefinition, text: &str) -> Result<Name> {
    let number = parse_number(definition, text)?.round_ties_even();
    if number.abs() > f64::from(i32::MAX) {
        return Err(invalid_value(definition, text).hint("Value exceeds integer range."));
    }
    check_range(definition, number, &format!("{number}"))?;
    Ok(format!("{number}").into())
}

fn real(definition: &SettingDefinition, text: &str) -> Result<Name> {
    let number = parse_number(definition, text)?;
    check_range(definition, number, &format_real(number))?;
    Ok(format_real(number).into())
}

fn check_range(definition: &SettingDefinition, number: f64, shown: &str) -> Result<()> {
    let bound = |text: &str, otherwise: f64| text.parse().unwrap_or(otherwise);
    let (min, max) = (bound(definition.min, f64::MIN), bound(definition.max, f64::MAX));
    if number >= min && number <= max {
        return Ok(());
    }
    let unit = if definition.unit.is_empty() {
        String::new()
    } else {
        format!(" {}", definition.unit)
    };
    Err(invalid(format!(
        "{shown}{unit} is outside the valid range for parameter \"{}\" ({} .. {})",
        definition.name, definition.min, definition.max
    )))
}

/// A number with an optional unit, in the setting's base unit.
fn parse_number(definition: &SettingDefinition, text: &str) -> Result<f64> {
    let trimmed = text.trim();
    let (digits, unit) = split_number(trimmed);
    let number = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hex) => i64::from_str_radix(hex, 16).ok().map(|n| n as f64),
        None => digits.parse::<f64>().ok().filter(|n| n.is_finite()),
    };
    let number = number.ok_or_else(|| invalid_value(definition, text))?;
    let unit = unit.trim();
    if unit.is_empty() {
        return Ok(number);
    }
    let Some(base) = unit_factor(definition.unit) else {
        return Err(invalid_value(definition, text));
    };
    let time = is_time(definition.unit);
    match units_of(definition.unit).iter().find(|(name, _)| *name == unit) {
        Some((_, factor)) => Ok(number * factor / base),
        None => Err(invalid_value(definition, text).hint(if time { TIME_HINT } else { MEMORY_HINT })),
    }
}

fn split_number(text: &str) -> (&str, &str) {
    if text.starts_with("0x") || text.starts_with("0X") {
        let end = text
            .char_indices()
            .skip(2)
            .find(|(_, c)| !c.is_ascii_hexdigit())
            .map_or(text.len(), |(i, _)| i);
        return text.split_at(end);
    }
    let bytes = text.as_bytes();
    let mut end = 0;
    while let Some(&byte) = bytes.get(end) {
        let exponent = end > 0
            && byte.eq_ignore_ascii_case(&b'e')
            && matches!(bytes.get(end + 1), Some(c) if c.is_ascii_digit() || matches!(c, b'+' | b'-'));
        let sign = matches!(byte, b'+' | b'-')
            && (end == 0 || bytes.get(end - 1).is_some_and(|b| b.eq_ignore_ascii_case(&b'e')));
        if !(byte.is_ascii_digit() || byte == b'.' || exponent || sign) {
            break;
        }
        end += 1;
    }
    text.split_at(end)
}

fn is_time(unit: &str) -> bool {
    matches!(unit, "us" | "ms" | "s" | "min" | "h" | "d")
}

fn units_of(unit: &str) -> &'static [(&'static str, f64)] {
    if is_time(unit) { &TIME_UNITS } else { &MEMORY_UNITS }
}

/// Bytes or microseconds in a base unit; none for numbers without a unit.
fn unit_factor(unit: &str) -> Option<f64> {
    if unit == "8kB" {
        return Some(8192.0);
    }
    MEMORY_UNITS
        .iter()
        .chain(&TIME_UNITS)
        .find(|(name, _)| *name == unit)
        .map(|(_, factor)| *factor)
}

/// `%g` of C, as far as settings need it.
fn format_real(number: f64) -> String {
    if number != 0.0 && !(1e-5..1e15).contains(&number.abs()) {
        let text = format!("{number:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let exponent: i32 = exponent.parse().unwrap_or(0);
        let mantissa = mantissa
            .parse::<f64>()
            .map_or_else(|_| mantissa.to_string(), |m| trim_zeros(&format!("{m:.5}")));
        return format!(
            "{mantissa}e{}{:02}",
            if exponent < 0 { '-' } else { '+' },
            exponent.abs()
        );
    }
    format!("{number}")
}

fn trim_zeros(text: &str) -> String {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_string()
    } else {
        text.to_string()
    }
}

fn enum_synonym(definition: &SettingDefinition, text: &str) -> Option<&'static str> {
    let words = || definition.enum_values.split(',');
    if words().any(|word| word == "on") && words().any(|word| word == "off") {
        return parse_bool(text).map(|value| if value { "on" } else { "off" });
    }
    match (definition.name, text.to_ascii_lowercase().as_str()) {
        ("client_min_messages", "debug") => Some("debug2"),
        ("client_min_messages", "info") => Some("info"),
        ("client_min_messages", "fatal" | "panic") => Some("error"),
        _ => None,
    }
}

fn invalid(message: String) -> Error {
    Error::new(SqlState::INVALID_PARAMETER_VALUE, message)
}

/// `invalid value for parameter "x": "y"`.
pub fn invalid_value(definition: &SettingDefinition, text: &str) -> Error {
    invalid(format!(
        "invalid value for parameter \"{}\": \"{text}\"",
        definition.name
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::super::definition::postgres_settings;
    use super::*;

    fn check(name: &str, typed: &str, expect: Result<&str, &str>) {
        let definition = postgres_settings().iter().find(|d| d.name == name).expect(name);
        let got = canonical(definition, typed).map(|value| show(definition, &value));
        match expect {
            Ok(shown) => assert_eq!(got.as_deref(), Ok(shown), "{name} = {typed}"),
            Err(message) => assert_eq!(got.expect_err(typed).message, message, "{name} = {typed}"),
        }
    }

    #[test]
    fn values_are_read_with_units_and_shown_in_the_largest_that_fits() {
        check("work_mem", "4096", Ok("4MB"));
        check("work_mem", "1GB", Ok("1GB"));
        check("work_mem", "1025kB", Ok("1025kB"));
        check("statement_timeout", "90s", Ok("90s"));
        check("statement_timeout", "2min", Ok("2min"));
        check("statement_timeout", "0", Ok("0"));
        check("shared_buffers", "128MB", Ok("128MB"));
        check("random_page_cost", "1.1", Ok("1.1"));
        check("enable_seqscan", "OFF", Ok("off"));
        check("enable_seqscan", "t", Ok("on"));
        check("max_connections", "4.7", Ok("5"));
    }

    #[test]
    fn bad_values_are_refused_in_postgres_words() {
        check(
            "work_mem",
            "many",
            Err("invalid value for parameter \"work_mem\": \"many\""),
        );
        check(
            "work_mem",
            "1",
            Err("1 kB is outside the valid range for parameter \"work_mem\" (64 .. 2147483647)"),
        );
        check(
            "enable_seqscan",
            "o",
            Err("parameter \"enable_seqscan\" requires a Boolean value"),
        );
        check(
            "wal_level",
            "high",
            Err("invalid value for parameter \"wal_level\": \"high\""),
        );
    }
}
