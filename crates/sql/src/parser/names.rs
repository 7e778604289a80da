//! Names and the small things they are made of: identifiers, qualified names, roles, literals.

use kumquat_types::{Error, Result, SqlState};

use super::cursor::{Parser, error_at, syntax_error};
use crate::ast::*;
use crate::keywords::Keyword as K;
use crate::keywords::KeywordCategory::{self, *};
use crate::lexer::Tok;

impl Parser<'_> {
    /// The category of the token `ahead` if it is a word: an identifier counts as unreserved.
    pub fn word_category(&self, ahead: usize) -> Option<KeywordCategory> {
        match self.tok_at(ahead) {
            Tok::Ident(_) => Some(Unreserved),
            Tok::Keyword(keyword) => keyword.entry().map(|entry| entry.category),
            _ => None,
        }
    }

    /// A word whose category is one of those given.
    fn word(&mut self, categories: &[KeywordCategory]) -> Result<String> {
        match self.word_category(0) {
            Some(category) if categories.contains(&category) => Ok(match self.bump() {
                Tok::Ident(name) => name,
                Tok::Keyword(keyword) => keyword.entry().map_or("", |entry| entry.word).to_owned(),
                _ => String::new(),
            }),
            _ => self.unexpected(),
        }
    }

    /// The name of a column, a table and most other things.
    pub fn col_id(&mut self) -> Result<String> {
        self.word(&[Unreserved, ColName])
    }

    pub fn at_col_id(&self) -> bool {
        matches!(self.word_category(0), Some(Unreserved | ColName))
    }

    /// The name of a type or a function.
    pub fn type_function_name(&mut self) -> Result<String> {
        self.word(&[Unreserved, TypeFuncName])
    }

    pub fn at_type_function_name(&self) -> bool {
        matches!(self.word_category(0), Some(Unreserved | TypeFuncName))
    }

    /// A role, a language, the value of an option: anything but a reserved word.
    pub fn non_reserved_word(&mut self) -> Result<String> {
        self.word(&[Unreserved, ColName, TypeFuncName])
    }

    /// A name after AS or after a dot: any word at all.
    pub fn col_label(&mut self) -> Result<String> {
        self.word(&[Unreserved, ColName, TypeFuncName, Reserved])
    }

    /// A label without AS.
    pub fn at_bare_label(&self) -> bool {
        match self.tok() {
            Tok::Ident(_) => true,
            Tok::Keyword(keyword) => keyword.entry().is_some_and(|entry| entry.bare_label),
            _ => false,
        }
    }

    /// `name.name.name`
    pub fn any_name(&mut self) -> Result<Name> {
        let mut names = vec![self.col_id()?];
        self.attrs(&mut names)?;
        Ok(names)
    }

    /// The rest of a dotted name.
    pub fn attrs(&mut self, names: &mut Name) -> Result<()> {
        while self.eat('.') {
            names.push(self.col_label()?);
        }
        Ok(())
    }

    pub fn name_list(&mut self) -> Result<Vec<String>> {
        self.comma_list(Self::col_id)
    }

    /// `(name, name)`
    pub fn column_list(&mut self) -> Result<Vec<String>> {
        self.parenthesized_list(Self::col_id)
    }

    pub fn optional_column_list(&mut self) -> Result<Vec<String>> {
        self.optional_list(Self::col_id)
    }

    pub fn any_name_list(&mut self) -> Result<Vec<Name>> {
        self.comma_list(Self::any_name)
    }

    /// The name of a function.
    pub fn func_name(&mut self) -> Result<Name> {
        if self.at_type_function_name() && !(self.at_col_id() && self.at_ahead(1, '.')) {
            return Ok(vec![self.type_function_name()?]);
        }
        let mut names = vec![self.col_id()?];
        let indirection = self.indirection()?;
        if indirection.is_empty() {
            return self.unexpected();
        }
        self.push_fields(&mut names, indirection)?;
        Ok(names)
    }

    /// Adds what follows a name, which must be names, too.
    pub fn push_fields(&self, names: &mut Name, indirection: Vec<Indirection>) -> Result<()> {
        for step in indirection {
            match step {
                Indirection::Field(field) => names.push(field),
                _ => return self.unexpected(),
            }
        }
        Ok(())
    }

    /// The name of a relation.
    pub fn qualified_name(&mut self) -> Result<RangeVar> {
        let location = self.location();
        let mut names = vec![self.col_id()?];
        let indirection = self.indirection()?;
        self.push_fields(&mut names, indirection)?;
        range_var(names, location)
    }

    pub fn qualified_name_list(&mut self) -> Result<Vec<RangeVar>> {
        self.comma_list(Self::qualified_name)
    }

    /// `name`, `name *`, `ONLY name`, `ONLY (name)`
    pub fn relation_expr(&mut self) -> Result<RangeVar> {
        if !self.eat(K::Only) {
            let relation = self.qualified_name()?;
            self.eat('*');
            return Ok(relation);
        }
        let mut relation = if self.eat('(') {
            let relation = self.qualified_name()?;
            self.expect(')')?;
            relation
        } else {
            self.qualified_name()?
        };
        relation.inherit = false;
        Ok(relation)
    }

    /// `IF EXISTS`
    pub fn if_exists(&mut self) -> bool {
        self.eat_both(K::If, K::Exists)
    }

    /// `IF NOT EXISTS`
    pub fn if_not_exists(&mut self) -> Result<bool> {
        let found = self.eat_both(K::If, K::Not);
        if found {
            self.expect(K::Exists)?;
        }
        Ok(found)
    }

    /// `OR REPLACE`
    pub fn or_replace(&mut self) -> Result<bool> {
        self.eat_all(K::Or, &[K::Replace])
    }

    pub fn drop_behavior(&mut self) -> DropBehavior {
        self.eat_one_of(&[
            (K::Cascade, DropBehavior::Cascade),
            (K::Restrict, DropBehavior::Restrict),
        ])
        .unwrap_or_default()
    }

    pub fn sconst(&mut self) -> Result<String> {
        match self.tok() {
            Tok::Sconst(_) => match self.bump() {
                Tok::Sconst(value) => Ok(value),
                _ => self.unexpected(),
            },
            _ => self.unexpected(),
        }
    }

    pub fn at_sconst(&self) -> bool {
        matches!(self.tok(), Tok::Sconst(_))
    }

    pub fn iconst(&mut self) -> Result<i32> {
        let Tok::Iconst(value) = *self.tok() else {
            return self.unexpected();
        };
        self.bump();
        Ok(value)
    }

    pub fn signed_iconst(&mut self) -> Result<i32> {
        let negative = !self.eat('+') && self.eat('-');
        let value = self.iconst()?;
        Ok(if negative { -value } else { value })
    }

    /// Whether a number begins here; a sign is always taken for a number's.
    pub fn at_number(&self) -> bool {
        matches!(self.tok(), Tok::Iconst(_) | Tok::Fconst(_) | Tok::Char('+' | '-'))
    }

    /// A number with a sign, as the value of an option.
    pub fn numeric_only(&mut self) -> Result<DefArg> {
        let negative = !self.eat('+') && self.eat('-');
        match self.tok() {
            Tok::Iconst(value) => {
                let value = *value;
                self.bump();
                Ok(DefArg::Integer(if negative { -value } else { value }))
            }
            Tok::Fconst(_) => match self.bump() {
                Tok::Fconst(value) if negative => Ok(DefArg::Float(format!("-{value}"))),
                Tok::Fconst(value) => Ok(DefArg::Float(value)),
                _ => self.unexpected(),
            },
            _ => self.unexpected(),
        }
    }

    /// `TRUE`, `FALSE`, `ON` or any word: PostgreSQL's `opt_boolean_or_string`.
    pub fn boolean_or_string(&mut self) -> Result<String> {
        match self.keyword() {
            Some(K::True | K::False | K::On) => self.col_label(),
            _ => self.non_reserved_word_or_sconst(),
        }
    }

    pub fn non_reserved_word_or_sconst(&mut self) -> Result<String> {
        if self.at_sconst() {
            self.sconst()
        } else {
            self.non_reserved_word()
        }
    }

    /// A role: a name, CURRENT_USER and its kin, PUBLIC.
    pub fn role_spec(&mut self) -> Result<RoleSpec> {
        let location = self.location();
        let special = self.eat_one_of(&[(K::CurrentRole, 0), (K::CurrentUser, 1), (K::SessionUser, 2)]);
        let kind = match special {
            Some(0) => RoleSpecKind::CurrentRole,
            Some(1) => RoleSpecKind::CurrentUser,
            Some(_) => RoleSpecKind::SessionUser,
            None => match self.non_reserved_word()? {
                name if name == "public" => RoleSpecKind::Public,
                name if name == "none" => {
                    return Err(error_at(
                        SqlState::RESERVED_NAME,
                        "role name \"none\" is reserved",
                        location,
                    ));
                }
                name => RoleSpecKind::Name(name),
            },
        };
        Ok(RoleSpec { kind, location })
    }

    pub fn role_list(&mut self) -> Result<Vec<RoleSpec>> {
        self.comma_list(Self::role_spec)
    }

    /// The name of a role that is made or changed: a real one (PostgreSQL's `RoleId`).
    pub fn role_id(&mut self) -> Result<String> {
        let role = self.role_spec()?;
        let reserved = |name: &str| -> Result<String> {
            let message = format!("role name \"{name}\" is reserved");
            Err(error_at(SqlState::RESERVED_NAME, message, role.location))
        };
        let unusable = |name: &str| -> Result<String> {
            let message = format!("{name} cannot be used as a role name here");
            Err(error_at(SqlState::RESERVED_NAME, message, role.location))
        };
        match role.kind {
            RoleSpecKind::Name(name) => Ok(name),
            RoleSpecKind::Public => reserved("public"),
            RoleSpecKind::SessionUser => unusable("SESSION_USER"),
            RoleSpecKind::CurrentUser => unusable("CURRENT_USER"),
            RoleSpecKind::CurrentRole => unusable("CURRENT_ROLE"),
        }
    }
}

/// The relation of a dotted name.
pub(super) fn range_var(mut names: Name, location: Location) -> Result<RangeVar> {
    if names.len() > 3 {
        let names = names.join(".");
        let message = format!("improper qualified name (too many dotted names): {names}");
        return syntax_error(message, location);
    }
    let name = names.pop().unwrap_or_default();
    let schema = names.pop();
    Ok(RangeVar {
        catalog: names.pop(),
        schema,
        name,
        inherit: true,
        persistence: Persistence::Permanent,
        alias: None,
        location,
    })
}

/// The name of a thing of PostgreSQL's own.
pub(super) fn system_name(name: &str) -> Name {
    vec!["pg_catalog".to_owned(), name.to_owned()]
}

/// Refuses by name what PostgreSQL's grammar knows and Kumquat does not model.
pub(super) fn not_modelled<T>(what: &str, location: Location) -> Result<T> {
    let position = location.offset().and_then(|offset| u32::try_from(offset).ok());
    Err(Error::not_modelled(what).at(position))
}
