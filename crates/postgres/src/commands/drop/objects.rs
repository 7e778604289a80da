//! DROP of everything that is not a relation.

use kumquat_sql::ast::{DropStmt, ObjectName, ObjectType};
use kumquat_types::{Error, Result, SqlState};

use super::drop_objects;
use super::missing::notice_text;
use crate::backend::Backend;
use crate::catalog::ObjectClass;
use crate::commands::object::{self, Found, noun};
use crate::commands::privileges::not_owner;

pub fn execute(backend: &mut Backend<'_>, stmt: &DropStmt) -> Result<()> {
    let mut objects = Vec::new();
    for name in &stmt.objects {
        if let Some(found) = find(backend, stmt, name)? {
            check_owner(backend, stmt.remove_type, &found)?;
            if stmt.remove_type == ObjectType::Rule {
                return Err(view_needs_rule(backend, &found)?);
            }
            objects.push(found.address);
        }
    }
    drop_objects(backend, &objects, stmt.behavior)
}

fn find(backend: &mut Backend<'_>, stmt: &DropStmt, name: &ObjectName) -> Result<Option<Found>> {
    match object::find(backend, stmt.remove_type, name) {
        Ok(found) => Ok(Some(found)),
        Err(error) if stmt.missing_ok && is_missing(&error) => {
            let text = notice_text(backend, stmt.remove_type, name, &error)?;
            backend.notice(Error::notice(format!("{text}, skipping")));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn is_missing(error: &Error) -> bool {
    matches!(
        error.sqlstate,
        SqlState::UNDEFINED_OBJECT
            | SqlState::UNDEFINED_TABLE
            | SqlState::UNDEFINED_FUNCTION
            | SqlState::INVALID_SCHEMA_NAME
    )
}

/// The owner of an object, or of the schema that it is in, may drop it.
fn check_owner(backend: &Backend<'_>, kind: ObjectType, found: &Found) -> Result<()> {
    let catalog = backend.catalog()?;
    let schema = match found.address.class {
        ObjectClass::Type => catalog.types.get(&found.address.oid).map(|user| user.schema),
        ObjectClass::Function => catalog.functions.get(&found.address.oid).map(|f| f.schema),
        _ => None,
    };
    let schema_owner = schema
        .and_then(|oid| catalog.schemas.get(&oid))
        .map(|schema| schema.owner);
    if schema_owner.is_some_and(|owner| backend.owns(owner)) {
        return Ok(());
    }
    if found.address.class == ObjectClass::Extension && !backend.superuser() {
        let description = backend.describe_object(found.address);
        return Err(not_owner(noun(kind), description.trim_start_matches("extension ")));
    }
    object::check_owner(backend, kind, found)
}

fn view_needs_rule(backend: &Backend<'_>, found: &Found) -> Result<Error> {
    let view = backend.relation_by_oid(found.address.oid)?;
    let description = backend.describe_object(found.address);
    let view = backend.describe_relation(&view);
    Ok(Error::new(
        SqlState::DEPENDENT_OBJECTS_STILL_EXIST,
        format!("cannot drop {description} because {view} requires it"),
    )
    .hint(format!("You can drop {view} instead.")))
}
