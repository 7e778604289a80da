//! Intervals in words (`DecodeInterval`), read from the right, so that a unit is known before its number.

use super::super::calendar::{DAY, HOUR, MINUTE, SECOND};
use super::super::decode::clock;
use super::super::fault::Fault;
use super::super::lexer::{Field, Kind};
use super::super::settings::IntervalStyle;
use super::super::tokens::{self, Unit};
use super::{Parts, range};

/// Sets of units that have been seen; each may come once.
mod seen {
    use super::Unit;

    pub const TIME: u32 = bit(Unit::Hour) | bit(Unit::Minute) | SECONDS;
    pub const SECONDS: u32 = bit(Unit::Second) | bit(Unit::Millisecond) | bit(Unit::Microsecond);

    pub const fn bit(unit: Unit) -> u32 {
        1 << unit as u32
    }
}

struct Reader {
    parts: Parts,
    seen: u32,
    /// What the next number is; None: not told yet.
    unit: Option<Unit>,
    ago: bool,
    /// In SQL style one leading sign counts for all.
    all_negative: bool,
    range: i32,
}

pub fn parts(fields: &[Field], style: IntervalStyle, range: i32) -> Result<Parts, Fault> {
    let signed = |field: &Field| field.text.starts_with(['-', '+']);
    let all_negative = style == IntervalStyle::SqlStandard
        && fields.first().is_some_and(|f| f.text.starts_with('-'))
        && !fields.iter().skip(1).any(signed);
    let mut reader = Reader {
        parts: Parts::default(),
        seen: 0,
        unit: None,
        ago: false,
        all_negative,
        range,
    };
    for field in fields.iter().rev() {
        let found = reader.field(field)?;
        if found & reader.seen != 0 {
            return Err(Fault::BadFormat);
        }
        reader.seen |= found;
    }
    if reader.seen == 0 {
        return Err(Fault::BadFormat);
    }
    if reader.ago {
        reader.parts.negate().ok_or(Fault::Field)?;
    }
    Ok(reader.parts)
}

impl Reader {
    fn field(&mut self, field: &Field) -> Result<u32, Fault> {
        let text = field.text.as_str();
        match field.kind {
            Kind::Time => {
                let micros = time(text, self.range)?;
                Ok(self.time(micros))
            }
            // A sign, digits and colons are a time; otherwise they are a number.
            Kind::Zone => {
                let unsigned = text.get(1..).unwrap_or_default();
                match time(unsigned, self.range) {
                    Ok(micros) if unsigned.contains(':') => {
                        let negative = text.starts_with('-');
                        Ok(self.time(if negative { -micros } else { micros }))
                    }
                    _ => self.number(text),
                }
            }
            Kind::Date | Kind::Number => self.number(text),
            Kind::Word | Kind::SignedWord => self.word(text),
        }
    }

    fn time(&mut self, micros: i64) -> u32 {
        self.parts.micros = if self.all_negative { -micros.abs() } else { micros };
        // `1 02:03` is one day.
        self.unit = Some(Unit::Day);
        seen::TIME
    }

    fn word(&mut self, text: &str) -> Result<u32, Fault> {
        if text == "ago" {
            self.ago = true;
            return Ok(0);
        }
        self.unit = Some(tokens::unit(text).ok_or(Fault::BadFormat)?);
        Ok(0)
    }

    /// `5`, `-1.5`, or SQL's `years-months`.
    fn number(&mut self, text: &str) -> Result<u32, Fault> {
        let mut unit = self.unit.unwrap_or_else(|| unit_of_range(self.range));
        let negative = text.starts_with('-');
        let (mut whole, rest) = leading_integer(text)?;
        let mut part = 0.0;
        if let Some(months) = rest.strip_prefix('-') {
            let (months, rest) = leading_integer(months)?;
            if !(0..12).contains(&months) {
                return Err(Fault::Field);
            }
            if !rest.is_empty() {
                return Err(Fault::BadFormat);
            }
            unit = Unit::Month;
            let months = if negative { -months } else { months };
            let years = whole.checked_mul(12).ok_or(Fault::Field)?;
            whole = years.checked_add(months).ok_or(Fault::Field)?;
        } else if rest.starts_with('.') {
            part = fraction(rest)?;
            if negative {
                part = -part;
            }
        } else if !rest.is_empty() {
            return Err(Fault::BadFormat);
        }
        if self.all_negative {
            (whole, part) = (-whole.saturating_abs(), -part.abs());
        }
        let found = self.add(unit, whole, part)?;
        // `1 2 hours` is one day, two hours.
        if unit == Unit::Hour {
            self.unit = Some(Unit::Day);
        }
        Ok(found)
    }

    fn add(&mut self, unit: Unit, whole: i64, part: f64) -> Result<u32, Fault> {
        let parts = &mut self.parts;
        let added = match unit {
            Unit::Microsecond => parts.add_micros(whole, part, 1),
            Unit::Millisecond => parts.add_micros(whole, part, SECOND / 1000),
            Unit::Second => parts.add_micros(whole, part, SECOND),
            Unit::Minute => parts.add_micros(whole, part, MINUTE),
            Unit::Hour => parts.add_micros(whole, part, HOUR),
            Unit::Day => parts
                .add_days(whole, 0.0, 1)
                .and_then(|()| parts.add_part_of(part, DAY)),
            Unit::Week => parts.add_days(whole, part, 7),
            Unit::Month => parts.add_months(whole, part),
            Unit::Year => parts.add_years(whole, part, 1),
            Unit::Decade => parts.add_years(whole, part, 10),
            Unit::Century => parts.add_years(whole, part, 100),
            Unit::Millennium => parts.add_years(whole, part, 1000),
            _ => return Err(Fault::BadFormat),
        };
        added.ok_or(Fault::Field)?;
        Ok(match unit {
            Unit::Second if part != 0.0 => seen::SECONDS,
            unit => seen::bit(unit),
        })
    }
}

/// The unit of a last number without one, from the type modifier: seconds unless it says otherwise.
fn unit_of_range(fields: i32) -> Unit {
    use range::{DAY, HOUR, MINUTE, MONTH, SECOND, YEAR};
    const UNITS: [(i32, Unit); 6] = [
        (SECOND, Unit::Second),
        (MINUTE, Unit::Minute),
        (HOUR, Unit::Hour),
        (DAY, Unit::Day),
        (MONTH, Unit::Month),
        (YEAR, Unit::Year),
    ];
    UNITS
        .iter()
        .find(|(bit, _)| fields & bit != 0)
        .map_or(Unit::Second, |&(_, unit)| unit)
}

/// `hh:mm[:ss[.ffffff]]` in microseconds; hours are not limited to a day.
fn time(text: &str, fields: i32) -> Result<i64, Fault> {
    let clock = clock(text, fields == range::MINUTE | range::SECOND)?;
    let rest = i64::from(clock.minute) * MINUTE + i64::from(clock.second) * SECOND + i64::from(clock.micros);
    clock
        .hour
        .checked_mul(HOUR)
        .and_then(|hours| hours.checked_add(rest))
        .ok_or(Fault::Field)
}

/// An optional sign and digits, and what follows; without digits 0.
fn leading_integer(text: &str) -> Result<(i64, &str), Fault> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let digits = unsigned.find(|c: char| !c.is_ascii_digit()).unwrap_or(unsigned.len());
    if digits == 0 {
        // `-.5`: the sign is looked at by the caller.
        return Ok((0, unsigned));
    }
    let (number, rest) = text
        .split_at_checked(text.len() - unsigned.len() + digits)
        .ok_or(Fault::BadFormat)?;
    Ok((number.parse().map_err(|_| Fault::Field)?, rest))
}

/// `.25`
fn fraction(text: &str) -> Result<f64, Fault> {
    match text {
        "." => Ok(0.0),
        _ => text.parse().map_err(|_| Fault::BadFormat),
    }
}
