//! DROP, after PostgreSQL's `RemoveRelations`, `RemoveObjects` and `performMultipleDeletions`.
//!
//! - [`relations`]: tables, views, indexes, sequences; [`objects`]: everything else.
//! - [`drop_objects`]: objects with all that depends on them, or not at all.
//! - [`delete`]: one object out of the catalog; [`missing`]: IF EXISTS.

pub mod delete;
pub mod missing;
pub mod objects;
pub mod relations;

use kumquat_sql::ast::{DropBehavior, DropStmt};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::object::{keywords, relation_kinds};
use crate::backend::Backend;
use crate::catalog::dependency::{self, find_targets};
use crate::catalog::well_known::PUBLIC;
use crate::catalog::{ObjectAddress, ObjectClass};
use crate::result::CommandTag;

pub fn execute(backend: &mut Backend<'_>, stmt: &DropStmt) -> Result<CommandTag> {
    match relation_kinds(stmt.remove_type) {
        Some(kinds) => relations::execute(backend, stmt, kinds)?,
        None => objects::execute(backend, stmt)?,
    }
    Ok(CommandTag::new(&format!("DROP {}", keywords(stmt.remove_type))))
}

/// Drops objects with all that depends on them (CASCADE, with the notice that says what), or fails if
/// anything but their parts does (RESTRICT).
pub fn drop_objects(backend: &mut Backend<'_>, objects: &[ObjectAddress], behavior: DropBehavior) -> Result<()> {
    for object in objects {
        check_not_pinned(backend, *object)?;
    }
    let targets = find_targets(backend, objects)?;
    let single = match objects {
        [object] => Some(*object),
        _ => None,
    };
    let cascade = behavior == DropBehavior::Cascade;
    if let Some(notice) = dependency::report(backend, &targets, cascade, single)? {
        backend.notice(notice);
    }
    for target in &targets {
        delete::delete_object(backend, target.object)?;
    }
    Ok(())
}

/// Drops objects with their parts, silently: what depends on them goes, too.
pub fn drop_quietly(backend: &mut Backend<'_>, objects: &[ObjectAddress]) -> Result<()> {
    for target in find_targets(backend, objects)? {
        delete::delete_object(backend, target.object)?;
    }
    Ok(())
}

fn check_not_pinned(backend: &Backend<'_>, object: ObjectAddress) -> Result<()> {
    let always_there = object.oid.0 < Oid::FIRST_NORMAL
        && object.oid != PUBLIC
        && object.class != ObjectClass::Extension
        && object.class != ObjectClass::Role;
    if !always_there {
        return Ok(());
    }
    Err(Error::new(
        SqlState::DEPENDENT_OBJECTS_STILL_EXIST,
        format!(
            "cannot drop {} because it is required by the database system",
            backend.describe_object(object)
        ),
    ))
}
