//! Shards and where they are placed.

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::{Relation, well_known};
use kumquat_types::{Datum, Result};

use super::tables::type_label;
use crate::functions::placement_bytes;
use crate::metadata::{self, Metadata, Placement, Shard};
use crate::shards::names;

pub fn pg_dist_shard(backend: &mut Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    let row = |shard: &Arc<Shard>| {
        vec![
            Datum::Oid(shard.relation.0),
            Datum::Int8(shard.id),
            Datum::from("t"),
            Datum::from(shard.interval.map(|interval| interval.min.to_string())),
            Datum::from(shard.interval.map(|interval| interval.max.to_string())),
        ]
    };
    Ok(metadata::of(backend)?.shards.values().map(row).collect())
}

fn placements(metadata: &Metadata) -> impl Iterator<Item = &Placement> {
    metadata.placements.values().flat_map(|placements| placements.iter())
}

pub fn pg_dist_placement(backend: &mut Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    let row = |placement: &Placement| {
        vec![
            Datum::Int8(placement.id),
            Datum::Int8(placement.shard),
            Datum::Int4(1),
            Datum::Int8(0),
            Datum::Int4(placement.group),
        ]
    };
    Ok(placements(metadata::of(backend)?).map(row).collect())
}

pub fn pg_dist_shard_placement(backend: &mut Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    let metadata = metadata::of(backend)?;
    let row = |placement: &Placement| {
        let node = metadata.primary_of_group(placement.group)?;
        Some(vec![
            Datum::Int8(placement.shard),
            Datum::Int4(1),
            Datum::Int8(0),
            Datum::text(node.host.clone()),
            Datum::Int4(i32::from(node.port)),
            Datum::Int8(placement.id),
        ])
    };
    Ok(placements(metadata).filter_map(row).collect())
}

pub fn citus_shards(backend: &mut Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    let (catalog, metadata) = (backend.catalog()?, metadata::of(backend)?);
    let mut rows = Vec::new();
    for placement in placements(metadata) {
        let Some(shard) = metadata.shard(placement.shard) else {
            continue;
        };
        let table = metadata.table(shard.relation);
        let (Some(table), Some(relation)) = (table, catalog.relation(shard.relation)) else {
            continue;
        };
        let Some(node) = metadata.primary_of_group(placement.group) else {
            continue;
        };
        let size = i64::try_from(placement_bytes(backend, placement, true)).unwrap_or(i64::MAX);
        rows.push(vec![
            Datum::Oid(shard.relation.0),
            Datum::Int8(shard.id),
            Datum::from(shown_name(backend, relation, shard.id)),
            Datum::from(type_label(metadata, table)),
            Datum::Int4(i32::try_from(table.colocation_id).unwrap_or(i32::MAX)),
            Datum::text(node.host.clone()),
            Datum::Int4(i32::from(node.port)),
            Datum::Int8(size),
        ]);
    }
    Ok(rows)
}

/// `shard_name(table, shardid)`: without the schema if that is `public`.
fn shown_name(backend: &Backend<'_>, relation: &Relation, shard: i64) -> String {
    let name = names::shard_name(&relation.name, shard);
    match (backend.catalog(), relation.schema == well_known::PUBLIC) {
        (Ok(catalog), false) => names::qualified(catalog, relation.schema, &name),
        _ => names::quote_identifier(&name),
    }
}
