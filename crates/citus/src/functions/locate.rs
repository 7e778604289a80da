//! Where values and shards are: worker_hash, get_shard_id_for_distribution_column, shard_name, colocation.

use kumquat_postgres::Backend;
use kumquat_types::{ArrayValue, Datum, Error, Oid, Result, SqlState};

use super::Arguments;
use crate::hashing;
use crate::metadata::{self, TableType};
use crate::shards::names;
use crate::tables::checks::{self, error};

/// worker_hash(value)
pub fn worker_hash(args: Arguments<'_>) -> Result<Datum> {
    let Some(value) = args.datum(0) else {
        return Ok(Datum::Null);
    };
    let type_oid = args.type_of(0);
    match hashing::hash_datum(value, type_oid) {
        Some(hash) if type_oid != Oid::UNKNOWN => Ok(Datum::Int4(hash)),
        _ => {
            let message = "cannot find a hash function for the input type";
            Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, message)
                .hint("Cast input to a data type with a hash function."))
        }
    }
}

/// get_shard_id_for_distribution_column(table_name, distribution_value)
pub fn shard_for_value(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    let Some(relation) = args.oid(0) else {
        return Err(Error::new(SqlState::NULL_VALUE_NOT_ALLOWED, "relation cannot be NULL"));
    };
    let metadata = metadata::of(backend)?;
    let Some(table) = metadata.table(relation).cloned() else {
        let message = "relation is not distributed";
        return Err(Error::new(SqlState::INVALID_TABLE_DEFINITION, message));
    };
    if !table.table_type().has_distribution_key() {
        let shard = metadata.shards_of(relation).first().copied();
        return Ok(shard.map_or(Datum::Null, Datum::Int8));
    }
    let Some(value) = args.datum(1).cloned() else {
        let message = "distribution value cannot be NULL for tables other than reference tables.";
        return Err(Error::new(SqlState::NULL_VALUE_NOT_ALLOWED, message));
    };
    let found = checks::relation(backend, relation)?;
    let Some(column) = table.column.and_then(|number| found.attribute(number)) else {
        return Ok(Datum::Null);
    };
    let value =
        crate::planner::values::convert(backend, value, args.type_of(1), column.type_oid, column.type_modifier)?;
    let Some(hash) = hashing::hash_datum(&value, column.type_oid) else {
        return Ok(Datum::Null);
    };
    let metadata = metadata::of(backend)?;
    let index = metadata.shard_index(relation, hash);
    let shard = index.and_then(|index| metadata.colocated_shard(relation, index));
    Ok(shard.map_or(Datum::Null, Datum::Int8))
}

/// shard_name(object_name, shard_id, skip_qualify_public)
pub fn shard_name(backend: &Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    let (Some(relation), Some(shard), Some(skip_public)) = (args.oid(0), args.int(1), args.bool(2)) else {
        return Ok(Datum::Null);
    };
    if shard <= 0 {
        let message = "shard_id cannot be zero or negative value";
        return Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message));
    }
    let catalog = backend.catalog()?;
    let Some(found) = catalog.relation(relation) else {
        return Err(Error::new(
            SqlState::INVALID_PARAMETER_VALUE,
            "object_name does not reference a valid relation",
        ));
    };
    let name = names::shard_name(&found.name, shard);
    let is_public = found.schema == kumquat_postgres::catalog::well_known::PUBLIC;
    Ok(Datum::text(match is_public && skip_public {
        true => names::quote_identifier(&name),
        false => names::qualified(catalog, found.schema, &name),
    }))
}

/// distributed_tables_colocated(table1, table2)
pub fn tables_colocated(backend: &Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    let (Some(first), Some(second)) = (args.oid(0), args.oid(1)) else {
        return Ok(Datum::Bool(false));
    };
    let metadata = metadata::of(backend)?;
    let (Some(first), Some(second)) = (metadata.table(first), metadata.table(second)) else {
        return Err(error("relation is not distributed"));
    };
    let same = first.colocation_id == second.colocation_id && first.colocation_id != 0;
    Ok(Datum::Bool(same))
}

/// get_colocated_table_array(table)
pub fn colocated_tables(backend: &Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    let Some(relation) = args.oid(0) else {
        return Ok(Datum::Null);
    };
    let metadata = metadata::of(backend)?;
    let Some(table) = metadata.table(relation) else {
        let name = names::relation_name(backend.catalog()?, relation);
        return Err(error(format!("relation {name} is not distributed")));
    };
    let mut tables: Vec<Oid> = metadata
        .colocated_tables(table.colocation_id)
        .map(|table| table.relation)
        .collect();
    if tables.is_empty() {
        tables.push(relation);
    }
    let values = tables.into_iter().map(|oid| Datum::Oid(oid.0)).collect();
    Ok(Datum::Array(ArrayValue::vector(Oid::REGCLASS, values).into()))
}

/// get_colocated_shard_array(shard)
pub fn colocated_shards(backend: &Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    let Some(shard) = args.int(0) else {
        return Ok(Datum::Null);
    };
    let shards = colocated_shard_ids(backend, shard)?;
    let values = shards.into_iter().map(Datum::Int8).collect();
    Ok(Datum::Array(ArrayValue::vector(Oid::INT8, values).into()))
}

/// A shard and those of colocated tables that belong to the same place, by table.
pub fn colocated_shard_ids(backend: &Backend<'_>, shard: i64) -> Result<Vec<i64>> {
    let metadata = metadata::of(backend)?;
    let Some(found) = metadata.shard(shard) else {
        return Err(error(format!("could not find valid entry for shard {shard}")));
    };
    let relation = found.relation;
    let group = metadata.table(relation).map_or(0, |table| table.colocation_id);
    let index = metadata.index_of_shard(shard).unwrap_or(0);
    let mut shards: Vec<i64> = metadata
        .colocated_tables(group)
        .filter(|table| table.table_type() != TableType::Reference)
        .filter_map(|table| metadata.colocated_shard(table.relation, index))
        .collect();
    if !shards.contains(&shard) {
        shards.push(shard);
    }
    Ok(shards)
}
