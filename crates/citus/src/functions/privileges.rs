//! Functions that not everybody may execute: Citus takes them from PUBLIC when it is installed.

use kumquat_postgres::Backend;
use kumquat_types::{Error, Result, SqlState};

const FOR_SUPERUSERS: [&str; 31] = [
    "citus_activate_node",
    "citus_add_clone_node",
    "citus_add_clone_node_with_nodeid",
    "citus_add_inactive_node",
    "citus_add_node",
    "citus_add_secondary_node",
    "citus_disable_node",
    "citus_drain_node",
    "citus_pause_node_within_txn",
    "citus_promote_clone_and_rebalance",
    "citus_remove_clone_node",
    "citus_remove_clone_node_with_nodeid",
    "citus_remove_node",
    "citus_set_coordinator_host",
    "citus_stat_counters_reset",
    "citus_stat_statements_reset",
    "citus_update_node",
    "get_snapshot_based_node_split_plan",
    "master_activate_node",
    "master_add_inactive_node",
    "master_add_node",
    "master_add_secondary_node",
    "master_disable_node",
    "master_drain_node",
    "master_remove_node",
    "master_update_node",
    "recover_prepared_transactions",
    "replicate_reference_tables",
    "start_metadata_sync_to_all_nodes",
    "start_metadata_sync_to_node",
    "stop_metadata_sync_to_node",
];

/// The current user may execute a function of Citus.
pub fn ensure_may_execute(backend: &Backend<'_>, name: &str) -> Result<()> {
    match backend.superuser() || !FOR_SUPERUSERS.contains(&name) {
        true => Ok(()),
        false => Err(Error::new(
            SqlState::INSUFFICIENT_PRIVILEGE,
            format!("permission denied for function {name}"),
        )),
    }
}
