//! Cuts input into statements and meta-commands, after psql's `psqlscan.l`.
//!
//! Lines go in one by one; the scanner remembers quotes, comments and open parentheses between them. Variables
//! (`:name`, `:'name'`, `:"name"`, `:{?name}`) are put in on the way.

use crate::variables::{Quoting, Variables};

/// What ended a piece of scanning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// A semicolon outside quotes and parentheses: the buffer is a statement.
    Semicolon,
    /// A backslash: a meta-command follows.
    Backslash,
    /// A variable with semicolons or backslashes in its value, which is to be scanned before the rest of the line.
    Variable(String),
    /// The line is used up.
    EndOfLine,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Plain,
    Quoted {
        escapes: bool,
    },
    Identifier,
    Dollar(String),
    Comment(u32),
}

/// The scanner's memory between lines.
#[derive(Clone, Debug, Default)]
pub struct Scanner {
    state: State,
    parentheses: u32,
    /// Open BEGIN ATOMIC and CASE blocks inside CREATE FUNCTION or PROCEDURE.
    blocks: u32,
    /// The first words of the statement, to recognise those.
    words: Vec<String>,
}

impl Scanner {
    /// Inside a quoted string, identifier, dollar quote or comment.
    pub fn in_quote(&self) -> bool {
        self.state != State::Plain
    }

    /// Outside quotes and parentheses: the end of the line may end the statement.
    pub fn may_end(&self) -> bool {
        self.state == State::Plain && self.parentheses == 0 && self.blocks == 0
    }

    /// What the prompt shows while a statement is open.
    pub fn prompt_mark(&self) -> &'static str {
        match &self.state {
            State::Plain if self.parentheses > 0 => "(",
            State::Plain => "-",
            State::Quoted { .. } => "'",
            State::Identifier => "\"",
            State::Dollar(_) => "$",
            State::Comment(_) => "*",
        }
    }

    /// Forgets the statement that was begun.
    pub fn reset(&mut self) {
        *self = Scanner::default();
    }

    /// Scans `line` from byte `start`, adds what it reads to `buffer`, and tells what stopped it and where the
    /// rest begins.
    pub fn scan(&mut self, line: &str, start: usize, buffer: &mut String, variables: &Variables) -> (Ended, usize) {
        let mut at = start;
        while let Some(c) = line.get(at..).and_then(|rest| rest.chars().next()) {
            let rest = &line[at..];
            match &mut self.state {
                State::Plain => {
                    if let Some(end) = self.scan_plain(rest, c, &mut at, buffer, variables) {
                        return (end, at);
                    }
                    continue;
                }
                State::Quoted { escapes } => {
                    if c == '\\' && *escapes {
                        let skipped = rest.chars().nth(1).map_or(0, char::len_utf8);
                        buffer.push_str(&rest[..1 + skipped]);
                        at += 1 + skipped;
                        continue;
                    }
                    if rest.starts_with("''") {
                        buffer.push_str("''");
                        at += 2;
                        continue;
                    }
                    if c == '\'' {
                        self.state = State::Plain;
                    }
                }
                State::Identifier => {
                    if c == '"' {
                        self.state = State::Plain;
                    }
                }
                State::Dollar(tag) => {
                    if rest.starts_with(tag.as_str()) {
                        buffer.push_str(tag);
                        at += tag.len();
                        self.state = State::Plain;
                        continue;
                    }
                }
                State::Comment(depth) => {
                    let step = if rest.starts_with("/*") {
                        *depth += 1;
                        2
                    } else if rest.starts_with("*/") {
                        *depth -= 1;
                        2
                    } else {
                        c.len_utf8()
                    };
                    buffer.push_str(&rest[..step]);
                    at += step;
                    if *depth == 0 {
                        self.state = State::Plain;
                    }
                    continue;
                }
            }
            buffer.push(c);
            at += c.len_utf8();
        }
        (Ended::EndOfLine, at)
    }

    /// One token outside quotes; moves `at` past it.
    fn scan_plain(
        &mut self,
        rest: &str,
        c: char,
        at: &mut usize,
        buffer: &mut String,
        variables: &Variables,
    ) -> Option<Ended> {
        let take = |length: usize, at: &mut usize, buffer: &mut String| {
            buffer.push_str(&rest[..length]);
            *at += length;
        };
        match c {
            c if c.is_ascii_whitespace() || rest.starts_with("--") => {
                let length = if c == '-' {
                    rest.find('\n').unwrap_or(rest.len())
                } else {
                    1
                };
                if !buffer.is_empty() {
                    buffer.push_str(&rest[..length]);
                }
                *at += length;
            }
            '/' if rest.starts_with("/*") => {
                self.state = State::Comment(1);
                take(2, at, buffer);
            }
            '\'' => {
                self.state = State::Quoted { escapes: false };
                take(1, at, buffer);
            }
            '"' => {
                self.state = State::Identifier;
                take(1, at, buffer);
            }
            '$' => match dollar_tag(rest) {
                Some(tag) => {
                    self.state = State::Dollar(tag.to_string());
                    take(tag.len(), at, buffer);
                }
                None => take(1, at, buffer),
            },
            '(' => {
                self.parentheses += 1;
                take(1, at, buffer);
            }
            ')' => {
                self.parentheses = self.parentheses.saturating_sub(1);
                take(1, at, buffer);
            }
            ';' if self.parentheses == 0 && self.blocks == 0 => {
                *at += 1;
                buffer.push(';');
                self.reset();
                return Some(Ended::Semicolon);
            }
            '\\' if rest.starts_with("\\;") || rest.starts_with("\\:") => {
                buffer.push_str(&rest[1..2]);
                *at += 2;
            }
            '\\' => return Some(Ended::Backslash),
            ':' => {
                if let Some((name, Quoting::Plain, length)) = variables.reference(rest)
                    && let Some(value) = variables.get(name).filter(|value| value.contains([';', '\\']))
                {
                    *at += length;
                    return Some(Ended::Variable(value.to_string()));
                }
                *at += substitute(rest, buffer, variables);
            }
            c if c == '_' || c.is_alphabetic() => {
                let length = rest
                    .find(|c: char| !(c == '_' || c == '$' || c.is_alphanumeric()))
                    .unwrap_or(rest.len());
                self.word(&rest[..length]);
                if matches!(&rest[..length], "E" | "e") && rest[length..].starts_with('\'') {
                    self.state = State::Quoted { escapes: true };
                    take(length + 1, at, buffer);
                } else {
                    take(length, at, buffer);
                }
            }
            c if c.is_ascii_digit() => {
                let length = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
                take(length, at, buffer);
            }
            c => take(c.len_utf8(), at, buffer),
        }
        None
    }

    /// Keeps count of BEGIN ... END in the bodies of SQL-standard functions, where semicolons end nothing.
    fn word(&mut self, word: &str) {
        let word = word.to_ascii_lowercase();
        if self.words.len() < 4 {
            self.words.push(word.clone());
        }
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        let routine = matches!(
            words.as_slice(),
            ["create", "function" | "procedure", ..] | ["create", "or", "replace", "function" | "procedure", ..]
        );
        if routine && self.parentheses == 0 {
            match word.as_str() {
                "begin" => self.blocks += 1,
                "case" if self.blocks > 0 => self.blocks += 1,
                "end" => self.blocks = self.blocks.saturating_sub(1),
                _ => {}
            }
        }
    }
}

/// `$tag$` at the start of the text, if it is one.
fn dollar_tag(rest: &str) -> Option<&str> {
    let end = rest.get(1..)?.find('$')? + 1;
    let tag = &rest[1..end];
    let mut chars = tag.chars();
    let valid =
        chars.next().is_none_or(|c| c == '_' || c.is_alphabetic()) && chars.all(|c| c == '_' || c.is_alphanumeric());
    valid.then(|| &rest[..=end])
}

/// Puts in the variable that `rest` (at a colon) names; gives the bytes it used up.
fn substitute(rest: &str, buffer: &mut String, variables: &Variables) -> usize {
    if rest.starts_with("::") || rest.starts_with(":=") {
        buffer.push_str(&rest[..2]);
        return 2;
    }
    match variables.reference(rest) {
        Some((name, Quoting::Test, length)) => {
            buffer.push_str(if variables.get(name).is_some() { "TRUE" } else { "FALSE" });
            length
        }
        Some((name, quoting, length)) if variables.get(name).is_some() => {
            buffer.push_str(&quoting.quote(variables.get(name).unwrap_or_default()));
            length
        }
        _ => {
            buffer.push(':');
            1
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    /// Statements of a script, as psql would send them.
    fn check(script: &str, expect: &[&str]) {
        let (mut scanner, mut buffer, mut found) = (Scanner::default(), String::new(), Vec::new());
        let mut variables = Variables::default();
        variables.set("who", "it's");
        for line in script.lines() {
            if !buffer.is_empty() {
                buffer.push('\n');
            }
            let mut at = 0;
            loop {
                let (ended, next) = scanner.scan(line, at, &mut buffer, &variables);
                at = next;
                match ended {
                    Ended::Semicolon => found.push(std::mem::take(&mut buffer)),
                    _ => break,
                }
            }
        }
        assert_eq!(found, expect, "{script}");
    }

    #[test]
    fn statements_end_at_semicolons_outside_quotes_comments_and_parentheses() {
        check("SELECT 1; SELECT 2;", &["SELECT 1;", "SELECT 2;"]);
        check(
            "SELECT ';' AS a, \";\" -- ;\n, $$;$$, $x$ ; $$ $x$ /* ; /* ; */ */;",
            &["SELECT ';' AS a, \";\" -- ;\n, $$;$$, $x$ ; $$ $x$ /* ; /* ; */ */;"],
        );
        check("SELECT (1;\n2);", &["SELECT (1;\n2);"]);
        check("SELECT E'\\';';", &["SELECT E'\\';';"]);
        check("-- only a comment\n  SELECT 1;", &["SELECT 1;"]);
        check("SELECT 1 \\; SELECT 2;", &["SELECT 1 ; SELECT 2;"]);
    }

    #[test]
    fn bodies_of_standard_functions_hold_their_semicolons() {
        check(
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 1 END; END;",
            &["CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 1 END; END;"],
        );
        check("BEGIN; END;", &["BEGIN;", "END;"]);
    }

    #[test]
    fn variables_are_put_in_and_quoted() {
        check(
            "SELECT :who, :'who', :\"who\", :none, a::int, :{?who};",
            &["SELECT it's, 'it''s', \"it's\", :none, a::int, TRUE;"],
        );
    }
}
