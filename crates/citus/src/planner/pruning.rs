//! Which shards a table use needs (`PruneShards`).

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::Catalog;
use kumquat_types::{Datum, Oid, Result};

use super::analysis::{Analysis, Restriction, TableUse};
use super::values;
use crate::hashing;
use crate::metadata::{self, Metadata};
use crate::tables::checks;

/// Places of the shards of a table use that can hold rows of the result, in order.
pub fn prune(backend: &mut Backend<'_>, analysis: &Analysis, index: usize) -> Result<Vec<usize>> {
    let Some(table) = analysis.uses.get(index) else {
        return Ok(Vec::new());
    };
    let count = metadata::of(backend)?.shards_of(table.relation).len();
    let mut places: Vec<usize> = (0..count).collect();
    let Some(column) = table.column else {
        return Ok(if analysis.has_false_condition {
            Vec::new()
        } else {
            places
        });
    };
    for restriction in analysis.restrictions_on((index, column)) {
        match restriction {
            Restriction::Nothing => return Ok(Vec::new()),
            Restriction::Values(list) => {
                let mut found = Vec::new();
                for (value, type_oid) in list {
                    found.extend(place_of_value(backend, table, value.clone(), *type_oid)?);
                }
                // The shards come in the order of the values.
                let mut ordered: Vec<usize> = Vec::new();
                for place in found {
                    if places.contains(&place) && !ordered.contains(&place) {
                        ordered.push(place);
                    }
                }
                places = ordered;
            }
        }
    }
    // Where one shard is named, the query goes there and finds out for itself.
    match analysis.has_false_condition && places.len() != 1 {
        true => Ok(Vec::new()),
        false => Ok(places),
    }
}

/// The place of the shard that holds a value of the distribution column; none if the value cannot be converted.
pub fn place_of_value(
    backend: &mut Backend<'_>,
    table: &TableUse,
    value: Datum,
    type_oid: Oid,
) -> Result<Option<usize>> {
    let Some(hash) = hash_of_value(backend, table.relation, value, type_oid)? else {
        return Ok(None);
    };
    Ok(metadata::of(backend)?.shard_index(table.relation, hash))
}

/// The hash of a value as one of the distribution column.
pub fn hash_of_value(backend: &mut Backend<'_>, relation: Oid, value: Datum, type_oid: Oid) -> Result<Option<i32>> {
    let found = checks::relation(backend, relation)?;
    let column = metadata::of(backend)?.table(relation).and_then(|table| table.column);
    let Some(column) = column.and_then(|column| found.attribute(column)) else {
        return Ok(None);
    };
    let Ok(value) = values::convert(backend, value, type_oid, column.type_oid, -1) else {
        return Ok(None);
    };
    Ok(hashing::hash_datum(&value, column.type_oid))
}

/// The shards of all distributed tables of a query at one place, bound to their tables on a node's group. Partitions
/// are bound with their table.
pub fn bindings_at(
    catalog: &Catalog,
    metadata: &Metadata,
    analysis: &Analysis,
    place: usize,
    group: i32,
) -> Vec<(Oid, Oid)> {
    let mut bindings: Vec<(Oid, Oid)> = Vec::new();
    for table in &analysis.uses {
        let place = if table.column.is_some() { place } else { 0 };
        let mut waiting = vec![table.relation];
        while let Some(relation) = waiting.pop() {
            let placement = metadata.colocated_shard(relation, place).and_then(|shard| {
                let placements = metadata.placements_of(shard);
                placements.iter().find(|placement| placement.group == group)
            });
            let is_bound = bindings.iter().any(|(bound, _)| *bound == relation);
            if let (Some(placement), false) = (placement, is_bound) {
                bindings.push((relation, placement.table));
                waiting.extend(catalog.children_of(relation).map(|child| child.oid));
            }
        }
    }
    bindings
}
