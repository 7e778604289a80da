//! The space on a node's disk.
//!
//! `kumquat.disk_size` says how much a node holds. `SET` sets it for all nodes as the session sees them, `ALTER
//! DATABASE ... SET` on a node for that node.

use kumquat_postgres::Backend;
use kumquat_postgres::server::{Network, Server, ServerId};
use kumquat_types::{Error, Oid, Result, SqlState};

use crate::connection::Connection;
use crate::metadata::Node;
use crate::settings;

const SETTING: &str = "kumquat.disk_size";

/// Bytes that the tables on a server take.
pub fn used(server: &Server) -> u64 {
    let heaps = server.databases.values().flat_map(|database| database.heaps.values());
    heaps.map(|heap| heap.bytes).sum()
}

/// Bytes that a server's disk holds; `None`: no limit.
pub fn size(backend: &Backend<'_>, server: ServerId) -> Option<u64> {
    let session = &backend.session.settings;
    let of_session = session.values.get(SETTING);
    let database = backend
        .network
        .servers
        .get(server.0)
        .and_then(|server| server.databases.get(&backend.session.database));
    let of_node = database.and_then(|database| database.settings.iter().find(|(name, _)| &**name == SETTING));
    let kilobytes = match (of_session, of_node) {
        (Some(value), _) if session.reset.get(SETTING) != Some(value) => value.parse::<i64>().ok(),
        (_, Some((_, text))) => settings::parse_integer(SETTING, text),
        _ => None,
    };
    let kilobytes = u64::try_from(kilobytes?).ok()?;
    Some(kilobytes.saturating_mul(1024))
}

/// Fails as PostgreSQL does when it cannot extend a table: the disk is full. `relation` is the table that the
/// bytes are for.
pub fn ensure_room(backend: &Backend<'_>, server: ServerId, relation: Oid, bytes: u64) -> Result<()> {
    let Some(found) = backend.network.servers.get(server.0) else {
        return Ok(());
    };
    match size(backend, server) {
        Some(size) if used(found).saturating_add(bytes) > size => Err(full(backend, server, relation)),
        _ => Ok(()),
    }
}

/// At the end of a transaction: no node that it has filled may hold more than its disk.
pub fn check(backend: &Backend<'_>, before: &Network) -> Result<()> {
    for (index, (now, old)) in backend.network.servers.iter().zip(&before.servers).enumerate() {
        let Some(size) = size(backend, ServerId(index)) else {
            continue;
        };
        let bytes = used(now);
        if bytes > size && bytes > used(old) {
            return Err(full(backend, ServerId(index), grown(backend, now, old)));
        }
    }
    Ok(())
}

/// A table that has grown.
fn grown(backend: &Backend<'_>, now: &Server, old: &Server) -> Oid {
    let heaps = |server: &Server| {
        let database = server.databases.get(&backend.session.database);
        database.map(|database| database.heaps.clone()).unwrap_or_default()
    };
    let old = heaps(old);
    let has_grown = |oid: &Oid, bytes: u64| old.get(oid).map_or(0, |heap| heap.bytes) < bytes;
    let mut found = heaps(now).into_iter().filter(|(oid, heap)| has_grown(oid, heap.bytes));
    found.next().map_or(Oid::INVALID, |(oid, _)| oid)
}

fn full(backend: &Backend<'_>, server: ServerId, relation: Oid) -> Error {
    let found = backend.network.servers.get(server.0);
    let database = found.and_then(|server| server.databases.get(&backend.session.database));
    let database = database.map_or(Oid::INVALID, |database| database.oid);
    let error = Error::new(
        SqlState::DISK_FULL,
        format!("could not extend file \"base/{database}/{relation}\": No space left on device"),
    )
    .hint("Check free disk space.");
    match found {
        Some(found) if server != backend.server_id() => {
            error.context(format!("while executing command on {}:{}", found.host, found.port))
        }
        _ => error,
    }
}

/// A move leaves some space free on its target (`CheckSpaceConstraints`).
pub fn check_before_move(backend: &mut Backend<'_>, target: &Node, bytes: u64) -> Result<()> {
    if !settings::is_on(backend, "citus.check_available_space_before_move") {
        return Ok(());
    }
    let server = Connection::to(backend, target.clone())?.node.server(backend.network);
    let Some((server, size)) = server.and_then(|server| Some((server, size(backend, server)?))) else {
        return Ok(());
    };
    let used = backend.network.servers.get(server.0).map_or(0, used);
    let percent: f64 = settings::value(backend, "citus.desired_percent_disk_available_after_move")
        .parse()
        .unwrap_or_default();
    let left = size.saturating_sub(used).saturating_sub(bytes);
    let desired = (size as f64 * percent / 100.0) as u64;
    if left >= desired {
        return Ok(());
    }
    let message = format!(
        "not enough empty space on node if the shard is moved, actual available space after move will be {left} bytes, \
         desired available space after move is {desired} bytes, estimated size increase on node after move is {bytes} \
         bytes."
    );
    Err(Error::new(SqlState::INTERNAL_ERROR, message)
        .hint("consider lowering citus.desired_percent_disk_available_after_move."))
}
