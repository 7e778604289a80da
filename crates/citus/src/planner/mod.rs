//! The distributed planner: from a query on Citus tables to tasks on shards.
//!
//! 1. [`analysis`]: which tables the query reads, and how they are joined.
//! 2. [`sql_function`]: what is refused inside SQL functions.
//! 2. Queries on local tables alone are left to the node; [`delegation`]: calls of distributed functions go where
//!    their rows are.
//! 3. [`modify`], [`insert`], [`insert_select`], [`merge`]: writes.
//! 4. [`router`]: everything is on one shard (and its siblings): the whole query goes there.
//! 5. [`recursive`]: parts that no shard can answer alone ([`pushable`]) become subplans.
//! 6. [`pushdown`]: all shards get the same query; [`split`] and [`aggregates`] take apart what must be put together
//!    again.
//! 7. [`errors`]: what is left is refused, in Citus's words.
//!
//! [`outer_join`]: outer joins with reference tables that shards can do. [`report`] tells at every turn which way was taken.

pub mod aggregates;
pub mod analysis;
pub mod constants;
pub mod coordinator_scan;
pub mod delegation;
pub mod errors;
pub mod evaluate;
pub mod insert;
pub mod insert_select;
pub mod merge;
pub mod modify;
pub mod outer_join;
pub mod plan;
pub mod pruning;
pub mod pushable;
pub mod pushdown;
pub mod recursive;
pub mod report;
pub mod rewrite;
pub mod router;
pub mod split;
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
    let is_forced = session::update(backend, |state| std::mem::take(&mut state.plans_distributed));
    if !is_forced && !analysis.uses.iter().any(|table| table.table_type.is_some()) {
        return Ok(match delegation::plan(backend, query, 0)? {
            Some(plan) => PlannedBy::Custom(Arc::new(plan)),
            None => PlannedBy::Standard,
        });
    }
    let query = rewrite::substitute_params(query, params);
    if query.command == CommandType::Insert && insert::fills_local_table(&query, metadata::of(backend)?) {
        // The SELECT that a local table is filled from is planned by itself, and counted then.
        return insert::plan(backend, &query, 0);
    }
    let query = recursive::without_unread_ctes(&query);
    let id = next_id(backend);
    let inlined = recursive::with_inlined_ctes(backend, &query)?;
    if Arc::ptr_eq(&inlined, &query) {
        return plan_command(backend, &query, id);
    }
    // What cannot be planned with its CTEs in place may be planned with them as subplans.
    let inlined_id = next_id(backend);
    match plan_command(backend, &inlined, inlined_id) {
        Ok(planned) => Ok(planned),
        Err(_) => plan_command(backend, &query, id),
    }
}

/// `NextPlanId`
fn next_id(backend: &mut Backend<'_>) -> u64 {
    session::log(backend, |log| {
        log.plans = log.plans.saturating_add(1);
        log.plans
    })
}

fn plan_command(backend: &mut Backend<'_>, query: &Arc<Query>, id: u64) -> Result<PlannedBy> {
    match query.command {
        CommandType::Select => plan_select(backend, query, id),
        CommandType::Insert => insert::plan(backend, query, id),
        CommandType::Update | CommandType::Delete => modify::plan(backend, query, id),
        CommandType::Merge => merge::plan(backend, query, id),
    }
}

/// A SELECT: routed if one shard has it all, else split (`CreateDistributedPlan`).
pub fn plan_select(backend: &mut Backend<'_>, query: &Arc<Query>, id: u64) -> Result<PlannedBy> {
    if let Some(plan) = router::plan(backend, query, id, &[])? {
        return Ok(PlannedBy::Custom(Arc::new(plan)));
    }
    let (query, subplans) = recursive::plan_subqueries(backend, query, id)?;
    if !subplans.is_empty()
        && let Some(plan) = router::plan(backend, &query, id, &subplans)?
    {
        return Ok(PlannedBy::Custom(Arc::new(plan)));
    }
    pushdown::plan(backend, &query, id, subplans)
}
