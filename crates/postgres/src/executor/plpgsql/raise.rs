//! RAISE, ASSERT and GET DIAGNOSTICS.

use kumquat_sql::plpgsql::ast::{Condition, DiagnosticsItem, Expression, Raise, RaiseLevel, RaiseOption, Target};
use kumquat_types::{Datum, Error, Oid, Result, Severity, SqlState};

use super::Interpreter;
use crate::session::{Activity, Frame};

/// What a message costs besides its text, in rows: it is kept until the statement ends, and shown.
const MESSAGE_WORK: usize = 2_000;

impl Interpreter<'_, '_, '_> {
    pub fn raise(&mut self, raise: &Raise) -> Result<()> {
        let nothing = raise.condition.is_none() && raise.format.is_none() && raise.options.is_empty();
        if nothing {
            return Err(match self.handled.last() {
                // It goes on as if it had not been caught.
                Some(error) => {
                    self.placed = true;
                    error.clone()
                }
                None => Error::new(
                    SqlState("0Z002"),
                    "RAISE without parameters cannot be used outside an exception handler",
                ),
            });
        }
        let mut state = raise.condition.as_ref().map(condition_state).transpose()?;
        let mut message = match &raise.format {
            Some(format) => Some(self.format(format, &raise.parameters)?),
            None => None,
        };
        let mut options: Vec<(RaiseOption, String)> = Vec::new();
        let mut seen: Vec<RaiseOption> = Vec::new();
        seen.extend(raise.condition.as_ref().map(|_| RaiseOption::Errcode));
        seen.extend(raise.format.as_ref().map(|_| RaiseOption::Message));
        for (option, expression) in &raise.options {
            if seen.contains(option) {
                let message = format!("RAISE option already specified: {}", option.keyword());
                return Err(Error::new(SqlState::SYNTAX_ERROR, message));
            }
            seen.push(*option);
            let Some(text) = self.text(expression)? else {
                let message = "RAISE statement option cannot be null";
                return Err(Error::new(SqlState::NULL_VALUE_NOT_ALLOWED, message));
            };
            match option {
                RaiseOption::Errcode => state = Some(condition_state(&named_condition(&text))?),
                RaiseOption::Message => message = Some(text),
                option => options.push((*option, text)),
            }
        }
        let severity = match raise.level {
            RaiseLevel::Debug => Severity::Debug1,
            RaiseLevel::Log => Severity::Log,
            RaiseLevel::Info => Severity::Info,
            RaiseLevel::Notice => Severity::Notice,
            RaiseLevel::Warning => Severity::Warning,
            RaiseLevel::Exception => Severity::Error,
        };
        let default = match severity {
            Severity::Error => SqlState::RAISE_EXCEPTION,
            Severity::Warning => SqlState::WARNING,
            _ => SqlState::SUCCESSFUL_COMPLETION,
        };
        let message = message.unwrap_or_else(|| match &raise.condition {
            Some(Condition::Named(name, _)) => name.clone(),
            Some(Condition::SqlState(code)) => code.clone(),
            _ => state.map_or_else(String::new, |state| state.0.to_string()),
        });
        self.backend
            .spend(message.len().saturating_mul(8).saturating_add(MESSAGE_WORK))?;
        let mut error = Error::with_severity(severity, state.unwrap_or(default), message);
        for (option, text) in options {
            match option {
                RaiseOption::Detail => error.detail = Some(text),
                RaiseOption::Hint => error.hint = Some(text),
                RaiseOption::Column => error.column = Some(text),
                RaiseOption::Constraint => error.constraint = Some(text),
                RaiseOption::Table => error.table = Some(text),
                RaiseOption::Schema => error.schema = Some(text),
                RaiseOption::Datatype | RaiseOption::Errcode | RaiseOption::Message => {}
            }
        }
        if severity == Severity::Error {
            return Err(error);
        }
        self.backend.notice(error);
        Ok(())
    }

    /// Each `%` stands for a parameter, `%%` for itself.
    fn format(&mut self, format: &str, parameters: &[Expression]) -> Result<String> {
        let mut out = String::new();
        let mut parameters = parameters.iter();
        let mut chars = format.chars().peekable();
        while let Some(c) = chars.next() {
            if c != '%' {
                out.push(c);
            } else if chars.next_if_eq(&'%').is_some() {
                out.push('%');
            } else if let Some(parameter) = parameters.next() {
                out.push_str(self.text(parameter)?.as_deref().unwrap_or("<NULL>"));
            }
        }
        Ok(out)
    }

    pub fn assert(&mut self, condition: &Expression, message: Option<&Expression>) -> Result<()> {
        let enabled = self.backend.setting("plpgsql.check_asserts").as_deref() != Some("off");
        if !enabled || self.condition(condition)? {
            return Ok(());
        }
        let text = match message {
            Some(message) => self.text(message)?,
            None => None,
        };
        let text = text.unwrap_or_else(|| "assertion failed".into());
        Err(Error::new(SqlState::ASSERT_FAILURE, text))
    }

    /// What runs, innermost first, as CONTEXT would tell (`PG_CONTEXT`).
    fn stack_lines(&self) -> String {
        let backend = &*self.backend;
        let place = |activity: &Option<Activity>| match activity {
            Some(activity) => format!(" line {} at {}", activity.line, activity.kind),
            None => String::new(),
        };
        let line = |(frame, activity): &(Frame, Option<Activity>)| match frame {
            Frame::Function(oid) => {
                let signature = backend.procedure_signature(*oid);
                format!("PL/pgSQL function {signature}{}", place(activity))
            }
            Frame::Block(name) => format!("PL/pgSQL function {name}{}", place(activity)),
            Frame::Line(line) => line.to_string(),
        };
        let lines: Vec<String> = backend.session.call_stack.iter().rev().map(line).collect();
        lines.join("\n")
    }

    pub fn diagnostics(&mut self, stacked: bool, items: &[(Target, DiagnosticsItem)]) -> Result<()> {
        let error = self.handled.last().cloned();
        if stacked && error.is_none() {
            let message = "GET STACKED DIAGNOSTICS cannot be used outside an exception handler";
            return Err(Error::new(SqlState("0Z002"), message));
        }
        for (target, item) in items {
            let part =
                |part: fn(&Error) -> Option<String>| Datum::from(error.as_ref().and_then(part).unwrap_or_default());
            let value = match item {
                DiagnosticsItem::RowCount => Datum::Int8(i64::try_from(self.row_count).unwrap_or(i64::MAX)),
                DiagnosticsItem::PgContext => Datum::from(self.stack_lines()),
                DiagnosticsItem::PgExceptionContext => part(|error| error.context.clone()),
                DiagnosticsItem::PgExceptionDetail => part(|error| error.detail.clone()),
                DiagnosticsItem::PgExceptionHint => part(|error| error.hint.clone()),
                DiagnosticsItem::ReturnedSqlstate => part(|error| Some(error.sqlstate.0.to_string())),
                DiagnosticsItem::ColumnName => part(|error| error.column.clone()),
                DiagnosticsItem::ConstraintName => part(|error| error.constraint.clone()),
                DiagnosticsItem::PgDatatypeName => part(|_| None),
                DiagnosticsItem::MessageText => part(|error| Some(error.message.clone())),
                DiagnosticsItem::TableName => part(|error| error.table.clone()),
                DiagnosticsItem::SchemaName => part(|error| error.schema.clone()),
            };
            let type_oid = if *item == DiagnosticsItem::RowCount {
                Oid::INT8
            } else {
                Oid::TEXT
            };
            self.assign(target, value, type_oid)?;
        }
        Ok(())
    }
}

/// A condition by the text of ERRCODE: a SQLSTATE, or a name.
fn named_condition(text: &str) -> Condition {
    match text.len() == 5 && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase()) {
        true => Condition::SqlState(text.to_string()),
        false => kumquat_sql::plpgsql::condition(text),
    }
}

fn condition_state(condition: &Condition) -> Result<SqlState> {
    let code = match condition {
        Condition::Others => "P0001",
        Condition::Named(name, codes) => match codes.first() {
            Some(code) => code,
            None => {
                let message = format!("unrecognized exception condition \"{name}\"");
                return Err(Error::new(SqlState::UNDEFINED_OBJECT, message));
            }
        },
        Condition::SqlState(code) => code,
    };
    Ok(SqlState::from_code(code))
}
