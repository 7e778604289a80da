//! The node as it was before a statement, and how the other nodes follow what has changed since.

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::{
    Catalog, ConstraintKind, ObjectAddress, ObjectClass, Relation, RelationKind, TypeDefinition,
};
use kumquat_types::{Error, Oid, Result};

use super::shared::SharedObjects;
use super::{dependencies, follow, objects};
use crate::connection::Connection;
use crate::foreign_keys::conversion;
use crate::metadata::{self, TableType};
use crate::shards::{drop, mirror};
use crate::trace::Sql;
use crate::{session, settings};

/// What a statement can change that other nodes have, too.
pub struct Snapshot {
    pub catalog: Catalog,
    shared: SharedObjects,
}

impl Snapshot {
    pub fn take(backend: &Backend<'_>) -> Result<Snapshot> {
        Ok(Snapshot {
            catalog: backend.catalog()?.clone(),
            shared: SharedObjects::take(backend)?,
        })
    }

    /// Brings the other nodes and the shards in step with this node.
    pub fn synchronize(&self, backend: &mut Backend<'_>, text: &str) -> Result<()> {
        self.shared.synchronize(backend, text)?;
        if self.is_unchanged(backend.catalog()?) {
            return Ok(());
        }
        drop::drop_vanished_tables(backend)?;
        self.forget_vanished_schemas(backend)?;
        self.withdraw_vanished(backend)?;
        self.propagate_objects(backend)?;
        self.follow_tables(backend, text)?;
        self.undistribute_disconnected(backend)
    }

    fn is_unchanged(&self, now: &Catalog) -> bool {
        let then = &self.catalog;
        then.relations.ptr_eq(&now.relations)
            && then.constraints.ptr_eq(&now.constraints)
            && then.types.ptr_eq(&now.types)
            && then.functions.ptr_eq(&now.functions)
            && then.schemas.ptr_eq(&now.schemas)
            && then.extensions.ptr_eq(&now.extensions)
    }

    /// A distributed schema that is gone takes its colocation group along.
    fn forget_vanished_schemas(&self, backend: &mut Backend<'_>) -> Result<()> {
        let catalog = backend.catalog()?;
        let vanished: Vec<(Oid, u32)> = metadata::of(backend)?
            .schemas
            .iter()
            .filter(|(schema, _)| !catalog.schemas.contains_key(*schema))
            .map(|(schema, group)| (*schema, *group))
            .collect();
        if vanished.is_empty() {
            return Ok(());
        }
        metadata::ensure_coordinator(backend)?;
        metadata::update(backend, |metadata| {
            for (schema, group) in vanished {
                metadata.schemas.remove(&schema);
                metadata.remove_group_if_empty(group);
            }
        })
    }

    fn withdraw_vanished(&self, backend: &mut Backend<'_>) -> Result<()> {
        let catalog = backend.catalog()?.clone();
        let vanished: Vec<ObjectAddress> = metadata::of(backend)?
            .objects
            .keys()
            .map(|key| ObjectAddress::from(*key))
            .filter(|object| !exists(&catalog, *object))
            .collect();
        if !vanished.is_empty() {
            metadata::ensure_coordinator(backend)?;
        }
        vanished
            .into_iter()
            .try_for_each(|object| objects::withdraw(backend, object))
    }

    /// Puts new and changed schemas, types, functions, extensions and views on the other nodes.
    fn propagate_objects(&self, backend: &mut Backend<'_>) -> Result<()> {
        for object in self.changed_objects(backend)? {
            let is_known = metadata::of(backend)?.is_distributed_object(object.class, object.oid);
            let stays =
                object.class == ObjectClass::Type && !settings::is_on(backend, "citus.enable_create_type_propagation");
            if !is_known && (stays || !may_create(backend)) {
                continue;
            }
            metadata::ensure_coordinator(backend)?;
            if !is_known && warned_of_local_dependency(backend, object)? {
                continue;
            }
            dependencies::ensure_of_object(backend, object)?;
            objects::propagate(backend, object)?;
        }
        Ok(())
    }

    fn changed_objects(&self, backend: &Backend<'_>) -> Result<Vec<ObjectAddress>> {
        let (then, now) = (&self.catalog, backend.catalog()?);
        let metadata = metadata::of(backend)?;
        let address = |class| move |oid: &Oid| ObjectAddress::new(class, *oid);
        let mut changed = Vec::new();
        if !then.schemas.ptr_eq(&now.schemas) {
            let of_user = |&&oid: &&Oid| {
                let schema = now.schemas.get(&oid);
                schema.is_some_and(|schema| !schema.name.starts_with("pg_temp"))
                    && differs(then.schemas.get(&oid), schema)
            };
            changed.extend(now.schemas.keys().filter(of_user).map(address(ObjectClass::Schema)));
        }
        if !then.extensions.ptr_eq(&now.extensions) {
            let fresh = now
                .extensions
                .iter()
                .filter(|(name, found)| differs(then.extensions.get(*name), Some(*found)));
            changed.extend(fresh.map(|(_, found)| ObjectAddress::new(ObjectClass::Extension, found.oid)));
        }
        if !then.types.ptr_eq(&now.types) {
            let of_user = |&&oid: &&Oid| {
                stands_alone(now, oid)
                    && differs(then.types.get(&oid), now.types.get(&oid))
                    && !is_temporary(now, now.types.get(&oid).map(|found| found.schema))
            };
            changed.extend(now.types.keys().filter(of_user).map(address(ObjectClass::Type)));
        }
        if !then.functions.ptr_eq(&now.functions) {
            let of_user = |&&oid: &&Oid| {
                differs(then.functions.get(&oid), now.functions.get(&oid))
                    && !is_temporary(now, now.functions.get(&oid).map(|found| found.schema))
            };
            changed.extend(now.functions.keys().filter(of_user).map(address(ObjectClass::Function)));
        }
        if !then.relations.ptr_eq(&now.relations) {
            let of_user = |(oid, relation): &(&Oid, &Arc<Relation>)| {
                let followed = relation.kind == RelationKind::View
                    || (relation.kind == RelationKind::Sequence
                        && metadata.is_distributed_object(ObjectClass::Relation, **oid));
                followed
                    && differs(then.relations.get(*oid), Some(*relation))
                    && !is_temporary(now, Some(relation.schema))
            };
            let relations = now.relations.iter().filter(of_user).map(|(oid, _)| oid);
            changed.extend(relations.map(address(ObjectClass::Relation)));
        }
        changed.retain(|object| {
            object.oid.0 >= Oid::FIRST_NORMAL || metadata.is_distributed_object(object.class, object.oid)
        });
        Ok(changed)
    }

    /// Citus tables whose definition has changed: their shards and their shells on other nodes follow.
    fn follow_tables(&self, backend: &mut Backend<'_>, text: &str) -> Result<()> {
        let now = backend.catalog()?;
        let changed: Vec<Oid> = metadata::of(backend)?
            .tables
            .keys()
            .copied()
            .filter(|table| self.catalog.relation(*table).is_some() && self.has_changed(now, *table))
            .collect();
        for table in changed {
            metadata::ensure_coordinator(backend)?;
            dependencies::ensure_on_all_nodes(backend, table)?;
            follow::follow_shell(backend, &self.catalog, table)?;
            mirror::mirror_relation(backend, table)?;
            tell_other_nodes(backend, text)?;
        }
        Ok(())
    }

    fn has_changed(&self, now: &Catalog, table: Oid) -> bool {
        let then = &self.catalog;
        let same_indexes = then
            .indexes_of(table)
            .map(Arc::as_ptr)
            .eq(now.indexes_of(table).map(Arc::as_ptr));
        let same_constraints = then
            .constraints_of(table)
            .map(Arc::as_ptr)
            .eq(now.constraints_of(table).map(Arc::as_ptr));
        differs(then.relation(table), now.relation(table)) || !same_indexes || !same_constraints
    }

    /// When a foreign key is gone, local tables that it held in the metadata leave it.
    fn undistribute_disconnected(&self, backend: &mut Backend<'_>) -> Result<()> {
        let now = &backend.catalog()?.constraints;
        let key_is_gone = !self.catalog.constraints.ptr_eq(now)
            && self.catalog.constraints.values().any(|constraint| {
                matches!(constraint.kind, ConstraintKind::ForeignKey(_)) && !now.contains_key(&constraint.oid)
            });
        let applies = key_is_gone && session::of(backend).conversion_depth == 0 && conversion::is_enabled(backend)?;
        match applies {
            true => conversion::undistribute_disconnected(backend),
            false => Ok(()),
        }
    }
}

fn differs<T>(then: Option<&Arc<T>>, now: Option<&Arc<T>>) -> bool {
    match (then, now) {
        (Some(then), Some(now)) => !Arc::ptr_eq(then, now),
        (then, now) => then.is_some() != now.is_some(),
    }
}

fn exists(catalog: &Catalog, object: ObjectAddress) -> bool {
    match object.class {
        ObjectClass::Relation => catalog.relation(object.oid).is_some(),
        ObjectClass::Type => catalog.types.contains_key(&object.oid),
        ObjectClass::Function => catalog.functions.contains_key(&object.oid) || object.oid.0 < Oid::FIRST_NORMAL,
        ObjectClass::Schema => catalog.schemas.contains_key(&object.oid),
        ObjectClass::Extension => catalog.extensions.values().any(|found| found.oid == object.oid),
        _ => true,
    }
}

/// A type in its own right: no row type of a table, no array.
fn stands_alone(catalog: &Catalog, oid: Oid) -> bool {
    match catalog.types.get(&oid).map(|found| &found.definition) {
        Some(TypeDefinition::Array { .. } | TypeDefinition::Shell) | None => false,
        Some(TypeDefinition::Composite { relation, .. }) => catalog
            .relation(*relation)
            .is_none_or(|found| found.kind == RelationKind::CompositeType),
        Some(_) => true,
    }
}

fn is_temporary(catalog: &Catalog, schema: Option<Oid>) -> bool {
    schema
        .and_then(|schema| catalog.schemas.get(&schema))
        .is_some_and(|schema| schema.name.starts_with("pg_temp"))
}

/// False if objects made in a transaction are to wait until a table needs them
/// (`ShouldPropagateCreateInCoordinatedTransction`).
pub fn may_create(backend: &Backend<'_>) -> bool {
    if !crate::transaction::in_block(backend) {
        return true;
    }
    match settings::value(backend, "citus.create_object_propagation").as_str() {
        "deferred" => false,
        "automatic" => crate::transaction::is_sequential(backend),
        _ => true,
    }
}

/// A view of tables that are not in the metadata stays on this node; Citus says so.
fn warned_of_local_dependency(backend: &mut Backend<'_>, object: ObjectAddress) -> Result<bool> {
    let is_view = object.class == ObjectClass::Relation;
    let needed = match is_view {
        true => local_dependency(backend, object)?,
        false => None,
    };
    let Some(needed) = needed else { return Ok(false) };
    if !settings::is_on(backend, "citus.enable_unsupported_feature_messages") {
        return Ok(true);
    }
    let (name, other) = (backend.describe_object(object), backend.describe_object(needed));
    let is_table = backend
        .catalog()?
        .relation(needed.oid)
        .is_some_and(|found| found.kind != RelationKind::MaterializedView);
    let message = match is_table {
        true => format!("\"{name}\" has dependency to \"{other}\" that is not in Citus' metadata"),
        false => format!("\"{name}\" has dependency on unsupported object \"{other}\""),
    };
    let mut warning = Error::warning(kumquat_types::SqlState::FEATURE_NOT_SUPPORTED, message)
        .detail(format!("\"{name}\" will be created only locally"));
    if is_table {
        warning = warning.hint(format!("Distribute \"{other}\" first to distribute \"{name}\""));
    }
    backend.notice(warning);
    Ok(true)
}

/// The first table in what a view needs, directly or through other views, that other nodes do not have.
fn local_dependency(backend: &Backend<'_>, view: ObjectAddress) -> Result<Option<ObjectAddress>> {
    let (catalog, metadata) = (backend.catalog()?, metadata::of(backend)?);
    let mut waiting = vec![view.oid];
    let mut seen = Vec::new();
    while let Some(oid) = waiting.pop() {
        if seen.contains(&oid) {
            continue;
        }
        seen.push(oid);
        for relation in dependencies::relations_needed_by(catalog, oid) {
            let Some(found) = catalog.relation(relation) else {
                continue;
            };
            match found.kind {
                RelationKind::View => waiting.push(relation),
                RelationKind::Table | RelationKind::PartitionedTable | RelationKind::ForeignTable
                    if metadata.table_type(relation).is_none() =>
                {
                    return Ok(Some(ObjectAddress::new(ObjectClass::Relation, relation)));
                }
                RelationKind::MaterializedView => {
                    return Ok(Some(ObjectAddress::new(ObjectClass::Relation, relation)));
                }
                _ => {}
            }
        }
    }
    Ok(None)
}

/// The statement as other nodes with metadata get it, in the trace.
pub fn tell_other_nodes(backend: &mut Backend<'_>, text: &str) -> Result<()> {
    let metadata = metadata::of(backend)?;
    let nodes: Vec<_> = metadata
        .active_primaries()
        .into_iter()
        .filter(|node| node.group != metadata.local_group && node.has_metadata)
        .cloned()
        .collect();
    for node in nodes {
        let connection = Connection::to(backend, node)?;
        for message in [
            "SET citus.enable_ddl_propagation TO 'off'",
            text,
            "SET citus.enable_ddl_propagation TO 'on'",
        ] {
            connection.record(backend, Sql::text(message), 0)?;
        }
    }
    Ok(())
}

/// True if the table's rows are in shards that a statement has to be run on.
pub fn has_shards(backend: &Backend<'_>, relation: Oid) -> Result<bool> {
    Ok(metadata::of(backend)?
        .table_type(relation)
        .is_some_and(|table_type| !matches!(table_type, TableType::AppendDistributed | TableType::RangeDistributed)))
}
