//! Settings whose values need more than their type says: lists, zones, names of roles and encodings.

use kumquat_types::datetime::zone::Zone;
use kumquat_types::{Error, Result, SqlState};

use super::definition::SettingDefinition;
use super::value::invalid_value;

/// Settings whose value is a list; the flag tells whether its items are quoted as identifiers.
pub fn list_setting(name: &str) -> Option<bool> {
    match name.to_ascii_lowercase().as_str() {
        "search_path"
        | "temp_tablespaces"
        | "local_preload_libraries"
        | "session_preload_libraries"
        | "shared_preload_libraries"
        | "synchronous_standby_names"
        | "unix_socket_directories" => Some(true),
        "datestyle" | "log_destination" | "listen_addresses" | "wal_consistency_checking" | "debug_io_direct" => {
            Some(false)
        }
        _ => None,
    }
}

/// Checks and canonicalises a string setting (PostgreSQL's check hooks).
pub fn check_string(definition: &SettingDefinition, text: &str, current: &str) -> Result<String> {
    match definition.name {
        "DateStyle" => date_style(definition, text, current),
        "TimeZone" | "log_timezone" => time_zone(definition, text),
        "client_encoding" => match text.to_ascii_uppercase().replace(['-', '_'], "").as_str() {
            "UTF8" | "UNICODE" => Ok("UTF8".into()),
            _ => Err(invalid_value(definition, text)),
        },
        "application_name" | "cluster_name" => Ok(text
            .chars()
            .map(|c| if (' '..='~').contains(&c) { c } else { '?' })
            .take(63)
            .collect()),
        _ => Ok(text.into()),
    }
}

/// `ISO, DMY`: a style and an order in any order; what is not said stays as it is.
fn date_style(definition: &SettingDefinition, text: &str, current: &str) -> Result<String> {
    let (mut style, mut order) = current.split_once(", ").map_or(("ISO", "MDY"), |(s, o)| (s, o));
    let (mut have_style, mut have_order) = (false, false);
    for word in text.split(',').map(|word| word.trim().to_ascii_uppercase()) {
        let known_style = match word.as_str() {
            "ISO" => Some("ISO"),
            "SQL" => Some("SQL"),
            "GERMAN" => Some("German"),
            word if word.starts_with("POSTGRES") => Some("Postgres"),
            "DEFAULT" => {
                (style, order) = ("ISO", "MDY");
                continue;
            }
            _ => None,
        };
        let known_order = match word.as_str() {
            "YMD" => Some("YMD"),
            "DMY" => Some("DMY"),
            word if word.starts_with("EURO") => Some("DMY"),
            "MDY" | "US" => Some("MDY"),
            word if word.starts_with("NONEURO") => Some("MDY"),
            _ => None,
        };
        match (known_style, known_order) {
            (Some(known), _) if !have_style || style == known => (style, have_style) = (known, true),
            (None, Some(known)) if !have_order || order == known => (order, have_order) = (known, true),
            (None, None) => {
                return Err(invalid_value(definition, text)
                    .detail(format!("Unrecognized key word: \"{}\".", word.to_ascii_lowercase())));
            }
            _ => return Err(invalid_value(definition, text).detail("Conflicting \"datestyle\" specifications.")),
        }
    }
    if have_style && style == "German" && !have_order {
        order = "DMY";
    }
    Ok(format!("{style}, {order}"))
}

/// A zone by its name, which takes its proper case, or as hours east of Greenwich.
fn time_zone(definition: &SettingDefinition, text: &str) -> Result<String> {
    if let Ok(hours) = text.trim().parse::<f64>()
        && hours.abs() < 168.0
    {
        return Ok(Zone::fixed((hours * 3600.0) as i32).name.to_string());
    }
    let found = if text.is_empty() { None } else { Zone::lookup(text) };
    found
        .map(|zone| zone.name.to_string())
        .ok_or_else(|| invalid_value(definition, text))
}

/// Refuses names that can't be a setting of anyone: no dot, or a prefix that an extension reserved.
pub fn check_custom_name(name: &str, reserved_prefix: Option<&str>) -> Result<()> {
    let valid_part = |part: &str| {
        let mut chars = part.chars();
        chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
            && chars.all(|c| c.is_alphanumeric() || matches!(c, '_' | '$'))
    };
    if !name.contains('.') {
        return Err(unrecognized(name));
    }
    if let Some(prefix) = reserved_prefix {
        return Err(Error::new(
            SqlState::INVALID_NAME,
            format!("invalid configuration parameter name \"{name}\""),
        )
        .detail(format!("\"{prefix}\" is a reserved prefix.")));
    }
    if name.split('.').all(valid_part) {
        return Ok(());
    }
    Err(Error::new(
        SqlState::INVALID_NAME,
        format!("invalid configuration parameter name \"{name}\""),
    )
    .detail("Custom parameter names must be two or more simple identifiers separated by dots."))
}

pub fn unrecognized(name: &str) -> Error {
    Error::new(
        SqlState::UNDEFINED_OBJECT,
        format!("unrecognized configuration parameter \"{name}\""),
    )
}
