//! Rows written to a table.

use std::sync::Arc;

use kumquat_types::{Chunk, Oid, Result};

use super::check::{Failure, check_rows, compute_generated};
use super::exclusion::check_exclusions;
use super::foreign_key;
use super::pending::PendingKey;
use super::row_security;
use super::table::Table;
use super::trigger::{self, Operation};
use super::unique::{RowKeys, check_unique, database_index, heap_mut};
use crate::executor::context::Context;
use crate::query::RowCheckKind;
use crate::storage::RowId;

/// Rows that were changed.
pub struct Changed {
    pub rows: Chunk,
    /// Which of the rows that were to be changed they are, if triggers left some out.
    pub kept: Option<Vec<u32>>,
    /// The table and address of each: of a new row its own, of a deleted one the one it had.
    pub places: Vec<(Oid, RowId)>,
}

/// Changed rows, one after the other.
#[derive(Default)]
pub struct Gathered {
    rows: Vec<Chunk>,
    kept: Vec<u32>,
    places: Vec<(Oid, RowId)>,
}

impl Gathered {
    /// Adds what became of the row that was to be changed at a place.
    pub fn push(&mut self, row: usize, changed: Changed) {
        if changed.rows.rows > 0 {
            self.rows.push(changed.rows);
            self.kept.extend(u32::try_from(row));
            self.places.extend(changed.places);
        }
    }

    pub fn finish(self, types: &[Oid]) -> Changed {
        Changed {
            rows: Chunk::concat(types, &self.rows),
            kept: Some(self.kept),
            places: self.places,
        }
    }
}

impl Changed {
    /// Rows of one table, all that were to be changed.
    pub fn all(rows: Chunk, table: Oid, ids: &[RowId]) -> Changed {
        Changed {
            rows,
            kept: None,
            places: ids.iter().map(|&id| (table, id)).collect(),
        }
    }

    /// No row.
    pub fn none(types: &[Oid]) -> Changed {
        Gathered::default().finish(types)
    }

    /// The same rows in another shape.
    pub fn with_rows(self, rows: Chunk) -> Changed {
        Changed { rows, ..self }
    }

    /// The rows of another chunk that belong to these.
    pub fn of(&self, source: &Chunk) -> Chunk {
        match &self.kept {
            Some(kept) => source.take(kept),
            None => source.clone(),
        }
    }
}

/// Checks rows and appends them. `bounds`: the rows were not routed here, so the partition bound is checked.
/// Gives the rows as they were stored, with generated columns and as triggers left them.
pub fn insert(ctx: &mut Context<'_, '_>, table: &mut Table, rows: Chunk, bounds: bool) -> Result<Changed> {
    if !table.has_row_triggers(Operation::Insert) {
        return store(ctx, table, rows, bounds);
    }
    let mut stored = Gathered::default();
    for row in 0..rows.rows {
        let new = rows.slice(row, 1);
        let Some(new) = trigger::before_row(ctx, table, Operation::Insert, None, Some(new), &[])? else {
            continue;
        };
        stored.push(row, insert_row(ctx, table, new, bounds)?);
    }
    Ok(stored.finish(&table.types))
}

/// Inserts one row whose BEFORE triggers are done.
pub fn insert_row(ctx: &mut Context<'_, '_>, table: &mut Table, new: Chunk, bounds: bool) -> Result<Changed> {
    let new = store(ctx, table, new, bounds)?;
    trigger::note_row(ctx, table, Operation::Insert, None, Some(&new.rows), &[])?;
    Ok(new)
}

fn store(ctx: &mut Context<'_, '_>, table: &mut Table, mut rows: Chunk, bounds: bool) -> Result<Changed> {
    compute_generated(ctx, table, &mut rows)?;
    row_security::check(ctx, table, RowCheckKind::Insert, &rows)?;
    check(ctx, table, &rows, bounds, true)?;
    let ids = append(ctx, table, rows.clone())?;
    foreign_key::note_new_rows(ctx, table, &ids);
    trigger::keep(ctx, table, Operation::Insert, None, Some(&rows));
    Ok(Changed::all(rows, table.oid(), &ids))
}

/// Fails as checking row by row would.
pub fn check(ctx: &mut Context<'_, '_>, table: &mut Table, rows: &Chunk, bounds: bool, unique: bool) -> Result<()> {
    let failure = check_rows(ctx, table, rows, bounds)?;
    if unique {
        // Rows before the failing one come first.
        let up_to = failure.as_ref().map_or(rows.rows, |failure| failure.row);
        let before = rows.slice(0, up_to);
        let unique = check_unique(ctx, table, &before)?;
        let excluded = check_exclusions(ctx, table, &before)?;
        let first = unique.into_iter().chain(excluded).min_by_key(|failure| failure.row);
        if let Some(Failure { error, .. }) = first {
            return Err(error);
        }
    }
    match failure {
        Some(failure) => Err(failure.error),
        None => Ok(()),
    }
}

/// Appends rows to the table and its unique indexes; gives their addresses.
pub fn append(ctx: &mut Context<'_, '_>, table: &mut Table, rows: Chunk) -> Result<Vec<RowId>> {
    let oid = table.oid();
    let first = heap_mut(ctx.backend, oid)?.row_versions();
    let count = rows.rows as u64;
    let mut keys = Vec::with_capacity(table.uniques.len());
    for unique in &mut table.uniques {
        database_index(ctx, oid, unique.oid, &mut unique.keys)?;
        keys.push(RowKeys::of(ctx, &mut unique.keys, &rows)?);
    }
    let heap = heap_mut(ctx.backend, oid)?;
    heap.append(rows);
    let covered = heap.row_versions();
    for (unique, keys) in table.uniques.iter().zip(keys) {
        let positions = (first..covered).filter_map(|position| u32::try_from(position).ok());
        let (columns, positions): (Vec<_>, Vec<u32>) = match &keys.mask {
            None => (
                keys.columns.iter().map(|column| column.as_ref().clone()).collect(),
                positions.collect(),
            ),
            Some(mask) => (
                keys.columns.iter().map(|column| column.filter(mask)).collect(),
                positions
                    .zip(0..)
                    .filter(|(_, row)| mask.get(*row))
                    .map(|(position, _)| position)
                    .collect(),
            ),
        };
        if let Some(index) = heap.indexes.get_mut(&unique.oid) {
            Arc::make_mut(index).add(columns, positions, covered);
        }
    }
    let unique = table.uniques.iter().map(|unique| (unique.oid, &unique.deferrable));
    let excluding = table
        .exclusions
        .iter()
        .map(|exclusion| (exclusion.oid, &exclusion.deferrable));
    for (index, deferrable) in unique.chain(excluding) {
        if let Some(constraint) = deferrable {
            ctx.pending.keys.push(PendingKey {
                table: oid,
                index,
                constraint: constraint.oid,
                rows: (first, first + count),
            });
        }
    }
    Ok((first..covered).map(RowId::at).collect())
}

/// Marks a row dead; false if it was already.
pub fn remove(ctx: &mut Context<'_, '_>, table: &Table, id: RowId) -> Result<bool> {
    Ok(heap_mut(ctx.backend, table.oid())?.mark_dead(id))
}

/// Rows as they are in the table now, for addresses that are live.
pub fn fetch(ctx: &Context<'_, '_>, table: &Table, ids: &[RowId]) -> Result<Chunk> {
    let database = ctx.backend.database()?;
    Ok(match database.heaps.get(&table.oid()) {
        Some(heap) => heap.fetch(ids, &table.types),
        None => Chunk::empty(&table.types),
    })
}

pub fn is_live(ctx: &Context<'_, '_>, table: &Table, id: RowId) -> Result<bool> {
    let database = ctx.backend.database()?;
    Ok(database.heaps.get(&table.oid()).is_some_and(|heap| heap.is_live(id)))
}
