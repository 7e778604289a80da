//! Which shards a table use needs (`PruneShards`).

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::Catalog;
use kumquat_types::{Datum, Oid, Result};

use super::analysis::{Analysis, Restriction, TableUse};
use super::values;
use crate::hashing;
use crate::metadata::{self, Metadata, ShardId};
use crate::tables::checks;

/// Places of the shards of a table use that can hold rows of the result, in order.
pub fn prune(backend: &mut Backend<'_>, analysis: &Analysis, index: usize) -> Result<Vec<usize>> {
    let Some(table) = analysis.uses.get(index) else {
        return Ok(Vec::new());
    };
    if table.empty {
        return Ok(Vec::new());
    }
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

/// Which shard of each table a task works on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// That of all tables not in `others`, which are colocated.
    index: usize,
    /// Tables that a routed query finds elsewhere on the same node.
    others: Vec<(Oid, usize)>,
}

impl Place {
    pub fn of(&self, relation: Oid) -> usize {
        let other = self.others.iter().find(|(found, _)| *found == relation);
        other.map_or(self.index, |(_, index)| *index)
    }

    /// A table that has its shard elsewhere.
    pub fn put(&mut self, relation: Oid, index: usize) {
        if self.of(relation) != index {
            self.others.push((relation, index));
        }
    }
}

impl From<usize> for Place {
    fn from(index: usize) -> Place {
        Place {
            index,
            others: Vec::new(),
        }
    }
}

/// A table of a query, its shard in a task and the shard's table on a node.
pub struct ShardBinding {
    pub relation: Oid,
    pub shard: ShardId,
    pub table: Oid,
}

/// The shards of all distributed tables of a query at one place, bound to their tables on a node's group. Partitions
/// are bound with their table.
pub fn bindings_at(
    catalog: &Catalog,
    metadata: &Metadata,
    analysis: &Analysis,
    place: &Place,
    group: i32,
) -> Vec<ShardBinding> {
    let mut bindings: Vec<ShardBinding> = Vec::new();
    for table in &analysis.uses {
        let index = if table.column.is_some() {
            place.of(table.relation)
        } else {
            0
        };
        let mut waiting = vec![table.relation];
        while let Some(relation) = waiting.pop() {
            let placement = metadata.colocated_shard(relation, index).and_then(|shard| {
                let placements = metadata.placements_of(shard);
                let here = placements.iter().find(|placement| placement.group == group)?;
                Some((shard, here.table))
            });
            let is_bound = bindings.iter().any(|bound| bound.relation == relation);
            if let (Some((shard, table)), false) = (placement, is_bound) {
                bindings.push(ShardBinding { relation, shard, table });
                waiting.extend(catalog.children_of(relation).map(|child| child.oid));
            }
        }
    }
    bindings
}
