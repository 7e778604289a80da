//! Whether rows find what they reference, and which rows reference those that go.

use std::collections::HashMap;

use kumquat_types::{Datum, Error, Oid, Result, SqlState};

use super::keys::{referenced_columns, values};
use crate::catalog::{Constraint, ForeignKey, ForeignKeyAction, ForeignKeyMatch, Relation, RelationKind};
use crate::commands::attribute_map::AttributeMap;
use crate::executor::context::Context;
use crate::executor::expr::array_op::Key;
use crate::executor::modify::table::{Table, Unique};
use crate::executor::modify::unique::{database_index, find_live, key_text};
use crate::executor::scan::relation;
use crate::storage::RowId;

/// Each of these rows, if it is still there, must reference a row.
pub fn check_referencing(
    ctx: &mut Context<'_, '_>,
    constraint: &Constraint,
    key: &ForeignKey,
    table: Oid,
    ids: &[RowId],
) -> Result<()> {
    let referencing = relation(ctx, table)?;
    let heap = ctx.heap_now(table)?;
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
            let order = |unique: &Unique| -> Option<Vec<usize>> {
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
pub(super) fn check_unreferenced(
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
pub(super) type Reference = (RowId, usize);

/// Live rows that reference one of these keys, by table.
pub(super) fn find_referencing(
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
