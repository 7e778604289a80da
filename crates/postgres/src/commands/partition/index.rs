//! Indexes of partitioned tables: each has a part on every partition.

use std::sync::Arc;

use kumquat_types::{Error, Oid, Result, SqlState};

use crate::backend::Backend;
use crate::catalog::{Constraint, DependencyKind, ObjectAddress, ObjectClass, Relation, RelationKind};
use crate::commands::attribute_map::AttributeMap;
use crate::commands::index::clone::{constraint_of, request_like};
use crate::commands::index::{self, IndexRequest};

/// A unique index of a partitioned table must contain the partition key.
pub fn check_unique(table: &Relation, request: &IndexRequest) -> Result<()> {
    let Some(key) = &table.partition_key else {
        return Ok(());
    };
    let noun = if request.primary { "PRIMARY KEY" } else { "UNIQUE" };
    for column in &key.columns {
        if column.expression.is_some() {
            return Err(Error::new(
                SqlState::FEATURE_NOT_SUPPORTED,
                format!("unsupported {noun} constraint with partition key definition"),
            )
            .detail(format!(
                "{noun} constraints cannot be used when partition keys include expressions."
            )));
        }
        if !request.columns.iter().any(|own| own.attribute == column.attribute) {
            let name = table
                .attribute(column.attribute)
                .map_or("", |attribute| &attribute.name);
            return Err(Error::new(
                SqlState::FEATURE_NOT_SUPPORTED,
                "unique constraint on partitioned table must include all partitioning columns",
            )
            .detail(format!(
                "{noun} constraint on table \"{}\" lacks column \"{name}\" which is part of the partition key.",
                table.name
            )));
        }
    }
    Ok(())
}

/// Gives each partition of a partitioned index's table its part of the index.
pub fn create_on_partitions(backend: &mut Backend<'_>, index: Oid, build: bool) -> Result<()> {
    let parent = backend.relation_by_oid(index)?;
    let Some(definition) = &parent.index else {
        return Ok(());
    };
    let partitions: Vec<Oid> = backend
        .catalog()?
        .children_of(definition.table)
        .map(|p| p.oid)
        .collect();
    for partition in partitions {
        adopt_or_create_one(backend, &parent, partition, build)?;
    }
    Ok(())
}

/// Gives a partition its part of each of its parent's indexes.
pub fn adopt_or_create(backend: &mut Backend<'_>, parent: Oid, partition: Oid, build: bool) -> Result<()> {
    let indexes: Vec<Arc<Relation>> = backend.catalog()?.indexes_of(parent).cloned().collect();
    for index in indexes {
        adopt_or_create_one(backend, &index, partition, build)?;
    }
    Ok(())
}

/// An index of the partition that is like the parent's becomes its part; else a new one is made.
fn adopt_or_create_one(backend: &mut Backend<'_>, parent: &Relation, partition: Oid, build: bool) -> Result<()> {
    let Some(definition) = &parent.index else {
        return Ok(());
    };
    let (table, child) = (
        backend.relation_by_oid(definition.table)?,
        backend.relation_by_oid(partition)?,
    );
    let map = AttributeMap::by_name(&table, &child);
    let mut request = request_like(backend, parent, partition, &map)?;
    let candidates: Vec<Arc<Relation>> = backend.catalog()?.indexes_of(partition).cloned().collect();
    for candidate in candidates {
        if candidate.parents.is_empty() && is_like(backend, &candidate, &request)? {
            return attach_index(backend, parent.oid, candidate.oid);
        }
    }
    request.parent = parent.oid;
    if let Some(constraint) = &mut request.constraint {
        constraint.parent = constraint_of(backend, parent)?.map_or(Oid::INVALID, |c| c.oid);
    }
    index::define(backend, request, build).map(|_| ())
}

/// Whether an index is what the request would make (`CompareIndexInfo`).
pub fn is_like(backend: &Backend<'_>, index: &Relation, request: &IndexRequest) -> Result<bool> {
    let Some(own) = &index.index else { return Ok(false) };
    let same_columns = own.columns.len() == request.columns.len()
        && own.columns.iter().zip(&request.columns).all(|(a, b)| {
            let expressions = match (&a.expression, &b.expression) {
                (Some(a), Some(b)) => a.same_as(b),
                (None, None) => a.attribute == b.attribute,
                _ => false,
            };
            expressions && a.collation == b.collation && a.operator_class == b.operator_class && a.order == b.order
        });
    let same_predicate = match (&own.predicate, &request.predicate) {
        (Some(a), Some(b)) => a.same_as(b),
        (None, None) => true,
        _ => false,
    };
    let constraint = constraint_of(backend, index)?;
    Ok(same_columns
        && same_predicate
        && own.valid
        && own.unique == request.unique
        && own.nulls_not_distinct == request.nulls_not_distinct
        && own.primary == request.primary
        && own.included == request.included
        && index.access_method == request.method
        && (request.constraint.is_none() || constraint.is_some()))
}

/// Makes an index the part of a partitioned index (`IndexSetParentIndex`), with their constraints.
pub fn attach_index(backend: &mut Backend<'_>, parent: Oid, child: Oid) -> Result<()> {
    let address = |oid| ObjectAddress::new(ObjectClass::Relation, oid);
    backend.update_relation(child, |index| index.parents = vec![parent])?;
    let table = backend.relation_by_oid(child)?.index.as_ref().map(|index| index.table);
    let catalog = backend.catalog_mut()?;
    catalog.record_dependency(address(child), address(parent), DependencyKind::Partition);
    if let Some(table) = table {
        catalog.record_dependency(address(child), address(table), DependencyKind::PartitionTable);
    }
    let (parent, child) = (backend.relation_by_oid(parent)?, backend.relation_by_oid(child)?);
    if let (Some(of_parent), Some(of_child)) = (constraint_of(backend, &parent)?, constraint_of(backend, &child)?) {
        set_constraint_parent(backend, &of_child, of_parent.oid)?;
    }
    Ok(())
}

/// Makes a constraint a part of another's, or (with no parent) one of its own again.
pub fn set_constraint_parent(backend: &mut Backend<'_>, constraint: &Constraint, parent: Oid) -> Result<()> {
    let address = |oid| ObjectAddress::new(ObjectClass::Constraint, oid);
    let attached = parent.is_valid();
    let catalog = backend.catalog_mut()?;
    let old: Vec<_> = catalog
        .references_of(address(constraint.oid))
        .filter(|dependency| {
            matches!(
                dependency.kind,
                DependencyKind::Partition | DependencyKind::PartitionTable
            )
        })
        .collect();
    for dependency in old {
        catalog.forget_dependency(dependency);
    }
    if attached {
        catalog.record_dependency(address(constraint.oid), address(parent), DependencyKind::Partition);
        let table = ObjectAddress::new(ObjectClass::Relation, constraint.relation);
        catalog.record_dependency(address(constraint.oid), table, DependencyKind::PartitionTable);
    }
    catalog.put_constraint(Constraint {
        parent,
        is_local: !attached,
        inherited_count: i16::from(attached),
        ..constraint.clone()
    });
    Ok(())
}

/// An index becomes one of its own again.
pub fn detach_index(backend: &mut Backend<'_>, index: Oid) -> Result<()> {
    backend.update_relation(index, |index| index.parents.clear())?;
    let object = ObjectAddress::new(ObjectClass::Relation, index);
    let catalog = backend.catalog_mut()?;
    let old: Vec<_> = catalog
        .references_of(object)
        .filter(|dependency| {
            matches!(
                dependency.kind,
                DependencyKind::Partition | DependencyKind::PartitionTable
            )
        })
        .collect();
    for dependency in old {
        catalog.forget_dependency(dependency);
    }
    let index = backend.relation_by_oid(index)?;
    if let Some(constraint) = constraint_of(backend, &index)? {
        set_constraint_parent(backend, &constraint, Oid::INVALID)?;
    }
    Ok(())
}

/// A partitioned index is valid when every partition has its part.
pub fn validate_if_complete(backend: &mut Backend<'_>, index: Oid) -> Result<()> {
    let relation = backend.relation_by_oid(index)?;
    let Some(definition) = &relation.index else {
        return Ok(());
    };
    if relation.kind != RelationKind::PartitionedIndex || definition.valid {
        return Ok(());
    }
    let catalog = backend.catalog()?;
    let partitions = catalog.children_of(definition.table).count();
    let parts = catalog
        .children_of(index)
        .filter(|part| part.index.as_ref().is_some_and(|d| d.valid));
    if parts.count() == partitions {
        backend.update_relation(index, |relation| {
            if let Some(definition) = &mut relation.index {
                Arc::make_mut(definition).valid = true;
            }
        })?;
    }
    Ok(())
}
