//! Sending a statement and printing what comes back, after psql's `SendQuery` and `PrintQueryResult`.

use kumquat_postgres::Backend;
use kumquat_postgres::result::{Client, CommandTag, Message, ResultSet};
use kumquat_types::{Error, Oid};

use crate::Psql;
use crate::message::{ShowContext, Verbosity, format_message};
use crate::output::{Output, PieceKind};
use crate::print::Table;
use crate::script::Lines;

/// What a statement gave, collected.
#[derive(Debug, Default)]
pub struct Answer {
    pub messages: Vec<Message>,
}

struct Collector<'c, 'l> {
    messages: Vec<Message>,
    lines: &'c mut Lines<'l>,
    /// Data for COPY FROM STDIN that does not come from the script (`\copy` from a file).
    data: Option<String>,
    copied: bool,
}

impl Client for Collector<'_, '_> {
    fn message(&mut self, message: Message) {
        self.messages.push(message);
    }

    fn copy_data(&mut self) -> String {
        self.copied = true;
        self.data.take().unwrap_or_else(|| self.lines.copy_data())
    }
}

impl Psql {
    /// Runs a text on the server; `data` stands in for the script's lines in COPY FROM STDIN.
    pub(crate) fn ask(&mut self, text: &str, lines: &mut Lines<'_>, data: Option<String>) -> Answer {
        let from_script = data.is_none();
        let mut collector = Collector {
            messages: Vec::new(),
            lines,
            data,
            copied: false,
        };
        self.session.files = self.files.clone();
        let mut backend = Backend {
            network: &mut self.network,
            session: &mut self.session,
            extension: self.extension,
        };
        backend.simple_query(text, &mut collector);
        let failed = collector
            .messages
            .iter()
            .any(|message| matches!(message, Message::Error(_)));
        if failed && !collector.copied && from_script && is_copy_from_stdin(text) {
            // psql 15 skips the data of a COPY that could not begin.
            collector.lines.copy_data();
        }
        Answer {
            messages: collector.messages,
        }
    }

    /// Rows of a query that psql makes for itself; errors give none.
    pub(crate) fn ask_rows(&mut self, text: &str) -> Result<ResultSet, Error> {
        let answer = self.ask(text, &mut Lines::new(""), None);
        let mut rows = ResultSet::default();
        for message in answer.messages {
            match message {
                Message::Rows(found) => rows = found,
                Message::Error(error) => return Err(error),
                _ => {}
            }
        }
        Ok(rows)
    }

    /// Sends a statement and prints the answer; false if it failed.
    pub(crate) fn send_query(&mut self, text: &str, lines: &mut Lines<'_>, out: &mut Output) -> bool {
        if matches!(self.variables.get("ECHO"), Some("queries")) {
            out.line(PieceKind::Echo, text);
        }
        let answer = self.ask_in_transaction(text, lines);
        let succeeded = self.print_answer(text, answer, out);
        if !succeeded && self.variables.get("ECHO") == Some("errors") {
            out.line(PieceKind::Error, format!("STATEMENT:  {text}"));
        }
        succeeded
    }

    pub(crate) fn print_answer(&mut self, text: &str, answer: Answer, out: &mut Output) -> bool {
        let mut succeeded = true;
        let mut returned_rows = false;
        let mut messages = answer.messages;
        if self.variables.get("SHOW_ALL_RESULTS") == Some("off") {
            keep_last_result(&mut messages);
        }
        for message in messages {
            match message {
                Message::Notice(notice) => self.print_notice(&notice, text, out),
                Message::Rows(rows) => {
                    returned_rows = true;
                    let table = self.table_of(&rows);
                    let shown = table.print(&self.print);
                    self.write_result(shown, out);
                }
                Message::CopyOut(data) => {
                    returned_rows = true;
                    data.iter().for_each(|line| self.write_result(format!("{line}\n"), out));
                }
                Message::Complete(tag) => {
                    self.completed(&tag);
                    let also_with_rows = ["INSERT", "UPDATE", "DELETE"]
                        .iter()
                        .any(|word| tag.0.starts_with(word));
                    if (!returned_rows || also_with_rows) && !self.variables.is_on("QUIET") {
                        let html = self.print.format == crate::print::Format::Html;
                        let shown = if html {
                            format!("<p>{}</p>\n", tag.0)
                        } else {
                            format!("{}\n", tag.0)
                        };
                        self.write_result(shown, out);
                    }
                    returned_rows = false;
                }
                Message::Empty => {}
                Message::Error(error) => {
                    succeeded = false;
                    self.failed(&error, text);
                    let shown = format_message(&error, text, self.verbosity(), self.show_context());
                    out.write(PieceKind::Error, shown);
                }
            }
        }
        if self.timing {
            out.line(PieceKind::Info, "Time: 0.000 ms");
        }
        succeeded
    }

    pub(crate) fn print_notice(&self, notice: &Error, text: &str, out: &mut Output) {
        out.write(
            PieceKind::Notice,
            format_message(notice, text, self.verbosity(), self.show_context()),
        );
    }

    fn completed(&mut self, tag: &CommandTag) {
        let count = tag
            .0
            .rsplit(' ')
            .next()
            .filter(|word| word.bytes().all(|b| b.is_ascii_digit()))
            .unwrap_or("0");
        let count = count.to_string();
        self.variables.set("ROW_COUNT", count);
        self.variables.set("ERROR", "false");
        self.variables.set("SQLSTATE", "00000");
    }

    fn failed(&mut self, error: &Error, text: &str) {
        self.variables.set("ROW_COUNT", "0");
        self.variables.set("ERROR", "true");
        self.variables.set("SQLSTATE", error.sqlstate.0);
        self.variables.set("LAST_ERROR_SQLSTATE", error.sqlstate.0);
        self.variables.set("LAST_ERROR_MESSAGE", error.message.as_str());
        self.last_error = Some((error.clone(), text.to_string()));
    }

    pub(crate) fn verbosity(&self) -> Verbosity {
        match self.variables.get("VERBOSITY") {
            Some("terse") => Verbosity::Terse,
            Some("verbose") => Verbosity::Verbose,
            Some("sqlstate") => Verbosity::SqlState,
            _ => Verbosity::Default,
        }
    }

    pub(crate) fn show_context(&self) -> ShowContext {
        match self.variables.get("SHOW_CONTEXT") {
            Some("never") => ShowContext::Never,
            Some("always") => ShowContext::Always,
            _ => ShowContext::Errors,
        }
    }

    /// The text form of a result.
    pub(crate) fn table_of(&mut self, rows: &ResultSet) -> Table {
        let backend = self.backend();
        let mut cells = Vec::with_capacity(rows.row_count());
        for chunk in &rows.chunks {
            for row in 0..chunk.rows {
                let values = rows.columns.iter().enumerate();
                let texts = values.map(|(column, about)| backend.output_text(about.type_oid, &chunk.get(column, row)));
                cells.push(texts.collect());
            }
        }
        Table {
            headers: rows.columns.iter().map(|column| column.name.to_string()).collect(),
            right_aligned: rows
                .columns
                .iter()
                // A server describes its columns by the types under all domains.
                .map(|column| is_right_aligned(backend.base_type(column.type_oid)))
                .collect(),
            rows: cells,
            ..Table::default()
        }
    }
}

/// Drops what all statements but the last one gave, except notices and errors.
fn keep_last_result(messages: &mut Vec<Message>) {
    let ends = |message: &Message| matches!(message, Message::Complete(_) | Message::Error(_) | Message::Empty);
    let end = messages.iter().rposition(ends).unwrap_or(0);
    let start = messages
        .get(..end)
        .and_then(|before| before.iter().rposition(ends))
        .map_or(0, |before| before + 1);
    let mut at = 0;
    messages.retain(|message| {
        at += 1;
        at > start || matches!(message, Message::Notice(_) | Message::Error(_))
    });
}

/// Types whose columns psql right-aligns (`column_type_alignment`).
fn is_right_aligned(type_oid: Oid) -> bool {
    matches!(
        type_oid,
        Oid::INT2
            | Oid::INT4
            | Oid::INT8
            | Oid::FLOAT4
            | Oid::FLOAT8
            | Oid::NUMERIC
            | Oid::OID
            | Oid::XID
            | Oid::XID8
            | Oid::CID
            | Oid::MONEY
    )
}

/// Whether a text is a COPY that reads lines of the script.
pub(crate) fn is_copy_from_stdin(text: &str) -> bool {
    let mut words = text
        .split_whitespace()
        .map(|word| word.trim_end_matches(';').to_ascii_lowercase());
    if words.next().as_deref() != Some("copy") {
        return false;
    }
    let mut from = false;
    words.any(|word| {
        let found = from && (word == "stdin" || word == "pstdin");
        from = word == "from";
        found
    })
}
