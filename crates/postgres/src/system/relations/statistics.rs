//! The cumulative statistics views, as far as what they count is known: rows that are there, not what was
//! done to them; and pg_stats, what ANALYZE found.

use std::sync::Arc;

use kumquat_types::{Datum, Numeric, Oid, Result};

use super::values::{array_or_null, int4, oid, shared, shown_relations, text};
use super::{Rows, Scope};
use crate::backend::Backend;
use crate::catalog::{Relation, RelationKind};

/// The tables of a scope: those with rows, and the catalogs.
pub fn tables_of(backend: &Backend<'_>, scope: Scope) -> Vec<Arc<Relation>> {
    let mut relations = shown_relations(backend);
    relations.retain(|relation| match relation.kind {
        RelationKind::System => scope != Scope::User && !relation.is_system_view(),
        _ => scope != Scope::System && relation.has_storage(),
    });
    relations
}

/// `pg_stat_all_tables` and kin.
pub fn stat_tables(backend: &mut Backend<'_>, scope: Scope) -> Result<Rows> {
    let backend = &*backend;
    let heaps = &backend.database()?.heaps;
    Ok(tables_of(backend, scope)
        .iter()
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

/// Indexes with rows of their own, each with its table; catalogs have no indexes here.
pub fn indexes_with_tables(backend: &Backend<'_>) -> Result<Vec<(Arc<Relation>, Arc<Relation>)>> {
    let indexes = shown_relations(backend).into_iter();
    indexes
        .filter(|index| index.kind == RelationKind::Index)
        .filter_map(|index| Some((index.index.as_ref()?.table, index.clone())))
        .map(|(table, index)| Ok((index, backend.relation_by_oid(table)?)))
        .collect()
}

pub fn stat_user_indexes(backend: &mut Backend<'_>) -> Result<Rows> {
    let backend = &*backend;
    let mut rows = Vec::new();
    for (index, table) in indexes_with_tables(backend)? {
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

fn zeros(count: usize) -> impl Iterator<Item = Datum> {
    (0..count).map(|_| Datum::Int8(0))
}

/// When counting began: with the server.
const RESET: Datum = Datum::TimestampTz(0);

pub fn stat_database_conflicts(backend: &mut Backend<'_>) -> Result<Rows> {
    let databases = backend.server()?.databases.values();
    Ok(databases
        .map(|database| {
            let mut row = vec![oid(database.oid), shared(&database.name)];
            row.extend(zeros(5));
            row
        })
        .collect())
}

/// Nothing is archived.
pub fn stat_archiver(_: &mut Backend<'_>) -> Result<Rows> {
    let none = || [Datum::Null, Datum::Null];
    let mut row = vec![Datum::Int8(0)];
    row.extend(none());
    row.push(Datum::Int8(0));
    row.extend(none());
    row.push(RESET);
    Ok(vec![row])
}

/// There is no disk that checkpoints would write to.
pub fn stat_bgwriter(_: &mut Backend<'_>) -> Result<Rows> {
    let mut row: Vec<Datum> = zeros(2).collect();
    row.extend([Datum::Float8(0.0), Datum::Float8(0.0)]);
    row.extend(zeros(6));
    row.push(RESET);
    Ok(vec![row])
}

pub fn stat_recovery_prefetch(_: &mut Backend<'_>) -> Result<Rows> {
    let mut row = vec![RESET];
    row.extend(zeros(6));
    row.extend([int4(0), int4(0), int4(0)]);
    Ok(vec![row])
}

pub fn stat_slru(_: &mut Backend<'_>) -> Result<Rows> {
    const NAMES: [&str; 8] = [
        "CommitTs",
        "MultiXactMember",
        "MultiXactOffset",
        "Notify",
        "Serial",
        "Subtrans",
        "Xact",
        "other",
    ];
    let row = |name| {
        let mut row = vec![text(name)];
        row.extend(zeros(7));
        row.push(RESET);
        row
    };
    Ok(NAMES.into_iter().map(row).collect())
}

/// No log is written ahead.
pub fn stat_wal(_: &mut Backend<'_>) -> Result<Rows> {
    let mut row: Vec<Datum> = zeros(2).collect();
    row.push(Datum::Numeric(Numeric::from(0_i64).into()));
    row.extend(zeros(3));
    row.extend([Datum::Float8(0.0), Datum::Float8(0.0), RESET]);
    Ok(vec![row])
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
