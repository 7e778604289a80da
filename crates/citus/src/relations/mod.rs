//! `pg_dist_*` tables and `citus_*` views: rows computed from the metadata when they are read.
//!
//! Here are their columns, and which function computes the rows of each; the functions are in the modules.

pub mod jobs;
mod nodes;
mod objects;
mod shards;
mod status;
mod tables;
pub mod time_partitions;

use kumquat_postgres::Backend;
use kumquat_postgres::extension::{SystemColumn, SystemRelation};
use kumquat_types::{Datum, Oid, Result};

use crate::cluster::types;

pub use time_partitions::{TimePartition, time_partitions_of};

/// All relations of the extension.
pub fn all() -> &'static [SystemRelation] {
    RELATIONS
}

type Rows = fn(&mut Backend<'_>) -> Result<Vec<Vec<Datum>>>;

const fn column(name: &'static str, type_oid: Oid) -> SystemColumn {
    SystemColumn { name, type_oid }
}

const fn relation(
    oid: u32,
    schema: &'static str,
    name: &'static str,
    kind: char,
    columns: &'static [SystemColumn],
    rows: Rows,
) -> SystemRelation {
    SystemRelation {
        oid: Oid(oid),
        schema,
        name,
        kind,
        columns,
        rows,
    }
}

/// Of what a cluster with one session never has: waiting locks, tenants that are tracked, other credentials.
fn nothing(_: &mut Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    Ok(Vec::new())
}

static RELATIONS: &[SystemRelation] = &[
    relation(
        15500,
        "pg_catalog",
        "citus_dist_stat_activity",
        'v',
        CITUS_DIST_STAT_ACTIVITY,
        status::activity,
    ),
    relation(15501, "pg_catalog", "citus_lock_waits", 'v', CITUS_LOCK_WAITS, nothing),
    relation(15502, "pg_catalog", "citus_locks", 'v', CITUS_LOCKS, nothing),
    relation(15503, "pg_catalog", "citus_nodes", 'v', CITUS_NODES, nodes::citus_nodes),
    relation(
        15504,
        "pg_catalog",
        "citus_shard_indexes_on_worker",
        'v',
        CITUS_SHARD_INDEXES_ON_WORKER,
        status::shard_indexes_on_worker,
    ),
    relation(
        15505,
        "pg_catalog",
        "citus_shards",
        'v',
        CITUS_SHARDS,
        shards::citus_shards,
    ),
    relation(
        15506,
        "pg_catalog",
        "citus_shards_on_worker",
        'v',
        CITUS_SHARDS_ON_WORKER,
        status::shards_on_worker,
    ),
    relation(
        15507,
        "pg_catalog",
        "citus_stat_activity",
        'v',
        CITUS_STAT_ACTIVITY,
        status::activity,
    ),
    relation(
        15508,
        "pg_catalog",
        "citus_stat_counters",
        'v',
        CITUS_STAT_COUNTERS,
        status::counters,
    ),
    relation(
        15509,
        "pg_catalog",
        "citus_stat_statements",
        'v',
        CITUS_STAT_STATEMENTS,
        nothing,
    ),
    relation(
        15510,
        "pg_catalog",
        "citus_stat_tenants",
        'v',
        CITUS_STAT_TENANTS,
        nothing,
    ),
    relation(
        15511,
        "pg_catalog",
        "citus_stat_tenants_local",
        'v',
        CITUS_STAT_TENANTS_LOCAL,
        nothing,
    ),
    relation(15512, "pg_catalog", "citus_stats", 'v', CITUS_STATS, nothing),
    relation(15513, "pg_catalog", "pg_dist_authinfo", 'r', PG_DIST_AUTHINFO, nothing),
    relation(
        15514,
        "pg_catalog",
        "pg_dist_background_job",
        'r',
        PG_DIST_BACKGROUND_JOB,
        jobs::jobs,
    ),
    relation(
        15515,
        "pg_catalog",
        "pg_dist_background_task",
        'r',
        PG_DIST_BACKGROUND_TASK,
        jobs::tasks,
    ),
    relation(
        15516,
        "pg_catalog",
        "pg_dist_background_task_depend",
        'r',
        PG_DIST_BACKGROUND_TASK_DEPEND,
        jobs::task_depends,
    ),
    relation(
        15517,
        "pg_catalog",
        "pg_dist_cleanup",
        'r',
        PG_DIST_CLEANUP,
        jobs::cleanup,
    ),
    relation(
        15518,
        "pg_catalog",
        "pg_dist_colocation",
        'r',
        PG_DIST_COLOCATION,
        tables::pg_dist_colocation,
    ),
    relation(
        15519,
        "pg_catalog",
        "pg_dist_local_group",
        'r',
        PG_DIST_LOCAL_GROUP,
        nodes::local_group,
    ),
    relation(
        15520,
        "pg_catalog",
        "pg_dist_node",
        'r',
        PG_DIST_NODE,
        nodes::pg_dist_node,
    ),
    relation(
        15521,
        "pg_catalog",
        "pg_dist_node_metadata",
        'r',
        PG_DIST_NODE_METADATA,
        nodes::node_metadata,
    ),
    relation(
        15522,
        "pg_catalog",
        "pg_dist_object",
        'r',
        PG_DIST_OBJECT,
        objects::pg_dist_object,
    ),
    relation(
        15523,
        "pg_catalog",
        "pg_dist_partition",
        'r',
        PG_DIST_PARTITION,
        tables::pg_dist_partition,
    ),
    relation(
        15524,
        "pg_catalog",
        "pg_dist_placement",
        'r',
        PG_DIST_PLACEMENT,
        shards::pg_dist_placement,
    ),
    relation(15525, "pg_catalog", "pg_dist_poolinfo", 'r', PG_DIST_POOLINFO, nothing),
    relation(
        15526,
        "pg_catalog",
        "pg_dist_rebalance_strategy",
        'r',
        PG_DIST_REBALANCE_STRATEGY,
        jobs::strategies,
    ),
    relation(
        15527,
        "pg_catalog",
        "pg_dist_schema",
        'r',
        PG_DIST_SCHEMA,
        tables::pg_dist_schema,
    ),
    relation(
        15528,
        "pg_catalog",
        "pg_dist_shard",
        'r',
        PG_DIST_SHARD,
        shards::pg_dist_shard,
    ),
    relation(
        15529,
        "pg_catalog",
        "pg_dist_shard_placement",
        'v',
        PG_DIST_SHARD_PLACEMENT,
        shards::pg_dist_shard_placement,
    ),
    relation(
        15530,
        "pg_catalog",
        "pg_dist_transaction",
        'r',
        PG_DIST_TRANSACTION,
        jobs::transactions,
    ),
    relation(
        15531,
        "pg_catalog",
        "time_partitions",
        'v',
        TIME_PARTITIONS,
        time_partitions::rows,
    ),
    relation(
        15532,
        "public",
        "citus_schemas",
        'v',
        CITUS_SCHEMAS,
        tables::citus_schemas,
    ),
    relation(15533, "public", "citus_tables", 'v', CITUS_TABLES, tables::citus_tables),
];

const CITUS_DIST_STAT_ACTIVITY: &[SystemColumn] = &[
    column("global_pid", Oid::INT8),
    column("nodeid", Oid::INT4),
    column("is_worker_query", Oid::BOOL),
    column("datid", Oid::OID),
    column("datname", Oid::NAME),
    column("pid", Oid::INT4),
    column("leader_pid", Oid::INT4),
    column("usesysid", Oid::OID),
    column("usename", Oid::NAME),
    column("application_name", Oid::TEXT),
    column("client_addr", Oid::INET),
    column("client_hostname", Oid::TEXT),
    column("client_port", Oid::INT4),
    column("backend_start", Oid::TIMESTAMPTZ),
    column("xact_start", Oid::TIMESTAMPTZ),
    column("query_start", Oid::TIMESTAMPTZ),
    column("state_change", Oid::TIMESTAMPTZ),
    column("wait_event_type", Oid::TEXT),
    column("wait_event", Oid::TEXT),
    column("state", Oid::TEXT),
    column("backend_xid", Oid::XID),
    column("backend_xmin", Oid::XID),
    column("query_id", Oid::INT8),
    column("query", Oid::TEXT),
    column("backend_type", Oid::TEXT),
];

const CITUS_LOCK_WAITS: &[SystemColumn] = &[
    column("waiting_gpid", Oid::INT8),
    column("blocking_gpid", Oid::INT8),
    column("blocked_statement", Oid::TEXT),
    column("current_statement_in_blocking_process", Oid::TEXT),
    column("waiting_nodeid", Oid::INT4),
    column("blocking_nodeid", Oid::INT4),
];

const CITUS_LOCKS: &[SystemColumn] = &[
    column("global_pid", Oid::INT8),
    column("nodeid", Oid::INT4),
    column("locktype", Oid::TEXT),
    column("database", Oid::OID),
    column("relation", Oid::OID),
    column("relation_name", Oid::TEXT),
    column("page", Oid::INT4),
    column("tuple", Oid::INT2),
    column("virtualxid", Oid::TEXT),
    column("transactionid", Oid::XID),
    column("classid", Oid::OID),
    column("objid", Oid::OID),
    column("objsubid", Oid::INT2),
    column("virtualtransaction", Oid::TEXT),
    column("pid", Oid::INT4),
    column("mode", Oid::TEXT),
    column("granted", Oid::BOOL),
    column("fastpath", Oid::BOOL),
    column("waitstart", Oid::TIMESTAMPTZ),
];

const CITUS_NODES: &[SystemColumn] = &[
    column("nodename", Oid::TEXT),
    column("nodeport", Oid::INT4),
    column("role", Oid::TEXT),
    column("active", Oid::BOOL),
];

const CITUS_SHARD_INDEXES_ON_WORKER: &[SystemColumn] = &[
    column("Schema", Oid::NAME),
    column("Name", Oid::NAME),
    column("Type", Oid::TEXT),
    column("Owner", Oid::NAME),
    column("Table", Oid::NAME),
];

const CITUS_SHARDS: &[SystemColumn] = &[
    column("table_name", Oid::REGCLASS),
    column("shardid", Oid::INT8),
    column("shard_name", Oid::TEXT),
    column("citus_table_type", Oid::TEXT),
    column("colocation_id", Oid::INT4),
    column("nodename", Oid::TEXT),
    column("nodeport", Oid::INT4),
    column("shard_size", Oid::INT8),
];

const CITUS_SHARDS_ON_WORKER: &[SystemColumn] = &[
    column("Schema", Oid::NAME),
    column("Name", Oid::NAME),
    column("Type", Oid::TEXT),
    column("Owner", Oid::NAME),
];

const CITUS_STAT_ACTIVITY: &[SystemColumn] = &[
    column("global_pid", Oid::INT8),
    column("nodeid", Oid::INT4),
    column("is_worker_query", Oid::BOOL),
    column("datid", Oid::OID),
    column("datname", Oid::NAME),
    column("pid", Oid::INT4),
    column("leader_pid", Oid::INT4),
    column("usesysid", Oid::OID),
    column("usename", Oid::NAME),
    column("application_name", Oid::TEXT),
    column("client_addr", Oid::INET),
    column("client_hostname", Oid::TEXT),
    column("client_port", Oid::INT4),
    column("backend_start", Oid::TIMESTAMPTZ),
    column("xact_start", Oid::TIMESTAMPTZ),
    column("query_start", Oid::TIMESTAMPTZ),
    column("state_change", Oid::TIMESTAMPTZ),
    column("wait_event_type", Oid::TEXT),
    column("wait_event", Oid::TEXT),
    column("state", Oid::TEXT),
    column("backend_xid", Oid::XID),
    column("backend_xmin", Oid::XID),
    column("query_id", Oid::INT8),
    column("query", Oid::TEXT),
    column("backend_type", Oid::TEXT),
];

const CITUS_STAT_COUNTERS: &[SystemColumn] = &[
    column("oid", Oid::OID),
    column("name", Oid::NAME),
    column("connection_establishment_succeeded", Oid::INT8),
    column("connection_establishment_failed", Oid::INT8),
    column("connection_reused", Oid::INT8),
    column("query_execution_single_shard", Oid::INT8),
    column("query_execution_multi_shard", Oid::INT8),
    column("stats_reset", Oid::TIMESTAMPTZ),
];

const CITUS_STAT_STATEMENTS: &[SystemColumn] = &[
    column("queryid", Oid::INT8),
    column("userid", Oid::OID),
    column("dbid", Oid::OID),
    column("query", Oid::TEXT),
    column("executor", Oid::TEXT),
    column("partition_key", Oid::TEXT),
    column("calls", Oid::INT8),
];

const CITUS_STAT_TENANTS: &[SystemColumn] = &[
    column("nodeid", Oid::INT4),
    column("colocation_id", Oid::INT4),
    column("tenant_attribute", Oid::TEXT),
    column("read_count_in_this_period", Oid::INT4),
    column("read_count_in_last_period", Oid::INT4),
    column("query_count_in_this_period", Oid::INT4),
    column("query_count_in_last_period", Oid::INT4),
    column("cpu_usage_in_this_period", Oid::FLOAT8),
    column("cpu_usage_in_last_period", Oid::FLOAT8),
];

const CITUS_STAT_TENANTS_LOCAL: &[SystemColumn] = &[
    column("colocation_id", Oid::INT4),
    column("tenant_attribute", Oid::TEXT),
    column("read_count_in_this_period", Oid::INT4),
    column("read_count_in_last_period", Oid::INT4),
    column("query_count_in_this_period", Oid::INT4),
    column("query_count_in_last_period", Oid::INT4),
    column("cpu_usage_in_this_period", Oid::FLOAT8),
    column("cpu_usage_in_last_period", Oid::FLOAT8),
];

const CITUS_STATS: &[SystemColumn] = &[
    column("schemaname", Oid::NAME),
    column("tablename", Oid::NAME),
    column("attname", Oid::TEXT),
    column("null_frac", Oid::FLOAT4),
    column("most_common_vals", Oid::TEXT_ARRAY),
    column("most_common_freqs", Oid::FLOAT4_ARRAY),
];

const PG_DIST_AUTHINFO: &[SystemColumn] = &[
    column("nodeid", Oid::INT4),
    column("rolename", Oid::NAME),
    column("authinfo", Oid::TEXT),
];

const PG_DIST_BACKGROUND_JOB: &[SystemColumn] = &[
    column("job_id", Oid::INT8),
    column("state", types::JOB_STATUS),
    column("job_type", Oid::NAME),
    column("description", Oid::TEXT),
    column("started_at", Oid::TIMESTAMPTZ),
    column("finished_at", Oid::TIMESTAMPTZ),
];

const PG_DIST_BACKGROUND_TASK: &[SystemColumn] = &[
    column("job_id", Oid::INT8),
    column("task_id", Oid::INT8),
    column("owner", Oid::REGROLE),
    column("pid", Oid::INT4),
    column("status", types::TASK_STATUS),
    column("command", Oid::TEXT),
    column("retry_count", Oid::INT4),
    column("not_before", Oid::TIMESTAMPTZ),
    column("message", Oid::TEXT),
    column("nodes_involved", Oid::INT4_ARRAY),
];

const PG_DIST_BACKGROUND_TASK_DEPEND: &[SystemColumn] = &[
    column("job_id", Oid::INT8),
    column("task_id", Oid::INT8),
    column("depends_on", Oid::INT8),
];

const PG_DIST_CLEANUP: &[SystemColumn] = &[
    column("record_id", Oid::INT8),
    column("operation_id", Oid::INT8),
    column("object_type", Oid::INT4),
    column("object_name", Oid::TEXT),
    column("node_group_id", Oid::INT4),
    column("policy_type", Oid::INT4),
];

const PG_DIST_COLOCATION: &[SystemColumn] = &[
    column("colocationid", Oid::INT4),
    column("shardcount", Oid::INT4),
    column("replicationfactor", Oid::INT4),
    column("distributioncolumntype", Oid::OID),
    column("distributioncolumncollation", Oid::OID),
];

const PG_DIST_LOCAL_GROUP: &[SystemColumn] = &[column("groupid", Oid::INT4)];

const PG_DIST_NODE: &[SystemColumn] = &[
    column("nodeid", Oid::INT4),
    column("groupid", Oid::INT4),
    column("nodename", Oid::TEXT),
    column("nodeport", Oid::INT4),
    column("noderack", Oid::TEXT),
    column("hasmetadata", Oid::BOOL),
    column("isactive", Oid::BOOL),
    column("noderole", types::NODE_ROLE),
    column("nodecluster", Oid::NAME),
    column("metadatasynced", Oid::BOOL),
    column("shouldhaveshards", Oid::BOOL),
    column("nodeisclone", Oid::BOOL),
    column("nodeprimarynodeid", Oid::INT4),
];

const PG_DIST_NODE_METADATA: &[SystemColumn] = &[column("metadata", Oid::JSONB)];

const PG_DIST_OBJECT: &[SystemColumn] = &[
    column("classid", Oid::OID),
    column("objid", Oid::OID),
    column("objsubid", Oid::INT4),
    column("type", Oid::TEXT),
    column("object_names", Oid::TEXT_ARRAY),
    column("object_args", Oid::TEXT_ARRAY),
    column("distribution_argument_index", Oid::INT4),
    column("colocationid", Oid::INT4),
    column("force_delegation", Oid::BOOL),
];

const PG_DIST_PARTITION: &[SystemColumn] = &[
    column("logicalrelid", Oid::REGCLASS),
    column("partmethod", Oid::CHAR),
    column("partkey", Oid::TEXT),
    column("colocationid", Oid::INT4),
    column("repmodel", Oid::CHAR),
    column("autoconverted", Oid::BOOL),
];

const PG_DIST_PLACEMENT: &[SystemColumn] = &[
    column("placementid", Oid::INT8),
    column("shardid", Oid::INT8),
    column("shardstate", Oid::INT4),
    column("shardlength", Oid::INT8),
    column("groupid", Oid::INT4),
];

const PG_DIST_POOLINFO: &[SystemColumn] = &[column("nodeid", Oid::INT4), column("poolinfo", Oid::TEXT)];

const PG_DIST_REBALANCE_STRATEGY: &[SystemColumn] = &[
    column("name", Oid::NAME),
    column("default_strategy", Oid::BOOL),
    column("shard_cost_function", Oid::REGPROC),
    column("node_capacity_function", Oid::REGPROC),
    column("shard_allowed_on_node_function", Oid::REGPROC),
    column("default_threshold", Oid::FLOAT4),
    column("minimum_threshold", Oid::FLOAT4),
    column("improvement_threshold", Oid::FLOAT4),
];

const PG_DIST_SCHEMA: &[SystemColumn] = &[column("schemaid", Oid::OID), column("colocationid", Oid::INT4)];

const PG_DIST_SHARD: &[SystemColumn] = &[
    column("logicalrelid", Oid::REGCLASS),
    column("shardid", Oid::INT8),
    column("shardstorage", Oid::CHAR),
    column("shardminvalue", Oid::TEXT),
    column("shardmaxvalue", Oid::TEXT),
];

const PG_DIST_SHARD_PLACEMENT: &[SystemColumn] = &[
    column("shardid", Oid::INT8),
    column("shardstate", Oid::INT4),
    column("shardlength", Oid::INT8),
    column("nodename", Oid::TEXT),
    column("nodeport", Oid::INT4),
    column("placementid", Oid::INT8),
];

const PG_DIST_TRANSACTION: &[SystemColumn] = &[
    column("groupid", Oid::INT4),
    column("gid", Oid::TEXT),
    column("outer_xid", Oid::XID8),
];

const TIME_PARTITIONS: &[SystemColumn] = &[
    column("parent_table", Oid::REGCLASS),
    column("partition_column", Oid::NAME),
    column("partition", Oid::REGCLASS),
    column("from_value", Oid::TEXT),
    column("to_value", Oid::TEXT),
    column("access_method", Oid::NAME),
];

const CITUS_SCHEMAS: &[SystemColumn] = &[
    column("schema_name", Oid::REGNAMESPACE),
    column("colocation_id", Oid::INT4),
    column("schema_size", Oid::TEXT),
    column("schema_owner", Oid::NAME),
];

const CITUS_TABLES: &[SystemColumn] = &[
    column("table_name", Oid::REGCLASS),
    column("citus_table_type", Oid::TEXT),
    column("distribution_column", Oid::TEXT),
    column("colocation_id", Oid::INT4),
    column("table_size", Oid::TEXT),
    column("shard_count", Oid::INT8),
    column("table_owner", Oid::NAME),
    column("access_method", Oid::NAME),
];
