//! The options of EXPLAIN, and what they may not be combined with.

use kumquat_sql::ast::{DefArg, DefElem};
use kumquat_types::{Error, Result, SqlState};

use crate::settings::value::parse_bool;

/// What EXPLAIN was asked to show.
#[derive(Clone, Copy, Debug)]
pub struct ExplainOptions {
    pub analyze: bool,
    pub verbose: bool,
    pub costs: bool,
    pub timing: bool,
    pub summary: bool,
    pub buffers: bool,
    pub wal: bool,
    pub settings: bool,
    pub format: Format,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    #[default]
    Text,
    Xml,
    Json,
    Yaml,
}

impl Default for ExplainOptions {
    fn default() -> ExplainOptions {
        ExplainOptions {
            analyze: false,
            verbose: false,
            costs: true,
            timing: false,
            summary: false,
            buffers: false,
            wal: false,
            settings: false,
            format: Format::Text,
        }
    }
}

impl ExplainOptions {
    /// Reads the options as written. TIMING and SUMMARY go with ANALYZE unless they are named.
    pub fn parse(options: &[DefElem]) -> Result<ExplainOptions> {
        let mut parsed = ExplainOptions::default();
        let (mut timing, mut summary) = (None, None);
        for option in options {
            let at = option.location.offset().and_then(|offset| u32::try_from(offset).ok());
            match option.name.as_str() {
                "analyze" => parsed.analyze = boolean(option)?,
                "verbose" => parsed.verbose = boolean(option)?,
                "costs" => parsed.costs = boolean(option)?,
                "buffers" => parsed.buffers = boolean(option)?,
                "wal" => parsed.wal = boolean(option)?,
                "settings" => parsed.settings = boolean(option)?,
                "timing" => timing = Some(boolean(option)?),
                "summary" => summary = Some(boolean(option)?),
                "format" => {
                    let name = word(option).ok_or_else(|| {
                        Error::new(SqlState::SYNTAX_ERROR, format!("{} requires a parameter", option.name))
                    })?;
                    parsed.format = Format::named(&name).ok_or_else(|| {
                        Error::new(
                            SqlState::INVALID_PARAMETER_VALUE,
                            format!("unrecognized value for EXPLAIN option \"format\": \"{name}\""),
                        )
                        .at(at)
                    })?;
                }
                other => {
                    let message = format!("unrecognized EXPLAIN option \"{other}\"");
                    return Err(Error::new(SqlState::SYNTAX_ERROR, message).at(at));
                }
            }
        }
        for (given, name) in [(parsed.wal, "WAL"), (timing == Some(true), "TIMING")] {
            if given && !parsed.analyze {
                let message = format!("EXPLAIN option {name} requires ANALYZE");
                return Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message));
            }
        }
        parsed.timing = timing.unwrap_or(parsed.analyze);
        parsed.summary = summary.unwrap_or(parsed.analyze);
        Ok(parsed)
    }
}

impl Format {
    fn named(name: &str) -> Option<Format> {
        match name {
            "text" => Some(Format::Text),
            "xml" => Some(Format::Xml),
            "json" => Some(Format::Json),
            "yaml" => Some(Format::Yaml),
            _ => None,
        }
    }
}

fn word(option: &DefElem) -> Option<String> {
    match option.arg.as_ref()? {
        DefArg::String(text) => Some(text.clone()),
        DefArg::Boolean(value) => Some(value.to_string()),
        DefArg::Integer(number) => Some(number.to_string()),
        DefArg::Type(name) => name.names.last().cloned(),
        _ => None,
    }
}

fn boolean(option: &DefElem) -> Result<bool> {
    match word(option) {
        None => Ok(true),
        Some(word) => parse_bool(&word).ok_or_else(|| {
            Error::new(
                SqlState::SYNTAX_ERROR,
                format!("{} requires a Boolean value", option.name),
            )
        }),
    }
}
