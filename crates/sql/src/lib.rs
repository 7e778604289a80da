//! Text to statements: the only crate that imports sqlparser.
//!
//! The way of a text: `lexer` cuts it into PostgreSQL's tokens, `parser` makes of them the trees of
//! [`ast`]. Errors are those of PostgreSQL 15, to the letter and to the token.
//!
//! [`plpgsql`] does the same for the bodies of PL/pgSQL functions.
//!
//! Start at [`parse`].

pub mod ast;
mod keywords;
mod lexer;
mod parser;
pub mod plpgsql;

use std::ops::Range;

use kumquat_types::{Error, Result};

use ast::{Expr, Statement, TypeName};
use parser::Parser;

pub use keywords::{KEYWORDS, Keyword, KeywordCategory, KeywordEntry, keyword_category};
pub use parser::MAX_DEPTH;

/// Parses a text of exactly one statement; a semicolon may follow it. Blanks and comments alone are
/// [`Statement::Empty`].
pub fn parse(text: &str) -> Result<Statement> {
    let mut parser = Parser::new(text);
    let statement = parser.statement()?;
    while parser.eat(';') {}
    end_of_text(&mut parser, statement)
}

/// Statements, each with the bytes it takes in the text.
pub type Statements = Vec<(Statement, Range<usize>)>;

/// Parses a text of any number of statements. Positions count from the beginning of the whole text. Empty
/// statements are left out.
pub fn parse_many(text: &str) -> Result<Statements> {
    parse_many_with_notices(text).0
}

/// [`parse_many`], with what PostgreSQL tells the client on the way, such as that an identifier is too long.
/// It does so even if a statement is refused in the end.
pub fn parse_many_with_notices(text: &str) -> (Result<Statements>, Vec<Error>) {
    let mut parser = Parser::new(text);
    let statements = statements(&mut parser);
    (statements, parser.notices)
}

fn statements(parser: &mut Parser<'_>) -> Result<Statements> {
    let mut statements = Vec::new();
    loop {
        let start = parser.offset();
        let statement = parser.statement()?;
        if !matches!(statement, Statement::Empty) {
            statements.push((statement, start..parser.end_of_last()));
        }
        if !parser.eat(';') {
            return end_of_text(parser, statements);
        }
    }
}

/// Parses the name of a type, as PostgreSQL's `parseTypeString`.
pub fn parse_type_name(text: &str) -> Result<TypeName> {
    let mut parser = Parser::new(text);
    let type_name = parser.type_name()?;
    end_of_text(&mut parser, type_name)
}

/// Parses a single expression.
pub fn parse_expression(text: &str) -> Result<Expr> {
    let mut parser = Parser::new(text);
    let expr = parser.expr()?;
    end_of_text(&mut parser, expr)
}

/// Gives the result if nothing is left to read.
fn end_of_text<T>(parser: &mut Parser<'_>, result: T) -> Result<T> {
    match parser.at_end() {
        true => Ok(result),
        false => parser.unexpected(),
    }
}
