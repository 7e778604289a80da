//! INSERT: rows find their partition and are written there.

use std::collections::BTreeMap;

use kumquat_types::{Chunk, Oid, Result};

use super::check::compute_generated;
use super::route::Router;
use super::rows;
use super::table::Tables;
use crate::executor::context::Context;

/// Inserts rows, which have the columns of `target`; gives them as they were stored.
pub fn insert_rows(
    ctx: &mut Context<'_, '_>,
    tables: &mut Tables,
    router: &mut Router,
    target: Oid,
    mut new: Chunk,
) -> Result<Chunk> {
    let table = tables.get(ctx, target)?;
    if !table.is_partitioned() {
        return rows::insert(ctx, table, new, true);
    }
    compute_generated(ctx, table, &mut new)?;
    let leaves = router.route(ctx, target, &new)?;
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
    for (leaf, members) in groups.into_values() {
        let converted = router.convert(ctx, target, leaf, &new.take(&members))?;
        let table = tables.get(ctx, leaf)?;
        rows::insert(ctx, table, converted, false)?;
    }
    Ok(new)
}
