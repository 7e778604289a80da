//! FOR VALUES: reading a bound, and finding the partition that it overlaps (`check_new_partition_bound`).

use std::cmp::Ordering;
use std::sync::Arc;

use kumquat_sql::ast::{self, ColumnRefField, Location, PartitionBoundSpec};
use kumquat_types::compare::compare_typed;
use kumquat_types::{Datum, Error, Oid, Result, SqlState};

use crate::analyze::{ExprContext, analyze_expression};
use crate::backend::Backend;
use crate::catalog::{PartitionBound, PartitionKey, PartitionStrategy, RangeDatum, Relation};
use crate::commands::index::columns::column_type_and_modifier;
use crate::executor;
use crate::query::Expr;

/// A bound with the places of its parts, for errors.
pub struct ReadBound {
    pub bound: PartitionBound,
    location: Location,
    /// Of the values: FROM's, then TO's.
    values: Vec<Location>,
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(SqlState::INVALID_TABLE_DEFINITION, message)
}

fn conflict(message: impl Into<String>) -> Error {
    Error::new(SqlState::INVALID_OBJECT_DEFINITION, message)
}

/// Reads a bound of a partition of `parent` (`transformPartitionBound`).
pub fn read(
    backend: &mut Backend<'_>,
    parent: &Relation,
    key: &PartitionKey,
    spec: &PartitionBoundSpec,
) -> Result<ReadBound> {
    let mut values = Vec::new();
    let bound = match (&spec.bound, key.strategy) {
        (ast::PartitionBound::Default, PartitionStrategy::Hash) => {
            return Err(invalid("a hash-partitioned table may not have a default partition"));
        }
        (ast::PartitionBound::Default, _) => PartitionBound::Default,
        (ast::PartitionBound::Hash { modulus, remainder }, PartitionStrategy::Hash) => {
            check_hash(*modulus, *remainder)?;
            PartitionBound::Hash {
                modulus: *modulus,
                remainder: *remainder,
            }
        }
        (ast::PartitionBound::In(list), PartitionStrategy::List) => {
            values = list.iter().map(ast::Expr::location).collect();
            PartitionBound::List(list_values(backend, parent, key, list)?)
        }
        (ast::PartitionBound::Range { from, to }, PartitionStrategy::Range) => {
            for (list, word) in [(from, "FROM"), (to, "TO")] {
                if list.len() != key.columns.len() {
                    return Err(invalid(format!(
                        "{word} must specify exactly one value per partitioning column"
                    )));
                }
            }
            values = from.iter().chain(to).map(ast::Expr::location).collect();
            PartitionBound::Range {
                from: range_values(backend, parent, key, from)?,
                to: range_values(backend, parent, key, to)?,
            }
        }
        (_, strategy) => {
            let noun = match strategy {
                PartitionStrategy::Hash => "hash",
                PartitionStrategy::List => "list",
                PartitionStrategy::Range => "range",
            };
            return Err(invalid(format!("invalid bound specification for a {noun} partition")).at(spec.location));
        }
    };
    Ok(ReadBound {
        bound,
        location: spec.location,
        values,
    })
}

fn check_hash(modulus: i32, remainder: i32) -> Result<()> {
    if modulus <= 0 {
        return Err(invalid(
            "modulus for hash partition must be an integer value greater than zero",
        ));
    }
    if remainder < 0 {
        return Err(invalid(
            "remainder for hash partition must be an integer value greater than or equal to zero",
        ));
    }
    if remainder >= modulus {
        return Err(invalid("remainder for hash partition must be less than modulus"));
    }
    Ok(())
}

fn list_values(
    backend: &mut Backend<'_>,
    parent: &Relation,
    key: &PartitionKey,
    list: &[ast::Expr],
) -> Result<Vec<Datum>> {
    let type_oid = key.types.first().copied().unwrap_or_default();
    let mut values: Vec<Datum> = Vec::new();
    for expr in list {
        let value = value(backend, parent, key, 0, expr)?;
        if !values.iter().any(|known| same(type_oid, known, &value)) {
            values.push(value);
        }
    }
    Ok(values)
}

fn same(type_oid: Oid, a: &Datum, b: &Datum) -> bool {
    match (a.is_null(), b.is_null()) {
        (false, false) => compare_typed(type_oid, a, b) == Ordering::Equal,
        (a, b) => a && b,
    }
}

fn range_values(
    backend: &mut Backend<'_>,
    parent: &Relation,
    key: &PartitionKey,
    list: &[ast::Expr],
) -> Result<Vec<RangeDatum>> {
    let mut bounds: Vec<RangeDatum> = Vec::new();
    for (at, expr) in list.iter().enumerate() {
        let bound = match infinity(expr) {
            Some(bound) => bound,
            None => {
                let value = value(backend, parent, key, at, expr)?;
                if value.is_null() {
                    return Err(invalid("cannot specify NULL in range bound"));
                }
                RangeDatum::Value(value)
            }
        };
        let word = match (bounds.last(), &bound) {
            (Some(RangeDatum::MinValue), RangeDatum::Value(_) | RangeDatum::MaxValue) => Some("MINVALUE"),
            (Some(RangeDatum::MaxValue), RangeDatum::Value(_) | RangeDatum::MinValue) => Some("MAXVALUE"),
            _ => None,
        };
        if let Some(word) = word {
            let message = format!("every bound following {word} must also be {word}");
            return Err(Error::new(SqlState::DATATYPE_MISMATCH, message).at(expr.location()));
        }
        bounds.push(bound);
    }
    Ok(bounds)
}

/// MINVALUE and MAXVALUE look like columns to the grammar.
fn infinity(expr: &ast::Expr) -> Option<RangeDatum> {
    let ast::Expr::ColumnRef(column) = expr else {
        return None;
    };
    match column.fields.as_slice() {
        [ColumnRefField::Name(name)] if name == "minvalue" => Some(RangeDatum::MinValue),
        [ColumnRefField::Name(name)] if name == "maxvalue" => Some(RangeDatum::MaxValue),
        _ => None,
    }
}

/// One value of a bound, as a value of its key column's type.
fn value(
    backend: &mut Backend<'_>,
    parent: &Relation,
    key: &PartitionKey,
    at: usize,
    expr: &ast::Expr,
) -> Result<Datum> {
    let Some(column) = key.columns.get(at) else {
        return Err(Error::internal("a bound has more values than its key"));
    };
    let target = column_type_and_modifier(parent, column);
    let analyzed = analyze_expression(backend, None, expr, ExprContext::PartitionBound, Some(target));
    let analyzed = analyzed.map_err(|error| match error.sqlstate {
        SqlState::DATATYPE_MISMATCH | SqlState::CANNOT_COERCE => {
            let name = match &column.expression {
                None => parent
                    .attribute(column.attribute)
                    .map(|a| a.name.to_string())
                    .unwrap_or_default(),
                Some(expr) => {
                    crate::ruleutils::deparse_expression(backend, expr, Some(parent), false).unwrap_or_default()
                }
            };
            Error::new(
                SqlState::DATATYPE_MISMATCH,
                format!(
                    "specified value cannot be cast to type {} for column \"{name}\"",
                    backend.format_type(target.0)
                ),
            )
            .at(expr.location())
        }
        _ => error,
    })?;
    match analyzed {
        Expr::Const(constant) => Ok(constant.value),
        expr => executor::evaluate(backend, &expr, &[]),
    }
}

/// A partition with its bound, as the others see it.
struct Sibling {
    relation: Arc<Relation>,
    bound: Arc<PartitionBound>,
}

fn siblings(backend: &Backend<'_>, parent: Oid) -> Result<Vec<Sibling>> {
    let partitions = backend.catalog()?.children_of(parent);
    Ok(partitions
        .filter_map(|relation| {
            Some(Sibling {
                relation: relation.clone(),
                bound: relation.partition_bound.clone()?,
            })
        })
        .collect())
}

/// Fails if the bound takes rows that another partition takes.
pub fn check_overlap(
    backend: &Backend<'_>,
    name: &str,
    parent: &Relation,
    key: &PartitionKey,
    new: &ReadBound,
) -> Result<()> {
    let siblings = siblings(backend, parent.oid)?;
    if let PartitionBound::Default = new.bound {
        let default = siblings.iter().find(|s| matches!(*s.bound, PartitionBound::Default));
        return match default {
            Some(other) => Err(conflict(format!(
                "partition \"{name}\" conflicts with existing default partition \"{}\"",
                other.relation.name
            ))
            .at(new.location)),
            None => Ok(()),
        };
    }
    let overlap = match &new.bound {
        PartitionBound::Default => None,
        PartitionBound::Hash { modulus, remainder } => {
            check_moduli(&siblings, *modulus)?;
            hash_overlap(&siblings, *modulus, *remainder).map(|other| (other, new.location))
        }
        PartitionBound::List(values) => list_overlap(&siblings, key, values).map(|(other, at)| {
            let location = new.values.get(at).copied().unwrap_or_default();
            (other, location)
        }),
        PartitionBound::Range { from, to } => {
            check_not_empty(backend, name, key, from, to, new)?;
            range_overlap(&siblings, key, from, to).map(|(other, at)| {
                let location = new.values.get(at).copied().unwrap_or_default();
                (other, location)
            })
        }
    };
    match overlap {
        Some((other, location)) => Err(conflict(format!(
            "partition \"{name}\" would overlap partition \"{}\"",
            other.relation.name
        ))
        .at(location)),
        None => Ok(()),
    }
}

/// Each modulus must be a factor of the next larger one.
fn check_moduli(siblings: &[Sibling], modulus: i32) -> Result<()> {
    let known = siblings.iter().filter_map(|sibling| match *sibling.bound {
        PartitionBound::Hash { modulus, .. } => Some((modulus, &sibling.relation.name)),
        _ => None,
    });
    let (mut smaller, mut larger) = (None, None);
    for (other, name) in known {
        if other <= modulus && smaller.is_none_or(|(best, _)| other > best) {
            smaller = Some((other, name));
        }
        if other >= modulus && larger.is_none_or(|(best, _)| other < best) {
            larger = Some((other, name));
        }
    }
    let error = || conflict("every hash partition modulus must be a factor of the next larger modulus");
    if let Some((other, name)) = smaller
        && modulus % other != 0
    {
        return Err(error().detail(format!(
            "The new modulus {modulus} is not divisible by {other}, the modulus of existing partition \"{name}\"."
        )));
    }
    if let Some((other, name)) = larger
        && other % modulus != 0
    {
        return Err(error().detail(format!(
            "The new modulus {modulus} is not a factor of {other}, the modulus of existing partition \"{name}\"."
        )));
    }
    Ok(())
}

fn hash_overlap(siblings: &[Sibling], modulus: i32, remainder: i32) -> Option<&Sibling> {
    siblings.iter().find(|sibling| match *sibling.bound {
        PartitionBound::Hash {
            modulus: other,
            remainder: taken,
        } => {
            let common = modulus.min(other);
            remainder % common == taken % common
        }
        _ => false,
    })
}

fn list_overlap<'a>(siblings: &'a [Sibling], key: &PartitionKey, values: &[Datum]) -> Option<(&'a Sibling, usize)> {
    let type_oid = key.types.first().copied().unwrap_or_default();
    values.iter().enumerate().find_map(|(at, value)| {
        let other = siblings.iter().find(|sibling| match &*sibling.bound {
            PartitionBound::List(taken) => taken.iter().any(|known| same(type_oid, known, value)),
            _ => false,
        });
        other.map(|other| (other, at))
    })
}

/// Which end of a range a bound is: of equal values, an upper one comes first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Lower,
    Upper,
}

/// Compares bounds; beside the order the column (from 0) that decides it.
fn compare_bounds(key: &PartitionKey, a: (&[RangeDatum], End), b: (&[RangeDatum], End)) -> (Ordering, usize) {
    for (at, (left, right)) in a.0.iter().zip(b.0).enumerate() {
        let order = match (left, right) {
            (RangeDatum::Value(left), RangeDatum::Value(right)) => {
                compare_typed(key.types.get(at).copied().unwrap_or_default(), left, right)
            }
            (left, right) => infinity_rank(left).cmp(&infinity_rank(right)),
        };
        if order != Ordering::Equal {
            return (order, at);
        }
        // After equal infinities nothing more is looked at.
        if !matches!(left, RangeDatum::Value(_)) {
            break;
        }
    }
    let order = match (a.1, b.1) {
        (End::Upper, End::Lower) => Ordering::Less,
        (End::Lower, End::Upper) => Ordering::Greater,
        _ => Ordering::Equal,
    };
    (order, a.0.len().saturating_sub(1))
}

fn infinity_rank(bound: &RangeDatum) -> i8 {
    match bound {
        RangeDatum::MinValue => -1,
        RangeDatum::Value(_) => 0,
        RangeDatum::MaxValue => 1,
    }
}

/// Compares two lower bounds, for listing partitions in order.
pub fn compare_lower(key: &PartitionKey, a: &[RangeDatum], b: &[RangeDatum]) -> Ordering {
    compare_bounds(key, (a, End::Lower), (b, End::Lower)).0
}

fn check_not_empty(
    backend: &Backend<'_>,
    name: &str,
    key: &PartitionKey,
    from: &[RangeDatum],
    to: &[RangeDatum],
    new: &ReadBound,
) -> Result<()> {
    let (order, at) = compare_bounds(key, (from, End::Lower), (to, End::Upper));
    if order == Ordering::Less {
        return Ok(());
    }
    let text = |bounds: &[RangeDatum]| range_text(backend, key, bounds);
    Err(
        conflict(format!("empty range bound specified for partition \"{name}\""))
            .detail(format!(
                "Specified lower bound {} is greater than or equal to upper bound {}.",
                text(from),
                text(to)
            ))
            .at(new.values.get(at).copied().unwrap_or_default()),
    )
}

/// `(1, MAXVALUE)`: the values of one end as FOR VALUES writes them.
pub fn range_text(backend: &Backend<'_>, key: &PartitionKey, bounds: &[RangeDatum]) -> String {
    let words: Vec<String> = bounds
        .iter()
        .zip(&key.types)
        .map(|(bound, type_oid)| match bound {
            RangeDatum::MinValue => "MINVALUE".to_string(),
            RangeDatum::MaxValue => "MAXVALUE".to_string(),
            RangeDatum::Value(value) => literal(backend, *type_oid, value),
        })
        .collect();
    format!("({})", words.join(", "))
}

/// A value of a bound as a constant, without its type.
pub fn literal(backend: &Backend<'_>, type_oid: Oid, value: &Datum) -> String {
    let Some(text) = backend.output_text(type_oid, value) else {
        return "NULL".into();
    };
    match value {
        Datum::Bool(value) => value.to_string(),
        Datum::Int2(_) | Datum::Int4(_) | Datum::Int8(_) | Datum::Numeric(_) | Datum::Float4(_) | Datum::Float8(_)
            if text.starts_with(|c: char| c.is_ascii_digit()) =>
        {
            text
        }
        _ => crate::catalog::quote::quote_literal(&text),
    }
}

/// The partition the range overlaps, and the place among the values (FROM's, then TO's) to point at.
fn range_overlap<'a>(
    siblings: &'a [Sibling],
    key: &PartitionKey,
    from: &[RangeDatum],
    to: &[RangeDatum],
) -> Option<(&'a Sibling, usize)> {
    let mut ranges: Vec<(&Sibling, &[RangeDatum], &[RangeDatum])> = siblings
        .iter()
        .filter_map(|sibling| match &*sibling.bound {
            PartitionBound::Range { from, to } => Some((sibling, from.as_slice(), to.as_slice())),
            _ => None,
        })
        .collect();
    ranges.sort_by(|a, b| compare_bounds(key, (a.1, End::Lower), (b.1, End::Lower)).0);
    for (sibling, lower, upper) in ranges {
        let (start, column) = compare_bounds(key, (lower, End::Lower), (from, End::Lower));
        if start != Ordering::Greater {
            // The new range begins after this one does: inside it, unless this one ends before.
            let (end, _) = compare_bounds(key, (upper, End::Upper), (from, End::Lower));
            if end == Ordering::Greater {
                let at = if start == Ordering::Equal { 0 } else { column };
                return Some((sibling, at));
            }
            continue;
        }
        // It begins before: the overlap shows at its end.
        let (end, column) = compare_bounds(key, (lower, End::Lower), (to, End::Upper));
        return (end == Ordering::Less).then_some((sibling, from.len() + column));
    }
    None
}
