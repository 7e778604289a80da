//! CREATE SCHEMA: with `citus.enable_schema_based_sharding` on, a new schema is a distributed one.

use kumquat_postgres::Backend;
use kumquat_postgres::result::CommandTag;
use kumquat_sql::ast::{CreateSchemaStmt, Statement};
use kumquat_types::{Oid, Result};

use super::{propagated, unsupported};
use crate::metadata;
use crate::settings;
use crate::tables::tenant;

pub fn create(backend: &mut Backend<'_>, stmt: &CreateSchemaStmt, text: &str) -> Result<CommandTag> {
    let before = backend.catalog()?.schemas.clone();
    let is_sharded = settings::is_on(backend, "citus.enable_schema_based_sharding");
    let makes_table = stmt
        .elements
        .iter()
        .any(|element| matches!(element, Statement::Create(_)));
    let tag = propagated(backend, &Statement::CreateSchema(Box::new(stmt.clone())), text)?;
    if !is_sharded {
        return Ok(tag);
    }
    if makes_table {
        return Err(
            unsupported("cannot create distributed schema and table in a single statement").hint(
                "SET citus.enable_schema_based_sharding TO off, or create the schema and table in separate commands.",
            ),
        );
    }
    distribute_new(backend, &before)?;
    Ok(tag)
}

/// A colocation group for each schema that the statement has made.
fn distribute_new(
    backend: &mut Backend<'_>,
    before: &imbl::OrdMap<Oid, std::sync::Arc<kumquat_postgres::catalog::Schema>>,
) -> Result<()> {
    let fresh: Vec<_> = backend
        .catalog()?
        .schemas
        .values()
        .filter(|schema| !before.contains_key(&schema.oid))
        .cloned()
        .collect();
    for schema in fresh {
        metadata::ensure_coordinator(backend)?;
        if tenant::ensure_name_allowed(backend, &schema).is_ok() {
            let group = tenant::create_schema_group(backend)?;
            tenant::register_schema(backend, schema.oid, group)?;
        }
    }
    Ok(())
}
