//! The scanner: one token of PostgreSQL's at a time.

use kumquat_types::{Error, SqlState};

use super::escape::{self, EscapeError};
use super::pieces::Pieces;
use super::{Tok, Token, error_near, truncate_identifier};
use crate::keywords;

pub(super) struct Scanner<'a, 'n> {
    text: &'a str,
    bytes: &'a [u8],
    pieces: Pieces<'a>,
    position: usize,
    notices: &'n mut Vec<Error>,
}

/// A token's kind and its end, or why there is none.
type Scanned = Result<(Tok, usize), Error>;

impl<'a, 'n> Scanner<'a, 'n> {
    pub fn new(text: &'a str, notices: &'n mut Vec<Error>) -> Scanner<'a, 'n> {
        Scanner {
            text,
            bytes: text.as_bytes(),
            pieces: Pieces::new(text),
            position: 0,
            notices,
        }
    }

    pub fn next_token(&mut self) -> Token {
        let scanned = self.skip_blanks().and_then(|()| self.scan());
        let start = self.position;
        let (kind, end) = scanned.unwrap_or_else(|error| (Tok::Error(error), self.text.len()));
        self.position = end;
        Token { kind, start, end }
    }

    fn byte(&self, position: usize) -> u8 {
        self.bytes.get(position).copied().unwrap_or(0)
    }

    fn slice(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or_default()
    }

    /// An error at the text from `start` to its end, as for a quote that is not closed.
    fn unterminated(&self, what: &str, start: usize) -> Error {
        let message = format!("unterminated {what}");
        error_near(self.text, &message, start, self.text.len())
    }

    fn skip_blanks(&mut self) -> Result<(), Error> {
        loop {
            match (self.byte(self.position), self.byte(self.position + 1)) {
                (byte, _) if is_space(byte) => self.position += 1,
                (b'-', b'-') | (b'/', b'*') => {
                    self.position = self
                        .pieces
                        .end_of_piece(self.position)
                        .ok_or_else(|| self.unterminated("/* comment", self.position))?;
                }
                _ => return Ok(()),
            }
        }
    }

    fn scan(&mut self) -> Scanned {
        let start = self.position;
        let Some(first) = self.slice(start, self.text.len()).chars().next() else {
            return Ok((Tok::End, start));
        };
        match (first, self.byte(start + 1), self.byte(start + 2)) {
            ('e' | 'E', b'\'', _) => self.escape_string(),
            ('u' | 'U', b'&', b'\'') => self.unicode_string(),
            ('u' | 'U', b'&', b'"') => self.unicode_identifier(),
            ('b' | 'B', b'\'', _) => self.bit_string("bit string literal", "b"),
            ('x' | 'X', b'\'', _) => self.bit_string("hexadecimal string literal", "x"),
            // The string that follows is a token of its own: N'x' reads as NCHAR 'x'.
            ('n' | 'N', b'\'', _) => Ok((Tok::Keyword(keywords::Keyword::Nchar), start + 1)),
            (c, ..) if is_identifier_start(c) => Ok(self.word()),
            ('\'', ..) => self.plain_string(),
            ('"', ..) => self.quoted_identifier(),
            ('0'..='9', ..) | ('.', b'0'..=b'9', _) => self.number(),
            ('$', b'0'..=b'9', _) => self.param(),
            ('$', ..) => self.dollar_string(),
            (':', b':', _) => Ok((Tok::Typecast, start + 2)),
            (':', b'=', _) => Ok((Tok::ColonEquals, start + 2)),
            ('.', b'.', _) => Ok((Tok::DotDot, start + 2)),
            (c, ..) if is_operator(c) => self.operator(),
            (c, ..) => Ok((Tok::Char(c), start + c.len_utf8())),
        }
    }

    /// An identifier without quotes, or a key word.
    fn word(&mut self) -> (Tok, usize) {
        let start = self.position;
        let end = match self.pieces.end_of_piece(start) {
            // To sqlparser some characters beyond ASCII are blanks, to PostgreSQL all are letters.
            Some(end) if self.byte(start).is_ascii() => end,
            _ => start + self.run(start, |c| is_identifier_start(c) || c.is_ascii_digit() || c == '$'),
        };
        let folded = self.slice(start, end).to_ascii_lowercase();
        let kind = match keywords::lookup(&folded) {
            Some(entry) => Tok::Keyword(entry.keyword),
            None => Tok::Ident(truncate_identifier(folded, self.notices)),
        };
        (kind, end)
    }

    /// How many bytes from `start` on are characters of a kind.
    fn run(&self, start: usize, of_kind: impl Fn(char) -> bool) -> usize {
        let rest = self.slice(start, self.text.len());
        rest.find(|c| !of_kind(c)).unwrap_or(rest.len())
    }

    fn quoted_identifier(&mut self) -> Scanned {
        let start = self.position;
        let end = self
            .pieces
            .end_of_piece(start)
            .ok_or_else(|| self.unterminated("quoted identifier", start))?;
        let name = self.slice(start + 1, end - 1).replace("\"\"", "\"");
        self.identifier(name, end)
    }

    fn identifier(&mut self, name: String, end: usize) -> Scanned {
        if name.is_empty() {
            let message = "zero-length delimited identifier";
            return Err(error_near(self.text, message, self.position, end));
        }
        Ok((Tok::Ident(truncate_identifier(name, self.notices)), end))
    }

    /// `'...'`
    fn plain_string(&mut self) -> Scanned {
        let mut value = String::new();
        let mut quote = self.position;
        loop {
            let end = self
                .pieces
                .end_of_piece(quote)
                .ok_or_else(|| self.unterminated("quoted string", self.position))?;
            value += &self.slice(quote + 1, end - 1).replace("''", "'");
            match self.continuation(end) {
                Some(next) => quote = next,
                None => return Ok((Tok::Sconst(value), end)),
            }
        }
    }

    /// The quote at which a string goes on that ended at `end`: two strings are one if nothing but
    /// blanks, line comments and at least one newline lies between them.
    fn continuation(&self, end: usize) -> Option<usize> {
        let mut position = end;
        let mut newline = false;
        loop {
            match self.byte(position) {
                b'\n' | b'\r' => newline = true,
                byte if is_space(byte) => {}
                b'-' if self.byte(position + 1) == b'-' => {
                    position += self.run(position, |c| c != '\n' && c != '\r');
                    continue;
                }
                b'\'' if newline => return Some(position),
                _ => return None,
            }
            position += 1;
        }
    }

    /// The inside of all parts of a string whose first quote is at `quote`, with the offset of each
    /// part, and the string's end.
    fn parts(&self, quote: usize, ending: Ending, what: &str) -> Result<(Vec<usize>, String, usize), Error> {
        let (mut starts, mut raw, mut quote) = (Vec::new(), String::new(), quote);
        loop {
            let end = self
                .closing_quote(quote, ending)
                .ok_or_else(|| self.unterminated(what, self.position))?;
            starts.extend(quote + 1..end);
            raw += self.slice(quote + 1, end);
            match self.continuation(end + 1) {
                Some(next) => quote = next,
                None => {
                    starts.push(end);
                    return Ok((starts, raw, end + 1));
                }
            }
        }
    }

    /// Where the quote is that closes the one at `open`.
    fn closing_quote(&self, open: usize, ending: Ending) -> Option<usize> {
        let mut position = open + 1;
        loop {
            match (self.bytes.get(position)?, ending) {
                (b'\\', Ending::Backslash) => position += 2,
                (b'\'', Ending::Plain) => return Some(position),
                (b'\'', _) if self.byte(position + 1) == b'\'' => position += 2,
                (b'\'', _) => return Some(position),
                _ => position += 1,
            }
        }
    }

    /// `B'101'`, `X'1F'`: the digits are checked when the constant becomes a value.
    fn bit_string(&mut self, what: &str, letter: &str) -> Scanned {
        let (_, digits, end) = self.parts(self.position + 1, Ending::Plain, what)?;
        Ok((Tok::BitString(format!("{letter}{digits}")), end))
    }

    /// `E'...'`
    fn escape_string(&mut self) -> Scanned {
        let quote = self.position + 1;
        let (offsets, raw, end) = self.parts(quote, Ending::Backslash, "quoted string")?;
        let value = escape::backslashes(&raw).map_err(|error| {
            let start = offsets.get(error.start()).copied().unwrap_or(quote);
            let end = offsets.get(error.end()).copied().unwrap_or(end);
            self.escape_error(error, start, end)
        })?;
        Ok((Tok::Sconst(value), end))
    }

    fn escape_error(&self, error: EscapeError, start: usize, end: usize) -> Error {
        match error {
            EscapeError::Malformed { hint, .. } => {
                Error::new(SqlState::INVALID_ESCAPE_SEQUENCE, "invalid Unicode escape")
                    .hint(hint)
                    .at(u32::try_from(start).ok())
            }
            EscapeError::Near { message, .. } => error_near(self.text, message, start, end),
            EscapeError::Encoding(message) => Error::new(SqlState::CHARACTER_NOT_IN_REPERTOIRE, message),
        }
    }

    /// `U&'...' [UESCAPE 'c']`
    fn unicode_string(&mut self) -> Scanned {
        let (_, raw, end) = self.parts(self.position + 2, Ending::Doubled, "quoted string")?;
        let (value, end) = self.unicode_escapes(&raw.replace("''", "'"), end)?;
        Ok((Tok::Sconst(value), end))
    }

    /// `U&"..." [UESCAPE 'c']`
    fn unicode_identifier(&mut self) -> Scanned {
        let quote = self.position + 2;
        let end = self
            .pieces
            .end_of_piece(quote)
            .ok_or_else(|| self.unterminated("quoted identifier", self.position))?;
        let raw = self.slice(quote + 1, end - 1).replace("\"\"", "\"");
        if raw.is_empty() {
            return self.identifier(raw, end);
        }
        let (name, end) = self.unicode_escapes(&raw, end)?;
        self.identifier(name, end)
    }

    /// The value of a string with Unicode escapes, and its end after UESCAPE, if there is one.
    fn unicode_escapes(&mut self, raw: &str, end: usize) -> Result<(String, usize), Error> {
        let start = self.position;
        let (escape, end) = self.uescape(end)?;
        self.position = start;
        let value = escape::unicode(raw, escape).map_err(|error| {
            let position = start + 3 + error.start();
            match error {
                EscapeError::Near { message, .. } => {
                    Error::new(SqlState::SYNTAX_ERROR, message).at(u32::try_from(position).ok())
                }
                error => self.escape_error(error, position, position),
            }
        })?;
        Ok((value, end))
    }

    /// The escape character that `UESCAPE 'c'` after `end` sets, and the end of that.
    fn uescape(&mut self, end: usize) -> Result<(char, usize), Error> {
        self.position = end;
        self.skip_blanks()?;
        let start = self.position;
        let word = self.run(start, |c| is_identifier_start(c) || c.is_ascii_digit() || c == '$');
        if !self.slice(start, start + word).eq_ignore_ascii_case("uescape") {
            return Ok(('\\', end));
        }
        self.position = start + word;
        let token = self.next_token();
        let near = |message| Err(error_near(self.text, message, token.start, token.end));
        let Tok::Sconst(escape) = token.kind else {
            return near("UESCAPE must be followed by a simple string literal");
        };
        let mut chars = escape.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) if !c.is_ascii_hexdigit() && !matches!(c, '+' | '\'' | '"') && !is_space_char(c) => {
                Ok((c, token.end))
            }
            _ => near("invalid Unicode escape character"),
        }
    }

    /// `$$...$$`, `$tag$...$tag$`; otherwise the dollar is a character that means nothing.
    fn dollar_string(&mut self) -> Scanned {
        let start = self.position;
        let tag = match self.run(start + 1, |c| is_identifier_start(c) || c.is_ascii_digit()) {
            length if self.byte(start + 1 + length) == b'$' => length + 2,
            _ => return Ok((Tok::Char('$'), start + 1)),
        };
        let end = self
            .pieces
            .end_of_piece(start)
            .ok_or_else(|| self.unterminated("dollar-quoted string", start))?;
        let value = self.slice(start + tag, end.saturating_sub(tag));
        Ok((Tok::Sconst(value.to_owned()), end))
    }

    /// `$1`
    fn param(&mut self) -> Scanned {
        let start = self.position;
        let end = start + 1 + self.run(start + 1, |c| c.is_ascii_digit());
        self.no_junk(end, "trailing junk after parameter")?;
        // PostgreSQL's own conversion wraps around; no parameter has such a number either way.
        let number = self.slice(start + 1, end).parse().unwrap_or(i32::MAX);
        Ok((Tok::Param(number), end))
    }

    fn number(&mut self) -> Scanned {
        let start = self.position;
        let digits = |position| self.run(position, |c: char| c.is_ascii_digit());
        let mut end = start + digits(start);
        let mut integer = true;
        // `1..2` is a range of PL/pgSQL: the dots are their own token.
        if self.byte(end) == b'.' && (self.byte(end + 1) != b'.') {
            integer = false;
            end += 1;
            end += digits(end);
        }
        if matches!(self.byte(end), b'e' | b'E') {
            let sign = usize::from(matches!(self.byte(end + 1), b'+' | b'-'));
            let exponent = digits(end + 1 + sign);
            if exponent > 0 {
                integer = false;
                end += 1 + sign + exponent;
            } else if sign > 0 {
                let message = "trailing junk after numeric literal";
                return Err(error_near(self.text, message, start, end + 2));
            }
        }
        self.no_junk(end, "trailing junk after numeric literal")?;
        let written = self.slice(start, end);
        Ok(match written.parse() {
            Ok(value) if integer => (Tok::Iconst(value), end),
            _ => (Tok::Fconst(written.to_owned()), end),
        })
    }

    /// Refuses a number that runs into a word.
    fn no_junk(&self, end: usize, message: &str) -> Result<(), Error> {
        let is_start = |c: char| is_identifier_start(c);
        if self.run(end, is_start) == 0 {
            return Ok(());
        }
        let junk = self.run(end, |c| is_identifier_start(c) || c.is_ascii_digit() || c == '$');
        Err(error_near(self.text, message, self.position, end + junk))
    }

    /// The longest operator that PostgreSQL's rules allow: it ends before a comment, and one of several
    /// characters ends in `+` or `-` only if it has one of ``~!@#%^&|`?``.
    fn operator(&mut self) -> Scanned {
        let start = self.position;
        let mut length = self.run(start, is_operator);
        let run = self.slice(start, start + length);
        for comment in ["/*", "--"] {
            length = run.find(comment).unwrap_or(length).min(length);
        }
        let run = self.slice(start, start + length);
        if !run.contains(['~', '!', '@', '#', '%', '^', '&', '|', '`', '?']) {
            length = run.trim_end_matches(['+', '-']).len().max(1);
        }
        let operator = self.slice(start, start + length);
        let kind = match operator {
            "=>" => Tok::EqualsGreater,
            ">=" => Tok::GreaterEquals,
            "<=" => Tok::LessEquals,
            "<>" | "!=" => Tok::NotEquals,
            "+" | "-" | "*" | "/" | "%" | "^" | "<" | ">" | "=" => Tok::Char(char::from(self.byte(start))),
            _ if length > super::MAX_IDENTIFIER => {
                return Err(error_near(self.text, "operator too long", start, start + length));
            }
            _ => Tok::Op(operator.to_owned()),
        };
        Ok((kind, start + length))
    }
}

/// How a string with a prefix ends.
#[derive(Clone, Copy)]
enum Ending {
    /// At the first quote.
    Plain,
    /// At a quote that is not doubled.
    Doubled,
    /// At a quote that is neither doubled nor after a backslash.
    Backslash,
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0c')
}

fn is_space_char(c: char) -> bool {
    u8::try_from(c).is_ok_and(is_space)
}

fn is_identifier_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || !c.is_ascii()
}

fn is_operator(c: char) -> bool {
    "~!@#^&|`?+-*/%<>=".contains(c)
}
