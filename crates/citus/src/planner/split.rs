//! A query over many shards in two parts: what each shard computes, and what is done with the results.

use kumquat_postgres::Backend;
use kumquat_postgres::query::expr::OpExpr;
use kumquat_postgres::query::{Distinct, Expr, Query, RteColumn, SortGroupClause, TargetEntry, WindowFunc};
use kumquat_types::{Datum, Oid, Result, operators};

use super::aggregates::{self, Split};
use super::constants::known_integer;
use super::pushdown::Properties;
use super::{errors, rewrite};
use crate::settings;

/// Worker query, combine query and the columns between them.
pub struct Parts {
    pub worker: Query,
    /// `None`: the workers' rows are the result.
    pub combine: Option<Query>,
    pub columns: Vec<RteColumn>,
}

/// Splits a query by its properties.
pub fn split(backend: &Backend<'_>, query: &Query, properties: &Properties) -> Result<Parts> {
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
            Expr::Grouping { .. } | Expr::SubLink(_) => aggregates,
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
            Expr::SubLink(_) => Err(errors::unsupported("cannot push down subquery on the target list").detail(
                "Subqueries in the SELECT part of the query can only be pushed down if they happen before aggregates \
                 and window functions",
            )),
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
        if self.properties.pull_windows {
            return worker;
        }
        if let (false, Some(Distinct::All(_))) = (aggregates_above, &query.distinct) {
            worker.distinct = query.distinct.clone();
        }
        if query.limit.is_some() && !query.with_ties && !matches!(query.distinct, Some(Distinct::On(_))) {
            self.push_limit(backend, &mut worker, aggregates_above);
        }
        worker
    }

    /// Each shard keeps only what can be among the first rows, or what the learner is content with
    /// (`WorkerLimitCount`).
    fn push_limit(&self, backend: &Backend<'_>, worker: &mut Query, aggregates_above: bool) {
        let query = self.query;
        if !aggregates_above {
            worker.limit = worker_limit(query, query.limit.clone());
            worker.order_by = query.order_by.clone();
            return;
        }
        if query.having.is_some() || query.distinct.is_some() || !self.distinct_groups.is_empty() {
            return;
        }
        if query.group_by.is_empty() {
            worker.limit = worker_limit(query, query.limit.clone());
            return;
        }
        let is_sorted_by = |target_ref: u32| query.order_by.iter().any(|sort| sort.target_ref == target_ref);
        let sorts: Vec<&TargetEntry> = query
            .order_by
            .iter()
            .filter_map(|sort| query.target_by_ref(sort.target_ref))
            .collect();
        let has_aggregate = |target: &&TargetEntry| target.expr.any(&mut |part| matches!(part, Expr::Aggref(_)));
        if !sorts.is_empty() && !sorts.iter().any(has_aggregate) {
            worker.limit = worker_limit(query, query.limit.clone());
            // Within equal keys groups come whole.
            let rest = query.group_by.iter().filter(|group| !is_sorted_by(group.target_ref));
            worker.order_by = query.order_by.iter().chain(rest).cloned().collect();
            return;
        }
        let count = settings::integer(backend, "citus.limit_clause_row_fetch_count");
        let is_plain = |target: &&TargetEntry| match &target.expr {
            Expr::Aggref(aggregate) => !matches!(aggregates::split_of(aggregate), Split::Average | Split::Rows),
            _ => !has_aggregate(target),
        };
        if count >= 0 && !sorts.is_empty() && sorts.iter().all(is_plain) {
            let fetched = Expr::constant(Datum::Int8(i64::from(count)), Oid::INT8);
            worker.limit = worker_limit(query, Some(fetched));
            worker.order_by = query.order_by.clone();
        }
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
fn worker_limit(query: &Query, limit: Option<Expr>) -> Option<Expr> {
    let limit = limit?;
    let whole = |count: i64| Expr::constant(Datum::Int8(count), Oid::INT8);
    let Some(offset) = query.offset.clone() else {
        return Some(known_integer(&limit).map_or(limit, whole));
    };
    match (known_integer(&limit), known_integer(&offset)) {
        (Some(limit), Some(offset)) => Some(whole(limit.saturating_add(offset))),
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
