//! Schema-based sharding: every table of a distributed schema is a single-shard table of the schema's group.

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::{Constraint, RelationKind, Schema};
use kumquat_types::{Error, Oid, Result};

use super::checks::{self, error};
use super::create::{self, Colocate, Distribution};
use super::{colocation, undistribute};
use crate::foreign_keys::{self, OtherEnd, foreign_key};
use crate::functions::visibility::shard_of_table;
use crate::metadata::{self, ColocationId, TableType};
use crate::shards::names::{qualified_name, relation_name};

/// A new colocation group for a schema.
pub fn create_schema_group(backend: &mut Backend<'_>) -> Result<ColocationId> {
    colocation::create_group(backend, 1, 1, Oid::INVALID)
}

/// Enters a schema into pg_dist_schema.
pub fn register_schema(backend: &mut Backend<'_>, schema: Oid, group: ColocationId) -> Result<()> {
    metadata::update(backend, |metadata| {
        metadata.schemas.insert(schema, group);
    })
}

/// Distributes a table that was made in a distributed schema (`CreateTenantSchemaTable`).
pub fn create_tenant_table(backend: &mut Backend<'_>, oid: Oid) -> Result<()> {
    if !metadata::of(backend)?.is_coordinator() {
        return Err(error("cannot create tables in a distributed schema from a worker node")
            .hint("Connect to the coordinator node and try again."));
    }
    ensure_kind_supported(backend, oid)?;
    let schema = checks::relation(backend, oid)?.schema;
    let group = metadata::of(backend)?.schemas.get(&schema).copied();
    let Some(group) = group else {
        let name = backend.schema_name(schema);
        return Err(error(format!("schema \"{name}\" is not distributed")));
    };
    create::create_citus_table(backend, oid, &Distribution::single_shard(Colocate::Group(group)))
}

fn ensure_kind_supported(backend: &Backend<'_>, oid: Oid) -> Result<()> {
    let relation = checks::relation(backend, oid)?;
    if relation.kind == RelationKind::ForeignTable {
        return Err(error("cannot create a foreign table in a distributed schema"));
    }
    let catalog = backend.catalog()?;
    let family = match relation.is_partition() {
        true => relation.parents.clone(),
        false if relation.kind == RelationKind::PartitionedTable => {
            catalog.children_of(oid).map(|child| child.oid).collect()
        }
        false => Vec::new(),
    };
    for relative in family {
        if checks::relation(backend, relative)?.schema != relation.schema {
            return Err(error(
                "partitioning within a distributed schema is not supported when the parent and the child are in \
                 different schemas",
            ));
        }
    }
    let inherits = !relation.is_partition() && !relation.parents.is_empty();
    let inherited = relation.kind == RelationKind::Table && catalog.children_of(oid).next().is_some();
    match inherits || inherited {
        true => Err(error("tables in a distributed schema cannot inherit or be inherited")),
        false => Ok(()),
    }
}

/// Makes a distributed schema of a local one (`citus_schema_distribute`).
pub fn distribute_schema(backend: &mut Backend<'_>, schema: &Schema) -> Result<()> {
    if metadata::of(backend)?.schemas.contains_key(&schema.oid) {
        let message = format!("schema {} is already distributed", schema.name);
        backend.notice(Error::notice(message));
        return Ok(());
    }
    let tables = tables_in(backend, schema.oid)?;
    ensure_name_allowed(backend, schema)?;
    for table in &tables {
        ensure_tenant_table(backend, *table, schema.oid, "citus_schema_distribute")?;
    }
    backend.notice(Error::notice(format!("distributing the schema {}", schema.name)));
    let group = create_schema_group(backend)?;
    // The group must be known as a schema's before a table joins it, or it would pass as a default group.
    register_schema(backend, schema.oid, group)?;
    let mut keys = Vec::new();
    for table in tables {
        if checks::relation(backend, table)?.is_partition() {
            continue;
        }
        keys.extend(take_keys(backend, table)?);
        create::create_citus_table(backend, table, &Distribution::single_shard(Colocate::Group(group)))?;
    }
    restore_keys(backend, keys)
}

/// Makes a local schema of a distributed one (`citus_schema_undistribute`).
pub fn undistribute_schema(backend: &mut Backend<'_>, schema: &Schema) -> Result<()> {
    let group = metadata::of(backend)?.schemas.get(&schema.oid).copied();
    let Some(group) = group else {
        return Err(error(format!("schema {} is not distributed", schema.name)));
    };
    backend.notice(Error::notice(format!("undistributing schema {}", schema.name)));
    let tables = tables_in(backend, schema.oid)?;
    metadata::update(backend, |metadata| {
        metadata.schemas.remove(&schema.oid);
    })?;
    let mut keys = Vec::new();
    for table in tables {
        if checks::relation(backend, table)?.is_partition() {
            continue;
        }
        keys.extend(take_keys(backend, table)?);
        let options = undistribute::Options {
            suppress_notices: true,
            bypass_tenant_check: true,
            ..Default::default()
        };
        undistribute::undistribute(backend, table, options)?;
    }
    metadata::update(backend, |metadata| metadata.remove_group_if_empty(group))?;
    restore_keys(backend, keys)
}

/// All keys of a table in either direction, taken away.
fn take_keys(backend: &mut Backend<'_>, table: Oid) -> Result<Vec<Constraint>> {
    let mut keys = foreign_keys::referencing_keys(backend, table, OtherEnd::Any)?;
    keys.extend(foreign_keys::referenced_keys(backend, table, OtherEnd::Any)?);
    keys.retain(|key| !key.parent.is_valid());
    for key in &keys {
        foreign_keys::remove_key(backend, key)?;
    }
    Ok(keys.into_iter().map(|key| (*key).clone()).collect())
}

fn restore_keys(backend: &mut Backend<'_>, keys: Vec<Constraint>) -> Result<()> {
    keys.into_iter()
        .try_for_each(|key| foreign_keys::restore_key(backend, key))
}

/// Tables of a schema that are no shards, in order of oid.
pub fn tables_in(backend: &Backend<'_>, schema: Oid) -> Result<Vec<Oid>> {
    let is_table = |kind| {
        matches!(
            kind,
            RelationKind::Table | RelationKind::PartitionedTable | RelationKind::ForeignTable
        )
    };
    let tables = backend
        .catalog()?
        .relations
        .values()
        .filter(|relation| relation.schema == schema && is_table(relation.kind))
        .map(|relation| relation.oid)
        .filter(|oid| shard_of_table(backend, *oid).is_none());
    Ok(tables.collect())
}

/// Schemas that are not the user's own cannot be distributed.
pub fn ensure_name_allowed(backend: &Backend<'_>, schema: &Schema) -> Result<()> {
    let name = &*schema.name;
    if matches!(name, "public" | "information_schema" | "pg_catalog" | "pg_toast") {
        return Err(error(format!("{name} schema cannot be distributed")));
    }
    if name.starts_with("pg_temp") {
        return Err(error("temporary schema cannot be distributed"));
    }
    if schema.oid.0 < Oid::FIRST_NORMAL {
        return Err(error(format!(
            "schema {name}, which is owned by an extension, cannot be distributed"
        )));
    }
    let extension = backend
        .catalog()?
        .extensions
        .values()
        .find(|found| found.schema == schema.oid);
    match extension {
        Some(found) => Err(error(format!(
            "schema {name} cannot be distributed since it is the schema of extension {}",
            found.name
        ))),
        None => Ok(()),
    }
}

/// A table that is to belong to a distributed schema (`EnsureTenantTable`).
pub fn ensure_tenant_table(backend: &Backend<'_>, table: Oid, schema: Oid, operation: &str) -> Result<()> {
    let relation = checks::relation(backend, table)?;
    checks::ensure_owner(backend, &relation)?;
    ensure_kind_supported(backend, table)?;
    ensure_keys_allowed(backend, table, schema)?;
    match metadata::of(backend)?.table_type(table) {
        None | Some(TableType::CitusLocal) => Ok(()),
        Some(_) => Err(error("distributed schema cannot have distributed tables")
            .hint(format!("Undistribute distributed tables before '{operation}'."))),
    }
}

/// Keys stay inside the schema, or go to reference tables.
fn ensure_keys_allowed(backend: &Backend<'_>, table: Oid, schema: Oid) -> Result<()> {
    let (catalog, metadata) = (backend.catalog()?, metadata::of(backend)?);
    let schema_of = |oid| catalog.relation(oid).map(|found| found.schema);
    let detail = |key: &Constraint, referenced| {
        format!(
            "\"{}\" references \"{}\" via foreign key constraint \"{}\"",
            qualified_name(catalog, key.relation),
            qualified_name(catalog, referenced),
            key.name
        )
    };
    for key in foreign_keys::referencing_keys(backend, table, OtherEnd::Any)? {
        let Some(referenced) = foreign_key(&key).map(|key| key.referenced) else {
            continue;
        };
        if schema_of(referenced) != Some(schema) && metadata.table_type(referenced) != Some(TableType::Reference) {
            return Err(error(
                "foreign keys from distributed schemas can only point to the same distributed schema or reference \
                 tables in regular schemas",
            )
            .detail(detail(&key, referenced)));
        }
    }
    for key in foreign_keys::referenced_keys(backend, table, OtherEnd::Any)? {
        if schema_of(key.relation) != Some(schema) {
            return Err(
                error("cannot create foreign keys to tables in a distributed schema from another schema")
                    .detail(detail(&key, table)),
            );
        }
    }
    Ok(())
}

/// A table leaves its distributed schema only by moving to another, and only without keys inside the schema
/// (`EnsureUndistributeTenantTableSafe`).
pub fn ensure_undistribute_is_safe(backend: &Backend<'_>, oid: Oid, operation: &str) -> Result<()> {
    let relation = checks::relation(backend, oid)?;
    let metadata = metadata::of(backend)?;
    if !metadata.schemas.contains_key(&relation.schema) || metadata.table_type(oid) != Some(TableType::SingleShard) {
        return Ok(());
    }
    if operation != SET_SCHEMA {
        checks::refuse_tenant_table(backend, oid, operation)?;
    }
    let schema = backend.schema_name(relation.schema);
    let name = relation_name(backend.catalog()?, oid);
    if relation.is_partition() {
        return Err(error(format!(
            "{operation} is not allowed for partition table {name} in distributed schema {schema}"
        ))
        .detail(
            "partition table should be under the same distributed schema as its parent and be a distributed schema \
             table.",
        ));
    }
    let has_keys = !foreign_keys::referencing_keys(backend, oid, OtherEnd::SingleShard)?.is_empty()
        || !foreign_keys::referenced_keys(backend, oid, OtherEnd::SingleShard)?.is_empty();
    match has_keys {
        true => Err(error(format!(
            "{operation} is not allowed for table {name} in distributed schema {schema}"
        ))
        .detail("distributed schemas cannot have foreign keys from/to local tables or different schema")),
        false => Ok(()),
    }
}

/// What messages call ALTER TABLE .. SET SCHEMA of a table that leaves its distributed schema.
pub const SET_SCHEMA: &str = "set schema";
