//! Commands that send the buffer; `\i`.

use kumquat_postgres::result::{Message, ResultSet};
use kumquat_types::Oid;

use super::arguments::Arguments;
use super::crosstab::crosstab;
use super::pset;
use crate::Psql;
use crate::output::{Output, PieceKind};
use crate::print::{Expanded, PrintOptions, Table};
use crate::query::Answer;
use crate::script::{Lines, MAX_DEPTH};
use crate::variables::{Variables, is_special, valid_name};

impl Psql {
    /// `\g`, `\gx`, `\gset`, `\gexec`, `\gdesc`, `\crosstabview`.
    pub(super) fn send_command(
        &mut self,
        name: &str,
        args: &mut Arguments<'_>,
        lines: &mut Lines<'_>,
        out: &mut Output,
    ) {
        let request = match Request::read(name, args, &self.variables, self.print.clone()) {
            Ok(request) => request,
            Err(message) => return out.line(PieceKind::Error, message),
        };
        self.complain_of_extra(name, args, out);
        let mut text = std::mem::take(&mut self.buffer);
        self.scanner.reset();
        if text.trim().is_empty() {
            text.clone_from(&self.previous);
        }
        if text.trim().is_empty() {
            return out.line(PieceKind::Error, format!("\\{name}: query buffer is empty"));
        }
        self.previous.clone_from(&text);
        let first = request.words.first().map_or("", String::as_str);
        match name {
            "gset" => self.set_from_row(&text, first, lines, out),
            "gexec" => self.execute_cells(&text, lines, out),
            "gdesc" => self.describe_result(&text, out),
            "crosstabview" => self.show_crosstab(&text, &request.words, lines, out),
            "watch" => out.line(PieceKind::Error, "\\watch: not supported by Kumquat"),
            _ => self.send_with(&text, request, lines, out),
        }
    }

    /// `\g` and `\gx`: options and file hold for this statement only.
    fn send_with(&mut self, text: &str, request: Request, lines: &mut Lines<'_>, out: &mut Output) {
        let print = std::mem::replace(&mut self.print, request.print);
        let redirect = self.redirect.clone();
        if let Some(file) = &request.file {
            self.redirect = self.open_file("g", file, out);
        }
        self.send_query(text, lines, out);
        self.print = print;
        self.redirect = redirect;
    }

    fn show_crosstab(&mut self, text: &str, arguments: &[String], lines: &mut Lines<'_>, out: &mut Output) {
        let Some(rows) = self.rows_of(text, lines, out) else {
            return;
        };
        if rows.columns.is_empty() {
            return out.line(
                PieceKind::Error,
                "\\crosstabview: statement did not return a result set",
            );
        }
        match crosstab(&self.table_of(&rows), arguments, &self.print) {
            Ok(grid) => {
                let shown = grid.print(&self.print);
                self.write_result(shown, out);
            }
            Err(message) => out.line(PieceKind::Error, format!("\\crosstabview: {message}")),
        }
    }

    /// Notices and errors are printed, and the rows given back; `None` after an error.
    fn rows_of(&mut self, text: &str, lines: &mut Lines<'_>, out: &mut Output) -> Option<ResultSet> {
        let mut rows = ResultSet::default();
        let mut other = Answer::default();
        let mut failed = false;
        for message in self.ask(text, lines, None).messages {
            match message {
                Message::Rows(found) => rows = found,
                Message::Complete(_) => {}
                message => {
                    failed |= matches!(message, Message::Error(_));
                    other.messages.push(message);
                }
            }
        }
        self.print_answer(text, other, out);
        (!failed).then_some(rows)
    }

    fn set_from_row(&mut self, text: &str, prefix: &str, lines: &mut Lines<'_>, out: &mut Output) {
        let Some(rows) = self.rows_of(text, lines, out) else {
            return;
        };
        let table = self.table_of(&rows);
        match table.rows.as_slice() {
            [] => out.line(PieceKind::Error, "no rows returned for \\gset"),
            [row] => {
                for (header, cell) in table.headers.iter().zip(row) {
                    let name = format!("{prefix}{header}");
                    if !valid_name(&name) {
                        out.line(PieceKind::Error, format!("invalid variable name: \"{name}\""));
                        return;
                    }
                    if is_special(&name) {
                        out.line(
                            PieceKind::Error,
                            format!("attempt to \\gset into specially treated variable \"{name}\" ignored"),
                        );
                        continue;
                    }
                    match cell {
                        Some(value) => self.variables.set(&name, value.clone()),
                        None => self.variables.unset(&name),
                    }
                }
            }
            _ => out.line(PieceKind::Error, "more than one row returned for \\gset"),
        }
    }

    fn execute_cells(&mut self, text: &str, lines: &mut Lines<'_>, out: &mut Output) {
        let Some(rows) = self.rows_of(text, lines, out) else {
            return;
        };
        for statement in self.table_of(&rows).rows.into_iter().flatten().flatten() {
            if self.variables.get("ECHO") == Some("all") {
                out.line(PieceKind::Echo, statement.as_str());
            }
            if !self.send_query(&statement, lines, out) && self.variables.is_on("ON_ERROR_STOP") {
                break;
            }
        }
    }

    /// `\gdesc`: names and types of the columns the statement would give.
    fn describe_result(&mut self, text: &str, out: &mut Output) {
        // On a copy, since describing must not run anything for good.
        let mut copy = self.clone();
        let rows = match copy.ask_rows(text) {
            Ok(rows) => rows,
            Err(error) => {
                let answer = Answer {
                    messages: vec![Message::Error(error)],
                };
                self.print_answer(text, answer, out);
                return;
            }
        };
        if rows.columns.is_empty() {
            return out.line(
                PieceKind::Info,
                "The command has no result, or the result has no columns.",
            );
        }
        let mut name_of = |type_oid: Oid, modifier: i32| copy.format_type(type_oid, modifier);
        let described = rows.columns.iter().map(|column| {
            vec![
                Some(column.name.to_string()),
                Some(name_of(column.type_oid, column.type_modifier)),
            ]
        });
        let table = Table {
            headers: vec!["Column".into(), "Type".into()],
            rows: described.collect(),
            ..Table::default()
        };
        let shown = table.print(&self.print);
        self.write_result(shown, out);
    }

    /// `\i file`: a file given to the session.
    pub(super) fn include(&mut self, name: &str, args: &mut Arguments<'_>, out: &mut Output) {
        let Some(file) = args.next(&self.variables) else {
            return out.line(PieceKind::Error, format!("\\{name}: missing required argument"));
        };
        let Some(text) = self.file(&file.text) else {
            return out.line(PieceKind::Error, format!("{}: No such file or directory", file.text));
        };
        if self.depth >= MAX_DEPTH {
            return out.line(
                PieceKind::Error,
                format!("\\{name}: files include each other too deeply"),
            );
        }
        self.depth += 1;
        let mut lines = Lines::new(&text);
        self.run_lines(&mut lines, out);
        self.depth -= 1;
    }
}

/// What stands behind a command that sends the buffer.
struct Request {
    /// Print options for this statement: the session's, with those in parentheses.
    print: PrintOptions,
    /// Where `\g` writes to.
    file: Option<String>,
    words: Vec<String>,
}

impl Request {
    /// Reads `(option=value ...) FILE` of `\g` and `\gx`, and the words of the others.
    fn read(
        name: &str,
        args: &mut Arguments<'_>,
        variables: &Variables,
        mut print: PrintOptions,
    ) -> Result<Request, String> {
        let taken = match name {
            "g" | "gx" => usize::MAX,
            "crosstabview" => 4,
            "gset" => 1,
            _ => 0,
        };
        let mut words: Vec<String> = std::iter::from_fn(|| args.next(variables))
            .take(taken)
            .map(|word| word.text)
            .collect();
        let mut file = None;
        if matches!(name, "g" | "gx") {
            if words.first().is_some_and(|word| word.starts_with('(')) {
                let Some(end) = words.iter().position(|word| word.ends_with(')')) else {
                    return Err(format!("\\{name}: missing right parenthesis"));
                };
                set_options(&mut print, words.drain(..=end))?;
            }
            file = (!words.is_empty()).then(|| words.join(" "));
        }
        if name == "gx" {
            print.expanded = Expanded::On;
        }
        Ok(Request { print, file, words })
    }
}

/// Sets options written as `(name=value`, `name`, `name=value)`.
fn set_options(print: &mut PrintOptions, words: impl Iterator<Item = String>) -> Result<(), String> {
    for word in words {
        let option = word.trim_start_matches('(').trim_end_matches(')');
        if option.is_empty() {
            continue;
        }
        let (option, value) = match option.split_once('=') {
            Some((option, value)) => (option, Some(value)),
            None => (option, None),
        };
        pset::set(print, option, value)?;
    }
    Ok(())
}
