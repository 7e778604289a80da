//! Commands that set how psql behaves: `\set`, `\prompt`, the short forms of `\pset`, `\timing`, `\encoding`,
//! `\errverbose`, `\restrict`.

use super::arguments::Arguments;
use super::condition::parse_bool;
use super::pset::on_off;
use crate::Psql;
use crate::message::{ShowContext, Verbosity, format_message};
use crate::output::{Output, PieceKind};
use crate::print::Format;
use crate::script::Lines;
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

    fn encoding(&mut self, value: Option<&str>, out: &mut Output) {
        let Some(name) = value else {
            return out.line(PieceKind::Info, "UTF8");
        };
        let number = self.ask_text(&format!("pg_char_to_encoding('{}')::text", name.replace('\'', "''")));
        match number.as_str() {
            "6" => {}
            "-1" | "" => {
                let text = format!("{name}: invalid encoding name or conversion procedure not found");
                out.line(PieceKind::Error, text);
            }
            _ => out.line(
                PieceKind::Error,
                format!("\\encoding: {name} is not supported by Kumquat"),
            ),
        }
    }

    /// `\prompt [TEXT] NAME`: what is typed is the next line of the script.
    pub(super) fn prompt_command(&mut self, args: &mut Arguments<'_>, lines: &mut Lines<'_>, out: &mut Output) {
        let mut next = || args.next(&self.variables).map(|argument| argument.text);
        let (text, name) = match (next(), next()) {
            (Some(text), Some(name)) => (text, name),
            (Some(name), None) => (String::new(), name),
            _ => return out.line(PieceKind::Error, "\\prompt: missing required argument"),
        };
        out.write(PieceKind::Info, text);
        let value = lines.next().unwrap_or_default();
        self.set_command(&[name, value.to_string()], out);
    }

    /// `\restrict KEY` and `\unrestrict KEY`.
    pub(super) fn restrict_command(&mut self, name: &str, args: &mut Arguments<'_>, out: &mut Output) {
        let key = args.next(&self.variables).map(|argument| argument.text);
        let mut complain = |text: String| out.line(PieceKind::Error, text);
        match (name, key) {
            (_, None) => complain(format!("\\{name}: missing required argument")),
            ("restrict", key) => self.restricted = key,
            (_, Some(_)) if self.restricted.is_none() => {
                complain("\\unrestrict: not currently in restricted mode".into());
            }
            (_, Some(key)) if self.restricted.as_deref() == Some(key.as_str()) => self.restricted = None,
            _ => complain("\\unrestrict: wrong key".into()),
        }
    }

    /// `\getenv` and `\setenv`: there is no environment but the one that `\setenv` makes.
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
            _ => out.line(PieceKind::Error, missing()),
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
            Ok(value) if matches!(name.as_str(), "ECHO_HIDDEN" | "SINGLESTEP") && value != "off" => {
                let text = format!("variable \"{name}\": value \"{value}\" is not supported by Kumquat");
                out.line(PieceKind::Error, text);
            }
            Ok(value) => self.variables.set(name, value),
            Err(message) => out.line(PieceKind::Error, message),
        }
    }
}
