//! Checks that wait: for the end of the statement, or for that of the transaction.

use std::collections::{BTreeMap, BTreeSet};

use imbl::{OrdMap, Vector};
use kumquat_types::{Datum, Error, Oid, Result, SqlState};

use super::foreign_key;
use super::table::Table;
use super::trigger::{Fired, Operation, Transition};
use super::unique::{RowKeys, database_index, duplicate_key};
use crate::backend::Backend;
use crate::executor::context::Context;
use crate::executor::with_context;
use crate::storage::RowId;

/// What a statement has left to be checked at its end.
#[derive(Clone, Debug, Default)]
pub struct Pending {
    pub events: Vec<Event>,
    pub keys: Vec<PendingKey>,
    /// What transition tables are made of.
    pub transitions: BTreeMap<(Oid, Operation), Transition>,
}

/// Checks put off to the end of the transaction; part of the database, so that ROLLBACK forgets them.
#[derive(Clone, Debug, Default)]
pub struct PendingChecks {
    events: Vector<Event>,
    keys: Vector<PendingKey>,
    /// SET CONSTRAINTS: by constraint, or all of them.
    modes: OrdMap<Oid, bool>,
    all: Option<bool>,
}

/// A row change that a foreign key must look at, or a trigger that is to be fired.
#[derive(Clone, Debug)]
pub enum Event {
    /// New rows of the referencing table.
    Referencing {
        constraint: Oid,
        table: Oid,
        rows: Vec<RowId>,
    },
    /// Keys of the referenced table that are gone, with those that took their place (UPDATE).
    Referenced {
        constraint: Oid,
        table: Oid,
        old: Vec<Vec<Datum>>,
        new: Option<Vec<Vec<Datum>>>,
    },
    Trigger(Fired),
}

/// New rows in a deferrable unique index, or one of an exclusion constraint.
#[derive(Clone, Debug)]
pub struct PendingKey {
    pub table: Oid,
    pub index: Oid,
    pub constraint: Oid,
    /// First position, and the one after the last.
    pub rows: (u64, u64),
}

impl Event {
    fn constraint(&self) -> Oid {
        match self {
            Event::Referencing { constraint, .. } | Event::Referenced { constraint, .. } => *constraint,
            Event::Trigger(fired) => fired.trigger.oid,
        }
    }
}

impl PendingChecks {
    /// SET CONSTRAINTS: whether these constraints (none: all) wait for COMMIT from now on.
    pub fn set_mode(&mut self, constraints: &[Oid], deferred: bool) {
        if constraints.is_empty() {
            self.modes.clear();
            self.all = Some(deferred);
        }
        for constraint in constraints {
            self.modes.insert(*constraint, deferred);
        }
    }

    /// Rows of the table that have yet to be checked for what they reference.
    pub fn unchecked(&self, foreign_key: Oid, referencing: Oid) -> BTreeSet<RowId> {
        let rows = self.events.iter().filter_map(|event| match event {
            Event::Referencing {
                constraint,
                table,
                rows,
            } if *constraint == foreign_key && *table == referencing => Some(rows),
            _ => None,
        });
        rows.flatten().copied().collect()
    }

    fn is_deferred(&self, constraint: Oid) -> Option<bool> {
        self.modes.get(&constraint).copied()
    }

    fn is_empty(&self) -> bool {
        self.events.is_empty() && self.keys.is_empty()
    }
}

/// Whether a constraint waits for COMMIT now.
fn is_deferred(backend: &Backend<'_>, oid: Oid) -> Result<bool> {
    let database = backend.database()?;
    let pending = &database.pending;
    if let Some(trigger) = database.catalog.triggers.get(&oid) {
        let mode = pending.is_deferred(oid).or_else(|| pending.is_deferred(trigger.parent));
        return Ok(trigger.deferrable && mode.or(pending.all).unwrap_or(trigger.initially_deferred));
    }
    let Some(constraint) = database.catalog.constraints.get(&oid) else {
        return Ok(false);
    };
    // A partition's constraint follows that of the partitioned table.
    let mode = pending
        .is_deferred(oid)
        .or_else(|| pending.is_deferred(constraint.parent));
    Ok(constraint.deferrable && mode.or(pending.all).unwrap_or(constraint.initially_deferred))
}

/// The end of a statement: carries out what foreign keys ask for and makes the checks that do not wait.
pub fn finish_statement(ctx: &mut Context<'_, '_>) -> Result<()> {
    let mut is_own = true;
    while !ctx.pending.events.is_empty() || !ctx.pending.keys.is_empty() {
        let (keys, events) = (
            std::mem::take(&mut ctx.pending.keys),
            std::mem::take(&mut ctx.pending.events),
        );
        for key in keys {
            match is_deferred(ctx.backend, key.constraint)? {
                true => ctx.backend.database_mut()?.pending.keys.push_back(key),
                false => check_key(ctx, &key)?,
            }
        }
        for event in events {
            match is_deferred(ctx.backend, event.constraint())? && foreign_key::may_wait(ctx, &event)? {
                true => ctx.backend.database_mut()?.pending.events.push_back(event),
                false => {
                    if is_own {
                        foreign_key::count(ctx, &event);
                    }
                    carry_out(ctx, &event)?;
                }
            }
        }
        // What follows is brought about by these, in statements of their own.
        is_own = false;
    }
    Ok(())
}

fn carry_out(ctx: &mut Context<'_, '_>, event: &Event) -> Result<()> {
    match event {
        Event::Trigger(fired) => super::trigger::fire_later(ctx, fired),
        event => foreign_key::carry_out(ctx, event),
    }
}

/// COMMIT: makes all checks that have waited, and those that they bring about; SET CONSTRAINTS is forgotten.
pub fn check_at_commit(backend: &mut Backend<'_>) -> Result<()> {
    backend.database_mut()?.pending.set_mode(&[], false);
    while !backend.database()?.pending.is_empty() {
        check_deferred(backend, &[])?;
    }
    backend.database_mut()?.pending = PendingChecks::default();
    Ok(())
}

/// SET CONSTRAINTS ... IMMEDIATE: makes the checks of these constraints (none: all) that have waited.
pub fn check_deferred(backend: &mut Backend<'_>, constraints: &[Oid]) -> Result<()> {
    let pending = &mut backend.database_mut()?.pending;
    let (events, keys) = (std::mem::take(&mut pending.events), std::mem::take(&mut pending.keys));
    let chosen = |constraint: Oid| constraints.is_empty() || constraints.contains(&constraint);
    let (events, later): (Vector<Event>, Vector<Event>) =
        events.into_iter().partition(|event| chosen(event.constraint()));
    let (keys, later_keys): (Vector<PendingKey>, Vector<PendingKey>) =
        keys.into_iter().partition(|key| chosen(key.constraint));
    (pending.events, pending.keys) = (later, later_keys);
    if events.is_empty() && keys.is_empty() {
        return Ok(());
    }
    with_context(backend, |ctx| {
        for key in &keys {
            check_key(ctx, key)?;
        }
        for event in &events {
            carry_out(ctx, event)?;
        }
        finish_statement(ctx)
    })
}

/// No key of these rows may be in the table twice.
fn check_key(ctx: &mut Context<'_, '_>, pending: &PendingKey) -> Result<()> {
    let mut table = Table::open(ctx.backend, pending.table)?;
    let (relation, oid) = (table.relation.clone(), table.oid());
    if let Some(exclusion) = table.exclusions.iter_mut().find(|own| own.oid == pending.index) {
        return exclusion.check_waiting(ctx, &relation, pending.rows);
    }
    let Some(unique) = table.uniques.iter_mut().find(|unique| unique.oid == pending.index) else {
        return Ok(());
    };
    let index = database_index(ctx, oid, unique.oid, &mut unique.keys)?;
    let heap = ctx.heap_now(oid)?;
    for position in pending.rows.0..pending.rows.1 {
        let id = RowId::at(position);
        if !heap.is_live(id) {
            continue;
        }
        let row = heap.fetch(&[id], &table.types);
        let keys = RowKeys::of(ctx, &mut unique.keys, &row)?;
        let own = u32::try_from(position).unwrap_or(u32::MAX);
        let mut is_other = |other: u32| other != own && heap.is_live(RowId::at(other.into()));
        if keys.counts(0, &unique.definition) && index.find(&keys.key(0), &mut is_other).is_some() {
            return Err(duplicate_key(ctx.backend, &relation, unique, &keys.key(0)));
        }
    }
    Ok(())
}

/// `constraint "x" is not deferrable`
pub fn not_deferrable(name: &str) -> Error {
    Error::new(
        SqlState::WRONG_OBJECT_TYPE,
        format!("constraint \"{name}\" is not deferrable"),
    )
}
