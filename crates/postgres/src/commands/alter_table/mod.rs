//! ALTER TABLE and its kin, after PostgreSQL's `tablecmds.c`.
//!
//! The subcommands of a statement are sorted into PostgreSQL's passes (drops first, then changes of type, new
//! columns, constraints, the rest) and carried out in that order.
//!
//! - [`permissions`]: which subcommand works on which kind of relation.
//! - [`column`]: ADD and DROP COLUMN; [`column_type`]: ALTER TYPE; [`column_default`]: DEFAULT, IDENTITY,
//!   EXPRESSION; [`column_options`]: STORAGE, STATISTICS and kin; [`not_null`].
//! - [`constraint`]: constraints that are there; new ones are in [`super::constraint`].
//! - [`inherit`], [`options`]: what concerns the whole table. [`rewrite`]: new values in all rows.

pub mod column;
pub mod column_default;
pub mod column_options;
pub mod column_type;
pub mod constraint;
pub mod inherit;
pub mod not_null;
pub mod options;
pub mod permissions;
pub mod rewrite;

use std::sync::Arc;

use kumquat_sql::ast::{AlterTableCmd, AlterTableStmt, ConstraintKind, ObjectType};
use kumquat_types::{Error, Result, SqlState};

use super::constraint::AddOptions;
use super::object::keywords;
use super::partition::{attach, detach};
use super::relation_kind::not_a;
use super::{lookup_or_skip, owner, role, system_catalog, trigger, undefined_column};
use crate::backend::Backend;
use crate::catalog::{Attribute, Relation, RelationKind};
use crate::result::CommandTag;

pub fn execute(backend: &mut Backend<'_>, stmt: &AlterTableStmt) -> Result<CommandTag> {
    let tag = CommandTag::new(&format!("ALTER {}", keywords(stmt.object_type)));
    let Some(relation) = lookup_or_skip(backend, &stmt.relation, stmt.missing_ok)? else {
        return Ok(tag);
    };
    check_relation(backend, &relation, stmt.object_type)?;
    for command in &stmt.commands {
        permissions::check(&relation, command)?;
    }
    let mut commands: Vec<&AlterTableCmd> = stmt.commands.iter().collect();
    commands.sort_by_key(|command| pass(command));
    let target = Target {
        oid: relation.oid,
        recurse: stmt.relation.inherit,
        object_type: stmt.object_type,
    };
    for command in commands {
        target.carry_out(backend, command)?;
    }
    Ok(tag)
}

/// The statement's word must fit the relation, which the current role must own.
fn check_relation(backend: &Backend<'_>, relation: &Relation, object_type: ObjectType) -> Result<()> {
    if relation.kind == RelationKind::System {
        return Err(system_catalog(&relation.name));
    }
    backend.check_relation_owner(relation)?;
    let fits = match object_type {
        ObjectType::View => relation.kind == RelationKind::View,
        ObjectType::MaterializedView => relation.kind == RelationKind::MaterializedView,
        ObjectType::ForeignTable => relation.kind == RelationKind::ForeignTable,
        ObjectType::Sequence => relation.kind == RelationKind::Sequence,
        ObjectType::Index => matches!(relation.kind, RelationKind::Index | RelationKind::PartitionedIndex),
        ObjectType::Type if relation.kind != RelationKind::CompositeType => {
            return Err(not_a(&relation.name, "composite type"));
        }
        _ if relation.kind == RelationKind::CompositeType && object_type != ObjectType::Type => {
            return Err(Error::new(
                SqlState::WRONG_OBJECT_TYPE,
                format!("\"{}\" is a composite type", relation.name),
            )
            .hint("Use ALTER TYPE instead."));
        }
        _ => true,
    };
    if fits {
        Ok(())
    } else {
        Err(not_a(&relation.name, super::object::noun(object_type)))
    }
}

/// PostgreSQL's passes, by their numbers.
fn pass(command: &AlterTableCmd) -> u8 {
    match command {
        AlterTableCmd::ColumnDefault { expr: None, .. }
        | AlterTableCmd::DropNotNull { .. }
        | AlterTableCmd::DropExpression { .. }
        | AlterTableCmd::DropIdentity { .. }
        | AlterTableCmd::DropColumn { .. }
        | AlterTableCmd::DropConstraint { .. } => 0,
        AlterTableCmd::AlterColumnType { .. } => 1,
        AlterTableCmd::AddColumn { .. } => 4,
        AlterTableCmd::SetNotNull { .. } | AlterTableCmd::SetIdentity { .. } => 6,
        AlterTableCmd::AddConstraint(constraint) => match constraint.kind {
            ConstraintKind::Check(_) | ConstraintKind::Foreign(_) => 9,
            _ => 7,
        },
        AlterTableCmd::ColumnDefault { .. } | AlterTableCmd::AddIdentity { .. } => 9,
        _ => 10,
    }
}

/// The relation that a statement changes.
pub struct Target {
    pub oid: kumquat_types::Oid,
    /// Children, too: no ONLY was written.
    pub recurse: bool,
    pub object_type: ObjectType,
}

impl Target {
    fn carry_out(&self, backend: &mut Backend<'_>, command: &AlterTableCmd) -> Result<()> {
        let relation = backend.relation_by_oid(self.oid)?;
        let relation: &Relation = &relation;
        let recurse = self.recurse;
        match command {
            AlterTableCmd::AddColumn { column, missing_ok, .. } => {
                column::add(backend, relation, column, *missing_ok, recurse)
            }
            AlterTableCmd::DropColumn {
                name,
                behavior,
                missing_ok,
            } => column::drop(backend, relation, name, *behavior, *missing_ok, recurse),
            AlterTableCmd::AlterColumnType { column, using, .. } => {
                column_type::alter(backend, relation, column, using.as_ref(), recurse)
            }
            AlterTableCmd::ColumnDefault { name, expr } => {
                column_default::set_default(backend, relation, name, expr.as_ref(), recurse)
            }
            AlterTableCmd::AddIdentity { name, constraint } => {
                column_default::add_identity(backend, relation, name, constraint)
            }
            AlterTableCmd::SetIdentity { name, options } => {
                column_default::set_identity(backend, relation, name, options)
            }
            AlterTableCmd::DropIdentity { name, missing_ok } => {
                column_default::drop_identity(backend, relation, name, *missing_ok)
            }
            AlterTableCmd::DropExpression { name, missing_ok } => {
                column_default::drop_expression(backend, relation, name, *missing_ok, recurse)
            }
            AlterTableCmd::DropNotNull { name } => not_null::drop(backend, relation, name, recurse),
            AlterTableCmd::SetNotNull { name } => {
                let number = live_column(relation, name)?.number;
                not_null::set_checked(backend, relation, number, recurse)
            }
            AlterTableCmd::SetStatistics { column, value } => {
                column_options::set_statistics(backend, relation, column, *value)
            }
            AlterTableCmd::SetColumnOptions { name, options } => {
                column_options::set_options(backend, relation, name, options)
            }
            AlterTableCmd::ResetColumnOptions { name, options } => {
                column_options::reset_options(backend, relation, name, options)
            }
            AlterTableCmd::SetStorage { name, storage } => {
                column_options::set_storage(backend, relation, name, storage)
            }
            AlterTableCmd::SetCompression { name, compression } => {
                column_options::set_compression(backend, relation, name, compression)
            }
            AlterTableCmd::AddConstraint(constraint) => {
                super::constraint::add(backend, relation.oid, constraint, AddOptions::added(recurse))
            }
            AlterTableCmd::AlterConstraint { name, attributes } => {
                constraint::alter(backend, relation, name, *attributes)
            }
            AlterTableCmd::ValidateConstraint { name } => constraint::validate(backend, relation, name, recurse),
            AlterTableCmd::DropConstraint {
                name,
                behavior,
                missing_ok,
            } => constraint::drop(backend, relation, name, *behavior, *missing_ok, recurse),
            AlterTableCmd::AddInherit(parent) => inherit::add(backend, relation, parent),
            AlterTableCmd::DropInherit(parent) => inherit::drop(backend, relation, parent),
            AlterTableCmd::AttachPartition {
                name,
                bound: Some(bound),
            } => attach::attach(backend, relation, name, bound),
            AlterTableCmd::AttachPartition { name, bound: None } => attach::attach_index(backend, relation, name),
            AlterTableCmd::DetachPartition { name, concurrent } => detach::detach(backend, relation, name, *concurrent),
            AlterTableCmd::Trigger { firing, which } => trigger::set_enabled(backend, relation, *firing, which),
            AlterTableCmd::ChangeOwner(spec) => self.change_owner(backend, relation, role::resolve(backend, spec)?),
            command => options::carry_out(backend, relation, command),
        }
    }

    fn change_owner(
        &self,
        backend: &mut Backend<'_>,
        relation: &Relation,
        new_owner: kumquat_types::Oid,
    ) -> Result<()> {
        let on_index = self.object_type == ObjectType::Index;
        if relation.owner == new_owner || !owner::check_relation(backend, relation, on_index)? {
            return Ok(());
        }
        owner::check_new_owner(backend, new_owner, Some(relation.schema))?;
        owner::set_relation_owner(backend, relation.oid, new_owner)
    }
}

/// The column of that name.
pub fn live_column<'a>(relation: &'a Relation, name: &str) -> Result<&'a Attribute> {
    if super::define::SYSTEM_COLUMNS.contains(&name) {
        return Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            format!("cannot alter system column \"{name}\""),
        ));
    }
    relation
        .attribute_by_name(name)
        .ok_or_else(|| undefined_column(name, &relation.name))
}

/// The children of a relation, each as it is now.
pub fn children(backend: &Backend<'_>, relation: &Relation) -> Result<Vec<Arc<Relation>>> {
    Ok(backend.catalog()?.children_of(relation.oid).cloned().collect())
}

pub fn invalid_table(message: impl Into<String>) -> Error {
    Error::new(SqlState::INVALID_TABLE_DEFINITION, message)
}
