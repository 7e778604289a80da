//! The relation itself on the other nodes: an empty table under its own name and oid, which statements there
//! name and Citus plans.
//!
//! Citus sends the DDL that makes it; here the catalog entries are put in place, so that every object keeps its
//! oid on all nodes.

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::{
    Attribute, Catalog, Constraint, ConstraintKind, Dependency, ObjectAddress, ObjectClass, Relation, RelationKind,
};
use kumquat_postgres::query::{Expr, FuncExpr};
use kumquat_postgres::server::{Database, SequenceValue};
use kumquat_types::{Oid, Result, proc_by_oid};

use crate::connection::Connection;
use crate::functions::signatures::proc_by_name;
use crate::metadata::{self, GroupId};

/// Puts a relation with all that belongs to it on every other node, in place of what is there under its oid.
pub fn mirror_relation(backend: &mut Backend<'_>, relation: Oid) -> Result<()> {
    let source = backend.catalog()?.clone();
    if source.relation(relation).is_none() {
        return Ok(());
    }
    on_other_nodes(backend, |remote, group| {
        let database = remote.database_mut()?;
        copy_relation(&source, database, relation, group);
        Ok(())
    })
}

/// Takes a relation with all that belongs to it away from every other node.
pub fn unmirror_relation(backend: &mut Backend<'_>, relation: Oid) -> Result<()> {
    on_other_nodes(backend, |remote, _| {
        remove_relation(remote.database_mut()?, relation);
        Ok(())
    })
}

/// Runs something on every active node with metadata but this one.
pub fn on_other_nodes(
    backend: &mut Backend<'_>,
    mut work: impl FnMut(&mut Backend<'_>, GroupId) -> Result<()>,
) -> Result<()> {
    let metadata = metadata::of(backend)?;
    let nodes: Vec<_> = metadata
        .active_primaries()
        .into_iter()
        .filter(|node| node.group != metadata.local_group && node.has_metadata)
        .cloned()
        .collect();
    for node in nodes {
        let group = node.group;
        let connection = Connection::to(backend, node)?;
        connection.run(backend, |remote| work(remote, group))?;
    }
    Ok(())
}

/// Copies a relation from one catalog to a database of another node.
pub fn copy_relation(source: &Catalog, target: &mut Database, relation: Oid, group: GroupId) {
    let Some(shell) = source.relation(relation) else { return };
    remove_stale_parts(source, &mut target.catalog, relation);
    copy_types(source, &mut target.catalog, shell);
    let mut copy = (**shell).clone();
    copy.attributes = copy.attributes.iter().map(without_small_sequence).collect();
    target.catalog.put_relation(copy);
    if shell.has_storage() {
        target.heaps.entry(relation).or_default();
    }
    for index in source.indexes_of(relation) {
        target.catalog.put_relation((**index).clone());
    }
    let constraints: Vec<Arc<Constraint>> = source.constraints_of(relation).cloned().collect();
    for constraint in constraints {
        if references_known(&target.catalog, &constraint) {
            target.catalog.put_constraint((*constraint).clone());
        }
    }
    copy_sequences(source, target, relation, group);
    copy_dependencies(source, &mut target.catalog, relation);
}

fn references_known(target: &Catalog, constraint: &Constraint) -> bool {
    match &constraint.kind {
        ConstraintKind::ForeignKey(key) => target.relation(key.referenced).is_some(),
        _ => true,
    }
}

/// Indexes and constraints that the relation no longer has.
fn remove_stale_parts(source: &Catalog, target: &mut Catalog, relation: Oid) {
    let indexes: Vec<Oid> = target.indexes_of(relation).map(|index| index.oid).collect();
    for index in indexes.into_iter().filter(|index| source.relation(*index).is_none()) {
        forget_dependencies(target, relation_address(index));
        target.remove_relation(index);
    }
    let constraints: Vec<Oid> = target.constraints_of(relation).map(|found| found.oid).collect();
    for constraint in constraints
        .into_iter()
        .filter(|oid| !source.constraints.contains_key(oid))
    {
        forget_dependencies(target, ObjectAddress::new(ObjectClass::Constraint, constraint));
        target.remove_constraint(constraint);
    }
}

fn copy_types(source: &Catalog, target: &mut Catalog, shell: &Relation) {
    let Some(row_type) = source.types.get(&shell.row_type) else {
        return;
    };
    let array = source.types.get(&row_type.array);
    for found in [Some(row_type), array].into_iter().flatten() {
        target.type_names.insert((found.schema, found.name.clone()), found.oid);
        target.types.insert(found.oid, found.clone());
    }
}

/// Small integers have no room for a range a worker: there, a default that takes them from a sequence says so
/// (`worker_nextval`).
fn without_small_sequence(column: &Attribute) -> Attribute {
    let mut column = column.clone();
    if ![Oid::INT2, Oid::INT4].contains(&column.type_oid) {
        return column;
    }
    let (Some(default), Some(refusal)) = (column.default.as_deref(), proc_by_name("worker_nextval")) else {
        return column;
    };
    let mut replaced = None;
    default.visit(&mut |part| {
        if let Expr::Func(call) = part
            && proc_by_oid(call.function).is_some_and(|proc| proc.name == "nextval")
        {
            replaced = Some(FuncExpr {
                function: refusal.oid,
                result: column.type_oid,
                ..(**call).clone()
            });
        }
    });
    if let Some(call) = replaced {
        column.default = Some(Arc::new(Expr::Func(Box::new(call))));
    }
    column
}

/// Sequences that the relation's defaults use. On a worker they count in the worker's own range, so that no
/// value is given out twice in the cluster; those of small integers are at their end there
/// (`AlterSequenceMinMax`).
fn copy_sequences(source: &Catalog, target: &mut Database, relation: Oid, group: GroupId) {
    for sequence in sequences_of(source, relation) {
        let Some(found) = source.relation(sequence) else {
            continue;
        };
        let mut copy = (**found).clone();
        if let Some(definition) = &mut copy.sequence {
            const BITS: u32 = 48;
            let is_small = definition.type_oid != Oid::INT8;
            if !is_small {
                let first = i64::from(group) << BITS;
                definition.min = first.saturating_add(1);
                definition.start = definition.min;
                definition.max = definition.min.saturating_add(1 << BITS);
            }
            let value = SequenceValue {
                last_value: if is_small { definition.max } else { definition.start },
                is_called: is_small,
            };
            target.sequences.entry(sequence).or_insert(value);
        }
        target.catalog.put_relation(copy);
    }
}

/// Sequences that a relation owns or takes defaults from.
pub fn sequences_of(catalog: &Catalog, relation: Oid) -> Vec<Oid> {
    let is_sequence = |oid: &Oid| {
        catalog
            .relation(*oid)
            .is_some_and(|found| found.kind == RelationKind::Sequence)
    };
    let owned = catalog
        .dependents_of(relation_address(relation))
        .map(|dependency| dependency.dependent.oid);
    let defaults = ObjectAddress::new(ObjectClass::Default, relation);
    let used = catalog
        .references_of(defaults)
        .map(|dependency| dependency.referenced.oid);
    let mut sequences: Vec<Oid> = owned.chain(used).filter(is_sequence).collect();
    sequences.sort_unstable();
    sequences.dedup();
    sequences
}

fn copy_dependencies(source: &Catalog, target: &mut Catalog, relation: Oid) {
    for part in parts_of(source, relation) {
        for dependency in source.references_of(part) {
            super::create::put_dependency(target, dependency);
        }
    }
}

/// The relation, its row type, defaults, policies, indexes, constraints and sequences.
fn parts_of(catalog: &Catalog, relation: Oid) -> Vec<ObjectAddress> {
    let address = |class| move |oid| ObjectAddress::new(class, oid);
    let mut parts = vec![
        relation_address(relation),
        ObjectAddress::new(ObjectClass::Default, relation),
    ];
    if let Some(found) = catalog.relation(relation)
        && let Some(row_type) = catalog.types.get(&found.row_type)
    {
        parts.extend([row_type.oid, row_type.array].map(address(ObjectClass::Type)));
    }
    let policies = catalog.relation(relation).map(|found| found.policies.as_slice());
    parts.extend(
        policies
            .unwrap_or_default()
            .iter()
            .map(|policy| policy.oid)
            .map(address(ObjectClass::Policy)),
    );
    parts.extend(catalog.indexes_of(relation).map(|index| relation_address(index.oid)));
    let constraints = catalog.constraints_of(relation).map(|constraint| constraint.oid);
    parts.extend(constraints.map(address(ObjectClass::Constraint)));
    parts.extend(sequences_of(catalog, relation).into_iter().map(relation_address));
    parts
}

/// Removes a table with its indexes, constraints, types, rows and dependencies from a database; keys of other
/// tables that reference it go, too.
pub fn remove_relation(database: &mut Database, relation: Oid) {
    let catalog = &mut database.catalog;
    let referencing: Vec<ObjectAddress> = catalog
        .constraints_referencing(relation)
        .map(|constraint| ObjectAddress::new(ObjectClass::Constraint, constraint.oid))
        .collect();
    for part in parts_of(catalog, relation).into_iter().chain(referencing) {
        forget_dependencies(catalog, part);
        match part.class {
            ObjectClass::Type => {
                if let Some(found) = catalog.types.remove(&part.oid) {
                    catalog.type_names.remove(&(found.schema, found.name.clone()));
                }
            }
            ObjectClass::Constraint => catalog.remove_constraint(part.oid),
            ObjectClass::Relation => {
                catalog.remove_relation(part.oid);
                database.heaps.remove(&part.oid);
                database.sequences.remove(&part.oid);
            }
            _ => {}
        }
    }
}

/// Forgets what an object needs and what needs it.
pub fn forget_dependencies(catalog: &mut Catalog, object: ObjectAddress) {
    let known: Vec<Dependency> = catalog
        .dependents_of(object)
        .chain(catalog.references_of(object))
        .collect();
    for dependency in known {
        catalog.forget_dependency(dependency);
    }
}

/// The address of a relation.
pub fn relation_address(relation: Oid) -> ObjectAddress {
    ObjectAddress::new(ObjectClass::Relation, relation)
}
