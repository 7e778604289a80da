//! Rows of shards in bulk: what `create_distributed_table` copies and `undistribute_table` brings back.

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::executor;
use kumquat_postgres::server::Database;
use kumquat_postgres::storage::Heap;
use kumquat_types::{Chunk, Oid, Result};

use crate::connection::Connection;
use crate::hashing;
use crate::metadata::{self, Placement, ShardId, TableType};
use crate::trace::Sql;
use crate::transaction;

/// All rows of a Citus table, in order of its shards. Of several placements the first is read.
pub fn read_all(backend: &Backend<'_>, relation: Oid) -> Result<Vec<Chunk>> {
    let metadata = metadata::of(backend)?;
    let placements = metadata
        .shards_of(relation)
        .iter()
        .filter_map(|shard| metadata.placements_of(*shard).first());
    let mut chunks = Vec::new();
    for placement in placements {
        if let Some(heap) = heap_of(backend, placement) {
            chunks.extend(heap.live_chunks());
        }
    }
    Ok(chunks)
}

/// Live rows of one placement.
pub fn row_count(backend: &Backend<'_>, placement: &Placement) -> u64 {
    heap_of(backend, placement).map_or(0, |heap| heap.live_rows)
}

/// Bytes of one placement's rows.
pub fn byte_count(backend: &Backend<'_>, placement: &Placement) -> u64 {
    heap_of(backend, placement).map_or(0, |heap| heap.bytes)
}

/// The heap of a placement's table.
pub fn heap_of<'a>(backend: &'a Backend<'_>, placement: &Placement) -> Option<&'a Arc<Heap>> {
    database_of(backend, placement)?.heaps.get(&placement.table)
}

/// The database a placement lies in.
pub fn database_of<'a>(backend: &'a Backend<'_>, placement: &Placement) -> Option<&'a Database> {
    let server = super::create::server_of_group(backend, placement.group)?;
    let server = backend.network.servers.get(server.0)?;
    server.databases.get(&backend.session.database)
}

/// Writes rows, whose columns are those of the relation by attribute number, into the shards they belong to.
/// Constraints of the shards are checked; a row without a distribution value is refused.
pub fn write_all(backend: &mut Backend<'_>, relation: Oid, chunks: Vec<Chunk>) -> Result<()> {
    let table_type = metadata::of(backend)?.table_type(relation);
    let shards: Vec<ShardId> = metadata::of(backend)?.shards_of(relation).to_vec();
    if table_type == Some(TableType::HashDistributed) {
        for (shard, chunks) in hashing::split::split_by_shard(backend, relation, &chunks)? {
            write_shard(backend, relation, shard, chunks)?;
        }
        return Ok(());
    }
    for shard in shards {
        write_shard(backend, relation, shard, chunks.clone())?;
    }
    Ok(())
}

/// Writes rows into all placements of a shard.
pub fn write_shard(backend: &mut Backend<'_>, relation: Oid, shard: ShardId, chunks: Vec<Chunk>) -> Result<()> {
    let rows: usize = chunks.iter().map(|chunk| chunk.rows).sum();
    if rows == 0 {
        return Ok(());
    }
    let shell = backend.catalog()?.relation(relation).cloned();
    let Some(shell) = shell else { return Ok(()) };
    let columns: Vec<i16> = shell.live_attributes().map(|attribute| attribute.number).collect();
    let places: Vec<usize> = columns
        .iter()
        .filter_map(|number| usize::try_from(*number).ok()?.checked_sub(1))
        .collect();
    let live = |chunk: &Chunk| Chunk {
        columns: places.iter().filter_map(|at| chunk.columns.get(*at).cloned()).collect(),
        rows: chunk.rows,
    };
    let chunks: Vec<Chunk> = chunks.iter().map(live).collect();
    for placement in metadata::of(backend)?.placements_of(shard).to_vec() {
        let node = metadata::of(backend)?
            .primary_of_group(placement.group)
            .map(|node| node.id);
        let Some(node) = node else { continue };
        let connection = Connection::open(backend, node)?;
        let name = super::names::shard_name(&shell.name, shard);
        let name = super::names::qualified(backend.catalog()?, shell.schema, &name);
        let sql = Sql::text(format!("COPY {name} FROM STDIN WITH (format 'binary')"));
        if transaction::in_block(backend) {
            connection.tell_local_copy(backend, shard);
        }
        connection.record(backend, sql, rows as u64)?;
        let copy = chunks.clone();
        connection
            .run(backend, |remote| {
                executor::insert_chunks(remote, placement.table, &columns, copy)
            })
            .map_err(without_node_context)?;
    }
    Ok(())
}

/// Puts rows into the empty table of a new placement as they are: they were checked where they come from.
pub fn fill_placement(backend: &mut Backend<'_>, placement: Placement, chunks: &[Chunk]) -> Result<()> {
    let node = metadata::of(backend)?
        .primary_of_group(placement.group)
        .map(|node| node.id);
    let Some(node) = node else { return Ok(()) };
    let heap = Arc::new(Heap::from_chunks(chunks.iter().cloned()));
    Connection::open(backend, node)?.run(backend, |remote| {
        remote.database_mut()?.heaps.insert(placement.table, heap);
        Ok(())
    })
}

/// An error of COPY comes without the node's address.
fn without_node_context(mut error: kumquat_types::Error) -> kumquat_types::Error {
    error.context = None;
    error
}
