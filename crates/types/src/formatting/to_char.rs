//! `to_char` of timestamps and intervals.

use super::invalid_format;
use super::ordinal::ending;
use super::template::{Case, Field, Node, Pattern, parse};
use crate::datetime::calendar::{
    Civil, POSTGRES_EPOCH_JDATE, SECOND, day_of_week, day_of_year, iso_day_of_week, iso_week, iso_week_start,
};
use crate::datetime::output::{month_name, short, weekday_name};
use crate::{Interval, Result};

/// What is written: a time with or without a zone, or an interval.
#[derive(Clone, Copy)]
pub struct Moment<'a> {
    civil: Civil,
    /// Hours may be many in an interval.
    hours: i64,
    /// Seconds east and abbreviation.
    zone: Option<(i32, &'a str)>,
    is_interval: bool,
}

impl<'a> Moment<'a> {
    pub fn timestamp(local: i64, zone: Option<(i32, &'a str)>) -> Moment<'a> {
        let civil = Civil::from_timestamp(local);
        Moment {
            civil,
            hours: civil.hour.into(),
            zone,
            is_interval: false,
        }
    }

    pub fn interval(span: &Interval) -> Moment<'static> {
        let part = |value: i64| i32::try_from(value).unwrap_or(0);
        Moment {
            civil: Civil {
                year: span.months / 12,
                month: span.months % 12,
                day: span.days,
                hour: 0,
                minute: part(span.micros / (60 * SECOND) % 60),
                second: part(span.micros / SECOND % 60),
                micros: part(span.micros % SECOND),
            },
            hours: span.micros / (3600 * SECOND),
            zone: None,
            is_interval: true,
        }
    }

    /// Writes by a template.
    pub fn format(&self, template: &str) -> Result<String> {
        let mut out = String::new();
        for node in parse(template) {
            match node {
                Node::Pattern(pattern) => self.pattern(&mut out, &pattern)?,
                Node::Separator(c) | Node::Space(c) | Node::Char(c) => out.push(c),
            }
        }
        Ok(out)
    }

    fn pattern(&self, out: &mut String, pattern: &Pattern<'_>) -> Result<()> {
        if let Some(text) = self.name(pattern)? {
            *out += &text;
            return Ok(());
        }
        let Some((value, width)) = self.number(pattern) else {
            return Ok(());
        };
        let width = if pattern.fill { 0 } else { width };
        let start = out.len();
        match pattern.field {
            Field::YearWithComma => *out += &format!("{},{:03}", value / 1000, value % 1000),
            _ => *out += &padded(value, width),
        }
        if let Some(upper) = pattern.ordinal.filter(|_| takes_ordinal(pattern.field)) {
            let digits = out.get(start..).unwrap_or_default();
            *out += ending(digits, upper);
        }
        Ok(())
    }

    fn no_interval(&self) -> Result<()> {
        if !self.is_interval {
            return Ok(());
        }
        Err(invalid_format("invalid format specification for an interval value")
            .hint("Intervals are not tied to specific calendar dates."))
    }

    /// Patterns that are words; None: the pattern is a number.
    fn name(&self, pattern: &Pattern<'_>) -> Result<Option<String>> {
        let padded = |name: &str, width: usize, case| {
            let name = in_case(name, case);
            if pattern.fill || pattern.translated {
                name
            } else {
                format!("{name:width$}")
            }
        };
        let civil = &self.civil;
        let weekday = || weekday_name(day_of_week(civil.days()));
        Ok(Some(match pattern.field {
            Field::HalfDay { dots, case } => {
                let name = match (self.hours.rem_euclid(24) >= 12, dots) {
                    (true, true) => "P.M.",
                    (true, false) => "PM",
                    (false, true) => "A.M.",
                    (false, false) => "AM",
                };
                in_case(name, case)
            }
            Field::Era { dots, case } => {
                self.no_interval()?;
                let name = match (civil.year <= 0, dots) {
                    (true, true) => "B.C.",
                    (true, false) => "BC",
                    (false, true) => "A.D.",
                    (false, false) => "AD",
                };
                in_case(name, case)
            }
            Field::DayName(case) => {
                self.no_interval()?;
                padded(weekday(), 9, case)
            }
            Field::DayShort(case) => {
                self.no_interval()?;
                in_case(short(weekday()), case)
            }
            Field::MonthName(case) => {
                self.no_interval()?;
                padded(month_name(civil.month), 9, case)
            }
            Field::MonthShort(case) => {
                self.no_interval()?;
                in_case(short(month_name(civil.month)), case)
            }
            Field::RomanMonth(case) => match self.roman_month() {
                Some(name) => padded(name, 4, case),
                None => String::new(),
            },
            Field::Zone(case) => {
                self.no_interval()?;
                self.zone.map_or(String::new(), |(_, name)| in_case(name, case))
            }
            Field::ZoneHour => {
                self.no_interval()?;
                let offset = self.offset();
                let sign = if offset < 0 { '-' } else { '+' };
                format!("{sign}{:02}", offset.abs() / 3600)
            }
            Field::ZoneMinute => {
                self.no_interval()?;
                format!("{:02}", self.offset().abs() / 60 % 60)
            }
            Field::Offset => {
                self.no_interval()?;
                self.offset_text(pattern.fill)
            }
            Field::Exact => String::new(),
            _ => return Ok(None),
        }))
    }

    fn offset(&self) -> i32 {
        self.zone.map_or(0, |(offset, _)| offset)
    }

    fn offset_text(&self, fill: bool) -> String {
        let offset = self.offset();
        let sign = if offset < 0 { '-' } else { '+' };
        let (hour, minute) = (offset.abs() / 3600, offset.abs() / 60 % 60);
        let hour = padded(hour.into(), if fill { 0 } else { 2 });
        if minute == 0 {
            format!("{sign}{hour}")
        } else {
            format!("{sign}{hour}:{minute:02}")
        }
    }

    /// `I` to `XII`; months of an interval count back from the year's end.
    fn roman_month(&self) -> Option<&'static str> {
        const NAMES: [&str; 12] = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"];
        let (year, month) = (self.civil.year, self.civil.month);
        let month = match month {
            0 if year == 0 => return None,
            0 if year >= 0 => 12,
            0 => 1,
            ..0 => 13 + month,
            1.. => month,
        };
        NAMES.get(usize::try_from(month - 1).ok()?).copied()
    }

    /// Patterns that are numbers, with the digits they are padded to.
    fn number(&self, pattern: &Pattern<'_>) -> Option<(i64, usize)> {
        let civil = &self.civil;
        let year = |year: i32| -> i64 {
            if self.is_interval || year > 0 {
                year.into()
            } else {
                1 - i64::from(year)
            }
        };
        Some(match pattern.field {
            Field::Hour12 => match self.hours % 12 {
                0 => (12, 2),
                hour => (hour, 2),
            },
            Field::Hour24 => (self.hours, 2),
            Field::Minute => (civil.minute.into(), 2),
            Field::Second => (civil.second.into(), 2),
            Field::Fraction(digits) => {
                let unit = 10_i64.pow(6 - u32::from(digits.min(6)));
                return Some((i64::from(civil.micros) / unit, digits.into()));
            }
            Field::Millisecond => (i64::from(civil.micros) / 1000, 3),
            Field::Microsecond => (civil.micros.into(), 6),
            Field::SecondOfDay => {
                let minutes = self.hours * 60 + i64::from(civil.minute);
                (minutes * 60 + i64::from(civil.second), 0)
            }
            Field::Century => match (self.is_interval, civil.year) {
                (true, year) => (i64::from(year / 100), 2),
                (false, year @ 1..) => (i64::from((year - 1) / 100 + 1), 2),
                (false, year) => (i64::from(year / 100 - 1), 2),
            },
            Field::YearWithComma => (year(civil.year), 0),
            Field::Year(digits) => (last_digits(year(civil.year), digits), digits.into()),
            Field::IsoYear(digits) => {
                let iso = iso_week(civil.days()).0;
                (last_digits(year(iso), digits), digits.into())
            }
            Field::Month => (civil.month.into(), 2),
            Field::Quarter if civil.month == 0 => return None,
            Field::Quarter => (i64::from((civil.month - 1) / 3 + 1), 0),
            Field::Day => (civil.day.into(), 2),
            Field::DayOfYear => (self.day_of_year(), 3),
            Field::Week => ((self.day_of_year() - 1) / 7 + 1, 2),
            Field::WeekOfMonth => (i64::from((civil.day - 1) / 7 + 1), 0),
            field => self.day_number(field),
        })
    }

    fn day_of_year(&self) -> i64 {
        let civil = &self.civil;
        if self.is_interval {
            let months = i64::from(civil.year) * 12 + i64::from(civil.month);
            months * 30 + i64::from(civil.day)
        } else {
            day_of_year(civil.year, civil.days()).into()
        }
    }

    /// Patterns that count days of a calendar date.
    fn day_number(&self, field: Field) -> (i64, usize) {
        let days = self.civil.days();
        match field {
            Field::IsoDayOfYear => (days - iso_week_start(iso_week(days).0, 1) + 1, 3),
            Field::IsoDayOfWeek => (iso_day_of_week(days).into(), 0),
            Field::DayOfWeek => (i64::from(day_of_week(days)) + 1, 0),
            Field::IsoWeek => (iso_week(days).1.into(), 2),
            _ => (days + POSTGRES_EPOCH_JDATE, 0),
        }
    }
}

/// Fractions of a second and offsets have no ordinals.
fn takes_ordinal(field: Field) -> bool {
    !matches!(field, Field::ZoneHour | Field::ZoneMinute | Field::Offset)
}

fn last_digits(value: i64, digits: u8) -> i64 {
    if digits >= 4 {
        value
    } else {
        value % 10_i64.pow(digits.into())
    }
}

/// Zeros up to the width; the sign of a negative number comes on top.
fn padded(value: i64, width: usize) -> String {
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{:0width$}", value.unsigned_abs())
}

fn in_case(name: &str, case: Case) -> String {
    match case {
        Case::Upper => name.to_uppercase(),
        Case::Title => name.into(),
        Case::Lower => name.to_lowercase(),
    }
}
