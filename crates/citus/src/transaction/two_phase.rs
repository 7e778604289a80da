//! Two-phase commit: every node prepares, then every node commits.
//!
//! A node that fails before all have prepared undoes the transaction everywhere. One that fails after that keeps
//! its part prepared, and a record in `pg_dist_transaction` says that it is to be committed, which
//! `recover_prepared_transactions()` does.

use std::sync::Arc;

use imbl::OrdSet;
use kumquat_postgres::Backend;
use kumquat_postgres::server::{Network, PreparedTransaction, ServerId};
use kumquat_types::{Error, Result, Severity, SqlState};

use crate::connection::Connection;
use crate::metadata::{self, Node, NodeId};
use crate::session;
use crate::trace::Sql;

/// Commits on the nodes that have written; the transaction found the network as it is in `before`.
pub fn commit(backend: &mut Backend<'_>, written: &OrdSet<NodeId>, before: &Network) -> Result<()> {
    let number = session::log(backend, |log| {
        log.transactions = log.transactions.saturating_add(1);
        log.transactions
    });
    let name = |backend: &Backend<'_>, node: NodeId| -> Result<Arc<str>> {
        let group = metadata::of(backend)?.local_group;
        let process = backend.session.process_id;
        Ok(format!("citus_{group}_{process}_{number}_{node}").into())
    };
    let mut prepared: Vec<(Connection, Arc<str>)> = Vec::new();
    for node in written {
        let name = name(backend, *node)?;
        match prepare(backend, *node, &name) {
            Ok(connection) => prepared.push((connection, name)),
            Err(error) => {
                for (connection, name) in prepared {
                    roll_back(backend, &connection, &name, before);
                }
                return Err(error);
            }
        }
    }
    for (connection, name) in prepared {
        let text = format!("COMMIT PREPARED '{name}'");
        if let Err(error) = connection.record(backend, Sql::text(text), 0) {
            warn(backend, error);
            leave_prepared(backend, &connection.node, &name, before)?;
            let group = connection.node.group;
            metadata::update_local(backend, |metadata| {
                metadata.transactions.insert(name, group);
            })?;
        }
    }
    Ok(())
}

fn prepare(backend: &mut Backend<'_>, node: NodeId, name: &str) -> Result<Connection> {
    let connection = Connection::open(backend, node)?;
    connection.record(backend, Sql::text(format!("PREPARE TRANSACTION '{name}'")), 0)?;
    Ok(connection)
}

/// Another node has failed; where this one fails, too, its part stays prepared.
fn roll_back(backend: &mut Backend<'_>, connection: &Connection, name: &Arc<str>, before: &Network) {
    let text = format!("ROLLBACK PREPARED '{name}'");
    if let Err(error) = connection.record(backend, Sql::text(text), 0) {
        warn(backend, error);
        // The node is in the network, since it has prepared.
        let _ = leave_prepared(backend, &connection.node, name, before);
    }
}

fn warn(backend: &mut Backend<'_>, mut error: Error) {
    error.severity = Severity::Warning;
    backend.notice(error);
}

/// The node's database goes back to what the transaction found; what it has done waits as a prepared transaction.
fn leave_prepared(backend: &mut Backend<'_>, node: &Node, name: &Arc<str>, before: &Network) -> Result<()> {
    let database = backend.session.database.clone();
    let (owner, prepared_at) = (backend.session.current_user, backend.session.clock.now);
    let found = node.server(backend.network);
    let lost = || Error::internal("a node that has prepared a transaction is gone");
    let ServerId(index) = found.ok_or_else(lost)?;
    let old = before
        .servers
        .get(index)
        .and_then(|server| server.databases.get(&database));
    let old = old.cloned().ok_or_else(lost)?;
    let server = backend.network.servers.get_mut(index).ok_or_else(lost)?;
    let state = server
        .databases
        .insert(database.clone(), old.clone())
        .ok_or_else(lost)?;
    let prepared = PreparedTransaction {
        database,
        owner,
        prepared_at,
        before: Box::new(old),
        state: Box::new(state),
    };
    server.prepared.insert(name.clone(), prepared);
    Ok(())
}

/// What is prepared on a node stays so when the statement that prepared it fails.
pub fn keep_prepared(failed: &Network, restored: &mut Network) {
    for (old, new) in failed.servers.iter().zip(restored.servers.iter_mut()) {
        for (name, prepared) in &old.prepared {
            if name.starts_with("citus_") && !new.prepared.contains_key(name) {
                new.prepared.insert(name.clone(), prepared.clone());
            }
        }
    }
}

/// Ends the prepared transactions that this node has left on others: those with a record are committed. Gives how
/// many there were (`RecoverTwoPhaseCommits`).
pub fn recover(backend: &mut Backend<'_>) -> Result<i32> {
    let metadata = metadata::of(backend)?.clone();
    let prefix = format!("citus_{}_", metadata.local_group);
    let mut recovered = 0i32;
    for node in metadata
        .nodes
        .values()
        .filter(|node| node.is_active && node.group != metadata.local_group)
    {
        let Ok(connection) = Connection::to(backend, node.clone()) else {
            backend.notice(Error::warning(
                SqlState::WARNING,
                format!("transaction recovery cannot connect to {}", node.address()),
            ));
            continue;
        };
        let Some(ServerId(index)) = node.server(backend.network) else {
            continue;
        };
        let left = backend.network.servers.get(index).map(|server| server.prepared.clone());
        for (name, prepared) in left.unwrap_or_default() {
            if !name.starts_with(&prefix) {
                continue;
            }
            let commits = metadata.transactions.contains_key(&name);
            let verb = if commits { "COMMIT" } else { "ROLLBACK" };
            connection.record(backend, Sql::text(format!("{verb} PREPARED '{name}'")), 0)?;
            let Some(server) = backend.network.servers.get_mut(index) else {
                continue;
            };
            server.prepared.remove(&name);
            if commits && let Some(database) = server.databases.get_mut(&prepared.database) {
                database.commit_prepared(&prepared);
            }
            recovered = recovered.saturating_add(1);
        }
        metadata::update_local(backend, |metadata| {
            metadata.transactions = metadata
                .transactions
                .iter()
                .filter(|(_, group)| **group != node.group)
                .map(|(name, group)| (name.clone(), *group))
                .collect();
        })?;
    }
    Ok(recovered)
}
