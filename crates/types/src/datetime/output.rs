//! Prints dates and times in the styles of `datestyle`, and in that of XML and JSON.

use super::calendar::{Civil, day_of_week};
use super::date;
use super::settings::{DateOrder, DateStyle};
use super::timestamp::{self, is_finite};
use super::zone::Zone;
use crate::float::general;

pub const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

pub const WEEKDAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

/// The first three letters.
pub fn short(name: &str) -> &str {
    name.get(..3).unwrap_or(name)
}

/// The name of a month from 1 to 12.
pub fn month_name(month: i32) -> &'static str {
    let index = usize::try_from(month - 1).unwrap_or(0);
    MONTHS.get(index).copied().unwrap_or_default()
}

/// The name of a day; 0 is Sunday.
pub fn weekday_name(weekday: i32) -> &'static str {
    let index = usize::try_from(weekday).unwrap_or(0);
    WEEKDAYS.get(index).copied().unwrap_or_default()
}

/// Years before Christ are counted back from 1.
fn era_year(year: i32) -> i32 {
    if year > 0 { year } else { 1 - year }
}

fn infinity(negative: bool) -> String {
    if negative { "-infinity" } else { "infinity" }.to_string()
}

/// `date_out` in a style.
pub fn date(date: i32, style: DateStyle, order: DateOrder) -> String {
    if !date::is_finite(date) {
        return infinity(date < 0);
    }
    let civil = date::civil(date);
    let mut out = String::new();
    if style == DateStyle::Postgres {
        let (first, second) = match order {
            DateOrder::Dmy => (civil.day, civil.month),
            _ => (civil.month, civil.day),
        };
        out = format!("{first:02}-{second:02}-{:04}", era_year(civil.year));
    } else {
        numeric_date(&mut out, &civil, style, order);
    }
    era(&mut out, &civil);
    out
}

/// `timestamp_out` in a style.
pub fn timestamp(timestamp: i64, style: DateStyle, order: DateOrder) -> String {
    if !is_finite(timestamp) {
        return infinity(timestamp < 0);
    }
    encode(&Civil::from_timestamp(timestamp), None, style, order)
}

/// `timestamptz_out` in a style.
pub fn timestamptz(timestamp: i64, zone: &Zone, style: DateStyle, order: DateOrder) -> String {
    if !is_finite(timestamp) {
        return infinity(timestamp < 0);
    }
    let local = zone.at(timestamp);
    let civil = Civil::from_timestamp(zone.local(timestamp));
    let zone = (local.offset, &*local.abbreviation);
    encode(&civil, Some(zone), style, order)
}

fn encode(civil: &Civil, zone_shown: Option<(i32, &str)>, style: DateStyle, order: DateOrder) -> String {
    let mut out = String::new();
    if style == DateStyle::Postgres {
        let weekday = short(weekday_name(day_of_week(civil.days())));
        let month = short(month_name(civil.month));
        out = match order {
            DateOrder::Dmy => format!("{weekday} {:02} {month} ", civil.day),
            _ => format!("{weekday} {month} {:02} ", civil.day),
        };
        time(&mut out, civil);
        out += &format!(" {:04}", era_year(civil.year));
    } else {
        numeric_date(&mut out, civil, style, order);
        out.push(' ');
        time(&mut out, civil);
    }
    match zone_shown {
        Some((offset, _)) if style == DateStyle::Iso => zone(&mut out, offset, false),
        Some((_, abbreviation)) => {
            out.push(' ');
            out += abbreviation.get(..10).unwrap_or(abbreviation);
        }
        None => {}
    }
    era(&mut out, civil);
    out
}

fn numeric_date(out: &mut String, civil: &Civil, style: DateStyle, order: DateOrder) {
    let (year, month, day) = (era_year(civil.year), civil.month, civil.day);
    *out += &match style {
        DateStyle::German => format!("{day:02}.{month:02}.{year:04}"),
        DateStyle::Sql if order == DateOrder::Dmy => format!("{day:02}/{month:02}/{year:04}"),
        DateStyle::Sql => format!("{month:02}/{day:02}/{year:04}"),
        DateStyle::Iso | DateStyle::Postgres => format!("{year:04}-{month:02}-{day:02}"),
    };
}

fn era(out: &mut String, civil: &Civil) {
    if civil.year <= 0 {
        *out += " BC";
    }
}

/// `hh:mm:ss[.ffffff]`
pub fn time(out: &mut String, civil: &Civil) {
    *out += &format!("{:02}:{:02}:{:02}", civil.hour, civil.minute, civil.second);
    fraction(out, civil.micros.unsigned_abs());
}

/// `.ffffff` without trailing zeros; nothing for 0.
pub fn fraction(out: &mut String, micros: u32) {
    if micros != 0 {
        let digits = format!("{micros:06}");
        out.push('.');
        *out += digits.trim_end_matches('0');
    }
}

/// `+hh[:mm[:ss]]` of seconds east; minutes are always shown if asked for.
pub fn zone(out: &mut String, offset: i32, always_minutes: bool) {
    let size = offset.unsigned_abs();
    let (hour, minute, second) = (size / 3600, size / 60 % 60, size % 60);
    out.push(if offset < 0 { '-' } else { '+' });
    *out += &format!("{hour:02}");
    if minute != 0 || second != 0 || always_minutes {
        *out += &format!(":{minute:02}");
    }
    if second != 0 {
        *out += &format!(":{second:02}");
    }
}

/// A date, timestamp or timestamptz as JSON shows it: `2024-07-04T12:00:00+00:00`.
pub fn json_date(date: i32) -> String {
    self::date(date, DateStyle::Iso, DateOrder::Ymd)
}

pub fn json_timestamp(timestamp: i64, zone_shown: Option<&Zone>) -> String {
    if !timestamp::is_finite(timestamp) {
        return infinity(timestamp < 0);
    }
    let local = zone_shown.map_or(timestamp, |zone| zone.local(timestamp));
    let civil = Civil::from_timestamp(local);
    let mut out = String::new();
    numeric_date(&mut out, &civil, DateStyle::Iso, DateOrder::Ymd);
    out.push('T');
    time(&mut out, &civil);
    if let Some(named) = zone_shown {
        zone(&mut out, named.at(timestamp).offset, true);
    }
    era(&mut out, &civil);
    out
}

/// C's `%02g`.
pub fn two_digit_float(value: f64) -> String {
    format!("{:0>2}", general(value, 6))
}
