//! pg_attribute, pg_attrdef.

use kumquat_types::{Datum, Oid, Result, builtin_type};

use super::Rows;
use super::values::{acl, int2, int4, letter, letter_or_empty, oid, options, shared, shown_relations, text};
use crate::backend::Backend;
use crate::catalog::{Attribute, Generated, Identity, Relation, RelationKind, TypeDefinition};
use crate::ruleutils::deparse_expression;
use crate::system::functions::identity::default_oid;

/// Columns that every table has: number, name, type.
const SYSTEM_COLUMNS: [(i16, &str, Oid); 6] = [
    (-6, "tableoid", Oid::OID),
    (-5, "cmax", Oid::CID),
    (-4, "xmax", Oid::XID),
    (-3, "cmin", Oid::CID),
    (-2, "xmin", Oid::XID),
    (-1, "ctid", Oid::TID),
];

/// Columns that every sequence has.
const SEQUENCE_COLUMNS: [(i16, &str, Oid); 3] = [
    (1, "last_value", Oid::INT8),
    (2, "log_cnt", Oid::INT8),
    (3, "is_called", Oid::BOOL),
];

pub fn pg_attribute(backend: &mut Backend<'_>) -> Result<Rows> {
    let backend = &*backend;
    let mut rows = Vec::new();
    for relation in shown_relations(backend) {
        let has_system_columns = matches!(super::classes::kind_letter(&relation), 'r' | 'p' | 'm' | 'f' | 'S');
        let implied = has_system_columns.then_some(SYSTEM_COLUMNS.iter());
        for (number, name, type_oid) in implied.into_iter().flatten() {
            rows.push(row(backend, &relation, &implied_attribute(*number, name, *type_oid)));
        }
        if relation.kind == RelationKind::Sequence {
            for (number, name, type_oid) in SEQUENCE_COLUMNS {
                rows.push(row(backend, &relation, &implied_attribute(number, name, type_oid)));
            }
        }
        for attribute in relation.attributes.iter() {
            rows.push(row(backend, &relation, attribute));
        }
    }
    Ok(rows)
}

fn implied_attribute(number: i16, name: &str, type_oid: Oid) -> Attribute {
    Attribute {
        not_null: true,
        ..Attribute::new(number, name, type_oid, -1)
    }
}

/// `typlen`, `typbyval`, `typalign` of any type.
pub fn type_layout(backend: &Backend<'_>, type_oid: Oid) -> (i16, bool, char) {
    if let Some(builtin) = builtin_type(type_oid) {
        return (builtin.length, builtin.by_value, char::from(builtin.align));
    }
    match backend.user_type(type_oid).map(|user| &user.definition) {
        Some(TypeDefinition::Enum(_)) => (4, true, 'i'),
        Some(TypeDefinition::Domain { base, .. }) => type_layout(backend, *base),
        Some(TypeDefinition::Composite { .. }) => (-1, false, 'd'),
        _ => (-1, false, 'i'),
    }
}

fn row(backend: &Backend<'_>, relation: &Relation, attribute: &Attribute) -> Vec<Datum> {
    let (length, by_value, align) = type_layout(backend, attribute.type_oid);
    let is_array = backend.array_element(attribute.type_oid).is_some();
    let collation = match attribute.collation {
        Oid::INVALID => super::types::collation_of(backend, attribute.type_oid),
        collation => collation,
    };
    vec![
        oid(relation.oid),
        shared(&attribute.name),
        oid(if attribute.dropped {
            Oid::INVALID
        } else {
            attribute.type_oid
        }),
        int4(match attribute.statistics_target {
            Some(target) => target,
            None if attribute.number < 0 => 0,
            None => -1,
        }),
        int2(length),
        int2(attribute.number),
        int4(i32::from(is_array)),
        int4(-1),
        int4(attribute.type_modifier),
        by_value.into(),
        letter(align),
        letter(attribute.storage),
        letter_or_empty(
            attribute
                .compression
                .as_deref()
                .and_then(|method| method.chars().next()),
        ),
        attribute.not_null.into(),
        attribute.default.is_some().into(),
        attribute.missing.is_some().into(),
        letter_or_empty(attribute.identity.map(|identity| match identity {
            Identity::Always => 'a',
            Identity::ByDefault => 'd',
        })),
        letter_or_empty(attribute.generated.map(|Generated::Stored| 's')),
        attribute.dropped.into(),
        attribute.is_local.into(),
        int4(i32::from(attribute.inherited_count)),
        oid(collation),
        acl(backend, attribute.acl.as_deref()),
        options(&attribute.options),
        Datum::Null,
        Datum::Null,
    ]
}

pub fn pg_attrdef(backend: &mut Backend<'_>) -> Result<Rows> {
    let backend = &*backend;
    let mut rows = Vec::new();
    for relation in shown_relations(backend) {
        for attribute in relation.live_attributes() {
            if let Some(default) = &attribute.default {
                rows.push(vec![
                    oid(default_oid(relation.oid, attribute.number)),
                    oid(relation.oid),
                    int2(attribute.number),
                    text(&deparse_expression(backend, default, Some(&relation), false)?),
                ]);
            }
        }
    }
    Ok(rows)
}
