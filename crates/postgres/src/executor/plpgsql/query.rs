//! Statements of SQL inside a function.

use std::sync::Arc;

use kumquat_sql::ast::{Location, Statement};
use kumquat_sql::plpgsql::ast::{Dynamic, Expression, Into, Sql};
use kumquat_types::{Datum, Error, Oid, Result, SqlState};

use super::Interpreter;
use super::expression::{Spoken, Text};
use crate::analyze::{Parameters, analyze_query};
use crate::driver::Outcome;
use crate::executor::functions::sql::Silent;
use crate::result::{CommandTag, QueryOutcome};

impl Interpreter<'_, '_, '_> {
    pub fn sql(&mut self, sql: &Sql, into: Option<&Into>) -> Result<()> {
        let outcome = self.run_statement(&sql.statement, Text::of_sql(sql))?;
        self.note(&outcome);
        self.take(outcome, into, matches!(sql.statement, Statement::Select(_)))
    }

    pub fn perform(&mut self, expression: &Expression) -> Result<()> {
        let statement = Statement::Select(expression.query.clone());
        let text = format!("SELECT {}", expression.text);
        let outcome = self.run_statement(&statement, perform_text(expression, &text))?;
        self.note(&outcome);
        Ok(())
    }

    pub fn execute(&mut self, dynamic: &Dynamic, into: Option<&Into>) -> Result<()> {
        let outcome = self.run_dynamic(dynamic)?;
        self.row_count = outcome.processed;
        match into {
            Some(_) => self.take(outcome, into, false),
            None => Ok(()),
        }
    }

    fn note(&mut self, outcome: &QueryOutcome) {
        self.row_count = outcome.processed;
        let counted = outcome.rows.is_some() || outcome.processed > 0 || counts(&outcome.tag);
        if counted {
            self.set_found(outcome.processed > 0);
        }
    }

    fn take(&mut self, outcome: QueryOutcome, into: Option<&Into>, is_select: bool) -> Result<()> {
        match (into, outcome.rows) {
            (Some(into), Some(rows)) => self.into(into, &rows),
            (Some(_), None) => {
                let message = "INTO used with a command that cannot return data";
                Err(Error::new(SqlState::SYNTAX_ERROR, message))
            }
            (None, Some(_)) if is_select => Err(Error::new(
                SqlState::SYNTAX_ERROR,
                "query has no destination for result data",
            )
            .hint("If you want to discard the results of a SELECT, use PERFORM instead.")),
            (None, Some(_)) => Err(Error::new(
                SqlState::SYNTAX_ERROR,
                "query has no destination for result data",
            )),
            (None, None) => Ok(()),
        }
    }

    /// EXECUTE text USING values
    pub fn run_dynamic(&mut self, dynamic: &Dynamic) -> Result<QueryOutcome> {
        let Some(text) = self.text(&dynamic.query)? else {
            let message = "query string argument of EXECUTE is null";
            return Err(Error::new(SqlState::NULL_VALUE_NOT_ALLOWED, message));
        };
        let mut values: Vec<Datum> = Vec::with_capacity(dynamic.using.len());
        let mut types: Vec<Option<Oid>> = Vec::with_capacity(dynamic.using.len());
        for expression in &dynamic.using {
            let (value, type_oid) = self.evaluate(expression)?;
            values.push(value);
            types.push(Some(if type_oid == Oid::UNKNOWN { Oid::TEXT } else { type_oid }));
        }
        let outcome = self.run_text(&text, types, &values);
        outcome.map_err(|error| self.in_text(error, Text::new(&text, Location::UNKNOWN), Spoken::Statement))
    }

    fn run_text(&mut self, text: &str, types: Vec<Option<Oid>>, values: &[Datum]) -> Result<QueryOutcome> {
        let mut last = None;
        for (statement, _) in kumquat_sql::parse_many(text)? {
            let outcome = match &statement {
                Statement::Select(_)
                | Statement::Insert(_)
                | Statement::Update(_)
                | Statement::Delete(_)
                | Statement::Merge(_) => {
                    let mut parameters = Parameters {
                        types: types.clone(),
                        ..Parameters::default()
                    };
                    let query = analyze_query(self.backend, &statement, &mut parameters)?;
                    self.backend.execute_query(&Arc::new(query), values)?
                }
                Statement::Transaction(_) => {
                    let message = "EXECUTE of transaction commands is not implemented";
                    return Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, message));
                }
                _ => match self.backend.execute_statement(&statement, text, &mut Silent)? {
                    Outcome::Rows(rows, tag) => QueryOutcome {
                        processed: rows.row_count() as u64,
                        rows: Some(rows),
                        tag,
                    },
                    Outcome::Command(tag) | Outcome::CopyOut(_, tag) => QueryOutcome {
                        rows: None,
                        tag,
                        processed: 0,
                    },
                },
            };
            last = Some(outcome);
        }
        Ok(last.unwrap_or(QueryOutcome {
            rows: None,
            tag: CommandTag::new(""),
            processed: 0,
        }))
    }

    /// COMMIT and ROLLBACK in a procedure that CALL began.
    pub fn end_transaction(&mut self, commit: bool) -> Result<()> {
        if self.backend.in_transaction_block() || self.backend.session.depth > 2 {
            return Err(Error::new(
                SqlState::INVALID_TRANSACTION_TERMINATION,
                "invalid transaction termination",
            ));
        }
        if !commit {
            return Err(Error::not_modelled("ROLLBACK in a procedure"));
        }
        self.backend.commit_changes()
    }
}

/// The command counts the rows it changes.
fn counts(tag: &CommandTag) -> bool {
    ["INSERT", "UPDATE", "DELETE", "MERGE"]
        .iter()
        .any(|word| tag.0.starts_with(word))
}

/// `SELECT` stands before what PERFORM says.
fn perform_text<'t>(expression: &Expression, text: &'t str) -> Text<'t> {
    let start = Text::of(expression).start;
    Text {
        text,
        start: start.saturating_sub(u32::try_from("SELECT ".len()).unwrap_or(0)),
    }
}
