//! What a transaction has done on other nodes, and how it ends there.
//!
//! A statement's changes on other nodes are in the one network, so that a rollback of the network undoes them
//! too; here is what Citus sends to get the same, and what it refuses on the way.
//!
//! - [`access`]: which tables were accessed in parallel, and what that forbids later in the transaction
//! - [`apart`]: what is committed while the transaction goes on, and stays when it fails
//! - [`two_phase`]: PREPARE TRANSACTION and COMMIT PREPARED, and what happens when a node fails between them

pub mod access;
pub mod apart;
pub mod two_phase;

use imbl::{OrdMap, OrdSet};
use kumquat_postgres::Backend;
use kumquat_postgres::extension::SavepointEvent;
use kumquat_postgres::server::Network;
use kumquat_postgres::session::Transaction;
use kumquat_types::{Oid, Result};

use crate::connection::Connection;
use crate::metadata::NodeId;
use crate::session;
use crate::settings;
use crate::trace::Sql;
pub use access::Access;

/// What the open transaction has done.
#[derive(Clone, Default)]
pub struct TransactionState {
    /// Nodes that have begun a transaction for this one.
    pub begun: OrdSet<NodeId>,
    /// Nodes on which it has written.
    pub written: OrdSet<NodeId>,
    /// How tables were accessed in parallel, over several connections.
    pub accesses: OrdMap<Oid, Access>,
    /// How reference tables and Citus local tables were accessed.
    pub touched: OrdMap<Oid, Access>,
    /// Statements in distributed transactions so far: part of prepared transactions' names.
    pub number: u64,
}

/// True inside BEGIN ... COMMIT.
pub fn in_block(backend: &Backend<'_>) -> bool {
    !matches!(backend.session.transaction, Transaction::Idle)
}

/// Notes that a node takes part in the transaction, and begins one there if need be.
pub fn join(backend: &mut Backend<'_>, connection: &Connection, writes: bool) -> Result<()> {
    if connection.is_local {
        return Ok(());
    }
    let node = connection.node.id;
    let state = session::of(backend);
    let begins = !state.transaction.begun.contains(&node) && (in_block(backend) || writes_many(&state, node, writes));
    if begins {
        let begin = "BEGIN TRANSACTION ISOLATION LEVEL READ COMMITTED;SELECT assign_distributed_transaction_id(0, 1, \
                     '2000-01-01 00:00:00+00');";
        if in_block(backend) {
            connection.record(backend, Sql::text(begin), 0)?;
        }
    }
    session::update(backend, |state| {
        if begins {
            state.transaction.begun.insert(node);
        }
        if writes {
            state.transaction.written.insert(node);
        }
    });
    Ok(())
}

fn writes_many(state: &session::SessionState, node: NodeId, writes: bool) -> bool {
    writes && state.transaction.written.iter().any(|other| *other != node)
}

/// COMMIT on the other nodes: with two phases if more than one has written.
pub fn pre_commit(backend: &mut Backend<'_>, before: &Network) -> Result<()> {
    let transaction = session::of(backend).transaction;
    match transaction.written.len() {
        0 | 1 => send_to_each(backend, &transaction.begun, |_| "COMMIT".to_string()),
        _ => two_phase::commit(backend, &transaction.written, before),
    }
}

fn send_to_each(backend: &mut Backend<'_>, nodes: &OrdSet<NodeId>, text: impl Fn(NodeId) -> String) -> Result<()> {
    for node in nodes {
        let connection = Connection::open(backend, *node)?;
        connection.record(backend, Sql::text(text(*node)), 0)?;
    }
    Ok(())
}

/// Forgets the transaction when it has ended.
pub fn after(backend: &mut Backend<'_>, committed: bool) {
    let begun = session::of(backend).transaction.begun;
    apart::forget(backend);
    if !committed {
        // The nodes that were spoken to hear of the rollback; one that is gone needs no word.
        let _ = send_to_each(backend, &begun, |_| "ROLLBACK".to_string());
    }
    session::update(backend, |state| {
        state.transaction = TransactionState::default();
        state.intermediate_results = OrdMap::new();
        state.propagation_off = 0;
        state.conversion_depth = 0;
    });
}

/// Savepoints are made and ended on the nodes that take part.
pub fn savepoint(backend: &mut Backend<'_>, event: SavepointEvent, name: &str) -> Result<()> {
    let begun = session::of(backend).transaction.begun;
    let name = crate::shards::names::quote_identifier(name);
    send_to_each(backend, &begun, |_| match event {
        SavepointEvent::Define => format!("SAVEPOINT {name}"),
        SavepointEvent::RollbackTo => format!("ROLLBACK TO SAVEPOINT {name}"),
        SavepointEvent::Release => format!("RELEASE SAVEPOINT {name}"),
    })
}

/// One connection a node, one shard after the other.
pub fn is_sequential(backend: &Backend<'_>) -> bool {
    settings::value(backend, "citus.multi_shard_modify_mode") == "sequential"
}
