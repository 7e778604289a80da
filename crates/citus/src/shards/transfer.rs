//! Shards on their way to other nodes, and shards that are split: the rows go to new tables, the old are dropped.

use kumquat_postgres::Backend;
use kumquat_types::{Chunk, Error, Oid, Result};

use super::{create, drop, rows};
use crate::hashing;
use crate::metadata::{self, GroupId, Placement, Shard, ShardId, ShardInterval, sequence};

/// The shards of all tables of a group at the place of one, by id.
pub fn colocated_shards(backend: &Backend<'_>, shard: ShardId) -> Result<Vec<ShardId>> {
    let metadata = metadata::of(backend)?;
    let (Some(found), Some(place)) = (metadata.shard(shard), metadata.index_of_shard(shard)) else {
        return Ok(Vec::new());
    };
    let Some(table) = metadata.table(found.relation) else {
        return Ok(vec![shard]);
    };
    if table.colocation_id == 0 {
        return Ok(vec![shard]);
    }
    let mut shards: Vec<ShardId> = metadata
        .colocated_tables(table.colocation_id)
        .filter_map(|table| metadata.colocated_shard(table.relation, place))
        .collect();
    shards.sort_unstable();
    Ok(shards)
}

/// The table a shard belongs to.
pub fn table_of(backend: &Backend<'_>, shard: ShardId) -> Result<Oid> {
    let found = metadata::of(backend)?.shard(shard).map(|shard| shard.relation);
    found.ok_or_else(|| {
        Error::new(
            kumquat_types::SqlState::INTERNAL_ERROR,
            format!("could not find valid entry for shard {shard}"),
        )
    })
}

/// Moves shards from one group to another.
pub fn move_shards(backend: &mut Backend<'_>, shards: &[ShardId], source: GroupId, target: GroupId) -> Result<()> {
    check_space(backend, shards, source, target)?;
    let mut left = Vec::new();
    for shard in shards {
        let placements = metadata::of(backend)?.placements_of(*shard).to_vec();
        let Some(old) = placements.iter().find(|placement| placement.group == source).copied() else {
            continue;
        };
        let relation = table_of(backend, *shard)?;
        let placement = copy_placement(backend, relation, *shard, &old, target)?;
        let kept = placements
            .into_iter()
            .filter(|placement| placement.group != source)
            .chain([placement])
            .collect();
        metadata::update(backend, |metadata| metadata.set_placements(*shard, kept))?;
        left.push(old);
    }
    for placement in left {
        drop::drop_placement(backend, placement)?;
    }
    for shard in shards {
        let relation = table_of(backend, *shard)?;
        create::recreate_foreign_keys(backend, relation)?;
    }
    Ok(())
}

/// The target must have room for all shards that move.
fn check_space(backend: &mut Backend<'_>, shards: &[ShardId], source: GroupId, target: GroupId) -> Result<()> {
    let metadata = metadata::of(backend)?;
    let moving = shards.iter().flat_map(|shard| metadata.placements_of(*shard));
    let moving = moving.filter(|placement| placement.group == source);
    let bytes = moving.map(|placement| rows::byte_count(backend, placement)).sum();
    match metadata.primary_of_group(target).cloned() {
        Some(node) => crate::disk::check_before_move(backend, &node, bytes),
        None => Ok(()),
    }
}

/// A new placement with the rows of another, which still holds them.
pub fn copy_placement(
    backend: &mut Backend<'_>,
    relation: Oid,
    shard: ShardId,
    old: &Placement,
    target: GroupId,
) -> Result<Placement> {
    let chunks = rows_of(backend, old);
    let bytes = rows::byte_count(backend, old);
    if let Some(server) = create::server_of_group(backend, target) {
        crate::disk::ensure_room(backend, server, old.table, bytes)?;
    }
    let table = create::create_shard(backend, relation, shard, target)?;
    let placement = Placement {
        id: sequence::next_value(backend, sequence::PLACEMENT_ID)?,
        shard,
        group: target,
        table,
    };
    rows::fill_placement(backend, placement, &chunks)?;
    Ok(placement)
}

fn rows_of(backend: &Backend<'_>, placement: &Placement) -> Vec<Chunk> {
    rows::heap_of(backend, placement)
        .map(|heap| heap.live_chunks().collect())
        .unwrap_or_default()
}

/// Splits a shard and those colocated with it: interval `i` goes to group `groups[i]`.
pub fn split_shards(
    backend: &mut Backend<'_>,
    shards: &[ShardId],
    intervals: &[ShardInterval],
    groups: &[GroupId],
) -> Result<()> {
    let mut old_placements = Vec::new();
    let mut relations = Vec::new();
    let mut rows = Vec::new();
    for shard in shards {
        let relation = table_of(backend, *shard)?;
        let placements = metadata::of(backend)?.placements_of(*shard).to_vec();
        rows.push(
            placements
                .first()
                .map(|placement| rows_of(backend, placement))
                .unwrap_or_default(),
        );
        old_placements.extend(placements);
        relations.push(relation);
    }
    let mut fresh = Vec::new();
    for relation in &relations {
        for (interval, group) in intervals.iter().zip(groups) {
            let id = sequence::next_value(backend, sequence::SHARD_ID)?;
            fresh.push((*relation, id, *interval, *group));
        }
    }
    metadata::update(backend, |metadata| {
        for shard in shards {
            metadata.remove_shard(*shard);
        }
        for (relation, id, interval, _) in &fresh {
            let shard = Shard {
                id: *id,
                relation: *relation,
                interval: Some(*interval),
            };
            metadata.add_shard(shard, Vec::new());
        }
    })?;
    for (relation, id, _, group) in &fresh {
        let table = create::create_shard(backend, *relation, *id, *group)?;
        let placement = Placement {
            id: sequence::next_value(backend, sequence::PLACEMENT_ID)?,
            shard: *id,
            group: *group,
            table,
        };
        metadata::update(backend, |metadata| metadata.set_placements(*id, vec![placement]))?;
    }
    for (relation, chunks) in relations.iter().zip(rows) {
        fill_split(backend, *relation, &chunks)?;
    }
    for placement in old_placements {
        drop::drop_placement(backend, placement)?;
    }
    relations
        .into_iter()
        .try_for_each(|relation| create::recreate_foreign_keys(backend, relation))
}

/// Puts the rows of a shard that was split into those that came of it.
fn fill_split(backend: &mut Backend<'_>, relation: Oid, chunks: &[Chunk]) -> Result<()> {
    for (shard, chunks) in hashing::split::split_by_shard(backend, relation, chunks)? {
        for placement in metadata::of(backend)?.placements_of(shard).to_vec() {
            rows::fill_placement(backend, placement, &chunks)?;
        }
    }
    Ok(())
}
