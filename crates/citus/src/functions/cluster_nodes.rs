//! Nodes: adding, activating, disabling, removing them, and their properties.

use kumquat_postgres::Backend;
use kumquat_types::{Datum, Error, Result, SqlState};

use super::Arguments;
use super::status::no_such_node;
use crate::connection::Connection;
use crate::ddl::node_sync;
use crate::metadata::node::COORDINATOR_GROUP;
use crate::metadata::{self, Metadata, Node, NodeId, NodeRole, Placement, TableType, sequence};
use crate::shards::names::qualified_name;
use crate::shards::{create, drop, rows};
use crate::tables::checks::error;

fn address<'a>(args: Arguments<'a>) -> (&'a str, i64) {
    (args.text(0).unwrap_or_default(), args.int(1).unwrap_or(0))
}

/// The node at an address.
pub fn find(backend: &Backend<'_>, args: Arguments<'_>) -> Result<Node> {
    let (host, port) = address(args);
    let port = i32::try_from(port).unwrap_or(0);
    let found = metadata::of(backend)?.node_at(host, port).cloned();
    found.ok_or_else(|| no_such_node(host, i64::from(port)))
}

/// citus_add_node(nodename, nodeport, groupid, noderole, nodecluster)
pub fn add(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    metadata::ensure_coordinator(backend)?;
    let (host, port) = address(args);
    if let Some(node) = metadata::of(backend)?.node_at(host, i32::try_from(port).unwrap_or(0)) {
        return Ok(Datum::Int4(node.id));
    }
    ensure_can_be_added(backend, args, host)?;
    tell_shards_on_coordinator(backend, args)?;
    let id = insert(backend, args, NodeRole::Primary)?;
    let node = metadata::of(backend)?.nodes.get(&id).cloned();
    let node = node.ok_or_else(|| error("the node is gone"))?;
    if node.role == NodeRole::Primary {
        Connection::to(backend, node)?;
        node_sync::activate(backend, id)?;
    }
    Ok(Datum::Int4(id))
}

/// What `AddNodeMetadata` refuses.
fn ensure_can_be_added(backend: &Backend<'_>, args: Arguments<'_>, host: &str) -> Result<()> {
    let group = args.int4(2);
    if group != Some(COORDINATOR_GROUP) {
        ensure_reachable_coordinator(backend, host)?;
    }
    if !matches!(args.text(3), None | Some("primary")) {
        return Ok(());
    }
    if let Some(group) =
        group.filter(|group| metadata::of(backend).is_ok_and(|found| found.primary_of_group(*group).is_some()))
    {
        return Err(error(format!("group {group} already has a primary node")));
    }
    if args.text(4).is_some_and(|cluster| cluster != "default") {
        return Err(error("primaries must be added to the default cluster"));
    }
    let (host, port) = address(args);
    let itself = metadata::node::server_at(backend.network, host, u16::try_from(port).unwrap_or(0));
    match itself == Some(backend.server_id()) && group != Some(COORDINATOR_GROUP) {
        true => Err(error("Node cannot add itself as a worker.").hint(format!(
            "Add the node as a coordinator by using: SELECT citus_set_coordinator_host('{host}', {port});"
        ))),
        false => Ok(()),
    }
}

/// The first worker finds shards on the coordinator.
fn tell_shards_on_coordinator(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<()> {
    let metadata = metadata::of(backend)?;
    let Some(coordinator) = metadata
        .coordinator()
        .filter(|_| args.int4(2) != Some(COORDINATOR_GROUP))
    else {
        return Ok(());
    };
    let has_shards = metadata
        .placements
        .values()
        .any(|placements| placements.iter().any(|placement| placement.group == COORDINATOR_GROUP));
    if !has_shards || !metadata.active_workers().is_empty() {
        return Ok(());
    }
    let notice = Error::notice("shards are still on the coordinator after adding the new node").hint(format!(
        "Use SELECT rebalance_table_shards(); to balance shards data between workers and coordinator or SELECT \
         citus_drain_node('{}',{}); to permanently move shards away from the coordinator.",
        coordinator.host, coordinator.port
    ));
    backend.notice(notice);
    Ok(())
}

/// Workers that live elsewhere must not be told that the coordinator is at localhost.
fn ensure_reachable_coordinator(backend: &Backend<'_>, host: &str) -> Result<()> {
    let is_local = |host: &str| matches!(host, "localhost" | "127.0.0.1" | "::1");
    let coordinator_is_local = metadata::of(backend)?
        .coordinator()
        .is_some_and(|node| is_local(&node.host));
    match coordinator_is_local && !is_local(host) {
        true => Err(
            error("cannot add a worker node when the coordinator hostname is set to localhost")
                .detail("Worker nodes need to be able to connect to the coordinator to transfer data.")
                .hint("Use SELECT citus_set_coordinator_host('<hostname>') to configure the coordinator hostname"),
        ),
        false => Ok(()),
    }
}

/// Enters a node into pg_dist_node, inactive.
fn insert(backend: &mut Backend<'_>, args: Arguments<'_>, default_role: NodeRole) -> Result<NodeId> {
    let (host, port) = address(args);
    let id = next_id(backend, sequence::NODE_ID)?;
    let group = match args.int4(2) {
        Some(group) if group >= 0 => group,
        _ => next_id(backend, sequence::GROUP_ID)?,
    };
    let mut node = Node::primary(id, group, host, u16::try_from(port).unwrap_or(0));
    node.role = match args.text(3) {
        Some("primary") => NodeRole::Primary,
        Some(_) => NodeRole::Secondary,
        None => default_role,
    };
    if let Some(cluster) = args.text(4) {
        node.cluster = cluster.into();
    }
    node.is_active = false;
    node.has_metadata = false;
    node.metadata_synced = false;
    metadata::update(backend, |metadata| {
        metadata.nodes.insert(id, node);
    })?;
    Ok(id)
}

fn next_id(backend: &mut Backend<'_>, sequence: sequence::CitusSequence) -> Result<i32> {
    let value = sequence::next_value(backend, sequence)?;
    Ok(i32::try_from(value).unwrap_or(i32::MAX))
}

/// citus_add_inactive_node(nodename, nodeport, groupid, noderole, nodecluster)
pub fn add_inactive(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    metadata::ensure_coordinator(backend)?;
    let (host, port) = address(args);
    if let Some(node) = metadata::of(backend)?.node_at(host, i32::try_from(port).unwrap_or(0)) {
        return Ok(Datum::Int4(node.id));
    }
    if args.int4(2) == Some(COORDINATOR_GROUP) {
        return Err(error("coordinator node cannot be added as inactive node"));
    }
    ensure_can_be_added(backend, args, host)?;
    Ok(Datum::Int4(insert(backend, args, NodeRole::Primary)?))
}

/// citus_add_secondary_node(nodename, nodeport, primaryname, primaryport, nodecluster)
pub fn add_secondary(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    metadata::ensure_coordinator(backend)?;
    let (primary_host, primary_port) = (args.text(2).unwrap_or_default(), args.int4(3).unwrap_or(0));
    let group = match metadata::of(backend)?.node_at(primary_host, primary_port) {
        Some(node) => node.group,
        None => return Err(no_such_node(primary_host, i64::from(primary_port))),
    };
    let (host, port) = address(args);
    let id = next_id(backend, sequence::NODE_ID)?;
    let mut node = Node::primary(id, group, host, u16::try_from(port).unwrap_or(0));
    node.role = NodeRole::Secondary;
    node.is_active = true;
    node.has_metadata = false;
    node.metadata_synced = false;
    node.cluster = args.text(4).unwrap_or("default").into();
    metadata::update(backend, |metadata| {
        metadata.nodes.insert(id, node);
    })?;
    Ok(Datum::Int4(id))
}

/// citus_activate_node(nodename, nodeport)
pub fn activate(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    metadata::ensure_coordinator(backend)?;
    let node = find(backend, args)?;
    let id = node.id;
    if !node.is_active {
        Connection::to(backend, node)?;
        node_sync::activate(backend, id)?;
    }
    Ok(Datum::Int4(id))
}

/// citus_disable_node(nodename, nodeport, synchronous)
pub fn disable(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    metadata::ensure_coordinator(backend)?;
    let node = find(backend, args)?;
    if node.is_coordinator() {
        return Err(error("cannot change \"isactive\" field of the coordinator node"));
    }
    ensure_no_only_placement(backend, &node)?;
    let first = metadata::of(backend)?.active_workers().first().map(|first| first.id);
    if first == Some(node.id) && args.bool(2) != Some(true) {
        return Err(error("disabling the first worker node in the metadata is not allowed")
            .detail(
                "Citus uses the first worker node in the metadata for certain internal operations when replicated \
                     tables are modified. Synchronous mode ensures that all nodes have the same view of the first \
                     worker node, which is used for certain locking operations.",
            )
            .hint(format!(
                "You can force disabling node, SELECT citus_disable_node('{}', {}, synchronous:=true);",
                node.host, node.port
            )));
    }
    remove_reference_placements(backend, &node)?;
    metadata::update(backend, |metadata| {
        if let Some(found) = metadata.nodes.get_mut(&node.id) {
            found.is_active = false;
            found.metadata_synced = false;
        }
    })?;
    Ok(Datum::Void)
}

/// citus_remove_node(nodename, nodeport)
pub fn remove(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    metadata::ensure_coordinator(backend)?;
    let node = find(backend, args)?;
    ensure_no_only_placement(backend, &node)?;
    remove_reference_placements(backend, &node)?;
    node_sync::forget(backend, &node)?;
    metadata::update(backend, |metadata| {
        metadata.nodes.remove(&node.id);
    })?;
    Ok(Datum::Void)
}

/// A node that has the only copy of a shard stays.
fn ensure_no_only_placement(backend: &Backend<'_>, node: &Node) -> Result<()> {
    let metadata = metadata::of(backend)?;
    let only = metadata.shards.values().find(|shard| {
        let placements = metadata.placements_of(shard.id);
        placements.len() == 1 && placements.iter().any(|placement| placement.group == node.group)
    });
    let Some(shard) = only.filter(|_| node.role == NodeRole::Primary) else {
        return Ok(());
    };
    let table = qualified_name(backend.catalog()?, shard.relation);
    Err(error(format!(
        "cannot remove or disable the node {} because because it contains the only shard placement for shard {}",
        node.address(),
        shard.id
    ))
    .detail(format!(
        "One of the table(s) that prevents the operation complete successfully is {table}"
    ))
    .hint("To proceed, either drop the tables or use undistribute_table() function to convert them to local tables"))
}

fn remove_reference_placements(backend: &mut Backend<'_>, node: &Node) -> Result<()> {
    for (shard, placements) in reference_placements(metadata::of(backend)?) {
        let (gone, kept): (Vec<Placement>, Vec<Placement>) =
            placements.iter().partition(|placement| placement.group == node.group);
        if Connection::to(backend, node.clone()).is_ok() {
            for placement in gone {
                drop::drop_placement(backend, placement)?;
            }
        }
        metadata::update(backend, |metadata| metadata.set_placements(shard, kept))?;
    }
    Ok(())
}

fn reference_placements(metadata: &Metadata) -> Vec<(i64, Vec<Placement>)> {
    let references = metadata
        .tables
        .values()
        .filter(|table| table.table_type() == TableType::Reference);
    references
        .flat_map(|table| metadata.shards_of(table.relation).iter())
        .map(|shard| (*shard, metadata.placements_of(*shard).to_vec()))
        .collect()
}

/// Copies reference tables to the nodes that lack them.
pub fn replicate_reference_tables(backend: &mut Backend<'_>) -> Result<Datum> {
    metadata::ensure_coordinator(backend)?;
    let groups: Vec<i32> = metadata::of(backend)?
        .active_primaries()
        .iter()
        .map(|node| node.group)
        .collect();
    for (shard, mut placements) in reference_placements(metadata::of(backend)?) {
        let relation = metadata::of(backend)?
            .shard(shard)
            .map(|shard| shard.relation)
            .unwrap_or_default();
        let chunks = rows::read_all(backend, relation)?;
        for group in groups.iter().copied() {
            if placements.iter().any(|placement| placement.group == group) {
                continue;
            }
            let table = create::create_shard(backend, relation, shard, group)?;
            let id = sequence::next_value(backend, sequence::PLACEMENT_ID)?;
            let placement = Placement {
                id,
                shard,
                group,
                table,
            };
            rows::fill_placement(backend, placement, &chunks)?;
            placements.push(placement);
        }
        metadata::update(backend, |metadata| metadata.set_placements(shard, placements))?;
        create::recreate_foreign_keys(backend, relation)?;
    }
    Ok(Datum::Void)
}

/// citus_update_node(node_id, new_node_name, new_node_port, force, lock_cooldown)
pub fn update(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    metadata::ensure_coordinator(backend)?;
    let id = args.int4(0).unwrap_or(0);
    let (host, port) = (args.text(1).unwrap_or_default(), args.int4(2).unwrap_or(0));
    let metadata = metadata::of(backend)?;
    if let Some(other) = metadata.node_at(host, port)
        && other.id != id
    {
        return Err(error(
            "there is already another node with the specified hostname and port",
        ));
    }
    if !metadata.nodes.contains_key(&id) {
        return Err(Error::new(SqlState::NO_DATA_FOUND, format!("node {id} not found")));
    }
    let (host, port) = (host.into(), u16::try_from(port).unwrap_or(0));
    metadata::update(backend, |metadata| {
        if let Some(node) = metadata.nodes.get_mut(&id) {
            node.host = host;
            node.port = port;
        }
    })?;
    Ok(Datum::Void)
}

/// citus_set_node_property(nodename, nodeport, property, value)
pub fn set_property(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    metadata::ensure_coordinator(backend)?;
    let id = find(backend, args)?.id;
    if args.text(2) != Some("shouldhaveshards") {
        return Err(error(
            "only the 'shouldhaveshards' property can be set using this function",
        ));
    }
    set_should_have_shards(backend, id, args.bool(3).unwrap_or(false))?;
    Ok(Datum::Void)
}

pub fn set_should_have_shards(backend: &mut Backend<'_>, id: NodeId, value: bool) -> Result<()> {
    metadata::update(backend, |metadata| {
        if let Some(node) = metadata.nodes.get_mut(&id) {
            node.should_have_shards = value;
        }
    })
}

/// citus_set_coordinator_host(host, port, node_role, node_cluster)
pub fn set_coordinator_host(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    metadata::ensure_coordinator(backend)?;
    let (host, _) = address(args);
    let port = match args.int(1) {
        Some(port) => u16::try_from(port).unwrap_or(0),
        None => backend.server()?.port,
    };
    let Some(id) = metadata::of(backend)?.coordinator().map(|node| node.id) else {
        metadata::node::register_coordinator(backend, host, port, false)?;
        return Ok(Datum::Void);
    };
    metadata::update(backend, |metadata| {
        if let Some(node) = metadata.nodes.get_mut(&id) {
            node.host = host.into();
            node.port = port;
        }
    })?;
    Ok(Datum::Void)
}

/// start_metadata_sync_to_node, stop_metadata_sync_to_node
pub fn sync_metadata(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    metadata::ensure_coordinator(backend)?;
    let id = find(backend, args)?.id;
    let synced = args.name() == "start_metadata_sync_to_node";
    metadata::update(backend, |metadata| {
        if let Some(node) = metadata.nodes.get_mut(&id) {
            node.has_metadata = synced;
            node.metadata_synced = synced;
        }
    })?;
    Ok(Datum::Void)
}

/// citus_check_connection_to_node(nodename, nodeport)
pub fn check_connection(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    let (host, port) = address(args);
    let node = Node::primary(0, -1, host, u16::try_from(port).unwrap_or(0));
    match Connection::to(backend, node) {
        Ok(_) => Ok(Datum::Bool(true)),
        Err(refused) => {
            backend.notice(Error::warning(SqlState::WARNING, refused.message.clone()));
            Ok(Datum::Bool(false))
        }
    }
}

/// citus_check_cluster_node_health(): every node to every node.
pub fn check_health(backend: &mut Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    let nodes: Vec<Node> = metadata::of(backend)?.nodes.values().cloned().collect();
    let mut rows = Vec::new();
    for from in &nodes {
        for to in &nodes {
            let up = [from, to].map(|node| Connection::to(backend, node.clone()).is_ok());
            rows.push(vec![
                Datum::text(from.host.clone()),
                Datum::Int4(i32::from(from.port)),
                Datum::text(to.host.clone()),
                Datum::Int4(i32::from(to.port)),
                if up[0] { Datum::Bool(up[1]) } else { Datum::Null },
            ]);
        }
    }
    Ok(rows)
}

/// citus_get_active_worker_nodes()
pub fn active_workers(backend: &Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    let nodes = metadata::of(backend)?.active_workers();
    let row = |node: &Node| vec![Datum::text(node.host.clone()), Datum::Int8(i64::from(node.port))];
    Ok(nodes.into_iter().map(row).collect())
}

/// citus_is_coordinator()
pub fn is_coordinator(backend: &Backend<'_>) -> Result<Datum> {
    Ok(Datum::Bool(metadata::of(backend)?.is_coordinator()))
}

/// citus_coordinator_nodeid()
pub fn coordinator_id(backend: &Backend<'_>) -> Result<Datum> {
    let node = metadata::of(backend)?.coordinator();
    Ok(Datum::Int4(node.map_or(-1, |node| node.id)))
}

/// citus_nodename_for_nodeid(nodeid)
pub fn name_of(backend: &Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    let node = args.int4(0).and_then(|id| metadata::of(backend).ok()?.nodes.get(&id));
    Ok(node.map_or(Datum::Null, |node| Datum::text(node.host.clone())))
}

/// citus_nodeport_for_nodeid(nodeid)
pub fn port_of(backend: &Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    let node = args.int4(0).and_then(|id| metadata::of(backend).ok()?.nodes.get(&id));
    Ok(node.map_or(Datum::Null, |node| Datum::Int4(i32::from(node.port))))
}

/// get_nodeid_for_groupid(groupid)
pub fn id_of_group(backend: &Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    let node = args
        .int4(0)
        .and_then(|group| metadata::of(backend).ok()?.primary_of_group(group));
    Ok(node.map_or(Datum::Null, |node| Datum::Int4(node.id)))
}

/// citus_is_primary_node()
pub fn is_primary(backend: &mut Backend<'_>) -> Result<Datum> {
    if metadata::of(backend)?.local_node().is_some() {
        return Ok(Datum::Bool(true));
    }
    let warning = Error::warning(SqlState::WARNING, "could not find the current node in pg_dist_node");
    backend.notice(warning.detail(
        "If this is the coordinator node, consider adding it into the metadata by using citus_set_coordinator_host() \
         UDF. Otherwise, if you're going to use this node as a worker node for a new cluster, make sure to add this \
         node into the metadata from the coordinator by using citus_add_node() UDF.",
    ));
    Ok(Datum::Null)
}
