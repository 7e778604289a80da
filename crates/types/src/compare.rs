//! The order of values, as the default btree operator class of their type gives it, and hashes that agree
//! with equality.
//!
//! Text compares bytewise (the C collation). Blanks that pad a `char(n)` do not count: callers that compare
//! such values use [`compare_padded`]. NULL sorts after everything, as `NULLS LAST` wants; NaN after all
//! numbers.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use crate::numeric::NumericKind;
use crate::{ArrayValue, Datum, Inet, Interval, Json, Numeric, RangeValue};

/// Compares two values of one type, or of two types of one family (`int4` and `int8`, `float4` and `float8`).
pub fn compare(a: &Datum, b: &Datum) -> Ordering {
    match (a, b) {
        (Datum::Null, Datum::Null) => Ordering::Equal,
        (Datum::Null, _) => Ordering::Greater,
        (_, Datum::Null) => Ordering::Less,
        (Datum::Bool(a), Datum::Bool(b)) => a.cmp(b),
        (Datum::Text(a), Datum::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
        (Datum::Bytea(a), Datum::Bytea(b)) => a.cmp(b),
        (Datum::Numeric(a), Datum::Numeric(b)) => compare_numeric(a, b),
        (Datum::Uuid(a), Datum::Uuid(b)) => a.cmp(b),
        (Datum::Date(a), Datum::Date(b)) => a.cmp(b),
        (Datum::Time(a), Datum::Time(b)) => a.cmp(b),
        (Datum::TimeTz(..), Datum::TimeTz(..)) => time_tz_key(a).cmp(&time_tz_key(b)),
        (Datum::Timestamp(a), Datum::Timestamp(b)) => a.cmp(b),
        (Datum::TimestampTz(a), Datum::TimestampTz(b)) => a.cmp(b),
        (Datum::Interval(a), Datum::Interval(b)) => interval_span(a).cmp(&interval_span(b)),
        (Datum::Jsonb(a), Datum::Jsonb(b)) => compare_json(a, b),
        (Datum::Array(a), Datum::Array(b)) => compare_arrays(a, b),
        (Datum::Record(a), Datum::Record(b)) => compare_rows(&a.values, &b.values),
        (Datum::Range(a), Datum::Range(b)) => compare_ranges(a, b),
        (Datum::Multirange(a), Datum::Multirange(b)) => compare_multiranges(a, b),
        (Datum::Inet(a), Datum::Inet(b)) => compare_inet(a, b),
        (Datum::Enum(a), Datum::Enum(b)) => a.sort_order.total_cmp(&b.sort_order),
        (Datum::Bits(a), Datum::Bits(b)) => a.0.cmp(&b.0),
        (Datum::Void, Datum::Void) => Ordering::Equal,
        _ => match (a.as_i64(), b.as_i64(), float(a), float(b)) {
            (Some(a), Some(b), ..) => a.cmp(&b),
            (.., Some(a), Some(b)) => compare_floats(a, b),
            _ => rank(a).cmp(&rank(b)),
        },
    }
}

/// The same for `char(n)`, whose trailing blanks do not count.
pub fn compare_padded(a: &Datum, b: &Datum) -> Ordering {
    match (a, b) {
        (Datum::Text(a), Datum::Text(b)) => {
            let (a, b) = (a.trim_end_matches(' '), b.trim_end_matches(' '));
            a.as_bytes().cmp(b.as_bytes())
        }
        _ => compare(a, b),
    }
}

/// Equal by the default operator class; NULLs are equal to each other here (`IS NOT DISTINCT FROM`).
pub fn same(a: &Datum, b: &Datum) -> bool {
    compare(a, b) == Ordering::Equal
}

/// Compares rows field by field; a shorter row that is a prefix of the other sorts first.
pub fn compare_rows(a: &[Datum], b: &[Datum]) -> Ordering {
    let by_value = a.iter().zip(b).map(|(a, b)| compare(a, b)).find(|o| o.is_ne());
    by_value.unwrap_or_else(|| a.len().cmp(&b.len()))
}

/// As `float8_cmp`: NaN equals NaN and is greater than all others; -0 equals 0.
pub fn compare_floats(a: f64, b: f64) -> Ordering {
    match (a.is_nan(), b.is_nan()) {
        (false, false) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
        (a_nan, b_nan) => a_nan.cmp(&b_nan),
    }
}

/// Feeds a value to a hasher so that values that compare as equal give equal hashes.
pub fn hash<H: Hasher>(value: &Datum, state: &mut H) {
    match value {
        Datum::Null | Datum::Void => state.write_u8(0),
        Datum::Bool(v) => state.write_u8(u8::from(*v)),
        Datum::Int2(_) | Datum::Int4(_) | Datum::Int8(_) | Datum::Oid(_) => {
            state.write_i64(value.as_i64().unwrap_or_default());
        }
        Datum::Float4(v) => hash_float(f64::from(*v), state),
        Datum::Float8(v) => hash_float(*v, state),
        Datum::Numeric(v) => hash_numeric(v, state),
        Datum::Text(v) => state.write(v.as_bytes()),
        Datum::Bytea(v) => state.write(v),
        Datum::Uuid(v) => state.write(v),
        Datum::Date(v) => state.write_i64(i64::from(*v)),
        Datum::Time(v) | Datum::Timestamp(v) | Datum::TimestampTz(v) => state.write_i64(*v),
        Datum::TimeTz(..) => time_tz_key(value).hash(state),
        Datum::Interval(v) => interval_span(v).hash(state),
        Datum::Jsonb(v) => hash_json(v, state),
        Datum::Array(v) => v.values.iter().for_each(|value| hash(value, state)),
        Datum::Record(v) => v.values.iter().for_each(|value| hash(value, state)),
        Datum::Range(v) => hash_range(v, state),
        Datum::Multirange(v) => v.iter().for_each(|range| hash_range(range, state)),
        Datum::Inet(v) => {
            v.address.hash(state);
            state.write_u8(v.prefix);
        }
        Datum::Enum(v) => state.write_u32(v.oid.0),
        Datum::Bits(v) => v.0.hash(state),
    }
}

fn float(value: &Datum) -> Option<f64> {
    match value {
        Datum::Float4(v) => Some(f64::from(*v)),
        Datum::Float8(v) => Some(*v),
        _ => None,
    }
}

/// An order between values of families that no operator compares, so that sorting is total all the same.
fn rank(value: &Datum) -> u8 {
    match value {
        Datum::Bool(_) => 0,
        Datum::Int2(_) | Datum::Int4(_) | Datum::Int8(_) | Datum::Oid(_) => 1,
        Datum::Float4(_) | Datum::Float8(_) => 2,
        Datum::Numeric(_) => 3,
        Datum::Text(_) => 4,
        Datum::Bytea(_) => 5,
        Datum::Uuid(_) => 6,
        Datum::Date(_) => 7,
        Datum::Time(_) => 8,
        Datum::TimeTz(..) => 9,
        Datum::Timestamp(_) => 10,
        Datum::TimestampTz(_) => 11,
        Datum::Interval(_) => 12,
        Datum::Jsonb(_) => 13,
        Datum::Array(_) => 14,
        Datum::Record(_) => 15,
        Datum::Range(_) => 16,
        Datum::Inet(_) => 17,
        Datum::Enum(_) => 18,
        Datum::Bits(_) => 19,
        Datum::Multirange(_) => 20,
        Datum::Void => 21,
        Datum::Null => 22,
    }
}

/// UTC instant first, then the zone.
fn time_tz_key(value: &Datum) -> (i64, i32) {
    match value {
        Datum::TimeTz(time, zone) => (time.saturating_add(i64::from(*zone) * 1_000_000), *zone),
        _ => (0, 0),
    }
}

/// A month counts as 30 days, a day as 24 hours.
fn interval_span(v: &Interval) -> i128 {
    let days = i128::from(v.months) * 30 + i128::from(v.days);
    days * 86_400_000_000 + i128::from(v.micros)
}

pub fn compare_numeric(a: &Numeric, b: &Numeric) -> Ordering {
    fn class(kind: NumericKind) -> u8 {
        match kind {
            NumericKind::NegativeInfinity => 0,
            NumericKind::Positive | NumericKind::Negative => 1,
            NumericKind::Infinity => 2,
            NumericKind::NaN => 3,
        }
    }
    let by_class = class(a.kind).cmp(&class(b.kind));
    if by_class.is_ne() || class(a.kind) != 1 {
        return by_class;
    }
    let sign = |n: &Numeric| match (n.digits.is_empty(), n.kind) {
        (true, _) => 0,
        (_, NumericKind::Negative) => -1,
        _ => 1,
    };
    let (sign_a, sign_b) = (sign(a), sign(b));
    if sign_a != sign_b || sign_a == 0 {
        return sign_a.cmp(&sign_b);
    }
    let magnitude = a.weight.cmp(&b.weight).then_with(|| a.digits.cmp(&b.digits));
    if sign_a < 0 { magnitude.reverse() } else { magnitude }
}

fn hash_numeric<H: Hasher>(v: &Numeric, state: &mut H) {
    match v.kind {
        NumericKind::Positive | NumericKind::Negative if v.digits.is_empty() => state.write_u8(0),
        NumericKind::Positive | NumericKind::Negative => {
            state.write_i32(v.weight);
            v.digits.hash(state);
            state.write_u8(u8::from(v.kind == NumericKind::Negative));
        }
        NumericKind::NaN => state.write_u8(3),
        NumericKind::Infinity => state.write_u8(1),
        NumericKind::NegativeInfinity => state.write_u8(2),
    }
}

fn hash_float<H: Hasher>(v: f64, state: &mut H) {
    let canonical = if v.is_nan() {
        f64::NAN
    } else if v == 0.0 {
        0.0
    } else {
        v
    };
    state.write_u64(canonical.to_bits());
}

/// As `compareJsonbContainers`: Object > Array > Boolean > Number > String > Null; more elements are greater.
fn compare_json(a: &Json, b: &Json) -> Ordering {
    fn rank(json: &Json) -> u8 {
        match json {
            Json::Null => 0,
            Json::String(_) => 1,
            Json::Number(_) => 2,
            Json::Bool(_) => 3,
            Json::Array(_) => 4,
            Json::Object(_) => 5,
        }
    }
    match (a, b) {
        (Json::String(a), Json::String(b)) => a.as_bytes().cmp(b.as_bytes()),
        (Json::Number(a), Json::Number(b)) => compare_numeric(a, b),
        (Json::Bool(a), Json::Bool(b)) => a.cmp(b),
        (Json::Array(a), Json::Array(b)) => {
            let by_value = || a.iter().zip(b).map(|(a, b)| compare_json(a, b)).find(|o| o.is_ne());
            let by_length = a.len().cmp(&b.len());
            by_length.then_with(|| by_value().unwrap_or(Ordering::Equal))
        }
        (Json::Object(a), Json::Object(b)) => {
            let pair = |((ka, va), (kb, vb)): (&(_, Json), &(_, Json))| {
                let (ka, kb): (&std::sync::Arc<str>, &std::sync::Arc<str>) = (ka, kb);
                (ka.len(), ka).cmp(&(kb.len(), kb)).then_with(|| compare_json(va, vb))
            };
            let by_pair = || a.iter().zip(b).map(pair).find(|o| o.is_ne());
            let by_length = a.len().cmp(&b.len());
            by_length.then_with(|| by_pair().unwrap_or(Ordering::Equal))
        }
        _ => rank(a).cmp(&rank(b)),
    }
}

fn hash_json<H: Hasher>(json: &Json, state: &mut H) {
    match json {
        Json::Null => state.write_u8(0),
        Json::Bool(v) => state.write_u8(1 + u8::from(*v)),
        Json::Number(v) => hash_numeric(v, state),
        Json::String(v) => state.write(v.as_bytes()),
        Json::Array(values) => values.iter().for_each(|value| hash_json(value, state)),
        Json::Object(pairs) => pairs.iter().for_each(|(key, value)| {
            state.write(key.as_bytes());
            hash_json(value, state);
        }),
    }
}

/// By elements, then by number of dimensions, lengths and lower bounds.
fn compare_arrays(a: &ArrayValue, b: &ArrayValue) -> Ordering {
    compare_rows(&a.values, &b.values)
        .then_with(|| a.dims.len().cmp(&b.dims.len()))
        .then_with(|| a.dims.cmp(&b.dims))
}

/// Empty ranges first, then by lower and upper bound.
pub fn compare_ranges(a: &RangeValue, b: &RangeValue) -> Ordering {
    match (a, b) {
        (RangeValue::Empty, RangeValue::Empty) => Ordering::Equal,
        (RangeValue::Empty, _) => Ordering::Less,
        (_, RangeValue::Empty) => Ordering::Greater,
        (
            RangeValue::Bounds {
                lower: la,
                lower_inclusive: lia,
                upper: ua,
                upper_inclusive: uia,
            },
            RangeValue::Bounds {
                lower: lb,
                lower_inclusive: lib,
                upper: ub,
                upper_inclusive: uib,
            },
        ) => {
            let lower = match (la, lb) {
                (None, None) => Ordering::Equal,
                (None, _) => Ordering::Less,
                (_, None) => Ordering::Greater,
                (Some(a), Some(b)) => compare(a, b).then_with(|| lib.cmp(lia)),
            };
            lower.then_with(|| match (ua, ub) {
                (None, None) => Ordering::Equal,
                (None, _) => Ordering::Greater,
                (_, None) => Ordering::Less,
                (Some(a), Some(b)) => compare(a, b).then_with(|| uia.cmp(uib)),
            })
        }
    }
}

/// Range by range; a multirange that is a prefix of the other sorts first.
fn compare_multiranges(a: &[RangeValue], b: &[RangeValue]) -> Ordering {
    let by_range = a.iter().zip(b).map(|(a, b)| compare_ranges(a, b));
    let differing = by_range.into_iter().find(|o| o.is_ne());
    differing.unwrap_or_else(|| a.len().cmp(&b.len()))
}

fn hash_range<H: Hasher>(range: &RangeValue, state: &mut H) {
    match range {
        RangeValue::Empty => state.write_u8(0),
        RangeValue::Bounds {
            lower,
            lower_inclusive,
            upper,
            upper_inclusive,
        } => {
            for (bound, inclusive) in [(lower, lower_inclusive), (upper, upper_inclusive)] {
                match bound {
                    None => state.write_u8(1),
                    Some(value) => hash(value, state),
                }
                state.write_u8(u8::from(*inclusive));
            }
        }
    }
}

/// Network part first, then the prefix length, then the whole address; IPv4 before IPv6.
fn compare_inet(a: &Inet, b: &Inet) -> Ordering {
    fn bits(v: &Inet) -> (u8, u128, u32) {
        match v.address {
            std::net::IpAddr::V4(ip) => (4, u128::from(ip.to_bits()) << 96, 32),
            std::net::IpAddr::V6(ip) => (6, ip.to_bits(), 128),
        }
    }
    let ((family_a, bits_a, _), (family_b, bits_b, _)) = (bits(a), bits(b));
    let common = u32::from(a.prefix.min(b.prefix));
    let mask = u128::MAX.checked_shl(128 - common).unwrap_or(0);
    family_a
        .cmp(&family_b)
        .then_with(|| (bits_a & mask).cmp(&(bits_b & mask)))
        .then_with(|| a.prefix.cmp(&b.prefix))
        .then_with(|| bits_a.cmp(&bits_b))
}

#[cfg(test)]
mod tests {
    use std::collections::hash_map::DefaultHasher;

    use super::*;

    fn check(ascending: &[Datum]) {
        for (i, a) in ascending.iter().enumerate() {
            for (j, b) in ascending.iter().enumerate() {
                assert_eq!(compare(a, b), i.cmp(&j), "{a:?} and {b:?}");
            }
        }
    }

    fn digest(value: &Datum) -> u64 {
        let mut hasher = DefaultHasher::new();
        hash(value, &mut hasher);
        hasher.finish()
    }

    fn json(value: Json) -> Datum {
        Datum::Jsonb(value.into())
    }

    fn interval(months: i32, days: i32, micros: i64) -> Datum {
        Datum::Interval(Interval { months, days, micros })
    }

    #[test]
    fn values_sort_as_their_operator_class_says() {
        check(&[Datum::Int2(-1), Datum::Int8(0), Datum::Int4(7), Datum::Null]);
        check(&[
            Datum::Float8(f64::NEG_INFINITY),
            Datum::Float4(0.0),
            Datum::Float8(f64::NAN),
        ]);
        check(&[Datum::from("B"), Datum::from("a"), Datum::from("aa")]);
        check(&[interval(0, 29, 0), interval(1, 0, 0), interval(0, 30, 1)]);
        check(&[
            json(Json::Null),
            json(Json::String("z".into())),
            json(Json::Bool(false)),
            json(Json::Array(vec![])),
            json(Json::Array(vec![Json::Null])),
            json(Json::Object(vec![])),
        ]);
    }

    #[test]
    fn equal_values_have_equal_hashes() {
        let pairs = [
            (Datum::Int2(5), Datum::Int8(5)),
            (Datum::Float8(0.0), Datum::Float4(-0.0)),
            (interval(1, 0, 0), interval(0, 30, 0)),
        ];
        for (a, b) in pairs {
            assert!(same(&a, &b));
            assert_eq!(digest(&a), digest(&b));
        }
    }

    #[test]
    fn padding_does_not_count() {
        let (short, long) = (Datum::from("a"), Datum::from("a   "));
        assert_eq!(compare_padded(&short, &long), Ordering::Equal);
        assert_eq!(compare(&short, &long), Ordering::Less);
    }
}
