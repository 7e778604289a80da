//! Order and equality of values: PostgreSQL's default btree operator classes, under the collation C.UTF-8.
//!
//! NaN equals itself and is greater than all numbers; `char(n)` ignores blanks at the end; spans of time compare
//! by their length; jsonb has its own order. [`hash`] agrees with this equality, for hash joins and
//! grouping; PostgreSQL's own hash functions are in [`crate::hash`].

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use crate::{ArrayValue, Datum, Inet, Interval, Json, Numeric, Oid, RangeValue, RecordValue};

/// Types with a default btree operator class, besides arrays, ranges, enums and composites.
#[rustfmt::skip]
const BTREE: &[Oid] = &[
    Oid::BOOL,
    Oid::BYTEA,
    Oid::CHAR,
    Oid::NAME,
    Oid::INT8,
    Oid::INT2,
    Oid::INT4,
    Oid::TEXT,
    Oid::OID,
    Oid::TID,
    Oid::OIDVECTOR,
    Oid::FLOAT4,
    Oid::FLOAT8,
    Oid::MACADDR8,
    Oid::MONEY,
    Oid::MACADDR,
    Oid::INET,
    Oid::BPCHAR,
    Oid::DATE,
    Oid::TIME,
    Oid::TIMESTAMP,
    Oid::TIMESTAMPTZ,
    Oid::INTERVAL,
    Oid::TIMETZ,
    Oid::BIT,
    Oid::VARBIT,
    Oid::NUMERIC,
    Oid::RECORD,
    Oid::UUID,
    Oid::PG_LSN,
    Oid::TSVECTOR,
    Oid::TSQUERY,
    Oid::JSONB,
    Oid::XID8,
];

/// Types of [`BTREE`] that have no hash operator class, and the other way round.
const NOT_HASHED: &[Oid] = &[Oid::MONEY, Oid::BIT, Oid::VARBIT, Oid::TSVECTOR, Oid::TSQUERY];
const ONLY_HASHED: &[Oid] = &[Oid::XID, Oid::CID, Oid::ACLITEM];

/// Whether a built-in base type has a default btree operator class of its own (`text` stands for `varchar`).
pub fn has_btree_class(type_oid: Oid) -> bool {
    BTREE.contains(&type_oid)
}

/// Whether a built-in base type has a default hash operator class of its own.
pub fn has_hash_class(type_oid: Oid) -> bool {
    ONLY_HASHED.contains(&type_oid) || has_btree_class(type_oid) && !NOT_HASHED.contains(&type_oid)
}

/// Compares two values of one type, or of two types of one family (`int4` and `int8`, `float4` and `numeric`).
/// NULL equals NULL and is greater than all else.
pub fn compare(a: &Datum, b: &Datum) -> Ordering {
    compare_typed(Oid::INVALID, a, b)
}

/// The same for `char(n)`, whose trailing blanks do not count.
pub fn compare_padded(a: &Datum, b: &Datum) -> Ordering {
    compare_typed(Oid::BPCHAR, a, b)
}

/// The same for values whose type is only known at run time: only `char(n)` needs to be told.
pub fn compare_typed(type_oid: Oid, a: &Datum, b: &Datum) -> Ordering {
    match (a, b) {
        (Datum::Null, Datum::Null) => Ordering::Equal,
        (Datum::Null, _) => Ordering::Greater,
        (_, Datum::Null) => Ordering::Less,
        (Datum::Bool(a), Datum::Bool(b)) => a.cmp(b),
        (Datum::Int4(a), Datum::Int4(b)) | (Datum::Date(a), Datum::Date(b)) => a.cmp(b),
        (Datum::Int8(a), Datum::Int8(b))
        | (Datum::Time(a), Datum::Time(b))
        | (Datum::Timestamp(a), Datum::Timestamp(b))
        | (Datum::TimestampTz(a), Datum::TimestampTz(b)) => a.cmp(b),
        (Datum::Text(a), Datum::Text(b)) if type_oid == Oid::BPCHAR => trim(a).cmp(trim(b)),
        (Datum::Text(a), Datum::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
        (Datum::Bytea(a), Datum::Bytea(b)) => a.cmp(b),
        (Datum::Uuid(a), Datum::Uuid(b)) => a.cmp(b),
        (Datum::Numeric(a), Datum::Numeric(b)) => a.compare(b),
        (Datum::TimeTz(a, zone_a), Datum::TimeTz(b, zone_b)) => {
            utc(*a, *zone_a).cmp(&utc(*b, *zone_b)).then(zone_a.cmp(zone_b))
        }
        (Datum::Interval(a), Datum::Interval(b)) => span(a).cmp(&span(b)),
        (Datum::Enum(a), Datum::Enum(b)) => a.sort_order.total_cmp(&b.sort_order),
        (Datum::Bits(a), Datum::Bits(b)) => a.0.cmp(&b.0),
        (Datum::Inet(a), Datum::Inet(b)) => compare_inet(a, b),
        (Datum::Jsonb(a), Datum::Jsonb(b)) => compare_json(a, b),
        (Datum::Array(a), Datum::Array(b)) => compare_arrays(a, b),
        (Datum::Record(a), Datum::Record(b)) => compare_records(a, b),
        (Datum::Range(a), Datum::Range(b)) => compare_ranges(a, b),
        (Datum::Multirange(a), Datum::Multirange(b)) => {
            let ranges = a.iter().zip(b.iter()).map(|(a, b)| compare_ranges(a, b));
            first_difference(ranges).then(a.len().cmp(&b.len()))
        }
        _ => compare_numbers(a, b).unwrap_or_else(|| kind(a).cmp(&kind(b))),
    }
}

/// Equal by the default operator class; NULLs are equal to each other here (`IS NOT DISTINCT FROM`).
pub fn same(a: &Datum, b: &Datum) -> bool {
    compare(a, b).is_eq()
}

/// The same for values whose type is only known at run time.
pub fn same_typed(type_oid: Oid, a: &Datum, b: &Datum) -> bool {
    compare_typed(type_oid, a, b).is_eq()
}

/// Compares rows field by field; a shorter row that is a prefix of the other sorts first.
pub fn compare_rows(a: &[Datum], b: &[Datum]) -> Ordering {
    first_difference(a.iter().zip(b).map(|(a, b)| compare(a, b))).then(a.len().cmp(&b.len()))
}

/// An order between values that no operator compares, so that sorting is total all the same.
fn kind(value: &Datum) -> u8 {
    match value {
        Datum::Bool(_) => 0,
        Datum::Int2(_) | Datum::Int4(_) | Datum::Int8(_) | Datum::Oid(_) => 1,
        Datum::Float4(_) | Datum::Float8(_) | Datum::Numeric(_) => 2,
        Datum::Text(_) | Datum::Enum(_) => 3,
        Datum::Bytea(_) | Datum::Uuid(_) | Datum::Bits(_) | Datum::Inet(_) => 4,
        Datum::Date(_) | Datum::Timestamp(_) | Datum::TimestampTz(_) => 5,
        Datum::Time(_) | Datum::TimeTz(..) | Datum::Interval(_) => 6,
        Datum::Jsonb(_) => 7,
        Datum::Array(_) => 8,
        Datum::Record(_) => 9,
        Datum::Range(_) => 10,
        Datum::Multirange(_) => 11,
        Datum::Void => 12,
        Datum::Null => 13,
    }
}

/// Compares numbers of any two types, as the cross-type operators do: integers exactly, floats as doubles.
pub fn compare_numbers(a: &Datum, b: &Datum) -> Option<Ordering> {
    if let (Some(a), Some(b)) = (a.as_i64(), b.as_i64()) {
        return Some(a.cmp(&b));
    }
    let float = |value: &Datum| match value {
        Datum::Float4(v) => Some(f64::from(*v)),
        Datum::Float8(v) => Some(*v),
        Datum::Numeric(v) => Some(v.to_f64()),
        value => value.as_i64().map(|v| v as f64),
    };
    match (a, b) {
        (Datum::Numeric(a), b) if b.as_i64().is_some() => Some(a.compare(&b.as_i64()?.into())),
        (a, Datum::Numeric(b)) if a.as_i64().is_some() => Some(b.compare(&a.as_i64()?.into()).reverse()),
        _ => Some(compare_floats(float(a)?, float(b)?)),
    }
}

/// NaN equals NaN and is greater than all else; -0 equals 0.
pub fn compare_floats(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

/// A value of `char(n)` without the blanks at its end, which do not count.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_end_matches(' ')
}

/// Microseconds since midnight in UTC; the zone is in seconds west.
fn utc(time: i64, zone: i32) -> i64 {
    time + i64::from(zone) * 1_000_000
}

/// Length of an interval in microseconds, a month being 30 days.
pub(crate) fn span(interval: &Interval) -> i128 {
    let days = i128::from(interval.months) * 30 + i128::from(interval.days);
    days * 86_400_000_000 + i128::from(interval.micros)
}

/// IPv4 before IPv6; then the bits both networks have, the shorter network, all bits.
fn compare_inet(a: &Inet, b: &Inet) -> Ordering {
    let bits = |inet: &Inet| match inet.address {
        std::net::IpAddr::V4(v4) => (4, u128::from(u32::from(v4)) << 96),
        std::net::IpAddr::V6(v6) => (6, u128::from(v6)),
    };
    let ((family_a, bits_a), (family_b, bits_b)) = (bits(a), bits(b));
    let common = u32::from(a.prefix.min(b.prefix));
    let network = |bits: u128| bits.checked_shr(128 - common.min(128)).unwrap_or(0);
    (family_a, network(bits_a), a.prefix, bits_a).cmp(&(family_b, network(bits_b), b.prefix, bits_b))
}

fn compare_arrays(a: &ArrayValue, b: &ArrayValue) -> Ordering {
    let elements = a
        .values
        .iter()
        .zip(&b.values)
        .map(|(x, y)| compare_typed(a.element, x, y));
    let lengths = |array: &ArrayValue| array.dims.iter().map(|dim| dim.0).collect::<Vec<_>>();
    let bounds = |array: &ArrayValue| array.dims.iter().map(|dim| dim.1).collect::<Vec<_>>();
    first_difference(elements)
        .then_with(|| a.values.len().cmp(&b.values.len()))
        .then_with(|| a.dims.len().cmp(&b.dims.len()))
        .then_with(|| lengths(a).cmp(&lengths(b)))
        .then_with(|| bounds(a).cmp(&bounds(b)))
}

/// Field by field; that the types agree is checked by the operators.
fn compare_records(a: &RecordValue, b: &RecordValue) -> Ordering {
    let fields = a.values.iter().zip(&b.values).enumerate();
    let orders = fields.map(|(at, (x, y))| compare_typed(a.types.get(at).map_or(Oid::INVALID, |t| t.0), x, y));
    first_difference(orders).then(a.values.len().cmp(&b.values.len()))
}

pub fn compare_ranges(a: &RangeValue, b: &RangeValue) -> Ordering {
    match (a, b) {
        (RangeValue::Empty, RangeValue::Empty) => Ordering::Equal,
        (RangeValue::Empty, _) => Ordering::Less,
        (_, RangeValue::Empty) => Ordering::Greater,
        (
            RangeValue::Bounds {
                lower: la,
                lower_inclusive: la_in,
                upper: ua,
                upper_inclusive: ua_in,
            },
            RangeValue::Bounds {
                lower: lb,
                lower_inclusive: lb_in,
                upper: ub,
                upper_inclusive: ub_in,
            },
        ) => {
            // A lower bound of none is below all; at the same value, one that is inside comes first.
            let lower = compare_bounds(la.as_ref(), lb.as_ref()).then(lb_in.cmp(la_in));
            let upper = compare_bounds(ub.as_ref(), ua.as_ref())
                .reverse()
                .then(ua_in.cmp(ub_in));
            match (ua, ub) {
                (None, Some(_)) => lower.then(Ordering::Greater),
                (Some(_), None) => lower.then(Ordering::Less),
                _ => lower.then(upper),
            }
        }
    }
}

fn compare_bounds(a: Option<&Datum>, b: Option<&Datum>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => compare(a, b),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

/// The order of jsonb: Object > Array > Boolean > Number > String > Null; containers by size first.
fn compare_json(a: &Json, b: &Json) -> Ordering {
    // A scalar by itself is stored as an array of one, hence the odd place of the empty array.
    match (a, b) {
        (Json::Array(a), scalar) if is_scalar(scalar) => a.len().cmp(&1).then(Ordering::Greater),
        (scalar, Json::Array(b)) if is_scalar(scalar) => 1.cmp(&b.len()).then(Ordering::Less),
        _ => compare_nested_json(a, b),
    }
}

fn is_scalar(value: &Json) -> bool {
    !matches!(value, Json::Array(_) | Json::Object(_))
}

fn compare_nested_json(a: &Json, b: &Json) -> Ordering {
    fn rank(value: &Json) -> u8 {
        match value {
            Json::Null => 0,
            Json::String(_) => 1,
            Json::Number(_) => 2,
            Json::Bool(_) => 3,
            Json::Array(_) => 4,
            Json::Object(_) => 5,
        }
    }
    match (a, b) {
        (Json::Bool(a), Json::Bool(b)) => a.cmp(b),
        (Json::Number(a), Json::Number(b)) => a.compare(b),
        (Json::String(a), Json::String(b)) => a.as_bytes().cmp(b.as_bytes()),
        (Json::Array(a), Json::Array(b)) => {
            let elements = a.iter().zip(b).map(|(x, y)| compare_nested_json(x, y));
            a.len().cmp(&b.len()).then_with(|| first_difference(elements))
        }
        (Json::Object(a), Json::Object(b)) => {
            let pairs = a.iter().zip(b).map(|((key_a, a), (key_b, b))| {
                key_a
                    .as_bytes()
                    .cmp(key_b.as_bytes())
                    .then_with(|| compare_nested_json(a, b))
            });
            a.len().cmp(&b.len()).then_with(|| first_difference(pairs))
        }
        _ => rank(a).cmp(&rank(b)),
    }
}

fn first_difference(mut orders: impl Iterator<Item = Ordering>) -> Ordering {
    orders.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

/// Feeds a value to a hasher so that values that compare as equal give equal hashes, integers of different widths
/// included.
pub fn hash<H: Hasher>(value: &Datum, state: &mut H) {
    hash_typed(Oid::INVALID, value, state);
}

/// The same for values whose type is only known at run time: only `char(n)` needs to be told.
pub fn hash_typed<H: Hasher>(type_oid: Oid, value: &Datum, state: &mut H) {
    match value {
        Datum::Null | Datum::Void => state.write_u8(0),
        Datum::Bool(v) => state.write_u8(u8::from(*v)),
        Datum::Int2(_) | Datum::Int4(_) | Datum::Int8(_) | Datum::Oid(_) => {
            state.write_i64(value.as_i64().unwrap_or_default());
        }
        Datum::Float4(v) => hash_float(f64::from(*v), state),
        Datum::Float8(v) => hash_float(*v, state),
        Datum::Numeric(v) => hash_numeric(v, state),
        Datum::Text(v) if type_oid == Oid::BPCHAR => state.write(trim(v).as_bytes()),
        Datum::Text(v) => state.write(v.as_bytes()),
        Datum::Bytea(v) => state.write(v),
        Datum::Uuid(v) => state.write(v),
        Datum::Date(v) => state.write_i64(i64::from(*v)),
        Datum::Time(v) | Datum::Timestamp(v) | Datum::TimestampTz(v) => state.write_i64(*v),
        Datum::TimeTz(time, zone) => (time, zone).hash(state),
        Datum::Interval(v) => span(v).hash(state),
        Datum::Jsonb(v) => hash_json(v, state),
        Datum::Array(v) => v.values.iter().for_each(|value| hash_typed(v.element, value, state)),
        Datum::Record(v) => {
            for (value, (type_oid, _)) in v.values.iter().zip(v.types.iter()) {
                hash_typed(*type_oid, value, state);
            }
        }
        Datum::Range(v) => hash_range(v, state),
        Datum::Multirange(v) => v.iter().for_each(|range| hash_range(range, state)),
        Datum::Inet(v) => (v.address, v.prefix).hash(state),
        Datum::Enum(v) => state.write_u32(v.oid.0),
        Datum::Bits(v) => v.0.hash(state),
    }
}

fn hash_float<H: Hasher>(value: f64, state: &mut H) {
    let canonical = match value {
        0.0 => 0.0,
        _ if value.is_nan() => f64::NAN,
        value => value,
    };
    state.write_u64(canonical.to_bits());
}

fn hash_numeric<H: Hasher>(value: &Numeric, state: &mut H) {
    state.write_u8(value.kind as u8);
    state.write_i32(value.weight);
    value.digits.hash(state);
}

fn hash_range<H: Hasher>(range: &RangeValue, state: &mut H) {
    if let RangeValue::Bounds {
        lower,
        lower_inclusive,
        upper,
        upper_inclusive,
    } = range
    {
        for (bound, inclusive) in [(lower, lower_inclusive), (upper, upper_inclusive)] {
            state.write_u8(u8::from(*inclusive));
            hash(bound.as_ref().unwrap_or(&Datum::Null), state);
        }
    }
}

fn hash_json<H: Hasher>(value: &Json, state: &mut H) {
    match value {
        Json::Null => state.write_u8(0),
        Json::Bool(v) => state.write_u8(1 + u8::from(*v)),
        Json::Number(v) => hash_numeric(v, state),
        Json::String(v) => state.write(v.as_bytes()),
        Json::Array(v) => v.iter().for_each(|element| hash_json(element, state)),
        Json::Object(v) => {
            for (key, value) in v {
                state.write(key.as_bytes());
                hash_json(value, state);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use std::collections::hash_map::DefaultHasher;

    use super::*;
    use crate::Numeric;
    use Ordering::{Equal, Greater, Less};

    fn check(type_oid: Oid, a: Datum, b: Datum, expect: Ordering) {
        assert_eq!(compare_typed(type_oid, &a, &b), expect, "{a:?} {b:?}");
        assert_eq!(compare_typed(type_oid, &b, &a), expect.reverse(), "{b:?} {a:?}");
        assert_eq!(same_typed(type_oid, &a, &b), expect.is_eq());
        if expect.is_eq() {
            assert_eq!(digest(type_oid, &a), digest(type_oid, &b), "{a:?} {b:?}");
        }
    }

    fn digest(type_oid: Oid, value: &Datum) -> u64 {
        let mut hasher = DefaultHasher::new();
        hash_typed(type_oid, value, &mut hasher);
        hasher.finish()
    }

    fn number(text: &str) -> Datum {
        Datum::Numeric(Numeric::parse(text).unwrap().into())
    }

    #[test]
    fn scalars_compare_as_in_btree() {
        check(Oid::TEXT, "abc ".into(), "abc".into(), Greater);
        check(Oid::BPCHAR, "abc ".into(), "abc".into(), Equal);
        check(Oid::TEXT, "Z".into(), "a".into(), Less);
        check(Oid::FLOAT8, f64::NAN.into(), f64::INFINITY.into(), Greater);
        check(Oid::FLOAT8, f64::NAN.into(), (-f64::NAN).into(), Equal);
        check(Oid::FLOAT8, 0.0.into(), (-0.0).into(), Equal);
        check(Oid::NUMERIC, number("1.50"), number("1.5"), Equal);
        check(Oid::NUMERIC, number("NaN"), number("Infinity"), Greater);
        check(Oid::NUMERIC, number("-2"), number("-1.9"), Less);
        check(Oid::INT4, Datum::Null, 1.into(), Greater);
        let interval = |months, days| {
            Datum::Interval(Interval {
                months,
                days,
                micros: 0,
            })
        };
        check(Oid::INTERVAL, interval(1, 0), interval(0, 30), Equal);
        let utc_noon = Datum::TimeTz(43_200_000_000, 0);
        check(Oid::TIMETZ, utc_noon, Datum::TimeTz(43_200_000_000, -3600), Greater);
    }

    #[test]
    fn networks_come_before_their_addresses() {
        let inet = |text: &str, prefix| {
            Datum::Inet(
                Inet {
                    address: text.parse().unwrap(),
                    prefix,
                }
                .into(),
            )
        };
        check(Oid::INET, inet("10.0.0.0", 8), inet("10.0.0.0", 16), Less);
        check(Oid::INET, inet("10.9.0.0", 8), inet("10.0.0.1", 32), Less);
        check(Oid::INET, inet("11.0.0.0", 8), inet("10.9.9.9", 32), Greater);
        check(Oid::INET, inet("255.0.0.0", 8), inet("::", 128), Less);
        check(Oid::INET, inet("0.0.0.0", 0), inet("9.0.0.0", 0), Less);
    }

    #[test]
    fn containers_compare_element_by_element() {
        let array = |values: &[i32]| {
            let values = values.iter().map(|&v| v.into()).collect();
            Datum::Array(ArrayValue::vector(Oid::INT4, values).into())
        };
        check(Oid::INT4_ARRAY, array(&[1, 2]), array(&[1, 2, 0]), Less);
        check(Oid::INT4_ARRAY, array(&[2]), array(&[1, 9]), Greater);
        let range = |lower: Option<i32>, upper: Option<i32>| {
            Datum::Range(
                RangeValue::Bounds {
                    lower: lower.map(Datum::from),
                    lower_inclusive: lower.is_some(),
                    upper: upper.map(Datum::from),
                    upper_inclusive: false,
                }
                .into(),
            )
        };
        check(Oid::INT4RANGE, range(None, Some(5)), range(Some(1), Some(5)), Less);
        check(Oid::INT4RANGE, range(Some(1), None), range(Some(1), Some(5)), Greater);
        check(Oid::INT4RANGE, range(Some(1), Some(4)), range(Some(1), Some(5)), Less);
        check(
            Oid::INT4RANGE,
            Datum::Range(RangeValue::Empty.into()),
            range(None, None),
            Less,
        );
    }

    #[test]
    fn jsonb_has_its_own_order() {
        let text = |s: &str| Json::String(s.into());
        let jsonb = |value: Json| Datum::Jsonb(value.into());
        let number = |n: i64| Json::Number(Numeric::from(n).into());
        let ascending = [
            Json::Array(vec![]),
            Json::Null,
            text("a"),
            text("b"),
            number(-1),
            number(10),
            Json::Bool(false),
            Json::Bool(true),
            Json::Array(vec![Json::Null]),
            Json::Array(vec![Json::Bool(true)]),
            Json::Array(vec![Json::Null, Json::Null]),
            Json::Object(vec![]),
            Json::Object(vec![("a".into(), Json::Null)]),
        ];
        for pair in ascending.windows(2) {
            check(Oid::JSONB, jsonb(pair[0].clone()), jsonb(pair[1].clone()), Less);
        }
    }

    #[test]
    fn numbers_of_different_types_compare() {
        assert_eq!(compare_numbers(&Datum::Int4(1), &Datum::Int8(1)), Some(Equal));
        assert_eq!(compare_numbers(&Datum::Int4(1), &number("1.5")), Some(Less));
        assert_eq!(
            compare_numbers(&Datum::Float4(0.5), &Datum::Float8(0.25)),
            Some(Greater)
        );
        assert_eq!(compare_numbers(&Datum::Int4(1), &Datum::from("1")), None);
        assert_eq!(digest(Oid::INT4, &Datum::Int4(-7)), digest(Oid::INT8, &Datum::Int8(-7)));
    }
}
