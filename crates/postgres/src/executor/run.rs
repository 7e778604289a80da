//! Running a plan from beginning to end.

use std::sync::Arc;

use kumquat_types::{CHUNK_ROWS, Chunk, Datum, Oid, Result};

use super::build::build;
use super::context::{Context, Memory};
use super::counters::RunCounts;
use super::expr::compile::compile_all;
use super::indexing::TABLE;
use super::layout::Layout;
use super::modify::Pending;
use super::modify::pending::finish_statement;
use super::subplan::{SubplanState, complete_cte};
use super::{RelationBindings, compile, permissions};
use crate::backend::Backend;
use crate::catalog::Persistence;
use crate::extension::PlannedBy;
use crate::planner::plan::SubplanKind;
use crate::planner::{PlannedQuery, plan_custom, plan_query};
use crate::query::{CommandType, Expr, Query, RangeTableKind};
use crate::result::{CommandTag, QueryOutcome, ResultSet};

/// Plans (extension first) and runs a query.
pub fn execute_query(backend: &mut Backend<'_>, query: &Arc<Query>, params: &[Datum]) -> Result<QueryOutcome> {
    let plan = plan_with_extension(backend, query, params)?;
    run(backend, &plan, params, &RelationBindings::new())
}

/// Plans a query by way of the extension's planner hook.
pub fn plan_with_extension(
    backend: &mut Backend<'_>,
    query: &Arc<Query>,
    params: &[Datum],
) -> Result<Arc<PlannedQuery>> {
    let extension = backend.extension;
    match extension.plan(backend, query, params)? {
        PlannedBy::Standard => plan_query(backend, query, params),
        PlannedBy::Rewritten(query) => plan_query(backend, &query, params),
        PlannedBy::Custom(scan) => Ok(plan_custom(query, scan)),
    }
}

/// Runs a plan.
pub fn run(
    backend: &mut Backend<'_>,
    plan: &PlannedQuery,
    params: &[Datum],
    bindings: &RelationBindings,
) -> Result<QueryOutcome> {
    with_plan(backend, plan, params, bindings, |ctx| {
        let chunks = run_to_end(ctx)?;
        Ok(outcome(ctx, chunks))
    })
}

/// Runs a plan for EXPLAIN ANALYZE: what has been counted, and what came of it.
pub fn run_counted(
    backend: &mut Backend<'_>,
    plan: &PlannedQuery,
    params: &[Datum],
) -> Result<(RunCounts, QueryOutcome)> {
    with_plan(backend, plan, params, &RelationBindings::new(), |ctx| {
        ctx.counters = Some(RunCounts::default());
        let chunks = run_to_end(ctx)?;
        let outcome = outcome(ctx, chunks);
        Ok((ctx.counters.take().unwrap_or_default(), outcome))
    })
}

fn run_to_end(ctx: &mut Context<'_, '_>) -> Result<Vec<Chunk>> {
    let plan = ctx.plan;
    permissions::check(ctx.backend, &plan.privileges)?;
    refuse_in_read_only(ctx.backend, plan)?;
    let mut root = build(ctx, &plan.root)?;
    let chunks = ctx.collect(root.as_mut())?;
    // Data-modifying CTEs run to their end, be they read or not.
    for (index, subplan) in plan.subplans.iter().enumerate() {
        if matches!(subplan.kind, SubplanKind::Cte { modifies: true }) {
            complete_cte(ctx, index)?;
        }
    }
    finish_statement(ctx)?;
    Ok(chunks)
}

/// In a read-only transaction only temporary tables may be written (`ExecCheckXactReadOnly`).
fn refuse_in_read_only(backend: &Backend<'_>, plan: &PlannedQuery) -> Result<()> {
    if !backend.is_read_only() {
        return Ok(());
    }
    let catalog = backend.catalog()?;
    let writes = plan.privileges.iter().any(|entry| {
        let RangeTableKind::Relation { relation, .. } = &entry.kind else {
            return false;
        };
        let is_temporary = catalog
            .relation(*relation)
            .is_some_and(|found| found.persistence == Persistence::Temporary);
        !is_temporary && entry.required.iter().any(|letter| matches!(letter, 'a' | 'w' | 'd'))
    });
    let name = match plan.command {
        CommandType::Select => "SELECT",
        CommandType::Insert => "INSERT",
        CommandType::Update => "UPDATE",
        CommandType::Delete => "DELETE",
        CommandType::Merge => "MERGE",
    };
    match writes {
        true => Err(crate::transaction::read_only(name)),
        false => Ok(()),
    }
}

fn outcome(ctx: &Context<'_, '_>, chunks: Vec<Chunk>) -> QueryOutcome {
    let plan = ctx.plan;
    let rows: usize = chunks.iter().map(|chunk| chunk.rows).sum();
    let processed = match plan.command {
        CommandType::Select => rows as u64,
        _ => ctx.processed,
    };
    let tag = match plan.command {
        CommandType::Select => CommandTag::with_count("SELECT", processed),
        CommandType::Insert => CommandTag::with_count("INSERT 0", processed),
        CommandType::Update => CommandTag::with_count("UPDATE", processed),
        CommandType::Delete => CommandTag::with_count("DELETE", processed),
        CommandType::Merge => CommandTag::with_count("MERGE", processed),
    };
    // What was computed for sorting alone stays behind.
    let mut chunks = chunks;
    chunks
        .iter_mut()
        .for_each(|chunk| chunk.columns.truncate(plan.columns.len()));
    let gives_rows = plan.command == CommandType::Select || !plan.columns.is_empty();
    QueryOutcome {
        rows: gives_rows.then(|| ResultSet {
            columns: plan.columns.clone(),
            chunks,
        }),
        tag,
        processed,
    }
}

/// Sets up the context of a plan's run.
pub fn with_plan<T>(
    backend: &mut Backend<'_>,
    plan: &PlannedQuery,
    params: &[Datum],
    bindings: &RelationBindings,
    f: impl FnOnce(&mut Context<'_, '_>) -> Result<T>,
) -> Result<T> {
    super::context::enter(backend)?;
    let snapshot = backend.database()?.heaps.clone();
    let mut subplans = Vec::new();
    subplans.resize_with(plan.subplans.len(), SubplanState::default);
    let mut ctx = Context {
        backend,
        plan,
        params,
        bindings,
        snapshot,
        values: vec![None; plan.params.len()],
        subplans,
        work_tables: vec![None; plan.params.len()],
        memory: Memory::default(),
        dependent: plan.dependent_init_params(),
        batch: CHUNK_ROWS,
        counters: None,
        processed: 0,
        pending: Pending::default(),
    };
    let result = f(&mut ctx);
    super::context::leave(ctx.backend);
    result
}

/// A context for expressions outside of any plan.
pub fn with_context<T>(backend: &mut Backend<'_>, f: impl FnOnce(&mut Context<'_, '_>) -> Result<T>) -> Result<T> {
    let plan = PlannedQuery::empty();
    with_plan(backend, &plan, &[], &RelationBindings::new(), f)
}

/// The value of an expression without columns.
pub fn evaluate(backend: &mut Backend<'_>, expr: &Expr, params: &[Datum]) -> Result<Datum> {
    let plan = PlannedQuery::empty();
    with_plan(backend, &plan, params, &RelationBindings::new(), |ctx| {
        let mut compiled = compile(ctx.backend, expr, &Layout::default())?;
        compiled.eval_row(ctx, &Chunk::new(Vec::new(), 1))
    })
}

/// The values of expressions over rows of one relation (varno 1), whose columns are in order of attribute
/// number.
pub fn evaluate_over(backend: &mut Backend<'_>, exprs: &[Expr], rows: &Chunk) -> Result<Chunk> {
    with_context(backend, |ctx| {
        let layout = Layout::of_entry(TABLE, rows.columns.iter().map(|_| (Oid::INVALID, -1)));
        let mut compiled = compile_all(ctx.backend, exprs, &layout)?;
        let columns: Result<Vec<_>> = compiled.iter_mut().map(|expr| expr.eval(ctx, rows, None)).collect();
        Ok(Chunk::new(columns?, rows.rows))
    })
}
