//! What a node gets when it is activated, and loses when it is removed.

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::{ObjectAddress, ObjectClass};
use kumquat_types::{Oid, Result};

use super::objects;
use crate::metadata::{self, Metadata, Node, NodeId};
use crate::shards::mirror;

/// Activates a node: from now on it is in sync and has all objects that are the same everywhere.
pub fn activate(backend: &mut Backend<'_>, id: NodeId) -> Result<()> {
    metadata::update(backend, |metadata| {
        if let Some(node) = metadata.nodes.get_mut(&id) {
            node.is_active = true;
            node.has_metadata = true;
            node.metadata_synced = true;
        }
    })?;
    metadata::update(backend, |_| ())?;
    let keys: Vec<ObjectAddress> = metadata::of(backend)?
        .objects
        .keys()
        .copied()
        .map(ObjectAddress::from)
        .collect();
    for class in [
        ObjectClass::Role,
        ObjectClass::Schema,
        ObjectClass::Extension,
        ObjectClass::Type,
        ObjectClass::Function,
    ] {
        for object in keys.iter().filter(|object| object.class == class) {
            objects::propagate(backend, *object)?;
        }
    }
    let tables: Vec<Oid> = metadata::of(backend)?.tables.keys().copied().collect();
    for table in tables {
        mirror::mirror_relation(backend, table)?;
    }
    let views = keys.iter().filter(|object| object.class == ObjectClass::Relation);
    for view in views {
        mirror::mirror_relation(backend, view.oid)?;
    }
    Ok(())
}

/// Takes metadata and shell tables away from a node that is leaving, if it can be reached.
pub fn forget(backend: &mut Backend<'_>, node: &Node) -> Result<()> {
    let local = backend.server_id();
    let Some(server) = node.server(backend.network).filter(|server| *server != local) else {
        return Ok(());
    };
    let tables: Vec<Oid> = metadata::of(backend)?.tables.keys().copied().collect();
    let name = backend.session.database.clone();
    let Some(server) = backend.network.servers.get_mut(server.0) else {
        return Ok(());
    };
    if let Some(database) = server.databases.get_mut(&name) {
        for table in tables {
            mirror::remove_relation(database, table);
        }
        database.extension = Some(Arc::new(Metadata::default()));
    }
    Ok(())
}
