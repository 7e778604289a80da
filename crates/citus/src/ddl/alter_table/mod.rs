//! ALTER TABLE.
//!
//! - this file: the way of the statement: checks, the table itself, its shards
//! - [`checks`]: what is refused on Citus tables
//! - [`shards`]: the statement as a shard gets it

pub mod checks;
pub mod shards;

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::{Constraint, ObjectClass, Relation, RelationKind};
use kumquat_postgres::executor;
use kumquat_postgres::result::CommandTag;
use kumquat_sql::ast::{self, AlterTableCmd, AlterTableStmt, RangeVar, Statement};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::snapshot::{Snapshot, has_shards};
use super::{dependencies, follow, propagated};
use crate::connection::Connection;
use crate::foreign_keys::{OtherEnd, conversion, foreign_key, referencing_keys, rules};
use crate::metadata::{self, ShardId, TableType};
use crate::session;
use crate::shards::create::create_foreign_key;
use crate::shards::names::shard_name;
use crate::tables::{partitions, sequences};
use crate::transaction::access;

/// ALTER TABLE and its kin.
pub fn alter(backend: &mut Backend<'_>, stmt: &AlterTableStmt, text: &str) -> Result<CommandTag> {
    let statement = Statement::AlterTable(Box::new(stmt.clone()));
    let Some(relation) = backend.find_relation(&stmt.relation)? else {
        return propagated(backend, &statement, text);
    };
    let table = match &relation.index {
        Some(index) => index.table,
        None => relation.oid,
    };
    if relation.kind == RelationKind::View
        && metadata::of(backend)?.is_distributed_object(ObjectClass::Relation, relation.oid)
    {
        checks::refuse_view_defaults(stmt)?;
    }
    if is_table(&relation) {
        convert_ends_of_keys(backend, stmt, table)?;
    }
    if metadata::of(backend)?.table_type(table).is_none() {
        prepare_attach(backend, stmt, table)?;
        return propagated(backend, &statement, text);
    }
    match relation.index.is_some() {
        true => checks::check_index_commands(stmt)?,
        false => checks::check_commands(backend, stmt, table)?,
    }
    metadata::ensure_coordinator(backend)?;
    prepare_attach(backend, stmt, table)?;
    alter_citus_table(backend, stmt, table, text)
}

fn is_table(relation: &Relation) -> bool {
    matches!(
        relation.kind,
        RelationKind::Table | RelationKind::PartitionedTable | RelationKind::ForeignTable
    )
}

/// The tables that the statement's new foreign keys reference.
fn referenced_tables(stmt: &AlterTableStmt) -> impl Iterator<Item = &RangeVar> {
    let key = |constraint: &'_ ast::Constraint| matches!(constraint.kind, ast::ConstraintKind::Foreign(_));
    stmt.commands
        .iter()
        .flat_map(move |command| match command {
            AlterTableCmd::AddConstraint(constraint) => std::slice::from_ref(constraint),
            AlterTableCmd::AddColumn { column, .. } => column.constraints.as_slice(),
            _ => &[],
        })
        .filter(move |constraint| key(constraint))
        .filter_map(|constraint| match &constraint.kind {
            ast::ConstraintKind::Foreign(key) => Some(&key.table),
            _ => None,
        })
}

/// Local tables at an end of a new key to or from a reference table join the metadata.
fn convert_ends_of_keys(backend: &mut Backend<'_>, stmt: &AlterTableStmt, table: Oid) -> Result<()> {
    let mut referenced = Vec::new();
    for range in referenced_tables(stmt) {
        if let Some(found) = backend.find_relation(range)? {
            referenced.push(found.oid);
        }
    }
    for referenced in referenced {
        conversion::convert_ends(backend, table, referenced)?;
        if metadata::of(backend)?.is_citus_table(table) {
            conversion::mark_not_auto_converted(backend, table, referenced)?;
        }
    }
    Ok(())
}

/// ATTACH PARTITION: the partition becomes what its parent is.
fn prepare_attach(backend: &mut Backend<'_>, stmt: &AlterTableStmt, parent: Oid) -> Result<()> {
    for command in &stmt.commands {
        if let AlterTableCmd::AttachPartition { name, bound: Some(_) } = command
            && let Some(partition) = backend.find_relation(name)?
        {
            partitions::prepare_attach(backend, parent, partition.oid)?;
        }
    }
    Ok(())
}

/// First the table, then its shards.
fn alter_citus_table(backend: &mut Backend<'_>, stmt: &AlterTableStmt, table: Oid, text: &str) -> Result<CommandTag> {
    let before = Snapshot::take(backend)?;
    access::check_conflicts(backend, table, access::AccessKind::Ddl)?;
    if touches_reference_key(backend, stmt, table)?
        && metadata::of(backend)?
            .table_type(table)
            .is_some_and(TableType::has_distribution_key)
    {
        access::ensure_no_parallel_access(backend, table)?;
        access::set_sequential(backend)?;
    }
    let stmt = &with_names(backend, stmt, table)?;
    let statement = Statement::AlterTable(Box::new(stmt.clone()));
    let tag = match adds_key(stmt) {
        true => without_rows(backend, table, |backend| backend.standard_utility(&statement, text))?,
        false => backend.standard_utility(&statement, text).map_err(without_position)?,
    };
    sequences::fit_types(backend, table)?;
    let fresh = fresh_constraints(backend, &before, table)?;
    check_result(backend, stmt, table, &fresh)?;
    dependencies::ensure_on_all_nodes(backend, table)?;
    if has_shards(backend, table)? {
        let other = other_end(backend, &before, stmt, table)?;
        alter_shards(backend, stmt, table, &fresh, other, text)?;
        add_keys_to_shards(backend, &fresh)?;
        access::record_parallel(backend, table, access::AccessKind::Ddl)?;
    }
    before.synchronize(backend, text)?;
    Ok(tag)
}

/// The statement makes, drops or changes a column of a key to a reference table.
fn touches_reference_key(backend: &Backend<'_>, stmt: &AlterTableStmt, table: Oid) -> Result<bool> {
    let metadata = metadata::of(backend)?;
    let is_reference = |oid| metadata.table_type(oid) == Some(TableType::Reference);
    for range in referenced_tables(stmt) {
        if backend
            .find_relation(range)?
            .is_some_and(|found| is_reference(found.oid))
        {
            return Ok(true);
        }
    }
    let relation = crate::tables::checks::relation(backend, table)?;
    let keys = referencing_keys(backend, table, OtherEnd::Reference)?;
    let has_column = |name: &str| {
        let number = relation.attribute_by_name(name).map(|column| column.number);
        number.is_some_and(|number| {
            keys.iter()
                .filter_map(|key| foreign_key(key))
                .any(|key| key.columns.contains(&number))
        })
    };
    Ok(stmt.commands.iter().any(|command| match command {
        AlterTableCmd::DropConstraint { name, .. } => keys.iter().any(|key| *key.name == **name),
        AlterTableCmd::DropColumn { name, .. } => has_column(name),
        AlterTableCmd::AlterColumnType { column, .. } => has_column(&column.name),
        AlterTableCmd::AttachPartition { .. } | AlterTableCmd::DetachPartition { .. } => !keys.is_empty(),
        _ => false,
    }))
}

/// Gives constraints names where Citus chooses others than PostgreSQL: it does not look into CHECK expressions, and
/// not at the column that a constraint belongs to (`GenerateConstraintName`).
fn with_names(backend: &Backend<'_>, stmt: &AlterTableStmt, table: Oid) -> Result<AlterTableStmt> {
    let mut stmt = stmt.clone();
    let Some(relation) = backend.catalog()?.relation(table).cloned() else {
        return Ok(stmt);
    };
    let catalog = backend.catalog()?;
    let only = stmt.commands.len() == 1;
    for command in &mut stmt.commands {
        match command {
            AlterTableCmd::AddConstraint(constraint) if constraint.name.is_none() => {
                if let ast::ConstraintKind::Check(_) = constraint.kind {
                    let name = catalog.choose_constraint_name(&relation.name, None, "check", relation.schema, &[]);
                    constraint.name = Some(name);
                }
            }
            AlterTableCmd::AddColumn { column, .. } if only => {
                for constraint in column.constraints.iter_mut().filter(|found| found.name.is_none()) {
                    let name =
                        |label| catalog.choose_relation_name(&relation.name, Some(""), label, relation.schema, true);
                    constraint.name = match &constraint.kind {
                        ast::ConstraintKind::Unique { .. } => Some(name("key")),
                        ast::ConstraintKind::Foreign(_) => Some(name("fkey")),
                        _ => None,
                    };
                }
            }
            _ => {}
        }
    }
    Ok(stmt)
}

/// Citus looks types up itself first, where it does not know their place in the text.
fn without_position(mut error: Error) -> Error {
    if error.sqlstate == SqlState::UNDEFINED_OBJECT {
        error.position = None;
    }
    error
}

fn adds_key(stmt: &AlterTableStmt) -> bool {
    stmt.commands.iter().any(|command| {
        matches!(command, AlterTableCmd::AddConstraint(constraint)
            if matches!(constraint.kind, ast::ConstraintKind::Foreign(_)))
    })
}

/// Foreign keys are validated on the shards; rows that the table still has from the time before it was distributed
/// count no more.
fn without_rows<R>(
    backend: &mut Backend<'_>,
    table: Oid,
    run: impl FnOnce(&mut Backend<'_>) -> Result<R>,
) -> Result<R> {
    let mut tables = vec![table];
    tables.extend(partitions::partitions_of(backend, table)?);
    let heaps = &mut backend.database_mut()?.heaps;
    let mut kept = Vec::new();
    for table in tables {
        if let Some(heap) = heaps.get_mut(&table) {
            kept.push((table, std::mem::take(heap)));
        }
    }
    let result = run(backend)?;
    backend.database_mut()?.heaps.extend(kept);
    Ok(result)
}

/// Constraints that the statement has added to the table.
fn fresh_constraints(backend: &Backend<'_>, before: &Snapshot, table: Oid) -> Result<Vec<Arc<Constraint>>> {
    let fresh = backend
        .catalog()?
        .constraints_of(table)
        .filter(|constraint| !before.catalog.constraints.contains_key(&constraint.oid));
    Ok(fresh.cloned().collect())
}

/// What can be told only when the table has its new constraint.
fn check_result(backend: &mut Backend<'_>, stmt: &AlterTableStmt, table: Oid, fresh: &[Arc<Constraint>]) -> Result<()> {
    if !fresh.is_empty() {
        rules::check_keys(backend, table)?;
        if let Some(found) = metadata::of(backend)?.table(table).cloned() {
            rules::check_unique_constraints(backend, &found)?;
        }
    }
    checks::refuse_unnamed_column_constraints(backend, stmt, table)
}

/// The statement on every placement of every shard.
fn alter_shards(
    backend: &mut Backend<'_>,
    stmt: &AlterTableStmt,
    table: Oid,
    fresh: &[Arc<Constraint>],
    other: Option<Oid>,
    text: &str,
) -> Result<()> {
    let search_path = backend.setting("search_path");
    for shard in follow::shard_tables(backend, table)? {
        let partner = match other {
            Some(other) => partner_shard(backend, other, &shard)?,
            None => None,
        };
        let shard_stmt = shards::for_shard(backend, stmt, table, &shard, fresh)?;
        if shard_stmt.is_none() && partner.is_none() {
            continue;
        }
        let connection = Connection::open(backend, shard.node)?;
        shards::record(backend, &connection, (table, shard.shard), partner, text)?;
        let Some(shard_stmt) = shard_stmt else { continue };
        let statement = Statement::AlterTable(Box::new(shard_stmt));
        connection.run(backend, |remote| {
            session::without_propagation(remote, |remote| {
                if !connection.is_local
                    && let Some(path) = &search_path
                {
                    remote.set_setting("search_path", Some(path.as_ref()), true)?;
                }
                let notices = remote.session.notices.len();
                remote.standard_utility(&statement, text)?;
                remote.session.notices.truncate(notices);
                Ok(())
            })
        })?;
    }
    Ok(())
}

/// The Citus table that the statement ties the table to, or frees it from: at the other end of a foreign key, or a
/// partition.
fn other_end(backend: &Backend<'_>, before: &Snapshot, stmt: &AlterTableStmt, table: Oid) -> Result<Option<Oid>> {
    let is_citus_table = |oid: &Oid| metadata::of(backend).is_ok_and(|metadata| metadata.is_citus_table(*oid));
    if let Some(range) = referenced_tables(stmt).next() {
        return Ok(backend
            .find_relation(range)?
            .map(|found| found.oid)
            .filter(is_citus_table));
    }
    for command in &stmt.commands {
        let other = match command {
            AlterTableCmd::DropConstraint { name, .. } => before
                .catalog
                .constraints_of(table)
                .find(|found| *found.name == **name)
                .and_then(|found| foreign_key(found).map(|key| key.referenced)),
            AlterTableCmd::AttachPartition { name, .. } | AlterTableCmd::DetachPartition { name, .. } => {
                backend.find_relation(name)?.map(|found| found.oid)
            }
            _ => None,
        };
        if let Some(other) = other.filter(is_citus_table) {
            return Ok(Some(other));
        }
    }
    Ok(None)
}

/// The shard of the other table that goes with a shard: at the same place, or its only one; it must be on the same
/// node.
fn partner_shard(backend: &Backend<'_>, other: Oid, shard: &follow::ShardTable) -> Result<Option<(Oid, ShardId)>> {
    let metadata = metadata::of(backend)?;
    let partner = match metadata.shards_of(other) {
        [only] => Some(*only),
        shards => shards.get(shard.place).copied(),
    };
    let partner = partner.filter(|partner| metadata.nodes_of_shard(*partner).any(|node| node.id == shard.node));
    Ok(partner.map(|partner| (other, partner)))
}

/// New foreign keys on the shards, whose rows must satisfy them.
fn add_keys_to_shards(backend: &mut Backend<'_>, fresh: &[Arc<Constraint>]) -> Result<()> {
    for key in fresh {
        let Some(definition) = foreign_key(key) else { continue };
        if metadata::of(backend)?.table_type(definition.referenced).is_none() {
            continue;
        }
        create_foreign_key(backend, key.oid)?;
        let is_valid = backend
            .catalog()?
            .constraints
            .get(&key.oid)
            .is_some_and(|found| found.validated);
        if is_valid {
            validate_on_shards(backend, key)?;
        }
    }
    Ok(())
}

fn validate_on_shards(backend: &mut Backend<'_>, key: &Constraint) -> Result<()> {
    for shard in follow::shard_tables(backend, key.relation)? {
        let connection = Connection::open(backend, shard.node)?;
        let name = shard_name(&key.name, shard.shard);
        connection.run(backend, |remote| {
            let found = remote
                .catalog()?
                .constraints_of(shard.table)
                .find(|found| *found.name == *name)
                .map(|found| found.oid);
            found.map_or(Ok(()), |oid| executor::validate_constraint(remote, oid))
        })?;
    }
    Ok(())
}
