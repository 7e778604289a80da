//! Shards in step with the table they are shards of: names, schema, owner, privileges, defaults, and what is gone.
//! New columns, constraints and indexes are not here: those need a statement on each shard.

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::{Attribute, Catalog, ConstraintKind, ObjectAddress, ObjectClass, Relation};
use kumquat_types::{Oid, Result};

use crate::connection::Connection;
use crate::metadata::{self, NodeId, ShardId};
use crate::shards::create::shard_attribute;
use crate::shards::mirror::{self, relation_address};
use crate::shards::names::shard_name;

/// The table of a shard on a node.
#[derive(Clone, Copy, Debug)]
pub struct ShardTable {
    pub shard: ShardId,
    /// The place of the shard among those of its table.
    pub place: usize,
    pub node: NodeId,
    pub table: Oid,
}

/// The tables of all placements of a relation, in order of shards.
pub fn shard_tables(backend: &Backend<'_>, relation: Oid) -> Result<Vec<ShardTable>> {
    let metadata = metadata::of(backend)?;
    let mut tables = Vec::new();
    for (place, shard) in metadata.shards_of(relation).iter().enumerate() {
        for placement in metadata.placements_of(*shard) {
            if let Some(node) = metadata.primary_of_group(placement.group) {
                tables.push(ShardTable {
                    shard: *shard,
                    place,
                    node: node.id,
                    table: placement.table,
                });
            }
        }
    }
    Ok(tables)
}

/// Brings the shards of a table in step with it; `then` is this node's catalog before the statement.
pub fn follow_shell(backend: &mut Backend<'_>, then: &Catalog, relation: Oid) -> Result<()> {
    let now = backend.catalog()?.clone();
    let Some(shell) = now.relation(relation).cloned() else {
        return Ok(());
    };
    for shard in shard_tables(backend, relation)? {
        let connection = Connection::open(backend, shard.node)?;
        connection.run(backend, |remote| {
            follow_table(remote, &shell, &shard)?;
            follow_indexes(remote, then, &now, relation, &shard)?;
            follow_constraints(remote, then, &now, relation, &shard)
        })?;
    }
    Ok(())
}

fn follow_table(remote: &mut Backend<'_>, shell: &Relation, shard: &ShardTable) -> Result<()> {
    let Some(old) = remote.catalog()?.relation(shard.table).cloned() else {
        return Ok(());
    };
    let mut table = (*old).clone();
    table.name = shard_name(&shell.name, shard.shard).into();
    table.schema = shell.schema;
    table.owner = shell.owner;
    table.acl = shell.acl.clone();
    table.options = shell.options.clone();
    table.persistence = shell.persistence;
    table.row_security = shell.row_security;
    table.force_row_security = shell.force_row_security;
    table.policies = shell.policies.clone();
    if shell.attributes.len() == old.attributes.len() {
        table.attributes = shell
            .attributes
            .iter()
            .zip(old.attributes.iter())
            .map(|(shell, old)| follow_attribute(shell, old))
            .collect();
    }
    remote.catalog_mut()?.replace_relation(table);
    Ok(())
}

/// The shard's column with what the table's column says now; its type and old rows stay its own.
fn follow_attribute(shell: &Attribute, old: &Attribute) -> Attribute {
    if shell.type_oid != old.type_oid && !shell.dropped {
        return old.clone();
    }
    Attribute {
        missing: old.missing.clone(),
        ..shard_attribute(shell)
    }
}

fn follow_indexes(
    remote: &mut Backend<'_>,
    then: &Catalog,
    now: &Catalog,
    relation: Oid,
    shard: &ShardTable,
) -> Result<()> {
    for index in then.indexes_of(relation) {
        let name = shard_name(&index.name, shard.shard);
        let known: Option<Arc<Relation>> = remote
            .catalog()?
            .indexes_of(shard.table)
            .find(|found| *found.name == *name)
            .cloned();
        let Some(known) = known else { continue };
        match now.relation(index.oid) {
            Some(changed) => {
                let mut clone = (*known).clone();
                clone.name = shard_name(&changed.name, shard.shard).into();
                clone.schema = changed.schema;
                clone.owner = changed.owner;
                clone.options = changed.options.clone();
                remote.catalog_mut()?.put_relation(clone);
            }
            None => {
                let catalog = remote.catalog_mut()?;
                mirror::forget_dependencies(catalog, relation_address(known.oid));
                catalog.remove_relation(known.oid);
            }
        }
    }
    Ok(())
}

fn follow_constraints(
    remote: &mut Backend<'_>,
    then: &Catalog,
    now: &Catalog,
    relation: Oid,
    shard: &ShardTable,
) -> Result<()> {
    for constraint in then.constraints_of(relation) {
        let suffixed = shard_name(&constraint.name, shard.shard);
        let known = remote
            .catalog()?
            .constraints_of(shard.table)
            .find(|found| *found.name == *suffixed || found.name == constraint.name)
            .cloned();
        let Some(known) = known else { continue };
        match now.constraints.get(&constraint.oid) {
            Some(changed) => {
                let mut clone = (*known).clone();
                clone.schema = changed.schema;
                clone.validated = changed.validated;
                if changed.name != constraint.name {
                    clone.name = match known.name == constraint.name {
                        true => changed.name.clone(),
                        false => shard_name(&changed.name, shard.shard).into(),
                    };
                }
                remote.catalog_mut()?.put_constraint(clone);
            }
            None => {
                let address = ObjectAddress::new(ObjectClass::Constraint, known.oid);
                let catalog = remote.catalog_mut()?;
                mirror::forget_dependencies(catalog, address);
                catalog.remove_constraint(known.oid);
                if let ConstraintKind::PrimaryKey { index, .. }
                | ConstraintKind::Unique { index, .. }
                | ConstraintKind::Exclusion { index, .. } = known.kind
                {
                    mirror::forget_dependencies(catalog, relation_address(index));
                    catalog.remove_relation(index);
                }
            }
        }
    }
    Ok(())
}
