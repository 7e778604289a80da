//! INSERT ... ON CONFLICT: rows whose key is there already are left out, or update the row that has it.

use std::sync::Arc;

use kumquat_types::{Chunk, Column, Error, Oid, Result, SqlState};

use super::check::{check_bounds, compute_generated};
use super::route::Router;
use super::rows::Changed;
use super::table::{Table, Tables};
use super::trigger::{self, Operation};
use super::unique::{RowKeys, database_index, find_live};
use super::{insert, row_security, rows, update};
use crate::catalog::{Relation, RelationKind};
use crate::commands::attribute_map::AttributeMap;
use crate::executor::context::Context;
use crate::executor::expr::compile::compile_all;
use crate::executor::expr::{Compiled, compile};
use crate::executor::indexing::bound_index;
use crate::executor::layout::Layout;
use crate::planner::plan::{ConflictAction, ScanTarget};
use crate::query::RowCheckKind;
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
    Inserted(Changed),
    Updated(Changed),
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

    /// The row that is there already is updated under a condition.
    pub fn has_condition(&self) -> bool {
        self.update.as_ref().is_some_and(|update| !update.condition.is_empty())
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
        let fires = table.has_row_triggers(Operation::Insert);
        let converted = match fires {
            true => match trigger::before_row(ctx, table, Operation::Insert, None, Some(converted), &[])? {
                Some(converted) => converted,
                None => return Ok(Outcome::Left),
            },
            false => converted,
        };
        if fires {
            row = router.convert(ctx, leaf, target, &converted)?;
        }
        let root = tables.get(ctx, target)?;
        row_security::check(ctx, root, RowCheckKind::Insert, &row)?;
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
            if fires {
                let stored = rows::insert_row(ctx, table, converted, leaf == target)?;
                let rows = router.convert(ctx, leaf, target, &stored.rows)?;
                return Ok(Outcome::Inserted(stored.with_rows(rows)));
            }
            let inserted = insert::insert_rows(ctx, tables, router, target, row)?;
            return Ok(match inserted.rows.rows {
                0 => Outcome::Left,
                _ => Outcome::Inserted(inserted),
            });
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
        let root = tables.get(ctx, target)?;
        row_security::check(ctx, root, RowCheckKind::Conflict, &old_as_target)?;
        let mut set: Vec<(i16, Arc<Column>)> = Vec::with_capacity(update.set.len());
        for (attribute, value) in &mut update.set {
            set.push((*attribute, value.eval(ctx, &both, None)?));
        }
        let new = update::assigned(&old_as_target, &set);
        let changed: Vec<i16> = set.iter().map(|(attribute, _)| *attribute).collect();
        let updated = replace(ctx, tables, router, (target, leaf), existing, new, &changed)?;
        Ok(updated.map_or(Outcome::Left, Outcome::Updated))
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
        for exclusion in &mut table.exclusions {
            let chosen = self.arbiters.is_empty() || self.arbiters.contains(&exclusion.oid);
            if chosen
                && exclusion.deferrable.is_none()
                && let Some(found) = exclusion.find(ctx, oid, row)?
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

/// Replaces a row of a leaf by one with the columns of the target; it moves if it belongs elsewhere now. `changed`:
/// the target's columns that are assigned to. Gives `None` if a trigger has left the row as it was.
pub fn replace(
    ctx: &mut Context<'_, '_>,
    tables: &mut Tables,
    router: &mut Router,
    (target, leaf): (Oid, Oid),
    id: RowId,
    new: Chunk,
    changed: &[i16],
) -> Result<Option<Changed>> {
    let mut new = new;
    let root = tables.get(ctx, target)?;
    compute_generated(ctx, root, &mut new)?;
    if leaf != target {
        row_security::check(ctx, root, RowCheckKind::Update, &new)?;
    }
    let root = root.relation.clone();
    let partitioned = root.kind == RelationKind::PartitionedTable;
    let converted = router.convert(ctx, target, leaf, &new)?;
    let table = tables.get(ctx, leaf)?;
    let changed = match leaf == target {
        true => changed.to_vec(),
        false => AttributeMap::by_name(&root, &table.relation).all(changed),
    };
    let old = rows::fetch(ctx, table, &[id])?;
    let Some(converted) = update::before(ctx, table, id, &old, converted, &changed)? else {
        return Ok(None);
    };
    let new = router.convert(ctx, leaf, target, &converted)?;
    if partitioned {
        check_bounds(ctx, tables.get(ctx, target)?, &new)?;
    }
    let moved_to = match partitioned {
        true => router.route(ctx, target, &new)?.first().copied().unwrap_or(leaf),
        false => leaf,
    };
    if moved_to != leaf {
        let table = tables.get(ctx, leaf)?;
        if super::delete::delete_rows(ctx, table, &[id])?.rows.rows == 0 {
            return Ok(None);
        }
        let inserted = insert::insert_rows(ctx, tables, router, target, new)?;
        return Ok((inserted.rows.rows > 0).then_some(inserted));
    }
    let table = tables.get(ctx, leaf)?;
    let stored = update::replace_row(ctx, table, id, &old, converted, &changed)?;
    let rows = router.convert(ctx, leaf, target, &stored.rows)?;
    if leaf != target {
        let old = router.convert(ctx, leaf, target, &old)?;
        let root = tables.get(ctx, target)?;
        trigger::keep(ctx, root, Operation::Update, Some(&old), Some(&rows));
    }
    Ok(Some(stored.with_rows(rows)))
}
