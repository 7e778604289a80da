//! DROP.

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::ObjectClass;
use kumquat_postgres::commands::{object, range_var};
use kumquat_postgres::result::CommandTag;
use kumquat_sql::ast::{DropStmt, ObjectType, Statement};
use kumquat_types::{Error, Result};

use super::{propagated, unsupported};
use crate::metadata;
use crate::transaction::access::{self, AccessKind};

pub fn drop(backend: &mut Backend<'_>, stmt: &DropStmt, text: &str) -> Result<CommandTag> {
    if stmt.remove_type == ObjectType::Index {
        refuse_several_indexes(backend, stmt)?;
    }
    if drops_citus(stmt) {
        return backend.standard_utility(&Statement::Drop(Box::new(stmt.clone())), text);
    }
    if stmt.remove_type == ObjectType::View && drops_shared_view(backend, stmt)? {
        access::ensure_sequential_for_object(backend, "view")?;
    }
    let conflict = match stmt.remove_type {
        ObjectType::Table => conflict_of_tables(backend, stmt)?,
        _ => None,
    };
    let tag = propagated(backend, &Statement::Drop(Box::new(stmt.clone())), text)?;
    match conflict {
        Some(conflict) => Err(conflict),
        None => Ok(tag),
    }
}

/// One of the views is on other nodes, too.
fn drops_shared_view(backend: &Backend<'_>, stmt: &DropStmt) -> Result<bool> {
    let metadata = metadata::of(backend)?;
    Ok(stmt.objects.iter().any(|name| {
        let found = backend.find_relation(&range_var(&object::name_parts(name)));
        matches!(found, Ok(Some(view)) if metadata.is_distributed_object(ObjectClass::Relation, view.oid))
    }))
}

/// What Citus finds in the way when the tables are gone already: it does not know their names any more.
fn conflict_of_tables(backend: &mut Backend<'_>, stmt: &DropStmt) -> Result<Option<Error>> {
    for name in &stmt.objects {
        let range = range_var(&object::name_parts(name));
        let Ok(Some(found)) = backend.find_relation(&range) else {
            continue;
        };
        if let Err(mut conflict) = access::check_conflicts(backend, found.oid, AccessKind::Ddl) {
            let named = format!("on table \"{}\" because", found.name);
            conflict.message = conflict.message.replace(&named, "on table because");
            return Ok(Some(conflict));
        }
    }
    Ok(None)
}

/// DROP EXTENSION citus leaves the other nodes as they are.
fn drops_citus(stmt: &DropStmt) -> bool {
    let is_citus = |name| object::name_parts(name).last().is_some_and(|name| name == "citus");
    stmt.remove_type == ObjectType::Extension && stmt.objects.iter().any(is_citus)
}

/// An index of a Citus table is dropped on its own (`ErrorIfUnsupportedDropIndexStmt`).
fn refuse_several_indexes(backend: &Backend<'_>, stmt: &DropStmt) -> Result<()> {
    if stmt.objects.len() < 2 {
        return Ok(());
    }
    for name in &stmt.objects {
        let found = backend.find_relation(&range_var(&object::name_parts(name)))?;
        let table = found.and_then(|found| found.index.as_ref().map(|index| index.table));
        if let Some(table) = table
            && metadata::of(backend)?.is_citus_table(table)
        {
            return Err(
                unsupported("cannot drop multiple distributed objects in a single command")
                    .hint("Try dropping each object in a separate DROP command."),
            );
        }
    }
    Ok(())
}
