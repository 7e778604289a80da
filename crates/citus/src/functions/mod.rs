//! What SQL calls: one file a function or family, and here the dispatch by name.
//!
//! [`signatures`] has all of them as rows of pg_proc; those without an arm below are refused by name.

pub(crate) mod arguments;
mod cluster_nodes;
mod columns;
mod commands;
mod convert_table;
mod create_table;
mod distributed_function;
mod intermediate_result;
mod locate;
mod move_shard;
mod privileges;
mod rebalance;
mod schemas;
pub mod signatures;
pub mod sizes;
mod split_shard;
pub mod status;
mod strategy_functions;
mod time_partitions;
mod truncate_local_data;
pub mod visibility;

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::extension::FunctionCall;
use kumquat_types::{Datum, Error, RecordValue, Result};

use crate::columnar;
use crate::tables::checks;

pub use arguments::Arguments;
pub use columns::column_text;
pub use sizes::{placement_bytes, table_bytes};

/// What `worker_nextval` says, the default that small integers from sequences have on workers.
const SMALL_SEQUENCE: &str =
    "nextval(sequence) calls in worker nodes are not supported for column defaults of type int or smallint";

/// A function that returns one value.
pub fn call(backend: &mut Backend<'_>, call: &FunctionCall<'_>) -> Result<Option<Datum>> {
    if !is_ours(call) {
        return Ok(None);
    }
    privileges::ensure_may_execute(backend, call.proc.name)?;
    let args = Arguments(call);
    let value = match call.proc.name {
        "alter_columnar_table_set" => columnar::set(backend, args)?,
        "alter_columnar_table_reset" => columnar::reset(backend, args)?,
        "alter_distributed_table" => convert_table::alter_distributed_table(backend, args)?,
        "alter_old_partitions_set_access_method" => time_partitions::alter_old_partitions(backend, args)?,
        "alter_table_set_access_method" => convert_table::alter_table_set_access_method(backend, args)?,
        "citus_activate_node" | "master_activate_node" => cluster_nodes::activate(backend, args)?,
        "citus_add_inactive_node" | "master_add_inactive_node" => cluster_nodes::add_inactive(backend, args)?,
        "citus_add_local_table_to_metadata" => create_table::citus_add_local_table_to_metadata(backend, args)?,
        "citus_add_node" | "master_add_node" => cluster_nodes::add(backend, args)?,
        "citus_add_secondary_node" => cluster_nodes::add_secondary(backend, args)?,
        "citus_backend_gpid" => status::backend_gpid(backend)?,
        "citus_calculate_gpid" => status::calculate_gpid(args),
        "citus_check_connection_to_node" => cluster_nodes::check_connection(backend, args)?,
        "citus_cleanup_orphaned_resources" | "citus_cleanup_orphaned_shards" => Datum::Void,
        "citus_coordinator_nodeid" => cluster_nodes::coordinator_id(backend)?,
        "citus_create_restore_point" => status::create_restore_point(backend, args)?,
        "citus_disable_node" | "master_disable_node" => cluster_nodes::disable(backend, args)?,
        "citus_copy_shard_placement" | "master_copy_shard_placement" => move_shard::copy_placement(backend, args)?,
        "citus_move_shard_placement" | "master_move_shard_placement" => move_shard::move_placement(backend, args)?,
        "citus_split_shard_by_split_points" => split_shard::split(backend, args)?,
        "isolate_tenant_to_new_shard" => split_shard::isolate(backend, args)?,
        "citus_schema_move" => schemas::move_schema(backend, args)?,
        "citus_add_rebalance_strategy" => rebalance::add_strategy(backend, args)?,
        "citus_drain_node" | "master_drain_node" => rebalance::drain_node(backend, args)?,
        "citus_job_cancel" | "citus_job_wait" => rebalance::end_job(backend, args)?,
        "citus_rebalance_start" => rebalance::start(backend, args)?,
        "citus_rebalance_stop" => rebalance::stop(backend)?,
        "citus_rebalance_wait" => rebalance::wait(backend)?,
        "citus_set_default_rebalance_strategy" => rebalance::set_default_strategy(backend, args)?,
        "rebalance_table_shards" => rebalance::rebalance_table_shards(backend, args)?,
        "citus_executor_name" => status::executor_name(args),
        "citus_is_coordinator" => cluster_nodes::is_coordinator(backend)?,
        "citus_is_primary_node" => cluster_nodes::is_primary(backend)?,
        "citus_node_capacity_1" | "citus_shard_cost_1" => Datum::Float4(1.0),
        "citus_nodeid_for_gpid" => status::node_of_gpid(args),
        "citus_nodename_for_nodeid" => cluster_nodes::name_of(backend, args)?,
        "citus_nodeport_for_nodeid" => cluster_nodes::port_of(backend, args)?,
        "citus_pid_for_gpid" => status::pid_of_gpid(args),
        "citus_prepare_pg_upgrade" | "citus_finish_pg_upgrade" | "citus_finish_citus_upgrade" => Datum::Void,
        "citus_relation_size" | "citus_table_size" | "citus_total_relation_size" => sizes::size(backend, args)?,
        "citus_remove_node" | "master_remove_node" => cluster_nodes::remove(backend, args)?,
        "citus_run_local_command" => commands::run_local(backend, args)?,
        "citus_schema_distribute" => schemas::distribute(backend, args)?,
        "citus_schema_undistribute" => schemas::undistribute(backend, args)?,
        "citus_server_id" => status::server_id(backend)?,
        "citus_set_coordinator_host" => cluster_nodes::set_coordinator_host(backend, args)?,
        "citus_set_node_property" | "master_set_node_property" => cluster_nodes::set_property(backend, args)?,
        "citus_shard_allowed_on_node_true" => Datum::Bool(true),
        "citus_shard_cost_by_disk_size" => sizes::shard_cost(backend, args)?,
        "citus_stat_counters_reset" | "citus_stat_statements_reset" => Datum::Void,
        "citus_stat_tenants_local_reset" | "citus_stat_tenants_reset" => Datum::Void,
        "citus_table_is_visible" => visibility::table_is_visible(backend, args)?,
        "citus_update_node" => cluster_nodes::update(backend, args)?,
        "citus_update_shard_statistics" => sizes::update_shard_statistics(backend, args)?,
        "citus_update_table_statistics" => Datum::Void,
        "citus_validate_rebalance_strategy_functions" => strategy_functions::validate(backend, args)?,
        "citus_version" => status::version(),
        "column_name_to_column" => columns::name_to_column(backend, args)?,
        "column_to_column_name" => columns::column_to_name(backend, args)?,
        "create_distributed_function" => distributed_function::create(backend, args)?,
        "create_distributed_table" => create_table::create_distributed_table(backend, args)?,
        "create_distributed_table_concurrently" => create_table::create_concurrently(backend, args)?,
        "create_intermediate_result" => intermediate_result::create(backend, args)?,
        "create_time_partitions" => time_partitions::create(backend, args)?,
        "create_reference_table" => create_table::create_reference_table(backend, args)?,
        "distributed_tables_colocated" => locate::tables_colocated(backend, args)?,
        "drop_old_time_partitions" => time_partitions::drop_old(backend, args)?,
        "get_colocated_shard_array" => locate::colocated_shards(backend, args)?,
        "get_colocated_table_array" => locate::colocated_tables(backend, args)?,
        "get_nodeid_for_groupid" => cluster_nodes::id_of_group(backend, args)?,
        "get_shard_id_for_distribution_column" => locate::shard_for_value(backend, args)?,
        "pg_cancel_backend" | "pg_terminate_backend" => Datum::Bool(false),
        "recover_prepared_transactions" => status::recover_prepared_transactions(backend)?,
        "remove_local_tables_from_metadata" => create_table::remove_local_tables(backend)?,
        "replicate_table_shards" => move_shard::replicate(backend, args)?,
        "replicate_reference_tables" => cluster_nodes::replicate_reference_tables(backend)?,
        "shard_name" => locate::shard_name(backend, args)?,
        "start_metadata_sync_to_all_nodes" => Datum::Bool(true),
        "start_metadata_sync_to_node" | "stop_metadata_sync_to_node" => cluster_nodes::sync_metadata(backend, args)?,
        "truncate_local_data_after_distributing_table" => truncate_local_data::truncate(backend, args)?,
        "undistribute_table" => convert_table::undistribute_table(backend, args)?,
        "update_distributed_table_colocation" => convert_table::update_colocation(backend, args)?,
        "worker_hash" => locate::worker_hash(args)?,
        "worker_nextval" => return Err(checks::error(SMALL_SEQUENCE)),
        _ if !call.proc.returns_set && call.proc.out_types.len() > 1 => return Ok(Some(row_of(backend, call)?)),
        name => return Err(Error::not_modelled(format!("function {name}"))),
    };
    Ok(Some(value))
}

/// The one row of a function with several OUT parameters, as a record.
fn row_of(backend: &mut Backend<'_>, call: &FunctionCall<'_>) -> Result<Datum> {
    let rows = call_set(backend, call)?.unwrap_or_default();
    let Some(values) = rows.into_iter().next() else {
        return Ok(Datum::Null);
    };
    let outputs = call.proc.arg_names.iter().skip(call.proc.args.len());
    let record = RecordValue {
        values,
        types: call.proc.out_types.iter().map(|oid| (*oid, -1)).collect(),
        names: outputs.map(|name| Arc::from(*name)).collect(),
    };
    Ok(Datum::Record(record.into()))
}

/// A function that returns rows.
pub fn call_set(backend: &mut Backend<'_>, call: &FunctionCall<'_>) -> Result<Option<Vec<Vec<Datum>>>> {
    if !is_ours(call) {
        return Ok(None);
    }
    privileges::ensure_may_execute(backend, call.proc.name)?;
    let args = Arguments(call);
    let rows = match call.proc.name {
        "citus_check_cluster_node_health" => cluster_nodes::check_health(backend)?,
        "citus_get_active_worker_nodes" | "master_get_active_worker_nodes" => cluster_nodes::active_workers(backend)?,
        "citus_local_disk_space_stats" => sizes::disk_space(backend)?,
        "citus_locks" | "citus_blocking_pids" | "get_rebalance_progress" => Vec::new(),
        "citus_query_stats" => Vec::new(),
        "citus_stat_statements" => status::statements(backend)?,
        "citus_remote_connection_stats" => status::remote_connections(backend)?,
        "citus_shard_indexes_on_worker" => status::shard_indexes_on_worker(backend)?,
        "citus_job_list" => rebalance::job_list(backend)?,
        "citus_job_status" => rebalance::job_status(backend, args)?,
        "citus_rebalance_status" => rebalance::status(backend)?,
        "get_rebalance_table_shards_plan" => rebalance::plan(backend, args)?,
        "citus_shard_sizes" => sizes::shard_sizes(backend)?,
        "citus_shards_on_worker" => status::shards_on_worker(backend)?,
        "citus_stat_activity" => status::activity(backend)?,
        "citus_stat_counters" => status::counters(backend)?,
        "citus_stat_tenants" | "citus_stat_tenants_local" | "citus_stat_tenants_local_internal" => Vec::new(),
        "get_all_active_transactions" | "get_global_active_transactions" => status::active_transactions(backend)?,
        "get_missing_time_partition_ranges" => time_partitions::missing_ranges(backend, args)?,
        "time_partition_range" => time_partitions::range(backend, args)?,
        "get_current_transaction_id" => status::current_transaction_id(backend)?,
        "master_run_on_worker" => commands::run_on_worker(backend, args)?,
        "read_intermediate_result" => intermediate_result::read(backend, args)?,
        "read_intermediate_results" => intermediate_result::read_all(backend, args)?,
        "run_command_on_all_nodes" => commands::run_on_all_nodes(backend, args)?,
        "run_command_on_colocated_placements" => commands::run_on_colocated_placements(backend, args)?,
        "run_command_on_coordinator" => commands::run_on_coordinator(backend, args)?,
        "run_command_on_placements" => commands::run_on_placements(backend, args)?,
        "run_command_on_shards" => commands::run_on_shards(backend, args)?,
        "run_command_on_workers" => commands::run_on_workers(backend, args)?,
        name => return Err(Error::not_modelled(format!("function {name}"))),
    };
    Ok(Some(rows))
}

fn is_ours(call: &FunctionCall<'_>) -> bool {
    signatures::procs().iter().any(|proc| std::ptr::eq(proc, call.proc))
}
