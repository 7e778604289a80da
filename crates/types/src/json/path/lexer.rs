//! Tokens of paths.

use crate::{Error, Result, SqlState};

#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    /// A name; keywords are names, too.
    Word(String),
    String(String),
    /// `$name`
    Variable(String),
    Integer(String),
    Decimal(String),
    /// `&&`, `==`, `**` and single signs.
    Sign(&'static str),
    End,
}

pub struct Lexer<'a> {
    input: &'a str,
    at: usize,
    /// The current token as written.
    pub text: &'a str,
    /// A word that ends with the path counts as its end in messages.
    ended: bool,
}

/// Signs by their text, longer ones first.
const SIGNS: [&str; 32] = [
    "&&", "||", "**", "<=", "<>", ">=", "==", "!=", "?", "%", "$", ".", "[", "]", "{", "}", "(", ")", "|", "&", "!",
    "=", "<", ">", "@", "#", ",", "*", ":", "-", "+", "/",
];

fn is_other(c: char) -> bool {
    !"?%$.[]{}()|&!=<>@#,*:-+/\\\" \t\n\r\u{c}".contains(c)
}

impl<'a> Lexer<'a> {
    pub fn new(input: &'a str) -> Lexer<'a> {
        Lexer {
            input,
            at: 0,
            text: "",
            ended: false,
        }
    }

    fn rest(&self) -> &'a str {
        self.input.get(self.at..).unwrap_or_default()
    }

    /// Ends the token after so many bytes.
    fn take(&mut self, length: usize) -> &'a str {
        let rest = self.rest();
        let text = rest.get(..length).unwrap_or(rest);
        self.at += text.len();
        self.text = text;
        text
    }

    /// An error at the current token.
    pub fn error(&self, message: &str) -> Error {
        let place = if self.text.is_empty() || self.ended {
            format!("{message} at end of jsonpath input")
        } else {
            format!("{message} at or near \"{}\" of jsonpath input", self.text)
        };
        Error::new(SqlState::SYNTAX_ERROR, place)
    }

    pub fn read(&mut self) -> Result<Token> {
        self.ended = false;
        loop {
            let trimmed = self.rest().trim_start_matches([' ', '\t', '\n', '\r', '\u{c}']);
            self.at = self.input.len() - trimmed.len();
            let Some(comment) = trimmed.strip_prefix("/*") else {
                break;
            };
            let Some(end) = comment.find("*/") else {
                self.text = "";
                return Err(self.error("unexpected end of comment"));
            };
            self.at += end + 4;
        }
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            self.text = "";
            return Ok(Token::End);
        };
        if first == '"' {
            return self.string().map(Token::String);
        }
        if let Some(after) = rest.strip_prefix('$') {
            if after.starts_with('"') {
                self.at += 1;
                return self.string().map(Token::Variable);
            }
            let length = after.find(|c| !is_other(c)).unwrap_or(after.len());
            if length > 0 {
                let text = self.take(1 + length);
                return Ok(Token::Variable(text.get(1..).unwrap_or_default().into()));
            }
        }
        let decimal = rest
            .strip_prefix('.')
            .is_some_and(|r| r.starts_with(|c: char| c.is_ascii_digit()));
        if first.is_ascii_digit() || decimal {
            return self.number();
        }
        if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            self.take(sign.len());
            return Ok(Token::Sign(sign));
        }
        self.word()
    }

    fn number(&mut self) -> Result<Token> {
        let rest = self.rest();
        let digits = |from: usize| {
            let tail = rest.get(from..).unwrap_or_default();
            from + tail.bytes().take_while(u8::is_ascii_digit).count()
        };
        // A number has no leading zeros: `01` is 0 and junk.
        let mut end = if rest.starts_with('0') { 1 } else { digits(0) };
        let mut decimal = false;
        if rest.get(end..).is_some_and(|tail| tail.starts_with('.')) {
            (end, decimal) = (digits(end + 1), true);
        }
        if rest.get(end..).is_some_and(|tail| tail.starts_with(['e', 'E'])) {
            let signed = rest.get(end + 1..).is_some_and(|tail| tail.starts_with(['-', '+']));
            let start = end + 1 + usize::from(signed);
            let exponent_end = digits(start);
            if exponent_end > start {
                (end, decimal) = (exponent_end, true);
            }
        }
        if let Some(junk) = rest
            .get(end..)
            .and_then(|tail| tail.chars().next())
            .filter(|c| is_other(*c))
        {
            self.take(end + junk.len_utf8());
            return Err(self.error("trailing junk after numeric literal"));
        }
        let text = self.take(end).to_string();
        Ok(if decimal {
            Token::Decimal(text)
        } else {
            Token::Integer(text)
        })
    }

    /// A name, which may have escapes.
    fn word(&mut self) -> Result<Token> {
        let start = self.at;
        let mut word = String::new();
        loop {
            match self.rest().chars().next() {
                Some('\\') => word.push(self.escape()?),
                Some(c) if is_other(c) => {
                    word.push(c);
                    self.at += c.len_utf8();
                }
                _ => break,
            }
        }
        self.text = self.input.get(start..self.at).unwrap_or_default();
        self.ended = self.at == self.input.len();
        Ok(Token::Word(word))
    }

    fn string(&mut self) -> Result<String> {
        let start = self.at;
        self.at += 1;
        let mut string = String::new();
        loop {
            match self.rest().chars().next() {
                None => {
                    self.text = "";
                    return Err(self.error("unexpected end of quoted string"));
                }
                Some('"') => break,
                Some('\\') => string.push(self.escape()?),
                Some(c) => {
                    string.push(c);
                    self.at += c.len_utf8();
                }
            }
        }
        self.at += 1;
        self.text = self.input.get(start..self.at).unwrap_or_default();
        Ok(string)
    }

    /// The character of the escape at the current place.
    fn escape(&mut self) -> Result<char> {
        let start = self.at;
        let mut chars = self.rest().chars();
        chars.next();
        let Some(c) = chars.next() else {
            self.text = "";
            return Err(self.error("unexpected end after backslash"));
        };
        self.at += 1 + c.len_utf8();
        let plain = match c {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            'x' => return self.code(start, 2, "invalid hexadecimal character sequence"),
            'u' => {
                if let Some(inside) = self.rest().strip_prefix('{') {
                    let digits = inside.find('}').unwrap_or(0);
                    let code = inside.get(..digits).and_then(|hex| u32::from_str_radix(hex, 16).ok());
                    self.at += digits + 2;
                    return code
                        .and_then(char::from_u32)
                        .ok_or_else(|| self.bad_escape(start, "invalid Unicode escape sequence"));
                }
                return self.unicode(start);
            }
            c => c,
        };
        Ok(plain)
    }

    fn bad_escape(&mut self, start: usize, message: &str) -> Error {
        self.text = self.input.get(start..self.at.min(self.input.len())).unwrap_or_default();
        self.error(message)
    }

    fn hex(&mut self, digits: usize) -> Option<u32> {
        let hex = self.rest().get(..digits)?;
        let code = u32::from_str_radix(hex, 16).ok()?;
        self.at += digits;
        Some(code)
    }

    fn code(&mut self, start: usize, digits: usize, message: &str) -> Result<char> {
        match self.hex(digits).and_then(char::from_u32) {
            Some(c) => Ok(c),
            None => Err(self.bad_escape(start, message)),
        }
    }

    /// Four digits, or two times four for a surrogate pair.
    fn unicode(&mut self, start: usize) -> Result<char> {
        const MESSAGE: &str = "invalid Unicode escape sequence";
        let Some(first) = self.hex(4) else {
            return Err(self.bad_escape(start, MESSAGE));
        };
        let code = if (0xD800..0xDC00).contains(&first) && self.rest().starts_with("\\u") {
            self.at += 2;
            match self.hex(4) {
                Some(second @ 0xDC00..0xE000) => 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00),
                _ => return Err(self.bad_escape(start, MESSAGE)),
            }
        } else {
            first
        };
        char::from_u32(code).ok_or_else(|| self.bad_escape(start, MESSAGE))
    }
}
