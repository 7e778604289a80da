//! Expressions and queries inside a function.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use kumquat_sql::ast::{Location, Statement};
use kumquat_sql::plpgsql::ast::{Expression, Sql};
use kumquat_types::{Datum, Error, Oid, Result, SqlState};

use super::Interpreter;
use super::variables::Template;
use crate::analyze::analyze_query;
use crate::driver::Outcome;
use crate::executor;
use crate::executor::functions::sql::Silent;
use crate::planner::prepare::fold::fold;
use crate::planner::vars::{contains_aggregate, contains_set_function, contains_sublink, contains_window_function};
use crate::query::{Expr, Query};
use crate::result::{QueryOutcome, ResultSet};
use crate::session::Frame;

/// Expressions that have been analyzed, by their place in the tree.
#[derive(Default)]
pub struct Cache {
    simple: HashMap<usize, (Rc<Template>, Expr)>,
}

/// Which text an error speaks of.
#[derive(Clone, Copy)]
pub enum Spoken<'t> {
    /// `SQL expression "a + 1"`
    Expression,
    /// `PL/pgSQL assignment "x := a + 1"`
    Assignment(&'t str),
    /// `SQL statement "SELECT a + 1"`
    Statement,
}

/// The text of an expression or statement, and where it starts in the body.
#[derive(Clone, Copy)]
pub struct Text<'t> {
    pub text: &'t str,
    pub start: u32,
}

impl<'t> Text<'t> {
    pub fn new(text: &'t str, location: Location) -> Text<'t> {
        Text {
            text,
            start: Option::<u32>::from(location).unwrap_or(0),
        }
    }

    pub fn of(expression: &'t Expression) -> Text<'t> {
        Text::new(&expression.text, expression.location)
    }

    pub fn of_sql(sql: &'t Sql) -> Text<'t> {
        Text::new(&sql.text, sql.location)
    }
}

impl Interpreter<'_, '_, '_> {
    /// The value of an expression, with its type.
    pub fn evaluate(&mut self, expression: &Expression) -> Result<(Datum, Oid)> {
        self.evaluate_as(expression, Spoken::Expression)
    }

    pub fn evaluate_as(&mut self, expression: &Expression, spoken: Spoken<'_>) -> Result<(Datum, Oid)> {
        let template = self.scopes.template();
        let key = std::ptr::from_ref(expression).addr();
        if let Some((known, expr)) = self.cache.simple.get(&key)
            && Rc::ptr_eq(known, &template)
        {
            let (expr, type_oid) = (expr.clone(), expr.type_oid());
            let values = self.scopes.values(&template);
            return Ok((executor::evaluate(self.backend, &expr, &values)?, type_oid));
        }
        let statement = Statement::Select(expression.query.clone());
        let query = self.analyze(&statement, Text::of(expression), spoken)?;
        if let Some(expr) = simple_expression(&query) {
            let mut expr = expr;
            let folded = fold(self.backend, &mut expr);
            folded.map_err(|error| self.in_text(error, Text::of(expression), spoken))?;
            let values = self.scopes.values(&template);
            let type_oid = expr.type_oid();
            let value = executor::evaluate(self.backend, &expr, &values)?;
            self.cache.simple.insert(key, (template, expr));
            return Ok((value, type_oid));
        }
        let values = self.scopes.values(&template);
        let outcome = self.backend.execute_query(&Arc::new(query), &values);
        let outcome = outcome.map_err(|error| self.in_text(error, Text::of(expression), spoken))?;
        self.first_value(&outcome, Text::of(expression), spoken)
    }

    /// The value of a condition; NULL is false.
    pub fn condition(&mut self, expression: &Expression) -> Result<bool> {
        let (value, type_oid) = self.evaluate(expression)?;
        let value = executor::functions::convert_value(self.backend, value, type_oid, (Oid::BOOL, -1))?;
        Ok(value.as_bool() == Some(true))
    }

    /// The text form of an expression's value; `None`: NULL.
    pub fn text(&mut self, expression: &Expression) -> Result<Option<String>> {
        let (value, type_oid) = self.evaluate(expression)?;
        Ok(match value {
            Datum::Null => None,
            value => Some(kumquat_types::io::output(self.backend, type_oid, &value).into_owned()),
        })
    }

    /// Analyzes a statement with the variables as parameters.
    pub fn analyze(&mut self, statement: &Statement, text: Text<'_>, spoken: Spoken<'_>) -> Result<Query> {
        let template = self.scopes.template();
        let analyzed = analyze_query(self.backend, statement, &mut template.parameters.clone());
        analyzed.map_err(|error| {
            let unassigned = self.scopes.unassigned_record(text.text);
            let unknown = || self.scopes.unknown_field(at_error(&error, text)?);
            match unassigned.or_else(unknown) {
                Some(instead) => self.in_text(instead, text, spoken),
                None => self.in_text(error, text, spoken),
            }
        })
    }

    /// An error of a query shows the query: by its position in it, or by a line of context.
    pub fn in_text(&self, error: Error, text: Text<'_>, spoken: Spoken<'_>) -> Error {
        let mut error = error;
        let Text { text, start } = text;
        if let Some(position) = error.position.take() {
            let (text, shift) = match spoken {
                Spoken::Assignment(whole) => (whole, whole.len().saturating_sub(text.len())),
                _ => (text, 0),
            };
            let position = position.saturating_sub(start);
            error.internal = Some((
                text.to_string(),
                position.saturating_add(u32::try_from(shift).unwrap_or(0)),
            ));
            return error;
        }
        error.context(match spoken {
            Spoken::Expression => format!("SQL expression \"{text}\""),
            Spoken::Assignment(whole) => format!("PL/pgSQL assignment \"{whole}\""),
            Spoken::Statement => format!("SQL statement \"{text}\""),
        })
    }

    /// Runs a query or another statement of SQL.
    pub fn run_statement(&mut self, statement: &Statement, text: Text<'_>) -> Result<QueryOutcome> {
        match statement {
            query if query.is_query() => {
                let query = self.analyze(statement, text, Spoken::Statement)?;
                let template = self.scopes.template();
                let values = self.scopes.values(&template);
                let line = format!("SQL statement \"{}\"", text.text);
                let frame = Frame::Line(line.into());
                self.backend.session.call_stack.push((frame, None));
                let outcome = self.backend.execute_query(&Arc::new(query), &values);
                self.backend.session.call_stack.pop();
                outcome.map_err(|error| self.in_text(error, text, Spoken::Statement))
            }
            _ => self.run_utility(statement, text),
        }
    }

    fn run_utility(&mut self, statement: &Statement, text: Text<'_>) -> Result<QueryOutcome> {
        if let Statement::Transaction(_) = statement {
            return Err(Error::new(
                SqlState::FEATURE_NOT_SUPPORTED,
                "unsupported transaction command in PL/pgSQL",
            ));
        }
        let outcome = self.backend.execute_statement(statement, text.text, &mut Silent);
        let outcome = outcome.map_err(|error| self.in_text(error, text, Spoken::Statement))?;
        let (rows, tag) = match outcome {
            Outcome::Rows(rows, tag) => (Some(rows), tag),
            Outcome::Command(tag) | Outcome::CopyOut(_, tag) => (None, tag),
        };
        let processed = rows.as_ref().map_or(0, |rows: &ResultSet| rows.row_count() as u64);
        Ok(QueryOutcome { rows, tag, processed })
    }
}

/// The expression of a query that is nothing but one.
fn simple_expression(query: &Query) -> Option<Expr> {
    let [target] = query.target_list.as_slice() else {
        return None;
    };
    let bare = query.range_table.is_empty()
        && query.from.is_empty()
        && query.quals.is_none()
        && query.ctes.is_empty()
        && query.set_operation.is_none()
        && query.group_by.is_empty()
        && query.having.is_none()
        && query.order_by.is_empty()
        && query.distinct.is_none()
        && query.limit.is_none()
        && query.offset.is_none();
    let expr = &target.expr;
    let plain = !contains_aggregate(expr)
        && !contains_window_function(expr)
        && !contains_set_function(expr)
        && !contains_sublink(expr);
    (bare && plain).then(|| expr.clone())
}

impl Interpreter<'_, '_, '_> {
    /// The only value of a query that stands for an expression; no row is NULL.
    fn first_value(&self, outcome: &QueryOutcome, text: Text<'_>, spoken: Spoken<'_>) -> Result<(Datum, Oid)> {
        let Some(rows) = &outcome.rows else {
            return Ok((Datum::Null, Oid::UNKNOWN));
        };
        let count = rows.columns.len();
        if count != 1 {
            let message = match spoken {
                Spoken::Assignment(_) => format!("assignment source returned {count} columns"),
                _ => format!("query returned {count} columns"),
            };
            return Err(self.in_text(Error::new(SqlState::SYNTAX_ERROR, message), text, spoken));
        }
        if rows.row_count() > 1 {
            let query = match spoken {
                Spoken::Assignment(whole) => whole,
                _ => text.text,
            };
            let error = Error::new(SqlState::CARDINALITY_VIOLATION, "query returned more than one row");
            return Err(error.context(format!("query: {query}")));
        }
        let type_oid = rows.columns.first().map_or(Oid::UNKNOWN, |column| column.type_oid);
        let first = rows.chunks.iter().find(|chunk| chunk.rows > 0);
        Ok((first.map(|chunk| chunk.get(0, 0)).unwrap_or_default(), type_oid))
    }
}

/// The text from where an error is on.
fn at_error<'t>(error: &Error, text: Text<'t>) -> Option<&'t str> {
    let at = error.position?.checked_sub(text.start)?;
    text.text.get(at as usize..)
}
