//! RAISE and ASSERT.

use kumquat_sql::plpgsql::ast::{Condition, Expression, Raise, RaiseLevel, RaiseOption};
use kumquat_types::{Error, Result, Severity, SqlState};

use super::interpreter::{Flow, Interpreter};

impl Interpreter<'_, '_> {
    pub(super) fn raise(&mut self, raise: &Raise) -> Result<Flow> {
        let bare = raise.condition.is_none() && raise.format.is_none() && raise.options.is_empty();
        if let (true, Some(error)) = (bare, &self.caught) {
            return Err(error.clone());
        }
        if bare {
            return Err(Error::new(
                SqlState("0Z002"),
                "RAISE without parameters cannot be used outside an exception handler",
            ));
        }
        let (mut code, mut message) = (None, None);
        match &raise.condition {
            Some(Condition::Named(name, codes)) => {
                code = codes.first().and_then(|code| known_state(code));
                message = Some(name.clone());
            }
            Some(Condition::SqlState(state)) => {
                code = known_state(state);
                message = Some(state.clone());
            }
            Some(Condition::Others) | None => {}
        }
        if let Some(format) = &raise.format {
            message = Some(self.formatted(format, &raise.parameters)?);
        }
        let severity = severity(raise.level);
        let default = if severity == Severity::Error {
            SqlState::RAISE_EXCEPTION
        } else {
            level_state(severity)
        };
        let mut error = Error::with_severity(severity, default, "");
        for (option, expression) in &raise.options {
            let (value, type_oid) = self.evaluate(expression)?;
            let Some(text) = self.backend.output_text(type_oid, &value) else {
                return Err(Error::new(
                    SqlState::NULL_VALUE_NOT_ALLOWED,
                    "RAISE statement option cannot be null",
                ));
            };
            match option {
                RaiseOption::Errcode => code = known_state(&text).or(code),
                RaiseOption::Message => message = Some(text),
                RaiseOption::Detail => error.detail = Some(text),
                RaiseOption::Hint => error.hint = Some(text),
                RaiseOption::Column => error.column = Some(text),
                RaiseOption::Constraint => error.constraint = Some(text),
                RaiseOption::Table => error.table = Some(text),
                RaiseOption::Schema => error.schema = Some(text),
                RaiseOption::Datatype => {}
            }
        }
        error.sqlstate = code.unwrap_or(default);
        error.message = message.unwrap_or_else(|| error.sqlstate.0.to_string());
        if severity == Severity::Error {
            return Err(error);
        }
        self.backend.notice(error);
        Ok(Flow::Normal)
    }

    /// `%` stands for the next parameter, `%%` for a percent sign.
    fn formatted(&mut self, format: &str, parameters: &[Expression]) -> Result<String> {
        let mut text = String::new();
        let mut next = parameters.iter();
        let mut chars = format.chars().peekable();
        while let Some(c) = chars.next() {
            if c != '%' {
                text.push(c);
            } else if chars.peek() == Some(&'%') {
                chars.next();
                text.push('%');
            } else if let Some(expression) = next.next() {
                let (value, type_oid) = self.evaluate(expression)?;
                text.push_str(
                    &self
                        .backend
                        .output_text(type_oid, &value)
                        .unwrap_or_else(|| "<NULL>".into()),
                );
            }
        }
        Ok(text)
    }

    pub(super) fn assert(&mut self, condition: &Expression, message: Option<&Expression>) -> Result<Flow> {
        if self.truth(condition)? {
            return Ok(Flow::Normal);
        }
        let text = match message {
            Some(message) => {
                let (value, type_oid) = self.evaluate(message)?;
                self.backend.output_text(type_oid, &value)
            }
            None => None,
        };
        Err(Error::new(
            SqlState::ASSERT_FAILURE,
            text.unwrap_or_else(|| "assertion failed".into()),
        ))
    }
}

fn severity(level: RaiseLevel) -> Severity {
    match level {
        RaiseLevel::Debug => Severity::Debug,
        RaiseLevel::Log => Severity::Log,
        RaiseLevel::Info => Severity::Info,
        RaiseLevel::Notice => Severity::Notice,
        RaiseLevel::Warning => Severity::Warning,
        RaiseLevel::Exception => Severity::Error,
    }
}

fn level_state(severity: Severity) -> SqlState {
    if severity == Severity::Warning {
        SqlState::WARNING
    } else {
        SqlState::SUCCESSFUL_COMPLETION
    }
}

/// A SQLSTATE typed by the learner, or the name of a condition.
fn known_state(text: &str) -> Option<SqlState> {
    let code = kumquat_sql::plpgsql::condition_code(text).unwrap_or(text);
    SqlState::from_code(code)
}
