//! pg_settings.

use kumquat_types::{Datum, Oid, Result};

use super::Rows;
use super::values::{array, shared, text};
use crate::backend::Backend;
use crate::settings::definition::{SettingDefinition, SettingType, postgres_settings};
use crate::settings::value::default_value;

/// A row a setting, by name. What they are for is not said: the texts would be larger than all the rest.
pub fn rows(backend: &mut Backend<'_>) -> Result<Rows> {
    let backend = &*backend;
    let mut definitions: Vec<&SettingDefinition> = postgres_settings()
        .iter()
        .chain(backend.extension.settings())
        .filter(|definition| !definition.hidden)
        .collect();
    definitions.sort_by_key(|definition| definition.name.to_ascii_lowercase());
    Ok(definitions
        .into_iter()
        .map(|definition| row(backend, definition))
        .collect())
}

fn text_or_null(value: &str) -> Datum {
    if value.is_empty() { Datum::Null } else { text(value) }
}

fn row(backend: &Backend<'_>, definition: &SettingDefinition) -> Vec<Datum> {
    let key = definition.name.to_ascii_lowercase();
    let settings = &backend.session.settings;
    let boot = default_value(definition).unwrap_or_else(|_| definition.default.into());
    let reset = settings.reset.get(key.as_str()).unwrap_or(&boot);
    let current = backend.setting(definition.name).unwrap_or_else(|| boot.clone());
    let source = match settings.values.get(key.as_str()) {
        Some(value) if value == reset && settings.reset.contains_key(key.as_str()) => "user",
        Some(_) => "session",
        None => "default",
    };
    let values = definition.enum_values.split(',').filter(|value| !value.is_empty());
    let values: Vec<Datum> = values.map(|value| text(value.trim())).collect();
    vec![
        text(definition.name),
        shared(&current),
        text_or_null(definition.unit),
        text(""),
        text(""),
        Datum::Null,
        text(definition.context.label()),
        text(definition.setting_type.label()),
        text(source),
        text_or_null(definition.min),
        text_or_null(definition.max),
        match definition.setting_type {
            SettingType::Enum => array(Oid::TEXT, values),
            _ => Datum::Null,
        },
        shared(&boot),
        shared(reset),
        Datum::Null,
        Datum::Null,
        false.into(),
    ]
}
