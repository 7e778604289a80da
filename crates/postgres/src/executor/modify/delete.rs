//! DELETE.

use kumquat_types::{Chunk, Result};

use super::foreign_key;
use super::rows::{self, Changed};
use super::table::Table;
use super::trigger::{self, Operation};
use crate::executor::context::Context;
use crate::storage::RowId;

/// Deletes rows; gives those that were there.
pub fn delete_rows(ctx: &mut Context<'_, '_>, table: &mut Table, ids: &[RowId]) -> Result<Changed> {
    if !table.has_row_triggers(Operation::Delete) {
        let rows = remove_rows(ctx, table, ids)?;
        return Ok(Changed { rows, kept: None });
    }
    let (mut gone, mut kept) = (Vec::new(), Vec::new());
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
        trigger::note_row(ctx, table, Operation::Delete, Some(&old), None, &[])?;
        gone.push(old);
        kept.extend(u32::try_from(row));
    }
    Ok(Changed {
        rows: Chunk::concat(&table.types, &gone),
        kept: Some(kept),
    })
}

fn remove_rows(ctx: &mut Context<'_, '_>, table: &mut Table, ids: &[RowId]) -> Result<Chunk> {
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
    Ok(old)
}
