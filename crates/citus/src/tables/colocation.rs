//! Which colocation group a table joins.

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::namespace::qualified_name;
use kumquat_types::{Oid, Result, builtin_type};

use super::checks::{error, relation, unsupported};
use super::create::{Colocate, Distribution};
use crate::metadata::{self, ColocationGroup, ColocationId, TableType, sequence};
use crate::shards::names::relation_name;

/// The group for a new table; a new one is made if none fits (`ColocationIdForNewTable`).
pub fn group_for_new_table(
    backend: &mut Backend<'_>,
    oid: Oid,
    distribution: &Distribution,
    column_type: Oid,
) -> Result<ColocationId> {
    match distribution.table_type {
        TableType::CitusLocal => return Ok(0),
        TableType::AppendDistributed | TableType::RangeDistributed => {
            if distribution.colocate != Colocate::Default {
                return Err(unsupported("cannot distribute relation").detail(
                    "Currently, colocate_with option is not supported for append / range distributed tables.",
                ));
            }
            return Ok(0);
        }
        TableType::Reference => {
            return match metadata::of(backend)?.reference_group() {
                Some(group) => Ok(group),
                None => create_group(backend, 1, -1, Oid::INVALID),
            };
        }
        TableType::HashDistributed | TableType::SingleShard => {}
    }
    match &distribution.colocate {
        Colocate::Group(group) => Ok(*group),
        Colocate::With(name) => {
            let other = resolve_relation(backend, name)?;
            ensure_can_be_colocated(backend, oid, distribution.table_type, column_type, other)?;
            Ok(metadata::of(backend)?
                .table(other)
                .map_or(0, |table| table.colocation_id))
        }
        Colocate::Default => {
            let count = distribution.shard_count;
            let collation = type_collation(column_type);
            let metadata = metadata::of(backend)?;
            let group = metadata
                .default_colocation_group(count, 1, column_type, collation)
                .filter(|group| {
                    let other = metadata.colocated_tables(*group).next();
                    let shards = other.map(|table| metadata.shards_of(table.relation).len());
                    !distribution.shard_count_is_strict
                        || shards.is_none_or(|shards| i32::try_from(shards) == Ok(count))
                });
            match group {
                Some(group) => Ok(group),
                None => create_group(backend, count, 1, column_type),
            }
        }
        Colocate::None => create_group(backend, distribution.shard_count, 1, column_type),
    }
}

/// Makes a group with the next id (`CreateColocationGroup`).
pub fn create_group(
    backend: &mut Backend<'_>,
    shard_count: i32,
    replication_factor: i32,
    column_type: Oid,
) -> Result<ColocationId> {
    let id = sequence::next_value(backend, sequence::COLOCATION_ID)?;
    let id = u32::try_from(id).unwrap_or(u32::MAX);
    let group = ColocationGroup {
        id,
        shard_count,
        replication_factor,
        column_type,
        collation: type_collation(column_type),
    };
    metadata::update(backend, |metadata| {
        metadata.colocation_groups.insert(id, group);
    })?;
    Ok(id)
}

/// The collation of a type (`get_typcollation`).
pub fn type_collation(type_oid: Oid) -> Oid {
    const DEFAULT: Oid = Oid(100);
    match builtin_type(type_oid) {
        Some(found) if found.collatable => DEFAULT,
        _ => Oid::INVALID,
    }
}

/// The relation of a name given as text (`ResolveRelationId`).
pub fn resolve_relation(backend: &Backend<'_>, name: &str) -> Result<Oid> {
    let parts = qualified_name(name)?;
    let (schema, name) = match parts.as_slice() {
        [name] => (None, name.as_str()),
        [.., schema, name] => (Some(schema.as_str()), name.as_str()),
        [] => (None, name),
    };
    match backend.find_relation_named(schema, name)? {
        Some(found) => Ok(found.oid),
        None => {
            let shown = schema.map_or(name.to_string(), |schema| format!("{schema}.{name}"));
            let message = format!("relation \"{shown}\" does not exist");
            Err(kumquat_types::Error::new(
                kumquat_types::SqlState::UNDEFINED_TABLE,
                message,
            ))
        }
    }
}

/// What a table must have in common with one it is to be colocated with (`EnsureTableCanBeColocatedWith`).
fn ensure_can_be_colocated(
    backend: &Backend<'_>,
    oid: Oid,
    table_type: TableType,
    column_type: Oid,
    other: Oid,
) -> Result<()> {
    let (catalog, metadata) = (backend.catalog()?, metadata::of(backend)?);
    let (name, other_name) = (relation_name(catalog, oid), relation_name(catalog, other));
    let Some(found) = metadata.table(other) else {
        return Err(error(format!("relation {other_name} is not distributed")));
    };
    let mismatch = |detail: String| error(format!("cannot colocate tables {other_name} and {name}")).detail(detail);
    match found.table_type() {
        TableType::AppendDistributed | TableType::RangeDistributed | TableType::CitusLocal => {
            return Err(unsupported("cannot distribute relation").detail(
                "Currently, colocate_with option is not supported with append / range distributed tables and local \
                 tables added to metadata.",
            ));
        }
        TableType::Reference if table_type == TableType::SingleShard => {
            return Err(mismatch(format!(
                "Replication models don't match for {other_name} and {name}."
            )));
        }
        _ => {}
    }
    let other_type = found.column.and_then(|column| {
        catalog
            .relation(other)?
            .attribute(column)
            .map(|attribute| attribute.type_oid)
    });
    if other_type.unwrap_or_default() != column_type {
        return Err(mismatch(format!(
            "Distribution column types don't match for {other_name} and {name}."
        )));
    }
    let (schema, other_schema) = (relation(backend, oid)?.schema, relation(backend, other)?.schema);
    if metadata.schemas.contains_key(&other_schema) && schema != other_schema {
        let schema_name = backend.schema_name(other_schema);
        return Err(mismatch(
            "Cannot colocate tables with distributed schema tables by using colocate_with option.".to_string(),
        )
        .hint(format!(
            "Consider using \"CREATE TABLE\" statement to create this table as a single-shard distributed \
                     table in the same schema to automatically colocate it with {schema_name}.{other_name}"
        )));
    }
    Ok(())
}
