//! `generate_series` over timestamps, and frames of windows that are given as intervals.

use crate::compare::compare;
use crate::{Datum, Error, Interval, Result, SqlState};

/// More rows than any learner wants to see; a real server would run until its disk is full.
const MAX_ROWS: usize = 5_000_000;

/// `generate_series_timestamp`: from `start` to `end` by `step`, each made from the one before by `plus`.
pub fn generate_series(
    start: i64,
    end: i64,
    step: &Interval,
    plus: impl Fn(i64) -> Result<i64>,
    value: impl Fn(i64) -> Datum,
) -> Result<Vec<Vec<Datum>>> {
    let ascending = match step.span() {
        0 => {
            return Err(Error::new(
                SqlState::INVALID_PARAMETER_VALUE,
                "step size cannot equal zero",
            ));
        }
        span => span > 0,
    };
    let mut rows = Vec::new();
    let mut current = start;
    while if ascending { current <= end } else { current >= end } {
        if rows.len() == MAX_ROWS {
            return Err(Error::not_modelled("generate_series of more than 5000000 rows"));
        }
        rows.push(vec![value(current)]);
        let next = plus(current)?;
        if next == current {
            return Err(Error::not_modelled("generate_series without an end"));
        }
        current = next;
    }
    Ok(rows)
}

/// `in_range`: whether a value lies on the frame's side of `base` plus (or minus) an offset. `plus` adds an
/// interval to the base.
pub fn in_range(
    value: &Datum,
    offset: &Interval,
    subtract: bool,
    less: bool,
    plus: impl FnOnce(&Interval) -> Result<Datum>,
) -> Result<Datum> {
    if offset.span() < 0 {
        return Err(Error::new(
            SqlState::INVALID_PRECEDING_OR_FOLLOWING_SIZE,
            "invalid preceding or following size in window function",
        ));
    }
    let bound = if subtract {
        plus(&offset.negate()?)?
    } else {
        plus(offset)?
    };
    let order = compare(value, &bound);
    Ok(Datum::Bool(if less { order.is_le() } else { order.is_ge() }))
}
