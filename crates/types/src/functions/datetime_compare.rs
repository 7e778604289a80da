//! Comparisons of dates and timestamps of different types: a date counts as its midnight, a local timestamp
//! as the instant in the session's zone.

use std::cmp::Ordering;

use super::{Family, unexpected};
use crate::Datum::{self, Date, Timestamp, TimestampTz};
use crate::datetime::settings::session_zone;
use crate::datetime::{date, timestamp};
use crate::{Call, Implementation, Result};

/// The seven functions that compare two types.
macro_rules! comparisons {
    ($($a:literal $b:literal,)*) => {
        &[$(
            (concat!($a, "_eq_", $b), Implementation::Scalar(|c, args| Ok(order(c, args)?.is_eq().into()))),
            (concat!($a, "_ne_", $b), Implementation::Scalar(|c, args| Ok(order(c, args)?.is_ne().into()))),
            (concat!($a, "_lt_", $b), Implementation::Scalar(|c, args| Ok(order(c, args)?.is_lt().into()))),
            (concat!($a, "_le_", $b), Implementation::Scalar(|c, args| Ok(order(c, args)?.is_le().into()))),
            (concat!($a, "_gt_", $b), Implementation::Scalar(|c, args| Ok(order(c, args)?.is_gt().into()))),
            (concat!($a, "_ge_", $b), Implementation::Scalar(|c, args| Ok(order(c, args)?.is_ge().into()))),
            (concat!($a, "_cmp_", $b), Implementation::Scalar(|c, args| Ok(Datum::Int4(order(c, args)? as i32)))),
        )*]
    };
}

pub static FUNCTIONS: Family = comparisons! {
    "date" "timestamp",
    "date" "timestamptz",
    "timestamp" "date",
    "timestamp" "timestamptz",
    "timestamptz" "date",
    "timestamptz" "timestamp",
};

fn order(call: &mut Call<'_>, args: &[Datum]) -> Result<Ordering> {
    let [a, b] = args else {
        return Err(unexpected("a comparison", args));
    };
    let instants = matches!(a, TimestampTz(_)) || matches!(b, TimestampTz(_));
    let key = |value: &Datum| {
        let local = match value {
            TimestampTz(instant) => return Some(*instant),
            Timestamp(local) => *local,
            Date(date) => date::to_timestamp_saturating(*date),
            _ => return None,
        };
        let utc = || timestamp::to_utc(local, &session_zone(call.env));
        // A time whose instant is out of range lies beyond all others on its side.
        Some(if instants {
            utc().unwrap_or(if local < 0 { i64::MIN } else { i64::MAX })
        } else {
            local
        })
    };
    match (key(a), key(b)) {
        (Some(a), Some(b)) => Ok(a.cmp(&b)),
        _ => Err(unexpected("a comparison", args)),
    }
}
