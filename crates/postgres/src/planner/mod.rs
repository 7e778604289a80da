//! From an analyzed query to a plan that the executor can run, after PostgreSQL's optimizer.

pub mod plan;

use std::sync::Arc;

use kumquat_types::{Datum, Error, Oid, Result};

pub use plan::{Plan, PlanKind, PlannedQuery};

use crate::backend::Backend;
use crate::extension::CustomScan;
use crate::query::{Expr, Query, RangeTableEntry, RangeTableKind, RteColumn, TargetEntry, Var};
use crate::result::ResultColumn;

/// Plans a query. `params` are values of `$n` where they are known; the plan does not depend on them for
/// its result.
pub fn plan_query(_backend: &mut Backend<'_>, _query: &Arc<Query>, _params: &[Datum]) -> Result<Arc<PlannedQuery>> {
    Err(Error::not_modelled("this query"))
}

/// The plan of a query that an extension carries out as a whole.
pub fn plan_custom(query: &Query, scan: Arc<dyn CustomScan>) -> Arc<PlannedQuery> {
    let entry = RangeTableEntry {
        kind: RangeTableKind::Custom(scan.clone()),
        alias: None,
        name: "".into(),
        columns: query.output_columns().map(output_column).collect(),
        lateral: false,
        in_from: true,
        check_as: Oid::INVALID,
        required: Vec::new(),
        selected: Vec::new(),
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

fn output_column(target: &TargetEntry) -> RteColumn {
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
