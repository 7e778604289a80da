//! What an object needs on the other nodes before it can be made there
//! (`EnsureAllObjectDependenciesExistOnAllNodes`).

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::{Catalog, ObjectAddress, ObjectClass, RelationKind, well_known};
use kumquat_types::{Oid, Result};

use super::objects;
use crate::metadata;

/// Puts everything on the other nodes that a table needs: its schema, owner, types, functions.
pub fn ensure_on_all_nodes(backend: &mut Backend<'_>, relation: Oid) -> Result<()> {
    let catalog = backend.catalog()?.clone();
    let mut needed = Vec::new();
    if let Some(found) = catalog.relation(relation) {
        needed.push(ObjectAddress::new(ObjectClass::Role, found.owner));
        needed.push(ObjectAddress::new(ObjectClass::Schema, found.schema));
    }
    let table = ObjectAddress::new(ObjectClass::Relation, relation);
    collect(&catalog, table, &mut needed);
    collect(
        &catalog,
        ObjectAddress::new(ObjectClass::Default, relation),
        &mut needed,
    );
    for constraint in catalog.constraints_of(relation) {
        collect(
            &catalog,
            ObjectAddress::new(ObjectClass::Constraint, constraint.oid),
            &mut needed,
        );
    }
    let policies = catalog.relation(relation).map(|found| found.policies.as_slice());
    for policy in policies.unwrap_or_default() {
        collect(
            &catalog,
            ObjectAddress::new(ObjectClass::Policy, policy.oid),
            &mut needed,
        );
    }
    ensure_each(backend, needed)
}

/// Puts everything on the other nodes that an object needs, itself left out.
pub fn ensure_of_object(backend: &mut Backend<'_>, object: ObjectAddress) -> Result<()> {
    let catalog = backend.catalog()?.clone();
    let mut needed = Vec::new();
    collect(&catalog, object, &mut needed);
    ensure_each(backend, needed)
}

fn ensure_each(backend: &mut Backend<'_>, needed: Vec<ObjectAddress>) -> Result<()> {
    for object in needed.into_iter().rev() {
        if !metadata::of(backend)?.is_distributed_object(object.class, object.oid) && is_distributable(object) {
            objects::propagate(backend, object)?;
        }
    }
    Ok(())
}

/// Objects that are not there from the beginning, and schema `public`.
fn is_distributable(object: ObjectAddress) -> bool {
    object.oid.0 >= Oid::FIRST_NORMAL || object.oid == well_known::PUBLIC
}

/// What an object needs, directly or not: nearer things first. Tables and sequences are left out.
fn collect(catalog: &Catalog, object: ObjectAddress, needed: &mut Vec<ObjectAddress>) {
    for dependency in catalog.references_of(object).collect::<Vec<_>>() {
        let next = ObjectAddress::new(dependency.referenced.class, dependency.referenced.oid);
        let Some(next) = owner_object(catalog, next) else {
            continue;
        };
        if !needed.contains(&next) {
            needed.push(next);
            collect(catalog, next, needed);
        }
    }
    if let Some(schema) = schema_of(catalog, object) {
        let schema = ObjectAddress::new(ObjectClass::Schema, schema);
        if !needed.contains(&schema) {
            needed.push(schema);
        }
    }
}

/// The object that stands for another in pg_dist_object: arrays go with their element types, composite types
/// with their relation.
fn owner_object(catalog: &Catalog, object: ObjectAddress) -> Option<ObjectAddress> {
    use kumquat_postgres::catalog::TypeDefinition;
    match object.class {
        ObjectClass::Type => match catalog.types.get(&object.oid).map(|found| &found.definition)? {
            TypeDefinition::Array { element } => owner_object(catalog, ObjectAddress::new(ObjectClass::Type, *element)),
            TypeDefinition::Composite { relation, .. } => catalog
                .relation(*relation)
                .is_some_and(|found| found.kind == RelationKind::CompositeType)
                .then_some(object),
            _ => Some(object),
        },
        ObjectClass::Schema | ObjectClass::Function | ObjectClass::Extension | ObjectClass::Role => Some(object),
        _ => None,
    }
}

/// Relations that the query of a view names.
pub fn relations_needed_by(catalog: &Catalog, view: Oid) -> Vec<Oid> {
    let of_class = |class| {
        catalog
            .references_of(ObjectAddress::new(class, view))
            .map(|dependency| dependency.referenced)
    };
    let mut needed: Vec<Oid> = of_class(ObjectClass::Rule)
        .chain(of_class(ObjectClass::Relation))
        .filter(|object| object.class == ObjectClass::Relation && object.oid != view)
        .map(|object| object.oid)
        .collect();
    needed.sort_unstable();
    needed.dedup();
    needed
}

fn schema_of(catalog: &Catalog, object: ObjectAddress) -> Option<Oid> {
    match object.class {
        ObjectClass::Relation => catalog.relation(object.oid).map(|found| found.schema),
        ObjectClass::Type => catalog.types.get(&object.oid).map(|found| found.schema),
        ObjectClass::Function => catalog.functions.get(&object.oid).map(|found| found.schema),
        _ => None,
    }
}
