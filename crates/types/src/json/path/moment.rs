//! `.datetime()`: dates and times inside of paths.

use std::cmp::Ordering;

use super::execute::{Failure, Item, Outcome, Query, soft};
use crate::datetime::date;
use crate::datetime::settings::session_zone;
use crate::datetime::{timestamp, timestamp_in, timestamptz_in};
use crate::formatting::assemble;
use crate::formatting::template::{self, Field, Node};
use crate::json::Json;
use crate::json::convert::to_jsonb;
use crate::{Datum, Environment, Error, Oid, Result, SqlState, datetime};

/// As a JSON string.
pub(super) fn to_json(env: &dyn Environment, moment: &Datum) -> Result<Json> {
    to_jsonb(env, type_of(moment), moment)
}

fn type_of(moment: &Datum) -> Oid {
    match moment {
        Datum::Date(_) => Oid::DATE,
        Datum::Time(_) => Oid::TIME,
        Datum::TimeTz(..) => Oid::TIMETZ,
        Datum::Timestamp(_) => Oid::TIMESTAMP,
        _ => Oid::TIMESTAMPTZ,
    }
}

/// Reads a string, in ISO 8601 or by a template.
pub(super) fn parse(env: &dyn Environment, item: &Item<'_>, template: Option<&str>) -> Outcome<Datum> {
    let Some(Json::String(text)) = item.json() else {
        return Err(soft(
            SqlState::INVALID_DATETIME_FORMAT,
            "jsonpath item method .datetime() can only be applied to a string",
        ));
    };
    match template {
        Some(template) => by_template(env, text, template).map_err(Failure::Soft),
        None => iso(env, text).ok_or_else(|| {
            Failure::Soft(
                Error::new(
                    SqlState::INVALID_DATETIME_FORMAT,
                    format!("datetime format is not recognized: \"{text}\""),
                )
                .hint("Use a datetime template argument to specify the input data format."),
            )
        }),
    }
}

/// `yyyy-mm-dd`, `hh:mm:ss[.ffffff][+hh[:mm]]`, or both with `T` or a blank between.
fn iso(env: &dyn Environment, text: &str) -> Option<Datum> {
    let date_length = "yyyy-mm-dd".len();
    let date = text.get(..date_length).filter(|date| has_shape(date, "0000-00-00"));
    let Some(_) = date else {
        return iso_time(text).and_then(|zone| {
            if zone {
                datetime::timetz_in(env, text, -1).ok()
            } else {
                datetime::time_in(env, text, -1).ok()
            }
        });
    };
    let rest = text.get(date_length..)?;
    if rest.is_empty() {
        return datetime::date_in(env, text).ok();
    }
    let zone = iso_time(rest.strip_prefix([' ', 'T'])?)?;
    if zone {
        timestamptz_in(env, text, -1).ok()
    } else {
        timestamp_in(env, text, -1).ok()
    }
}

/// Whether a time is written as ISO 8601 wants it; Some(true): with a zone.
fn iso_time(text: &str) -> Option<bool> {
    let rest = text.get(8..).filter(|_| has_shape(text, "00:00:00"))?;
    let rest = match rest.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => rest,
    };
    match rest.strip_prefix(['+', '-']) {
        None => rest.is_empty().then_some(false),
        Some(zone) => {
            (has_shape(zone, "00:00") && zone.len() == 5 || has_shape(zone, "00") && zone.len() == 2).then_some(true)
        }
    }
}

/// Whether a text begins with digits and signs as in `shape`.
fn has_shape(text: &str, shape: &str) -> bool {
    text.len() >= shape.len()
        && text.bytes().zip(shape.bytes()).all(|(found, wanted)| match wanted {
            b'0' => found.is_ascii_digit(),
            sign => found == sign,
        })
}

/// The type follows from what the template asks for.
fn by_template(env: &dyn Environment, text: &str, template_text: &str) -> Result<Datum> {
    let (mut has_date, mut has_time, mut has_zone) = (false, false, false);
    for node in template::parse(template_text) {
        let Node::Pattern(pattern) = node else {
            continue;
        };
        match pattern.field {
            Field::ZoneHour | Field::ZoneMinute => has_zone = true,
            Field::Hour12
            | Field::Hour24
            | Field::Minute
            | Field::Second
            | Field::SecondOfDay
            | Field::Millisecond
            | Field::Microsecond
            | Field::Fraction(_)
            | Field::HalfDay { .. } => has_time = true,
            _ => has_date = true,
        }
    }
    if has_date && !has_time {
        return assemble::to_date(text, template_text);
    }
    let Datum::TimestampTz(instant) = assemble::to_timestamp(env, text, template_text)? else {
        return Err(Error::internal("to_timestamp gives a timestamp"));
    };
    let local = session_zone(env).local(instant);
    let time = local.rem_euclid(datetime::calendar::DAY);
    Ok(match (has_date, has_zone) {
        (true, true) => Datum::TimestampTz(instant),
        (true, false) => Datum::Timestamp(local),
        (false, true) => Datum::TimeTz(time, -session_zone(env).at(instant).offset),
        (false, false) => Datum::Time(time),
    })
}

/// None for values that cannot be compared: dates with times of day.
pub(super) fn compare(query: &Query<'_>, a: &Datum, b: &Datum) -> Outcome<Option<Ordering>> {
    let is_time = |moment: &Datum| matches!(moment, Datum::Time(_) | Datum::TimeTz(..));
    if is_time(a) != is_time(b) {
        return Ok(None);
    }
    let zoned = |moment: &Datum| matches!(moment, Datum::TimeTz(..) | Datum::TimestampTz(_));
    if zoned(a) != zoned(b) && !query.with_zone {
        let (from, to) = if zoned(a) { (b, a) } else { (a, b) };
        return Err(Failure::Hard(
            Error::new(
                SqlState::FEATURE_NOT_SUPPORTED,
                format!(
                    "cannot convert value from {} to {} without time zone usage",
                    short_name(from),
                    short_name(to)
                ),
            )
            .hint("Use *_tz() function for time zone support."),
        ));
    }
    let instants = zoned(a) || zoned(b);
    let key = |moment: &Datum| -> Result<i64> {
        Ok(match moment {
            Datum::Date(day) if instants => date::to_timestamptz(query.env, *day)?,
            Datum::Date(day) => date::to_timestamp(*day)?,
            Datum::Timestamp(local) if instants => {
                timestamp::to_utc(*local, &session_zone(query.env)).unwrap_or(*local)
            }
            Datum::Timestamp(local) => *local,
            Datum::Time(time) if instants => match datetime::time::to_timetz(query.env, *time) {
                Datum::TimeTz(time, west) => time + i64::from(west) * 1_000_000,
                _ => *time,
            },
            Datum::Time(time) => *time,
            Datum::TimeTz(time, west) => time + i64::from(*west) * 1_000_000,
            Datum::TimestampTz(instant) => *instant,
            _ => 0,
        })
    };
    Ok(Some(key(a)?.cmp(&key(b)?)))
}

fn short_name(moment: &Datum) -> &'static str {
    match moment {
        Datum::Date(_) => "date",
        Datum::Time(_) => "time",
        Datum::TimeTz(..) => "timetz",
        Datum::Timestamp(_) => "timestamp",
        _ => "timestamptz",
    }
}
