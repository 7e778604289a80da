//! SQL functions that read Citus tables: what PostgreSQL would do with them before it asks the planner hook is more
//! than the distributed planner can follow.

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::analyze::analyze_query;
use kumquat_postgres::catalog::{Function, ProcKind};
use kumquat_postgres::executor::functions::sql::{parameters, statements};
use kumquat_postgres::query::{CommandType, Expr, FuncExpr, ParamKind, Query, RangeTableKind};
use kumquat_sql::ast::Statement;
use kumquat_types::{Oid, Result, Volatility};

use super::analysis::{Analysis, Restriction, analyze};
use super::errors::unsupported;
use super::rewrite;
use crate::metadata;

const HINT: &str = "Consider using PL/pgSQL functions instead.";

/// A function in FROM that would be put in place of its call (`inline_set_returning_function`) must not bring Citus
/// tables into a query that was not planned for them.
pub fn refuse_inlined(backend: &Backend<'_>, query: &Query) -> Result<()> {
    let mut calls: Vec<FuncExpr> = Vec::new();
    rewrite::for_each_query(query, &mut |query| {
        for entry in &query.range_table {
            if let RangeTableKind::Function {
                functions,
                ordinality: false,
            } = &entry.kind
                && let [function] = functions.as_slice()
                && let Expr::Func(call) = &function.expr
            {
                calls.push((**call).clone());
            }
        }
    });
    for call in calls {
        let function = backend.catalog()?.functions.get(&call.function).cloned();
        if let Some(function) = function
            && brings_citus_tables(backend, &function, &call)?
        {
            return Err(unsupported(
                "cannot perform distributed planning on this query because parameterized queries for SQL functions \
                 referencing distributed tables are not supported",
            )
            .hint(HINT));
        }
    }
    Ok(())
}

fn brings_citus_tables(backend: &Backend<'_>, function: &Arc<Function>, call: &FuncExpr) -> Result<bool> {
    let is_inlined = &*function.language == "sql"
        && function.kind == ProcKind::Function
        && function.returns_set
        && function.volatility != Volatility::Volatile
        && !function.strict
        && !function.security_definer
        && function.settings.is_empty();
    if !is_inlined {
        return Ok(false);
    }
    let Ok((statements, _)) = statements(function) else {
        return Ok(false);
    };
    let [statement @ Statement::Select(_)] = statements.as_slice() else {
        return Ok(false);
    };
    let types: Vec<Oid> = call.args.iter().map(Expr::type_oid).collect();
    let Ok(body) = analyze_query(backend, statement, &mut parameters(function, &types)) else {
        return Ok(false);
    };
    let analysis = analyze(&body, metadata::of(backend)?, &[]);
    Ok(analysis.uses.iter().any(|table| table.table_type.is_some()))
}

/// A statement of a SQL function is planned before its parameters have values, which is enough only if they are
/// values of the distribution column.
pub fn check_statement(backend: &Backend<'_>, query: &Query, args: &[kumquat_types::Datum]) -> Result<()> {
    let is_parameter = |expr: &Expr| {
        matches!(
            expr,
            Expr::Param {
                kind: ParamKind::External,
                ..
            }
        )
    };
    if query.command != CommandType::Select || !rewrite::any_expr(query, &mut |expr| is_parameter(expr)) {
        return Ok(());
    }
    let metadata = metadata::of(backend)?;
    let unbound = analyze(query, metadata, &[]);
    if unbound.distributed().next().is_none() || is_routed(&unbound) {
        return Ok(());
    }
    let is_single = unbound.uses.len() == 1 && query.ctes.is_empty() && query.set_operation.is_none();
    if is_single && is_routed(&analyze(query, metadata, args)) {
        return Ok(());
    }
    Err(unsupported("could not create distributed plan")
        .detail("Possibly this is caused by the use of parameters in SQL functions, which is not supported in Citus.")
        .hint(HINT))
}

/// Every table with shards is restricted to one value of its distribution column.
fn is_routed(analysis: &Analysis) -> bool {
    analysis.distributed().all(|(index, table)| match table.column {
        None => true,
        Some(column) => analysis
            .restrictions_on((index, column))
            .into_iter()
            .any(|restriction| match restriction {
                Restriction::Values(values) => values.len() == 1,
                Restriction::Nothing => true,
            }),
    })
}
