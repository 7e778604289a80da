//! Queries that one shard (and its colocated siblings) can answer alone: they go there as they are.

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::query::{CommandType, Expr, Query, RangeTableEntry, RangeTableKind, RteColumn, TargetEntry};
use kumquat_types::{Datum, Oid, Result};

use super::analysis::{Analysis, Restriction, analyze};
use super::plan::{DistributedPlan, SubPlan, Task, TaskPlacement};
use super::{pruning, tasks};
use crate::metadata::{self, TableType};
use crate::shards::names::qualified_name;
use crate::trace::{PlanChoice, Route};

/// Where a query can be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// All its shards are at this place.
    Place(usize),
    /// No shard has rows for it.
    Nowhere,
    /// More than one place, or tables of several groups.
    Many,
}

/// Finds out whether a query can be routed.
pub fn target(backend: &mut Backend<'_>, analysis: &Analysis) -> Result<Target> {
    let on_coordinator =
        |table: &super::analysis::TableUse| matches!(table.table_type, None | Some(TableType::CitusLocal));
    if analysis.distributed().next().is_some() && analysis.uses.iter().any(on_coordinator) {
        return Ok(Target::Many);
    }
    let mut found: Option<(usize, u32)> = None;
    let mut empty = false;
    for (index, table) in analysis.distributed() {
        let places = pruning::prune(backend, analysis, index)?;
        match places.as_slice() {
            [] => empty = true,
            [place] => {
                let here = (*place, table.colocation_id);
                if found.is_some_and(|found| found != here) {
                    return Ok(Target::Many);
                }
                found = Some(here);
            }
            _ => return Ok(Target::Many),
        }
    }
    match (found, empty) {
        (Some((place, _)), _) => Ok(Target::Place(place)),
        (None, true) => Ok(Target::Nowhere),
        (None, false) => Ok(Target::Place(0)),
    }
}

/// A plan with one task, if the query can be routed.
pub fn plan(
    backend: &mut Backend<'_>,
    query: &Arc<Query>,
    id: u64,
    subplans: Vec<SubPlan>,
) -> Result<Option<DistributedPlan>> {
    let analysis = analyze(query, metadata::of(backend)?, &[]);
    if modifies_in_cte(query) {
        return Ok(None);
    }
    let tasks = match target(backend, &analysis)? {
        Target::Many => return Ok(None),
        Target::Place(place) => vec![tasks::task_at(backend, query, &analysis, place)?],
        Target::Nowhere => vec![nowhere(backend, query)?],
    };
    let route = route(backend, &analysis, &tasks)?;
    Ok(Some(DistributedPlan {
        id,
        command: query.command,
        subplans,
        choice: choice(&analysis, route.as_ref()),
        route,
        tasks,
        parallel_tables: Vec::new(),
        written_tables: Vec::new(),
        repartition: None,
    }))
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
    let found = analysis.distributed().find_map(|(index, table)| {
        let column = table.column?;
        let restriction = analysis
            .restrictions_on((index, column))
            .into_iter()
            .find_map(|restriction| match restriction {
                Restriction::Values(values) if values.len() == 1 => values.first().cloned(),
                _ => None,
            })?;
        Some((table.relation, column, restriction))
    });
    let Some((relation, column, (value, type_oid))) = found else {
        return Ok(None);
    };
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
