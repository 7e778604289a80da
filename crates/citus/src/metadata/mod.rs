//! What Citus keeps of a cluster: the state behind the `pg_dist_*` tables, one immutable value.
//!
//! Every node with metadata holds a copy as `Database::extension`; the copies differ only in the group the
//! node itself belongs to. The coordinator changes its own through [`update`], which carries the change to the
//! others at once, as metadata syncing does.
//!
//! - [`node`]: nodes (pg_dist_node); [`table`]: distributed tables (pg_dist_partition);
//!   [`shard`]: shards and placements; [`colocation`]: colocation groups; [`object`]: propagated objects
//! - [`rebalance`]: rebalance strategies, background jobs and their tasks, clean-up records
//! - [`sequence`]: where shard, placement, colocation and node ids come from

pub mod colocation;
pub mod node;
pub mod object;
pub mod rebalance;
pub mod sequence;
pub mod shard;
pub mod table;

use std::sync::Arc;

use imbl::OrdMap;
use kumquat_postgres::Backend;
use kumquat_postgres::server::{Network, ServerId};
use kumquat_types::{Error, Oid, Result};

use crate::columnar;

pub use crate::transaction::apart::Apart;
pub use colocation::{ColocationGroup, ColocationId};
pub use node::{GroupId, Node, NodeId, NodeRole};
pub use object::{DistributedObject, ObjectKey};
pub use rebalance::{BackgroundJob, BackgroundTask, CleanupRecord, RebalanceStrategy};
pub use shard::{Placement, Shard, ShardId, ShardInterval};
pub use table::{DistributedTable, PartitionMethod, ReplicationModel, TableType};

/// The metadata of one node.
#[derive(Clone, Debug, Default)]
pub struct Metadata {
    /// pg_dist_local_group: the group this node belongs to.
    pub local_group: GroupId,
    pub nodes: OrdMap<NodeId, Node>,
    pub tables: OrdMap<Oid, DistributedTable>,
    pub shards: OrdMap<ShardId, Arc<Shard>>,
    /// The shards of a table in order of their intervals.
    pub table_shards: OrdMap<Oid, Arc<[ShardId]>>,
    /// The placements of a shard in order of their ids.
    pub placements: OrdMap<ShardId, Arc<[Placement]>>,
    pub colocation_groups: OrdMap<ColocationId, ColocationGroup>,
    /// pg_dist_schema: distributed schemas and their groups.
    pub schemas: OrdMap<Oid, ColocationId>,
    pub objects: OrdMap<ObjectKey, DistributedObject>,
    pub strategies: OrdMap<Arc<str>, RebalanceStrategy>,
    pub jobs: OrdMap<i64, BackgroundJob>,
    pub cleanup: OrdMap<i64, CleanupRecord>,
    /// pg_dist_transaction: prepared transactions of this node's making that are to be committed.
    pub transactions: OrdMap<Arc<str>, GroupId>,
    /// The options of this node's columnar tables.
    pub columnar: OrdMap<Oid, columnar::Options>,
    /// What the statement that is running has committed by itself already.
    pub apart: imbl::Vector<Apart>,
}

/// The metadata of the session's database; an error where Citus is not installed.
pub fn of<'a>(backend: &'a Backend<'_>) -> Result<&'a Metadata> {
    backend
        .extension_state::<Metadata>()
        .ok_or_else(|| Error::internal("citus is not installed in this database"))
}

/// The metadata of another server's database of the session's name.
pub fn on_server<'a>(network: &'a Network, server: ServerId, database: &str) -> Option<&'a Metadata> {
    let database = network.servers.get(server.0)?.databases.get(database)?;
    database.extension.as_ref()?.downcast_ref()
}

/// Changes the metadata of the session's node alone.
pub fn update_local(backend: &mut Backend<'_>, change: impl FnOnce(&mut Metadata)) -> Result<()> {
    let mut metadata = of(backend)?.clone();
    change(&mut metadata);
    backend.database_mut()?.extension = Some(Arc::new(metadata));
    Ok(())
}

/// Changes the metadata of the session's node and of every node that is synced with it.
pub fn update(backend: &mut Backend<'_>, change: impl FnOnce(&mut Metadata)) -> Result<()> {
    let mut metadata = of(backend)?.clone();
    change(&mut metadata);
    let local = backend.server_id();
    let database = backend.session.database.clone();
    let copies: Vec<(ServerId, GroupId)> = metadata
        .nodes
        .values()
        .filter(|node| node.has_metadata && node.metadata_synced && node.is_active)
        .filter_map(|node| Some((node.server(backend.network)?, node.group)))
        .filter(|(server, _)| *server != local)
        .collect();
    for (server, group) in copies {
        let columnar = on_server(backend.network, server, &database).map(|copy| copy.columnar.clone());
        let copy = Metadata {
            local_group: group,
            columnar: columnar.unwrap_or_default(),
            ..metadata.clone()
        };
        store(backend.network, server, &database, copy);
    }
    store(backend.network, local, &database, metadata);
    Ok(())
}

/// Puts metadata in place on one server.
pub fn store(network: &mut Network, server: ServerId, database: &str, metadata: Metadata) {
    if let Some(server) = network.servers.get_mut(server.0)
        && let Some(database) = server.databases.get_mut(database)
    {
        database.extension = Some(Arc::new(metadata));
    }
}

impl Metadata {
    /// True on the coordinator.
    pub fn is_coordinator(&self) -> bool {
        self.local_group == node::COORDINATOR_GROUP
    }

    pub fn table(&self, relation: Oid) -> Option<&DistributedTable> {
        self.tables.get(&relation)
    }

    /// What kind of Citus table a relation is, if it is one.
    pub fn table_type(&self, relation: Oid) -> Option<TableType> {
        self.tables.get(&relation).map(DistributedTable::table_type)
    }

    pub fn is_citus_table(&self, relation: Oid) -> bool {
        self.tables.contains_key(&relation)
    }
}

/// Refuses what only the coordinator may do (`EnsureCoordinator`).
pub fn ensure_coordinator(backend: &Backend<'_>) -> Result<()> {
    if of(backend)?.is_coordinator() {
        return Ok(());
    }
    Err(operation_not_allowed())
}

/// What a worker answers to what only the coordinator may do.
pub fn operation_not_allowed() -> Error {
    Error::new(
        kumquat_types::SqlState::FEATURE_NOT_SUPPORTED,
        "operation is not allowed on this node",
    )
    .hint("Connect to the coordinator and run it again.")
}
