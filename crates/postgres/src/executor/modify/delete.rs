//! DELETE.

use kumquat_types::Result;

use super::foreign_key;
use super::rows::{self, Changed, Gathered};
use super::table::Table;
use super::trigger::{self, Operation};
use crate::executor::context::Context;
use crate::storage::RowId;

/// Deletes rows; gives those that were there.
pub fn delete_rows(ctx: &mut Context<'_, '_>, table: &mut Table, ids: &[RowId]) -> Result<Changed> {
    if !table.has_row_triggers(Operation::Delete) {
        return remove_rows(ctx, table, ids);
    }
    let mut gone = Gathered::default();
    for (row, &id) in ids.iter().enumerate() {
        if !rows::is_live(ctx, table, id)? {
            continue;
        }
        let old = rows::fetch(ctx, table, &[id])?;
        if trigger::before_row(ctx, table, Operation::Delete, Some(&old), None, &[])?.is_none() {
            continue;
        }
        if !rows::is_live(ctx, table, id)? {
            return Err(trigger::modified_already(Operation::Delete));
        }
        let old = remove_rows(ctx, table, &[id])?;
        trigger::note_row(ctx, table, Operation::Delete, Some(&old.rows), None, &[])?;
        gone.push(row, old);
    }
    Ok(gone.finish(&table.types))
}

fn remove_rows(ctx: &mut Context<'_, '_>, table: &mut Table, ids: &[RowId]) -> Result<Changed> {
    let mut live = Vec::with_capacity(ids.len());
    for &id in ids {
        if rows::is_live(ctx, table, id)? {
            live.push(id);
        }
    }
    live.dedup();
    let old = rows::fetch(ctx, table, &live)?;
    for &id in &live {
        rows::remove(ctx, table, id)?;
    }
    foreign_key::note_removed_rows(ctx, table, &old);
    trigger::keep(ctx, table, Operation::Delete, Some(&old), None);
    Ok(Changed::all(old, table.oid(), &live))
}
