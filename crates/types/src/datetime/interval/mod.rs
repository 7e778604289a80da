//! Intervals: months, days and microseconds, kept apart.
//!
//! [`words`] reads the words of PostgreSQL and SQL (`1 day 02:03`, `1-2`), [`iso`] ISO 8601's `P1DT2H`,
//! [`output`] prints, [`arithmetic`] computes.

pub mod arithmetic;
mod iso;
mod output;
mod words;

use super::calendar::{HOUR, MINUTE};
use super::fault::Fault;
use super::lexer;
use super::out_of_range;
use super::settings::{IntervalStyle, interval_style};
use crate::{Datum, Environment, Error, Interval, Result, SqlState};

/// Fields that a type modifier allows (`INTERVAL_RANGE`), e.g. `HOUR | MINUTE` for `hour to minute`.
pub mod range {
    pub const MONTH: i32 = 1 << 1;
    pub const YEAR: i32 = 1 << 2;
    pub const DAY: i32 = 1 << 3;
    pub const HOUR: i32 = 1 << 10;
    pub const MINUTE: i32 = 1 << 11;
    pub const SECOND: i32 = 1 << 12;
    pub const FULL: i32 = 0x7FFF;
    /// The lower half of the type modifier when no digits are given.
    pub const FULL_PRECISION: i32 = 0xFFFF;
}

fn range_of(typmod: i32) -> i32 {
    if typmod < 0 {
        range::FULL
    } else {
        typmod >> 16 & range::FULL
    }
}

/// `interval_in`
pub fn interval_in(env: &dyn Environment, text: &str, typmod: i32) -> Result<Datum> {
    parse_in_style(text, typmod, interval_style(env)).map(Datum::Interval)
}

/// The same, whatever the session's style.
pub fn parse(text: &str, typmod: i32) -> Result<Interval> {
    parse_in_style(text, typmod, IntervalStyle::default())
}

fn parse_in_style(text: &str, typmod: i32, style: IntervalStyle) -> Result<Interval> {
    let span = read(text, style, range_of(typmod)).map_err(|fault| {
        let fault = match fault {
            Fault::Field => Fault::Interval,
            fault => fault,
        };
        fault.error(text, "interval")
    })?;
    let span = span.interval().ok_or_else(|| out_of_range("interval"))?;
    adjust(&span, typmod)
}

fn read(text: &str, style: IntervalStyle, range: i32) -> Result<Parts, Fault> {
    let fields = lexer::fields(text).ok_or(Fault::BadFormat);
    match fields.and_then(|fields| words::parts(&fields, style, range)) {
        Err(Fault::BadFormat) => iso::parts(text),
        result => result,
    }
}

/// `interval_out`
pub fn interval_out(env: &dyn Environment, span: &Interval) -> String {
    output::print(span, interval_style(env))
}

/// Drops the fields that a type modifier leaves out, and rounds (`interval_scale`).
pub fn adjust(span: &Interval, typmod: i32) -> Result<Interval> {
    use range::{DAY, HOUR as HOURS, MINUTE as MINUTES, SECOND, YEAR};
    if typmod < 0 {
        return Ok(*span);
    }
    let mut span = *span;
    let fields = range_of(typmod);
    if fields != range::FULL {
        if fields == YEAR {
            span.months = span.months / 12 * 12;
        }
        if fields & (DAY | HOURS | MINUTES | SECOND) == 0 {
            span.days = 0;
        }
        let unit = match fields {
            _ if fields & SECOND != 0 => 1,
            _ if fields & MINUTES != 0 => MINUTE,
            _ if fields & HOURS != 0 => HOUR,
            _ => 0,
        };
        span.micros = span.micros.checked_div(unit).unwrap_or(0) * unit;
    }
    match typmod & range::FULL_PRECISION {
        range::FULL_PRECISION => Ok(span),
        digits @ 0..=6 => {
            span.micros = super::timestamp::round(span.micros, digits);
            Ok(span)
        }
        digits => Err(Error::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("interval({digits}) precision must be between 0 and 6"),
        )),
    }
}

/// What is being read; years and months are not yet added up.
#[derive(Clone, Copy, Debug, Default)]
struct Parts {
    years: i32,
    months: i32,
    days: i32,
    micros: i64,
}

impl Parts {
    fn interval(&self) -> Option<Interval> {
        let months = i64::from(self.years) * 12 + i64::from(self.months);
        Some(Interval {
            months: i32::try_from(months).ok()?,
            days: self.days,
            micros: self.micros,
        })
    }

    /// Adds `(whole + part) * unit` microseconds.
    fn add_micros(&mut self, whole: i64, part: f64, unit: i64) -> Option<()> {
        self.micros = whole.checked_mul(unit)?.checked_add(self.micros)?;
        self.add_part_of(part, unit)
    }

    /// Adds a fraction of `unit` microseconds, rounded.
    fn add_part_of(&mut self, part: f64, unit: i64) -> Option<()> {
        #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
        let (micros, rest) = {
            let scaled = part * unit as f64;
            (scaled as i64, scaled.fract())
        };
        let round = i64::from(rest > 0.5) - i64::from(rest < -0.5);
        self.micros = self.micros.checked_add(micros)?.checked_add(round)?;
        Some(())
    }

    /// Adds `(whole + part) * unit` days; the fraction of the last day goes to the time.
    fn add_days(&mut self, whole: i64, part: f64, unit: i32) -> Option<()> {
        let days = i32::try_from(whole).ok()?.checked_mul(unit)?;
        self.days = self.days.checked_add(days)?;
        self.add_part_days(part, unit)
    }

    fn add_part_days(&mut self, part: f64, unit: i32) -> Option<()> {
        let scaled = part * f64::from(unit);
        #[allow(clippy::cast_possible_truncation)]
        let days = scaled as i32;
        self.days = self.days.checked_add(days)?;
        self.add_part_of(scaled.fract(), super::calendar::DAY)
    }

    fn add_months(&mut self, whole: i64, part: f64) -> Option<()> {
        let months = i32::try_from(whole).ok()?;
        self.months = self.months.checked_add(months)?;
        self.add_part_days(part, 30)
    }

    /// Adds `(whole + part) * unit` years; the fraction becomes whole months.
    fn add_years(&mut self, whole: i64, part: f64, unit: i32) -> Option<()> {
        let years = i32::try_from(whole).ok()?.checked_mul(unit)?;
        self.years = self.years.checked_add(years)?;
        #[allow(clippy::cast_possible_truncation)]
        let months = (part * f64::from(unit) * 12.0).round_ties_even() as i32;
        self.months = self.months.checked_add(months)?;
        Some(())
    }

    fn negate(&mut self) -> Option<()> {
        *self = Parts {
            years: self.years.checked_neg()?,
            months: self.months.checked_neg()?,
            days: self.days.checked_neg()?,
            micros: self.micros.checked_neg()?,
        };
        Some(())
    }
}
