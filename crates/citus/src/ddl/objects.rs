//! Objects that are kept the same on all nodes: schemas, types, functions, views, sequences, extensions, roles.
//!
//! Citus sends the statement that makes an object; here the object's catalog entry is put in place on the other
//! nodes, so that it keeps its oid, and the statement is recorded as the message it would be.

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::{Catalog, ObjectAddress, ObjectClass, TypeDefinition};
use kumquat_types::{Oid, Result};

use crate::columnar;
use crate::metadata;
use crate::shards::mirror::{self, forget_dependencies, on_other_nodes};

/// Puts an object on every other node as it is here, and marks it as distributed.
pub fn propagate(backend: &mut Backend<'_>, object: ObjectAddress) -> Result<()> {
    match object.class {
        ObjectClass::Role => propagate_role(backend, object.oid)?,
        ObjectClass::Relation => mirror::mirror_relation(backend, object.oid)?,
        _ => {
            let source = backend.catalog()?.clone();
            on_other_nodes(backend, |remote, _| {
                copy_object(&source, remote.catalog_mut()?, object);
                Ok(())
            })?;
        }
    }
    if !metadata::of(backend)?.is_distributed_object(object.class, object.oid) {
        metadata::update(backend, |metadata| metadata.mark_distributed(object.class, object.oid))?;
    }
    Ok(())
}

/// Takes an object away from every other node, and forgets that it was distributed.
pub fn withdraw(backend: &mut Backend<'_>, object: ObjectAddress) -> Result<()> {
    on_other_nodes(backend, |remote, _| {
        match object.class {
            ObjectClass::Role => {
                let server = remote.server_mut()?;
                if let Some(role) = server.roles.remove(&object.oid) {
                    server.role_names.remove(&role.name);
                }
            }
            ObjectClass::Relation => mirror::remove_relation(remote.database_mut()?, object.oid),
            _ => remove_object(remote.catalog_mut()?, object),
        }
        Ok(())
    })?;
    metadata::update(backend, |metadata| {
        metadata.unmark_distributed(object.class, object.oid)
    })
}

fn propagate_role(backend: &mut Backend<'_>, oid: Oid) -> Result<()> {
    let role = backend.server()?.roles.get(&oid).cloned();
    let Some(role) = role else { return Ok(()) };
    on_other_nodes(backend, |remote, _| {
        let server = remote.server_mut()?;
        if let Some(old) = server.roles.insert(oid, role.clone()) {
            server.role_names.remove(&old.name);
        }
        server.role_names.insert(role.name.clone(), oid);
        Ok(())
    })
}

/// Copies one catalog entry with what it needs.
fn copy_object(source: &Catalog, target: &mut Catalog, object: ObjectAddress) {
    let oid = object.oid;
    match object.class {
        ObjectClass::Schema => {
            if let Some(schema) = source.schemas.get(&oid) {
                if let Some(old) = target.schemas.insert(oid, schema.clone()) {
                    target.schema_names.remove(&old.name);
                }
                target.schema_names.insert(schema.name.clone(), oid);
            }
        }
        ObjectClass::Type => copy_type(source, target, oid),
        ObjectClass::Function => {
            if let Some(function) = source.functions.get(&oid) {
                if let Some(old) = target.functions.insert(oid, function.clone()) {
                    target.function_names.remove(&(old.schema, old.name.clone(), oid));
                }
                target
                    .function_names
                    .insert((function.schema, function.name.clone(), oid));
            }
        }
        ObjectClass::Extension => {
            if let Some(extension) = source.extensions.values().find(|found| found.oid == oid) {
                target.extensions.insert(extension.name.clone(), extension.clone());
                if &*extension.name == columnar::EXTENSION {
                    columnar::install(target);
                }
            }
        }
        _ => {}
    }
    for dependency in source.references_of(object).collect::<Vec<_>>() {
        target.record_dependency(dependency.dependent, dependency.referenced, dependency.kind);
    }
}

/// A type with its array type and, if it is composite, the relation of its attributes.
fn copy_type(source: &Catalog, target: &mut Catalog, oid: Oid) {
    let Some(found) = source.types.get(&oid) else { return };
    for copy in [Some(found), source.types.get(&found.array)].into_iter().flatten() {
        if let Some(old) = target.types.insert(copy.oid, Arc::clone(copy)) {
            target.type_names.remove(&(old.schema, old.name.clone()));
        }
        target.type_names.insert((copy.schema, copy.name.clone()), copy.oid);
    }
    if let TypeDefinition::Composite { relation, .. } = &found.definition
        && let Some(relation) = source.relation(*relation)
    {
        target.put_relation((**relation).clone());
    }
}

fn remove_object(target: &mut Catalog, object: ObjectAddress) {
    let oid = object.oid;
    forget_dependencies(target, object);
    match object.class {
        ObjectClass::Schema => {
            if let Some(schema) = target.schemas.remove(&oid) {
                target.schema_names.remove(&schema.name);
            }
        }
        ObjectClass::Type => {
            let array = target.types.get(&oid).map_or(Oid::INVALID, |found| found.array);
            for oid in [oid, array] {
                let Some(found) = target.types.remove(&oid) else {
                    continue;
                };
                target.type_names.remove(&(found.schema, found.name.clone()));
                if let TypeDefinition::Composite { relation, .. } = &found.definition {
                    target.remove_relation(*relation);
                }
            }
        }
        ObjectClass::Function => {
            if let Some(function) = target.functions.remove(&oid) {
                target
                    .function_names
                    .remove(&(function.schema, function.name.clone(), oid));
            }
        }
        ObjectClass::Extension => {
            let name = target
                .extensions
                .values()
                .find(|found| found.oid == oid)
                .map(|found| found.name.clone());
            if let Some(name) = name {
                target.extensions.remove(&name);
                if &*name == columnar::EXTENSION {
                    columnar::remove(target);
                }
            }
        }
        _ => {}
    }
}
