//! Run-time settings (PostgreSQL's GUCs): definitions, values of a session, checks.

use imbl::OrdMap;

use crate::catalog::Name;

/// `vartype` of pg_settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingType {
    Bool,
    Integer,
    Real,
    Enum,
    String,
}

/// `context` of pg_settings: who may change it, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingContext {
    Internal,
    Postmaster,
    Sighup,
    SuperuserBackend,
    Backend,
    Superuser,
    User,
}

/// One row of pg_settings.
#[derive(Clone, Copy, Debug)]
pub struct SettingDefinition {
    pub name: &'static str,
    pub setting_type: SettingType,
    pub context: SettingContext,
    /// As `SHOW` prints it when nothing is set.
    pub default: &'static str,
    /// `kB`, `8kB`, `MB`, `ms`, `s`, `min`, `B` or empty.
    pub unit: &'static str,
    pub min: &'static str,
    pub max: &'static str,
    pub enum_values: &'static [&'static str],
    /// GUC_NO_SHOW_ALL: left out of pg_settings and SHOW ALL.
    pub hidden: bool,
}

/// Values that differ from the defaults. A copy is a snapshot: ROLLBACK and SET LOCAL go back to one.
#[derive(Clone, Debug, Default)]
pub struct SettingValues {
    /// Canonical text by lower-case name.
    pub values: OrdMap<Name, Name>,
    /// Values that SET LOCAL hides until the end of the transaction.
    pub local: OrdMap<Name, Option<Name>>,
    /// What RESET goes back to: role and database defaults at connection time.
    pub reset: OrdMap<Name, Name>,
}
