//! The way through the tokens: looking ahead, taking, refusing.

use kumquat_types::{Error, Result, SqlState};

use crate::ast::Location;
use crate::keywords::Keyword;
use crate::lexer::{Tok, Token, error_near, tokenize};

/// How deep a tree may be. A level of an expression counts 2, a query inside another 6, an operator
/// whose operand is the one before it in a chain counts 1.
///
/// PostgreSQL's bound is its stack, and so is this one, in a way: whoever walks a tree by recursion is to
/// stay within half a megabyte, since WebAssembly in a browser has one in all.
pub const MAX_DEPTH: usize = 400;

/// What a level of parentheses, arguments and the like costs.
pub(crate) const LEVEL: usize = 2;

/// What a query or statement inside another costs.
pub(crate) const QUERY: usize = 6;

/// A parser of one text, standing before a token.
pub(crate) struct Parser<'a> {
    pub text: &'a str,
    tokens: Vec<Token>,
    next: usize,
    /// Levels of nesting around the current token.
    depth: usize,
    /// Levels of the trees that were read since it was last set to 0.
    pub height: usize,
    /// What the client is to be told besides the result.
    pub notices: Vec<Error>,
    place: Place,
}

/// What the words after an expression may mean, other than operators.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Place {
    Plain,
    /// A target list: a key word may be the column's label.
    Target,
    /// The first argument of SUBSTRING: SIMILAR may follow it.
    Substring,
}

/// What a token is compared with: a key word or one of the characters that are tokens.
pub(crate) trait Terminal: Copy {
    fn is(self, token: &Tok) -> bool;
}

impl Terminal for Keyword {
    fn is(self, token: &Tok) -> bool {
        matches!(token, Tok::Keyword(keyword) if *keyword == self)
    }
}

impl Terminal for char {
    fn is(self, token: &Tok) -> bool {
        matches!(token, Tok::Char(c) if *c == self)
    }
}

/// What stands beyond the last token.
const END: &Tok = &Tok::End;

impl<'a> Parser<'a> {
    /// A parser before the first token.
    pub fn new(text: &'a str) -> Parser<'a> {
        let mut notices = Vec::new();
        Parser {
            text,
            tokens: tokenize(text, &mut notices),
            notices,
            next: 0,
            depth: 0,
            height: 0,
            place: Place::Plain,
        }
    }

    pub fn tok(&self) -> &Tok {
        self.tok_at(0)
    }

    /// The token `ahead` of the current one.
    pub fn tok_at(&self, ahead: usize) -> &Tok {
        let token = self.tokens.get(self.next + ahead);
        token.map_or(END, |token| &token.kind)
    }

    pub fn keyword(&self) -> Option<Keyword> {
        match self.tok() {
            Tok::Keyword(keyword) => Some(*keyword),
            _ => None,
        }
    }

    pub fn at(&self, terminal: impl Terminal) -> bool {
        terminal.is(self.tok())
    }

    pub fn at_ahead(&self, ahead: usize, terminal: impl Terminal) -> bool {
        terminal.is(self.tok_at(ahead))
    }

    pub fn at_any(&self, terminals: &[impl Terminal]) -> bool {
        terminals.iter().any(|terminal| self.at(*terminal))
    }

    /// Two tokens, of which the second tells what the first one is.
    pub fn at_both(&self, first: impl Terminal, second: impl Terminal) -> bool {
        self.at(first) && self.at_ahead(1, second)
    }

    pub fn at_end(&self) -> bool {
        matches!(self.tok(), Tok::End)
    }

    /// Takes the current token.
    pub fn bump(&mut self) -> Tok {
        match self.tokens.get_mut(self.next) {
            Some(Token {
                kind: Tok::End | Tok::Error(_),
                ..
            })
            | None => Tok::End,
            Some(token) => {
                self.next += 1;
                std::mem::replace(&mut token.kind, Tok::End)
            }
        }
    }

    pub fn eat(&mut self, terminal: impl Terminal) -> bool {
        let at = self.at(terminal);
        if at {
            self.bump();
        }
        at
    }

    /// Takes two tokens if both are there.
    pub fn eat_both(&mut self, first: impl Terminal, second: impl Terminal) -> bool {
        let at = self.at_both(first, second);
        if at {
            self.bump();
            self.bump();
        }
        at
    }

    pub fn expect(&mut self, terminal: impl Terminal) -> Result<()> {
        if self.eat(terminal) { Ok(()) } else { self.unexpected() }
    }

    /// Key words that must follow each other.
    pub fn expect_all(&mut self, keywords: &[Keyword]) -> Result<()> {
        keywords.iter().try_for_each(|keyword| self.expect(*keyword))
    }

    /// Takes a key word that obliges to the ones that follow it.
    pub fn eat_all(&mut self, first: Keyword, rest: &[Keyword]) -> Result<bool> {
        let at = self.eat(first);
        if at {
            self.expect_all(rest)?;
        }
        Ok(at)
    }

    /// Takes one of several key words, and tells what it stands for.
    pub fn eat_one_of<T: Copy>(&mut self, choices: &[(Keyword, T)]) -> Option<T> {
        let keyword = self.keyword()?;
        let (_, meaning) = choices.iter().find(|(choice, _)| *choice == keyword)?;
        self.bump();
        Some(*meaning)
    }

    pub fn expect_one_of<T: Copy>(&mut self, choices: &[(Keyword, T)]) -> Result<T> {
        match self.eat_one_of(choices) {
            Some(meaning) => Ok(meaning),
            None => self.unexpected(),
        }
    }

    /// The byte offset of the current token.
    pub fn offset(&self) -> usize {
        let token = self.tokens.get(self.next);
        token.map_or(self.text.len(), |token| token.start)
    }

    /// The byte offset after the last token that was taken.
    pub fn end_of_last(&self) -> usize {
        let last = self.next.checked_sub(1).and_then(|last| self.tokens.get(last));
        last.map_or(0, |token| token.end)
    }

    /// How a token `ahead` is written.
    pub fn source(&self, ahead: usize) -> &'a str {
        let token = self.tokens.get(self.next + ahead);
        token
            .and_then(|token| self.text.get(token.start..token.end))
            .unwrap_or_default()
    }

    pub fn location_ahead(&self, ahead: usize) -> Location {
        let token = self.tokens.get(self.next + ahead);
        Location::new(token.map_or(self.text.len(), |token| token.start))
    }

    /// The number of the current token, for [`Parser::seek`].
    pub fn index(&self) -> usize {
        self.next
    }

    /// Goes to a token. Those that were taken before are gone.
    pub fn seek(&mut self, position: usize) {
        self.next = position;
    }

    /// Takes the next tokens, without those of a gap (counted from the current one), for a parser of
    /// their own; with their text, which has blanks in place of the gap.
    pub fn take_without(&mut self, length: usize, gap: Option<(usize, usize)>) -> (String, Parser<'a>) {
        let start = self.offset();
        let last = self.next + length;
        let (gap_start, gap_end) = gap.map_or((last, last), |(a, b)| (self.next + a, self.next + b));
        let at = |index: usize| self.tokens.get(index).map_or(self.text.len(), |token| token.start);
        let mut text = self.text.get(start..at(gap_start)).unwrap_or_default().to_owned();
        if gap.is_some() {
            text.extend(std::iter::repeat_n(' ', at(gap_end) - at(gap_start)));
            text += self.text.get(at(gap_end)..at(last)).unwrap_or_default();
        }
        text.truncate(text.trim_end().len());
        let mut tokens = Vec::new();
        let mut end = start;
        for index in (self.next..gap_start).chain(gap_end..last) {
            if let Some(token) = self.tokens.get_mut(index) {
                end = token.end;
                let kind = std::mem::replace(&mut token.kind, Tok::End);
                tokens.push(Token {
                    kind,
                    start: token.start,
                    end: token.end,
                });
            }
        }
        tokens.push(Token {
            kind: Tok::End,
            start: end,
            end,
        });
        self.next = last;
        let parser = Parser {
            text: self.text,
            tokens,
            next: 0,
            depth: self.depth,
            height: 0,
            notices: Vec::new(),
            place: Place::Plain,
        };
        (text, parser)
    }

    /// Takes the next tokens for a parser of their own, with their text.
    pub fn take(&mut self, length: usize) -> (String, Parser<'a>) {
        self.take_without(length, None)
    }

    pub fn location(&self) -> Location {
        Location::new(self.offset())
    }

    /// Refuses the current token, or tells what the lexer found wrong with it.
    pub fn unexpected<T>(&self) -> Result<T> {
        Err(self.error_here("syntax error"))
    }

    /// An error in the grammar's own words at the current token.
    pub fn error_here(&self, message: &str) -> Error {
        self.error_ahead(0, message)
    }

    /// An error in the grammar's own words at a token `ahead`.
    pub fn error_ahead(&self, ahead: usize, message: &str) -> Error {
        match self.tokens.get(self.next + ahead) {
            Some(Token {
                kind: Tok::Error(error),
                ..
            }) => error.clone(),
            Some(token) => error_near(self.text, message, token.start, token.end),
            None => error_near(self.text, message, self.text.len(), self.text.len()),
        }
    }

    /// Runs a rule deeper, by [`LEVEL`] or [`QUERY`].
    pub fn nested<T>(&mut self, cost: usize, rule: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.enter(cost)?;
        let result = rule(self);
        self.leave(cost);
        result
    }

    /// Goes deeper; [`Parser::leave`] comes back.
    pub fn enter(&mut self, cost: usize) -> Result<()> {
        self.depth += cost;
        self.check_depth(0)
    }

    pub fn leave(&mut self, cost: usize) {
        self.depth -= cost;
    }

    /// Refuses a tree that is too high for its place.
    pub fn check_depth(&self, height: usize) -> Result<()> {
        if self.depth + height <= MAX_DEPTH {
            return Ok(());
        }
        Err(
            Error::new(SqlState::STATEMENT_TOO_COMPLEX, "stack depth limit exceeded").hint(
                "Increase the configuration parameter \"max_stack_depth\" (currently 2048kB), \
                 after ensuring the platform's stack depth limit is adequate.",
            ),
        )
    }

    /// Whether the current token stands outside of parentheses in such a place.
    pub fn is_in(&self, place: Place) -> bool {
        self.place == place
    }

    /// Runs a rule where the words after expressions mean something else.
    pub fn within<T>(&mut self, place: Place, rule: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let outer = std::mem::replace(&mut self.place, place);
        let result = rule(self);
        self.place = outer;
        result
    }

    /// A rule in parentheses.
    pub fn in_parens<T>(&mut self, rule: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.expect('(')?;
        let result = self.within(Place::Plain, rule)?;
        self.expect(')')?;
        Ok(result)
    }

    /// A list with commas between its items.
    pub fn comma_list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut list = vec![item(self)?];
        while self.eat(',') {
            list.push(item(self)?);
        }
        Ok(list)
    }

    /// A list in parentheses.
    pub fn parenthesized_list<T>(&mut self, item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        self.in_parens(|p| p.comma_list(item))
    }

    /// A list in parentheses, or nothing.
    pub fn optional_list<T>(&mut self, item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        if self.at('(') {
            self.parenthesized_list(item)
        } else {
            Ok(Vec::new())
        }
    }
}

/// A syntax error in the grammar's own words, at a node.
pub(crate) fn syntax_error<T>(message: impl Into<String>, location: Location) -> Result<T> {
    Err(error_at(SqlState::SYNTAX_ERROR, message, location))
}

/// An error at a node.
pub(crate) fn error_at(sqlstate: SqlState, message: impl Into<String>, location: Location) -> Error {
    let position = location.offset().and_then(|offset| u32::try_from(offset).ok());
    Error::new(sqlstate, message).at(position)
}
