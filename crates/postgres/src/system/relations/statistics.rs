//! The cumulative statistics views, as far as what they count is known: rows that are there, not what was
//! done to them; and pg_stats, what ANALYZE found.

use kumquat_types::{Datum, Oid, Result};

use super::Rows;
use super::values::{array_or_null, int4, oid, shared, shown_relations};
use crate::backend::Backend;
use crate::catalog::RelationKind;

pub fn stat_user_tables(backend: &mut Backend<'_>) -> Result<Rows> {
    let backend = &*backend;
    let heaps = &backend.database()?.heaps;
    Ok(shown_relations(backend)
        .iter()
        .filter(|relation| relation.has_storage())
        .map(|relation| {
            let heap = heaps.get(&relation.oid);
            let live = heap.map_or(0, |heap| heap.live_rows);
            let versions = heap.map_or(0, |heap| heap.row_versions());
            let number = |value: u64| Datum::Int8(i64::try_from(value).unwrap_or(i64::MAX));
            let has_index = backend
                .catalog()
                .is_ok_and(|catalog| catalog.indexes_of(relation.oid).next().is_some());
            let of_index = || if has_index { Datum::Int8(0) } else { Datum::Null };
            let zero = || Datum::Int8(0);
            let mut row = vec![
                oid(relation.oid),
                Datum::Text(backend.schema_name(relation.schema)),
                shared(&relation.name),
                zero(),
                zero(),
                of_index(),
                of_index(),
                number(versions),
                zero(),
                number(versions.saturating_sub(live)),
                zero(),
                number(live),
                number(versions.saturating_sub(live)),
                zero(),
                zero(),
            ];
            row.extend((0..4).map(|_| Datum::Null));
            row.extend((0..4).map(|_| zero()));
            row
        })
        .collect())
}

pub fn stat_user_indexes(backend: &mut Backend<'_>) -> Result<Rows> {
    let backend = &*backend;
    let mut rows = Vec::new();
    for index in shown_relations(backend) {
        let Some(definition) = &index.index else { continue };
        if index.kind != RelationKind::Index {
            continue;
        }
        let table = backend.relation_by_oid(definition.table)?;
        rows.push(vec![
            oid(table.oid),
            oid(index.oid),
            Datum::Text(backend.schema_name(table.schema)),
            shared(&table.name),
            shared(&index.name),
            Datum::Int8(0),
            Datum::Int8(0),
            Datum::Int8(0),
        ]);
    }
    Ok(rows)
}

pub fn stat_database(backend: &mut Backend<'_>) -> Result<Rows> {
    let current = backend.database()?.oid;
    Ok(backend
        .server()?
        .databases
        .values()
        .map(|database| {
            let mut row = vec![
                oid(database.oid),
                shared(&database.name),
                int4(i32::from(database.oid == current)),
            ];
            row.extend((0..13).map(|_| Datum::Int8(0)));
            row.extend([Datum::Null, Datum::Null]);
            row.extend((0..5).map(|_| Datum::Float8(0.0)));
            row.extend((0..4).map(|_| Datum::Int8(0)));
            row.push(Datum::Null);
            row
        })
        .collect())
}

pub fn stats(backend: &mut Backend<'_>) -> Result<Rows> {
    let backend = &*backend;
    let heaps = &backend.database()?.heaps;
    let mut rows = Vec::new();
    for relation in shown_relations(backend) {
        let Some(found) = heaps.get(&relation.oid).and_then(|heap| heap.statistics.clone()) else {
            continue;
        };
        for (attribute, column) in relation.attributes.iter().zip(&found.columns) {
            let (Some(column), false) = (column, attribute.dropped) else {
                continue;
            };
            let values = column.common.iter().map(|(value, _)| value.clone());
            let frequencies = column
                .common
                .iter()
                .map(|(_, frequency)| Datum::Float4(*frequency as f32));
            rows.push(vec![
                Datum::Text(backend.schema_name(relation.schema)),
                shared(&relation.name),
                shared(&attribute.name),
                false.into(),
                Datum::Float4(column.null_fraction as f32),
                int4(column.width),
                Datum::Float4(column.distinct as f32),
                array_or_null(attribute.type_oid, values.collect()),
                array_or_null(Oid::FLOAT4, frequencies.collect()),
                array_or_null(attribute.type_oid, column.histogram.clone()),
                Datum::Float4(column.correlation as f32),
                Datum::Null,
                Datum::Null,
                Datum::Null,
            ]);
        }
    }
    Ok(rows)
}
