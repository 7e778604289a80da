//! CREATE TABLE and CREATE TABLE AS: tables of distributed schemas, partitions of Citus tables, tables with keys to
//! reference tables.

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::{Persistence, Relation, RelationKind};
use kumquat_postgres::result::CommandTag;
use kumquat_sql::ast::Statement;
use kumquat_types::{Oid, Result};

use super::propagated;
use crate::foreign_keys::{self, OtherEnd, conversion};
use crate::metadata;
use crate::settings;
use crate::tables::checks::error;
use crate::tables::{local, partitions, tenant};

/// Makes a table as PostgreSQL does, then a Citus table of it where it has to be one.
pub fn create(backend: &mut Backend<'_>, statement: &Statement, text: &str) -> Result<CommandTag> {
    let before = backend.catalog()?.relations.clone();
    let tag = propagated(backend, statement, text)?;
    let fresh: Vec<Oid> = backend
        .catalog()?
        .relations
        .iter()
        .filter(|(oid, relation)| {
            !before.contains_key(*oid)
                && relation.persistence != Persistence::Temporary
                && matches!(
                    relation.kind,
                    RelationKind::Table | RelationKind::PartitionedTable | RelationKind::ForeignTable
                )
        })
        .map(|(oid, _)| *oid)
        .collect();
    for table in fresh {
        complete(backend, table)?;
    }
    Ok(tag)
}

fn complete(backend: &mut Backend<'_>, table: Oid) -> Result<()> {
    if metadata::of(backend)?.is_citus_table(table) {
        return Ok(());
    }
    let relation = crate::tables::checks::relation(backend, table)?;
    let parent = relation.parents.first().copied().filter(|_| relation.is_partition());
    refuse_inheritance(backend, &relation)?;
    if metadata::of(backend)?.schemas.contains_key(&relation.schema) {
        return tenant::create_tenant_table(backend, table);
    }
    if let Some(parent) = parent
        && metadata::of(backend)?.is_citus_table(parent)
    {
        metadata::ensure_coordinator(backend)?;
        return partitions::distribute_like_parent(backend, parent, table);
    }
    follow_keys(backend, table)?;
    let is_managed = settings::is_on(backend, "citus.use_citus_managed_tables")
        && metadata::of(backend)?.is_coordinator()
        && metadata::of(backend)?.coordinator().is_some()
        && !metadata::of(backend)?.is_citus_table(table)
        && parent.is_none();
    match is_managed {
        true => local::add_to_metadata(backend, table, true, false),
        false => Ok(()),
    }
}

/// Partitions stay in a distributed schema with their parent; other tables do not inherit Citus tables.
fn refuse_inheritance(backend: &Backend<'_>, relation: &Relation) -> Result<()> {
    let (catalog, metadata) = (backend.catalog()?, metadata::of(backend)?);
    let is_tenant = |schema| metadata.schemas.contains_key(&schema);
    for parent in &relation.parents {
        let Some(found) = catalog.relation(*parent) else {
            continue;
        };
        if relation.is_partition() {
            partitions::ensure_same_tenant(metadata, found.schema, relation.schema)?;
        } else if is_tenant(relation.schema) || is_tenant(found.schema) {
            return Err(error("tables in a distributed schema cannot inherit or be inherited"));
        } else if metadata.is_citus_table(*parent) {
            return Err(error("non-distributed tables cannot inherit distributed tables"));
        }
    }
    Ok(())
}

/// A key to a reference table or a Citus local table brings the new table into the metadata
/// (`PostprocessCreateTableStmtForeignKeys`).
fn follow_keys(backend: &mut Backend<'_>, table: Oid) -> Result<()> {
    if !conversion::is_enabled(backend)? {
        return Ok(());
    }
    let keys = foreign_keys::referencing_keys(backend, table, OtherEnd::NotDistributed)?;
    let keys: Vec<_> = keys.into_iter().filter(|key| !key.parent.is_valid()).collect();
    for key in &keys {
        foreign_keys::remove_key(backend, key)?;
    }
    keys.into_iter()
        .try_for_each(|key| foreign_keys::restore_key(backend, (*key).clone()))
}
