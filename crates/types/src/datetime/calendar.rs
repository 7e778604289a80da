//! The proleptic Gregorian calendar: days, dates, weeks. Days count from 2000-01-01, years are astronomical
//! (0 is 1 BC).

/// Microseconds.
pub const SECOND: i64 = 1_000_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// Julian day numbers of 2000-01-01 and 1970-01-01.
pub const POSTGRES_EPOCH_JDATE: i64 = 2_451_545;
pub const UNIX_EPOCH_JDATE: i64 = 2_440_588;

/// Timestamps lie in `MIN_TIMESTAMP..END_TIMESTAMP` (4714-11-24 BC to 294276 AD).
pub const MIN_TIMESTAMP: i64 = -POSTGRES_EPOCH_JDATE * DAY;
pub const END_TIMESTAMP: i64 = 9_223_371_331_200_000_000;

/// Dates lie in `MIN_DATE..END_DATE` (4714-11-24 BC to 5874897 AD), in days.
pub const MIN_DATE: i64 = -POSTGRES_EPOCH_JDATE;
pub const END_DATE: i64 = 2_147_483_494 - POSTGRES_EPOCH_JDATE;
/// The first date that is no timestamp any more.
pub const END_TIMESTAMP_DATE: i64 = 109_203_528 - POSTGRES_EPOCH_JDATE;

/// A date and time of day, broken down (PostgreSQL's `pg_tm` with its fraction).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Civil {
    pub year: i32,
    pub month: i32,
    pub day: i32,
    pub hour: i32,
    pub minute: i32,
    pub second: i32,
    pub micros: i32,
}

impl Civil {
    /// Breaks down microseconds since 2000-01-01 00:00.
    pub fn from_timestamp(timestamp: i64) -> Civil {
        let (year, month, day) = date_from_days(timestamp.div_euclid(DAY));
        Civil {
            year,
            month,
            day,
            ..Civil::from_time(timestamp.rem_euclid(DAY))
        }
    }

    /// The time of day from microseconds since midnight (24:00 stays 24:00).
    pub fn from_time(time: i64) -> Civil {
        let part = |unit: i64, modulus: i64| i32::try_from(time / unit % modulus).unwrap_or(0);
        Civil {
            hour: part(HOUR, i64::from(i32::MAX)),
            minute: part(MINUTE, 60),
            second: part(SECOND, 60),
            micros: part(1, SECOND),
            ..Civil::default()
        }
    }

    /// Microseconds since midnight.
    pub fn time(&self) -> i64 {
        i64::from(self.hour) * HOUR
            + i64::from(self.minute) * MINUTE
            + i64::from(self.second) * SECOND
            + i64::from(self.micros)
    }

    /// Days since 2000-01-01.
    pub fn days(&self) -> i64 {
        days_from_date(self.year, self.month, self.day)
    }

    /// Microseconds since 2000-01-01, None outside the range of timestamps.
    pub fn timestamp(&self) -> Option<i64> {
        let days = self.days();
        if !(MIN_DATE..END_TIMESTAMP_DATE).contains(&days) {
            return None;
        }
        let timestamp = days.checked_mul(DAY)?.checked_add(self.time())?;
        is_valid_timestamp(timestamp).then_some(timestamp)
    }
}

pub fn is_valid_timestamp(timestamp: i64) -> bool {
    (MIN_TIMESTAMP..END_TIMESTAMP).contains(&timestamp)
}

/// Days since 2000-01-01 of a date; months beyond 1 to 12 roll over into years.
pub fn days_from_date(year: i32, month: i32, day: i32) -> i64 {
    let months = i64::from(year) * 12 + i64::from(month) - 1;
    // Years that begin in March put the leap day last.
    let shifted = months - 2;
    let (year, month) = (shifted.div_euclid(12), shifted.rem_euclid(12));
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * month + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 730_425
}

/// The date of a day since 2000-01-01.
pub fn date_from_days(days: i64) -> (i32, i32, i32) {
    let days = days + 730_425;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = year_of_era + era * 400 + carry;
    let narrow = |value: i64| i32::try_from(value).unwrap_or(i32::MAX);
    (narrow(year), narrow(month), narrow(day))
}

pub fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days of a month from 1 to 12.
pub fn days_in_month(year: i32, month: i32) -> i32 {
    match month {
        2 => 28 + i32::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// 0 is Sunday.
pub fn day_of_week(days: i64) -> i32 {
    i32::try_from((days + 6).rem_euclid(7)).unwrap_or(0)
}

/// 1 is Monday, 7 is Sunday.
pub fn iso_day_of_week(days: i64) -> i32 {
    match day_of_week(days) {
        0 => 7,
        day => day,
    }
}

/// 1 is the first of January.
pub fn day_of_year(year: i32, days: i64) -> i32 {
    i32::try_from(days - days_from_date(year, 1, 1) + 1).unwrap_or(0)
}

/// The Monday on which the ISO year begins.
fn iso_year_start(year: i32) -> i64 {
    let fourth = days_from_date(year, 1, 4);
    fourth - i64::from(iso_day_of_week(fourth)) + 1
}

/// ISO 8601 year and week of a day.
pub fn iso_week(days: i64) -> (i32, i32) {
    let (year, _, _) = date_from_days(days);
    let iso_year = if days >= iso_year_start(year.saturating_add(1)) {
        year + 1
    } else if days >= iso_year_start(year) {
        year
    } else {
        year - 1
    };
    let week = (days - iso_year_start(iso_year)) / 7 + 1;
    (iso_year, i32::try_from(week).unwrap_or(0))
}

/// The Monday of an ISO week.
pub fn iso_week_start(iso_year: i32, week: i32) -> i64 {
    iso_year_start(iso_year) + (i64::from(week) - 1) * 7
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_days_are_inverse() {
        for (days, date) in [
            (0, (2000, 1, 1)),
            (59, (2000, 2, 29)),
            (-1, (1999, 12, 31)),
            (8825, (2024, 2, 29)),
            (MIN_DATE, (-4713, 11, 24)),
            (END_DATE, (5_874_898, 1, 1)),
        ] {
            assert_eq!(date_from_days(days), date);
            assert_eq!(days_from_date(date.0, date.1, date.2), days);
        }
    }

    #[test]
    fn iso_weeks_follow_the_thursday() {
        for (date, week) in [
            ((2024, 12, 31), (2025, 1)),
            ((2021, 1, 3), (2020, 53)),
            ((2020, 12, 31), (2020, 53)),
            ((2018, 1, 1), (2018, 1)),
        ] {
            assert_eq!(iso_week(days_from_date(date.0, date.1, date.2)), week);
        }
        assert_eq!(iso_week_start(2025, 1), days_from_date(2024, 12, 30));
    }

    #[test]
    fn weekdays() {
        assert_eq!(day_of_week(0), 6);
        assert_eq!(iso_day_of_week(days_from_date(2024, 7, 7)), 7);
    }
}
