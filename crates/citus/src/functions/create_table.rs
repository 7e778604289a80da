//! create_distributed_table, create_reference_table, citus_add_local_table_to_metadata.

use kumquat_postgres::Backend;
use kumquat_types::{Datum, Error, Oid, Result, SqlState};

use super::Arguments;
use crate::foreign_keys::{self, OtherEnd, conversion};
use crate::metadata::{self, TableType};
use crate::session;
use crate::settings;
use crate::shards::names::relation_name;
use crate::tables::checks::{error, unsupported};
use crate::tables::create::{Colocate, Distribution, create_citus_table};
use crate::tables::local;

const MAX_SHARD_COUNT: i32 = 64_000;

/// create_distributed_table(table_name, distribution_column, distribution_type, colocate_with, shard_count)
pub fn create_distributed_table(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    let (Some(relation), Some(colocate_with)) = (args.oid(0), args.text(3)) else {
        return Ok(Datum::Void);
    };
    let colocate = Colocate::parse(colocate_with);
    let distribution = match args.text(1) {
        None => {
            check_single_shard_arguments(args)?;
            Distribution::single_shard(colocate)
        }
        Some(column) => {
            let Some(distribution_type) = args.text(2) else {
                return Ok(Datum::Void);
            };
            Distribution {
                table_type: match distribution_type {
                    "append" => TableType::AppendDistributed,
                    "range" => TableType::RangeDistributed,
                    _ => TableType::HashDistributed,
                },
                column: Some(column.to_string()),
                shard_count: shard_count(backend, args, &colocate)?,
                shard_count_is_strict: args.int4(4).is_some(),
                colocate,
            }
        }
    };
    open_connections(backend)?;
    create_citus_table(backend, relation, &distribution)?;
    Ok(Datum::Void)
}

fn shard_count(backend: &Backend<'_>, args: Arguments<'_>, colocate: &Colocate) -> Result<i32> {
    let given = args.int4(4);
    if given.is_some() && matches!(colocate, Colocate::With(_)) {
        return Err(error(
            "Cannot use colocate_with with a table and shard_count at the same time",
        ));
    }
    let count = given.unwrap_or_else(|| settings::integer(backend, "citus.shard_count"));
    match (1..=MAX_SHARD_COUNT).contains(&count) {
        true => Ok(count),
        false => Err(error(format!(
            "{count} is outside the valid range for parameter \"shard_count\" (1 .. {MAX_SHARD_COUNT})"
        ))),
    }
}

fn check_single_shard_arguments(args: Arguments<'_>) -> Result<()> {
    if args.int4(4).is_some() {
        return Err(error(
            "shard_count can't be specified when the distribution column is null because in that case it's \
             automatically set to 1",
        ));
    }
    match args.text(2) {
        None | Some("hash") => Ok(()),
        Some(_) => Err(error(
            "distribution_type can't be specified when the distribution column is null ",
        )),
    }
}

/// create_distributed_table_concurrently: the same for those who read and write meanwhile, of whom there are
/// none here.
pub fn create_concurrently(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    let (Some(_), Some(distribution_type), Some(_)) = (args.oid(0), args.text(2), args.text(3)) else {
        return Ok(Datum::Void);
    };
    if args.text(1).is_none() {
        return Err(error(
            "cannot use create_distributed_table_concurrently to create a distributed table with a null shard key, \
             consider using create_distributed_table()",
        ));
    }
    if crate::transaction::in_block(backend) {
        let message = "create_distributed_table_concurrently cannot run inside a transaction block";
        return Err(Error::new(SqlState::ACTIVE_SQL_TRANSACTION, message));
    }
    if distribution_type != "hash" {
        let message = "only hash-distributed tables can be distributed without blocking writes";
        return Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message));
    }
    if settings::integer(backend, "citus.shard_replication_factor") > 1 {
        return Err(unsupported(
            "cannot distribute a table concurrently when citus.shard_replication_factor > 1",
        ));
    }
    ensure_keys_allow_concurrent(backend, args.oid(0).unwrap_or_default())?;
    create_distributed_table(backend, args)
}

/// Keys with tables that are not distributed stand in the way (`ErrorIfForeignTable` and its kin come before).
fn ensure_keys_allow_concurrent(backend: &Backend<'_>, relation: Oid) -> Result<()> {
    let (catalog, metadata) = (backend.catalog()?, metadata::of(backend)?);
    if metadata.is_citus_table(relation) || catalog.relation(relation).is_none() {
        return Ok(());
    }
    let kind = |oid| match metadata.table_type(oid) {
        None => Some("regular table"),
        Some(TableType::Reference) => Some("reference table"),
        Some(TableType::CitusLocal) => Some("citus local table"),
        Some(_) => None,
    };
    let refused = |referenced, referencing, from: &str, to: &str| {
        let name = |oid| relation_name(catalog, oid);
        Err(unsupported(format!(
            "relation {} is referenced by a foreign key from {}",
            name(referenced),
            name(referencing)
        ))
        .detail(format!("foreign keys from a {from} to a {to} are not supported.")))
    };
    for key in foreign_keys::referenced_keys(backend, relation, OtherEnd::Any)? {
        if let Some(kind) = kind(key.relation) {
            return refused(relation, key.relation, kind, "distributed table");
        }
    }
    for key in foreign_keys::referencing_keys(backend, relation, OtherEnd::Local)? {
        let referenced = foreign_keys::foreign_key(&key).map_or(relation, |key| key.referenced);
        if referenced != relation {
            return refused(referenced, relation, "distributed table", "regular table");
        }
    }
    Ok(())
}

/// create_reference_table(table_name)
pub fn create_reference_table(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    if let Some(relation) = args.oid(0) {
        open_connections(backend)?;
        create_citus_table(backend, relation, &Distribution::reference())?;
    }
    Ok(Datum::Void)
}

/// citus_add_local_table_to_metadata(table_name, cascade_via_foreign_keys)
pub fn citus_add_local_table_to_metadata(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    if let (Some(relation), Some(cascade)) = (args.oid(0), args.bool(1)) {
        local::add_to_metadata(backend, relation, cascade, false)?;
    }
    Ok(Datum::Void)
}

/// remove_local_tables_from_metadata()
pub fn remove_local_tables(backend: &mut Backend<'_>) -> Result<Datum> {
    metadata::ensure_coordinator(backend)?;
    conversion::undistribute_disconnected(backend)?;
    Ok(Datum::Void)
}

/// The first table of a session opens a connection to each worker for what it needs there, and then one for the
/// shards, which is kept.
fn open_connections(backend: &mut Backend<'_>) -> Result<()> {
    let workers: Vec<_> = metadata::of(backend)?
        .active_workers()
        .iter()
        .map(|node| node.id)
        .collect();
    session::log(backend, |log| {
        if log.connections == 0 {
            log.connections = workers.len() as u64;
            for node in workers {
                log.connections = log.connections.saturating_add(1);
                log.cached_connections.push((node, log.connections));
            }
        }
    });
    Ok(())
}
