//! What Citus commits in a transaction of its own while a statement runs, so that it stays when the statement fails:
//! a node that is to be drained gets no new shards, and CREATE INDEX CONCURRENTLY leaves an invalid index.

use kumquat_postgres::Backend;
use kumquat_postgres::server::{Network, Server, ServerId};
use kumquat_types::{Oid, Result};

use crate::metadata::{self, Metadata, NodeId};
use crate::shards::mirror;

/// One such change.
#[derive(Clone, Debug)]
pub enum Apart {
    ShouldHaveShards(NodeId, bool),
    /// The table with its indexes as they are now.
    Table(Oid),
}

/// Notes that a change has been committed already.
pub fn note(backend: &mut Backend<'_>, change: Apart) -> Result<()> {
    metadata::update(backend, |metadata| metadata.apart.push_back(change))
}

/// Takes the notes away when the transaction has ended well.
pub fn forget(backend: &mut Backend<'_>) {
    let has_notes = metadata::of(backend).is_ok_and(|metadata| !metadata.apart.is_empty());
    if has_notes {
        // Where the metadata can be read it can be written.
        let _ = metadata::update(backend, |metadata| metadata.apart = imbl::Vector::new());
    }
}

/// Carries the changes over from a state that is given up to the one that comes back.
pub fn survive(failed: &Network, restored: &mut Network) {
    for (at, server) in failed.servers.iter().enumerate() {
        for name in server.databases.keys() {
            let Some(metadata) = metadata::on_server(failed, ServerId(at), name) else {
                continue;
            };
            for change in &metadata.apart {
                let Some(target) = restored.servers.get_mut(at) else {
                    continue;
                };
                match change {
                    Apart::ShouldHaveShards(node, value) => set_should_have_shards(target, name, *node, *value),
                    Apart::Table(table) => keep_table(server, target, name, *table, metadata),
                }
            }
        }
    }
}

fn set_should_have_shards(server: &mut Server, database: &str, node: NodeId, value: bool) {
    let Some(database) = server.databases.get_mut(database) else {
        return;
    };
    let known = database
        .extension
        .as_ref()
        .and_then(|state| state.downcast_ref::<Metadata>());
    let Some(mut metadata) = known.cloned() else { return };
    if let Some(node) = metadata.nodes.get_mut(&node) {
        node.should_have_shards = value;
    }
    database.extension = Some(std::sync::Arc::new(metadata));
}

fn keep_table(failed: &Server, restored: &mut Server, database: &str, table: Oid, metadata: &Metadata) {
    if let (Some(source), Some(target)) = (failed.databases.get(database), restored.databases.get_mut(database)) {
        mirror::copy_relation(&source.catalog, target, table, metadata.local_group);
    }
}
