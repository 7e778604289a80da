//! `pg_describe_object`, `pg_identify_object` and kin: objects by the catalog they are in and their oid.

use kumquat_types::{ArrayValue, Datum, Error, Oid, Result, SqlState};

use super::Arguments;
use crate::backend::Backend;
use crate::catalog::quote::{quote_identifier, quote_qualified};
use crate::catalog::{Function, ObjectAddress, ObjectClass, ProcKind, Relation, RelationKind};
use crate::commands::object as lookup;
use crate::extension::FunctionCall;

/// Oids of the catalogs, with what is in them.
pub const CLASSES: [(Oid, ObjectClass); 13] = [
    (Oid(1259), ObjectClass::Relation),
    (Oid(2606), ObjectClass::Constraint),
    (Oid(1247), ObjectClass::Type),
    (Oid(1255), ObjectClass::Function),
    (Oid(2615), ObjectClass::Schema),
    (Oid(2620), ObjectClass::Trigger),
    (Oid(3079), ObjectClass::Extension),
    (Oid(2604), ObjectClass::Default),
    (Oid(1260), ObjectClass::Role),
    (Oid(1262), ObjectClass::Database),
    (Oid(2618), ObjectClass::Rule),
    (Oid(3256), ObjectClass::Policy),
    (Oid(2605), ObjectClass::Cast),
];

/// What is in the catalog of this oid.
pub fn class_of(catalog: Oid) -> Option<ObjectClass> {
    let found = CLASSES.iter().find(|(oid, _)| *oid == catalog);
    found.map(|(_, class)| *class)
}

/// The catalog that holds objects of a class.
pub fn catalog_of(class: ObjectClass) -> Oid {
    let found = CLASSES.iter().find(|(_, known)| *known == class);
    found.map_or(Oid::INVALID, |(oid, _)| *oid)
}

/// `pg_attrdef.oid` of a column's default: one number made of the table's and the column's.
pub fn default_oid(table: Oid, number: i16) -> Oid {
    Oid(table
        .0
        .wrapping_mul(COLUMNS)
        .wrapping_add(u32::try_from(number).unwrap_or(0)))
}

const COLUMNS: u32 = 1601;

fn address(args: Arguments<'_>) -> Result<Option<ObjectAddress>> {
    let Some(class) = class_of(args.oid(0)) else {
        return Err(Error::new(
            SqlState::INTERNAL_ERROR,
            format!("unrecognized object class: {}", args.oid(0)),
        ));
    };
    let (oid, sub) = (args.oid(1), args.small(2));
    Ok(Some(match class {
        ObjectClass::Default => ObjectAddress {
            class,
            oid: Oid(oid.0 / COLUMNS),
            sub: i16::try_from(oid.0 % COLUMNS).unwrap_or(0),
        },
        class => ObjectAddress { class, oid, sub },
    }))
}

pub fn call(backend: &mut Backend<'_>, name: &str, _: &FunctionCall<'_>, args: Arguments<'_>) -> Result<Option<Datum>> {
    if name != "pg_describe_object" {
        return Ok(None);
    }
    if !args.oid(0).is_valid() && !args.oid(1).is_valid() {
        return Ok(Some(Datum::Null));
    }
    let text = address(args)?.filter(|object| exists(backend, *object));
    Ok(Some(text.map(|object| backend.describe_object(object)).into()))
}

fn exists(backend: &Backend<'_>, object: ObjectAddress) -> bool {
    !backend.describe_object(object).starts_with("unrecognized object")
}

/// An object in all the words that tell it from others.
struct Identity {
    kind: &'static str,
    schema: Option<String>,
    /// Only where schema and name are enough.
    name: Option<String>,
    identity: String,
    /// Of `pg_identify_object_as_address`.
    names: Vec<String>,
    args: Vec<String>,
}

fn identity(backend: &Backend<'_>, object: ObjectAddress) -> Option<Identity> {
    let catalog = backend.catalog().ok()?;
    let schema_name = |oid| backend.schema_name(oid).to_string();
    let plain = |kind, name: String| Identity {
        kind,
        schema: None,
        name: Some(quote_identifier(&name)),
        identity: quote_identifier(&name),
        names: vec![name],
        args: Vec::new(),
    };
    Some(match object.class {
        ObjectClass::Relation => relation_identity(backend, catalog.relation(object.oid)?, object.sub)?,
        ObjectClass::Constraint => constraint_identity(backend, object.oid)?,
        ObjectClass::Type => {
            let text = backend.format_type_qualified(object.oid, -1);
            let user = catalog.types.get(&object.oid);
            Identity {
                kind: "type",
                schema: Some(user.map_or_else(|| "pg_catalog".into(), |user| schema_name(user.schema))),
                name: Some(match user {
                    Some(user) => quote_identifier(&user.name),
                    None => kumquat_types::builtin_type(object.oid)?.name.to_string(),
                }),
                identity: text.clone(),
                names: vec![text],
                args: Vec::new(),
            }
        }
        ObjectClass::Function => function_identity(backend, object.oid)?,
        ObjectClass::Schema => plain("schema", schema_name(catalog.schemas.get(&object.oid)?.oid)),
        ObjectClass::Role => plain("role", backend.name_of_role(object.oid)?.to_string()),
        ObjectClass::Extension => {
            let mut extensions = catalog.extensions.values();
            plain("extension", extensions.find(|e| e.oid == object.oid)?.name.to_string())
        }
        ObjectClass::Database => {
            let mut databases = backend.server().ok()?.databases.values();
            plain("database", databases.find(|d| d.oid == object.oid)?.name.to_string())
        }
        ObjectClass::Trigger => {
            let trigger = catalog.triggers.get(&object.oid)?;
            member_identity(backend, "trigger", trigger.relation, &trigger.name)?
        }
        ObjectClass::Cast => {
            let cast = catalog.cast(object.oid)?;
            let types = [cast.source, cast.target].map(|oid| backend.format_type_qualified(oid, -1));
            let [source, target] = types;
            Identity {
                kind: "cast",
                schema: None,
                name: None,
                identity: format!("({source} AS {target})"),
                names: vec![source],
                args: vec![target],
            }
        }
        ObjectClass::Policy => {
            let (relation, policy) = catalog.policy(object.oid)?;
            member_identity(backend, "policy", relation.oid, &policy.name)?
        }
        ObjectClass::Rule => member_identity(backend, "rule", object.oid, "_RETURN")?,
        ObjectClass::Default => {
            let relation = catalog.relation(object.oid)?;
            let column = relation.attribute(object.sub)?;
            let schema = schema_name(relation.schema);
            Identity {
                kind: "default value",
                schema: None,
                name: None,
                identity: format!(
                    "for {}.{}",
                    quote_qualified(&schema, &relation.name),
                    quote_identifier(&column.name)
                ),
                names: vec![schema, relation.name.to_string(), column.name.to_string()],
                args: Vec::new(),
            }
        }
    })
}

/// `table`, `foreign table` ...: what a relation's kind is called.
fn relation_kind(relation: &Relation) -> &'static str {
    match relation.kind {
        RelationKind::CompositeType => "composite type",
        _ => relation.noun(),
    }
}

fn column_kind(kind: &'static str) -> &'static str {
    match kind {
        "view" => "view column",
        "materialized view" => "materialized view column",
        "foreign table" => "foreign table column",
        "composite type" => "composite type column",
        "index" => "index column",
        "sequence" => "sequence column",
        _ => "table column",
    }
}

fn relation_identity(backend: &Backend<'_>, relation: &Relation, sub: i16) -> Option<Identity> {
    let schema = backend.schema_name(relation.schema).to_string();
    let mut identity = quote_qualified(&schema, &relation.name);
    let mut names = vec![schema.clone(), relation.name.to_string()];
    let mut kind = relation_kind(relation);
    let mut name = Some(quote_identifier(&relation.name));
    if sub != 0 {
        let column = relation.attribute(sub)?;
        identity.push('.');
        identity.push_str(&quote_identifier(&column.name));
        names.push(column.name.to_string());
        kind = column_kind(kind);
        name = name.filter(|_| false);
    }
    Some(Identity {
        kind,
        schema: Some(quote_identifier(&schema)),
        name,
        identity,
        names,
        args: Vec::new(),
    })
}

fn constraint_identity(backend: &Backend<'_>, oid: Oid) -> Option<Identity> {
    let catalog = backend.catalog().ok()?;
    if let Some(constraint) = catalog.constraints.get(&oid) {
        let relation = catalog.relation(constraint.relation)?;
        let schema = backend.schema_name(relation.schema).to_string();
        return Some(Identity {
            kind: "table constraint",
            schema: Some(quote_identifier(&schema)),
            name: None,
            identity: format!(
                "{} on {}",
                quote_identifier(&constraint.name),
                quote_qualified(&schema, &relation.name)
            ),
            names: vec![schema, relation.name.to_string(), constraint.name.to_string()],
            args: Vec::new(),
        });
    }
    let (domain, constraint) = backend.domain_constraint(oid)?;
    let domain_name = backend.format_type_qualified(domain.oid, -1);
    Some(Identity {
        kind: "domain constraint",
        schema: Some(quote_identifier(&backend.schema_name(domain.schema))),
        name: None,
        identity: format!("{} on {domain_name}", quote_identifier(&constraint.name)),
        names: vec![domain_name],
        args: vec![constraint.name.to_string()],
    })
}

fn member_identity(backend: &Backend<'_>, kind: &'static str, relation: Oid, name: &str) -> Option<Identity> {
    let relation = backend.catalog().ok()?.relation(relation)?;
    let schema = backend.schema_name(relation.schema).to_string();
    Some(Identity {
        kind,
        schema: None,
        name: None,
        identity: format!(
            "{} on {}",
            quote_identifier(name),
            quote_qualified(&schema, &relation.name)
        ),
        names: vec![schema, relation.name.to_string(), name.to_string()],
        args: Vec::new(),
    })
}

fn function_identity(backend: &Backend<'_>, oid: Oid) -> Option<Identity> {
    let user: Option<&Function> = backend.catalog().ok()?.functions.get(&oid).map(AsRef::as_ref);
    let (schema, name, types, kind) = match user {
        Some(function) => (
            backend.schema_name(function.schema).to_string(),
            function.name.to_string(),
            function.input_types().collect::<Vec<_>>(),
            match function.kind {
                ProcKind::Procedure => "procedure",
                ProcKind::Aggregate => "aggregate",
                ProcKind::Function | ProcKind::Window => "function",
            },
        ),
        None => {
            let proc = backend.any_proc(oid)?;
            let kind = match proc.kind {
                kumquat_types::ProcKind::Function | kumquat_types::ProcKind::Window => "function",
                kumquat_types::ProcKind::Procedure => "procedure",
                _ => "aggregate",
            };
            ("pg_catalog".into(), proc.name.to_string(), proc.args.to_vec(), kind)
        }
    };
    let args: Vec<String> = types.into_iter().map(|oid| qualified_type(backend, oid)).collect();
    Some(Identity {
        kind,
        schema: Some(quote_identifier(&schema)),
        name: None,
        identity: format!("{}({})", quote_qualified(&schema, &name), args.join(",")),
        names: vec![schema, name],
        args,
    })
}

/// A type with its schema, except where the standard has a name for it (`format_type_be_qualified`).
fn qualified_type(backend: &Backend<'_>, oid: Oid) -> String {
    let text = backend.format_type_qualified(oid, -1);
    match kumquat_types::builtin_type(oid) {
        Some(builtin) if builtin.name == text => format!("pg_catalog.{text}"),
        _ => text,
    }
}

fn unknown_kind(object: ObjectAddress) -> &'static str {
    match object.class {
        ObjectClass::Relation => "relation",
        ObjectClass::Constraint => "constraint",
        ObjectClass::Type => "type",
        ObjectClass::Function => "routine",
        ObjectClass::Schema => "schema",
        ObjectClass::Trigger => "trigger",
        ObjectClass::Extension => "extension",
        ObjectClass::Default => "default value",
        ObjectClass::Role => "role",
        ObjectClass::Database => "database",
        ObjectClass::Rule => "rule",
        ObjectClass::Policy => "policy",
        ObjectClass::Cast => "cast",
    }
}

/// `pg_identify_object`: type, schema, name, identity.
pub fn identify(backend: &Backend<'_>, args: Arguments<'_>) -> Result<Vec<Datum>> {
    let Some(object) = address(args)? else {
        return Ok(vec![Datum::Null; 4]);
    };
    Ok(match identity(backend, object) {
        Some(found) => vec![
            Datum::from(found.kind),
            found.schema.into(),
            found.name.into(),
            Datum::from(found.identity),
        ],
        None => vec![Datum::from(unknown_kind(object)), Datum::Null, Datum::Null, Datum::Null],
    })
}

/// `pg_identify_object_as_address`: type, names, arguments.
pub fn identify_as_address(backend: &Backend<'_>, args: Arguments<'_>) -> Result<Vec<Datum>> {
    let array = |texts: Vec<String>| {
        let values = texts.into_iter().map(Datum::from).collect();
        Datum::Array(ArrayValue::vector(Oid::TEXT, values).into())
    };
    let Some(object) = address(args)? else {
        return Ok(vec![Datum::Null; 3]);
    };
    Ok(match identity(backend, object) {
        Some(found) => vec![Datum::from(found.kind), array(found.names), array(found.args)],
        None => vec![Datum::from(unknown_kind(object)), Datum::Null, Datum::Null],
    })
}

/// `pg_get_object_address`: catalog, oid, column.
pub fn object_address(backend: &Backend<'_>, args: Arguments<'_>) -> Result<Vec<Datum>> {
    use kumquat_sql::ast::{ObjectName, ObjectType, ObjectWithArgs};
    let texts = |at: usize| -> Vec<String> {
        match args.get(at) {
            Datum::Array(array) => array
                .values
                .iter()
                .filter_map(|v| v.as_str().map(str::to_string))
                .collect(),
            _ => Vec::new(),
        }
    };
    let (names, arguments) = (texts(1), texts(2));
    let with_args = || -> Result<ObjectName> {
        let types = arguments
            .iter()
            .map(|text| kumquat_sql::parse_type_name(text).map(Some))
            .collect::<Result<_>>()?;
        Ok(ObjectName::WithArgs(ObjectWithArgs {
            name: names.clone(),
            args: types,
            parameters: Vec::new(),
            args_unspecified: false,
        }))
    };
    let type_name = || -> Result<ObjectName> {
        let text = names.first().map_or("", String::as_str);
        Ok(ObjectName::Type(kumquat_sql::parse_type_name(text)?))
    };
    let (kind, name) = match args.text(0) {
        "table" => (ObjectType::Table, ObjectName::Name(names.clone())),
        "index" => (ObjectType::Index, ObjectName::Name(names.clone())),
        "sequence" => (ObjectType::Sequence, ObjectName::Name(names.clone())),
        "view" => (ObjectType::View, ObjectName::Name(names.clone())),
        "materialized view" => (ObjectType::MaterializedView, ObjectName::Name(names.clone())),
        "table column" => (ObjectType::Column, ObjectName::Name(names.clone())),
        "table constraint" => (ObjectType::TableConstraint, ObjectName::Name(names.clone())),
        "trigger" => (ObjectType::Trigger, ObjectName::Name(names.clone())),
        "schema" => (ObjectType::Schema, ObjectName::Name(names.clone())),
        "role" => (ObjectType::Role, ObjectName::Name(names.clone())),
        "extension" => (ObjectType::Extension, ObjectName::Name(names.clone())),
        "type" => (ObjectType::Type, type_name()?),
        "domain" => (ObjectType::Domain, type_name()?),
        "function" => (ObjectType::Function, with_args()?),
        "procedure" => (ObjectType::Procedure, with_args()?),
        "routine" => (ObjectType::Routine, with_args()?),
        "aggregate" => (ObjectType::Aggregate, with_args()?),
        kind => {
            return Err(Error::new(
                SqlState::INVALID_PARAMETER_VALUE,
                format!("unrecognized object type \"{kind}\""),
            ));
        }
    };
    let found = lookup::find(backend, kind, &name)?;
    Ok(vec![
        Datum::Oid(catalog_of(found.address.class).0),
        Datum::Oid(found.address.oid.0),
        Datum::Int4(i32::from(found.address.sub)),
    ])
}
