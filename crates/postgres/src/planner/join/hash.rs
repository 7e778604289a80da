//! Hash joins: the inner side in a hash table.

use std::rc::Rc;

use crate::planner::clause::{Clause, ordered};
use crate::planner::cost::expression::QualCost;
use crate::planner::cost::join::{HashJoinCost, hash_join, hash_table_size};
use crate::planner::estimate::groups::bucket_size;
use crate::planner::level::Level;
use crate::planner::path::Path;
use crate::planner::plan::{Join, JoinClause, PlanKind};

use super::paths::{Pair, side};

impl Pair<'_> {
    pub(super) fn hash_joins(&self, level: &mut Level<'_, '_, '_>, paths: &mut Vec<Path>) {
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

    pub(super) fn hash(
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
        let (rest, above) = self.split_without(clauses);
        let costs = |clauses: &[Rc<Clause>]| clauses.iter().map(|c| c.cost).sum::<QualCost>();
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
