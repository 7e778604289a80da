//! RETURN, RETURN NEXT, RETURN QUERY, as far as what the function returns allows them.

use kumquat_types::{Error, Result, SqlState};

use super::Returns;
use super::ast::*;
use super::reader::{Reader, Until};
use crate::ast::Location;
use crate::parser::error_at;

impl Reader<'_> {
    /// After RETURN, which stands at `location`.
    pub fn return_statement(&mut self, location: Location) -> Result<StmtKind> {
        if self.eat_word("next") {
            return self.return_next(location);
        }
        if self.eat_word("query") {
            return self.return_query(location);
        }
        let (sqlstate, what) = match self.returns {
            Returns::Value => return Ok(StmtKind::Return(Some(self.last_expression(false)?))),
            Returns::Set | Returns::SetOfOutParameters => (SqlState::DATATYPE_MISMATCH, "function returning set"),
            Returns::Void => (SqlState::DATATYPE_MISMATCH, "function returning void"),
            Returns::Procedure => (SqlState::SYNTAX_ERROR, "a procedure"),
            Returns::OutParameters => (SqlState::DATATYPE_MISMATCH, "function with OUT parameters"),
        };
        let parameter = self.parser.location();
        if self.parser.eat(';') {
            return Ok(StmtKind::Return(None));
        }
        let message = format!("RETURN cannot have a parameter in {what}");
        let error = error_at(sqlstate, message, parameter);
        Err(match self.returns {
            Returns::Set | Returns::SetOfOutParameters => error.hint("Use RETURN NEXT or RETURN QUERY."),
            _ => error,
        })
    }

    fn return_next(&mut self, location: Location) -> Result<StmtKind> {
        match self.returns {
            Returns::Set => Ok(StmtKind::ReturnNext(Some(self.last_expression(false)?))),
            Returns::SetOfOutParameters => {
                let parameter = self.parser.location();
                if self.parser.eat(';') {
                    return Ok(StmtKind::ReturnNext(None));
                }
                let message = "RETURN NEXT cannot have a parameter in function with OUT parameters";
                Err(error_at(SqlState::DATATYPE_MISMATCH, message, parameter))
            }
            _ => Err(no_set("NEXT", location)),
        }
    }

    fn return_query(&mut self, location: Location) -> Result<StmtKind> {
        if !matches!(self.returns, Returns::Set | Returns::SetOfOutParameters) {
            return Err(no_set("QUERY", location));
        }
        if !self.eat_word("execute") {
            return Ok(StmtKind::ReturnQuery(Box::new(self.sql_statement()?)));
        }
        let dynamic = self.dynamic(&[Until::Char(';'), Until::Word("using")], "; or USING")?;
        self.parser.expect(';')?;
        Ok(StmtKind::ReturnExecute(dynamic))
    }
}

fn no_set(what: &str, location: Location) -> Error {
    let message = format!("cannot use RETURN {what} in a non-SETOF function");
    error_at(SqlState::DATATYPE_MISMATCH, message, location)
}
