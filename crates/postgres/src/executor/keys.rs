//! Rows compared, hashed and looked up by some of their columns.

use std::cmp::Ordering;
use std::hash::Hasher;
use std::sync::Arc;

use kumquat_types::compare::{compare_typed, hash_typed, same_typed};
use kumquat_types::{Column, ColumnData, Oid};

use crate::catalog::SortOrder;
use crate::storage::heap::column_bytes;

const SEED: u64 = 0x517c_c1b7_2722_0a95;

/// A fast hash for tables in memory; its order never shows.
#[derive(Clone, Copy, Default)]
pub struct RowHasher(u64);

impl Hasher for RowHasher {
    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }

    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|word| self.write_u64(u64::from_le_bytes(*word)));
        let mut tail = [0u8; 8];
        tail.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        self.write_u64(u64::from_le_bytes(tail) ^ (bytes.len() as u64) << 56);
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(5) ^ value).wrapping_mul(SEED);
    }

    fn write_i64(&mut self, value: i64) {
        self.write_u64(value.cast_unsigned());
    }

    fn write_u8(&mut self, value: u8) {
        self.write_u64(u64::from(value));
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }
}

/// A hash for each row, equal for rows that are equal (NULLs being equal).
pub fn hash_rows(columns: &[Arc<Column>], types: &[Oid], rows: usize) -> Vec<u64> {
    let mut hashes = vec![RowHasher::default(); rows];
    for (column, &type_oid) in columns.iter().zip(types) {
        hash_column(column, type_oid, &mut hashes);
    }
    hashes.iter().map(RowHasher::finish).collect()
}

fn hash_column(column: &Column, type_oid: Oid, hashes: &mut [RowHasher]) {
    fn integers<T: Copy + Into<i64>>(values: &[T], hashes: &mut [RowHasher]) {
        hashes
            .iter_mut()
            .zip(values)
            .for_each(|(hash, &value)| hash.write_i64(value.into()));
    }
    match &column.data {
        _ if column.validity.is_some() => hash_datums(column, type_oid, hashes),
        ColumnData::Int2(values) => integers(values, hashes),
        ColumnData::Int4(values) | ColumnData::Date(values) => integers(values, hashes),
        ColumnData::Int8(values) | ColumnData::Timestamp(values) | ColumnData::TimestampTz(values) => {
            integers(values, hashes);
        }
        ColumnData::Text(values) if type_oid != Oid::BPCHAR => {
            hashes
                .iter_mut()
                .zip(values)
                .for_each(|(hash, text)| hash.write(text.as_bytes()));
        }
        _ => hash_datums(column, type_oid, hashes),
    }
}

fn hash_datums(column: &Column, type_oid: Oid, hashes: &mut [RowHasher]) {
    for (row, hash) in hashes.iter_mut().enumerate() {
        hash_typed(type_oid, &column.get(row), hash);
    }
}

/// Two values are equal, NULLs being equal to each other.
pub fn equal_at(a: &Column, i: usize, b: &Column, j: usize, type_oid: Oid) -> bool {
    let plain = a.validity.is_none() && b.validity.is_none();
    match (&a.data, &b.data) {
        (ColumnData::Int4(a), ColumnData::Int4(b)) if plain => a.get(i) == b.get(j),
        (ColumnData::Int8(a), ColumnData::Int8(b)) if plain => a.get(i) == b.get(j),
        (ColumnData::Date(a), ColumnData::Date(b)) if plain => a.get(i) == b.get(j),
        (ColumnData::Text(a), ColumnData::Text(b)) if plain && type_oid != Oid::BPCHAR => a.get(i) == b.get(j),
        _ => same_typed(type_oid, &a.get(i), &b.get(j)),
    }
}

/// Compares two values as ORDER BY with this direction and place of NULLs.
pub fn compare_at(a: &Column, i: usize, b: &Column, j: usize, type_oid: Oid, order: SortOrder) -> Ordering {
    let directed = |ordering: Ordering| if order.descending { ordering.reverse() } else { ordering };
    if a.validity.is_none() && b.validity.is_none() {
        match (&a.data, &b.data) {
            (ColumnData::Int4(a), ColumnData::Int4(b)) => return directed(a.get(i).cmp(&b.get(j))),
            (ColumnData::Int8(a), ColumnData::Int8(b)) => return directed(a.get(i).cmp(&b.get(j))),
            (ColumnData::Text(a), ColumnData::Text(b)) if type_oid != Oid::BPCHAR => {
                return directed(a.get(i).cmp(&b.get(j)));
            }
            _ => {}
        }
    }
    match (a.is_null(i), b.is_null(j)) {
        (true, true) => Ordering::Equal,
        (true, false) if order.nulls_first => Ordering::Less,
        (true, false) => Ordering::Greater,
        (false, true) if order.nulls_first => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => directed(compare_typed(type_oid, &a.get(i), &b.get(j))),
    }
}

/// Key columns of some rows, with their types.
#[derive(Clone, Default)]
pub struct Keys {
    pub columns: Vec<Arc<Column>>,
    pub types: Vec<Oid>,
}

impl Keys {
    pub fn new(columns: Vec<Arc<Column>>, types: Vec<Oid>) -> Keys {
        Keys { columns, types }
    }

    /// Two rows have equal keys, NULLs being equal.
    pub fn equal(&self, i: usize, other: &Keys, j: usize) -> bool {
        let mut columns = self.columns.iter().zip(&other.columns).zip(&self.types);
        columns.all(|((a, b), &type_oid)| equal_at(a, i, b, j, type_oid))
    }

    pub fn compare(&self, i: usize, other: &Keys, j: usize, orders: &[SortOrder]) -> Ordering {
        for (((a, b), &type_oid), &order) in self.columns.iter().zip(&other.columns).zip(&self.types).zip(orders) {
            let ordering = compare_at(a, i, b, j, type_oid, order);
            if ordering.is_ne() {
                return ordering;
            }
        }
        Ordering::Equal
    }

    pub fn any_null(&self, row: usize) -> bool {
        self.columns.iter().any(|column| column.is_null(row))
    }
}

/// Distinct rows, numbered in the order they came.
pub struct RowTable {
    types: Vec<Oid>,
    pub keys: Vec<Column>,
    hashes: Vec<u64>,
    /// Row number + 1 by hash, open addressing; 0: free.
    slots: Vec<u32>,
}

impl RowTable {
    pub fn new(types: Vec<Oid>) -> RowTable {
        RowTable {
            keys: types.iter().map(|&oid| Column::empty(oid)).collect(),
            types,
            hashes: Vec::new(),
            slots: vec![0; 256],
        }
    }

    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// The number of each row's key, and which rows brought a new one.
    pub fn insert(&mut self, columns: &[Arc<Column>], rows: usize) -> (Vec<u32>, Vec<u32>) {
        if self.types.is_empty() {
            return self.insert_without_columns(rows);
        }
        let hashes = hash_rows(columns, &self.types, rows);
        let mut numbers = Vec::with_capacity(rows);
        let mut fresh = Vec::new();
        for (row, hash) in hashes.into_iter().enumerate() {
            let before = self.hashes.len();
            let number = self.find_or_add(columns, row, hash);
            if self.hashes.len() > before {
                fresh.extend(u32::try_from(row));
            }
            numbers.push(number);
        }
        (numbers, fresh)
    }

    /// Rows without columns are all equal.
    fn insert_without_columns(&mut self, rows: usize) -> (Vec<u32>, Vec<u32>) {
        let mut fresh = Vec::new();
        if rows > 0 && self.hashes.is_empty() {
            fresh.push(0);
            self.find_or_add(&[], 0, RowHasher::default().finish());
        }
        (vec![0; rows], fresh)
    }

    /// The number of each row's key; `u32::MAX` if it is not there.
    pub fn find(&self, columns: &[Arc<Column>], rows: usize) -> Vec<u32> {
        let hashes = hash_rows(columns, &self.types, rows);
        let find = |(row, hash)| match self.slot(columns, row, hash) {
            (_, Some(number)) => number,
            _ => u32::MAX,
        };
        hashes.into_iter().enumerate().map(find).collect()
    }

    fn find_or_add(&mut self, columns: &[Arc<Column>], row: usize, hash: u64) -> u32 {
        match self.slot(columns, row, hash) {
            (_, Some(number)) => number,
            (slot, None) => {
                let number = u32::try_from(self.hashes.len()).unwrap_or(u32::MAX);
                self.hashes.push(hash);
                for (key, column) in self.keys.iter_mut().zip(columns) {
                    key.push(column.get(row));
                }
                if let Some(slot) = self.slots.get_mut(slot) {
                    *slot = number + 1;
                }
                if self.hashes.len() * 2 > self.slots.len() {
                    self.grow();
                }
                number
            }
        }
    }

    /// Where the key is, or where it would go.
    fn slot(&self, columns: &[Arc<Column>], row: usize, hash: u64) -> (usize, Option<u32>) {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        while let Some(number) = self.slots.get(at).and_then(|slot| slot.checked_sub(1)) {
            if self.hashes.get(number as usize) == Some(&hash) && self.holds(number as usize, columns, row) {
                return (at, Some(number));
            }
            at = (at + 1) & mask;
        }
        (at, None)
    }

    fn holds(&self, number: usize, columns: &[Arc<Column>], row: usize) -> bool {
        let mut columns = self.keys.iter().zip(columns).zip(&self.types);
        columns.all(|((key, column), &type_oid)| equal_at(key, number, column, row, type_oid))
    }

    fn grow(&mut self) {
        let size = self.slots.len() * 2;
        let mut slots = vec![0u32; size];
        for (number, hash) in (1..).zip(&self.hashes) {
            let mut at = *hash as usize & (size - 1);
            while slots.get(at).is_some_and(|slot| *slot != 0) {
                at = (at + 1) & (size - 1);
            }
            if let Some(slot) = slots.get_mut(at) {
                *slot = number;
            }
        }
        self.slots = slots;
    }

    /// Bytes held, nearly.
    pub fn bytes(&self) -> usize {
        let keys: u64 = self.keys.iter().map(column_bytes).sum();
        usize::try_from(keys).unwrap_or(usize::MAX) + self.hashes.len() * 8 + self.slots.len() * 4
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kumquat_types::Datum;

    #[test]
    fn equal_rows_get_one_number_whatever_their_vectors() {
        let mut table = RowTable::new(vec![Oid::INT4, Oid::TEXT]);
        let columns = |numbers: Vec<Datum>, texts: Vec<Datum>| {
            vec![
                Arc::new(Column::from_datums(Oid::INT4, numbers)),
                Arc::new(Column::from_datums(Oid::TEXT, texts)),
            ]
        };
        let first = columns(
            vec![1.into(), Datum::Null, 1.into()],
            vec!["a".into(), "b".into(), "a".into()],
        );
        assert_eq!(table.insert(&first, 3), (vec![0, 1, 0], vec![0, 1]));
        let second = columns(vec![Datum::Int8(1), 2.into()], vec!["a".into(), "a".into()]);
        assert_eq!(table.insert(&second, 2), (vec![0, 2], vec![1]));
        for i in 0..1000 {
            table.insert(&columns(vec![i.into()], vec!["x".into()]), 1);
        }
        assert_eq!(table.len(), 1003);
        assert_eq!(table.find(&second, 2), [0, 2]);
    }

    #[test]
    fn rows_without_columns_are_one() {
        let mut table = RowTable::new(Vec::new());
        assert_eq!(table.insert(&[], 0), (vec![], vec![]));
        assert_eq!(table.insert(&[], 2), (vec![0, 0], vec![0]));
        assert_eq!(table.insert(&[], 1), (vec![0], vec![]));
        assert_eq!(table.find(&[], 1), [0]);
    }
}
