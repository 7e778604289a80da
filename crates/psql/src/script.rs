//! The main loop, after psql's `MainLoop`: lines in, statements and meta-commands carried out, output back.

use crate::Psql;
use crate::output::{Output, PieceKind};
use crate::scan::Ended;

/// How deep files and variables may hold each other.
pub(crate) const MAX_DEPTH: u32 = 20;

/// Lines still to be read; COPY takes its data from here, too.
#[derive(Debug)]
pub struct Lines<'t> {
    rest: &'t str,
}

impl<'t> Lines<'t> {
    pub fn new(text: &'t str) -> Lines<'t> {
        Lines { rest: text }
    }

    /// Bytes still to be read.
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// The data of a COPY FROM STDIN: everything up to `\.` or the end.
    pub fn copy_data(&mut self) -> String {
        let mut data = String::new();
        for line in self.by_ref() {
            if line.trim_end_matches('\r') == "\\." {
                break;
            }
            data.push_str(line);
            data.push('\n');
        }
        data
    }
}

impl<'t> Iterator for Lines<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        if self.rest.is_empty() {
            return None;
        }
        let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
        self.rest = rest;
        Some(line)
    }
}

impl Psql {
    /// Does what `psql -X < script` does. A statement left open at the end is sent as it is; set the variable
    /// `ECHO` to `all` for `-a`.
    pub fn run_script(&mut self, script: &str, out: &mut Output) {
        let mut lines = Lines::new(script);
        self.run_lines(&mut lines, out);
        if !self.quit && !self.buffer.trim().is_empty() && self.is_active() {
            self.send_buffer(&mut lines, out);
        }
        if !self.quit && !self.conditions.is_empty() {
            out.line(PieceKind::Error, "reached EOF without finding closing \\endif(s)");
        }
        self.buffer.clear();
        self.scanner.reset();
        self.conditions.clear();
    }

    /// Feeds what was typed: like a script, but a statement left open stays open.
    pub fn feed(&mut self, text: &str, out: &mut Output) {
        let mut lines = Lines::new(text);
        self.run_lines(&mut lines, out);
    }

    pub(crate) fn run_lines(&mut self, lines: &mut Lines<'_>, out: &mut Output) {
        while self.run_next_line(lines, out) {}
    }

    /// Reads the next line, and the data of a COPY that it ends; false where there is none, or after `\q`.
    pub fn run_next_line(&mut self, lines: &mut Lines<'_>, out: &mut Output) -> bool {
        let Some(line) = lines.next() else { return false };
        if line.is_empty() && !self.scanner.in_quote() {
            return true;
        }
        if self.variables.get("ECHO") == Some("all") {
            out.line(PieceKind::Echo, line);
        }
        if !self.buffer.is_empty() {
            self.buffer.push('\n');
        }
        let before = self.buffer.len();
        self.run_line(line, before, lines, out);
        !self.quit
    }

    /// `before`: the length of the buffer with the newline that this line is added after.
    fn run_line(&mut self, line: &str, before: usize, lines: &mut Lines<'_>, out: &mut Output) {
        let mut at = 0;
        loop {
            let (ended, next) = self.scanner.scan(line, at, &mut self.buffer, &self.variables);
            at = next;
            match ended {
                Ended::EndOfLine => {
                    let single_line = self.variables.is_on("SINGLELINE") && self.scanner.may_end();
                    if single_line && !self.buffer.trim().is_empty() && self.is_active() {
                        self.send_buffer(lines, out);
                    }
                    return;
                }
                Ended::Semicolon if self.is_active() => self.send_buffer(lines, out),
                Ended::Semicolon => self.buffer.clear(),
                Ended::Variable(value) => {
                    let spliced = format!("{value}{}", line.get(at..).unwrap_or(""));
                    return self.run_spliced(&spliced, lines, out);
                }
                Ended::Backslash => {
                    // A line with nothing but commands adds no newline to the statement.
                    if self.buffer.len() == before && self.buffer.ends_with('\n') {
                        self.buffer.pop();
                    }
                    match self.run_command(line, at, lines, out) {
                        Some(next) => at = next,
                        None => return,
                    }
                }
            }
            if self.quit {
                return;
            }
        }
    }

    /// A line in which the value of a variable stands; variables that hold themselves end somewhere.
    fn run_spliced(&mut self, line: &str, lines: &mut Lines<'_>, out: &mut Output) {
        if self.depth >= MAX_DEPTH {
            return out.line(PieceKind::Error, "skipping recursive expansion of variables");
        }
        self.depth += 1;
        self.run_line(line, usize::MAX, lines, out);
        self.depth -= 1;
    }

    /// Sends what is in the buffer and empties it.
    pub(crate) fn send_buffer(&mut self, lines: &mut Lines<'_>, out: &mut Output) {
        let text = std::mem::take(&mut self.buffer);
        self.scanner.reset();
        self.previous.clone_from(&text);
        let succeeded = self.send_query(&text, lines, out);
        if !succeeded && self.variables.is_on("ON_ERROR_STOP") {
            self.quit = true;
        }
    }
}
