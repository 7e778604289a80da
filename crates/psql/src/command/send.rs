//! Commands that send the buffer, and those that read files.

use kumquat_postgres::result::{Message, ResultSet};
use kumquat_types::Oid;

use super::arguments::Arguments;
use crate::Psql;
use crate::output::{Output, PieceKind};
use crate::print::{Expanded, Table};
use crate::query::Answer;
use crate::script::Lines;
use crate::variables::valid_name;

/// How deep \i may nest.
const MAX_INCLUDE_DEPTH: u32 = 20;

impl Psql {
    /// `\g`, `\gx`, `\gset`, `\gexec`, `\gdesc`.
    pub(super) fn send_command(
        &mut self,
        name: &str,
        args: &mut Arguments<'_>,
        lines: &mut Lines<'_>,
        out: &mut Output,
    ) {
        let argument = args.next(&self.variables, false).map(|argument| argument.text);
        let mut text = std::mem::take(&mut self.buffer);
        self.scanner.reset();
        if text.trim().is_empty() {
            text.clone_from(&self.previous);
        }
        if text.trim().is_empty() {
            return out.line(PieceKind::Error, format!("\\{name}: query buffer is empty"));
        }
        self.previous.clone_from(&text);
        match name {
            "gset" => self.set_from_row(&text, &argument.unwrap_or_default(), lines, out),
            "gexec" => self.execute_cells(&text, lines, out),
            "gdesc" => self.describe_result(&text, out),
            "crosstabview" | "watch" => {
                out.line(PieceKind::Error, format!("\\{name}: not supported by Kumquat"));
            }
            _ => {
                let before = self.print.clone();
                if name == "gx" {
                    self.print.expanded = Expanded::On;
                }
                self.send_query(&text, lines, out);
                self.print = before;
            }
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
        out.write(PieceKind::Result, table.print(&self.print));
    }

    /// `\i file`: a file given to the session.
    pub(super) fn include(&mut self, name: &str, args: &mut Arguments<'_>, out: &mut Output) {
        let Some(file) = args.next(&self.variables, false) else {
            return out.line(PieceKind::Error, format!("\\{name}: missing required argument"));
        };
        let Some(text) = self.file(&file.text) else {
            return out.line(PieceKind::Error, format!("{}: No such file or directory", file.text));
        };
        if self.depth >= MAX_INCLUDE_DEPTH {
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

    /// `\copy`: the same as COPY, but files are those of the client.
    pub(super) fn copy_command(&mut self, rest: &str, lines: &mut Lines<'_>, out: &mut Output) {
        let rest = rest.trim_end_matches(';');
        let Some(parts) = CopyParts::parse(rest) else {
            return out.line(PieceKind::Error, "\\copy: arguments required");
        };
        let standard = matches!(
            parts.file.to_ascii_lowercase().as_str(),
            "stdin" | "stdout" | "pstdin" | "pstdout"
        );
        let direction = if parts.from { "FROM STDIN" } else { "TO STDOUT" };
        let statement = format!("COPY {} {direction}{}", parts.source, parts.options);
        if standard {
            self.send_query(&statement, lines, out);
            return;
        }
        let file = parts.file.trim_matches('\'').replace("''", "'");
        if parts.from {
            let Some(data) = self.file(&file) else {
                return out.line(PieceKind::Error, format!("{file}: No such file or directory"));
            };
            let answer = self.ask(&statement, lines, Some(data));
            self.print_answer(&statement, answer, out);
            return;
        }
        let mut written = String::new();
        let mut rest = Answer::default();
        for message in self.ask(&statement, lines, None).messages {
            match message {
                Message::CopyOut(data) => data.iter().for_each(|line| {
                    written.push_str(line);
                    written.push('\n');
                }),
                message => rest.messages.push(message),
            }
        }
        self.files.insert(file.as_str().into(), written.as_str().into());
        self.print_answer(&statement, rest, out);
    }
}

/// The pieces of `\copy SOURCE {from|to} FILE [options]`.
struct CopyParts<'t> {
    source: &'t str,
    from: bool,
    file: &'t str,
    options: String,
}

impl<'t> CopyParts<'t> {
    fn parse(rest: &'t str) -> Option<CopyParts<'t>> {
        let (mut depth, mut quote) = (0_u32, None);
        let bytes = rest.as_bytes();
        for (at, c) in rest.char_indices() {
            match (quote, c) {
                (Some(open), c) if c == open => quote = None,
                (Some(_), _) => {}
                (None, '\'' | '"') => quote = Some(c),
                (None, '(') => depth += 1,
                (None, ')') => depth = depth.saturating_sub(1),
                _ => {}
            }
            let boundary = at > 0 && bytes.get(at - 1).is_some_and(|b| b.is_ascii_whitespace() || *b == b')');
            if depth > 0 || quote.is_some() || !boundary {
                continue;
            }
            let after = &rest[at..];
            for (word, from) in [("from", true), ("to", false)] {
                let matches_word = after
                    .get(..word.len())
                    .is_some_and(|text| text.eq_ignore_ascii_case(word));
                if matches_word && after[word.len()..].starts_with(char::is_whitespace) {
                    let target = after[word.len()..].trim_start();
                    let end = file_end(target);
                    let options = target[end..].trim();
                    let options = if options.is_empty() {
                        String::new()
                    } else {
                        format!(" {options}")
                    };
                    return Some(CopyParts {
                        source: rest[..at].trim(),
                        from,
                        file: &target[..end],
                        options,
                    });
                }
            }
        }
        None
    }
}

fn file_end(target: &str) -> usize {
    if let Some(quoted) = target.strip_prefix('\'') {
        return quoted.find('\'').map_or(target.len(), |end| end + 2);
    }
    target.find(char::is_whitespace).unwrap_or(target.len())
}
