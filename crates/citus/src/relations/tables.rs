//! Distributed tables, their colocation groups, and distributed schemas.

use kumquat_postgres::Backend;
use kumquat_types::{Datum, Oid, Result};

use crate::functions::{column_text, table_bytes};
use crate::metadata::{self, ColocationGroup, DistributedTable, TableType};

pub fn pg_dist_partition(backend: &mut Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    let catalog = backend.catalog()?;
    let row = |table: &DistributedTable| {
        let column = catalog
            .relation(table.relation)
            .and_then(|relation| relation.attribute(table.column?).map(column_text));
        vec![
            Datum::Oid(table.relation.0),
            Datum::from(table.method.letter()),
            Datum::from(column),
            int4(table.colocation_id),
            Datum::from(table.replication_model.letter()),
            Datum::Bool(table.auto_converted),
        ]
    };
    Ok(metadata::of(backend)?.tables.values().map(row).collect())
}

fn int4(value: u32) -> Datum {
    Datum::Int4(i32::try_from(value).unwrap_or(i32::MAX))
}

/// What `citus_table_type` says of a table.
pub fn type_label(metadata: &metadata::Metadata, table: &DistributedTable) -> &'static str {
    match table.table_type() {
        TableType::Reference => "reference",
        TableType::CitusLocal => "local",
        TableType::SingleShard if metadata.is_schema_group(table.colocation_id) => "schema",
        _ => "distributed",
    }
}

/// In order of the names as they are shown.
pub fn citus_tables(backend: &mut Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    let metadata = metadata::of(backend)?.clone();
    let mut rows = Vec::new();
    for table in metadata.tables.values() {
        let Some(relation) = backend.catalog()?.relation(table.relation).cloned() else {
            continue;
        };
        let column = table.column.and_then(|column| relation.attribute(column));
        let bytes = table_bytes(backend, table.relation, true)?;
        let row = vec![
            Datum::Oid(table.relation.0),
            Datum::from(type_label(&metadata, table)),
            Datum::text(column.map_or("<none>".into(), |column| column.name.clone())),
            int4(table.colocation_id),
            Datum::from(pretty_size(bytes)),
            Datum::Int8(i64::try_from(metadata.shards_of(table.relation).len()).unwrap_or(0)),
            Datum::text(backend.name_of_role(relation.owner).unwrap_or_default()),
            Datum::text(match relation.access_method.is_empty() {
                true => "".into(),
                false => relation.access_method.clone(),
            }),
        ];
        rows.push((backend.visible_relation_name(&relation), row));
    }
    rows.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

/// `pg_size_pretty`.
pub fn pretty_size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["bytes", "kB", "MB", "GB"];
    let mut size = bytes;
    let mut rounded = false;
    for unit in UNITS {
        let limit = if rounded { 20 * 1024 } else { 10 * 1024 };
        if size < limit {
            let shown = if rounded { size.div_ceil(2) } else { size };
            return format!("{shown} {unit}");
        }
        size >>= if rounded { 10 } else { 9 };
        rounded = true;
    }
    format!("{} TB", size.div_ceil(2))
}

pub fn citus_schemas(backend: &mut Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    let metadata = metadata::of(backend)?.clone();
    let mut rows = Vec::new();
    for (schema, group) in &metadata.schemas {
        let mut bytes = 0_u64;
        for table in metadata.colocated_tables(*group) {
            bytes = bytes.saturating_add(table_bytes(backend, table.relation, true)?);
        }
        let owner = backend.catalog()?.schemas.get(schema).map(|schema| schema.owner);
        let owner = owner.and_then(|owner| backend.name_of_role(owner));
        rows.push(vec![
            Datum::Oid(schema.0),
            int4(*group),
            Datum::from(pretty_size(bytes)),
            owner.map_or(Datum::Null, Datum::text),
        ]);
    }
    Ok(rows)
}

pub fn pg_dist_schema(backend: &mut Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    let row = |(schema, group): (&Oid, &u32)| vec![Datum::Oid(schema.0), int4(*group)];
    Ok(metadata::of(backend)?.schemas.iter().map(row).collect())
}

pub fn pg_dist_colocation(backend: &mut Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    let row = |group: &ColocationGroup| {
        vec![
            int4(group.id),
            Datum::Int4(group.shard_count),
            Datum::Int4(group.replication_factor),
            Datum::Oid(group.column_type.0),
            Datum::Oid(group.collation.0),
        ]
    };
    Ok(metadata::of(backend)?.colocation_groups.values().map(row).collect())
}
