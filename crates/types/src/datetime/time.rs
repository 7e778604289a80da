//! Times of day: microseconds since midnight, 24:00 included.

use super::calendar::{Civil, DAY, HOUR, MINUTE, SECOND};
use super::decode::time_of_day;
use super::settings::session_zone;
use super::{output, timestamp};
use crate::{Datum, Environment, Error, Interval, Result, SqlState};

/// `time_in`
pub fn time_in(env: &dyn Environment, text: &str, typmod: i32) -> Result<Datum> {
    let (civil, _) = time_of_day(env, text).map_err(|f| f.error(text, "time"))?;
    Ok(Datum::Time(round(civil.time(), typmod)))
}

/// `time_out`
pub fn time_out(time: i64) -> String {
    let mut out = String::new();
    output::time(&mut out, &Civil::from_time(time));
    out
}

/// `timetz_in`
pub fn timetz_in(env: &dyn Environment, text: &str, typmod: i32) -> Result<Datum> {
    let (civil, offset) = time_of_day(env, text).map_err(|f| f.error(text, "time with time zone"))?;
    Ok(Datum::TimeTz(round(civil.time(), typmod), -offset))
}

/// `timetz_out`
pub fn timetz_out(time: i64, west: i32) -> String {
    let mut out = time_out(time);
    output::zone(&mut out, -west, false);
    out
}

/// Rounds to the digits of a type modifier, half away from zero (`AdjustTimeForTypmod`).
pub fn round(time: i64, typmod: i32) -> i64 {
    timestamp::round(time, typmod)
}

/// `make_time`
pub fn make_time(hour: i32, minute: i32, second: f64) -> Result<Datum> {
    match time_from_parts(hour, minute, second) {
        Some(time) => Ok(Datum::Time(time)),
        None => Err(Error::new(
            SqlState::DATETIME_FIELD_OVERFLOW,
            format!(
                "time field value out of range: {hour}:{minute:02}:{}",
                crate::datetime::output::two_digit_float(second)
            ),
        )),
    }
}

/// Up to 24:00:00; None out of range (`float_time_overflows`).
pub(super) fn time_from_parts(hour: i32, minute: i32, second: f64) -> Option<i64> {
    if !(0..=24).contains(&hour) || !(0..60).contains(&minute) || second.is_nan() {
        return None;
    }
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
    let micros = (second * SECOND as f64).round_ties_even() as i64;
    if !(0..=60 * SECOND).contains(&micros) {
        return None;
    }
    let time = i64::from(hour) * HOUR + i64::from(minute) * MINUTE + micros;
    (time <= DAY).then_some(time)
}

/// `time_pl_interval`, and `time_mi_interval` with the interval negated: only its microseconds count,
/// around the clock.
pub fn plus(time: i64, micros: i64) -> i64 {
    time.wrapping_add(micros).rem_euclid(DAY)
}

/// `interval_time`
pub fn from_interval(span: &Interval) -> i64 {
    span.micros.rem_euclid(DAY)
}

/// `timestamp_time`; None for infinities.
pub fn from_timestamp(timestamp: i64) -> Option<i64> {
    timestamp::is_finite(timestamp).then(|| timestamp.rem_euclid(DAY))
}

/// `time_timetz`: in the session's zone as of today.
pub fn to_timetz(env: &dyn Environment, time: i64) -> Datum {
    let zone = session_zone(env);
    let today = zone.local(env.transaction_timestamp());
    let local = Civil::from_timestamp(today - today.rem_euclid(DAY));
    let civil = Civil {
        hour: Civil::from_time(time).hour,
        minute: Civil::from_time(time).minute,
        ..local
    };
    Datum::TimeTz(time, -zone.offset_of_local(&civil))
}

/// A `timetz` as seen at another offset east.
pub fn timetz_at(time: i64, west: i32, east: i32) -> Datum {
    let shifted = time + (i64::from(west) + i64::from(east)) * SECOND;
    Datum::TimeTz(shifted.rem_euclid(DAY), -east)
}
