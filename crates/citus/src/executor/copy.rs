//! COPY into Citus tables: rows go to the shards they belong to.

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::Relation;
use kumquat_types::{Chunk, Column, Datum, Oid, Result};
use std::sync::Arc;

use crate::metadata;
use crate::planner::{evaluate, insert};
use crate::shards::rows;
use crate::tables::checks;
use crate::transaction::access;
use kumquat_postgres::query::Expr;

/// COPY FROM: takes the rows over if the relation is a Citus table (`CitusCopyFrom`).
pub fn copy_from(
    backend: &mut Backend<'_>,
    relation: Oid,
    columns: &[i16],
    rows: &mut Vec<Vec<Datum>>,
) -> Result<Option<u64>> {
    if !metadata::of(backend)?.is_citus_table(relation) {
        return Ok(None);
    }
    let found = checks::relation(backend, relation)?;
    let types: Vec<Oid> = columns
        .iter()
        .map(|number| {
            found
                .attribute(*number)
                .map_or(Oid::TEXT, |attribute| attribute.type_oid)
        })
        .collect();
    let chunk = Chunk::from_rows(&types, std::mem::take(rows));
    copy_chunks(backend, relation, columns, vec![chunk]).map(Some)
}

/// Writes rows, given as columns, into the shards of a Citus table; other columns get their defaults.
pub fn copy_chunks(backend: &mut Backend<'_>, relation: Oid, columns: &[i16], chunks: Vec<Chunk>) -> Result<u64> {
    access::check_conflicts(backend, relation, access::AccessKind::Modify)?;
    let found = checks::relation(backend, relation)?;
    let count: usize = chunks.iter().map(|chunk| chunk.rows).sum();
    let mut whole = Vec::new();
    for chunk in chunks {
        whole.push(with_all_columns(backend, &found, columns, &chunk)?);
    }
    rows::write_all(backend, relation, whole)?;
    Ok(count as u64)
}

/// A column for each attribute: those given, defaults, NULLs.
fn with_all_columns(backend: &mut Backend<'_>, relation: &Relation, columns: &[i16], chunk: &Chunk) -> Result<Chunk> {
    let mut all = Vec::with_capacity(relation.attributes.len());
    for attribute in relation.attributes.iter() {
        let given = columns.iter().position(|number| *number == attribute.number);
        let column = match given.and_then(|at| chunk.columns.get(at)) {
            Some(column) => column.clone(),
            None => Arc::new(default_column(backend, relation, attribute, chunk.rows)?),
        };
        all.push(column);
    }
    Ok(Chunk::new(all, chunk.rows))
}

/// A default that is the same for all rows is computed once.
fn default_column(
    backend: &mut Backend<'_>,
    relation: &Relation,
    attribute: &kumquat_postgres::catalog::Attribute,
    rows: usize,
) -> Result<Column> {
    let functions = evaluate::Functions::of(backend)?;
    let is_fixed = attribute.identity.is_none()
        && attribute
            .default
            .as_ref()
            .is_none_or(|default| !functions.has_volatility(default, kumquat_types::Volatility::Volatile));
    if attribute.dropped || attribute.generated.is_some() {
        return Ok(Column::nulls(attribute.type_oid, rows));
    }
    let constant = |expr: Expr| match expr {
        Expr::Const(constant) => constant.value,
        _ => Datum::Null,
    };
    if is_fixed {
        let value = constant(insert::default_of(backend, relation, attribute)?);
        return Ok(Column::constant(attribute.type_oid, &value, rows));
    }
    let mut values = Vec::with_capacity(rows);
    for _ in 0..rows {
        values.push(constant(insert::default_of(backend, relation, attribute)?));
    }
    Ok(Column::from_datums(attribute.type_oid, values))
}
