//! COPY, in its present and its old syntax.

use kumquat_types::Result;

use super::cursor::{Parser, syntax_error};
use super::options::{def_elem, flag};
use crate::ast::*;
use crate::keywords::Keyword as K;

impl Parser<'_> {
    pub fn copy_stmt(&mut self) -> Result<Statement> {
        self.expect(K::Copy)?;
        if self.at('(') {
            let source = CopySource::Query(self.in_parens(Self::preparable_stmt)?);
            self.expect(K::To)?;
            let target = self.copy_target()?;
            self.opt_with();
            let options = self.copy_options()?;
            return Ok(copy(source, false, target, options, None));
        }
        let location = self.location();
        let mut options = Vec::new();
        if self.eat(K::Binary) {
            options.push(format("binary", location));
        }
        let relation = self.qualified_name()?;
        let columns = self.optional_column_list()?;
        let is_from = self.expect_one_of(&[(K::From, true), (K::To, false)])?;
        let target = self.copy_target()?;
        let location = self.location();
        let using = self.eat(K::Using);
        if using || self.at(K::Delimiters) {
            self.expect(K::Delimiters)?;
            let delimiter = DefArg::String(self.sconst()?);
            options.push(def_elem("delimiter", Some(delimiter), location));
        }
        self.opt_with();
        options.extend(self.copy_options()?);
        let location = self.location();
        let where_clause = self.where_clause()?;
        if where_clause.is_some() && !is_from {
            return syntax_error("WHERE clause not allowed with COPY TO", location);
        }
        let source = CopySource::Table { relation, columns };
        Ok(copy(source, is_from, target, options, where_clause))
    }

    /// A file, a program, or the client: STDIN and STDOUT are the same here.
    fn copy_target(&mut self) -> Result<CopyTarget> {
        let program = self.eat(K::Program);
        if self.eat_one_of(&[(K::Stdin, ()), (K::Stdout, ())]).is_some() {
            return match program {
                true => syntax_error("STDIN/STDOUT not allowed with PROGRAM", Location::UNKNOWN),
                false => Ok(CopyTarget::Std),
            };
        }
        let name = self.sconst()?;
        Ok(match program {
            true => CopyTarget::Program(name),
            false => CopyTarget::File(name),
        })
    }

    fn copy_options(&mut self) -> Result<Vec<DefElem>> {
        if self.at('(') {
            return self.parenthesized_list(Self::copy_option);
        }
        let mut options = Vec::new();
        while let Some(option) = self.old_copy_option()? {
            options.push(option);
        }
        Ok(options)
    }

    /// `name value` of the list in parentheses.
    fn copy_option(&mut self) -> Result<DefElem> {
        let location = self.location();
        let name = self.col_label()?;
        let arg = if self.at(',') || self.at(')') {
            None
        } else if self.eat('*') {
            Some(DefArg::Star)
        } else if self.at('(') {
            Some(DefArg::List(self.parenthesized_list(Self::boolean_or_string)?))
        } else if self.at_number() {
            Some(self.numeric_only()?)
        } else {
            Some(DefArg::String(self.boolean_or_string()?))
        };
        Ok(def_elem(&name, arg, location))
    }

    /// An option of the old syntax, if one begins here.
    fn old_copy_option(&mut self) -> Result<Option<DefElem>> {
        let location = self.location();
        let Some(keyword) = self.keyword() else {
            return Ok(None);
        };
        let string = |p: &mut Self, name| {
            p.bump();
            p.eat(K::As);
            Ok(Some(def_elem(name, Some(DefArg::String(p.sconst()?)), location)))
        };
        match keyword {
            K::Binary => {
                self.bump();
                Ok(Some(format("binary", location)))
            }
            K::Csv => {
                self.bump();
                Ok(Some(format("csv", location)))
            }
            K::Freeze => {
                self.bump();
                Ok(Some(flag("freeze", true, location)))
            }
            K::Header => {
                self.bump();
                Ok(Some(flag("header", true, location)))
            }
            K::Delimiter => string(self, "delimiter"),
            K::Null => string(self, "null"),
            K::Quote => string(self, "quote"),
            K::Escape => string(self, "escape"),
            K::Encoding => {
                self.bump();
                let encoding = DefArg::String(self.sconst()?);
                Ok(Some(def_elem("encoding", Some(encoding), location)))
            }
            K::Force => {
                self.bump();
                self.force_option(location).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// `FORCE QUOTE`, `FORCE NOT NULL`, `FORCE NULL` with columns.
    fn force_option(&mut self, location: Location) -> Result<DefElem> {
        if self.eat(K::Quote) {
            let columns = match self.eat('*') {
                true => DefArg::Star,
                false => DefArg::List(self.name_list()?),
            };
            return Ok(def_elem("force_quote", Some(columns), location));
        }
        let name = match self.eat(K::Not) {
            true => "force_not_null",
            false => "force_null",
        };
        self.expect(K::Null)?;
        let columns = DefArg::List(self.name_list()?);
        Ok(def_elem(name, Some(columns), location))
    }
}

fn format(name: &str, location: Location) -> DefElem {
    def_elem("format", Some(DefArg::String(name.to_owned())), location)
}

fn copy(
    source: CopySource,
    is_from: bool,
    target: CopyTarget,
    options: Vec<DefElem>,
    where_clause: Option<Expr>,
) -> Statement {
    Statement::Copy(Box::new(CopyStmt {
        source,
        is_from,
        target,
        options,
        where_clause,
    }))
}
