//! ALTER TABLE ... ATTACH PARTITION, after PostgreSQL's `ATExecAttachPartition`; ALTER INDEX's likewise.

use std::sync::Arc;

use kumquat_sql::ast::{PartitionBoundSpec, RangeVar};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::{index, rows};
use crate::backend::Backend;
use crate::catalog::{
    Constraint, ConstraintKind, DependencyKind, ObjectAddress, ObjectClass, Persistence, Relation, RelationKind,
};
use crate::commands::attribute_map::AttributeMap;
use crate::commands::constraint;
use crate::commands::index::clone::{constraint_of, request_like};
use crate::commands::relation_kind::not_a;

fn wrong(message: String) -> Error {
    Error::new(SqlState::WRONG_OBJECT_TYPE, message)
}

fn mismatch(message: String) -> Error {
    Error::new(SqlState::DATATYPE_MISMATCH, message)
}

/// Makes a table a partition of another.
pub fn attach(backend: &mut Backend<'_>, parent: &Relation, range: &RangeVar, spec: &PartitionBoundSpec) -> Result<()> {
    let child = backend.relation(range)?;
    backend.check_relation_owner(&child)?;
    if parent.kind != RelationKind::PartitionedTable {
        return Err(Error::new(
            SqlState::INVALID_OBJECT_DEFINITION,
            format!("table \"{}\" is not partitioned", parent.name),
        ));
    }
    check_relation(backend, parent, &child)?;
    let bound = super::new_bound(backend, &child.name, parent, spec)?;
    inherit_columns(backend, parent, &child, true)?;
    inherit_checks(backend, parent, &child)?;
    backend.update_relation(child.oid, |child| {
        child.parents = vec![parent.oid];
        child.partition_bound = Some(Arc::new(bound.clone()));
    })?;
    backend.catalog_mut()?.record_dependency(
        ObjectAddress::new(ObjectClass::Relation, child.oid),
        ObjectAddress::new(ObjectClass::Relation, parent.oid),
        DependencyKind::Auto,
    );
    index::adopt_or_create(backend, parent.oid, child.oid, true)?;
    let child = backend.relation_by_oid(child.oid)?;
    rows::check_attached(backend, parent, &child, &bound)?;
    rows::check_default_partition(backend, parent, &bound)?;
    constraint::foreign_key::clone_to_partition(backend, parent.oid, child.oid, true)?;
    crate::commands::trigger::clone_to_partition(backend, parent.oid, child.oid)
}

/// Whether the relation can become a partition at all.
fn check_relation(backend: &Backend<'_>, parent: &Relation, child: &Relation) -> Result<()> {
    if child.is_partition() {
        return Err(wrong(format!("\"{}\" is already a partition", child.name)));
    }
    match child.kind {
        RelationKind::Table | RelationKind::PartitionedTable | RelationKind::ForeignTable => {}
        _ => return Err(not_a(&child.name, "table or foreign table")),
    }
    if !child.parents.is_empty() {
        return Err(wrong("cannot attach inheritance child as partition".into()));
    }
    if child.kind == RelationKind::Table && backend.catalog()?.children_of(child.oid).next().is_some() {
        return Err(wrong("cannot attach inheritance parent as partition".into()));
    }
    if child.oid == parent.oid || is_ancestor(backend, child.oid, parent.oid)? {
        return Err(
            Error::new(SqlState::DUPLICATE_TABLE, "circular inheritance not allowed")
                .detail(format!("\"{}\" is already a child of \"{}\".", parent.name, child.name)),
        );
    }
    let temporary = |relation: &Relation| relation.persistence == Persistence::Temporary;
    match (temporary(parent), temporary(child)) {
        (true, false) => Err(wrong(format!(
            "cannot attach a permanent relation as partition of temporary relation \"{}\"",
            parent.name
        ))),
        (false, true) => Err(wrong(format!(
            "cannot attach a temporary relation as partition of permanent relation \"{}\"",
            parent.name
        ))),
        _ => Ok(()),
    }
}

/// Whether `ancestor` is above `relation`.
pub fn is_ancestor(backend: &Backend<'_>, ancestor: Oid, relation: Oid) -> Result<bool> {
    let mut pending = vec![relation];
    while let Some(oid) = pending.pop() {
        for parent in &backend.relation_by_oid(oid)?.parents {
            if *parent == ancestor {
                return Ok(true);
            }
            pending.push(*parent);
        }
    }
    Ok(false)
}

/// The child must have the parent's columns, which become inherited (`MergeAttributesIntoExisting`). A
/// partition must have no others.
pub fn inherit_columns(
    backend: &mut Backend<'_>,
    parent: &Relation,
    child: &Relation,
    as_partition: bool,
) -> Result<()> {
    if as_partition
        && let Some(extra) = child
            .live_attributes()
            .find(|attribute| parent.attribute_by_name(&attribute.name).is_none())
    {
        return Err(mismatch(format!(
            "table \"{}\" contains column \"{}\" not found in parent \"{}\"",
            child.name, extra.name, parent.name
        ))
        .detail("The new partition may contain only the columns present in parent."));
    }
    let mut attributes = child.attributes.to_vec();
    for attribute in parent.live_attributes() {
        let found = attributes
            .iter_mut()
            .find(|own| !own.dropped && own.name == attribute.name);
        let Some(own) = found else {
            return Err(mismatch(format!(
                "child table is missing column \"{}\"",
                attribute.name
            )));
        };
        if (own.type_oid, own.type_modifier) != (attribute.type_oid, attribute.type_modifier) {
            return Err(mismatch(format!(
                "child table \"{}\" has different type for column \"{}\"",
                child.name, own.name
            )));
        }
        if own.collation != attribute.collation {
            return Err(Error::new(
                SqlState::COLLATION_MISMATCH,
                format!(
                    "child table \"{}\" has different collation for column \"{}\"",
                    child.name, own.name
                ),
            ));
        }
        if attribute.not_null && !own.not_null {
            return Err(mismatch(format!(
                "column \"{}\" in child table must be marked NOT NULL",
                own.name
            )));
        }
        match (attribute.generated.is_some(), own.generated.is_some()) {
            (true, false) => {
                return Err(mismatch(format!(
                    "column \"{}\" in child table must be a generated column",
                    own.name
                )));
            }
            (false, true) => {
                return Err(mismatch(format!(
                    "column \"{}\" in child table must not be a generated column",
                    own.name
                )));
            }
            _ => {}
        }
        own.inherited_count = own.inherited_count.saturating_add(1);
        if as_partition {
            own.is_local = false;
        }
    }
    backend.update_relation(child.oid, |child| child.attributes = attributes.into())
}

/// The child must have the parent's checks, which become inherited (`MergeConstraintsIntoExisting`).
pub fn inherit_checks(backend: &mut Backend<'_>, parent: &Relation, child: &Relation) -> Result<()> {
    let map = AttributeMap::by_name(parent, child);
    let constraints: Vec<Arc<Constraint>> = backend.catalog()?.constraints_of(parent.oid).cloned().collect();
    for constraint in constraints.iter().filter(|constraint| !constraint.no_inherit) {
        let ConstraintKind::Check { expression, .. } = &constraint.kind else {
            continue;
        };
        let name = &constraint.name;
        let own = backend.find_constraint(child.oid, name).cloned();
        let Some(own) = own else {
            return Err(mismatch(format!("child table is missing constraint \"{name}\"")));
        };
        let same = match &own.kind {
            ConstraintKind::Check { expression: own, .. } => own.same_as(&map.apply(expression)),
            _ => return Err(mismatch(format!("child table is missing constraint \"{name}\""))),
        };
        if !same {
            return Err(mismatch(format!(
                "child table \"{}\" has different definition for check constraint \"{name}\"",
                child.name
            )));
        }
        let conflict = |with: &str| {
            Err(Error::new(
                SqlState::INVALID_OBJECT_DEFINITION,
                format!(
                    "constraint \"{name}\" conflicts with {with} constraint on child table \"{}\"",
                    child.name
                ),
            ))
        };
        if own.no_inherit {
            return conflict("non-inherited");
        }
        if constraint.validated && !own.validated {
            return conflict("NOT VALID");
        }
        let inherited_count = own.inherited_count.saturating_add(1);
        let is_local = own.is_local && parent.kind != RelationKind::PartitionedTable;
        backend.catalog_mut()?.put_constraint(Constraint {
            inherited_count,
            is_local,
            ..own
        });
    }
    Ok(())
}

/// ALTER INDEX parent ATTACH PARTITION child (`ATExecAttachPartitionIdx`).
pub fn attach_index(backend: &mut Backend<'_>, parent: &Relation, range: &RangeVar) -> Result<()> {
    let child = backend.relation(range)?;
    let (Some(of_parent), Some(of_child)) = (&parent.index, &child.index) else {
        return Err(not_a(&child.name, "index"));
    };
    if child.parents.contains(&parent.oid) {
        return Ok(());
    }
    let refused = |detail: String| {
        Err(Error::new(
            SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
            format!(
                "cannot attach index \"{}\" as a partition of index \"{}\"",
                child.name, parent.name
            ),
        )
        .detail(detail))
    };
    if !child.parents.is_empty() {
        return refused(format!(
            "Index \"{}\" is already attached to another index.",
            child.name
        ));
    }
    let (table, partition) = (
        backend.relation_by_oid(of_parent.table)?,
        backend.relation_by_oid(of_child.table)?,
    );
    if !partition.parents.contains(&table.oid) {
        return refused(format!(
            "Index \"{}\" is not an index on any partition of table \"{}\".",
            child.name, table.name
        ));
    }
    let map = AttributeMap::by_name(&table, &partition);
    let request = request_like(backend, parent, partition.oid, &map)?;
    if !index::is_like(backend, &child, &request)? {
        return refused("The index definitions do not match.".into());
    }
    let siblings: Vec<Arc<Relation>> = backend.catalog()?.children_of(parent.oid).cloned().collect();
    let taken = |other: &Arc<Relation>| other.index.as_ref().is_some_and(|d| d.table == partition.oid);
    if siblings.iter().any(taken) {
        return refused(format!(
            "Another index is already attached for partition \"{}\".",
            partition.name
        ));
    }
    if constraint_of(backend, parent)?.is_some() && constraint_of(backend, &child)?.is_none() {
        return refused(format!(
            "The index \"{}\" belongs to a constraint in table \"{}\" but no constraint exists for index \"{}\".",
            parent.name, table.name, child.name
        ));
    }
    index::attach_index(backend, parent.oid, child.oid)?;
    index::validate_if_complete(backend, parent.oid)
}
