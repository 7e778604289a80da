//! Merge joins: which orders of both sides serve, and what the join of two sorted paths is.

use std::rc::Rc;

use super::inner::{can_mark, materialized};
use crate::planner::clause::{Clause, ordered};
use crate::planner::cost::expression::QualCost;
use crate::planner::cost::join::{MergeJoinCost, merge_join};
use crate::planner::level::Level;
use crate::planner::order::{sort_keys_of, sort_path};
use crate::planner::path::{Path, PathKey};
use crate::planner::plan::{Join, JoinClause, PlanKind};
use crate::planner::rel::has_keys;
use crate::query::{Expr, JoinKind};

use super::paths::{Pair, side};

impl Pair<'_> {
    /// `None`: this kind of join can't be done by merging (nor by anything but hashing).
    pub(super) fn merge_clauses(&self, level: &Level<'_, '_, '_>) -> Option<Vec<Rc<Clause>>> {
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
                false => all_merge &= matches!(clause.expr, Expr::Const(_)),
            }
        }
        if total && !all_merge {
            return None;
        }
        let wanted = level.problem.settings.mergejoin || self.kind == JoinKind::Full;
        Some(if wanted { found } else { Vec::new() })
    }

    pub(super) fn class_of(&self, level: &Level<'_, '_, '_>, clause: &Clause, outer: bool) -> usize {
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
    pub(super) fn sort_both(&self, level: &mut Level<'_, '_, '_>, merge_clauses: &[Rc<Clause>], paths: &mut Vec<Path>) {
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

    /// The orders of the outer side that help: those that the query wants first
    /// (`select_outer_pathkeys_for_merge`).
    pub(super) fn outer_keys(&self, level: &Level<'_, '_, '_>, merge_clauses: &[Rc<Clause>]) -> Vec<PathKey> {
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
    pub(super) fn clauses_for(
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
    pub(super) fn inner_keys(
        &self,
        level: &Level<'_, '_, '_>,
        clauses: &[Rc<Clause>],
        outer: &[PathKey],
    ) -> Vec<PathKey> {
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

    /// Merge joins with an outer path that is sorted already (`generate_mergejoin_paths`).
    pub(super) fn merge_with(
        &self,
        level: &mut Level<'_, '_, '_>,
        outer: &Rc<Path>,
        inner: &Rc<Path>,
        merge_clauses: &[Rc<Clause>],
        paths: &mut Vec<Path>,
    ) {
        let total = matches!(self.kind, JoinKind::Right | JoinKind::Full);
        let usable = self.clauses_for(level, &outer.keys, merge_clauses);
        // FULL JOIN without keys: all rows are one run.
        let without_keys = self.kind == JoinKind::Full && merge_clauses.is_empty();
        if usable.is_empty() && !without_keys || total && usable.len() != merge_clauses.len() {
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
            let clauses = self.trimmed(level, &usable, keys);
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
    pub(super) fn trimmed(
        &self,
        level: &Level<'_, '_, '_>,
        clauses: &[Rc<Clause>],
        keys: &[PathKey],
    ) -> Vec<Rc<Clause>> {
        let served = |clause: &&Rc<Clause>| keys.iter().any(|key| key.class == self.class_of(level, clause, false));
        clauses.iter().take_while(served).cloned().collect()
    }

    #[allow(clippy::too_many_arguments)]
    pub(super) fn merge(
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
        let (rest, above) = self.split_without(&clauses);
        let costs = |clauses: &[Rc<Clause>]| clauses.iter().map(|c| c.cost).sum::<QualCost>();
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
        let (cost, keep) = merge_join(&level.problem.settings, side(outer), side(inner), &given);
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

    /// Which parts of both sides a merge join reads: one side may end long before the other
    /// (`mergejoinscansel`).
    pub(super) fn ranges(&self, level: &Level<'_, '_, '_>, first: Option<&Rc<Clause>>) -> ((f64, f64), (f64, f64)) {
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
