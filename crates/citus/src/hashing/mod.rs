//! From a value of the distribution column to its shard: hash, interval, shard.
//!
//! - [`hash_datum`], [`hash_column`]: PostgreSQL's hash functions, as Citus uses them
//! - [`uniform_intervals`]: how hash values are shared out among shards
//! - [`split`]: rows to shards, by whole columns

pub mod split;

use kumquat_types::{Column, ColumnData, Datum, Oid, hash};

use crate::metadata::ShardInterval;

const HASH_TOKENS: i64 = 1 << 32;

/// The intervals of `count` shards over the 2^32 hash values: all equally wide, the last takes the remainder.
pub fn uniform_intervals(count: i32) -> Vec<ShardInterval> {
    let width = HASH_TOKENS / i64::from(count.max(1));
    let last = i64::from(count) - 1;
    let bound = |value: i64| i32::try_from(value).unwrap_or(i32::MAX);
    (0..i64::from(count))
        .map(|index| {
            let min = i64::from(i32::MIN) + index * width;
            let max = if index == last {
                i64::from(i32::MAX)
            } else {
                min + width - 1
            };
            ShardInterval {
                min: bound(min),
                max: bound(max),
            }
        })
        .collect()
}

/// The hash of a value of a type, if the type has a hash function (`worker_hash`).
pub fn hash_datum(value: &Datum, type_oid: Oid) -> Option<i32> {
    hash::hash(type_oid, value).map(u32::cast_signed)
}

/// The hash of every value of a column without NULLs, by whole vectors where the type has one.
pub fn hash_column(column: &Column, type_oid: Oid) -> Vec<i32> {
    let int4 = |value: i32| hash::hash_u32(value.cast_unsigned()).cast_signed();
    match &column.data {
        ColumnData::Int2(values) => values.iter().map(|value| int4(i32::from(*value))).collect(),
        ColumnData::Int4(values) | ColumnData::Date(values) => values.iter().copied().map(int4).collect(),
        ColumnData::Int8(values) | ColumnData::Timestamp(values) | ColumnData::TimestampTz(values) => {
            values.iter().copied().map(hash_int8).collect()
        }
        ColumnData::Text(values) if matches!(type_oid, Oid::TEXT | Oid::VARCHAR) => {
            let hash = |value: &std::sync::Arc<str>| hash::hash_bytes(value.as_bytes()).cast_signed();
            values.iter().map(hash).collect()
        }
        _ => column
            .iter()
            .map(|value| hash_datum(&value, type_oid).unwrap_or(0))
            .collect(),
    }
}

/// `hashint8`: the halves are folded so that a value hashes like the same value as integer.
fn hash_int8(value: i64) -> i32 {
    let [low, high] = [value, value >> 32].map(|half| (half & 0xffff_ffff) as u32);
    let folded = low ^ if value >= 0 { high } else { !high };
    hash::hash_u32(folded).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(count: i32, expect: &[(i32, i32)]) {
        let found: Vec<(i32, i32)> = uniform_intervals(count).iter().map(|i| (i.min, i.max)).collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn the_last_shard_takes_the_remainder() {
        check(1, &[(i32::MIN, i32::MAX)]);
        check(2, &[(i32::MIN, -1), (0, i32::MAX)]);
        check(
            6,
            &[
                (-2147483648, -1431655767),
                (-1431655766, -715827885),
                (-715827884, -3),
                (-2, 715827879),
                (715827880, 1431655761),
                (1431655762, 2147483647),
            ],
        );
    }
}
