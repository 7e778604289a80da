//! From places of shards to tasks.

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::query::Query;
use kumquat_types::{Oid, Result};

use super::analysis::{Analysis, TableUse};
use super::plan::{Task, TaskPlacement};
use super::pruning::{Place, ShardBinding, bindings_at};
use crate::metadata::{self, GroupId, Metadata, ShardId, TableType};
use crate::shards::names::{qualified, shard_name};

/// A task for each place.
pub fn tasks_at(backend: &Backend<'_>, query: &Arc<Query>, analysis: &Analysis, places: &[usize]) -> Result<Vec<Task>> {
    places
        .iter()
        .map(|place| task_at(backend, query, analysis, &Place::from(*place)))
        .collect()
}

/// The task for one place: at the placements of its anchor, the first distributed table or, if there is none, the
/// first reference table.
pub fn task_at(backend: &Backend<'_>, query: &Arc<Query>, analysis: &Analysis, place: &Place) -> Result<Task> {
    let metadata = metadata::of(backend)?;
    if mixes_with_local(metadata, query, analysis) {
        return Err(super::errors::local_join());
    }
    let anchor = anchor_shard(metadata, analysis, place);
    let groups = match anchor {
        Some(shard) => read_order(metadata, shard, analysis),
        None => vec![metadata.local_group],
    };
    let placements = groups
        .into_iter()
        .filter_map(|group| placement(backend, metadata, analysis, place, group))
        .collect();
    Ok(Task {
        shard: anchor,
        query: query.clone(),
        placements,
    })
}

/// A table of the coordinator's own is read where shards are. Such a query is planned in parts, unless the part
/// on the local table refers to the others.
pub fn mixes_with_local(metadata: &Metadata, query: &Query, analysis: &Analysis) -> bool {
    let target = super::modify::target_relation(query).and_then(|relation| metadata.table_type(relation));
    let leaves_coordinator = analysis.distributed().next().is_some() || target == Some(TableType::Reference);
    let is_local = |table: &TableUse| match table.table_type {
        None => table.relation.0 >= Oid::FIRST_NORMAL,
        Some(found) => found == TableType::CitusLocal,
    };
    leaves_coordinator && analysis.uses.iter().any(is_local)
}

fn anchor_shard(metadata: &Metadata, analysis: &Analysis, place: &Place) -> Option<ShardId> {
    let shard = |relation: Oid, has_column: bool| {
        metadata.colocated_shard(relation, if has_column { place.of(relation) } else { 0 })
    };
    let distributed = analysis.distributed().next().map(|(_, table)| table);
    let of_type = |wanted| analysis.uses.iter().find(move |table| table.table_type == Some(wanted));
    let table = distributed
        .or_else(|| of_type(TableType::CitusLocal))
        .or_else(|| of_type(TableType::Reference))?;
    shard(table.relation, table.column.is_some())
}

/// Groups that hold a shard. Of a reference table the local copy is read first.
fn read_order(metadata: &Metadata, shard: ShardId, analysis: &Analysis) -> Vec<GroupId> {
    let mut groups: Vec<GroupId> = metadata
        .placements_of(shard)
        .iter()
        .map(|placement| placement.group)
        .collect();
    if analysis.distributed().next().is_none() {
        let local = metadata.local_group;
        groups.sort_by_key(|group| *group != local);
    }
    groups
}

/// The bindings of a task on the node of a group.
pub fn placement(
    backend: &Backend<'_>,
    metadata: &Metadata,
    analysis: &Analysis,
    place: &Place,
    group: GroupId,
) -> Option<TaskPlacement> {
    let node = metadata.primary_of_group(group)?.id;
    let catalog = backend.catalog().ok()?;
    let bindings = bindings_at(catalog, metadata, analysis, place, group);
    let name = |binding: &ShardBinding| {
        let found = catalog.relation(binding.relation)?;
        let name = qualified(catalog, found.schema, &shard_name(&found.name, binding.shard));
        Some((binding.relation, name))
    };
    Some(TaskPlacement {
        node,
        names: bindings.iter().filter_map(name).collect(),
        bindings: bindings
            .iter()
            .map(|binding| (binding.relation, binding.table))
            .collect(),
    })
}
