//! UPDATE: old row versions are marked dead, new ones appended.

use std::sync::Arc;

use kumquat_types::{Chunk, Column, Result};

use super::check::compute_generated;
use super::foreign_key;
use super::rows;
use super::table::Table;
use crate::executor::context::Context;
use crate::storage::RowId;

/// New values of attributes, a row for each row that is updated.
pub type Assignments = Vec<(i16, Arc<Column>)>;

/// Updates rows, which are live, in place of themselves.
pub fn replace_rows(ctx: &mut Context<'_, '_>, table: &mut Table, ids: &[RowId], set: &Assignments) -> Result<Chunk> {
    // Uniqueness is checked row by row: each sees what those before it have done.
    let touches_key = set.iter().any(|(attribute, _)| table.is_unique_column(*attribute));
    if !touches_key || ids.len() <= 1 {
        return replace_together(ctx, table, ids, set, touches_key);
    }
    let mut parts = Vec::with_capacity(ids.len());
    for (row, id) in ids.iter().enumerate() {
        let one = set
            .iter()
            .map(|(attribute, column)| (*attribute, Arc::new(column.slice(row, 1))))
            .collect();
        parts.push(replace_together(ctx, table, std::slice::from_ref(id), &one, true)?);
    }
    Ok(Chunk::concat(&table.types, &parts))
}

fn replace_together(
    ctx: &mut Context<'_, '_>,
    table: &mut Table,
    ids: &[RowId],
    set: &Assignments,
    unique: bool,
) -> Result<Chunk> {
    let old = rows::fetch(ctx, table, ids)?;
    let mut new = assigned(&old, set);
    compute_generated(ctx, table, &mut new)?;
    for &id in ids {
        rows::remove(ctx, table, id)?;
    }
    rows::check(ctx, table, &new, true, unique)?;
    let new_ids = rows::append(ctx, table, new.clone())?;
    foreign_key::note_replaced_rows(ctx, table, &old, &new, &new_ids);
    Ok(new)
}

/// The rows with new values.
pub fn assigned(old: &Chunk, set: &Assignments) -> Chunk {
    let mut new = old.clone();
    for (attribute, column) in set {
        let place = usize::try_from(*attribute - 1).ok();
        if let Some(slot) = place.and_then(|place| new.columns.get_mut(place)) {
            *slot = column.clone();
        }
    }
    new
}
