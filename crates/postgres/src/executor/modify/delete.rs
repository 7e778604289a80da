//! DELETE.

use kumquat_types::{Chunk, Result};

use super::foreign_key;
use super::rows;
use super::table::Table;
use crate::executor::context::Context;
use crate::storage::RowId;

/// Deletes rows; gives those that were there.
pub fn delete_rows(ctx: &mut Context<'_, '_>, table: &mut Table, ids: &[RowId]) -> Result<Chunk> {
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
    Ok(old)
}
