//! Foreign keys: rows that reference and rows that are referenced, and what happens to the ones when the others
//! change (PostgreSQL's `ri_triggers.c`).

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use kumquat_types::{Chunk, Column, Datum, Error, Oid, Result, SqlState};

use super::conflict::replace;
use super::pending::Event;
use super::route::Router;
use super::table::{Table, Tables};
use super::trigger::{self, Operation};
use super::unique::{database_index, find_live, key_text};
use super::{delete, rows, update};
use crate::catalog::{
    Constraint, ConstraintKind, ForeignKey, ForeignKeyAction, ForeignKeyMatch, Relation, RelationKind,
};
use crate::commands::attribute_map::AttributeMap;
use crate::executor::context::Context;
use crate::executor::expr::array_op::Key;
use crate::executor::scan::relation;
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

/// The referenced columns as attributes of a partition of the referenced table.
fn referenced_columns(ctx: &Context<'_, '_>, constraint: &Constraint, table: &Relation) -> Vec<i16> {
    let ConstraintKind::ForeignKey(key) = &constraint.kind else {
        return Vec::new();
    };
    match relation(ctx, key.referenced) {
        Ok(referenced) if referenced.oid != table.oid => {
            AttributeMap::by_name(&referenced, table).all(&key.referenced_columns)
        }
        _ => key.referenced_columns.clone(),
    }
}

fn column(rows: &Chunk, attribute: i16) -> Option<&Arc<Column>> {
    usize::try_from(attribute - 1).ok().and_then(|at| rows.columns.get(at))
}

fn values(rows: &Chunk, row: usize, columns: &[i16]) -> Vec<Datum> {
    columns
        .iter()
        .map(|&attribute| column(rows, attribute).map(|c| c.get(row)).unwrap_or_default())
        .collect()
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
                    check_unreferenced(ctx, &constraint, &key, *table, old, action)
                }
                action => act(ctx, &constraint, &key, action, old, new.as_deref()).map_err(|error| {
                    let statement = statement_of(ctx, &constraint, &key, action, new.is_none());
                    error.context(format!("SQL statement \"{statement}\""))
                }),
            }
        }
        Event::Trigger(_) => Ok(()),
    }
}

/// Each of these rows, if it is still there, must reference a row.
pub fn check_referencing(
    ctx: &mut Context<'_, '_>,
    constraint: &Constraint,
    key: &ForeignKey,
    table: Oid,
    ids: &[RowId],
) -> Result<()> {
    let referencing = relation(ctx, table)?;
    let heap = ctx.backend.database()?.heaps.get(&table).cloned().unwrap_or_default();
    let live: Vec<RowId> = ids.iter().copied().filter(|&id| heap.is_live(id)).collect();
    let types: Vec<Oid> = referencing
        .attributes
        .iter()
        .map(|attribute| attribute.type_oid)
        .collect();
    let columns = match constraint.relation == table {
        true => key.columns.clone(),
        false => AttributeMap::by_name(&*relation(ctx, constraint.relation)?, &referencing).all(&key.columns),
    };
    let mut referenced = Referenced::open(ctx, key)?;
    let mut known: HashMap<Vec<Key>, ()> = HashMap::new();
    for part in live.chunks(kumquat_types::CHUNK_ROWS) {
        let rows = heap.fetch(part, &types);
        for row in 0..rows.rows {
            let values = values(&rows, row, &columns);
            let nulls = values.iter().filter(|value| value.is_null()).count();
            if nulls == values.len() || nulls > 0 && key.match_kind == ForeignKeyMatch::Simple {
                continue;
            }
            if nulls > 0 {
                return Err(violation(ctx, constraint, &referencing)
                    .detail("MATCH FULL does not allow mixing of null and nonnull key values."));
            }
            let wanted: Vec<Key> = values.iter().cloned().map(Key).collect();
            if known.contains_key(&wanted) {
                continue;
            }
            let extension = ctx.backend.extension;
            let exists = match extension.key_exists(ctx.backend, key.referenced, &key.referenced_columns, &values)? {
                Some(exists) => exists,
                None => referenced.contains(ctx, &values)?,
            };
            if !exists {
                let detail = describe(ctx, &referencing, &columns, &values);
                let table = &relation(ctx, key.referenced)?.name;
                return Err(violation(ctx, constraint, &referencing)
                    .detail(format!("Key {detail} is not present in table \"{table}\".")));
            }
            known.insert(wanted, ());
        }
    }
    Ok(())
}

fn violation(ctx: &Context<'_, '_>, constraint: &Constraint, referencing: &Relation) -> Error {
    let message = format!(
        "insert or update on table \"{}\" violates foreign key constraint \"{}\"",
        referencing.name, constraint.name
    );
    Error::new(SqlState::FOREIGN_KEY_VIOLATION, message).constraint(
        &ctx.backend.schema_name(referencing.schema),
        &referencing.name,
        &constraint.name,
    )
}

/// `(a, b)=(1, 2)`
fn describe(ctx: &Context<'_, '_>, table: &Relation, columns: &[i16], values: &[Datum]) -> String {
    let attribute = |number: &i16| table.attribute(*number);
    let names: Vec<&str> = columns
        .iter()
        .map(|number| attribute(number).map_or("", |a| &*a.name))
        .collect();
    let types = columns
        .iter()
        .map(|number| attribute(number).map_or(Oid::TEXT, |a| a.type_oid));
    let texts: Vec<String> = values
        .iter()
        .zip(types)
        .map(|(v, type_oid)| key_text(ctx.backend, type_oid, v))
        .collect();
    format!("({})=({})", names.join(", "), texts.join(", "))
}

/// The leaves of the referenced table with the unique index that finds its keys.
struct Referenced {
    leaves: Vec<(Table, usize, Vec<usize>)>,
}

impl Referenced {
    fn open(ctx: &Context<'_, '_>, key: &ForeignKey) -> Result<Referenced> {
        let mut leaves = Vec::new();
        let root = relation(ctx, key.referenced)?;
        for leaf in leaves_of(ctx, key.referenced)? {
            let table = Table::open(ctx.backend, leaf)?;
            let columns = match leaf == root.oid {
                true => key.referenced_columns.clone(),
                false => AttributeMap::by_name(&root, &table.relation).all(&key.referenced_columns),
            };
            // The key's values come in the order of the foreign key; the index may have another.
            let order = |unique: &super::table::Unique| -> Option<Vec<usize>> {
                let keys = &unique.definition.columns;
                let place = |k: &crate::catalog::IndexColumn| columns.iter().position(|c| *c == k.attribute);
                (keys.len() == columns.len() && unique.definition.predicate.is_none())
                    .then(|| keys.iter().map(place).collect::<Option<Vec<usize>>>())
                    .flatten()
            };
            let found = table
                .uniques
                .iter()
                .enumerate()
                .find_map(|(at, unique)| Some((at, order(unique)?)));
            if let Some((at, order)) = found {
                leaves.push((table, at, order));
            }
        }
        Ok(Referenced { leaves })
    }

    fn contains(&mut self, ctx: &mut Context<'_, '_>, values: &[Datum]) -> Result<bool> {
        for (table, at, order) in &mut self.leaves {
            let oid = table.oid();
            let Some(unique) = table.uniques.get_mut(*at) else {
                continue;
            };
            let index = database_index(ctx, oid, unique.oid, &mut unique.keys)?;
            let key: Vec<Datum> = order
                .iter()
                .zip(&unique.keys.columns)
                .map(|(&place, column)| {
                    let value = values.get(place).cloned().unwrap_or_default();
                    crate::storage::index::key_datum(column.type_oid, value)
                })
                .collect();
            if find_live(ctx, oid, &index, &key)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The tables with rows that belong to a table: itself or its partitions.
pub fn leaves_of(ctx: &Context<'_, '_>, root: Oid) -> Result<Vec<Oid>> {
    let catalog = ctx.backend.catalog()?;
    let mut found = Vec::new();
    let mut waiting = vec![root];
    while let Some(oid) = waiting.pop() {
        let Some(relation) = catalog.relation(oid) else {
            continue;
        };
        match relation.kind {
            RelationKind::PartitionedTable => {
                let mut children: Vec<Oid> = catalog.children_of(oid).map(|child| child.oid).collect();
                children.reverse();
                waiting.extend(children);
            }
            _ => found.push(oid),
        }
    }
    Ok(found)
}

/// No row may reference these keys, unless they are there again.
fn check_unreferenced(
    ctx: &mut Context<'_, '_>,
    constraint: &Constraint,
    key: &ForeignKey,
    table: Oid,
    old: &[Vec<Datum>],
    action: ForeignKeyAction,
) -> Result<()> {
    let mut gone: Vec<Vec<Datum>> = Vec::new();
    let mut referenced = Referenced::open(ctx, key)?;
    for values in old.iter().filter(|values| !values.iter().any(Datum::is_null)) {
        if action == ForeignKeyAction::Restrict || !referenced.contains(ctx, values)? {
            gone.push(values.clone());
        }
    }
    let found = find_referencing(ctx, constraint, key, &gone)?;
    let first = found
        .iter()
        .flat_map(|(_, rows)| rows.iter().map(|(_, key)| *key))
        .min();
    let Some(values) = first.and_then(|at| gone.get(at)) else {
        return Ok(());
    };
    let (referenced, referencing) = (relation(ctx, table)?, relation(ctx, constraint.relation)?);
    let message = format!(
        "update or delete on table \"{}\" violates foreign key constraint \"{}\" on table \"{}\"",
        referenced.name, constraint.name, referencing.name
    );
    let columns = referenced_columns(ctx, constraint, &referenced);
    let detail = describe(ctx, &referenced, &columns, values);
    Err(Error::new(SqlState::FOREIGN_KEY_VIOLATION, message)
        .detail(format!(
            "Key {detail} is still referenced from table \"{}\".",
            referencing.name
        ))
        .constraint(
            &ctx.backend.schema_name(referencing.schema),
            &referencing.name,
            &constraint.name,
        ))
}

/// A row, and which of the keys it references.
type Reference = (RowId, usize);

/// Live rows that reference one of these keys, by table.
fn find_referencing(
    ctx: &Context<'_, '_>,
    constraint: &Constraint,
    key: &ForeignKey,
    keys: &[Vec<Datum>],
) -> Result<Vec<(Oid, Vec<Reference>)>> {
    let mut wanted: HashMap<Vec<Key>, usize> = HashMap::new();
    for (at, values) in keys.iter().enumerate() {
        if !values.iter().any(Datum::is_null) {
            wanted.entry(values.iter().cloned().map(Key).collect()).or_insert(at);
        }
    }
    let mut found = Vec::new();
    if wanted.is_empty() {
        return Ok(found);
    }
    let root = relation(ctx, constraint.relation)?;
    for leaf in leaves_of(ctx, constraint.relation)? {
        let table = relation(ctx, leaf)?;
        let columns = match leaf == root.oid {
            true => key.columns.clone(),
            false => AttributeMap::by_name(&root, &table).all(&key.columns),
        };
        let mut rows = Vec::new();
        if let Some(heap) = ctx.backend.database()?.heaps.get(&leaf) {
            for (number, chunk) in (0..).zip(&heap.chunks) {
                for row in (0..chunk.data.rows).filter(|&row| chunk.is_live(row)) {
                    let values: Vec<Key> = values(&chunk.data, row, &columns).into_iter().map(Key).collect();
                    if let Some(&at) = wanted.get(&values) {
                        let row = u32::try_from(row).unwrap_or(u32::MAX);
                        rows.push((RowId { chunk: number, row }, at));
                    }
                }
            }
        }
        if !rows.is_empty() {
            found.push((leaf, rows));
        }
    }
    Ok(found)
}

/// Updates rows of a partition, which may move to another one.
fn replace_routed(
    ctx: &mut Context<'_, '_>,
    (root, leaf): (Oid, Oid),
    ids: &[RowId],
    set: &update::Assignments,
) -> Result<()> {
    let (mut tables, mut router) = (Tables::default(), Router::default());
    let back = AttributeMap::by_name(
        &tables.get(ctx, leaf)?.relation.clone(),
        &tables.get(ctx, root)?.relation,
    );
    for (row, &id) in ids.iter().enumerate() {
        let old = rows::fetch(ctx, tables.get(ctx, leaf)?, &[id])?;
        let old = router.convert(ctx, leaf, root, &old)?;
        let values = set.iter().filter_map(|(number, column)| {
            let value = Arc::new(column.slice(row, 1));
            Some((back.get(*number)?, value))
        });
        let values: update::Assignments = values.collect();
        let changed: Vec<i16> = values.iter().map(|(number, _)| *number).collect();
        let new = update::assigned(&old, &values);
        replace(ctx, &mut tables, &mut router, (root, leaf), id, new, &changed)?;
    }
    Ok(())
}

/// The statement by which PostgreSQL does what `act` does, as its errors tell.
fn statement_of(
    ctx: &Context<'_, '_>,
    constraint: &Constraint,
    key: &ForeignKey,
    action: ForeignKeyAction,
    deletes: bool,
) -> String {
    let Ok(table) = relation(ctx, constraint.relation) else {
        return String::new();
    };
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let column = |number: &i16| quoted(table.attribute(*number).map_or("", |attribute| &attribute.name));
    let only = if table.kind == RelationKind::PartitionedTable {
        ""
    } else {
        "ONLY "
    };
    let target = format!(
        "{only}{}.{}",
        quoted(&ctx.backend.schema_name(table.schema)),
        quoted(&table.name)
    );
    let cascades = action == ForeignKeyAction::Cascade;
    let first_key = if cascades && !deletes { key.columns.len() + 1 } else { 1 };
    let keys: Vec<String> = (first_key..)
        .zip(&key.columns)
        .map(|(number, own)| format!("${number} OPERATOR(pg_catalog.=) {}", column(own)))
        .collect();
    let keys = keys.join(" AND ");
    if cascades && deletes {
        return format!("DELETE FROM {target} WHERE {keys}");
    }
    let set_columns = match deletes && !key.on_delete_columns.is_empty() {
        true => &key.on_delete_columns,
        false => &key.columns,
    };
    let set = (1..).zip(set_columns).map(|(number, own)| match action {
        ForeignKeyAction::Cascade => format!("{} = ${number}", column(own)),
        ForeignKeyAction::SetDefault => format!("{} = DEFAULT", column(own)),
        _ => format!("{} = NULL", column(own)),
    });
    let set: Vec<String> = set.collect();
    format!("UPDATE {target} SET {} WHERE {keys}", set.join(", "))
}

/// CASCADE, SET NULL, SET DEFAULT.
fn act(
    ctx: &mut Context<'_, '_>,
    constraint: &Constraint,
    key: &ForeignKey,
    action: ForeignKeyAction,
    old: &[Vec<Datum>],
    new: Option<&[Vec<Datum>]>,
) -> Result<()> {
    let root = relation(ctx, constraint.relation)?;
    for (leaf, rows) in find_referencing(ctx, constraint, key, old)? {
        let mut table = Table::open(ctx.backend, leaf)?;
        let map = AttributeMap::by_name(&root, &table.relation);
        let ids: Vec<RowId> = rows.iter().map(|(id, _)| *id).collect();
        if action == ForeignKeyAction::Cascade && new.is_none() {
            trigger::before_statement(ctx, &mut table, Operation::Delete, &[])?;
            delete::delete_rows(ctx, &mut table, &ids)?;
            trigger::note_statement(ctx, &mut table, Operation::Delete, &[])?;
            continue;
        }
        let set_columns = match new.is_none() && !key.on_delete_columns.is_empty() {
            true => &key.on_delete_columns,
            false => &key.columns,
        };
        let mut set: Vec<(i16, Arc<Column>)> = Vec::with_capacity(set_columns.len());
        for &number in set_columns {
            let number_here = map.get(number).unwrap_or(number);
            let Some(attribute) = table.relation.attribute(number_here).cloned() else {
                continue;
            };
            let place = key.columns.iter().position(|column| *column == number);
            let value = |(_, at): &Reference| match (action, new, place) {
                (ForeignKeyAction::Cascade, Some(new), Some(place)) => new
                    .get(*at)
                    .and_then(|values| values.get(place))
                    .cloned()
                    .unwrap_or_default(),
                _ => Datum::Null,
            };
            let column = match (action, &attribute.default) {
                (ForeignKeyAction::SetDefault, Some(default)) => {
                    let value = crate::executor::evaluate(ctx.backend, default, &[])?;
                    Column::constant(attribute.type_oid, &value, rows.len())
                }
                _ => Column::from_datums(attribute.type_oid, rows.iter().map(value)),
            };
            set.push((number_here, Arc::new(column)));
        }
        let changed: Vec<i16> = set.iter().map(|(number, _)| *number).collect();
        trigger::before_statement(ctx, &mut table, Operation::Update, &changed)?;
        match leaf == root.oid {
            true => update::replace_rows(ctx, &mut table, &ids, &set, &changed).map(drop)?,
            false => replace_routed(ctx, (root.oid, leaf), &ids, &set)?,
        }
        trigger::note_statement(ctx, &mut table, Operation::Update, &changed)?;
    }
    Ok(())
}
