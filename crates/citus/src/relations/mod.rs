//! `pg_dist_*` tables and `citus_*` views: rows computed from the metadata when they are read.
//!
//! `relations.txt` has a relation a line, in the form of [`SystemRelation::read_list`]; [`rows_of`] says by name which
//! function computes the rows.

pub mod jobs;
mod nodes;
mod objects;
mod shards;
mod status;
mod tables;
pub mod time_partitions;

use std::sync::OnceLock;

use kumquat_postgres::Backend;
use kumquat_postgres::extension::{SystemRelation, SystemRows};
use kumquat_types::{Datum, Result};

use crate::cluster::types;
use crate::columnar;

pub use time_partitions::{TimePartition, time_partitions_of};

/// All relations of the extension.
pub fn all() -> &'static [SystemRelation] {
    static RELATIONS: OnceLock<Vec<SystemRelation>> = OnceLock::new();
    let text = include_str!("relations.txt");
    RELATIONS.get_or_init(|| SystemRelation::read_list(text, types::by_name, |_, name| rows_of(name)))
}

fn rows_of(relation: &str) -> SystemRows {
    match relation {
        "citus_dist_stat_activity" => status::activity,
        "citus_nodes" => nodes::citus_nodes,
        "citus_shard_indexes_on_worker" => status::shard_indexes_on_worker,
        "citus_shards" => shards::citus_shards,
        "citus_shards_on_worker" => status::shards_on_worker,
        "citus_stat_activity" => status::activity,
        "citus_stat_counters" => status::counters,
        "citus_stat_statements" => status::statements,
        "pg_dist_background_job" => jobs::jobs,
        "pg_dist_background_task" => jobs::tasks,
        "pg_dist_background_task_depend" => jobs::task_depends,
        "pg_dist_cleanup" => jobs::cleanup,
        "pg_dist_colocation" => tables::pg_dist_colocation,
        "pg_dist_local_group" => nodes::local_group,
        "pg_dist_node" => nodes::pg_dist_node,
        "pg_dist_node_metadata" => nodes::node_metadata,
        "pg_dist_object" => objects::pg_dist_object,
        "pg_dist_partition" => tables::pg_dist_partition,
        "pg_dist_placement" => shards::pg_dist_placement,
        "pg_dist_rebalance_strategy" => jobs::strategies,
        "pg_dist_schema" => tables::pg_dist_schema,
        "pg_dist_shard" => shards::pg_dist_shard,
        "pg_dist_shard_placement" => shards::pg_dist_shard_placement,
        "pg_dist_transaction" => jobs::transactions,
        "time_partitions" => time_partitions::rows,
        "citus_schemas" => tables::citus_schemas,
        "citus_tables" => tables::citus_tables,
        "options" => columnar::options,
        "chunk" | "chunk_group" | "storage" | "stripe" => columnar::not_modelled,
        _ => nothing,
    }
}

/// Of what a cluster with one session never has: waiting locks, tenants that are tracked, other credentials.
fn nothing(_: &mut Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    Ok(Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_relation_and_column_of_the_list_is_read() {
        let lines = include_str!("relations.txt").lines();
        let listed = lines.map(|line| line.split([' ', ',']).count() - 4);
        let read = all().iter().map(|relation| relation.columns.len());
        assert_eq!(read.collect::<Vec<_>>(), listed.collect::<Vec<_>>());
    }
}
