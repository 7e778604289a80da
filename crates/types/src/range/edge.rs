//! Bounds of ranges: a lower bound and an upper bound compare by where they stand on the line.

use std::cmp::Ordering;

use super::RangeValue;
use crate::Datum;
use crate::compare::compare;

/// One end of a range; without a value it is infinite.
#[derive(Clone, Copy, Debug)]
pub struct Edge<'a> {
    pub value: Option<&'a Datum>,
    pub inclusive: bool,
    pub is_lower: bool,
}

impl RangeValue {
    /// Both ends, unless the range is empty.
    pub fn edges(&self) -> Option<(Edge<'_>, Edge<'_>)> {
        let RangeValue::Bounds {
            lower,
            lower_inclusive,
            upper,
            upper_inclusive,
        } = self
        else {
            return None;
        };
        Some((
            Edge {
                value: lower.as_ref(),
                inclusive: *lower_inclusive,
                is_lower: true,
            },
            Edge {
                value: upper.as_ref(),
                inclusive: *upper_inclusive,
                is_lower: false,
            },
        ))
    }

    /// A range between two edges; empty if they leave nothing.
    pub fn between(lower: Edge<'_>, upper: Edge<'_>) -> RangeValue {
        if let (Some(low), Some(high)) = (lower.value, upper.value) {
            let order = compare(low, high);
            if order.is_gt() || order.is_eq() && !(lower.inclusive && upper.inclusive) {
                return RangeValue::Empty;
            }
        }
        RangeValue::Bounds {
            lower: lower.value.cloned(),
            lower_inclusive: lower.inclusive,
            upper: upper.value.cloned(),
            upper_inclusive: upper.inclusive,
        }
    }
}

impl<'a> Edge<'a> {
    /// `range_cmp_bounds`
    pub fn compare(&self, other: &Edge<'_>) -> Ordering {
        // Where the end stands beside its value: just before, on it, or just after.
        let side = |edge: &Edge<'_>| match (edge.inclusive, edge.is_lower) {
            (true, _) => 0,
            (false, true) => 1,
            (false, false) => -1,
        };
        let infinite = |edge: &Edge<'_>| {
            if edge.is_lower {
                Ordering::Less
            } else {
                Ordering::Greater
            }
        };
        match (self.value, other.value) {
            (None, None) if self.is_lower == other.is_lower => Ordering::Equal,
            (None, _) => infinite(self),
            (_, None) => infinite(other).reverse(),
            (Some(a), Some(b)) => compare(a, b).then_with(|| side(self).cmp(&side(other))),
        }
    }

    /// Whether this upper end and a lower end meet without a gap and without a common point.
    pub fn meets(&self, lower: &Edge<'_>) -> bool {
        match (self.value, lower.value) {
            (Some(a), Some(b)) => compare(a, b).is_eq() && self.inclusive != lower.inclusive,
            _ => false,
        }
    }

    /// The end of what lies on the other side.
    #[must_use]
    pub fn flipped(&self) -> Edge<'a> {
        Edge {
            value: self.value,
            inclusive: !self.inclusive,
            is_lower: !self.is_lower,
        }
    }

    pub fn earlier(self, other: Edge<'a>) -> Edge<'a> {
        if self.compare(&other).is_le() { self } else { other }
    }

    pub fn later(self, other: Edge<'a>) -> Edge<'a> {
        if self.compare(&other).is_ge() { self } else { other }
    }
}
