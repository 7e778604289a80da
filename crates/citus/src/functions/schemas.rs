//! citus_schema_distribute, citus_schema_undistribute, citus_schema_move.

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::Schema;
use kumquat_types::{Datum, Error, Result, SqlState};

use super::Arguments;
use super::move_shard::{self, Target};
use crate::metadata;
use crate::tables::checks::error;
use crate::tables::tenant;

/// citus_schema_distribute(schemaname)
pub fn distribute(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    metadata::ensure_coordinator(backend)?;
    if let Some(schema) = schema(backend, args)? {
        tenant::distribute_schema(backend, &schema)?;
    }
    Ok(Datum::Void)
}

/// citus_schema_undistribute(schemaname)
pub fn undistribute(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    metadata::ensure_coordinator(backend)?;
    if let Some(schema) = schema(backend, args)? {
        tenant::undistribute_schema(backend, &schema)?;
    }
    Ok(Datum::Void)
}

/// citus_schema_move(schema_id, target_node_id | target_node_name, target_node_port, shard_transfer_mode)
pub fn move_schema(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    metadata::ensure_coordinator(backend)?;
    let Some(schema) = schema(backend, args)? else {
        return Ok(Datum::Void);
    };
    let group = metadata::of(backend)?.schemas.get(&schema.oid).copied();
    let Some(group) = group else {
        return Err(error(format!("schema {} is not a distributed schema", schema.name)));
    };
    let metadata = metadata::of(backend)?;
    let shard = metadata
        .colocated_tables(group)
        .find_map(|table| metadata.shards_of(table.relation).first().copied());
    let Some(shard) = shard else {
        return Err(error(format!(
            "cannot move distributed schema {} because it is empty",
            schema.name
        )));
    };
    let by_id = args.0.args.len() == 3;
    let (target, mode) = match by_id {
        true => (Target::Id(args.int4(1).unwrap_or(0)), args.text(2)),
        false => {
            let host = args.text(1).unwrap_or_default().to_string();
            (Target::Address(host, args.int4(2).unwrap_or(0)), args.text(3))
        }
    };
    let source = metadata.nodes_of_shard(shard).next().map_or(0, |node| node.id);
    move_shard::move_shard(backend, shard, &Target::Id(source), &target, mode.unwrap_or("auto"))?;
    Ok(Datum::Void)
}

fn schema(backend: &Backend<'_>, args: Arguments<'_>) -> Result<Option<Arc<Schema>>> {
    let Some(oid) = args.oid(0) else { return Ok(None) };
    let Some(schema) = backend.catalog()?.schemas.get(&oid).cloned() else {
        let message = format!("schema with OID {oid} does not exist");
        return Err(Error::new(SqlState::INVALID_SCHEMA_NAME, message));
    };
    let user = backend.session.current_user;
    let superuser = backend.server()?.roles.get(&user).is_some_and(|role| role.superuser);
    if superuser || schema.owner == user {
        return Ok(Some(schema));
    }
    let message = format!("must be owner of schema {}", schema.name);
    Err(Error::new(SqlState::INSUFFICIENT_PRIVILEGE, message))
}
