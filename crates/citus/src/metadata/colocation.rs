//! Colocation groups (pg_dist_colocation): tables whose shards with the same interval lie on the same node.

use kumquat_types::Oid;

use super::Metadata;

pub type ColocationId = u32;

/// One row of pg_dist_colocation.
#[derive(Clone, Debug)]
pub struct ColocationGroup {
    pub id: ColocationId,
    pub shard_count: i32,
    /// -1 for reference tables: on every node.
    pub replication_factor: i32,
    /// 0 without a distribution column.
    pub column_type: Oid,
    pub collation: Oid,
}

impl Metadata {
    /// The group that a new table with these properties joins by default: the oldest that fits
    /// (`ColocationId`), leaving out those of distributed schemas.
    pub fn default_colocation_group(
        &self,
        shard_count: i32,
        replication_factor: i32,
        column_type: Oid,
        collation: Oid,
    ) -> Option<ColocationId> {
        let fits = |group: &&ColocationGroup| {
            group.shard_count == shard_count
                && group.replication_factor == replication_factor
                && group.column_type == column_type
                && group.collation == collation
                && !self.is_schema_group(group.id)
        };
        self.colocation_groups.values().find(fits).map(|group| group.id)
    }

    /// The group of all reference tables.
    pub fn reference_group(&self) -> Option<ColocationId> {
        self.colocation_groups
            .values()
            .find(|group| group.replication_factor == -1)
            .map(|group| group.id)
    }

    pub fn is_schema_group(&self, group: ColocationId) -> bool {
        self.schemas.values().any(|id| *id == group)
    }

    /// Removes a group that has no table left and belongs to no schema.
    pub fn remove_group_if_empty(&mut self, group: ColocationId) {
        if self.colocated_tables(group).next().is_none() && !self.is_schema_group(group) {
            self.colocation_groups.remove(&group);
        }
    }
}
