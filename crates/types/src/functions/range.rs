//! Functions and operators on ranges and multiranges.

use std::sync::Arc;

use super::{Family, unexpected};
use crate::Datum::{
    self, Array, Bool, Date, Float8, Int4, Int8, Multirange, Null, Numeric, Range, Timestamp, TimestampTz,
};
use crate::range::edge::Edge;
use crate::range::is_discrete;
use crate::range::operate::{self, merge, normalize, outer, single};
use crate::{Call, Error, Implementation, RangeValue, Result, SqlState};

/// Constructors, parts and set operations.
pub static FUNCTIONS: Family = family! { call;
    "range_constructor2" (lower, upper) => construct(call, lower, upper, "[)");
    "range_constructor3" (lower, upper, flags) => {
        let flags = flags.as_str().ok_or_else(|| {
            Error::new(SqlState::DATA_EXCEPTION, "range constructor flags argument must not be null")
        })?;
        construct(call, lower, upper, flags)
    };
    "multirange_constructor0" () => Ok(multirange(Vec::new()));
    "multirange_constructor1" (Range(a)) => Ok(multirange(normalize([RangeValue::clone(a)])));
    "multirange_constructor2" (Array(ranges)) => {
        let member = |range: &Datum| match range {
            Range(range) => Ok(RangeValue::clone(range)),
            _ => Err(Error::new(
                SqlState::NULL_VALUE_NOT_ALLOWED,
                "multirange values cannot contain null members",
            )),
        };
        let ranges: Vec<RangeValue> = ranges.values.iter().map(member).collect::<Result<_>>()?;
        Ok(multirange(normalize(ranges)))
    };
    "int4range_canonical" (Range(a)) => Ok(Range(a.clone()));
    "int8range_canonical" (Range(a)) => Ok(Range(a.clone()));
    "daterange_canonical" (Range(a)) => Ok(Range(a.clone()));

    "range_lower" (a) => part(a, |lower, _| value(lower));
    "multirange_lower" (a) => part(a, |lower, _| value(lower));
    "range_upper" (a) => part(a, |_, upper| value(upper));
    "multirange_upper" (a) => part(a, |_, upper| value(upper));
    "range_lower_inc" (a) => flag(a, |lower, _| lower.inclusive);
    "multirange_lower_inc" (a) => flag(a, |lower, _| lower.inclusive);
    "range_upper_inc" (a) => flag(a, |_, upper| upper.inclusive);
    "multirange_upper_inc" (a) => flag(a, |_, upper| upper.inclusive);
    "range_lower_inf" (a) => flag(a, |lower, _| lower.value.is_none());
    "multirange_lower_inf" (a) => flag(a, |lower, _| lower.value.is_none());
    "range_upper_inf" (a) => flag(a, |_, upper| upper.value.is_none());
    "multirange_upper_inf" (a) => flag(a, |_, upper| upper.value.is_none());
    "range_empty" (a) => Ok(Bool(list(a)?.is_empty()));
    "multirange_empty" (a) => Ok(Bool(list(a)?.is_empty()));
    "multirange_unnest" set (Multirange(ranges)) =>
        Ok(ranges.iter().map(|range| vec![Range(Arc::new(range.clone()))]).collect());

    "range_union" (a, b) => {
        let joined = normalize(list(a)?.iter().chain(list(b)?).cloned());
        single(joined, "union").map(range)
    };
    "range_intersect" (a, b) => single(operate::intersect(list(a)?, list(b)?), "intersection").map(range);
    "range_minus" (a, b) => single(operate::minus(list(a)?, list(b)?), "difference").map(range);
    "range_merge" (Range(a), Range(b)) => Ok(range(merge(a, b)));
    "range_merge_from_multirange" (Multirange(ranges)) => Ok(range(match outer(ranges) {
        Some((lower, upper)) => RangeValue::between(lower, upper),
        None => RangeValue::Empty,
    }));
    "multirange_union" (a, b) => Ok(multirange(normalize(list(a)?.iter().chain(list(b)?).cloned())));
    "multirange_intersect" (a, b) => Ok(multirange(operate::intersect(list(a)?, list(b)?)));
    "multirange_minus" (a, b) => Ok(multirange(operate::minus(list(a)?, list(b)?)));

    "range_contains_elem" (a, element) => Ok(Bool(operate::contains_element(list(a)?, element)));
    "elem_contained_by_range" (element, a) => Ok(Bool(operate::contains_element(list(a)?, element)));
    "multirange_contains_elem" (a, element) => Ok(Bool(operate::contains_element(list(a)?, element)));
    "elem_contained_by_multirange" (element, a) => Ok(Bool(operate::contains_element(list(a)?, element)));

    "int4range_subdiff" (Int4(a), Int4(b)) => Ok(Float8(f64::from(*a) - f64::from(*b)));
    "int8range_subdiff" (Int8(a), Int8(b)) => Ok(Float8(i128_difference(*a, *b)));
    "numrange_subdiff" (Numeric(a), Numeric(b)) => Ok(Float8(a.sub(b).to_f64()));
    "daterange_subdiff" (Date(a), Date(b)) => Ok(Float8(f64::from(*a) - f64::from(*b)));
    "tsrange_subdiff" (Timestamp(a), Timestamp(b)) => Ok(Float8(i128_difference(*a, *b) / 1e6));
    "tstzrange_subdiff" (TimestampTz(a), TimestampTz(b)) => Ok(Float8(i128_difference(*a, *b) / 1e6));
};

/// A relation between two lists of ranges.
type Relation = fn(&[RangeValue], &[RangeValue]) -> bool;

/// Each relation under its four names: of ranges, multiranges, and one of each.
macro_rules! relations {
    ($($name:literal $relation:expr,)*) => {
        &[$(
            (concat!("range_", $name), relation!($relation)),
            (concat!("range_", $name, "_multirange"), relation!($relation)),
            (concat!("multirange_", $name, "_range"), relation!($relation)),
            (concat!("multirange_", $name, "_multirange"), relation!($relation)),
        )*]
    };
}

macro_rules! relation {
    ($relation:expr) => {
        Implementation::Scalar(|_, args| {
            const RELATION: Relation = $relation;
            match args {
                [a, b] => Ok(Bool(RELATION(list(a)?, list(b)?))),
                _ => Err(unexpected("a relation of ranges", args)),
            }
        })
    };
}

pub static RELATIONS: Family = relations! {
    "contains" operate::contains,
    "contained_by" |a, b| operate::contains(b, a),
    "overlaps" operate::overlaps,
    "before" operate::before,
    "after" |a, b| operate::before(b, a),
    "overleft" operate::over_left,
    "overright" operate::over_right,
    "adjacent" operate::adjacent,
};

/// The ranges of a range or multirange; an empty range has none.
fn list(value: &Datum) -> Result<&[RangeValue]> {
    match value {
        Range(range) if range.is_empty() => Ok(&[]),
        Range(range) => Ok(std::slice::from_ref(&**range)),
        Multirange(ranges) => Ok(ranges),
        other => Err(unexpected("a range function", std::slice::from_ref(other))),
    }
}

fn range(value: RangeValue) -> Datum {
    Range(Arc::new(value))
}

fn multirange(ranges: Vec<RangeValue>) -> Datum {
    Multirange(Arc::new(ranges))
}

fn value(edge: Edge<'_>) -> Datum {
    edge.value.cloned().unwrap_or_default()
}

fn part(a: &Datum, part: impl Fn(Edge<'_>, Edge<'_>) -> Datum) -> Result<Datum> {
    Ok(outer(list(a)?).map_or(Null, |(lower, upper)| part(lower, upper)))
}

fn flag(a: &Datum, flag: impl Fn(Edge<'_>, Edge<'_>) -> bool) -> Result<Datum> {
    Ok(Bool(outer(list(a)?).is_some_and(|(lower, upper)| flag(lower, upper))))
}

fn construct(call: &Call<'_>, lower: &Datum, upper: &Datum, flags: &str) -> Result<Datum> {
    let (lower_inclusive, upper_inclusive) = match flags {
        "[]" => (true, true),
        "[)" => (true, false),
        "(]" => (false, true),
        "()" => (false, false),
        _ => {
            return Err(Error::new(SqlState::SYNTAX_ERROR, "invalid range bound flags")
                .hint("Valid values are \"[]\", \"[)\", \"(]\", and \"()\"."));
        }
    };
    let discrete = is_discrete(call.result_type);
    RangeValue::new(lower.clone(), lower_inclusive, upper.clone(), upper_inclusive, discrete).map(range)
}

#[allow(clippy::cast_precision_loss)]
fn i128_difference(a: i64, b: i64) -> f64 {
    (i128::from(a) - i128::from(b)) as f64
}
