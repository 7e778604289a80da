//! Functions whose body is SQL: each statement runs in turn, and the last one's rows are the result.

use std::sync::Arc;

use kumquat_sql::ast::{FunctionBody as AstBody, Statement};
use kumquat_types::{Datum, Error, Oid, Result};

use super::Rows;
use crate::analyze::{Parameters, analyze_query};
use crate::backend::Backend;
use crate::catalog::{Function, FunctionBody};
use crate::result::{Client, Message, ResultSet};
use crate::session::Frame;

/// Runs the body.
pub fn run(backend: &mut Backend<'_>, function: &Arc<Function>, args: &[Datum], arg_types: &[Oid]) -> Result<Rows> {
    let (statements, text) = statements(function)?;
    let mut last = Rows::default();
    for (number, statement) in (1..).zip(&statements) {
        let frame = Frame::Line(format!("SQL function \"{}\" statement {number}", function.name).into());
        backend.session.call_stack.push((frame, None));
        let rows = run_statement(backend, function, statement, &text, args, arg_types);
        backend.session.call_stack.pop();
        let rows = rows.map_err(|error| in_function(error, function, number))?;
        last = rows.map(into_rows).unwrap_or_default();
    }
    Ok(last)
}

/// The statements of a body and its text.
pub fn statements(function: &Function) -> Result<(Vec<Statement>, String)> {
    match &function.body {
        FunctionBody::Source(source) => {
            let statements = kumquat_sql::parse_many(source)?;
            Ok((
                statements.into_iter().map(|(statement, _)| statement).collect(),
                source.to_string(),
            ))
        }
        FunctionBody::Standard(body) => {
            let text = format!("CREATE FUNCTION f() RETURNS void LANGUAGE sql {body}");
            let Statement::CreateFunction(create) = kumquat_sql::parse(&text)? else {
                return Err(Error::internal("a function's body cannot be read"));
            };
            let statements = match create.sql_body {
                Some(AstBody::Return(expr)) => vec![select(expr)?],
                Some(AstBody::Atomic(statements)) => statements.into_iter().map(returned).collect::<Result<_>>()?,
                None => Vec::new(),
            };
            Ok((statements, text))
        }
    }
}

/// `RETURN expr` is `SELECT expr`.
pub fn returned(statement: Statement) -> Result<Statement> {
    match statement {
        Statement::Return(expr) => select(*expr),
        statement => Ok(statement),
    }
}

/// `SELECT expr`
pub fn select(expr: kumquat_sql::ast::Expr) -> Result<Statement> {
    let mut statement = kumquat_sql::parse("SELECT NULL")?;
    if let Statement::Select(select) = &mut statement
        && let kumquat_sql::ast::SelectBody::Select(core) = &mut select.body
        && let Some(target) = core.target_list.first_mut()
    {
        target.val = Some(expr);
    }
    Ok(statement)
}

fn run_statement(
    backend: &mut Backend<'_>,
    function: &Function,
    statement: &Statement,
    text: &str,
    args: &[Datum],
    arg_types: &[Oid],
) -> Result<Option<ResultSet>> {
    match statement {
        query if query.is_query() => {
            let query = analyze_query(backend, statement, &mut parameters(function, arg_types))?;
            backend.extension.sql_function_query(backend, &query, args)?;
            Ok(backend.execute_query(&Arc::new(query), args)?.rows)
        }
        _ => {
            backend.execute_statement(statement, text, &mut Silent)?;
            Ok(None)
        }
    }
}

/// The arguments as parameters: by number, by name, and by the function's name and theirs.
pub fn parameters(function: &Function, arg_types: &[Oid]) -> Parameters {
    let actual = |(at, argument): (usize, &crate::catalog::function::FunctionArgument)| {
        let polymorphic = kumquat_types::builtin_type(argument.type_oid)
            .is_some_and(|builtin| builtin.kind == kumquat_types::TypeKind::Pseudo);
        match (polymorphic, arg_types.get(at)) {
            (true, Some(actual)) => Some(*actual),
            _ => Some(argument.type_oid),
        }
    };
    let mut names = Vec::new();
    for (number, argument) in (1..).zip(&function.args) {
        if let Some(name) = &argument.name {
            names.push((name.clone(), number));
            names.push((format!("{}.{name}", function.name).into(), number));
        }
    }
    Parameters {
        types: function.args.iter().enumerate().map(actual).collect(),
        names,
        ..Parameters::default()
    }
}

fn into_rows(rows: ResultSet) -> Rows {
    Rows {
        types: rows
            .columns
            .iter()
            .map(|column| (column.type_oid, column.type_modifier))
            .collect(),
        chunks: rows.chunks,
    }
}

fn in_function(error: Error, function: &Function, statement: usize) -> Error {
    let mut error = error;
    error.position = None;
    error.context(format!("SQL function \"{}\" statement {statement}", function.name))
}

/// A client that hears nothing: what functions' statements say to theirs.
pub struct Silent;

impl Client for Silent {
    fn message(&mut self, _: Message) {}

    fn copy_data(&mut self) -> String {
        String::new()
    }
}
