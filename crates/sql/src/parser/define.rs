//! CREATE TYPE, DOMAIN, AGGREGATE, OPERATOR, COLLATION, CAST, TEXT SEARCH.

use kumquat_types::Result;

use super::cursor::Parser;
use super::options::def_elem;
use crate::ast::*;
use crate::keywords::Keyword as K;
use crate::lexer::Tok;

impl Parser<'_> {
    /// After `CREATE TYPE`.
    pub fn create_type(&mut self) -> Result<Statement> {
        let location = self.location();
        let type_name = self.any_name()?;
        if !self.eat(K::As) {
            let definition = match self.at('(') {
                true => self.definition()?,
                false => Vec::new(),
            };
            return Ok(define(ObjectType::Type, type_name, definition));
        }
        if self.eat(K::Enum) {
            self.expect('(')?;
            let labels = match self.at(')') {
                true => Vec::new(),
                false => self.comma_list(Self::sconst)?,
            };
            self.expect(')')?;
            return Ok(Statement::CreateEnum(Box::new(CreateEnumStmt { type_name, labels })));
        }
        if self.eat(K::Range) {
            let params = self.definition()?;
            return Ok(Statement::CreateRange(Box::new(CreateRangeStmt { type_name, params })));
        }
        self.expect('(')?;
        let columns = match self.at(')') {
            true => Vec::new(),
            false => self.comma_list(Self::table_func_column)?,
        };
        self.expect(')')?;
        let type_name = super::names::range_var(type_name, location)?;
        Ok(Statement::CompositeType(Box::new(CompositeTypeStmt {
            type_name,
            columns,
        })))
    }

    /// After `CREATE DOMAIN`.
    pub fn create_domain(&mut self) -> Result<Statement> {
        let location = self.location();
        let name = self.any_name()?;
        self.eat(K::As);
        let type_name = self.type_name()?;
        // Constraints are written as those of a column.
        let mut column = ColumnDef {
            name: String::new(),
            type_name: None,
            compression: None,
            collation: None,
            constraints: Vec::new(),
            fdw_options: Vec::new(),
            location,
        };
        self.column_constraints(&mut column)?;
        Ok(Statement::CreateDomain(Box::new(CreateDomainStmt {
            name,
            type_name,
            collation: column.collation,
            constraints: column.constraints,
        })))
    }

    /// After `CREATE AGGREGATE`.
    pub fn create_aggregate(&mut self, replace: bool) -> Result<Statement> {
        let name = self.func_name()?;
        let old_style = self.at_old_aggregate();
        let mut stmt = DefineStmt {
            kind: ObjectType::Aggregate,
            name,
            args: Vec::new(),
            direct_args: -1,
            old_style,
            definition: Vec::new(),
            if_not_exists: false,
            replace,
        };
        if old_style {
            stmt.definition = self.parenthesized_list(|p| {
                let location = p.location();
                if !matches!(p.tok(), Tok::Ident(_)) {
                    return p.unexpected();
                }
                let name = p.col_id()?;
                p.expect('=')?;
                let arg = p.def_arg()?;
                Ok(def_elem(&name, Some(arg), location))
            })?;
        } else {
            (stmt.args, stmt.direct_args) = self.aggregate_args()?;
            stmt.definition = self.definition()?;
        }
        Ok(Statement::Define(Box::new(stmt)))
    }

    /// `(basetype = ..., ...)` in place of arguments.
    fn at_old_aggregate(&self) -> bool {
        self.at('(') && matches!(self.tok_at(1), Tok::Ident(_)) && self.at_ahead(2, '=')
    }

    /// After `CREATE OPERATOR`.
    pub fn create_operator(&mut self) -> Result<Statement> {
        for (word, name) in [
            (K::Class, "CREATE OPERATOR CLASS"),
            (K::Family, "CREATE OPERATOR FAMILY"),
        ] {
            if self.at(word) && self.word_category(1).is_some() {
                self.bump();
                return self.unsupported_object(name);
            }
        }
        let name = self.any_operator()?;
        Ok(define(ObjectType::Operator, name, self.definition()?))
    }

    /// After `CREATE COLLATION`.
    pub fn create_collation(&mut self) -> Result<Statement> {
        let if_not_exists = self.if_not_exists()?;
        let name = self.any_name()?;
        let location = self.location();
        let definition = match self.eat(K::From) {
            true => {
                let from = DefArg::List(self.any_name()?);
                vec![def_elem("from", Some(from), location)]
            }
            false => self.definition()?,
        };
        let mut stmt = define(ObjectType::Collation, name, definition);
        if let Statement::Define(stmt) = &mut stmt {
            stmt.if_not_exists = if_not_exists;
        }
        Ok(stmt)
    }

    /// After `CREATE TEXT SEARCH ...`.
    pub fn create_text_search(&mut self, kind: ObjectType) -> Result<Statement> {
        let name = self.any_name()?;
        Ok(define(kind, name, self.definition()?))
    }

    /// After `CREATE CAST`.
    pub fn create_cast(&mut self) -> Result<Statement> {
        self.expect('(')?;
        let source = self.type_name()?;
        self.expect(K::As)?;
        let target = self.type_name()?;
        self.expect(')')?;
        let mut function = None;
        let mut inout = false;
        if self.eat(K::Without) {
            self.expect(K::Function)?;
        } else {
            self.expect(K::With)?;
            inout = self.eat(K::Inout);
            if !inout {
                self.expect(K::Function)?;
                function = Some(self.function_with_argtypes()?);
            }
        }
        let context = match self.eat(K::As) {
            false => CoercionContext::Explicit,
            true => self.expect_one_of(&[
                (K::Implicit, CoercionContext::Implicit),
                (K::Assignment, CoercionContext::Assignment),
            ])?,
        };
        Ok(Statement::CreateCast(Box::new(CreateCastStmt {
            source,
            target,
            function,
            context,
            inout,
        })))
    }
}

fn define(kind: ObjectType, name: Name, definition: Vec<DefElem>) -> Statement {
    Statement::Define(Box::new(DefineStmt {
        kind,
        name,
        args: Vec::new(),
        direct_args: -1,
        old_style: false,
        definition,
        if_not_exists: false,
        replace: false,
    }))
}
