//! alter_distributed_table: another distribution column, shard count or colocation group.
//!
//! Citus makes a new table, moves the rows and drops the old one, and its notices tell so. Here the table stays
//! and gets new shards.

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::{Constraint, ConstraintKind, RelationKind};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::checks::{self, error};
use super::create::{self, Colocate, Distribution};
use super::{colocation, partitions, undistribute};
use crate::foreign_keys::{self, OtherEnd, conversion, foreign_key, rules};
use crate::metadata::{self, TableType};
use crate::shards::names::{qualified_name, relation_name};
use crate::shards::{drop, rows};

/// What of a table is to change.
#[derive(Clone, Debug, Default)]
pub struct Change {
    pub distribution_column: Option<String>,
    pub shard_count: Option<i32>,
    pub colocate_with: Option<String>,
    pub cascade: Cascade,
}

/// `cascade_to_colocated`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cascade {
    #[default]
    Unspecified,
    Yes,
    No,
    /// The table is one of those to which the change cascades.
    AlreadyCascaded,
}

impl Cascade {
    fn keeps_keys(self) -> bool {
        matches!(self, Cascade::Yes | Cascade::AlreadyCascaded)
    }
}

/// Changes a table (`AlterDistributedTable`); gives the keys that are to be made again when all is done.
pub fn alter(backend: &mut Backend<'_>, oid: Oid, change: Change) -> Result<Vec<Constraint>> {
    metadata::ensure_coordinator(backend)?;
    let relation = checks::relation(backend, oid)?;
    checks::ensure_owner(backend, &relation)?;
    let table_type = metadata::of(backend)?.table_type(oid);
    if !table_type.is_some_and(TableType::is_distributed) {
        return Err(error("cannot alter table because the table is not distributed"));
    }
    checks::refuse_tenant_table(backend, oid, "alter_distributed_table")?;
    if let Some(Colocate::With(name)) = change.colocate_with.as_deref().map(Colocate::parse) {
        let other = colocation::resolve_relation(backend, &name)?;
        checks::refuse_tenant_table(backend, other, "colocate_with")?;
    }
    if change.cascade != Cascade::AlreadyCascaded {
        undistribute::ensure_not_partition(backend, oid)?;
    }
    if table_type != Some(TableType::HashDistributed) {
        let message = format!("relation {} should be a hash distributed table", relation.name);
        return Err(Error::new(SqlState::INVALID_TABLE_DEFINITION, message));
    }
    let change = check(backend, oid, change)?;
    undistribute::ensure_no_identity(backend, oid)?;
    conversion::during_conversion(backend, |backend| convert(backend, oid, &change))
}

/// Refuses what makes no sense, and fills in what follows from the group that is to be joined.
fn check(backend: &mut Backend<'_>, oid: Oid, mut change: Change) -> Result<Change> {
    let (catalog, metadata) = (backend.catalog()?, metadata::of(backend)?);
    let relation = checks::relation(backend, oid)?;
    let column = change
        .distribution_column
        .as_deref()
        .map(|name| checks::distribution_column(&relation, name))
        .transpose()?;
    if column.is_none()
        && change.shard_count.is_none()
        && change.colocate_with.is_none()
        && change.cascade != Cascade::Yes
    {
        return Err(error(
            "you have to specify at least one of the distribution_column, shard_count or colocate_with parameters",
        ));
    }
    let table = metadata.table(oid).cloned();
    let table = table.ok_or_else(|| error("cannot alter table because the table is not distributed"))?;
    let old_count = i32::try_from(metadata.shards_of(oid).len()).unwrap_or(0);
    let same_column = column.is_none_or(|column| Some(column.number) == table.column);
    let same_count = change.shard_count.is_none_or(|count| count == old_count);
    let colocated: Vec<Oid> = metadata
        .colocated_tables(table.colocation_id)
        .map(|table| table.relation)
        .filter(|other| !catalog.relation(*other).is_some_and(|found| found.is_partition()))
        .collect();
    let other = match change.colocate_with.as_deref().map(Colocate::parse) {
        Some(Colocate::With(name)) => Some((colocation::resolve_relation(backend, &name)?, name)),
        _ => None,
    };
    if let Some((other, name)) = &other {
        match metadata.table_type(*other) {
            Some(TableType::SingleShard) => {
                return Err(error(format!(
                    "cannot colocate with {name} because it is a single shard distributed table"
                )));
            }
            Some(found) if found.is_distributed() => {}
            _ => {
                return Err(error(format!(
                    "cannot colocate with {name} because it is not a distributed table"
                )));
            }
        }
    }
    if change.shard_count == Some(0) {
        return Err(error("shard_count cannot be 0")
            .hint("if you no longer want this to be a distributed table you can try undistribute_table() function"));
    }
    if change.cascade == Cascade::Yes {
        check_cascade(&change)?;
    }
    let same_group = match &change.colocate_with {
        None => true,
        Some(_) => other.as_ref().is_some_and(|(other, _)| colocated.contains(other)),
    };
    if same_column && same_count && same_group {
        return Err(error("this call doesn't change any properties of the table")
            .hint("check citus_tables view to see current properties of the table"));
    }
    if change.cascade == Cascade::Yes && change.colocate_with.as_deref() == Some("none") {
        return Err(error("colocate_with := 'none' cannot be cascaded to colocated tables"));
    }
    if colocated.len() > 1 && !same_count && change.cascade == Cascade::Unspecified {
        return Err(error("cascade_to_colocated parameter is necessary")
            .detail("this table is colocated with some other tables")
            .hint(
                "cascade_to_colocated := false will break the current colocation, cascade_to_colocated := true will \
                 change the shard count of colocated tables too.",
            ));
    }
    let is_joined = other.is_some();
    let asked = change.clone();
    if let Some((other, name)) = other {
        check_group(backend, oid, &mut change, other, &name)?;
    }
    tell_unchanged(backend, &asked, [same_column, same_count, is_joined && same_group]);
    Ok(change)
}

/// What was asked for and is so already: the column, the number of shards, the group.
fn tell_unchanged(backend: &mut Backend<'_>, change: &Change, same: [bool; 3]) {
    let [same_column, same_count, same_group] = same;
    let mut told = Vec::new();
    if let (true, Some(column)) = (same_column, &change.distribution_column) {
        told.push(format!("table is already distributed by {column}"));
    }
    if let (true, Some(count)) = (same_count, change.shard_count) {
        told.push(format!("shard count of the table is already {count}"));
    }
    if let (true, Some(other)) = (same_group, &change.colocate_with) {
        told.push(format!("table is already colocated with {other}"));
    }
    for message in told {
        backend.notice(Error::notice(message));
    }
}

fn check_cascade(change: &Change) -> Result<()> {
    if change.distribution_column.is_some() {
        return Err(error("distribution_column cannot be cascaded to colocated tables"));
    }
    if change.shard_count.is_none() && change.colocate_with.is_none() {
        return Err(error(
            "shard_count or colocate_with is necessary for cascading to colocated tables",
        ));
    }
    Ok(())
}

fn check_group(backend: &Backend<'_>, oid: Oid, change: &mut Change, other: Oid, name: &str) -> Result<()> {
    let metadata = metadata::of(backend)?;
    let count = |relation| i32::try_from(metadata.shards_of(relation).len()).unwrap_or(0);
    let other_count = count(other);
    if change.shard_count.is_some_and(|count| count != other_count) {
        return Err(
            error("shard_count cannot be different than the shard count of the table in colocate_with")
                .hint("if no shard_count is specified shard count will be same with colocate_with table's"),
        );
    }
    if other_count != count(oid) {
        change.shard_count = Some(other_count);
    }
    let relation = checks::relation(backend, oid)?;
    let column_type = |relation: Oid| {
        let column = metadata.table(relation)?.column?;
        let found = backend.catalog().ok()?.relation(relation)?;
        found.attribute(column).map(|attribute| attribute.type_oid)
    };
    let other_type = column_type(other);
    match &change.distribution_column {
        Some(column) => {
            let own = checks::distribution_column(&relation, column)?.type_oid;
            match Some(own) == other_type {
                true => Ok(()),
                false => Err(error(format!(
                    "cannot colocate with {name} and change distribution column to {column} because data type of \
                     column {column} is different then the distribution column of the {name}"
                ))),
            }
        }
        None if column_type(oid) != other_type => Err(error(format!(
            "cannot colocate with {name} because data type of its distribution column is different than {}",
            relation.name
        ))),
        None => Ok(()),
    }
}

fn convert(backend: &mut Backend<'_>, oid: Oid, change: &Change) -> Result<Vec<Constraint>> {
    let name = qualified_name(backend.catalog()?, oid);
    let mut keys = take_keys(backend, oid, change.cascade)?;
    let distribution = distribution_of(backend, oid, change)?;
    let is_partitioned = checks::relation(backend, oid)?.kind == RelationKind::PartitionedTable;
    let mut moved = Vec::new();
    if is_partitioned {
        backend.notice(Error::notice(format!("converting the partitions of {name}")));
        for partition in partitions::partitions_of(backend, oid)? {
            let rows = rows::read_all(backend, partition)?;
            announce(backend, partition)?;
            moved.push((partition, rows));
        }
    }
    let colocated = colocated_tables(backend, oid)?;
    let own_rows = rows::read_all(backend, oid)?;
    announce(backend, oid)?;
    for (partition, _) in &moved {
        drop::drop_shards(backend, *partition)?;
    }
    redistribute(backend, oid, &distribution)?;
    for (partition, _) in &moved {
        let child = Distribution {
            colocate: Colocate::With(name.clone()),
            ..distribution.clone()
        };
        redistribute(backend, *partition, &child)?;
    }
    for (relation, rows) in moved.into_iter().chain([(oid, own_rows)]) {
        rows::write_all(backend, relation, rows)?;
    }
    if change.cascade == Cascade::Yes {
        for other in colocated.into_iter().filter(|other| *other != oid) {
            let cascaded = Change {
                distribution_column: None,
                shard_count: change.shard_count,
                colocate_with: Some(name.clone()),
                cascade: Cascade::AlreadyCascaded,
            };
            keys.extend(alter(backend, other, cascaded)?);
        }
    }
    if change.cascade == Cascade::AlreadyCascaded {
        return Ok(keys);
    }
    for key in keys {
        foreign_keys::restore_key(backend, key)?;
    }
    Ok(Vec::new())
}

/// Tables of the group that are no partitions, in order of oid.
fn colocated_tables(backend: &Backend<'_>, oid: Oid) -> Result<Vec<Oid>> {
    let (catalog, metadata) = (backend.catalog()?, metadata::of(backend)?);
    let group = metadata.table(oid).map_or(0, |table| table.colocation_id);
    let tables = metadata.colocated_tables(group).map(|table| table.relation);
    Ok(tables
        .filter(|other| !catalog.relation(*other).is_some_and(|found| found.is_partition()))
        .collect())
}

fn announce(backend: &mut Backend<'_>, oid: Oid) -> Result<()> {
    let name = qualified_name(backend.catalog()?, oid);
    let has_rows = checks::relation(backend, oid)?.kind != RelationKind::PartitionedTable;
    backend.notice(Error::notice(format!("creating a new table for {name}")));
    if has_rows {
        backend.notice(Error::notice(format!("moving the data of {name}")));
    }
    backend.notice(Error::notice(format!("dropping the old {name}")));
    undistribute::tell_dropped_views(backend, oid)?;
    backend.notice(Error::notice(format!("renaming the new table to {name}")));
    Ok(())
}

/// Takes the table's keys away: those to reference tables, and in a cascade all, are made again; the others are
/// dropped with a warning.
fn take_keys(backend: &mut Backend<'_>, oid: Oid, cascade: Cascade) -> Result<Vec<Constraint>> {
    let referencing = foreign_keys::referencing_keys(backend, oid, OtherEnd::Any)?;
    let referenced = foreign_keys::referenced_keys(backend, oid, OtherEnd::Any)?;
    let metadata = metadata::of(backend)?;
    let to_reference = |key: &Arc<Constraint>| {
        foreign_key(key).is_some_and(|key| metadata.table_type(key.referenced) == Some(TableType::Reference))
    };
    let kept: Vec<bool> = referencing
        .iter()
        .map(|key| to_reference(key) || cascade.keeps_keys())
        .chain(referenced.iter().map(|_| cascade.keeps_keys()))
        .collect();
    let mut keys = Vec::new();
    for (key, kept) in referencing.into_iter().chain(referenced).zip(kept) {
        if key.parent.is_valid() {
            continue;
        }
        if !kept {
            let message = format!("foreign key {} will be dropped", key.name);
            backend.notice(Error::warning(SqlState::WARNING, message));
        }
        foreign_keys::remove_key(backend, &key)?;
        if kept {
            keys.push((*key).clone());
        }
    }
    Ok(keys)
}

/// How the table is to be distributed from now on (`CreateDistributedTableLike`).
fn distribution_of(backend: &Backend<'_>, oid: Oid, change: &Change) -> Result<Distribution> {
    let metadata = metadata::of(backend)?;
    let relation = checks::relation(backend, oid)?;
    let table = metadata.table(oid).cloned();
    let old_column = table.as_ref().and_then(|table| relation.attribute(table.column?));
    let new_column = match &change.distribution_column {
        Some(name) => Some(checks::distribution_column(&relation, name)?),
        None => old_column,
    };
    let same_type = old_column.map(|column| column.type_oid) == new_column.map(|column| column.type_oid);
    let group = table.map_or(0, |table| table.colocation_id);
    let colocate = match &change.colocate_with {
        Some(text) => Colocate::parse(text),
        None if same_type && change.shard_count.is_none() => Colocate::Group(group),
        None => Colocate::Default,
    };
    let old_count = i32::try_from(metadata.shards_of(oid).len()).unwrap_or(0);
    Ok(Distribution {
        table_type: TableType::HashDistributed,
        column: new_column.map(|column| column.name.to_string()),
        shard_count: change.shard_count.unwrap_or(old_count),
        shard_count_is_strict: true,
        colocate,
    })
}

/// New shards for a table, in place of those it has.
fn redistribute(backend: &mut Backend<'_>, oid: Oid, distribution: &Distribution) -> Result<()> {
    let old = metadata::of(backend)?.table(oid).cloned();
    let table = create::describe(backend, oid, distribution)?;
    if let Err(failure) = rules::check_unique_constraints(backend, &table) {
        return Err(match unique_constraint_definition(backend, oid)? {
            Some(sql) => failure.context(format!("SQL statement \"{sql}\"")),
            None => failure,
        });
    }
    drop::drop_shards(backend, oid)?;
    metadata::update(backend, |metadata| {
        metadata.remove_table(oid);
        metadata.tables.insert(oid, table.clone());
        if let Some(old) = old {
            metadata.remove_group_if_empty(old.colocation_id);
        }
    })?;
    create::create_shards(backend, &table, distribution)?;
    crate::shards::mirror::mirror_relation(backend, oid)
}

/// The statement by which Citus would make the first unique constraint again.
fn unique_constraint_definition(backend: &Backend<'_>, oid: Oid) -> Result<Option<String>> {
    let catalog = backend.catalog()?;
    let relation = checks::relation(backend, oid)?;
    let found = catalog
        .constraints_of(oid)
        .find_map(|constraint| match &constraint.kind {
            ConstraintKind::PrimaryKey { columns, .. } => Some((constraint, "PRIMARY KEY", columns)),
            ConstraintKind::Unique { columns, .. } => Some((constraint, "UNIQUE", columns)),
            _ => None,
        });
    let Some((constraint, kind, columns)) = found else {
        return Ok(None);
    };
    let quote = crate::shards::names::quote_identifier;
    let columns: Vec<String> = columns
        .iter()
        .filter_map(|number| relation.attribute(*number).map(|column| quote(&column.name)))
        .collect();
    Ok(Some(format!(
        "ALTER TABLE {} ADD CONSTRAINT {} {kind} ({})",
        qualified_name(catalog, oid),
        quote(&constraint.name),
        columns.join(", ")
    )))
}

/// update_distributed_table_colocation: another group for a table, whose shards stay where they are.
pub fn update_colocation(backend: &mut Backend<'_>, oid: Oid, colocate_with: &str) -> Result<()> {
    metadata::ensure_coordinator(backend)?;
    let relation = checks::relation(backend, oid)?;
    checks::ensure_owner(backend, &relation)?;
    if metadata::of(backend)?.table_type(oid).is_none() {
        ensure_sharded(backend, oid)?;
    }
    checks::refuse_tenant_table(backend, oid, "update_distributed_table_colocation")?;
    if colocate_with.eq_ignore_ascii_case("none") {
        ensure_sharded(backend, oid)?;
        return leave_group(backend, oid);
    }
    let other = colocation::resolve_relation(backend, colocate_with)?;
    checks::refuse_tenant_table(backend, other, "colocate_with")?;
    let metadata = metadata::of(backend)?;
    if [oid, other]
        .iter()
        .any(|table| metadata.table_type(*table) == Some(TableType::CitusLocal))
    {
        return Err(checks::unsupported(
            "local tables cannot be colocated with other tables",
        ));
    }
    ensure_sharded(backend, other)?;
    ensure_sharded(backend, oid)?;
    join_group(backend, oid, other)
}

fn ensure_sharded(backend: &Backend<'_>, oid: Oid) -> Result<()> {
    match metadata::of(backend)?.table_type(oid) {
        Some(TableType::HashDistributed | TableType::SingleShard) => Ok(()),
        _ => {
            let name = relation_name(backend.catalog()?, oid);
            let message = format!("relation {name} should be a hash or single shard distributed table");
            Err(Error::new(SqlState::INVALID_TABLE_DEFINITION, message))
        }
    }
}

fn leave_group(backend: &mut Backend<'_>, oid: Oid) -> Result<()> {
    let metadata = metadata::of(backend)?;
    let Some(table) = metadata.table(oid).cloned() else {
        return Ok(());
    };
    let count = i32::try_from(metadata.shards_of(oid).len()).unwrap_or(1);
    let relation = checks::relation(backend, oid)?;
    let column_type = table
        .column
        .and_then(|column| relation.attribute(column).map(|found| found.type_oid));
    let group = colocation::create_group(backend, count, 1, column_type.unwrap_or_default())?;
    set_group(backend, oid, group)
}

fn join_group(backend: &mut Backend<'_>, oid: Oid, other: Oid) -> Result<()> {
    let (catalog, metadata) = (backend.catalog()?, metadata::of(backend)?);
    let (Some(table), Some(target)) = (metadata.table(oid), metadata.table(other)) else {
        return Ok(());
    };
    let (name, other_name) = (relation_name(catalog, oid), relation_name(catalog, other));
    let refused = |what: &str| {
        error(format!("cannot colocate tables {other_name} and {name}"))
            .detail(format!("{what} don't match for {other_name} and {name}."))
    };
    let column_type = |oid: Oid, column: Option<i16>| {
        let found = catalog.relation(oid)?;
        found.attribute(column?).map(|attribute| attribute.type_oid)
    };
    let (shards, other_shards) = (metadata.shards_of(oid), metadata.shards_of(other));
    if column_type(oid, table.column) != column_type(other, target.column) {
        return Err(refused("Distribution column types"));
    }
    if shards.len() != other_shards.len() {
        return Err(refused("Shard counts"));
    }
    for (shard, other_shard) in shards.iter().zip(other_shards) {
        let interval = |shard| metadata.shard(shard).and_then(|shard| shard.interval);
        let groups = |shard| -> Vec<_> {
            metadata
                .placements_of(shard)
                .iter()
                .map(|placement| placement.group)
                .collect()
        };
        if interval(*shard) != interval(*other_shard) {
            return Err(error(format!("cannot colocate tables {other_name} and {name}"))
                .detail(format!("Shard intervals don't match for {other_name} and {name}.")));
        }
        if groups(*shard) != groups(*other_shard) {
            return Err(
                error(format!("cannot colocate tables {other_name} and {name}")).detail(format!(
                    "Shard {other_shard} of {other_name} and shard {shard} of {name} are not colocated."
                )),
            );
        }
    }
    let group = target.colocation_id;
    set_group(backend, oid, group)
}

/// Puts a table and its partitions into a group; the old group goes if it is empty now.
fn set_group(backend: &mut Backend<'_>, oid: Oid, group: u32) -> Result<()> {
    let mut tables = partitions::partitions_of(backend, oid)?;
    tables.push(oid);
    metadata::update(backend, |metadata| {
        for oid in tables {
            let Some(table) = metadata.tables.get_mut(&oid) else {
                continue;
            };
            let old = std::mem::replace(&mut table.colocation_id, group);
            metadata.remove_group_if_empty(old);
        }
    })
}
