//! What each field means.

use super::super::calendar::{DAY, POSTGRES_EPOCH_JDATE, date_from_days};
use super::super::lexer::{Field, Kind};
use super::super::settings::session_zone;
use super::super::tokens::{self, Unit, Word};
use super::super::zone::Zone;
use super::super::zone::abbreviation::{self, Abbreviation};
use super::numbers::{Integer, clock, fraction, integer, zone};
use super::{Decoder, Fault, Label, NamedZone, Special, Step, Wanted, seen};
use crate::datetime::calendar::Civil;

impl Decoder<'_> {
    /// Takes one field; returns what it has told.
    pub(super) fn field(&mut self, index: usize, field: &Field) -> Step<u32> {
        let text = field.text.as_str();
        match field.kind {
            Kind::Date => self.date_or_zone(index, text),
            Kind::Time => {
                if self.wanted == Wanted::DateTime && self.label.take().is_some_and(|l| l != Label::IsoTime) {
                    return Err(Fault::BadFormat);
                }
                let clock = clock(text, false)?;
                self.civil.hour = i32::try_from(clock.hour).map_err(|_| Fault::Field)?;
                self.civil.minute = clock.minute;
                self.civil.second = clock.second;
                self.civil.micros = clock.micros;
                if self.wanted == Wanted::DateTime && self.time_overflows() {
                    return Err(Fault::Field);
                }
                Ok(seen::TIME)
            }
            Kind::Zone => {
                self.offset = zone(text)?;
                Ok(seen::ZONE)
            }
            Kind::Number => match self.label.take() {
                Some(label) => self.labelled(label, text),
                None => self.plain_number(index, text),
            },
            Kind::Word | Kind::SignedWord => self.word(index, text),
        }
    }

    /// More than a day, or a minute or second that no clock shows.
    pub(super) fn time_overflows(&self) -> bool {
        let civil = &self.civil;
        !(0..=24).contains(&civil.hour)
            || !(0..=59).contains(&civil.minute)
            || !(0..=60).contains(&civil.second)
            || !(0..=DAY).contains(&civil.time())
    }

    fn date_or_zone(&mut self, index: usize, text: &str) -> Step<u32> {
        if self.wanted == Wanted::Time {
            let last_is_date = self.fields.last().is_some_and(|f| f.kind == Kind::Date);
            let time_follows = self.fields.get(1).is_some_and(|f| f.kind == Kind::Time);
            if index == 0 && self.fields.len() >= 2 && (last_is_date || time_follows) {
                return self.date(text);
            }
            return if text.starts_with(|c: char| c.is_ascii_digit()) {
                self.time_with_zone(text)
            } else {
                self.zone_name(text)
            };
        }
        if self.label == Some(Label::Unit(Unit::Julian)) {
            self.label = None;
            return self.julian_with_zone(text);
        }
        let has_month_and_day = self.seen & (seen::MONTH | seen::DAY) == (seen::MONTH | seen::DAY);
        match self.label.take() {
            None if !has_month_and_day => self.date(text),
            None if !text.starts_with(|c: char| c.is_ascii_digit()) => self.zone_name(text),
            None | Some(Label::IsoTime) => self.time_with_zone(text),
            Some(_) => Err(Fault::BadFormat),
        }
    }

    /// `J2451187-08`
    fn julian_with_zone(&mut self, text: &str) -> Step<u32> {
        let Integer { value, rest } = integer(text).ok_or(Fault::Field)?;
        self.set_julian_day(value);
        self.offset = zone(rest)?;
        Ok(seen::DATE | seen::TIME | seen::ZONE)
    }

    /// `040506-08`
    fn time_with_zone(&mut self, text: &str) -> Step<u32> {
        if self.seen & seen::TIME == seen::TIME {
            return Err(Fault::BadFormat);
        }
        let at = text.find('-').ok_or(Fault::BadFormat)?;
        let (time, displacement) = text.split_at(at);
        self.offset = zone(displacement)?;
        let have = self.seen | self.date_if_time_wanted();
        Ok(self.run_together(time, have)? | seen::ZONE)
    }

    /// A time wanted alone is read as if the date had been given.
    fn date_if_time_wanted(&self) -> u32 {
        match self.wanted {
            Wanted::Time => seen::DATE,
            Wanted::DateTime => 0,
        }
    }

    fn zone_name(&mut self, text: &str) -> Step<u32> {
        let zone = Zone::lookup(text).ok_or_else(|| Fault::zone_not_recognized(text))?;
        self.named_zone = Some(NamedZone::Zone(zone));
        Ok(seen::ZONE)
    }

    fn set_julian_day(&mut self, day: i32) {
        let (year, month, day) = date_from_days(i64::from(day) - POSTGRES_EPOCH_JDATE);
        (self.civil.year, self.civil.month, self.civil.day) = (year, month, day);
        self.julian = true;
    }

    /// A number whose meaning the word before it has told.
    fn labelled(&mut self, label: Label, text: &str) -> Step<u32> {
        let Integer { value, rest } = integer(text).ok_or(Fault::Field)?;
        let may_have_fraction = matches!(label, Label::IsoTime | Label::Unit(Unit::Julian | Unit::Second));
        let fits = rest.is_empty() || may_have_fraction && rest.starts_with('.');
        if !fits {
            return Err(Fault::BadFormat);
        }
        let civil = &mut self.civil;
        let (target, found) = match label {
            Label::Unit(Unit::Year) => (&mut civil.year, seen::YEAR),
            Label::Unit(Unit::Month) if self.seen & (seen::MONTH | seen::HOUR) == (seen::MONTH | seen::HOUR) => {
                (&mut civil.minute, seen::MINUTE)
            }
            Label::Unit(Unit::Month) => (&mut civil.month, seen::MONTH),
            Label::Unit(Unit::Day) => (&mut civil.day, seen::DAY),
            Label::Unit(Unit::Hour) => (&mut civil.hour, seen::HOUR),
            Label::Unit(Unit::Minute) => (&mut civil.minute, seen::MINUTE),
            Label::Unit(Unit::Second) if rest.is_empty() => (&mut civil.second, seen::WHOLE_SECOND),
            Label::Unit(Unit::Second) => {
                civil.micros = fraction(rest)?;
                (&mut civil.second, seen::SECOND)
            }
            Label::Unit(Unit::Julian) => return self.labelled_julian(value, rest),
            Label::IsoTime => {
                return match self.run_together(text, self.seen | seen::DATE)? {
                    seen::TIME => Ok(seen::TIME),
                    _ => Err(Fault::BadFormat),
                };
            }
            Label::Unit(_) => return Err(Fault::BadFormat),
        };
        *target = value;
        Ok(found)
    }

    /// `J2451187.5`: the fraction is one of the day.
    fn labelled_julian(&mut self, day: i32, fraction_text: &str) -> Step<u32> {
        if day < 0 {
            return Err(Fault::Field);
        }
        self.set_julian_day(day);
        if fraction_text.is_empty() {
            return Ok(seen::DATE);
        }
        let part: f64 = fraction_text.parse().map_err(|_| Fault::BadFormat)?;
        #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
        let time = (part * DAY as f64) as i64;
        self.civil = Civil {
            year: self.civil.year,
            month: self.civil.month,
            day: self.civil.day,
            ..Civil::from_time(time)
        };
        Ok(seen::DATE | seen::TIME)
    }

    /// A number that must be understood from its length and place.
    fn plain_number(&mut self, index: usize, text: &str) -> Step<u32> {
        let point = text.find('.');
        if self.wanted == Wanted::Time {
            let have = self.seen | seen::DATE;
            let last_is_date = self.fields.last().is_some_and(|f| f.kind == Kind::Date);
            return match point {
                Some(_) if index == 0 && self.fields.len() >= 2 && last_is_date => self.date(text),
                Some(digits) if digits > 2 => self.run_together(text, have),
                Some(_) => Err(Fault::BadFormat),
                None if text.len() > 4 => self.run_together(text, have),
                None => self.number(text, have),
            };
        }
        let has_date = self.seen & seen::DATE != 0;
        let has_time = self.seen & seen::TIME != 0;
        match point {
            Some(_) if !has_date => self.date(text),
            Some(digits) if digits > 2 => self.run_together(text, self.seen),
            _ if text.len() >= 6 && (!has_date || !has_time) => self.run_together(text, self.seen),
            _ => self.number(text, self.seen),
        }
    }

    fn word(&mut self, index: usize, text: &str) -> Step<u32> {
        if let Some(abbreviation) = abbreviation::lookup(text) {
            match abbreviation {
                Abbreviation::Fixed { offset, .. } => self.offset = offset,
                in_zone @ Abbreviation::InZone(_) => {
                    self.named_zone = Some(NamedZone::Abbreviation(text.to_string(), in_zone));
                }
            }
            return Ok(seen::ZONE);
        }
        match tokens::word(text) {
            Some(Word::Ignored) => Ok(0),
            Some(Word::DaylightSaving) => {
                self.offset += 3600;
                Ok(seen::DAYLIGHT_SAVING)
            }
            Some(Word::Am) => self.half_day(false),
            Some(Word::Pm) => self.half_day(true),
            Some(word @ (Word::Ad | Word::Bc)) => {
                self.before_christ = word == Word::Bc;
                Ok(seen::ERA)
            }
            Some(Word::Unit(unit)) => {
                self.label = Some(Label::Unit(unit));
                Ok(0)
            }
            Some(Word::IsoTime) => self.iso_time(index),
            Some(Word::Now) => Ok(self.now()),
            Some(Word::Allballs) => {
                self.civil = Civil {
                    year: self.civil.year,
                    month: self.civil.month,
                    day: self.civil.day,
                    ..Civil::default()
                };
                self.offset = 0;
                Ok(seen::TIME | seen::ZONE)
            }
            Some(_) if self.wanted == Wanted::Time => Err(Fault::BadFormat),
            Some(Word::Month(month)) => Ok(self.month_name(month)),
            Some(Word::DayOfWeek) => Ok(seen::WEEKDAY),
            Some(Word::Yesterday) => Ok(self.day_from_today(-1)),
            Some(Word::Today) => Ok(self.day_from_today(0)),
            Some(Word::Tomorrow) => Ok(self.day_from_today(1)),
            Some(Word::Epoch) => Ok(self.special(Special::Epoch)),
            Some(Word::Infinity) => Ok(self.special(Special::Infinity)),
            Some(Word::NegativeInfinity) => Ok(self.special(Special::NegativeInfinity)),
            None => match Zone::lookup(text) {
                Some(zone) => {
                    self.named_zone = Some(NamedZone::Zone(zone));
                    Ok(seen::ZONE)
                }
                None => Err(Fault::BadFormat),
            },
        }
    }

    fn half_day(&mut self, afternoon: bool) -> Step<u32> {
        self.afternoon = Some(afternoon);
        Ok(seen::HALF_DAY)
    }

    fn special(&mut self, special: Special) -> u32 {
        self.special = Some(special);
        seen::DATE | seen::TIME | seen::ZONE
    }

    /// A month's name after a number that was taken for the month makes that number the day.
    fn month_name(&mut self, month: i32) -> u32 {
        let number_was_day = self.seen & seen::MONTH != 0
            && !self.text_month
            && self.seen & seen::DAY == 0
            && (1..=31).contains(&self.civil.month);
        if number_was_day {
            self.civil.day = self.civil.month;
        }
        self.text_month = true;
        self.civil.month = month;
        if number_was_day { seen::DAY } else { seen::MONTH }
    }

    /// `t` stands between a date and a time.
    fn iso_time(&mut self, index: usize) -> Step<u32> {
        let date_missing = self.wanted == Wanted::DateTime && self.seen & seen::DATE != seen::DATE;
        let next = self.fields.get(index + 1).map(|field| field.kind);
        if date_missing || !matches!(next, Some(Kind::Number | Kind::Time | Kind::Date)) {
            return Err(Fault::BadFormat);
        }
        self.label = Some(Label::IsoTime);
        Ok(0)
    }

    fn now(&mut self) -> u32 {
        let now = self.env.transaction_timestamp();
        let zone = session_zone(self.env);
        let today = self.civil;
        self.civil = Civil::from_timestamp(zone.local(now));
        if self.wanted == Wanted::Time {
            (self.civil.year, self.civil.month, self.civil.day) = (today.year, today.month, today.day);
            return seen::TIME;
        }
        self.offset = zone.at(now).offset;
        seen::DATE | seen::TIME | seen::ZONE
    }

    fn day_from_today(&mut self, days: i64) -> u32 {
        let now = session_zone(self.env).local(self.env.transaction_timestamp());
        let (year, month, day) = date_from_days(now.div_euclid(DAY) + days);
        (self.civil.year, self.civil.month, self.civil.day) = (year, month, day);
        seen::DATE
    }
}
