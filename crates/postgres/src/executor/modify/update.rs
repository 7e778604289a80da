//! UPDATE: old row versions are marked dead, new ones appended.

use std::sync::Arc;

use kumquat_types::{Chunk, Column, Result};

use super::check::compute_generated;
use super::foreign_key;
use super::row_security;
use super::rows::{self, Changed, Gathered};
use super::table::Table;
use super::trigger::{self, Operation};
use crate::executor::context::Context;
use crate::query::RowCheckKind;
use crate::storage::RowId;

/// New values of attributes, a row for each row that is updated.
pub type Assignments = Vec<(i16, Arc<Column>)>;

/// Updates rows, which are live, in place of themselves. `changed`: the columns that the statement assigns to.
pub fn replace_rows(
    ctx: &mut Context<'_, '_>,
    table: &mut Table,
    ids: &[RowId],
    set: &Assignments,
    changed: &[i16],
) -> Result<Changed> {
    // Uniqueness is checked row by row: each sees what those before it have done.
    let touches_key = set.iter().any(|(attribute, _)| table.is_unique_column(*attribute));
    let fires = table.has_row_triggers(Operation::Update);
    if !fires && (!touches_key || ids.len() <= 1) {
        let old = rows::fetch(ctx, table, ids)?;
        let new = assigned(&old, set);
        return store(ctx, table, ids, &old, new, touches_key);
    }
    let mut gathered = Gathered::default();
    for (row, &id) in ids.iter().enumerate() {
        let one = set
            .iter()
            .map(|(attribute, column)| (*attribute, Arc::new(column.slice(row, 1))))
            .collect();
        let old = rows::fetch(ctx, table, &[id])?;
        let Some(new) = before(ctx, table, id, &old, assigned(&old, &one), changed)? else {
            continue;
        };
        gathered.push(row, replace_row(ctx, table, id, &old, new, changed)?);
    }
    Ok(gathered.finish(&table.types))
}

/// Fires BEFORE UPDATE triggers on a row; `None`: it stays as it is.
pub fn before(
    ctx: &mut Context<'_, '_>,
    table: &mut Table,
    id: RowId,
    old: &Chunk,
    new: Chunk,
    changed: &[i16],
) -> Result<Option<Chunk>> {
    let new = trigger::before_row(ctx, table, Operation::Update, Some(old), Some(new), changed)?;
    if new.is_some() && !rows::is_live(ctx, table, id)? {
        return Err(trigger::modified_already(Operation::Update));
    }
    Ok(new)
}

/// Puts a row in the place of another, its BEFORE triggers being done.
pub fn replace_row(
    ctx: &mut Context<'_, '_>,
    table: &mut Table,
    id: RowId,
    old: &Chunk,
    new: Chunk,
    changed: &[i16],
) -> Result<Changed> {
    let new = store(ctx, table, &[id], old, new, true)?;
    trigger::note_row(ctx, table, Operation::Update, Some(old), Some(&new.rows), changed)?;
    Ok(new)
}

fn store(
    ctx: &mut Context<'_, '_>,
    table: &mut Table,
    ids: &[RowId],
    old: &Chunk,
    mut new: Chunk,
    unique: bool,
) -> Result<Changed> {
    compute_generated(ctx, table, &mut new)?;
    row_security::check(ctx, table, RowCheckKind::Update, &new)?;
    for &id in ids {
        rows::remove(ctx, table, id)?;
    }
    rows::check(ctx, table, &new, true, unique)?;
    let new_ids = rows::append(ctx, table, new.clone())?;
    foreign_key::note_replaced_rows(ctx, table, (old, ids), (&new, &new_ids))?;
    trigger::keep(ctx, table, Operation::Update, Some(old), Some(&new));
    Ok(Changed::all(new, table.oid(), &new_ids))
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
