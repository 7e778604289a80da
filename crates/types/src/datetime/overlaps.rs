//! `(start, end) OVERLAPS (start, end)`, with SQL's three-valued logic.

use std::cmp::Ordering;

use crate::Datum;
use crate::compare::compare;

/// `overlaps_timestamp` and its kin. Each period is given by its ends in any order; one may be NULL.
pub fn overlaps(start1: &Datum, end1: &Datum, start2: &Datum, end2: &Datum) -> Datum {
    let (Some((start1, end1)), Some((start2, end2))) = (ordered(start1, end1), ordered(start2, end2)) else {
        return Datum::Null;
    };
    let (earlier_end, later_start, later_end) = match compare(start1, start2) {
        Ordering::Equal if end1.is_null() || end2.is_null() => return Datum::Null,
        Ordering::Equal => return Datum::Bool(true),
        Ordering::Greater => (end2, start1, end1),
        Ordering::Less => (end1, start2, end2),
    };
    if earlier_end.is_null() {
        Datum::Null
    } else if compare(later_start, earlier_end).is_lt() {
        Datum::Bool(true)
    } else if later_end.is_null() {
        Datum::Null
    } else {
        Datum::Bool(false)
    }
}

/// The lesser end first, NULL last; None if both are NULL.
fn ordered<'a>(a: &'a Datum, b: &'a Datum) -> Option<(&'a Datum, &'a Datum)> {
    match (a.is_null(), b.is_null()) {
        (true, true) => None,
        (true, false) => Some((b, a)),
        (false, true) => Some((a, b)),
        (false, false) if compare(a, b).is_gt() => Some((b, a)),
        (false, false) => Some((a, b)),
    }
}
