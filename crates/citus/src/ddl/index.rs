//! CREATE INDEX: on the table, then on each shard.

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::Relation;
use kumquat_postgres::result::CommandTag;
use kumquat_sql::ast::{IndexElem, IndexKey, IndexStmt, Statement};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::alter_table::shards::{record, shard_range};
use super::follow::{ShardTable, shard_tables};
use super::snapshot::{Snapshot, has_shards};
use super::{propagated, unsupported};
use crate::connection::Connection;
use crate::metadata::{self, PartitionMethod};
use crate::shards::names::shard_name;
use crate::transaction::apart::{self, Apart};
use crate::transaction::{self, access};
use crate::{session, settings};

pub fn create(backend: &mut Backend<'_>, stmt: &IndexStmt, text: &str) -> Result<CommandTag> {
    let statement = Statement::Index(Box::new(stmt.clone()));
    let table = backend.find_relation(&stmt.relation)?;
    let table = table.filter(|table| metadata::of(backend).is_ok_and(|metadata| metadata.is_citus_table(table.oid)));
    let Some(table) = table else {
        return propagated(backend, &statement, text);
    };
    metadata::ensure_coordinator(backend)?;
    if stmt.concurrent && transaction::in_block(backend) {
        return Err(Error::new(
            SqlState::ACTIVE_SQL_TRANSACTION,
            "CREATE INDEX CONCURRENTLY cannot run inside a transaction block",
        ));
    }
    check(backend, stmt, &table)?;
    let before = Snapshot::take(backend)?;
    let tag = backend.standard_utility(&statement, text)?;
    let index = backend
        .catalog()?
        .indexes_of(table.oid)
        .find(|index| before.catalog.relation(index.oid).is_none())
        .cloned();
    if let Some(index) = index
        && has_shards(backend, table.oid)?
    {
        let done = create_on_shards(backend, stmt, &table, &index, text);
        if let (Err(_), true) = (&done, stmt.concurrent) {
            leave_invalid(backend, &table, &index)?;
        }
        done?;
        access::record_parallel(backend, table.oid, access::AccessKind::Ddl)?;
    } else if stmt.concurrent && stmt.if_not_exists {
        invalidate(backend, stmt, &table)?;
    }
    before.synchronize(backend, text)?;
    Ok(tag)
}

/// CREATE INDEX CONCURRENTLY marks the index invalid before it goes to the shards and valid when it has been there;
/// of an index that is there already it never comes to the second step.
fn invalidate(backend: &mut Backend<'_>, stmt: &IndexStmt, table: &Relation) -> Result<()> {
    let known = backend
        .catalog()?
        .indexes_of(table.oid)
        .find(|index| stmt.name.as_deref() == Some(&*index.name))
        .cloned();
    known.map_or(Ok(()), |known| mark_invalid(backend, &known))
}

fn mark_invalid(backend: &mut Backend<'_>, index: &Relation) -> Result<()> {
    let mut changed = index.clone();
    if let Some(definition) = &mut changed.index {
        Arc::make_mut(definition).valid = false;
    }
    backend.catalog_mut()?.put_relation(changed);
    Ok(())
}

/// CREATE INDEX CONCURRENTLY that fails on a shard leaves its index behind.
fn leave_invalid(backend: &mut Backend<'_>, table: &Relation, index: &Relation) -> Result<()> {
    mark_invalid(backend, index)?;
    apart::note(backend, Apart::Table(table.oid))?;
    backend.notice(Error::warning(
        SqlState::WARNING,
        "Commands that are not transaction-safe may result in partial failure, potentially leading to an inconsistent \
         state.\nIf the problematic command is a CREATE operation, consider using the 'IF EXISTS' syntax to drop the \
         object,\nif applicable, and then re-attempt the original command.",
    ));
    Ok(())
}

/// What `ErrorIfUnsupportedIndexStmt` refuses.
fn check(backend: &Backend<'_>, stmt: &IndexStmt, table: &Relation) -> Result<()> {
    if stmt.tablespace.is_some() {
        return Err(unsupported(
            "specifying tablespaces with CREATE INDEX statements is currently unsupported",
        ));
    }
    let Some(distributed) = metadata::of(backend)?.table(table.oid) else {
        return Ok(());
    };
    if !stmt.unique || distributed.column.is_none() || settings::is_on(backend, "citus.allow_unsafe_constraints") {
        return Ok(());
    }
    if distributed.method == PartitionMethod::Append {
        return Err(unsupported(
            "creating unique indexes on append-partitioned tables is currently unsupported",
        ));
    }
    let is_distribution_column = |elem: &IndexElem| match &elem.key {
        IndexKey::Column(name) => table.attribute_by_name(name).map(|attribute| attribute.number) == distributed.column,
        IndexKey::Expr(_) => false,
    };
    match stmt.params.iter().any(is_distribution_column) {
        true => Ok(()),
        false => Err(unsupported(
            "creating unique indexes on non-partition columns is currently unsupported",
        )),
    }
}

fn create_on_shards(
    backend: &mut Backend<'_>,
    stmt: &IndexStmt,
    table: &Relation,
    index: &Relation,
    text: &str,
) -> Result<()> {
    for shard in shard_tables(backend, table.oid)? {
        let mut shard_stmt = stmt.clone();
        shard_stmt.name = Some(shard_name(&index.name, shard.shard));
        shard_stmt.relation = shard_range(backend, table.oid, shard.shard)?;
        shard_stmt.relation.inherit = stmt.relation.inherit;
        let connection = Connection::open(backend, shard.node)?;
        record(backend, &connection, (table.oid, shard.shard), None, text)?;
        let statement = Statement::Index(Box::new(shard_stmt));
        connection.run(backend, |remote| {
            session::without_propagation(remote, |remote| {
                let notices = remote.session.notices.len();
                remote.standard_utility(&statement, text)?;
                remote.session.notices.truncate(notices);
                Ok(())
            })
        })?;
    }
    name_partition_indexes(backend, table.oid)
}

/// On partitions PostgreSQL names indexes itself; shards get the names of the partitions' indexes
/// (`FixPartitionShardIndexNames`).
fn name_partition_indexes(backend: &mut Backend<'_>, table: Oid) -> Result<()> {
    let catalog = backend.catalog()?.clone();
    for partition in catalog.children_of(table) {
        for shard in shard_tables(backend, partition.oid)? {
            let connection = Connection::open(backend, shard.node)?;
            connection.run(backend, |remote| {
                for index in catalog.indexes_of(partition.oid) {
                    name_like(remote, &catalog, index, &shard)?;
                }
                Ok(())
            })?;
        }
    }
    Ok(())
}

/// Finds the index on a partition's shard that hangs on the same index of the parent's shard.
fn name_like(
    remote: &mut Backend<'_>,
    source: &kumquat_postgres::catalog::Catalog,
    index: &Arc<Relation>,
    shard: &ShardTable,
) -> Result<()> {
    let name = shard_name(&index.name, shard.shard);
    let catalog = remote.catalog()?;
    if catalog.indexes_of(shard.table).any(|found| *found.name == *name) {
        return Ok(());
    }
    let Some(parent) = index.parents.first().and_then(|parent| source.relation(*parent)) else {
        return Ok(());
    };
    let hangs_on = |found: &&Arc<Relation>| {
        found.parents.iter().any(|oid| {
            catalog.relation(*oid).is_some_and(|on_shard| {
                crate::shards::names::shard_id_of_name(&on_shard.name)
                    .is_some_and(|suffix| *on_shard.name == *shard_name(&parent.name, suffix))
            })
        })
    };
    let found = catalog.indexes_of(shard.table).find(hangs_on).cloned();
    if let Some(found) = found {
        let mut renamed = (*found).clone();
        renamed.name = name.into();
        remote.catalog_mut()?.put_relation(renamed);
    }
    Ok(())
}
