//! pg_settings.

use std::collections::BTreeMap;

use kumquat_types::{Datum, Oid, Result};

use super::Rows;
use super::values::{array, shared, text};
use crate::backend::Backend;
use crate::settings::definition::{SettingDefinition, SettingType, postgres_settings};
use crate::settings::value::default_value;

/// A row a setting, by name.
pub fn rows(backend: &mut Backend<'_>) -> Result<Rows> {
    let backend = &*backend;
    let mut definitions: Vec<&SettingDefinition> = postgres_settings()
        .iter()
        .chain(backend.extension.settings())
        .filter(|definition| !definition.hidden)
        .collect();
    definitions.sort_by_key(|definition| definition.name.to_ascii_lowercase());
    let descriptions = descriptions(backend);
    Ok(definitions
        .into_iter()
        .map(|definition| row(backend, definition, descriptions.get(definition.name)))
        .collect())
}

/// What a setting is for.
struct Description {
    category: &'static str,
    short: &'static str,
    extra: &'static str,
    /// Where the servers' value comes from and what it would be without, if it is not the one built in.
    source: Option<(&'static str, &'static str)>,
}

/// The texts of all settings by name, from lines of name, category, short and further description, then source and
/// built-in value if there are any to tell.
fn descriptions(backend: &Backend<'_>) -> BTreeMap<&'static str, Description> {
    let own = include_str!("../../settings/descriptions.tsv").lines();
    let all = own.chain(backend.extension.setting_descriptions().lines());
    all.map(|line| {
        let mut fields = line.split('\t');
        let mut next = || fields.next().unwrap_or("");
        let name = next();
        let description = Description {
            category: next(),
            short: next(),
            extra: next(),
            source: fields.next().map(|source| (source, fields.next().unwrap_or(""))),
        };
        (name, description)
    })
    .collect()
}

fn text_or_null(value: &str) -> Datum {
    if value.is_empty() { Datum::Null } else { text(value) }
}

/// A text in which line ends are written `\n`.
fn prose(value: &str) -> Datum {
    Datum::from(value.replace("\\n", "\n"))
}

fn row(backend: &Backend<'_>, definition: &SettingDefinition, description: Option<&Description>) -> Vec<Datum> {
    let key = definition.name.to_ascii_lowercase();
    let settings = &backend.session.settings;
    let boot = default_value(definition).unwrap_or_else(|_| definition.default.into());
    let reset = settings.reset.get(key.as_str()).unwrap_or(&boot);
    let current = backend.setting(definition.name).unwrap_or_else(|| boot.clone());
    let configured = description.and_then(|description| description.source);
    let source = match settings.values.get(key.as_str()) {
        Some(value) if value == reset && settings.reset.contains_key(key.as_str()) => "user",
        Some(_) => "session",
        None => configured.map_or("default", |(source, _)| source),
    };
    let values = definition.enum_values.split(',').filter(|value| !value.is_empty());
    let values: Vec<Datum> = values.map(|value| text(value.trim())).collect();
    vec![
        text(definition.name),
        shared(&current),
        text_or_null(definition.unit),
        text(description.map_or("Customized Options", |description| description.category)),
        prose(description.map_or("", |description| description.short)),
        description.map_or(Datum::Null, |description| match description.extra {
            "" => Datum::Null,
            extra => prose(extra),
        }),
        text(definition.context.label()),
        text(definition.setting_type.label()),
        text(source),
        text_or_null(definition.min),
        text_or_null(definition.max),
        match definition.setting_type {
            SettingType::Enum => array(Oid::TEXT, values),
            _ => Datum::Null,
        },
        configured.map_or_else(|| shared(&boot), |(_, built_in)| text(built_in)),
        shared(reset),
        Datum::Null,
        Datum::Null,
        false.into(),
    ]
}
