//! The space on a node's disk.

use kumquat_postgres::Backend;
use kumquat_postgres::server::{Server, ServerId};
use kumquat_types::{Error, Result, SqlState};

/// Bytes that the tables on a server take.
pub fn used(server: &Server) -> u64 {
    let heaps = server.databases.values().flat_map(|database| database.heaps.values());
    heaps.map(|heap| heap.bytes).sum()
}

/// Fails as PostgreSQL does when it cannot extend a table: the disk is full.
pub fn ensure_room(backend: &Backend<'_>, server: ServerId, bytes: u64) -> Result<()> {
    let Some(found) = backend.network.servers.get(server.0) else {
        return Ok(());
    };
    match found.disk_size {
        Some(size) if used(found).saturating_add(bytes) > size => Err(Error::new(
            SqlState::DISK_FULL,
            "could not extend file \"base/16384/16385\": No space left on device",
        )
        .hint("Check free disk space.")),
        _ => Ok(()),
    }
}
