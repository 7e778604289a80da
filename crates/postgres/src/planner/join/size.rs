//! How many rows joins give (`calc_joinrel_size_estimate`), and how many inner rows an outer row meets.

use std::rc::Rc;

use crate::planner::clause::Clause;
use crate::planner::cost::clamp_rows;
use crate::planner::estimate::join::JoinSides;
use crate::planner::estimate::selectivity::Estimator;
use crate::planner::level::Level;
use crate::planner::path::RelSet;
use crate::planner::rel::SpecialJoin;
use crate::query::{Expr, JoinKind};

pub fn join_rows(
    level: &Level<'_, '_, '_>,
    (outer, inner): (f64, f64),
    special: &SpecialJoin,
    clauses: &[Rc<Clause>],
    join: RelSet,
    right: RelSet,
) -> f64 {
    let is_outer = matches!(special.kind, JoinKind::Left | JoinKind::Full | JoinKind::Anti);
    let (above, own): (Vec<&Rc<Clause>>, Vec<&Rc<Clause>>) =
        clauses.iter().partition(|clause| is_outer && clause.is_above(join));
    let sides = JoinSides {
        kind: special.kind,
        right,
        right_rows: inner,
    };
    let estimator = Estimator::join(&level.problem.bases, sides);
    let all = |clauses: &[&Rc<Clause>]| {
        let exprs: Vec<Expr> = clauses.iter().map(|clause| clause.expr.clone()).collect();
        estimator.all(&exprs)
    };
    let (selectivity, later) = (all(&own), all(&above));
    let rows = match special.kind {
        JoinKind::Left | JoinKind::Right => (outer * inner * selectivity).max(outer) * later,
        JoinKind::Full => (outer * inner * selectivity).max(outer).max(inner) * later,
        JoinKind::Semi => outer * selectivity,
        JoinKind::Anti => outer * (1.0 - selectivity) * later,
        JoinKind::Inner => outer * inner * selectivity,
    };
    clamp_rows(rows)
}

/// The part of the outer rows that find a match, and inner rows that each of those meets
/// (`compute_semi_anti_join_factors`).
pub fn match_factors(
    level: &Level<'_, '_, '_>,
    kind: JoinKind,
    clauses: &[Rc<Clause>],
    join: RelSet,
    right: RelSet,
    inner_rows: f64,
) -> (f64, f64) {
    let is_outer = matches!(kind, JoinKind::Left | JoinKind::Right | JoinKind::Full | JoinKind::Anti);
    let own = clauses.iter().filter(|clause| !(is_outer && clause.is_above(join)));
    let exprs: Vec<Expr> = own.map(|clause| clause.expr.clone()).collect();
    let estimate = |kind: JoinKind| {
        let sides = JoinSides {
            kind,
            right,
            right_rows: inner_rows,
        };
        Estimator::join(&level.problem.bases, sides).all(&exprs)
    };
    let matched = estimate(match kind {
        JoinKind::Semi | JoinKind::Anti => kind,
        _ => JoinKind::Inner,
    });
    let pairs = estimate(JoinKind::Inner);
    let count = match matched > 0.0 {
        true => (pairs * inner_rows / matched).max(1.0),
        false => 1.0,
    };
    (matched, count)
}
