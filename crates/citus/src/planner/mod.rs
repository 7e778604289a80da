//! The distributed planner: from a query on Citus tables to tasks on shards.
//!
//! 1. [`analysis`]: which tables the query reads, and how they are joined.
//! 2. [`sql_function`]: what is refused inside SQL functions.
//! 2. Queries on local tables alone are left to the node; [`delegation`]: calls of distributed functions go where
//!    their rows are.
//! 3. [`modify`], [`insert`], [`insert_select`], [`merge`]: writes.
//! 4. [`router`]: everything is on one shard (and its siblings): the whole query goes there.
//! 5. [`recursive`]: parts that no shard can answer alone ([`pushable`]) become subplans.
//! 6. [`pushdown`]: all shards get the same query; [`aggregates`] splits what must be put together again.
//! 7. [`errors`]: what is left is refused, in Citus's words.

pub mod aggregates;
pub mod analysis;
pub mod coordinator_scan;
pub mod delegation;
pub mod errors;
pub mod evaluate;
pub mod insert;
pub mod insert_select;
pub mod merge;
pub mod modify;
pub mod plan;
pub mod pruning;
pub mod pushable;
pub mod pushdown;
pub mod recursive;
pub mod rewrite;
pub mod router;
pub mod sql_function;
pub mod tasks;
pub mod values;

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::extension::PlannedBy;
use kumquat_postgres::query::{CommandType, Query};
use kumquat_types::{Datum, Result};

use crate::metadata;
use crate::session;

/// `planner_hook`.
pub fn plan(backend: &mut Backend<'_>, query: &Arc<Query>, params: &[Datum]) -> Result<PlannedBy> {
    let metadata = metadata::of(backend)?;
    let analysis = analysis::analyze(query, metadata, params);
    sql_function::refuse_inlined(backend, query)?;
    if !analysis.uses.iter().any(|table| table.table_type.is_some()) {
        return Ok(match delegation::plan(backend, query, 0)? {
            Some(plan) => PlannedBy::Custom(Arc::new(plan)),
            None => PlannedBy::Standard,
        });
    }
    let plans = match query.command {
        // The SELECT that a local table is filled from is planned by itself, and counted then.
        CommandType::Insert if insert::fills_local_table(query, metadata) => 0,
        // With CTEs put in place, the query is planned a second time.
        _ if recursive::has_inlinable_cte(query) => 2,
        _ => 1,
    };
    let id = session::log(backend, |log| {
        log.plans = log.plans.saturating_add(plans);
        log.plans
    });
    let query = rewrite::substitute_params(query, params);
    match query.command {
        CommandType::Select => plan_select(backend, &query, id),
        CommandType::Insert => insert::plan(backend, &query, id),
        CommandType::Update | CommandType::Delete => modify::plan(backend, &query, id),
        CommandType::Merge => merge::plan(backend, &query, id),
    }
}

/// A SELECT: routed if one shard has it all, else split.
pub fn plan_select(backend: &mut Backend<'_>, query: &Arc<Query>, id: u64) -> Result<PlannedBy> {
    let query = &recursive::with_inlined_ctes(query);
    if let Some(plan) = router::plan(backend, query, id, Vec::new())? {
        return Ok(PlannedBy::Custom(Arc::new(plan)));
    }
    let (query, subplans) = recursive::plan_subqueries(backend, query, id)?;
    if !subplans.is_empty()
        && let Some(plan) = router::plan(backend, &query, id, subplans.clone())?
    {
        return Ok(PlannedBy::Custom(Arc::new(plan)));
    }
    pushdown::plan(backend, &query, id, subplans)
}
