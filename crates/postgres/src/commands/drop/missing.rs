//! IF EXISTS: a notice instead of an error.

use kumquat_sql::ast::{ObjectName, ObjectType, ObjectWithArgs, TypeName};
use kumquat_types::{Error, Result};

use crate::backend::Backend;
use crate::commands::object::{member, name_parts, noun, plain_name};
use crate::commands::options::type_name_text;
use crate::commands::range_var;

/// The error as it is, or, if the object may be missing, as a notice that it is skipped.
pub fn skipping(backend: &mut Backend<'_>, missing_ok: bool, error: Error) -> Result<()> {
    if !missing_ok {
        return Err(error);
    }
    let mut notice = Error::notice(format!("{}, skipping", error.message));
    notice.sqlstate = error.sqlstate;
    backend.notice(notice);
    Ok(())
}

/// What the notice says of an object that is not there (`does_not_exist_skipping`).
pub fn notice_text(backend: &Backend<'_>, kind: ObjectType, name: &ObjectName, error: &Error) -> Result<String> {
    if let Some(schema) = missing_schema(backend, name)? {
        return Ok(format!("schema \"{schema}\" does not exist"));
    }
    Ok(match (kind, name) {
        (ObjectType::Trigger | ObjectType::Rule | ObjectType::Policy, _) => {
            let parts = name_parts(name);
            match member(backend, &parts) {
                Ok((relation, own)) => format!(
                    "{} \"{own}\" for relation \"{}\" does not exist",
                    noun(kind),
                    relation.name
                ),
                Err(error) => error.message.clone(),
            }
        }
        (_, ObjectName::WithArgs(object)) => with_args(backend, kind, object)?,
        (_, ObjectName::Cast(source, target)) => {
            let types = [source, target].map(|name| crate::commands::object::type_oid(backend, name));
            match types.into_iter().find_map(std::result::Result::err) {
                Some(missing) => missing.message.clone(),
                None => format!(
                    "cast from type {} to type {} does not exist",
                    type_name_text(source),
                    type_name_text(target)
                ),
            }
        }
        (ObjectType::Type | ObjectType::Domain, ObjectName::Type(type_name)) => {
            format!("type \"{}\" does not exist", type_name_text(type_name))
        }
        (ObjectType::Collation, _) => format!("collation \"{}\" does not exist", plain_name(name)),
        _ => error.message.clone(),
    })
}

fn with_args(backend: &Backend<'_>, kind: ObjectType, object: &ObjectWithArgs) -> Result<String> {
    let types: Vec<&TypeName> = object.args.iter().flatten().collect();
    for type_name in &types {
        if let Err(error) = crate::commands::object::type_oid(backend, type_name) {
            return Ok(error.message.clone());
        }
    }
    let name = object.name.join(".");
    if kind == ObjectType::Operator {
        return Ok(format!("operator {name} does not exist"));
    }
    let types: Vec<String> = types.iter().map(|type_name| type_name_text(type_name)).collect();
    Ok(format!("{} {name}({}) does not exist", noun(kind), types.join(",")))
}

/// The schema in front of a name, if it is not there.
fn missing_schema(backend: &Backend<'_>, name: &ObjectName) -> Result<Option<String>> {
    let parts = match name {
        ObjectName::Name(_) => return Ok(None),
        name => name_parts(name),
    };
    let range = range_var(&parts);
    match range.schema {
        Some(schema) if backend.find_schema(&schema)?.is_none() => Ok(Some(schema)),
        _ => Ok(None),
    }
}
