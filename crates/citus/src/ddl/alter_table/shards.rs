//! ALTER TABLE as a shard gets it: under the names of the shard, its constraints and indexes
//! (`RelayEventExtendNames`).

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::{self, ConstraintKind as Kind};
use kumquat_sql::ast::{self, AlterTableCmd, AlterTableStmt, ConstraintKind, ObjectType, RangeVar, ReplicaIdentity};
use kumquat_types::{Oid, Result};

use super::super::follow::ShardTable;
use crate::connection::Connection;
use crate::metadata::{self, ShardId};
use crate::shards::names::shard_name;
use crate::trace::Sql;

/// The statement for one shard; `None` if there is nothing for shards in it.
pub fn for_shard(
    backend: &mut Backend<'_>,
    stmt: &AlterTableStmt,
    table: Oid,
    shard: &ShardTable,
    fresh: &[Arc<catalog::Constraint>],
) -> Result<Option<AlterTableStmt>> {
    let mut commands = Vec::new();
    for command in &stmt.commands {
        if let Some(command) = command_for_shard(backend, command, shard, fresh)? {
            commands.push(command);
        }
    }
    if commands.is_empty() || stmt.object_type == ObjectType::Index {
        return Ok(None);
    }
    Ok(Some(AlterTableStmt {
        relation: RangeVar {
            inherit: stmt.relation.inherit,
            ..shard_range(backend, table, shard.shard)?
        },
        commands,
        object_type: ObjectType::Table,
        missing_ok: false,
    }))
}

/// The shard of a table by its qualified name.
pub fn shard_range(backend: &Backend<'_>, table: Oid, shard: ShardId) -> Result<RangeVar> {
    let found = crate::tables::checks::relation(backend, table)?;
    Ok(kumquat_postgres::commands::range_var(&[
        backend.schema_name(found.schema).to_string(),
        shard_name(&found.name, shard),
    ]))
}

/// One command; `None` where [`follow`](super::super::follow) or foreign keys of their own see to it.
fn command_for_shard(
    backend: &Backend<'_>,
    command: &AlterTableCmd,
    shard: &ShardTable,
    fresh: &[Arc<catalog::Constraint>],
) -> Result<Option<AlterTableCmd>> {
    let named = |name: &str| shard_name(name, shard.shard);
    Ok(Some(match command {
        AlterTableCmd::ColumnDefault { .. } | AlterTableCmd::ChangeOwner(_) | AlterTableCmd::SetAccessMethod { .. } => {
            return Ok(None);
        }
        AlterTableCmd::AddColumn {
            column,
            behavior,
            missing_ok,
        } => AlterTableCmd::AddColumn {
            column: column_for_shard(column, shard, fresh),
            behavior: *behavior,
            missing_ok: *missing_ok,
        },
        AlterTableCmd::AddConstraint(constraint) => match constraint_for_shard(constraint, shard, fresh) {
            Some(constraint) => AlterTableCmd::AddConstraint(constraint),
            None => return Ok(None),
        },
        // Keys between reference and Citus local tables are on the coordinator alone.
        AlterTableCmd::DropConstraint { name, .. } if !has_constraint(backend, name, shard) => return Ok(None),
        AlterTableCmd::DropConstraint {
            name,
            behavior,
            missing_ok,
        } => AlterTableCmd::DropConstraint {
            name: name_on_shard(backend, name, shard),
            behavior: *behavior,
            missing_ok: *missing_ok,
        },
        AlterTableCmd::ValidateConstraint { name } => AlterTableCmd::ValidateConstraint {
            name: name_on_shard(backend, name, shard),
        },
        AlterTableCmd::ReplicaIdentity(ReplicaIdentity::Index(name)) => {
            AlterTableCmd::ReplicaIdentity(ReplicaIdentity::Index(named(name)))
        }
        AlterTableCmd::AttachPartition { name, bound } => AlterTableCmd::AttachPartition {
            name: partition_range(backend, name, shard)?,
            bound: bound.clone(),
        },
        AlterTableCmd::DetachPartition { name, concurrent } => AlterTableCmd::DetachPartition {
            name: partition_range(backend, name, shard)?,
            concurrent: *concurrent,
        },
        other => other.clone(),
    }))
}

/// A new column; values of sequences and foreign keys are not the shard's business.
fn column_for_shard(column: &ast::ColumnDef, shard: &ShardTable, fresh: &[Arc<catalog::Constraint>]) -> ast::ColumnDef {
    let mut column = column.clone();
    let keep = |constraint: &ast::Constraint| {
        !matches!(&constraint.kind, ConstraintKind::Foreign(_))
            && !matches!(&constraint.kind, ConstraintKind::Default(expr) if calls_nextval(expr))
    };
    column.constraints = column
        .constraints
        .iter()
        .filter(|constraint| keep(constraint))
        .filter_map(|constraint| match constraint.kind {
            ConstraintKind::Check(_)
            | ConstraintKind::Primary(_)
            | ConstraintKind::Unique { .. }
            | ConstraintKind::Exclusion { .. } => constraint_for_shard(constraint, shard, fresh),
            _ => Some(constraint.clone()),
        })
        .collect();
    column
}

/// The default takes its values from a sequence.
pub fn calls_nextval(expr: &ast::Expr) -> bool {
    matches!(expr, ast::Expr::FuncCall(call) if call.name.last().is_some_and(|name| name == "nextval"))
}

/// A constraint under the shard's name; `None` for foreign keys.
fn constraint_for_shard(
    constraint: &ast::Constraint,
    shard: &ShardTable,
    fresh: &[Arc<catalog::Constraint>],
) -> Option<ast::Constraint> {
    let made = |kind: &Kind| match constraint.kind {
        ConstraintKind::Check(_) => matches!(kind, Kind::Check { .. }),
        ConstraintKind::Primary(_) => matches!(kind, Kind::PrimaryKey { .. }),
        ConstraintKind::Unique { .. } => matches!(kind, Kind::Unique { .. }),
        ConstraintKind::Exclusion { .. } => matches!(kind, Kind::Exclusion { .. }),
        _ => false,
    };
    let given = constraint.name.as_deref();
    let name = given.or_else(|| fresh.iter().find(|found| made(&found.kind)).map(|found| &*found.name));
    let mut clone = constraint.clone();
    clone.name = name.map(|name| shard_name(name, shard.shard));
    if let ConstraintKind::Primary(index) | ConstraintKind::Unique { index, .. } = &mut clone.kind
        && let Some(name) = &mut index.index_name
    {
        *name = shard_name(name, shard.shard);
    }
    match constraint.kind {
        ConstraintKind::Foreign(_) => None,
        _ => Some(clone),
    }
}

/// What a constraint of the table is called on a shard: checks that it was made with have no suffix.
fn name_on_shard(backend: &Backend<'_>, name: &str, shard: &ShardTable) -> String {
    let suffixed = shard_name(name, shard.shard);
    match !has(backend, &suffixed, shard) && has(backend, name, shard) {
        true => name.to_string(),
        false => suffixed,
    }
}

fn has_constraint(backend: &Backend<'_>, name: &str, shard: &ShardTable) -> bool {
    has(backend, &shard_name(name, shard.shard), shard) || has(backend, name, shard)
}

/// The shard has a constraint of just this name.
fn has(backend: &Backend<'_>, name: &str, shard: &ShardTable) -> bool {
    let catalog = metadata::of(backend)
        .ok()
        .and_then(|metadata| metadata.nodes.get(&shard.node)?.server(backend.network))
        .and_then(|server| backend.network.servers.get(server.0))
        .and_then(|server| server.databases.get(&backend.session.database))
        .map(|database| &database.catalog);
    catalog.is_some_and(|catalog| catalog.constraints_of(shard.table).any(|found| *found.name == *name))
}

/// The partition's shard at the same place.
fn partition_range(backend: &Backend<'_>, name: &RangeVar, shard: &ShardTable) -> Result<RangeVar> {
    let partition = backend.relation(name)?;
    let sibling = metadata::of(backend)?
        .shards_of(partition.oid)
        .get(shard.place)
        .copied();
    match sibling {
        Some(sibling) => shard_range(backend, partition.oid, sibling),
        None => Ok(name.clone()),
    }
}

/// The message that carries a statement to a shard; where it ties the shard to one of another table, it names both.
pub fn record(
    backend: &mut Backend<'_>,
    connection: &Connection,
    (table, shard): (Oid, ShardId),
    other: Option<(Oid, ShardId)>,
    text: &str,
) -> Result<()> {
    let schema_of = |table| -> Result<String> {
        let found = backend.catalog()?.relation(table);
        let schema = found.map(|found| found.schema).unwrap_or_default();
        Ok(backend.schema_name(schema).to_string())
    };
    let schema = schema_of(table)?;
    let text = text.replace('\'', "''");
    let message = match other {
        None => format!("SELECT worker_apply_shard_ddl_command ({shard}, '{schema}', '{text}')"),
        Some((other, other_shard)) => format!(
            "SELECT worker_apply_inter_shard_ddl_command ({shard}, '{schema}', {other_shard}, '{}', '{text}')",
            schema_of(other)?
        ),
    };
    if metadata::of(backend)?.shards_of(table).len() == 1 {
        connection.tell_local(backend, &message);
    }
    connection.record(backend, Sql::text(message), 0)
}
