//! Checks of the whole, once all fields are known.

use super::super::calendar::{Civil, DAY, date_from_days, days_from_date, days_in_month};
use super::super::settings::session_zone;
use super::{Decoded, Decoder, Fault, NamedZone, Special, Step, Wanted, seen};

impl Decoder<'_> {
    pub(super) fn finish(mut self) -> Step<Decoded> {
        match self.special {
            Some(Special::Epoch) => return Ok(Decoded::Epoch),
            Some(Special::Infinity) => return Ok(Decoded::Infinity),
            Some(Special::NegativeInfinity) => return Ok(Decoded::NegativeInfinity),
            None => {}
        }
        self.check_date()?;
        self.apply_half_day()?;
        match self.wanted {
            Wanted::DateTime => {
                if self.seen & seen::DATE != seen::DATE {
                    return Err(Fault::BadFormat);
                }
                let offset = self.date_time_offset()?;
                Ok(Decoded::At(self.civil, offset))
            }
            Wanted::Time => {
                if self.time_overflows() {
                    return Err(Fault::Field);
                }
                if self.seen & seen::TIME != seen::TIME {
                    return Err(Fault::BadFormat);
                }
                let offset = self.time_offset()?;
                Ok(Decoded::At(self.civil, offset))
            }
        }
    }

    /// `ValidateDate`
    fn check_date(&mut self) -> Step {
        let civil = &mut self.civil;
        if self.seen & seen::YEAR != 0 && !self.julian {
            if self.before_christ {
                if civil.year <= 0 {
                    return Err(Fault::Field);
                }
                civil.year = 1 - civil.year;
            } else if self.two_digit_year {
                civil.year += match civil.year {
                    ..0 => return Err(Fault::Field),
                    0..70 => 2000,
                    70..100 => 1900,
                    _ => 0,
                };
            } else if civil.year <= 0 {
                return Err(Fault::Field);
            }
        }
        if self.seen & seen::DAY_OF_YEAR != 0 {
            let first = days_from_date(civil.year, 1, 1);
            let (year, month, day) = date_from_days(first + i64::from(self.day_of_year) - 1);
            (civil.year, civil.month, civil.day) = (year, month, day);
        }
        if self.seen & seen::MONTH != 0 && !(1..=12).contains(&civil.month)
            || self.seen & seen::DAY != 0 && !(1..=31).contains(&civil.day)
        {
            return Err(Fault::MonthOrDay);
        }
        if self.seen & seen::DATE == seen::DATE && civil.day > days_in_month(civil.year, civil.month) {
            return Err(Fault::Field);
        }
        Ok(())
    }

    fn apply_half_day(&mut self) -> Step {
        let hour = &mut self.civil.hour;
        match self.afternoon {
            None => {}
            Some(_) if *hour > 12 => return Err(Fault::Field),
            Some(false) if *hour == 12 => *hour = 0,
            Some(true) if *hour != 12 => *hour += 12,
            Some(_) => {}
        }
        Ok(())
    }

    fn date_time_offset(&mut self) -> Step<i32> {
        let daylight_saving = self.seen & seen::DAYLIGHT_SAVING != 0;
        let named = self.named_zone.take();
        if daylight_saving && (named.is_some() || self.seen & seen::ZONE == 0) {
            return Err(Fault::BadFormat);
        }
        Ok(match named {
            Some(NamedZone::Zone(zone)) => zone.offset_of_local(&self.civil),
            Some(NamedZone::Abbreviation(name, zone)) => zone.offset_of_local(&name, &self.civil),
            None if self.seen & seen::ZONE != 0 => self.offset,
            None => session_zone(self.env).offset_of_local(&self.civil),
        })
    }

    /// A time's zone may need a date: the one given, else today.
    fn time_offset(&mut self) -> Step<i32> {
        let daylight_saving = self.seen & seen::DAYLIGHT_SAVING != 0;
        let named = self.named_zone.take();
        if daylight_saving && (named.is_some() || self.seen & seen::ZONE == 0) {
            return Err(Fault::BadFormat);
        }
        let has_date = self.seen & seen::DATE;
        match named {
            Some(NamedZone::Zone(zone)) => match zone.fixed_offset() {
                Some(offset) => Ok(offset),
                None if has_date != seen::DATE => Err(Fault::BadFormat),
                None => Ok(zone.offset_of_local(&self.civil)),
            },
            Some(NamedZone::Abbreviation(name, zone)) => Ok(zone.offset_of_local(&name, &self.dated()?)),
            None if self.seen & seen::ZONE != 0 => Ok(self.offset),
            None => Ok(session_zone(self.env).offset_of_local(&self.dated()?)),
        }
    }

    fn dated(&self) -> Step<Civil> {
        match self.seen & seen::DATE {
            0 => {
                let now = session_zone(self.env).local(self.env.transaction_timestamp());
                let (year, month, day) = date_from_days(now.div_euclid(DAY));
                Ok(Civil {
                    year,
                    month,
                    day,
                    ..self.civil
                })
            }
            seen::DATE => Ok(self.civil),
            _ => Err(Fault::BadFormat),
        }
    }
}
