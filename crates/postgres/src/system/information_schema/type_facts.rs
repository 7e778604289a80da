//! What the standard says of a type: its name there, lengths and precisions.

use kumquat_types::{Datum, Oid, TypeKind, builtin_type};

use super::{database, schema, text};
use crate::backend::Backend;
use crate::catalog::TypeDefinition;
use crate::catalog::format_type::type_modifier_text;

/// Columns that columns, domains, parameters and elements share, in the order of [`facts`].
pub const COLUMNS: [&str; 14] = [
    "data_type",
    "character_maximum_length",
    "character_octet_length",
    "numeric_precision",
    "numeric_precision_radix",
    "numeric_scale",
    "datetime_precision",
    "interval_type",
    "collation_catalog",
    "collation_schema",
    "collation_name",
    "udt_catalog",
    "udt_schema",
    "udt_name",
];

/// `character_octet_length` where the length is not limited.
const UNLIMITED_OCTETS: i32 = 1_073_741_824;
const BYTES_PER_CHARACTER: i32 = 4;

/// The name of the type in the standard's words.
pub fn data_type(backend: &Backend<'_>, type_oid: Oid) -> String {
    if backend.array_element(type_oid).is_some() {
        return "ARRAY".into();
    }
    match builtin_type(type_oid) {
        Some(_) => backend.format_type(type_oid),
        None => "USER-DEFINED".into(),
    }
}

/// The type under all domains, with its modifier.
fn base_of(backend: &Backend<'_>, type_oid: Oid, modifier: i32) -> (Oid, i32) {
    match backend.user_type(type_oid).map(|user| &user.definition) {
        Some(TypeDefinition::Domain {
            base, type_modifier, ..
        }) => base_of(backend, *base, *type_modifier),
        _ => (type_oid, modifier),
    }
}

/// The values for [`COLUMNS`].
pub fn facts(backend: &Backend<'_>, type_oid: Oid, modifier: i32, collation: Oid) -> Vec<Datum> {
    let (base, modifier) = base_of(backend, type_oid, modifier);
    let (length, octets) = lengths(base, modifier);
    let (precision, radix, scale) = numbers(base, modifier);
    let mut row = vec![
        text(&data_type(backend, base)),
        length,
        octets,
        precision,
        radix,
        scale,
        datetime_precision(base, modifier),
        interval_type(base, modifier),
    ];
    match crate::catalog::collation_name(collation) {
        Some(name) if collation.0 != 100 => row.extend([database(backend), text("pg_catalog"), text(name)]),
        _ => row.extend([Datum::Null, Datum::Null, Datum::Null]),
    }
    row.push(database(backend));
    row.extend(type_name(backend, base));
    row
}

/// `udt_schema` and `udt_name`.
pub fn type_name(backend: &Backend<'_>, type_oid: Oid) -> [Datum; 2] {
    match (builtin_type(type_oid), backend.user_type(type_oid)) {
        (Some(builtin), _) => [text("pg_catalog"), text(builtin.name)],
        (None, Some(user)) => [schema(backend, user.schema), Datum::Text(user.name.clone())],
        (None, None) => [Datum::Null, Datum::Null],
    }
}

fn lengths(base: Oid, modifier: i32) -> (Datum, Datum) {
    let limited = |length: i32| {
        (
            Datum::Int4(length),
            Datum::Int4(length.saturating_mul(BYTES_PER_CHARACTER)),
        )
    };
    match base {
        Oid::VARCHAR | Oid::BPCHAR if modifier >= 4 => limited(modifier - 4),
        Oid::BIT | Oid::VARBIT if modifier >= 0 => (Datum::Int4(modifier), Datum::Null),
        Oid::TEXT | Oid::VARCHAR | Oid::BPCHAR => (Datum::Null, Datum::Int4(UNLIMITED_OCTETS)),
        _ => (Datum::Null, Datum::Null),
    }
}

/// Precision, its radix, scale.
fn numbers(base: Oid, modifier: i32) -> (Datum, Datum, Datum) {
    let integer = |bits| (Datum::Int4(bits), Datum::Int4(2), Datum::Int4(0));
    match base {
        Oid::INT2 => integer(16),
        Oid::INT4 => integer(32),
        Oid::INT8 => integer(64),
        Oid::FLOAT4 => (Datum::Int4(24), Datum::Int4(2), Datum::Null),
        Oid::FLOAT8 => (Datum::Int4(53), Datum::Int4(2), Datum::Null),
        Oid::NUMERIC if modifier >= 4 => {
            let packed = modifier - 4;
            let scale = ((packed & 0x7ff) ^ 1024) - 1024;
            (
                Datum::Int4((packed >> 16) & 0xffff),
                Datum::Int4(10),
                Datum::Int4(scale),
            )
        }
        Oid::NUMERIC => (Datum::Null, Datum::Int4(10), Datum::Null),
        _ => (Datum::Null, Datum::Null, Datum::Null),
    }
}

fn datetime_precision(base: Oid, modifier: i32) -> Datum {
    const MOST: i32 = 6;
    match base {
        Oid::DATE => Datum::Int4(0),
        Oid::TIME | Oid::TIMETZ | Oid::TIMESTAMP | Oid::TIMESTAMPTZ if modifier >= 0 => Datum::Int4(modifier),
        Oid::INTERVAL if modifier >= 0 && modifier & 0xffff != 0xffff => Datum::Int4(modifier & 0xffff),
        Oid::TIME | Oid::TIMETZ | Oid::TIMESTAMP | Oid::TIMESTAMPTZ | Oid::INTERVAL => Datum::Int4(MOST),
        _ => Datum::Null,
    }
}

fn interval_type(base: Oid, modifier: i32) -> Datum {
    match base {
        Oid::INTERVAL => {
            let fields = type_modifier_text(base, modifier).unwrap_or_default();
            let fields = fields.split('(').next().unwrap_or_default().trim().to_uppercase();
            if fields.is_empty() {
                Datum::Null
            } else {
                Datum::from(fields)
            }
        }
        _ => Datum::Null,
    }
}

/// Whether a type is made by users and has fields or a domain's checks.
pub fn is_domain(backend: &Backend<'_>, type_oid: Oid) -> bool {
    let definition = backend.user_type(type_oid).map(|user| &user.definition);
    matches!(definition, Some(TypeDefinition::Domain { .. }))
        || builtin_type(type_oid).is_some_and(|builtin| builtin.kind == TypeKind::Domain)
}
