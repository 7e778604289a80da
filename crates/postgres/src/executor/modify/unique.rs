//! Unique indexes: whether a key is there already.

use std::sync::Arc;

use kumquat_types::{Bitmap, Chunk, Column, Datum, Error, Oid, Result, SqlState, io};

use super::check::{Failure, with_detail};
use super::table::{Table, Unique};
use crate::analyze::row_security::is_active;
use crate::backend::Backend;
use crate::catalog::{IndexDefinition, Relation};
use crate::executor::context::Context;
use crate::executor::indexing::{IndexKeys, catch_up};
use crate::executor::keys::RowTable;
use crate::storage::{Heap, Index, RowId};

/// Keys of rows in an index, and which rows it holds.
pub struct RowKeys {
    pub columns: Vec<Arc<Column>>,
    pub mask: Option<Bitmap>,
}

impl RowKeys {
    pub fn of(ctx: &mut Context<'_, '_>, keys: &mut IndexKeys, rows: &Chunk) -> Result<RowKeys> {
        let (columns, mask) = keys.eval(ctx, rows)?;
        Ok(RowKeys { columns, mask })
    }

    pub fn key(&self, row: usize) -> Vec<Datum> {
        self.columns.iter().map(|column| column.get(row)).collect()
    }

    /// The row's key may collide: the index holds it, and no NULL makes it distinct.
    pub fn counts(&self, row: usize, definition: &IndexDefinition) -> bool {
        self.mask.as_ref().is_none_or(|mask| mask.get(row))
            && (definition.nulls_not_distinct || !self.columns.iter().any(|column| column.is_null(row)))
    }
}

/// The index over all rows that are in the table now.
pub fn database_index(ctx: &mut Context<'_, '_>, table: Oid, index: Oid, keys: &mut IndexKeys) -> Result<Arc<Index>> {
    let heap = ctx.heap_now(table)?;
    if let Some(built) = heap.indexes.get(&index)
        && built.covered == heap.row_versions()
    {
        return Ok(built.clone());
    }
    let built = Arc::new(catch_up(ctx, &heap, index, keys)?);
    drop(heap);
    heap_mut(ctx.backend, table)?.indexes.insert(index, built.clone());
    Ok(built)
}

/// A table's rows, to be changed.
pub fn heap_mut<'a>(backend: &'a mut Backend<'_>, table: Oid) -> Result<&'a mut Heap> {
    Ok(Arc::make_mut(backend.database_mut()?.heaps.entry(table).or_default()))
}

/// A live row with the same key.
pub fn find_live(ctx: &Context<'_, '_>, table: Oid, index: &Index, key: &[Datum]) -> Result<Option<RowId>> {
    let heap = ctx.backend.database()?.heaps.get(&table);
    let mut is_live = |position: u32| heap.is_some_and(|heap| heap.is_live(RowId::at(position.into())));
    Ok(index.find(key, &mut is_live).map(|position| RowId::at(position.into())))
}

/// The first row whose key is in the table, or in a row before it. Rows are assumed to come in this order.
pub fn check_unique(ctx: &mut Context<'_, '_>, table: &mut Table, rows: &Chunk) -> Result<Option<Failure>> {
    let mut first: Option<Failure> = None;
    let (relation, oid) = (table.relation.clone(), table.oid());
    for unique in table.uniques.iter_mut().filter(|unique| unique.deferrable.is_none()) {
        let keys = RowKeys::of(ctx, &mut unique.keys, rows)?;
        let index = database_index(ctx, oid, unique.oid, &mut unique.keys)?;
        let bound = first.as_ref().map_or(rows.rows, |failure| failure.row);
        if let Some(row) = first_duplicate(ctx, oid, unique, &index, &keys, bound)? {
            first = Some(Failure {
                row,
                error: duplicate_key(ctx.backend, &relation, unique, &keys.key(row)),
            });
        }
    }
    Ok(first)
}

fn first_duplicate(
    ctx: &mut Context<'_, '_>,
    table: Oid,
    unique: &Unique,
    index: &Index,
    keys: &RowKeys,
    rows: usize,
) -> Result<Option<usize>> {
    // Among the rows themselves: the first that is not new.
    let mut end = rows;
    if rows > 1 {
        let mut seen = RowTable::new(unique.keys.columns.iter().map(|column| column.type_oid).collect());
        let (_, fresh) = seen.insert(&keys.columns, rows);
        if fresh.len() < rows {
            let mut is_fresh = Bitmap::new(rows, false);
            fresh.iter().for_each(|&row| is_fresh.set(row as usize, true));
            let repeated = (0..rows).filter(|&row| !is_fresh.get(row));
            end = first_counted_repeat(repeated, unique, keys).unwrap_or(rows);
        }
    }
    for row in 0..end {
        if keys.counts(row, &unique.definition) && find_live(ctx, table, index, &keys.key(row))?.is_some() {
            return Ok(Some(row));
        }
    }
    Ok((end < rows).then_some(end))
}

/// With a partial index, a repeated key collides only if the index holds both rows.
fn first_counted_repeat(repeated: impl Iterator<Item = usize>, unique: &Unique, keys: &RowKeys) -> Option<usize> {
    let counts = |row: usize| keys.counts(row, &unique.definition);
    for row in repeated.filter(|&row| counts(row)) {
        let key = keys.key(row);
        let same = |other: usize| {
            keys.columns
                .iter()
                .zip(&key)
                .all(|(column, value)| kumquat_types::compare::same(&column.get(other), value))
        };
        if (0..row).any(|other| counts(other) && same(other)) {
            return Some(row);
        }
    }
    None
}

pub fn duplicate_key(backend: &Backend<'_>, relation: &Relation, unique: &Unique, key: &[Datum]) -> Error {
    let message = format!("duplicate key value violates unique constraint \"{}\"", unique.name);
    let shown = || {
        let key = describe_key(backend, relation, &unique.definition, &unique.keys, key);
        format!("Key {key} already exists.")
    };
    let detail = (!is_active(backend, relation)).then(shown);
    with_detail(Error::new(SqlState::UNIQUE_VIOLATION, message), detail).constraint(
        &backend.schema_name(relation.schema),
        &relation.name,
        &unique.name,
    )
}

/// `(a, b)=(1, 2)`
pub fn describe_key(
    backend: &Backend<'_>,
    relation: &Relation,
    definition: &IndexDefinition,
    keys: &IndexKeys,
    key: &[Datum],
) -> String {
    let name = |column: &crate::catalog::IndexColumn| match &column.expression {
        Some(expression) => {
            crate::ruleutils::deparse_expression(backend, expression, Some(relation), false).unwrap_or_default()
        }
        None => relation
            .attribute(column.attribute)
            .map(|attribute| crate::catalog::quote::quote_identifier(&attribute.name))
            .unwrap_or_default(),
    };
    let names: Vec<String> = definition.columns.iter().map(name).collect();
    let values = key.iter().zip(&keys.columns);
    let values: Vec<String> = values
        .map(|(value, column)| key_text(backend, column.type_oid, value))
        .collect();
    format!("({})=({})", names.join(", "), values.join(", "))
}

pub fn key_text(backend: &Backend<'_>, type_oid: Oid, value: &Datum) -> String {
    match value {
        Datum::Null => "null".into(),
        value => io::output(backend, type_oid, value).into_owned(),
    }
}
