//! The settings of Citus and of columnar tables, and typed access to them.

use std::sync::OnceLock;

use kumquat_postgres::Backend;
use kumquat_postgres::settings::{SettingDefinition, parse_definitions};

/// All settings, sorted by name.
pub fn definitions() -> &'static [SettingDefinition] {
    static TABLE: OnceLock<Vec<SettingDefinition>> = OnceLock::new();
    TABLE.get_or_init(|| parse_definitions(include_str!("settings.tsv")))
}

/// The value in force, in canonical form.
pub fn value(backend: &Backend<'_>, name: &str) -> String {
    backend.setting(name).map(|value| value.to_string()).unwrap_or_default()
}

pub fn is_on(backend: &Backend<'_>, name: &str) -> bool {
    backend.setting_bool(name)
}

/// The number of an integer setting as it is written, in its base unit.
pub fn parse_integer(name: &str, text: &str) -> Option<i64> {
    let definition = definitions().iter().find(|definition| definition.name == name)?;
    let canonical = kumquat_postgres::settings::value::canonical(definition, text).ok()?;
    canonical.parse().ok()
}

/// The number of an integer setting, in its base unit.
pub fn integer(backend: &Backend<'_>, name: &str) -> i32 {
    i32::try_from(backend.setting_integer(name)).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn settings_are_sorted_and_typed() {
        let definitions = definitions();
        assert!(definitions.is_sorted_by_key(|definition| definition.name));
        let count = definitions.iter().find(|d| d.name == "citus.shard_count").unwrap();
        assert_eq!((count.default, count.min, count.max), ("32", "1", "64000"));
        assert!(!count.hidden);
    }
}
