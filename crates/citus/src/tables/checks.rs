//! What may become a Citus table.

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::{Attribute, Persistence, Relation, RelationKind, TypeDefinition, well_known};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::partitions;
use crate::ddl::policy;
use crate::foreign_keys::rules;
use crate::metadata::{self, DistributedTable, PartitionMethod, TableType};
use crate::shards::names::relation_name;

/// An error without a SQLSTATE of its own.
pub fn error(message: impl Into<String>) -> Error {
    Error::new(SqlState::INTERNAL_ERROR, message)
}

pub fn unsupported(message: impl Into<String>) -> Error {
    Error::new(SqlState::FEATURE_NOT_SUPPORTED, message)
}

/// The relation of an oid that a statement has given.
pub fn relation(backend: &Backend<'_>, oid: Oid) -> Result<Arc<Relation>> {
    backend.catalog()?.relation(oid).cloned().ok_or_else(|| {
        let message = format!("relation with OID {oid} does not exist");
        Error::new(SqlState::INVALID_PARAMETER_VALUE, message)
    })
}

/// The current user must own the table (`EnsureTableOwner`).
pub fn ensure_owner(backend: &Backend<'_>, relation: &Relation) -> Result<()> {
    let user = backend.session.current_user;
    let superuser = backend.server()?.roles.get(&user).is_some_and(|role| role.superuser);
    if superuser || relation.owner == user {
        return Ok(());
    }
    let message = format!("must be owner of table {}", relation.name);
    Err(Error::new(SqlState::INSUFFICIENT_PRIVILEGE, message))
}

/// What holds for all kinds of Citus tables (`EnsureCitusTableCanBeCreated`).
pub fn ensure_can_be_created(backend: &Backend<'_>, oid: Oid) -> Result<()> {
    metadata::ensure_coordinator(backend)?;
    let found = relation(backend, oid)?;
    ensure_owner(backend, &found)?;
    if found.persistence == Persistence::Temporary {
        return Err(unsupported("cannot distribute a temporary table"));
    }
    if found.schema == well_known::PG_CATALOG {
        return Err(unsupported("cannot create a citus table from a catalog table"));
    }
    let inherits = !found.is_partition() && !found.parents.is_empty();
    let inherited = found.kind == RelationKind::Table && backend.catalog()?.children_of(oid).next().is_some();
    let is_table = matches!(
        found.kind,
        RelationKind::Table | RelationKind::PartitionedTable | RelationKind::ForeignTable
    );
    if !is_table || inherits || inherited {
        let message = format!("{} is not a regular, foreign or partitioned table", found.name);
        return Err(Error::new(SqlState::WRONG_OBJECT_TYPE, message));
    }
    if let Some(shard) = crate::functions::visibility::shard_of_table(backend, oid) {
        let shell = metadata::of(backend)?.shard(shard).map(|shard| shard.relation);
        let name = relation_name(backend.catalog()?, shell.unwrap_or_default());
        let message = format!(
            "relation \"{}\" is a shard relation of the table \"{name}\"",
            found.name
        );
        return Err(Error::new(SqlState::WRONG_OBJECT_TYPE, message));
    }
    Ok(())
}

pub fn already_distributed(relation: &Relation) -> Error {
    let message = format!("table \"{}\" is already distributed", relation.name);
    Error::new(SqlState::INVALID_TABLE_DEFINITION, message)
}

/// The distribution column by its name (`BuildDistributionKeyFromColumnName`).
pub fn distribution_column<'a>(relation: &'a Relation, name: &str) -> Result<&'a Attribute> {
    relation.attribute_by_name(name).ok_or_else(|| {
        let message = format!("column \"{name}\" of relation \"{}\" does not exist", relation.name);
        Error::new(SqlState::UNDEFINED_COLUMN, message)
    })
}

/// What depends on how the table is to be distributed (`EnsureRelationCanBeDistributed`).
pub fn ensure_can_be_distributed(backend: &mut Backend<'_>, table: &DistributedTable) -> Result<()> {
    let found = relation(backend, table.relation)?;
    let name = &found.name;
    let is_empty = backend
        .database()?
        .heaps
        .get(&found.oid)
        .is_none_or(|heap| heap.live_rows == 0);
    if !matches!(table.method, PartitionMethod::Hash | PartitionMethod::None) && !is_empty {
        let message = format!("cannot distribute relation \"{name}\"");
        return Err(Error::new(SqlState::INVALID_TABLE_DEFINITION, message)
            .detail(format!("Relation \"{name}\" contains data."))
            .hint("Empty your table before distributing it."));
    }
    ensure_no_triggers(backend, &found)?;
    policy::check_policies(&found)?;
    if let Some(column) = table.column.and_then(|number| found.attribute(number)) {
        ensure_column_can_distribute(backend, &found, column, table.method)?;
    }
    partitions::ensure_can_be_distributed(backend, &found, table)?;
    rules::check_keys_as(backend, table)?;
    rules::check_unique_constraints(backend, table)
}

fn ensure_no_triggers(backend: &Backend<'_>, relation: &Relation) -> Result<()> {
    let has_trigger = backend
        .catalog()?
        .triggers
        .values()
        .any(|trigger| trigger.relation == relation.oid);
    if !has_trigger || crate::settings::is_on(backend, "citus.enable_unsafe_triggers") {
        return Ok(());
    }
    let name = &relation.name;
    Err(
        error(format!("cannot distribute relation \"{name}\" because it has triggers"))
            .hint(format!("Consider dropping all the triggers on \"{name}\" and retry.")),
    )
}

fn ensure_column_can_distribute(
    backend: &Backend<'_>,
    relation: &Relation,
    column: &Attribute,
    method: PartitionMethod,
) -> Result<()> {
    if column.generated.is_some() {
        return Err(unsupported(format!("cannot distribute relation: {}", relation.name))
            .detail("Distribution column must not use GENERATED ALWAYS AS (...) STORED."));
    }
    let scale = (column.type_modifier.wrapping_sub(4) & 0x7ff) ^ 1024;
    if column.type_oid == Oid::NUMERIC && column.type_modifier >= 4 && scale.wrapping_sub(1024) < 0 {
        return Err(unsupported(format!("cannot distribute relation: {}", relation.name))
            .detail("Distribution column must not use numeric type with negative scale"));
    }
    if method == PartitionMethod::Hash && !can_hash(backend, column.type_oid) {
        let type_name = backend.format_type(column.type_oid);
        let message = format!("data type {type_name} has no default operator class for specified partition method");
        return Err(Error::new(SqlState::UNDEFINED_OBJECT, message)
            .detail("Partition column types must have a default operator class defined."));
    }
    Ok(())
}

/// True if the type has a default operator class for hashing.
fn can_hash(backend: &Backend<'_>, type_oid: Oid) -> bool {
    match backend.user_type(type_oid).map(|found| &found.definition) {
        Some(TypeDefinition::Domain { base, .. }) => return can_hash(backend, *base),
        Some(TypeDefinition::Enum(_) | TypeDefinition::Composite { .. }) => return true,
        Some(TypeDefinition::Range { subtype }) => return can_hash(backend, *subtype),
        Some(TypeDefinition::Array { element }) => return can_hash(backend, *element),
        Some(_) => return false,
        None => {}
    }
    const WITHOUT: [&str; 14] = [
        "json", "xml", "box", "point", "lseg", "path", "polygon", "line", "circle", "money", "bit", "varbit",
        "tsvector", "tsquery",
    ];
    match kumquat_types::builtin_type(type_oid) {
        Some(found) if found.element.is_valid() => can_hash(backend, found.element),
        Some(found) => !WITHOUT.contains(&found.name),
        None => false,
    }
}

/// A table in a distributed schema is left alone by functions that would distribute it in another way
/// (`ErrorIfTenantTable`).
pub fn refuse_tenant_table(backend: &Backend<'_>, oid: Oid, operation: &str) -> Result<()> {
    let found = relation(backend, oid)?;
    let metadata = metadata::of(backend)?;
    if !metadata.schemas.contains_key(&found.schema) || metadata.table_type(oid) != Some(TableType::SingleShard) {
        return Ok(());
    }
    let name = crate::shards::names::qualified_name(backend.catalog()?, oid);
    Err(error(format!(
        "{name} is not allowed for {operation} because it belongs to a distributed schema"
    )))
}
