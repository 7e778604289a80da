//! What ANALYZE finds out about a table, for the planner (pg_statistic, and `relpages`/`reltuples`).

use std::cmp::Ordering;

use kumquat_types::compare::compare;
use kumquat_types::{Column, Datum};

use super::Heap;
use super::heap::column_bytes;

/// What ANALYZE found about a table.
#[derive(Clone, Debug, Default)]
pub struct Statistics {
    pub pages: u64,
    pub rows: f64,
    /// By attribute number - 1; `None`: no statistics, as for a column of NULLs alone.
    pub columns: Vec<Option<ColumnStatistics>>,
}

/// One row of pg_statistic.
#[derive(Clone, Debug, Default)]
pub struct ColumnStatistics {
    pub null_fraction: f64,
    /// Average bytes of a value.
    pub width: i32,
    /// Distinct values if positive; as a negative fraction of the rows if they grow with the table.
    pub distinct: f64,
    /// The most common values with their frequencies.
    pub common: Vec<(Datum, f64)>,
    /// Bounds of equally full buckets of the other values.
    pub histogram: Vec<Datum>,
    /// Between the order of values and that of rows, -1 to 1.
    pub correlation: f64,
}

/// `default_statistics_target`.
const TARGET: usize = 100;

/// Looks at all rows, as ANALYZE does with tables of up to 30,000 rows.
pub fn analyze(heap: &Heap) -> Statistics {
    let chunks: Vec<_> = heap.live_chunks().collect();
    let width = chunks.first().map_or(0, |chunk| chunk.columns.len());
    let column = |at: usize| -> Vec<&Column> {
        let columns = chunks.iter().filter_map(|chunk| chunk.columns.get(at));
        columns.map(AsRef::as_ref).collect()
    };
    Statistics {
        pages: heap.pages(),
        rows: heap.live_rows as f64,
        columns: (0..width).map(|at| analyze_column(&column(at))).collect(),
    }
}

fn analyze_column(parts: &[&Column]) -> Option<ColumnStatistics> {
    let rows: usize = parts.iter().map(|column| column.len()).sum();
    let values = parts.iter().flat_map(|column| column.iter());
    let mut sorted: Vec<(Datum, usize)> = values.zip(0..).filter(|(value, _)| !value.is_null()).collect();
    if sorted.is_empty() {
        return None;
    }
    sorted.sort_by(|(a, at), (b, bt)| compare(a, b).then(at.cmp(bt)));
    let groups = group(&sorted);
    let bytes: u64 = parts.iter().map(|column| column_bytes(column)).sum();
    let count = sorted.len();
    let repeated = groups.iter().filter(|(_, n)| *n > 1).count();
    let distinct = if repeated == 0 {
        -(count as f64 / rows as f64)
    } else if groups.len() as f64 > rows as f64 * 0.1 {
        -(groups.len() as f64 / rows as f64)
    } else {
        groups.len() as f64
    };
    let common = common_values(&groups, count, rows);
    Some(ColumnStatistics {
        null_fraction: (rows - count) as f64 / rows as f64,
        width: i32::try_from(bytes / count as u64).unwrap_or(i32::MAX),
        distinct,
        histogram: histogram(&sorted, &common),
        common,
        correlation: correlation(&sorted),
    })
}

/// Runs of equal values with their lengths.
fn group(sorted: &[(Datum, usize)]) -> Vec<(&Datum, usize)> {
    let mut groups: Vec<(&Datum, usize)> = Vec::new();
    for (value, _) in sorted {
        match groups.last_mut() {
            Some((last, count)) if compare(last, value) == Ordering::Equal => *count += 1,
            _ => groups.push((value, 1)),
        }
    }
    groups
}

/// Values that occur more than once, most frequent first: all of them if they are few and nothing else
/// occurs, else those clearly above the average.
fn common_values(groups: &[(&Datum, usize)], count: usize, rows: usize) -> Vec<(Datum, f64)> {
    let mut repeated: Vec<(&Datum, usize)> = groups.iter().copied().filter(|(_, n)| *n > 1).collect();
    repeated.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    if repeated.len() != groups.len() || groups.len() > TARGET {
        let average = count as f64 / groups.len() as f64;
        repeated.retain(|(_, n)| *n as f64 > average * 1.25);
    }
    repeated.truncate(TARGET);
    let frequency = |n: usize| n as f64 / rows as f64;
    repeated
        .into_iter()
        .map(|(value, n)| (value.clone(), frequency(n)))
        .collect()
}

fn histogram(sorted: &[(Datum, usize)], common: &[(Datum, f64)]) -> Vec<Datum> {
    let is_common = |value: &Datum| common.iter().any(|(c, _)| compare(c, value) == Ordering::Equal);
    let rest: Vec<&Datum> = sorted
        .iter()
        .map(|(value, _)| value)
        .filter(|value| !is_common(value))
        .collect();
    let buckets = rest.len().saturating_sub(1).min(TARGET);
    if buckets < 1 {
        return Vec::new();
    }
    let bound = |i: usize| rest.get(i * (rest.len() - 1) / buckets).map(|value| (*value).clone());
    (0..=buckets).filter_map(bound).collect()
}

/// Pearson's coefficient between the rank of a value and the place of its row.
fn correlation(sorted: &[(Datum, usize)]) -> f64 {
    let n = sorted.len() as f64;
    if n < 2.0 {
        return 1.0;
    }
    let (mut x, mut xx, mut xy) = (0.0, 0.0, 0.0);
    for (rank, (_, place)) in sorted.iter().enumerate() {
        x += rank as f64;
        xx += (rank * rank) as f64;
        xy += rank as f64 * *place as f64;
    }
    let spread = n * xx - x * x;
    if spread == 0.0 { 1.0 } else { (n * xy - x * x) / spread }
}
