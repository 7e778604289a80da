//! Typed kernels: whole columns at once, in loops simple enough for the compiler to vectorise.
//!
//! A kernel is called with columns whose vectors suit the declared types. A row is NULL where an argument is;
//! what lies in such a row must not make the kernel fail.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::compare::compare_floats;
use crate::{Bitmap, Column, ColumnData, Error, Result};

/// Rows that are NULL in neither column.
pub fn both_valid(a: &Column, b: &Column) -> Option<Bitmap> {
    match (&a.validity, &b.validity) {
        (Some(a), Some(b)) => Some(a.and(b)),
        (a, b) => a.as_ref().or(b.as_ref()).cloned(),
    }
}

/// A function of two arguments that cannot fail.
pub fn map2<A, B, R>(a: &[A], b: &[B], f: impl Fn(&A, &B) -> R) -> Vec<R> {
    a.iter().zip(b).map(|(a, b)| f(a, b)).collect()
}

/// A function of two arguments that tells whether it failed; failures in NULL rows do not count.
pub fn try_map2<A: Copy, B: Copy, R>(
    a: &[A],
    b: &[B],
    validity: Option<&Bitmap>,
    f: impl Fn(A, B) -> (R, bool),
    error: fn() -> Error,
) -> Result<Vec<R>> {
    let mut any_failed = false;
    let mut values = Vec::with_capacity(a.len().min(b.len()));
    values.extend(a.iter().zip(b).map(|(&a, &b)| {
        let (value, failed) = f(a, b);
        any_failed |= failed;
        value
    }));
    if any_failed {
        let failed = |row: usize| matches!((a.get(row), b.get(row)), (Some(&a), Some(&b)) if f(a, b).1);
        let counts = |row: usize| validity.is_none_or(|validity| validity.get(row));
        if (0..values.len()).any(|row| counts(row) && failed(row)) {
            return Err(error());
        }
    }
    Ok(values)
}

/// A kernel of two columns, each read through one variant of [`ColumnData`].
macro_rules! kernel2 {
    ($columns:expr, $a:ident, $b:ident -> $r:ident, |$x:ident, $y:ident, $valid:ident| $values:expr) => {
        match $columns {
            [first, second] => match (&first.data, &second.data) {
                ($crate::ColumnData::$a($x), $crate::ColumnData::$b($y)) => {
                    let validity = $crate::functions::kernel::both_valid(first, second);
                    let $valid = validity.as_ref();
                    let values = $values;
                    Ok($crate::Column::new($crate::ColumnData::$r(values), validity))
                }
                _ => Err($crate::functions::kernel::unsuited()),
            },
            _ => Err($crate::functions::kernel::unsuited()),
        }
    };
}
pub(crate) use kernel2;

/// A kernel of one column.
macro_rules! kernel1 {
    ($columns:expr, $a:ident -> $r:ident, |$x:ident| $value:expr) => {
        match $columns {
            [only] => match &only.data {
                $crate::ColumnData::$a(values) => {
                    let values = values.iter().map(|&$x| $value).collect();
                    Ok($crate::Column::new(
                        $crate::ColumnData::$r(values),
                        only.validity.clone(),
                    ))
                }
                _ => Err($crate::functions::kernel::unsuited()),
            },
            _ => Err($crate::functions::kernel::unsuited()),
        }
    };
}
pub(crate) use kernel1;

pub fn unsuited() -> Error {
    Error::internal("a kernel was given columns of other types")
}

/// Compares two columns of one type, or of two integer or float types; `accept` tells which orders give true.
pub fn compare(columns: &[&Column], accept: impl Fn(Ordering) -> bool) -> Result<Column> {
    use ColumnData::{Bool, Date, Float4, Float8, Int2, Int4, Int8, Text, Timestamp, TimestampTz};
    let [a, b] = columns else {
        return Err(unsuited());
    };
    let values = match (&a.data, &b.data) {
        (Bool(a), Bool(b)) => map2(a, b, |a, b| accept(a.cmp(b))),
        (Int2(a), Int2(b)) => map2(a, b, |a, b| accept(a.cmp(b))),
        (Int4(a), Int4(b)) | (Date(a), Date(b)) => map2(a, b, |a, b| accept(a.cmp(b))),
        (Int8(a), Int8(b)) | (Timestamp(a), Timestamp(b)) | (TimestampTz(a), TimestampTz(b)) => {
            map2(a, b, |a, b| accept(a.cmp(b)))
        }
        (Int4(a), Int8(b)) => map2(a, b, |a, b| accept(i64::from(*a).cmp(b))),
        (Int8(a), Int4(b)) => map2(a, b, |a, b| accept(a.cmp(&i64::from(*b)))),
        (Int2(a), Int4(b)) => map2(a, b, |a, b| accept(i32::from(*a).cmp(b))),
        (Int4(a), Int2(b)) => map2(a, b, |a, b| accept(a.cmp(&i32::from(*b)))),
        (Int2(a), Int8(b)) => map2(a, b, |a, b| accept(i64::from(*a).cmp(b))),
        (Int8(a), Int2(b)) => map2(a, b, |a, b| accept(a.cmp(&i64::from(*b)))),
        (Float8(a), Float8(b)) => map2(a, b, |a, b| accept(compare_floats(*a, *b))),
        (Float4(a), Float4(b)) => map2(a, b, |a, b| accept(compare_floats((*a).into(), (*b).into()))),
        (Float4(a), Float8(b)) => map2(a, b, |a, b| accept(compare_floats((*a).into(), *b))),
        (Float8(a), Float4(b)) => map2(a, b, |a, b| accept(compare_floats(*a, (*b).into()))),
        (Text(a), Text(b)) => map2(a, b, |a, b| accept(a.as_bytes().cmp(b.as_bytes()))),
        _ => return Err(unsuited()),
    };
    Ok(Column::new(Bool(values), both_valid(a, b)))
}

/// Tests strings against patterns. Rows tend to share one pattern, which is made ready but once.
pub fn test_patterns<P>(
    columns: &[&Column],
    prepare: impl Fn(&str) -> Result<P>,
    test: impl Fn(&P, &str) -> Result<bool>,
) -> Result<Column> {
    let [values, patterns] = columns else {
        return Err(unsuited());
    };
    let validity = both_valid(values, patterns);
    let (ColumnData::Text(values), ColumnData::Text(patterns)) = (&values.data, &patterns.data) else {
        return Err(unsuited());
    };
    let mut ready: Option<(&Arc<str>, P)> = None;
    let mut matched = vec![false; values.len()];
    for (row, ((value, pattern), matched)) in values.iter().zip(patterns).zip(&mut matched).enumerate() {
        if validity.as_ref().is_some_and(|validity| !validity.get(row)) {
            continue;
        }
        let current = match ready.take() {
            Some((text, prepared)) if Arc::ptr_eq(text, pattern) || text == pattern => prepared,
            _ => prepare(pattern)?,
        };
        *matched = test(&current, value)?;
        ready = Some((pattern, current));
    }
    Ok(Column::new(ColumnData::Bool(matched), validity))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::{Datum, Oid, SqlState};

    #[test]
    fn a_failure_in_a_null_row_does_not_count() {
        let overflow = || Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "integer out of range");
        let add = |validity: Option<&Bitmap>| {
            try_map2(
                &[i32::MAX, 1],
                &[1, 1],
                validity,
                |a: i32, b: i32| a.overflowing_add(b),
                overflow,
            )
        };
        assert!(add(None).is_err());
        assert_eq!(add(Some(&[false, true].into_iter().collect())).unwrap()[1], 2);
    }

    #[test]
    fn comparisons_are_null_where_an_argument_is() {
        let a = Column::from_datums(Oid::INT4, [Datum::Int4(1), Datum::Null, Datum::Int4(3)]);
        let b = Column::from_datums(Oid::INT8, [Datum::Int8(2), Datum::Int8(2), Datum::Int8(3)]);
        let less = compare(&[&a, &b], Ordering::is_lt).unwrap();
        let values: Vec<Option<bool>> = less.iter().map(|value| value.as_bool()).collect();
        assert_eq!(values, [Some(true), None, Some(false)]);
    }
}
