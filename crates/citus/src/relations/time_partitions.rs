//! time_partitions: range partitions by one column of date or timestamp.

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::{Name, PartitionBound, PartitionStrategy, RangeDatum, Relation, RelationKind};
use kumquat_types::{Datum, Oid, Result, io};

/// One partition with its bounds.
#[derive(Clone, Debug)]
pub struct TimePartition {
    pub parent: Oid,
    pub column: Name,
    pub type_oid: Oid,
    pub relation: Arc<Relation>,
    pub from: Datum,
    pub to: Datum,
}

/// The time partitions of a table, in order of their bounds.
pub fn time_partitions_of(backend: &Backend<'_>, parent: Oid) -> Result<Vec<TimePartition>> {
    let catalog = backend.catalog()?;
    let Some(found) = catalog.relation(parent) else {
        return Ok(Vec::new());
    };
    let Some(key) = found
        .partition_key
        .as_ref()
        .filter(|key| key.strategy == PartitionStrategy::Range)
    else {
        return Ok(Vec::new());
    };
    let ([column], [type_oid]) = (key.columns.as_slice(), key.types.as_slice()) else {
        return Ok(Vec::new());
    };
    if !matches!(*type_oid, Oid::DATE | Oid::TIMESTAMP | Oid::TIMESTAMPTZ) {
        return Ok(Vec::new());
    }
    let Some(attribute) = found.attribute(column.attribute) else {
        return Ok(Vec::new());
    };
    let mut partitions: Vec<TimePartition> = catalog
        .children_of(parent)
        .filter_map(|child| {
            let PartitionBound::Range { from, to } = &**child.partition_bound.as_ref()? else {
                return None;
            };
            let ([RangeDatum::Value(from)], [RangeDatum::Value(to)]) = (from.as_slice(), to.as_slice()) else {
                return None;
            };
            Some(TimePartition {
                parent,
                column: attribute.name.clone(),
                type_oid: *type_oid,
                relation: child.clone(),
                from: from.clone(),
                to: to.clone(),
            })
        })
        .collect();
    partitions.sort_by(|a, b| kumquat_types::compare::compare(&a.from, &b.from));
    Ok(partitions)
}

pub fn rows(backend: &mut Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    let parents: Vec<Oid> = backend
        .catalog()?
        .relations
        .values()
        .filter(|relation| relation.kind == RelationKind::PartitionedTable)
        .map(|relation| relation.oid)
        .filter(|oid| crate::functions::visibility::shard_of_table(backend, *oid).is_none())
        .collect();
    let mut rows = Vec::new();
    for parent in parents {
        for partition in time_partitions_of(backend, parent)? {
            let text = |value: &Datum| Datum::from(io::output(backend, partition.type_oid, value).into_owned());
            let (from, to) = (text(&partition.from), text(&partition.to));
            rows.push(vec![
                Datum::Oid(parent.0),
                Datum::text(partition.column.clone()),
                Datum::Oid(partition.relation.oid.0),
                from,
                to,
                Datum::text(partition.relation.access_method.clone()),
            ]);
        }
    }
    Ok(rows)
}
