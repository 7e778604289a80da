//! Dates: days since 2000-01-01.

use super::calendar::{Civil, DAY, END_DATE, END_TIMESTAMP_DATE, MIN_DATE, date_from_days, days_in_month};
use super::decode::{Decoded, date_time};
use super::settings::{date_style, session_zone};
use super::{out_of_range, output, timestamp};
use crate::{Datum, Environment, Error, Result, SqlState};

pub const INFINITY: i32 = i32::MAX;
pub const NEGATIVE_INFINITY: i32 = i32::MIN;

/// 1970-01-01
const UNIX_EPOCH: i32 = -10_957;

pub fn is_finite(date: i32) -> bool {
    date != INFINITY && date != NEGATIVE_INFINITY
}

/// `date_in`
pub fn date_in(env: &dyn Environment, text: &str) -> Result<Datum> {
    let decoded = date_time(env, text).map_err(|fault| fault.error(text, "date"))?;
    Ok(Datum::Date(match decoded {
        Decoded::At(civil, _) => {
            let out = || out_of_range_text("date", text);
            in_range(civil.days()).ok_or_else(out)?
        }
        Decoded::Epoch => UNIX_EPOCH,
        Decoded::Infinity => INFINITY,
        Decoded::NegativeInfinity => NEGATIVE_INFINITY,
    }))
}

/// `date_out`
pub fn date_out(env: &dyn Environment, date: i32) -> String {
    let (style, order) = date_style(env);
    output::date(date, style, order)
}

pub(super) fn out_of_range_text(what: &str, text: &str) -> Error {
    Error::new(
        SqlState::DATETIME_FIELD_OVERFLOW,
        format!("{what} out of range: \"{text}\""),
    )
}

/// A day as a date, if dates reach so far.
pub fn in_range(days: i64) -> Option<i32> {
    let valid = (MIN_DATE..END_DATE).contains(&days);
    i32::try_from(days).ok().filter(|_| valid)
}

/// `make_date`: years before Christ are negative.
pub fn make_date(year: i32, month: i32, day: i32) -> Result<Datum> {
    let field = || {
        Error::new(
            SqlState::DATETIME_FIELD_OVERFLOW,
            format!("date field value out of range: {year}-{month:02}-{day:02}"),
        )
    };
    let astronomical = match year {
        0 | i32::MIN => return Err(field()),
        ..0 => year + 1,
        1.. => year,
    };
    if !(1..=12).contains(&month) || !(1..=days_in_month(astronomical, month)).contains(&day) {
        return Err(field());
    }
    let days = super::calendar::days_from_date(astronomical, month, day);
    let out = || {
        Error::new(
            SqlState::DATETIME_FIELD_OVERFLOW,
            format!("date out of range: {year}-{month:02}-{day:02}"),
        )
    };
    in_range(days).map(Datum::Date).ok_or_else(out)
}

/// `date_pli`, and `date_mii` with the days negated: infinite dates stay.
pub fn plus_days(date: i32, days: i64) -> Result<Datum> {
    if !is_finite(date) {
        return Ok(Datum::Date(date));
    }
    in_range(i64::from(date) + days)
        .map(Datum::Date)
        .ok_or_else(|| out_of_range("date"))
}

/// `date_mi`: days between.
pub fn minus(a: i32, b: i32) -> Result<Datum> {
    let finite = is_finite(a) && is_finite(b);
    a.checked_sub(b)
        .filter(|_| finite)
        .map(Datum::Int4)
        .ok_or_else(|| Error::new(SqlState::DATETIME_FIELD_OVERFLOW, "cannot subtract infinite dates"))
}

/// `date_timestamp`: midnight, in microseconds.
pub fn to_timestamp(date: i32) -> Result<i64> {
    match date {
        INFINITY => Ok(timestamp::INFINITY),
        NEGATIVE_INFINITY => Ok(timestamp::NEGATIVE_INFINITY),
        _ if i64::from(date) >= END_TIMESTAMP_DATE => Err(Error::new(
            SqlState::DATETIME_FIELD_OVERFLOW,
            "date out of range for timestamp",
        )),
        _ => Ok(i64::from(date) * DAY),
    }
}

/// The same for comparisons, where dates beyond all timestamps are later than them.
pub fn to_timestamp_saturating(date: i32) -> i64 {
    to_timestamp(date).unwrap_or(timestamp::INFINITY)
}

/// `date_timestamptz`: midnight in the session's zone.
pub fn to_timestamptz(env: &dyn Environment, date: i32) -> Result<i64> {
    let local = to_timestamp(date)?;
    if !timestamp::is_finite(local) {
        return Ok(local);
    }
    let offset = session_zone(env).offset_of_local_timestamp(local);
    timestamp::checked(local - i64::from(offset) * super::calendar::SECOND)
        .ok_or_else(|| Error::new(SqlState::DATETIME_FIELD_OVERFLOW, "date out of range for timestamp"))
}

/// `timestamp_date`
pub fn from_timestamp(timestamp: i64) -> i32 {
    match timestamp {
        timestamp::INFINITY => INFINITY,
        timestamp::NEGATIVE_INFINITY => NEGATIVE_INFINITY,
        _ => i32::try_from(timestamp.div_euclid(DAY)).unwrap_or(INFINITY),
    }
}

/// The date broken down, at midnight.
pub fn civil(date: i32) -> Civil {
    let (year, month, day) = date_from_days(i64::from(date));
    Civil {
        year,
        month,
        day,
        ..Civil::default()
    }
}
