//! Parses JSON text into nodes that remember their text, and those into jsonb.

use std::sync::Arc;

use super::lexer::{Lexer, Token};
use super::{Json, MAX_DEPTH};
use crate::{Datum, Error, Numeric, Result, SqlState};

/// A piece of JSON text.
#[derive(Clone, Debug)]
pub struct Node<'a> {
    /// As written, without blanks around it.
    pub text: &'a str,
    pub value: Value<'a>,
}

#[derive(Clone, Debug)]
pub enum Value<'a> {
    Null,
    Bool(bool),
    Number,
    /// With its escapes resolved.
    String(String),
    Array(Vec<Node<'a>>),
    /// In the order of the text, keys may repeat.
    Object(Vec<(String, Node<'a>)>),
}

/// What is wrong with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    InvalidToken,
    EscapingRequired(char),
    EscapingInvalid,
    UnicodeEscapeFormat,
    CodePointZero,
    HighSurrogate,
    LowSurrogate,
    /// What was expected, as the detail names it; the token found is shown.
    Expected(&'static str),
    TooDeep,
}

/// Parses a text, resolving the escapes of strings.
pub fn parse(text: &str) -> Result<Node<'_>> {
    run(text, true)
}

/// `json_in`: checks a text and keeps it. Escapes are checked for their form only.
pub fn json_in(text: &str) -> Result<Datum> {
    run(text, false)?;
    Ok(Datum::text(text))
}

/// `jsonb_in`
pub fn jsonb_in(text: &str) -> Result<Datum> {
    Ok(Datum::Jsonb(Arc::new(parse(text)?.to_json()?)))
}

fn run(text: &str, resolve: bool) -> Result<Node<'_>> {
    let mut parser = Parser {
        lexer: Lexer::new(text, resolve),
        depth: 0,
    };
    parser.document().map_err(|fault| parser.error(fault))
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn document(&mut self) -> Result<Node<'a>, Fault> {
        self.lexer.advance()?;
        let node = self.value()?;
        if self.lexer.token == Token::End {
            Ok(node)
        } else {
            Err(Fault::Expected("end of input"))
        }
    }

    fn value(&mut self) -> Result<Node<'a>, Fault> {
        let start = self.lexer.start;
        let value = match self.lexer.token {
            Token::String => Value::String(std::mem::take(&mut self.lexer.string)),
            Token::Number => Value::Number,
            Token::True => Value::Bool(true),
            Token::False => Value::Bool(false),
            Token::Null => Value::Null,
            Token::ArrayStart | Token::ObjectStart => {
                self.depth += 1;
                if self.depth > MAX_DEPTH {
                    return Err(Fault::TooDeep);
                }
                let value = if self.lexer.token == Token::ArrayStart {
                    self.array()?
                } else {
                    self.object()?
                };
                self.depth -= 1;
                value
            }
            _ => return Err(Fault::Expected("JSON value")),
        };
        let text = self.lexer.input.get(start..self.lexer.end).unwrap_or_default();
        self.lexer.advance()?;
        Ok(Node { text, value })
    }

    /// Up to its closing bracket, which stays the current token.
    fn array(&mut self) -> Result<Value<'a>, Fault> {
        let mut elements = Vec::new();
        self.lexer.advance()?;
        if self.lexer.token == Token::ArrayEnd {
            return Ok(Value::Array(elements));
        }
        loop {
            elements.push(self.value()?);
            match self.lexer.token {
                Token::Comma => self.lexer.advance()?,
                Token::ArrayEnd => return Ok(Value::Array(elements)),
                _ => return Err(Fault::Expected("\",\" or \"]\"")),
            }
        }
    }

    fn object(&mut self) -> Result<Value<'a>, Fault> {
        let mut members = Vec::new();
        self.lexer.advance()?;
        if self.lexer.token == Token::ObjectEnd {
            return Ok(Value::Object(members));
        }
        let mut expected = Fault::Expected("string or \"}\"");
        loop {
            if self.lexer.token != Token::String {
                return Err(expected);
            }
            let key = std::mem::take(&mut self.lexer.string);
            self.lexer.advance()?;
            if self.lexer.token != Token::Colon {
                return Err(Fault::Expected("\":\""));
            }
            self.lexer.advance()?;
            members.push((key, self.value()?));
            match self.lexer.token {
                Token::Comma => self.lexer.advance()?,
                Token::ObjectEnd => return Ok(Value::Object(members)),
                _ => return Err(Fault::Expected("\",\" or \"}\"")),
            }
            expected = Fault::Expected("string");
        }
    }

    fn error(&self, fault: Fault) -> Error {
        let token = self.lexer.text();
        let detail = match fault {
            Fault::Expected(_) if self.lexer.token == Token::End => "The input string ended unexpectedly.".into(),
            Fault::Expected(what) => format!("Expected {what}, but found \"{token}\"."),
            Fault::InvalidToken => format!("Token \"{token}\" is invalid."),
            Fault::EscapingRequired(c) => {
                format!("Character with value 0x{:02x} must be escaped.", u32::from(c))
            }
            Fault::EscapingInvalid => format!("Escape sequence \"\\{token}\" is invalid."),
            Fault::UnicodeEscapeFormat => "\"\\u\" must be followed by four hexadecimal digits.".into(),
            Fault::CodePointZero => "\\u0000 cannot be converted to text.".into(),
            Fault::HighSurrogate => "Unicode high surrogate must not follow a high surrogate.".into(),
            Fault::LowSurrogate => "Unicode low surrogate must follow a high surrogate.".into(),
            Fault::TooDeep => return too_deep(),
        };
        let error = if fault == Fault::CodePointZero {
            Error::new(
                SqlState::UNTRANSLATABLE_CHARACTER,
                "unsupported Unicode escape sequence",
            )
        } else {
            Error::new(
                SqlState::INVALID_TEXT_REPRESENTATION,
                "invalid input syntax for type json",
            )
        };
        error.detail(detail).context(self.context())
    }

    /// The line up to where the token ends, at most about fifty bytes of it.
    fn context(&self) -> String {
        let Lexer {
            input,
            end,
            line,
            line_start,
            ..
        } = self.lexer;
        let mut start = line_start;
        while end.saturating_sub(start) >= 50 {
            start += 1;
            while !input.is_char_boundary(start) {
                start += 1;
            }
        }
        if start - line_start <= 3 {
            start = line_start;
        }
        let before = if start > line_start { "..." } else { "" };
        let next = input.as_bytes().get(end);
        let more = self.lexer.token != Token::End && next.is_some_and(|b| !matches!(b, b'\n' | b'\r'));
        let after = if more { "..." } else { "" };
        let shown = input.get(start..end).unwrap_or_default();
        format!("JSON data, line {line}: {before}{shown}{after}")
    }
}

/// What a server says when its stack is used up.
pub fn too_deep() -> Error {
    Error::new(SqlState::STATEMENT_TOO_COMPLEX, "stack depth limit exceeded").hint(
        "Increase the configuration parameter \"max_stack_depth\" (currently 2048kB), after ensuring the \
         platform's stack depth limit is adequate.",
    )
}

impl Node<'_> {
    /// The same value as jsonb.
    pub fn to_json(&self) -> Result<Json> {
        Ok(match &self.value {
            Value::Null => Json::Null,
            Value::Bool(value) => Json::Bool(*value),
            Value::Number => Json::Number(Arc::new(Numeric::parse(self.text)?)),
            Value::String(text) => Json::String(text.as_str().into()),
            Value::Array(elements) => Json::Array(elements.iter().map(Node::to_json).collect::<Result<_>>()?),
            Value::Object(members) => {
                let member = |(key, node): &(String, Node<'_>)| Ok((key.as_str().into(), node.to_json()?));
                Json::object(members.iter().map(member).collect::<Result<_>>()?)
            }
        })
    }
}
