//! Indexes like another table's (`generateClonedIndexStmt`): for LIKE INCLUDING INDEXES and for partitions.

use std::sync::Arc;

use kumquat_types::{Oid, Result};

use super::{ConstraintRequest, IndexRequest, define};
use crate::backend::Backend;
use crate::catalog::{Constraint, ConstraintKind, ObjectAddress, ObjectClass, Relation};
use crate::commands::attribute_map::AttributeMap;

/// What makes an index like this one on another table; the name is left to be chosen.
pub fn request_like(backend: &Backend<'_>, index: &Relation, table: Oid, map: &AttributeMap) -> Result<IndexRequest> {
    let mut request = IndexRequest::new(table, &index.access_method);
    let Some(definition) = &index.index else {
        return Ok(request);
    };
    request.columns = definition
        .columns
        .iter()
        .map(|column| map.index_column(column))
        .collect();
    request.included = map.all(&definition.included);
    request.unique = definition.unique;
    request.nulls_not_distinct = definition.nulls_not_distinct;
    request.primary = definition.primary;
    request.exclusion_operators = definition.exclusion_operators.clone();
    request.predicate = definition.predicate.as_ref().map(|expr| map.apply(expr));
    request.options = index.options.clone();
    request.constraint = constraint_of(backend, index)?.map(|constraint| ConstraintRequest {
        deferrable: constraint.deferrable,
        initially_deferred: constraint.initially_deferred,
        parent: Oid::INVALID,
    });
    Ok(request)
}

/// The constraint that an index enforces, if it does.
pub fn constraint_of(backend: &Backend<'_>, index: &Relation) -> Result<Option<Arc<Constraint>>> {
    let Some(definition) = &index.index else {
        return Ok(None);
    };
    let catalog = backend.catalog()?;
    let mut constraints = catalog.constraints_of(definition.table);
    Ok(constraints
        .find(|constraint| constraint.index() == Some(index.oid))
        .cloned())
}

impl Constraint {
    /// The index that enforces the constraint.
    pub fn index(&self) -> Option<Oid> {
        match &self.kind {
            ConstraintKind::PrimaryKey { index, .. }
            | ConstraintKind::Unique { index, .. }
            | ConstraintKind::Exclusion { index, .. } => Some(*index),
            ConstraintKind::Check { .. } | ConstraintKind::ForeignKey(_) => None,
        }
    }
}

/// Copies all indexes of one table to another.
pub fn copy_indexes(
    backend: &mut Backend<'_>,
    source: Oid,
    table: Oid,
    map: &AttributeMap,
    comments: bool,
) -> Result<()> {
    let indexes: Vec<Arc<Relation>> = backend.catalog()?.indexes_of(source).cloned().collect();
    for index in indexes {
        let request = request_like(backend, &index, table, map)?;
        let copy = define(backend, request, false)?;
        if let (true, Some(copy)) = (comments, copy) {
            let object = |oid| ObjectAddress::new(ObjectClass::Relation, oid);
            backend.copy_comment(object(index.oid), object(copy))?;
        }
    }
    Ok(())
}
