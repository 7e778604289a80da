//! SQL inside PL/pgSQL: statements, EXECUTE, RETURN, GET DIAGNOSTICS.

use std::sync::Arc;

use kumquat_sql::ast::Statement;
use kumquat_sql::plpgsql::ast::{DiagnosticsItem, Dynamic, Expression, Into, Sql, Target};
use kumquat_types::{Datum, Error, Oid, Result, SqlState};

use super::interpreter::{Flow, Interpreter};
use crate::analyze;
use crate::driver::Outcome;
use crate::executor::sql_function::NoClient;
use crate::result::ResultSet;

impl Interpreter<'_, '_> {
    /// Runs a statement with the variables as parameters; rows if it gives any.
    pub(super) fn sql(&mut self, sql: &Sql) -> Result<Option<ResultSet>> {
        self.run_sql(&sql.statement, &sql.text)
            .map_err(|error| in_statement(error, &sql.text))
    }

    fn run_sql(&mut self, statement: &Statement, text: &str) -> Result<Option<ResultSet>> {
        let is_query = matches!(
            statement,
            Statement::Select(_)
                | Statement::Insert(_)
                | Statement::Update(_)
                | Statement::Delete(_)
                | Statement::Merge(_)
        );
        if is_query {
            let (mut parameters, values) = self.variables.parameters();
            let query = analyze::analyze_query(self.backend, statement, &mut parameters)?;
            let outcome = self.backend.execute_query(&Arc::new(query), &values)?;
            self.note_rows(outcome.processed);
            return Ok(outcome.rows);
        }
        match self.backend.execute_statement(statement, text, &mut NoClient)? {
            Outcome::Rows(rows, _) => Ok(Some(rows)),
            Outcome::Command(_) | Outcome::CopyOut(..) => Ok(None),
        }
    }

    /// EXECUTE: the text is parsed anew each time.
    pub(super) fn dynamic(&mut self, dynamic: &Dynamic) -> Result<Option<ResultSet>> {
        let (text, type_oid) = self.evaluate(&dynamic.query)?;
        if text.is_null() {
            return Err(Error::new(
                SqlState::NULL_VALUE_NOT_ALLOWED,
                "query string argument of EXECUTE is null",
            ));
        }
        let text = self.backend.output_text(type_oid, &text).unwrap_or_default();
        let mut parameters = analyze::Parameters::default();
        let mut values = Vec::new();
        for expression in &dynamic.using {
            let (value, type_oid) = self.evaluate(expression)?;
            parameters.types.push(Some(type_oid));
            values.push(value);
        }
        self.run_text(&text, parameters, &values)
            .map_err(|error| in_statement(error, &text))
    }

    fn run_text(&mut self, text: &str, parameters: analyze::Parameters, values: &[Datum]) -> Result<Option<ResultSet>> {
        let mut rows = None;
        for (statement, _) in kumquat_sql::parse_many(text)? {
            let is_query = matches!(
                statement,
                Statement::Select(_)
                    | Statement::Insert(_)
                    | Statement::Update(_)
                    | Statement::Delete(_)
                    | Statement::Merge(_)
            );
            rows = if is_query {
                let query = analyze::analyze_query(self.backend, &statement, &mut parameters.clone())?;
                let outcome = self.backend.execute_query(&Arc::new(query), values)?;
                self.row_count = outcome.processed;
                outcome.rows
            } else {
                match self.backend.execute_statement(&statement, text, &mut NoClient)? {
                    Outcome::Rows(rows, _) => Some(rows),
                    Outcome::Command(_) | Outcome::CopyOut(..) => None,
                }
            };
        }
        Ok(rows)
    }

    /// INTO, or nowhere.
    pub(super) fn store_into(
        &mut self,
        rows: Option<ResultSet>,
        into: Option<&Into>,
        statement: Option<&Statement>,
    ) -> Result<Flow> {
        let Some(into) = into else {
            if let (Some(_), Some(Statement::Select(_))) = (&rows, statement) {
                return Err(
                    Error::new(SqlState::SYNTAX_ERROR, "query has no destination for result data")
                        .hint("If you want to discard the results of a SELECT, use PERFORM instead."),
                );
            }
            return Ok(Flow::Normal);
        };
        let rows = rows.unwrap_or_default();
        let count = rows.row_count();
        let modifies = !matches!(statement, Some(Statement::Select(_)) | None);
        if into.strict && count == 0 {
            return Err(Error::new(SqlState::NO_DATA_FOUND, "query returned no rows"));
        }
        if count > 1 && (into.strict || modifies) {
            let error = Error::new(SqlState::TOO_MANY_ROWS, "query returned more than one row");
            return Err(error.hint("Make sure the query returns a single row, or use LIMIT 1."));
        }
        let first = rows
            .chunks
            .iter()
            .find(|chunk| chunk.rows > 0)
            .map(|chunk| chunk.row(0));
        self.variables.set_by_name("found", Datum::Bool(first.is_some()));
        self.row_count = self.row_count.min(count as u64).max(u64::from(first.is_some()));
        self.assign_row(&into.targets, &rows, first)?;
        Ok(Flow::Normal)
    }

    pub(super) fn return_value(&mut self, value: Option<&Expression>) -> Result<Flow> {
        let Some(expression) = value else {
            return Ok(Flow::Return(Datum::Void));
        };
        let (value, type_oid) = self.evaluate(expression)?;
        if !self.returns.outputs.is_empty() {
            return Ok(Flow::Return(value));
        }
        let result = self.returns.result;
        Ok(Flow::Return(self.coerce(value, type_oid, result, -1)?))
    }

    pub(super) fn return_next(&mut self, value: Option<&Expression>) -> Result<Flow> {
        let row = match value {
            None => self.output_row(),
            Some(expression) => {
                let (value, type_oid) = self.evaluate(expression)?;
                let result = self.returns.result;
                vec![self.coerce(value, type_oid, result, -1)?]
            }
        };
        self.rows.push(row);
        Ok(Flow::Normal)
    }

    pub(super) fn return_rows(&mut self, rows: &ResultSet) -> Result<Flow> {
        let wanted: Vec<Oid> = if self.returns.outputs.is_empty() {
            vec![self.returns.result]
        } else {
            self.returns.outputs.iter().map(|(_, oid)| *oid).collect()
        };
        let composite = wanted.len() == 1 && rows.columns.len() > 1;
        if !composite && wanted.len() != rows.columns.len() && self.returns.result != Oid::RECORD {
            return Err(Error::new(
                SqlState::DATATYPE_MISMATCH,
                "structure of query does not match function result type",
            )
            .detail(format!(
                "Number of returned columns ({}) does not match expected column count ({}).",
                rows.columns.len(),
                wanted.len()
            )));
        }
        for (index, (column, wanted)) in rows.columns.iter().zip(&wanted).enumerate() {
            if !composite && column.type_oid != *wanted && *wanted != Oid::RECORD {
                let (have, want) = (
                    self.backend.format_type(column.type_oid),
                    self.backend.format_type(*wanted),
                );
                return Err(Error::new(
                    SqlState::DATATYPE_MISMATCH,
                    "structure of query does not match function result type",
                )
                .detail(format!(
                    "Returned type {have} does not match expected type {want} in column {}.",
                    index + 1
                )));
            }
        }
        self.rows.extend(rows.chunks.iter().flat_map(|chunk| chunk.iter_rows()));
        self.note_rows(rows.row_count() as u64);
        Ok(Flow::Normal)
    }

    pub(super) fn diagnostics(&mut self, items: &[(Target, DiagnosticsItem)]) -> Result<Flow> {
        for (target, item) in items {
            let of_error = |pick: &dyn Fn(&Error) -> Option<String>| {
                Datum::text(self.caught.as_ref().and_then(pick).unwrap_or_default())
            };
            let (value, type_oid) = match item {
                DiagnosticsItem::RowCount => (
                    Datum::Int8(i64::try_from(self.row_count).unwrap_or(i64::MAX)),
                    Oid::INT8,
                ),
                DiagnosticsItem::MessageText => (of_error(&|error| Some(error.message.clone())), Oid::TEXT),
                DiagnosticsItem::ReturnedSqlstate => (of_error(&|error| Some(error.sqlstate.0.into())), Oid::TEXT),
                DiagnosticsItem::PgExceptionDetail => (of_error(&|error| error.detail.clone()), Oid::TEXT),
                DiagnosticsItem::PgExceptionHint => (of_error(&|error| error.hint.clone()), Oid::TEXT),
                DiagnosticsItem::PgExceptionContext | DiagnosticsItem::PgContext => {
                    (of_error(&|error| error.context.clone()), Oid::TEXT)
                }
                DiagnosticsItem::ConstraintName => (of_error(&|error| error.constraint.clone()), Oid::TEXT),
                DiagnosticsItem::TableName => (of_error(&|error| error.table.clone()), Oid::TEXT),
                DiagnosticsItem::SchemaName => (of_error(&|error| error.schema.clone()), Oid::TEXT),
                DiagnosticsItem::ColumnName => (of_error(&|error| error.column.clone()), Oid::TEXT),
                DiagnosticsItem::PgDatatypeName => (Datum::text(""), Oid::TEXT),
            };
            self.assign(target, value, type_oid)?;
        }
        Ok(Flow::Normal)
    }
}

/// The statement that failed, as CONTEXT and QUERY show it.
fn in_statement(mut error: Error, text: &str) -> Error {
    if let Some(position) = error.position.take() {
        error.internal = Some((text.to_string(), position));
        return error;
    }
    error.context(format!("SQL statement \"{text}\""))
}
