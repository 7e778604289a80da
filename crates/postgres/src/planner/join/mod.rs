//! The order in which tables are joined, found by dynamic programming (`joinrels.c`), and the ways to join.
//!
//! [`legal`]: which joins outer joins and LATERAL permit; [`size`]: how many rows they give; [`paths`]: the ways to do
//! them, by [`nested`] loops, [`merge`] and [`hash`] joins; [`inner`]: what is known of the inner side.

mod hash;
pub mod inner;
pub mod legal;
pub mod memoize;
mod merge;
mod nested;
pub mod paths;
pub mod size;
pub mod unique;

use std::rc::Rc;

use kumquat_types::{Error, Result};

use super::clause::Clause;
use super::distribute::JoinList;
use super::level::Level;
use super::path::RelSet;
use super::rel::{Rel, SpecialJoin};
use crate::query::JoinKind;
use legal::{Legal, legality};

/// More tables than this are not joined in every order, since there would be too many.
const MOST_JOINED: usize = 9;
/// Of those, this many joins of each size are followed; fewer where there are tables enough for this many steps.
const MOST_FOLLOWED: usize = 64;
const MOST_STEPS: usize = 25_600;

/// Joins the members of a list in the best order (`make_rel_from_joinlist`).
pub fn plan_list(level: &mut Level<'_, '_, '_>, list: &JoinList) -> Result<Rel> {
    let members = match list {
        JoinList::Table(varno) => return rel(level, RelSet::of(*varno)),
        JoinList::List(members) => members,
    };
    let mut rels = Vec::with_capacity(members.len());
    for member in members {
        rels.push(plan_list(level, member)?.relations);
    }
    match rels.as_slice() {
        [only] => rel(level, *only),
        rels => search(level, rels),
    }
}

pub fn rel(level: &Level<'_, '_, '_>, relations: RelSet) -> Result<Rel> {
    let found = level.problem.rel(relations).cloned();
    found.ok_or_else(|| Error::internal("a relation of the join has no plan"))
}

/// Joins by levels: pairs, then triples ... (`standard_join_search`).
fn search(level: &mut Level<'_, '_, '_>, initial: &[RelSet]) -> Result<Rel> {
    let mut levels: Vec<Vec<RelSet>> = vec![Vec::new(), initial.to_vec()];
    let bushy = initial.len() <= MOST_JOINED;
    for size in 2..=initial.len() {
        let mut found = Vec::new();
        let below = levels.get(size - 1).cloned().unwrap_or_default();
        let singles = levels.get(1).cloned().unwrap_or_default();
        for (at, &old) in below.iter().enumerate() {
            let others = match size {
                2 => singles.get(at + 1..).unwrap_or_default(),
                _ => singles.as_slice(),
            };
            match wants_join(level, old) {
                true => join_by_clauses(level, old, others, &mut found)?,
                false => join_with_all(level, old, &singles, &mut found)?,
            }
        }
        for left in (2..size).filter(|left| bushy && size - left >= *left) {
            let (lefts, rights) = (levels.get(left).cloned(), levels.get(size - left).cloned());
            let (lefts, rights) = (lefts.unwrap_or_default(), rights.unwrap_or_default());
            for (at, &old) in lefts.iter().enumerate() {
                let skip = if left == size - left { at + 1 } else { 0 };
                if wants_join(level, old) {
                    join_by_clauses(level, old, rights.get(skip..).unwrap_or_default(), &mut found)?;
                }
            }
        }
        if found.is_empty() {
            for &old in &below {
                join_with_all(level, old, &singles, &mut found)?;
            }
        }
        if !bushy {
            keep_best(level, &mut found, initial.len());
        }
        levels.push(found);
    }
    let last = levels.pop().and_then(|found| found.first().copied());
    let last = last.ok_or_else(|| Error::internal(format!("failed to build any {}-way joins", initial.len())))?;
    rel(level, last)
}

/// Of very many tables, only the most promising joins are followed.
fn keep_best(level: &Level<'_, '_, '_>, found: &mut Vec<RelSet>, tables: usize) {
    let cost = |relations: &RelSet| {
        let cheapest = level.problem.rel(*relations).and_then(Rel::cheapest);
        cheapest.map_or(f64::MAX, |path| path.cost.total)
    };
    found.sort_by(|a, b| cost(a).total_cmp(&cost(b)));
    found.truncate((MOST_STEPS / (tables * tables)).clamp(2, MOST_FOLLOWED));
}

/// Conditions or outer joins connect it with others.
fn wants_join(level: &Level<'_, '_, '_>, relations: RelSet) -> bool {
    let by_clause = level
        .problem
        .join_clauses
        .iter()
        .any(|clause| clause.required.overlaps(relations) && !relations.contains(clause.required));
    let by_class = level.problem.classes.iter().any(|(_, class)| {
        class.members.len() > 1
            && class.relations.overlaps(relations)
            && !relations.contains(class.relations)
            && !class.sources.is_empty()
    });
    by_clause || by_class || legal::has_restriction(level, relations)
}

fn join_by_clauses(
    level: &mut Level<'_, '_, '_>,
    old: RelSet,
    others: &[RelSet],
    found: &mut Vec<RelSet>,
) -> Result<()> {
    for &other in others {
        if !old.overlaps(other) && (is_connected(level, old, other) || legal::forces_order(level, old, other)) {
            make_join(level, old, other, found)?;
        }
    }
    Ok(())
}

fn join_with_all(level: &mut Level<'_, '_, '_>, old: RelSet, others: &[RelSet], found: &mut Vec<RelSet>) -> Result<()> {
    for &other in others {
        if !old.overlaps(other) {
            make_join(level, old, other, found)?;
        }
    }
    Ok(())
}

/// A condition compares the two (`have_relevant_joinclause`).
pub fn is_connected(level: &Level<'_, '_, '_>, a: RelSet, b: RelSet) -> bool {
    let mut clauses = level.problem.join_clauses.iter();
    let by_clause = clauses.any(|clause| clause.required.overlaps(a) && clause.required.overlaps(b));
    by_clause
        || level.problem.classes.iter().any(|(_, class)| {
            let inside = |side: RelSet| class.members.iter().any(|m| !m.is_const && side.overlaps(m.relations));
            class.members.len() > 1 && !class.sources.is_empty() && inside(a) && inside(b)
        })
}

/// Adds the ways to join two relations to their join's, if it is legal (`make_join_rel`).
fn make_join(level: &mut Level<'_, '_, '_>, a: RelSet, b: RelSet, found: &mut Vec<RelSet>) -> Result<()> {
    let Some(Legal { special, reversed }) = legality(level, a, b) else {
        return Ok(());
    };
    let (first, second) = if reversed { (b, a) } else { (a, b) };
    let join = first.union(second);
    let special = special.unwrap_or_else(|| inner_join(first, second));
    let clauses = join_clauses(level, first, second);
    if level.problem.rel(join).is_none() {
        let joined = build_rel(level, first, second, &special, &clauses)?;
        level.problem.rels.insert(join, joined);
    }
    if !found.contains(&join) {
        found.push(join);
    }
    paths::add_join_paths(level, first, second, &special, &clauses)
}

/// What stands for the semantics of an inner join.
fn inner_join(left: RelSet, right: RelSet) -> SpecialJoin {
    SpecialJoin {
        kind: JoinKind::Inner,
        min_left: left,
        min_right: right,
        syntactic_left: left,
        syntactic_right: right,
        is_left_strict: false,
        delays_upper_joins: false,
        unique_by: Vec::new(),
    }
}

/// Conditions that are tested when these two are joined (`build_joinrel_restrictlist`).
pub fn join_clauses(level: &mut Level<'_, '_, '_>, outer: RelSet, inner: RelSet) -> Vec<Rc<Clause>> {
    let join = outer.union(inner);
    let here = |clause: &&Rc<Clause>| {
        join.contains(clause.required) && !outer.contains(clause.required) && !inner.contains(clause.required)
    };
    let mut found: Vec<Rc<Clause>> = level.problem.join_clauses.iter().filter(here).cloned().collect();
    found.extend(level.class_clauses(outer, inner));
    found
}

/// The join as a relation: its columns and rows (`build_join_rel`).
fn build_rel(
    level: &mut Level<'_, '_, '_>,
    outer: RelSet,
    inner: RelSet,
    special: &SpecialJoin,
    clauses: &[Rc<Clause>],
) -> Result<Rel> {
    let (outer, inner) = (rel(level, outer)?, rel(level, inner)?);
    let join = outer.relations.union(inner.relations);
    let columns = outer.target.iter().chain(&inner.target);
    let target: Vec<_> = columns
        .filter(|expr| level.problem.is_needed_above(expr, join))
        .cloned()
        .collect();
    let width = target.iter().map(|expr| level.width_of(expr)).sum();
    let rows = size::join_rows(level, (outer.rows, inner.rows), special, clauses, join, inner.relations);
    Ok(Rel {
        relations: join,
        rows,
        target,
        width,
        lateral: outer.lateral.union(inner.lateral).minus(join),
        consider_startup: level.problem.fraction > 0.0,
        ..Rel::default()
    })
}
