//! ALTER TABLE ... DETACH PARTITION, after PostgreSQL's `ATExecDetachPartition`.

use std::sync::Arc;

use kumquat_sql::ast::RangeVar;
use kumquat_types::{Error, Oid, Result, SqlState};

use super::{index, rows};
use crate::backend::Backend;
use crate::catalog::{Constraint, Dependency, DependencyKind, ObjectAddress, ObjectClass, Relation, RelationKind};

/// Makes a partition a table of its own.
pub fn detach(backend: &mut Backend<'_>, parent: &Relation, range: &RangeVar, concurrent: bool) -> Result<()> {
    if concurrent {
        backend.prevent_in_transaction_block("ALTER TABLE ... DETACH CONCURRENTLY")?;
        if rows::default_partition(backend, parent.oid)?.is_some() {
            return Err(Error::new(
                SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
                "cannot detach partitions concurrently when a default partition exists",
            ));
        }
        return Err(Error::not_modelled("ALTER TABLE ... DETACH PARTITION CONCURRENTLY"));
    }
    if parent.kind != RelationKind::PartitionedTable {
        return Err(Error::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!("table \"{}\" is not partitioned", parent.name),
        ));
    }
    let child = backend.relation(range)?;
    if !child.is_partition() || !child.parents.contains(&parent.oid) {
        return Err(Error::new(
            SqlState::UNDEFINED_TABLE,
            format!(
                "relation \"{}\" is not a partition of relation \"{}\"",
                child.name, parent.name
            ),
        ));
    }
    detach_relation(backend, parent, &child)
}

pub fn detach_relation(backend: &mut Backend<'_>, parent: &Relation, child: &Relation) -> Result<()> {
    let parts: Vec<Arc<Relation>> = backend.catalog()?.indexes_of(child.oid).cloned().collect();
    for part in parts {
        if !part.parents.is_empty() {
            index::detach_index(backend, part.oid)?;
        }
    }
    stop_inheriting(backend, parent, child)?;
    let keys: Vec<Arc<Constraint>> = backend.catalog()?.constraints_of(child.oid).cloned().collect();
    for key in keys {
        if key.parent.is_valid() {
            index::set_constraint_parent(backend, &key, Oid::INVALID)?;
        }
    }
    crate::commands::trigger::drop_clones(backend, parent.oid, child.oid)?;
    backend.update_relation(child.oid, |child| child.partition_bound = None)
}

/// Columns and checks of a child are its own again (`RemoveInheritance`).
pub fn stop_inheriting(backend: &mut Backend<'_>, parent: &Relation, child: &Relation) -> Result<()> {
    let as_partition = parent.kind == RelationKind::PartitionedTable;
    let object = |oid| ObjectAddress::new(ObjectClass::Relation, oid);
    backend.update_relation(child.oid, |child| {
        child.parents.retain(|other| *other != parent.oid);
        let mut attributes = child.attributes.to_vec();
        for attribute in &mut attributes {
            let inherited = attribute.inherited_count > 0 && parent.attribute_by_name(&attribute.name).is_some();
            if inherited && !attribute.dropped {
                attribute.inherited_count -= 1;
                attribute.is_local |= attribute.inherited_count == 0;
            }
        }
        child.attributes = attributes.into();
    })?;
    let of_parent: Vec<Arc<Constraint>> = backend.catalog()?.constraints_of(parent.oid).cloned().collect();
    for constraint in of_parent {
        let own = backend.find_constraint(child.oid, &constraint.name).cloned();
        if let Some(own) = own
            && own.index().is_none()
            && own.inherited_count > 0
            && !own.parent.is_valid()
        {
            let inherited_count = own.inherited_count - 1;
            backend.catalog_mut()?.put_constraint(Constraint {
                inherited_count,
                is_local: own.is_local || inherited_count == 0,
                ..own
            });
        }
    }
    let kind = if as_partition {
        DependencyKind::Auto
    } else {
        DependencyKind::Normal
    };
    backend.catalog_mut()?.forget_dependency(Dependency {
        referenced: object(parent.oid),
        dependent: object(child.oid),
        kind,
    });
    Ok(())
}
