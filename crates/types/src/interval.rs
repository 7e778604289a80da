//! Spans of time, as PostgreSQL's `interval`.

/// Months, days and microseconds are kept apart, since their ratio is not fixed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interval {
    pub months: i32,
    pub days: i32,
    pub micros: i64,
}
