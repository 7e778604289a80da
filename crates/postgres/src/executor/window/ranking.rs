//! row_number, rank, dense_rank, percent_rank, cume_dist, ntile.

use std::sync::Arc;

use kumquat_types::{Column, Datum, Error, Oid, Result, SqlState};

use super::partition::Partition;

pub fn eval(name: &str, args: &[Arc<Column>], partition: &Partition) -> Result<Column> {
    let rows = partition.rows();
    let number = |value: usize| Datum::Int8(i64::try_from(value).unwrap_or(i64::MAX));
    let column = |f: &dyn Fn(usize) -> Datum, type_oid| Column::from_datums(type_oid, (0..rows).map(f));
    Ok(match name {
        "row_number" => column(&|row| number(row + 1), Oid::INT8),
        "rank" => column(&|row| number(partition.peers_of(row).0 + 1), Oid::INT8),
        "dense_rank" => column(&|row| number(partition.group_of(row) + 1), Oid::INT8),
        "percent_rank" => {
            let others = rows.saturating_sub(1).max(1) as f64;
            column(
                &|row| Datum::Float8(partition.peers_of(row).0 as f64 / others),
                Oid::FLOAT8,
            )
        }
        "cume_dist" => column(
            &|row| Datum::Float8(partition.peers_of(row).1 as f64 / rows as f64),
            Oid::FLOAT8,
        ),
        "ntile" => return ntile(args, partition),
        name => return Err(Error::not_modelled(format!("window function {name}"))),
    })
}

/// Buckets of sizes that differ by one at most, the larger ones first. The first row decides how many.
fn ntile(args: &[Arc<Column>], partition: &Partition) -> Result<Column> {
    let rows = partition.rows();
    let buckets = args
        .first()
        .map(|column| column.get(partition.first))
        .unwrap_or_default();
    let Some(buckets) = buckets.as_i64() else {
        return Ok(Column::nulls(Oid::INT4, rows));
    };
    let Some(buckets) = usize::try_from(buckets).ok().filter(|&buckets| buckets > 0) else {
        return Err(Error::new(
            SqlState::INVALID_ARGUMENT_FOR_NTILE_FUNCTION,
            "argument of ntile must be greater than zero",
        ));
    };
    let (size, larger) = (rows / buckets, rows % buckets);
    let bucket = |row: usize| match row.checked_sub(larger * (size + 1)) {
        Some(rest) => larger + rest / size.max(1) + 1,
        None => row / (size + 1) + 1,
    };
    let value = |row| Datum::Int4(i32::try_from(bucket(row)).unwrap_or(i32::MAX));
    Ok(Column::from_datums(Oid::INT4, (0..rows).map(value)))
}
