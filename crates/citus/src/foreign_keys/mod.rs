//! Foreign keys between tables of all kinds.
//!
//! - this file: keys as catalog entries: finding, taking away, putting back
//! - [`graph`]: which tables hang together through keys
//! - [`rules`]: what may reference what, and the refusals in Citus's words
//! - [`refusal`]: the rule that was broken, as data; [`diagnosis`]: its conditions one by one
//! - [`repair`]: SQL that gets past a refusal
//! - [`lookup`]: rows that local tables reference in shards
//! - [`conversion`]: local tables that follow a key into the metadata, and back out of it

pub mod conversion;
pub mod diagnosis;
pub mod graph;
pub mod lookup;
pub mod refusal;
pub mod repair;
pub mod rules;

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::{
    Catalog, Constraint, ConstraintKind, DependencyKind, ForeignKey, ObjectAddress, ObjectClass,
};
use kumquat_types::{Oid, Result};

pub use refusal::ForeignKeyRefusal;

use crate::metadata::{self, Metadata, TableType};
use crate::shards::{create, mirror};

/// Which tables at the other end of a key are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherEnd {
    Any,
    /// Tables that are not in the metadata.
    Local,
    Reference,
    /// Tables whose shards lie on workers.
    Distributed,
    SingleShard,
    /// Reference tables and Citus local tables.
    NotDistributed,
}

impl OtherEnd {
    fn includes(self, metadata: &Metadata, relation: Oid) -> bool {
        let table_type = metadata.table_type(relation);
        match self {
            OtherEnd::Any => true,
            OtherEnd::Local => table_type.is_none(),
            OtherEnd::Reference => table_type == Some(TableType::Reference),
            OtherEnd::Distributed => table_type.is_some_and(TableType::is_distributed),
            OtherEnd::SingleShard => table_type == Some(TableType::SingleShard),
            OtherEnd::NotDistributed => {
                matches!(table_type, Some(TableType::Reference | TableType::CitusLocal))
            }
        }
    }
}

/// The foreign key that a constraint is.
pub fn foreign_key(constraint: &Constraint) -> Option<&ForeignKey> {
    match &constraint.kind {
        ConstraintKind::ForeignKey(key) => Some(key),
        _ => None,
    }
}

/// Keys of a table to others (or itself), by name.
pub fn referencing_keys(backend: &Backend<'_>, relation: Oid, to: OtherEnd) -> Result<Vec<Arc<Constraint>>> {
    let metadata = metadata::of(backend)?;
    let mut keys: Vec<Arc<Constraint>> = backend
        .catalog()?
        .constraints_of(relation)
        .filter(|constraint| foreign_key(constraint).is_some_and(|key| to.includes(metadata, key.referenced)))
        .cloned()
        .collect();
    keys.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(keys)
}

/// Keys of other tables to this one, in the order they were made.
pub fn referenced_keys(backend: &Backend<'_>, relation: Oid, from: OtherEnd) -> Result<Vec<Arc<Constraint>>> {
    let metadata = metadata::of(backend)?;
    let keys = backend
        .catalog()?
        .constraints_referencing(relation)
        .filter(|constraint| constraint.relation != relation && from.includes(metadata, constraint.relation))
        .cloned()
        .collect();
    Ok(keys)
}

/// True if the table references others or is referenced by them (itself left out).
pub fn has_external_keys(backend: &Backend<'_>, relation: Oid) -> Result<bool> {
    let to_others = referencing_keys(backend, relation, OtherEnd::Any)?
        .iter()
        .any(|constraint| foreign_key(constraint).is_some_and(|key| key.referenced != relation));
    Ok(to_others || !referenced_keys(backend, relation, OtherEnd::Any)?.is_empty())
}

/// Takes a key away: from the table, its shell tables on other nodes, and its shards.
pub fn remove_key(backend: &mut Backend<'_>, key: &Constraint) -> Result<()> {
    remove_from_shards(backend, key)?;
    remove_constraint(backend, key.oid)?;
    mirror::on_other_nodes(backend, |remote, _| remove_constraint(remote, key.oid))
}

fn remove_from_shards(backend: &mut Backend<'_>, key: &Constraint) -> Result<()> {
    let metadata = metadata::of(backend)?.clone();
    for shard in metadata.shards_of(key.relation) {
        let name = crate::shards::names::shard_name(&key.name, *shard);
        for placement in metadata.placements_of(*shard) {
            let Some(node) = metadata.primary_of_group(placement.group) else {
                continue;
            };
            let connection = crate::connection::Connection::open(backend, node.id)?;
            connection.run(backend, |remote| {
                let found = remote
                    .catalog()?
                    .constraints_of(placement.table)
                    .find(|found| *found.name == *name || (found.name == key.name && foreign_key(found).is_some()))
                    .map(|found| found.oid);
                found.map_or(Ok(()), |oid| remove_constraint(remote, oid))
            })?;
        }
    }
    Ok(())
}

/// Takes a constraint out of the catalog of the backend's node.
pub fn remove_constraint(backend: &mut Backend<'_>, oid: Oid) -> Result<()> {
    let catalog = backend.catalog_mut()?;
    mirror::forget_dependencies(catalog, ObjectAddress::new(ObjectClass::Constraint, oid));
    catalog.remove_constraint(oid);
    Ok(())
}

/// Enters a key into the catalog of the backend's node, with what it needs.
pub fn put_constraint(backend: &mut Backend<'_>, constraint: Constraint) -> Result<()> {
    let catalog = backend.catalog_mut()?;
    if let Some(key) = foreign_key(&constraint) {
        record_dependencies(catalog, &constraint, key);
    }
    catalog.put_constraint(constraint);
    Ok(())
}

fn record_dependencies(catalog: &mut Catalog, constraint: &Constraint, key: &ForeignKey) {
    let dependent = ObjectAddress::new(ObjectClass::Constraint, constraint.oid);
    for column in &key.columns {
        let referencing = ObjectAddress::column(constraint.relation, *column);
        catalog.record_dependency(dependent, referencing, DependencyKind::Auto);
    }
    for column in &key.referenced_columns {
        let referenced = ObjectAddress::column(key.referenced, *column);
        catalog.record_dependency(dependent, referenced, DependencyKind::Normal);
    }
    let index = mirror::relation_address(key.index);
    if key.index.is_valid() {
        catalog.record_dependency(dependent, index, DependencyKind::Normal);
    }
}

/// Puts a key back that was taken away, as ALTER TABLE would add it: local tables at either end follow it into
/// the metadata, the rules are checked, the shards get it. The rows are not looked at.
pub fn restore_key(backend: &mut Backend<'_>, key: Constraint) -> Result<()> {
    if let Some(definition) = foreign_key(&key) {
        conversion::convert_ends(backend, key.relation, definition.referenced)?;
        conversion::mark_not_auto_converted(backend, key.relation, definition.referenced)?;
    }
    let (oid, relation) = (key.oid, key.relation);
    put_constraint(backend, key)?;
    if metadata::of(backend)?.is_citus_table(relation) {
        rules::check_keys(backend, relation)?;
        mirror::mirror_relation(backend, relation)?;
        create::create_foreign_key(backend, oid)?;
    }
    Ok(())
}
