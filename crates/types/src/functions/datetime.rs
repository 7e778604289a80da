//! Functions and operators on dates, times and intervals.

use super::Family;
use crate::Datum::{
    self, Bool, Date, Float8, Int4, Interval as Span, Null, Text, Time, TimeTz, Timestamp, TimestampTz,
};
use crate::datetime::calendar::SECOND;
use crate::datetime::extract;
use crate::datetime::interval::{adjust, arithmetic::make_interval};
use crate::datetime::overlaps::overlaps;
use crate::datetime::series::{generate_series, in_range};
use crate::datetime::settings::session_zone;
use crate::datetime::timestamp::{self, NamedZone, interval_zone};
use crate::datetime::zone::{Zone, abbreviation, table};
use crate::datetime::{clock, date, out_of_range, time, truncate};
use crate::{Call, Interval, Result};

/// Arithmetic, conversions, fields and clocks.
pub static FUNCTIONS: Family = family! { call;
    // Clocks.
    "now" () => Ok(TimestampTz(call.env.transaction_timestamp()));
    "statement_timestamp" () => Ok(TimestampTz(call.env.statement_timestamp()));
    "clock_timestamp" () => Ok(TimestampTz(call.env.clock_timestamp()));
    "timeofday" () => Ok(clock::time_of_day(call.env).into());

    // Makers.
    "make_date" (Int4(year), Int4(month), Int4(day)) => date::make_date(*year, *month, *day);
    "make_time" (Int4(hour), Int4(minute), Float8(second)) => time::make_time(*hour, *minute, *second);
    "make_timestamp" (Int4(year), Int4(month), Int4(day), Int4(hour), Int4(minute), Float8(second)) =>
        timestamp::make_timestamp((*year, *month, *day), (*hour, *minute, *second)).map(Timestamp);
    "make_timestamptz" (Int4(year), Int4(month), Int4(day), Int4(hour), Int4(minute), Float8(second)) => {
        let local = timestamp::make_timestamp((*year, *month, *day), (*hour, *minute, *second))?;
        to_utc(call, local)
    };
    "make_timestamptz_at_timezone"
        (Int4(year), Int4(month), Int4(day), Int4(hour), Int4(minute), Float8(second), Text(zone)) => {
        let local = timestamp::make_timestamp((*year, *month, *day), (*hour, *minute, *second))?;
        timestamp::instant_in(zone, local).map(TimestampTz)
    };
    "make_interval"
        (Int4(years), Int4(months), Int4(weeks), Int4(days), Int4(hours), Int4(minutes), Float8(seconds)) =>
        make_interval([*years, *months, *weeks, *days, *hours, *minutes], *seconds).map(Span);
    "float8_timestamptz" (Float8(seconds)) => timestamp::from_unix(*seconds);

    // Dates.
    "date_pli" (Date(a), Int4(days)) => date::plus_days(*a, i64::from(*days));
    "integer_pl_date" (Int4(days), Date(a)) => date::plus_days(*a, i64::from(*days));
    "date_mii" (Date(a), Int4(days)) => date::plus_days(*a, -i64::from(*days));
    "date_mi" (Date(a), Date(b)) => date::minus(*a, *b);
    "date_pl_interval" (Date(a), Span(span)) => date_plus(*a, span);
    "interval_pl_date" (Span(span), Date(a)) => date_plus(*a, span);
    "date_mi_interval" (Date(a), Span(span)) => date_plus(*a, &span.negate()?);
    "date_finite" (Date(a)) => Ok(Bool(date::is_finite(*a)));
    "date_timestamp" (Date(a)) => date::to_timestamp(*a).map(Timestamp);
    "date_timestamptz" (Date(a)) => date::to_timestamptz(call.env, *a).map(TimestampTz);
    "datetime_timestamp" (Date(a), Time(b)) => date_and_time(*a, *b).map(Timestamp);
    "timedate_pl" (Time(b), Date(a)) => date_and_time(*a, *b).map(Timestamp);
    "datetimetz_timestamptz" (Date(a), TimeTz(b, west)) => date_and_timetz(*a, *b, *west);
    "timetzdate_pl" (TimeTz(b, west), Date(a)) => date_and_timetz(*a, *b, *west);
    "timestamptz" (Date(a), Time(b)) => { let local = date_and_time(*a, *b)?; to_utc(call, local) };
    "timestamp_date" (Timestamp(a)) => Ok(Date(date::from_timestamp(*a)));
    "timestamptz_date" (TimestampTz(a)) => Ok(Date(date::from_timestamp(local(call, *a))));

    // Times of day.
    "time_pl_interval" (Time(a), Span(span)) => Ok(Time(time::plus(*a, span.micros)));
    "interval_pl_time" (Span(span), Time(a)) => Ok(Time(time::plus(*a, span.micros)));
    "time_mi_interval" (Time(a), Span(span)) => Ok(Time(time::plus(*a, span.micros.wrapping_neg())));
    "timetz_pl_interval" (TimeTz(a, west), Span(span)) => Ok(TimeTz(time::plus(*a, span.micros), *west));
    "interval_pl_timetz" (Span(span), TimeTz(a, west)) => Ok(TimeTz(time::plus(*a, span.micros), *west));
    "timetz_mi_interval" (TimeTz(a, west), Span(span)) =>
        Ok(TimeTz(time::plus(*a, span.micros.wrapping_neg()), *west));
    "time_mi_time" (Time(a), Time(b)) => Ok(Span(Interval { micros: a - b, ..Interval::default() }));
    "time_interval" (Time(a)) => Ok(Span(Interval { micros: *a, ..Interval::default() }));
    "interval_time" (Span(span)) => Ok(Time(time::from_interval(span)));
    "time_timetz" (Time(a)) => Ok(time::to_timetz(call.env, *a));
    "timetz_time" (TimeTz(a, _)) => Ok(Time(*a));
    "timestamp_time" (Timestamp(a)) => Ok(time::from_timestamp(*a).map_or(Null, Time));
    "timestamptz_time" (TimestampTz(a)) => Ok(time::from_timestamp(local(call, *a)).map_or(Null, Time));
    "timestamptz_timetz" (TimestampTz(a)) => {
        let west = -session_zone(call.env).at(*a).offset;
        Ok(time::from_timestamp(local(call, *a)).map_or(Null, |time| TimeTz(time, west)))
    };
    "time_scale" (Time(a), Int4(typmod)) => Ok(Time(time::round(*a, *typmod)));
    "timetz_scale" (TimeTz(a, west), Int4(typmod)) => Ok(TimeTz(time::round(*a, *typmod), *west));

    // Timestamps.
    "timestamp_pl_interval" (Timestamp(a), Span(span)) => timestamp::plus(*a, span).map(Timestamp);
    "interval_pl_timestamp" (Span(span), Timestamp(a)) => timestamp::plus(*a, span).map(Timestamp);
    "timestamp_mi_interval" (Timestamp(a), Span(span)) => timestamp::plus(*a, &span.negate()?).map(Timestamp);
    "timestamptz_pl_interval" (TimestampTz(a), Span(span)) => instant_plus(call, *a, span);
    "interval_pl_timestamptz" (Span(span), TimestampTz(a)) => instant_plus(call, *a, span);
    "timestamptz_mi_interval" (TimestampTz(a), Span(span)) => instant_plus(call, *a, &span.negate()?);
    "timestamp_mi" (Timestamp(a) | TimestampTz(a), Timestamp(b) | TimestampTz(b)) =>
        timestamp::minus(*a, *b).map(Span);
    "timestamp_age" (Timestamp(a), Timestamp(b)) => timestamp::age(*a, *b).map(Span);
    "timestamptz_age" (TimestampTz(a), TimestampTz(b)) =>
        timestamp::age(local(call, *a), local(call, *b)).map(Span);
    "age" (Timestamp(a) | TimestampTz(a)) => {
        let today = date::to_timestamp(today(call))?;
        let a = if call.arg_types.first() == Some(&crate::Oid::TIMESTAMPTZ) { local(call, *a) } else { *a };
        timestamp::age(today, a).map(Span)
    };
    "timestamp_finite" (Timestamp(a) | TimestampTz(a)) => Ok(Bool(timestamp::is_finite(*a)));
    "timestamp_timestamptz" (Timestamp(a)) => to_utc(call, *a);
    "timestamptz_timestamp" (TimestampTz(a)) => Ok(Timestamp(local(call, *a)));
    "timestamp_scale" (Timestamp(a), Int4(typmod)) => Ok(Timestamp(timestamp::round(*a, *typmod)));
    "timestamptz_scale" (TimestampTz(a), Int4(typmod)) => Ok(TimestampTz(timestamp::round(*a, *typmod)));
    "timestamp_trunc" (Text(unit), Timestamp(a)) => truncate::timestamp(unit, *a).map(Timestamp);
    "timestamptz_trunc" (Text(unit), TimestampTz(a)) =>
        truncate::timestamptz(unit, *a, &NamedZone::Zone(session_zone(call.env))).map(TimestampTz);
    "timestamptz_trunc_zone" (Text(unit), TimestampTz(a), Text(zone)) =>
        truncate::timestamptz(unit, *a, &NamedZone::lookup(zone)?).map(TimestampTz);
    "timestamp_bin" (Span(stride), Timestamp(a), Timestamp(origin)) =>
        truncate::bin(stride, *a, *origin).map(Timestamp);
    "timestamptz_bin" (Span(stride), TimestampTz(a), TimestampTz(origin)) =>
        truncate::bin(stride, *a, *origin).map(TimestampTz);
    "generate_series_timestamp" set (Timestamp(start), Timestamp(end), Span(step)) =>
        generate_series(*start, *end, step, |t| timestamp::plus(t, step), Timestamp);
    "generate_series_timestamptz" set (TimestampTz(start), TimestampTz(end), Span(step)) => {
        let zone = session_zone(call.env);
        generate_series(*start, *end, step, |t| timestamp::plus_in_zone(t, step, &zone), TimestampTz)
    };

    // Intervals.
    "interval_pl" (Span(a), Span(b)) => a.plus(b).map(Span);
    "interval_mi" (Span(a), Span(b)) => a.minus(b).map(Span);
    "interval_um" (Span(a)) => a.negate().map(Span);
    "interval_mul" (Span(a), Float8(factor)) => a.times(*factor).map(Span);
    "mul_d_interval" (Float8(factor), Span(a)) => a.times(*factor).map(Span);
    "interval_div" (Span(a), Float8(divisor)) => a.divided_by(*divisor).map(Span);
    "interval_justify_hours" (Span(a)) => a.justify_hours().map(Span);
    "interval_justify_days" (Span(a)) => a.justify_days().map(Span);
    "interval_justify_interval" (Span(a)) => a.justify_interval().map(Span);
    "interval_finite" (Span(_)) => Ok(Bool(true));
    "interval_scale" (Span(a), Int4(typmod)) => adjust(a, *typmod).map(Span);
    "interval_trunc" (Text(unit), Span(a)) => truncate::interval(unit, a).map(Span);

    // Fields.
    "extract_date" (Text(unit), Date(a)) => extract::from_date(unit, *a)?.numeric();
    "extract_time" (Text(unit), Time(a)) => extract::from_time(unit, *a)?.numeric();
    "extract_timetz" (Text(unit), TimeTz(a, west)) => extract::from_timetz(unit, *a, *west)?.numeric();
    "extract_timestamp" (Text(unit), Timestamp(a)) => extract::from_timestamp(unit, *a)?.numeric();
    "extract_timestamptz" (Text(unit), TimestampTz(a)) =>
        extract::from_timestamptz(unit, *a, &session_zone(call.env))?.numeric();
    "extract_interval" (Text(unit), Span(a)) => extract::from_interval(unit, a)?.numeric();
    "date_part" (Text(unit), Date(a)) => Ok(extract::from_timestamp(unit, date::to_timestamp(*a)?)?.float());
    "time_part" (Text(unit), Time(a)) => Ok(extract::from_time(unit, *a)?.float());
    "timetz_part" (Text(unit), TimeTz(a, west)) => Ok(extract::from_timetz(unit, *a, *west)?.float());
    "timestamp_part" (Text(unit), Timestamp(a)) => Ok(extract::from_timestamp(unit, *a)?.float());
    "timestamptz_part" (Text(unit), TimestampTz(a)) =>
        Ok(extract::from_timestamptz(unit, *a, &session_zone(call.env))?.float());
    "interval_part" (Text(unit), Span(a)) => Ok(extract::from_interval(unit, a)?.float());

    // Periods.
    "overlaps_timestamp" (a, b, c, d) => Ok(overlaps(a, b, c, d));
    "overlaps_time" (a, b, c, d) => Ok(overlaps(a, b, c, d));
    "overlaps_timetz" (a, b, c, d) => Ok(overlaps(a, b, c, d));
    "overlaps" (a, b, c, d) => {
        let (b, d) = (period_end(call, a, b)?, period_end(call, c, d)?);
        Ok(overlaps(a, &b, c, &d))
    };

    // Frames of windows.
    "in_range_date_interval" (Date(value), Date(base), Span(offset), Bool(subtract), Bool(less)) =>
        in_range(&Timestamp(date::to_timestamp(*value)?), offset, *subtract, *less, |span| date_plus(*base, span));
    "in_range_timestamp_interval" (value, Timestamp(base), Span(offset), Bool(subtract), Bool(less)) =>
        in_range(value, offset, *subtract, *less, |span| timestamp::plus(*base, span).map(Timestamp));
    "in_range_timestamptz_interval" (value, TimestampTz(base), Span(offset), Bool(subtract), Bool(less)) =>
        in_range(value, offset, *subtract, *less, |span| instant_plus(call, *base, span));
    "in_range_interval_interval" (value, Span(base), Span(offset), Bool(subtract), Bool(less)) =>
        in_range(value, offset, *subtract, *less, |span| base.plus(span).map(Span));
    "in_range_time_interval" (value, Time(base), Span(offset), Bool(subtract), Bool(less)) =>
        in_range(value, offset, *subtract, *less, |span| Ok(Time(base.saturating_add(span.micros))));
    "in_range_timetz_interval" (value, TimeTz(base, west), Span(offset), Bool(subtract), Bool(less)) =>
        in_range(value, offset, *subtract, *less, |span| Ok(TimeTz(base.saturating_add(span.micros), *west)));
};

/// `AT TIME ZONE` and what the server knows of zones.
pub static ZONES: Family = family! { call;
    "timestamp_zone" (Text(zone), Timestamp(a)) => timestamp::instant_in(zone, *a).map(TimestampTz);
    "timestamptz_zone" (Text(zone), TimestampTz(a)) => NamedZone::lookup(zone)?.local(*a).map(Timestamp);
    "timetz_zone" (Text(zone), TimeTz(a, west)) => {
        let east = NamedZone::lookup(zone)?.offset_at(call.env.transaction_timestamp());
        Ok(time::timetz_at(*a, *west, east))
    };
    "timestamp_izone" (Span(zone), Timestamp(a)) => {
        let offset = i64::from(interval_zone(call.env, zone)?) * SECOND;
        shifted(*a, -offset).map(TimestampTz)
    };
    "timestamptz_izone" (Span(zone), TimestampTz(a)) => {
        let offset = i64::from(interval_zone(call.env, zone)?) * SECOND;
        shifted(*a, offset).map(Timestamp)
    };
    "timetz_izone" (Span(zone), TimeTz(a, west)) =>
        Ok(time::timetz_at(*a, *west, interval_zone(call.env, zone)?));
    "pg_timezone_names" set () => Ok(zone_names(call.env.transaction_timestamp()));
    "pg_timezone_abbrevs" set () => Ok(abbreviations(call.env.transaction_timestamp()));
};

fn local(call: &Call<'_>, instant: i64) -> i64 {
    if timestamp::is_finite(instant) {
        session_zone(call.env).local(instant)
    } else {
        instant
    }
}

fn today(call: &Call<'_>) -> i32 {
    date::from_timestamp(local(call, call.env.transaction_timestamp()))
}

fn to_utc(call: &Call<'_>, local: i64) -> Result<Datum> {
    timestamp::to_utc(local, &session_zone(call.env))
        .map(TimestampTz)
        .ok_or_else(|| out_of_range("timestamp"))
}

fn instant_plus(call: &Call<'_>, instant: i64, span: &Interval) -> Result<Datum> {
    timestamp::plus_in_zone(instant, span, &session_zone(call.env)).map(TimestampTz)
}

fn date_plus(date: i32, span: &Interval) -> Result<Datum> {
    timestamp::plus(date::to_timestamp(date)?, span).map(Timestamp)
}

fn shifted(timestamp: i64, by: i64) -> Result<i64> {
    if !timestamp::is_finite(timestamp) {
        return Ok(timestamp);
    }
    timestamp::checked(timestamp.saturating_add(by)).ok_or_else(|| out_of_range("timestamp"))
}

fn date_and_time(date: i32, time: i64) -> Result<i64> {
    shifted(date::to_timestamp(date)?, time)
}

fn date_and_timetz(date: i32, time: i64, west: i32) -> Result<Datum> {
    shifted(date::to_timestamp(date)?, time + i64::from(west) * SECOND).map(TimestampTz)
}

/// The end of a period that is given as such or as a length.
fn period_end(call: &Call<'_>, start: &Datum, end: &Datum) -> Result<Datum> {
    match (start, end) {
        (Timestamp(start), Span(span)) => timestamp::plus(*start, span).map(Timestamp),
        (TimestampTz(start), Span(span)) => instant_plus(call, *start, span),
        (Time(start), Span(span)) => Ok(Time(time::plus(*start, span.micros))),
        (Null, Span(_)) => Ok(Null),
        (_, end) => Ok(end.clone()),
    }
}

fn offset_row(name: &str, middle: Vec<Datum>, offset: i32, is_dst: bool) -> Vec<Datum> {
    let offset = Interval {
        micros: i64::from(offset) * SECOND,
        ..Interval::default()
    };
    let mut row = vec![Datum::from(name)];
    row.extend(middle);
    row.extend([Span(offset), Bool(is_dst)]);
    row
}

/// name, abbreviation, offset and daylight saving of all zones at an instant.
pub fn zone_names(now: i64) -> Vec<Vec<Datum>> {
    let row = |name| {
        let zone = Zone::lookup(name)?;
        let current = zone.at(now);
        let abbreviation = Datum::text(current.abbreviation.clone());
        Some(offset_row(name, vec![abbreviation], current.offset, current.is_dst))
    };
    table::names().filter_map(row).collect()
}

/// abbreviation, offset and daylight saving.
pub fn abbreviations(now: i64) -> Vec<Vec<Datum>> {
    let row = |(name, meaning): (&str, Option<abbreviation::Abbreviation>)| {
        let meaning = meaning?;
        let is_dst = meaning.is_dst_at(name, now);
        Some(offset_row(name, Vec::new(), meaning.offset_at(name, now), is_dst))
    };
    abbreviation::all().filter_map(row).collect()
}
