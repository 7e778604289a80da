//! Cursors and prepared statements.

use kumquat_types::Result;

use super::cursor::Parser;
use crate::ast::*;
use crate::keywords::Keyword as K;
use crate::lexer::Tok;

impl Parser<'_> {
    pub fn declare_stmt(&mut self) -> Result<Statement> {
        self.expect(K::Declare)?;
        let name = self.col_id()?;
        let (mut binary, mut asensitive, mut insensitive) = (false, false, false);
        let mut scroll = None;
        loop {
            if self.eat(K::Binary) {
                binary = true;
            } else if self.eat(K::Asensitive) {
                asensitive = true;
            } else if self.eat(K::Insensitive) {
                insensitive = true;
            } else if self.eat(K::Scroll) {
                scroll = Some(true);
            } else if self.eat_all(K::No, &[K::Scroll])? {
                scroll = Some(false);
            } else {
                break;
            }
        }
        self.expect(K::Cursor)?;
        let hold = self.eat_all(K::With, &[K::Hold])?;
        if !hold {
            self.eat_all(K::Without, &[K::Hold])?;
        }
        self.expect(K::For)?;
        let query = *self.select_stmt()?;
        Ok(Statement::DeclareCursor(Box::new(DeclareCursorStmt {
            name,
            binary,
            scroll,
            asensitive,
            insensitive,
            hold,
            query,
        })))
    }

    /// FETCH and MOVE.
    pub fn fetch_stmt(&mut self) -> Result<Statement> {
        let is_move = self.at(K::Move);
        self.bump();
        let (direction, count) = self.fetch_direction()?;
        if !self.eat(K::From) {
            self.eat(K::In);
        }
        let cursor_name = self.col_id()?;
        Ok(Statement::Fetch(Box::new(FetchStmt {
            direction,
            count,
            cursor_name,
            is_move,
        })))
    }

    /// How far to go: one row forward unless said otherwise, and no count means all.
    fn fetch_direction(&mut self) -> Result<(FetchDirection, Option<i32>)> {
        use FetchDirection::*;
        // Each of the words may also be the cursor's name: then nothing follows it.
        let named = self.at_col_id() && matches!(self.tok_at(1), Tok::End | Tok::Char(';' | ')'));
        let number = matches!(self.tok(), Tok::Iconst(_) | Tok::Char('+' | '-'));
        Ok(match self.keyword() {
            _ if number => (Forward, Some(self.signed_iconst()?)),
            _ if named => (Forward, Some(1)),
            Some(K::Next) => {
                self.bump();
                (Forward, Some(1))
            }
            Some(K::Prior) => {
                self.bump();
                (Backward, Some(1))
            }
            Some(K::First) => {
                self.bump();
                (Absolute, Some(1))
            }
            Some(K::Last) => {
                self.bump();
                (Absolute, Some(-1))
            }
            Some(K::Absolute) => {
                self.bump();
                (Absolute, Some(self.signed_iconst()?))
            }
            Some(K::Relative) => {
                self.bump();
                (Relative, Some(self.signed_iconst()?))
            }
            Some(K::All) => {
                self.bump();
                (Forward, None)
            }
            Some(K::Forward) => {
                self.bump();
                (Forward, self.fetch_count()?)
            }
            Some(K::Backward) => {
                self.bump();
                (Backward, self.fetch_count()?)
            }
            _ => (Forward, Some(1)),
        })
    }

    fn fetch_count(&mut self) -> Result<Option<i32>> {
        if self.eat(K::All) {
            return Ok(None);
        }
        match self.tok() {
            Tok::Iconst(_) | Tok::Char('+' | '-') => self.signed_iconst().map(Some),
            _ => Ok(Some(1)),
        }
    }

    pub fn close_stmt(&mut self) -> Result<Statement> {
        self.expect(K::Close)?;
        let name = match self.eat(K::All) {
            true => None,
            false => Some(self.col_id()?),
        };
        Ok(Statement::ClosePortal(Box::new(ClosePortalStmt { name })))
    }

    pub fn prepare_stmt(&mut self) -> Result<Statement> {
        self.expect(K::Prepare)?;
        let name = self.col_id()?;
        let arg_types = self.optional_list(Self::type_name)?;
        self.expect(K::As)?;
        let query = self.preparable_stmt()?;
        Ok(Statement::Prepare(Box::new(PrepareStmt { name, arg_types, query })))
    }

    pub fn execute_stmt(&mut self) -> Result<Statement> {
        self.expect(K::Execute)?;
        let name = self.col_id()?;
        let params = self.optional_list(Self::expr)?;
        Ok(Statement::Execute(Box::new(ExecuteStmt { name, params })))
    }

    pub fn deallocate_stmt(&mut self) -> Result<Statement> {
        self.expect(K::Deallocate)?;
        let word = self.at(K::Prepare) && (self.word_category(1).is_some());
        if word {
            self.bump();
        }
        let name = match self.eat(K::All) {
            true => None,
            false => Some(self.col_id()?),
        };
        Ok(Statement::Deallocate(Box::new(DeallocateStmt { name })))
    }
}
