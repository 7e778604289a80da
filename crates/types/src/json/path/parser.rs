//! Parses paths, by precedence: `||`, `&&`, `!`, comparisons, `+ -`, `* / %`, signs, accessors.

use std::sync::Arc;

use super::lexer::{Lexer, Token};
use super::{Arithmetic, Comparison, Expr, JsonPath, Level, Method, Step};
use crate::json::parse::too_deep;
use crate::{Error, Numeric, Result, SqlState};

const MAX_DEPTH: usize = 200;

/// What a path may mention where it stands.
#[derive(Clone, Copy, Default)]
struct Scope {
    /// Inside a filter, where there is an `@`.
    filter: bool,
    /// Inside brackets, where there is a `last`.
    subscript: bool,
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    token: Token,
    depth: usize,
    scope: Scope,
}

pub fn parse(text: &str) -> Result<JsonPath> {
    if text.is_empty() {
        return Err(Error::new(
            SqlState::INVALID_TEXT_REPRESENTATION,
            "invalid input syntax for type jsonpath: \"\"",
        ));
    }
    let mut parser = Parser {
        lexer: Lexer::new(text),
        token: Token::End,
        depth: 0,
        scope: Scope::default(),
    };
    parser.advance()?;
    let lax = match parser.keyword().as_deref() {
        Some("strict") => {
            parser.advance()?;
            false
        }
        Some("lax") => {
            parser.advance()?;
            true
        }
        _ => true,
    };
    let root = parser.or()?;
    if parser.token != Token::End {
        return Err(parser.unexpected());
    }
    Ok(JsonPath { lax, root })
}

fn boxed(left: Expr, right: Expr) -> (Box<Expr>, Box<Expr>) {
    (Box::new(left), Box::new(right))
}

fn syntax(message: &str) -> Error {
    Error::new(SqlState::SYNTAX_ERROR, message)
}

impl Parser<'_> {
    fn advance(&mut self) -> Result<()> {
        self.token = self.lexer.read()?;
        Ok(())
    }

    fn unexpected(&self) -> Error {
        self.lexer.error("syntax error")
    }

    fn at(&self, sign: &str) -> bool {
        matches!(self.token, Token::Sign(found) if found == sign)
    }

    fn accept(&mut self, sign: &str) -> Result<bool> {
        let found = self.at(sign);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    fn expect(&mut self, sign: &str) -> Result<()> {
        if self.accept(sign)? {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    /// The current word in lower case; `true`, `false` and `null` are keywords only as such.
    fn keyword(&self) -> Option<String> {
        match &self.token {
            Token::Word(word) if word == self.lexer.text => {
                let lower = word.to_ascii_lowercase();
                let exact = !matches!(lower.as_str(), "true" | "false" | "null") || lower == *word;
                exact.then_some(lower)
            }
            _ => None,
        }
    }

    fn accept_keyword(&mut self, wanted: &str) -> Result<bool> {
        let found = self.keyword().as_deref() == Some(wanted);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(too_deep());
        }
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    /// The current token does not fit if what stands before it is of the wrong kind.
    fn require(&self, expr: Expr, predicate: bool) -> Result<Expr> {
        if expr.is_predicate() == predicate {
            Ok(expr)
        } else {
            Err(self.unexpected())
        }
    }

    fn or(&mut self) -> Result<Expr> {
        let mut left = self.and()?;
        while self.at("||") {
            left = self.require(left, true)?;
            self.advance()?;
            let right = self.and()?;
            let (left_box, right_box) = boxed(left, self.require(right, true)?);
            left = Expr::Or(left_box, right_box);
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Expr> {
        let mut left = self.not()?;
        while self.at("&&") {
            left = self.require(left, true)?;
            self.advance()?;
            let right = self.not()?;
            let (left_box, right_box) = boxed(left, self.require(right, true)?);
            left = Expr::And(left_box, right_box);
        }
        Ok(left)
    }

    /// `!` takes `(predicate)` or `exists (...)`.
    fn not(&mut self) -> Result<Expr> {
        if !self.accept("!")? {
            return self.comparison();
        }
        let operand = if self.keyword().as_deref() == Some("exists") {
            self.primary()?
        } else if self.at("(") {
            self.parenthesized()?
        } else {
            return Err(self.unexpected());
        };
        Ok(Expr::Not(Box::new(self.require(operand, true)?)))
    }

    fn comparison(&mut self) -> Result<Expr> {
        let left = self.additive()?;
        let operator = match self.token {
            Token::Sign("==") => Comparison::Equal,
            Token::Sign("!=" | "<>") => Comparison::NotEqual,
            Token::Sign("<") => Comparison::Less,
            Token::Sign("<=") => Comparison::LessOrEqual,
            Token::Sign(">") => Comparison::Greater,
            Token::Sign(">=") => Comparison::GreaterOrEqual,
            _ => return self.word_predicate(left),
        };
        let left = self.require(left, false)?;
        self.advance()?;
        let right = self.additive()?;
        let (left, right) = boxed(left, self.require(right, false)?);
        Ok(Expr::Compare(operator, left, right))
    }

    /// `starts with`, `like_regex`.
    fn word_predicate(&mut self, left: Expr) -> Result<Expr> {
        match self.keyword().as_deref() {
            Some("starts") if !left.is_predicate() => {
                self.advance()?;
                if !self.accept_keyword("with")? {
                    return Err(self.unexpected());
                }
                let prefix = match &self.token {
                    Token::String(text) => Expr::String(text.as_str().into()),
                    Token::Variable(name) => Expr::Variable(name.as_str().into()),
                    _ => return Err(self.unexpected()),
                };
                self.advance()?;
                Ok(Expr::StartsWith(Box::new(left), Box::new(prefix)))
            }
            Some("like_regex") if !left.is_predicate() => {
                self.advance()?;
                let pattern = self.string()?;
                let flags = if self.accept_keyword("flag")? {
                    self.string()?
                } else {
                    "".into()
                };
                super::predicate::regex_options(&flags)?;
                Ok(Expr::LikeRegex(Box::new(left), pattern, flags))
            }
            _ => Ok(left),
        }
    }

    fn string(&mut self) -> Result<Arc<str>> {
        let Token::String(text) = &self.token else {
            return Err(self.unexpected());
        };
        let text: Arc<str> = text.as_str().into();
        self.advance()?;
        Ok(text)
    }

    fn additive(&mut self) -> Result<Expr> {
        let mut left = self.multiplicative()?;
        loop {
            let operator = match self.token {
                Token::Sign("+") => Arithmetic::Add,
                Token::Sign("-") => Arithmetic::Subtract,
                _ => return Ok(left),
            };
            left = self.require(left, false)?;
            self.advance()?;
            let right = self.multiplicative()?;
            let (left_box, right_box) = boxed(left, self.require(right, false)?);
            left = Expr::Arithmetic(operator, left_box, right_box);
        }
    }

    fn multiplicative(&mut self) -> Result<Expr> {
        let mut left = self.signed()?;
        loop {
            let operator = match self.token {
                Token::Sign("*") => Arithmetic::Multiply,
                Token::Sign("/") => Arithmetic::Divide,
                Token::Sign("%") => Arithmetic::Modulo,
                _ => return Ok(left),
            };
            left = self.require(left, false)?;
            self.advance()?;
            let right = self.signed()?;
            let (left_box, right_box) = boxed(left, self.require(right, false)?);
            left = Expr::Arithmetic(operator, left_box, right_box);
        }
    }

    fn signed(&mut self) -> Result<Expr> {
        let minus = self.at("-");
        if !minus && !self.at("+") {
            return self.accessors();
        }
        self.advance()?;
        let operand = self.nested(Self::signed)?;
        let operand = self.require(operand, false)?;
        // A sign before a number is part of it.
        Ok(match operand {
            Expr::Number(number) if minus => Expr::Number(Arc::new(number.neg())),
            Expr::Number(number) => Expr::Number(number),
            operand => Expr::Sign(minus, Box::new(operand)),
        })
    }

    fn accessors(&mut self) -> Result<Expr> {
        let base = self.primary()?;
        let mut steps = Vec::new();
        loop {
            let step = match self.token {
                Token::Sign(".") => {
                    self.advance()?;
                    self.member()?
                }
                Token::Sign("[") => {
                    self.advance()?;
                    self.subscripts()?
                }
                Token::Sign("?") => {
                    self.advance()?;
                    self.expect("(")?;
                    let outer = self.scope;
                    self.scope.filter = true;
                    let condition = self.nested(Self::or)?;
                    let condition = self.require(condition, true)?;
                    self.scope = outer;
                    self.expect(")")?;
                    Step::Filter(condition)
                }
                _ => break,
            };
            steps.push(step);
        }
        Ok(if steps.is_empty() {
            base
        } else {
            Expr::Path(Box::new(base), steps)
        })
    }

    fn primary(&mut self) -> Result<Expr> {
        let expr = match &self.token {
            Token::String(text) => Expr::String(text.as_str().into()),
            Token::Variable(name) => Expr::Variable(name.as_str().into()),
            Token::Integer(digits) | Token::Decimal(digits) => Expr::Number(Arc::new(Numeric::parse(digits)?)),
            Token::Sign("$") => Expr::Root,
            Token::Sign("@") => {
                if !self.scope.filter {
                    return Err(syntax("@ is not allowed in root expressions"));
                }
                Expr::Current
            }
            Token::Sign("(") => return self.parenthesized(),
            Token::Word(_) => match self.keyword().as_deref() {
                Some("null") => Expr::Null,
                Some("true") => Expr::Bool(true),
                Some("false") => Expr::Bool(false),
                Some("last") => {
                    if !self.scope.subscript {
                        return Err(syntax("LAST is allowed only in array subscripts"));
                    }
                    Expr::Last
                }
                Some("exists") => {
                    self.advance()?;
                    self.expect("(")?;
                    let operand = self.nested(Self::additive)?;
                    let operand = self.require(operand, false)?;
                    self.expect(")")?;
                    return Ok(Expr::Exists(Box::new(operand)));
                }
                _ => return Err(self.unexpected()),
            },
            _ => return Err(self.unexpected()),
        };
        self.advance()?;
        Ok(expr)
    }

    fn parenthesized(&mut self) -> Result<Expr> {
        self.expect("(")?;
        let inside = self.nested(Self::or)?;
        self.expect(")")?;
        if inside.is_predicate() && self.accept_keyword("is")? {
            return if self.accept_keyword("unknown")? {
                Ok(Expr::IsUnknown(Box::new(inside)))
            } else {
                Err(self.unexpected())
            };
        }
        Ok(inside)
    }

    /// What follows a point.
    fn member(&mut self) -> Result<Step> {
        match self.token.clone() {
            Token::Sign("*") => {
                self.advance()?;
                Ok(Step::AnyKey)
            }
            Token::Sign("**") => {
                self.advance()?;
                self.any_levels()
            }
            Token::String(key) => {
                self.advance()?;
                Ok(Step::Key(key.into()))
            }
            Token::Word(word) => {
                let keyword = self.keyword();
                self.advance()?;
                match keyword {
                    Some(keyword) if self.at("(") => self.method(&keyword),
                    _ => Ok(Step::Key(word.into())),
                }
            }
            _ => Err(self.unexpected()),
        }
    }

    fn method(&mut self, name: &str) -> Result<Step> {
        let method = match name {
            "abs" => Method::Abs,
            "ceiling" => Method::Ceiling,
            "double" => Method::Double,
            "floor" => Method::Floor,
            "keyvalue" => Method::KeyValue,
            "size" => Method::Size,
            "type" => Method::Type,
            "datetime" => {
                self.expect("(")?;
                let template = match self.token {
                    Token::String(_) => Some(self.string()?),
                    _ => None,
                };
                self.expect(")")?;
                return Ok(Step::DateTime(template));
            }
            _ => return Err(self.unexpected()),
        };
        self.expect("(")?;
        self.expect(")")?;
        Ok(Step::Method(method))
    }

    /// `**`, `**{2}`, `**{1 to last}`
    fn any_levels(&mut self) -> Result<Step> {
        if !self.accept("{")? {
            return Ok(Step::Any(Some(0), None));
        }
        let first = self.level()?;
        let last = if self.accept_keyword("to")? {
            self.level()?
        } else {
            first
        };
        self.expect("}")?;
        Ok(Step::Any(first, last))
    }

    fn level(&mut self) -> Result<Level> {
        if self.accept_keyword("last")? {
            return Ok(None);
        }
        let Token::Integer(digits) = &self.token else {
            return Err(self.unexpected());
        };
        let level = digits.parse().map_err(|_| self.unexpected())?;
        self.advance()?;
        Ok(Some(level))
    }

    fn subscripts(&mut self) -> Result<Step> {
        if self.accept("*")? {
            self.expect("]")?;
            return Ok(Step::AnyElement);
        }
        let outer = self.scope;
        self.scope.subscript = true;
        let mut elements = Vec::new();
        loop {
            let from = self.nested(Self::additive)?;
            let from = self.require(from, false)?;
            let to = if self.accept_keyword("to")? {
                let to = self.nested(Self::additive)?;
                Some(self.require(to, false)?)
            } else {
                None
            };
            elements.push((from, to));
            if !self.accept(",")? {
                break;
            }
        }
        self.scope = outer;
        self.expect("]")?;
        Ok(Step::Elements(elements))
    }
}
