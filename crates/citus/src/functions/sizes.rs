//! Sizes of Citus tables and shards.

use kumquat_postgres::Backend;
use kumquat_postgres::storage::Heap;
use kumquat_types::{Datum, Oid, Result};

use super::Arguments;
use crate::disk;
use crate::metadata::{self, Placement, ShardId};
use crate::shards::names::relation_name;
use crate::shards::rows;
use crate::tables::checks::error;
use crate::{session, transaction};

const PAGE: u64 = 8192;

/// Bytes of a heap on disk: whole pages.
fn heap_bytes(heap: &Heap) -> u64 {
    heap.pages().saturating_mul(PAGE)
}

/// Bytes of an empty index, and of one with rows: a page of metadata and then leaves.
fn index_bytes(heap: &Heap) -> u64 {
    const ENTRY: u64 = 20;
    let leaves = heap.live_rows.saturating_mul(ENTRY).div_ceil(PAGE);
    PAGE.saturating_add(leaves.saturating_mul(PAGE))
}

/// Bytes of a placement, with or without its indexes.
pub fn placement_bytes(backend: &Backend<'_>, placement: &Placement, with_indexes: bool) -> u64 {
    let Some(database) = rows::database_of(backend, placement) else {
        return 0;
    };
    let Some(heap) = database.heaps.get(&placement.table) else {
        return 0;
    };
    let toast = database.catalog.relation(placement.table).is_some_and(|table| {
        table
            .live_attributes()
            .any(|column| matches!(column.storage, 'x' | 'e' | 'm'))
    });
    let toast = if toast && with_indexes { PAGE } else { 0 };
    let indexes = match with_indexes {
        true => u64::try_from(database.catalog.indexes_of(placement.table).count()).unwrap_or(0),
        false => 0,
    };
    heap_bytes(heap)
        .saturating_add(toast)
        .saturating_add(indexes.saturating_mul(index_bytes(heap)))
}

/// Bytes of all placements of a table.
pub fn table_bytes(backend: &Backend<'_>, relation: Oid, with_indexes: bool) -> Result<u64> {
    let metadata = metadata::of(backend)?;
    let placements = metadata
        .shards_of(relation)
        .iter()
        .flat_map(|shard| metadata.placements_of(*shard));
    Ok(placements
        .map(|placement| placement_bytes(backend, placement, with_indexes))
        .sum())
}

/// citus_relation_size, citus_table_size, citus_total_relation_size
pub fn size(backend: &Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    let Some(relation) = args.oid(0) else {
        return Ok(Datum::Null);
    };
    if !metadata::of(backend)?.is_citus_table(relation) {
        let name = relation_name(backend.catalog()?, relation);
        return Err(error(format!(
            "cannot calculate the size because relation '{name}' is not distributed"
        )));
    }
    if transaction::in_block(backend) && !session::of(backend).transaction.written.is_empty() {
        return Err(error(
            "citus size functions cannot be called in transaction blocks which contain multi-shard data modifications",
        ));
    }
    let with_indexes = args.name() == "citus_total_relation_size";
    Ok(bytes(table_bytes(backend, relation, with_indexes)?))
}

/// Bytes of a shard at its first placement, indexes included.
pub fn shard_bytes(backend: &Backend<'_>, shard: ShardId) -> Result<u64> {
    let placement = metadata::of(backend)?.placements_of(shard).first();
    Ok(placement.map_or(0, |placement| placement_bytes(backend, placement, true)))
}

/// citus_shard_cost_by_disk_size(shardid): all colocated shards together.
pub fn shard_cost(backend: &Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    let Some(shard) = args.int(0) else {
        return Ok(Datum::Null);
    };
    Ok(Datum::Float4(disk_cost(backend, shard)?))
}

/// The cost of a group of colocated shards by the strategy `by_disk_size`.
pub fn disk_cost(backend: &Backend<'_>, shard: ShardId) -> Result<f32> {
    const BASE_COST: u64 = 100 << 20;
    let mut total = BASE_COST;
    for shard in super::locate::colocated_shard_ids(backend, shard)? {
        total = total.saturating_add(shard_bytes(backend, shard)?);
    }
    Ok(total as f32)
}

/// citus_update_shard_statistics(shard_id)
pub fn update_shard_statistics(backend: &Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    let shard = args.int(0).unwrap_or(0);
    Ok(bytes(shard_bytes(backend, shard)?))
}

/// citus_shard_sizes()
pub fn shard_sizes(backend: &Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    let metadata = metadata::of(backend)?;
    let row = |shard: &ShardId| {
        let id = i32::try_from(*shard).unwrap_or(i32::MAX);
        Ok(vec![Datum::Int4(id), bytes(shard_bytes(backend, *shard)?)])
    };
    metadata.shards.keys().map(row).collect()
}

/// citus_local_disk_space_stats()
pub fn disk_space(backend: &Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    const UNLIMITED: u64 = 1 << 40;
    let server = backend.server()?;
    let size = disk::size(backend, backend.server_id()).unwrap_or(UNLIMITED);
    let free = size.saturating_sub(disk::used(server));
    Ok(vec![vec![bytes(free), bytes(size)]])
}

fn bytes(count: u64) -> Datum {
    Datum::Int8(i64::try_from(count).unwrap_or(i64::MAX))
}
