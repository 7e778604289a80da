//! Makes a date and time of the fields that a template has read (`do_to_timestamp`).

use super::from_char::{Convention, Fields, read};
use super::invalid_format;
use crate::datetime::calendar::{
    Civil, POSTGRES_EPOCH_JDATE, SECOND, date_from_days, days_from_date, days_in_month, iso_week_start,
};
use crate::datetime::settings::session_zone;
use crate::datetime::{date, out_of_range, timestamp};
use crate::{Datum, Environment, Error, Result, SqlState};

/// `to_date(text, template)`
pub fn to_date(text: &str, template: &str) -> Result<Datum> {
    let fields = read(text, template)?;
    let civil = civil(&fields, text)?;
    date::in_range(civil.days()).map(Datum::Date).ok_or_else(|| {
        Error::new(
            SqlState::DATETIME_FIELD_OVERFLOW,
            format!("date out of range: \"{text}\""),
        )
    })
}

/// `to_timestamp(text, template)`
pub fn to_timestamp(env: &dyn Environment, text: &str, template: &str) -> Result<Datum> {
    let fields = read(text, template)?;
    let civil = civil(&fields, text)?;
    let offset = if fields.zone_sign != 0 {
        let valid = (0..=15).contains(&fields.zone_hour) && (0..60).contains(&fields.zone_minute);
        if !valid {
            return Err(Error::new(
                SqlState::INVALID_TIME_ZONE_DISPLACEMENT_VALUE,
                format!("time zone displacement out of range: \"{text}\""),
            ));
        }
        fields.zone_sign * (fields.zone_hour * 3600 + fields.zone_minute * 60)
    } else {
        session_zone(env).offset_of_local(&civil)
    };
    civil
        .timestamp()
        .and_then(|local| timestamp::checked(local - i64::from(offset) * SECOND))
        .map(Datum::TimestampTz)
        .ok_or_else(|| out_of_range("timestamp"))
}

fn field_overflow(text: &str) -> Error {
    Error::new(
        SqlState::DATETIME_FIELD_OVERFLOW,
        format!("date/time field value out of range: \"{text}\""),
    )
}

fn civil(fields: &Fields, text: &str) -> Result<Civil> {
    let mut civil = Civil {
        month: 1,
        day: 1,
        ..Civil::default()
    };
    time(fields, &mut civil)?;
    let known = date_fields(fields, &mut civil)?;
    check_date(&civil, known).ok_or_else(|| field_overflow(text))?;
    let valid_time = (0..24).contains(&civil.hour)
        && (0..60).contains(&civil.minute)
        && (0..60).contains(&civil.second)
        && (0..1_000_000).contains(&civil.micros);
    if valid_time {
        Ok(civil)
    } else {
        Err(field_overflow(text))
    }
}

fn time(fields: &Fields, civil: &mut Civil) -> Result<()> {
    let of_day = fields.second_of_day;
    (civil.hour, civil.minute, civil.second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    for (target, value) in [
        (&mut civil.hour, fields.hour),
        (&mut civil.minute, fields.minute),
        (&mut civil.second, fields.second),
    ] {
        if value != 0 {
            *target = value;
        }
    }
    if fields.twelve_hours {
        if !(1..=12).contains(&civil.hour) {
            return Err(
                invalid_format(format!("hour \"{}\" is invalid for the 12-hour clock", civil.hour))
                    .hint("Use the 24-hour clock, or give an hour between 1 and 12."),
            );
        }
        if fields.afternoon != 0 && civil.hour < 12 {
            civil.hour += 12;
        } else if fields.afternoon == 0 && civil.hour == 12 {
            civil.hour = 0;
        }
    }
    civil.micros = fields.millis.saturating_mul(1000).saturating_add(fields.micros);
    Ok(())
}

/// Which parts of the date have been given.
#[derive(Default)]
struct Known {
    year: bool,
    month: bool,
    day: bool,
}

impl Known {
    const ALL: Known = Known {
        year: true,
        month: true,
        day: true,
    };
}

fn date_fields(fields: &Fields, civil: &mut Civil) -> Result<Known> {
    let mut known = Known::default();
    if let Some(year) = year(fields) {
        civil.year = year;
        known.year = true;
    }
    let iso = fields.convention == Some(Convention::IsoWeek);
    let mut day_of_year = fields.day_of_year;
    if fields.julian != 0 {
        set_day(civil, i64::from(fields.julian) - POSTGRES_EPOCH_JDATE);
        known = Known::ALL;
    }
    if fields.week != 0 && iso {
        let after_monday = match fields.day_of_week {
            0 => 0,
            1 => 6,
            day => day - 2,
        };
        set_day(civil, iso_week_start(civil.year, fields.week) + i64::from(after_monday));
        known = Known::ALL;
    } else if fields.week != 0 {
        day_of_year = fields.week.saturating_sub(1).saturating_mul(7).saturating_add(1);
    }
    let day = match fields.week_of_month {
        0 => fields.day,
        week => week.saturating_sub(1).saturating_mul(7).saturating_add(1),
    };
    if day != 0 {
        civil.day = day;
        known.day = true;
    }
    if fields.month != 0 {
        civil.month = fields.month;
        known.month = true;
    }
    if day_of_year != 0 && (civil.month <= 1 || civil.day <= 1) {
        if civil.year == 0 && fields.before_christ == 0 {
            return Err(invalid_format("cannot calculate day of year without year information"));
        }
        if iso {
            set_day(civil, iso_week_start(civil.year, 1) + i64::from(day_of_year) - 1);
            known = Known::ALL;
        } else {
            set_day_of_year(civil, day_of_year);
            (known.month, known.day) = (true, true);
        }
    }
    Ok(known)
}

fn set_day(civil: &mut Civil, days: i64) {
    (civil.year, civil.month, civil.day) = date_from_days(days);
}

/// Fills in the month and day that have not been given.
fn set_day_of_year(civil: &mut Civil, day_of_year: i32) {
    let first = days_from_date(civil.year, 1, 1);
    let (year, month, day) = date_from_days(first + i64::from(day_of_year) - 1);
    // Days beyond the year are no day of any of its months.
    let (month, day) = if year == civil.year { (month, day) } else { (13, 0) };
    if civil.month <= 1 {
        civil.month = month;
    }
    if civil.day <= 1 {
        civil.day = day;
    }
}

/// The astronomical year of year, century and era.
fn year(fields: &Fields) -> Option<i32> {
    let before_christ = fields.before_christ != 0;
    let century = if before_christ {
        fields.century.saturating_neg()
    } else {
        fields.century
    };
    let hundreds = |century: i32| century.saturating_mul(100);
    if fields.year != 0 && fields.century != 0 && fields.year_digits <= 2 {
        return Some(match (fields.year % 100, century) {
            (0, 0..) => hundreds(century),
            (0, _) => hundreds(century) + 1,
            (year, 0..) => year.saturating_add(hundreds(century - 1)),
            (year, _) => hundreds(century + 1) - year + 1,
        });
    }
    if fields.year != 0 {
        let year = if before_christ {
            fields.year.saturating_neg()
        } else {
            fields.year
        };
        return Some(if year < 0 { year + 1 } else { year });
    }
    match century {
        0 => None,
        1.. => Some(hundreds(century - 1) + 1),
        _ => Some(hundreds(century).saturating_add(1)),
    }
}

fn check_date(civil: &Civil, known: Known) -> Option<()> {
    let month = !known.month || (1..=12).contains(&civil.month);
    let day = !known.day || (1..=31).contains(&civil.day);
    if !month || !day {
        return None;
    }
    let whole = known.year && known.month && known.day;
    (!whole || civil.day <= days_in_month(civil.year, civil.month)).then_some(())
}
