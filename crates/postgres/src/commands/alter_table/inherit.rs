//! ALTER TABLE ... INHERIT, NO INHERIT.

use kumquat_sql::ast::RangeVar;
use kumquat_types::{Error, Result, SqlState};

use crate::backend::Backend;
use crate::catalog::{DependencyKind, ObjectAddress, ObjectClass, Persistence, Relation, RelationKind};
use crate::commands::partition::attach::{inherit_checks, inherit_columns, is_ancestor};
use crate::commands::partition::detach::stop_inheriting;

fn wrong(message: String) -> Error {
    Error::new(SqlState::WRONG_OBJECT_TYPE, message)
}

pub fn add(backend: &mut Backend<'_>, child: &Relation, range: &RangeVar) -> Result<()> {
    if child.is_partition() {
        return Err(wrong("cannot change inheritance of a partition".into()));
    }
    if child.kind == RelationKind::PartitionedTable {
        return Err(wrong("cannot change inheritance of partitioned table".into()));
    }
    let parent = backend.relation(range)?;
    backend.check_relation_owner(&parent)?;
    match parent.kind {
        RelationKind::PartitionedTable => {
            return Err(wrong(format!(
                "cannot inherit from partitioned table \"{}\"",
                parent.name
            )));
        }
        RelationKind::Table | RelationKind::ForeignTable => {}
        _ => {
            return Err(crate::commands::relation_kind::not_a(
                &parent.name,
                "table or foreign table",
            ));
        }
    }
    if parent.is_partition() {
        return Err(wrong("cannot inherit from a partition".into()));
    }
    let temporary = |relation: &Relation| relation.persistence == Persistence::Temporary;
    if temporary(&parent) && !temporary(child) {
        return Err(wrong(format!(
            "cannot inherit from temporary relation \"{}\"",
            parent.name
        )));
    }
    if child.parents.contains(&parent.oid) {
        return Err(Error::new(
            SqlState::DUPLICATE_TABLE,
            format!("relation \"{}\" would be inherited from more than once", parent.name),
        ));
    }
    if parent.oid == child.oid || is_ancestor(backend, child.oid, parent.oid)? {
        return Err(
            Error::new(SqlState::DUPLICATE_TABLE, "circular inheritance not allowed")
                .detail(format!("\"{}\" is already a child of \"{}\".", parent.name, child.name)),
        );
    }
    inherit_columns(backend, &parent, child, false)?;
    inherit_checks(backend, &parent, child)?;
    backend.update_relation(child.oid, |child| child.parents.push(parent.oid))?;
    backend.catalog_mut()?.record_dependency(
        ObjectAddress::new(ObjectClass::Relation, child.oid),
        ObjectAddress::new(ObjectClass::Relation, parent.oid),
        DependencyKind::Normal,
    );
    Ok(())
}

pub fn drop(backend: &mut Backend<'_>, child: &Relation, range: &RangeVar) -> Result<()> {
    if child.is_partition() {
        return Err(wrong("cannot change inheritance of a partition".into()));
    }
    let parent = backend.relation(range)?;
    if !child.parents.contains(&parent.oid) {
        return Err(Error::new(
            SqlState::UNDEFINED_TABLE,
            format!(
                "relation \"{}\" is not a parent of relation \"{}\"",
                parent.name, child.name
            ),
        ));
    }
    stop_inheriting(backend, &parent, child)
}
