//! `SELECT max(x) FROM t`: where an index gives the greatest value at once, it is asked for in place of all rows
//! (`preprocess_minmax_aggregates`).
//!
//! ```text
//! SELECT max(x) FROM t    →    SELECT (SELECT x FROM t WHERE x IS NOT NULL ORDER BY x DESC LIMIT 1)
//! ```

use std::rc::Rc;

use kumquat_types::{Datum, Oid, Result, proc_by_oid};

use super::global::executor_param;
use super::level::{Level, plan_subquery};
use super::path::Path;
use super::plan::{Cost, InitResult, ParamSource, PlanKind, SubplanDefinition, SubplanKind};
use super::tree::JoinTree;
use super::vars::{conjunction, varnos};
use crate::catalog::SortOrder;
use crate::query::{Aggref, Expr, FromItem, Query, RangeTableKind, SortGroupClause, TargetEntry};

/// The aggregates of a query with the plans that find their values.
pub struct Extremes {
    found: Vec<(Expr, Path)>,
}

/// Plans the search for each aggregate; `None`: some can't be had by an index alone.
pub fn find(level: &mut Level<'_, '_, '_>) -> Result<Option<Extremes>> {
    let Some(varno) = lone_table(level) else {
        return Ok(None);
    };
    let mut calls: Vec<Aggref> = Vec::new();
    let targets = level.query.target_list.iter().map(|target| &target.expr);
    for expr in targets.chain(&level.having) {
        expr.visit(&mut |part| {
            if let Expr::Aggref(call) = part
                && !calls
                    .iter()
                    .any(|known| Expr::Aggref(Box::new(known.clone())).same_as(part))
            {
                calls.push(Aggref::clone(call));
            }
        });
    }
    let mut found = Vec::with_capacity(calls.len());
    for call in calls {
        let Some(query) = search(level, varno, &call) else {
            return Ok(None);
        };
        let path = plan_subquery(level.global, query, 1.0)?;
        if sorts(&path) {
            return Ok(None);
        }
        found.push((Expr::Aggref(Box::new(call)), path));
    }
    Ok((!found.is_empty()).then_some(Extremes { found }))
}

/// The only table of a query that does nothing but aggregate.
fn lone_table(level: &Level<'_, '_, '_>) -> Option<usize> {
    let query = &level.query;
    let plain = query.has_aggregates
        && query.group_by.is_empty()
        && query.grouping_sets.is_empty()
        && !query.has_windows
        && !query.has_set_functions
        && query.distinct.is_none()
        && query.limit.is_none()
        && query.offset.is_none()
        && query.row_marks.is_empty();
    match &level.tree {
        JoinTree::From(items, _) if plain => match items.as_slice() {
            [JoinTree::Table(varno)] => match query.entry(*varno).map(|entry| &entry.kind) {
                Some(RangeTableKind::Relation { sample: None, .. }) => Some(*varno),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

/// The query for the value that comes first in the order of `min` or `max`.
fn search(level: &Level<'_, '_, '_>, varno: usize, call: &Aggref) -> Option<Query> {
    let descending = match proc_by_oid(call.function)?.name {
        "min" => false,
        "max" => true,
        _ => return None,
    };
    let [arg] = call.args.as_slice() else { return None };
    if !call.order_by.is_empty() || call.filter.is_some() || call.levels_up > 0 || varnos(arg) != [varno] {
        return None;
    }
    let JoinTree::From(_, quals) = &level.tree else {
        return None;
    };
    let mut quals = quals.clone();
    quals.push(Expr::NullTest {
        arg: Box::new(arg.clone()),
        is_null: false,
        row_test: false,
    });
    let mut query = Query::new(crate::query::CommandType::Select);
    query.range_table = level.query.range_table.clone();
    query.from = vec![FromItem::Table(varno)];
    query.quals = conjunction(quals);
    query.target_list = vec![TargetEntry {
        expr: arg.clone(),
        number: 1,
        name: "".into(),
        sort_group_ref: 1,
        junk: false,
        origin: (Oid::INVALID, 0),
    }];
    query.order_by = vec![SortGroupClause {
        target_ref: 1,
        order: SortOrder {
            descending,
            nulls_first: descending,
        },
        equality: Oid::INVALID,
        using: None,
    }];
    query.limit = Some(Expr::constant(Datum::Int8(1), Oid::INT8));
    Some(query)
}

fn sorts(path: &Path) -> bool {
    let is_sort = matches!(path.kind, PlanKind::Sort { .. } | PlanKind::IncrementalSort { .. });
    is_sort || path.children.iter().any(|child| sorts(child))
}

impl Extremes {
    pub fn cost(&self, level: &Level<'_, '_, '_>) -> f64 {
        let searches: f64 = self.found.iter().map(|(_, path)| path.cost.total).sum();
        searches + level.problem.settings.cpu_tuple
    }

    /// The values, each found once before the only row is computed.
    pub fn plan(self, level: &mut Level<'_, '_, '_>) -> Path {
        let mut values: Vec<(Expr, Expr)> = Vec::new();
        for (call, path) in self.found {
            let subplan = level.global.subplans.len();
            let param = level.global.new_param(ParamSource::Subplan(subplan));
            level.global.subplans.push(SubplanDefinition {
                plan: path.to_plan(),
                kind: SubplanKind::Init {
                    param,
                    result: InitResult::Scalar,
                    type_oid: call.type_oid(),
                },
                name: format!("InitPlan {} (returns ${param})", subplan + 1).into(),
            });
            level.init_plans.push(subplan);
            values.push((
                call.clone(),
                executor_param(param, call.type_oid(), call.type_modifier()),
            ));
        }
        let replace = |expr: &Expr| {
            let mut expr = expr.clone();
            expr.transform(&mut |part| {
                if let Some((_, value)) = values.iter().find(|(call, _)| call.same_as(part)) {
                    *part = value.clone();
                }
            });
            expr
        };
        let output: Vec<Expr> = level
            .query
            .target_list
            .iter()
            .map(|target| replace(&target.expr))
            .collect();
        let kind = PlanKind::Result {
            one_time_filter: level.having.iter().map(replace).collect(),
        };
        let mut path = Path::new(kind, Vec::new(), Rc::from(output), level.number);
        path.width = path.output.iter().map(|expr| level.width_of(expr)).sum();
        // The searches themselves are charged where init plans are.
        path.cost = Cost {
            startup: 0.0,
            total: level.problem.settings.cpu_tuple,
        };
        path
    }
}
