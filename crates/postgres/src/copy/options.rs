//! Options of COPY and their checks (`ProcessCopyOptions`).

use kumquat_sql::ast::{CopyStmt, DefArg, DefElem, Expr, Value};
use kumquat_types::{Error, Result, SqlState};

use crate::settings::value::parse_bool;

#[derive(Clone, Debug)]
pub struct CopyOptions {
    pub csv: bool,
    pub delimiter: char,
    pub null: String,
    pub header: bool,
    /// HEADER MATCH: the names in the header line must be those of the columns.
    pub header_match: bool,
    pub quote: char,
    pub escape: char,
    /// FORCE_QUOTE *: all columns.
    pub force_quote_all: bool,
    pub force_quote: Vec<String>,
    pub force_not_null: Vec<String>,
    pub force_null: Vec<String>,
}

impl CopyOptions {
    pub fn parse(statement: &CopyStmt) -> Result<CopyOptions> {
        let mut given = Given::default();
        for option in &statement.options {
            given.take(option, statement.is_from)?;
        }
        given.check(statement.is_from)
    }
}

/// Options as they were written, before defaults.
#[derive(Default)]
struct Given {
    seen: Vec<String>,
    csv: bool,
    delimiter: Option<String>,
    null: Option<String>,
    header: bool,
    header_match: bool,
    quote: Option<String>,
    escape: Option<String>,
    force_quote_all: bool,
    force_quote: Vec<String>,
    force_not_null: Vec<String>,
    force_null: Vec<String>,
}

impl Given {
    fn take(&mut self, option: &DefElem, is_from: bool) -> Result<()> {
        let name = option.name.as_str();
        if self.seen.iter().any(|seen| seen == name) {
            return Err(syntax("conflicting or redundant options").at(offset(option)));
        }
        self.seen.push(name.to_string());
        match name {
            "format" => {
                self.csv = match text(option)?.as_str() {
                    "text" => false,
                    "csv" => true,
                    "binary" => return Err(Error::not_modelled("COPY in binary format")),
                    other => {
                        return Err(invalid(format!("COPY format \"{other}\" not recognized")).at(offset(option)));
                    }
                }
            }
            "freeze" => {
                boolean(option)?;
            }
            "delimiter" => self.delimiter = Some(text(option)?),
            "null" => self.null = Some(text(option)?),
            "header" => self.header(option, is_from)?,
            "quote" => self.quote = Some(text(option)?),
            "escape" => self.escape = Some(text(option)?),
            "force_quote" => match &option.arg {
                Some(DefArg::Star) => self.force_quote_all = true,
                Some(DefArg::List(names)) => self.force_quote.clone_from(names),
                _ => return Err(column_list(option)),
            },
            "force_not_null" => match &option.arg {
                Some(DefArg::List(names)) => self.force_not_null.clone_from(names),
                _ => return Err(column_list(option)),
            },
            "force_null" => match &option.arg {
                Some(DefArg::List(names)) => self.force_null.clone_from(names),
                _ => return Err(column_list(option)),
            },
            "encoding" => {
                let encoding = text(option)?;
                if !matches!(
                    encoding.to_ascii_uppercase().replace(['-', '_'], "").as_str(),
                    "UTF8" | "SQLASCII"
                ) {
                    return Err(
                        invalid(format!("argument to option \"{name}\" must be a valid encoding name"))
                            .at(offset(option)),
                    );
                }
            }
            _ => return Err(syntax(format!("option \"{name}\" not recognized")).at(offset(option))),
        }
        Ok(())
    }

    fn header(&mut self, option: &DefElem, is_from: bool) -> Result<()> {
        if let Some(word) = argument_text(option) {
            if word.eq_ignore_ascii_case("match") {
                if !is_from {
                    return Err(Error::new(
                        SqlState::FEATURE_NOT_SUPPORTED,
                        format!("cannot use \"{word}\" with HEADER in COPY TO"),
                    ));
                }
                (self.header, self.header_match) = (true, true);
                return Ok(());
            }
            if parse_bool(&word).is_none() {
                return Err(syntax("header requires a Boolean value or \"match\""));
            }
        }
        self.header = boolean(option)?;
        Ok(())
    }

    fn check(self, is_from: bool) -> Result<CopyOptions> {
        let unsupported = |message: String| Error::new(SqlState::FEATURE_NOT_SUPPORTED, message);
        let csv_only = |what: &str| unsupported(format!("COPY {what} available only in CSV mode"));
        let delimiter = self
            .delimiter
            .unwrap_or_else(|| if self.csv { "," } else { "\t" }.into());
        let null = self.null.unwrap_or_else(|| if self.csv { "" } else { "\\N" }.into());
        let delimiter = single_byte(&delimiter)
            .ok_or_else(|| unsupported("COPY delimiter must be a single one-byte character".into()))?;
        if matches!(delimiter, '\r' | '\n') {
            return Err(invalid("COPY delimiter cannot be newline or carriage return"));
        }
        if null.contains(['\r', '\n']) {
            return Err(invalid(
                "COPY null representation cannot use newline or carriage return",
            ));
        }
        if !self.csv && "\\.abcdefghijklmnopqrstuvwxyz0123456789".contains(delimiter) {
            return Err(invalid(format!("COPY delimiter cannot be \"{delimiter}\"")));
        }
        if !self.csv && self.quote.is_some() {
            return Err(csv_only("quote"));
        }
        if !self.csv && self.escape.is_some() {
            return Err(csv_only("escape"));
        }
        let quote_text = self.quote.unwrap_or_else(|| "\"".into());
        let quote = single_byte(&quote_text)
            .ok_or_else(|| unsupported("COPY quote must be a single one-byte character".into()))?;
        if self.csv && delimiter == quote {
            return Err(invalid("COPY delimiter and quote must be different"));
        }
        let escape = match self.escape {
            None => quote,
            Some(text) => single_byte(&text)
                .ok_or_else(|| unsupported("COPY escape must be a single one-byte character".into()))?,
        };
        let force_quotes = self.force_quote_all || !self.force_quote.is_empty();
        if force_quotes && !self.csv {
            return Err(csv_only("force quote"));
        }
        if force_quotes && is_from {
            return Err(unsupported("COPY force quote only available using COPY TO".into()));
        }
        if !self.force_not_null.is_empty() && !self.csv {
            return Err(csv_only("force not null"));
        }
        if !self.force_not_null.is_empty() && !is_from {
            return Err(unsupported("COPY force not null only available using COPY FROM".into()));
        }
        if !self.force_null.is_empty() && !self.csv {
            return Err(csv_only("force null"));
        }
        if !self.force_null.is_empty() && !is_from {
            return Err(unsupported("COPY force null only available using COPY FROM".into()));
        }
        if null.contains(delimiter) {
            return Err(unsupported(
                "COPY delimiter must not appear in the NULL specification".into(),
            ));
        }
        if self.csv && null.contains(quote) {
            return Err(unsupported(
                "CSV quote character must not appear in the NULL specification".into(),
            ));
        }
        Ok(CopyOptions {
            csv: self.csv,
            delimiter,
            null,
            header: self.header,
            header_match: self.header_match,
            quote,
            escape,
            force_quote_all: self.force_quote_all,
            force_quote: self.force_quote,
            force_not_null: self.force_not_null,
            force_null: self.force_null,
        })
    }
}

fn single_byte(text: &str) -> Option<char> {
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) if c.is_ascii() => Some(c),
        _ => None,
    }
}

fn argument_text(option: &DefElem) -> Option<String> {
    match option.arg.as_ref()? {
        DefArg::String(text) | DefArg::Float(text) => Some(text.clone()),
        DefArg::Integer(number) => Some(number.to_string()),
        DefArg::Boolean(value) => Some(value.to_string()),
        DefArg::Type(name) => name.names.last().cloned(),
        DefArg::List(names) => Some(names.join(",")),
        DefArg::Expr(Expr::Const(constant)) => match &constant.value {
            Value::String(text) | Value::Float(text) => Some(text.clone()),
            Value::Integer(number) => Some(number.to_string()),
            Value::Boolean(value) => Some(value.to_string()),
            _ => None,
        },
        _ => None,
    }
}

fn text(option: &DefElem) -> Result<String> {
    argument_text(option).ok_or_else(|| syntax(format!("{} requires a parameter", option.name)))
}

fn boolean(option: &DefElem) -> Result<bool> {
    match argument_text(option) {
        None => Ok(true),
        Some(word) => parse_bool(&word).ok_or_else(|| syntax(format!("{} requires a Boolean value", option.name))),
    }
}

fn column_list(option: &DefElem) -> Error {
    invalid(format!(
        "argument to option \"{}\" must be a list of column names",
        option.name
    ))
    .at(offset(option))
}

fn offset(option: &DefElem) -> Option<u32> {
    option.location.offset().and_then(|offset| u32::try_from(offset).ok())
}

fn syntax(message: impl Into<String>) -> Error {
    Error::new(SqlState::SYNTAX_ERROR, message)
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(SqlState::INVALID_PARAMETER_VALUE, message)
}
