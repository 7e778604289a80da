//! The right side of a semi-join without duplicates: then it can be joined like any other table
//! (`create_unique_path`).

use std::rc::Rc;

use crate::planner::cost::aggregate::{self, AggregateCosts, GroupCost};
use crate::planner::cost::sort;
use crate::planner::estimate::groups::count_groups;
use crate::planner::level::Level;
use crate::planner::path::Path;
use crate::planner::plan::{AggregateStrategy, Aggregation, GroupKey, PlanKind, SortKey};
use crate::planner::rel::{Rel, SpecialJoin};
use crate::planner::upper::above;

/// The cheapest path of the relation, each combination of the compared values once.
pub fn unique_path(level: &Level<'_, '_, '_>, rel: &Rel, special: &SpecialJoin) -> Option<Rc<Path>> {
    if special.unique_by.is_empty() || special.syntactic_right != rel.relations {
        return None;
    }
    let path = rel.cheapest().filter(|path| path.required.is_empty())?;
    let columns = special.unique_by.len();
    let (rows, _) = count_groups(&level.problem.bases, &special.unique_by, path.rows);
    let settings = &level.problem.settings;
    let sort_cost = sort::sort(settings, path.cost, path.rows, path.width, None);
    let sorted = aggregate::group(settings, sort_cost, path.rows, columns);
    let given = GroupCost {
        input: path.cost,
        rows: path.rows,
        width: path.width,
        columns,
        groups: rows,
    };
    let hashed = aggregate::aggregate(settings, AggregateStrategy::Hashed, &AggregateCosts::default(), given);
    let keys = || {
        special
            .unique_by
            .iter()
            .map(|expr| GroupKey { expr: expr.clone() })
            .collect::<Vec<_>>()
    };
    let mut unique = if hashed.total < sorted.total {
        let aggregation = Aggregation {
            strategy: AggregateStrategy::Hashed,
            groups: keys(),
            sets: Vec::new(),
            refs: Vec::new(),
            estimated_groups: rows,
            set_groups: Vec::new(),
        };
        let mut unique = above(Path::clone(&path), PlanKind::Aggregate(aggregation), None);
        unique.cost = hashed;
        unique
    } else {
        let order = crate::catalog::SortOrder::default();
        let sort_keys = special.unique_by.iter().map(|expr| SortKey {
            expr: expr.clone(),
            order,
        });
        let mut sort = above(
            Path::clone(&path),
            PlanKind::Sort {
                keys: sort_keys.collect(),
            },
            None,
        );
        sort.cost = sort_cost;
        let mut unique = above(sort, PlanKind::Unique { keys: keys() }, None);
        unique.cost = sorted;
        unique
    };
    unique.rows = rows;
    unique.keys.clear();
    Some(Rc::new(unique))
}
