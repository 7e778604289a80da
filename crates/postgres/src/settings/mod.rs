//! Run-time settings (PostgreSQL's GUCs): what there is, what a session has set, and what SET, SHOW and RESET do.
//!
//! - [`definition`]: the rows of pg_settings, as a table in the binary.
//! - [`value`]: from what is typed to a canonical value and back to what SHOW prints, with PostgreSQL's errors.
//! - [`check`]: the settings whose values need more than their type says.
//! - [`command`]: SET, SHOW, RESET.
//! - [`SettingValues`]: what a session has changed; a copy is a snapshot.

pub mod check;
pub mod command;
pub mod definition;
pub mod value;

use imbl::OrdMap;

pub use definition::{SettingContext, SettingDefinition, SettingType, parse_definitions};

use crate::backend::Backend;
use crate::catalog::Name;

/// Values that differ from the defaults, in canonical form (numbers in the setting's base unit), by the
/// setting's name in lower case.
#[derive(Clone, Debug, Default)]
pub struct SettingValues {
    pub values: OrdMap<Name, Name>,
    /// What COMMIT goes back to, for each setting that SET LOCAL changed in this transaction.
    pub local: OrdMap<Name, Option<Name>>,
    /// What RESET goes back to where the role or database says otherwise than the definition.
    pub reset: OrdMap<Name, Name>,
}

impl SettingValues {
    /// Ends the transaction's SET LOCALs.
    pub fn end_local(&mut self) {
        for (name, before) in std::mem::take(&mut self.local) {
            match before {
                Some(value) => self.values.insert(name, value),
                None => self.values.remove(&name),
            };
        }
    }

    /// Puts a setting at its reset value.
    pub fn reset(&mut self, name: &str) {
        match self.reset.get(name).cloned() {
            Some(value) => self.values.insert(name.into(), value),
            None => self.values.remove(name),
        };
    }
}

impl Backend<'_> {
    /// The definition of a setting, PostgreSQL's or the extension's, by its name in any case.
    pub fn setting_definition(&self, name: &str) -> Option<&'static SettingDefinition> {
        definition::postgres_settings()
            .iter()
            .chain(self.extension.settings())
            .find(|definition| definition.name.eq_ignore_ascii_case(name))
    }

    /// The canonical value of a setting: `on`, `4096` (base units), `"$user", public`.
    pub fn setting(&self, name: &str) -> Option<Name> {
        let key = name.to_ascii_lowercase();
        if let Some(value) = self.session.settings.values.get(key.as_str()) {
            return Some(value.clone());
        }
        match key.as_str() {
            "port" => return Some(self.server().ok()?.port.to_string().into()),
            "session_authorization" => return self.role_name(self.session.session_user),
            "is_superuser" => {
                let superuser = self.server().ok()?.roles.get(&self.session.current_user)?.superuser;
                return Some(if superuser { "on" } else { "off" }.into());
            }
            _ => {}
        }
        let definition = self.setting_definition(name)?;
        value::default_value(definition).ok()
    }

    /// The value of an integer setting in its base unit; 0 if there is no such setting.
    pub fn setting_integer(&self, name: &str) -> i64 {
        self.setting(name).and_then(|value| value.parse().ok()).unwrap_or(0)
    }

    /// The value of a boolean setting.
    pub fn setting_bool(&self, name: &str) -> bool {
        self.setting(name).as_deref() == Some("on")
    }

    /// The value of a real setting; 0 if there is no such setting.
    pub fn setting_real(&self, name: &str) -> f64 {
        self.setting(name).and_then(|value| value.parse().ok()).unwrap_or(0.0)
    }

    fn role_name(&self, role: kumquat_types::Oid) -> Option<Name> {
        Some(self.server().ok()?.roles.get(&role)?.name.clone())
    }
}
