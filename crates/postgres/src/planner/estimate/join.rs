//! Selectivity of conditions between two tables (`eqjoinsel` and kin).

use std::cmp::Ordering;

use kumquat_types::compare::compare;

use super::comparison::DEFAULT_INEQUALITY;
use super::variable::Variable;
use super::{Bases, clamp};
use crate::planner::path::RelSet;
use crate::planner::vars::varnos;
use crate::query::{Expr, JoinKind};

/// The join that conditions belong to.
#[derive(Clone, Copy, Debug)]
pub struct JoinSides {
    pub kind: JoinKind,
    /// The side that a semi-join or outer join drops or extends.
    pub right: RelSet,
    /// Rows of that side.
    pub right_rows: f64,
}

/// `left op right`.
pub fn operator(bases: &Bases, sides: JoinSides, name: &str, left: &Expr, right: &Expr) -> f64 {
    match name {
        "=" => {
            let semi = matches!(sides.kind, JoinKind::Semi | JoinKind::Anti);
            let swapped = semi
                && varnos(left)
                    .iter()
                    .any(|&varno| sides.right.contains(RelSet::of(varno)));
            let (left, right) = if swapped { (right, left) } else { (left, right) };
            let (left, right) = (Variable::of(bases, left), Variable::of(bases, right));
            match semi {
                true => semi_equal(&left, &right, sides.right_rows),
                false => inner_equal(&left, &right),
            }
        }
        "<>" => clamp(
            1.0 - operator(
                bases,
                JoinSides {
                    kind: JoinKind::Inner,
                    ..sides
                },
                "=",
                left,
                right,
            ),
        ),
        "<" | "<=" | ">" | ">=" => DEFAULT_INEQUALITY,
        "~~" | "~" | "~*" | "~~*" => 0.005,
        "!~~" | "!~" | "!~*" | "!~~*" => 0.995,
        "@>" | "<@" => 0.001,
        "&&" => 0.01,
        _ => 0.5,
    }
}

/// Frequencies of values that are common on both sides: pairs of rows, and what of each side they are.
struct CommonPairs {
    pairs: f64,
    matched_left: f64,
    matched_right: f64,
    count: usize,
}

fn common_pairs(left: &Variable<'_>, right: &Variable<'_>) -> CommonPairs {
    let mut found = CommonPairs {
        pairs: 0.0,
        matched_left: 0.0,
        matched_right: 0.0,
        count: 0,
    };
    for (value, frequency) in left.common() {
        let other = right
            .common()
            .iter()
            .find(|(known, _)| compare(known, value) == Ordering::Equal);
        if let Some((_, other)) = other {
            found.pairs += frequency * other;
            found.matched_left += frequency;
            found.matched_right += other;
            found.count += 1;
        }
    }
    found
}

/// `eqjoinsel_inner`.
fn inner_equal(left: &Variable<'_>, right: &Variable<'_>) -> f64 {
    let (distinct_left, distinct_right) = (left.distinct().count, right.distinct().count);
    let (nulls_left, nulls_right) = (left.null_fraction(), right.null_fraction());
    if left.common().is_empty() || right.common().is_empty() {
        let selectivity = (1.0 - nulls_left) * (1.0 - nulls_right);
        return clamp(selectivity / distinct_left.max(distinct_right));
    }
    let both = common_pairs(left, right);
    let (left, right) = (
        Shares::new(left, both.matched_left),
        Shares::new(right, both.matched_right),
    );
    clamp(pairs_from(&both, &left, &right).min(pairs_from(&both, &right, &left)))
}

/// How the values of one side divide up.
struct Shares {
    /// Common here, but not on the other side.
    unmatched: f64,
    /// Not common at all.
    other: f64,
    distinct: f64,
    common: f64,
}

impl Shares {
    fn new(variable: &Variable<'_>, matched: f64) -> Shares {
        let common: f64 = variable.common().iter().map(|(_, frequency)| frequency).sum();
        let unmatched = clamp(common - matched);
        Shares {
            unmatched,
            other: clamp(1.0 - variable.null_fraction() - matched - unmatched),
            distinct: variable.distinct().count,
            common: variable.common().len() as f64,
        }
    }
}

/// Pairs with equal values, as a part of all pairs, if the values here that are not common are spread over those
/// of the other side.
fn pairs_from(both: &CommonPairs, here: &Shares, there: &Shares) -> f64 {
    let mut total = both.pairs;
    if there.distinct > there.common {
        total += here.unmatched * there.other / (there.distinct - there.common);
    }
    let matched = both.count as f64;
    if there.distinct > matched {
        total += here.other * (there.other + there.unmatched) / (there.distinct - matched);
    }
    total
}

/// The part of the left rows that have a match (`eqjoinsel_semi`).
fn semi_equal(left: &Variable<'_>, right: &Variable<'_>, right_rows: f64) -> f64 {
    let (distinct_left, mut distinct_right) = (left.distinct(), right.distinct());
    let nulls = left.null_fraction();
    if right.has_relation && right.rows > 0.0 && distinct_right.count >= right.rows {
        distinct_right.count = right.rows;
        distinct_right.is_default = false;
    }
    if distinct_right.count >= right_rows {
        distinct_right.count = right_rows;
        distinct_right.is_default = false;
    }
    let known = !distinct_left.is_default && !distinct_right.is_default;
    if !left.common().is_empty() && !right.common().is_empty() {
        let both = common_pairs(left, right);
        let rest_left = distinct_left.count - both.count as f64;
        let rest_right = distinct_right.count - both.count as f64;
        let uncertain = match known {
            true if rest_left <= rest_right || rest_right < 0.0 => 1.0,
            true => rest_right / rest_left,
            false => 0.5,
        };
        let rest = clamp(1.0 - both.matched_left - nulls);
        return clamp(both.matched_left + uncertain * rest);
    }
    match known {
        true if distinct_left.count <= distinct_right.count || distinct_right.count < 0.0 => 1.0 - nulls,
        true => distinct_right.count / distinct_left.count * (1.0 - nulls),
        false => 0.5 * (1.0 - nulls),
    }
}

/// Least and greatest of a column's values, where ANALYZE has seen them (`get_variable_range`).
fn value_range(variable: &Variable<'_>) -> Option<(kumquat_types::Datum, kumquat_types::Datum)> {
    let statistics = variable.statistics.as_ref()?;
    let common = statistics.common.iter().map(|(value, _)| value);
    let ends = statistics
        .histogram
        .first()
        .into_iter()
        .chain(statistics.histogram.last());
    let values: Vec<_> = common.chain(ends).collect();
    let least = values.iter().copied().min_by(|a, b| compare(a, b))?;
    let most = values.iter().copied().max_by(|a, b| compare(a, b))?;
    Some((least.clone(), most.clone()))
}

/// The parts of both sides, in order of their keys, that a merge join has to read (`mergejoinscansel`).
pub fn merge_ranges(bases: &Bases, outer: &Expr, inner: &Expr) -> ((f64, f64), (f64, f64)) {
    let (outer, inner) = (Variable::of(bases, outer), Variable::of(bases, inner));
    let (Some((outer_least, outer_most)), Some((inner_least, inner_most))) = (value_range(&outer), value_range(&inner))
    else {
        return ((0.0, 1.0), (0.0, 1.0));
    };
    let up_to = |variable: &Variable<'_>, value| super::comparison::inequality(variable, Some(value), Ordering::is_le);
    let below = |variable: &Variable<'_>, value| super::comparison::inequality(variable, Some(value), Ordering::is_lt);
    let (mut outer_end, mut inner_end) = (up_to(&outer, &inner_most), up_to(&inner, &outer_most));
    let (mut outer_start, mut inner_start) = (below(&outer, &inner_least), below(&inner, &outer_least));
    // Only one of the sides can end before the other, or start after it.
    if outer_end >= inner_end {
        outer_end = 1.0;
    }
    if inner_end > outer_end || outer_end == 1.0 && inner_end >= 1.0 {
        inner_end = 1.0;
    }
    if outer_start <= inner_start {
        outer_start = 0.0;
    }
    if inner_start < outer_start {
        inner_start = 0.0;
    }
    let whole = |start: f64, end: f64| if start < end { (start, end) } else { (0.0, 1.0) };
    (whole(outer_start, outer_end), whole(inner_start, inner_end))
}
