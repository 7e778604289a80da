//! Which tables of a node are shards, and who sees them.

use kumquat_postgres::Backend;
use kumquat_types::{Datum, Oid, Result};

use super::Arguments;
use crate::metadata::{self, ShardId};
use crate::settings;
use crate::shards::names::{shard_id_of_name, shard_name};

/// The shard whose table (or index) a relation of this node is (`RelationIsAKnownShard`).
pub fn shard_of_table(backend: &Backend<'_>, oid: Oid) -> Option<ShardId> {
    let catalog = backend.catalog().ok()?;
    let metadata = metadata::of(backend).ok()?;
    let relation = catalog.relation(oid)?;
    let shard = shard_id_of_name(&relation.name)?;
    let shell = metadata.shard(shard)?.relation;
    if metadata.is_citus_table(oid) {
        return None;
    }
    match &relation.index {
        Some(index) => shard_of_table(backend, index.table),
        None => {
            let shell = catalog.relation(shell)?;
            (shell.schema == relation.schema && *shard_name(&shell.name, shard) == *relation.name).then_some(shard)
        }
    }
}

/// Shards are hidden from catalog queries, but for applications that asked to see them.
pub fn is_hidden(backend: &Backend<'_>, oid: Oid) -> bool {
    if backend.session.internal || !settings::is_on(backend, "citus.override_table_visibility") {
        return false;
    }
    let name = settings::value(backend, "citus.show_shards_for_app_name_prefixes");
    let application = backend
        .session
        .settings
        .values
        .get("application_name")
        .cloned()
        .unwrap_or_default();
    let shown = name
        .split(',')
        .map(str::trim)
        .any(|prefix| !prefix.is_empty() && (prefix == "*" || application.starts_with(prefix)));
    !shown && shard_of_table(backend, oid).is_some()
}

/// citus_table_is_visible(oid): found by its name alone, and no shard.
pub fn table_is_visible(backend: &Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    let Some(oid) = args.oid(0) else {
        return Ok(Datum::Null);
    };
    let found = backend.catalog()?.relation(oid);
    Ok(found.map_or(Datum::Null, |relation| {
        Datum::Bool(backend.relation_is_visible(relation) && shard_of_table(backend, oid).is_none())
    }))
}
