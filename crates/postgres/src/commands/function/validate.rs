//! Checking a function's body when it is made (`fmgr_sql_validator`), with errors placed in the statement
//! that makes it.

use kumquat_sql::ast::{CreateFunctionStmt, FunctionBody as AstBody, Statement};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::invalid;
use crate::analyze::{Parameters, analyze_definition, coerce_expression, is_polymorphic};
use crate::backend::Backend;
use crate::catalog::{Function, FunctionBody};
use crate::executor::functions::sql;
use crate::executor::plpgsql;
use crate::query::Query;

/// Checks a body as far as its language lets it be checked before it runs.
pub fn validate(backend: &mut Backend<'_>, function: &Function, stmt: &CreateFunctionStmt, text: &str) -> Result<()> {
    match (&*function.language, &function.body, &stmt.sql_body) {
        ("sql", FunctionBody::Source(source), _) => {
            validate_sql(backend, function, source).map_err(|error| place_in_statement(error, source, text))
        }
        ("sql", FunctionBody::Standard(_), Some(body)) => validate_standard(backend, function, body),
        ("plpgsql", FunctionBody::Source(source), _) => {
            let checked = plpgsql::check_function(backend, function, function.result == Oid::TRIGGER);
            let warnings = checked.map_err(|error| place_in_statement(error, source, text))?;
            for warning in warnings {
                backend.notice(place_in_statement(warning, source, text));
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The arguments of a function as names and types of parameters.
pub fn argument_parameters(function: &Function) -> Parameters {
    let types: Vec<Oid> = function.args.iter().map(|argument| argument.type_oid).collect();
    sql::parameters(function, &types)
}

fn validate_sql(backend: &Backend<'_>, function: &Function, source: &str) -> Result<()> {
    let statements = kumquat_sql::parse_many(source)?;
    let polymorphic = function
        .args
        .iter()
        .any(|argument| kumquat_types::builtin_type(argument.type_oid).is_some_and(|t| t.name.starts_with("any")));
    if polymorphic {
        // Nothing can be said before the types are known.
        return Ok(());
    }
    let mut last = None;
    for (statement, _) in &statements {
        match statement {
            Statement::Empty => {}
            query if query.is_query() => {
                let query = analyze_definition(backend, statement, &mut argument_parameters(function))?;
                last = Some(Some(query));
            }
            _ => last = Some(None),
        }
    }
    check_result(backend, function, last.flatten().as_ref())
}

fn validate_standard(backend: &Backend<'_>, function: &Function, body: &AstBody) -> Result<()> {
    if function.args.iter().any(|argument| is_polymorphic(argument.type_oid)) {
        return Err(invalid(
            "SQL function with unquoted function body cannot have polymorphic arguments",
        ));
    }
    let statements = match body {
        AstBody::Return(expr) => vec![sql::select(expr.clone())?],
        AstBody::Atomic(statements) => statements.iter().cloned().map(sql::returned).collect::<Result<_>>()?,
    };
    let queries = standard_queries(backend, function, &statements)?;
    check_result(backend, function, queries.last())
}

/// The queries of a body without quotes, analyzed.
pub fn standard_queries(backend: &Backend<'_>, function: &Function, statements: &[Statement]) -> Result<Vec<Query>> {
    let analyze = |statement: &Statement| match statement {
        query if query.is_query() => analyze_definition(backend, statement, &mut argument_parameters(function)),
        other => Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            format!(
                "{} is not yet supported in unquoted SQL function body",
                command_tag(other)
            ),
        )),
    };
    statements.iter().map(analyze).collect()
}

fn command_tag(statement: &Statement) -> &'static str {
    match statement {
        Statement::Create(_) => "CREATE TABLE",
        Statement::Call(_) => "CALL",
        Statement::Transaction(_) => "a transaction command",
        _ => "this command",
    }
}

/// Whether the last query gives what the function says it returns (`check_sql_fn_retval`).
pub fn check_result(backend: &Backend<'_>, function: &Function, last: Option<&Query>) -> Result<()> {
    if function.result == Oid::VOID {
        return Ok(());
    }
    let mismatch = |detail: String| {
        Err(invalid(format!(
            "return type mismatch in function declared to return {}",
            backend.format_type(function.result)
        ))
        .detail(detail)
        .context(format!("SQL function \"{}\"", function.name)))
    };
    let returns_rows =
        |query: &&Query| query.command == crate::query::CommandType::Select || !query.returning.is_empty();
    let Some(query) = last.filter(returns_rows) else {
        return mismatch("Function's final statement must be SELECT or INSERT/UPDATE/DELETE RETURNING.".into());
    };
    let columns: Vec<_> = query.output_columns().collect();
    let wanted = result_columns(backend, function);
    let Some(wanted) = wanted else {
        let [column] = columns.as_slice() else {
            return match function.result {
                Oid::RECORD => Ok(()),
                _ => mismatch("Final statement must return exactly one column.".into()),
            };
        };
        if function.result == Oid::RECORD {
            return Ok(());
        }
        let coerced = coerce_expression(backend, column.expr.clone(), (function.result, -1), true)?;
        return match coerced {
            Some(_) => Ok(()),
            None => mismatch(format!(
                "Actual return type is {}.",
                backend.format_type(column.expr.type_oid())
            )),
        };
    };
    if let [column] = columns.as_slice()
        && column.expr.type_oid() == function.result
    {
        return Ok(());
    }
    for (number, type_oid) in (1..).zip(&wanted) {
        let Some(column) = columns.get(number - 1) else {
            return mismatch("Final statement returns too few columns.".into());
        };
        if coerce_expression(backend, column.expr.clone(), (*type_oid, -1), true)?.is_none() {
            return mismatch(format!(
                "Final statement returns {} instead of {} at column {number}.",
                backend.format_type(column.expr.type_oid()),
                backend.format_type(*type_oid)
            ));
        }
    }
    if columns.len() > wanted.len() {
        return mismatch("Final statement returns too many columns.".into());
    }
    Ok(())
}

/// Types of the columns of a composite result; `None` if it is a single value.
fn result_columns(backend: &Backend<'_>, function: &Function) -> Option<Vec<Oid>> {
    if function.outputs.len() > 1 {
        return Some(function.outputs.iter().map(|output| output.type_oid).collect());
    }
    let fields = backend.composite_fields(function.result)?;
    Some(fields.iter().map(|field| field.type_oid).collect())
}

/// Moves the position of an error in the body to that in the statement around it
/// (`function_parse_error_transpose`).
pub fn place_in_statement(mut error: Error, source: &str, text: &str) -> Error {
    if let Some(position) = error.position {
        error.position = position_in_literal(text, source, position as usize);
    }
    error
}

/// Where in the text the offset of the literal with this content is.
pub fn position_in_literal(text: &str, content: &str, offset: usize) -> Option<u32> {
    if let Some(start) = text.find(content) {
        return u32::try_from(start + offset).ok();
    }
    // In single quotes each quote inside is written twice.
    let quoted = content.replace('\'', "''");
    let start = text.find(&format!("'{quoted}'"))? + 1;
    let doubled = content.get(..offset)?.matches('\'').count();
    u32::try_from(start + offset + doubled).ok()
}

/// The rest of the text from the first place where the word stands as a word of its own.
pub fn from_keyword<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let lower = text.to_ascii_lowercase();
    let boundary = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_');
    let mut places = lower.match_indices(word).filter(|(at, _)| {
        let before = lower.get(..*at).and_then(|s| s.chars().next_back());
        let after = lower.get(at + word.len()..).and_then(|s| s.chars().next());
        boundary(before) && boundary(after)
    });
    let (at, _) = places.next()?;
    text.get(at..)
}
