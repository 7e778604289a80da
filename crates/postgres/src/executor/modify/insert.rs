//! INSERT: rows find their partition and are written there.

use std::collections::BTreeMap;

use kumquat_types::{Chunk, Oid, Result};

use super::check::{check_bounds, compute_generated};
use super::route::Router;
use super::row_security;
use super::rows::{self, Changed, Gathered};
use super::table::Tables;
use super::trigger::{self, Operation};
use crate::executor::context::Context;
use crate::query::RowCheckKind;
use crate::storage::RowId;

/// Inserts rows, which have the columns of `target`; gives them as they were stored.
pub fn insert_rows(
    ctx: &mut Context<'_, '_>,
    tables: &mut Tables,
    router: &mut Router,
    target: Oid,
    mut new: Chunk,
) -> Result<Changed> {
    let table = tables.get(ctx, target)?;
    if !table.is_partitioned() {
        return rows::insert(ctx, table, new, true);
    }
    compute_generated(ctx, table, &mut new)?;
    row_security::check(ctx, table, RowCheckKind::Insert, &new)?;
    check_bounds(ctx, table, &new)?;
    let leaves = router.route(ctx, target, &new)?;
    for &leaf in &leaves {
        if tables.get(ctx, leaf)?.has_row_triggers(Operation::Insert) {
            return insert_each(ctx, tables, router, target, &new, &leaves);
        }
    }
    // Runs of rows for one leaf go there together. A leaf's rows stay in order; what fails, fails in order.
    let mut groups: BTreeMap<usize, (Oid, Vec<u32>)> = BTreeMap::new();
    let mut place: BTreeMap<Oid, usize> = BTreeMap::new();
    for (row, &leaf) in leaves.iter().enumerate() {
        let number = place.len();
        let number = *place.entry(leaf).or_insert(number);
        groups
            .entry(number)
            .or_insert_with(|| (leaf, Vec::new()))
            .1
            .extend(u32::try_from(row));
    }
    let mut places = vec![(target, RowId::at(0)); new.rows];
    for (leaf, members) in groups.into_values() {
        let converted = router.convert(ctx, target, leaf, &new.take(&members))?;
        let table = tables.get(ctx, leaf)?;
        let stored = rows::insert(ctx, table, converted, false)?;
        for (member, at) in members.into_iter().zip(stored.places) {
            if let Some(place) = places.get_mut(member as usize) {
                *place = at;
            }
        }
    }
    trigger::keep(ctx, tables.get(ctx, target)?, Operation::Insert, None, Some(&new));
    Ok(Changed {
        rows: new,
        kept: None,
        places,
    })
}

/// One row after the other, for the sake of their triggers.
fn insert_each(
    ctx: &mut Context<'_, '_>,
    tables: &mut Tables,
    router: &mut Router,
    target: Oid,
    new: &Chunk,
    leaves: &[Oid],
) -> Result<Changed> {
    let mut stored = Gathered::default();
    for (row, &leaf) in leaves.iter().enumerate() {
        let converted = router.convert(ctx, target, leaf, &new.slice(row, 1))?;
        let table = tables.get(ctx, leaf)?;
        let inserted = rows::insert(ctx, table, converted, false)?;
        let rows = router.convert(ctx, leaf, target, &inserted.rows)?;
        stored.push(row, inserted.with_rows(rows));
    }
    let root = tables.get(ctx, target)?;
    let stored = stored.finish(&root.types);
    trigger::keep(ctx, root, Operation::Insert, None, Some(&stored.rows));
    Ok(stored)
}
