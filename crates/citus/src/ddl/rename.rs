//! ALTER ... RENAME and ALTER ... SET SCHEMA.

use kumquat_postgres::Backend;
use kumquat_postgres::result::CommandTag;
use kumquat_sql::ast::{AlterObjectSchemaStmt, AlterTarget, ObjectType, RenameStmt, Statement};
use kumquat_types::{Error, Oid, Result};

use super::{database, propagated, trigger, unsupported};
use crate::metadata;
use crate::tables::{tenant, undistribute};

pub fn rename(backend: &mut Backend<'_>, stmt: &RenameStmt, text: &str) -> Result<CommandTag> {
    if stmt.rename_type == ObjectType::TableConstraint
        && let AlterTarget::Relation(range) = &stmt.target
        && let Some(found) = backend.find_relation(range)?
        && metadata::of(backend)?.is_citus_table(found.oid)
    {
        return Err(unsupported(
            "renaming constraints belonging to distributed tables is currently unsupported",
        ));
    }
    if stmt.rename_type == ObjectType::Trigger
        && let AlterTarget::Relation(range) = &stmt.target
        && let Some(found) = backend.find_relation(range)?
    {
        trigger::refuse(backend, found.oid)?;
    }
    if let (ObjectType::Database, AlterTarget::Object(name)) = (stmt.rename_type, &stmt.target) {
        return database::rename(backend, stmt, name, text);
    }
    propagated(backend, &Statement::Rename(Box::new(stmt.clone())), text)
}

/// A table that leaves its distributed schema is undistributed first; one that comes into another is distributed
/// there.
pub fn set_schema(backend: &mut Backend<'_>, stmt: &AlterObjectSchemaStmt, text: &str) -> Result<CommandTag> {
    let statement = Statement::AlterObjectSchema(Box::new(stmt.clone()));
    let AlterTarget::Relation(range) = &stmt.target else {
        return propagated(backend, &statement, text);
    };
    let (Some(table), Some(target)) = (
        backend.find_relation(range)?,
        backend.find_schema(&stmt.new_schema)?.map(|schema| schema.oid),
    ) else {
        return propagated(backend, &statement, text);
    };
    let is_table = matches!(stmt.object_type, ObjectType::Table | ObjectType::ForeignTable);
    if !is_table || table.schema == target {
        return propagated(backend, &statement, text);
    }
    leave_schema(backend, table.oid)?;
    let tag = propagated(backend, &statement, text)?;
    enter_schema(backend, table.oid, target, &stmt.new_schema)?;
    Ok(tag)
}

fn leave_schema(backend: &mut Backend<'_>, table: Oid) -> Result<()> {
    let found = crate::tables::checks::relation(backend, table)?;
    let metadata = metadata::of(backend)?;
    let leaves =
        metadata.schemas.contains_key(&found.schema) && metadata.is_coordinator() && metadata.is_citus_table(table);
    if !leaves {
        return Ok(());
    }
    tenant::ensure_undistribute_is_safe(backend, table, tenant::SET_SCHEMA)?;
    let schema = backend.schema_name(found.schema);
    let message = format!(
        "undistributing table {} in distributed schema {schema} before altering its schema",
        found.name
    );
    backend.notice(Error::notice(message));
    let options = undistribute::Options {
        suppress_notices: true,
        bypass_tenant_check: true,
        ..Default::default()
    };
    undistribute::undistribute(backend, table, options)
}

fn enter_schema(backend: &mut Backend<'_>, table: Oid, target: Oid, name: &str) -> Result<()> {
    if !metadata::of(backend)?.schemas.contains_key(&target) {
        return Ok(());
    }
    tenant::ensure_tenant_table(backend, table, target, "ALTER TABLE SET SCHEMA")?;
    let found = crate::tables::checks::relation(backend, table)?;
    let message = format!("Moving {} into distributed schema {name}", found.name);
    backend.notice(Error::notice(message));
    tenant::create_tenant_table(backend, table)
}
