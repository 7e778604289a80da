//! Computing with intervals.

use super::super::calendar::{DAY, SECOND};
use super::super::out_of_range;
use crate::{Error, Interval, Result, SqlState};

/// What is left of `value` after whole units are moved to the next larger field.
fn carry(value: i64, unit: i64) -> (i64, i64) {
    (value / unit, value % unit)
}

fn checked(value: Option<i32>) -> Result<i32> {
    value.ok_or_else(|| out_of_range("interval"))
}

impl Interval {
    /// Microseconds, with months of 30 days and days of 24 hours: what intervals compare and hash by.
    pub fn span(&self) -> i128 {
        let days = i128::from(self.months) * 30 + i128::from(self.days);
        days * i128::from(DAY) + i128::from(self.micros)
    }

    /// `interval_um`
    pub fn negate(&self) -> Result<Interval> {
        Ok(Interval {
            months: checked(self.months.checked_neg())?,
            days: checked(self.days.checked_neg())?,
            micros: self.micros.checked_neg().ok_or_else(|| out_of_range("interval"))?,
        })
    }

    /// `interval_pl`
    pub fn plus(&self, other: &Interval) -> Result<Interval> {
        Ok(Interval {
            months: checked(self.months.checked_add(other.months))?,
            days: checked(self.days.checked_add(other.days))?,
            micros: self
                .micros
                .checked_add(other.micros)
                .ok_or_else(|| out_of_range("interval"))?,
        })
    }

    /// `interval_mi`
    pub fn minus(&self, other: &Interval) -> Result<Interval> {
        Ok(Interval {
            months: checked(self.months.checked_sub(other.months))?,
            days: checked(self.days.checked_sub(other.days))?,
            micros: self
                .micros
                .checked_sub(other.micros)
                .ok_or_else(|| out_of_range("interval"))?,
        })
    }

    /// `interval_mul`
    pub fn times(&self, factor: f64) -> Result<Interval> {
        self.scale(|value| value * factor)
    }

    /// `interval_div`
    pub fn divided_by(&self, divisor: f64) -> Result<Interval> {
        if divisor == 0.0 {
            return Err(Error::new(SqlState::DIVISION_BY_ZERO, "division by zero"));
        }
        self.scale(|value| value / divisor)
    }

    /// Scales each field; fractions of months become days of 30 a month, fractions of days time.
    fn scale(&self, scaled: impl Fn(f64) -> f64) -> Result<Interval> {
        let to_micros = |value: f64| (value * 1e6).round_ties_even() / 1e6;
        let months = scaled(f64::from(self.months));
        let days = scaled(f64::from(self.days));
        let whole_months = to_i32(months)?;
        let whole_days = to_i32(days)?;
        let month_days = to_micros((months - f64::from(whole_months)) * 30.0);
        let day_part = days - f64::from(whole_days) + month_days.fract();
        let mut seconds = to_micros(day_part * 86_400.0);
        let carried_days = (seconds / 86_400.0).trunc();
        if carried_days != 0.0 {
            seconds -= carried_days * 86_400.0;
        }
        #[allow(clippy::cast_precision_loss)]
        let micros = (scaled(self.micros as f64) + seconds * SECOND as f64).round_ties_even();
        let fits = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&micros);
        if !fits {
            return Err(out_of_range("interval"));
        }
        let extra = to_i32(carried_days)?.checked_add(to_i32(month_days)?);
        #[allow(clippy::cast_possible_truncation)]
        Ok(Interval {
            months: whole_months,
            days: checked(extra.and_then(|extra| whole_days.checked_add(extra)))?,
            micros: micros as i64,
        })
    }

    /// `justify_hours`: 24 hours become a day.
    pub fn justify_hours(&self) -> Result<Interval> {
        let (days, micros) = carry(self.micros, DAY);
        let days = i32::try_from(days).ok();
        let mut span = Interval {
            days: checked(days.and_then(|days| self.days.checked_add(days)))?,
            micros,
            ..*self
        };
        span.align_time();
        Ok(span)
    }

    /// `justify_days`: 30 days become a month.
    pub fn justify_days(&self) -> Result<Interval> {
        let mut span = Interval {
            months: checked(self.months.checked_add(self.days / 30))?,
            days: self.days % 30,
            ..*self
        };
        if span.months > 0 && span.days < 0 {
            span.days += 30;
            span.months -= 1;
        } else if span.months < 0 && span.days > 0 {
            span.days -= 30;
            span.months += 1;
        }
        Ok(span)
    }

    /// `justify_interval`: both, and one sign for all fields.
    pub fn justify_interval(&self) -> Result<Interval> {
        let (whole_days, micros) = carry(self.micros, DAY);
        let days = i64::from(self.days) + whole_days;
        let narrow = |value: i64| checked(i32::try_from(value).ok());
        let mut span = Interval {
            months: narrow(i64::from(self.months) + days / 30)?,
            days: narrow(days % 30)?,
            micros,
        };
        let below =
            |sign: i32| span.days.signum() == -sign || span.days == 0 && span.micros.signum() == -i64::from(sign);
        if span.months > 0 && below(1) {
            span.days += 30;
            span.months -= 1;
        } else if span.months < 0 && below(-1) {
            span.days -= 30;
            span.months += 1;
        }
        span.align_time();
        Ok(span)
    }

    /// Gives the time the sign of the days.
    fn align_time(&mut self) {
        if self.days > 0 && self.micros < 0 {
            self.micros += DAY;
            self.days -= 1;
        } else if self.days < 0 && self.micros > 0 {
            self.micros -= DAY;
            self.days += 1;
        }
    }
}

/// Cuts the fraction off; an error if it is no 32-bit integer.
fn to_i32(value: f64) -> Result<i32> {
    if !(-2_147_483_648.0..=2_147_483_647.0).contains(&value) {
        return Err(out_of_range("interval"));
    }
    #[allow(clippy::cast_possible_truncation)]
    Ok(value as i32)
}

/// `make_interval`; months and days wrap around, as PostgreSQL 15 lets them.
pub fn make_interval([years, months, weeks, days, hours, minutes]: [i32; 6], seconds: f64) -> Result<Interval> {
    let out = || out_of_range("interval");
    if !seconds.is_finite() {
        return Err(out());
    }
    #[allow(clippy::cast_precision_loss)]
    let second_micros = (seconds * SECOND as f64).round_ties_even();
    if second_micros.abs() >= 9.2e18 {
        return Err(out());
    }
    #[allow(clippy::cast_possible_truncation)]
    let micros = (i64::from(hours) * 3600 + i64::from(minutes) * 60)
        .checked_mul(SECOND)
        .and_then(|micros| micros.checked_add(second_micros as i64));
    Ok(Interval {
        months: years.wrapping_mul(12).wrapping_add(months),
        days: weeks.wrapping_mul(7).wrapping_add(days),
        micros: micros.ok_or_else(out)?,
    })
}
