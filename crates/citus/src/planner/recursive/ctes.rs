//! CTEs: in place where they are read once (`InlineCTEsInQueryTree`), else subplans (`RecursivelyPlanCTEs`).

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::query::{Alias, CommandType, CommonTableExpr, Expr, Query, RangeTableKind};
use kumquat_types::{Error, Oid, Result, Severity, SqlState, Volatility};

use super::Planner;
use crate::planner::evaluate::Functions;
use crate::planner::report;
use crate::planner::rewrite::{self, any_expr, refers_outside};

impl Planner {
    /// Every CTE that is left after inlining becomes a subplan.
    pub(super) fn ctes(&mut self, query: &mut Query) -> Result<()> {
        if query.recursive && !query.ctes.is_empty() {
            return Err(Error::new(
                SqlState::FEATURE_NOT_SUPPORTED,
                "recursive CTEs are only supported when they contain a filter on the distribution column",
            ));
        }
        // A CTE may be read by those that follow it.
        while !query.ctes.is_empty() {
            let cte = query.ctes.remove(0);
            if refers_outside(&cte.query, 0) {
                return Err(Error::new(
                    SqlState::FEATURE_NOT_SUPPORTED,
                    "CTEs that refer to other subqueries are not supported in multi-shard queries",
                ));
            }
            if cte.references == 0 && cte.query.command == CommandType::Select {
                continue;
            }
            let replacement = self.add_named(&cte);
            replace_cte(query, &cte.name, &replacement, 0);
        }
        Ok(())
    }

    pub(super) fn add_named(&mut self, cte: &CommonTableExpr) -> Arc<Query> {
        let mut result = (*self.add_as(&cte.query, Some(&cte.name))).clone();
        for (target, column) in result.target_list.iter_mut().zip(&cte.columns) {
            target.name = column.name.clone();
        }
        Arc::new(result)
    }
}

/// The query without CTEs that nothing reads and that change nothing.
pub fn without_unread_ctes(query: &Arc<Query>) -> Arc<Query> {
    let is_unread = |cte: &CommonTableExpr| cte.references == 0 && cte.query.command == CommandType::Select;
    match query.ctes.iter().any(is_unread) {
        true => {
            let mut read = (**query).clone();
            read.ctes.retain(|cte| !is_unread(cte));
            Arc::new(read)
        }
        false => query.clone(),
    }
}

/// The query with its CTEs in place where they are read, as far as they may be.
pub fn with_inlined_ctes(backend: &mut Backend<'_>, query: &Arc<Query>) -> Result<Arc<Query>> {
    let functions = Functions::of(backend)?;
    let mut names = Vec::new();
    rewrite::for_each_query(query, &mut |query| {
        let inlinable = query.ctes.iter().filter(|cte| is_inlinable(cte, &functions));
        names.extend(inlinable.map(|cte| cte.name.clone()));
    });
    if names.is_empty() {
        return Ok(query.clone());
    }
    for name in names {
        let message = format!("CTE {name} is going to be inlined via distributed planning");
        report::debug(backend, Severity::Debug1, message);
    }
    let mut inlined = (**query).clone();
    inline_ctes(&mut inlined, &functions);
    Ok(Arc::new(inlined))
}

/// CTEs that are read once, or asked not to be materialized, become subqueries (`InlineCTEsInQueryTree`).
pub fn inline_ctes(query: &mut Query, functions: &Functions) {
    query.for_each_subquery_mut(&mut |subquery| inline_ctes(Arc::make_mut(subquery), functions));
    // A CTE may be read by those that follow it.
    let mut at = 0;
    while let Some(cte) = query.ctes.get(at) {
        if !is_inlinable(cte, functions) {
            at += 1;
            continue;
        }
        let cte = query.ctes.remove(at);
        let mut inlined = (*cte.query).clone();
        for (target, column) in inlined.target_list.iter_mut().zip(&cte.columns) {
            target.name = column.name.clone();
        }
        replace_cte(query, &cte.name, &Arc::new(inlined), 0);
    }
}

fn is_inlinable(cte: &CommonTableExpr, functions: &Functions) -> bool {
    let wanted = match cte.materialized {
        Some(materialized) => !materialized,
        None => cte.references == 1,
    };
    wanted
        && !cte.recursive
        && cte.query.command == CommandType::Select
        && cte.query.row_marks.is_empty()
        && !is_volatile(&cte.query, functions)
}

/// True if a function in the query may give another value each time.
pub fn is_volatile(query: &Query, functions: &Functions) -> bool {
    any_expr(query, &mut |expr| functions.has_volatility(expr, Volatility::Volatile))
}

/// Puts a query in place of every reference to a CTE.
fn replace_cte(query: &mut Query, name: &str, replacement: &Arc<Query>, depth: usize) {
    for entry in &mut query.range_table {
        if let RangeTableKind::Cte {
            name: found, levels_up, ..
        } = &entry.kind
            && &**found == name
            && *levels_up == depth
        {
            let mut inner = (**replacement).clone();
            shift_levels(&mut inner, depth, 0);
            entry.kind = RangeTableKind::Subquery {
                query: Arc::new(inner),
                view: Oid::INVALID,
            };
            if entry.alias.is_none() {
                entry.alias = Some(Alias {
                    name: entry.name.clone(),
                    columns: Vec::new(),
                });
            }
        }
    }
    query.for_each_subquery_mut(&mut |subquery| {
        if mentions_cte(subquery, name, depth + 1) {
            replace_cte(Arc::make_mut(subquery), name, replacement, depth + 1);
        }
    });
}

fn mentions_cte(query: &Query, name: &str, depth: usize) -> bool {
    let here = query.range_table.iter().any(|entry| {
        matches!(&entry.kind, RangeTableKind::Cte { name: found, levels_up, .. }
            if &**found == name && *levels_up == depth)
    });
    let mut found = here;
    query.for_each_subquery(&mut |subquery| found = found || mentions_cte(subquery, name, depth + 1));
    found
}

/// References to queries further out than `own` are `by` levels further away now.
fn shift_levels(query: &mut Query, by: usize, own: usize) {
    if by == 0 {
        return;
    }
    query.for_each_expr_mut(&mut |expr| {
        expr.transform(&mut |part| match part {
            Expr::Var(var) if var.levels_up > own => var.levels_up += by,
            Expr::Aggref(aggregate) if aggregate.levels_up > own => aggregate.levels_up += by,
            _ => {}
        });
    });
    for entry in &mut query.range_table {
        if let RangeTableKind::Cte { levels_up, .. } = &mut entry.kind
            && *levels_up > own
        {
            *levels_up += by;
        }
    }
    query.for_each_subquery_mut(&mut |subquery| shift_levels(Arc::make_mut(subquery), by, own + 1));
}
