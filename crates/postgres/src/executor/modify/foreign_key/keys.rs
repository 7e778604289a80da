//! The columns of a foreign key in rows of either table.

use std::sync::Arc;

use kumquat_types::{Chunk, Column, Datum};

use crate::catalog::{Constraint, ConstraintKind, Relation};
use crate::commands::attribute_map::AttributeMap;
use crate::executor::context::Context;
use crate::executor::scan::relation;

/// The referenced columns as attributes of a partition of the referenced table.
pub(super) fn referenced_columns(ctx: &Context<'_, '_>, constraint: &Constraint, table: &Relation) -> Vec<i16> {
    let ConstraintKind::ForeignKey(key) = &constraint.kind else {
        return Vec::new();
    };
    match relation(ctx, key.referenced) {
        Ok(referenced) if referenced.oid != table.oid => {
            AttributeMap::by_name(&referenced, table).all(&key.referenced_columns)
        }
        _ => key.referenced_columns.clone(),
    }
}

pub(super) fn column(rows: &Chunk, attribute: i16) -> Option<&Arc<Column>> {
    usize::try_from(attribute - 1).ok().and_then(|at| rows.columns.get(at))
}

pub(super) fn values(rows: &Chunk, row: usize, columns: &[i16]) -> Vec<Datum> {
    columns
        .iter()
        .map(|&attribute| column(rows, attribute).map(|c| c.get(row)).unwrap_or_default())
        .collect()
}
