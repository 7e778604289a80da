//! Commands that set how psql behaves: `\set`, the short forms of `\pset`, `\timing`, `\encoding`, `\errverbose`.

use super::arguments::Arguments;
use super::condition::parse_bool;
use super::pset::on_off;
use crate::Psql;
use crate::message::{ShowContext, Verbosity, format_message};
use crate::output::{Output, PieceKind};
use crate::print::Format;
use crate::variables::{special_value, valid_name};

/// Most bytes of a variable: one that is put into itself doubles each time.
const LONGEST_VALUE: usize = 1 << 24;

impl Psql {
    pub(super) fn setting_command(&mut self, name: &str, args: &mut Arguments<'_>, out: &mut Output) {
        let mut next = || args.next(&self.variables).map(|argument| argument.text);
        match name {
            "set" => {
                let words: Vec<String> = args.all(&self.variables).into_iter().map(|word| word.text).collect();
                self.set_command(&words, out);
            }
            "unset" => match next() {
                Some(variable) if valid_name(&variable) => self.variables.unset(&variable),
                Some(variable) => out.line(PieceKind::Error, format!("invalid variable name: \"{variable}\"")),
                None => out.line(PieceKind::Error, "\\unset: missing required argument"),
            },
            "pset" => match next() {
                Some(option) => {
                    let value = next();
                    self.pset(&option, value.as_deref(), out);
                }
                None => self.show_all_options(out),
            },
            "x" | "t" | "C" | "f" | "T" => {
                let value = next();
                let option = match name {
                    "x" => "expanded",
                    "t" => "tuples_only",
                    "C" => "title",
                    "f" => "fieldsep",
                    _ => "tableattr",
                };
                self.pset(option, value.as_deref(), out);
            }
            "a" => self.toggle_format(Format::Aligned, Format::Unaligned, out),
            "H" => self.toggle_format(Format::Html, Format::Aligned, out),
            "timing" => {
                let value = next();
                self.set_timing(value.as_deref(), out);
            }
            "encoding" => {
                let value = next();
                self.encoding(value.as_deref(), out);
            }
            "errverbose" => self.error_verbose(out),
            _ => self.environment_command(name, args, out),
        }
    }

    /// Says something unless the variable QUIET is on.
    pub(super) fn say(&self, out: &mut Output, text: String) {
        if !self.variables.is_on("QUIET") {
            out.line(PieceKind::Info, text);
        }
    }

    /// To `one`, or if it is that already, to `other`.
    fn toggle_format(&mut self, one: Format, other: Format, out: &mut Output) {
        let format = if self.print.format == one { other } else { one };
        self.pset("format", Some(format.name()), out);
    }

    fn set_timing(&mut self, value: Option<&str>, out: &mut Output) {
        match value.map(|text| (text, parse_bool(text))) {
            None => self.timing = !self.timing,
            Some((_, Some(on))) => self.timing = on,
            Some((text, None)) => out.line(
                PieceKind::Error,
                format!("unrecognized value \"{text}\" for \"\\timing\": Boolean expected"),
            ),
        }
        self.say(out, format!("Timing is {}.", on_off(self.timing)));
    }

    fn encoding(&self, value: Option<&str>, out: &mut Output) {
        match value {
            None => out.line(PieceKind::Info, "UTF8"),
            Some(name)
                if matches!(
                    name.to_ascii_uppercase().replace(['-', '_'], "").as_str(),
                    "UTF8" | "UNICODE"
                ) => {}
            Some(name) => out.line(
                PieceKind::Error,
                format!("{name}: invalid encoding name or conversion procedure not found"),
            ),
        }
    }

    /// `\getenv`, `\setenv`, `\prompt`: there is no environment but the one that `\setenv` makes.
    fn environment_command(&mut self, name: &str, args: &mut Arguments<'_>, out: &mut Output) {
        let words: Vec<String> = args.all(&self.variables).into_iter().map(|word| word.text).collect();
        let missing = || format!("\\{name}: missing required argument");
        match (name, words.as_slice()) {
            ("getenv", [variable, environment, ..]) => {
                if let Some(value) = self.environment.get(environment).cloned() {
                    self.variables.set(variable, value);
                }
            }
            ("setenv", [variable, ..]) if variable.contains('=') => out.line(
                PieceKind::Error,
                "\\setenv: environment variable name must not contain \"=\"",
            ),
            ("setenv", [variable]) => {
                self.environment.remove(variable);
            }
            ("setenv", [variable, value, ..]) => {
                self.environment.insert(variable.clone(), value.clone());
            }
            ("getenv" | "setenv", _) | (_, []) => out.line(PieceKind::Error, missing()),
            _ => out.line(PieceKind::Error, format!("\\{name}: not supported by Kumquat")),
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
        if values.iter().map(String::len).sum::<usize>() > LONGEST_VALUE {
            return out.line(PieceKind::Error, "out of memory");
        }
        match special_value(name, &values.concat()) {
            Ok(value) => self.variables.set(name, value),
            Err(message) => out.line(PieceKind::Error, message),
        }
    }
}
