//! New values in all rows of a table (PostgreSQL's `ATRewriteTable`).

use std::sync::Arc;

use kumquat_types::{Chunk, Datum, Error, Oid, Result, SqlState, Volatility};

use crate::backend::Backend;
use crate::catalog::volatility;
use crate::executor;
use crate::query::Expr;
use crate::storage::Heap;

/// Gives all rows a further column with the value of the expression, `None` for NULL.
pub fn append_column(backend: &mut Backend<'_>, table: Oid, type_oid: Oid, expr: Option<&Expr>) -> Result<()> {
    let Some(heap) = backend.database()?.heaps.get(&table).cloned() else {
        return Ok(());
    };
    let constant = match expr {
        None => Some(Datum::Null),
        Some(expr) => {
            let reads_row = expr.any(&mut |part| matches!(part, Expr::Var(_)));
            let volatile = volatility::worst(backend, expr) == Volatility::Volatile;
            match reads_row || volatile {
                true => None,
                false if heap.live_rows == 0 => Some(Datum::Null),
                false => Some(executor::evaluate(backend, expr, &[])?),
            }
        }
    };
    if let (Some(value), false) = (&constant, heap.live_rows == 0 && expr.is_some()) {
        if let Some(heap) = backend.database_mut()?.heaps.get_mut(&table) {
            Arc::make_mut(heap).add_column(type_oid, value);
        }
        return Ok(());
    }
    let Some(expr) = expr else { return Ok(()) };
    map_rows(backend, table, &mut |backend, mut chunk| {
        let mut values = executor::evaluate_over(backend, std::slice::from_ref(expr), &chunk)?;
        chunk.columns.append(&mut values.columns);
        Ok(chunk)
    })
}

/// Replaces the values of one column by those of the expression.
pub fn replace_column(backend: &mut Backend<'_>, table: Oid, number: i16, expr: &Expr) -> Result<()> {
    map_rows(backend, table, &mut |backend, mut chunk| {
        let values = executor::evaluate_over(backend, std::slice::from_ref(expr), &chunk)?;
        let at = usize::try_from(number).unwrap_or(1).saturating_sub(1);
        if let (Some(place), Some(column)) = (chunk.columns.get_mut(at), values.columns.into_iter().next()) {
            *place = column;
        }
        Ok(chunk)
    })
}

type RowMap<'a> = &'a mut dyn FnMut(&mut Backend<'_>, Chunk) -> Result<Chunk>;

/// Writes the table anew, chunk by chunk; its indexes are built again.
fn map_rows(backend: &mut Backend<'_>, table: Oid, map: RowMap<'_>) -> Result<()> {
    let Some(heap) = backend.database()?.heaps.get(&table).cloned() else {
        return Ok(());
    };
    let mut chunks = Vec::new();
    for chunk in heap.live_chunks() {
        chunks.push(map(backend, chunk)?);
    }
    let mut rewritten = Heap::from_chunks(chunks);
    rewritten.version = heap.version.saturating_add(1);
    backend.database_mut()?.heaps.insert(table, Arc::new(rewritten));
    let indexes: Vec<Oid> = backend.catalog()?.indexes_of(table).map(|index| index.oid).collect();
    for index in indexes {
        executor::build_index(backend, index)?;
    }
    Ok(())
}

/// Whether a table has rows.
pub fn has_rows(backend: &Backend<'_>, table: Oid) -> Result<bool> {
    let heap = backend.database()?.heaps.get(&table);
    Ok(heap.is_some_and(|heap| heap.live_rows > 0))
}

pub fn contains_nulls(column: &str, relation: &str) -> Error {
    let mut error = Error::new(
        SqlState::NOT_NULL_VIOLATION,
        format!("column \"{column}\" of relation \"{relation}\" contains null values"),
    );
    error.table = Some(relation.into());
    error.column = Some(column.into());
    error
}
