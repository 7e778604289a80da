//! SET, RESET, SHOW, DISCARD.

use kumquat_types::{Result, SqlState};

use super::cursor::{Parser, error_at, syntax_error};
use super::expression::cast;
use super::names::system_name;
use super::types::type_name_of;
use crate::ast::interval_fields::{HOUR, MINUTE};
use crate::ast::*;
use crate::keywords::Keyword as K;
use crate::lexer::Tok;

impl Parser<'_> {
    pub fn set_stmt(&mut self) -> Result<Statement> {
        self.expect(K::Set)?;
        let is_name = self.names_a_variable();
        if !is_name && self.at(K::Constraints) {
            return self.set_constraints();
        }
        let is_local = !is_name && self.eat(K::Local);
        if !is_local && !is_name {
            // SESSION may also begin one of the special forms.
            let special = [K::Characteristics, K::Authorization];
            if self.at(K::Session) && !special.iter().any(|word| self.at_ahead(1, *word)) {
                self.bump();
            }
        }
        let mut set = self.set_rest()?;
        set.is_local = is_local;
        Ok(Statement::VariableSet(Box::new(set)))
    }

    /// Whether the word is a variable's name, whatever else it may mean.
    fn names_a_variable(&self) -> bool {
        self.at_ahead(1, '=') || self.at_ahead(1, '.') || self.at_ahead(1, K::To) || self.at_both_from_current()
    }

    fn at_both_from_current(&self) -> bool {
        self.at_ahead(1, K::From) && self.at_ahead(2, K::Current)
    }

    /// What follows SET, also in ALTER ROLE and ALTER DATABASE.
    pub fn set_rest(&mut self) -> Result<VariableSetStmt> {
        if !self.names_a_variable() {
            if self.at(K::Transaction) && !self.at_ahead(1, K::Snapshot) {
                self.bump();
                let modes = self.transaction_modes()?;
                return Ok(variable("TRANSACTION", VariableSetKind::Multi(modes)));
            }
            if self.at_both(K::Session, K::Characteristics) {
                self.expect_all(&[K::Session, K::Characteristics, K::As, K::Transaction])?;
                let modes = self.transaction_modes()?;
                return Ok(variable("SESSION CHARACTERISTICS", VariableSetKind::Multi(modes)));
            }
        }
        self.set_rest_more()
    }

    /// The forms of SET that CREATE FUNCTION takes, too.
    pub fn set_rest_more(&mut self) -> Result<VariableSetStmt> {
        if self.names_a_variable() {
            return self.generic_set();
        }
        let location = self.location();
        match self.keyword() {
            Some(K::Time) => {
                self.expect_all(&[K::Time, K::Zone])?;
                self.zone_value()
            }
            Some(K::Catalog) => {
                self.bump();
                let value_location = self.location();
                self.sconst()?;
                let message = "current database cannot be changed";
                Err(error_at(SqlState::FEATURE_NOT_SUPPORTED, message, value_location))
            }
            Some(K::Schema) => {
                self.bump();
                let location = self.location();
                let schema = self.sconst()?;
                Ok(variable("search_path", string_value(schema, location)))
            }
            Some(K::Names) => {
                self.bump();
                let location = self.location();
                let kind = if self.at_sconst() {
                    string_value(self.sconst()?, location)
                } else {
                    self.eat(K::Default);
                    VariableSetKind::Default
                };
                Ok(variable("client_encoding", kind))
            }
            Some(K::Role) => {
                self.bump();
                let location = self.location();
                let role = self.non_reserved_word_or_sconst()?;
                Ok(variable("role", string_value(role, location)))
            }
            Some(K::Session) => {
                self.expect_all(&[K::Session, K::Authorization])?;
                if self.eat(K::Default) {
                    return Ok(variable("session_authorization", VariableSetKind::Default));
                }
                let location = self.location();
                let role = self.non_reserved_word_or_sconst()?;
                Ok(variable("session_authorization", string_value(role, location)))
            }
            Some(K::Xml) => {
                self.expect_all(&[K::Xml, K::Option])?;
                let option = self.expect_one_of(&[(K::Document, "DOCUMENT"), (K::Content, "CONTENT")])?;
                Ok(variable("xmloption", string_value(option.to_owned(), location)))
            }
            Some(K::Transaction) => {
                self.expect_all(&[K::Transaction, K::Snapshot])?;
                Ok(variable(
                    "TRANSACTION SNAPSHOT",
                    VariableSetKind::Snapshot(self.sconst()?),
                ))
            }
            _ => self.generic_set(),
        }
    }

    /// `name = value, ...`, `name TO DEFAULT`, `name FROM CURRENT`
    pub fn generic_set(&mut self) -> Result<VariableSetStmt> {
        let name = self.var_name()?;
        if self.eat_all(K::From, &[K::Current])? {
            return Ok(variable(&name, VariableSetKind::Current));
        }
        if !self.eat('=') {
            self.expect(K::To)?;
        }
        if self.eat(K::Default) {
            return Ok(variable(&name, VariableSetKind::Default));
        }
        let values = self.comma_list(Self::var_value)?;
        Ok(variable(&name, VariableSetKind::Value(values)))
    }

    /// `name` or `class.name`
    pub fn var_name(&mut self) -> Result<String> {
        let mut name = self.col_id()?;
        while self.eat('.') {
            name.push('.');
            name += &self.col_id()?;
        }
        Ok(name)
    }

    fn var_value(&mut self) -> Result<Expr> {
        let location = self.location();
        if self.at_number() {
            return self.numeric_constant(location);
        }
        let value = Value::String(self.boolean_or_string()?);
        Ok(Expr::Const(AConst { value, location }))
    }

    fn numeric_constant(&mut self, location: Location) -> Result<Expr> {
        let value = match self.numeric_only()? {
            DefArg::Integer(value) => Value::Integer(value),
            DefArg::Float(digits) => Value::Float(digits),
            _ => return self.unexpected(),
        };
        Ok(Expr::Const(AConst { value, location }))
    }

    /// What follows SET TIME ZONE.
    fn zone_value(&mut self) -> Result<VariableSetStmt> {
        let location = self.location();
        let timezone = |kind| Ok(variable("timezone", kind));
        match self.tok() {
            Tok::Keyword(K::Default | K::Local) => {
                self.bump();
                timezone(VariableSetKind::Default)
            }
            Tok::Sconst(_) => timezone(string_value(self.sconst()?, location)),
            Tok::Ident(_) => timezone(string_value(self.col_id()?, location)),
            Tok::Keyword(K::Interval) => {
                self.bump();
                let mut type_name = type_name_of(system_name("interval"), location);
                if self.at('(') {
                    type_name.typmods = self.interval_precision()?;
                }
                let plain = type_name.typmods.is_empty();
                let value_location = self.location();
                let value = Value::String(self.sconst()?);
                if plain {
                    let fields_location = self.location();
                    type_name.typmods = self.interval_qualifier()?;
                    check_zone_interval(&type_name.typmods, fields_location)?;
                }
                let literal = Expr::Const(AConst {
                    value,
                    location: value_location,
                });
                timezone(VariableSetKind::Value(vec![cast(
                    literal,
                    type_name,
                    Location::UNKNOWN,
                )]))
            }
            _ if self.at_number() => {
                let value = self.numeric_constant(location)?;
                timezone(VariableSetKind::Value(vec![value]))
            }
            _ => self.unexpected(),
        }
    }

    /// `SET ...` or `RESET ...` of ALTER ROLE and ALTER DATABASE.
    pub fn set_or_reset(&mut self) -> Result<VariableSetStmt> {
        if self.at(K::Reset) {
            return self.reset_stmt();
        }
        self.expect(K::Set)?;
        self.set_rest()
    }

    pub fn reset_stmt(&mut self) -> Result<VariableSetStmt> {
        self.expect(K::Reset)?;
        if let Some(name) = self.special_variable()? {
            return Ok(variable(name, VariableSetKind::Reset));
        }
        self.generic_reset()
    }

    /// RESET of ALTER SYSTEM.
    pub fn generic_reset_stmt(&mut self) -> Result<VariableSetStmt> {
        self.expect(K::Reset)?;
        self.generic_reset()
    }

    fn generic_reset(&mut self) -> Result<VariableSetStmt> {
        if self.eat(K::All) {
            return Ok(variable("", VariableSetKind::ResetAll));
        }
        let name = self.var_name()?;
        Ok(variable(&name, VariableSetKind::Reset))
    }

    /// A variable whose name is more than one word.
    fn special_variable(&mut self) -> Result<Option<&'static str>> {
        if self.eat_both(K::Time, K::Zone) {
            return Ok(Some("timezone"));
        }
        if self.eat_both(K::Transaction, K::Isolation) {
            self.expect(K::Level)?;
            return Ok(Some("transaction_isolation"));
        }
        if self.eat_both(K::Session, K::Authorization) {
            return Ok(Some("session_authorization"));
        }
        Ok(None)
    }

    pub fn show_stmt(&mut self) -> Result<Statement> {
        self.expect(K::Show)?;
        let name = match self.special_variable()? {
            Some(name) => name.to_owned(),
            None if self.eat(K::All) => "all".to_owned(),
            None => self.var_name()?,
        };
        Ok(Statement::VariableShow(Box::new(VariableShowStmt { name })))
    }

    pub fn discard_stmt(&mut self) -> Result<Statement> {
        self.expect(K::Discard)?;
        let what = self.expect_one_of(&[
            (K::All, DiscardStmt::All),
            (K::Plans, DiscardStmt::Plans),
            (K::Sequences, DiscardStmt::Sequences),
            (K::Temp, DiscardStmt::Temp),
            (K::Temporary, DiscardStmt::Temp),
        ])?;
        Ok(Statement::Discard(Box::new(what)))
    }
}

fn variable(name: &str, kind: VariableSetKind) -> VariableSetStmt {
    VariableSetStmt {
        name: name.to_owned(),
        kind,
        is_local: false,
    }
}

fn string_value(value: String, location: Location) -> VariableSetKind {
    let value = Value::String(value);
    VariableSetKind::Value(vec![Expr::Const(AConst { value, location })])
}

/// A time zone as an interval has hours and minutes at most.
fn check_zone_interval(typmods: &[Expr], location: Location) -> Result<()> {
    let Some(Expr::Const(AConst {
        value: Value::Integer(mask),
        ..
    })) = typmods.first()
    else {
        return Ok(());
    };
    match mask & !(HOUR | MINUTE) {
        0 => Ok(()),
        _ => syntax_error("time zone interval must be HOUR or HOUR TO MINUTE", location),
    }
}
