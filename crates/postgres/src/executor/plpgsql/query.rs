//! Statements of SQL inside a function.

use std::sync::Arc;

use kumquat_sql::ast::{CallStmt, ColumnRefField, Expr, Location, Statement};
use kumquat_sql::plpgsql::ast::{Dynamic, Expression, Into, Sql, Target};
use kumquat_types::{Datum, Error, Oid, Result, SqlState};

use super::Interpreter;
use super::expression::{Spoken, Text};
use crate::analyze::{Parameters, analyze_query};
use crate::catalog::function::{ArgumentMode, FunctionArgument};
use crate::driver::Outcome;
use crate::executor::functions::call::call_inside;
use crate::executor::functions::sql::Silent;
use crate::result::{CommandTag, QueryOutcome};

/// What gives the rows of INTO.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntoSource {
    Select,
    /// INSERT, UPDATE, DELETE with RETURNING: never more than one row.
    Modification,
    Dynamic,
}

impl Interpreter<'_, '_, '_> {
    pub fn sql(&mut self, sql: &Sql, into: Option<&Into>) -> Result<()> {
        if let Statement::Call(call) = &sql.statement {
            return self.call(call, Text::of_sql(sql));
        }
        let outcome = self.run_statement(&sql.statement, Text::of_sql(sql))?;
        self.note(&outcome);
        let source = match sql.statement {
            Statement::Select(_) => IntoSource::Select,
            _ => IntoSource::Modification,
        };
        let parameters = self.strict_parameters(Text::of_sql(sql), into);
        self.take(outcome, into, source, parameters)
    }

    /// The variables that a query reads, if INTO STRICT is to tell them.
    fn strict_parameters(&self, text: Text<'_>, into: Option<&Into>) -> Option<String> {
        let tells = self.print_strict_params && into.is_some_and(|into| into.strict);
        let found: Vec<String> = match tells {
            true => self.scopes.mentioned(text.text),
            false => Vec::new(),
        };
        let quoted = |name: String| {
            let (variable, _) = self.scopes.find(std::slice::from_ref(&name))?;
            let declared = self.scopes.get(variable)?;
            Some(format!("{name} = {}", self.quoted(&declared.value, declared.type_oid)))
        };
        let shown: Vec<String> = found.into_iter().filter_map(quoted).collect();
        (!shown.is_empty()).then(|| format!("parameters: {}", shown.join(", ")))
    }

    /// A value as a detail shows it.
    fn quoted(&self, value: &Datum, type_oid: Oid) -> String {
        match value {
            Datum::Null => "NULL".into(),
            value => {
                let text = kumquat_types::io::output(&*self.backend, type_oid, value);
                format!("'{}'", text.replace('\'', "''"))
            }
        }
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
        let tells = self.print_strict_params && into.is_some_and(|into| into.strict);
        let mut shown = Vec::new();
        for (expression, number) in dynamic.using.iter().filter(|_| tells).zip(1..) {
            let (value, type_oid) = self.evaluate(expression)?;
            shown.push(format!("${number} = {}", self.quoted(&value, type_oid)));
        }
        let parameters = (!shown.is_empty()).then(|| format!("parameters: {}", shown.join(", ")));
        match into {
            Some(_) => self.take(outcome, into, IntoSource::Dynamic, parameters),
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

    fn take(
        &mut self,
        outcome: QueryOutcome,
        into: Option<&Into>,
        source: IntoSource,
        parameters: Option<String>,
    ) -> Result<()> {
        match (into, outcome.rows) {
            (Some(into), Some(rows)) => self.into(into, &rows, source, parameters),
            (Some(_), None) => {
                let message = "INTO used with a command that cannot return data";
                Err(Error::new(SqlState::SYNTAX_ERROR, message))
            }
            (None, Some(_)) if source == IntoSource::Select => Err(Error::new(
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
        let nonatomic = std::mem::replace(&mut self.backend.session.nonatomic, false);
        let outcome = self.run_text(&text, types, &values);
        self.backend.session.nonatomic = nonatomic;
        outcome.map_err(|error| self.in_text(error, Text::new(&text, Location::UNKNOWN), Spoken::Statement))
    }

    fn run_text(&mut self, text: &str, types: Vec<Option<Oid>>, values: &[Datum]) -> Result<QueryOutcome> {
        let mut last = None;
        for (statement, _) in kumquat_sql::parse_many(text)? {
            let outcome = match &statement {
                query if query.is_query() => {
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
        let refuse = |message: &str| Err(Error::new(SqlState::INVALID_TRANSACTION_TERMINATION, message));
        if !self.backend.session.nonatomic {
            return refuse("invalid transaction termination");
        }
        match commit {
            true if self.subtransactions > 0 => refuse("cannot commit while a subtransaction is active"),
            false if self.subtransactions > 0 => refuse("cannot roll back while a subtransaction is active"),
            true => self.backend.commit_inside(),
            false => self.backend.rollback_inside(),
        }
    }

    /// CALL: what OUT parameters give goes to the variables that were named for them.
    pub fn call(&mut self, call: &CallStmt, text: Text<'_>) -> Result<()> {
        let template = self.scopes.template();
        let values = self.scopes.values(&template);
        let called = call_inside(self.backend, call, &template.parameters, &values);
        let (outcome, procedure) = called.map_err(|error| self.in_text(error, text, Spoken::Statement))?;
        let Outcome::Rows(rows, _) = outcome else {
            return Ok(());
        };
        let targets = self.output_targets(call, procedure)?;
        let row = rows
            .chunks
            .first()
            .filter(|chunk| chunk.rows > 0)
            .map(|chunk| chunk.row(0));
        let row = row.unwrap_or_default();
        for ((target, value), column) in targets.iter().zip(row).zip(&rows.columns) {
            self.assign(target, value, column.type_oid)?;
        }
        Ok(())
    }

    /// The variables that stand for the OUT parameters of a procedure.
    fn output_targets(&self, call: &CallStmt, procedure: Oid) -> Result<Vec<Target>> {
        let Some(procedure) = self.backend.catalog()?.functions.get(&procedure).cloned() else {
            return Ok(Vec::new());
        };
        let mut targets = Vec::new();
        for (at, (mode, parameter)) in procedure.modes.iter().zip(procedure.parameters()).enumerate() {
            if !matches!(mode, ArgumentMode::Out | ArgumentMode::InOut) {
                continue;
            }
            let named = call.call.args.iter().find_map(|arg| match arg {
                Expr::NamedArg(named) if parameter.name.as_deref() == Some(named.name.as_str()) => Some(&named.arg),
                _ => None,
            });
            let placed = call.call.args.get(at).filter(|arg| !matches!(arg, Expr::NamedArg(_)));
            match named.or(placed).and_then(|arg| self.writable(arg)) {
                Some(target) => targets.push(target),
                None => return Err(not_writable(at, parameter)),
            }
        }
        Ok(targets)
    }

    /// The variable that an argument is.
    fn writable(&self, arg: &Expr) -> Option<Target> {
        let name: Vec<String> = match arg {
            Expr::ColumnRef(column) => column
                .fields
                .iter()
                .map(|field| match field {
                    ColumnRefField::Name(name) => Some(name.clone()),
                    ColumnRefField::Star => None,
                })
                .collect::<Option<_>>()?,
            Expr::ParamRef(parameter) => vec![format!("${}", parameter.number)],
            _ => return None,
        };
        self.scopes.find(&name)?;
        Some(Target {
            name,
            indirection: Vec::new(),
            location: Location::UNKNOWN,
        })
    }
}

fn not_writable(at: usize, parameter: &FunctionArgument) -> Error {
    let which = match &parameter.name {
        Some(name) => format!("\"{name}\""),
        None => (at + 1).to_string(),
    };
    Error::new(
        SqlState::SYNTAX_ERROR,
        format!("procedure parameter {which} is an output parameter but corresponding argument is not writable"),
    )
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
