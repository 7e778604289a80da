//! ALTER TABLE and its kin: INDEX, SEQUENCE, VIEW, MATERIALIZED VIEW, FOREIGN TABLE.

use kumquat_types::Result;

use super::constraint::Allowed;
use super::cursor::{Parser, syntax_error};
use super::options::def_elem;
use crate::ast::*;
use crate::keywords::Keyword as K;
use crate::lexer::Tok;

impl Parser<'_> {
    /// After `ALTER TABLE` or the like.
    pub fn alter_relation(&mut self, object_type: ObjectType) -> Result<Statement> {
        use ObjectType::*;
        if matches!(object_type, Table | Index | MaterializedView) && self.at(K::All) {
            return self.alter_table_move_all(object_type);
        }
        let missing_ok = self.if_exists();
        let relation = match object_type {
            Table | ForeignTable => self.relation_expr()?,
            _ => self.qualified_name()?,
        };
        let target = Altered {
            object_type,
            relation,
            missing_ok,
        };
        match self.keyword() {
            Some(K::Rename) => self.rename_relation(target),
            Some(K::Set) if object_type != Index && self.at_ahead(1, K::Schema) => {
                self.expect_all(&[K::Set, K::Schema])?;
                Ok(Statement::AlterObjectSchema(Box::new(AlterObjectSchemaStmt {
                    object_type,
                    target: AlterTarget::Relation(target.relation),
                    new_schema: self.col_id()?,
                    missing_ok,
                })))
            }
            Some(K::No | K::Depends)
                if matches!(object_type, Index | MaterializedView)
                    && !missing_ok
                    && (self.at(K::Depends) || self.at_ahead(1, K::Depends)) =>
            {
                self.depends_on_extension(object_type, AlterTarget::Relation(target.relation), None)
            }
            Some(K::Attach | K::Detach) if object_type == Table || object_type == Index && !missing_ok => {
                let command = self.partition_command(object_type)?;
                Ok(target.with(vec![command]))
            }
            _ if object_type == Sequence && self.at_sequence_option() => {
                let options = self.sequence_option_list()?;
                Ok(Statement::AlterSeq(Box::new(AlterSeqStmt {
                    sequence: target.relation,
                    options,
                    missing_ok,
                })))
            }
            _ => {
                let commands = self.comma_list(Self::alter_table_cmd)?;
                Ok(target.with(commands))
            }
        }
    }

    fn at_sequence_option(&self) -> bool {
        let no = self.at(K::No)
            && [K::Cycle, K::Maxvalue, K::Minvalue]
                .iter()
                .any(|word| self.at_ahead(1, *word));
        no || self.at_any(&[
            K::As,
            K::Cache,
            K::Cycle,
            K::Increment,
            K::Logged,
            K::Maxvalue,
            K::Minvalue,
            K::Owned,
            K::Sequence,
            K::Start,
            K::Restart,
            K::Unlogged,
        ])
    }

    fn alter_table_move_all(&mut self, object_type: ObjectType) -> Result<Statement> {
        self.expect_all(&[K::All, K::In, K::Tablespace])?;
        let from_tablespace = self.col_id()?;
        let roles = match self.eat_all(K::Owned, &[K::By])? {
            true => self.role_list()?,
            false => Vec::new(),
        };
        self.expect_all(&[K::Set, K::Tablespace])?;
        Ok(Statement::AlterTableMoveAll(Box::new(AlterTableMoveAllStmt {
            object_type,
            from_tablespace,
            roles,
            to_tablespace: self.col_id()?,
            nowait: self.eat(K::Nowait),
        })))
    }

    fn rename_relation(&mut self, target: Altered) -> Result<Statement> {
        use ObjectType::*;
        self.expect(K::Rename)?;
        let has_columns = matches!(target.object_type, Table | View | MaterializedView | ForeignTable);
        let (rename_type, subname) = if self.at(K::To) {
            (target.object_type, None)
        } else if target.object_type == Table && self.eat(K::Constraint) {
            (TableConstraint, Some(self.col_id()?))
        } else if has_columns {
            self.eat(K::Column);
            (Column, Some(self.col_id()?))
        } else {
            return self.unexpected();
        };
        self.expect(K::To)?;
        Ok(Statement::Rename(Box::new(RenameStmt {
            rename_type,
            relation_type: target.object_type,
            target: AlterTarget::Relation(target.relation),
            subname,
            new_name: self.col_id()?,
            behavior: DropBehavior::Restrict,
            missing_ok: target.missing_ok,
        })))
    }

    /// `ATTACH PARTITION`, `DETACH PARTITION`
    fn partition_command(&mut self, object_type: ObjectType) -> Result<AlterTableCmd> {
        let attach = self.at(K::Attach);
        if !attach && object_type == ObjectType::Index {
            return self.unexpected();
        }
        self.bump();
        self.expect(K::Partition)?;
        let name = self.qualified_name()?;
        if attach {
            let bound = match object_type {
                ObjectType::Index => None,
                _ => Some(self.partition_bound()?),
            };
            return Ok(AlterTableCmd::AttachPartition { name, bound });
        }
        if self.eat(K::Finalize) {
            return Ok(AlterTableCmd::DetachPartitionFinalize { name });
        }
        let concurrent = self.eat(K::Concurrently);
        Ok(AlterTableCmd::DetachPartition { name, concurrent })
    }

    fn alter_table_cmd(&mut self) -> Result<AlterTableCmd> {
        use AlterTableCmd::*;
        let Some(keyword) = self.keyword() else {
            return self.unexpected();
        };
        if keyword == K::Options {
            return Ok(GenericOptions(self.alter_generic_options()?));
        }
        let unexpected = self.error_here("syntax error");
        self.bump();
        Ok(match keyword {
            K::Add => self.alter_table_add()?,
            K::Alter => self.alter_table_alter()?,
            K::Drop => self.alter_table_drop()?,
            K::Set => self.alter_table_set()?,
            K::Enable | K::Disable => self.alter_table_enable(keyword)?,
            K::Reset => ResetRelOptions(self.reloptions()?),
            K::Validate => {
                self.expect(K::Constraint)?;
                ValidateConstraint { name: self.col_id()? }
            }
            K::Cluster => {
                self.expect(K::On)?;
                ClusterOn { index: self.col_id()? }
            }
            K::Inherit => AddInherit(self.qualified_name()?),
            K::No if self.eat(K::Inherit) => DropInherit(self.qualified_name()?),
            K::No => {
                self.expect_all(&[K::Force, K::Row, K::Level, K::Security])?;
                NoForceRowSecurity
            }
            K::Force => {
                self.expect_all(&[K::Row, K::Level, K::Security])?;
                ForceRowSecurity
            }
            K::Of => {
                let location = self.location();
                AddOf(super::types::type_name_of(self.any_name()?, location))
            }
            K::Not => {
                self.expect(K::Of)?;
                DropOf
            }
            K::Owner => {
                self.expect(K::To)?;
                ChangeOwner(self.role_spec()?)
            }
            K::Replica => {
                self.expect(K::Identity)?;
                ReplicaIdentity(self.replica_identity()?)
            }
            _ => return Err(unexpected),
        })
    }

    fn replica_identity(&mut self) -> Result<ReplicaIdentity> {
        if self.eat_all(K::Using, &[K::Index])? {
            return Ok(ReplicaIdentity::Index(self.col_id()?));
        }
        match self.expect_one_of(&[(K::Nothing, 0), (K::Full, 1), (K::Default, 2)])? {
            0 => Ok(ReplicaIdentity::Nothing),
            1 => Ok(ReplicaIdentity::Full),
            _ => Ok(ReplicaIdentity::Default),
        }
    }

    fn alter_table_add(&mut self) -> Result<AlterTableCmd> {
        if self.at_table_constraint() {
            return Ok(AlterTableCmd::AddConstraint(self.table_constraint()?));
        }
        self.eat(K::Column);
        let missing_ok = self.if_not_exists()?;
        let column = self.column_def()?;
        Ok(AlterTableCmd::AddColumn {
            column,
            behavior: DropBehavior::Restrict,
            missing_ok,
        })
    }

    fn alter_table_drop(&mut self) -> Result<AlterTableCmd> {
        let constraint = self.eat(K::Constraint);
        if !constraint {
            self.eat(K::Column);
        }
        let missing_ok = self.if_exists();
        let name = self.col_id()?;
        let behavior = self.drop_behavior();
        Ok(match constraint {
            true => AlterTableCmd::DropConstraint {
                name,
                behavior,
                missing_ok,
            },
            false => AlterTableCmd::DropColumn {
                name,
                behavior,
                missing_ok,
            },
        })
    }

    fn alter_table_set(&mut self) -> Result<AlterTableCmd> {
        use AlterTableCmd::*;
        if self.at('(') {
            return Ok(SetRelOptions(self.reloptions()?));
        }
        if self.eat(K::Without) {
            return match self.expect_one_of(&[(K::Oids, true), (K::Cluster, false)])? {
                true => Ok(SetWithoutOids),
                false => Ok(SetWithoutCluster),
            };
        }
        if self.eat_all(K::Access, &[K::Method])? {
            return Ok(SetAccessMethod { name: self.col_id()? });
        }
        match self.expect_one_of(&[(K::Tablespace, 0), (K::Logged, 1), (K::Unlogged, 2)])? {
            0 => Ok(SetTablespace { name: self.col_id()? }),
            1 => Ok(SetLogged),
            _ => Ok(SetUnlogged),
        }
    }

    /// `ENABLE | DISABLE [ALWAYS | REPLICA] TRIGGER | RULE`, `... ROW LEVEL SECURITY`
    fn alter_table_enable(&mut self, keyword: K) -> Result<AlterTableCmd> {
        let mut firing = match keyword {
            K::Enable => FiringMode::Enable,
            _ => FiringMode::Disable,
        };
        if self.eat_all(K::Row, &[K::Level, K::Security])? {
            return Ok(match firing {
                FiringMode::Enable => AlterTableCmd::EnableRowSecurity,
                _ => AlterTableCmd::DisableRowSecurity,
            });
        }
        let mut special = false;
        if firing == FiringMode::Enable {
            let modes = [
                (K::Always, FiringMode::EnableAlways),
                (K::Replica, FiringMode::EnableReplica),
            ];
            if let Some(mode) = self.eat_one_of(&modes) {
                firing = mode;
                special = true;
            }
        }
        match self.expect_one_of(&[(K::Trigger, true), (K::Rule, false)])? {
            false => Ok(AlterTableCmd::Rule {
                firing,
                name: self.col_id()?,
            }),
            true => {
                let which = if !special && self.eat(K::All) {
                    TriggerSelection::All
                } else if !special && self.eat(K::User) {
                    TriggerSelection::User
                } else {
                    TriggerSelection::Named(self.col_id()?)
                };
                Ok(AlterTableCmd::Trigger { firing, which })
            }
        }
    }

    /// `ALTER [COLUMN] name ...`, `ALTER CONSTRAINT name ...`
    fn alter_table_alter(&mut self) -> Result<AlterTableCmd> {
        if self.eat(K::Constraint) {
            let name = self.col_id()?;
            let allowed = Allowed {
                deferrable: true,
                not_valid: false,
                no_inherit: false,
            };
            let attributes = self.checked_attributes("FOREIGN KEY", allowed)?;
            return Ok(AlterTableCmd::AlterConstraint { name, attributes });
        }
        self.eat(K::Column);
        if let Tok::Iconst(_) = self.tok() {
            return self.alter_numbered_column();
        }
        let location = self.location();
        let name = self.col_id()?;
        match self.keyword() {
            Some(K::Set) if self.at_ahead(1, K::Data) => self.alter_column_type(name, location),
            Some(K::Type) => self.alter_column_type(name, location),
            Some(K::Set) => self.alter_column_set(name),
            Some(K::Drop) => self.alter_column_drop(name),
            Some(K::Restart) => self.alter_identity(name),
            Some(K::Reset) => {
                self.bump();
                Ok(AlterTableCmd::ResetColumnOptions {
                    name,
                    options: self.reloptions()?,
                })
            }
            Some(K::Options) => {
                let options = self.alter_generic_options()?;
                Ok(AlterTableCmd::AlterColumnGenericOptions { name, options })
            }
            Some(K::Add) => {
                let location = self.location();
                self.expect_all(&[K::Add, K::Generated])?;
                let generated_when = self.generated_when()?;
                self.expect_all(&[K::As, K::Identity])?;
                let options = match self.at('(') {
                    true => self.in_parens(Self::sequence_option_list)?,
                    false => Vec::new(),
                };
                let constraint = Constraint {
                    name: None,
                    kind: ConstraintKind::Identity {
                        generated_when,
                        options,
                    },
                    attributes: ConstraintAttributes::default(),
                    location,
                };
                Ok(AlterTableCmd::AddIdentity { name, constraint })
            }
            _ => self.unexpected(),
        }
    }

    /// `ALTER COLUMN 1 SET STATISTICS n` of an index.
    fn alter_numbered_column(&mut self) -> Result<AlterTableCmd> {
        let location = self.location();
        let number = self.iconst()?;
        self.expect_all(&[K::Set, K::Statistics])?;
        let value = self.signed_iconst()?;
        let column = match i16::try_from(number) {
            Ok(number) if number > 0 => ColumnOrNumber::Number(number),
            _ => {
                let message = format!("column number must be in range from 1 to {}", i16::MAX);
                return Err(super::cursor::error_at(
                    kumquat_types::SqlState::INVALID_PARAMETER_VALUE,
                    message,
                    location,
                ));
            }
        };
        Ok(AlterTableCmd::SetStatistics { column, value })
    }

    fn alter_column_type(&mut self, name: String, location: Location) -> Result<AlterTableCmd> {
        let column = self.retyped_column(name, location)?;
        let using = match self.eat(K::Using) {
            true => Some(self.expr()?),
            false => None,
        };
        Ok(AlterTableCmd::AlterColumnType {
            column,
            using,
            behavior: DropBehavior::Restrict,
        })
    }

    /// `[SET DATA] TYPE type COLLATE name`
    pub fn retyped_column(&mut self, name: String, location: Location) -> Result<ColumnDef> {
        self.eat_all(K::Set, &[K::Data])?;
        self.expect(K::Type)?;
        let type_name = Some(self.type_name()?);
        let collation = self.opt_collation()?;
        Ok(ColumnDef {
            name,
            type_name,
            compression: None,
            collation,
            constraints: Vec::new(),
            fdw_options: Vec::new(),
            location,
        })
    }

    fn alter_column_set(&mut self, name: String) -> Result<AlterTableCmd> {
        use AlterTableCmd::*;
        if self.at_identity_option() {
            return self.alter_identity(name);
        }
        self.expect(K::Set)?;
        if self.at('(') {
            return Ok(SetColumnOptions {
                name,
                options: self.reloptions()?,
            });
        }
        if self.at(K::Compression) {
            return Ok(SetCompression {
                name,
                compression: self.column_compression()?,
            });
        }
        match self.expect_one_of(&[(K::Default, 0), (K::Not, 1), (K::Statistics, 2), (K::Storage, 3)])? {
            0 => Ok(ColumnDefault {
                name,
                expr: Some(self.expr()?),
            }),
            1 => {
                self.expect(K::Null)?;
                Ok(SetNotNull { name })
            }
            2 => {
                let value = self.signed_iconst()?;
                Ok(SetStatistics {
                    column: ColumnOrNumber::Name(name),
                    value,
                })
            }
            _ => Ok(SetStorage {
                name,
                storage: self.col_id()?,
            }),
        }
    }

    fn alter_column_drop(&mut self, name: String) -> Result<AlterTableCmd> {
        use AlterTableCmd::*;
        self.expect(K::Drop)?;
        match self.expect_one_of(&[(K::Default, 0), (K::Not, 1), (K::Expression, 2), (K::Identity, 3)])? {
            0 => Ok(ColumnDefault { name, expr: None }),
            1 => {
                self.expect(K::Null)?;
                Ok(DropNotNull { name })
            }
            2 => {
                let missing_ok = self.eat_all(K::If, &[K::Exists])?;
                Ok(DropExpression { name, missing_ok })
            }
            _ => {
                let missing_ok = self.eat_all(K::If, &[K::Exists])?;
                Ok(DropIdentity { name, missing_ok })
            }
        }
    }

    /// Whether `SET` is followed by an option of an identity column's sequence.
    fn at_identity_option(&self) -> bool {
        self.at(K::Set)
            && [
                K::Generated,
                K::As,
                K::Cache,
                K::Cycle,
                K::No,
                K::Increment,
                K::Logged,
                K::Maxvalue,
                K::Minvalue,
                K::Owned,
                K::Sequence,
                K::Start,
                K::Restart,
                K::Unlogged,
            ]
            .iter()
            .any(|word| self.at_ahead(1, *word))
    }

    /// `SET GENERATED ALWAYS SET START 5 RESTART` and so on.
    fn alter_identity(&mut self, name: String) -> Result<AlterTableCmd> {
        let mut options = Vec::new();
        loop {
            let location = self.location();
            if self.at(K::Restart) {
                options.extend(self.sequence_option()?);
                continue;
            }
            if !self.at_identity_option() {
                break;
            }
            self.bump();
            if self.eat(K::Generated) {
                let always = self.generated_when()? == GeneratedWhen::Always;
                options.push(def_elem("generated", Some(DefArg::Boolean(always)), location));
                continue;
            }
            let option_location = self.location();
            if let Some(option) = self.sequence_option()? {
                if matches!(option.name.as_str(), "as" | "restart" | "owned_by") {
                    let message = format!("sequence option \"{}\" not supported here", option.name);
                    return syntax_error(message, option_location);
                }
                options.push(option);
            }
        }
        if self.at(K::Set) {
            self.bump();
            return self.unexpected();
        }
        Ok(AlterTableCmd::SetIdentity { name, options })
    }
}

/// The relation that is altered.
struct Altered {
    object_type: ObjectType,
    relation: RangeVar,
    missing_ok: bool,
}

impl Altered {
    fn with(self, commands: Vec<AlterTableCmd>) -> Statement {
        Statement::AlterTable(Box::new(AlterTableStmt {
            relation: self.relation,
            commands,
            object_type: self.object_type,
            missing_ok: self.missing_ok,
        }))
    }
}
