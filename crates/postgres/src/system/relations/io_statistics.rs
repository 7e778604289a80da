//! The `pg_statio_...` views. All data is in memory: no block is ever read from disk, and those that a relation
//! fills count as found in memory once.

use kumquat_types::{Datum, Result};

use super::statistics::{indexes_with_tables, tables_of};
use super::values::{oid, shared, shown_relations};
use super::{Rows, Scope};
use crate::backend::Backend;
use crate::catalog::{Relation, RelationKind};

fn blocks(count: u64) -> [Datum; 2] {
    [Datum::Int8(0), Datum::Int8(i64::try_from(count).unwrap_or(i64::MAX))]
}

fn names(backend: &Backend<'_>, relation: &Relation) -> [Datum; 2] {
    [
        Datum::Text(backend.schema_name(relation.schema)),
        shared(&relation.name),
    ]
}

fn pages(backend: &Backend<'_>, relation: &Relation) -> u64 {
    let heap = backend
        .database()
        .ok()
        .and_then(|database| database.heaps.get(&relation.oid));
    heap.map_or(0, |heap| heap.pages())
}

/// `pg_statio_all_tables` and kin.
pub fn tables(backend: &mut Backend<'_>, scope: Scope) -> Result<Rows> {
    let backend = &*backend;
    let catalog = backend.catalog()?;
    let row = |relation: &Relation| {
        let mut row = vec![oid(relation.oid)];
        row.extend(names(backend, relation));
        row.extend(blocks(pages(backend, relation)));
        match catalog.indexes_of(relation.oid).next() {
            Some(_) => row.extend(blocks(0)),
            None => row.extend([Datum::Null, Datum::Null]),
        }
        row.extend((0..4).map(|_| Datum::Null));
        row
    };
    Ok(tables_of(backend, scope).iter().map(|relation| row(relation)).collect())
}

/// `pg_statio_all_indexes` and `pg_statio_user_indexes`.
pub fn indexes(backend: &mut Backend<'_>) -> Result<Rows> {
    let backend = &*backend;
    let mut rows = Vec::new();
    for (index, table) in indexes_with_tables(backend)? {
        let mut row = vec![oid(table.oid), oid(index.oid)];
        row.extend(names(backend, &table));
        row.push(shared(&index.name));
        row.extend(blocks(0));
        rows.push(row);
    }
    Ok(rows)
}

/// `pg_statio_all_sequences` and `pg_statio_user_sequences`: a sequence is one block.
pub fn sequences(backend: &mut Backend<'_>) -> Result<Rows> {
    let backend = &*backend;
    let relations = shown_relations(backend);
    let sequences = relations
        .iter()
        .filter(|relation| relation.kind == RelationKind::Sequence);
    Ok(sequences
        .map(|sequence| {
            let mut row = vec![oid(sequence.oid)];
            row.extend(names(backend, sequence));
            row.extend(blocks(1));
            row
        })
        .collect())
}
