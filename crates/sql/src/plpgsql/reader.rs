//! The tokens of a body: words of PL/pgSQL, and the stretches that are SQL.
//!
//! The body is cut into SQL's tokens once. An expression or a statement of SQL goes to the token that
//! ends it, whatever is between; those tokens are then given to SQL's own parser, so that positions are
//! those in the body.

use kumquat_types::{Error, Result, SqlState};

use super::Returns;
use super::ast::{Expression, Sql, Target};
use super::scope::Scopes;
use crate::ast::{Location, Name, Statement};
use crate::lexer::Tok;
use crate::parser::{Parser, error_at};

/// Words that PL/pgSQL keeps for itself.
const RESERVED: &[&str] = &[
    "all", "begin", "by", "case", "declare", "else", "end", "execute", "for", "foreach", "from", "if", "in", "into",
    "loop", "not", "null", "or", "strict", "then", "to", "using", "when", "while",
];

/// Words that mean something to PL/pgSQL where a statement begins, but may be names.
const UNRESERVED: &[&str] = &[
    "absolute",
    "alias",
    "and",
    "array",
    "assert",
    "backward",
    "call",
    "chain",
    "close",
    "collate",
    "column",
    "column_name",
    "commit",
    "constant",
    "constraint",
    "constraint_name",
    "continue",
    "current",
    "cursor",
    "datatype",
    "debug",
    "default",
    "detail",
    "diagnostics",
    "do",
    "dump",
    "elseif",
    "elsif",
    "errcode",
    "error",
    "exception",
    "exit",
    "fetch",
    "first",
    "forward",
    "get",
    "hint",
    "import",
    "info",
    "insert",
    "is",
    "last",
    "log",
    "merge",
    "message",
    "message_text",
    "move",
    "next",
    "no",
    "notice",
    "open",
    "option",
    "perform",
    "pg_context",
    "pg_datatype_name",
    "pg_exception_context",
    "pg_exception_detail",
    "pg_exception_hint",
    "print_strict_params",
    "prior",
    "query",
    "raise",
    "relative",
    "return",
    "returned_sqlstate",
    "reverse",
    "rollback",
    "row_count",
    "rowtype",
    "schema",
    "schema_name",
    "scroll",
    "slice",
    "sqlstate",
    "stacked",
    "table",
    "table_name",
    "type",
    "use_column",
    "use_variable",
    "variable_conflict",
    "warning",
];

/// The token that ends a stretch of SQL.
#[derive(Clone, Copy)]
pub(super) enum Until {
    Char(char),
    Word(&'static str),
    DotDot,
}

pub(super) struct Reader<'a> {
    pub parser: Parser<'a>,
    pub scopes: Scopes,
    pub returns: Returns,
    /// Declarations that hide others.
    pub shadowing: Vec<(String, Location)>,
}

impl<'a> Reader<'a> {
    pub fn new(body: &'a str, returns: Returns) -> Reader<'a> {
        Reader {
            parser: Parser::new(body),
            scopes: Scopes::default(),
            returns,
            shadowing: Vec::new(),
        }
    }

    /// The current token as a word in lower case, unless it is quoted or no word.
    pub fn word(&self) -> Option<String> {
        self.word_ahead(0)
    }

    fn word_ahead(&self, ahead: usize) -> Option<String> {
        let word = matches!(self.parser.tok_at(ahead), Tok::Ident(_) | Tok::Keyword(_));
        let source = self.parser.source(ahead);
        (word && !source.starts_with('"')).then(|| source.to_ascii_lowercase())
    }

    pub fn at_word(&self, word: &str) -> bool {
        self.at_word_ahead(0, word)
    }

    pub fn at_word_ahead(&self, ahead: usize, word: &str) -> bool {
        matches!(self.parser.tok_at(ahead), Tok::Ident(_) | Tok::Keyword(_))
            && self.parser.source(ahead).eq_ignore_ascii_case(word)
    }

    pub fn eat_word(&mut self, word: &str) -> bool {
        let at = self.at_word(word);
        if at {
            self.parser.bump();
        }
        at
    }

    pub fn expect_word(&mut self, word: &str) -> Result<()> {
        match self.eat_word(word) {
            true => Ok(()),
            false => self.parser.unexpected(),
        }
    }

    /// Whether the word may not be a name.
    pub fn at_reserved(&self) -> bool {
        self.word().is_some_and(|word| RESERVED.contains(&word.as_str()))
    }

    /// Whether the word has a meaning of its own at the beginning of a statement.
    pub fn at_unreserved(&self) -> bool {
        self.word().is_some_and(|word| UNRESERVED.contains(&word.as_str()))
    }

    /// A name: any word that is not reserved, or a quoted one.
    pub fn any_identifier(&mut self) -> Result<String> {
        match self.parser.tok() {
            Tok::Ident(_) | Tok::Keyword(_) if !self.at_reserved() => self.parser.col_label(),
            _ => self.parser.unexpected(),
        }
    }

    /// The line that a byte of the body is on, from 1.
    pub fn line(&self, offset: usize) -> u32 {
        let before = self.parser.text.get(..offset).unwrap_or_default();
        let lines = before.bytes().filter(|byte| *byte == b'\n').count();
        u32::try_from(lines).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// How many tokens lie before the one that ends a stretch of SQL. The end of the body ends it, too,
    /// unless there are three kinds of ends; a semicolon that is none is an error.
    fn distance(&self, untils: &[Until], expected: &str, is_expression: bool) -> Result<usize> {
        let mut depth = 0_usize;
        let mut ahead = 0;
        loop {
            let token = self.parser.tok_at(ahead);
            if depth == 0 && untils.iter().any(|until| self.ends(ahead, *until)) {
                return Ok(ahead);
            }
            match token {
                Tok::Char('(' | '[') => depth += 1,
                Tok::Char(')' | ']') if depth == 0 => {
                    return Err(self.parser.error_ahead(ahead, "mismatched parentheses"));
                }
                Tok::Char(')' | ']') => depth -= 1,
                Tok::Error(error) => return Err(error.clone()),
                Tok::End if depth == 0 && untils.len() < 3 => return Ok(ahead),
                Tok::End | Tok::Char(';') if depth > 0 => {
                    return Err(self.parser.error_ahead(ahead, "mismatched parentheses"));
                }
                Tok::End | Tok::Char(';') => {
                    let what = if is_expression { "expression" } else { "statement" };
                    let message = format!("missing \"{expected}\" at end of SQL {what}");
                    let location = self.parser.location_ahead(ahead);
                    return Err(error_at(SqlState::SYNTAX_ERROR, message, location));
                }
                _ => {}
            }
            ahead += 1;
        }
    }

    fn ends(&self, ahead: usize, until: Until) -> bool {
        match until {
            Until::Char(c) => self.parser.at_ahead(ahead, c),
            Until::Word(word) => self.at_word_ahead(ahead, word),
            Until::DotDot => matches!(self.parser.tok_at(ahead), Tok::DotDot),
        }
    }

    /// An expression up to the token that ends it, which stays.
    pub fn expression(&mut self, untils: &[Until], expected: &str) -> Result<Expression> {
        let length = self.distance(untils, expected, true)?;
        if length == 0 {
            return Err(self.parser.error_here("missing expression"));
        }
        self.expression_of(length)
    }

    /// An expression up to the semicolon, which is taken. It may be empty where it is not checked.
    pub fn last_expression(&mut self, may_be_empty: bool) -> Result<Expression> {
        let length = self.distance(&[Until::Char(';')], ";", true)?;
        if length == 0 && !may_be_empty {
            return Err(self.parser.error_here("missing expression"));
        }
        let expression = self.expression_of(length)?;
        self.parser.expect(';')?;
        Ok(expression)
    }

    /// The next tokens as what would follow SELECT.
    fn expression_of(&mut self, length: usize) -> Result<Expression> {
        let location = self.parser.location();
        let (text, mut inner) = self.parser.take(length);
        let query = inner.plpgsql_expression()?;
        Ok(Expression { text, query, location })
    }

    /// A statement of SQL up to the semicolon, which is taken.
    pub fn sql_statement(&mut self) -> Result<Sql> {
        let sql = self.query_before_semicolon()?;
        self.parser.expect(';')?;
        Ok(sql)
    }

    /// A statement of SQL up to the semicolon, which stays.
    pub fn query_before_semicolon(&mut self) -> Result<Sql> {
        let length = self.distance(&[Until::Char(';')], ";", false)?;
        if length == 0 {
            return Err(self.parser.error_here("missing SQL statement"));
        }
        self.sql_of(length)
    }

    /// A query up to LOOP, which stays.
    pub fn loop_query(&mut self) -> Result<Sql> {
        let length = self.distance(&[Until::Word("loop")], "LOOP", false)?;
        if length == 0 {
            return Err(self.parser.error_here("missing SQL statement"));
        }
        self.sql_of(length)
    }

    pub fn sql_of(&mut self, length: usize) -> Result<Sql> {
        let location = self.parser.location();
        let (text, mut inner) = self.parser.take(length);
        let statement = whole_statement(&mut inner)?;
        Ok(Sql {
            text,
            statement,
            location,
        })
    }

    /// Whether `..` comes before the loop's body: then the loop counts.
    pub fn range_follows(&self) -> Result<bool> {
        let untils = [Until::DotDot, Until::Word("loop")];
        let length = self.distance(&untils, "LOOP", true)?;
        Ok(self.ends(length, Until::DotDot))
    }

    /// The dotted name that stands here.
    pub fn path_ahead(&self) -> Name {
        let name = |ahead| match self.parser.tok_at(ahead) {
            Tok::Ident(name) => name.clone(),
            _ => self.parser.source(ahead).to_ascii_lowercase(),
        };
        let mut path = vec![name(0)];
        let mut ahead = 1;
        while self.parser.at_ahead(ahead, '.') && self.is_name(ahead + 1) {
            path.push(name(ahead + 1));
            ahead += 2;
        }
        path
    }

    fn is_name(&self, ahead: usize) -> bool {
        matches!(self.parser.tok_at(ahead), Tok::Ident(_) | Tok::Keyword(_))
    }

    /// A variable with its fields and subscripts, to be assigned to: it must be known and no constant.
    pub fn target(&mut self) -> Result<Target> {
        let target = self.place()?;
        self.check_assignable(&target.name, target.location)?;
        Ok(target)
    }

    /// Refuses a constant.
    pub fn check_assignable(&self, name: &[String], location: Location) -> Result<()> {
        match self.scopes.constant(name) {
            Some(constant) => {
                let message = format!("variable \"{constant}\" is declared CONSTANT");
                Err(error_at(SqlState("22005"), message, location))
            }
            None => Ok(()),
        }
    }

    /// A variable with its fields and subscripts, which must be known.
    pub fn place(&mut self) -> Result<Target> {
        let location = self.parser.location();
        if let Tok::Param(number) = *self.parser.tok() {
            self.parser.bump();
            return Ok(Target {
                name: vec![format!("${number}")],
                indirection: Vec::new(),
                location,
            });
        }
        let name = self.path_ahead();
        if self.scopes.variable(&name).is_none() {
            let no_name = !self.is_name(0) || self.at_reserved() || self.at_unreserved();
            return match no_name {
                true => self.parser.unexpected(),
                false => Err(unknown_variable(&name.join("."), location)),
            };
        }
        for _ in 1..name.len() * 2 {
            self.parser.bump();
        }
        let indirection = match self.parser.at('[') {
            true => self.parser.indirection()?,
            false => Vec::new(),
        };
        Ok(Target {
            name,
            indirection,
            location,
        })
    }

    /// Targets with commas between them.
    pub fn targets(&mut self) -> Result<Vec<Target>> {
        let mut targets = vec![self.target()?];
        while self.parser.eat(',') {
            targets.push(self.target()?);
        }
        Ok(targets)
    }
}

/// The only statement of a stretch of SQL.
pub(super) fn whole_statement(parser: &mut Parser<'_>) -> Result<Statement> {
    let statement = parser.statement()?;
    match parser.at_end() {
        true => Ok(statement),
        false => parser.unexpected(),
    }
}

pub(super) fn unknown_variable(name: &str, location: Location) -> Error {
    let message = format!("\"{name}\" is not a known variable");
    error_at(SqlState::SYNTAX_ERROR, message, location)
}
