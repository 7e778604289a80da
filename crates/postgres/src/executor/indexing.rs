//! Keeping indexes up to their tables' rows, and finding the index that a plan means.

use std::sync::Arc;

use kumquat_types::{Bitmap, CHUNK_ROWS, Chunk, Column, Error, Oid, Result};

use super::context::Context;
use super::expr::{Compiled, Kind, compile};
use super::layout::Layout;
use super::scan::relation;
use crate::backend::Backend;
use crate::catalog::{IndexColumn, IndexDefinition, Relation, SortOrder};
use crate::storage::index::key_datum;
use crate::storage::{Heap, Index};

/// The varno under which the expressions of indexes, constraints and defaults name their table's columns.
pub const TABLE: usize = 1;

/// The columns of a table for expressions over it.
pub fn table_layout(relation: &Relation) -> Layout {
    let types = relation
        .attributes
        .iter()
        .map(|attribute| (attribute.type_oid, attribute.type_modifier));
    Layout::of_entry(TABLE, types)
}

/// Computes the keys of an index from rows of its table.
pub struct IndexKeys {
    pub columns: Vec<Compiled>,
    predicate: Option<Compiled>,
    pub orders: Arc<[SortOrder]>,
}

impl IndexKeys {
    pub fn new(backend: &Backend<'_>, table: &Relation, index: &IndexDefinition) -> Result<IndexKeys> {
        let layout = table_layout(table);
        let column = |column: &IndexColumn| match &column.expression {
            Some(expression) => compile(backend, expression, &layout),
            None => {
                let attribute = table.attribute(column.attribute);
                let attribute =
                    attribute.ok_or_else(|| Error::internal("an index names a column that is not there"))?;
                Ok(Compiled {
                    kind: Kind::Column(usize::try_from(attribute.number - 1).unwrap_or(0)),
                    type_oid: attribute.type_oid,
                })
            }
        };
        Ok(IndexKeys {
            columns: index.columns.iter().map(column).collect::<Result<_>>()?,
            predicate: index
                .predicate
                .as_ref()
                .map(|predicate| compile(backend, predicate, &layout))
                .transpose()?,
            orders: index.columns.iter().map(|column| column.order).collect(),
        })
    }

    /// The key columns of rows, and which rows the index holds (`None`: all).
    pub fn eval(&mut self, ctx: &mut Context<'_, '_>, rows: &Chunk) -> Result<(Vec<Arc<Column>>, Option<Bitmap>)> {
        let mask = match &mut self.predicate {
            Some(predicate) => Some(predicate.eval_filter(ctx, rows, None)?),
            None => None,
        };
        let mut keys = Vec::with_capacity(self.columns.len());
        for column in &mut self.columns {
            let values = column.eval(ctx, rows, mask.as_ref())?;
            keys.push(match column.type_oid {
                Oid::BPCHAR => Arc::new(Column::from_datums(
                    Oid::BPCHAR,
                    values.iter().map(|value| key_datum(Oid::BPCHAR, value)),
                )),
                _ => values,
            });
        }
        Ok((keys, mask))
    }
}

/// The index over all rows of the table that the statement sees.
pub fn current_index(ctx: &mut Context<'_, '_>, table: Oid, index: Oid) -> Result<Arc<Index>> {
    let heap = ctx.heap(table);
    if let Some(built) = heap.indexes.get(&index)
        && built.covered == heap.row_versions()
    {
        return Ok(built.clone());
    }
    let relation = relation(ctx, table)?;
    let definition = index_definition(ctx, index)?;
    let mut keys = IndexKeys::new(ctx.backend, &relation, &definition)?;
    let built = Arc::new(catch_up(ctx, &heap, index, &mut keys)?);
    let mut updated = Heap::clone(&heap);
    updated.indexes.insert(index, built.clone());
    let updated = Arc::new(updated);
    ctx.snapshot.insert(table, updated.clone());
    let database = ctx.backend.database_mut()?;
    if database.heaps.get(&table).is_some_and(|now| Arc::ptr_eq(now, &heap)) {
        database.heaps.insert(table, updated);
    }
    Ok(built)
}

pub fn index_definition(ctx: &Context<'_, '_>, index: Oid) -> Result<Arc<IndexDefinition>> {
    let definition = relation(ctx, index)?.index.clone();
    definition.ok_or_else(|| Error::internal(format!("relation {index} is not an index")))
}

/// The heap's index with the rows added that it does not cover yet.
pub fn catch_up(ctx: &mut Context<'_, '_>, heap: &Heap, index: Oid, keys: &mut IndexKeys) -> Result<Index> {
    let known = heap
        .indexes
        .get(&index)
        .filter(|known| known.covered <= heap.row_versions());
    let mut index = known.map_or_else(|| Index::new(keys.orders.clone()), |known| Index::clone(known));
    let types: Vec<Oid> = keys.columns.iter().map(|column| column.type_oid).collect();
    let mut columns: Vec<Column> = types.iter().map(|&oid| Column::empty(oid)).collect();
    let mut positions: Vec<u32> = Vec::new();
    let first_chunk = usize::try_from(index.covered / CHUNK_ROWS as u64).unwrap_or(usize::MAX);
    for (number, chunk) in heap.chunks.iter().enumerate().skip(first_chunk) {
        let base = number * CHUNK_ROWS;
        let covered = usize::try_from(index.covered).unwrap_or(usize::MAX);
        let places: Vec<u32> = (covered.saturating_sub(base)..chunk.data.rows)
            .filter(|&row| chunk.is_live(row))
            .filter_map(|row| u32::try_from(row).ok())
            .collect();
        let rows = match places.len() == chunk.data.rows {
            true => Chunk::clone(&chunk.data),
            false => chunk.data.take(&places),
        };
        let (values, mask) = keys.eval(ctx, &rows)?;
        let base = u32::try_from(base).unwrap_or(u32::MAX);
        for (column, values) in columns.iter_mut().zip(values) {
            match &mask {
                Some(mask) => column.append(&values.filter(mask)),
                None => column.append(&values),
            }
        }
        let kept = |(at, _): &(usize, &u32)| mask.as_ref().is_none_or(|mask| mask.get(*at));
        positions.extend(places.iter().enumerate().filter(kept).map(|(_, place)| base + place));
    }
    index.add(columns, positions, heap.row_versions());
    Ok(index)
}

/// The index of the bound relation that corresponds to an index in the plan.
pub fn bound_index(ctx: &Context<'_, '_>, table: Oid, index: Oid) -> Result<Oid> {
    let bound = ctx.bound(table);
    if bound == table {
        return Ok(index);
    }
    let catalog = ctx.backend.catalog()?;
    let place = catalog.indexes_of(table).position(|candidate| candidate.oid == index);
    let definition = index_definition(ctx, index)?;
    let alike = |candidate: &&Arc<Relation>| {
        candidate.index.as_ref().is_some_and(|other| {
            let columns = |definition: &IndexDefinition| -> Vec<i16> {
                definition.columns.iter().map(|column| column.attribute).collect()
            };
            columns(other) == columns(&definition) && other.unique == definition.unique
        })
    };
    let same_place = place
        .and_then(|place| catalog.indexes_of(bound).nth(place))
        .filter(alike);
    let found = same_place.or_else(|| catalog.indexes_of(bound).find(alike));
    found
        .map(|found| found.oid)
        .ok_or_else(|| Error::internal("the bound relation lacks an index of the plan"))
}
