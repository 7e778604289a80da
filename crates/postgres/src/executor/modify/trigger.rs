//! Triggers: which ones a table has, when they fire, and what waits for the end of the statement.
//!
//! BEFORE triggers run on the spot and may change a row or leave it out. AFTER triggers become events of the
//! statement ([`super::pending`]), in the order in which rows were changed.

use std::sync::Arc;

use kumquat_types::{Chunk, Column, Datum, Error, Oid, Result, SqlState};

use super::check::within_bounds;
use super::pending::Event;
use super::table::{Table, Tables};
use crate::backend::Backend;
use crate::catalog::function::{TriggerEvent, TriggerTiming};
use crate::catalog::{Function, Name, Relation, Trigger};
use crate::executor::context::Context;
use crate::executor::expr::{Compiled, compile};
use crate::executor::layout::Layout;
use crate::executor::plpgsql::trigger::{Firing, run};

/// What is done to a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    Insert,
    Update,
    Delete,
    Truncate,
}

impl Operation {
    /// `TG_OP`
    pub fn name(self) -> &'static str {
        match self {
            Operation::Insert => "INSERT",
            Operation::Update => "UPDATE",
            Operation::Delete => "DELETE",
            Operation::Truncate => "TRUNCATE",
        }
    }
}

/// A trigger that is enabled, made ready.
pub struct Armed {
    pub trigger: Arc<Trigger>,
    when: Option<Compiled>,
}

impl Armed {
    /// Whether an operation that assigns to these columns is one of the trigger's.
    fn concerns(&self, operation: Operation, changed: &[i16]) -> bool {
        self.trigger.events.iter().any(|event| match (event, operation) {
            (TriggerEvent::Insert, Operation::Insert)
            | (TriggerEvent::Delete, Operation::Delete)
            | (TriggerEvent::Truncate, Operation::Truncate) => true,
            (TriggerEvent::Update(columns), Operation::Update) => {
                columns.is_empty() || columns.iter().any(|column| changed.contains(column))
            }
            _ => false,
        })
    }

    /// WHEN
    fn applies(
        &mut self,
        ctx: &mut Context<'_, '_>,
        types: &[Oid],
        old: Option<&Chunk>,
        new: Option<&Chunk>,
    ) -> Result<bool> {
        let Some(when) = &mut self.when else {
            return Ok(true);
        };
        let mut columns: Vec<Arc<Column>> = Vec::with_capacity(types.len() * 2);
        for row in [old, new] {
            match row {
                Some(row) => columns.extend(row.columns.iter().cloned()),
                None => columns.extend(types.iter().map(|&type_oid| Arc::new(Column::nulls(type_oid, 1)))),
            }
        }
        Ok(when.eval_row(ctx, &Chunk::new(columns, 1))?.as_bool() == Some(true))
    }
}

/// The enabled triggers of a relation, in order of name.
pub fn of_relation(backend: &Backend<'_>, relation: &Relation) -> Result<Vec<Armed>> {
    let replica = backend
        .setting("session_replication_role")
        .is_some_and(|role| &*role == "replica");
    let fires = |trigger: &&Arc<Trigger>| match trigger.enabled {
        'A' => true,
        'R' => replica,
        'O' => !replica,
        _ => false,
    };
    let triggers = backend.catalog()?.triggers.values();
    let mut armed = Vec::new();
    for trigger in triggers
        .filter(|trigger| trigger.relation == relation.oid)
        .filter(fires)
    {
        let types = || {
            relation
                .attributes
                .iter()
                .map(|attribute| (attribute.type_oid, attribute.type_modifier))
        };
        let layout = || Layout::of_entry(1, types()).join(Layout::of_entry(2, types()));
        armed.push(Armed {
            when: match &trigger.when {
                Some(when) => Some(compile(backend, when, &layout())?),
                None => None,
            },
            trigger: trigger.clone(),
        });
    }
    armed.sort_by(|a, b| a.trigger.name.cmp(&b.trigger.name));
    Ok(armed)
}

impl Table {
    /// Row triggers have to be looked at for each row.
    pub fn has_row_triggers(&self, operation: Operation) -> bool {
        let fires = |armed: &Armed| armed.trigger.for_each_row && armed.concerns(operation, &self.all_columns());
        self.triggers.iter().any(fires)
    }

    fn all_columns(&self) -> Vec<i16> {
        self.relation
            .attributes
            .iter()
            .map(|attribute| attribute.number)
            .collect()
    }

    /// A trigger wants all rows of an operation as a table.
    fn keeps_rows(&self, operation: Operation) -> bool {
        let wants = |armed: &Armed| {
            let trigger = &armed.trigger;
            (trigger.old_table.is_some() || trigger.new_table.is_some())
                && armed.concerns(operation, &self.all_columns())
        };
        self.triggers.iter().any(wants)
    }
}

/// The rows of an operation, for triggers with REFERENCING.
#[derive(Clone, Debug, Default)]
pub struct Transition {
    old: Vec<Chunk>,
    new: Vec<Chunk>,
}

/// A trigger that is to be fired.
#[derive(Clone, Debug)]
pub struct Fired {
    pub trigger: Arc<Trigger>,
    pub operation: Operation,
    pub old: Option<Chunk>,
    pub new: Option<Chunk>,
}

/// Takes down rows for transition tables.
pub fn keep(ctx: &mut Context<'_, '_>, table: &Table, operation: Operation, old: Option<&Chunk>, new: Option<&Chunk>) {
    if !table.keeps_rows(operation) {
        return;
    }
    let transition = ctx.pending.transitions.entry((table.oid(), operation)).or_default();
    transition.old.extend(old.cloned());
    transition.new.extend(new.cloned());
}

/// Fires INSTEAD OF triggers on one row of a view; `None`: nothing was done.
pub fn instead_of_row(
    ctx: &mut Context<'_, '_>,
    table: &mut Table,
    operation: Operation,
    old: Option<&Chunk>,
    new: Option<Chunk>,
) -> Result<Option<Chunk>> {
    fire_row(ctx, table, (TriggerTiming::InsteadOf, operation), old, new, &[])
}

/// Fires BEFORE ROW triggers on one row; gives the row as they leave it, or `None` if it is to be left out.
pub fn before_row(
    ctx: &mut Context<'_, '_>,
    table: &mut Table,
    operation: Operation,
    old: Option<&Chunk>,
    new: Option<Chunk>,
    changed: &[i16],
) -> Result<Option<Chunk>> {
    fire_row(ctx, table, (TriggerTiming::Before, operation), old, new, changed)
}

fn fire_row(
    ctx: &mut Context<'_, '_>,
    table: &mut Table,
    (timing, operation): (TriggerTiming, Operation),
    old: Option<&Chunk>,
    new: Option<Chunk>,
    changed: &[i16],
) -> Result<Option<Chunk>> {
    let mut new = new;
    for at in 0..table.triggers.len() {
        let Some(armed) = table.triggers.get_mut(at) else {
            break;
        };
        if !armed.trigger.for_each_row
            || armed.trigger.timing != timing
            || !armed.concerns(operation, changed)
            || !armed.applies(ctx, &table.types, old, new.as_ref())?
        {
            continue;
        }
        let fired = Fired {
            trigger: armed.trigger.clone(),
            operation,
            old: old.cloned(),
            new: new.clone(),
        };
        let Some(row) = fire(ctx, &table.relation, &fired)? else {
            return Ok(None);
        };
        if new.is_some() {
            let row = Chunk::from_rows(&table.types, [row]);
            if fired.trigger.parent.is_valid() && operation == Operation::Insert && !within_bounds(ctx, table, &row)? {
                return Err(moved_row(ctx.backend, &fired.trigger, &table.relation));
            }
            new = Some(row);
        }
    }
    Ok(new.or_else(|| old.cloned()))
}

fn moved_row(backend: &Backend<'_>, trigger: &Trigger, relation: &Relation) -> Error {
    Error::new(
        SqlState::FEATURE_NOT_SUPPORTED,
        "moving row to another partition during a BEFORE FOR EACH ROW trigger is not supported",
    )
    .detail(format!(
        "Before executing trigger \"{}\", the row was to be in partition \"{}.{}\".",
        trigger.name,
        backend.schema_name(relation.schema),
        relation.name
    ))
}

/// A row that a trigger of this statement has changed already can't be changed by the statement.
pub fn modified_already(operation: Operation) -> Error {
    let what = if operation == Operation::Delete {
        "deleted"
    } else {
        "updated"
    };
    Error::new(
        SqlState("27000"),
        format!("tuple to be {what} was already modified by an operation triggered by the current command"),
    )
    .hint("Consider using an AFTER trigger instead of a BEFORE trigger to propagate changes to other rows.")
}

/// Queues AFTER ROW triggers for one changed row.
pub fn note_row(
    ctx: &mut Context<'_, '_>,
    table: &mut Table,
    operation: Operation,
    old: Option<&Chunk>,
    new: Option<&Chunk>,
    changed: &[i16],
) -> Result<()> {
    for armed in &mut table.triggers {
        if armed.trigger.for_each_row
            && armed.trigger.timing == TriggerTiming::After
            && armed.concerns(operation, changed)
            && armed.applies(ctx, &table.types, old, new)?
        {
            ctx.pending.events.push(Event::Trigger(Fired {
                trigger: armed.trigger.clone(),
                operation,
                old: old.cloned(),
                new: new.cloned(),
            }));
        }
    }
    Ok(())
}

/// Fires BEFORE STATEMENT triggers.
pub fn before_statement(
    ctx: &mut Context<'_, '_>,
    table: &mut Table,
    operation: Operation,
    changed: &[i16],
) -> Result<()> {
    for fired in of_statement(ctx, table, TriggerTiming::Before, operation, changed)? {
        fire(ctx, &table.relation, &fired)?;
    }
    Ok(())
}

/// Queues AFTER STATEMENT triggers.
pub fn note_statement(
    ctx: &mut Context<'_, '_>,
    table: &mut Table,
    operation: Operation,
    changed: &[i16],
) -> Result<()> {
    let fired = of_statement(ctx, table, TriggerTiming::After, operation, changed)?;
    ctx.pending.events.extend(fired.into_iter().map(Event::Trigger));
    Ok(())
}

fn of_statement(
    ctx: &mut Context<'_, '_>,
    table: &mut Table,
    timing: TriggerTiming,
    operation: Operation,
    changed: &[i16],
) -> Result<Vec<Fired>> {
    let mut fired = Vec::new();
    for armed in &mut table.triggers {
        if !armed.trigger.for_each_row
            && armed.trigger.timing == timing
            && armed.concerns(operation, changed)
            && armed.applies(ctx, &table.types, None, None)?
        {
            fired.push(Fired {
                trigger: armed.trigger.clone(),
                operation,
                old: None,
                new: None,
            });
        }
    }
    Ok(fired)
}

/// Fires a trigger whose turn has come at the end of the statement or transaction.
pub fn fire_later(ctx: &mut Context<'_, '_>, fired: &Fired) -> Result<()> {
    let Some(relation) = ctx.backend.catalog()?.relation(fired.trigger.relation).cloned() else {
        return Ok(());
    };
    fire(ctx, &relation, fired).map(|_| ())
}

/// Runs a trigger's function; gives the row it returns.
pub fn fire(ctx: &mut Context<'_, '_>, relation: &Relation, fired: &Fired) -> Result<Option<Vec<Datum>>> {
    let trigger = &fired.trigger;
    let function = function(ctx.backend, trigger)?;
    ctx.count_trigger(&trigger.name, None, relation.oid, 1);
    let names = enter_transition(ctx, relation, fired)?;
    let outer = std::mem::replace(&mut ctx.backend.session.transition_tables, names);
    let result = run(
        ctx.backend,
        &function,
        &Firing {
            trigger,
            relation,
            when: match trigger.timing {
                TriggerTiming::Before => "BEFORE",
                TriggerTiming::After => "AFTER",
                TriggerTiming::InsteadOf => "INSTEAD OF",
            },
            level: if trigger.for_each_row { "ROW" } else { "STATEMENT" },
            operation: fired.operation.name(),
            old: fired.old.as_ref().map(|row| row.row(0)),
            new: fired.new.as_ref().map(|row| row.row(0)),
        },
    );
    let inner = std::mem::replace(&mut ctx.backend.session.transition_tables, outer);
    for (_, oid) in inner {
        ctx.backend.catalog_mut()?.remove_relation(oid);
        ctx.backend.database_mut()?.heaps.remove(&oid);
    }
    result
}

fn function(backend: &Backend<'_>, trigger: &Trigger) -> Result<Arc<Function>> {
    let function = backend.catalog()?.functions.get(&trigger.function).cloned();
    function.ok_or_else(|| Error::not_modelled(format!("the function of trigger \"{}\"", trigger.name)))
}

/// Makes the transition tables of a trigger: relations that only its function can name.
fn enter_transition(ctx: &mut Context<'_, '_>, relation: &Relation, fired: &Fired) -> Result<imbl::OrdMap<Name, Oid>> {
    let mut names = imbl::OrdMap::new();
    let trigger = &fired.trigger;
    if trigger.old_table.is_none() && trigger.new_table.is_none() {
        return Ok(names);
    }
    let rows = ctx.pending.transitions.get(&(relation.oid, fired.operation)).cloned();
    let rows = rows.unwrap_or_default();
    for (name, rows) in [(&trigger.old_table, rows.old), (&trigger.new_table, rows.new)] {
        let Some(name) = name else { continue };
        let oid = ctx.backend.new_oid();
        let mut table = Relation::new(
            oid,
            name,
            Oid::INVALID,
            crate::catalog::RelationKind::Table,
            relation.owner,
        );
        table.attributes = relation.attributes.clone();
        table.row_type = relation.row_type;
        table.persistence = crate::catalog::relation::Persistence::Temporary;
        table.acl = None;
        let mut heap = crate::storage::Heap::default();
        rows.into_iter().for_each(|chunk| heap.append(chunk));
        ctx.backend.catalog_mut()?.put_relation(table);
        ctx.backend.database_mut()?.heaps.insert(oid, Arc::new(heap));
        names.insert(name.clone(), oid);
    }
    Ok(names)
}

/// Fires the statement triggers of a table around something that is done to it at once (TRUNCATE).
pub fn around_statement(
    backend: &mut Backend<'_>,
    tables: &[Oid],
    operation: Operation,
    timing: TriggerTiming,
) -> Result<()> {
    crate::executor::with_context(backend, |ctx| {
        let mut open = Tables::default();
        for &oid in tables {
            let table = open.get(ctx, oid)?;
            match timing {
                TriggerTiming::Before => before_statement(ctx, table, operation, &[])?,
                _ => note_statement(ctx, table, operation, &[])?,
            }
        }
        super::pending::finish_statement(ctx)
    })
}
