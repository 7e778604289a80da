//! The ways to join two relations (`add_paths_to_joinrel`).

use std::cmp::Ordering;
use std::rc::Rc;

use kumquat_types::Result;

use super::inner::{can_mark, is_unique, keeps_rows, materialized, rescan_cost};
use super::memoize::memoized;
use super::rel;
use super::size::match_factors;
use super::unique::unique_path;
use crate::planner::clause::{Clause, ordered};
use crate::planner::cost::clamp_rows;
use crate::planner::cost::expression::QualCost;
use crate::planner::cost::join::{
    HashJoinCost, JoinFacts, MergeJoinCost, Side, hash_join, hash_table_size, merge_join, nested_loop,
};
use crate::planner::estimate::groups::bucket_size;
use crate::planner::estimate::join::JoinSides;
use crate::planner::estimate::selectivity::Estimator;
use crate::planner::level::Level;
use crate::planner::order::{sort_keys_of, sort_path, useful_join_keys};
use crate::planner::path::{Path, PathKey, RelSet};
use crate::planner::plan::{Join, JoinClause, PlanKind};
use crate::planner::rel::{Rel, SpecialJoin, has_keys};
use crate::query::{Expr, JoinKind};

/// A join of two relations in one direction.
struct Pair<'p> {
    join: RelSet,
    outer: Rel,
    inner: Rel,
    kind: JoinKind,
    /// One side is made unique first.
    unique: Option<UniqueSide>,
    special: &'p SpecialJoin,
    clauses: &'p [Rc<Clause>],
    /// Those that can be keys of hash or merge joins.
    facts: JoinFacts,
    rows: f64,
    target: Rc<[Expr]>,
    width: i32,
    /// The query may ask for other tables' values in it.
    sources: RelSet,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum UniqueSide {
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
        true => match_factors(level, kind, clauses, join, inner.relations, inner.rows),
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
    fn is_outer(&self) -> bool {
        matches!(
            self.kind,
            JoinKind::Left | JoinKind::Right | JoinKind::Full | JoinKind::Anti
        )
    }

    /// Conditions of the join itself and, for outer joins, those on its result.
    fn split<'c>(&self, clauses: impl IntoIterator<Item = &'c Rc<Clause>>) -> (Vec<Rc<Clause>>, Vec<Rc<Clause>>) {
        let above = |clause: &Rc<Clause>| self.is_outer() && clause.is_above(self.join);
        let (above, own) = clauses.into_iter().cloned().partition(above);
        (own, above)
    }

    /// `None`: this kind of join can't be done by merging (nor by anything but hashing).
    fn merge_clauses(&self, level: &Level<'_, '_, '_>) -> Option<Vec<Rc<Clause>>> {
        let total = matches!(self.kind, JoinKind::Right | JoinKind::Full);
        let (mut found, mut all_merge) = (Vec::new(), true);
        let (own, _) = self.split(self.clauses);
        for clause in own {
            let mergeable = clause
                .sides
                .as_ref()
                .is_some_and(|sides| sides.mergeable && sides.classes.is_some());
            match mergeable && clause.oriented(self.outer.relations, self.inner.relations).is_some() {
                true => found.push(clause),
                false => all_merge = false,
            }
        }
        if total && !all_merge {
            return None;
        }
        let wanted = level.problem.settings.mergejoin || self.kind == JoinKind::Full;
        Some(if wanted { found } else { Vec::new() })
    }

    fn needs(&self, path: &Path, of: &Rel) -> bool {
        path.required_relations().overlaps(of.relations)
    }

    fn class_of(&self, level: &Level<'_, '_, '_>, clause: &Clause, outer: bool) -> usize {
        let Some(sides) = &clause.sides else { return usize::MAX };
        let Some((left, right)) = sides.classes else {
            return usize::MAX;
        };
        let left_is_outer = self.outer.relations.contains(sides.left_relations);
        level
            .problem
            .classes
            .canonical(if left_is_outer == outer { left } else { right })
    }

    /// Both sides sorted for the join (`sort_inner_and_outer`).
    fn sort_both(&self, level: &mut Level<'_, '_, '_>, merge_clauses: &[Rc<Clause>], paths: &mut Vec<Path>) {
        if merge_clauses.is_empty() {
            return;
        }
        let (Some(outer), Some(inner)) = (self.outer_total(level), self.inner_total(level)) else {
            return;
        };
        if self.needs(&outer, &self.inner) || self.needs(&inner, &self.outer) {
            return;
        }
        let all = self.outer_keys(level, merge_clauses);
        for at in 0..all.len() {
            let mut keys = all.clone();
            if at > 0 {
                let first = keys.remove(at);
                keys.insert(0, first);
            }
            let usable = self.clauses_for(level, &keys, merge_clauses);
            let inner_keys = self.inner_keys(level, &usable, &keys);
            self.merge(level, &outer, &inner, usable, (&keys, &inner_keys), keys.clone(), paths);
        }
    }

    fn outer_total(&self, level: &Level<'_, '_, '_>) -> Option<Rc<Path>> {
        match self.unique {
            Some(UniqueSide::Outer) => unique_path(level, &self.outer, self.special),
            _ => self.outer.cheapest(),
        }
    }

    fn inner_total(&self, level: &Level<'_, '_, '_>) -> Option<Rc<Path>> {
        match self.unique {
            Some(UniqueSide::Inner) => unique_path(level, &self.inner, self.special),
            _ => self.inner.cheapest(),
        }
    }

    /// The orders of the outer side that help: those that the query wants first
    /// (`select_outer_pathkeys_for_merge`).
    fn outer_keys(&self, level: &Level<'_, '_, '_>, merge_clauses: &[Rc<Clause>]) -> Vec<PathKey> {
        let mut classes: Vec<(usize, usize)> = Vec::new();
        for clause in merge_clauses {
            let class = self.class_of(level, clause, true);
            if classes.iter().any(|(known, _)| *known == class) {
                continue;
            }
            // How many other tables could be merged by the same order later.
            let found = level.problem.classes.get(class);
            let later = found.map_or(0, |class| {
                let outside =
                    |member: &&super::super::classes::Member| !member.is_const && !member.relations.overlaps(self.join);
                class.members.iter().filter(outside).count()
            });
            classes.push((class, later));
        }
        let wanted = &level.problem.wanted;
        let mut keys: Vec<PathKey> = Vec::new();
        let all_used = !wanted.is_empty()
            && wanted
                .iter()
                .all(|key| classes.iter().any(|(class, _)| *class == key.class));
        if all_used {
            keys.extend(wanted.iter().copied());
            classes.retain(|(class, _)| !wanted.iter().any(|key| key.class == *class));
        }
        while !classes.is_empty() {
            let most = classes.iter().map(|(_, later)| *later).max();
            let Some(at) = classes.iter().position(|(_, later)| Some(*later) == most) else {
                break;
            };
            let (class, _) = classes.remove(at);
            keys.push(PathKey {
                class,
                order: crate::catalog::SortOrder::default(),
            });
        }
        keys
    }

    /// Merge clauses in the order of the outer keys, as far as they go (`find_mergeclauses_for_outer_pathkeys`).
    fn clauses_for(
        &self,
        level: &Level<'_, '_, '_>,
        keys: &[PathKey],
        merge_clauses: &[Rc<Clause>],
    ) -> Vec<Rc<Clause>> {
        let mut found = Vec::new();
        for key in keys {
            let before = found.len();
            let matching = merge_clauses
                .iter()
                .filter(|clause| self.class_of(level, clause, true) == key.class);
            found.extend(matching.cloned());
            if found.len() == before {
                break;
            }
        }
        found
    }

    /// The order that the inner side must have (`make_inner_pathkeys_for_merge`).
    fn inner_keys(&self, level: &Level<'_, '_, '_>, clauses: &[Rc<Clause>], outer: &[PathKey]) -> Vec<PathKey> {
        let mut keys: Vec<PathKey> = Vec::new();
        for clause in clauses {
            let outer_class = self.class_of(level, clause, true);
            let order = outer.iter().find(|key| key.class == outer_class).map(|key| key.order);
            let class = self.class_of(level, clause, false);
            if let Some(order) = order
                && !keys.iter().any(|known| known.class == class)
            {
                keys.push(PathKey { class, order });
            }
        }
        keys
    }

    /// The order of the join's rows (`build_join_pathkeys`).
    fn join_keys(&self, level: &Level<'_, '_, '_>, outer: &[PathKey]) -> Vec<PathKey> {
        match self.kind {
            JoinKind::Right | JoinKind::Full => Vec::new(),
            _ => useful_join_keys(level, self.join, outer.to_vec()),
        }
    }

    /// Nested loops over each outer path, and merge joins with those that are sorted (`match_unsorted_outer`).
    fn unsorted_outer(&self, level: &mut Level<'_, '_, '_>, merge_clauses: &[Rc<Clause>], paths: &mut Vec<Path>) {
        let total = matches!(self.kind, JoinKind::Right | JoinKind::Full);
        let settings = level.problem.settings.clone();
        let mut inner_total = self.inner_total(level).filter(|path| !self.needs(path, &self.outer));
        if self.unique == Some(UniqueSide::Inner) && inner_total.is_none() {
            return;
        }
        let material = match &inner_total {
            Some(path) if self.unique.is_none() || self.unique == Some(UniqueSide::Outer) => {
                (settings.material && !total && !keeps_rows(path)).then(|| Rc::new(materialized(&settings, path)))
            }
            _ => None,
        };
        let cheapest_outer = self.outer.cheapest();
        for outer in self.outer.paths.clone() {
            if self.needs(&outer, &self.inner) {
                continue;
            }
            let outer = match self.unique {
                Some(UniqueSide::Outer) => {
                    let is_cheapest = cheapest_outer
                        .as_ref()
                        .is_some_and(|cheapest| Rc::ptr_eq(cheapest, &outer));
                    match unique_path(level, &self.outer, self.special) {
                        Some(unique) if is_cheapest => unique,
                        _ => continue,
                    }
                }
                _ => outer,
            };
            if self.unique == Some(UniqueSide::Inner) {
                if let Some(inner) = &inner_total {
                    self.nested(level, &outer, inner, None, paths);
                }
            } else if !total {
                for inner in self.inner.inner_candidates() {
                    self.nested(level, &outer, &inner, None, paths);
                    if let Some((kept, rescan)) = memoized(level, &outer, &inner) {
                        self.nested(level, &outer, &Rc::new(kept), Some(rescan), paths);
                    }
                }
                if let Some(material) = &material {
                    self.nested(level, &outer, material, None, paths);
                }
            }
            if self.unique == Some(UniqueSide::Outer) {
                continue;
            }
            if let Some(inner) = &mut inner_total {
                self.merge_with(level, &outer, inner, merge_clauses, paths);
            }
        }
    }

    /// Merge joins with an outer path that is sorted already (`generate_mergejoin_paths`).
    fn merge_with(
        &self,
        level: &mut Level<'_, '_, '_>,
        outer: &Rc<Path>,
        inner: &Rc<Path>,
        merge_clauses: &[Rc<Clause>],
        paths: &mut Vec<Path>,
    ) {
        let total = matches!(self.kind, JoinKind::Right | JoinKind::Full);
        let usable = self.clauses_for(level, &outer.keys, merge_clauses);
        if usable.is_empty() || total && usable.len() != merge_clauses.len() {
            return;
        }
        let inner_keys = self.inner_keys(level, &usable, &outer.keys);
        let result_keys = outer.keys.clone();
        self.merge(
            level,
            outer,
            inner,
            usable.clone(),
            (&[], &inner_keys),
            result_keys.clone(),
            paths,
        );
        if self.unique.is_some() {
            return;
        }
        // Inner paths that are sorted by as many keys as possible.
        let mut cheapest: Option<Rc<Path>> = has_keys(&inner.keys, &inner_keys).then(|| inner.clone());
        let mut quickest: Option<Rc<Path>> = None;
        for count in (1..=inner_keys.len()).rev() {
            let keys = inner_keys.get(..count).unwrap_or_default();
            let clauses = self.trimmed(level, &usable, keys, outer);
            if total && clauses.len() < usable.len() {
                break;
            }
            let by_total = self
                .inner
                .cheapest_sorted(keys, false)
                .filter(|path| !self.needs(path, &self.outer));
            if let Some(path) = by_total
                && cheapest.as_ref().is_none_or(|known| path.cost.total < known.cost.total)
            {
                self.merge(
                    level,
                    outer,
                    &path,
                    clauses.clone(),
                    (&[], &[]),
                    result_keys.clone(),
                    paths,
                );
                cheapest = Some(path);
            }
            let by_startup = self
                .inner
                .cheapest_sorted(keys, true)
                .filter(|path| !self.needs(path, &self.outer));
            if let Some(path) = by_startup
                && quickest
                    .as_ref()
                    .is_none_or(|known| path.cost.startup < known.cost.startup)
            {
                if !cheapest.as_ref().is_some_and(|known| Rc::ptr_eq(known, &path)) {
                    self.merge(level, outer, &path, clauses, (&[], &[]), result_keys.clone(), paths);
                }
                quickest = Some(path);
            }
        }
    }

    /// The merge clauses that an inner order of so many keys serves.
    fn trimmed(
        &self,
        level: &Level<'_, '_, '_>,
        clauses: &[Rc<Clause>],
        keys: &[PathKey],
        _outer: &Rc<Path>,
    ) -> Vec<Rc<Clause>> {
        let served = |clause: &&Rc<Clause>| keys.iter().any(|key| key.class == self.class_of(level, clause, false));
        clauses.iter().take_while(served).cloned().collect()
    }

    /// What the path goes on asking for; `None`: it asks for what nobody can give.
    fn requirements(&self, outer: &Path, inner: &Path, is_loop: bool) -> Option<Vec<super::super::path::Requirement>> {
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

    fn nested(
        &self,
        level: &mut Level<'_, '_, '_>,
        outer: &Rc<Path>,
        inner: &Rc<Path>,
        rescan: Option<crate::planner::plan::Cost>,
        paths: &mut Vec<Path>,
    ) {
        let Some(required) = self.requirements(outer, inner, true) else {
            return;
        };
        let depends = inner.required_relations().overlaps(self.outer.relations);
        let inner_relations = self.inner.relations;
        let given = inner_relations.union(inner.required_relations());
        // What the inner side tests by itself need not be tested again.
        let rest: Vec<Rc<Clause>> = self
            .clauses
            .iter()
            .filter(|clause| !depends || !clause.is_movable_into(inner_relations, given))
            .cloned()
            .collect();
        let is_dependent_scan = inner_relations.count() == 1 && self.is_plain_table(level);
        let rest = if depends && !is_dependent_scan {
            self.clauses.to_vec()
        } else {
            rest
        };
        let quals = rest
            .iter()
            .map(|clause| clause.cost)
            .fold(QualCost::default(), |a, b| a + b);
        let indexed = depends && rest.is_empty() && is_indexed(inner);
        let settings = &level.problem.settings;
        let rescan = rescan.unwrap_or_else(|| rescan_cost(settings, inner));
        let rows = self.path_rows(outer, &required);
        let facts = JoinFacts { rows, ..self.facts };
        let cost = nested_loop(settings, &facts, side(outer), side(inner), rescan, quals, indexed);
        let (own, above) = self.split(&rest);
        let params = inner
            .required
            .iter()
            .filter(|requirement| self.outer.relations.contains(requirement.relations))
            .map(|requirement| (requirement.param, requirement.value.clone()));
        let kind = PlanKind::NestedLoop {
            join: Join {
                kind: self.kind,
                filter: ordered(&own),
                inner_unique: self.facts.inner_unique,
            },
            params: params.collect(),
        };
        let mut path = self.path(level, kind, outer.clone(), inner.clone());
        path.filter = ordered(&above);
        path.cost = cost;
        path.rows = rows;
        path.keys = self.join_keys(level, &outer.keys);
        path.required = required;
        paths.push(path);
    }

    fn is_plain_table(&self, level: &Level<'_, '_, '_>) -> bool {
        self.inner
            .relations
            .members()
            .next()
            .is_some_and(|varno| level.tables.contains_key(&varno))
    }

    /// A path that depends on other tables gives fewer rows at a time.
    fn path_rows(&self, outer: &Path, required: &[super::super::path::Requirement]) -> f64 {
        match required.is_empty() || self.outer.rows <= 0.0 {
            true => self.rows,
            false => clamp_rows(self.rows * (outer.rows / self.outer.rows).min(1.0)),
        }
    }

    fn path(&self, level: &Level<'_, '_, '_>, kind: PlanKind, outer: Rc<Path>, inner: Rc<Path>) -> Path {
        let mut path = Path::new(kind, vec![outer, inner], self.target.clone(), level.number);
        path.width = self.width;
        path
    }

    #[allow(clippy::too_many_arguments)]
    fn merge(
        &self,
        level: &mut Level<'_, '_, '_>,
        outer: &Rc<Path>,
        inner: &Rc<Path>,
        clauses: Vec<Rc<Clause>>,
        (outer_keys, inner_keys): (&[PathKey], &[PathKey]),
        result_keys: Vec<PathKey>,
        paths: &mut Vec<Path>,
    ) {
        let Some(required) = self.requirements(outer, inner, false) else {
            return;
        };
        let sort_outer = !outer_keys.is_empty() && !has_keys(&outer.keys, outer_keys);
        let sort_inner = !inner_keys.is_empty() && !has_keys(&inner.keys, inner_keys);
        let join_clauses: Option<Vec<JoinClause>> = clauses.iter().map(|clause| self.join_clause(clause)).collect();
        let Some(join_clauses) = join_clauses else { return };
        let (own, above) = self.split(self.clauses);
        let rest: Vec<Rc<Clause>> = own
            .into_iter()
            .filter(|clause| !clauses.iter().any(|known| Rc::ptr_eq(known, clause)))
            .collect();
        let costs = |clauses: &[Rc<Clause>]| clauses.iter().map(|c| c.cost).fold(QualCost::default(), |a, b| a + b);
        let (outer_range, inner_range) = self.ranges(level, clauses.first());
        let skip_mark = (matches!(self.kind, JoinKind::Semi | JoinKind::Anti) || self.facts.inner_unique)
            && rest.is_empty()
            && above.is_empty();
        let given = MergeJoinCost {
            clause_cost: costs(&clauses),
            filter_cost: costs(&rest) + costs(&above),
            outer_range,
            inner_range,
            sort_outer,
            sort_inner,
            inner_unmarkable: !sort_inner && !can_mark(inner),
            matches: self.approximate_rows(level, outer.rows, inner.rows, &clauses),
            skip_mark,
        };
        let (cost, keep) = merge_join(&level.problem.settings, &self.facts, side(outer), side(inner), &given);
        let Some(outer_path) = sorted_side(level, outer, outer_keys, sort_outer) else {
            return;
        };
        let Some(inner_path) = sorted_side(level, inner, inner_keys, sort_inner) else {
            return;
        };
        let inner_path = match keep {
            true => Rc::new(materialized(&level.problem.settings, &inner_path)),
            false => inner_path,
        };
        let order_of = |clause: &Rc<Clause>| {
            let class = self.class_of(level, clause, true);
            let keys = if outer_keys.is_empty() { &outer.keys } else { outer_keys };
            keys.iter()
                .find(|key| key.class == class)
                .map(|key| key.order)
                .unwrap_or_default()
        };
        let kind = PlanKind::MergeJoin {
            orders: clauses.iter().map(order_of).collect(),
            clauses: join_clauses,
            join: Join {
                kind: self.kind,
                filter: ordered(&rest),
                inner_unique: self.facts.inner_unique,
            },
        };
        let keys = self.join_keys(level, &result_keys);
        let mut path = self.path(level, kind, outer_path, inner_path);
        path.filter = ordered(&above);
        path.cost = cost;
        path.rows = self.path_rows(outer, &required);
        path.keys = keys;
        path.required = required;
        paths.push(path);
    }

    fn join_clause(&self, clause: &Clause) -> Option<JoinClause> {
        let (outer, inner) = clause.oriented(self.outer.relations, self.inner.relations)?;
        Some(JoinClause {
            outer: outer.clone(),
            inner: inner.clone(),
            expr: clause.commuted_for(self.outer.relations),
        })
    }

    /// Rows that some clauses let through, by their plain selectivities (`approx_tuple_count`).
    fn approximate_rows(&self, level: &Level<'_, '_, '_>, outer: f64, inner: f64, clauses: &[Rc<Clause>]) -> f64 {
        let sides = JoinSides {
            kind: JoinKind::Inner,
            right: self.inner.relations,
            right_rows: inner,
        };
        let estimator = Estimator::join(&level.problem.bases, sides);
        let selectivity: f64 = clauses.iter().map(|clause| estimator.one(&clause.expr)).product();
        clamp_rows(selectivity * outer * inner)
    }

    /// Which parts of both sides a merge join reads: one side may end long before the other
    /// (`mergejoinscansel`).
    fn ranges(&self, level: &Level<'_, '_, '_>, first: Option<&Rc<Clause>>) -> ((f64, f64), (f64, f64)) {
        let whole = ((0.0, 1.0), (0.0, 1.0));
        let Some((outer, inner)) = first.and_then(|clause| clause.oriented(self.outer.relations, self.inner.relations))
        else {
            return whole;
        };
        let (mut outer, mut inner) = super::super::estimate::join::merge_ranges(&level.problem.bases, outer, inner);
        if matches!(self.kind, JoinKind::Left | JoinKind::Anti | JoinKind::Full) {
            outer = (0.0, 1.0);
        }
        if matches!(self.kind, JoinKind::Right | JoinKind::Full) {
            inner = (0.0, 1.0);
        }
        (outer, inner)
    }

    fn hash_joins(&self, level: &mut Level<'_, '_, '_>, paths: &mut Vec<Path>) {
        let (own, _) = self.split(self.clauses);
        let usable: Vec<Rc<Clause>> = own
            .into_iter()
            .filter(|clause| {
                clause.sides.as_ref().is_some_and(|sides| sides.hashable)
                    && clause.oriented(self.outer.relations, self.inner.relations).is_some()
            })
            .collect();
        let (Some(outer_total), Some(inner_total)) = (self.outer_total(level), self.inner_total(level)) else {
            return;
        };
        if usable.is_empty() || self.needs(&outer_total, &self.inner) || self.needs(&inner_total, &self.outer) {
            return;
        }
        self.hash(level, &outer_total, &inner_total, &usable, paths);
        if self.unique.is_none()
            && let Some(quickest) = self.outer.quickest()
            && !Rc::ptr_eq(&quickest, &outer_total)
        {
            self.hash(level, &quickest, &inner_total, &usable, paths);
        }
    }

    fn hash(
        &self,
        level: &mut Level<'_, '_, '_>,
        outer: &Rc<Path>,
        inner: &Rc<Path>,
        clauses: &[Rc<Clause>],
        paths: &mut Vec<Path>,
    ) {
        let Some(required) = self.requirements(outer, inner, false) else {
            return;
        };
        let join_clauses: Option<Vec<JoinClause>> = clauses.iter().map(|clause| self.join_clause(clause)).collect();
        let Some(join_clauses) = join_clauses else { return };
        let (own, above) = self.split(self.clauses);
        let rest: Vec<Rc<Clause>> = own
            .into_iter()
            .filter(|clause| !clauses.iter().any(|known| Rc::ptr_eq(known, clause)))
            .collect();
        let costs = |clauses: &[Rc<Clause>]| clauses.iter().map(|c| c.cost).fold(QualCost::default(), |a, b| a + b);
        let (buckets, batches) = hash_table_size(&level.problem.settings, inner.rows, inner.width);
        let (mut bucket, mut common): (f64, f64) = (1.0, 1.0);
        for clause in &join_clauses {
            let (part, most) = bucket_size(&level.problem.bases, &clause.inner, buckets * batches);
            (bucket, common) = (bucket.min(part), common.min(most));
        }
        let given = HashJoinCost {
            clauses: clauses.len(),
            clause_cost: costs(clauses),
            filter_cost: costs(&rest) + costs(&above),
            bucket,
            common,
            matches: self.approximate_rows(level, outer.rows, inner.rows, clauses),
        };
        let cost = hash_join(&level.problem.settings, &self.facts, side(outer), side(inner), &given);
        let kind = PlanKind::HashJoin {
            clauses: join_clauses,
            join: Join {
                kind: self.kind,
                filter: ordered(&rest),
                inner_unique: self.facts.inner_unique,
            },
        };
        let mut hashed = crate::planner::upper::above(Path::clone(inner), PlanKind::Hash, None);
        hashed.cost.startup = hashed.cost.total;
        let mut path = self.path(level, kind, outer.clone(), Rc::new(hashed));
        path.filter = ordered(&above);
        path.cost = cost;
        path.rows = self.path_rows(outer, &required);
        path.required = required;
        paths.push(path);
    }
}

fn side(path: &Path) -> Side {
    Side {
        cost: path.cost,
        rows: path.rows,
        width: path.width,
    }
}

fn sorted_side(level: &Level<'_, '_, '_>, path: &Rc<Path>, keys: &[PathKey], sort: bool) -> Option<Rc<Path>> {
    if !sort {
        return Some(path.clone());
    }
    let sort_keys = sort_keys_of(level, keys, &path.output)?;
    Some(Rc::new(sort_path(
        level,
        Path::clone(path),
        sort_keys,
        keys.to_vec(),
        None,
    )))
}

/// All that the inner side tests of the join is what its index is searched for.
fn is_indexed(inner: &Path) -> bool {
    let depends = |expr: &Expr| {
        expr.any(&mut |part| match part {
            Expr::Param {
                number,
                kind: crate::query::ParamKind::Executor,
                ..
            } => inner.required.iter().any(|required| required.param == *number),
            _ => false,
        })
    };
    let scans = matches!(inner.kind, PlanKind::IndexScan(_) | PlanKind::BitmapHeapScan { .. });
    scans && !inner.filter.iter().any(depends)
}

/// Paths by their total costs.
pub fn by_cost(a: &Path, b: &Path) -> Ordering {
    a.cost.total.total_cmp(&b.cost.total)
}
