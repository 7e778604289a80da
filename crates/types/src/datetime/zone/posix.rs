//! POSIX time zone specifications: `STDoffset[DST[offset][,start[/time],end[/time]]]`, offsets west.

use std::sync::Arc;

use super::{LocalType, Zone};
use crate::datetime::calendar::{date_from_days, day_of_week, days_from_date, days_in_month, is_leap};

/// When no dates are given, those of the United States are meant.
const DEFAULT_DATES: &str = ",M3.2.0,M11.1.0";

/// Days from 1970-01-01 to 2000-01-01, and seconds of a day.
const EPOCH_DAYS: i64 = 10_957;
const DAY: i64 = 86_400;

/// Standard time, and daylight-saving time with the dates on which it begins and ends.
#[derive(Clone, Debug)]
pub struct Rule {
    standard: LocalType,
    daylight: Option<(LocalType, YearDate, YearDate)>,
}

/// A date of every year, and seconds of local time on it.
#[derive(Clone, Copy, Debug)]
struct YearDate {
    day: DayRule,
    time: i64,
}

#[derive(Clone, Copy, Debug)]
enum DayRule {
    /// `Jn`: 1 to 365, February 29 is never counted.
    Julian(i64),
    /// `n`: 0 to 365.
    DayOfYear(i64),
    /// `Mm.w.d`: month, week (5: last), day of week.
    Month(i32, i64, i32),
}

impl YearDate {
    /// Seconds since 1970, in local time.
    fn in_year(self, year: i32) -> i64 {
        let day = match self.day {
            DayRule::Julian(n) => days_from_date(year, 1, 1) + n - 1 + i64::from(is_leap(year) && n >= 60),
            DayRule::DayOfYear(n) => days_from_date(year, 1, 1) + n,
            DayRule::Month(month, week, weekday) => {
                let first = days_from_date(year, month, 1);
                let ahead = i64::from((weekday - day_of_week(first)).rem_euclid(7));
                let day = ahead + (week - 1) * 7;
                let length = i64::from(days_in_month(year, month));
                first + if day >= length { day - 7 } else { day }
            }
        };
        (day + EPOCH_DAYS) * DAY + self.time
    }
}

impl Rule {
    pub fn always(standard: LocalType) -> Rule {
        Rule {
            standard,
            daylight: None,
        }
    }

    /// Parses a whole specification.
    pub fn parse(text: &str) -> Option<Rule> {
        let (name, rest) = abbreviation(text)?;
        let (west, rest) = offset(rest)?;
        let standard = local_type(-west, false, name);
        if rest.is_empty() {
            return Some(Rule::always(standard));
        }
        let (name, rest) = abbreviation(rest).filter(|(name, _)| !name.is_empty())?;
        let (west, rest) = match rest.bytes().next() {
            None | Some(b',' | b';') => (west - 3600, rest),
            Some(_) => offset(rest)?,
        };
        let dates = if rest.is_empty() { DEFAULT_DATES } else { rest };
        let (start, rest) = year_date(dates.strip_prefix([',', ';'])?)?;
        let (end, rest) = year_date(rest.strip_prefix([',', ';'])?)?;
        rest.is_empty().then(|| Rule {
            standard,
            daylight: Some((local_type(-west, true, name), start, end)),
        })
    }

    pub fn standard(&self) -> &LocalType {
        &self.standard
    }

    pub fn types(&self) -> impl Iterator<Item = &LocalType> {
        let daylight = self.daylight.as_ref().map(|(daylight, _, _)| daylight);
        std::iter::once(&self.standard).chain(daylight)
    }

    /// The last change at or before an instant (seconds since 1970 UTC).
    pub fn last_change(&self, unix: i64) -> Option<(i64, &LocalType)> {
        self.changes_around(unix)
            .filter(|&(time, _)| time <= unix)
            .max_by_key(|&(time, _)| time)
    }

    /// The first change after an instant.
    pub fn next_change(&self, unix: i64) -> Option<(i64, &LocalType)> {
        self.changes_around(unix)
            .filter(|&(time, _)| time > unix)
            .min_by_key(|&(time, _)| time)
    }

    /// The changes of the year of an instant and of both its neighbours.
    fn changes_around(&self, unix: i64) -> impl Iterator<Item = (i64, &LocalType)> {
        let (year, _, _) = date_from_days(unix.div_euclid(DAY) - EPOCH_DAYS);
        let years = year.saturating_sub(1)..=year.saturating_add(1);
        self.daylight.iter().flat_map(move |(daylight, start, end)| {
            years.clone().flat_map(move |year| {
                let begins = start.in_year(year) - i64::from(self.standard.offset);
                let ends = end.in_year(year) - i64::from(daylight.offset);
                [(begins, daylight), (ends, &self.standard)]
            })
        })
    }
}

/// A zone that is a specification; like PostgreSQL, names it in upper case.
pub fn zone(text: &str) -> Option<Zone> {
    let name = text.to_ascii_uppercase();
    let rule = Rule::parse(&name)?;
    Some(Zone {
        name: name.into(),
        types: vec![rule.standard.clone()],
        changes: Vec::new(),
        rule,
    })
}

fn local_type(offset: i64, is_dst: bool, abbreviation: &str) -> LocalType {
    LocalType {
        offset: i32::try_from(offset).unwrap_or(0),
        is_dst,
        abbreviation: Arc::from(abbreviation),
    }
}

/// `CET` or `<+03>`; may be empty.
fn abbreviation(text: &str) -> Option<(&str, &str)> {
    match text.strip_prefix('<') {
        Some(quoted) => quoted.split_once('>'),
        None => {
            let end = text
                .find(|c: char| c.is_ascii_digit() || matches!(c, ',' | '-' | '+'))
                .unwrap_or(text.len());
            text.split_at_checked(end)
        }
    }
}

/// `[+-]hh[:mm[:ss]]` in seconds, and what follows.
fn offset(text: &str) -> Option<(i64, &str)> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut seconds = 0;
    for (unit, limit) in [(3600, 167), (60, 59), (1, 60)] {
        let (value, after) = number(rest, limit)?;
        seconds += value * unit;
        rest = after;
        match rest.strip_prefix(':') {
            Some(after) if unit > 1 => rest = after,
            _ => break,
        }
    }
    Some((sign * seconds, rest))
}

/// `M3.2.0`, `J60` or `59`, then perhaps `/2:00`.
fn year_date(text: &str) -> Option<(YearDate, &str)> {
    let (day, rest) = if let Some(rest) = text.strip_prefix('M') {
        let (month, rest) = number(rest, 12)?;
        let (week, rest) = number(rest.strip_prefix('.')?, 5)?;
        let (weekday, rest) = number(rest.strip_prefix('.')?, 6)?;
        if month < 1 || week < 1 {
            return None;
        }
        let narrow = |value| i32::try_from(value).unwrap_or(1);
        (DayRule::Month(narrow(month), week, narrow(weekday)), rest)
    } else if let Some(rest) = text.strip_prefix('J') {
        let (day, rest) = number(rest, 365).filter(|&(day, _)| day >= 1)?;
        (DayRule::Julian(day), rest)
    } else {
        let (day, rest) = number(text, 365)?;
        (DayRule::DayOfYear(day), rest)
    };
    let (time, rest) = match rest.strip_prefix('/') {
        Some(rest) => offset(rest)?,
        None => (7200, rest),
    };
    Some((YearDate { day, time }, rest))
}

/// Leading digits, at most `limit`.
fn number(text: &str, limit: i64) -> Option<(i64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    let value = digits.parse().ok().filter(|&value| value <= limit)?;
    Some((value, rest))
}
