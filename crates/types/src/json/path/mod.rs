//! The SQL/JSON path language: `$.a[*] ? (@ > 2)`.
//!
//! [`lexer`] and [`parser`] read a path, [`output`] prints it in PostgreSQL's canonical form, which is what a
//! `jsonpath` value holds. [`execute`] runs it over a document; [`predicate`], [`method`] and [`moment`] are
//! what conditions, `.double()` and its kin, and `.datetime()` do.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use crate::{Datum, Numeric, Result};

pub mod execute;
mod lexer;
mod method;
mod moment;
mod output;
mod parser;
mod predicate;

/// A path with its mode: `lax` forgives what does not fit, `strict` does not.
#[derive(Debug)]
pub struct JsonPath {
    pub(crate) lax: bool,
    pub(crate) root: Expr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Abs,
    Ceiling,
    Double,
    Floor,
    KeyValue,
    Size,
    Type,
}

/// Levels of `**`: None is `last`.
pub(crate) type Level = Option<u32>;

#[derive(Debug)]
pub(crate) enum Expr {
    Null,
    Bool(bool),
    Number(Arc<Numeric>),
    String(Arc<str>),
    Variable(Arc<str>),
    /// `$`
    Root,
    /// `@`
    Current,
    /// `last`
    Last,
    /// A value and where to go from it.
    Path(Box<Expr>, Vec<Step>),
    /// `+x`, `-x`; true: minus.
    Sign(bool, Box<Expr>),
    Arithmetic(Arithmetic, Box<Expr>, Box<Expr>),
    // Predicates.
    Compare(Comparison, Box<Expr>, Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    IsUnknown(Box<Expr>),
    Exists(Box<Expr>),
    StartsWith(Box<Expr>, Box<Expr>),
    LikeRegex(Box<Expr>, Arc<str>, Arc<str>),
}

#[derive(Debug)]
pub(crate) enum Step {
    Key(Arc<str>),
    AnyKey,
    AnyElement,
    /// `[1, 3 to 5]`
    Elements(Vec<(Expr, Option<Expr>)>),
    /// `**{first to last}`
    Any(Level, Level),
    Filter(Expr),
    Method(Method),
    DateTime(Option<Arc<str>>),
}

impl Expr {
    /// Conditions; they stand where conditions are wanted, and only there.
    pub(crate) fn is_predicate(&self) -> bool {
        matches!(
            self,
            Expr::Compare(..)
                | Expr::And(..)
                | Expr::Or(..)
                | Expr::Not(_)
                | Expr::IsUnknown(_)
                | Expr::Exists(_)
                | Expr::StartsWith(..)
                | Expr::LikeRegex(..)
        )
    }
}

impl JsonPath {
    pub fn parse(text: &str) -> Result<JsonPath> {
        parser::parse(text)
    }

    /// The same, remembered: a query runs one path over many documents.
    pub fn cached(text: &str) -> Result<Rc<JsonPath>> {
        const REMEMBERED: usize = 16;
        thread_local! {
            static CACHE: RefCell<Vec<(String, Rc<JsonPath>)>> = const { RefCell::new(Vec::new()) };
        }
        CACHE.with_borrow_mut(|cache| {
            if let Some((_, path)) = cache.iter().find(|(known, _)| known == text) {
                return Ok(path.clone());
            }
            let path = Rc::new(JsonPath::parse(text)?);
            cache.truncate(REMEMBERED - 1);
            cache.insert(0, (text.into(), path.clone()));
            Ok(path)
        })
    }
}

impl Method {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Method::Abs => "abs",
            Method::Ceiling => "ceiling",
            Method::Double => "double",
            Method::Floor => "floor",
            Method::KeyValue => "keyvalue",
            Method::Size => "size",
            Method::Type => "type",
        }
    }
}

impl Arithmetic {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Arithmetic::Add => "+",
            Arithmetic::Subtract => "-",
            Arithmetic::Multiply => "*",
            Arithmetic::Divide => "/",
            Arithmetic::Modulo => "%",
        }
    }
}

/// `jsonpath_in`: a value of the type is kept as its canonical text.
pub fn jsonpath_in(text: &str) -> Result<Datum> {
    Ok(Datum::from(JsonPath::parse(text)?.to_string()))
}
