//! How types are written in SQL: `numeric(10,2)`, `character varying(20)[]`, `sales.mood`.

use kumquat_types::{Oid, TypeKind, builtin_type};

use super::TypeDefinition;
use super::quote::{quote_identifier, quote_qualified};
use crate::backend::Backend;

/// When a type's schema is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Qualify {
    WhereNotVisible,
    /// `format_type_be_qualified`: built-in ones too, except those with a name of the standard.
    Always,
}

impl Backend<'_> {
    /// The type without its modifier (`format_type_be`).
    pub fn format_type(&self, oid: Oid) -> String {
        self.format(oid, -1, false, Qualify::WhereNotVisible)
    }

    /// The type with its modifier, -1 for none (`format_type_with_typemod`).
    pub fn format_type_with_modifier(&self, oid: Oid, modifier: i32) -> String {
        self.format(oid, modifier, true, Qualify::WhereNotVisible)
    }

    /// The same with the schema of user-defined types.
    pub fn format_type_qualified(&self, oid: Oid, modifier: i32) -> String {
        self.format(oid, modifier, true, Qualify::Always)
    }

    fn format(&self, oid: Oid, modifier: i32, with_modifier: bool, qualify: Qualify) -> String {
        if !oid.is_valid() {
            return "-".into();
        }
        if let Some(element) = self.array_element(oid) {
            return format!("{}[]", self.format(element, modifier, with_modifier, qualify));
        }
        if let Some(builtin) = builtin_type(oid) {
            if builtin.kind == TypeKind::Pseudo && builtin.name == "any" {
                return "\"any\"".into();
            }
            if modifier < 0 && with_modifier && oid == Oid::BPCHAR {
                return "bpchar".into();
            }
            if modifier < 0 && with_modifier && oid == Oid::BIT {
                return "\"bit\"".into();
            }
            return with_type_modifier(builtin.sql_name, oid, modifier);
        }
        let Some(user) = self.user_type(oid) else {
            return "???".into();
        };
        // Whoever asks for schemas has none in the search path but pg_catalog.
        let schema = self.schema_name(user.schema);
        let is_bare = match qualify {
            Qualify::WhereNotVisible => self.type_is_visible(oid),
            Qualify::Always => &*schema == "pg_catalog",
        };
        match is_bare {
            true => quote_identifier(&user.name),
            false => quote_qualified(&schema, &user.name),
        }
    }

    /// The element type of a true array type, built in or not.
    pub fn array_element(&self, oid: Oid) -> Option<Oid> {
        if let Some(builtin) = builtin_type(oid) {
            let array = builtin.element.is_valid() && builtin.length == -1 && builtin.name.starts_with('_');
            return array.then_some(builtin.element);
        }
        match self.user_type(oid)?.definition {
            TypeDefinition::Array { element } => Some(element),
            _ => None,
        }
    }
}

/// Puts a modifier where the type's name wants it: `timestamp(3) without time zone`.
fn with_type_modifier(name: &str, oid: Oid, modifier: i32) -> String {
    let Some(text) = type_modifier_text(oid, modifier) else {
        return name.to_string();
    };
    match name.split_once(' ') {
        Some((first, rest)) if matches!(oid, Oid::TIME | Oid::TIMETZ | Oid::TIMESTAMP | Oid::TIMESTAMPTZ) => {
            format!("{first}{text} {rest}")
        }
        _ => format!("{name}{text}"),
    }
}

/// What a type modifier prints, `None` for none.
pub fn type_modifier_text(oid: Oid, modifier: i32) -> Option<String> {
    if modifier < 0 {
        return None;
    }
    match oid {
        Oid::VARCHAR | Oid::BPCHAR => Some(format!("({})", modifier.checked_sub(4)?)),
        Oid::NUMERIC => {
            let packed = modifier.checked_sub(4)?;
            // The scale is signed and has eleven bits.
            let scale = ((packed & 0x7ff) ^ 1024) - 1024;
            Some(format!("({},{scale})", (packed >> 16) & 0xffff))
        }
        Oid::INTERVAL => interval_modifier_text(modifier),
        Oid::BIT | Oid::VARBIT | Oid::TIME | Oid::TIMETZ | Oid::TIMESTAMP | Oid::TIMESTAMPTZ => {
            Some(format!("({modifier})"))
        }
        _ => None,
    }
}

fn interval_modifier_text(modifier: i32) -> Option<String> {
    use kumquat_sql::ast::interval_fields::{DAY, FULL_RANGE, HOUR, MINUTE, MONTH, SECOND, YEAR};
    const NO_PRECISION: i32 = 0xffff;
    let fields = match (modifier >> 16) & FULL_RANGE {
        FULL_RANGE => "",
        f if f == YEAR => " year",
        f if f == MONTH => " month",
        f if f == DAY => " day",
        f if f == HOUR => " hour",
        f if f == MINUTE => " minute",
        f if f == SECOND => " second",
        f if f == YEAR | MONTH => " year to month",
        f if f == DAY | HOUR => " day to hour",
        f if f == DAY | HOUR | MINUTE => " day to minute",
        f if f == DAY | HOUR | MINUTE | SECOND => " day to second",
        f if f == HOUR | MINUTE => " hour to minute",
        f if f == HOUR | MINUTE | SECOND => " hour to second",
        f if f == MINUTE | SECOND => " minute to second",
        _ => return None,
    };
    Some(match modifier & NO_PRECISION {
        NO_PRECISION => fields.to_string(),
        precision => format!("{fields}({precision})"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_modifier_stands_where_the_standard_puts_it() {
        for (oid, name, modifier, expect) in [
            (Oid::NUMERIC, "numeric", (10 << 16 | 2) + 4, "numeric(10,2)"),
            (Oid::NUMERIC, "numeric", (5 << 16 | 0x7fe) + 4, "numeric(5,-2)"),
            (Oid::VARCHAR, "character varying", 24, "character varying(20)"),
            (
                Oid::TIMESTAMPTZ,
                "timestamp with time zone",
                3,
                "timestamp(3) with time zone",
            ),
            (Oid::INTERVAL, "interval", 4 << 16 | 0xffff, "interval year"),
            (Oid::TEXT, "text", -1, "text"),
        ] {
            assert_eq!(with_type_modifier(name, oid, modifier), expect);
        }
    }
}
