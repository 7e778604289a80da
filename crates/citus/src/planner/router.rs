//! Queries that one shard (and its colocated siblings) can answer alone: they go there as they are.

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::query::{
    BoolOp, CommandType, Expr, Query, RangeTableEntry, RangeTableKind, RteColumn, TargetEntry,
};
use kumquat_types::{Datum, Oid, Result, Severity};

use super::analysis::{Analysis, Restriction, analyze, is_equality};
use super::plan::{DistributedPlan, SubPlan, Task, TaskPlacement};
use super::pruning::Place;
use super::{modify, pruning, report, tasks};
use crate::metadata::{self, GroupId, Metadata, TableType};
use crate::settings;
use crate::shards::names::qualified_name;
use crate::trace::{PlanChoice, Route};

/// Where a query can be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// All its shards are on one node.
    Place(Place),
    /// No shard has rows for it.
    Nowhere,
    /// Not in one place, for this reason.
    Many(&'static str),
}

/// Finds out whether a query can be routed (`PlanRouterQuery`).
pub fn target(backend: &mut Backend<'_>, analysis: &Analysis) -> Result<Target> {
    let on_coordinator =
        |table: &super::analysis::TableUse| matches!(table.table_type, None | Some(TableType::CitusLocal));
    if analysis.distributed().next().is_some() && analysis.uses.iter().any(on_coordinator) {
        return Ok(Target::Many("Local tables cannot be used in distributed queries."));
    }
    let mut found: Vec<(Oid, usize)> = Vec::new();
    let mut empty = false;
    for (index, table) in analysis.distributed() {
        let places = pruning::prune(backend, analysis, index)?;
        match places.as_slice() {
            [] => empty = true,
            [place] => found.push((table.relation, *place)),
            _ => return Ok(Target::Many("Router planner cannot handle multi-shard select queries")),
        }
    }
    match found.as_slice() {
        [] if empty => Ok(Target::Nowhere),
        [] => Ok(Target::Place(Place::from(0))),
        [(_, first), ..] => together(backend, Place::from(*first), &found),
    }
}

/// One shard of each table: they need not be colocated, if a node has them all.
fn together(backend: &Backend<'_>, mut place: Place, found: &[(Oid, usize)]) -> Result<Target> {
    let metadata = metadata::of(backend)?;
    let colocation = |relation: Oid| metadata.table(relation).map(|table| table.colocation_id);
    let colocated = found.windows(2).all(|pair| match pair {
        [(a, at), (b, other)] => at == other && colocation(*a) == colocation(*b),
        _ => true,
    });
    if !colocated && !settings::is_on(backend, "citus.enable_non_colocated_router_query_pushdown") {
        return Ok(Target::Many(
            "router planner does not support queries that reference non-colocated distributed tables",
        ));
    }
    let mut groups: Option<Vec<GroupId>> = None;
    for (at, (relation, index)) in found.iter().enumerate() {
        let before = found.get(..at).unwrap_or_default();
        if before.iter().any(|(other, known)| other == relation && known != index) {
            return Ok(Target::Many("cannot run command which targets multiple shards"));
        }
        place.put(*relation, *index);
        let shard = metadata.colocated_shard(*relation, *index);
        let placements = shard.map(|shard| metadata.placements_of(shard)).unwrap_or_default();
        let here: Vec<GroupId> = placements.iter().map(|placement| placement.group).collect();
        groups = Some(match groups {
            None => here,
            Some(known) => known.into_iter().filter(|group| here.contains(group)).collect(),
        });
    }
    match groups.is_some_and(|groups| groups.is_empty()) {
        true => Ok(Target::Many("found no worker with all shard placements")),
        false => Ok(Target::Place(place)),
    }
}

/// A plan with one task, if the query can be routed (`CreateRouterPlan`).
pub fn plan(
    backend: &mut Backend<'_>,
    query: &Arc<Query>,
    id: u64,
    subplans: &[SubPlan],
) -> Result<Option<DistributedPlan>> {
    let analysis = analyze(query, metadata::of(backend)?, &[]);
    if !settings::is_on(backend, "citus.enable_router_execution") {
        report::debug(backend, Severity::Debug2, "Router planner not enabled.");
        return Ok(None);
    }
    let target = match modifying_cte(query, metadata::of(backend)?) {
        Some(reason) => Target::Many(reason),
        None => target(backend, &analysis)?,
    };
    let tasks = match target {
        Target::Many(reason) => {
            report::debug(backend, Severity::Debug2, reason);
            return Ok(None);
        }
        Target::Place(_) | Target::Nowhere if modifies_in_cte(query) => return Ok(None),
        Target::Place(place) => vec![tasks::task_at(backend, query, &analysis, &place)?],
        Target::Nowhere => vec![nowhere(backend, query)?],
    };
    let route = route(backend, &analysis, &tasks)?;
    report_routed(backend, query, route.as_ref());
    Ok(Some(DistributedPlan {
        id,
        command: query.command,
        subplans: subplans.to_vec(),
        choice: choice(&analysis, route.as_ref()),
        route,
        tasks,
        parallel_tables: Vec::new(),
        written_tables: Vec::new(),
        repartition: None,
    }))
}

/// Tells that the query is routed, and by which value.
pub fn report_routed(backend: &mut Backend<'_>, query: &Query, route: Option<&Route>) {
    if !report::is_loggable(backend, Severity::Debug2) {
        return;
    }
    if is_fast_path(backend, query) {
        report::debug(
            backend,
            Severity::Debug2,
            "Distributed planning for a fast-path router query",
        );
    }
    report::debug(backend, Severity::Debug2, "Creating router plan");
    if let Some(route) = route {
        let message = format!("query has a single distribution column value: {}", route.value);
        report::debug(backend, Severity::Debug2, message);
    }
}

/// One table and at most one comparison of its distribution column, with a constant (`FastPathRouterQuery`).
fn is_fast_path(backend: &Backend<'_>, query: &Query) -> bool {
    let ([entry], true) = (
        query.range_table.as_slice(),
        settings::is_on(backend, "citus.enable_fast_path_router_planner"),
    ) else {
        return false;
    };
    let RangeTableKind::Relation { relation, .. } = entry.kind else {
        return false;
    };
    let is_plain = !query.has_sublinks && query.ctes.is_empty() && !query.has_set_functions;
    let is_known = matches!(
        query.command,
        CommandType::Select | CommandType::Update | CommandType::Delete
    );
    if !is_plain || !is_known {
        return false;
    }
    let table = metadata::of(backend).ok().and_then(|metadata| metadata.table(relation));
    let Some(column) = table.and_then(|table| table.column) else {
        return table.is_some();
    };
    let is_key = |expr: &Expr| matches!(expr, Expr::Var(var) if var.varno == 1 && var.attribute == column);
    let mut mentions = 0;
    let mut compares = false;
    for qual in query.quals.iter() {
        qual.visit(&mut |part| mentions += usize::from(is_key(part)));
        compares |= conjuncts(qual).iter().any(|part| match part {
            Expr::Op(op) if is_equality(op.operator) => match op.args.as_slice() {
                [left, right] => {
                    let value = |expr: &Expr| matches!(expr, Expr::Const(constant) if !constant.value.is_null());
                    (is_key(left) && value(right)) || (is_key(right) && value(left))
                }
                _ => false,
            },
            _ => false,
        });
    }
    compares && mentions == 1
}

fn conjuncts(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::Bool(BoolOp::And, args) => args.iter().flat_map(conjuncts).collect(),
        other => vec![other],
    }
}

/// Why a query with a modification in WITH cannot go to one shard (`ErrorIfQueryHasUnroutableModifyingCTE`).
fn modifying_cte(query: &Query, metadata: &Metadata) -> Option<&'static str> {
    query.ctes.iter().find_map(|cte| match cte.query.command {
        CommandType::Select => None,
        CommandType::Update | CommandType::Delete => {
            let target = modify::target_relation(&cte.query).and_then(|relation| metadata.table_type(relation));
            match target.is_some_and(TableType::is_distributed) {
                true => None,
                false => Some("cannot router plan modification of a non-distributed table"),
            }
        }
        _ => Some("only SELECT, UPDATE, or DELETE common table expressions may be router planned"),
    })
}

/// A query with INSERT, UPDATE or DELETE in WITH.
pub fn modifies_in_cte(query: &Query) -> bool {
    query
        .ctes
        .iter()
        .any(|cte| cte.query.command != kumquat_postgres::query::CommandType::Select)
}

/// A task without shards: the relations themselves are empty on the workers.
fn nowhere(backend: &Backend<'_>, query: &Arc<Query>) -> Result<Task> {
    let metadata = metadata::of(backend)?;
    let node = metadata.local_node().map(|node| node.id);
    let mut empty = (**query).clone();
    if query.command == CommandType::Select {
        empty.range_table.iter_mut().for_each(make_empty);
    }
    Ok(Task {
        shard: None,
        query: Arc::new(empty),
        placements: node
            .map(|node| TaskPlacement {
                node,
                bindings: Arc::from([]),
                names: Arc::from([]),
            })
            .into_iter()
            .collect(),
    })
}

/// In place of a table, a subquery that gives its columns and no rows.
fn make_empty(entry: &mut RangeTableEntry) {
    if !matches!(entry.kind, RangeTableKind::Relation { .. })
        || entry.columns.iter().any(|column| column.name.is_empty())
    {
        return;
    }
    let mut inner = Query::new(CommandType::Select);
    inner.quals = Some(Expr::constant(Datum::Bool(false), Oid::BOOL));
    let target = |(number, column): (i16, &RteColumn)| TargetEntry {
        expr: Expr::null(column.type_oid),
        number,
        name: column.name.clone(),
        sort_group_ref: 0,
        junk: false,
        origin: (Oid::INVALID, 0),
    };
    inner.target_list = (1..).zip(&entry.columns).map(target).collect();
    entry.kind = RangeTableKind::Subquery {
        query: Arc::new(inner),
        view: Oid::INVALID,
    };
}

fn choice(analysis: &Analysis, route: Option<&Route>) -> PlanChoice {
    let why = match route {
        Some(route) => format!(
            "all rows that can match have {} = {} and are in shard {}",
            route.column, route.value, route.shard
        ),
        None if analysis.distributed().next().is_none() => {
            "reference tables are on every node, so one node has all the rows".to_string()
        }
        None => "all rows that can match are in one shard".to_string(),
    };
    PlanChoice { name: "router", why }
}

/// Value, hash, interval, shard, node of a query routed by a value.
pub fn route(backend: &mut Backend<'_>, analysis: &Analysis, tasks: &[Task]) -> Result<Option<Route>> {
    let node = tasks
        .first()
        .and_then(|task| task.placements.first())
        .map_or(0, |placement| placement.node);
    let found: Vec<(Oid, i16, (Datum, Oid))> = analysis
        .distributed()
        .filter_map(|(index, table)| {
            let column = table.column?;
            let value =
                analysis
                    .restrictions_on((index, column))
                    .into_iter()
                    .find_map(|restriction| match restriction {
                        Restriction::Values(values) if values.len() == 1 => values.first().cloned(),
                        _ => None,
                    })?;
            Some((table.relation, column, value))
        })
        .collect();
    let Some((relation, column, (value, type_oid))) = found.first().cloned() else {
        return Ok(None);
    };
    let is_same = |other: &(Oid, i16, (Datum, Oid))| modify::same_value(&other.2.0, &value);
    if !found.iter().all(is_same) || analysis.has_false_condition {
        return Ok(None);
    }
    let Some(hash) = pruning::hash_of_value(backend, relation, value.clone(), type_oid)? else {
        return Ok(None);
    };
    let text = kumquat_types::io::output(backend, type_oid, &value).into_owned();
    let (catalog, metadata) = (backend.catalog()?, metadata::of(backend)?);
    let index = metadata.shard_index(relation, hash);
    let shard = index.and_then(|index| metadata.shard(metadata.colocated_shard(relation, index)?));
    let name = catalog
        .relation(relation)
        .and_then(|found| found.attribute(column))
        .map(|attribute| attribute.name.clone());
    Ok(shard.and_then(|shard| {
        Some(Route {
            relation,
            table: qualified_name(catalog, relation).into(),
            column: name.unwrap_or_default(),
            value: text,
            hash,
            interval: shard.interval?,
            shard: shard.id,
            node,
        })
    }))
}

/// True for tables that every node can read: reference tables, and Citus local tables on the coordinator.
pub fn is_everywhere(table_type: Option<TableType>) -> bool {
    matches!(table_type, Some(TableType::Reference | TableType::CitusLocal))
}
