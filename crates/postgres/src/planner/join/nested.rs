//! Nested loops: over each outer path, the inner one is read again and again, by itself or by the outer row's values.

use std::rc::Rc;

use super::inner::{keeps_rows, materialized, rescan_cost};
use super::memoize::memoized;
use super::unique::unique_path;
use crate::planner::clause::{Clause, ordered};
use crate::planner::cost::expression::QualCost;
use crate::planner::cost::join::{JoinFacts, nested_loop};
use crate::planner::level::Level;
use crate::planner::path::Path;
use crate::planner::plan::{Join, PlanKind};
use crate::query::{Expr, JoinKind};

use super::paths::{Pair, UniqueSide, side};

impl Pair<'_> {
    /// Nested loops over each outer path, and merge joins with those that are sorted (`match_unsorted_outer`).
    pub(super) fn unsorted_outer(
        &self,
        level: &mut Level<'_, '_, '_>,
        merge_clauses: &[Rc<Clause>],
        paths: &mut Vec<Path>,
    ) {
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

    pub(super) fn nested(
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
        let quals = rest.iter().map(|clause| clause.cost).sum::<QualCost>();
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

    pub(super) fn is_plain_table(&self, level: &Level<'_, '_, '_>) -> bool {
        self.inner
            .relations
            .members()
            .next()
            .is_some_and(|varno| level.tables.contains_key(&varno))
    }
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
