//! From an analyzed query to a plan that the executor can run, after PostgreSQL's optimizer.
//!
//! 1. [`level`] takes one query level at a time: it [`prepare`]s the query, has FROM and WHERE planned, and then
//!    what is above them.
//! 2. [`from`] plans FROM and WHERE: [`distribute`] puts conditions where they can be tested and equalities into
//!    [`classes`]; [`scans`] (with [`index`] and [`children`]) finds the ways to read each table; [`join`] the best
//!    order to join them in.
//! 3. [`upper`] groups, sorts and limits; [`minmax`] asks indexes for extremes; [`setops`] unites; [`modify`] changes tables.
//! 4. A [`path::Path`] is a plan with what is needed to choose it: its rows, by [`estimate`], and its [`cost`]. The
//!    chosen one becomes a [`plan::Plan`].

mod arbiters;
pub mod children;
pub mod classes;
pub mod clause;
pub mod cost;
pub mod dependence;
pub mod distribute;
pub mod estimate;
pub mod from;
pub mod global;
pub mod grouping;
pub mod index;
pub mod join;
pub mod level;
pub mod minmax;
pub mod modify;
pub mod order;
pub mod path;
pub mod plan;
pub mod prepare;
pub mod prune;
pub mod pushdown;
pub mod rel;
mod run_condition;
pub mod scans;
pub mod security;
pub mod setops;
pub mod sorting;
pub mod strict;
pub mod tree;
pub mod upper;
pub mod vars;
pub mod windows;

use std::sync::Arc;

use kumquat_types::{Datum, Oid, Result};

use cost::CostSettings;
use global::{Global, SubqueryFacts};
pub use plan::{Plan, PlanKind, PlannedQuery};

use crate::backend::Backend;
use crate::executor::RelationBindings;
use crate::extension::CustomScan;
use crate::query::{Expr, Query, RangeTableEntry, RangeTableKind, RteColumn, TargetEntry, Var};
use crate::result::ResultColumn;

/// Plans a query. `params` are values of `$n` where they are known; the plan does not depend on them for
/// its result.
pub fn plan_query(backend: &mut Backend<'_>, query: &Arc<Query>, params: &[Datum]) -> Result<Arc<PlannedQuery>> {
    plan_bound_query(backend, query, params, &RelationBindings::new())
}

/// The same for a query that will be run over other tables: their sizes count.
pub fn plan_bound_query(
    backend: &mut Backend<'_>,
    query: &Arc<Query>,
    params: &[Datum],
    bindings: &RelationBindings,
) -> Result<Arc<PlannedQuery>> {
    let settings = CostSettings::new(backend);
    let mut global = Global {
        backend,
        params,
        bindings,
        settings,
        subplans: Vec::new(),
        levels: Vec::new(),
        sources: Vec::new(),
        privileges: Vec::new(),
        frames: Vec::new(),
        writes: false,
        numbered: 0,
        subquery: SubqueryFacts::default(),
        work_rows: 1.0,
    };
    let path = level::plan_subquery(&mut global, Query::clone(query), 0.0)?;
    Ok(Arc::new(PlannedQuery {
        command: query.command,
        root: path.to_plan(),
        columns: result_columns(query),
        subplans: global.subplans,
        levels: global.levels,
        params: global.sources,
        privileges: global.privileges,
        writes: global.writes,
    }))
}

/// The plan of a query that an extension carries out as a whole.
pub fn plan_custom(query: &Query, scan: Arc<dyn CustomScan>) -> Arc<PlannedQuery> {
    let entry = RangeTableEntry {
        kind: RangeTableKind::Custom(scan.clone()),
        alias: None,
        name: "remote_scan".into(),
        columns: query.output_columns().map(output_column).collect(),
        lateral: false,
        in_from: true,
        check_as: Oid::INVALID,
        required: Vec::new(),
        selected: Vec::new(),
        inserted: Vec::new(),
        updated: Vec::new(),
        security_quals: Vec::new(),
    };
    let output = (1..)
        .zip(&entry.columns)
        .map(|(attribute, column)| entry_var(1, attribute, column))
        .collect();
    let mut plan = PlannedQuery::empty();
    plan.command = query.command;
    plan.root = Plan::new(PlanKind::CustomScan { entry: 1, scan }, Vec::new(), output, 0);
    plan.columns = result_columns(query);
    plan.levels = vec![vec![entry]];
    plan.privileges = query.range_table.clone();
    Arc::new(plan)
}

pub fn output_column(target: &TargetEntry) -> RteColumn {
    RteColumn {
        name: target.name.clone(),
        type_oid: target.expr.type_oid(),
        type_modifier: target.expr.type_modifier(),
        collation: Oid::INVALID,
    }
}

/// The columns that the client gets.
pub fn result_columns(query: &Query) -> Vec<ResultColumn> {
    let column = |target: &TargetEntry| ResultColumn {
        name: target.name.clone(),
        type_oid: target.expr.type_oid(),
        type_modifier: target.expr.type_modifier(),
    };
    query.output_columns().map(column).collect()
}

/// A column of a range-table entry.
pub fn entry_var(varno: usize, attribute: i16, column: &RteColumn) -> Expr {
    Expr::Var(Var {
        varno,
        attribute,
        type_oid: column.type_oid,
        type_modifier: column.type_modifier,
        collation: column.collation,
        levels_up: 0,
        location: None,
    })
}
