//! `\pset` and its short forms: setting an option, saying so, and showing them all (`do_pset`, `printPsetInfo`).

use super::condition::parse_bool;
use crate::Psql;
use crate::output::{Output, PieceKind};
use crate::print::line_style::LineStyle;
use crate::print::{Expanded, Format, PrintOptions};

/// Options in the order in which `\pset` shows them.
const NAMES: [&str; 21] = [
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

/// What setting an option leads to: psql says what it is now, or nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    Yes,
    /// psql 15 says nothing when a yes-no option is given its value.
    No,
}

impl Psql {
    /// Sets an option and says so.
    pub(super) fn pset(&mut self, option: &str, value: Option<&str>, out: &mut Output) {
        match set(&mut self.print, option, value) {
            Ok(Said::Yes) => self.say(out, describe(&self.print, option)),
            Ok(Said::No) => {}
            Err(message) => out.line(PieceKind::Error, message),
        }
    }

    pub(super) fn show_all_options(&self, out: &mut Output) {
        for name in NAMES {
            out.line(PieceKind::Info, format!("{name:<24} {}", value_of(&self.print, name)));
        }
    }
}

/// Sets an option; an error is psql's message.
pub fn set(print: &mut PrintOptions, option: &str, value: Option<&str>) -> Result<Said, String> {
    match option {
        "format" => {
            if let Some(text) = value {
                print.format = format_named(text)?;
            }
        }
        "border" => {
            if let Some(text) = value {
                print.border = leading_number(text).min(u32::from(u16::MAX)) as u16;
            }
        }
        "linestyle" => {
            if let Some(text) = value {
                print.line_style = line_style_named(text)?;
            }
        }
        "unicode_border_linestyle" => set_double(&mut print.unicode.border_double, option, value)?,
        "unicode_column_linestyle" => set_double(&mut print.unicode.column_double, option, value)?,
        "unicode_header_linestyle" => set_double(&mut print.unicode.header_double, option, value)?,
        "x" | "expanded" | "vertical" => print.expanded = expanded(print.expanded, option, value)?,
        "t" | "tuples_only" => return set_flag(&mut print.tuples_only, option, value),
        "footer" => return set_flag(&mut print.footer, option, value),
        "numericlocale" => return set_flag(&mut print.numeric_locale, option, value),
        "csv_fieldsep" => {
            if let Some(text) = value {
                print.csv_separator = csv_separator(text)?;
            }
        }
        "null" => set_text(&mut print.null, value),
        "fieldsep" => set_text(&mut print.field_separator, value),
        "fieldsep_zero" => print.field_separator = "\0".into(),
        "recordsep" => set_text(&mut print.record_separator, value),
        "recordsep_zero" => print.record_separator = "\0".into(),
        "C" | "title" => print.title = value.map(str::to_string),
        "T" | "tableattr" => print.table_attributes = value.map(str::to_string),
        "pager" => print.pager = pager(print.pager, value)?,
        "pager_min_lines" => {
            if let Some(text) = value {
                print.pager_min_lines = leading_number(text);
            }
        }
        "columns" => {
            if let Some(text) = value {
                print.columns = leading_number(text);
            }
        }
        _ => return Err(format!("\\pset: unknown option: {option}")),
    }
    Ok(Said::Yes)
}

/// The number a text begins with, as C's `atoi` reads it; 0 without one.
fn leading_number(text: &str) -> u32 {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().unwrap_or(0)
}

fn set_text(place: &mut String, value: Option<&str>) {
    if let Some(text) = value {
        *place = text.to_string();
    }
}

fn set_flag(place: &mut bool, option: &str, value: Option<&str>) -> Result<Said, String> {
    let Some(text) = value else {
        *place = !*place;
        return Ok(Said::Yes);
    };
    *place =
        parse_bool(text).ok_or_else(|| format!("unrecognized value \"{text}\" for \"{option}\": Boolean expected"))?;
    Ok(Said::No)
}

/// A format by any beginning of its name that no other shares.
fn format_named(text: &str) -> Result<Format, String> {
    let mut matching = Format::ALL
        .into_iter()
        .filter(|format| format.name().starts_with(&text.to_ascii_lowercase()));
    match (matching.next(), matching.next()) {
        (Some(first), _) if first.name().len() == text.len() => Ok(first),
        (Some(only), None) => Ok(only),
        (Some(first), Some(second)) => Err(format!(
            "\\pset: ambiguous abbreviation \"{text}\" matches both \"{}\" and \"{}\"",
            first.name(),
            second.name()
        )),
        (None, _) => {
            let names = Format::ALL.map(Format::name).join(", ");
            Err(format!("\\pset: allowed formats are {names}"))
        }
    }
}

fn line_style_named(text: &str) -> Result<LineStyle, String> {
    [LineStyle::Ascii, LineStyle::OldAscii, LineStyle::Unicode]
        .into_iter()
        .find(|style| style.name().starts_with(&text.to_ascii_lowercase()))
        .ok_or_else(|| "\\pset: allowed line styles are ascii, old-ascii, unicode".into())
}

fn set_double(place: &mut bool, option: &str, value: Option<&str>) -> Result<(), String> {
    match value.map(str::to_ascii_lowercase).as_deref() {
        None => Ok(()),
        Some("single" | "double") => {
            *place = value.is_some_and(|text| text.eq_ignore_ascii_case("double"));
            Ok(())
        }
        Some(_) => {
            let what = option.trim_start_matches("unicode_").trim_end_matches("_linestyle");
            Err(format!("\\pset: allowed Unicode {what} line styles are single, double"))
        }
    }
}

fn expanded(now: Expanded, option: &str, value: Option<&str>) -> Result<Expanded, String> {
    let Some(text) = value else {
        return Ok(if now == Expanded::Off {
            Expanded::On
        } else {
            Expanded::Off
        });
    };
    if text.eq_ignore_ascii_case("auto") {
        return Ok(Expanded::Auto);
    }
    let name = if option == "x" { "expanded" } else { option };
    match parse_bool(text) {
        Some(true) => Ok(Expanded::On),
        Some(false) => Ok(Expanded::Off),
        None => Err(format!(
            "unrecognized value \"{text}\" for \"{name}\"\nAvailable values are: on, off, auto."
        )),
    }
}

fn pager(now: u16, value: Option<&str>) -> Result<u16, String> {
    match value {
        None => Ok(u16::from(now != 1)),
        Some(text) if text.eq_ignore_ascii_case("always") => Ok(2),
        Some(text) => parse_bool(text).map(u16::from).ok_or_else(|| {
            format!("unrecognized value \"{text}\" for \"pager\"\nAvailable values are: on, off, always.")
        }),
    }
}

fn csv_separator(text: &str) -> Result<char, String> {
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some('"' | '\n' | '\r'), None) => {
            Err("\\pset: csv_fieldsep cannot be a double quote, a newline, or a carriage return".into())
        }
        (Some(c), None) if c.is_ascii() => Ok(c),
        _ => Err("\\pset: csv_fieldsep must be a single one-byte character".into()),
    }
}

/// What psql says after an option was set.
fn describe(print: &PrintOptions, option: &str) -> String {
    let value = || value_of(print, option);
    match option {
        "format" => format!("Output format is {}.", value()),
        "border" => format!("Border style is {}.", value()),
        "linestyle" => format!("Line style is {}.", value()),
        "unicode_border_linestyle" => format!("Unicode border line style is \"{}\".", value()),
        "unicode_column_linestyle" => format!("Unicode column line style is \"{}\".", value()),
        "unicode_header_linestyle" => format!("Unicode header line style is \"{}\".", value()),
        "x" | "expanded" | "vertical" if print.expanded == Expanded::Auto => {
            "Expanded display is used automatically.".into()
        }
        "x" | "expanded" | "vertical" => format!("Expanded display is {}.", value_of(print, "expanded")),
        "null" => format!("Null display is \"{}\".", print.null),
        "t" | "tuples_only" => format!("Tuples only is {}.", on_off(print.tuples_only)),
        "footer" => format!("Default footer is {}.", value()),
        "numericlocale" => format!("Locale-adjusted numeric output is {}.", value()),
        "C" | "title" => unless_unset("Title", print.title.as_deref(), "is"),
        "T" | "tableattr" => unless_unset("Table attributes", print.table_attributes.as_deref(), "are"),
        "fieldsep" | "fieldsep_zero" if print.field_separator == "\0" => "Field separator is zero byte.".into(),
        "fieldsep" | "fieldsep_zero" => format!("Field separator is \"{}\".", print.field_separator),
        "recordsep" | "recordsep_zero" => match print.record_separator.as_str() {
            "\n" => "Record separator is <newline>.".into(),
            "\0" => "Record separator is zero byte.".into(),
            other => format!("Record separator is \"{other}\"."),
        },
        "csv_fieldsep" => format!("Field separator for CSV is \"{}\".", print.csv_separator),
        "pager" => match print.pager {
            0 => "Pager usage is off.".into(),
            1 => "Pager is used for long output.".into(),
            _ => "Pager is always used.".into(),
        },
        "pager_min_lines" => {
            let lines = if print.pager_min_lines == 1 { "line" } else { "lines" };
            format!("Pager won't be used for less than {} {lines}.", print.pager_min_lines)
        }
        "columns" if print.columns == 0 => "Target width is unset.".into(),
        _ => format!("Target width is {}.", print.columns),
    }
}

fn unless_unset(what: &str, value: Option<&str>, verb: &str) -> String {
    match value {
        Some(value) => format!("{what} {verb} \"{value}\"."),
        // psql says it without a verb for attributes, with one for the title.
        None if verb == "is" => format!("{what} is unset."),
        None => format!("{what} unset."),
    }
}

/// The value as `\pset` shows it.
fn value_of(print: &PrintOptions, option: &str) -> String {
    let quote = |text: &str| format!("'{}'", text.replace('\'', "\\'").replace('\n', "\\n"));
    let separator = |text: &str| quote(if text == "\0" { "" } else { text });
    let double = |is: bool| if is { "double" } else { "single" }.to_string();
    match option {
        "border" => print.border.to_string(),
        "columns" => print.columns.to_string(),
        "csv_fieldsep" => quote(&print.csv_separator.to_string()),
        "expanded" => match print.expanded {
            Expanded::On => "on".into(),
            Expanded::Off => "off".into(),
            Expanded::Auto => "auto".into(),
        },
        "fieldsep" => separator(&print.field_separator),
        "fieldsep_zero" => on_off(print.field_separator == "\0").into(),
        "footer" => on_off(print.footer).into(),
        "format" => print.format.name().into(),
        "linestyle" => print.line_style.name().into(),
        "null" => quote(&print.null),
        "numericlocale" => on_off(print.numeric_locale).into(),
        "pager" => print.pager.to_string(),
        "pager_min_lines" => print.pager_min_lines.to_string(),
        "recordsep" => separator(&print.record_separator),
        "recordsep_zero" => on_off(print.record_separator == "\0").into(),
        "tableattr" => print.table_attributes.as_deref().map(quote).unwrap_or_default(),
        "title" => print.title.as_deref().map(quote).unwrap_or_default(),
        "tuples_only" => on_off(print.tuples_only).into(),
        "unicode_border_linestyle" => double(print.unicode.border_double),
        "unicode_column_linestyle" => double(print.unicode.column_double),
        "unicode_header_linestyle" => double(print.unicode.header_double),
        _ => String::new(),
    }
}

pub(super) fn on_off(value: bool) -> &'static str {
    if value { "on" } else { "off" }
}
