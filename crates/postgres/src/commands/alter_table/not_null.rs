//! ALTER COLUMN SET NOT NULL and DROP NOT NULL.

use std::sync::Arc;

use kumquat_types::{Error, Oid, Result, SqlState};

use crate::backend::Backend;
use crate::catalog::{Relation, RelationKind};
use crate::executor;

/// Marks a column NOT NULL, on all children, too; rows that are there are checked on demand.
pub fn set(backend: &mut Backend<'_>, table: Oid, number: i16, validate: bool) -> Result<()> {
    let relation = backend.relation_by_oid(table)?;
    let Some(attribute) = relation.attribute(number) else {
        return Ok(());
    };
    if !attribute.not_null {
        if validate && relation.has_storage() {
            executor::validate_not_null(backend, table, number)?;
        }
        backend.update_attribute(table, number, |attribute| attribute.not_null = true)?;
    }
    let children: Vec<Arc<Relation>> = backend.catalog()?.children_of(table).cloned().collect();
    for child in children {
        if let Some(own) = child.attribute_by_name(&attribute.name) {
            set(backend, child.oid, own.number, validate)?;
        }
    }
    Ok(())
}

/// SET NOT NULL as a subcommand: not for a partitioned table ONLY.
pub fn set_checked(backend: &mut Backend<'_>, relation: &Relation, number: i16, recurse: bool) -> Result<()> {
    let children = super::children(backend, relation)?;
    if relation.kind == RelationKind::PartitionedTable && !recurse && !children.is_empty() {
        return Err(super::invalid_table("constraint must be added to child tables too")
            .hint("Do not specify the ONLY keyword."));
    }
    set(backend, relation.oid, number, true)
}

/// Takes NOT NULL away, on partitions, too (`ATExecDropNotNull`).
pub fn drop(backend: &mut Backend<'_>, relation: &Relation, name: &str, recurse: bool) -> Result<()> {
    let attribute = super::live_column(relation, name)?;
    let invalid = |message: String| Error::new(SqlState::INVALID_TABLE_DEFINITION, message);
    if attribute.identity.is_some() {
        return Err(Error::new(
            SqlState::SYNTAX_ERROR,
            format!(
                "column \"{name}\" of relation \"{}\" is an identity column",
                relation.name
            ),
        ));
    }
    let number = attribute.number;
    for index in backend.catalog()?.indexes_of(relation.oid) {
        let Some(definition) = &index.index else { continue };
        let is_key = definition.columns.iter().any(|column| column.attribute == number);
        if is_key && definition.primary {
            return Err(invalid(format!("column \"{name}\" is in a primary key")));
        }
        if is_key && relation.replica_identity == crate::catalog::ReplicaIdentity::Index(index.oid) {
            return Err(invalid(format!(
                "column \"{name}\" is in index used as replica identity"
            )));
        }
    }
    if relation.is_partition()
        && let Some(parent) = relation.parents.first()
    {
        let parent = backend.relation_by_oid(*parent)?;
        if parent
            .attribute_by_name(name)
            .is_some_and(|attribute| attribute.not_null)
        {
            return Err(invalid(format!("column \"{name}\" is marked NOT NULL in parent table")));
        }
    }
    let children: Vec<Arc<Relation>> = backend.catalog()?.children_of(relation.oid).cloned().collect();
    if relation.kind == RelationKind::PartitionedTable && !children.is_empty() && !recurse {
        return Err(Error::new(
            SqlState::INVALID_TABLE_DEFINITION,
            "cannot remove constraint from only the partitioned table when partitions exist",
        )
        .hint("Do not specify the ONLY keyword."));
    }
    backend.update_attribute(relation.oid, number, |attribute| attribute.not_null = false)?;
    if relation.kind == RelationKind::PartitionedTable {
        for child in children {
            drop(backend, &child, name, true)?;
        }
    }
    Ok(())
}
