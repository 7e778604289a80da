//! Queries that go to all shards at once: a worker query that each shard answers, and a query over the answers
//! that puts them together on the coordinator.
//!
//! ```text
//! SELECT kind, count(*) AS n FROM events GROUP BY kind ORDER BY n LIMIT 2
//!
//! worker    SELECT kind, count(*) AS n FROM events_102008 GROUP BY kind
//! combine   SELECT kind, coalesce(sum(n)::bigint, 0) FROM remote_scan GROUP BY kind ORDER BY ... LIMIT 2
//! ```

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::executor::permissions;
use kumquat_postgres::extension::{CustomScan, PlannedBy};
use kumquat_postgres::query::{
    Expr, FromItem, JoinKind, Query, RangeTableEntry, RangeTableKind, RteColumn, TargetEntry,
};
use kumquat_types::{Datum, Oid, Result, Severity};

use super::aggregates::{self, Split};
use super::analysis::{Analysis, analyze, strip};
use super::plan::{DistributedPlan, Repartition, SubPlan, Task};
use super::split::split;
use super::{coordinator_scan, errors, outer_join, pruning, report, rewrite, tasks};
use crate::metadata::{self, TableType};
use crate::settings;
use crate::trace::PlanChoice;

/// Plans a SELECT over many shards.
pub fn plan(backend: &mut Backend<'_>, query: &Arc<Query>, id: u64, subplans: Vec<SubPlan>) -> Result<PlannedBy> {
    let analysis = analyze(query, metadata::of(backend)?, &[]);
    let repartitioned = errors::check_pushdown(backend, query, &analysis)? == errors::Joins::Repartitioned;
    let properties = Properties::of(query, &analysis);
    let gathers_rows = settings::value(backend, "citus.coordinator_aggregation_strategy") != "disabled";
    if properties.has_aggregates && !properties.whole_groups && !gathers_rows {
        check_aggregates(query, &DistributionColumns::of(query, &analysis))?;
    }
    let split = split(backend, query, &properties)?;
    let mut worker = split.worker;
    if worker.quals.is_none() && is_join_of_tables(&worker) {
        // The logical planner always writes a WHERE (`BuildJobQuery`).
        worker.quals = Some(Expr::constant(Datum::Bool(true), Oid::BOOL));
    }
    report_limit(backend, &worker);
    let worker = Arc::new(worker);
    let tasks = match repartitioned {
        true => Vec::new(),
        false => shard_tasks(backend, &worker, &analysis)?,
    };
    let repartition = repartitioned.then(|| repartition(backend, &analysis)).transpose()?;
    let plan = DistributedPlan {
        id,
        command: worker.command,
        subplans,
        choice: choice(&properties, tasks.len()),
        route: None,
        tasks,
        parallel_tables: analysis.distributed().map(|(_, table)| table.relation).collect(),
        written_tables: Vec::new(),
        repartition,
    };
    let scan: Arc<dyn CustomScan> = match repartitioned {
        true => Arc::new(coordinator_scan::RepartitionJoin {
            joined: Arc::new(coordinator_scan::over_scans(backend, &worker)?),
            plan: Arc::new(plan),
        }),
        false => Arc::new(plan),
    };
    if split.combine.is_some() {
        check_privileges(backend, query)?;
    }
    match split.combine {
        None => Ok(PlannedBy::Custom(scan)),
        Some(combine) => Ok(PlannedBy::Rewritten(Arc::new(with_scan(combine, scan, split.columns)))),
    }
}

/// The query has neither subqueries nor outer joins nor windows: it is not pushed down as a whole, but taken to pieces.
fn is_join_of_tables(query: &Query) -> bool {
    let is_table = |entry: &RangeTableEntry| {
        matches!(
            entry.kind,
            RangeTableKind::Relation { .. } | RangeTableKind::Join { .. }
        )
    };
    fn is_inner(item: &FromItem) -> bool {
        match item {
            FromItem::Table(_) => true,
            FromItem::Join(join) => join.kind == JoinKind::Inner && is_inner(&join.left) && is_inner(&join.right),
        }
    }
    !query.has_sublinks
        && !query.has_windows
        && query.set_operation.is_none()
        && query.range_table.iter().all(is_table)
        && query.from.iter().all(is_inner)
}

fn report_limit(backend: &mut Backend<'_>, worker: &Query) {
    if let Some(Expr::Const(limit)) = &worker.limit {
        let count = limit
            .value
            .as_i64()
            .map_or("ALL".to_string(), |count| count.to_string());
        report::debug(backend, Severity::Debug1, format!("push down of limit count: {count}"));
    }
}

/// The combine query names no tables, whose privileges would be checked when it runs.
fn check_privileges(backend: &Backend<'_>, query: &Query) -> Result<()> {
    let mut failure = None;
    rewrite::for_each_query(query, &mut |query| {
        if failure.is_none() {
            failure = permissions::check(backend, &query.range_table).err();
        }
    });
    failure.map_or(Ok(()), Err)
}

/// Every node gets some of the buckets into which both sides of the join are dealt.
fn repartition(backend: &Backend<'_>, analysis: &Analysis) -> Result<Repartition> {
    let metadata = metadata::of(backend)?;
    let buckets = settings::value(backend, "citus.repartition_join_bucket_count_per_node");
    let buckets: usize = buckets.parse().unwrap_or(4);
    let first = analysis.distributed().next();
    Ok(Repartition {
        map_tasks: first.map_or(0, |(_, table)| metadata.shards_of(table.relation).len()),
        merge_tasks: buckets * metadata.active_primaries().len(),
        jobs: 2,
    })
}

/// Without rows gathered on the coordinator, some aggregates cannot be had
/// (`DeferErrorIfHasNonDistributableAggregates`).
fn check_aggregates(query: &Query, columns: &DistributionColumns) -> Result<()> {
    let mut failure = None;
    let targets = query.target_list.iter().map(|target| &target.expr);
    for expr in targets.chain(&query.having) {
        expr.visit(&mut |part| {
            if let (Expr::Aggref(aggregate), None) = (part, &failure) {
                failure = aggregates::refusal(aggregate, &|expr| columns.contains(expr));
            }
        });
    }
    failure.map_or(Ok(()), Err)
}

fn choice(properties: &Properties, tasks: usize) -> PlanChoice {
    let why = match (properties.whole_groups, properties.has_aggregates) {
        (false, true) => format!("each of {tasks} shards aggregates its own rows, the coordinator puts them together"),
        _ => format!("each of {tasks} shards can answer for its own rows"),
    };
    PlanChoice { name: "pushdown", why }
}

/// The combine query reads what the tasks give.
fn with_scan(mut combine: Query, scan: Arc<dyn CustomScan>, columns: Vec<RteColumn>) -> Query {
    let scan = rewrite::entry(RangeTableKind::Custom(scan), "remote_scan", columns);
    combine.range_table = vec![scan];
    combine.from = vec![FromItem::Table(1)];
    combine
}

/// A task for each place that can have rows of the result.
pub fn shard_tasks(backend: &mut Backend<'_>, query: &Arc<Query>, analysis: &Analysis) -> Result<Vec<Task>> {
    let metadata = metadata::of(backend)?.clone();
    let restricts = settings::is_on(backend, "citus.enable_recurring_outer_join_pushdown")
        && outer_join::has_pushed_joins(query, &metadata);
    if !restricts {
        let places = places(backend, query, analysis)?;
        return tasks::tasks_at(backend, query, analysis, &places);
    }
    // Rows of the reference table are preserved wherever they belong.
    let shards = analysis.distributed().next();
    let count = shards.map_or(0, |(_, table)| metadata.shards_of(table.relation).len());
    (0..count)
        .map(|place| {
            let mut own = (**query).clone();
            outer_join::restrict_to_place(&mut own, &metadata, place);
            tasks::task_at(backend, &Arc::new(own), analysis, &place.into())
        })
        .collect()
}

/// Places that all tables of an inner join need, or any branch of a set operation.
fn places(backend: &mut Backend<'_>, query: &Query, analysis: &Analysis) -> Result<Vec<usize>> {
    let mut has_union = false;
    rewrite::for_each_query(query, &mut |query| has_union |= query.set_operation.is_some());
    let relevant: Vec<usize> = analysis
        .distributed()
        .filter(|(_, table)| !table.nullable)
        .map(|(index, _)| index)
        .collect();
    let relevant = match relevant.is_empty() {
        true => analysis.distributed().map(|(index, _)| index).collect(),
        false => relevant,
    };
    let mut result: Option<Vec<usize>> = None;
    for index in relevant {
        let found = pruning::prune(backend, analysis, index)?;
        result = Some(match result {
            None => found,
            Some(known) if has_union => (0..)
                .take(known.iter().chain(&found).max().map_or(0, |last| last + 1))
                .filter(|place| known.contains(place) || found.contains(place))
                .collect(),
            Some(known) => known.into_iter().filter(|place| found.contains(place)).collect(),
        });
    }
    Ok(result.unwrap_or_default())
}

/// What decides how a query is split (`ExtendedOpNodeProperties`).
pub struct Properties {
    /// GROUP BY has the distribution column: every shard has whole groups.
    pub whole_groups: bool,
    pub has_aggregates: bool,
    /// Window functions that no shard can compute alone.
    pub pull_windows: bool,
    /// Aggregates that need all rows: shards do not group.
    pub pull_rows: bool,
}

impl Properties {
    fn of(query: &Query, analysis: &Analysis) -> Properties {
        let columns = DistributionColumns::of(query, analysis);
        let has_aggregates = query.has_aggregates || !query.group_by.is_empty();
        let whole_groups = query
            .group_by
            .iter()
            .filter_map(|group| query.target_by_ref(group.target_ref))
            .any(|target| columns.contains(&target.expr));
        let safe_window = |window: &kumquat_postgres::query::WindowClause| {
            window
                .partition_by
                .iter()
                .filter_map(|partition| query.target_by_ref(partition.target_ref))
                .any(|target| columns.contains(&target.expr))
        };
        let pull_windows =
            query.has_windows && (!query.windows.iter().all(safe_window) || (has_aggregates && !whole_groups));
        let mut pull_rows = false;
        if has_aggregates && !whole_groups {
            query.for_each_expr(&mut |expr| {
                expr.visit(&mut |part| {
                    if let Expr::Aggref(aggregate) = part {
                        pull_rows |= match aggregates::split_of(aggregate) {
                            Split::Rows => true,
                            Split::CountDistinct => false,
                            _ => false,
                        };
                    }
                });
            });
        }
        Properties {
            whole_groups,
            has_aggregates,
            pull_windows,
            pull_rows,
        }
    }
}

/// The distribution columns among the columns a query level can name.
pub struct DistributionColumns {
    found: Vec<(usize, i16)>,
}

impl DistributionColumns {
    /// Those of the query's own range table, by way of subqueries too.
    pub fn of(query: &Query, analysis: &Analysis) -> DistributionColumns {
        let mut found = Vec::new();
        let is_reference = |index: usize| match query.entry(index).map(|entry| &entry.kind) {
            Some(RangeTableKind::Relation { relation, .. }) => {
                let table = analysis.uses.iter().find(|table| table.relation == *relation);
                table.is_some_and(|table| table.table_type == Some(TableType::Reference))
            }
            _ => false,
        };
        // Rows of a reference table without a partner come from every shard.
        let incomplete: Vec<usize> = query
            .from
            .iter()
            .filter_map(|item| match item {
                FromItem::Join(join) => match (join.kind, &join.left, &join.right) {
                    (JoinKind::Left, FromItem::Table(outer), FromItem::Table(inner))
                    | (JoinKind::Right, FromItem::Table(inner), FromItem::Table(outer)) => {
                        is_reference(*outer).then_some(*inner)
                    }
                    _ => None,
                },
                FromItem::Table(_) => None,
            })
            .collect();
        for (index, entry) in (1..).zip(&query.range_table) {
            match &entry.kind {
                _ if incomplete.contains(&index) => {}
                RangeTableKind::Relation { relation, .. } => {
                    let table = analysis.uses.iter().find(|table| table.relation == *relation);
                    if let Some(column) = table.and_then(|table| table.column) {
                        found.push((index, column));
                    }
                }
                RangeTableKind::Subquery { query: inner, .. } => {
                    let columns = DistributionColumns::of(inner, analysis);
                    for target in inner.output_columns() {
                        if columns.contains(&target.expr) || columns.leaf(inner, target, analysis) {
                            found.push((index, target.number));
                        }
                    }
                }
                RangeTableKind::Join { join_vars, .. } => {
                    for (number, expr) in (1..).zip(join_vars) {
                        if let Expr::Var(var) = strip(expr)
                            && found.contains(&(var.varno, var.attribute))
                        {
                            found.push((index, number));
                        }
                    }
                }
                _ => {}
            }
        }
        DistributionColumns { found }
    }

    /// Of a set operation: the column is the distribution column in its first branch.
    fn leaf(&self, query: &Query, target: &TargetEntry, _: &Analysis) -> bool {
        query.set_operation.is_some() && self.found.contains(&(1, target.number))
    }

    pub fn contains(&self, expr: &Expr) -> bool {
        match strip(expr) {
            Expr::Var(var) => var.levels_up == 0 && self.found.contains(&(var.varno, var.attribute)),
            Expr::Coalesce { args, .. } => args.iter().all(|arg| self.contains(arg)),
            _ => false,
        }
    }
}
