//! What a session or a node says of itself.

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::RelationKind;
use kumquat_types::{Datum, Error, Result, SqlState};

use super::Arguments;
use super::visibility::shard_of_table;
use crate::metadata;

const GPID_NODE: i64 = 10_000_000_000;

/// citus_version()
pub fn version() -> Datum {
    Datum::from("Citus 13.2.2 on x86_64-pc-linux-gnu, compiled by gcc (Debian 12.2.0-14) 12.2.0, 64-bit")
}

/// The global id of the session's process: its node's id, then its own.
pub fn gpid(backend: &Backend<'_>) -> Result<i64> {
    let node = metadata::of(backend)?.local_node().map_or(0, |node| node.id);
    Ok(i64::from(node)
        .saturating_mul(GPID_NODE)
        .saturating_add(i64::from(backend.session.process_id)))
}

/// citus_backend_gpid()
pub fn backend_gpid(backend: &Backend<'_>) -> Result<Datum> {
    Ok(Datum::Int8(gpid(backend)?))
}

/// citus_calculate_gpid(nodeid, pid)
pub fn calculate_gpid(args: Arguments<'_>) -> Datum {
    let (node, process) = (args.int(0).unwrap_or(0), args.int(1).unwrap_or(0));
    Datum::Int8(node.saturating_mul(GPID_NODE).saturating_add(process))
}

/// citus_nodeid_for_gpid(global_pid)
pub fn node_of_gpid(args: Arguments<'_>) -> Datum {
    let node = args.int(0).unwrap_or(0) / GPID_NODE;
    Datum::Int4(i32::try_from(node).unwrap_or(0))
}

/// citus_pid_for_gpid(global_pid)
pub fn pid_of_gpid(args: Arguments<'_>) -> Datum {
    let process = args.int(0).unwrap_or(0) % GPID_NODE;
    Datum::Int4(i32::try_from(process).unwrap_or(0))
}

/// citus_executor_name(executor_type)
pub fn executor_name(args: Arguments<'_>) -> Datum {
    match args.int(0) {
        Some(1) => Datum::from("adaptive"),
        Some(2) => Datum::from("insert-select"),
        _ => Datum::Null,
    }
}

/// citus_server_id()
pub fn server_id(backend: &Backend<'_>) -> Result<Datum> {
    let mut id = [0x13; 16];
    let [high, low] = backend.server()?.port.to_be_bytes();
    id[14] = high;
    id[15] = low;
    Ok(Datum::Uuid(id))
}

/// citus_create_restore_point(name): a place in the log, which is not kept here.
pub fn create_restore_point(backend: &Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    metadata::ensure_coordinator(backend)?;
    let _ = args;
    Err(Error::not_modelled("function citus_create_restore_point"))
}

/// recover_prepared_transactions(): ends what a failure between the two phases of a commit has left.
pub fn recover_prepared_transactions(backend: &mut Backend<'_>) -> Result<Datum> {
    Ok(Datum::Int4(crate::transaction::two_phase::recover(backend)?))
}

/// citus_remote_connection_stats()
pub fn remote_connections(backend: &mut Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    let database = backend.session.database.clone();
    let nodes = crate::session::log(backend, |log| log.cached_connections.clone());
    let metadata = metadata::of(backend)?;
    let rows = nodes
        .iter()
        .filter_map(|(node, _)| metadata.nodes.get(node))
        .map(|node| {
            vec![
                Datum::text(node.host.clone()),
                Datum::Int4(i32::from(node.port)),
                Datum::text(database.clone()),
                Datum::Int4(1),
            ]
        });
    Ok(rows.collect())
}

/// citus_shards_on_worker(): the shards on this node.
pub fn shards_on_worker(backend: &Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    relations(backend, RelationKind::Table, "table")
}

/// citus_shard_indexes_on_worker(): their indexes.
pub fn shard_indexes_on_worker(backend: &Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    let catalog = backend.catalog()?;
    let mut rows = relations(backend, RelationKind::Index, "index")?;
    for row in &mut rows {
        let name = row.get(1).and_then(|name| name.as_str()).unwrap_or_default();
        let table = catalog.relations.values().find(|found| &*found.name == name);
        let table = table.and_then(|found| catalog.relation(found.index.as_ref()?.table));
        row.push(table.map_or(Datum::Null, |table| Datum::text(table.name.clone())));
    }
    Ok(rows)
}

fn relations(backend: &Backend<'_>, kind: RelationKind, label: &str) -> Result<Vec<Vec<Datum>>> {
    let catalog = backend.catalog()?;
    let row = |relation: &Arc<kumquat_postgres::catalog::Relation>| {
        let owner = backend.name_of_role(relation.owner).unwrap_or_default();
        vec![
            Datum::text(backend.schema_name(relation.schema)),
            Datum::text(relation.name.clone()),
            Datum::from(label),
            Datum::text(owner),
        ]
    };
    let shards = catalog
        .relations
        .values()
        .filter(|relation| relation.kind == kind && shard_of_table(backend, relation.oid).is_some());
    Ok(shards.map(row).collect())
}

/// citus_stat_activity(): the one session there is.
pub fn activity(backend: &Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    let session = &*backend.session;
    let node = metadata::of(backend)?.local_node().map_or(0, |node| node.id);
    let process = i32::try_from(session.process_id).unwrap_or(0);
    let application = session
        .settings
        .values
        .get("application_name")
        .cloned()
        .unwrap_or_default();
    let user = backend.name_of_role(session.current_user).unwrap_or_default();
    let mut row = vec![
        Datum::Int8(gpid(backend)?),
        Datum::Int4(node),
        Datum::Bool(false),
        Datum::Oid(backend.database()?.oid.0),
        Datum::text(session.database.clone()),
        Datum::Int4(process),
        Datum::Null,
        Datum::Oid(session.current_user.0),
        Datum::text(user),
        Datum::text(application),
    ];
    row.resize(19, Datum::Null);
    row.push(Datum::from("active"));
    row.resize(24, Datum::Null);
    row.push(Datum::from("client backend"));
    Ok(vec![row])
}

/// citus_stat_counters(): nothing is counted unless asked for.
pub fn counters(backend: &Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    let mut row = vec![Datum::Oid(backend.database()?.oid.0)];
    row.extend([0_i64; 5].map(Datum::Int8));
    row.push(Datum::Null);
    Ok(vec![row])
}

/// get_all_active_transactions() and its kin
pub fn active_transactions(backend: &Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    let mut row = transaction_columns(backend)?;
    row.insert(3, Datum::Bool(false));
    row.push(Datum::Int8(gpid(backend)?));
    Ok(vec![row])
}

/// get_current_transaction_id()
pub fn current_transaction_id(backend: &Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    Ok(vec![transaction_columns(backend)?])
}

fn transaction_columns(backend: &Backend<'_>) -> Result<Vec<Datum>> {
    let process = i32::try_from(backend.session.process_id).unwrap_or(0);
    Ok(vec![
        Datum::Oid(backend.database()?.oid.0),
        Datum::Int4(process),
        Datum::Int4(0),
        Datum::Int8(0),
        Datum::TimestampTz(backend.session.clock.transaction_start),
    ])
}

/// An error for a node that is not there.
pub fn no_such_node(host: &str, port: i64) -> Error {
    Error::new(
        SqlState::INTERNAL_ERROR,
        format!("node at \"{host}:{port}\" does not exist"),
    )
}

/// citus_stat_statements(): of statements that pg_stat_statements has seen, which here sees none.
pub fn statements(backend: &Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    match backend.catalog()?.extensions.contains_key("pg_stat_statements") {
        true => Ok(Vec::new()),
        false => Err(
            Error::new(SqlState::RAISE_EXCEPTION, "pg_stat_statements is not installed")
                .hint("install pg_stat_statements extension and try again")
                .context("PL/pgSQL function citus_stat_statements() line 13 at RAISE"),
        ),
    }
}
