//! Shards (pg_dist_shard) and their placements on nodes (pg_dist_placement).

use std::sync::Arc;

use kumquat_types::Oid;

use super::{GroupId, Metadata, Node};

pub type ShardId = i64;

/// The hash values of a shard, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ShardInterval {
    pub min: i32,
    pub max: i32,
}

impl ShardInterval {
    pub fn contains(self, hash: i32) -> bool {
        (self.min..=self.max).contains(&hash)
    }
}

/// One row of pg_dist_shard.
#[derive(Clone, Debug)]
pub struct Shard {
    pub id: ShardId,
    pub relation: Oid,
    /// `None` unless the table is hash distributed.
    pub interval: Option<ShardInterval>,
}

/// One row of pg_dist_placement.
#[derive(Clone, Copy, Debug)]
pub struct Placement {
    pub id: i64,
    pub shard: ShardId,
    pub group: GroupId,
    /// The shard's table on that node.
    pub table: Oid,
}

impl Metadata {
    /// The shards of a table in order of their intervals.
    pub fn shards_of(&self, relation: Oid) -> &[ShardId] {
        self.table_shards
            .get(&relation)
            .map(|shards| &**shards)
            .unwrap_or_default()
    }

    pub fn shard(&self, id: ShardId) -> Option<&Arc<Shard>> {
        self.shards.get(&id)
    }

    pub fn placements_of(&self, shard: ShardId) -> &[Placement] {
        self.placements
            .get(&shard)
            .map(|placements| &**placements)
            .unwrap_or_default()
    }

    /// The nodes that hold a shard, in order of their placements.
    pub fn nodes_of_shard(&self, shard: ShardId) -> impl Iterator<Item = &Node> {
        self.placements_of(shard)
            .iter()
            .filter_map(|placement| self.primary_of_group(placement.group))
    }

    /// Where a hash distributed table keeps a hash value: the place of its shard among the table's shards.
    pub fn shard_index(&self, relation: Oid, hash: i32) -> Option<usize> {
        let shards = self.shards_of(relation);
        let interval = |id: &ShardId| self.shards.get(id).and_then(|shard| shard.interval);
        let after = shards.partition_point(|id| interval(id).is_some_and(|interval| interval.max < hash));
        let found = shards.get(after).and_then(interval)?;
        found.contains(hash).then_some(after)
    }

    /// The place of a shard among those of its table (`ShardIndex`).
    pub fn index_of_shard(&self, shard: ShardId) -> Option<usize> {
        let relation = self.shards.get(&shard)?.relation;
        self.shards_of(relation).iter().position(|id| *id == shard)
    }

    /// The shard of another table of the group that belongs to the same place.
    pub fn colocated_shard(&self, relation: Oid, index: usize) -> Option<ShardId> {
        self.shards_of(relation).get(index).copied()
    }

    /// Adds a shard to a table, in its place by interval.
    pub fn add_shard(&mut self, shard: Shard, placements: Vec<Placement>) {
        let mut ids = self.shards_of(shard.relation).to_vec();
        let at = ids.partition_point(|id| {
            self.shards
                .get(id)
                .is_some_and(|other| (other.interval, other.id) < (shard.interval, shard.id))
        });
        ids.insert(at, shard.id);
        self.table_shards.insert(shard.relation, ids.into());
        self.placements.insert(shard.id, placements.into());
        self.shards.insert(shard.id, Arc::new(shard));
    }

    /// Removes a shard with its placements.
    pub fn remove_shard(&mut self, id: ShardId) {
        let Some(shard) = self.shards.remove(&id) else { return };
        self.placements.remove(&id);
        let rest: Vec<ShardId> = self
            .shards_of(shard.relation)
            .iter()
            .copied()
            .filter(|other| *other != id)
            .collect();
        self.table_shards.insert(shard.relation, rest.into());
    }

    /// Puts other placements in place of those a shard has.
    pub fn set_placements(&mut self, shard: ShardId, placements: Vec<Placement>) {
        self.placements.insert(shard, placements.into());
    }
}
