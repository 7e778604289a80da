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
use kumquat_postgres::query::expr::OpExpr;
use kumquat_postgres::query::{
    Distinct, Expr, FromItem, JoinKind, Query, RangeTableEntry, RangeTableKind, RteColumn, SortGroupClause,
    TargetEntry, WindowFunc,
};
use kumquat_types::{Datum, Oid, Result, operators};

use super::aggregates::{self, Split};
use super::analysis::{Analysis, analyze, strip};
use super::plan::{DistributedPlan, Repartition, SubPlan, Task};
use super::{coordinator_scan, errors, pruning, rewrite, tasks};
use crate::metadata;
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
    let places = places(backend, query, analysis)?;
    tasks::tasks_at(backend, query, analysis, &places)
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
        let _ = analysis;
        let mut found = Vec::new();
        for (index, entry) in (1..).zip(&query.range_table) {
            match &entry.kind {
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

/// Worker query, combine query and the columns between them.
struct Parts {
    worker: Query,
    /// `None`: the workers' rows are the result.
    combine: Option<Query>,
    columns: Vec<RteColumn>,
}

fn split(backend: &Backend<'_>, query: &Query, properties: &Properties) -> Result<Parts> {
    let mut splitter = Splitter {
        query,
        properties,
        targets: Vec::new(),
        columns: Vec::new(),
        distinct_groups: Vec::new(),
    };
    let mut combine = Query::new(query.command);
    for target in &query.target_list {
        let expr = splitter.target(target)?;
        combine.target_list.push(TargetEntry { expr, ..target.clone() });
    }
    let aggregates_above = properties.has_aggregates && !properties.whole_groups;
    if aggregates_above {
        combine.group_by = query.group_by.clone();
        combine.having = query
            .having
            .as_ref()
            .map(|having| splitter.above(having, None))
            .transpose()?;
        combine.has_aggregates = query.has_aggregates;
    }
    if properties.pull_windows {
        combine.windows = query.windows.clone();
        for window in &mut combine.windows {
            for offset in window.start_offset.iter_mut().chain(&mut window.end_offset) {
                *offset = splitter.above(offset, None)?;
            }
        }
        combine.has_windows = true;
    }
    combine.distinct = query.distinct.clone();
    combine.order_by = query.order_by.clone();
    combine.limit = query.limit.clone();
    combine.offset = query.offset.clone();
    combine.with_ties = query.with_ties;
    let worker = splitter.worker(backend);
    let columns = splitter.columns;
    let is_plain = !aggregates_above
        && !properties.pull_windows
        && combine.distinct.is_none()
        && combine.order_by.is_empty()
        && combine.limit.is_none()
        && combine.offset.is_none()
        && combine.target_list.iter().all(|target| !target.junk);
    Ok(Parts {
        worker,
        combine: (!is_plain).then_some(combine),
        columns,
    })
}

struct Splitter<'a> {
    query: &'a Query,
    properties: &'a Properties,
    /// The worker's target list.
    targets: Vec<TargetEntry>,
    columns: Vec<RteColumn>,
    /// Targets that shards group by for count(DISTINCT).
    distinct_groups: Vec<SortGroupClause>,
}

impl Splitter<'_> {
    /// What stands for a target above the tasks.
    fn target(&mut self, target: &TargetEntry) -> Result<Expr> {
        if !self.needs_work_above(&target.expr) {
            return Ok(self.column(&target.expr, Some(target)));
        }
        self.above(&target.expr, Some(target))
    }

    fn needs_work_above(&self, expr: &Expr) -> bool {
        let aggregates = self.properties.has_aggregates && !self.properties.whole_groups;
        expr.any(&mut |part| match part {
            Expr::Aggref(aggregate) => aggregates && aggregate.levels_up == 0,
            Expr::WindowFunc(_) => self.properties.pull_windows,
            Expr::Grouping { .. } => aggregates,
            _ => false,
        })
    }

    /// An expression over the tasks' columns: aggregates put together, everything else a column.
    fn above(&mut self, expr: &Expr, target: Option<&TargetEntry>) -> Result<Expr> {
        if let Some(group) = self.group_column(expr) {
            return Ok(group);
        }
        match expr {
            Expr::Aggref(aggregate) if aggregate.levels_up == 0 && self.needs_work_above(expr) => {
                let split = match self.properties.pull_rows {
                    true => Split::Rows,
                    false => aggregates::split_of(aggregate),
                };
                let mut parts = Vec::new();
                for part in aggregates::worker_parts(aggregate, split)? {
                    let column = self.column(&part, target);
                    if split == Split::CountDistinct {
                        self.group_by_column(&column);
                    }
                    parts.push(column);
                }
                aggregates::combine(aggregate, split, &parts)
            }
            Expr::WindowFunc(window) if self.properties.pull_windows => {
                let mut above: WindowFunc = (**window).clone();
                for arg in above.args.iter_mut().chain(&mut above.filter) {
                    *arg = self.above(arg, None)?;
                }
                Ok(Expr::WindowFunc(Box::new(above)))
            }
            Expr::Var(var) if var.levels_up == 0 => Ok(self.column(expr, None)),
            Expr::Aggref(aggregate) if aggregate.levels_up == 0 => Ok(self.column(expr, None)),
            _ => {
                let mut result = expr.clone();
                let mut failure = None;
                result.for_each_child_mut(&mut |child| match self.above(child, None) {
                    Ok(above) => *child = above,
                    Err(error) => failure = Some(error),
                });
                match failure {
                    Some(error) => Err(error),
                    None => Ok(result),
                }
            }
        }
    }

    /// The column that a GROUP BY expression has already.
    fn group_column(&mut self, expr: &Expr) -> Option<Expr> {
        let group = self.query.group_by.iter().find_map(|group| {
            let target = self.query.target_by_ref(group.target_ref)?;
            target.expr.same_as(expr).then_some(target)
        })?;
        let known = self
            .targets
            .iter()
            .position(|target| target.sort_group_ref == group.sort_group_ref);
        match known {
            Some(at) => self.column_at(at),
            None => Some(self.column(&group.expr, Some(group))),
        }
    }

    /// A column of the tasks' results, made for a target of the query or for a part of an expression.
    fn column(&mut self, expr: &Expr, target: Option<&TargetEntry>) -> Expr {
        let number = i16::try_from(self.targets.len() + 1).unwrap_or(i16::MAX);
        let whole = target.filter(|target| target.expr.same_as(expr));
        let name = match target {
            Some(target) if !target.junk => target.name.clone(),
            _ => format!("worker_column_{number}").into(),
        };
        if whole.is_none()
            && let Some(at) = self
                .targets
                .iter()
                .position(|known| known.expr.same_as(expr) && is_var(expr))
            && let Some(column) = self.column_at(at)
        {
            return column;
        }
        self.columns.push(RteColumn {
            name: self.unique(&name).into(),
            type_oid: expr.type_oid(),
            type_modifier: expr.type_modifier(),
            collation: Oid::INVALID,
        });
        self.targets.push(TargetEntry {
            expr: expr.clone(),
            number,
            name,
            sort_group_ref: whole.map_or(0, |target| target.sort_group_ref),
            junk: false,
            origin: (Oid::INVALID, 0),
        });
        self.column_at(self.targets.len() - 1).unwrap_or_else(|| expr.clone())
    }

    fn column_at(&self, at: usize) -> Option<Expr> {
        let number = i16::try_from(at + 1).ok()?;
        Some(rewrite::var(1, number, self.columns.get(at)?))
    }

    fn unique(&self, name: &str) -> String {
        let taken = |name: &str| self.columns.iter().any(|column| &*column.name == name);
        match taken(name) {
            false => name.to_string(),
            true => (1..)
                .map(|n| format!("{name}_{n}"))
                .find(|name| !taken(name))
                .unwrap_or_default(),
        }
    }

    /// Shards also group by what was just added.
    fn group_by_column(&mut self, column: &Expr) {
        let free = self.free_ref();
        let Expr::Var(var) = column else { return };
        if let Some(target) = self.targets.iter_mut().find(|target| target.number == var.attribute) {
            let is_grouped = self
                .query
                .group_by
                .iter()
                .any(|group| group.target_ref == target.sort_group_ref);
            if target.sort_group_ref == 0 {
                target.sort_group_ref = free;
            } else if is_grouped {
                return;
            }
            let clause = group_clause(target.sort_group_ref, target.expr.type_oid());
            self.distinct_groups.push(clause);
        }
    }

    fn free_ref(&self) -> u32 {
        let known = self.query.target_list.iter().chain(&self.targets);
        known.map(|target| target.sort_group_ref).max().unwrap_or(0) + 1
    }

    fn worker(&self, backend: &Backend<'_>) -> Query {
        let query = self.query;
        let mut worker = query.clone();
        worker.target_list = self.targets.clone();
        worker.order_by = Vec::new();
        worker.limit = None;
        worker.offset = None;
        worker.with_ties = false;
        worker.distinct = None;
        let aggregates_above = self.properties.has_aggregates && !self.properties.whole_groups;
        if self.properties.pull_windows {
            worker.windows = Vec::new();
            worker.has_windows = false;
        }
        if aggregates_above {
            worker.having = None;
            if self.properties.pull_rows {
                worker.group_by = Vec::new();
                worker.has_aggregates = false;
                return worker;
            }
            worker.group_by.extend(self.distinct_groups.iter().cloned());
            worker.has_aggregates = self
                .targets
                .iter()
                .any(|target| target.expr.any(&mut |part| matches!(part, Expr::Aggref(_))));
        }
        if !aggregates_above && !self.properties.pull_windows {
            self.push_distinct_and_limit(backend, &mut worker);
        } else if aggregates_above && self.sort_is_known_below() {
            self.push_limit(backend, &mut worker);
        }
        worker
    }

    /// Each shard keeps only what can be among the first rows.
    fn push_distinct_and_limit(&self, backend: &Backend<'_>, worker: &mut Query) {
        let query = self.query;
        if let Some(Distinct::All(_)) = &query.distinct {
            worker.distinct = query.distinct.clone();
        }
        if let Some(Distinct::On(_)) = &query.distinct {
            return;
        }
        self.push_limit(backend, worker);
    }

    fn push_limit(&self, backend: &Backend<'_>, worker: &mut Query) {
        let query = self.query;
        if query.with_ties || query.limit.is_none() {
            return;
        }
        if let Some(limit) = worker_limit(query) {
            worker.limit = Some(limit);
            worker.order_by = query.order_by.clone();
        } else {
            let count = settings::integer(backend, "citus.limit_clause_row_fetch_count");
            if count > 0 {
                worker.limit = Some(Expr::constant(Datum::Int8(i64::from(count)), Oid::INT8));
                worker.order_by = query.order_by.clone();
            }
        }
    }

    /// Groups come in order of what they are grouped by.
    fn sort_is_known_below(&self) -> bool {
        !self.query.order_by.is_empty()
            && self.query.having.is_none()
            && self.distinct_groups.is_empty()
            && self.query.order_by.iter().all(|sort| {
                self.query
                    .group_by
                    .iter()
                    .any(|group| group.target_ref == sort.target_ref)
            })
            && self.query.group_by.iter().all(|group| {
                self.query
                    .order_by
                    .iter()
                    .any(|sort| group.target_ref == sort.target_ref)
            })
    }
}

fn is_var(expr: &Expr) -> bool {
    matches!(expr, Expr::Var(_))
}

fn group_clause(target_ref: u32, type_oid: Oid) -> SortGroupClause {
    let equality = operators("=")
        .iter()
        .find(|found| found.left == type_oid && found.right == type_oid);
    SortGroupClause {
        target_ref,
        order: Default::default(),
        equality: equality.map_or(Oid::INVALID, |found| found.oid),
        using: None,
    }
}

/// LIMIT plus OFFSET, as far as both are known.
fn worker_limit(query: &Query) -> Option<Expr> {
    let limit = query.limit.clone()?;
    let Some(offset) = query.offset.clone() else {
        return Some(limit);
    };
    let value = |expr: &Expr| match expr {
        Expr::Const(constant) => constant.value.as_i64(),
        _ => None,
    };
    match (value(&limit), value(&offset)) {
        (Some(limit), Some(offset)) => Some(Expr::constant(Datum::Int8(limit.saturating_add(offset)), Oid::INT8)),
        _ => {
            let plus = operators("+")
                .iter()
                .find(|found| found.left == Oid::INT8 && found.right == Oid::INT8)?;
            Some(Expr::Op(Box::new(OpExpr {
                operator: plus.oid,
                result: Oid::INT8,
                args: vec![limit, offset],
                location: None,
            })))
        }
    }
}
