//! ALTER TABLE: DROP, VALIDATE and ALTER CONSTRAINT.

use std::sync::Arc;

use kumquat_sql::ast::{ConstraintAttributes, DropBehavior};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::{children, invalid_table};
use crate::backend::Backend;
use crate::catalog::{Constraint, ConstraintKind, ObjectAddress, ObjectClass, Relation, RelationKind};
use crate::commands::constraint::undefined_constraint;
use crate::commands::drop::drop_objects;
use crate::commands::drop::missing::skipping;
use crate::executor;

fn find(backend: &Backend<'_>, relation: &Relation, name: &str) -> Result<Constraint> {
    let found = backend.find_constraint(relation.oid, name).cloned();
    found.ok_or_else(|| undefined_constraint(name, &relation.name))
}

pub fn drop(
    backend: &mut Backend<'_>,
    relation: &Relation,
    name: &str,
    behavior: DropBehavior,
    missing_ok: bool,
    recurse: bool,
) -> Result<()> {
    let constraint = match find(backend, relation, name) {
        Ok(constraint) => constraint,
        Err(error) => return skipping(backend, missing_ok, error),
    };
    if constraint.inherited_count > 0 {
        return Err(invalid_table(format!(
            "cannot drop inherited constraint \"{name}\" of relation \"{}\"",
            relation.name
        )));
    }
    let mut objects = vec![ObjectAddress::new(ObjectClass::Constraint, constraint.oid)];
    let is_check = matches!(constraint.kind, ConstraintKind::Check { .. });
    if is_check && !constraint.no_inherit {
        hand_down(backend, relation, name, recurse, &mut objects)?;
    }
    if relation.kind == RelationKind::PartitionedTable
        && !recurse
        && !children(backend, relation)?.is_empty()
        && (is_check || matches!(constraint.kind, ConstraintKind::ForeignKey(_)))
    {
        return Err(
            invalid_table("cannot remove constraint from only the partitioned table when partitions exist")
                .hint("Do not specify the ONLY keyword."),
        );
    }
    drop_objects(backend, &objects, behavior)
}

/// Children lose a check that they have from here alone; else it becomes their own.
fn hand_down(
    backend: &mut Backend<'_>,
    relation: &Relation,
    name: &str,
    recurse: bool,
    objects: &mut Vec<ObjectAddress>,
) -> Result<()> {
    for child in children(backend, relation)? {
        let Some(own) = backend.find_constraint(child.oid, name).cloned() else {
            continue;
        };
        if recurse && own.inherited_count == 1 && !own.is_local {
            objects.push(ObjectAddress::new(ObjectClass::Constraint, own.oid));
            hand_down(backend, &child, name, recurse, objects)?;
            continue;
        }
        let inherited_count = own.inherited_count.saturating_sub(1);
        backend.catalog_mut()?.put_constraint(Constraint {
            inherited_count,
            is_local: own.is_local || !recurse,
            ..own
        });
    }
    Ok(())
}

pub fn validate(backend: &mut Backend<'_>, relation: &Relation, name: &str, recurse: bool) -> Result<()> {
    let constraint = find(backend, relation, name)?;
    let is_check = match constraint.kind {
        ConstraintKind::Check { .. } => true,
        ConstraintKind::ForeignKey(_) => false,
        _ => {
            return Err(Error::new(
                SqlState::WRONG_OBJECT_TYPE,
                format!(
                    "constraint \"{name}\" of relation \"{}\" is not a foreign key or check constraint",
                    relation.name
                ),
            ));
        }
    };
    if constraint.validated {
        return Ok(());
    }
    let children: Vec<Arc<Relation>> = match is_check && !constraint.no_inherit {
        true => children(backend, relation)?,
        false => Vec::new(),
    };
    if !recurse && !children.is_empty() {
        return Err(invalid_table("constraint must be validated on child tables too"));
    }
    for child in children {
        validate(backend, &child, name, recurse)?;
    }
    if relation.has_storage() {
        executor::validate_constraint(backend, constraint.oid)?;
    }
    backend.catalog_mut()?.put_constraint(Constraint {
        validated: true,
        ..constraint
    });
    Ok(())
}

/// ALTER CONSTRAINT ... DEFERRABLE, for foreign keys.
pub fn alter(
    backend: &mut Backend<'_>,
    relation: &Relation,
    name: &str,
    attributes: ConstraintAttributes,
) -> Result<()> {
    let constraint = find(backend, relation, name)?;
    if !matches!(constraint.kind, ConstraintKind::ForeignKey(_)) {
        return Err(Error::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!(
                "constraint \"{name}\" of relation \"{}\" is not a foreign key constraint",
                relation.name
            ),
        ));
    }
    if constraint.parent.is_valid() {
        return Err(derived(backend, relation, &constraint)?);
    }
    set_attributes(backend, constraint.oid, attributes)
}

fn derived(backend: &Backend<'_>, relation: &Relation, constraint: &Constraint) -> Result<Error> {
    let error = Error::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!(
            "cannot alter constraint \"{}\" on relation \"{}\"",
            constraint.name, relation.name
        ),
    );
    let catalog = backend.catalog()?;
    let mut top = constraint.clone();
    while let Some(parent) = catalog.constraints.get(&top.parent) {
        top = Constraint::clone(parent);
    }
    Ok(error
        .detail(format!(
            "Constraint \"{}\" is derived from constraint \"{}\" of relation \"{}\".",
            constraint.name,
            top.name,
            backend.relation_by_oid(top.relation)?.name
        ))
        .hint("You may alter the constraint it derives from instead."))
}

fn set_attributes(backend: &mut Backend<'_>, oid: Oid, attributes: ConstraintAttributes) -> Result<()> {
    let Some(constraint) = backend.catalog()?.constraints.get(&oid).cloned() else {
        return Ok(());
    };
    let parts: Vec<Oid> = backend
        .catalog()?
        .constraints
        .values()
        .filter(|other| other.parent == oid)
        .map(|other| other.oid)
        .collect();
    backend.catalog_mut()?.put_constraint(Constraint {
        deferrable: attributes.deferrable || attributes.initially_deferred,
        initially_deferred: attributes.initially_deferred,
        ..Constraint::clone(&constraint)
    });
    for part in parts {
        set_attributes(backend, part, attributes)?;
    }
    Ok(())
}
