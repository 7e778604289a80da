//! Takes fields out of dates, times and intervals: `extract` (numeric) and `date_part` (double precision).

use super::calendar::{
    Civil, DAY, HOUR, MINUTE, POSTGRES_EPOCH_JDATE, SECOND, day_of_week, day_of_year, iso_day_of_week, iso_week,
};
use super::date;
use super::timestamp::{self, is_finite};
use super::tokens::{self, Unit};
use super::zone::Zone;
use crate::{Datum, Error, Interval, Numeric, Result, SqlState};

/// The value of a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Field {
    Integer(i64),
    /// A number of 10^-scale.
    Decimal(i128, u16),
    /// Julian day and microseconds of the day.
    Julian(i64, i64),
    Infinity,
    NegativeInfinity,
    /// A field that infinity does not have.
    Null,
}

impl Field {
    /// What `extract` gives.
    pub fn numeric(self) -> Result<Datum> {
        let number = match self {
            Field::Integer(value) => Numeric::from(value),
            Field::Decimal(value, scale) => decimal(value, scale),
            Field::Julian(day, time) => Numeric::from(day).add(&Numeric::from(time).div(&Numeric::from(DAY))?),
            Field::Infinity => Numeric::INFINITY,
            Field::NegativeInfinity => Numeric::NEGATIVE_INFINITY,
            Field::Null => return Ok(Datum::Null),
        };
        Ok(Datum::Numeric(number.into()))
    }

    /// What `date_part` gives.
    #[allow(clippy::cast_precision_loss)]
    pub fn float(self) -> Datum {
        Datum::Float8(match self {
            Field::Integer(value) => value as f64,
            Field::Decimal(value, scale) => value as f64 / 10_f64.powi(scale.into()),
            Field::Julian(day, time) => day as f64 + time as f64 / DAY as f64,
            Field::Infinity => f64::INFINITY,
            Field::NegativeInfinity => f64::NEG_INFINITY,
            Field::Null => return Datum::Null,
        })
    }
}

/// `value` * 10^-scale, with that scale.
fn decimal(value: i128, scale: u16) -> Numeric {
    let groups = scale.div_ceil(4);
    let aligned = value * 10_i128.pow(u32::from(groups * 4 - scale));
    let mut number = Numeric::from(aligned).with_scale(scale.into());
    if !number.is_zero() {
        number.weight -= i32::from(groups);
    }
    number
}

const TIMESTAMP: &str = "timestamp without time zone";
const TIMESTAMPTZ: &str = "timestamp with time zone";

/// The unit's name as messages show it, and the unit.
fn unit_of(name: &str, type_name: &str) -> Result<(String, Unit)> {
    let lower = name.to_ascii_lowercase();
    match tokens::field(&lower) {
        Some(unit) => Ok((lower, unit)),
        None => Err(not_recognized(&lower, type_name)),
    }
}

pub(super) fn not_recognized(unit: &str, type_name: &str) -> Error {
    Error::new(
        SqlState::INVALID_PARAMETER_VALUE,
        format!("unit \"{unit}\" not recognized for type {type_name}"),
    )
}

pub(super) fn not_supported(unit: &str, type_name: &str) -> Error {
    Error::new(
        SqlState::FEATURE_NOT_SUPPORTED,
        format!("unit \"{unit}\" not supported for type {type_name}"),
    )
}

/// What `extract` finds in infinity: units that only grow are infinite, others NULL.
fn infinite(unit: Unit, negative: bool) -> Option<Field> {
    Some(match unit {
        Unit::Year | Unit::Decade | Unit::Century | Unit::Millennium | Unit::Julian | Unit::IsoYear | Unit::Epoch => {
            if negative {
                Field::NegativeInfinity
            } else {
                Field::Infinity
            }
        }
        Unit::Microsecond
        | Unit::Millisecond
        | Unit::Second
        | Unit::Minute
        | Unit::Hour
        | Unit::Day
        | Unit::Month
        | Unit::Quarter
        | Unit::Week
        | Unit::DayOfWeek
        | Unit::IsoDayOfWeek
        | Unit::DayOfYear
        | Unit::Timezone
        | Unit::TimezoneHour
        | Unit::TimezoneMinute => Field::Null,
    })
}

/// Fields of a time of day.
fn time_field(unit: Unit, micros: i64) -> Option<Field> {
    let in_minute = micros % MINUTE;
    Some(match unit {
        Unit::Microsecond => Field::Integer(in_minute),
        Unit::Millisecond => Field::Decimal(in_minute.into(), 3),
        Unit::Second => Field::Decimal(in_minute.into(), 6),
        Unit::Minute => Field::Integer(micros / MINUTE % 60),
        Unit::Hour => Field::Integer(micros / HOUR),
        _ => return None,
    })
}

/// Fields of a date. Years are counted without a year 0.
fn date_field(unit: Unit, civil: &Civil) -> Option<Field> {
    let days = civil.days();
    let year = i64::from(civil.year);
    let era_year = |year: i64| if year > 0 { year } else { year - 1 };
    let counted = |size: i64| {
        if year > 0 {
            (year + size - 1) / size
        } else {
            -((size - year) / size)
        }
    };
    Some(Field::Integer(match unit {
        Unit::Day => civil.day.into(),
        Unit::Month => civil.month.into(),
        Unit::Quarter => ((civil.month - 1) / 3 + 1).into(),
        Unit::Week => iso_week(days).1.into(),
        Unit::Year => era_year(year),
        Unit::Decade => {
            if year >= 0 {
                year / 10
            } else {
                -((9 - year) / 10)
            }
        }
        Unit::Century => counted(100),
        Unit::Millennium => counted(1000),
        Unit::IsoYear => era_year(iso_week(days).0.into()),
        Unit::DayOfWeek => day_of_week(days).into(),
        Unit::IsoDayOfWeek => iso_day_of_week(days).into(),
        Unit::DayOfYear => day_of_year(civil.year, days).into(),
        _ => return None,
    }))
}

/// `extract_date`
pub fn from_date(name: &str, date: i32) -> Result<Field> {
    let (name, unit) = unit_of(name, "date")?;
    let unsupported = matches!(
        unit,
        Unit::Microsecond
            | Unit::Millisecond
            | Unit::Second
            | Unit::Minute
            | Unit::Hour
            | Unit::Timezone
            | Unit::TimezoneHour
            | Unit::TimezoneMinute
    );
    let found = if unsupported {
        None
    } else if !date::is_finite(date) {
        infinite(unit, date < 0)
    } else {
        match unit {
            Unit::Julian => Some(Field::Integer(i64::from(date) + POSTGRES_EPOCH_JDATE)),
            Unit::Epoch => Some(Field::Integer(
                i64::from(date) * (DAY / SECOND) - timestamp::UNIX_EPOCH / SECOND,
            )),
            unit => date_field(unit, &date::civil(date)),
        }
    };
    found.ok_or_else(|| not_supported(&name, "date"))
}

/// `extract_timestamp`, `timestamp_part`
pub fn from_timestamp(name: &str, value: i64) -> Result<Field> {
    let (name, unit) = unit_of(name, TIMESTAMP)?;
    let found = match unit {
        Unit::Timezone | Unit::TimezoneHour | Unit::TimezoneMinute => None,
        unit if !is_finite(value) => infinite(unit, value < 0),
        unit => local_field(unit, value).or_else(|| epoch(unit, value)),
    };
    found.ok_or_else(|| not_supported(&name, TIMESTAMP))
}

/// `extract_timestamptz`, `timestamptz_part`: fields of local time in the zone.
pub fn from_timestamptz(name: &str, value: i64, zone: &Zone) -> Result<Field> {
    let (name, unit) = unit_of(name, TIMESTAMPTZ)?;
    let found = if is_finite(value) {
        let offset = zone.at(value).offset;
        zone_field(unit, offset)
            .or_else(|| local_field(unit, zone.local(value)))
            .or_else(|| epoch(unit, value))
    } else {
        infinite(unit, value < 0)
    };
    found.ok_or_else(|| not_supported(&name, TIMESTAMPTZ))
}

fn local_field(unit: Unit, local: i64) -> Option<Field> {
    let civil = Civil::from_timestamp(local);
    if unit == Unit::Julian {
        return Some(Field::Julian(civil.days() + POSTGRES_EPOCH_JDATE, civil.time()));
    }
    time_field(unit, civil.time()).or_else(|| date_field(unit, &civil))
}

fn epoch(unit: Unit, value: i64) -> Option<Field> {
    let micros = i128::from(value) - i128::from(timestamp::UNIX_EPOCH);
    (unit == Unit::Epoch).then_some(Field::Decimal(micros, 6))
}

fn zone_field(unit: Unit, offset: i32) -> Option<Field> {
    Some(Field::Integer(match unit {
        Unit::Timezone => offset.into(),
        Unit::TimezoneHour => (offset / 3600).into(),
        Unit::TimezoneMinute => (offset / 60 % 60).into(),
        _ => return None,
    }))
}

/// `extract_time`, `time_part`
pub fn from_time(name: &str, time: i64) -> Result<Field> {
    let type_name = "time without time zone";
    let (name, unit) = unit_of(name, type_name)?;
    match unit {
        Unit::Epoch => Ok(Field::Decimal(time.into(), 6)),
        unit => time_field(unit, time).ok_or_else(|| not_supported(&name, type_name)),
    }
}

/// `extract_timetz`, `timetz_part`
pub fn from_timetz(name: &str, time: i64, west: i32) -> Result<Field> {
    let type_name = "time with time zone";
    let (name, unit) = unit_of(name, type_name)?;
    match unit {
        Unit::Epoch => {
            let utc = i128::from(time) + i128::from(west) * i128::from(SECOND);
            Ok(Field::Decimal(utc, 6))
        }
        unit => time_field(unit, time)
            .or_else(|| zone_field(unit, -west))
            .ok_or_else(|| not_supported(&name, type_name)),
    }
}

/// `extract_interval`, `interval_part`
pub fn from_interval(name: &str, span: &Interval) -> Result<Field> {
    let (name, unit) = unit_of(name, "interval")?;
    let years = i64::from(span.months / 12);
    let months = i64::from(span.months % 12);
    Ok(match unit {
        Unit::Day => Field::Integer(span.days.into()),
        Unit::Month => Field::Integer(months),
        Unit::Quarter => Field::Integer(months / 3 + 1),
        Unit::Year => Field::Integer(years),
        Unit::Decade => Field::Integer(years / 10),
        Unit::Century => Field::Integer(years / 100),
        Unit::Millennium => Field::Integer(years / 1000),
        // Years have 365.25 days here, months 30.
        Unit::Epoch => {
            let quarter_days = years * 1461 + (months * 30 + i64::from(span.days)) * 4;
            let seconds = i128::from(quarter_days) * i128::from(DAY / SECOND / 4);
            Field::Decimal(seconds * i128::from(SECOND) + i128::from(span.micros), 6)
        }
        unit => time_field(unit, span.micros).ok_or_else(|| not_supported(&name, "interval"))?,
    })
}
