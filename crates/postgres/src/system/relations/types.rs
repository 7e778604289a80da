//! pg_type, pg_enum, pg_range, pg_collation.

use kumquat_types::oid::BUILTIN_TYPES;
use kumquat_types::{BuiltinType, Datum, Oid, Result, TypeKind, builtin_type};

use super::Rows;
use super::attributes::type_layout;
use super::values::{acl, int2, int4, letter, oid, optional_text, shared, text};
use crate::backend::Backend;
use crate::catalog::collation::COLLATIONS;
use crate::catalog::well_known::{BOOTSTRAP_SUPERUSER, PG_CATALOG};
use crate::catalog::{TypeDefinition, UserDefinedType};
use crate::commands::create_table::column::{is_collatable, storage_of};
use crate::ruleutils::deparse_expression;

const DEFAULT_COLLATION: Oid = Oid(100);

/// `typcollation`: 0, the default one, or that of catalog columns.
pub fn collation_of(backend: &Backend<'_>, type_oid: Oid) -> Oid {
    match type_oid {
        Oid::NAME | Oid::NAME_ARRAY => Oid(950),
        type_oid if is_collatable(backend, type_oid) => DEFAULT_COLLATION,
        _ => Oid::INVALID,
    }
}

pub fn pg_type(backend: &mut Backend<'_>) -> Result<Rows> {
    let backend = &*backend;
    let mut rows: Rows = BUILTIN_TYPES
        .iter()
        .map(|builtin| builtin_row(backend, builtin))
        .collect();
    for user in backend.catalog()?.types.values() {
        let hidden = match user.definition {
            TypeDefinition::Composite { relation, .. } => backend.extension.hides_relation(backend, relation),
            _ => false,
        };
        if !hidden {
            rows.push(user_row(backend, user)?);
        }
    }
    Ok(rows)
}

/// The functions of a type for input and output, by name.
fn function(name: &str) -> Datum {
    oid(named(name).unwrap_or_default())
}

fn named(name: &str) -> Option<Oid> {
    kumquat_types::lookup_procs(name).first().map(|proc| proc.oid)
}

/// The function of a built-in type with a suffix: `int4in`, `date_in`, `range_in`.
fn io_function(builtin: &BuiltinType, suffix: &str) -> Datum {
    let base = match builtin.kind {
        TypeKind::Range => "range",
        TypeKind::Multirange => "multirange",
        TypeKind::Composite => "record",
        _ => match builtin.oid {
            Oid::POLYGON => "poly",
            Oid::REFCURSOR => "text",
            Oid::MONEY => "cash",
            _ if builtin.element.is_valid() && builtin.name.starts_with('_') => "array",
            _ => builtin.name,
        },
    };
    let found = named(&format!("{base}{suffix}")).or_else(|| named(&format!("{base}_{suffix}")));
    oid(found.unwrap_or_default())
}

fn builtin_row(backend: &Backend<'_>, builtin: &BuiltinType) -> Vec<Datum> {
    let kind = match builtin.kind {
        TypeKind::Base => 'b',
        TypeKind::Composite => 'c',
        TypeKind::Domain => 'd',
        TypeKind::Enum => 'e',
        TypeKind::Pseudo => 'p',
        TypeKind::Range => 'r',
        TypeKind::Multirange => 'm',
    };
    let zero = || oid(Oid::INVALID);
    vec![
        oid(builtin.oid),
        text(builtin.name),
        oid(PG_CATALOG),
        oid(BOOTSTRAP_SUPERUSER),
        int2(builtin.length),
        builtin.by_value.into(),
        letter(kind),
        letter(char::from(builtin.category)),
        builtin.preferred.into(),
        true.into(),
        letter(if matches!(builtin.oid, Oid::BOX | Oid::BOX_ARRAY) {
            ';'
        } else {
            ','
        }),
        zero(),
        zero(),
        oid(builtin.element),
        oid(builtin.array),
        io_function(builtin, "in"),
        io_function(builtin, "out"),
        io_function(builtin, "recv"),
        io_function(builtin, "send"),
        zero(),
        zero(),
        zero(),
        letter(char::from(builtin.align)),
        letter(char::from(builtin.storage)),
        false.into(),
        zero(),
        int4(-1),
        int4(0),
        oid(collation_of(backend, builtin.oid)),
        Datum::Null,
        Datum::Null,
        Datum::Null,
    ]
}

/// `typtype` and `typcategory`.
pub fn user_type_letters(backend: &Backend<'_>, user: &UserDefinedType) -> (char, char) {
    match &user.definition {
        TypeDefinition::Enum(_) => ('e', 'E'),
        TypeDefinition::Composite { .. } => ('c', 'C'),
        TypeDefinition::Domain { base, .. } => ('d', category(backend, *base)),
        TypeDefinition::Range { .. } => ('r', 'R'),
        TypeDefinition::Array { .. } => ('b', 'A'),
        TypeDefinition::Shell => ('p', 'P'),
    }
}

fn category(backend: &Backend<'_>, type_oid: Oid) -> char {
    match builtin_type(type_oid) {
        Some(builtin) => char::from(builtin.category),
        None => backend
            .user_type(type_oid)
            .map_or('U', |user| user_type_letters(backend, user).1),
    }
}

fn user_row(backend: &Backend<'_>, user: &UserDefinedType) -> Result<Vec<Datum>> {
    let (kind, category) = user_type_letters(backend, user);
    let (length, by_value, align) = type_layout(backend, user.oid);
    let (relation, element, base, modifier, not_null, default) = match &user.definition {
        TypeDefinition::Composite { relation, .. } => (*relation, Oid::INVALID, Oid::INVALID, -1, false, None),
        TypeDefinition::Array { element } => (Oid::INVALID, *element, Oid::INVALID, -1, false, None),
        TypeDefinition::Domain {
            base,
            type_modifier,
            not_null,
            default,
            ..
        } => (
            Oid::INVALID,
            Oid::INVALID,
            *base,
            *type_modifier,
            *not_null,
            default.clone(),
        ),
        _ => (Oid::INVALID, Oid::INVALID, Oid::INVALID, -1, false, None),
    };
    let default = default
        .map(|expr| deparse_expression(backend, &expr, None, false))
        .transpose()?;
    let io = match kind {
        'e' => "enum_",
        'c' => "record_",
        'd' => "domain_",
        'r' => "range_",
        _ => "array_",
    };
    let zero = || oid(Oid::INVALID);
    let collation = match &user.definition {
        TypeDefinition::Domain { base, .. } => collation_of(backend, *base),
        _ => Oid::INVALID,
    };
    Ok(vec![
        oid(user.oid),
        shared(&user.name),
        oid(user.schema),
        oid(user.owner),
        int2(length),
        by_value.into(),
        letter(kind),
        letter(category),
        false.into(),
        (!matches!(user.definition, TypeDefinition::Shell)).into(),
        letter(','),
        oid(relation),
        zero(),
        oid(element),
        oid(user.array),
        function(&format!("{io}in")),
        function(&format!("{io}out")),
        function(&format!("{io}recv")),
        function(&format!("{io}send")),
        zero(),
        zero(),
        zero(),
        letter(align),
        letter(storage_of(backend, user.oid)),
        not_null.into(),
        oid(base),
        int4(modifier),
        int4(0),
        oid(collation),
        optional_text(default.clone()),
        optional_text(default),
        acl(backend, user.acl.as_deref()),
    ])
}

pub fn pg_enum(backend: &mut Backend<'_>) -> Result<Rows> {
    let mut rows = Vec::new();
    for user in backend.catalog()?.types.values() {
        let TypeDefinition::Enum(labels) = &user.definition else {
            continue;
        };
        let mut labels: Vec<_> = labels.iter().collect();
        labels.sort_by_key(|label| label.oid);
        rows.extend(labels.into_iter().map(|label| {
            vec![
                oid(label.oid),
                oid(user.oid),
                Datum::Float4(label.sort_order),
                Datum::Text(label.label.clone()),
            ]
        }));
    }
    Ok(rows)
}

/// Range types with their subtypes and multirange types.
pub fn pg_range(backend: &mut Backend<'_>) -> Result<Rows> {
    const BUILTIN: [(Oid, Oid, Oid, u32); 6] = [
        (Oid::INT4RANGE, Oid::INT4, Oid::INT4MULTIRANGE, 1978),
        (Oid::NUMRANGE, Oid::NUMERIC, Oid::NUMMULTIRANGE, 3125),
        (Oid::TSRANGE, Oid::TIMESTAMP, Oid::TSMULTIRANGE, 3128),
        (Oid::TSTZRANGE, Oid::TIMESTAMPTZ, Oid::TSTZMULTIRANGE, 3127),
        (Oid::DATERANGE, Oid::DATE, Oid::DATEMULTIRANGE, 3122),
        (Oid::INT8RANGE, Oid::INT8, Oid::INT8MULTIRANGE, 3124),
    ];
    let support = |range: Oid, what: &str| {
        let name = builtin_type(range).map_or("", |builtin| builtin.name);
        function(&format!("{name}_{what}"))
    };
    backend.catalog()?;
    Ok(BUILTIN
        .iter()
        .map(|(range, subtype, multirange, class)| {
            vec![
                oid(*range),
                oid(*subtype),
                oid(*multirange),
                oid(Oid::INVALID),
                oid(Oid(*class)),
                support(*range, "canonical"),
                support(*range, "subdiff"),
            ]
        })
        .collect())
}

pub fn pg_collation(backend: &mut Backend<'_>) -> Result<Rows> {
    backend.catalog()?;
    Ok(COLLATIONS
        .iter()
        .map(|(collation, name)| {
            let (provider, locale) = match *name {
                "default" => ('d', None),
                "ucs_basic" => ('c', Some("C")),
                name => ('c', Some(name)),
            };
            vec![
                oid(*collation),
                text(name),
                oid(PG_CATALOG),
                oid(BOOTSTRAP_SUPERUSER),
                letter(provider),
                true.into(),
                int4(match *name {
                    "ucs_basic" | "C.utf8" => 6,
                    _ => -1,
                }),
                locale.into(),
                locale.into(),
                Datum::Null,
                Datum::Null,
            ]
        })
        .collect())
}
