//! Statements that write a local table from Citus tables: what they read is a custom scan, which the standard
//! planner takes as it takes a table.

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::executor::plan_with_extension;
use kumquat_postgres::explain::ExplainWriter;
use kumquat_postgres::explain::node::explain_plan;
use kumquat_postgres::extension::{CustomOutput, CustomScan, PlannedBy};
use kumquat_postgres::planner::PlanKind;
use kumquat_postgres::query::{CommandType, Expr, Query, RangeTableKind};
use kumquat_types::{Datum, Oid, Result};

use super::plan::DistributedPlan;
use super::rewrite;
use crate::executor;
use crate::metadata;

/// A query that runs by the planner hook when its rows are asked for.
#[derive(Clone, Debug)]
pub struct CoordinatorScan {
    pub query: Arc<Query>,
}

impl CustomScan for CoordinatorScan {
    fn name(&self) -> &'static str {
        "Citus Adaptive"
    }

    fn execute(&self, backend: &mut Backend<'_>, params: &[Datum]) -> Result<CustomOutput> {
        let outcome = backend.execute_query(&self.query, params)?;
        Ok(CustomOutput {
            chunks: outcome.rows.unwrap_or_default().chunks,
            // Rows read are none that the statement around has changed.
            processed: 0,
        })
    }

    fn explain(&self, backend: &mut Backend<'_>, writer: &mut ExplainWriter) -> Result<()> {
        let plan = plan_with_extension(backend, &self.query, &[])?;
        let options = writer.options;
        match &plan.root.kind {
            PlanKind::CustomScan { scan, .. } => scan.clone().explain(backend, writer),
            _ => {
                writer.options.analyze = false;
                let result = explain_plan(backend, &plan, None, writer);
                writer.options = options;
                result
            }
        }
    }
}

/// A join for which rows must change their places, as far as other nodes are concerned; here it is done on the
/// coordinator.
#[derive(Clone, Debug)]
pub struct RepartitionJoin {
    /// The join over scans of the tables.
    pub joined: Arc<Query>,
    /// What EXPLAIN shows.
    pub plan: Arc<DistributedPlan>,
}

impl CustomScan for RepartitionJoin {
    fn name(&self) -> &'static str {
        "Citus Adaptive"
    }

    fn execute(&self, backend: &mut Backend<'_>, params: &[Datum]) -> Result<CustomOutput> {
        let outcome = backend.execute_query(&self.joined, params)?;
        Ok(CustomOutput {
            chunks: outcome.rows.unwrap_or_default().chunks,
            processed: 0,
        })
    }

    fn explain(&self, backend: &mut Backend<'_>, writer: &mut ExplainWriter) -> Result<()> {
        executor::explain::explain(backend, &self.plan, writer)
    }
}

/// The statement with a scan in place of each Citus table, and of each subquery on some.
pub fn read_citus_tables_first(backend: &mut Backend<'_>, query: &Arc<Query>) -> Result<PlannedBy> {
    Ok(PlannedBy::Rewritten(Arc::new(over_scans(backend, query)?)))
}

/// The query over scans of Citus tables.
pub fn over_scans(backend: &mut Backend<'_>, query: &Arc<Query>) -> Result<Query> {
    let metadata = metadata::of(backend)?.clone();
    let is_citus = |relation: Oid| metadata.is_citus_table(relation);
    let mut result = (**query).clone();
    for (index, entry) in (1..).zip(&mut result.range_table) {
        if Some(index) == query.result_relation {
            continue;
        }
        let reads_ctes = matches!(&entry.kind, RangeTableKind::Subquery { query: inner, .. }
            if query.command == CommandType::Insert && rewrite::refers_outside(inner, 0));
        if reads_ctes && !result.ctes.is_empty() {
            // The rows come from a query of its own, which must know what it reads.
            let mut whole = rewrite::select_all(entry.clone());
            whole.ctes = std::mem::take(&mut result.ctes);
            whole.recursive = result.recursive;
            entry.kind = RangeTableKind::Custom(Arc::new(CoordinatorScan { query: Arc::new(whole) }));
            entry.required = Vec::new();
            continue;
        }
        let scanned = match &entry.kind {
            RangeTableKind::Relation { relation, .. } if is_citus(*relation) => {
                let mut inner = entry.clone();
                inner.required = Vec::new();
                Some(Arc::new(rewrite::select_all(inner)))
            }
            RangeTableKind::Subquery { query, .. } if rewrite::reads(query, &is_citus) => Some(query.clone()),
            _ => None,
        };
        if let Some(query) = scanned {
            entry.kind = RangeTableKind::Custom(Arc::new(CoordinatorScan { query }));
            entry.required = Vec::new();
        }
    }
    result.for_each_expr_mut(&mut |expr| {
        expr.transform(&mut |part| {
            if let Expr::SubLink(link) = part
                && rewrite::reads(&link.query, &is_citus)
                && !rewrite::refers_outside(&link.query, 0)
            {
                let columns = rewrite::output_columns(&link.query);
                let scan = CoordinatorScan {
                    query: link.query.clone(),
                };
                let entry = rewrite::entry(RangeTableKind::Custom(Arc::new(scan)), "remote_scan", columns);
                link.query = Arc::new(rewrite::select_all(entry));
            }
        });
    });
    for cte in &mut result.ctes {
        if rewrite::reads(&cte.query, &is_citus) {
            let columns = rewrite::output_columns(&cte.query);
            let scan = CoordinatorScan {
                query: cte.query.clone(),
            };
            let entry = rewrite::entry(RangeTableKind::Custom(Arc::new(scan)), "remote_scan", columns);
            cte.query = Arc::new(rewrite::select_all(entry));
        }
    }
    Ok(result)
}
