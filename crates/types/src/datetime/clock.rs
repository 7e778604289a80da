//! The session's clock: `now()`, `CURRENT_DATE`, `LOCALTIME` and their kin. All of them stand still within
//! a transaction, except `statement_timestamp`, `clock_timestamp` and `timeofday`.

use super::calendar::{Civil, DAY, day_of_week};
use super::output::{month_name, short, weekday_name};
use super::settings::session_zone;
use super::{date, timestamp};
use crate::{Datum, Environment};

/// `CURRENT_DATE`
pub fn current_date(env: &dyn Environment) -> Datum {
    let local = session_zone(env).local(env.transaction_timestamp());
    Datum::Date(date::from_timestamp(local))
}

/// `CURRENT_TIME`, to the digits of a type modifier (-1: all).
pub fn current_time(env: &dyn Environment, typmod: i32) -> Datum {
    let (now, zone) = (env.transaction_timestamp(), session_zone(env));
    let time = timestamp::round(zone.local(now).rem_euclid(DAY), typmod);
    Datum::TimeTz(time, -zone.at(now).offset)
}

/// `CURRENT_TIMESTAMP`
pub fn current_timestamp(env: &dyn Environment, typmod: i32) -> Datum {
    Datum::TimestampTz(timestamp::round(env.transaction_timestamp(), typmod))
}

/// `LOCALTIME`
pub fn local_time(env: &dyn Environment, typmod: i32) -> Datum {
    let local = session_zone(env).local(env.transaction_timestamp());
    Datum::Time(timestamp::round(local.rem_euclid(DAY), typmod))
}

/// `LOCALTIMESTAMP`
pub fn local_timestamp(env: &dyn Environment, typmod: i32) -> Datum {
    let local = session_zone(env).local(env.transaction_timestamp());
    Datum::Timestamp(timestamp::round(local, typmod))
}

/// `timeofday()`: `Thu Jul 04 12:00:00.000000 2024 UTC`
pub fn time_of_day(env: &mut dyn Environment) -> String {
    let now = env.clock_timestamp();
    let zone = session_zone(env);
    let civil = Civil::from_timestamp(zone.local(now));
    format!(
        "{} {} {:02} {:02}:{:02}:{:02}.{:06} {:04} {}",
        short(weekday_name(day_of_week(civil.days()))),
        short(month_name(civil.month)),
        civil.day,
        civil.hour,
        civil.minute,
        civil.second,
        civil.micros,
        civil.year,
        zone.at(now).abbreviation
    )
}
