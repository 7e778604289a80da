//! Numbers in dates and times.

use super::super::settings::DateOrder;
use super::super::tokens::{self, Word};
use super::{Decoder, Fault, Step, seen};

/// A leading integer and what follows it.
pub struct Integer<'a> {
    pub value: i32,
    pub rest: &'a str,
}

/// Reads an optional sign and digits; None if out of range. No digits at all count as 0.
pub fn integer(text: &str) -> Option<Integer<'_>> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let start = text.len() - unsigned.len();
    let digits = unsigned.find(|c: char| !c.is_ascii_digit()).unwrap_or(unsigned.len());
    let (number, rest) = text.split_at_checked(start + digits)?;
    if digits == 0 {
        return Some(Integer { value: 0, rest: text });
    }
    Some(Integer {
        value: number.parse().ok()?,
        rest,
    })
}

/// `.25` in microseconds.
pub fn fraction(text: &str) -> Step<i32> {
    let digits = text.strip_prefix('.').ok_or(Fault::BadFormat)?;
    if digits.is_empty() {
        return Ok(0);
    }
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Fault::BadFormat);
    }
    let part: f64 = text.parse().map_err(|_| Fault::BadFormat)?;
    #[allow(clippy::cast_possible_truncation)]
    let micros = (part * 1e6).round_ties_even() as i32;
    Ok(micros)
}

/// `hh:mm:ss.ffffff`; the hour's range is left to the caller.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    pub hour: i64,
    pub minute: i32,
    pub second: i32,
    pub micros: i32,
}

/// Reads `hh:mm[:ss[.ffffff]]`, or `mm:ss.ffffff`. With `minutes_first`, two numbers are minutes and
/// seconds.
pub fn clock(text: &str, minutes_first: bool) -> Result<Clock, Fault> {
    let hour_end = text.find(':').ok_or(Fault::BadFormat)?;
    let (hour, rest) = text.split_at_checked(hour_end).ok_or(Fault::BadFormat)?;
    let hour: i64 = match hour {
        "" => 0,
        hour if hour.bytes().all(|b| b.is_ascii_digit()) => hour.parse().map_err(|_| Fault::Field)?,
        _ => return Err(Fault::BadFormat),
    };
    let minute = integer(rest.get(1..).unwrap_or_default()).ok_or(Fault::Field)?;
    let mut clock = Clock {
        hour,
        minute: minute.value,
        ..Clock::default()
    };
    let two_numbers = match minute.rest.strip_prefix(':') {
        Some(rest) => {
            let second = integer(rest).ok_or(Fault::Field)?;
            clock.second = second.value;
            if !second.rest.is_empty() {
                clock.micros = fraction(second.rest)?;
            }
            false
        }
        None if minute.rest.is_empty() => minutes_first,
        None => {
            clock.micros = fraction(minute.rest)?;
            true
        }
    };
    if two_numbers {
        clock = Clock {
            hour: 0,
            minute: i32::try_from(hour).map_err(|_| Fault::Field)?,
            second: clock.minute,
            ..clock
        };
    }
    let valid = (0..60).contains(&clock.minute) && (0..=60).contains(&clock.second);
    if valid { Ok(clock) } else { Err(Fault::Field) }
}

/// `+02`, `-03:30`, `+0530`: seconds east.
pub fn zone(text: &str) -> Step<i32> {
    let east = match text.bytes().next() {
        Some(b'+') => 1,
        Some(b'-') => -1,
        _ => return Err(Fault::BadFormat),
    };
    let part = |text| integer(text).ok_or(Fault::ZoneDisplacement);
    let digits = text.get(1..).unwrap_or_default();
    let Integer { value, mut rest } = part(digits)?;
    let (mut hour, mut minute, mut second) = (value, 0, 0);
    if let Some(after) = rest.strip_prefix(':') {
        let minutes = part(after)?;
        (minute, rest) = (minutes.value, minutes.rest);
        if let Some(after) = rest.strip_prefix(':') {
            let seconds = part(after)?;
            (second, rest) = (seconds.value, seconds.rest);
        }
    } else if rest.is_empty() && digits.len() > 2 {
        (hour, minute) = (value / 100, value % 100);
    }
    let in_range = (0..=15).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second);
    if !in_range {
        return Err(Fault::ZoneDisplacement);
    }
    if !rest.is_empty() {
        return Err(Fault::BadFormat);
    }
    Ok(east * (hour * 3600 + minute * 60 + second))
}

impl Decoder<'_> {
    /// A date with delimiters: `1999-01-08`, `8-Jan-99`, `1999.008`.
    pub(super) fn date(&mut self, text: &str) -> Step<u32> {
        let mut parts = split_date(text)?;
        let mut have = self.seen;
        let mut found = 0;
        self.text_month = false;
        // A name can only be the month; it tells what the numbers are.
        for part in &mut parts {
            if !part.starts_with(|c: char| c.is_ascii_alphabetic()) {
                continue;
            }
            match tokens::word(part) {
                Some(Word::Ignored) => continue,
                Some(Word::Month(month)) if have & seen::MONTH == 0 => {
                    self.civil.month = month;
                    self.text_month = true;
                }
                _ => return Err(Fault::BadFormat),
            }
            have |= seen::MONTH;
            found |= seen::MONTH;
            *part = "";
        }
        for part in parts.into_iter().filter(|part| !part.is_empty()) {
            let told = self.number(part, have)?;
            if told & have != 0 {
                return Err(Fault::BadFormat);
            }
            have |= told;
            found |= told;
        }
        if have & !(seen::DAY_OF_YEAR | seen::ZONE) == seen::DATE {
            Ok(found)
        } else {
            Err(Fault::BadFormat)
        }
    }

    /// A number of a date in which `have` is known already.
    pub(super) fn number(&mut self, text: &str, have: u32) -> Step<u32> {
        let Integer { value, rest } = integer(text).ok_or(Fault::Field)?;
        let length = text.len();
        if rest.len() == length {
            return Err(Fault::BadFormat);
        }
        if rest.starts_with('.') {
            if length - rest.len() > 2 {
                return self.run_together(text, have | seen::DATE);
            }
            self.civil.micros = fraction(rest)?;
        } else if !rest.is_empty() {
            return Err(Fault::BadFormat);
        }
        if length == 3 && have & seen::DATE == seen::YEAR && (1..=366).contains(&value) {
            self.day_of_year = value;
            return Ok(seen::DAY_OF_YEAR | seen::MONTH | seen::DAY);
        }
        const YEAR_MONTH: u32 = seen::YEAR | seen::MONTH;
        const MONTH_DAY: u32 = seen::MONTH | seen::DAY;
        let looks_like_year = length >= 3 || self.order == DateOrder::Ymd;
        let found = match have & seen::DATE {
            0 if looks_like_year => seen::YEAR,
            0 if self.order == DateOrder::Dmy => seen::DAY,
            0 => seen::MONTH,
            seen::YEAR => seen::MONTH,
            seen::MONTH if self.text_month && looks_like_year => seen::YEAR,
            seen::MONTH => seen::DAY,
            YEAR_MONTH if self.text_month && length >= 3 && self.two_digit_year => {
                // What was taken for the year was the day.
                self.civil.day = self.civil.year;
                self.civil.year = value;
                self.two_digit_year = false;
                return Ok(seen::DAY);
            }
            YEAR_MONTH => seen::DAY,
            seen::DAY => seen::MONTH,
            MONTH_DAY => seen::YEAR,
            seen::DATE => return self.run_together(text, have),
            _ => return Err(Fault::BadFormat),
        };
        match found {
            seen::YEAR => {
                self.civil.year = value;
                self.two_digit_year = length <= 2;
            }
            seen::MONTH => self.civil.month = value,
            _ => self.civil.day = value,
        }
        Ok(found)
    }

    /// `19990108`, `990108`, `040506.789`, `0405`.
    pub(super) fn run_together(&mut self, text: &str, have: u32) -> Step<u32> {
        let digits = match text.split_once('.') {
            Some((digits, _)) => {
                let part = text.get(digits.len()..).unwrap_or_default();
                self.civil.micros = fraction(part)?;
                digits
            }
            None => text,
        };
        let number = |from: usize, to: usize| -> i32 { digits.get(from..to).and_then(|d| d.parse().ok()).unwrap_or(0) };
        let length = digits.len();
        let whole = length == text.len();
        if whole && have & seen::DATE != seen::DATE && length >= 6 {
            self.civil.day = number(length - 2, length);
            self.civil.month = number(length - 4, length - 2);
            self.civil.year = number(0, length - 4);
            self.two_digit_year |= length == 6;
            return Ok(seen::DATE);
        }
        if have & seen::TIME == seen::TIME || !matches!(length, 4 | 6) {
            return Err(Fault::BadFormat);
        }
        self.civil.hour = number(0, 2);
        self.civil.minute = number(2, 4);
        self.civil.second = number(4, 6);
        Ok(seen::TIME)
    }
}

/// Runs of digits or letters; the character that ends a run is dropped.
fn split_date(text: &str) -> Step<Vec<&str>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        rest = rest.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
        let first = rest.bytes().next().ok_or(Fault::BadFormat)?;
        let same = |c: char| c.is_ascii_digit() == first.is_ascii_digit();
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric() || !same(c))
            .unwrap_or(rest.len());
        let (part, after) = rest.split_at_checked(end).ok_or(Fault::BadFormat)?;
        parts.push(part);
        let mut after = after.chars();
        after.next();
        rest = after.as_str();
    }
    Ok(parts)
}
