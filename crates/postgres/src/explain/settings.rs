//! SETTINGS: what bears on plans and is not at its default.

use super::ExplainWriter;
use super::tree::Group;
use crate::backend::Backend;
use crate::settings::value::{default_value, show};

/// The settings that EXPLAIN knows (`GUC_EXPLAIN`), by name.
const SETTINGS: [&str; 57] = [
    "constraint_exclusion",
    "cpu_index_tuple_cost",
    "cpu_operator_cost",
    "cpu_tuple_cost",
    "cursor_tuple_fraction",
    "effective_cache_size",
    "effective_io_concurrency",
    "enable_async_append",
    "enable_bitmapscan",
    "enable_gathermerge",
    "enable_hashagg",
    "enable_hashjoin",
    "enable_incremental_sort",
    "enable_indexonlyscan",
    "enable_indexscan",
    "enable_material",
    "enable_memoize",
    "enable_mergejoin",
    "enable_nestloop",
    "enable_parallel_append",
    "enable_parallel_hash",
    "enable_partition_pruning",
    "enable_partitionwise_aggregate",
    "enable_partitionwise_join",
    "enable_seqscan",
    "enable_sort",
    "enable_tidscan",
    "force_parallel_mode",
    "from_collapse_limit",
    "geqo",
    "geqo_effort",
    "geqo_generations",
    "geqo_pool_size",
    "geqo_seed",
    "geqo_selection_bias",
    "geqo_threshold",
    "hash_mem_multiplier",
    "jit",
    "jit_above_cost",
    "jit_inline_above_cost",
    "jit_optimize_above_cost",
    "join_collapse_limit",
    "maintenance_io_concurrency",
    "max_parallel_workers",
    "max_parallel_workers_per_gather",
    "min_parallel_index_scan_size",
    "min_parallel_table_scan_size",
    "parallel_leader_participation",
    "parallel_setup_cost",
    "parallel_tuple_cost",
    "plan_cache_mode",
    "random_page_cost",
    "recursive_worktable_factor",
    "search_path",
    "seq_page_cost",
    "temp_buffers",
    "work_mem",
];

/// Writes those that were changed, a property each; the text has them in one line.
pub fn changed(backend: &Backend<'_>, writer: &mut ExplainWriter) {
    let found: Vec<(&str, String)> = SETTINGS
        .iter()
        .filter_map(|name| Some((*name, changed_value(backend, name)?)))
        .collect();
    let shown: Vec<String> = found
        .iter()
        .map(|(name, value)| format!("{name} = '{value}'"))
        .collect();
    if !shown.is_empty() {
        writer.line(format!("Settings: {}", shown.join(", ")));
    }
    writer.group(Group::named("Settings"), |writer| {
        for (name, value) in found {
            writer.data(name, value);
        }
    });
}

fn changed_value(backend: &Backend<'_>, name: &str) -> Option<String> {
    let definition = backend.setting_definition(name)?;
    let value = backend.setting(name)?;
    let is_default = default_value(definition).is_ok_and(|default| default == value);
    (!is_default).then(|| show(definition, &value))
}
