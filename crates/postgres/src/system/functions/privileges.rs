//! `has_table_privilege` and kin, `pg_has_role`.

use kumquat_types::{Datum, Environment, Error, Oid, Result, SqlState};

use super::Arguments;
use crate::backend::Backend;
use crate::catalog::acl::{AclKind, privilege_letter};
use crate::catalog::namespace::qualified_name;
use crate::catalog::{ObjectAddress, ObjectClass};
use crate::commands::privileges::{has_grant_option, has_privilege};
use crate::commands::relation_kind::not_a;
use crate::commands::role;
use crate::extension::FunctionCall;

/// How an object is named in a call, and what it may have.
struct Family {
    class: ObjectClass,
    kind: AclKind,
}

pub fn call(
    backend: &mut Backend<'_>,
    name: &str,
    call: &FunctionCall<'_>,
    args: Arguments<'_>,
) -> Result<Option<Datum>> {
    let family = |class, kind| Some(Family { class, kind });
    let found = match name {
        "has_table_privilege" => family(ObjectClass::Relation, AclKind::Table),
        "has_sequence_privilege" => family(ObjectClass::Relation, AclKind::Sequence),
        "has_schema_privilege" => family(ObjectClass::Schema, AclKind::Schema),
        "has_function_privilege" => family(ObjectClass::Function, AclKind::Function),
        "has_type_privilege" => family(ObjectClass::Type, AclKind::Type),
        "has_database_privilege" => family(ObjectClass::Database, AclKind::Database),
        _ => None,
    };
    let backend = &*backend;
    if let Some(family) = found {
        let (role, rest) = role_argument(backend, call, args, 3)?;
        let Some(object) = object_argument(backend, &family, rest.get(0))? else {
            return Ok(Some(Datum::Null));
        };
        return holds(backend, role, object, family.kind, rest.text(1)).map(Some);
    }
    Ok(Some(match name {
        "has_column_privilege" => column_privilege(backend, call, args)?,
        "has_any_column_privilege" => any_column_privilege(backend, call, args)?,
        "has_language_privilege" | "has_tablespace_privilege" | "has_parameter_privilege" => {
            let (role, _) = role_argument(backend, call, args, 3)?;
            (name == "has_language_privilege" || backend.is_superuser(role)).into()
        }
        "pg_has_role" => has_role(backend, call, args)?,
        _ => return Ok(None),
    }))
}

/// The role asked about: the first argument if there are as many as that, else the current one.
fn role_argument<'a>(
    backend: &Backend<'_>,
    call: &FunctionCall<'_>,
    args: Arguments<'a>,
    with_role: usize,
) -> Result<(Oid, Arguments<'a>)> {
    if call.proc.args.len() < with_role {
        return Ok((backend.session.current_user, args));
    }
    let role = match args.get(0).as_str() {
        Some("public") => Oid::INVALID,
        Some(name) => role::find(backend, name)?,
        None => args.oid(0),
    };
    Ok((role, Arguments(args.0.get(1..).unwrap_or_default())))
}

/// The object by name or oid; `None` if there is none of the oid.
fn object_argument(backend: &Backend<'_>, family: &Family, value: &Datum) -> Result<Option<ObjectAddress>> {
    let oid = match value.as_str() {
        None => Arguments(std::slice::from_ref(value)).oid(0),
        Some(name) => match family.class {
            ObjectClass::Relation => relation_by_text(backend, name)?,
            ObjectClass::Schema => {
                let found = backend.find_schema(name)?;
                found
                    .map(|schema| schema.oid)
                    .ok_or_else(|| crate::catalog::namespace::undefined_schema(name))?
            }
            ObjectClass::Function => backend.reg_lookup(Oid::REGPROCEDURE, name)?,
            ObjectClass::Type => backend.reg_lookup(Oid::REGTYPE, name)?,
            _ => {
                let found = backend.server()?.databases.get(name);
                found.map(|database| database.oid).ok_or_else(|| {
                    Error::new(
                        SqlState::INVALID_CATALOG_NAME,
                        format!("database \"{name}\" does not exist"),
                    )
                })?
            }
        },
    };
    if family.kind == AclKind::Sequence {
        let relation = backend.relation_by_oid(oid)?;
        if relation.sequence.is_none() {
            return Err(not_a(&relation.name, "sequence"));
        }
    }
    let object = ObjectAddress::new(family.class, oid);
    Ok(crate::commands::privileges::acl_of(backend, object).map(|_| object))
}

fn relation_by_text(backend: &Backend<'_>, name: &str) -> Result<Oid> {
    let names = qualified_name(name)?;
    Ok(backend.relation(&crate::commands::range_var(&names))?.oid)
}

/// `select, insert with grant option`: letters, and whether the grant option is asked for.
fn parse_privileges(text: &str, kind: AclKind) -> Result<Vec<(char, bool)>> {
    text.split(',')
        .map(|word| {
            let word = word.trim();
            let lower = word.to_ascii_lowercase();
            let (name, grant) = match lower.strip_suffix(" with grant option") {
                Some(name) => (name, true),
                None => (lower.as_str(), false),
            };
            let letter = privilege_letter(name).filter(|letter| kind.all_letters().contains(*letter));
            letter.map(|letter| (letter, grant)).ok_or_else(|| {
                Error::new(
                    SqlState::INVALID_PARAMETER_VALUE,
                    format!("unrecognized privilege type: \"{word}\""),
                )
            })
        })
        .collect()
}

/// Any of the privileges will do.
fn holds(backend: &Backend<'_>, role: Oid, object: ObjectAddress, kind: AclKind, text: &str) -> Result<Datum> {
    holds_on_any(backend, role, [object], kind, text)
}

/// Any of the privileges on any of the objects will do.
fn holds_on_any(
    backend: &Backend<'_>,
    role: Oid,
    objects: impl IntoIterator<Item = ObjectAddress>,
    kind: AclKind,
    text: &str,
) -> Result<Datum> {
    let wanted = parse_privileges(text, kind)?;
    let held = objects.into_iter().any(|object| {
        wanted.iter().any(|(letter, grant)| match grant {
            true => has_grant_option(backend, role, object, *letter),
            false => has_privilege(backend, role, object, *letter),
        })
    });
    Ok(held.into())
}

fn column_privilege(backend: &Backend<'_>, call: &FunctionCall<'_>, args: Arguments<'_>) -> Result<Datum> {
    let (role, rest) = role_argument(backend, call, args, 4)?;
    let family = Family {
        class: ObjectClass::Relation,
        kind: AclKind::Column,
    };
    let Some(table) = object_argument(backend, &family, rest.get(0))? else {
        return Ok(Datum::Null);
    };
    let relation = backend.relation_by_oid(table.oid)?;
    let number = match rest.get(1).as_str() {
        Some(name) => {
            let attribute = relation.attribute_by_name(name);
            attribute
                .ok_or_else(|| crate::commands::undefined_column(name, &relation.name))?
                .number
        }
        None => rest.small(1),
    };
    if relation.attribute(number).is_none_or(|attribute| attribute.dropped) {
        return Ok(Datum::Null);
    }
    let column = ObjectAddress::column(relation.oid, number);
    holds_on_any(backend, role, [table, column], AclKind::Column, rest.text(2))
}

fn any_column_privilege(backend: &Backend<'_>, call: &FunctionCall<'_>, args: Arguments<'_>) -> Result<Datum> {
    let (role, rest) = role_argument(backend, call, args, 3)?;
    let family = Family {
        class: ObjectClass::Relation,
        kind: AclKind::Column,
    };
    let Some(table) = object_argument(backend, &family, rest.get(0))? else {
        return Ok(Datum::Null);
    };
    let relation = backend.relation_by_oid(table.oid)?;
    let columns = relation
        .live_attributes()
        .map(|attribute| ObjectAddress::column(relation.oid, attribute.number));
    let objects = std::iter::once(table).chain(columns);
    holds_on_any(backend, role, objects, AclKind::Column, rest.text(1))
}

fn has_role(backend: &Backend<'_>, call: &FunctionCall<'_>, args: Arguments<'_>) -> Result<Datum> {
    let (role, rest) = role_argument(backend, call, args, 3)?;
    let group = match rest.get(0).as_str() {
        Some(name) => role::find(backend, name)?,
        None => rest.oid(0),
    };
    let held = rest
        .text(1)
        .split(',')
        .any(|word| match word.trim().to_ascii_lowercase().as_str() {
            "usage" => backend.has_privileges_of(role, group),
            _ => backend.is_member_of(role, group),
        });
    Ok(held.into())
}
