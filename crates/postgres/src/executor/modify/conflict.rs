//! INSERT ... ON CONFLICT: rows whose key is there already are left out, or update the row that has it.

use std::sync::Arc;

use kumquat_types::{Chunk, Column, Error, Oid, Result, SqlState};

use super::check::compute_generated;
use super::route::Router;
use super::table::{Table, Tables};
use super::unique::{RowKeys, database_index, find_live};
use super::{insert, rows, update};
use crate::catalog::Relation;
use crate::executor::context::Context;
use crate::executor::expr::compile::compile_all;
use crate::executor::expr::{Compiled, compile};
use crate::executor::indexing::bound_index;
use crate::executor::layout::Layout;
use crate::planner::plan::{ConflictAction, ScanTarget};
use crate::storage::RowId;

/// ON CONFLICT, compiled.
pub struct Conflict {
    arbiters: Vec<Oid>,
    update: Option<Update>,
    /// Row versions that each table had when the statement began: later ones are the statement's own.
    began: std::collections::BTreeMap<Oid, u64>,
}

struct Update {
    /// Attribute of the target, and its new value over the target's row and EXCLUDED.
    set: Vec<(i16, Compiled)>,
    condition: Vec<Compiled>,
}

/// What became of a row.
pub enum Outcome {
    Inserted(Chunk),
    Updated(Chunk),
    Left,
}

impl Conflict {
    pub fn new(
        ctx: &Context<'_, '_>,
        action: &ConflictAction,
        target: &ScanTarget,
        relation: &Relation,
    ) -> Result<Conflict> {
        let types = || {
            relation
                .attributes
                .iter()
                .map(|attribute| (attribute.type_oid, attribute.type_modifier))
        };
        let layout = Layout::of_entry(target.entry, types()).join(Layout::of_entry(action.excluded, types()));
        let update = match &action.update {
            None => None,
            Some(update) => {
                let set =
                    |(number, expr): &(i16, crate::query::Expr)| Ok((*number, compile(ctx.backend, expr, &layout)?));
                Some(Update {
                    set: update.set.iter().map(set).collect::<Result<_>>()?,
                    condition: compile_all(ctx.backend, &update.condition, &layout)?,
                })
            }
        };
        let arbiters = action
            .arbiters
            .iter()
            .map(|&index| bound_index(ctx, target.relation, index));
        Ok(Conflict {
            arbiters: arbiters.collect::<Result<_>>()?,
            update,
            began: Default::default(),
        })
    }

    /// Inserts one row with the columns of `target`, unless it conflicts.
    pub fn insert(
        &mut self,
        ctx: &mut Context<'_, '_>,
        tables: &mut Tables,
        router: &mut Router,
        target: Oid,
        mut row: Chunk,
    ) -> Result<Outcome> {
        let table = tables.get(ctx, target)?;
        compute_generated(ctx, table, &mut row)?;
        let leaf = match table.is_partitioned() {
            true => router.route(ctx, target, &row)?.first().copied().unwrap_or(target),
            false => target,
        };
        let converted = router.convert(ctx, target, leaf, &row)?;
        let table = tables.get(ctx, leaf)?;
        let began = *self
            .began
            .entry(leaf)
            .or_insert_with(|| ctx.snapshot.get(&leaf).map_or(0, |heap| heap.row_versions()));
        let failure = super::check::check_rows(ctx, table, &converted, leaf == target)?;
        if let Some(failure) = failure {
            return Err(failure.error);
        }
        let Some(existing) = self.find(ctx, table, &converted)? else {
            return insert::insert_rows(ctx, tables, router, target, row).map(Outcome::Inserted);
        };
        let Some(update) = &mut self.update else {
            return Ok(Outcome::Left);
        };
        if existing.position() >= began {
            return Err(Error::new(
                SqlState::CARDINALITY_VIOLATION,
                "ON CONFLICT DO UPDATE command cannot affect row a second time",
            )
            .hint(
                "Ensure that no rows proposed for insertion within the same command have duplicate constrained values.",
            ));
        }
        let old = rows::fetch(ctx, table, &[existing])?;
        let old_as_target = router.convert(ctx, leaf, target, &old)?;
        let mut columns = old_as_target.columns.clone();
        columns.extend(row.columns.iter().cloned());
        let both = Chunk::new(columns, 1);
        for condition in &mut update.condition {
            if condition.eval_row(ctx, &both)?.as_bool() != Some(true) {
                return Ok(Outcome::Left);
            }
        }
        let mut set: Vec<(i16, Arc<Column>)> = Vec::with_capacity(update.set.len());
        for (attribute, value) in &mut update.set {
            set.push((*attribute, value.eval(ctx, &both, None)?));
        }
        let new = update::assigned(&old_as_target, &set);
        replace(ctx, tables, router, (target, leaf), existing, new).map(Outcome::Updated)
    }

    /// The row that has the key already, by the arbiters.
    fn find(&self, ctx: &mut Context<'_, '_>, table: &mut Table, row: &Chunk) -> Result<Option<RowId>> {
        let oid = table.oid();
        let parents = |ctx: &Context<'_, '_>, index: Oid| -> Vec<Oid> {
            let relation = ctx.backend.catalog().ok().and_then(|catalog| catalog.relation(index));
            relation.map(|relation| relation.parents.clone()).unwrap_or_default()
        };
        for unique in table.uniques.iter_mut() {
            // On a partition, the index is a child of the one that was named.
            let chosen = self.arbiters.is_empty()
                || self.arbiters.contains(&unique.oid)
                || parents(ctx, unique.oid)
                    .iter()
                    .any(|parent| self.arbiters.contains(parent))
                || self.arbiters.iter().any(|&arbiter| descends(ctx, unique.oid, arbiter));
            if !chosen {
                continue;
            }
            let keys = RowKeys::of(ctx, &mut unique.keys, row)?;
            let index = database_index(ctx, oid, unique.oid, &mut unique.keys)?;
            if keys.counts(0, &unique.definition)
                && let Some(found) = find_live(ctx, oid, &index, &keys.key(0))?
            {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

/// An index comes from another by way of partitions of partitions.
fn descends(ctx: &Context<'_, '_>, index: Oid, ancestor: Oid) -> bool {
    let Ok(catalog) = ctx.backend.catalog() else {
        return false;
    };
    let mut at = Some(index);
    let mut steps = 0;
    while let Some(oid) = at
        && steps < 32
    {
        if oid == ancestor {
            return true;
        }
        at = catalog
            .relation(oid)
            .and_then(|relation| relation.parents.first().copied());
        steps += 1;
    }
    false
}

/// Replaces a row of a leaf by one with the columns of the target; it moves if it belongs elsewhere now.
pub fn replace(
    ctx: &mut Context<'_, '_>,
    tables: &mut Tables,
    router: &mut Router,
    (target, leaf): (Oid, Oid),
    id: RowId,
    mut new: Chunk,
) -> Result<Chunk> {
    let root = tables.get(ctx, target)?;
    compute_generated(ctx, root, &mut new)?;
    let moved_to = match root.is_partitioned() {
        true => router.route(ctx, target, &new)?.first().copied().unwrap_or(leaf),
        false => leaf,
    };
    if moved_to != leaf {
        let table = tables.get(ctx, leaf)?;
        super::delete::delete_rows(ctx, table, &[id])?;
        return insert::insert_rows(ctx, tables, router, target, new);
    }
    let converted = router.convert(ctx, target, leaf, &new)?;
    let table = tables.get(ctx, leaf)?;
    let set = (1..).zip(converted.columns.iter().cloned()).collect();
    update::replace_rows(ctx, table, &[id], &set)?;
    Ok(new)
}
