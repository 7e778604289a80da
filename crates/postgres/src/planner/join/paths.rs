//! The ways to join two relations (`add_paths_to_joinrel`).

use std::rc::Rc;

use kumquat_types::{Error, Result, SqlState};

use super::inner::is_unique;
use super::rel;
use super::size::match_factors;
use super::unique::unique_path;
use crate::planner::clause::Clause;
use crate::planner::cost::clamp_rows;
use crate::planner::cost::join::{JoinFacts, Side};
use crate::planner::estimate::join::JoinSides;
use crate::planner::estimate::selectivity::Estimator;
use crate::planner::level::Level;
use crate::planner::order::useful_join_keys;
use crate::planner::path::{Path, PathKey, RelSet};
use crate::planner::plan::{JoinClause, PlanKind};
use crate::planner::rel::{Rel, SpecialJoin};
use crate::query::{Expr, JoinKind};

/// A join of two relations in one direction.
pub(super) struct Pair<'p> {
    pub(super) join: RelSet,
    pub(super) outer: Rel,
    pub(super) inner: Rel,
    pub(super) kind: JoinKind,
    /// One side is made unique first.
    pub(super) unique: Option<UniqueSide>,
    pub(super) special: &'p SpecialJoin,
    pub(super) clauses: &'p [Rc<Clause>],
    /// Those that can be keys of hash or merge joins.
    pub(super) facts: JoinFacts,
    pub(super) rows: f64,
    pub(super) target: Rc<[Expr]>,
    pub(super) width: i32,
    /// The query may ask for other tables' values in it.
    pub(super) sources: RelSet,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum UniqueSide {
    Outer,
    Inner,
}

/// Adds all paths of the join of two relations, in both directions (`populate_joinrel_with_paths`).
pub fn add_join_paths(
    level: &mut Level<'_, '_, '_>,
    first: RelSet,
    second: RelSet,
    special: &SpecialJoin,
    clauses: &[Rc<Clause>],
) -> Result<()> {
    let mut add = |outer: RelSet, inner: RelSet, kind: JoinKind, unique: Option<UniqueSide>| {
        add_direction(level, outer, inner, kind, unique, special, clauses)
    };
    match special.kind {
        JoinKind::Inner => {
            add(first, second, JoinKind::Inner, None)?;
            add(second, first, JoinKind::Inner, None)?;
        }
        JoinKind::Left | JoinKind::Right => {
            add(first, second, JoinKind::Left, None)?;
            add(second, first, JoinKind::Right, None)?;
        }
        JoinKind::Full => {
            add(first, second, JoinKind::Full, None)?;
            add(second, first, JoinKind::Full, None)?;
            if rel(level, first.union(second))?.paths.is_empty() {
                return Err(Error::new(
                    SqlState::FEATURE_NOT_SUPPORTED,
                    "FULL JOIN is only supported with merge-joinable or hash-joinable join conditions",
                ));
            }
        }
        JoinKind::Anti => add(first, second, JoinKind::Anti, None)?,
        JoinKind::Semi => {
            if first.contains(special.min_left) && second.contains(special.min_right) {
                add(first, second, JoinKind::Semi, None)?;
            }
            if special.syntactic_right == second && !special.unique_by.is_empty() {
                add(first, second, JoinKind::Inner, Some(UniqueSide::Inner))?;
                add(second, first, JoinKind::Inner, Some(UniqueSide::Outer))?;
            }
        }
    }
    Ok(())
}

fn add_direction(
    level: &mut Level<'_, '_, '_>,
    outer: RelSet,
    inner: RelSet,
    kind: JoinKind,
    unique: Option<UniqueSide>,
    special: &SpecialJoin,
    clauses: &[Rc<Clause>],
) -> Result<()> {
    let (outer, inner) = (rel(level, outer)?, rel(level, inner)?);
    let join = outer.relations.union(inner.relations);
    let joined = rel(level, join)?;
    let inner_unique = match unique {
        Some(UniqueSide::Inner) => outer.relations.contains(special.min_left),
        _ => is_unique(level, outer.relations, &inner, kind, clauses),
    };
    let (outer_matches, match_count) = match inner_unique || matches!(kind, JoinKind::Semi | JoinKind::Anti) {
        true => match_factors(
            level,
            if unique.is_some() { special.kind } else { kind },
            clauses,
            join,
            inner.relations,
            inner.rows,
        ),
        false => (1.0, 1.0),
    };
    let pair = Pair {
        join,
        sources: parameter_sources(level, join, &joined),
        rows: joined.rows,
        target: joined.target.clone().into(),
        width: joined.width,
        facts: JoinFacts {
            kind,
            inner_unique,
            outer_matches,
            match_count,
            rows: joined.rows,
        },
        outer,
        inner,
        kind,
        unique,
        special,
        clauses,
    };
    let mut paths = Vec::new();
    let merge_clauses = pair.merge_clauses(level);
    if let Some(merge_clauses) = &merge_clauses {
        pair.sort_both(level, merge_clauses, &mut paths);
        pair.unsorted_outer(level, merge_clauses, &mut paths);
    }
    if level.problem.settings.hashjoin || kind == JoinKind::Full {
        pair.hash_joins(level, &mut paths);
    }
    if let Some(rel) = level.problem.rels.get_mut(&join) {
        paths.into_iter().for_each(|path| rel.add(path));
    }
    Ok(())
}

/// Tables whose values a path of the join may go on asking for.
fn parameter_sources(level: &Level<'_, '_, '_>, join: RelSet, joined: &Rel) -> RelSet {
    let mut sources = joined.lateral;
    for special in &level.problem.special {
        if join.overlaps(special.min_right) && !join.overlaps(special.min_left) {
            sources = sources.union(level.problem.all.minus(special.min_right));
        }
        let is_full = special.kind == JoinKind::Full;
        if is_full && join.overlaps(special.min_left) && !join.overlaps(special.min_right) {
            sources = sources.union(level.problem.all.minus(special.min_left));
        }
    }
    sources
}

impl Pair<'_> {
    /// The join is one whose own conditions decide which rows get NULLs.
    pub(super) fn is_outer(&self) -> bool {
        matches!(
            self.kind,
            JoinKind::Left | JoinKind::Right | JoinKind::Full | JoinKind::Anti
        )
    }

    /// Conditions of the join itself and, for outer joins, those on its result.
    pub(super) fn split<'c>(
        &self,
        clauses: impl IntoIterator<Item = &'c Rc<Clause>>,
    ) -> (Vec<Rc<Clause>>, Vec<Rc<Clause>>) {
        let above = |clause: &Rc<Clause>| self.is_outer() && clause.is_above(self.join);
        let (above, own) = clauses.into_iter().cloned().partition(above);
        (own, above)
    }

    /// The same without those that are the join's keys.
    pub(super) fn split_without(&self, keys: &[Rc<Clause>]) -> (Vec<Rc<Clause>>, Vec<Rc<Clause>>) {
        let (mut own, above) = self.split(self.clauses);
        own.retain(|clause| !keys.iter().any(|key| Rc::ptr_eq(key, clause)));
        (own, above)
    }

    pub(super) fn needs(&self, path: &Path, of: &Rel) -> bool {
        path.required_relations().overlaps(of.relations)
    }

    pub(super) fn outer_total(&self, level: &Level<'_, '_, '_>) -> Option<Rc<Path>> {
        match self.unique {
            Some(UniqueSide::Outer) => unique_path(level, &self.outer, self.special),
            _ => self.outer.cheapest(),
        }
    }

    pub(super) fn inner_total(&self, level: &Level<'_, '_, '_>) -> Option<Rc<Path>> {
        match self.unique {
            Some(UniqueSide::Inner) => unique_path(level, &self.inner, self.special),
            _ => self.inner.cheapest(),
        }
    }

    /// The order of the join's rows (`build_join_pathkeys`).
    pub(super) fn join_keys(&self, level: &Level<'_, '_, '_>, outer: &[PathKey]) -> Vec<PathKey> {
        match self.kind {
            JoinKind::Right | JoinKind::Full => Vec::new(),
            _ => useful_join_keys(level, self.join, outer.to_vec()),
        }
    }

    /// What the path goes on asking for; `None`: it asks for what nobody can give.
    pub(super) fn requirements(
        &self,
        outer: &Path,
        inner: &Path,
        is_loop: bool,
    ) -> Option<Vec<super::super::path::Requirement>> {
        let mut required = outer.required.clone();
        for requirement in &inner.required {
            let given = is_loop && self.outer.relations.contains(requirement.relations);
            if !given && !required.iter().any(|known| known.param == requirement.param) {
                required.push(requirement.clone());
            }
        }
        let needs = required.iter().map(|r| r.relations).fold(RelSet::EMPTY, RelSet::union);
        if needs.overlaps(self.join) {
            return None;
        }
        let star = is_loop && inner.required_relations().overlaps(self.outer.relations);
        (needs.is_empty() || needs.overlaps(self.sources) || star).then_some(required)
    }

    /// A path that depends on other tables gives fewer rows at a time.
    pub(super) fn path_rows(&self, outer: &Path, required: &[super::super::path::Requirement]) -> f64 {
        match required.is_empty() || self.outer.rows <= 0.0 {
            true => self.rows,
            false => clamp_rows(self.rows * (outer.rows / self.outer.rows).min(1.0)),
        }
    }

    pub(super) fn path(&self, level: &Level<'_, '_, '_>, kind: PlanKind, outer: Rc<Path>, inner: Rc<Path>) -> Path {
        let mut path = Path::new(kind, vec![outer, inner], self.target.clone(), level.number);
        path.width = self.width;
        path
    }

    pub(super) fn join_clause(&self, clause: &Clause) -> Option<JoinClause> {
        let (outer, inner) = clause.oriented(self.outer.relations, self.inner.relations)?;
        Some(JoinClause {
            outer: outer.clone(),
            inner: inner.clone(),
            expr: clause.commuted_for(self.outer.relations),
        })
    }

    /// Rows that some clauses let through, by their plain selectivities (`approx_tuple_count`).
    pub(super) fn approximate_rows(
        &self,
        level: &Level<'_, '_, '_>,
        outer: f64,
        inner: f64,
        clauses: &[Rc<Clause>],
    ) -> f64 {
        let sides = JoinSides {
            kind: JoinKind::Inner,
            right: self.inner.relations,
            right_rows: inner,
        };
        let estimator = Estimator::join(&level.problem.bases, sides);
        let selectivity: f64 = clauses.iter().map(|clause| estimator.one(&clause.expr)).product();
        clamp_rows(selectivity * outer * inner)
    }
}

pub(super) fn side(path: &Path) -> Side {
    Side {
        cost: path.cost,
        rows: path.rows,
        width: path.width,
    }
}
