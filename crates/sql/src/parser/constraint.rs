//! Constraints of columns and tables.

use kumquat_types::{Error, Result, SqlState};

use super::cursor::{Parser, error_at, syntax_error};
use crate::ast::*;
use crate::keywords::Keyword as K;

impl Parser<'_> {
    /// The constraints of a column, among them its collation.
    pub fn column_constraints(&mut self, column: &mut ColumnDef) -> Result<()> {
        loop {
            let location = self.location();
            if self.at(K::Collate) {
                let collation = self.opt_collation()?;
                if column.collation.is_some() {
                    return syntax_error("multiple COLLATE clauses not allowed", location);
                }
                column.collation = collation;
                continue;
            }
            let name = match self.eat(K::Constraint) {
                true => Some(self.col_id()?),
                false => None,
            };
            let mut attributes = ConstraintAttributes::default();
            let attribute = match name {
                None => self.constraint_attribute()?,
                Some(_) => None,
            };
            let kind = match attribute {
                Some(attribute) => attribute,
                None => match self.column_constraint_kind()? {
                    Some((kind, no_inherit)) => {
                        attributes.no_inherit = no_inherit;
                        kind
                    }
                    None if name.is_none() => return Ok(()),
                    None => return self.unexpected(),
                },
            };
            column.constraints.push(Constraint {
                name,
                kind,
                attributes,
                location,
            });
        }
    }

    /// `[NOT] DEFERRABLE`, `INITIALLY DEFERRED`, `INITIALLY IMMEDIATE` of a column's constraint.
    fn constraint_attribute(&mut self) -> Result<Option<ConstraintKind>> {
        if self.eat(K::Deferrable) {
            return Ok(Some(ConstraintKind::AttrDeferrable));
        }
        if self.eat_both(K::Not, K::Deferrable) {
            return Ok(Some(ConstraintKind::AttrNotDeferrable));
        }
        if !self.eat(K::Initially) {
            return Ok(None);
        }
        match self.expect_one_of(&[(K::Deferred, true), (K::Immediate, false)])? {
            true => Ok(Some(ConstraintKind::AttrDeferred)),
            false => Ok(Some(ConstraintKind::AttrImmediate)),
        }
    }

    /// A column constraint, if one begins here, and whether it is NO INHERIT.
    fn column_constraint_kind(&mut self) -> Result<Option<(ConstraintKind, bool)>> {
        let Some(keyword) = self.keyword() else {
            return Ok(None);
        };
        let mut no_inherit = false;
        let kind = match keyword {
            K::Not => {
                self.expect_all(&[K::Not, K::Null])?;
                ConstraintKind::NotNull
            }
            K::Null => {
                self.bump();
                ConstraintKind::Null
            }
            K::Unique => {
                self.bump();
                let nulls_not_distinct = self.unique_null_treatment()?;
                let index = self.index_constraint_options(Vec::new())?;
                ConstraintKind::Unique {
                    index,
                    nulls_not_distinct,
                }
            }
            K::Primary => {
                self.expect_all(&[K::Primary, K::Key])?;
                ConstraintKind::Primary(self.index_constraint_options(Vec::new())?)
            }
            K::Check => {
                self.bump();
                let expr = self.parenthesized_expr()?;
                no_inherit = self.eat_all(K::No, &[K::Inherit])?;
                ConstraintKind::Check(expr)
            }
            K::Default => {
                self.bump();
                ConstraintKind::Default(self.restricted_expr()?)
            }
            K::Generated => self.generated()?,
            K::References => ConstraintKind::Foreign(self.references(Vec::new())?),
            _ => return Ok(None),
        };
        Ok(Some((kind, no_inherit)))
    }

    /// `GENERATED ... AS IDENTITY` or `GENERATED ALWAYS AS (expression) STORED`
    fn generated(&mut self) -> Result<ConstraintKind> {
        self.expect(K::Generated)?;
        let location = self.location();
        let generated_when = self.generated_when()?;
        self.expect(K::As)?;
        if self.eat(K::Identity) {
            let options = match self.at('(') {
                true => self.in_parens(Self::sequence_option_list)?,
                false => Vec::new(),
            };
            return Ok(ConstraintKind::Identity {
                generated_when,
                options,
            });
        }
        let expr = self.parenthesized_expr()?;
        self.expect(K::Stored)?;
        if generated_when != GeneratedWhen::Always {
            let message = "for a generated column, GENERATED ALWAYS must be specified";
            return syntax_error(message, location);
        }
        Ok(ConstraintKind::Generated(expr))
    }

    pub fn generated_when(&mut self) -> Result<GeneratedWhen> {
        if self.eat(K::Always) {
            return Ok(GeneratedWhen::Always);
        }
        self.expect_all(&[K::By, K::Default])?;
        Ok(GeneratedWhen::ByDefault)
    }

    /// `NULLS [NOT] DISTINCT`: whether nulls are equal to each other.
    pub fn unique_null_treatment(&mut self) -> Result<bool> {
        if !self.eat(K::Nulls) {
            return Ok(false);
        }
        let not = self.eat(K::Not);
        self.expect(K::Distinct)?;
        Ok(not)
    }

    pub fn at_table_constraint(&self) -> bool {
        self.at_any(&[K::Constraint, K::Check, K::Unique, K::Primary, K::Foreign])
            || self.at(K::Exclude) && (self.at_ahead(1, '(') || self.at_ahead(1, K::Using))
    }

    /// A constraint of a table.
    pub fn table_constraint(&mut self) -> Result<Constraint> {
        let location = self.location();
        let name = match self.eat(K::Constraint) {
            true => Some(self.col_id()?),
            false => None,
        };
        let (what, kind) = match self.keyword() {
            Some(K::Check) => {
                self.bump();
                ("CHECK", ConstraintKind::Check(self.parenthesized_expr()?))
            }
            Some(K::Unique) => {
                self.bump();
                let nulls_not_distinct = self.unique_null_treatment()?;
                let index = match self.at(K::Using) && !nulls_not_distinct {
                    true => self.existing_index()?,
                    false => self.table_index_constraint()?,
                };
                (
                    "UNIQUE",
                    ConstraintKind::Unique {
                        index,
                        nulls_not_distinct,
                    },
                )
            }
            Some(K::Primary) => {
                self.expect_all(&[K::Primary, K::Key])?;
                let index = match self.at(K::Using) {
                    true => self.existing_index()?,
                    false => self.table_index_constraint()?,
                };
                ("PRIMARY KEY", ConstraintKind::Primary(index))
            }
            Some(K::Exclude) => ("EXCLUDE", self.exclusion()?),
            Some(K::Foreign) => {
                self.expect_all(&[K::Foreign, K::Key])?;
                let columns = self.column_list()?;
                ("FOREIGN KEY", ConstraintKind::Foreign(self.references(columns)?))
            }
            _ => return self.unexpected(),
        };
        let allowed = match kind {
            ConstraintKind::Check(_) => Allowed {
                deferrable: false,
                not_valid: true,
                no_inherit: true,
            },
            ConstraintKind::Foreign(_) => Allowed {
                deferrable: true,
                not_valid: true,
                no_inherit: false,
            },
            _ => Allowed {
                deferrable: true,
                not_valid: false,
                no_inherit: false,
            },
        };
        let attributes = self.checked_attributes(what, allowed)?;
        Ok(Constraint {
            name,
            kind,
            attributes,
            location,
        })
    }

    /// `(columns) INCLUDE (columns) WITH (options) USING INDEX TABLESPACE name`
    fn table_index_constraint(&mut self) -> Result<IndexConstraint> {
        let keys = self.column_list()?;
        self.index_constraint_options(keys)
    }

    fn index_constraint_options(&mut self, keys: Vec<String>) -> Result<IndexConstraint> {
        let including = match !keys.is_empty() && self.eat(K::Include) {
            true => self.column_list()?,
            false => Vec::new(),
        };
        let options = match self.eat(K::With) {
            true => self.definition()?,
            false => Vec::new(),
        };
        let index_tablespace = match self.eat_all(K::Using, &[K::Index, K::Tablespace])? {
            true => Some(self.col_id()?),
            false => None,
        };
        Ok(IndexConstraint {
            keys,
            including,
            options,
            index_name: None,
            index_tablespace,
        })
    }

    /// `USING INDEX name`
    fn existing_index(&mut self) -> Result<IndexConstraint> {
        self.expect_all(&[K::Using, K::Index])?;
        Ok(IndexConstraint {
            index_name: Some(self.col_id()?),
            ..IndexConstraint::default()
        })
    }

    /// `EXCLUDE USING method (key WITH operator, ...) ... WHERE (predicate)`
    fn exclusion(&mut self) -> Result<ConstraintKind> {
        self.expect(K::Exclude)?;
        let access_method = self.table_access_method()?;
        let elements = self.parenthesized_list(|p| {
            let elem = p.index_elem()?;
            p.expect(K::With)?;
            // OPERATOR(...) needs the key word here: any_operator stands for what is left of it.
            let operator = match p.at(K::Operator) {
                true => p.qualified_operator()?,
                false => p.any_operator()?,
            };
            Ok(ExclusionElem { elem, operator })
        })?;
        let including = match self.eat(K::Include) {
            true => self.column_list()?,
            false => Vec::new(),
        };
        let mut index = self.index_constraint_options(Vec::new())?;
        index.including = including;
        let where_clause = match self.eat(K::Where) {
            true => Some(self.parenthesized_expr()?),
            false => None,
        };
        Ok(ConstraintKind::Exclusion {
            access_method,
            elements,
            index,
            where_clause,
        })
    }

    /// `REFERENCES table (columns) MATCH ... ON DELETE ...`
    fn references(&mut self, columns: Vec<String>) -> Result<ForeignKey> {
        self.expect(K::References)?;
        let table = self.qualified_name()?;
        let referenced = self.optional_column_list()?;
        let match_location = self.location();
        let match_type = match self.eat(K::Match) {
            false => ForeignKeyMatch::Simple,
            true if self.eat(K::Partial) => {
                let message = "MATCH PARTIAL not yet implemented";
                return Err(error_at(SqlState::FEATURE_NOT_SUPPORTED, message, match_location));
            }
            true => self.expect_one_of(&[(K::Full, ForeignKeyMatch::Full), (K::Simple, ForeignKeyMatch::Simple)])?,
        };
        let mut key = ForeignKey {
            columns,
            table,
            referenced,
            match_type,
            on_update: ForeignKeyAction::NoAction,
            on_delete: ForeignKeyAction::NoAction,
            on_delete_columns: Vec::new(),
        };
        self.key_actions(&mut key)?;
        Ok(key)
    }

    /// ON UPDATE and ON DELETE, each at most once.
    fn key_actions(&mut self, key: &mut ForeignKey) -> Result<()> {
        let (mut update, mut delete) = (false, false);
        loop {
            let location = self.location();
            if !self.eat(K::On) {
                return Ok(());
            }
            if !update && self.eat(K::Update) {
                update = true;
                let (action, columns) = self.key_action()?;
                if !columns.is_empty() {
                    let action = match action {
                        ForeignKeyAction::SetNull => "SET NULL",
                        _ => "SET DEFAULT",
                    };
                    let message = format!("a column list with {action} is only supported for ON DELETE actions");
                    return Err(error_at(SqlState::FEATURE_NOT_SUPPORTED, message, location));
                }
                key.on_update = action;
            } else if !delete && self.eat(K::Delete) {
                delete = true;
                (key.on_delete, key.on_delete_columns) = self.key_action()?;
            } else {
                return self.unexpected();
            }
        }
    }

    fn key_action(&mut self) -> Result<(ForeignKeyAction, Vec<String>)> {
        if self.eat_all(K::No, &[K::Action])? {
            return Ok((ForeignKeyAction::NoAction, Vec::new()));
        }
        if self.eat(K::Set) {
            let action = self.expect_one_of(&[
                (K::Null, ForeignKeyAction::SetNull),
                (K::Default, ForeignKeyAction::SetDefault),
            ])?;
            return Ok((action, self.optional_column_list()?));
        }
        let action = self.expect_one_of(&[
            (K::Restrict, ForeignKeyAction::Restrict),
            (K::Cascade, ForeignKeyAction::Cascade),
        ])?;
        Ok((action, Vec::new()))
    }

    /// `DEFERRABLE`, `NOT VALID` and the like, in any order, as far as a constraint may have them.
    pub fn checked_attributes(&mut self, what: &str, allowed: Allowed) -> Result<ConstraintAttributes> {
        let attributes = self.constraint_attributes()?;
        let refused = [
            (attributes.deferrable && !allowed.deferrable, "DEFERRABLE"),
            (attributes.not_valid && !allowed.not_valid, "NOT VALID"),
            (attributes.no_inherit && !allowed.no_inherit, "NO INHERIT"),
        ];
        match refused.iter().find(|(refused, _)| *refused) {
            None => Ok(attributes),
            Some((_, attribute)) => {
                let message = format!("{what} constraints cannot be marked {attribute}");
                Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, message))
            }
        }
    }

    fn constraint_attributes(&mut self) -> Result<ConstraintAttributes> {
        let mut attributes = ConstraintAttributes::default();
        let (mut not_deferrable, mut immediate) = (false, false);
        loop {
            let location = self.location();
            if self.eat(K::Not) {
                match self.expect_one_of(&[(K::Deferrable, true), (K::Valid, false)])? {
                    true => not_deferrable = true,
                    false => attributes.not_valid = true,
                }
            } else if self.eat(K::Deferrable) {
                attributes.deferrable = true;
            } else if self.eat(K::Initially) {
                match self.expect_one_of(&[(K::Deferred, true), (K::Immediate, false)])? {
                    true => attributes.initially_deferred = true,
                    false => immediate = true,
                }
            } else if self.eat_all(K::No, &[K::Inherit])? {
                attributes.no_inherit = true;
            } else {
                break;
            }
            if not_deferrable && attributes.initially_deferred {
                let message = "constraint declared INITIALLY DEFERRED must be DEFERRABLE";
                return syntax_error(message, location);
            }
            if not_deferrable && attributes.deferrable || immediate && attributes.initially_deferred {
                return syntax_error("conflicting constraint properties", location);
            }
        }
        attributes.deferrable |= attributes.initially_deferred;
        Ok(attributes)
    }
}

/// Which attributes a kind of constraint may have.
#[derive(Clone, Copy)]
pub(crate) struct Allowed {
    pub deferrable: bool,
    pub not_valid: bool,
    pub no_inherit: bool,
}
