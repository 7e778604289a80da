//! Pages and rows of tables and indexes (`estimate_rel_size`).

use kumquat_types::{Oid, builtin_type};

use super::width::type_width;
use crate::catalog::{IndexDefinition, Relation};
use crate::planner::cost::align;
use crate::planner::cost::scan::{IndexSize, TableSize};
use crate::storage::Heap;

/// Bytes of a page without its header.
const PAGE: f64 = 8192.0 - 24.0;
/// Bytes of a B-tree page that entries may take.
const INDEX_PAGE: f64 = 8192.0 - 24.0 - 16.0;

/// A table that has never been looked at by VACUUM or ANALYZE is taken to have ten pages at least.
pub fn table_size(relation: &Relation, heap: Option<&Heap>, has_children: bool) -> TableSize {
    let statistics = heap.and_then(|heap| heap.statistics.as_deref());
    let mut pages = heap.map_or(0.0, |heap| heap.pages() as f64);
    if pages < 10.0 && statistics.is_none() && !has_children {
        pages = 10.0;
    }
    if pages == 0.0 {
        return TableSize::default();
    }
    let density = match statistics {
        Some(found) if found.pages > 0 => found.rows / found.pages as f64,
        _ => default_density(relation),
    };
    TableSize {
        pages,
        rows: (density * pages).round_ties_even(),
        all_visible: 0.0,
    }
}

/// Rows that fit on a page if all are as wide as their types suggest.
fn default_density(relation: &Relation) -> f64 {
    (PAGE / (data_width(relation) + align(23) + 4.0)).floor()
}

/// `get_rel_data_width`.
fn data_width(relation: &Relation) -> f64 {
    let widths = relation
        .live_attributes()
        .map(|attribute| type_width(attribute.type_oid, attribute.type_modifier));
    f64::from(widths.sum::<i32>())
}

/// The index of a table with so many rows.
pub fn index_size(table: &Relation, index: &IndexDefinition, heap: Option<&Heap>, size: TableSize) -> IndexSize {
    let entries = heap.map_or(0.0, |heap| heap.row_versions() as f64);
    let entry = entry_bytes(table, index);
    let per_leaf = (INDEX_PAGE * 0.9 / entry).floor().max(2.0);
    let leaves = (entries / per_leaf).ceil();
    let (mut pages, mut level, mut height) = (1.0 + leaves, leaves, 0.0);
    while level > 1.0 {
        level = (level / (INDEX_PAGE * 0.7 / entry).floor().max(2.0)).ceil();
        pages += level;
        height += 1.0;
    }
    IndexSize {
        pages,
        rows: size.rows,
        height,
    }
}

/// Bytes of an index entry with its line pointer.
fn entry_bytes(table: &Relation, index: &IndexDefinition) -> f64 {
    let width = |column: &crate::catalog::IndexColumn| match (&column.expression, table.attribute(column.attribute)) {
        (Some(expression), _) => type_width(expression.type_oid(), expression.type_modifier()),
        (None, Some(attribute)) => type_width(attribute.type_oid, attribute.type_modifier),
        (None, None) => 8,
    };
    8.0 + align(index.columns.iter().map(width).sum()) + 4.0
}

/// Whether the type's values all take as many bytes.
pub fn is_fixed(type_oid: Oid) -> bool {
    builtin_type(type_oid).is_some_and(|known| known.length > 0)
}
