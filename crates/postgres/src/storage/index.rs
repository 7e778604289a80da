//! Sorted runs of keys over a heap's rows.
//!
//! Since row versions never change and are only ever appended, an index is too: it covers the first
//! [`Index::covered`] row versions of its heap and is caught up before it is used. New rows come as a new run,
//! and runs of similar size are merged, so there are few of them and a copy of the index costs nothing. Dead
//! rows are left out when rows are fetched.

use std::cmp::Ordering;
use std::sync::Arc;

use imbl::Vector;
use kumquat_types::compare::compare;
use kumquat_types::{Column, ColumnData, Datum, Oid};

use crate::catalog::SortOrder;

/// The keys of the rows of one heap, in sorted runs.
#[derive(Clone, Debug)]
pub struct Index {
    /// How each key column is sorted.
    pub orders: Arc<[SortOrder]>,
    runs: Vector<Arc<Run>>,
    /// Row versions of the heap that have been looked at.
    pub covered: u64,
}

/// Keys in order, with the positions of their rows.
#[derive(Clone, Debug)]
struct Run {
    keys: Vec<Column>,
    positions: Vec<u32>,
}

/// One end of a range of keys, on a prefix of the key columns.
#[derive(Clone, Debug)]
pub struct Bound {
    pub key: Vec<Datum>,
    /// Rows whose key has this prefix are inside.
    pub inclusive: bool,
}

impl Index {
    pub fn new(orders: Arc<[SortOrder]>) -> Index {
        Index {
            orders,
            runs: Vector::new(),
            covered: 0,
        }
    }

    /// Adds rows by their key columns and positions, in any order; all are from [`Index::covered`] on.
    pub fn add(&mut self, keys: Vec<Column>, positions: Vec<u32>, covered: u64) {
        self.covered = covered;
        if positions.is_empty() {
            return;
        }
        let mut run = sort_run(keys, positions, &self.orders);
        while let Some(last) = self.runs.last()
            && last.positions.len() <= run.positions.len() * 2
        {
            let last = last.clone();
            self.runs.pop_back();
            run = merge(&last, &run, &self.orders);
        }
        self.runs.push_back(Arc::new(run));
    }

    /// Positions of the rows between two bounds, in order of the index; `None`: unbounded.
    pub fn range(&self, lower: Option<&Bound>, upper: Option<&Bound>) -> Vec<u32> {
        let slices = self.runs.iter().filter_map(|run| {
            let start = lower.map_or(0, |bound| run.partition(bound, !bound.inclusive, &self.orders));
            let end = upper.map_or(run.positions.len(), |bound| {
                run.partition(bound, bound.inclusive, &self.orders)
            });
            (start < end).then_some((run, start, end))
        });
        let slices: Vec<(&Arc<Run>, usize, usize)> = slices.collect();
        match slices.as_slice() {
            [] => Vec::new(),
            [(run, start, end)] => run.positions.get(*start..*end).unwrap_or_default().to_vec(),
            _ => self.merge_slices(&slices),
        }
    }

    /// Positions of the rows whose key starts with these values.
    pub fn equal(&self, key: &[Datum]) -> Vec<u32> {
        let bound = Bound {
            key: key.to_vec(),
            inclusive: true,
        };
        self.range(Some(&bound), Some(&bound))
    }

    /// The first row position with this whole key that `accept` takes: the check of unique indexes.
    pub fn find(&self, key: &[Datum], accept: &mut dyn FnMut(u32) -> bool) -> Option<u32> {
        let bound = Bound {
            key: key.to_vec(),
            inclusive: true,
        };
        for run in &self.runs {
            if run.excludes(key, &self.orders) {
                continue;
            }
            let start = run.partition(&bound, false, &self.orders);
            for (at, &position) in run.positions.iter().enumerate().skip(start) {
                if run.compare(at, key, &self.orders).is_ne() {
                    break;
                }
                if accept(position) {
                    return Some(position);
                }
            }
        }
        None
    }

    fn merge_slices(&self, slices: &[(&Arc<Run>, usize, usize)]) -> Vec<u32> {
        let mut rows: Vec<(usize, usize)> = Vec::new();
        for (which, (_, start, end)) in slices.iter().enumerate() {
            rows.extend((*start..*end).map(|at| (which, at)));
        }
        let run_of = |which: usize| slices.get(which).map(|(run, ..)| run.as_ref());
        rows.sort_by(|&(a, at), &(b, bt)| match (run_of(a), run_of(b)) {
            (Some(a), Some(b)) => compare_entries(a, at, b, bt, &self.orders),
            _ => Ordering::Equal,
        });
        let position = |(which, at): (usize, usize)| run_of(which).and_then(|run| run.positions.get(at).copied());
        rows.into_iter().filter_map(position).collect()
    }
}

impl Run {
    /// How many entries lie before the bound: with `past`, those that have its prefix count as before.
    fn partition(&self, bound: &Bound, past: bool, orders: &[SortOrder]) -> usize {
        let (mut low, mut high) = (0, self.positions.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let order = self.compare(middle, &bound.key, orders);
            if order.is_lt() || past && order.is_eq() {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// The key is before the first entry or behind the last.
    fn excludes(&self, key: &[Datum], orders: &[SortOrder]) -> bool {
        let last = self.positions.len().saturating_sub(1);
        self.compare(last, key, orders).is_lt() || self.compare(0, key, orders).is_gt()
    }

    /// Compares an entry with the first values of a key.
    fn compare(&self, at: usize, key: &[Datum], orders: &[SortOrder]) -> Ordering {
        for ((column, value), order) in self.keys.iter().zip(key).zip(orders) {
            let ordering = match (&column.data, value) {
                (ColumnData::Int4(v), Datum::Int4(value)) if column.validity.is_none() => {
                    directed(v.get(at).cmp(&Some(value)), *order)
                }
                (ColumnData::Int8(v), Datum::Int8(value)) if column.validity.is_none() => {
                    directed(v.get(at).cmp(&Some(value)), *order)
                }
                _ => compare_ordered(&column.get(at), value, *order),
            };
            if ordering.is_ne() {
                return ordering;
            }
        }
        Ordering::Equal
    }
}

fn directed(ordering: Ordering, order: SortOrder) -> Ordering {
    if order.descending { ordering.reverse() } else { ordering }
}

/// Compares two values as ORDER BY does with this direction and place of NULLs.
pub fn compare_ordered(a: &Datum, b: &Datum, order: SortOrder) -> Ordering {
    match (a.is_null(), b.is_null()) {
        (true, true) => Ordering::Equal,
        (true, false) if order.nulls_first => Ordering::Less,
        (true, false) => Ordering::Greater,
        (false, true) if order.nulls_first => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => directed(compare(a, b), order),
    }
}

fn compare_entries(a: &Run, at: usize, b: &Run, bt: usize, orders: &[SortOrder]) -> Ordering {
    for ((x, y), order) in a.keys.iter().zip(&b.keys).zip(orders) {
        let ordering = match (&x.data, &y.data) {
            (ColumnData::Int4(v), ColumnData::Int4(w)) if x.validity.is_none() && y.validity.is_none() => {
                directed(v.get(at).cmp(&w.get(bt)), *order)
            }
            (ColumnData::Int8(v), ColumnData::Int8(w)) if x.validity.is_none() && y.validity.is_none() => {
                directed(v.get(at).cmp(&w.get(bt)), *order)
            }
            (ColumnData::Text(v), ColumnData::Text(w)) if x.validity.is_none() && y.validity.is_none() => {
                directed(v.get(at).cmp(&w.get(bt)), *order)
            }
            _ => compare_ordered(&x.get(at), &y.get(bt), *order),
        };
        if ordering.is_ne() {
            return ordering;
        }
    }
    a.positions.get(at).cmp(&b.positions.get(bt))
}

fn sort_run(keys: Vec<Column>, positions: Vec<u32>, orders: &[SortOrder]) -> Run {
    let run = Run { keys, positions };
    let count = u32::try_from(run.positions.len()).unwrap_or(u32::MAX);
    let mut permutation: Vec<u32> = (0..count).collect();
    let compare = |a: &u32, b: &u32| compare_entries(&run, *a as usize, &run, *b as usize, orders);
    if permutation.is_sorted_by(|a, b| compare(a, b).is_le()) {
        return run;
    }
    permutation.sort_unstable_by(compare);
    permute(&run, &permutation)
}

fn permute(run: &Run, permutation: &[u32]) -> Run {
    let position = |&at: &u32| run.positions.get(at as usize).copied().unwrap_or_default();
    Run {
        keys: run.keys.iter().map(|column| column.take(permutation)).collect(),
        positions: permutation.iter().map(position).collect(),
    }
}

/// Merges two runs; the common case of ascending keys is an append.
fn merge(older: &Run, newer: &Run, orders: &[SortOrder]) -> Run {
    let mut both = older.clone();
    for (column, more) in both.keys.iter_mut().zip(&newer.keys) {
        column.append(more);
    }
    both.positions.extend_from_slice(&newer.positions);
    let (n, m) = (older.positions.len(), newer.positions.len());
    if compare_entries(older, n.saturating_sub(1), newer, 0, orders).is_le() {
        return both;
    }
    let mut permutation: Vec<u32> = Vec::with_capacity(n + m);
    let (mut i, mut j) = (0, 0);
    while i < n || j < m {
        let take_older = j >= m || i < n && compare_entries(older, i, newer, j, orders).is_le();
        let at = if take_older { i } else { n + j };
        permutation.push(u32::try_from(at).unwrap_or(u32::MAX));
        if take_older {
            i += 1;
        } else {
            j += 1;
        }
    }
    permute(&both, &permutation)
}

/// The orders of a key of so many ascending columns.
pub fn ascending(columns: usize) -> Arc<[SortOrder]> {
    std::iter::repeat_n(SortOrder::default(), columns).collect()
}

/// A key column of an index holds `char(n)` without its padding, so that keys compare as the type does.
pub fn key_datum(type_oid: Oid, value: Datum) -> Datum {
    match value {
        Datum::Text(text) if type_oid == Oid::BPCHAR && text.ends_with(' ') => Datum::from(text.trim_end_matches(' ')),
        value => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(values: &[i32], batch: usize) -> Index {
        let mut index = Index::new(ascending(1));
        for (n, part) in values.chunks(batch).enumerate() {
            let keys = Column::from_datums(Oid::INT4, part.iter().map(|&v| Datum::Int4(v)));
            let first = u32::try_from(n * batch).unwrap_or_default();
            let positions: Vec<u32> = (first..).take(part.len()).collect();
            let covered = index.covered + part.len() as u64;
            index.add(vec![keys], positions, covered);
        }
        index
    }

    #[test]
    fn rows_are_found_whatever_the_runs() {
        let values: Vec<i32> = (0..200).map(|i| i * 37 % 100).collect();
        for batch in [1, 7, 200] {
            let index = index(&values, batch);
            for key in 0..100 {
                let mut expect: Vec<u32> = (0..200u32).filter(|&i| values[i as usize] == key).collect();
                expect.sort_unstable();
                assert_eq!(index.equal(&[Datum::Int4(key)]), expect, "{key} in runs of {batch}");
            }
        }
    }

    #[test]
    fn a_range_comes_in_key_order() {
        let index = index(&[5, 3, 9, 1, 7], 2);
        let bound = |key, inclusive| Bound {
            key: vec![Datum::Int4(key)],
            inclusive,
        };
        assert_eq!(index.range(None, None), [3, 1, 0, 4, 2]);
        assert_eq!(index.range(Some(&bound(3, false)), Some(&bound(7, true))), [0, 4]);
        assert_eq!(index.range(Some(&bound(3, true)), Some(&bound(7, false))), [1, 0]);
    }
}
