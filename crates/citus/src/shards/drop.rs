//! What happens to shards and metadata of tables that are dropped.

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::ObjectClass;
use kumquat_types::{Oid, Result};

use super::mirror;
use crate::connection::Connection;
use crate::metadata::{self, Placement, ShardId};
use crate::trace::Sql;

/// Cleans up after relations that a statement has dropped: their shards, their shell tables on other nodes,
/// their rows in the metadata (`citus_drop_trigger`).
pub fn drop_vanished_tables(backend: &mut Backend<'_>) -> Result<()> {
    let catalog = backend.catalog()?.clone();
    let metadata = metadata::of(backend)?;
    let vanished: Vec<Oid> = metadata
        .tables
        .keys()
        .copied()
        .filter(|relation| catalog.relation(*relation).is_none())
        .collect();
    for relation in vanished {
        drop_table(backend, relation)?;
    }
    Ok(())
}

/// Drops the shards of a table and removes it from the metadata of all nodes.
pub fn drop_table(backend: &mut Backend<'_>, relation: Oid) -> Result<()> {
    drop_shards(backend, relation)?;
    mirror::unmirror_relation(backend, relation)?;
    forget_table(backend, relation)
}

/// Removes a table from the metadata, with its colocation group if that is empty now.
pub fn forget_table(backend: &mut Backend<'_>, relation: Oid) -> Result<()> {
    metadata::update(backend, |metadata| {
        let group = metadata.table(relation).map(|table| table.colocation_id);
        metadata.remove_table(relation);
        metadata.unmark_distributed(ObjectClass::Relation, relation);
        if let Some(group) = group {
            metadata.remove_group_if_empty(group);
        }
    })
}

/// Drops the tables of all shards of a relation.
pub fn drop_shards(backend: &mut Backend<'_>, relation: Oid) -> Result<()> {
    let metadata = metadata::of(backend)?;
    let placements: Vec<(ShardId, Placement)> = metadata
        .shards_of(relation)
        .iter()
        .flat_map(|shard| {
            metadata
                .placements_of(*shard)
                .iter()
                .map(|placement| (*shard, *placement))
        })
        .collect();
    let is_single = metadata.shards_of(relation).len() == 1;
    for (_, placement) in placements {
        if is_single {
            tell_local(backend, placement)?;
        }
        drop_placement(backend, placement)?;
    }
    Ok(())
}

/// The only shard of a table, if it is on this node, is dropped without a connection.
fn tell_local(backend: &mut Backend<'_>, placement: Placement) -> Result<()> {
    if let Some((connection, name)) = placed(backend, placement)? {
        connection.tell_local(backend, &drop_command(&name));
    }
    Ok(())
}

fn drop_command(name: &str) -> String {
    format!("DROP TABLE IF EXISTS {name} CASCADE")
}

/// The connection to a placement's node, and the qualified name of its table there.
fn placed(backend: &mut Backend<'_>, placement: Placement) -> Result<Option<(Connection, String)>> {
    let node = metadata::of(backend)?
        .primary_of_group(placement.group)
        .map(|node| node.id);
    let Some(node) = node else { return Ok(None) };
    let connection = Connection::open(backend, node)?;
    let name = connection.run(backend, |remote| {
        let catalog = remote.catalog()?;
        let known = catalog.relation(placement.table).is_some();
        Ok(known.then(|| super::names::qualified_name(catalog, placement.table)))
    })?;
    Ok(name.map(|name| (connection, name)))
}

/// Drops the table of one placement.
pub fn drop_placement(backend: &mut Backend<'_>, placement: Placement) -> Result<()> {
    let Some((connection, name)) = placed(backend, placement)? else {
        return Ok(());
    };
    let sql = Sql::text(drop_command(&name));
    connection.send(backend, sql, |remote| {
        mirror::remove_relation(remote.database_mut()?, placement.table);
        Ok(())
    })
}
