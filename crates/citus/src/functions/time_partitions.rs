//! Partitions by time: create_time_partitions, get_missing_time_partition_ranges, drop_old_time_partitions,
//! alter_old_partitions_set_access_method, time_partition_range.
//!
//! In Citus these are functions in PL/pgSQL; errors say where in them they were raised.

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::quote::quote_literal;
use kumquat_postgres::catalog::{PartitionBound, RangeDatum, Relation};
use kumquat_types::compare::compare;
use kumquat_types::datetime::settings::session_zone;
use kumquat_types::datetime::timestamp::{NamedZone, plus_in_zone, timestamptz_out};
use kumquat_types::datetime::{date, truncate};
use kumquat_types::formatting::to_char::Moment;
use kumquat_types::{Datum, Error, Interval, Oid, Result, SqlState, io};

use super::Arguments;
use super::convert_table::convert_access_method;
use crate::ddl;
use crate::relations::time_partitions::{TimePartition, time_partitions_of};
use crate::shards::names::quote_identifier;
use crate::tables::checks;

/// The longest name less what the suffix needs.
const MAX_NAME: usize = 63;
const DAY: i64 = 86_400_000_000;

/// RAISE EXCEPTION at a line of one of the functions.
fn raise(message: String, function: &str, line: u32) -> Error {
    Error::new(SqlState::RAISE_EXCEPTION, message).context(format!("PL/pgSQL function {function} line {line} at RAISE"))
}

const CREATE: &str = "create_time_partitions(regclass,interval,timestamp with time zone,timestamp with time zone)";
const MISSING: &str =
    "get_missing_time_partition_ranges(regclass,interval,timestamp with time zone,timestamp with time zone)";
const DROP: &str = "drop_old_time_partitions(regclass,timestamp with time zone)";

/// The lines at which one of the functions refuses tables that are not partitioned by one column of time.
struct Lines {
    function: &'static str,
    not_partitioned: u32,
    several_columns: u32,
    wrong_type: u32,
}

const MISSING_LINES: Lines = Lines {
    function: MISSING,
    not_partitioned: 44,
    several_columns: 46,
    wrong_type: 65,
};

const DROP_LINES: Lines = Lines {
    function: DROP,
    not_partitioned: 24,
    several_columns: 26,
    wrong_type: 43,
};

/// A partition that is not there yet.
struct MissingPartition {
    name: String,
    from: String,
    to: String,
}

/// create_time_partitions(table_name, partition_interval, end_at, start_from): true if any was made.
pub fn create(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    let (Some(table), Some(interval)) = (args.oid(0), interval(args, 1)) else {
        return Ok(Datum::Null);
    };
    let (Some(end), Some(start)) = (timestamp(args, 2), timestamp(args, 3)) else {
        return Ok(Datum::Null);
    };
    if start >= end {
        let message = format!(
            "start_from ({}) must be older than end_at ({})",
            timestamptz_out(backend, start),
            timestamptz_out(backend, end)
        );
        return Err(raise(message, CREATE, 12));
    }
    let missing = missing(backend, table, &interval, end, start)
        .map_err(|error| error.context(format!("PL/pgSQL function {CREATE} line 23 at FOR over SELECT rows")))?;
    let parent = checks::relation(backend, table)?;
    let schema = quote_identifier(&backend.schema_name(parent.schema));
    for partition in &missing {
        let text = format!(
            "CREATE TABLE {schema}.{} PARTITION OF {schema}.{} FOR VALUES FROM ({}) TO ({})",
            quote_identifier(&partition.name),
            quote_identifier(&parent.name),
            quote_literal(&partition.from),
            quote_literal(&partition.to)
        );
        ddl::utility(backend, &kumquat_sql::parse(&text)?, &text)?;
    }
    Ok(Datum::Bool(!missing.is_empty()))
}

/// get_missing_time_partition_ranges(table_name, partition_interval, to_value, from_value)
pub fn missing_ranges(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Vec<Vec<Datum>>> {
    let (Some(table), Some(interval), Some(end), Some(start)) =
        (args.oid(0), interval(args, 1), timestamp(args, 2), timestamp(args, 3))
    else {
        return Ok(Vec::new());
    };
    let missing = missing(backend, table, &interval, end, start)?;
    Ok(missing
        .into_iter()
        .map(|partition| [partition.name, partition.from, partition.to].map(Datum::from).to_vec())
        .collect())
}

fn interval(args: Arguments<'_>, at: usize) -> Option<Interval> {
    match args.datum(at)? {
        Datum::Interval(interval) => Some(*interval),
        _ => None,
    }
}

fn timestamp(args: Arguments<'_>, at: usize) -> Option<i64> {
    match args.datum(at)? {
        Datum::TimestampTz(value) => Some(*value),
        _ => None,
    }
}

/// The table and the type of its partition column, if it is partitioned by one column of time.
fn time_partitioned(backend: &Backend<'_>, table: Oid, lines: &Lines) -> Result<(Arc<Relation>, Oid)> {
    let relation = checks::relation(backend, table)?;
    let name = quote_identifier(&relation.name);
    let Some(key) = &relation.partition_key else {
        let message = format!("{name} is not partitioned");
        return Err(raise(message, lines.function, lines.not_partitioned));
    };
    let [type_oid] = key.types.as_slice() else {
        let message = "partitioned tables with multiple partition columns are not supported".to_string();
        return Err(raise(message, lines.function, lines.several_columns));
    };
    if !matches!(*type_oid, Oid::DATE | Oid::TIMESTAMP | Oid::TIMESTAMPTZ) {
        let message =
            format!("type of the partition column of the table {name} must be date, timestamp or timestamptz");
        return Err(raise(message, lines.function, lines.wrong_type));
    }
    let type_oid = *type_oid;
    Ok((relation, type_oid))
}

/// The partitions of one length that are missing up to `end`.
fn missing(
    backend: &Backend<'_>,
    table: Oid,
    interval: &Interval,
    end: i64,
    start: i64,
) -> Result<Vec<MissingPartition>> {
    let (relation, type_oid) = time_partitioned(backend, table, &MISSING_LINES)?;
    if type_oid == Oid::DATE && interval.micros != 0 {
        let message = "partition interval of date partitioned table must be day or multiple days".to_string();
        return Err(raise(message, MISSING, 73));
    }
    let known: Vec<(TimePartition, i64, i64)> = time_partitions_of(backend, table)?
        .into_iter()
        .map(|partition| {
            let from = instant(backend, &partition.from);
            let to = instant(backend, &partition.to);
            (partition, from, to)
        })
        .collect();
    let pivot = known.iter().map(|(_, from, _)| *from).min();
    let mut from = first_start(backend, pivot, interval, start)?;
    let template = name_template(interval);
    let zone = session_zone(backend);
    let mut missing = Vec::new();
    while from < end {
        let to = plus_in_zone(from, interval, &zone)?;
        if to <= from {
            return Err(checks::error("partition interval must be longer than zero"));
        }
        if !known
            .iter()
            .any(|(_, known_from, known_to)| (from, to) == (*known_from, *known_to))
        {
            refuse_overlap(backend, &known, from, to)?;
            missing.push(MissingPartition {
                name: partition_name(backend, &relation.name, from, template)?,
                from: value_text(backend, type_oid, from)?,
                to: value_text(backend, type_oid, to)?,
            });
        }
        from = to;
    }
    Ok(missing)
}

/// A bound as an instant.
fn instant(backend: &Backend<'_>, bound: &Datum) -> i64 {
    let zone = NamedZone::Zone(session_zone(backend));
    match bound {
        Datum::TimestampTz(value) => *value,
        Datum::Timestamp(value) => zone.instant(*value).unwrap_or(*value),
        Datum::Date(value) => zone.instant(date::to_timestamp_saturating(*value)).unwrap_or(0),
        _ => 0,
    }
}

/// Where the first partition begins: whole intervals from the first that is there, else the start of the hour, day,
/// week, month, quarter or year.
fn first_start(backend: &Backend<'_>, pivot: Option<i64>, interval: &Interval, start: i64) -> Result<i64> {
    let zone = session_zone(backend);
    let Some(mut from) = pivot else {
        return truncate::timestamptz(truncation(interval), start, &NamedZone::Zone(zone));
    };
    let back = Interval {
        months: interval.months.saturating_neg(),
        days: interval.days.saturating_neg(),
        micros: interval.micros.saturating_neg(),
    };
    let step = if start >= from { interval } else { &back };
    let forward = start >= from;
    loop {
        let reached = if forward { from >= start } else { from <= start };
        if reached {
            return Ok(from);
        }
        let next = plus_in_zone(from, step, &zone)?;
        if (next > from) != forward || next == from {
            return Ok(from);
        }
        from = next;
    }
}

fn shorter(interval: &Interval, months: i32, days: i32, micros: i64) -> bool {
    let other = Interval { months, days, micros };
    compare(&Datum::Interval(*interval), &Datum::Interval(other)).is_lt()
}

fn is_as_long_as(interval: &Interval, months: i32, days: i32) -> bool {
    let other = Interval {
        months,
        days,
        micros: 0,
    };
    compare(&Datum::Interval(*interval), &Datum::Interval(other)).is_eq()
}

/// What the start of the first partition is cut to.
fn truncation(interval: &Interval) -> &'static str {
    match interval {
        _ if shorter(interval, 0, 0, DAY / 24) => "minute",
        _ if shorter(interval, 0, 1, 0) => "hour",
        _ if shorter(interval, 0, 7, 0) => "day",
        _ if shorter(interval, 1, 0, 0) => "week",
        _ if is_as_long_as(interval, 3, 0) => "quarter",
        _ if shorter(interval, 12, 0, 0) => "month",
        _ => "year",
    }
}

/// How a partition of that length is named after its start.
fn name_template(interval: &Interval) -> &'static str {
    match interval {
        _ if is_as_long_as(interval, 3, 0) => "YYYY\"q\"Q",
        _ if is_as_long_as(interval, 0, 7) => "IYYY\"w\"IW",
        _ if shorter(interval, 0, 0, DAY / 1440) => "YYYY_MM_DD_HH24MISS",
        _ if shorter(interval, 0, 1, 0) => "YYYY_MM_DD_HH24MI",
        _ if shorter(interval, 1, 0, 0) => "YYYY_MM_DD",
        _ if shorter(interval, 12, 0, 0) => "YYYY_MM",
        _ => "YYYY",
    }
}

fn partition_name(backend: &Backend<'_>, table: &str, from: i64, template: &str) -> Result<String> {
    let local = NamedZone::Zone(session_zone(backend)).local(from)?;
    let suffix = Moment::timestamp(local, None).format(template)?;
    // The functions cut two characters earlier than they would have to.
    let room = MAX_NAME.saturating_sub(suffix.chars().count()).saturating_sub(2);
    let table: String = table.chars().take(room).collect();
    Ok(format!("{table}_p{suffix}"))
}

/// An instant as a value of the partition column.
fn value_text(backend: &Backend<'_>, type_oid: Oid, value: i64) -> Result<String> {
    let local = NamedZone::Zone(session_zone(backend)).local(value)?;
    let datum = match type_oid {
        Oid::DATE => Datum::Date(date::from_timestamp(local)),
        Oid::TIMESTAMP => Datum::Timestamp(local),
        _ => Datum::TimestampTz(value),
    };
    Ok(io::output(backend, type_oid, &datum).into_owned())
}

/// Partitions that were made by hand and do not fit.
fn refuse_overlap(backend: &Backend<'_>, known: &[(TimePartition, i64, i64)], from: i64, to: i64) -> Result<()> {
    let covers = |(_, known_from, known_to): &&(TimePartition, i64, i64)| {
        (from >= *known_from && from < *known_to) || (to > *known_from && to < *known_to)
    };
    let Some((partition, _, _)) = known.iter().find(covers) else {
        return Ok(());
    };
    let text = |value: &Datum| io::output(backend, partition.type_oid, value).into_owned();
    let message = format!(
        "partition {} with the range from {} to {} does not align with the initial partition given the partition \
         interval",
        quote_identifier(&partition.relation.name),
        text(&partition.from),
        text(&partition.to)
    );
    Err(raise(message, MISSING, 177).hint("Only use partitions of the same size, without gaps between partitions."))
}

/// Partitions of a table that end by a time, the oldest first.
fn older_than(backend: &Backend<'_>, table: Oid, limit: i64) -> Result<Vec<TimePartition>> {
    let mut partitions = time_partitions_of(backend, table)?;
    partitions.retain(|partition| instant(backend, &partition.to) <= limit);
    partitions.sort_by_key(|partition| instant(backend, &partition.to));
    Ok(partitions)
}

fn announce(backend: &mut Backend<'_>, verb: &str, partition: &TimePartition) {
    let text = |value: &Datum| io::output(&*backend, partition.type_oid, value).into_owned();
    let message = format!(
        "{verb} {} with start time {} and end time {}",
        quote_identifier(&partition.relation.name),
        text(&partition.from),
        text(&partition.to)
    );
    backend.notice(Error::notice(message));
}

/// CALL drop_old_time_partitions(table_name, older_than)
pub fn drop_old(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    let (Some(table), Some(limit)) = (args.oid(0), timestamp(args, 1)) else {
        return Ok(Datum::Null);
    };
    time_partitioned(backend, table, &DROP_LINES)?;
    for partition in older_than(backend, table, limit)? {
        announce(backend, "dropping", &partition);
        let text = format!(
            "DROP TABLE {}",
            crate::shards::names::qualified_name(backend.catalog()?, partition.relation.oid)
        );
        ddl::utility(backend, &kumquat_sql::parse(&text)?, &text)?;
    }
    Ok(Datum::Void)
}

/// CALL alter_old_partitions_set_access_method(parent_table_name, older_than, new_access_method)
pub fn alter_old_partitions(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    let (Some(table), Some(limit), Some(method)) = (args.oid(0), timestamp(args, 1), args.text(2)) else {
        return Ok(Datum::Null);
    };
    for partition in older_than(backend, table, limit)? {
        if &*partition.relation.access_method == method {
            continue;
        }
        announce(backend, "converting", &partition);
        convert_access_method(backend, partition.relation.oid, method)?;
    }
    Ok(Datum::Void)
}

/// time_partition_range(table_name): the bounds of one partition.
pub fn range(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Vec<Vec<Datum>>> {
    let Some(table) = args.oid(0) else {
        return Ok(Vec::new());
    };
    let relation = checks::relation(backend, table)?;
    let Some(bound) = &relation.partition_bound else {
        let message = format!("relation \"{}\" is not a partition", relation.name);
        return Err(checks::error(message));
    };
    let key = relation
        .parents
        .first()
        .and_then(|parent| backend.catalog().ok()?.relation(*parent)?.partition_key.clone());
    let types = key.map(|key| key.types.to_vec()).unwrap_or_default();
    let refused = |what: &str| {
        Err(checks::error(format!("relation \"{}\" is {what}", relation.name)).detail(
            "time_partition_range can only be used for partitions of range-partitioned tables with a single partition \
             column",
        ))
    };
    if !matches!(&**bound, PartitionBound::Range { .. } | PartitionBound::Default) {
        return refused("not a range partition");
    }
    if types.len() > 1 {
        return refused("a partition with multiple partition columns");
    }
    let type_oid = types.first().copied().unwrap_or(Oid::TEXT);
    let text = |bound: &[RangeDatum]| match bound.first() {
        Some(RangeDatum::Value(value)) => Datum::from(io::output(&*backend, type_oid, value).into_owned()),
        _ => Datum::Null,
    };
    Ok(match &**bound {
        PartitionBound::Range { from, to } => vec![vec![text(from), text(to)]],
        _ => vec![vec![Datum::Null, Datum::Null]],
    })
}
