//! Timestamps: microseconds since 2000-01-01, local or in UTC.

use super::calendar::{Civil, DAY, SECOND, days_in_month, is_valid_timestamp};
use super::date::out_of_range_text;
use super::decode::{Decoded, date_time};
use super::settings::{date_style, session_zone};
use super::time::time_from_parts;
use super::zone::Zone;
use super::zone::abbreviation;
use super::{out_of_range, output, zone_not_recognized};
use crate::{Datum, Environment, Error, Interval, Result, SqlState};

pub const INFINITY: i64 = i64::MAX;
pub const NEGATIVE_INFINITY: i64 = i64::MIN;

/// 1970-01-01 00:00
pub const UNIX_EPOCH: i64 = -10_957 * DAY;

pub fn is_finite(timestamp: i64) -> bool {
    timestamp != INFINITY && timestamp != NEGATIVE_INFINITY
}

/// The timestamp if it is one.
pub fn checked(timestamp: i64) -> Option<i64> {
    is_valid_timestamp(timestamp).then_some(timestamp)
}

/// `timestamp_in`: a zone in the text is read and ignored.
pub fn timestamp_in(env: &dyn Environment, text: &str, typmod: i32) -> Result<Datum> {
    let timestamp = read(env, text, "timestamp", |_| 0)?;
    Ok(Datum::Timestamp(round(timestamp, typmod)))
}

/// `timestamptz_in`
pub fn timestamptz_in(env: &dyn Environment, text: &str, typmod: i32) -> Result<Datum> {
    let type_name = "timestamp with time zone";
    let timestamp = read(env, text, type_name, |east| i64::from(east) * SECOND)?;
    Ok(Datum::TimestampTz(round(timestamp, typmod)))
}

fn read(env: &dyn Environment, text: &str, type_name: &str, shift: impl Fn(i32) -> i64) -> Result<i64> {
    let decoded = date_time(env, text).map_err(|fault| fault.error(text, type_name))?;
    Ok(match decoded {
        Decoded::At(civil, offset) => {
            let local = civil.timestamp();
            local
                .and_then(|local| checked(local - shift(offset)))
                .ok_or_else(|| out_of_range_text("timestamp", text))?
        }
        Decoded::Epoch => UNIX_EPOCH,
        Decoded::Infinity => INFINITY,
        Decoded::NegativeInfinity => NEGATIVE_INFINITY,
    })
}

/// `timestamp_out`
pub fn timestamp_out(env: &dyn Environment, timestamp: i64) -> String {
    let (style, order) = date_style(env);
    output::timestamp(timestamp, style, order)
}

/// `timestamptz_out`
pub fn timestamptz_out(env: &dyn Environment, timestamp: i64) -> String {
    let (style, order) = date_style(env);
    output::timestamptz(timestamp, &session_zone(env), style, order)
}

/// Rounds to the digits of a type modifier, half away from zero (`AdjustTimestampForTypmod`).
pub fn round(timestamp: i64, typmod: i32) -> i64 {
    let Ok(digits @ 0..=5) = u32::try_from(typmod) else {
        return timestamp;
    };
    if !is_finite(timestamp) {
        return timestamp;
    }
    let unit = 10_i64.pow(6 - digits);
    let half = if timestamp < 0 { -unit / 2 } else { unit / 2 };
    timestamp.saturating_add(half) / unit * unit
}

/// `make_timestamp`
pub fn make_timestamp((year, month, day): (i32, i32, i32), (hour, minute, second): (i32, i32, f64)) -> Result<i64> {
    let date = || format!("{year}-{month:02}-{day:02}");
    let field = |message: String| Error::new(SqlState::DATETIME_FIELD_OVERFLOW, message);
    let astronomical = match year {
        0 | i32::MIN => None,
        ..0 => Some(year + 1),
        1.. => Some(year),
    };
    let valid_date =
        astronomical.filter(|&year| (1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day));
    let astronomical = valid_date.ok_or_else(|| field(format!("date field value out of range: {}", date())))?;
    let seconds = output::two_digit_float(second);
    let time = time_from_parts(hour, minute, second)
        .ok_or_else(|| field(format!("time field value out of range: {hour}:{minute:02}:{seconds}")))?;
    let civil = Civil {
        year: astronomical,
        month,
        day,
        ..Civil::default()
    };
    civil
        .timestamp()
        .and_then(|midnight| checked(midnight + time))
        .ok_or_else(|| {
            field(format!(
                "timestamp out of range: {} {hour}:{minute:02}:{seconds}",
                date()
            ))
        })
}

/// `float8_timestamptz`: from seconds since 1970.
pub fn from_unix(seconds: f64) -> Result<Datum> {
    let out = || {
        let shown = crate::float::general(seconds, 6);
        Error::new(
            SqlState::DATETIME_FIELD_OVERFLOW,
            format!("timestamp out of range: \"{shown}\""),
        )
    };
    if seconds.is_nan() {
        return Err(Error::new(SqlState::DATETIME_FIELD_OVERFLOW, "timestamp cannot be NaN"));
    }
    if seconds.is_infinite() {
        return Ok(Datum::TimestampTz(if seconds < 0.0 {
            NEGATIVE_INFINITY
        } else {
            INFINITY
        }));
    }
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
    let micros = ((seconds + (UNIX_EPOCH / SECOND) as f64) * SECOND as f64).round_ties_even();
    if !(-2.2e17..9.3e18).contains(&micros) {
        return Err(out());
    }
    #[allow(clippy::cast_possible_truncation)]
    checked(micros as i64).map(Datum::TimestampTz).ok_or_else(out)
}

/// `timestamp_pl_interval`: months first (the day cut to the month's length), then days, then time.
pub fn plus(timestamp: i64, span: &Interval) -> Result<i64> {
    if !is_finite(timestamp) {
        return Ok(timestamp);
    }
    let local = plus_months_and_days(timestamp, span)?;
    local
        .checked_add(span.micros)
        .and_then(checked)
        .ok_or_else(|| out_of_range("timestamp"))
}

/// `timestamptz_pl_interval`: months and days by the zone's calendar, then time as it passes.
pub fn plus_in_zone(timestamp: i64, span: &Interval, zone: &Zone) -> Result<i64> {
    if !is_finite(timestamp) {
        return Ok(timestamp);
    }
    let out = || out_of_range("timestamp");
    let mut timestamp = timestamp;
    // Each step finds its offset anew.
    for step in [
        Interval {
            months: span.months,
            ..Interval::default()
        },
        Interval {
            days: span.days,
            ..Interval::default()
        },
    ] {
        if step != Interval::default() {
            let local = plus_months_and_days(zone.local(timestamp), &step)?;
            timestamp = to_utc(local, zone).ok_or_else(out)?;
        }
    }
    timestamp.checked_add(span.micros).and_then(checked).ok_or_else(out)
}

fn plus_months_and_days(timestamp: i64, span: &Interval) -> Result<i64> {
    let out = || out_of_range("timestamp");
    let mut local = timestamp;
    if span.months != 0 {
        let mut civil = Civil::from_timestamp(local);
        let months = i64::from(civil.year) * 12 + i64::from(civil.month) - 1 + i64::from(span.months);
        civil.year = i32::try_from(months.div_euclid(12)).map_err(|_| out())?;
        civil.month = i32::try_from(months.rem_euclid(12) + 1).map_err(|_| out())?;
        civil.day = civil.day.min(days_in_month(civil.year, civil.month));
        local = civil.timestamp().ok_or_else(out)?;
    }
    i64::from(span.days)
        .checked_mul(DAY)
        .and_then(|days| local.checked_add(days))
        .and_then(checked)
        .ok_or_else(out)
}

/// A local time in UTC.
pub fn to_utc(local: i64, zone: &Zone) -> Option<i64> {
    if !is_finite(local) {
        return Some(local);
    }
    let offset = zone.offset_of_local_timestamp(local);
    checked(local - i64::from(offset) * SECOND)
}

/// `timestamp_mi`: days and time, never months.
pub fn minus(a: i64, b: i64) -> Result<Interval> {
    if !is_finite(a) || !is_finite(b) {
        return Err(Error::new(
            SqlState::DATETIME_FIELD_OVERFLOW,
            "cannot subtract infinite timestamps",
        ));
    }
    let micros = a.checked_sub(b).ok_or_else(|| out_of_range("interval"))?;
    Interval {
        micros,
        ..Interval::default()
    }
    .justify_hours()
}

/// `timestamp_age`: years, months, days and time from `b` to `a`; infinities count as the last representable
/// times.
pub fn age(a: i64, b: i64) -> Result<Interval> {
    let (earlier, later, negate) = if a < b { (a, b, true) } else { (b, a, false) };
    let (from, to) = (Civil::from_timestamp(earlier), Civil::from_timestamp(later));
    let mut micros = to.time() - from.time();
    let mut days = to.day - from.day;
    let mut months = (to.year - from.year) * 12 + to.month - from.month;
    if micros < 0 {
        micros += DAY;
        days -= 1;
    }
    // A day borrowed is one of the month of the earlier time.
    while days < 0 {
        days += days_in_month(from.year, from.month);
        months -= 1;
    }
    let span = Interval { months, days, micros };
    if negate { span.negate() } else { Ok(span) }
}

/// What `AT TIME ZONE 'name'` means: an abbreviation, else a zone.
pub enum NamedZone {
    Abbreviation(String, abbreviation::Abbreviation),
    Zone(std::sync::Arc<Zone>),
}

impl NamedZone {
    pub fn lookup(name: &str) -> Result<NamedZone> {
        if let Some(found) = abbreviation::lookup(name) {
            return Ok(NamedZone::Abbreviation(name.to_string(), found));
        }
        Zone::lookup(name)
            .map(NamedZone::Zone)
            .ok_or_else(|| zone_not_recognized(name))
    }

    /// Seconds east at an instant.
    pub fn offset_at(&self, timestamp: i64) -> i32 {
        match self {
            NamedZone::Abbreviation(name, found) => found.offset_at(name, timestamp),
            NamedZone::Zone(zone) => zone.at(timestamp).offset,
        }
    }

    /// Seconds east for a local time.
    pub fn offset_of_local(&self, local: i64) -> i32 {
        let civil = Civil::from_timestamp(local);
        match self {
            NamedZone::Abbreviation(name, found) => found.offset_of_local(name, &civil),
            NamedZone::Zone(zone) => zone.offset_of_local(&civil),
        }
    }

    /// `timestamp_zone`: the instant of a local time.
    pub fn instant(&self, local: i64) -> Result<i64> {
        if !is_finite(local) {
            return Ok(local);
        }
        let offset = i64::from(self.offset_of_local(local)) * SECOND;
        checked(local - offset).ok_or_else(|| out_of_range("timestamp"))
    }

    /// `timestamptz_zone`: the local time of an instant.
    pub fn local(&self, timestamp: i64) -> Result<i64> {
        if !is_finite(timestamp) {
            return Ok(timestamp);
        }
        let offset = i64::from(self.offset_at(timestamp)) * SECOND;
        checked(timestamp + offset).ok_or_else(|| out_of_range("timestamp"))
    }
}

/// Seconds east that an interval names as a zone (`AT TIME ZONE INTERVAL '2 hours'`).
pub fn interval_zone(env: &dyn Environment, span: &Interval) -> Result<i32> {
    if span.months != 0 || span.days != 0 {
        let shown = super::interval_out(env, span);
        return Err(Error::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("interval time zone \"{shown}\" must not include months or days"),
        ));
    }
    i32::try_from(span.micros / SECOND).map_err(|_| out_of_range("timestamp"))
}

/// `timestamp_zone`: the instant of a local time in a zone or under an abbreviation.
pub fn instant_in(zone: &str, local: i64) -> Result<i64> {
    NamedZone::lookup(zone)?.instant(local)
}
