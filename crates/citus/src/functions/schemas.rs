//! citus_schema_distribute, citus_schema_undistribute, citus_schema_move.

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::Schema;
use kumquat_types::{Datum, Error, Result, SqlState};

use super::Arguments;
use crate::metadata;
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
