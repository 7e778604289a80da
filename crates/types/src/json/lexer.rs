//! Tokens of JSON, and what can be wrong with them.

use super::parse::Fault;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    String,
    Number,
    ObjectStart,
    ObjectEnd,
    ArrayStart,
    ArrayEnd,
    Comma,
    Colon,
    True,
    False,
    Null,
    End,
}

/// Reads one token after the other. Errors point at the token's text and are shown with the line up to it.
pub struct Lexer<'a> {
    pub input: &'a str,
    /// Where the current token begins and ends.
    pub start: usize,
    pub end: usize,
    pub token: Token,
    /// The current string with its escapes resolved, if that is asked for.
    pub string: String,
    resolve: bool,
    pub line: usize,
    pub line_start: usize,
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

impl<'a> Lexer<'a> {
    pub fn new(input: &'a str, resolve: bool) -> Lexer<'a> {
        Lexer {
            input,
            start: 0,
            end: 0,
            token: Token::End,
            string: String::new(),
            resolve,
            line: 1,
            line_start: 0,
        }
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.input.as_bytes().get(at).copied()
    }

    /// The current token as written.
    pub fn text(&self) -> &'a str {
        self.input.get(self.start..self.end).unwrap_or_default()
    }

    pub fn advance(&mut self) -> Result<(), Fault> {
        let mut at = self.end;
        while let Some(byte @ (b' ' | b'\t' | b'\n' | b'\r')) = self.byte(at) {
            at += 1;
            if byte == b'\n' {
                self.line += 1;
                self.line_start = at;
            }
        }
        self.start = at;
        let Some(byte) = self.byte(at) else {
            (self.token, self.end) = (Token::End, at);
            return Ok(());
        };
        let single = match byte {
            b'{' => Token::ObjectStart,
            b'}' => Token::ObjectEnd,
            b'[' => Token::ArrayStart,
            b']' => Token::ArrayEnd,
            b',' => Token::Comma,
            b':' => Token::Colon,
            b'"' => {
                self.token = Token::String;
                return self.read_string();
            }
            b'-' | b'0'..=b'9' => {
                self.token = Token::Number;
                return self.read_number();
            }
            _ => return self.read_word(),
        };
        (self.token, self.end) = (single, at + 1);
        Ok(())
    }

    /// true, false, null; any other word is shown whole, any other character alone.
    fn read_word(&mut self) -> Result<(), Fault> {
        let bytes = self.input.as_bytes().get(self.start..).unwrap_or_default();
        let length = bytes.iter().take_while(|&&b| is_word(b)).count();
        self.end = self.start + length.max(1);
        // A word that is none is no end of input either.
        self.token = Token::Null;
        self.token = match self.text() {
            "true" => Token::True,
            "false" => Token::False,
            "null" => Token::Null,
            _ => return Err(Fault::InvalidToken),
        };
        Ok(())
    }

    fn digits(&self, at: usize) -> usize {
        let bytes = self.input.as_bytes().get(at..).unwrap_or_default();
        bytes.iter().take_while(|b| b.is_ascii_digit()).count()
    }

    fn read_number(&mut self) -> Result<(), Fault> {
        let mut at = self.start + usize::from(self.byte(self.start) == Some(b'-'));
        let whole = match self.byte(at) {
            Some(b'0') => 1,
            _ => self.digits(at),
        };
        let mut valid = whole > 0;
        at += whole;
        if self.byte(at) == Some(b'.') {
            let digits = self.digits(at + 1);
            valid &= digits > 0;
            at += 1 + digits;
        }
        if matches!(self.byte(at), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(self.byte(at + 1), Some(b'-' | b'+')));
            let digits = self.digits(at + 1 + sign);
            valid &= digits > 0;
            at += 1 + sign + digits;
        }
        while self.byte(at).is_some_and(is_word) {
            valid = false;
            at += 1;
        }
        self.end = at;
        if valid { Ok(()) } else { Err(Fault::InvalidToken) }
    }

    fn read_string(&mut self) -> Result<(), Fault> {
        let mut resolved = String::new();
        let mut high: Option<u32> = None;
        let mut at = self.start + 1;
        loop {
            let rest = self.input.get(at..).unwrap_or_default();
            let Some(c) = rest.chars().next() else {
                self.end = self.input.len();
                return Err(Fault::InvalidToken);
            };
            let (unit, length) = match c {
                '\\' => self.escape(at)?,
                c if u32::from(c) < 32 => {
                    self.end = at;
                    return Err(Fault::EscapingRequired(c));
                }
                c => (Unit::Char(c), c.len_utf8()),
            };
            at += length;
            self.end = at;
            if c == '"' {
                break;
            }
            if self.resolve {
                push_unit(&mut resolved, &mut high, unit)?;
            }
        }
        lone_surrogate(high)?;
        self.string = resolved;
        Ok(())
    }

    /// The character or UTF-16 unit of the escape at a backslash, and the escape's length.
    fn escape(&mut self, backslash: usize) -> Result<(Unit, usize), Fault> {
        let at = backslash + 1;
        let Some(c) = self.input.get(at..).and_then(|rest| rest.chars().next()) else {
            self.end = self.input.len();
            return Err(Fault::InvalidToken);
        };
        let plain = match c {
            '"' | '\\' | '/' => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let mut value = 0;
                for digit in at + 1..at + 5 {
                    let Some(c) = self.input.get(digit..).and_then(|rest| rest.chars().next()) else {
                        self.end = self.input.len();
                        return Err(Fault::InvalidToken);
                    };
                    let Some(hex) = c.to_digit(16) else {
                        self.end = digit + c.len_utf8();
                        return Err(Fault::UnicodeEscapeFormat);
                    };
                    value = value * 16 + hex;
                }
                return Ok((Unit::Utf16(value), 6));
            }
            c => {
                // Only the escape is shown, not the whole string.
                (self.start, self.end) = (at, at + c.len_utf8());
                return Err(Fault::EscapingInvalid);
            }
        };
        Ok((Unit::Char(plain), 2))
    }
}

enum Unit {
    Char(char),
    Utf16(u32),
}

fn lone_surrogate(high: Option<u32>) -> Result<(), Fault> {
    match high {
        Some(_) => Err(Fault::LowSurrogate),
        None => Ok(()),
    }
}

/// Adds an escaped character; surrogates must come in pairs.
fn push_unit(out: &mut String, high: &mut Option<u32>, unit: Unit) -> Result<(), Fault> {
    let code = match unit {
        Unit::Char(c) => {
            lone_surrogate(*high)?;
            u32::from(c)
        }
        Unit::Utf16(code @ 0xD800..=0xDBFF) => {
            if high.is_some() {
                return Err(Fault::HighSurrogate);
            }
            *high = Some(code);
            return Ok(());
        }
        Unit::Utf16(code @ 0xDC00..=0xDFFF) => match high.take() {
            Some(first) => 0x10000 + ((first - 0xD800) << 10) + (code - 0xDC00),
            None => return Err(Fault::LowSurrogate),
        },
        Unit::Utf16(code) => {
            lone_surrogate(*high)?;
            code
        }
    };
    if code == 0 {
        return Err(Fault::CodePointZero);
    }
    out.extend(char::from_u32(code));
    Ok(())
}
