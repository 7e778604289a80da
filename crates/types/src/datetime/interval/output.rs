//! Prints intervals in the four styles of `intervalstyle` (`EncodeInterval`).

use super::super::calendar::{HOUR, MINUTE, SECOND};
use super::super::output::fraction;
use super::super::settings::IntervalStyle;
use crate::Interval;

/// An interval broken down; all parts of the time have its sign.
struct Broken {
    years: i32,
    months: i32,
    days: i32,
    hours: i64,
    minutes: i64,
    seconds: i64,
    micros: i64,
}

impl Broken {
    fn new(span: &Interval) -> Broken {
        Broken {
            years: span.months / 12,
            months: span.months % 12,
            days: span.days,
            hours: span.micros / HOUR,
            minutes: span.micros / MINUTE % 60,
            seconds: span.micros / SECOND % 60,
            micros: span.micros % SECOND,
        }
    }

    /// Seconds without their sign, `06.5` or `6.5`.
    fn seconds(&self, out: &mut String, two_digits: bool) {
        let seconds = self.seconds.unsigned_abs();
        *out += &if two_digits {
            format!("{seconds:02}")
        } else {
            format!("{seconds}")
        };
        fraction(out, u32::try_from(self.micros.unsigned_abs()).unwrap_or(0));
    }

    fn has_seconds(&self) -> bool {
        self.seconds != 0 || self.micros != 0
    }

    /// `hh:mm:ss` without sign; the hours may take less than two digits.
    fn clock(&self, out: &mut String, hour_digits: usize) {
        let (hours, minutes) = (self.hours.unsigned_abs(), self.minutes.unsigned_abs());
        *out += &format!("{hours:0hour_digits$}:{minutes:02}:");
        self.seconds(out, true);
    }
}

pub fn print(span: &Interval, style: IntervalStyle) -> String {
    match style {
        IntervalStyle::Postgres => postgres(span),
        IntervalStyle::PostgresVerbose => verbose(span),
        IntervalStyle::SqlStandard => sql(span),
        IntervalStyle::Iso8601 => iso(span),
    }
}

/// `1 year 2 mons -3 days +04:05:06`
fn postgres(span: &Interval) -> String {
    let broken = Broken::new(span);
    let mut out = String::new();
    let mut before_negative = false;
    for (value, unit) in [(broken.years, "year"), (broken.months, "mon"), (broken.days, "day")] {
        if value == 0 {
            continue;
        }
        let space = if out.is_empty() { "" } else { " " };
        let sign = if before_negative && value > 0 { "+" } else { "" };
        let plural = if value == 1 { "" } else { "s" };
        out += &format!("{space}{sign}{value} {unit}{plural}");
        before_negative = value < 0;
    }
    if out.is_empty() || span.micros != 0 {
        if !out.is_empty() {
            out.push(' ');
        }
        if span.micros < 0 {
            out.push('-');
        } else if before_negative {
            out.push('+');
        }
        broken.clock(&mut out, 2);
    }
    out
}

/// `@ 1 year 2 mons 3 days 4 hours 5 mins 6 secs ago`
fn verbose(span: &Interval) -> String {
    let broken = Broken::new(span);
    let mut out = String::from("@");
    // The sign of the first part that is not zero counts for all.
    let mut ago = None;
    for (value, unit) in [
        (i64::from(broken.years), "year"),
        (i64::from(broken.months), "mon"),
        (i64::from(broken.days), "day"),
        (broken.hours, "hour"),
        (broken.minutes, "min"),
    ] {
        if value == 0 {
            continue;
        }
        let value = if *ago.get_or_insert(value < 0) { -value } else { value };
        let plural = if value == 1 { "" } else { "s" };
        out += &format!(" {value} {unit}{plural}");
    }
    if broken.has_seconds() {
        let negative = span.micros < 0;
        out.push(' ');
        if *ago.get_or_insert(negative) != negative {
            out.push('-');
        }
        broken.seconds(&mut out, false);
        let one = broken.seconds.abs() == 1 && broken.micros == 0;
        out += if one { " sec" } else { " secs" };
    }
    match ago {
        None => out += " 0",
        Some(true) => out += " ago",
        Some(false) => {}
    }
    out
}

/// `1-2`, `3 4:05:06`; with mixed parts all signs are shown.
fn sql(span: &Interval) -> String {
    let negative = span.months < 0 || span.days < 0 || span.micros < 0;
    let positive = span.months > 0 || span.days > 0 || span.micros > 0;
    let has_months = span.months != 0;
    let has_time = span.days != 0 || span.micros != 0;
    let broken = Broken::new(span);
    let years = broken.years.unsigned_abs();
    let months = broken.months.unsigned_abs();
    let days = broken.days.unsigned_abs();
    let mut out = String::new();
    if !negative && !positive {
        return "0".into();
    }
    if negative && positive || has_months && has_time {
        let sign = |negative: bool| if negative { '-' } else { '+' };
        out += &format!("{}{years}-{months} ", sign(span.months < 0));
        out += &format!("{}{days} {}", sign(span.days < 0), sign(span.micros < 0));
        broken.clock(&mut out, 1);
        return out;
    }
    if negative {
        out.push('-');
    }
    if has_months {
        out += &format!("{years}-{months}");
        return out;
    }
    if days != 0 {
        out += &format!("{days} ");
    }
    broken.clock(&mut out, 1);
    out
}

/// `P1Y2M3DT4H5M6S`
fn iso(span: &Interval) -> String {
    let broken = Broken::new(span);
    let mut out = String::from("P");
    for (value, unit) in [(broken.years, 'Y'), (broken.months, 'M'), (broken.days, 'D')] {
        if value != 0 {
            out += &format!("{value}{unit}");
        }
    }
    if out.len() == 1 || span.micros != 0 {
        out.push('T');
    }
    for (value, unit) in [(broken.hours, 'H'), (broken.minutes, 'M')] {
        if value != 0 {
            out += &format!("{value}{unit}");
        }
    }
    if broken.has_seconds() || out == "PT" {
        if span.micros < 0 {
            out.push('-');
        }
        broken.seconds(&mut out, false);
        out.push('S');
    }
    out
}
