//! Blocks: declarations, statements, exception handlers.

use kumquat_types::{Error, Result, SqlState};

use super::ast::*;
use super::conditions;
use super::reader::{Reader, Until};
use super::scope::{Kind, Level};
use crate::ast::{Location, Name, TypeName};
use crate::lexer::Tok;
use crate::parser::{error_at, syntax_error};

impl Reader<'_> {
    /// `<<label>> DECLARE ... BEGIN ... EXCEPTION ... END label`, without the semicolon.
    pub fn block(&mut self, label: Option<String>) -> Result<Block> {
        self.scopes.push(Level::Block, label.clone());
        let mut declarations = Vec::new();
        while self.eat_word("declare") {
            while !self.at_word("begin") && !self.at_word("declare") {
                declarations.push(self.declaration()?);
            }
        }
        self.expect_word("begin")?;
        let body = self.statements()?;
        let handlers = self.exception_section()?;
        self.expect_word("end")?;
        let end_label = self.end_label()?;
        check_labels(label.as_deref(), end_label)?;
        self.scopes.pop();
        Ok(Block {
            label,
            declarations,
            body,
            handlers,
        })
    }

    /// `<<label>>`
    pub fn label(&mut self) -> Result<Option<String>> {
        let is = |tok: &Tok, operator: &str| matches!(tok, Tok::Op(op) if op == operator);
        if !is(self.parser.tok(), "<<") {
            return Ok(None);
        }
        self.parser.bump();
        let label = self.any_identifier()?;
        if !is(self.parser.tok(), ">>") {
            return self.parser.unexpected();
        }
        self.parser.bump();
        Ok(Some(label))
    }

    /// The label after END, if there is one.
    pub fn end_label(&mut self) -> Result<Option<(String, Location)>> {
        if self.parser.at(';') || self.parser.at_end() {
            return Ok(None);
        }
        let location = self.parser.location();
        Ok(Some((self.any_identifier()?, location)))
    }

    fn declaration(&mut self) -> Result<Declaration> {
        let location = self.parser.location();
        let line = self.line(self.parser.offset());
        let duplicate = self.parser.error_here("duplicate declaration");
        let name = self.any_identifier()?;
        let (declaration, kind) = if self.eat_word("alias") {
            self.expect_word("for")?;
            self.alias()?
        } else if self.at_cursor() {
            self.cursor_declaration()?
        } else {
            self.variable(&name)?
        };
        self.parser.expect(';')?;
        let hides = self.scopes.variable(std::slice::from_ref(&name)).is_some();
        if !self.scopes.declare(&name, kind) {
            return Err(duplicate);
        }
        if hides {
            self.shadowing.push((name.clone(), location));
        }
        match &declaration {
            DeclarationKind::Variable { constant: true, .. } => self.scopes.make_constant(&name),
            DeclarationKind::Cursor { parameters, .. } => {
                let names = parameters.iter().map(|parameter| parameter.name.clone());
                self.scopes.set_parameters(&name, names.collect());
            }
            _ => {}
        }
        Ok(Declaration {
            name,
            kind: declaration,
            line,
            location,
        })
    }

    fn alias(&mut self) -> Result<(DeclarationKind, Kind)> {
        let location = self.parser.location();
        if let Tok::Param(number) = *self.parser.tok() {
            self.parser.bump();
            let alias = DeclarationKind::Alias(vec![format!("${number}")]);
            return Ok((alias, Kind::Composite));
        }
        let mut name = vec![self.any_identifier()?];
        while self.parser.eat('.') {
            name.push(self.any_identifier()?);
        }
        match self.scopes.variable(&name) {
            Some(kind) => Ok((DeclarationKind::Alias(name), kind)),
            None => {
                let message = format!("variable \"{}\" does not exist", name.join("."));
                Err(error_at(SqlState::UNDEFINED_OBJECT, message, location))
            }
        }
    }

    fn at_cursor(&self) -> bool {
        self.at_word("cursor") || self.at_word("scroll") || self.at_word("no") && self.at_word_ahead(1, "scroll")
    }

    /// `[NO] SCROLL`
    pub fn scroll(&mut self) -> Result<Option<bool>> {
        if self.eat_word("no") {
            self.expect_word("scroll")?;
            return Ok(Some(false));
        }
        Ok(self.eat_word("scroll").then_some(true))
    }

    /// `[NO SCROLL] CURSOR (parameters) FOR query`
    fn cursor_declaration(&mut self) -> Result<(DeclarationKind, Kind)> {
        let scroll = self.scroll()?;
        self.expect_word("cursor")?;
        let mut parameters = Vec::new();
        if self.parser.eat('(') {
            loop {
                let location = self.parser.location();
                let name = self.any_identifier()?;
                if self.scopes.variable(std::slice::from_ref(&name)).is_some() {
                    self.shadowing.push((name.clone(), location));
                }
                let type_name = self.variable_type()?;
                parameters.push(CursorParameter { name, type_name });
                if !self.parser.eat(',') {
                    break;
                }
            }
            self.parser.expect(')')?;
        }
        if !self.eat_word("is") {
            self.expect_word("for")?;
        }
        let kind = Kind::Cursor {
            parameters: !parameters.is_empty(),
        };
        let query = Box::new(self.query_before_semicolon()?);
        Ok((
            DeclarationKind::Cursor {
                scroll,
                parameters,
                query,
            },
            kind,
        ))
    }

    /// `[CONSTANT] type [COLLATE x] [NOT NULL] [:= default]`
    fn variable(&mut self, name: &str) -> Result<(DeclarationKind, Kind)> {
        let constant = self.eat_word("constant");
        let type_name = self.variable_type()?;
        let collation = match self.eat_word("collate") {
            true => self.parser.any_name()?,
            false => Name::new(),
        };
        let null_location = self.parser.location();
        let not_null = self.eat_word("not");
        if not_null {
            self.expect_word("null")?;
        }
        let assigned = self.parser.eat('=')
            || self.eat_word("default")
            || matches!(self.parser.tok(), Tok::ColonEquals) && {
                self.parser.bump();
                true
            };
        let default = match assigned {
            true => Some(self.expression(&[Until::Char(';')], ";")?),
            false => None,
        };
        if not_null && default.is_none() && self.parser.at(';') {
            let message = format!("variable \"{name}\" must have a default value, since it's declared NOT NULL");
            return Err(error_at(SqlState::NULL_VALUE_NOT_ALLOWED, message, null_location));
        }
        let kind = kind_of(&type_name);
        Ok((
            DeclarationKind::Variable {
                type_name,
                constant,
                not_null,
                collation,
                default,
            },
            kind,
        ))
    }

    pub fn variable_type(&mut self) -> Result<VariableType> {
        if self.parser.at_end() {
            return Err(self.parser.error_here("incomplete data type declaration"));
        }
        let nothing = self.parser.at_any(&[';', ',', ')', '='])
            || matches!(self.parser.tok(), Tok::ColonEquals)
            || ["not", "collate", "default"].iter().any(|word| self.at_word(word));
        if nothing {
            return Err(self.parser.error_here("missing data type declaration"));
        }
        if self.at_word("record") && !self.parser.at_ahead(1, '.') {
            self.parser.bump();
            return Ok(VariableType::Record);
        }
        let mut ahead = 1;
        while self.parser.at_ahead(ahead, '.') {
            ahead += 2;
        }
        if !self.parser.at_ahead(ahead, '%') {
            return Ok(VariableType::Type(self.parser.type_name()?));
        }
        let is_type = self.at_word_ahead(ahead + 1, "type");
        if !is_type && !self.at_word_ahead(ahead + 1, "rowtype") {
            return Err(self.parser.error_ahead(ahead, "syntax error"));
        }
        let mut name = vec![self.any_identifier()?];
        while self.parser.eat('.') {
            name.push(self.parser.col_label()?);
        }
        self.parser.bump();
        self.parser.bump();
        Ok(match is_type {
            true => VariableType::TypeOf(name),
            false => VariableType::RowOf(name),
        })
    }

    fn exception_section(&mut self) -> Result<Vec<ExceptionHandler>> {
        let mut handlers = Vec::new();
        if !self.eat_word("exception") {
            return Ok(handlers);
        }
        self.scopes.push(Level::Block, None);
        self.scopes.declare("sqlstate", Kind::Scalar);
        self.scopes.declare("sqlerrm", Kind::Scalar);
        while self.at_word("when") || handlers.is_empty() {
            let line = self.line(self.parser.offset());
            self.expect_word("when")?;
            let mut conditions = vec![self.condition()?];
            while self.eat_word("or") {
                conditions.push(self.condition()?);
            }
            self.expect_word("then")?;
            let body = self.statements()?;
            handlers.push(ExceptionHandler { conditions, body, line });
        }
        self.scopes.pop();
        Ok(handlers)
    }

    /// A condition's name, OTHERS, or `SQLSTATE 'xxxxx'`.
    fn condition(&mut self) -> Result<Condition> {
        if self.eat_word("sqlstate") {
            return self.sqlstate_literal();
        }
        let name = self.any_identifier()?;
        if name == "others" {
            return Ok(Condition::Others);
        }
        named_condition(name)
    }

    /// Five digits or capital letters.
    pub fn sqlstate_literal(&mut self) -> Result<Condition> {
        let invalid = self.parser.error_here("invalid SQLSTATE code");
        let code = self.parser.sconst()?;
        let valid = code.len() == 5 && code.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
        match valid {
            true => Ok(Condition::SqlState(code)),
            false => Err(invalid),
        }
    }
}

/// Refuses a label after END that is not the one at the beginning.
pub(super) fn check_labels(label: Option<&str>, end: Option<(String, Location)>) -> Result<()> {
    let Some((end, location)) = end else {
        return Ok(());
    };
    match label {
        Some(label) if label == end => Ok(()),
        Some(label) => {
            let message = format!("end label \"{end}\" differs from block's label \"{label}\"");
            syntax_error(message, location)
        }
        None => {
            let message = format!("end label \"{end}\" specified for unlabeled block");
            syntax_error(message, location)
        }
    }
}

/// The condition of a name; one that is not known is refused.
pub(super) fn named_condition(name: String) -> Result<Condition> {
    let codes = conditions::sqlstates(&name);
    match codes.is_empty() {
        false => Ok(Condition::Named(name, codes)),
        true => Err(Error::new(
            SqlState::UNDEFINED_OBJECT,
            format!("unrecognized exception condition \"{name}\""),
        )),
    }
}

/// Types that are no composite ones, by their usual names.
const SCALAR_TYPES: &[&str] = &[
    "bool",
    "bytea",
    "date",
    "float4",
    "float8",
    "int2",
    "int4",
    "int8",
    "json",
    "jsonb",
    "money",
    "name",
    "oid",
    "refcursor",
    "regclass",
    "regtype",
    "text",
    "timestamptz",
    "timetz",
    "uuid",
    "xml",
];

fn kind_of(type_name: &VariableType) -> Kind {
    let scalar = |name: &TypeName| {
        let known = match name.names.as_slice() {
            [name] => SCALAR_TYPES.contains(&name.as_str()),
            [schema, _] => schema == "pg_catalog",
            _ => false,
        };
        known || !name.array_bounds.is_empty()
    };
    match type_name {
        VariableType::Type(name) if matches!(name.names.as_slice(), [name] if name == "refcursor") => Kind::RefCursor,
        VariableType::Type(name) if scalar(name) => Kind::Scalar,
        _ => Kind::Composite,
    }
}
