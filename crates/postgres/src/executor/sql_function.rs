//! Functions in SQL: the statements of the body one after the other; the last one's rows are the result.

use std::sync::Arc;

use kumquat_sql::ast::Statement;
use kumquat_types::{Datum, Error, Oid, Result, SqlState};

use super::functions::Invocation;
use crate::analyze::{self, Parameters};
use crate::backend::Backend;
use crate::catalog::FunctionBody;
use crate::query::{Expr, Query};
use crate::result::{Client, Message};

/// Statements in a function have no client of their own.
pub(crate) struct NoClient;

impl Client for NoClient {
    fn message(&mut self, _: Message) {}
    fn copy_data(&mut self) -> String {
        String::new()
    }
}

pub fn run(backend: &mut Backend<'_>, invocation: &Invocation<'_>) -> Result<Vec<Vec<Datum>>> {
    let text = statements_text(invocation);
    let statements = kumquat_sql::parse_many(&text)?;
    let count = statements.len();
    let mut rows = Vec::new();
    for (index, (statement, _)) in statements.iter().enumerate() {
        let last = index + 1 == count;
        let outcome = run_statement(backend, invocation, statement, &text, last);
        rows = outcome.map_err(|error| in_context(error, invocation, &text, index + 1, count))?;
    }
    if !invocation.function.returns_set {
        rows.truncate(1);
    }
    if invocation.result == Oid::VOID {
        return Ok(if invocation.function.returns_set {
            Vec::new()
        } else {
            vec![vec![Datum::Void]]
        });
    }
    Ok(rows)
}

/// The body as statements; the standard's forms are turned into them.
fn statements_text(invocation: &Invocation<'_>) -> String {
    let source = invocation.source();
    if matches!(invocation.function.body, FunctionBody::Source(_)) {
        return source.to_string();
    }
    let trimmed = source.trim();
    let lower = trimmed.to_ascii_lowercase();
    if lower.starts_with("return") {
        return format!("SELECT {}", trimmed.get("return".len()..).unwrap_or(""));
    }
    let inner = lower.find("atomic").map(|at| at + "atomic".len());
    let end = lower.rfind("end");
    match (inner, end) {
        (Some(start), Some(end)) if start <= end => trimmed.get(start..end).unwrap_or("").to_string(),
        _ => trimmed.to_string(),
    }
}

fn run_statement(
    backend: &mut Backend<'_>,
    invocation: &Invocation<'_>,
    statement: &Statement,
    text: &str,
    last: bool,
) -> Result<Vec<Vec<Datum>>> {
    let is_query = matches!(
        statement,
        Statement::Select(_) | Statement::Insert(_) | Statement::Update(_) | Statement::Delete(_) | Statement::Merge(_)
    );
    if !is_query {
        if let Statement::Transaction(_) = statement {
            return Err(Error::new(
                SqlState::FEATURE_NOT_SUPPORTED,
                "transaction commands are not allowed in a SQL function",
            ));
        }
        backend.execute_statement(statement, text, &mut NoClient)?;
        return Ok(Vec::new());
    }
    let function = invocation.function;
    let named = function.args.iter().enumerate();
    let mut names: Vec<_> = named
        .clone()
        .filter_map(|(index, arg)| Some((arg.name.clone()?, index + 1)))
        .collect();
    let qualified =
        named.filter_map(|(index, arg)| Some((format!("{}.{}", function.name, arg.name.as_ref()?).into(), index + 1)));
    names.extend(qualified);
    let mut parameters = Parameters {
        types: invocation.arg_types.iter().copied().map(Some).collect(),
        infer: false,
        names,
    };
    let mut query = analyze::analyze_query(backend, statement, &mut parameters)?;
    if last {
        coerce_result(backend, &mut query, invocation)?;
    }
    let outcome = backend.execute_query(&Arc::new(query), invocation.args)?;
    Ok(outcome
        .rows
        .map(|rows| rows.chunks.iter().flat_map(|chunk| chunk.iter_rows()).collect())
        .unwrap_or_default())
}

/// Casts the last statement's columns to what the function returns (`check_sql_fn_retval`).
fn coerce_result(backend: &Backend<'_>, query: &mut Query, invocation: &Invocation<'_>) -> Result<()> {
    let function = invocation.function;
    if invocation.result == Oid::VOID {
        return Ok(());
    }
    let outputs: Vec<Oid> = if !invocation.columns.is_empty() {
        invocation.columns.to_vec()
    } else if function.outputs.len() > 1 {
        function.outputs.iter().map(|output| output.type_oid).collect()
    } else {
        vec![invocation.result]
    };
    let returning = query.command != crate::query::CommandType::Select;
    let targets = if returning {
        &mut query.returning
    } else {
        &mut query.target_list
    };
    let columns: Vec<usize> = targets
        .iter()
        .enumerate()
        .filter(|(_, target)| !target.junk)
        .map(|(index, _)| index)
        .collect();
    if columns.len() != outputs.len() || query.set_operation.is_some() {
        return Ok(());
    }
    for (index, type_oid) in columns.into_iter().zip(outputs) {
        let Some(target) = targets.get_mut(index) else { continue };
        let polymorphic = matches!(type_oid, Oid::RECORD | Oid::ANYELEMENT | Oid::ANYARRAY);
        if target.expr.type_oid() != type_oid && !polymorphic {
            let expr: Expr = target.expr.clone();
            if let Some(coerced) = analyze::coerce_expression(backend, expr, (type_oid, -1), true)? {
                target.expr = coerced;
            }
        }
    }
    Ok(())
}

/// A body of one SELECT is inlined by PostgreSQL, and leaves no trace in CONTEXT.
fn in_context(mut error: Error, invocation: &Invocation<'_>, text: &str, number: usize, count: usize) -> Error {
    if let Some(position) = error.position.take() {
        error.internal = Some((text.to_string(), position));
    }
    let inlined = count == 1 && error.internal.is_none() && !invocation.function.returns_set;
    if inlined {
        error
    } else {
        error.context(format!(
            "SQL function \"{}\" statement {number}",
            invocation.function.name
        ))
    }
}
