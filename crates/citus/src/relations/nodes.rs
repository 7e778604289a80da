//! pg_dist_node and what else is known of nodes.

use kumquat_postgres::Backend;
use kumquat_types::{Datum, Result};

use crate::cluster::types;
use crate::metadata::{self, Node, NodeRole};

fn role(node: &Node) -> Datum {
    let label = match node.role {
        NodeRole::Primary => "primary",
        NodeRole::Secondary => "secondary",
    };
    types::enum_value(types::NODE_ROLE, label).map_or(Datum::Null, Datum::Enum)
}

pub fn pg_dist_node(backend: &mut Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    let row = |node: &Node| {
        vec![
            Datum::Int4(node.id),
            Datum::Int4(node.group),
            Datum::text(node.host.clone()),
            Datum::Int4(i32::from(node.port)),
            Datum::text(node.rack.clone()),
            Datum::Bool(node.has_metadata),
            Datum::Bool(node.is_active),
            role(node),
            Datum::text(node.cluster.clone()),
            Datum::Bool(node.metadata_synced),
            Datum::Bool(node.should_have_shards),
            Datum::Bool(node.is_clone),
            Datum::Int4(node.primary_node),
        ]
    };
    Ok(metadata::of(backend)?.nodes.values().map(row).collect())
}

pub fn citus_nodes(backend: &mut Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    let row = |node: &Node| {
        vec![
            Datum::text(node.host.clone()),
            Datum::Int4(i32::from(node.port)),
            Datum::from(if node.is_coordinator() { "coordinator" } else { "worker" }),
            Datum::Bool(node.is_active),
        ]
    };
    Ok(metadata::of(backend)?.nodes.values().map(row).collect())
}

pub fn local_group(backend: &mut Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    Ok(vec![vec![Datum::Int4(metadata::of(backend)?.local_group)]])
}

pub fn node_metadata(backend: &mut Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    let version = crate::cluster::EXTENSION_VERSION;
    let text = format!(
        "{{\"server_id\": \"{}\", \"last_upgrade_version\": \"{version}\"}}",
        backend.server()?.port
    );
    let json = kumquat_types::io::input(backend, kumquat_types::Oid::JSONB, -1, &text)?;
    Ok(vec![vec![json]])
}
