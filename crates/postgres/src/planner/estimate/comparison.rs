//! Selectivity of comparisons of a column with a value (`eqsel`, `scalarltsel` and kin).

use std::cmp::Ordering;

use kumquat_types::compare::compare;
use kumquat_types::{ArrayValue, Datum};

use super::clamp;
use super::variable::Variable;

/// `DEFAULT_INEQ_SEL`.
pub const DEFAULT_INEQUALITY: f64 = 0.333_333_333_333_333_3;

/// `column = value`; `None`: the value is not known while planning.
pub fn equal(variable: &Variable<'_>, value: Option<&Datum>) -> f64 {
    if value.is_some_and(Datum::is_null) {
        return 0.0;
    }
    if variable.unique && variable.has_relation && variable.tuples >= 1.0 {
        return clamp(1.0 / variable.tuples);
    }
    let distinct = variable.distinct().count;
    let Some(statistics) = &variable.statistics else {
        return clamp(1.0 / distinct);
    };
    let common = &statistics.common;
    let Some(value) = value else {
        let mut selectivity = 1.0 - statistics.null_fraction;
        if distinct > 1.0 {
            selectivity /= distinct;
        }
        if let Some((_, most)) = common.first() {
            selectivity = selectivity.min(*most);
        }
        return clamp(selectivity);
    };
    if let Some((_, frequency)) = common
        .iter()
        .find(|(known, _)| compare(known, value) == Ordering::Equal)
    {
        return clamp(*frequency);
    }
    let rest: f64 = common.iter().map(|(_, frequency)| frequency).sum();
    let mut selectivity = clamp(1.0 - rest - statistics.null_fraction);
    let others = distinct - common.len() as f64;
    if others > 1.0 {
        selectivity /= others;
    }
    if let Some((_, least)) = common.last() {
        selectivity = selectivity.min(*least);
    }
    clamp(selectivity)
}

/// `column <> value`.
pub fn not_equal(variable: &Variable<'_>, value: Option<&Datum>) -> f64 {
    if value.is_some_and(Datum::is_null) {
        return 0.0;
    }
    clamp(1.0 - equal(variable, value) - variable.null_fraction())
}

/// `column < value` and kin: `accept` tells whether a value of the column that compares so is let through.
pub fn inequality(variable: &Variable<'_>, value: Option<&Datum>, accept: fn(Ordering) -> bool) -> f64 {
    let Some(value) = value else {
        return DEFAULT_INEQUALITY;
    };
    if value.is_null() {
        return 0.0;
    }
    let Some(statistics) = &variable.statistics else {
        return DEFAULT_INEQUALITY;
    };
    let (mut among_common, mut all_common) = (0.0, 0.0);
    for (known, frequency) in &statistics.common {
        all_common += frequency;
        if accept(compare(known, value)) {
            among_common += frequency;
        }
    }
    let rest = 1.0 - statistics.null_fraction - all_common;
    let in_histogram = histogram_part(&statistics.histogram, value, accept, variable.distinct().count);
    clamp(among_common + rest * in_histogram.unwrap_or(0.5))
}

/// The part of the values between the bounds of a histogram that are accepted (`ineq_histogram_selectivity`).
fn histogram_part(bounds: &[Datum], value: &Datum, accept: fn(Ordering) -> bool, distinct: f64) -> Option<f64> {
    if bounds.len() < 2 {
        return None;
    }
    let less = accept(Ordering::Less);
    // Bounds below the value, or up to it.
    let is_below = |bound: &Datum| match compare(bound, value) {
        Ordering::Less => true,
        Ordering::Equal => less == accept(Ordering::Equal),
        Ordering::Greater => false,
    };
    let below = bounds.partition_point(is_below);
    let buckets = (bounds.len() - 1) as f64;
    let mut part = if below == 0 {
        0.0
    } else if below >= bounds.len() {
        1.0
    } else {
        let (low, high) = (bounds.get(below - 1)?, bounds.get(below)?);
        let inside = place_between(low, high, value);
        let mut part = ((below - 1) as f64 + inside) / buckets;
        // The first bound belongs to the first bucket: `<` and `>=` leave out one value, `<=` and `>` do not.
        let equal_fraction = if distinct > 1.0 { 1.0 / distinct } else { 1.0 };
        let counts_value = less == accept(Ordering::Equal);
        if below == 1 {
            part += equal_fraction * (1.0 - inside);
        }
        if !counts_value {
            part -= equal_fraction;
        }
        part
    };
    if !less {
        part = 1.0 - part;
    }
    // Values just outside of what ANALYZE saw may exist.
    let cutoff = 0.01 / buckets;
    part = clamp(part).clamp(cutoff.min(0.5), 1.0 - cutoff.min(0.5));
    Some(part)
}

/// Where a value lies between two bounds, from 0 to 1 (`convert_to_scalar`).
fn place_between(low: &Datum, high: &Datum, value: &Datum) -> f64 {
    match (scalar(low), scalar(high), scalar(value)) {
        (Some(low), Some(high), Some(value)) if high > low => clamp((value - low) / (high - low)),
        _ => match (low, high, value) {
            (Datum::Text(low), Datum::Text(high), Datum::Text(value)) => text_place(low, high, value),
            _ => 0.5,
        },
    }
}

/// A number, date or time as a number.
pub fn scalar(value: &Datum) -> Option<f64> {
    match value {
        Datum::Bool(value) => Some(f64::from(u8::from(*value))),
        Datum::Date(days) => Some(f64::from(*days)),
        Datum::Timestamp(at) | Datum::TimestampTz(at) | Datum::Time(at) => Some(*at as f64),
        Datum::Float4(value) => Some(f64::from(*value)),
        Datum::Float8(value) => Some(*value),
        Datum::Numeric(value) => value.to_string().parse().ok(),
        value => value.as_i64().map(|value| value as f64),
    }
}

/// Texts as fractions, in the range of the bytes that occur.
fn text_place(low: &str, high: &str, value: &str) -> f64 {
    let shared = low
        .bytes()
        .zip(high.bytes())
        .zip(value.bytes())
        .take_while(|((a, b), c)| a == b && b == c)
        .count();
    let rest = |text: &str| -> Vec<u8> { text.bytes().skip(shared).collect() };
    let (low, high, value) = (rest(low), rest(high), rest(value));
    let (mut least, mut most) = (u8::MAX, u8::MIN);
    for byte in low.iter().chain(&high) {
        (least, most) = (least.min(*byte), most.max(*byte));
    }
    for (from, to) in [(b'A', b'Z'), (b'a', b'z'), (b'0', b'9')] {
        if least <= to && most >= from {
            (least, most) = (least.min(from), most.max(to));
        }
    }
    let base = f64::from(most) - f64::from(least) + 1.0;
    let number = |text: &[u8]| {
        let mut unit = base;
        text.iter().take(12).fold(0.0, |sum, &byte| {
            let digit = f64::from(byte.clamp(least, most)) - f64::from(least);
            let sum = sum + digit / unit;
            unit *= base;
            sum
        })
    };
    let (low, high, value) = (number(&low), number(&high), number(&value));
    match high > low {
        true => clamp((value - low) / (high - low)),
        false => 0.5,
    }
}

/// `column = ANY (array)` from the selectivity of each element (`scalararraysel`).
pub fn any_of(parts: &[f64], is_any: bool, is_equality: bool) -> f64 {
    let sum: f64 = parts.iter().sum();
    if is_any {
        let independent = parts.iter().fold(0.0, |all, part| all + part - all * part);
        // Different values exclude each other.
        if is_equality && sum <= 1.0 {
            sum
        } else {
            clamp(independent)
        }
    } else {
        let product: f64 = parts.iter().product();
        let apart: f64 = 1.0 - parts.iter().map(|part| 1.0 - part).sum::<f64>();
        if !is_equality && apart >= 0.0 {
            apart
        } else {
            clamp(product)
        }
    }
}

pub fn elements(value: &Datum) -> Option<&ArrayValue> {
    match value {
        Datum::Array(array) => Some(array),
        _ => None,
    }
}
