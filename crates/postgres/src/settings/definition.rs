//! Definitions of settings, as a table of text in the binary.

use std::sync::OnceLock;

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
    /// As one would write it in SET: `4MB`, `on`.
    pub default: &'static str,
    /// Base unit: `kB`, `8kB`, `MB`, `B`, `ms`, `s`, `min` or empty.
    pub unit: &'static str,
    pub min: &'static str,
    pub max: &'static str,
    /// Separated by commas, in the order the error message lists them.
    pub enum_values: &'static str,
    /// GUC_NO_SHOW_ALL: left out of pg_settings and SHOW ALL.
    pub hidden: bool,
}

impl SettingContext {
    /// The word in pg_settings.
    pub fn label(self) -> &'static str {
        match self {
            SettingContext::Internal => "internal",
            SettingContext::Postmaster => "postmaster",
            SettingContext::Sighup => "sighup",
            SettingContext::SuperuserBackend => "superuser-backend",
            SettingContext::Backend => "backend",
            SettingContext::Superuser => "superuser",
            SettingContext::User => "user",
        }
    }
}

impl SettingType {
    /// The word in pg_settings.
    pub fn label(self) -> &'static str {
        match self {
            SettingType::Bool => "bool",
            SettingType::Integer => "integer",
            SettingType::Real => "real",
            SettingType::Enum => "enum",
            SettingType::String => "string",
        }
    }
}

/// PostgreSQL's own settings, sorted by name.
pub fn postgres_settings() -> &'static [SettingDefinition] {
    static SETTINGS: OnceLock<Vec<SettingDefinition>> = OnceLock::new();
    SETTINGS.get_or_init(|| parse_definitions(include_str!("postgres.tsv")))
}

/// Reads definitions from lines of `name type context default unit min max enum_values hidden`, separated by
/// tabs; lines that don't fit are left out. Extensions keep theirs in the same form.
pub fn parse_definitions(table: &'static str) -> Vec<SettingDefinition> {
    table.lines().filter_map(parse_line).collect()
}

fn parse_line(line: &'static str) -> Option<SettingDefinition> {
    let mut fields = line.split('\t');
    let mut next = || fields.next().unwrap_or("");
    let name = next();
    let setting_type = match next() {
        "bool" => SettingType::Bool,
        "integer" => SettingType::Integer,
        "real" => SettingType::Real,
        "enum" => SettingType::Enum,
        "string" => SettingType::String,
        _ => return None,
    };
    let context = match next() {
        "internal" => SettingContext::Internal,
        "postmaster" => SettingContext::Postmaster,
        "sighup" => SettingContext::Sighup,
        "superuser-backend" => SettingContext::SuperuserBackend,
        "backend" => SettingContext::Backend,
        "superuser" => SettingContext::Superuser,
        _ => SettingContext::User,
    };
    let (default, unit, min, max, enum_values) = (next(), next(), next(), next(), next());
    Some(SettingDefinition {
        name,
        setting_type,
        context,
        default,
        unit,
        min,
        max,
        enum_values,
        hidden: next() == "h",
    })
}
