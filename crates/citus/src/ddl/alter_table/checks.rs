//! What ALTER TABLE may not do to a Citus table (`ErrorIfUnsupportedAlterTableStmt`).

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::{DependencyKind, Relation};
use kumquat_sql::ast::{
    AlterTableCmd, AlterTableStmt, ColumnDef, Constraint, ConstraintKind, ForeignKey, ForeignKeyAction,
};
use kumquat_types::{Error, Oid, Result};

use super::super::follow::{ShardTable, shard_tables};
use super::super::unsupported;
use super::shards::calls_nextval;
use crate::metadata::{self, TableType};
use crate::shards::names::relation_name;
use crate::tables::checks::{error, relation};
use crate::tables::sequences;

const EACH_SEPARATELY: &str = "You can issue each subcommand separately";

/// Checks each command in the order given.
pub fn check_commands(backend: &Backend<'_>, stmt: &AlterTableStmt, table: Oid) -> Result<()> {
    let found = relation(backend, table)?;
    let column = metadata::of(backend)?.table(table).and_then(|table| table.column);
    let only = stmt.commands.len() == 1;
    for command in &stmt.commands {
        match command {
            AlterTableCmd::AddColumn { column, .. } => {
                check_new_column(column)?;
                check_counted_column(backend, column, table, only)?;
            }
            AlterTableCmd::ColumnDefault { name, .. }
            | AlterTableCmd::DropColumn { name, .. }
            | AlterTableCmd::DropNotNull { name } => refuse_distribution_column(&found, column, name)?,
            AlterTableCmd::AlterColumnType { column: def, .. } => {
                refuse_distribution_column(&found, column, &def.name)?;
                refuse_column_of_sequence(backend, &found, &def.name)?;
            }
            AlterTableCmd::AddConstraint(_) if !only => {
                return Err(
                    unsupported("cannot execute ADD CONSTRAINT command with other subcommands").hint(EACH_SEPARATELY),
                );
            }
            AlterTableCmd::AttachPartition { name, .. } => {
                refuse_with_others(only, "ATTACH PARTITION")?;
                check_attached(backend, table, name)?;
            }
            AlterTableCmd::DetachPartitionFinalize { .. } => {
                return Err(error(
                    "ALTER TABLE .. DETACH PARTITION .. FINALIZE commands are currently unsupported.",
                ));
            }
            AlterTableCmd::DetachPartition { concurrent, .. } => {
                refuse_with_others(only, "DETACH PARTITION")?;
                if *concurrent {
                    return Err(error(
                        "ALTER TABLE .. DETACH PARTITION .. CONCURRENTLY commands are currently unsupported.",
                    ));
                }
            }
            AlterTableCmd::Trigger { .. } => super::super::trigger::refuse(backend, table)?,
            AlterTableCmd::AddConstraint(_)
            | AlterTableCmd::SetNotNull { .. }
            | AlterTableCmd::ReplicaIdentity(_)
            | AlterTableCmd::ChangeOwner(_)
            | AlterTableCmd::EnableRowSecurity
            | AlterTableCmd::DisableRowSecurity
            | AlterTableCmd::ForceRowSecurity
            | AlterTableCmd::NoForceRowSecurity
            | AlterTableCmd::ValidateConstraint { .. }
            | AlterTableCmd::DropConstraint { .. }
            | AlterTableCmd::SetCompression { .. }
            | AlterTableCmd::SetAccessMethod { .. }
            | AlterTableCmd::SetRelOptions(_)
            | AlterTableCmd::ResetRelOptions(_)
            | AlterTableCmd::SetLogged
            | AlterTableCmd::SetUnlogged => {}
            _ => return Err(command_unsupported()),
        }
    }
    Ok(())
}

/// Columns of views that other nodes have, too, get no defaults (`PreprocessAlterViewStmt`).
pub fn refuse_view_defaults(stmt: &AlterTableStmt) -> Result<()> {
    let sets_default = |command: &AlterTableCmd| matches!(command, AlterTableCmd::ColumnDefault { .. });
    match stmt.commands.iter().any(sets_default) {
        true => Err(error(
            "Citus doesn't support setting or resetting default values for a column of view",
        )),
        false => Ok(()),
    }
}

fn command_unsupported() -> Error {
    unsupported("alter table command is currently unsupported").detail(
        "Only ADD|DROP COLUMN, SET|DROP NOT NULL, SET|DROP DEFAULT, ADD|DROP|VALIDATE CONSTRAINT, SET (), RESET (), \
         ENABLE|DISABLE|NO FORCE|FORCE ROW LEVEL SECURITY, ATTACH|DETACH PARTITION and TYPE subcommands are \
         supported.",
    )
}

fn refuse_with_others(only: bool, command: &str) -> Result<()> {
    match only {
        true => Ok(()),
        false => Err(
            unsupported(format!("cannot execute {command} command with other subcommands"))
                .hint("You can issue each subcommand separately."),
        ),
    }
}

/// ALTER INDEX on an index of a Citus table.
pub fn check_index_commands(stmt: &AlterTableStmt) -> Result<()> {
    let is_supported = |command: &AlterTableCmd| {
        matches!(
            command,
            AlterTableCmd::SetRelOptions(_)
                | AlterTableCmd::ResetRelOptions(_)
                | AlterTableCmd::SetStatistics { .. }
                | AlterTableCmd::AttachPartition { .. }
        )
    };
    match stmt.commands.iter().all(is_supported) {
        true => Ok(()),
        false => Err(
            unsupported("alter index ... set tablespace ... is currently unsupported")
                .detail("Only RENAME TO, SET (), RESET (), ATTACH PARTITION and SET STATISTICS are supported."),
        ),
    }
}

/// Sequences of new columns would have to be made on all nodes.
fn check_new_column(column: &ColumnDef) -> Result<()> {
    const SERIAL: [&str; 6] = ["smallserial", "serial2", "serial", "serial4", "bigserial", "serial8"];
    let refused = |what: &str| {
        unsupported(format!(
            "cannot execute ADD COLUMN commands involving {what} when metadata is synchronized to workers"
        ))
    };
    let is_serial = column
        .type_name
        .as_ref()
        .is_some_and(|type_name| matches!(type_name.names.as_slice(), [name] if SERIAL.contains(&name.as_str())));
    if is_serial {
        return Err(refused("serial pseudotypes"));
    }
    let has_identity = column
        .constraints
        .iter()
        .any(|constraint| matches!(constraint.kind, ConstraintKind::Identity { .. }));
    match has_identity {
        true => Err(refused("identity columns")),
        false => Ok(()),
    }
}

/// A new column with values of a sequence: rows that are there could not get theirs.
fn check_counted_column(backend: &Backend<'_>, column: &ColumnDef, table: Oid, only: bool) -> Result<()> {
    let is_counted = column
        .constraints
        .iter()
        .any(|constraint| matches!(&constraint.kind, ConstraintKind::Default(expr) if calls_nextval(expr)));
    if !is_counted {
        return Ok(());
    }
    if !only || column.constraints.len() > 1 {
        return Err(unsupported(
            "cannot execute ADD COLUMN .. DEFAULT nextval('..') command with other subcommands/constraints",
        )
        .hint("You can issue each subcommand separately"));
    }
    match has_rows(backend, table)? {
        false => Ok(()),
        true => Err(
            unsupported("cannot add a column involving DEFAULT nextval('..') because the table is not empty").hint(
                "You can first call ALTER TABLE .. ADD COLUMN .. smallint/int/bigint\nThen set the default by ALTER \
                 TABLE .. ALTER COLUMN .. SET DEFAULT nextval('..')",
            ),
        ),
    }
}

fn has_rows(backend: &Backend<'_>, table: Oid) -> Result<bool> {
    let metadata = metadata::of(backend)?;
    let rows_in = |shard: ShardTable| {
        let server = metadata.nodes.get(&shard.node)?.server(backend.network)?;
        let server = backend.network.servers.get(server.0)?;
        let database = server.databases.get(&backend.session.database)?;
        database.heaps.get(&shard.table).map(|heap| heap.live_rows)
    };
    let shards = shard_tables(backend, table)?;
    Ok(shards
        .into_iter()
        .any(|shard| rows_in(shard).is_some_and(|rows| rows > 0)))
}

fn refuse_distribution_column(relation: &Relation, column: Option<i16>, name: &str) -> Result<()> {
    let is_distribution_column =
        column.is_some() && relation.attribute_by_name(name).map(|found| found.number) == column;
    match is_distribution_column {
        true => Err(error("cannot execute ALTER TABLE command involving partition column")),
        false => Ok(()),
    }
}

fn refuse_column_of_sequence(backend: &Backend<'_>, relation: &Relation, name: &str) -> Result<()> {
    let Some(column) = relation.attribute_by_name(name) else {
        return Ok(());
    };
    if column.identity.is_some() {
        return Err(error("cannot execute ALTER COLUMN command involving identity column"));
    }
    let owns_sequence = backend
        .catalog()?
        .owned_sequences(relation.oid, column.number)
        .any(|(_, kind)| kind == DependencyKind::Auto);
    let default = column.default.as_deref();
    match owns_sequence || default.is_some_and(|default| sequences::sequence_of_default(default).is_some()) {
        true => Err(error(
            "cannot execute ALTER COLUMN TYPE .. command because the column involves a default coming from a sequence",
        )),
        false => Ok(()),
    }
}

fn check_attached(backend: &Backend<'_>, parent: Oid, name: &kumquat_sql::ast::RangeVar) -> Result<()> {
    let Some(partition) = backend.find_relation(name)? else {
        return Ok(());
    };
    let metadata = metadata::of(backend)?;
    let (Some(parent), Some(child)) = (metadata.table(parent), metadata.table(partition.oid)) else {
        return Ok(());
    };
    let local = |table_type| table_type == TableType::CitusLocal;
    if local(parent.table_type()) || local(child.table_type()) || parent.colocation_id == child.colocation_id {
        return Ok(());
    }
    Err(unsupported(
        "distributed tables cannot have non-colocated distributed tables as a partition ",
    ))
}

/// Constraints of a new column need a name, or one that PostgreSQL gives them from the column.
pub fn refuse_unnamed_column_constraints(backend: &Backend<'_>, stmt: &AlterTableStmt, table: Oid) -> Result<()> {
    let only = stmt.commands.len() == 1;
    for command in &stmt.commands {
        let AlterTableCmd::AddColumn { column, .. } = command else {
            continue;
        };
        let has_check = column
            .constraints
            .iter()
            .any(|constraint| matches!(constraint.kind, ConstraintKind::Check(_)));
        if only && !has_check {
            continue;
        }
        for constraint in column.constraints.iter().filter(|constraint| constraint.name.is_none()) {
            if let Some(clause) = constraint_clause(backend, column, constraint)? {
                return Err(column_constraint_refused(
                    &relation_name(backend.catalog()?, table),
                    &column.name,
                    &clause,
                ));
            }
        }
    }
    Ok(())
}

fn column_constraint_refused(table: &str, column: &str, clause: &str) -> Error {
    unsupported("cannot execute ADD COLUMN command with PRIMARY KEY, UNIQUE, FOREIGN and CHECK constraints")
        .detail(
            "Adding a column with a constraint in one command is not supported because all constraints in Citus must \
             have explicit names",
        )
        .hint(format!(
            "You can issue each command separately such as ALTER TABLE {table} ADD COLUMN {column} data_type; ALTER \
             TABLE {table} ADD CONSTRAINT constraint_name {clause};"
        ))
}

/// How the hint writes a constraint, if it is of a kind that needs a name.
fn constraint_clause(backend: &Backend<'_>, column: &ColumnDef, constraint: &Constraint) -> Result<Option<String>> {
    let name = &column.name;
    Ok(match &constraint.kind {
        ConstraintKind::Unique { .. } => Some(format!("UNIQUE ({name})")),
        ConstraintKind::Primary(_) => Some(format!("PRIMARY KEY ({name})")),
        ConstraintKind::Check(_) => Some("CHECK (check_expression)".to_string()),
        ConstraintKind::Foreign(key) => Some(foreign_key_clause(backend, name, key)?),
        _ => None,
    })
}

fn foreign_key_clause(backend: &Backend<'_>, column: &str, key: &ForeignKey) -> Result<String> {
    let referenced = backend.relation(&key.table)?;
    let mut clause = format!("FOREIGN KEY ({column}) REFERENCES {}", referenced.name);
    if !key.referenced.is_empty() {
        clause.push_str(&format!("({})", key.referenced.join(", ")));
    }
    for (event, action) in [("DELETE", key.on_delete), ("UPDATE", key.on_update)] {
        let action = match action {
            ForeignKeyAction::NoAction => continue,
            ForeignKeyAction::SetNull => "SET NULL",
            ForeignKeyAction::Cascade => "CASCADE",
            ForeignKeyAction::SetDefault => "SET DEFAULT",
            ForeignKeyAction::Restrict => "RESTRICT",
        };
        clause.push_str(&format!(" ON {event} {action}"));
    }
    Ok(clause)
}

/// Even where nothing is propagated (`ErrorIfAlterDropsPartitionColumn`).
pub fn refuse_dropping_distribution_column(backend: &Backend<'_>, stmt: &AlterTableStmt) -> Result<()> {
    let Some(found) = backend.find_relation(&stmt.relation)? else {
        return Ok(());
    };
    let Some(column) = metadata::of(backend)?.table(found.oid).and_then(|table| table.column) else {
        return Ok(());
    };
    let drops = stmt.commands.iter().any(|command| {
        matches!(command, AlterTableCmd::DropColumn { name, .. }
            if found.attribute_by_name(name).is_some_and(|dropped| dropped.number == column))
    });
    match drops {
        true => Err(error("cannot execute ALTER TABLE command dropping partition column")),
        false => Ok(()),
    }
}
