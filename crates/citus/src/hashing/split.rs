//! Splitting rows over the shards of a table by whole columns.

use std::collections::BTreeMap;

use kumquat_postgres::Backend;
use kumquat_types::{Chunk, Error, Oid, Result, SqlState};

use super::hash_column;
use crate::metadata::{self, ShardId};
use crate::shards::names::qualified_name;

/// The rows of each shard, in order of the shards. Chunks have a column for each attribute.
pub fn split_by_shard(backend: &Backend<'_>, relation: Oid, chunks: &[Chunk]) -> Result<Vec<(ShardId, Vec<Chunk>)>> {
    let metadata = metadata::of(backend)?;
    let column = metadata.table(relation).and_then(|table| table.column).unwrap_or(0);
    let at = usize::try_from(column).unwrap_or(0).saturating_sub(1);
    let type_oid = backend
        .catalog()?
        .relation(relation)
        .and_then(|found| found.attribute(column))
        .map_or(Oid::INVALID, |attribute| attribute.type_oid);
    let shards = metadata.shards_of(relation);
    let bounds: Vec<i32> = shards
        .iter()
        .filter_map(|shard| metadata.shard(*shard)?.interval.map(|interval| interval.max))
        .collect();
    let mut parts: BTreeMap<usize, Vec<Chunk>> = BTreeMap::new();
    for chunk in chunks {
        let Some(values) = chunk.columns.get(at) else { continue };
        if (0..chunk.rows).any(|row| values.is_null(row)) {
            return Err(null_distribution_value(backend, relation));
        }
        let hashes = hash_column(values, type_oid);
        let mut rows: Vec<Vec<u32>> = vec![Vec::new(); bounds.len()];
        for (row, hash) in (0_u32..).zip(&hashes) {
            let index = bounds.partition_point(|max| max < hash);
            if let Some(rows) = rows.get_mut(index) {
                rows.push(row);
            }
        }
        for (index, rows) in rows.into_iter().enumerate().filter(|(_, rows)| !rows.is_empty()) {
            parts.entry(index).or_default().push(chunk.take(&rows));
        }
    }
    let named = parts
        .into_iter()
        .filter_map(|(index, chunks)| Some((*shards.get(index)?, chunks)));
    Ok(named.collect())
}

/// COPY and INSERT .. SELECT need a value for the distribution column.
pub fn null_distribution_value(backend: &Backend<'_>, relation: Oid) -> Error {
    let name = backend
        .catalog()
        .map(|catalog| qualified_name(catalog, relation))
        .unwrap_or_default();
    Error::new(
        SqlState::NULL_VALUE_NOT_ALLOWED,
        format!("the partition column of table {name} cannot be NULL"),
    )
}
