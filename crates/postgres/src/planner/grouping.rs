//! GROUP BY and aggregates: sorted, hashed, or over all rows (`create_grouping_paths`).

use std::rc::Rc;

use kumquat_types::{Oid, Result, proc_by_oid};

use super::cost::aggregate::{self, AggregateCosts, GroupCost};
use super::cost::expression::QualCost;
use super::cost::{CostSettings, clamp_rows};
use super::estimate::groups::count_groups;
use super::estimate::selectivity::Estimator;
use super::level::Level;
use super::order::{incremental_sort_path, path_keys, shared_keys, sort_path};
use super::path::Path;
use super::plan::{AggregateStrategy, Aggregation, Cost, GroupKey, PlanKind, SortKey};
use super::rel::{Rel, has_keys};
use super::upper::{Stages, above, sort_group_expr, sort_keys};
use crate::query::{Aggref, Expr, SortGroupClause};

/// What all ways to group share.
struct Grouping {
    keys: Vec<GroupKey>,
    refs: Vec<u32>,
    sets: Vec<Vec<usize>>,
    calls: AggregateCosts,
    has_aggregates: bool,
    /// Some aggregate wants its input in an order of its own, or each value once.
    is_ordered: bool,
    groups: f64,
    set_groups: Vec<f64>,
    rows: f64,
    having: QualCost,
    width: i32,
}

pub fn group(level: &mut Level<'_, '_, '_>, paths: Vec<Rc<Path>>, stages: &Stages) -> Result<Vec<Rc<Path>>> {
    level.query.group_by = in_sort_order(&level.query.group_by, &level.query.order_by, &level.query.grouping_sets);
    let Some(cheapest) = (Rel {
        paths: paths.clone(),
        ..Rel::default()
    })
    .cheapest() else {
        return Ok(paths);
    };
    let grouping = Grouping::new(level, &cheapest, stages)?;
    let mut rel = Rel {
        consider_startup: level.problem.fraction > 0.0,
        ..Rel::default()
    };
    let chain = chain(&grouping.sets);
    let clauses: Vec<SortGroupClause> = match &chain {
        Some(chain) => chain
            .iter()
            .filter_map(|&at| level.query.group_by.get(at).cloned())
            .collect(),
        None => level.query.group_by.clone(),
    };
    let sort = sort_keys(level, &clauses)?;
    let keys = path_keys(level, &sort);
    let is_plain = grouping.sets.is_empty();
    let can_sort = is_plain || chain.is_some();
    if is_plain && grouping.keys.is_empty() {
        rel.add(grouping.finish(level, Path::clone(&cheapest), AggregateStrategy::Plain, stages));
    } else if can_sort {
        // The keys that are constant need no sort.
        let sort = sort_of(level, &sort, &keys);
        for path in &paths {
            let input = if has_keys(&path.keys, &keys) {
                Path::clone(path)
            } else if Rc::ptr_eq(path, &cheapest) {
                sort_path(level, Path::clone(path), sort.clone(), keys.clone(), None)
            } else {
                continue;
            };
            rel.add(grouping.finish(level, input, AggregateStrategy::Sorted, stages));
        }
        for path in paths.iter().filter(|_| is_plain) {
            let presorted = shared_keys(&path.keys, &keys);
            if level.problem.settings.incremental_sort && presorted > 0 && presorted < keys.len() {
                let input = incremental_sort_path(level, Path::clone(path), sort.clone(), keys.clone(), presorted);
                rel.add(grouping.finish(level, input, AggregateStrategy::Sorted, stages));
            }
        }
    }
    let can_hash = !grouping.keys.is_empty() && (!grouping.is_ordered || !can_sort);
    if can_hash || !can_sort {
        let strategy = if is_plain {
            AggregateStrategy::Hashed
        } else {
            AggregateStrategy::Mixed
        };
        rel.add(grouping.finish(level, Path::clone(&cheapest), strategy, stages));
    }
    level.having.clear();
    Ok(rel.paths)
}

/// The columns of grouping sets in an order by which all sets can be told apart in one pass: each set holds the
/// next smaller one, as those of ROLLUP do.
fn chain(sets: &[Vec<usize>]) -> Option<Vec<usize>> {
    let mut order: Vec<usize> = Vec::new();
    let mut by_size: Vec<&Vec<usize>> = sets.iter().collect();
    by_size.sort_by_key(|set| set.len());
    for set in by_size {
        if !order.iter().all(|column| set.contains(column)) {
            return None;
        }
        order.extend(
            set.iter()
                .filter(|column| !order.contains(column))
                .copied()
                .collect::<Vec<_>>(),
        );
    }
    (!order.is_empty()).then_some(order)
}

/// The sort keys that path keys stand for.
fn sort_of(level: &mut Level<'_, '_, '_>, sort: &[SortKey], keys: &[super::path::PathKey]) -> Vec<SortKey> {
    let mut found = Vec::with_capacity(keys.len());
    for key in sort {
        let of_one = path_keys(level, std::slice::from_ref(key));
        if of_one.first().is_some_and(|one| keys.contains(one)) {
            found.push(key.clone());
        }
    }
    found
}

/// GROUP BY in the order of ORDER BY, as far as both go together: one sort may serve both
/// (`preprocess_groupclause`).
fn in_sort_order(
    group_by: &[SortGroupClause],
    order_by: &[SortGroupClause],
    sets: &[Vec<usize>],
) -> Vec<SortGroupClause> {
    if !sets.is_empty() {
        return group_by.to_vec();
    }
    let grouped = |clause: &&SortGroupClause| group_by.iter().any(|group| group.target_ref == clause.target_ref);
    let mut ordered: Vec<SortGroupClause> = order_by.iter().take_while(grouped).cloned().collect();
    for clause in group_by {
        if !ordered.iter().any(|known| known.target_ref == clause.target_ref) {
            ordered.push(clause.clone());
        }
    }
    ordered
}

impl Grouping {
    fn new(level: &Level<'_, '_, '_>, input: &Path, stages: &Stages) -> Result<Grouping> {
        let query = &level.query;
        let mut keys = Vec::with_capacity(query.group_by.len());
        for clause in &query.group_by {
            keys.push(GroupKey {
                expr: sort_group_expr(level, clause)?,
            });
        }
        let exprs: Vec<Expr> = keys.iter().map(|key| key.expr.clone()).collect();
        let set_groups = query.grouping_sets.iter().map(|set| {
            let exprs: Vec<Expr> = set.iter().filter_map(|&at| exprs.get(at).cloned()).collect();
            count_groups(&level.problem.bases, &exprs, input.rows).0
        });
        let set_groups: Vec<f64> = set_groups.collect();
        let groups = match set_groups.is_empty() {
            true => count_groups(&level.problem.bases, &exprs, input.rows).0,
            false => set_groups.iter().sum(),
        };
        let selectivity = Estimator::any(&level.problem.bases).all(&level.having);
        let mut calls: Vec<Aggref> = Vec::new();
        for expr in stages.window_input.iter().chain(&level.having) {
            collect_aggregates(expr, &mut calls);
        }
        Ok(Grouping {
            keys,
            refs: query.group_by.iter().map(|clause| clause.target_ref).collect(),
            sets: query.grouping_sets.clone(),
            has_aggregates: !calls.is_empty() || stages.window_input.iter().chain(&level.having).any(has_grouping),
            is_ordered: calls
                .iter()
                .any(|call| call.distinct || !call.order_by.is_empty() || call.within_group),
            calls: aggregate_costs(level, &calls),
            groups,
            set_groups,
            rows: if level.having.is_empty() {
                groups
            } else {
                clamp_rows(groups * selectivity)
            },
            having: level.expressions_cost(&level.having),
            width: stages.window_input.iter().map(|expr| level.width_of(expr)).sum(),
        })
    }

    /// A hash table for each grouping set but the empty ones, which need none (`create_groupingsets_path`).
    fn mixed_cost(&self, settings: &CostSettings, given: GroupCost) -> Cost {
        let sets = self.sets.iter().zip(&self.set_groups);
        let hashed = sets.filter(|(set, _)| !set.is_empty());
        let empty = self.sets.iter().filter(|set| set.is_empty()).count();
        let mut cost: Option<Cost> = None;
        for (set, &groups) in hashed {
            let own = GroupCost {
                input: cost.map_or(given.input, |_| Cost::default()),
                columns: set.len(),
                groups,
                ..given
            };
            let strategy = match cost.is_none() && empty > 0 {
                true => AggregateStrategy::Sorted,
                false => AggregateStrategy::Hashed,
            };
            let own = aggregate::aggregate(settings, strategy, &self.calls, own);
            cost = Some(match cost {
                None => own,
                Some(before) => Cost {
                    total: before.total + own.total,
                    ..before
                },
            });
        }
        let mut cost = cost.unwrap_or(given.input);
        if empty > 0 {
            let own = GroupCost {
                input: Cost::default(),
                columns: 0,
                groups: empty as f64,
                ..given
            };
            cost.total += aggregate::aggregate(settings, AggregateStrategy::Sorted, &self.calls, own).total;
        }
        cost
    }

    fn finish(&self, level: &Level<'_, '_, '_>, input: Path, strategy: AggregateStrategy, stages: &Stages) -> Path {
        let settings = &level.problem.settings;
        let given = GroupCost {
            input: input.cost,
            rows: input.rows,
            width: input.width,
            columns: self.keys.len(),
            groups: self.groups,
        };
        let plain_group = strategy == AggregateStrategy::Sorted && !self.has_aggregates && self.sets.is_empty();
        let mut cost = match strategy {
            _ if plain_group => aggregate::group(settings, input.cost, input.rows, self.keys.len()),
            AggregateStrategy::Mixed => self.mixed_cost(settings, given),
            _ => aggregate::aggregate(settings, strategy, &self.calls, given),
        };
        if !level.having.is_empty() {
            cost.startup += self.having.startup;
            cost.total += self.having.startup + self.having.per_tuple * self.groups;
        }
        let output = level.expressions_cost(&computed(&stages.window_input, &self.keys));
        cost.startup += output.startup;
        cost.total += output.startup + output.per_tuple * self.rows;
        let kind = match plain_group {
            true => PlanKind::Group {
                keys: self.keys.clone(),
            },
            false => PlanKind::Aggregate(Aggregation {
                strategy,
                groups: self.keys.clone(),
                sets: self.sets.clone(),
                refs: self.refs.clone(),
                estimated_groups: self.groups,
                set_groups: self.set_groups.clone(),
            }),
        };
        let sorted = strategy == AggregateStrategy::Sorted && self.sets.is_empty();
        let keys = if sorted { input.keys.clone() } else { Vec::new() };
        let mut path = above(input, kind, Some(stages.window_input.clone().into()));
        path.filter = level.having.clone();
        path.cost = cost;
        path.rows = self.rows;
        path.width = self.width;
        path.keys = keys;
        path
    }
}

/// What is computed after grouping: the groups themselves come from below.
fn computed(output: &[Expr], keys: &[GroupKey]) -> Vec<Expr> {
    let is_group = |expr: &&Expr| keys.iter().any(|key| key.expr.same_as(expr));
    output.iter().filter(|expr| !is_group(expr)).cloned().collect()
}

fn has_grouping(expr: &Expr) -> bool {
    expr.any(&mut |part| matches!(part, Expr::Grouping { .. }))
}

fn collect_aggregates(expr: &Expr, found: &mut Vec<Aggref>) {
    expr.visit(&mut |part| {
        if let Expr::Aggref(call) = part
            && call.levels_up == 0
            && !found
                .iter()
                .any(|known| Expr::Aggref(Box::new(known.clone())).same_as(part))
        {
            found.push(Aggref::clone(call));
        }
    });
}

/// What the transitions and final functions of aggregates cost (`get_agg_clause_costs`).
fn aggregate_costs(level: &Level<'_, '_, '_>, calls: &[Aggref]) -> AggregateCosts {
    let operator = level.problem.settings.cpu_operator;
    let mut costs = AggregateCosts {
        count: calls.len(),
        ..AggregateCosts::default()
    };
    for call in calls {
        let inputs = level.expressions_cost(call.args.iter().chain(&call.filter));
        costs.transition = costs.transition
            + inputs
            + QualCost {
                startup: 0.0,
                per_tuple: operator,
            };
        if has_final_function(call) {
            costs.finish.per_tuple += operator;
        }
        costs.finish = costs.finish + level.expressions_cost(&call.direct_args);
    }
    costs
}

/// The aggregate's state is not yet its result.
fn has_final_function(call: &Aggref) -> bool {
    let name = proc_by_oid(call.function).map_or("", |proc| proc.name);
    match name {
        "count" | "max" | "min" | "bool_and" | "bool_or" | "every" | "bit_and" | "bit_or" | "bit_xor" => false,
        "sum" => !matches!(
            call.args.first().map(Expr::type_oid),
            Some(Oid::INT2 | Oid::INT4 | Oid::FLOAT4 | Oid::FLOAT8 | Oid::MONEY | Oid::INTERVAL)
        ),
        _ => true,
    }
}
