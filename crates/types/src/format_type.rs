//! Names of types as PostgreSQL's `format_type` prints them.

use crate::typmod::typmod_out;
use crate::{Environment, Oid, UserType, builtin_type};

/// The SQL name of a type without a modifier: `format_type_be`.
pub fn format_type(env: &dyn Environment, type_oid: Oid) -> String {
    if !type_oid.is_valid() {
        return "-".into();
    }
    if let Some(builtin) = builtin_type(type_oid) {
        return builtin.sql_name.into();
    }
    match (env.user_type(type_oid), env.reg_name(Oid::REGTYPE, type_oid.0)) {
        (_, Some(name)) => name,
        (Some(UserType::Array(element)), None) => format!("{}[]", format_type(env, element)),
        _ => "???".into(),
    }
}

/// The SQL name of a type with its modifier: `format_type_with_typemod`, `varchar(20)` in full.
pub fn format_type_with_typmod(env: &dyn Environment, type_oid: Oid, typmod: i32) -> String {
    let element = builtin_type(type_oid).map_or(Oid::INVALID, |t| t.element);
    if element.is_valid() && type_oid != Oid::INT2VECTOR && type_oid != Oid::OIDVECTOR {
        return format!("{}[]", format_type_with_typmod(env, element, typmod));
    }
    let modifier = typmod_out(type_oid, typmod);
    match type_oid {
        // Without a length these are not what `character` and `bit` mean in SQL: those have length 1.
        Oid::BPCHAR if modifier.is_empty() => "bpchar".into(),
        Oid::BIT if modifier.is_empty() => "\"bit\"".into(),
        Oid::TIME | Oid::TIMETZ | Oid::TIMESTAMP | Oid::TIMESTAMPTZ => {
            let name = format_type(env, type_oid);
            let (word, zone) = name.split_once(' ').unwrap_or((&name, ""));
            format!("{word}{modifier} {zone}")
        }
        _ => format!("{}{modifier}", format_type(env, type_oid)),
    }
}
