//! Commands that set how psql behaves: `\set`, `\pset` and its short forms, `\timing`, `\errverbose`.

use super::arguments::Arguments;
use super::condition::parse_bool;
use crate::Psql;
use crate::message::{ShowContext, Verbosity, format_message};
use crate::output::{Output, PieceKind};
use crate::print::{Expanded, Format};
use crate::variables::valid_name;

impl Psql {
    pub(super) fn setting_command(&mut self, name: &str, args: &mut Arguments<'_>, out: &mut Output) {
        let mut next = || args.next(&self.variables, false).map(|argument| argument.text);
        match name {
            "set" => {
                let words = args
                    .all(&self.variables)
                    .into_iter()
                    .map(|word| word.text)
                    .collect::<Vec<_>>();
                self.set_command(&words, out);
            }
            "unset" => match next() {
                Some(variable) => self.variables.unset(&variable),
                None => out.line(PieceKind::Error, "\\unset: missing required argument"),
            },
            "pset" => match next() {
                Some(option) => {
                    let value = next();
                    self.pset(&option, value.as_deref(), out);
                }
                None => self.show_all_options(out),
            },
            "x" => {
                let value = next();
                self.pset("expanded", value.as_deref(), out);
            }
            "t" => {
                let value = next();
                self.pset("tuples_only", value.as_deref(), out);
            }
            "C" => {
                let value = next();
                self.pset("title", value.as_deref(), out);
            }
            "f" => {
                let value = next();
                self.pset("fieldsep", value.as_deref(), out);
            }
            "a" => {
                let format = if self.print.format == Format::Aligned {
                    "unaligned"
                } else {
                    "aligned"
                };
                self.pset("format", Some(format), out);
            }
            "H" | "T" => out.line(
                PieceKind::Error,
                format!("\\{name}: HTML output is not supported by Kumquat"),
            ),
            "timing" => {
                self.timing = next().and_then(|text| parse_bool(&text)).unwrap_or(!self.timing);
                self.say(out, format!("Timing is {}.", on_off(self.timing)));
            }
            "encoding" => match next() {
                None => out.line(PieceKind::Info, "UTF8"),
                Some(encoding) if encoding.to_ascii_uppercase().replace('-', "") == "UTF8" => {}
                Some(encoding) => {
                    out.line(
                        PieceKind::Error,
                        format!("{encoding}: invalid encoding name or conversion procedure not found"),
                    );
                }
            },
            "errverbose" => self.error_verbose(out),
            "setenv" | "prompt" => {
                args.all(&self.variables);
                out.line(PieceKind::Error, format!("\\{name}: not supported by Kumquat"));
            }
            _ => {
                args.all(&self.variables);
            }
        }
    }

    fn say(&self, out: &mut Output, text: String) {
        if !self.variables.is_on("QUIET") {
            out.line(PieceKind::Info, text);
        }
    }

    fn error_verbose(&self, out: &mut Output) {
        match &self.last_error {
            Some((error, text)) => {
                out.write(
                    PieceKind::Error,
                    format_message(error, text, Verbosity::Verbose, ShowContext::Always),
                );
            }
            None => out.line(PieceKind::Info, "There is no previous error."),
        }
    }

    /// `\set`: all variables; `\set name`: empty; `\set name words...`: joined.
    fn set_command(&mut self, words: &[String], out: &mut Output) {
        let Some((name, values)) = words.split_first() else {
            let lines: Vec<String> = self
                .variables
                .iter()
                .map(|(name, value)| format!("{name} = '{value}'"))
                .collect();
            lines.into_iter().for_each(|line| out.line(PieceKind::Info, line));
            return;
        };
        if !valid_name(name) {
            return out.line(PieceKind::Error, format!("invalid variable name: \"{name}\""));
        }
        let value = values.concat();
        let value = match special_value(name, &value) {
            Ok(value) => value,
            Err(message) => return message.lines().for_each(|line| out.line(PieceKind::Error, line)),
        };
        self.variables.set(name, value);
    }

    /// Sets an option and says so (`do_pset`, `printPsetInfo`).
    fn pset(&mut self, option: &str, value: Option<&str>, out: &mut Output) {
        match self.try_pset(option, value) {
            Ok(()) => {
                let info = self.option_info(option);
                self.say(out, info);
            }
            Err(message) => message.lines().for_each(|line| out.line(PieceKind::Error, line)),
        }
    }

    fn try_pset(&mut self, option: &str, value: Option<&str>) -> Result<(), String> {
        let toggled = |now: bool| match value {
            None => Ok(!now),
            Some(text) => parse_bool(text)
                .ok_or_else(|| format!("unrecognized value \"{text}\" for \"\\pset {option}\": Boolean expected")),
        };
        let print = &mut self.print;
        match option {
            "format" => {
                print.format = match value {
                    None => print.format,
                    Some(text) if !text.is_empty() && "aligned".starts_with(text) => Format::Aligned,
                    Some(text) if !text.is_empty() && "unaligned".starts_with(text) => Format::Unaligned,
                    Some("csv") => Format::Csv,
                    Some(text)
                        if ["asciidoc", "html", "latex", "latex-longtable", "troff-ms", "wrapped"].contains(&text) =>
                    {
                        return Err(format!("\\pset: format {text} is not supported by Kumquat"));
                    }
                    Some(_) => {
                        return Err(
                            "\\pset: allowed formats are aligned, asciidoc, csv, html, latex, latex-longtable, \
                                    troff-ms, unaligned, wrapped"
                                .into(),
                        );
                    }
                }
            }
            "border" => {
                if let Some(text) = value {
                    print.border = text.parse().unwrap_or(0);
                }
            }
            "x" | "expanded" | "vertical" => {
                print.expanded = match value {
                    Some("auto") => Expanded::Auto,
                    Some(text) => match parse_bool(text) {
                        Some(on) => {
                            if on {
                                Expanded::On
                            } else {
                                Expanded::Off
                            }
                        }
                        None => {
                            return Err(format!(
                                "unrecognized value \"{text}\" for \"\\pset {option}\"\nAvailable values are: on, off, auto."
                            ));
                        }
                    },
                    None if print.expanded == Expanded::Off => Expanded::On,
                    None => Expanded::Off,
                }
            }
            "null" => {
                if let Some(text) = value {
                    print.null = text.into();
                }
            }
            "t" | "tuples_only" => print.tuples_only = toggled(print.tuples_only)?,
            "footer" => print.footer = toggled(print.footer)?,
            "numericlocale" => print.numeric_locale = toggled(print.numeric_locale)?,
            "title" | "C" => print.title = value.map(str::to_string),
            "fieldsep" => {
                if let Some(text) = value {
                    print.field_separator = text.into();
                }
            }
            "fieldsep_zero" => print.field_separator = "\0".into(),
            "recordsep" => {
                if let Some(text) = value {
                    print.record_separator = text.into();
                }
            }
            "recordsep_zero" => print.record_separator = "\0".into(),
            "csv_fieldsep" => {
                if let Some(text) = value {
                    let mut chars = text.chars();
                    match (chars.next(), chars.next()) {
                        (Some('"' | '\n' | '\r'), None) => {
                            return Err(
                                "\\pset: csv_fieldsep cannot be a double quote, a newline, or a carriage return".into(),
                            );
                        }
                        (Some(c), None) if c.is_ascii() => print.csv_separator = c,
                        _ => return Err("\\pset: csv_fieldsep must be a single one-byte character".into()),
                    }
                }
            }
            "linestyle" => match value {
                None => {}
                Some("ascii") => print.unicode_lines = false,
                Some("unicode") => print.unicode_lines = true,
                Some("old-ascii") => return Err("\\pset: line style old-ascii is not supported by Kumquat".into()),
                Some(_) => return Err("\\pset: allowed line styles are ascii, old-ascii, unicode".into()),
            },
            "pager" => {
                print.pager = match value {
                    Some("always") => 2,
                    Some(_) => u16::from(toggled(print.pager > 0)?),
                    None => u16::from(print.pager == 0),
                }
            }
            "pager_min_lines"
            | "tableattr"
            | "unicode_border_linestyle"
            | "unicode_column_linestyle"
            | "unicode_header_linestyle" => return Err(format!("\\pset: {option} is not supported by Kumquat")),
            "columns" => {
                if let Some(text) = value {
                    print.columns = text.parse().unwrap_or(0);
                }
            }
            _ => return Err(format!("\\pset: unknown option: {option}")),
        }
        Ok(())
    }

    fn option_info(&self, option: &str) -> String {
        let print = &self.print;
        match option {
            "format" => format!("Output format is {}.", self.option_value("format")),
            "border" => format!("Border style is {}.", print.border),
            "x" | "expanded" | "vertical" => match print.expanded {
                Expanded::On => "Expanded display is on.".into(),
                Expanded::Off => "Expanded display is off.".into(),
                Expanded::Auto => "Expanded display is used automatically.".into(),
            },
            "null" => format!("Null display is \"{}\".", print.null),
            "t" | "tuples_only" => format!("Tuples only is {}.", on_off(print.tuples_only)),
            "footer" => format!("Default footer is {}.", on_off(print.footer)),
            "numericlocale" => {
                let state = if print.numeric_locale { "on" } else { "off" };
                format!("Locale-adjusted numeric output is {state}.")
            }
            "title" | "C" => match &print.title {
                Some(title) => format!("Title is \"{title}\"."),
                None => "Title is unset.".into(),
            },
            "fieldsep" if print.field_separator == "\0" => "Field separator is zero byte.".into(),
            "fieldsep" | "fieldsep_zero" => format!("Field separator is \"{}\".", print.field_separator),
            "recordsep" | "recordsep_zero" => match print.record_separator.as_str() {
                "\n" => "Record separator is <newline>.".into(),
                "\0" => "Record separator is zero byte.".into(),
                other => format!("Record separator is \"{other}\"."),
            },
            "csv_fieldsep" => format!("Field separator for CSV is \"{}\".", print.csv_separator),
            "linestyle" => format!(
                "Line style is {}.",
                if print.unicode_lines { "unicode" } else { "ascii" }
            ),
            "pager" => match print.pager {
                0 => "Pager usage is off.".into(),
                1 => "Pager is used for long output.".into(),
                _ => "Pager is always used.".into(),
            },
            "columns" if print.columns == 0 => "Target width is unset.".into(),
            "columns" => format!("Target width is {}.", print.columns),
            _ => String::new(),
        }
    }

    fn option_value(&self, option: &str) -> String {
        let print = &self.print;
        let quote = |text: &str| format!("'{}'", text.replace('\n', "\\n"));
        match option {
            "border" => print.border.to_string(),
            "columns" => print.columns.to_string(),
            "csv_fieldsep" => quote(&print.csv_separator.to_string()),
            "expanded" => match print.expanded {
                Expanded::On => "on".into(),
                Expanded::Off => "off".into(),
                Expanded::Auto => "auto".into(),
            },
            "fieldsep" => quote(&print.field_separator),
            "footer" => on_off(print.footer).into(),
            "format" => match print.format {
                Format::Aligned => "aligned".into(),
                Format::Unaligned => "unaligned".into(),
                Format::Csv => "csv".into(),
            },
            "linestyle" => if print.unicode_lines { "unicode" } else { "ascii" }.into(),
            "null" => quote(&print.null),
            "numericlocale" => on_off(print.numeric_locale).into(),
            "pager" => print.pager.to_string(),
            "recordsep" => quote(&print.record_separator),
            "title" => print.title.clone().unwrap_or_default(),
            "tuples_only" => on_off(print.tuples_only).into(),
            "fieldsep_zero" | "recordsep_zero" => "off".into(),
            "pager_min_lines" => "0".into(),
            "unicode_border_linestyle" | "unicode_column_linestyle" | "unicode_header_linestyle" => "single".into(),
            _ => String::new(),
        }
    }

    fn show_all_options(&self, out: &mut Output) {
        let names = [
            "border",
            "columns",
            "csv_fieldsep",
            "expanded",
            "fieldsep",
            "fieldsep_zero",
            "footer",
            "format",
            "linestyle",
            "null",
            "numericlocale",
            "pager",
            "pager_min_lines",
            "recordsep",
            "recordsep_zero",
            "tableattr",
            "title",
            "tuples_only",
            "unicode_border_linestyle",
            "unicode_column_linestyle",
            "unicode_header_linestyle",
        ];
        for name in names {
            out.line(
                PieceKind::Info,
                format!("{name:<24} {}", self.option_value(name)).trim_end(),
            );
        }
    }
}

/// Checks the variables psql gives a meaning to; booleans become `on` or `off`.
fn special_value(name: &str, value: &str) -> Result<String, String> {
    let words: &[&str] = match name {
        "AUTOCOMMIT"
        | "HIDE_TABLEAM"
        | "HIDE_TOAST_COMPRESSION"
        | "ON_ERROR_STOP"
        | "QUIET"
        | "SHOW_ALL_RESULTS"
        | "SINGLELINE"
        | "SINGLESTEP" => {
            return match (value, parse_bool(value)) {
                ("", _) | (_, Some(true)) => Ok("on".into()),
                (_, Some(false)) => Ok("off".into()),
                _ => Err(format!(
                    "unrecognized value \"{value}\" for \"{name}\": Boolean expected"
                )),
            };
        }
        "ECHO" => &["none", "errors", "queries", "all"],
        "VERBOSITY" => &["default", "terse", "verbose", "sqlstate"],
        "SHOW_CONTEXT" => &["never", "errors", "always"],
        _ => return Ok(value.to_string()),
    };
    let available = match name {
        "ECHO" => "none, errors, queries, all",
        "VERBOSITY" => "default, verbose, terse, sqlstate",
        _ => "never, errors, always",
    };
    words
        .iter()
        .find(|word| word.eq_ignore_ascii_case(value))
        .map(|word| (*word).to_string())
        .ok_or_else(|| format!("unrecognized value \"{value}\" for \"{name}\"\nAvailable values are: {available}."))
}

fn on_off(value: bool) -> &'static str {
    if value { "on" } else { "off" }
}
