//! Nodes (pg_dist_node).

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::server::{Network, ServerId};
use kumquat_types::Result;

use super::{Metadata, sequence};

pub type NodeId = i32;
/// Nodes of one group hold the same data: a primary and its secondaries.
pub type GroupId = i32;

pub const COORDINATOR_GROUP: GroupId = 0;

/// `noderole`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeRole {
    Primary,
    Secondary,
}

#[derive(Clone, Debug)]
pub struct Node {
    pub id: NodeId,
    pub group: GroupId,
    pub host: Arc<str>,
    pub port: u16,
    pub rack: Arc<str>,
    pub has_metadata: bool,
    pub is_active: bool,
    pub role: NodeRole,
    pub cluster: Arc<str>,
    pub metadata_synced: bool,
    pub should_have_shards: bool,
    pub is_clone: bool,
    pub primary_node: NodeId,
}

impl Node {
    /// A primary as `citus_add_node` registers it: active and in sync.
    pub fn primary(id: NodeId, group: GroupId, host: &str, port: u16) -> Node {
        Node {
            id,
            group,
            host: host.into(),
            port,
            rack: "default".into(),
            has_metadata: true,
            is_active: true,
            role: NodeRole::Primary,
            cluster: "default".into(),
            metadata_synced: true,
            should_have_shards: group != COORDINATOR_GROUP,
            is_clone: false,
            primary_node: 0,
        }
    }

    /// The server that listens at the node's address.
    pub fn server(&self, network: &Network) -> Option<ServerId> {
        server_at(network, &self.host, self.port)
    }

    pub fn is_coordinator(&self) -> bool {
        self.group == COORDINATOR_GROUP
    }

    /// `host:port`, as messages name it.
    pub fn address(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

/// The server that listens at an address.
pub fn server_at(network: &Network, host: &str, port: u16) -> Option<ServerId> {
    let found = network
        .servers
        .iter()
        .position(|server| &*server.host == host && server.port == port);
    found.map(ServerId)
}

impl Metadata {
    /// Active primaries in the order Citus works through them: by host and port.
    pub fn active_primaries(&self) -> Vec<&Node> {
        let mut nodes: Vec<&Node> = self
            .nodes
            .values()
            .filter(|node| node.is_active && node.role == NodeRole::Primary && !node.is_clone)
            .collect();
        nodes.sort_by(|a, b| (&a.host, a.port).cmp(&(&b.host, b.port)));
        nodes
    }

    /// Active primaries other than the coordinator.
    pub fn active_workers(&self) -> Vec<&Node> {
        let mut nodes = self.active_primaries();
        nodes.retain(|node| !node.is_coordinator());
        nodes
    }

    /// Nodes that take new shards of distributed tables (`DistributedTablePlacementNodeList`).
    pub fn shard_nodes(&self) -> Vec<&Node> {
        let mut nodes = self.active_primaries();
        nodes.retain(|node| node.should_have_shards);
        nodes
    }

    pub fn node_at(&self, host: &str, port: i32) -> Option<&Node> {
        self.nodes
            .values()
            .find(|node| &*node.host == host && i32::from(node.port) == port)
    }

    /// The primary of a group.
    pub fn primary_of_group(&self, group: GroupId) -> Option<&Node> {
        self.nodes
            .values()
            .find(|node| node.group == group && node.role == NodeRole::Primary && !node.is_clone)
    }

    /// The node this metadata belongs to.
    pub fn local_node(&self) -> Option<&Node> {
        self.primary_of_group(self.local_group)
    }

    pub fn coordinator(&self) -> Option<&Node> {
        self.primary_of_group(COORDINATOR_GROUP)
    }
}

/// A cluster without nodes begins with its coordinator, which keeps shards then
/// (`InsertCoordinatorIfClusterEmpty`).
pub fn ensure_any_node(backend: &mut Backend<'_>) -> Result<()> {
    if !super::of(backend)?.nodes.is_empty() {
        return Ok(());
    }
    let server = backend.server()?;
    let (host, port) = (server.host.clone(), server.port);
    register_coordinator(backend, &host, port, true)
}

/// Enters the coordinator into pg_dist_node.
pub fn register_coordinator(backend: &mut Backend<'_>, host: &str, port: u16, should_have_shards: bool) -> Result<()> {
    let id = sequence::next_value(backend, sequence::NODE_ID)?;
    let id = NodeId::try_from(id).unwrap_or(NodeId::MAX);
    let mut node = Node::primary(id, COORDINATOR_GROUP, host, port);
    node.should_have_shards = should_have_shards;
    super::update(backend, |metadata| {
        metadata.nodes.insert(id, node);
    })
}
