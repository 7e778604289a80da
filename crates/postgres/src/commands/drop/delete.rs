//! One object out of the catalog, after PostgreSQL's `doDeletion`.

use std::sync::Arc;

use kumquat_types::{Oid, Result};

use crate::backend::Backend;
use crate::catalog::{
    ConstraintKind, DomainConstraint, ObjectAddress, ObjectClass, Relation, TypeDefinition, UserDefinedType,
};
use crate::commands::create_table::store_default;
use crate::commands::{alter_table, cast, comment, partition, policy};

/// Removes an object with what is recorded of it. What depends on it must be gone.
pub fn delete_object(backend: &mut Backend<'_>, object: ObjectAddress) -> Result<()> {
    match object.class {
        ObjectClass::Relation if object.sub == 0 => delete_relation(backend, object.oid)?,
        ObjectClass::Relation => alter_table::column::remove(backend, object.oid, object.sub)?,
        ObjectClass::Constraint => delete_constraint(backend, object.oid)?,
        ObjectClass::Type => backend.catalog_mut()?.remove_type(object.oid),
        ObjectClass::Function => delete_function(backend, object.oid)?,
        ObjectClass::Schema => delete_schema(backend, object.oid)?,
        ObjectClass::Trigger => {
            backend.catalog_mut()?.triggers.remove(&object.oid);
        }
        ObjectClass::Cast => cast::remove(backend, object.oid)?,
        ObjectClass::Policy => policy::remove(backend, object.oid)?,
        ObjectClass::Extension => delete_extension(backend, object.oid)?,
        ObjectClass::Default => delete_default(backend, object)?,
        ObjectClass::Role | ObjectClass::Database | ObjectClass::Rule => {}
    }
    comment::forget(backend, object)?;
    let catalog = backend.catalog_mut()?;
    catalog.forget_references(object);
    let dependents: Vec<_> = catalog.dependents_of(object).collect();
    for dependency in dependents {
        catalog.forget_dependency(dependency);
    }
    let labels: Vec<_> = catalog
        .security_labels
        .keys()
        .filter(|(labelled, sub, _)| *labelled == object && (object.sub == 0 || *sub == i32::from(object.sub)))
        .cloned()
        .collect();
    for label in labels {
        catalog.security_labels.remove(&label);
    }
    Ok(())
}

fn delete_relation(backend: &mut Backend<'_>, oid: Oid) -> Result<()> {
    let Some(relation) = backend.catalog()?.relation(oid).cloned() else {
        return Ok(());
    };
    if let Some(index) = &relation.index {
        forget_index(backend, &relation, index.table)?;
    }
    let database = backend.database_mut()?;
    database.heaps.remove(&oid);
    database.sequences.remove(&oid);
    let catalog = &mut database.catalog;
    catalog.remove_relation(oid);
    catalog.remove_type(relation.row_type);
    backend.session.sequence_values.remove(&oid);
    if backend.session.last_sequence == Some(oid) {
        backend.session.last_sequence = None;
    }
    Ok(())
}

/// The table forgets what it said of an index that goes.
fn forget_index(backend: &mut Backend<'_>, index: &Relation, table: Oid) -> Result<()> {
    if let Some(heap) = backend.database_mut()?.heaps.get_mut(&table)
        && heap.indexes.contains_key(&index.oid)
    {
        Arc::make_mut(heap).indexes.remove(&index.oid);
    }
    for parent in &index.parents {
        // The parent lacks a part now, unless the partition goes, too.
        if backend
            .catalog()?
            .relation(table)
            .is_some_and(|table| table.is_partition())
        {
            partition::index::validate_if_complete(backend, *parent)?;
        }
    }
    Ok(())
}

fn delete_constraint(backend: &mut Backend<'_>, oid: Oid) -> Result<()> {
    let catalog = backend.catalog()?;
    if let Some(constraint) = catalog.constraints.get(&oid).cloned() {
        let catalog = backend.catalog_mut()?;
        catalog.remove_constraint(oid);
        if matches!(
            constraint.kind,
            ConstraintKind::Check { .. } | ConstraintKind::ForeignKey(_)
        ) {
            return Ok(());
        }
        return Ok(());
    }
    let Some((domain, _)) = backend.domain_constraint(oid) else {
        return Ok(());
    };
    let mut domain = UserDefinedType::clone(domain);
    if let TypeDefinition::Domain { constraints, .. } = &mut domain.definition {
        constraints.retain(|constraint: &DomainConstraint| constraint.oid != oid);
    }
    backend.catalog_mut()?.put_type(domain);
    Ok(())
}

fn delete_function(backend: &mut Backend<'_>, oid: Oid) -> Result<()> {
    let catalog = backend.catalog_mut()?;
    if let Some(function) = catalog.functions.remove(&oid) {
        catalog
            .function_names
            .remove(&(function.schema, function.name.clone(), oid));
    }
    Ok(())
}

fn delete_schema(backend: &mut Backend<'_>, oid: Oid) -> Result<()> {
    let catalog = backend.catalog_mut()?;
    if let Some(schema) = catalog.schemas.remove(&oid) {
        catalog.schema_names.remove(&schema.name);
    }
    Ok(())
}

fn delete_extension(backend: &mut Backend<'_>, oid: Oid) -> Result<()> {
    let catalog = backend.catalog_mut()?;
    let name = catalog
        .extensions
        .values()
        .find(|extension| extension.oid == oid)
        .map(|extension| extension.name.clone());
    if let Some(name) = name {
        catalog.extensions.remove(&name);
        backend.extension.remove_extension(backend, &name)?;
    }
    Ok(())
}

/// A default that needs something that goes: the column stays, without it.
fn delete_default(backend: &mut Backend<'_>, object: ObjectAddress) -> Result<()> {
    let there = backend
        .catalog()?
        .relation(object.oid)
        .and_then(|relation| relation.attribute(object.sub))
        .is_some_and(|attribute| !attribute.dropped);
    if there {
        store_default(backend, object.oid, object.sub, None)?;
    }
    Ok(())
}
