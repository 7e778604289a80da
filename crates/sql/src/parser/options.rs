//! Lists of `name = value`, as many statements have them.

use kumquat_types::Result;

use super::cursor::Parser;
use crate::ast::*;
use crate::keywords::Keyword as K;
use crate::keywords::KeywordCategory;
use crate::lexer::Tok;

impl Parser<'_> {
    /// `(name = value, name)`
    pub fn definition(&mut self) -> Result<Vec<DefElem>> {
        self.parenthesized_list(|p| {
            let location = p.location();
            let name = p.col_label()?;
            let arg = p.opt_def_arg()?;
            Ok(def_elem(&name, arg, location))
        })
    }

    /// `(name = value, space.name = value, name)`
    pub fn reloptions(&mut self) -> Result<Vec<DefElem>> {
        self.parenthesized_list(|p| {
            let location = p.location();
            let name = p.col_label()?;
            let (namespace, name) = match p.eat('.') {
                true => (Some(name), p.col_label()?),
                false => (None, name),
            };
            let arg = p.opt_def_arg()?;
            let mut elem = def_elem(&name, arg, location);
            elem.namespace = namespace;
            Ok(elem)
        })
    }

    /// `WITH (options)`
    pub fn opt_with_reloptions(&mut self) -> Result<Vec<DefElem>> {
        match self.eat(K::With) {
            true => self.reloptions(),
            false => Ok(Vec::new()),
        }
    }

    fn opt_def_arg(&mut self) -> Result<Option<DefArg>> {
        match self.eat('=') {
            true => Ok(Some(self.def_arg()?)),
            false => Ok(None),
        }
    }

    /// The value of an option: nearly anything.
    pub fn def_arg(&mut self) -> Result<DefArg> {
        let signed = (self.at('+') || self.at('-')) && matches!(self.tok_at(1), Tok::Iconst(_) | Tok::Fconst(_));
        match self.tok() {
            Tok::Iconst(_) | Tok::Fconst(_) => return self.numeric_only(),
            _ if signed => return self.numeric_only(),
            Tok::Sconst(_) => return Ok(DefArg::String(self.sconst()?)),
            Tok::Keyword(K::None) => return Ok(DefArg::String(self.col_label()?)),
            Tok::Ident(_) => {}
            Tok::Keyword(K::Operator) if self.at_ahead(1, '(') => {
                return Ok(DefArg::List(self.qualified_operator()?));
            }
            Tok::Keyword(_) => {
                if self.word_category(0) == Some(KeywordCategory::Reserved) {
                    return Ok(DefArg::String(self.col_label()?));
                }
            }
            _ => return Ok(DefArg::List(self.qualified_operator()?)),
        }
        Ok(DefArg::Type(self.func_type()?))
    }

    /// `OPTIONS (name 'value', ...)`
    pub fn generic_options(&mut self) -> Result<Vec<DefElem>> {
        match self.eat(K::Options) {
            true => self.parenthesized_list(Self::generic_option),
            false => Ok(Vec::new()),
        }
    }

    fn generic_option(&mut self) -> Result<DefElem> {
        let location = self.location();
        let name = self.col_label()?;
        let value = self.sconst()?;
        Ok(def_elem(&name, Some(DefArg::String(value)), location))
    }

    /// `OPTIONS (ADD name 'value', SET name 'value', DROP name, name 'value')`
    pub fn alter_generic_options(&mut self) -> Result<Vec<DefElem>> {
        self.expect(K::Options)?;
        self.parenthesized_list(|p| {
            // The words of the actions may be names of options, too: then a string follows at once.
            let named = matches!(p.tok_at(1), Tok::Sconst(_));
            let actions = [
                (K::Set, DefElemAction::Set),
                (K::Add, DefElemAction::Add),
                (K::Drop, DefElemAction::Drop),
            ];
            let action = match named {
                true => None,
                false => p.eat_one_of(&actions),
            };
            let mut elem = match action {
                Some(DefElemAction::Drop) => {
                    let location = p.location();
                    let name = p.col_label()?;
                    def_elem(&name, None, location)
                }
                _ => p.generic_option()?,
            };
            elem.action = action.unwrap_or(DefElemAction::Add);
            Ok(elem)
        })
    }

    /// `(name value, name)`: the options of EXPLAIN, VACUUM and their kin.
    pub fn utility_options(&mut self) -> Result<Vec<DefElem>> {
        self.parenthesized_list(|p| {
            let location = p.location();
            let name = match p.keyword() {
                Some(K::Analyze | K::Analyse) => {
                    p.bump();
                    "analyze".to_owned()
                }
                _ => p.non_reserved_word()?,
            };
            let arg = match p.at(',') || p.at(')') {
                true => None,
                false if p.at_number() => Some(p.numeric_only()?),
                false => Some(DefArg::String(p.boolean_or_string()?)),
            };
            Ok(def_elem(&name, arg, location))
        })
    }
}

/// An option without a namespace.
pub(super) fn def_elem(name: &str, arg: Option<DefArg>, location: Location) -> DefElem {
    DefElem {
        namespace: None,
        name: name.to_owned(),
        arg,
        action: DefElemAction::Unspecified,
        location,
    }
}

/// An option that is on or off.
pub(super) fn flag(name: &str, value: bool, location: Location) -> DefElem {
    def_elem(name, Some(DefArg::Boolean(value)), location)
}
