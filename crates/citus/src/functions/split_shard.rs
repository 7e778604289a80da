//! citus_split_shard_by_split_points, isolate_tenant_to_new_shard.

use kumquat_postgres::Backend;
use kumquat_types::{Datum, Error, Result, SqlState, io};

use super::Arguments;
use super::move_shard::ensure_replica_identity;
use crate::hashing;
use crate::metadata::{self, GroupId, PartitionMethod, ShardId, ShardInterval};
use crate::shards::names::{quote_identifier, relation_name};
use crate::shards::transfer;
use crate::tables::checks::{self, error, unsupported};

const MAX_SHARD_COUNT: usize = 64_000;

fn syntax_error(message: String) -> Error {
    Error::new(SqlState::SYNTAX_ERROR, message)
}

/// citus_split_shard_by_split_points(shard_id, split_points, node_ids, shard_transfer_mode)
pub fn split(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    metadata::ensure_coordinator(backend)?;
    let shard = args.int(0).unwrap_or(0);
    let relation = transfer::table_of(backend, shard)?;
    let mut points = Vec::new();
    for point in args.array(1) {
        let text = point.as_str().unwrap_or_default();
        let value: Result<i32, _> = text.trim().parse();
        points.push(value.map_err(|_| {
            let message = format!("invalid input syntax for type integer: \"{text}\"");
            Error::new(SqlState::INVALID_TEXT_REPRESENTATION, message)
        })?);
    }
    let nodes: Vec<i32> = args
        .array(2)
        .iter()
        .filter_map(|node| node.as_i64().and_then(|id| i32::try_from(id).ok()))
        .collect();
    checks::ensure_owner(backend, &*checks::relation(backend, relation)?)?;
    let groups = groups_of(backend, &nodes)?;
    let interval = splittable(backend, shard, "split", "shard")?;
    check_points(shard, interval, &points, nodes.len())?;
    let shards = transfer::colocated_shards(backend, shard)?;
    if args.text(3).unwrap_or("auto") == "auto" {
        ensure_replica_identity(backend, &shards)?;
    }
    transfer::split_shards(backend, &shards, &intervals_at(interval, &points), &groups)?;
    Ok(Datum::Void)
}

fn groups_of(backend: &Backend<'_>, nodes: &[i32]) -> Result<Vec<GroupId>> {
    let metadata = metadata::of(backend)?;
    let group = |id: &i32| {
        let node = metadata.nodes.get(id).filter(|node| node.is_active);
        node.map(|node| node.group)
            .ok_or_else(|| Error::new(SqlState::INVALID_PARAMETER_VALUE, format!("Invalid Node Id '{id}'.")))
    };
    nodes.iter().map(group).collect()
}

/// The interval of a shard that can be split.
fn splittable(backend: &Backend<'_>, shard: ShardId, verb: &str, what: &str) -> Result<ShardInterval> {
    let metadata = metadata::of(backend)?;
    let relation = transfer::table_of(backend, shard)?;
    let is_hash = metadata
        .table(relation)
        .is_some_and(|table| table.method == PartitionMethod::Hash);
    let interval = metadata.shard(shard).and_then(|shard| shard.interval);
    match (is_hash, interval) {
        (true, Some(interval)) => Ok(interval),
        _ => Err(unsupported(format!(
            "Cannot {verb} {what} as operation is only supported for hash distributed tables."
        ))),
    }
}

/// `ErrorIfCannotSplitShardExtended`.
fn check_points(shard: ShardId, interval: ShardInterval, points: &[i32], nodes: usize) -> Result<()> {
    if nodes != points.len().saturating_add(1) {
        return Err(syntax_error(format!(
            "Number of worker node ids should be one greater split points. NodeId count is '{nodes}' and SplitPoint \
             count is '{}'.",
            points.len()
        )));
    }
    if nodes > MAX_SHARD_COUNT {
        return Err(error(format!(
            "Resulting shard count '{nodes}' with split is greater than max shard count '{MAX_SHARD_COUNT}' limit."
        )));
    }
    let (min, max) = (interval.min, interval.max);
    if min == max {
        return Err(syntax_error(format!(
            "Cannot split shard id \"{shard}\" as min/max range are equal: ('{min}', '{max}')."
        )));
    }
    let mut last: Option<i32> = None;
    for point in points {
        if *point < min || *point > max {
            return Err(syntax_error(format!(
                "Split point {point} is outside the min/max range({min}, {max}) for shard id {shard}."
            )));
        }
        if *point == max {
            return Err(syntax_error(format!(
                "Invalid split point {max}, as split points should be inclusive. Please use {} instead.",
                max.saturating_sub(1)
            )));
        }
        if let Some(last) = last.filter(|last| point <= last) {
            return Err(syntax_error(format!(
                "Invalid Split Points '{last}' followed by '{point}'. All split points should be strictly increasing."
            )));
        }
        last = Some(*point);
    }
    Ok(())
}

/// The intervals that end at the points.
fn intervals_at(interval: ShardInterval, points: &[i32]) -> Vec<ShardInterval> {
    let mut min = interval.min;
    let mut intervals = Vec::new();
    for point in points.iter().copied().chain([interval.max]) {
        intervals.push(ShardInterval { min, max: point });
        min = point.saturating_add(1);
    }
    intervals
}

/// isolate_tenant_to_new_shard(table_name, tenant_id, cascade_option, shard_transfer_mode): the new shard.
pub fn isolate(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    metadata::ensure_coordinator(backend)?;
    let (Some(relation), Some(value)) = (args.oid(0), args.datum(1).cloned()) else {
        return Ok(Datum::Null);
    };
    let found = checks::relation(backend, relation)?;
    checks::ensure_owner(backend, &found)?;
    let metadata = metadata::of(backend)?;
    let Some(table) = metadata.table(relation) else {
        return Err(error(format!("relation {} is not distributed", found.name)));
    };
    let column = table.column.and_then(|number| found.attribute(number)).cloned();
    let (PartitionMethod::Hash, Some(column)) = (table.method, column) else {
        return Err(unsupported(
            "cannot isolate tenant because tenant isolation is only support for hash distributed tables",
        ));
    };
    let cascades = args.text(2).unwrap_or_default().eq_ignore_ascii_case("cascade");
    if !cascades && metadata.colocated_tables(table.colocation_id).count() > 1 {
        let (name, tenant) = (&found.name, io::output(&*backend, args.type_of(1), &value).into_owned());
        return Err(
            unsupported(format!("cannot isolate tenant because \"{name}\" has colocated tables")).hint(format!(
                "Use CASCADE option to isolate tenants for the colocated tables too. Example usage: \
                 isolate_tenant_to_new_shard('{name}', '{tenant}', 'CASCADE')"
            )),
        );
    }
    let value =
        crate::planner::values::convert(backend, value, args.type_of(1), column.type_oid, column.type_modifier)?;
    let hash = hashing::hash_datum(&value, column.type_oid);
    let place = hash.and_then(|hash| metadata::of(backend).ok()?.shard_index(relation, hash));
    let shard = place.and_then(|place| metadata::of(backend).ok()?.colocated_shard(relation, place));
    let (Some(hash), Some(shard)) = (hash, shard) else {
        return Err(error("tenant does not have a shard"));
    };
    let interval = splittable(backend, shard, "isolate", "tenant")?;
    if interval.min == interval.max {
        let name = quote_identifier(&relation_name(backend.catalog()?, relation));
        return Err(Error::new(
            SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
            format!("table {name} has already been isolated for the given value"),
        ));
    }
    let points = match hash {
        _ if hash == interval.min => vec![hash],
        _ if hash == interval.max => vec![hash.saturating_sub(1)],
        _ => vec![hash.saturating_sub(1), hash],
    };
    let shards = transfer::colocated_shards(backend, shard)?;
    if args.text(3).unwrap_or("auto") == "auto" {
        ensure_replica_identity(backend, &shards)?;
    }
    let group = metadata::of(backend)?
        .placements_of(shard)
        .first()
        .map_or(0, |placement| placement.group);
    let groups = vec![group; points.len().saturating_add(1)];
    transfer::split_shards(backend, &shards, &intervals_at(interval, &points), &groups)?;
    let metadata = metadata::of(backend)?;
    let fresh = metadata
        .shard_index(relation, hash)
        .and_then(|place| metadata.colocated_shard(relation, place));
    Ok(fresh.map_or(Datum::Null, Datum::Int8))
}
