//! `date_trunc` and `date_bin`.

use super::calendar::{Civil, DAY, HOUR, MINUTE, SECOND, date_from_days, iso_week, iso_week_start};
use super::extract::{not_recognized, not_supported};
use super::out_of_range;
use super::timestamp::{NamedZone, checked, is_finite};
use super::tokens::{self, Unit};
use crate::{Error, Interval, Result, SqlState};

fn unit_of(name: &str, type_name: &str) -> Result<(String, Unit)> {
    let lower = name.to_ascii_lowercase();
    match tokens::unit(&lower) {
        Some(unit) => Ok((lower, unit)),

        None => Err(not_recognized(&lower, type_name)),
    }
}

/// `timestamp_trunc`
pub fn timestamp(name: &str, value: i64) -> Result<i64> {
    let type_name = "timestamp without time zone";
    let (name, unit) = unit_of(name, type_name)?;
    if !is_finite(value) {
        return Ok(value);
    }
    truncate_local(unit, value).ok_or_else(|| not_supported(&name, type_name))
}

/// `timestamptz_trunc`, `timestamptz_trunc_zone`
pub fn timestamptz(name: &str, value: i64, zone: &NamedZone) -> Result<i64> {
    let type_name = "timestamp with time zone";
    let (name, unit) = unit_of(name, type_name)?;
    if !is_finite(value) {
        return Ok(value);
    }
    let local = truncate_local(unit, zone.local(value)?);
    let local = local.ok_or_else(|| not_supported(&name, type_name))?;
    // Within a day the offset stays; from days on it is that of the new time.
    let below_day = matches!(
        unit,
        Unit::Hour | Unit::Minute | Unit::Second | Unit::Millisecond | Unit::Microsecond
    );
    if below_day {
        let offset = i64::from(zone.offset_at(value)) * SECOND;
        checked(local - offset).ok_or_else(|| out_of_range("timestamp"))
    } else {
        zone.instant(local)
    }
}

fn truncate_local(unit: Unit, value: i64) -> Option<i64> {
    let floor = |size: i64| value - value.rem_euclid(size);
    let civil = Civil::from_timestamp(value);
    // The first year of a span of years that are counted from 1, without a year 0.
    let span_start = |size: i32| {
        if civil.year > 0 {
            (civil.year + size - 1) / size * size - (size - 1)
        } else {
            -((size - civil.year) / size) * size + 1
        }
    };
    let (year, month) = match unit {
        Unit::Microsecond => return Some(value),
        Unit::Millisecond => return Some(floor(SECOND / 1000)),
        Unit::Second => return Some(floor(SECOND)),
        Unit::Minute => return Some(floor(MINUTE)),
        Unit::Hour => return Some(floor(HOUR)),
        Unit::Day => return Some(floor(DAY)),
        Unit::Week => {
            let (iso_year, week) = iso_week(civil.days());
            let (year, month, day) = date_from_days(iso_week_start(iso_year, week));
            let monday = Civil {
                year,
                month,
                day,
                ..Civil::default()
            };
            return Some(monday.days() * DAY);
        }
        Unit::Month => (civil.year, civil.month),
        Unit::Quarter => (civil.year, (civil.month - 1) / 3 * 3 + 1),
        Unit::Year => (civil.year, 1),
        Unit::Decade if civil.year > 0 => (civil.year / 10 * 10, 1),
        Unit::Decade => (-((9 - civil.year) / 10) * 10, 1),
        Unit::Century => (span_start(100), 1),
        Unit::Millennium => (span_start(1000), 1),
        _ => return None,
    };
    let first = Civil {
        year,
        month,
        day: 1,
        ..Civil::default()
    };
    Some(first.days() * DAY)
}

/// `interval_trunc`
pub fn interval(name: &str, span: &Interval) -> Result<Interval> {
    let (name, unit) = unit_of(name, "interval")?;
    let months = |size: i32| Interval {
        months: span.months / size * size,
        ..Interval::default()
    };
    let micros = |size: i64| Interval {
        micros: span.micros / size * size,
        ..*span
    };
    Ok(match unit {
        Unit::Microsecond => *span,
        Unit::Millisecond => micros(SECOND / 1000),
        Unit::Second => micros(SECOND),
        Unit::Minute => micros(MINUTE),
        Unit::Hour => micros(HOUR),
        Unit::Day => Interval { micros: 0, ..*span },
        Unit::Month => months(1),
        Unit::Quarter => months(3),
        Unit::Year => months(12),
        Unit::Decade => months(120),
        Unit::Century => months(1200),
        Unit::Millennium => months(12_000),
        Unit::Week => {
            return Err(not_supported(&name, "interval").detail("Months usually have fractional weeks."));
        }
        _ => return Err(not_supported(&name, "interval")),
    })
}

/// `timestamp_bin`: the start of the stride, counted from `origin`, that holds the time.
pub fn bin(stride: &Interval, value: i64, origin: i64) -> Result<i64> {
    let refuse = |message: &str| Error::new(SqlState::DATETIME_FIELD_OVERFLOW, message);
    if !is_finite(value) {
        return Ok(value);
    }
    if !is_finite(origin) {
        return Err(refuse("origin out of range"));
    }
    if stride.months != 0 {
        return Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            "timestamps cannot be binned into intervals containing months or years",
        ));
    }
    let interval = || out_of_range("interval");
    let size = i64::from(stride.days)
        .checked_mul(DAY)
        .and_then(|days| days.checked_add(stride.micros))
        .ok_or_else(interval)?;
    if size <= 0 {
        return Err(refuse("stride must be greater than zero"));
    }
    let distance = value.checked_sub(origin).ok_or_else(interval)?;
    value
        .checked_sub(distance.rem_euclid(size))
        .and_then(checked)
        .ok_or_else(|| out_of_range("timestamp"))
}
