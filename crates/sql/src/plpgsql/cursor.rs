//! OPEN, FETCH and MOVE, and the arguments of cursors.

use kumquat_types::Result;

use super::ast::*;
use super::reader::{Reader, Until};
use super::scope::Kind;
use crate::ast::Location;
use crate::lexer::Tok;
use crate::parser::syntax_error;

impl Reader<'_> {
    /// After OPEN.
    pub fn open_statement(&mut self) -> Result<StmtKind> {
        let path = self.path_ahead();
        let cursor = self.place()?;
        if let Some(Kind::Cursor { .. }) = self.scopes.variable(&path) {
            let arguments = self.cursor_arguments(&path.join("."))?;
            self.parser.expect(';')?;
            return Ok(StmtKind::Open {
                cursor,
                what: OpenWhat::Bound { arguments },
            });
        }
        let scroll = self.scroll()?;
        if !self.eat_word("for") {
            return Err(self.parser.error_here("syntax error, expected \"FOR\""));
        }
        let what = if self.eat_word("execute") {
            let dynamic = self.dynamic(&[Until::Word("using"), Until::Char(';')], "USING or ;")?;
            self.parser.expect(';')?;
            OpenWhat::ForExecute { scroll, dynamic }
        } else {
            OpenWhat::For {
                scroll,
                query: Box::new(self.sql_statement()?),
            }
        };
        Ok(StmtKind::Open { cursor, what })
    }

    /// `(value, name := value)`, as far as the cursor has parameters.
    pub fn cursor_arguments(&mut self, cursor: &str) -> Result<Vec<CursorArgument>> {
        let path: Vec<String> = cursor.split('.').map(str::to_owned).collect();
        let parameters = self.scopes.variable(&path) == Some(Kind::Cursor { parameters: true });
        let declared = self.scopes.parameters(&path).to_vec();
        let mut filled = Vec::new();
        let location = self.parser.location();
        let mut arguments = Vec::new();
        if !self.parser.at('(') {
            return match parameters {
                true => syntax_error(format!("cursor \"{cursor}\" has arguments"), location),
                false => Ok(arguments),
            };
        }
        if !parameters {
            return syntax_error(format!("cursor \"{cursor}\" has no arguments"), location);
        }
        self.parser.bump();
        loop {
            let location = self.parser.location();
            let name = match matches!(self.parser.tok_at(1), Tok::ColonEquals) {
                true => {
                    let name = self.any_identifier()?;
                    self.parser.bump();
                    Some(name)
                }
                false => None,
            };
            let at = place_of(cursor, &declared, name.as_deref(), arguments.len(), location)?;
            if filled.contains(&at) {
                let parameter = declared.get(at).map_or("", String::as_str);
                let message =
                    format!("value for parameter \"{parameter}\" of cursor \"{cursor}\" specified more than once");
                return syntax_error(message, location);
            }
            filled.push(at);
            let value = self.expression(&[Until::Char(','), Until::Char(')')], ",\" or \")")?;
            arguments.push(CursorArgument { name, value });
            let is_last = arguments.len() >= declared.len();
            if self.parser.at(')') && !is_last {
                let message = format!("not enough arguments for cursor \"{cursor}\"");
                return syntax_error(message, self.parser.location());
            }
            if self.parser.at(',') && is_last {
                let message = format!("too many arguments for cursor \"{cursor}\"");
                return syntax_error(message, self.parser.location());
            }
            if !self.parser.eat(',') {
                break;
            }
        }
        self.parser.expect(')')?;
        Ok(arguments)
    }

    /// After FETCH or MOVE.
    pub fn fetch_statement(&mut self, is_move: bool) -> Result<StmtKind> {
        let direction = self.fetch_direction()?;
        let cursor = self.place()?;
        let into = match is_move {
            true => Vec::new(),
            false => {
                self.expect_word("into")?;
                self.targets()?
            }
        };
        self.parser.expect(';')?;
        Ok(StmtKind::Fetch {
            direction,
            cursor,
            into,
            is_move,
        })
    }

    fn fetch_direction(&mut self) -> Result<FetchDirection> {
        // A cursor may have any of the words for its name.
        if matches!(self.parser.tok(), Tok::Ident(_)) && self.scopes.variable(&self.path_ahead()).is_some() {
            return Ok(FetchDirection::Next);
        }
        let word = self.word().unwrap_or_default();
        let from = [Until::Word("from"), Until::Word("in")];
        let direction = match word.as_str() {
            "next" | "prior" | "first" | "last" => {
                self.parser.bump();
                match word.as_str() {
                    "next" => FetchDirection::Next,
                    "prior" => FetchDirection::Prior,
                    "first" => FetchDirection::First,
                    _ => FetchDirection::Last,
                }
            }
            "absolute" | "relative" => {
                self.parser.bump();
                let count = self.expression(&from, "FROM or IN")?;
                match word.as_str() {
                    "absolute" => FetchDirection::Absolute(count),
                    _ => FetchDirection::Relative(count),
                }
            }
            "all" => {
                self.parser.bump();
                FetchDirection::ForwardAll
            }
            "forward" | "backward" => {
                self.parser.bump();
                self.forward_or_backward(word == "forward")?
            }
            "from" | "in" => FetchDirection::Next,
            _ => FetchDirection::Forward(self.expression(&from, "FROM or IN")?),
        };
        if !self.eat_word("from") && !self.eat_word("in") {
            return Err(self.parser.error_here("expected FROM or IN"));
        }
        Ok(direction)
    }

    fn forward_or_backward(&mut self, forward: bool) -> Result<FetchDirection> {
        if self.eat_word("all") {
            return Ok(match forward {
                true => FetchDirection::ForwardAll,
                false => FetchDirection::BackwardAll,
            });
        }
        if self.at_word("from") || self.at_word("in") {
            return Ok(match forward {
                true => FetchDirection::Next,
                false => FetchDirection::Prior,
            });
        }
        let count = self.expression(&[Until::Word("from"), Until::Word("in")], "FROM or IN")?;
        Ok(match forward {
            true => FetchDirection::Forward(count),
            false => FetchDirection::Backward(count),
        })
    }
}

/// Which parameter of a cursor an argument is for: the named one, or that of its own place.
fn place_of(cursor: &str, declared: &[String], name: Option<&str>, place: usize, location: Location) -> Result<usize> {
    let Some(name) = name else { return Ok(place) };
    let found = declared.iter().position(|parameter| parameter == name);
    match found {
        Some(at) => Ok(at),
        None => syntax_error(
            format!("cursor \"{cursor}\" has no argument named \"{name}\""),
            location,
        ),
    }
}
