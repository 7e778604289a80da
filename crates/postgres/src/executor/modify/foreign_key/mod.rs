//! Foreign keys: rows that reference and rows that are referenced, and what happens to the ones when the others
//! change (PostgreSQL's `ri_triggers.c`).
//!
//! Writes are noted here, and looked at when the statement or transaction ends ([`carry_out`]): [`check`] asks
//! whether keys are there, [`action`] is CASCADE and its kin; [`keys`] are the columns both read.

mod action;
mod check;
mod keys;

pub use check::{check_referencing, leaves_of};

use std::collections::BTreeSet;
use std::sync::Arc;

use kumquat_types::{Chunk, Datum, Oid, Result};

use self::keys::{column, referenced_columns, values};
use super::pending::Event;
use super::table::Table;
use crate::catalog::{Constraint, ConstraintKind, ForeignKey, ForeignKeyAction};
use crate::executor::context::Context;
use crate::storage::RowId;

/// New rows must find what they reference.
pub fn note_new_rows(ctx: &mut Context<'_, '_>, table: &Table, rows: &[RowId]) {
    for constraint in &table.foreign_keys {
        ctx.pending.events.push(Event::Referencing {
            constraint: constraint.oid,
            table: table.oid(),
            rows: rows.to_vec(),
        });
    }
}

/// Rows that were replaced: only keys that changed matter, on either side, and those that were still to be checked.
pub fn note_replaced_rows(
    ctx: &mut Context<'_, '_>,
    table: &Table,
    (old, old_ids): (&Chunk, &[RowId]),
    (new, ids): (&Chunk, &[RowId]),
) -> Result<()> {
    for constraint in &table.foreign_keys {
        let ConstraintKind::ForeignKey(key) = &constraint.kind else {
            continue;
        };
        let mut changed = changed_rows(old, new, &key.columns);
        let unchecked = match constraint.deferrable {
            true => ctx.backend.database()?.pending.unchecked(constraint.oid, table.oid()),
            false => BTreeSet::new(),
        };
        if !unchecked.is_empty() {
            let waits = |row: &usize| old_ids.get(*row).is_some_and(|id| unchecked.contains(id));
            changed.extend((0..old.rows).filter(waits));
            changed.sort_unstable();
            changed.dedup();
        }
        let rows: Vec<RowId> = changed.into_iter().filter_map(|row| ids.get(row).copied()).collect();
        if !rows.is_empty() {
            ctx.pending.events.push(Event::Referencing {
                constraint: constraint.oid,
                table: table.oid(),
                rows,
            });
        }
    }
    for constraint in &table.referencing {
        let columns = referenced_columns(ctx, constraint, &table.relation);
        let changed = changed_rows(old, new, &columns);
        let keys = |rows: &Chunk| {
            changed
                .iter()
                .map(|&row| values(rows, row, &columns))
                .collect::<Vec<_>>()
        };
        if !changed.is_empty() {
            let (old, new) = (keys(old), keys(new));
            push_referenced(ctx, constraint, table.oid(), old, Some(new));
        }
    }
    Ok(())
}

/// Rows that are gone.
pub fn note_removed_rows(ctx: &mut Context<'_, '_>, table: &Table, old: &Chunk) {
    for constraint in &table.referencing {
        let columns = referenced_columns(ctx, constraint, &table.relation);
        let keys = (0..old.rows).map(|row| values(old, row, &columns)).collect();
        push_referenced(ctx, constraint, table.oid(), keys, None);
    }
}

fn push_referenced(
    ctx: &mut Context<'_, '_>,
    constraint: &Constraint,
    table: Oid,
    old: Vec<Vec<Datum>>,
    new: Option<Vec<Vec<Datum>>>,
) {
    ctx.pending.events.push(Event::Referenced {
        constraint: constraint.oid,
        table,
        old,
        new,
    });
}

fn changed_rows(old: &Chunk, new: &Chunk, columns: &[i16]) -> Vec<usize> {
    let differs = |row: &usize| {
        columns
            .iter()
            .any(|&attribute| match (column(old, attribute), column(new, attribute)) {
                (Some(a), Some(b)) => !Arc::ptr_eq(a, b) && !kumquat_types::compare::same(&a.get(*row), &b.get(*row)),
                _ => false,
            })
    };
    (0..old.rows).filter(differs).collect()
}

/// Only checks may wait for COMMIT; RESTRICT and actions never do.
pub fn may_wait(ctx: &Context<'_, '_>, event: &Event) -> Result<bool> {
    let Event::Referenced { constraint, new, .. } = event else {
        return Ok(true);
    };
    let Some((_, key)) = find(ctx, *constraint)? else {
        return Ok(false);
    };
    let action = if new.is_some() { key.on_update } else { key.on_delete };
    Ok(action == ForeignKeyAction::NoAction)
}

fn find(ctx: &Context<'_, '_>, oid: Oid) -> Result<Option<(Arc<Constraint>, ForeignKey)>> {
    let constraint = ctx.backend.catalog()?.constraints.get(&oid).cloned();
    Ok(constraint.and_then(|constraint| match &constraint.kind {
        ConstraintKind::ForeignKey(key) => {
            let key = key.clone();
            Some((constraint, key))
        }
        _ => None,
    }))
}

/// Counts the rows that a foreign key looks at, as calls of its triggers.
pub fn count(ctx: &mut Context<'_, '_>, event: &Event) {
    let (side, oid, table, rows) = match event {
        Event::Referencing {
            constraint,
            table,
            rows,
        } => ('c', *constraint, *table, rows.len()),
        Event::Referenced {
            constraint, table, old, ..
        } => ('a', *constraint, *table, old.len()),
        Event::Trigger(_) => return,
    };
    if let Ok(Some((constraint, _))) = find(ctx, oid) {
        let name = format!("RI_ConstraintTrigger_{side}_{}", oid.0);
        ctx.count_trigger(&name, Some(&constraint.name), table, rows);
    }
}

/// Checks, or does what the foreign key says.
pub fn carry_out(ctx: &mut Context<'_, '_>, event: &Event) -> Result<()> {
    match event {
        Event::Referencing {
            constraint,
            table,
            rows,
        } => {
            let Some((constraint, key)) = find(ctx, *constraint)? else {
                return Ok(());
            };
            check_referencing(ctx, &constraint, &key, *table, rows)
        }
        Event::Referenced {
            constraint,
            table,
            old,
            new,
        } => {
            let Some((constraint, key)) = find(ctx, *constraint)? else {
                return Ok(());
            };
            let action = if new.is_some() { key.on_update } else { key.on_delete };
            match action {
                ForeignKeyAction::NoAction | ForeignKeyAction::Restrict => {
                    check::check_unreferenced(ctx, &constraint, &key, *table, old, action)
                }
                action => action::act(ctx, &constraint, &key, action, old, new.as_deref()).map_err(|error| {
                    let statement = action::statement_of(ctx, &constraint, &key, action, new.is_none());
                    error.context(format!("SQL statement \"{statement}\""))
                }),
            }
        }
        Event::Trigger(_) => Ok(()),
    }
}
