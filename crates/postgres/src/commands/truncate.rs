//! TRUNCATE, after PostgreSQL's `ExecuteTruncate`.

use std::sync::Arc;

use kumquat_sql::ast::{DropBehavior, TruncateStmt};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::privileges;
use super::relation_kind::not_a;
use super::system_catalog;
use crate::backend::Backend;
use crate::catalog::function::TriggerTiming;
use crate::catalog::{ConstraintKind, ObjectAddress, ObjectClass, Relation, RelationKind};
use crate::executor::modify::trigger::{Operation, around_statement};
use crate::result::CommandTag;
use crate::server::SequenceValue;
use crate::storage::Heap;

pub fn execute(backend: &mut Backend<'_>, stmt: &TruncateStmt) -> Result<CommandTag> {
    let mut tables: Vec<Oid> = Vec::new();
    for range in &stmt.relations {
        let relation = backend.relation(range)?;
        check(backend, &relation)?;
        if !range.inherit && relation.kind == RelationKind::PartitionedTable {
            return Err(
                Error::new(SqlState::WRONG_OBJECT_TYPE, "cannot truncate only a partitioned table")
                    .hint("Do not specify the ONLY keyword, or use TRUNCATE ONLY on the partitions directly."),
            );
        }
        add_with_children(backend, &mut tables, relation.oid, range.inherit)?;
    }
    match stmt.behavior {
        DropBehavior::Cascade => add_referencing(backend, &mut tables)?,
        DropBehavior::Restrict => check_references(backend, &tables)?,
    }
    if stmt.restart_seqs {
        restart_sequences(backend, &tables)?;
    }
    around_statement(backend, &tables, Operation::Truncate, TriggerTiming::Before)?;
    for &table in &tables {
        empty(backend, table)?;
    }
    around_statement(backend, &tables, Operation::Truncate, TriggerTiming::After)?;
    Ok(CommandTag::new("TRUNCATE TABLE"))
}

/// Whether the relation can be truncated, and by the current role.
fn check(backend: &Backend<'_>, relation: &Relation) -> Result<()> {
    match relation.kind {
        RelationKind::Table | RelationKind::PartitionedTable => {}
        RelationKind::System if !relation.is_system_view() => return Err(system_catalog(&relation.name)),
        _ => return Err(not_a(&relation.name, "table")),
    }
    privileges::check(backend, ObjectAddress::new(ObjectClass::Relation, relation.oid), &['D'])
}

fn add_with_children(backend: &Backend<'_>, tables: &mut Vec<Oid>, table: Oid, recurse: bool) -> Result<()> {
    if tables.contains(&table) {
        return Ok(());
    }
    tables.push(table);
    if recurse {
        let children: Vec<Oid> = backend.catalog()?.children_of(table).map(|child| child.oid).collect();
        for child in children {
            add_with_children(backend, tables, child, true)?;
        }
    }
    Ok(())
}

/// Tables with a foreign key to one of these, that are not among them.
fn referencing(backend: &Backend<'_>, tables: &[Oid]) -> Result<Vec<(Oid, Oid)>> {
    let catalog = backend.catalog()?;
    let mut found: Vec<(Oid, Oid)> = tables
        .iter()
        .flat_map(|table| catalog.constraints_referencing(*table))
        .filter_map(|constraint| match &constraint.kind {
            ConstraintKind::ForeignKey(key) => Some((constraint.relation, key.referenced)),
            _ => None,
        })
        .filter(|(relation, _)| !tables.contains(relation))
        .collect();
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// CASCADE: referencing tables are truncated, too, and those that reference them.
fn add_referencing(backend: &mut Backend<'_>, tables: &mut Vec<Oid>) -> Result<()> {
    loop {
        let more = referencing(backend, tables)?;
        let mut relations: Vec<Oid> = more.iter().map(|(relation, _)| *relation).collect();
        relations.dedup();
        if relations.is_empty() {
            return Ok(());
        }
        for oid in relations {
            let relation = backend.relation_by_oid(oid)?;
            backend.notice(Error::notice(format!(
                "truncate cascades to table \"{}\"",
                relation.name
            )));
            check(backend, &relation)?;
            if !tables.contains(&oid) {
                tables.push(oid);
            }
        }
    }
}

fn check_references(backend: &Backend<'_>, tables: &[Oid]) -> Result<()> {
    let Some((relation, referenced)) = referencing(backend, tables)?.first().copied() else {
        return Ok(());
    };
    let (relation, referenced) = (backend.relation_by_oid(relation)?, backend.relation_by_oid(referenced)?);
    Err(Error::new(
        SqlState::FEATURE_NOT_SUPPORTED,
        "cannot truncate a table referenced in a foreign key constraint",
    )
    .detail(format!(
        "Table \"{}\" references \"{}\".",
        relation.name, referenced.name
    ))
    .hint(format!(
        "Truncate table \"{}\" at the same time, or use TRUNCATE ... CASCADE.",
        relation.name
    )))
}

fn restart_sequences(backend: &mut Backend<'_>, tables: &[Oid]) -> Result<()> {
    let catalog = backend.catalog()?;
    let sequences: Vec<Arc<Relation>> = tables
        .iter()
        .flat_map(|table| catalog.owned_sequences(*table, 0))
        .filter_map(|(sequence, _)| catalog.relation(sequence).cloned())
        .collect();
    for sequence in sequences {
        backend.check_relation_owner(&sequence)?;
        if let Some(definition) = sequence.sequence {
            let value = SequenceValue {
                last_value: definition.start,
                is_called: false,
            };
            backend.database_mut()?.sequences.insert(sequence.oid, value);
        }
    }
    Ok(())
}

/// Removes all rows of a table.
pub fn empty(backend: &mut Backend<'_>, table: Oid) -> Result<()> {
    if let Some(heap) = backend.database_mut()?.heaps.get_mut(&table) {
        let heap: &mut Heap = Arc::make_mut(heap);
        heap.clear();
    }
    Ok(())
}
