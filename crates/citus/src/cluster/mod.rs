//! A cluster as it is right after its nodes were added: coordinator, workers, the extension in database `lab`.

pub mod types;

use std::sync::Arc;

use imbl::OrdMap;
use kumquat_postgres::Backend;
use kumquat_postgres::catalog::bootstrap::DEFAULT_DATABASE;
use kumquat_postgres::catalog::{Catalog, InstalledExtension, ObjectClass, Schema, well_known};
use kumquat_postgres::server::{Network, Server};
use kumquat_types::{Oid, Result};

use crate::functions::signatures::proc_by_name;
use crate::metadata::node::COORDINATOR_GROUP;
use crate::metadata::{GroupId, Metadata, Node, NodeId, RebalanceStrategy, sequence};
use crate::relations;

/// Schema `citus`.
pub const CITUS_SCHEMA: Oid = Oid(15_310);
/// Schema `citus_internal`.
pub const CITUS_INTERNAL_SCHEMA: Oid = Oid(15_311);
const CITUS_EXTENSION: Oid = Oid(15_312);

/// What the extension makes has these oids.
const OWN_OIDS: std::ops::Range<u32> = 15_000..16_384;

const HOST: &str = "localhost";
const COORDINATOR_PORT: u16 = 9700;
/// What `extversion` says.
pub const EXTENSION_VERSION: &str = "13.2-1";

/// A coordinator at localhost:9700 and workers at the ports after it, all of them registered and in sync.
pub fn new_cluster(workers: u16) -> Network {
    let ports: Vec<u16> = (COORDINATOR_PORT..=COORDINATOR_PORT.saturating_add(workers)).collect();
    let addresses: Vec<(&str, u16)> = ports.iter().map(|port| (HOST, *port)).collect();
    let mut network = Network::new(&addresses);
    let nodes: OrdMap<NodeId, Node> = (1..)
        .zip(&ports)
        .map(|(id, port)| (id, Node::primary(id, id - 1, HOST, *port)))
        .collect();
    for (server, node) in network.servers.iter_mut().zip(nodes.values()) {
        install(server, node.group, &nodes);
    }
    network
}

/// CREATE EXTENSION citus in the session's database, which belongs to no cluster yet.
pub fn create_extension(backend: &mut Backend<'_>) -> Result<()> {
    let owner = backend.session.current_user;
    let database = backend.database_mut()?;
    install_objects(&mut database.catalog);
    sequence::create_all(database, owner, &[]);
    let metadata = Metadata {
        strategies: default_strategies(),
        ..Metadata::default()
    };
    database.extension = Some(Arc::new(metadata));
    Ok(())
}

/// DROP EXTENSION citus: what was distributed is an empty local table now, and the shards stay where they are.
pub fn drop_extension(backend: &mut Backend<'_>) -> Result<()> {
    let database = backend.database_mut()?;
    database.extension = None;
    let catalog = &mut database.catalog;
    for oid in own(catalog.relations.keys()) {
        catalog.remove_relation(oid);
        database.sequences.remove(&oid);
    }
    for oid in own(catalog.types.keys()) {
        if let Some(found) = catalog.types.remove(&oid) {
            catalog.type_names.remove(&(found.schema, found.name.clone()));
        }
    }
    for oid in own(catalog.schemas.keys()) {
        if let Some(found) = catalog.schemas.remove(&oid) {
            catalog.schema_names.remove(&found.name);
        }
    }
    Ok(())
}

fn own<'a>(oids: impl Iterator<Item = &'a Oid>) -> Vec<Oid> {
    oids.copied().filter(|oid| OWN_OIDS.contains(&oid.0)).collect()
}

/// CREATE EXTENSION citus in the database of a server, with the metadata that `citus_add_node` has given it.
fn install(server: &mut Server, group: GroupId, nodes: &OrdMap<NodeId, Node>) {
    let Some(database) = server.databases.get_mut(DEFAULT_DATABASE) else {
        return;
    };
    let extension = InstalledExtension {
        oid: CITUS_EXTENSION,
        name: "citus".into(),
        schema: well_known::PG_CATALOG,
        version: EXTENSION_VERSION.into(),
    };
    let extensions = &mut database.catalog.extensions;
    extensions.insert(extension.name.clone(), Arc::new(extension));
    install_objects(&mut database.catalog);
    let workers = i64::try_from(nodes.len()).unwrap_or(1).saturating_sub(1).max(1);
    let used: &[_] = match group {
        COORDINATOR_GROUP => &[
            (sequence::NODE_ID, workers.saturating_add(1)),
            (sequence::GROUP_ID, workers),
        ],
        _ => &[],
    };
    sequence::create_all(database, well_known::BOOTSTRAP_SUPERUSER, used);
    let mut metadata = Metadata {
        local_group: group,
        nodes: nodes.clone(),
        strategies: default_strategies(),
        ..Metadata::default()
    };
    metadata.mark_distributed(ObjectClass::Database, database.oid);
    metadata.mark_distributed(ObjectClass::Role, well_known::BOOTSTRAP_SUPERUSER);
    database.extension = Some(Arc::new(metadata));
}

/// Schemas, types and relations of the extension.
fn install_objects(catalog: &mut Catalog) {
    create_schema(catalog, CITUS_SCHEMA, "citus");
    create_schema(catalog, CITUS_INTERNAL_SCHEMA, "citus_internal");
    types::install(catalog);
    catalog.install_system_relations(relations::all());
}

/// A schema of the extension.
pub fn create_schema(catalog: &mut Catalog, oid: Oid, name: &str) {
    let name: Arc<str> = name.into();
    catalog.schema_names.insert(name.clone(), oid);
    let schema = Schema {
        oid,
        name,
        owner: well_known::BOOTSTRAP_SUPERUSER,
        acl: None,
    };
    catalog.schemas.insert(oid, Arc::new(schema));
}

fn default_strategies() -> OrdMap<Arc<str>, RebalanceStrategy> {
    let function = |name: &str| proc_by_name(name).map_or(Oid::INVALID, |proc| proc.oid);
    let strategy = |name: &str, is_default, cost: &str, thresholds: [f32; 3]| RebalanceStrategy {
        name: name.into(),
        is_default,
        shard_cost: function(cost),
        node_capacity: function("citus_node_capacity_1"),
        shard_allowed_on_node: function("citus_shard_allowed_on_node_true"),
        default_threshold: thresholds[0],
        minimum_threshold: thresholds[1],
        improvement_threshold: thresholds[2],
    };
    [
        strategy("by_shard_count", false, "citus_shard_cost_1", [0.0, 0.0, 0.0]),
        strategy("by_disk_size", true, "citus_shard_cost_by_disk_size", [0.1, 0.01, 0.5]),
    ]
    .into_iter()
    .map(|strategy| (strategy.name.clone(), strategy))
    .collect()
}
