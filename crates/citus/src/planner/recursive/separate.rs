//! Parts of a query that do not go together on the shards: each is read by itself.

use std::sync::Arc;

use kumquat_postgres::query::{CommandType, Expr, Query, RangeTableKind};
use kumquat_types::Result;

use super::Planner;
use crate::planner::analysis::analyze;
use crate::planner::pushable;
use crate::planner::rewrite::refers_outside;

impl Planner {
    /// UNION of branches that all give their distribution columns at the same place.
    pub(super) fn union_is_safe(&self, query: &Query) -> bool {
        let Some(operation) = query
            .set_operation
            .as_ref()
            .filter(|found| pushable::only_unions(found))
        else {
            return false;
        };
        let mut leaves = Vec::new();
        pushable::set_leaves(operation, &mut leaves);
        let analysis = analyze(query, &self.metadata, &[]);
        if !analysis.colocated() || !analysis.joined_on_distribution_columns() {
            return false;
        }
        let places: Vec<Vec<i16>> = leaves
            .iter()
            .filter_map(|index| match &query.entry(*index)?.kind {
                RangeTableKind::Subquery { query, .. } => {
                    let columns = self.distribution_columns(query);
                    let targets = query.output_columns();
                    Some(
                        targets
                            .filter(|target| columns.contains(&target.expr))
                            .map(|target| target.number)
                            .collect(),
                    )
                }
                _ => None,
            })
            .collect();
        let Some(first) = places.first() else { return false };
        places.len() == leaves.len()
            && first
                .iter()
                .any(|number| places.iter().all(|place| place.contains(number)))
    }

    /// Each branch of a set operation on its own.
    pub(super) fn set_operation_leaves(&mut self, query: &mut Query) -> Result<()> {
        for index in 0..query.range_table.len() {
            let Some(entry) = query.range_table.get(index) else {
                continue;
            };
            let RangeTableKind::Subquery { query: branch, view } = &entry.kind else {
                continue;
            };
            if !self.has_distributed(branch) || refers_outside(branch, 0) {
                continue;
            }
            let (branch, view) = (branch.clone(), *view);
            let replaced = self.add(&branch);
            if let Some(entry) = query.range_table.get_mut(index) {
                entry.kind = RangeTableKind::Subquery { query: replaced, view };
            }
        }
        Ok(())
    }

    /// Subqueries whose tables are not joined with the others on their distribution columns
    /// (`RecursivelyPlanNonColocatedSubqueries`).
    pub(super) fn separate_not_colocated(&mut self, query: &mut Query) -> Result<()> {
        let analysis = analyze(query, &self.metadata, &[]);
        if analysis.colocated() && analysis.joined_on_distribution_columns() {
            return Ok(());
        }
        let anchor = query
            .range_table
            .iter()
            .position(|entry| self.entry_has_distributed(entry));
        let Some(anchor) = anchor else { return Ok(()) };
        for index in 0..query.range_table.len() {
            let Some(entry) = query.range_table.get(index) else {
                continue;
            };
            let RangeTableKind::Subquery { query: subquery, view } = &entry.kind else {
                continue;
            };
            if index == anchor || !self.has_distributed(subquery) || refers_outside(subquery, 0) {
                continue;
            }
            if self.aligned_with_anchor(query, anchor, index) {
                continue;
            }
            let (subquery, view) = (subquery.clone(), *view);
            let replaced = self.add(&subquery);
            if let Some(entry) = query.range_table.get_mut(index) {
                entry.kind = RangeTableKind::Subquery { query: replaced, view };
            }
        }
        self.separate_sublinks(query)
    }

    /// The distribution columns of two entries are in one class.
    pub(super) fn aligned_with_anchor(&self, query: &Query, anchor: usize, other: usize) -> bool {
        let mut pair = query.clone();
        for (index, entry) in pair.range_table.iter_mut().enumerate() {
            let is_table = matches!(
                entry.kind,
                RangeTableKind::Relation { .. } | RangeTableKind::Subquery { .. }
            );
            if is_table && index != anchor && index != other && !self.entry_has_distributed(entry) {
                continue;
            }
            if is_table && index != anchor && index != other {
                entry.kind = RangeTableKind::Result;
            }
        }
        let analysis = analyze(&pair, &self.metadata, &[]);
        let has_both = analysis.distributed().count() > 1;
        has_both && analysis.colocated() && analysis.joined_on_distribution_columns()
    }

    pub(super) fn separate_sublinks(&mut self, query: &mut Query) -> Result<()> {
        let analysis = analyze(query, &self.metadata, &[]);
        if analysis.colocated() && analysis.joined_on_distribution_columns() {
            return Ok(());
        }
        let mut links: Vec<Arc<Query>> = Vec::new();
        query.for_each_expr(&mut |expr| {
            expr.visit(&mut |part| {
                if let Expr::SubLink(link) = part {
                    links.push(link.query.clone());
                }
            });
        });
        for link in links {
            if !self.has_distributed(&link) || refers_outside(&link, 0) || self.sublink_is_aligned(query, &link) {
                continue;
            }
            let replaced = self.add(&link);
            query.for_each_expr_mut(&mut |expr| {
                expr.transform(&mut |part| {
                    if let Expr::SubLink(found) = part
                        && Arc::ptr_eq(&found.query, &link)
                    {
                        found.query = replaced.clone();
                    }
                });
            });
        }
        Ok(())
    }

    /// The sublink's tables are joined with those of FROM on the distribution columns.
    pub(super) fn sublink_is_aligned(&self, query: &Query, link: &Arc<Query>) -> bool {
        let mut alone = query.clone();
        alone.for_each_expr_mut(&mut |expr| {
            expr.transform(&mut |part| {
                if let Expr::SubLink(found) = part
                    && !Arc::ptr_eq(&found.query, link)
                {
                    found.query = Arc::new(Query::new(CommandType::Select));
                }
            });
        });
        let analysis = analyze(&alone, &self.metadata, &[]);
        analysis.colocated() && analysis.joined_on_distribution_columns()
    }
}
