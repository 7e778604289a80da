//! What PostgreSQL's sorts, hash tables and caches would take for the same rows, as EXPLAIN ANALYZE tells: its
//! tuples with their headers and alignment, in memory that grows by doubling.

use kumquat_types::{Chunk, Datum, Oid};

use super::counters::{HashTableCount, SortCount};
use crate::storage::heap::datum_bytes;

/// `work_mem` counts in kB.
const KILOBYTE: u64 = 1024;
/// An entry of a sort's array, and how many there are at first.
const SORT_ENTRY: u64 = 24;
const FIRST_SORT_ENTRIES: u64 = 1024;
/// What goes before each piece of memory: in a sort, and elsewhere.
const SORT_CHUNK_HEADER: u64 = 24;
const CHUNK_HEADER: u64 = 16;
const BLOCK_HEADER: u64 = 32;
const FIRST_BLOCK: u64 = 8192;
const LARGEST_BLOCK: u64 = 256 * KILOBYTE;
/// What the first block holds beside its pieces.
const CONTEXT_HEADER: u64 = 256;
/// Largest piece that shares a block with others.
const CHUNK_LIMIT: u64 = 8192;
/// What a tuple in a hash join's table has before it.
const HASH_TUPLE_HEADER: u64 = 16;
/// What Memoize holds beside the tuples of a key and its rows.
const CACHE_ENTRY: u64 = 48;
const CACHED_TUPLE: u64 = 16;
const LEAST_BUCKETS: u64 = 1024;

fn aligned(bytes: u64, to: u64) -> u64 {
    bytes.div_ceil(to) * to
}

/// Bytes of a `MinimalTuple` with these values (`heap_compute_data_size`).
pub fn tuple_bytes(rows: &Chunk, row: usize) -> u64 {
    let mut data = 0;
    let mut has_null = false;
    for column in &rows.columns {
        let value = column.get(row);
        has_null |= value.is_null();
        data = aligned(data, alignment(&value)) + datum_bytes(&value);
    }
    let nulls = if has_null {
        rows.columns.len().div_ceil(8) as u64
    } else {
        0
    };
    aligned(15 + nulls, 8) + data
}

fn alignment(value: &Datum) -> u64 {
    match value {
        Datum::Int2(_) => 2,
        Datum::Int4(_) | Datum::Oid(_) | Datum::Float4(_) | Datum::Date(_) | Datum::Enum(_) => 4,
        Datum::Int8(_)
        | Datum::Float8(_)
        | Datum::Time(_)
        | Datum::Timestamp(_)
        | Datum::TimestampTz(_)
        | Datum::TimeTz(..)
        | Datum::Interval(_) => 8,
        // Short values of variable length have a header of one byte.
        _ if datum_bytes(value) < 128 => 1,
        _ => 4,
    }
}

/// A sort of these rows that keeps `bound` of them, if it is bounded; more than `work_mem` kB go to disk.
pub fn sort_count(rows: &Chunk, bound: Option<u64>, method: &'static str, work_mem: u64) -> SortCount {
    let count = rows.rows as u64;
    let heap = bound.filter(|_| method == "top-N heapsort");
    let mut entries = FIRST_SORT_ENTRIES;
    while entries <= heap.map_or(count, |bound| (2 * bound).min(count)) {
        entries *= 2;
    }
    let sizes = (0..rows.rows).map(|row| sorted_bytes(rows, row, heap.is_some()));
    let tuples: u64 = match heap {
        // Those that are kept are about as large as the others.
        Some(bound) => sizes.sum::<u64>() / count.max(1) * bound,
        None => sizes.sum(),
    };
    let bytes = entries * SORT_ENTRY + CHUNK_HEADER + tuples;
    if bytes > work_mem * KILOBYTE {
        let written: u64 = (0..rows.rows).map(|row| tuple_bytes(rows, row).saturating_sub(6)).sum();
        return SortCount {
            method: "external merge",
            on_disk: true,
            kilobytes: written.div_ceil(8192) * 8,
            groups: 1,
        };
    }
    SortCount {
        method,
        on_disk: false,
        kilobytes: bytes.div_ceil(KILOBYTE),
        groups: 1,
    }
}

/// A single number is sorted without a tuple around it.
fn sorted_bytes(rows: &Chunk, row: usize, bounded: bool) -> u64 {
    if let [column] = rows.columns.as_slice()
        && is_by_value(&column.get(row))
    {
        return 0;
    }
    let bytes = tuple_bytes(rows, row);
    match bounded {
        true => CHUNK_HEADER + bytes.next_power_of_two(),
        false => SORT_CHUNK_HEADER + aligned(bytes, 8),
    }
}

fn is_by_value(value: &Datum) -> bool {
    matches!(
        value,
        Datum::Null
            | Datum::Bool(_)
            | Datum::Int2(_)
            | Datum::Int4(_)
            | Datum::Int8(_)
            | Datum::Oid(_)
            | Datum::Float4(_)
            | Datum::Float8(_)
            | Datum::Date(_)
            | Datum::Time(_)
            | Datum::Timestamp(_)
            | Datum::TimestampTz(_)
            | Datum::Enum(_)
    )
}

/// The hash table of a hash join, made for as many rows as were expected (`ExecChooseHashTableSize`).
pub fn hash_table_count(rows: &Chunk, expected: f64) -> HashTableCount {
    let buckets = (expected.clamp(1.0, 1e9) as u64).next_power_of_two().max(LEAST_BUCKETS);
    let mut grown = buckets;
    while grown < rows.rows as u64 {
        grown *= 2;
    }
    let tuples: u64 = (0..rows.rows)
        .map(|row| HASH_TUPLE_HEADER + tuple_bytes(rows, row))
        .sum();
    HashTableCount {
        buckets: grown,
        planned_buckets: buckets,
        kilobytes: (grown * 8 + tuples).div_ceil(KILOBYTE),
    }
}

/// An entry of Memoize with its rows.
pub fn cache_bytes(key: &[Datum], rows: &[Chunk]) -> u64 {
    let key: u64 = key.iter().map(datum_bytes).sum();
    let tuples = rows
        .iter()
        .flat_map(|rows| (0..rows.rows).map(|row| CACHED_TUPLE + tuple_bytes(rows, row)));
    CACHE_ENTRY + 16 + key + tuples.sum::<u64>()
}

/// A hashed aggregate: a table for each set of groups, and the groups in blocks that double.
#[derive(Debug, Default)]
pub struct HashedGroups {
    tables: u64,
    in_blocks: u64,
    groups: u64,
}

impl HashedGroups {
    /// One set of groups: how many there are and were expected, the bytes of their keys and of their states.
    pub fn add(&mut self, keys: &Chunk, expected: f64, aggregates: &[Oid]) {
        let count = keys.rows as u64;
        let mut size = ((expected.clamp(1.0, 1e9) / 0.9) as u64).max(2).next_power_of_two();
        while (size as f64) * 0.9 < count as f64 {
            size *= 2;
        }
        let array = size * 24;
        match array.next_power_of_two() {
            piece if piece < CHUNK_LIMIT => self.in_blocks += CHUNK_HEADER + piece,
            // With its header it takes a block of twice its size.
            piece if piece == CHUNK_LIMIT => self.tables += 2 * piece,
            _ => self.tables += array + BLOCK_HEADER + CHUNK_HEADER,
        }
        let states: u64 = aggregates.iter().map(|function| state_bytes(*function)).sum();
        let entry = match aggregates.len() as u64 {
            0 => 0,
            calls => CHUNK_HEADER + (16 * calls).next_power_of_two(),
        };
        let tuples = (0..keys.rows).map(|row| CHUNK_HEADER + tuple_bytes(keys, row).next_power_of_two());
        self.groups += tuples.sum::<u64>() + count * (entry + states);
    }

    pub fn kilobytes(&self) -> u64 {
        let bytes = FIRST_BLOCK + self.tables + blocks(self.in_blocks) + blocks(self.groups);
        bytes.div_ceil(KILOBYTE)
    }
}

/// Blocks for so many bytes, each twice the one before from the second on.
fn blocks(bytes: u64) -> u64 {
    let (mut total, mut next) = (FIRST_BLOCK, FIRST_BLOCK);
    while total - CONTEXT_HEADER < bytes {
        total += next;
        next = (2 * next).min(LARGEST_BLOCK);
    }
    total
}

/// What the state of an aggregate takes beside its entry, where it is more than a number.
fn state_bytes(function: Oid) -> u64 {
    let Some(proc) = kumquat_types::proc_by_oid(function) else {
        return 0;
    };
    let argument = proc.args.first().copied().unwrap_or(Oid::INVALID);
    match (proc.name, argument) {
        (
            "sum" | "avg" | "stddev" | "variance" | "stddev_pop" | "stddev_samp" | "var_pop" | "var_samp",
            Oid::NUMERIC,
        ) => CHUNK_HEADER + 256 + 2 * (CHUNK_HEADER + 16),
        ("sum" | "avg", Oid::INT8) => CHUNK_HEADER + 64,
        ("avg", Oid::INT2 | Oid::INT4 | Oid::FLOAT4 | Oid::FLOAT8) => CHUNK_HEADER + 64,
        ("min" | "max", Oid::NUMERIC | Oid::TEXT | Oid::VARCHAR | Oid::BPCHAR) => CHUNK_HEADER + 16,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(count: usize) -> Chunk {
        let row = |at: usize| vec![Datum::Int4(i32::try_from(at).unwrap_or(0)), Datum::text("abcdefg")];
        Chunk::from_rows(&[Oid::INT4, Oid::TEXT], (0..count).map(row))
    }

    #[test]
    fn memory_is_that_of_postgresql() {
        assert_eq!(tuple_bytes(&rows(1), 0), 28);
        let check = |count: usize, expected: u64| {
            let sort = sort_count(&rows(count), None, "quicksort", 4096);
            assert_eq!((sort.kilobytes, sort.on_disk), (expected, false), "{count} rows");
        };
        check(1, 25);
        check(500, 52);
        check(5000, 466);
        assert!(sort_count(&rows(100_000), None, "quicksort", 4096).on_disk);
        let table = hash_table_count(&rows(500), 500.0);
        assert_eq!((table.buckets, table.kilobytes), (1024, 30));
        let mut groups = HashedGroups::default();
        groups.add(&rows(3), 3.0, &[]);
        assert_eq!(groups.kilobytes(), 24);
    }
}
