//! Arguments of meta-commands, after psql's `psqlscanslash.l`.

use crate::variables::{Quoting, Variables};

/// One argument, and whether any part of it was quoted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    pub text: String,
    pub quoted: bool,
}

/// Reads arguments from a line until it ends or another backslash begins a command.
pub struct Arguments<'l> {
    line: &'l str,
    pub at: usize,
}

impl<'l> Arguments<'l> {
    pub fn new(line: &'l str, at: usize) -> Arguments<'l> {
        Arguments { line, at }
    }

    fn rest(&self) -> &'l str {
        self.line.get(self.at..).unwrap_or("")
    }

    fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// The next argument: single quotes taken off, double quotes kept, variables put in.
    pub fn next(&mut self, variables: &Variables) -> Option<Argument> {
        self.skip_blanks();
        if self.rest().is_empty() || self.rest().starts_with('\\') {
            return None;
        }
        let (mut text, mut quoted) = (String::new(), false);
        while let Some(c) = self.rest().chars().next() {
            let rest = self.rest();
            match c {
                c if c.is_whitespace() => break,
                '\\' => break,
                '\'' => {
                    quoted = true;
                    self.at += single_quoted(rest, &mut text);
                }
                '"' => {
                    quoted = true;
                    let end = rest[1..].find('"').map_or(rest.len(), |end| end + 2);
                    let part = &rest[..end];
                    text.push_str(part);
                    self.at += end;
                }
                ':' => match variables.reference(rest) {
                    Some((name, quoting, length)) if quoting == Quoting::Test || variables.get(name).is_some() => {
                        match quoting {
                            Quoting::Test => {
                                text.push_str(if variables.get(name).is_some() { "TRUE" } else { "FALSE" });
                            }
                            _ => text.push_str(&quoting.quote(variables.get(name).unwrap_or_default())),
                        }
                        self.at += length;
                    }
                    _ => {
                        text.push(':');
                        self.at += 1;
                    }
                },
                '`' if let Some((output, length)) = echoed(rest) => {
                    quoted = true;
                    text.push_str(&output);
                    self.at += length;
                }
                c => {
                    text.push(c);
                    self.at += c.len_utf8();
                }
            }
        }
        Some(Argument { text, quoted })
    }

    /// Whether an argument has a shell command in backquotes that does not exist here: any but `echo`.
    pub fn has_unknown_program(&self) -> bool {
        let mut rest = self.rest();
        let mut quote = None;
        while let Some(c) = rest.chars().next() {
            let mut step = c.len_utf8();
            match (quote, c) {
                (None, '`') => match echoed(rest) {
                    Some((_, length)) => step = length,
                    None => return true,
                },
                (None, '\'' | '"') => quote = Some(c),
                (Some(open), c) if open == c => quote = None,
                _ => {}
            }
            rest = rest.get(step..).unwrap_or("");
        }
        false
    }

    pub fn all(&mut self, variables: &Variables) -> Vec<Argument> {
        std::iter::from_fn(|| self.next(variables)).collect()
    }

    /// Everything to the end of the line.
    pub fn whole_line(&mut self) -> &'l str {
        self.skip_blanks();
        let rest = self.rest();
        self.at = self.line.len();
        rest.trim_end()
    }

    /// Drops what is left and steps over a closing `\\`.
    pub fn finish(&mut self, variables: &Variables) -> Vec<Argument> {
        let left = self.all(variables);
        if self.rest().starts_with("\\\\") {
            self.at += 2;
        }
        left
    }
}

/// What a command in backquotes prints, and the bytes it takes up, if it is `echo`.
fn echoed(rest: &str) -> Option<(String, usize)> {
    let end = rest.get(1..)?.find('`')?;
    let mut words = rest.get(1..=end)?.split_whitespace();
    if words.next() != Some("echo") {
        return None;
    }
    let output = words.collect::<Vec<_>>().join(" ").replace(['\'', '"'], "");
    Some((output, end + 2))
}

/// Text of `'...'` with C escapes; gives the bytes it used up.
fn single_quoted(rest: &str, text: &mut String) -> usize {
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\'' if chars.peek().is_some_and(|(_, next)| *next == '\'') => {
                chars.next();
                text.push('\'');
            }
            '\'' => return at + 1,
            '\\' => {
                if let Some((_, escaped)) = chars.next() {
                    text.push(match escaped {
                        'n' => '\n',
                        't' => '\t',
                        'b' => '\u{8}',
                        'r' => '\r',
                        'f' => '\u{c}',
                        other => other,
                    });
                }
            }
            c => text.push(c),
        }
    }
    rest.len()
}
