//! The table of a shard: a clone of the relation's definition under the shard's names.
//!
//! Attribute numbers are those of the relation, dropped columns included, so that a query on the relation is a
//! query on the shard when its oid is exchanged. As in Citus, unique constraints, foreign keys and indexes take
//! the shard's suffix, checks keep their names, and defaults by `nextval` and identities stay behind: those
//! values are made where the statement is planned.

use std::collections::BTreeMap;
use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::{
    Attribute, Catalog, Constraint, ConstraintKind, Dependency, ObjectAddress, ObjectClass, PartitionBound, Relation,
    ReplicaIdentity, TypeDefinition, UserDefinedType,
};
use kumquat_postgres::query::Expr;
use kumquat_postgres::server::ServerId;
use kumquat_types::{Error, Oid, Result};

use super::names::shard_name;
use crate::connection::Connection;
use crate::metadata::{self, GroupId, Metadata, ShardId, TableType};
use crate::trace::Sql;

/// Makes the table of a shard on the node of a group and gives its oid. Foreign keys are made later, by
/// [`create_foreign_keys`], when all shards are there.
pub fn create_shard(backend: &mut Backend<'_>, relation: Oid, shard: ShardId, group: GroupId) -> Result<Oid> {
    let node = metadata::of(backend)?.primary_of_group(group).map(|node| node.id);
    let node = node.ok_or_else(|| Error::internal(format!("group {group} has no node")))?;
    let connection = Connection::open(backend, node)?;
    let source = backend.catalog()?.clone();
    let metadata = metadata::of(backend)?.clone();
    let text = format!(
        "SELECT worker_apply_shard_ddl_command ({shard}, 'CREATE TABLE {}')",
        super::names::qualified_name(&source, relation)
    );
    connection.record(backend, Sql::text(text), 0)?;
    connection.run(backend, |remote| {
        let table = clone_table(remote, &source, &metadata, relation, shard, group)?;
        check_default_partition(remote, table)?;
        Ok(table)
    })
}

/// The shard of a new partition takes no row that the shard of the default partition has already.
fn check_default_partition(remote: &mut Backend<'_>, table: Oid) -> Result<()> {
    let catalog = remote.catalog()?;
    let Some(found) = catalog.relation(table) else {
        return Ok(());
    };
    let parent = found
        .parents
        .first()
        .and_then(|parent| catalog.relation(*parent))
        .cloned();
    match (parent, found.partition_bound.clone()) {
        (Some(parent), Some(bound)) if !matches!(*bound, PartitionBound::Default) => {
            kumquat_postgres::commands::partition::rows::check_default_partition(remote, &parent, &bound)
        }
        _ => Ok(()),
    }
}

fn clone_table(
    remote: &mut Backend<'_>,
    source: &Catalog,
    metadata: &Metadata,
    relation: Oid,
    shard: ShardId,
    group: GroupId,
) -> Result<Oid> {
    let shell = source.relation(relation).cloned();
    let shell = shell.ok_or_else(|| Error::internal(format!("relation {relation} is gone")))?;
    let mut clone = Cloning::new(remote, source, shard);
    clone.assign(relation)?;
    let mut parents = BTreeMap::new();
    for parent in &shell.parents {
        if let Some(table) = sibling_shard(metadata, *parent, relation, shard, group) {
            clone.oids.insert(*parent, table);
            parents.insert(*parent, table);
        }
    }
    clone.map_parent_objects(&parents)?;
    clone.put_tables(&shell)?;
    clone.put_constraints(relation)?;
    clone.put_dependencies(relation)?;
    clone.oid(relation)
}

/// The table of another relation's shard that belongs to the same place, on the same node.
pub fn sibling_shard(metadata: &Metadata, other: Oid, relation: Oid, shard: ShardId, group: GroupId) -> Option<Oid> {
    let index = match metadata.table_type(other)? {
        TableType::Reference | TableType::CitusLocal | TableType::SingleShard => 0,
        _ => metadata.shards_of(relation).iter().position(|id| *id == shard)?,
    };
    let sibling = metadata.colocated_shard(other, index)?;
    metadata
        .placements_of(sibling)
        .iter()
        .find(|placement| placement.group == group)
        .map(|placement| placement.table)
}

/// A definition on its way from the catalog of a relation to that of a shard.
struct Cloning<'a, 'b> {
    remote: &'a mut Backend<'b>,
    source: &'a Catalog,
    shard: ShardId,
    /// Oids of the shard's objects by those of the relation's.
    oids: BTreeMap<Oid, Oid>,
}

impl<'a, 'b> Cloning<'a, 'b> {
    fn new(remote: &'a mut Backend<'b>, source: &'a Catalog, shard: ShardId) -> Cloning<'a, 'b> {
        Cloning {
            remote,
            source,
            shard,
            oids: BTreeMap::new(),
        }
    }

    /// Gives out oids for the relation, its row type, its indexes and its constraints.
    fn assign(&mut self, relation: Oid) -> Result<()> {
        self.assign_oid(relation);
        let source = self.source;
        if let Some(row_type) = source
            .relation(relation)
            .and_then(|found| source.types.get(&found.row_type))
        {
            self.assign_oid(row_type.oid);
            self.assign_oid(row_type.array);
        }
        source.indexes_of(relation).for_each(|index| self.assign_oid(index.oid));
        source
            .constraints_of(relation)
            .for_each(|constraint| self.assign_oid(constraint.oid));
        Ok(())
    }

    fn assign_oid(&mut self, oid: Oid) {
        if oid.is_valid() {
            let fresh = self.remote.new_oid();
            self.oids.insert(oid, fresh);
        }
    }

    fn oid(&self, oid: Oid) -> Result<Oid> {
        let found = self.oids.get(&oid).copied();
        found.ok_or_else(|| Error::internal(format!("object {oid} has no counterpart in shard {}", self.shard)))
    }

    /// The counterpart of an object, or the object itself if it is none of the shard's.
    fn mapped(&self, oid: Oid) -> Oid {
        self.oids.get(&oid).copied().unwrap_or(oid)
    }

    /// Of a partition: its parent's indexes and constraints stand for those of the parent's shard, by name.
    fn map_parent_objects(&mut self, parents: &BTreeMap<Oid, Oid>) -> Result<()> {
        let target = self.remote.catalog()?.clone();
        for (parent, table) in parents {
            let suffix = target
                .relation(*table)
                .and_then(|found| super::names::shard_id_of_name(&found.name))
                .unwrap_or(self.shard);
            for index in self.source.indexes_of(*parent) {
                let name = shard_name(&index.name, suffix);
                if let Some(found) = target.indexes_of(*table).find(|found| *found.name == *name) {
                    self.oids.insert(index.oid, found.oid);
                }
            }
            for constraint in self.source.constraints_of(*parent) {
                let name = shard_name(&constraint.name, suffix);
                let found = target
                    .constraints_of(*table)
                    .find(|found| *found.name == *name || found.name == constraint.name);
                if let Some(found) = found {
                    self.oids.insert(constraint.oid, found.oid);
                }
            }
        }
        Ok(())
    }

    /// The table and its indexes.
    fn put_tables(&mut self, shell: &Relation) -> Result<()> {
        let mut table = self.relation(shell)?;
        table.attributes = shell.attributes.iter().map(shard_attribute).collect();
        table.row_type = self.put_row_type(shell, &table)?;
        let (oid, has_storage) = (table.oid, table.has_storage());
        let indexes: Vec<Arc<Relation>> = self.source.indexes_of(shell.oid).cloned().collect();
        self.remote.catalog_mut()?.put_relation(table);
        if has_storage {
            self.remote.database_mut()?.heaps.insert(oid, Arc::default());
        }
        for index in indexes {
            let clone = self.relation(&index)?;
            self.remote.catalog_mut()?.put_relation(clone);
        }
        Ok(())
    }

    /// A relation or index under its new name, with every oid exchanged.
    fn relation(&self, relation: &Relation) -> Result<Relation> {
        let mut clone = relation.clone();
        clone.oid = self.oid(relation.oid)?;
        clone.name = shard_name(&relation.name, self.shard).into();
        clone.parents = relation.parents.iter().map(|parent| self.mapped(*parent)).collect();
        if let Some(index) = &relation.index {
            let mut definition = (**index).clone();
            definition.table = self.mapped(index.table);
            clone.index = Some(Arc::new(definition));
        }
        if let ReplicaIdentity::Index(index) = relation.replica_identity {
            clone.replica_identity = ReplicaIdentity::Index(self.mapped(index));
        }
        Ok(clone)
    }

    /// The row type of the shard's table and its array type.
    fn put_row_type(&mut self, shell: &Relation, table: &Relation) -> Result<Oid> {
        let Some(row_type) = self.source.types.get(&shell.row_type) else {
            return Ok(Oid::INVALID);
        };
        let mut clone = (**row_type).clone();
        clone.oid = self.oid(row_type.oid)?;
        clone.name = table.name.clone();
        clone.array = self.mapped(row_type.array);
        if let TypeDefinition::Composite { relation, .. } = &mut clone.definition {
            *relation = table.oid;
        }
        let array = UserDefinedType {
            oid: clone.array,
            name: format!("_{}", clone.name).into(),
            array: Oid::INVALID,
            definition: TypeDefinition::Array { element: clone.oid },
            ..clone.clone()
        };
        let oid = clone.oid;
        let catalog = self.remote.catalog_mut()?;
        for found in [clone, array] {
            if found.oid.is_valid() {
                catalog.type_names.insert((found.schema, found.name.clone()), found.oid);
                catalog.types.insert(found.oid, Arc::new(found));
            }
        }
        Ok(oid)
    }

    /// All constraints but foreign keys.
    fn put_constraints(&mut self, relation: Oid) -> Result<()> {
        let constraints: Vec<Arc<Constraint>> = self.source.constraints_of(relation).cloned().collect();
        for constraint in constraints {
            if matches!(constraint.kind, ConstraintKind::ForeignKey(_)) {
                continue;
            }
            let clone = self.constraint(&constraint)?;
            self.remote.catalog_mut()?.put_constraint(clone);
        }
        Ok(())
    }

    fn constraint(&self, constraint: &Constraint) -> Result<Constraint> {
        let mut clone = constraint.clone();
        clone.oid = self.oid(constraint.oid)?;
        clone.relation = self.mapped(constraint.relation);
        clone.parent = self.mapped(constraint.parent);
        match &mut clone.kind {
            ConstraintKind::Check { .. } => return Ok(clone),
            ConstraintKind::PrimaryKey { index, .. }
            | ConstraintKind::Unique { index, .. }
            | ConstraintKind::Exclusion { index, .. } => *index = self.mapped(*index),
            ConstraintKind::ForeignKey(_) => {}
        }
        clone.name = shard_name(&constraint.name, self.shard).into();
        Ok(clone)
    }

    /// What hangs on what among the shard's objects, and on types and functions outside of it.
    fn put_dependencies(&mut self, relation: Oid) -> Result<()> {
        let source = self.source;
        let mut parts = vec![ObjectAddress::new(ObjectClass::Relation, relation)];
        let address = |class| move |oid| ObjectAddress::new(class, oid);
        parts.extend(
            source
                .indexes_of(relation)
                .map(|index| index.oid)
                .map(address(ObjectClass::Relation)),
        );
        let constraints = source.constraints_of(relation).filter(|found| !is_foreign_key(found));
        parts.extend(constraints.map(|found| found.oid).map(address(ObjectClass::Constraint)));
        parts.push(ObjectAddress::new(ObjectClass::Default, relation));
        for part in parts {
            for mut dependency in source.references_of(part).collect::<Vec<_>>() {
                if !is_sequence(source, dependency.referenced) {
                    dependency.dependent.oid = self.mapped(dependency.dependent.oid);
                    dependency.referenced.oid = self.mapped(dependency.referenced.oid);
                    put_dependency(self.remote.catalog_mut()?, dependency);
                }
            }
        }
        self.put_type_dependencies(relation)
    }

    /// The row type is part of its table, the array type of the row type.
    fn put_type_dependencies(&mut self, relation: Oid) -> Result<()> {
        let source = self.source;
        let row_type = source
            .relation(relation)
            .and_then(|found| source.types.get(&found.row_type));
        let Some(row_type) = row_type else { return Ok(()) };
        for oid in [row_type.oid, row_type.array] {
            for mut dependency in source
                .references_of(ObjectAddress::new(ObjectClass::Type, oid))
                .collect::<Vec<_>>()
            {
                dependency.dependent.oid = self.mapped(dependency.dependent.oid);
                dependency.referenced.oid = self.mapped(dependency.referenced.oid);
                put_dependency(self.remote.catalog_mut()?, dependency);
            }
        }
        Ok(())
    }
}

fn is_sequence(catalog: &Catalog, address: ObjectAddress) -> bool {
    address.class == ObjectClass::Relation
        && catalog
            .relation(address.oid)
            .is_some_and(|found| found.sequence.is_some())
}

pub(super) fn put_dependency(catalog: &mut Catalog, dependency: Dependency) {
    catalog.record_dependency(dependency.dependent, dependency.referenced, dependency.kind);
}

fn is_foreign_key(constraint: &Constraint) -> bool {
    matches!(constraint.kind, ConstraintKind::ForeignKey(_))
}

/// A column without what is computed on the coordinator: `nextval` defaults and identities.
pub fn shard_attribute(attribute: &Attribute) -> Attribute {
    let mut clone = attribute.clone();
    clone.identity = None;
    if clone.default.as_ref().is_some_and(|default| calls_nextval(default)) {
        clone.default = None;
    }
    clone
}

/// True if a default takes a value from a sequence.
pub fn calls_nextval(expr: &Expr) -> bool {
    const NEXTVAL: Oid = Oid(1574);
    expr.any(&mut |part| matches!(part, Expr::Func(call) if call.function == NEXTVAL))
}

/// Makes the foreign keys of a relation on all its shards, without looking at the rows.
pub fn create_foreign_keys(backend: &mut Backend<'_>, relation: Oid) -> Result<()> {
    let keys: Vec<Oid> = backend
        .catalog()?
        .constraints_of(relation)
        .filter(|constraint| matches!(constraint.kind, ConstraintKind::ForeignKey(_)))
        .map(|constraint| constraint.oid)
        .collect();
    for key in keys {
        create_foreign_key(backend, key)?;
    }
    Ok(())
}

/// Makes the keys to and from a relation on those of its shards that lack them.
pub fn recreate_foreign_keys(backend: &mut Backend<'_>, relation: Oid) -> Result<()> {
    create_foreign_keys(backend, relation)?;
    let incoming: Vec<Oid> = backend
        .catalog()?
        .constraints_referencing(relation)
        .filter(|constraint| constraint.relation != relation)
        .map(|constraint| constraint.oid)
        .collect();
    for key in incoming {
        create_foreign_key(backend, key)?;
    }
    Ok(())
}

/// Makes one foreign key on all shards of its relation that lack it, without looking at the rows.
pub fn create_foreign_key(backend: &mut Backend<'_>, key: Oid) -> Result<()> {
    let constraint = backend.catalog()?.constraints.get(&key).cloned();
    let Some(constraint) = constraint else { return Ok(()) };
    let metadata = metadata::of(backend)?.clone();
    for shard in metadata.shards_of(constraint.relation).to_vec() {
        for placement in metadata.placements_of(shard).to_vec() {
            put_foreign_key(backend, &metadata, &constraint, shard, placement.group, placement.table)?;
        }
    }
    Ok(())
}

fn put_foreign_key(
    backend: &mut Backend<'_>,
    metadata: &Metadata,
    constraint: &Constraint,
    shard: ShardId,
    group: GroupId,
    table: Oid,
) -> Result<()> {
    let ConstraintKind::ForeignKey(key) = &constraint.kind else {
        return Ok(());
    };
    let referenced = match key.referenced == constraint.relation {
        true => Some(table),
        false => sibling_shard(metadata, key.referenced, constraint.relation, shard, group),
    };
    let node = metadata.primary_of_group(group).map(|node| node.id);
    let (Some(referenced), Some(node)) = (referenced, node) else {
        return Ok(());
    };
    let index_name = backend.catalog()?.relation(key.index).map(|index| index.name.clone());
    let parent_name = backend
        .catalog()?
        .constraints
        .get(&constraint.parent)
        .map(|parent| parent.name.clone());
    let connection = Connection::open(backend, node)?;
    connection.run(backend, |remote| {
        let oid = remote.new_oid();
        let catalog = remote.catalog()?;
        let suffix = catalog
            .relation(referenced)
            .and_then(|found| super::names::shard_id_of_name(&found.name));
        let index_name = shard_name(&index_name.unwrap_or_default(), suffix.unwrap_or(shard));
        let index = catalog
            .indexes_of(referenced)
            .find(|index| *index.name == *index_name)
            .map_or(Oid::INVALID, |index| index.oid);
        let mut name = shard_name(&constraint.name, shard);
        let mut parent = Oid::INVALID;
        if let Some(parent_name) = parent_name {
            let found = parent_key(catalog, table, &parent_name);
            if let Some((oid, inherited)) = found {
                parent = oid;
                name = inherited;
            }
        }
        if catalog.constraints_of(table).any(|found| *found.name == *name) {
            return Ok(());
        }
        let mut key = key.clone();
        key.referenced = referenced;
        key.index = index;
        let clone = Constraint {
            oid,
            name: name.into(),
            relation: table,
            parent,
            kind: ConstraintKind::ForeignKey(key),
            ..constraint.clone()
        };
        crate::foreign_keys::put_constraint(remote, clone)
    })
}

/// The key of the parent's shard from which a partition's shard has its own, and the name it gives it.
fn parent_key(catalog: &Catalog, table: Oid, parent_name: &str) -> Option<(Oid, String)> {
    let parents = &catalog.relation(table)?.parents;
    parents.iter().find_map(|parent| {
        let suffix = super::names::shard_id_of_name(&catalog.relation(*parent)?.name)?;
        let name = shard_name(parent_name, suffix);
        let found = catalog.constraints_of(*parent).find(|found| *found.name == *name)?;
        Some((found.oid, name))
    })
}

/// The server of a group.
pub fn server_of_group(backend: &Backend<'_>, group: GroupId) -> Option<ServerId> {
    metadata::of(backend)
        .ok()?
        .primary_of_group(group)?
        .server(backend.network)
}
