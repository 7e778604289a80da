//! ALTER of everything that is not a relation: RENAME, OWNER TO, SET SCHEMA, and what each kind has
//! of its own.

use kumquat_types::Result;

use super::cursor::Parser;
use super::options::def_elem;
use crate::ast::ObjectType::*;
use crate::ast::*;
use crate::keywords::Keyword as K;

impl Parser<'_> {
    pub fn alter_stmt(&mut self) -> Result<Statement> {
        self.expect(K::Alter)?;
        match self.keyword() {
            Some(K::System) => {
                self.bump();
                let set = match self.at(K::Reset) {
                    true => self.generic_reset_stmt()?,
                    false => {
                        self.expect(K::Set)?;
                        self.generic_set()?
                    }
                };
                return Ok(Statement::AlterSystem(Box::new(AlterSystemStmt { set })));
            }
            Some(K::Default) => return self.alter_default_privileges(),
            Some(K::Role | K::User | K::Group) => return self.alter_role(),
            _ => {}
        }
        let kind = self
            .object_type(|kind| !matches!(kind, Cast | Column | TableConstraint | AccessMethod | Role | Transform))?;
        match kind {
            Table | Index | Sequence | View | MaterializedView | ForeignTable => self.alter_relation(kind),
            Type => self.alter_type(),
            Domain => self.alter_domain(),
            Database => self.alter_database(),
            Extension => self.alter_extension(),
            Function | Procedure | Routine => self.alter_function(kind),
            Policy => self.alter_policy(),
            Trigger | Rule => self.alter_on_table(kind),
            Tablespace => self.alter_tablespace(),
            ForeignDataWrapper => self.alter_foreign_data_wrapper(),
            ForeignServer => self.alter_server(),
            Publication => self.alter_publication(),
            EventTrigger => self.alter_event_trigger(),
            Statistics => self.alter_statistics(),
            TextSearchDictionary => self.alter_ts_dictionary(),
            TextSearchConfiguration => self.alter_ts_configuration(),
            Collation => self.alter_collation(),
            Subscription => self.unsupported_object("ALTER SUBSCRIPTION"),
            Operator => self.alter_operator(),
            _ => {
                let object = self.object_name(kind)?;
                self.alter_tail(kind, object)
            }
        }
    }

    /// RENAME TO, OWNER TO, SET SCHEMA, as far as the kind has them.
    pub fn alter_tail(&mut self, kind: ObjectType, object: ObjectName) -> Result<Statement> {
        let in_schema = !matches!(
            kind,
            Database
                | EventTrigger
                | ForeignDataWrapper
                | ForeignServer
                | Language
                | LargeObject
                | Publication
                | Schema
                | Tablespace
        );
        let renamed = !matches!(kind, LargeObject | Operator);
        let owned = !matches!(kind, TextSearchParser | TextSearchTemplate | Extension);
        if renamed && self.eat_all(K::Rename, &[K::To])? {
            return Ok(rename(kind, object, self.col_id()?));
        }
        if owned && self.eat_all(K::Owner, &[K::To])? {
            return Ok(Statement::AlterOwner(Box::new(AlterOwnerStmt {
                object_type: kind,
                object,
                new_owner: self.role_spec()?,
            })));
        }
        if in_schema && self.eat_all(K::Set, &[K::Schema])? {
            return Ok(Statement::AlterObjectSchema(Box::new(AlterObjectSchemaStmt {
                object_type: kind,
                target: AlterTarget::Object(object),
                new_schema: self.col_id()?,
                missing_ok: false,
            })));
        }
        self.unexpected()
    }

    /// `[NO] DEPENDS ON EXTENSION name`
    pub fn depends_on_extension(
        &mut self,
        object_type: ObjectType,
        target: AlterTarget,
        subname: Option<String>,
    ) -> Result<Statement> {
        let remove = self.eat(K::No);
        self.expect_all(&[K::Depends, K::On, K::Extension])?;
        let extension = self.col_id()?;
        Ok(Statement::AlterObjectDepends(Box::new(AlterObjectDependsStmt {
            object_type,
            target,
            subname,
            extension,
            remove,
        })))
    }

    fn alter_type(&mut self) -> Result<Statement> {
        let location = self.location();
        let type_name = self.any_name()?;
        match self.keyword() {
            Some(K::Add) if self.at_ahead(1, K::Value) => self.add_enum_value(type_name),
            Some(K::Rename) => self.rename_in_type(type_name, location),
            Some(K::Set) if self.at_ahead(1, '(') => {
                self.bump();
                let options = self.operator_definition()?;
                Ok(Statement::AlterType(Box::new(AlterTypeStmt { type_name, options })))
            }
            Some(K::Add | K::Drop | K::Alter) => {
                let relation = super::names::range_var(type_name, location)?;
                let commands = self.comma_list(Self::alter_attribute)?;
                Ok(Statement::AlterTable(Box::new(AlterTableStmt {
                    relation,
                    commands,
                    object_type: Type,
                    missing_ok: false,
                })))
            }
            _ => self.alter_tail(Type, type_object(type_name, location)),
        }
    }

    fn add_enum_value(&mut self, type_name: Name) -> Result<Statement> {
        self.expect_all(&[K::Add, K::Value])?;
        let if_not_exists = self.eat_all(K::If, &[K::Not, K::Exists])?;
        let value = self.sconst()?;
        let neighbor = match self.eat_one_of(&[(K::Before, false), (K::After, true)]) {
            Some(after) => Some((self.sconst()?, after)),
            None => None,
        };
        let stmt = AlterEnumStmt::AddValue {
            type_name,
            value,
            neighbor,
            if_not_exists,
        };
        Ok(Statement::AlterEnum(Box::new(stmt)))
    }

    fn rename_in_type(&mut self, type_name: Name, location: Location) -> Result<Statement> {
        self.expect(K::Rename)?;
        if self.eat(K::Value) {
            let old = self.sconst()?;
            self.expect(K::To)?;
            let new = self.sconst()?;
            let stmt = AlterEnumStmt::RenameValue { type_name, old, new };
            return Ok(Statement::AlterEnum(Box::new(stmt)));
        }
        if self.eat(K::Attribute) {
            let subname = Some(self.col_id()?);
            self.expect(K::To)?;
            let new_name = self.col_id()?;
            let behavior = self.drop_behavior();
            return Ok(Statement::Rename(Box::new(RenameStmt {
                rename_type: Attribute,
                relation_type: Type,
                target: AlterTarget::Relation(super::names::range_var(type_name, location)?),
                subname,
                new_name,
                behavior,
                missing_ok: false,
            })));
        }
        self.expect(K::To)?;
        Ok(rename(Type, type_object(type_name, location), self.col_id()?))
    }

    /// `ADD | DROP | ALTER ATTRIBUTE ...` of a composite type.
    fn alter_attribute(&mut self) -> Result<AlterTableCmd> {
        let action = self.expect_one_of(&[(K::Add, 0), (K::Drop, 1), (K::Alter, 2)])?;
        self.expect(K::Attribute)?;
        let location = self.location();
        if action == 1 {
            let missing_ok = self.if_exists();
            let name = self.col_id()?;
            let behavior = self.drop_behavior();
            return Ok(AlterTableCmd::DropColumn {
                name,
                behavior,
                missing_ok,
            });
        }
        if action == 0 {
            let column = self.table_func_column()?;
            let behavior = self.drop_behavior();
            return Ok(AlterTableCmd::AddColumn {
                column,
                behavior,
                missing_ok: false,
            });
        }
        let name = self.col_id()?;
        let column = self.retyped_column(name, location)?;
        let behavior = self.drop_behavior();
        Ok(AlterTableCmd::AlterColumnType {
            column,
            using: None,
            behavior,
        })
    }

    fn alter_domain(&mut self) -> Result<Statement> {
        let location = self.location();
        let name = self.any_name()?;
        let action = match self.keyword() {
            Some(K::Add) => {
                self.bump();
                AlterDomainAction::AddConstraint(Box::new(self.table_constraint()?))
            }
            Some(K::Validate) => {
                self.expect_all(&[K::Validate, K::Constraint])?;
                AlterDomainAction::ValidateConstraint(self.col_id()?)
            }
            Some(K::Drop) => {
                self.bump();
                match self.expect_one_of(&[(K::Default, 0), (K::Not, 1), (K::Constraint, 2)])? {
                    0 => AlterDomainAction::Default(None),
                    1 => {
                        self.expect(K::Null)?;
                        AlterDomainAction::DropNotNull
                    }
                    _ => {
                        let missing_ok = self.if_exists();
                        let name = self.col_id()?;
                        let behavior = self.drop_behavior();
                        AlterDomainAction::DropConstraint {
                            name,
                            behavior,
                            missing_ok,
                        }
                    }
                }
            }
            Some(K::Set) if !self.at_ahead(1, K::Schema) => {
                self.bump();
                match self.expect_one_of(&[(K::Default, true), (K::Not, false)])? {
                    true => AlterDomainAction::Default(Some(self.expr()?)),
                    false => {
                        self.expect(K::Null)?;
                        AlterDomainAction::SetNotNull
                    }
                }
            }
            Some(K::Rename) if self.at_ahead(1, K::Constraint) => {
                self.expect_all(&[K::Rename, K::Constraint])?;
                let subname = Some(self.col_id()?);
                self.expect(K::To)?;
                return Ok(Statement::Rename(Box::new(RenameStmt {
                    rename_type: DomainConstraint,
                    relation_type: Domain,
                    target: AlterTarget::Object(type_object(name, location)),
                    subname,
                    new_name: self.col_id()?,
                    behavior: DropBehavior::Restrict,
                    missing_ok: false,
                })));
            }
            _ => return self.alter_tail(Domain, type_object(name, location)),
        };
        Ok(Statement::AlterDomain(Box::new(AlterDomainStmt { name, action })))
    }

    fn alter_function(&mut self, kind: ObjectType) -> Result<Statement> {
        let function = self.function_with_argtypes()?;
        if self.at_any(&[K::No, K::Depends]) {
            let target = AlterTarget::Object(ObjectName::WithArgs(function));
            return self.depends_on_extension(kind, target, None);
        }
        if self.at_any(&[K::Rename, K::Owner]) || self.at_both(K::Set, K::Schema) && self.at_schema_name() {
            return self.alter_tail(kind, ObjectName::WithArgs(function));
        }
        let mut actions = Vec::new();
        while let Some(action) = self.common_function_option()? {
            actions.push(action);
        }
        if actions.is_empty() {
            return self.unexpected();
        }
        self.eat(K::Restrict);
        Ok(Statement::AlterFunction(Box::new(AlterFunctionStmt {
            object_type: kind,
            function,
            actions,
        })))
    }

    /// Whether `SET SCHEMA` is followed by a name: before a string it sets search_path.
    fn at_schema_name(&self) -> bool {
        !matches!(self.tok_at(2), crate::lexer::Tok::Sconst(_))
    }

    /// TRIGGER and RULE: `name ON table RENAME TO ...`
    fn alter_on_table(&mut self, kind: ObjectType) -> Result<Statement> {
        let subname = Some(self.col_id()?);
        self.expect(K::On)?;
        let target = AlterTarget::Relation(self.qualified_name()?);
        if kind == Trigger && self.at_any(&[K::No, K::Depends]) {
            return self.depends_on_extension(kind, target, subname);
        }
        self.expect_all(&[K::Rename, K::To])?;
        Ok(Statement::Rename(Box::new(RenameStmt {
            rename_type: kind,
            relation_type: Table,
            target,
            subname,
            new_name: self.col_id()?,
            behavior: DropBehavior::Restrict,
            missing_ok: false,
        })))
    }

    fn alter_policy(&mut self) -> Result<Statement> {
        let missing_ok = self.if_exists();
        let name = self.col_id()?;
        self.expect(K::On)?;
        let table = self.qualified_name()?;
        if self.eat_all(K::Rename, &[K::To])? {
            return Ok(Statement::Rename(Box::new(RenameStmt {
                rename_type: Policy,
                relation_type: Table,
                target: AlterTarget::Relation(table),
                subname: Some(name),
                new_name: self.col_id()?,
                behavior: DropBehavior::Restrict,
                missing_ok,
            })));
        }
        if missing_ok {
            return self.unexpected();
        }
        let roles = match self.eat(K::To) {
            true => self.role_list()?,
            false => Vec::new(),
        };
        let (using, with_check) = self.policy_expressions()?;
        Ok(Statement::AlterPolicy(Box::new(AlterPolicyStmt {
            name,
            table,
            roles,
            using,
            with_check,
        })))
    }

    fn alter_event_trigger(&mut self) -> Result<Statement> {
        let name = self.col_id()?;
        let firing = if self.eat(K::Disable) {
            FiringMode::Disable
        } else if self.eat(K::Enable) {
            self.eat_one_of(&[
                (K::Replica, FiringMode::EnableReplica),
                (K::Always, FiringMode::EnableAlways),
            ])
            .unwrap_or(FiringMode::Enable)
        } else {
            return self.alter_tail(EventTrigger, ObjectName::Name(vec![name]));
        };
        Ok(Statement::AlterEventTrig(Box::new(AlterEventTrigStmt { name, firing })))
    }

    fn alter_statistics(&mut self) -> Result<Statement> {
        let missing_ok = self.if_exists();
        let name = self.any_name()?;
        if missing_ok || self.at_both(K::Set, K::Statistics) {
            self.expect_all(&[K::Set, K::Statistics])?;
            let target = self.signed_iconst()?;
            return Ok(Statement::AlterStats(Box::new(AlterStatsStmt {
                name,
                target,
                missing_ok,
            })));
        }
        self.alter_tail(Statistics, ObjectName::Name(name))
    }

    fn alter_collation(&mut self) -> Result<Statement> {
        let name = self.any_name()?;
        if self.eat_all(K::Refresh, &[K::Version])? {
            return Ok(Statement::AlterCollation(Box::new(AlterCollationStmt { name })));
        }
        self.alter_tail(Collation, ObjectName::Name(name))
    }

    fn alter_operator(&mut self) -> Result<Statement> {
        let operator = self.operator_with_argtypes()?;
        if self.at_both(K::Set, '(') {
            self.bump();
            self.operator_definition()?;
            return Ok(Statement::Unsupported("ALTER OPERATOR"));
        }
        self.alter_tail(Operator, ObjectName::WithArgs(operator))
    }

    /// `(name = value, name = NONE)` of ALTER OPERATOR and ALTER TYPE.
    fn operator_definition(&mut self) -> Result<Vec<DefElem>> {
        self.parenthesized_list(|p| {
            let location = p.location();
            let name = p.col_label()?;
            p.expect('=')?;
            let arg = match p.eat(K::None) {
                true => None,
                false => Some(p.def_arg()?),
            };
            Ok(def_elem(&name, arg, location))
        })
    }

    fn alter_ts_dictionary(&mut self) -> Result<Statement> {
        let name = self.any_name()?;
        if !self.at('(') {
            return self.alter_tail(TextSearchDictionary, ObjectName::Name(name));
        }
        let options = self.definition()?;
        Ok(Statement::AlterTSDictionary(Box::new(AlterTSDictionaryStmt {
            name,
            options,
        })))
    }

    fn alter_ts_configuration(&mut self) -> Result<Statement> {
        let name = self.any_name()?;
        let action = match self.keyword() {
            Some(K::Add) => {
                self.expect_all(&[K::Add, K::Mapping, K::For])?;
                let tokens = self.name_list()?;
                self.expect(K::With)?;
                AlterTSConfigAction::AddMapping {
                    tokens,
                    dicts: self.any_name_list()?,
                }
            }
            Some(K::Alter) => {
                self.expect_all(&[K::Alter, K::Mapping])?;
                let tokens = match self.eat(K::For) {
                    true => self.name_list()?,
                    false => Vec::new(),
                };
                if !tokens.is_empty() && self.eat(K::With) {
                    AlterTSConfigAction::AlterMappingForToken {
                        tokens,
                        dicts: self.any_name_list()?,
                    }
                } else {
                    self.expect(K::Replace)?;
                    let old = self.any_name()?;
                    self.expect(K::With)?;
                    AlterTSConfigAction::ReplaceDict {
                        tokens,
                        old,
                        new: self.any_name()?,
                    }
                }
            }
            Some(K::Drop) => {
                self.expect_all(&[K::Drop, K::Mapping])?;
                let missing_ok = self.eat_all(K::If, &[K::Exists])?;
                self.expect(K::For)?;
                AlterTSConfigAction::DropMapping {
                    tokens: self.name_list()?,
                    missing_ok,
                }
            }
            _ => return self.alter_tail(TextSearchConfiguration, ObjectName::Name(name)),
        };
        Ok(Statement::AlterTSConfiguration(Box::new(AlterTSConfigurationStmt {
            name,
            action,
        })))
    }
}

/// The object of ALTER TYPE and ALTER DOMAIN.
fn type_object(name: Name, location: Location) -> ObjectName {
    ObjectName::Type(super::types::type_name_of(name, location))
}

/// `ALTER ... RENAME TO new_name`
pub(super) fn rename(kind: ObjectType, object: ObjectName, new_name: String) -> Statement {
    Statement::Rename(Box::new(RenameStmt {
        rename_type: kind,
        relation_type: kind,
        target: AlterTarget::Object(object),
        subname: None,
        new_name,
        behavior: DropBehavior::Restrict,
        missing_ok: false,
    }))
}
