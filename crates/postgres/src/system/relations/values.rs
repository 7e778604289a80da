//! Values as catalog columns hold them.

use kumquat_types::{ArrayValue, Datum, Oid};

use crate::backend::Backend;
use crate::catalog::{AclItem, Name, Relation};

pub fn oid(value: Oid) -> Datum {
    Datum::Oid(value.0)
}

/// Text, name, "char".
pub fn text(value: &str) -> Datum {
    Datum::text(value)
}

pub fn shared(value: &Name) -> Datum {
    Datum::Text(value.clone())
}

pub fn letter(value: char) -> Datum {
    Datum::from(value.to_string())
}

/// A "char" that may be empty.
pub fn letter_or_empty(value: Option<char>) -> Datum {
    Datum::from(value.map(String::from).unwrap_or_default())
}

pub fn int2(value: i16) -> Datum {
    Datum::Int2(value)
}

pub fn int4(value: i32) -> Datum {
    Datum::Int4(value)
}

pub fn count(value: usize) -> Datum {
    Datum::Int4(i32::try_from(value).unwrap_or(i32::MAX))
}

pub fn short_count(value: usize) -> Datum {
    Datum::Int2(i16::try_from(value).unwrap_or(i16::MAX))
}

pub fn array(element: Oid, values: Vec<Datum>) -> Datum {
    Datum::Array(ArrayValue::vector(element, values).into())
}

/// An array, or NULL if it would be empty.
pub fn array_or_null(element: Oid, values: Vec<Datum>) -> Datum {
    if values.is_empty() {
        Datum::Null
    } else {
        array(element, values)
    }
}

/// `int2vector` and `oidvector`: arrays from 0.
pub fn vector(element: Oid, values: Vec<Datum>) -> Datum {
    let dims = match values.len() {
        0 => Vec::new(),
        length => vec![(length, 0)],
    };
    Datum::Array(ArrayValue { element, dims, values }.into())
}

pub fn int2_vector(values: impl IntoIterator<Item = i16>) -> Datum {
    vector(Oid::INT2, values.into_iter().map(Datum::Int2).collect())
}

pub fn oid_vector(values: impl IntoIterator<Item = Oid>) -> Datum {
    vector(Oid::OID, values.into_iter().map(oid).collect())
}

/// `name=value` items, NULL for none.
pub fn options(options: &[(Name, Name)]) -> Datum {
    let items = options
        .iter()
        .map(|(name, value)| Datum::from(format!("{name}={value}")));
    array_or_null(Oid::TEXT, items.collect())
}

pub fn acl(backend: &Backend<'_>, acl: Option<&[AclItem]>) -> Datum {
    crate::system::functions::acl::acl_datum(backend, acl)
}

pub fn optional_text(value: Option<String>) -> Datum {
    Datum::from(value)
}

/// The relations that the session is shown: those an extension hides are left out.
pub fn shown_relations(backend: &Backend<'_>) -> Vec<std::sync::Arc<Relation>> {
    let Ok(catalog) = backend.catalog() else {
        return Vec::new();
    };
    let relations = catalog.relations.values();
    relations
        .filter(|relation| !backend.extension.hides_relation(backend, relation.oid))
        .cloned()
        .collect()
}

pub fn role_name(backend: &Backend<'_>, role: Oid) -> Datum {
    backend.name_of_role(role).map_or(Datum::Null, Datum::Text)
}
