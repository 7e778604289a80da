//! Parts of a query that no shard can answer alone become subplans: they run first, and the query reads their
//! results by `read_intermediate_result` (`RecursivelyPlanSubqueriesAndCTEs`).
//!
//! - this file: the levels of a query, from the inside out, and what makes a subquery a subplan
//! - [`ctes`]: CTEs put in place where they are read, or made subplans
//! - [`separate`]: set operations and subqueries that are not joined on distribution columns
//! - [`recurring`]: local tables and outer joins of rows that every shard would repeat
//! - [`result`]: the query that reads what a subplan has left

mod ctes;
mod recurring;
mod result;
mod separate;

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::executor::plan_with_extension;
use kumquat_postgres::query::{Expr, Query, RangeTableEntry, RangeTableKind};
use kumquat_types::{Error, Oid, Result, Severity, SqlState, Volatility};

use super::analysis::analyze;
use super::evaluate::Functions;
use super::plan::SubPlan;
use super::pushable;
use super::pushdown::DistributionColumns;
use super::report;
use super::rewrite::{self, refers_outside};
use crate::metadata::{self, Metadata, TableType};
use crate::session;
use crate::settings;
use ctes::inline_ctes;
pub use ctes::{is_volatile, with_inlined_ctes, without_unread_ctes};
pub use result::{fill_dropped, read_result};

/// The query with its subplans taken out, and the subplans in the order they must run.
pub fn plan_subqueries(backend: &mut Backend<'_>, query: &Arc<Query>, id: u64) -> Result<(Arc<Query>, Vec<SubPlan>)> {
    let mut planner = Planner::new(backend, id)?;
    let mut result = (**query).clone();
    planner.all_keys_equal = planner.keys_are_equal(&result);
    let outcome = planner.level(&mut result, true);
    let subplans = plan_steps(backend, id, planner.steps)?;
    outcome?;
    if !subplans.is_empty() && report::is_loggable(backend, Severity::Debug1) {
        let text = report::query_text(backend, &result)?;
        let message = format!("Plan {id} query after replacing subqueries and CTEs: {text}");
        report::debug(backend, Severity::Debug1, message);
    }
    Ok((Arc::new(result), subplans))
}

/// True for a query of which parts would become subplans.
pub fn needs_subplans(backend: &Backend<'_>, query: &Query) -> Result<bool> {
    let mut planner = Planner::new(backend, 0)?;
    let mut result = query.clone();
    inline_ctes(&mut result, &planner.functions);
    planner.all_keys_equal = planner.keys_are_equal(&result);
    planner.level(&mut result, true)?;
    Ok(planner.count > 0)
}

/// Plans the subplans in their order, and tells what was done in between.
fn plan_steps(backend: &mut Backend<'_>, id: u64, steps: Vec<Step>) -> Result<Vec<SubPlan>> {
    let mut subplans = Vec::new();
    for step in steps {
        match step {
            Step::Told(severity, message) => report::debug(backend, severity, message),
            Step::Subplan { query, cte } => {
                let number = subplans.len() + 1;
                let name: Arc<str> = format!("{id}_{number}").into();
                let message = match report::is_loggable(backend, Severity::Debug1) {
                    true => {
                        let what = cte.as_ref().map_or("subquery".to_string(), |cte| format!("CTE {cte}:"));
                        let text = report::query_text(backend, &query)?;
                        format!("generating subplan {name} for {what} {text}")
                    }
                    false => String::new(),
                };
                if cte.is_some() {
                    report::debug(backend, Severity::Debug1, message.clone());
                }
                // Shards may have to read what other subplans have left.
                let reads_result = any_reads_result(&query);
                session::update(backend, |state| state.plans_distributed = reads_result);
                let plan = plan_with_extension(backend, &query, &[])?;
                if cte.is_none() {
                    report::debug(backend, Severity::Debug1, message);
                }
                subplans.push(SubPlan { name, plan });
            }
        }
    }
    Ok(subplans)
}

fn any_reads_result(query: &Query) -> bool {
    let mut found = false;
    rewrite::for_each_query(query, &mut |query| {
        for entry in &query.range_table {
            if let RangeTableKind::Function { functions, .. } = &entry.kind {
                found |= functions.iter().any(|function| pushable::reads_result(&function.expr));
            }
        }
    });
    found
}

/// What planning subqueries has come to, in order.
enum Step {
    /// Something to tell whoever wants to know.
    Told(Severity, String),
    /// A query to be planned by itself; of a CTE, its name.
    Subplan { query: Arc<Query>, cte: Option<Arc<str>> },
}

/// True for a query that shards cannot answer each for itself, so that as a subquery it would be a subplan.
pub fn needs_subplan(backend: &Backend<'_>, query: &Query) -> Result<bool> {
    Ok(Planner::new(backend, 0)?.must_be_planned(query))
}

struct Planner {
    metadata: Metadata,
    functions: Functions,
    id: u64,
    steps: Vec<Step>,
    /// Subplans among the steps.
    count: usize,
    /// All tables of the whole query are joined on their distribution columns.
    all_keys_equal: bool,
    /// `citus.values_materialization_threshold`
    values_threshold: i32,
    /// `citus.subquery_pushdown`: subqueries are left to the shards whatever they are.
    leaves_subqueries: bool,
    /// `citus.local_table_join_policy` is not `never`.
    reads_local_tables_first: bool,
    /// `citus.enable_recurring_outer_join_pushdown`
    pushes_outer_joins: bool,
}

impl Planner {
    fn new(backend: &Backend<'_>, id: u64) -> Result<Planner> {
        Ok(Planner {
            metadata: metadata::of(backend)?.clone(),
            functions: Functions::of(backend)?,
            id,
            steps: Vec::new(),
            count: 0,
            all_keys_equal: false,
            values_threshold: settings::integer(backend, "citus.values_materialization_threshold"),
            leaves_subqueries: settings::is_on(backend, "citus.subquery_pushdown"),
            pushes_outer_joins: settings::is_on(backend, "citus.enable_recurring_outer_join_pushdown"),
            reads_local_tables_first: settings::value(backend, "citus.local_table_join_policy") != "never",
        })
    }

    /// One query level (`RecursivelyPlanSubqueriesAndCTEs`): CTEs, then subqueries from the inside out, then what
    /// does not go together at this level.
    fn level(&mut self, query: &mut Query, top: bool) -> Result<()> {
        self.ctes(query)?;
        if self.leaves_subqueries {
            return Ok(());
        }
        wrap_functions(query, &self.functions);
        let mut failure = None;
        query.for_each_subquery_mut(&mut |subquery| {
            if failure.is_none()
                && let Err(error) = self.subquery(subquery)
            {
                failure = Some(error);
            }
        });
        if let Some(error) = failure {
            return Err(error);
        }
        if query.set_operation.is_some() && self.has_distributed(query) && self.must_separate_branches(query, top) {
            self.set_operation_leaves(query)?;
        }
        self.sublinks_in_having(query)?;
        if !self.all_keys_equal && !self.keys_are_equal(query) {
            self.separate_not_colocated(query)?;
        }
        self.local_tables(query)?;
        self.recurring_outer_joins(query)?;
        if !self.reads_distributed(query) {
            self.sublinks_of_recurring(query)?;
        }
        Ok(())
    }

    /// All tables in the query are joined on their distribution columns (`AllDistributionKeysInQueryAreEqual`).
    fn keys_are_equal(&self, query: &Query) -> bool {
        if !query.ctes.is_empty() || rewrite::reads(query, &|relation| self.metadata.table(relation).is_none()) {
            return false;
        }
        analyze(query, &self.metadata, &[]).joined_on_distribution_columns()
    }

    /// `ShouldRecursivelyPlanSetOperation`
    fn must_separate_branches(&self, query: &Query, top: bool) -> bool {
        top || pushable::union_refusal(query, &self.metadata).is_some() || !self.union_is_safe(query)
    }

    /// Subqueries in HAVING are computed before.
    fn sublinks_in_having(&mut self, query: &mut Query) -> Result<()> {
        let Some(mut having) = query.having.take() else {
            return Ok(());
        };
        let mut refers = false;
        having.transform(&mut |part| {
            if let Expr::SubLink(link) = part {
                refers |= refers_outside(&link.query, 0);
                if !refers_outside(&link.query, 0)
                    && rewrite::reads(&link.query, &|table| self.metadata.is_citus_table(table))
                {
                    link.query = self.add(&link.query);
                }
            }
        });
        query.having = Some(having);
        match refers {
            true => Err(Error::new(
                SqlState::FEATURE_NOT_SUPPORTED,
                "Subqueries in HAVING cannot refer to outer query",
            )),
            false => Ok(()),
        }
    }

    /// A subquery in FROM or in an expression.
    fn subquery(&mut self, query: &mut Arc<Query>) -> Result<()> {
        self.level(Arc::make_mut(query), false)?;
        if self.must_be_planned(query) {
            if refers_outside(query, 0) {
                self.tell(
                    Severity::Debug2,
                    "skipping recursive planning for the subquery since it contains references to outer queries",
                );
            } else {
                *query = self.add(query);
            }
        }
        Ok(())
    }

    /// Makes a subplan of a query and gives the query that reads its result.
    fn add(&mut self, query: &Arc<Query>) -> Arc<Query> {
        self.add_as(query, None)
    }

    fn add_as(&mut self, query: &Arc<Query>, cte: Option<&str>) -> Arc<Query> {
        self.count += 1;
        self.steps.push(Step::Subplan {
            query: query.clone(),
            cte: cte.map(Arc::from),
        });
        Arc::new(read_result(&format!("{}_{}", self.id, self.count), query))
    }

    fn tell(&mut self, severity: Severity, message: impl Into<String>) {
        self.steps.push(Step::Told(severity, message.into()));
    }

    fn table_type(&self, relation: Oid) -> Option<TableType> {
        self.metadata.table_type(relation)
    }

    fn is_distributed(&self, relation: Oid) -> bool {
        self.table_type(relation).is_some_and(TableType::is_distributed)
    }

    /// The query or any query in it reads a distributed table.
    fn has_distributed(&self, query: &Query) -> bool {
        rewrite::reads(query, &|relation| self.is_distributed(relation))
    }

    fn entry_has_distributed(&self, entry: &RangeTableEntry) -> bool {
        match &entry.kind {
            RangeTableKind::Relation { relation, .. } => self.is_distributed(*relation),
            RangeTableKind::Subquery { query, .. } => self.has_distributed(query),
            _ => false,
        }
    }

    /// FROM (not the sublinks of the query) reads a distributed table.
    fn reads_distributed(&self, query: &Query) -> bool {
        query.range_table.iter().any(|entry| self.entry_has_distributed(entry))
    }

    /// A table that only the coordinator has.
    fn is_local(&self, relation: Oid) -> bool {
        matches!(self.table_type(relation), None | Some(TableType::CitusLocal))
    }

    /// A subquery that becomes a subplan (`ShouldRecursivelyPlanSubquery`).
    fn must_be_planned(&self, query: &Query) -> bool {
        rewrite::reads(query, &|relation| self.is_local(relation))
            || pushable::refusal(query, &self.metadata, &self.functions, self.values_threshold).is_some()
            || (!self.all_keys_equal && !self.keys_are_equal(query))
    }

    fn distribution_columns(&self, query: &Query) -> DistributionColumns {
        let analysis = analyze(query, &self.metadata, &[]);
        DistributionColumns::of(query, &analysis)
    }
}

/// A function that is joined with something runs by itself (`WrapFunctionsInSubqueries`).
fn wrap_functions(query: &mut Query, functions: &Functions) {
    if query.range_table.len() < 2 {
        return;
    }
    for entry in &mut query.range_table {
        let wraps = matches!(&entry.kind, RangeTableKind::Function { functions: calls, ordinality: false }
        if !entry.lateral && calls.iter().any(|function| {
            functions.has_volatility(&function.expr, Volatility::Stable)
        }));
        if !wraps {
            continue;
        }
        let mut inner = entry.clone();
        inner.lateral = false;
        entry.kind = RangeTableKind::Subquery {
            query: Arc::new(rewrite::select_all(inner)),
            view: Oid::INVALID,
        };
    }
}
