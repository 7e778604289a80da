//! Relations and set operations. Ranges and multiranges are handled alike, as lists of ranges that are not
//! empty, ascending and apart.

use super::RangeValue;
use super::edge::Edge;
use crate::compare::compare;
use crate::{Datum, Error, Result, SqlState};

/// A list of ranges as a multirange has them (`make_multirange`): sorted, what overlaps or meets joined.
pub fn normalize(ranges: impl IntoIterator<Item = RangeValue>) -> Vec<RangeValue> {
    let mut ranges: Vec<RangeValue> = ranges.into_iter().filter(|range| !range.is_empty()).collect();
    ranges.sort_by(crate::compare::compare_ranges);
    let mut joined: Vec<RangeValue> = Vec::with_capacity(ranges.len());
    for range in ranges {
        let merged = joined.last().and_then(|last| {
            let (_, last_upper) = last.edges()?;
            let (lower, _) = range.edges()?;
            let touches = lower.compare(&last_upper).is_le() || last_upper.meets(&lower);
            touches.then(|| merge(last, &range))
        });
        match (merged, joined.last_mut()) {
            (Some(merged), Some(last)) => *last = merged,
            _ => joined.push(range),
        }
    }
    joined
}

/// `range_merge`: the smallest range that holds both.
pub fn merge(a: &RangeValue, b: &RangeValue) -> RangeValue {
    match (a.edges(), b.edges()) {
        (None, _) => b.clone(),
        (_, None) => a.clone(),
        (Some((a_lower, a_upper)), Some((b_lower, b_upper))) => {
            RangeValue::between(a_lower.earlier(b_lower), a_upper.later(b_upper))
        }
    }
}

/// The outer ends of a list.
pub fn outer(ranges: &[RangeValue]) -> Option<(Edge<'_>, Edge<'_>)> {
    let (lower, _) = ranges.first()?.edges()?;
    let (_, upper) = ranges.last()?.edges()?;
    Some((lower, upper))
}

/// `*`: what both have.
pub fn intersect(a: &[RangeValue], b: &[RangeValue]) -> Vec<RangeValue> {
    let mut common = Vec::new();
    for x in a {
        for y in b {
            if let (Some((x_lower, x_upper)), Some((y_lower, y_upper))) = (x.edges(), y.edges()) {
                let lower = x_lower.later(y_lower);
                let upper = x_upper.earlier(y_upper);
                if lower.compare(&upper).is_le() {
                    common.push(RangeValue::between(lower, upper));
                }
            }
        }
    }
    normalize(common)
}

/// `-`: what the first has and the second has not.
pub fn minus(a: &[RangeValue], b: &[RangeValue]) -> Vec<RangeValue> {
    let mut rest: Vec<RangeValue> = a.to_vec();
    for taken in b {
        rest = rest.iter().flat_map(|range| without(range, taken)).collect();
    }
    normalize(rest)
}

/// What is left of one range on both sides of another.
fn without(range: &RangeValue, taken: &RangeValue) -> Vec<RangeValue> {
    let (Some((lower, upper)), Some((taken_lower, taken_upper))) = (range.edges(), taken.edges()) else {
        return vec![range.clone()];
    };
    if taken_lower.compare(&upper).is_gt() || taken_upper.compare(&lower).is_lt() {
        return vec![range.clone()];
    }
    let mut rest = Vec::new();
    if lower.compare(&taken_lower).is_lt() {
        rest.push(RangeValue::between(lower, taken_lower.flipped()));
    }
    if taken_upper.compare(&upper).is_lt() {
        rest.push(RangeValue::between(taken_upper.flipped(), upper));
    }
    rest
}

/// The only range of a result that must be one.
pub fn single(ranges: Vec<RangeValue>, operation: &str) -> Result<RangeValue> {
    let mut ranges = ranges.into_iter();
    match (ranges.next(), ranges.next()) {
        (None, _) => Ok(RangeValue::Empty),
        (Some(range), None) => Ok(range),
        _ => Err(Error::new(
            SqlState::DATA_EXCEPTION,
            format!("result of range {operation} would not be contiguous"),
        )),
    }
}

/// `@>` of an element.
pub fn contains_element(ranges: &[RangeValue], element: &Datum) -> bool {
    ranges.iter().any(|range| {
        range.edges().is_some_and(|(lower, upper)| {
            let after = lower.value.is_none_or(|low| {
                let order = compare(low, element);
                order.is_lt() || order.is_eq() && lower.inclusive
            });
            let before = upper.value.is_none_or(|high| {
                let order = compare(element, high);
                order.is_lt() || order.is_eq() && upper.inclusive
            });
            after && before
        })
    })
}

/// `@>`
pub fn contains(whole: &[RangeValue], part: &[RangeValue]) -> bool {
    part.iter().all(|inner| {
        let Some((lower, upper)) = inner.edges() else {
            return true;
        };
        whole.iter().any(|outer| {
            outer.edges().is_some_and(|(outer_lower, outer_upper)| {
                outer_lower.compare(&lower).is_le() && outer_upper.compare(&upper).is_ge()
            })
        })
    })
}

/// `&&`
pub fn overlaps(a: &[RangeValue], b: &[RangeValue]) -> bool {
    a.iter().any(|x| {
        b.iter().any(|y| match (x.edges(), y.edges()) {
            (Some((x_lower, x_upper)), Some((y_lower, y_upper))) => {
                x_lower.compare(&y_upper).is_le() && y_lower.compare(&x_upper).is_le()
            }
            _ => false,
        })
    })
}

/// Compares the outer ends; false if either list is empty.
fn outer_ends(
    a: &[RangeValue],
    b: &[RangeValue],
    holds: impl Fn((Edge<'_>, Edge<'_>), (Edge<'_>, Edge<'_>)) -> bool,
) -> bool {
    match (outer(a), outer(b)) {
        (Some(a), Some(b)) => holds(a, b),
        _ => false,
    }
}

/// `<<`
pub fn before(a: &[RangeValue], b: &[RangeValue]) -> bool {
    outer_ends(a, b, |(_, a_upper), (b_lower, _)| a_upper.compare(&b_lower).is_lt())
}

/// `&<`: does not extend to the right of the other.
pub fn over_left(a: &[RangeValue], b: &[RangeValue]) -> bool {
    outer_ends(a, b, |(_, a_upper), (_, b_upper)| a_upper.compare(&b_upper).is_le())
}

/// `&>`: does not extend to the left of the other.
pub fn over_right(a: &[RangeValue], b: &[RangeValue]) -> bool {
    outer_ends(a, b, |(a_lower, _), (b_lower, _)| a_lower.compare(&b_lower).is_ge())
}

/// `-|-`
pub fn adjacent(a: &[RangeValue], b: &[RangeValue]) -> bool {
    outer_ends(a, b, |(a_lower, a_upper), (b_lower, b_upper)| {
        a_upper.meets(&b_lower) || b_upper.meets(&a_lower)
    })
}
