//! What the session's settings say about dates: `datestyle`, `intervalstyle`, `timezone`.

use std::sync::Arc;

use super::zone::Zone;
use crate::Environment;

/// How dates are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DateStyle {
    #[default]
    Iso,
    Sql,
    Postgres,
    German,
}

/// How `1/2/2003` is read, and printed by styles that leave the order open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DateOrder {
    #[default]
    Mdy,
    Dmy,
    Ymd,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IntervalStyle {
    #[default]
    Postgres,
    PostgresVerbose,
    SqlStandard,
    Iso8601,
}

/// The `datestyle` setting: a style, an order, or both.
pub fn date_style(env: &dyn Environment) -> (DateStyle, DateOrder) {
    let (mut style, mut order) = (DateStyle::default(), DateOrder::default());
    let setting = env.setting("datestyle").unwrap_or_default();
    for word in setting.split(',').map(str::trim) {
        match word.to_ascii_lowercase().as_str() {
            "iso" => style = DateStyle::Iso,
            "sql" => style = DateStyle::Sql,
            "german" => (style, order) = (DateStyle::German, DateOrder::Dmy),
            word if word.starts_with("postgres") => style = DateStyle::Postgres,
            "ymd" => order = DateOrder::Ymd,
            word if word == "dmy" || word.starts_with("euro") => order = DateOrder::Dmy,
            "mdy" | "us" => order = DateOrder::Mdy,
            word if word.starts_with("noneuro") => order = DateOrder::Mdy,
            _ => {}
        }
    }
    (style, order)
}

pub fn interval_style(env: &dyn Environment) -> IntervalStyle {
    match env.setting("intervalstyle").as_deref() {
        Some("postgres_verbose") => IntervalStyle::PostgresVerbose,
        Some("sql_standard") => IntervalStyle::SqlStandard,
        Some("iso_8601") => IntervalStyle::Iso8601,
        _ => IntervalStyle::Postgres,
    }
}

/// The session's time zone; UTC if the setting names none.
pub fn session_zone(env: &dyn Environment) -> Arc<Zone> {
    let setting = env.setting("timezone");
    setting
        .and_then(|name| Zone::lookup(&name))
        .unwrap_or_else(|| Arc::new(Zone::fixed(0)))
}
