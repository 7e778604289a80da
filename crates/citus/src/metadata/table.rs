//! Distributed tables (pg_dist_partition).

use kumquat_types::Oid;

use super::{ColocationId, Metadata};

/// `partmethod`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartitionMethod {
    Hash,
    /// No distribution column: reference, Citus local and single-shard tables.
    None,
    Append,
    Range,
}

impl PartitionMethod {
    pub fn letter(self) -> &'static str {
        match self {
            PartitionMethod::Hash => "h",
            PartitionMethod::None => "n",
            PartitionMethod::Append => "a",
            PartitionMethod::Range => "r",
        }
    }
}

/// `repmodel`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplicationModel {
    /// One copy of each shard, replicated by PostgreSQL if at all.
    Streaming,
    /// Citus writes every copy, with two-phase commit.
    TwoPhaseCommit,
    /// Citus writes every copy by statement (append and range tables).
    Coordinator,
}

impl ReplicationModel {
    pub fn letter(self) -> &'static str {
        match self {
            ReplicationModel::Streaming => "s",
            ReplicationModel::TwoPhaseCommit => "t",
            ReplicationModel::Coordinator => "c",
        }
    }
}

/// What a Citus table is (`CitusTableType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableType {
    HashDistributed,
    AppendDistributed,
    RangeDistributed,
    /// Distributed without a column: one shard on one worker.
    SingleShard,
    Reference,
    /// A table of the coordinator that is in the metadata.
    CitusLocal,
}

impl TableType {
    /// Its shards lie on workers, each in one place.
    pub fn is_distributed(self) -> bool {
        !matches!(self, TableType::Reference | TableType::CitusLocal)
    }

    pub fn has_distribution_key(self) -> bool {
        matches!(
            self,
            TableType::HashDistributed | TableType::AppendDistributed | TableType::RangeDistributed
        )
    }
}

/// One row of pg_dist_partition.
#[derive(Clone, Debug)]
pub struct DistributedTable {
    pub relation: Oid,
    pub method: PartitionMethod,
    /// Attribute number of the distribution column.
    pub column: Option<i16>,
    /// 0: none.
    pub colocation_id: ColocationId,
    pub replication_model: ReplicationModel,
    /// Added to the metadata by Citus itself, because of a foreign key.
    pub auto_converted: bool,
}

impl DistributedTable {
    pub fn table_type(&self) -> TableType {
        match (self.method, self.replication_model) {
            (PartitionMethod::Hash, _) => TableType::HashDistributed,
            (PartitionMethod::Append, _) => TableType::AppendDistributed,
            (PartitionMethod::Range, _) => TableType::RangeDistributed,
            (PartitionMethod::None, ReplicationModel::TwoPhaseCommit) => TableType::Reference,
            (PartitionMethod::None, _) if self.colocation_id == 0 => TableType::CitusLocal,
            (PartitionMethod::None, _) => TableType::SingleShard,
        }
    }
}

impl Metadata {
    /// All Citus tables of one colocation group, in order of oid.
    pub fn colocated_tables(&self, group: ColocationId) -> impl Iterator<Item = &DistributedTable> {
        self.tables
            .values()
            .filter(move |table| group != 0 && table.colocation_id == group)
    }

    /// Removes a table with its shards and placements; gives back the shards that were there.
    pub fn remove_table(&mut self, relation: Oid) -> Vec<super::ShardId> {
        let shards = self.table_shards.remove(&relation);
        let shards: Vec<_> = shards.iter().flat_map(|shards| shards.iter().copied()).collect();
        for shard in &shards {
            self.shards.remove(shard);
            self.placements.remove(shard);
        }
        self.tables.remove(&relation);
        shards
    }
}
