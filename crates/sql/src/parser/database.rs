//! Databases, tablespaces, extensions, foreign servers, publications.

use kumquat_types::{Result, SqlState};

use super::cursor::{Parser, error_at};
use super::options::def_elem;
use crate::ast::*;
use crate::keywords::Keyword as K;
use crate::lexer::Tok;

impl Parser<'_> {
    /// After `CREATE DATABASE`.
    pub fn create_database(&mut self) -> Result<Statement> {
        let name = self.col_id()?;
        self.opt_with();
        let options = self.database_options()?;
        Ok(Statement::Createdb(Box::new(CreatedbStmt { name, options })))
    }

    fn database_options(&mut self) -> Result<Vec<DefElem>> {
        let mut options = Vec::new();
        loop {
            let location = self.location();
            let name = match self.tok() {
                Tok::Ident(_) => self.col_id()?,
                Tok::Keyword(K::Connection) => {
                    self.expect_all(&[K::Connection, K::Limit])?;
                    "connection_limit".to_owned()
                }
                Tok::Keyword(K::Encoding | K::Location | K::Owner | K::Tablespace | K::Template) => self.col_id()?,
                _ => return Ok(options),
            };
            self.eat('=');
            let arg = if self.eat(K::Default) {
                None
            } else if self.at_number() {
                Some(self.numeric_only()?)
            } else {
                Some(DefArg::String(self.boolean_or_string()?))
            };
            options.push(def_elem(&name, arg, location));
        }
    }

    pub fn alter_database(&mut self) -> Result<Statement> {
        let name = self.col_id()?;
        if self.at_both(K::Set, K::Tablespace) {
            self.bump();
            let location = self.location();
            self.bump();
            let tablespace = DefArg::String(self.col_id()?);
            let options = vec![def_elem("tablespace", Some(tablespace), location)];
            return Ok(Statement::AlterDatabase(Box::new(AlterDatabaseStmt { name, options })));
        }
        if self.at_any(&[K::Set, K::Reset]) {
            let set = self.set_or_reset()?;
            return Ok(Statement::AlterDatabaseSet(Box::new(AlterDatabaseSetStmt {
                name,
                set,
            })));
        }
        if self.eat_all(K::Refresh, &[K::Collation, K::Version])? {
            let stmt = AlterDatabaseRefreshCollStmt { name };
            return Ok(Statement::AlterDatabaseRefreshColl(Box::new(stmt)));
        }
        if self.at(K::Rename) || self.at_both(K::Owner, K::To) {
            return self.alter_tail(ObjectType::Database, ObjectName::Name(vec![name]));
        }
        self.eat(K::With);
        let options = self.database_options()?;
        Ok(Statement::AlterDatabase(Box::new(AlterDatabaseStmt { name, options })))
    }

    /// After `CREATE TABLESPACE`.
    pub fn create_tablespace(&mut self) -> Result<Statement> {
        let name = self.col_id()?;
        let owner = match self.eat(K::Owner) {
            true => Some(self.role_spec()?),
            false => None,
        };
        self.expect(K::Location)?;
        let location = self.sconst()?;
        let options = self.opt_with_reloptions()?;
        Ok(Statement::CreateTableSpace(Box::new(CreateTableSpaceStmt {
            name,
            owner,
            location,
            options,
        })))
    }

    pub fn alter_tablespace(&mut self) -> Result<Statement> {
        let name = self.col_id()?;
        let Some(is_reset) = self.eat_one_of(&[(K::Set, false), (K::Reset, true)]) else {
            return self.alter_tail(ObjectType::Tablespace, ObjectName::Name(vec![name]));
        };
        let options = self.reloptions()?;
        let stmt = AlterTableSpaceOptionsStmt {
            name,
            options,
            is_reset,
        };
        Ok(Statement::AlterTableSpaceOptions(Box::new(stmt)))
    }

    /// After `CREATE EXTENSION`.
    pub fn create_extension(&mut self) -> Result<Statement> {
        let if_not_exists = self.if_not_exists()?;
        let name = self.col_id()?;
        self.opt_with();
        let mut options = Vec::new();
        loop {
            let location = self.location();
            if self.eat(K::Schema) {
                let schema = DefArg::String(self.col_id()?);
                options.push(def_elem("schema", Some(schema), location));
            } else if self.eat(K::Version) {
                let version = DefArg::String(self.non_reserved_word_or_sconst()?);
                options.push(def_elem("new_version", Some(version), location));
            } else if self.eat(K::From) {
                self.non_reserved_word_or_sconst()?;
                let message = "CREATE EXTENSION ... FROM is no longer supported";
                return Err(error_at(SqlState::FEATURE_NOT_SUPPORTED, message, location));
            } else if self.eat(K::Cascade) {
                options.push(def_elem("cascade", Some(DefArg::Boolean(true)), location));
            } else {
                break;
            }
        }
        Ok(Statement::CreateExtension(Box::new(CreateExtensionStmt {
            name,
            if_not_exists,
            options,
        })))
    }

    pub fn alter_extension(&mut self) -> Result<Statement> {
        let name = self.col_id()?;
        if self.eat(K::Update) {
            let location = self.location();
            let options = match self.eat(K::To) {
                true => {
                    let version = DefArg::String(self.non_reserved_word_or_sconst()?);
                    vec![def_elem("new_version", Some(version), location)]
                }
                false => Vec::new(),
            };
            return Ok(Statement::AlterExtension(Box::new(AlterExtensionStmt {
                name,
                options,
            })));
        }
        let Some(add) = self.eat_one_of(&[(K::Add, true), (K::Drop, false)]) else {
            self.expect_all(&[K::Set, K::Schema])?;
            return Ok(Statement::AlterObjectSchema(Box::new(AlterObjectSchemaStmt {
                object_type: ObjectType::Extension,
                target: AlterTarget::Object(ObjectName::Name(vec![name])),
                new_schema: self.col_id()?,
                missing_ok: false,
            })));
        };
        use ObjectType::*;
        let object_type =
            self.object_type(|kind| !matches!(kind, Column | Policy | Rule | TableConstraint | Trigger | LargeObject))?;
        let object = self.object_name(object_type)?;
        let stmt = AlterExtensionContentsStmt {
            name,
            add,
            object_type,
            object,
        };
        Ok(Statement::AlterExtensionContents(Box::new(stmt)))
    }

    /// After `CREATE FOREIGN DATA WRAPPER`.
    pub fn create_foreign_data_wrapper(&mut self) -> Result<Statement> {
        let name = self.col_id()?;
        let functions = self.wrapper_functions()?;
        let options = self.generic_options()?;
        let stmt = ForeignDataWrapperStmt {
            alter: false,
            name,
            functions,
            options,
        };
        Ok(Statement::ForeignDataWrapper(Box::new(stmt)))
    }

    pub fn alter_foreign_data_wrapper(&mut self) -> Result<Statement> {
        let name = self.col_id()?;
        let functions = self.wrapper_functions()?;
        let options = match self.at(K::Options) {
            true => self.alter_generic_options()?,
            false if functions.is_empty() => {
                return self.alter_tail(ObjectType::ForeignDataWrapper, ObjectName::Name(vec![name]));
            }
            false => Vec::new(),
        };
        let stmt = ForeignDataWrapperStmt {
            alter: true,
            name,
            functions,
            options,
        };
        Ok(Statement::ForeignDataWrapper(Box::new(stmt)))
    }

    /// `HANDLER f`, `NO HANDLER`, `VALIDATOR f`, `NO VALIDATOR`
    fn wrapper_functions(&mut self) -> Result<Vec<DefElem>> {
        let kinds = [(K::Handler, "handler"), (K::Validator, "validator")];
        let mut functions = Vec::new();
        loop {
            let location = self.location();
            if self.eat(K::No) {
                let kind = self.expect_one_of(&kinds)?;
                functions.push(def_elem(kind, None, location));
            } else if let Some(kind) = self.eat_one_of(&kinds) {
                let name = DefArg::List(self.any_name()?);
                functions.push(def_elem(kind, Some(name), location));
            } else {
                return Ok(functions);
            }
        }
    }

    /// After `CREATE SERVER`.
    pub fn create_server(&mut self) -> Result<Statement> {
        let if_not_exists = self.if_not_exists()?;
        let name = self.col_id()?;
        let server_type = match self.eat(K::Type) {
            true => Some(self.sconst()?),
            false => None,
        };
        let version = self.server_version()?.flatten();
        self.expect_all(&[K::Foreign, K::Data, K::Wrapper])?;
        let wrapper = self.col_id()?;
        let options = self.generic_options()?;
        Ok(Statement::CreateForeignServer(Box::new(CreateForeignServerStmt {
            name,
            server_type,
            version,
            wrapper,
            options,
            if_not_exists,
        })))
    }

    /// `VERSION 'x'` or `VERSION NULL`
    fn server_version(&mut self) -> Result<Option<Option<String>>> {
        if !self.eat(K::Version) {
            return Ok(None);
        }
        match self.eat(K::Null) {
            true => Ok(Some(None)),
            false => Ok(Some(Some(self.sconst()?))),
        }
    }

    pub fn alter_server(&mut self) -> Result<Statement> {
        let name = self.col_id()?;
        if !self.at_any(&[K::Version, K::Options]) {
            return self.alter_tail(ObjectType::ForeignServer, ObjectName::Name(vec![name]));
        }
        let version = self.server_version()?;
        let options = match self.at(K::Options) {
            true => self.alter_generic_options()?,
            false => Vec::new(),
        };
        let stmt = AlterForeignServerStmt { name, version, options };
        Ok(Statement::AlterForeignServer(Box::new(stmt)))
    }

    /// After `CREATE USER MAPPING`.
    pub fn create_user_mapping(&mut self) -> Result<Statement> {
        let exists_ok = self.eat_all(K::If, &[K::Not, K::Exists])?;
        let (user, server) = self.mapping_of()?;
        let options = self.generic_options()?;
        Ok(user_mapping(
            UserMappingCommand::Create,
            user,
            server,
            options,
            exists_ok,
        ))
    }

    /// At `USER MAPPING` of ALTER.
    pub fn alter_user_mapping(&mut self) -> Result<Statement> {
        self.expect_all(&[K::User, K::Mapping])?;
        let (user, server) = self.mapping_of()?;
        let options = self.alter_generic_options()?;
        Ok(user_mapping(UserMappingCommand::Alter, user, server, options, false))
    }

    /// At `USER MAPPING` of DROP.
    pub fn drop_user_mapping(&mut self) -> Result<Statement> {
        self.expect_all(&[K::User, K::Mapping])?;
        let exists_ok = self.eat_all(K::If, &[K::Exists])?;
        let (user, server) = self.mapping_of()?;
        Ok(user_mapping(
            UserMappingCommand::Drop,
            user,
            server,
            Vec::new(),
            exists_ok,
        ))
    }

    /// `FOR role SERVER name`
    fn mapping_of(&mut self) -> Result<(RoleSpec, String)> {
        self.expect(K::For)?;
        let location = self.location();
        let user = match self.eat(K::User) {
            true => RoleSpec {
                kind: RoleSpecKind::CurrentUser,
                location,
            },
            false => self.role_spec()?,
        };
        self.expect(K::Server)?;
        Ok((user, self.col_id()?))
    }

    pub fn import_foreign_schema_stmt(&mut self) -> Result<Statement> {
        self.expect_all(&[K::Import, K::Foreign, K::Schema])?;
        let remote_schema = self.col_id()?;
        let list = if self.eat_all(K::Limit, &[K::To])? {
            ImportForeignSchemaList::LimitTo(self.parenthesized_list(Self::relation_expr)?)
        } else if self.eat(K::Except) {
            ImportForeignSchemaList::Except(self.parenthesized_list(Self::relation_expr)?)
        } else {
            ImportForeignSchemaList::All
        };
        self.expect_all(&[K::From, K::Server])?;
        let server = self.col_id()?;
        self.expect(K::Into)?;
        let local_schema = self.col_id()?;
        let options = self.generic_options()?;
        Ok(Statement::ImportForeignSchema(Box::new(ImportForeignSchemaStmt {
            server,
            remote_schema,
            local_schema,
            list,
            options,
        })))
    }

    /// After `CREATE PUBLICATION`.
    pub fn create_publication(&mut self) -> Result<Statement> {
        let name = self.col_id()?;
        let mut stmt = CreatePublicationStmt {
            name,
            options: Vec::new(),
            objects: Vec::new(),
            for_all_tables: false,
        };
        if self.eat(K::For) {
            stmt.for_all_tables = self.eat_all(K::All, &[K::Tables])?;
            if !stmt.for_all_tables {
                stmt.objects = self.publication_objects()?;
            }
        }
        if self.eat(K::With) {
            stmt.options = self.definition()?;
        }
        Ok(Statement::CreatePublication(Box::new(stmt)))
    }

    pub fn alter_publication(&mut self) -> Result<Statement> {
        let name = self.col_id()?;
        let actions = [
            (K::Add, DefElemAction::Add),
            (K::Set, DefElemAction::Set),
            (K::Drop, DefElemAction::Drop),
        ];
        let Some(action) = self.eat_one_of(&actions) else {
            return self.alter_tail(ObjectType::Publication, ObjectName::Name(vec![name]));
        };
        let mut stmt = AlterPublicationStmt {
            name,
            options: Vec::new(),
            objects: Vec::new(),
            action,
        };
        match action == DefElemAction::Set && self.at('(') {
            true => stmt.options = self.definition()?,
            false => stmt.objects = self.publication_objects()?,
        }
        Ok(Statement::AlterPublication(Box::new(stmt)))
    }

    /// `TABLE a, b, TABLES IN SCHEMA c, d`: what stands without a kind is of the one before it.
    fn publication_objects(&mut self) -> Result<Vec<PublicationObject>> {
        let mut schemas = None;
        let mut kindless = None;
        let objects = self.comma_list(|p| {
            if p.eat(K::Table) {
                schemas = Some(false);
            } else if p.eat_both(K::Tables, K::In) {
                p.expect(K::Schema)?;
                schemas = Some(true);
            } else if schemas.is_none() && kindless.is_none() {
                kindless = Some(p.location());
            }
            if schemas != Some(false) && p.eat(K::CurrentSchema) {
                return Ok(PublicationObject::TablesInCurrentSchema);
            }
            if schemas == Some(true) {
                return Ok(PublicationObject::TablesInSchema(p.col_id()?));
            }
            let relation = p.relation_expr()?;
            let columns = p.optional_column_list()?;
            let where_clause = match p.eat(K::Where) {
                true => Some(p.parenthesized_expr()?),
                false => None,
            };
            Ok(PublicationObject::Table {
                relation,
                where_clause,
                columns,
            })
        })?;
        match kindless {
            None => Ok(objects),
            Some(location) => {
                let message = "invalid publication object list";
                Err(error_at(SqlState::SYNTAX_ERROR, message, location).detail(
                    "One of TABLE or TABLES IN SCHEMA must be specified before a standalone table or \
                     schema name.",
                ))
            }
        }
    }
}

fn user_mapping(
    command: UserMappingCommand,
    user: RoleSpec,
    server: String,
    options: Vec<DefElem>,
    exists_ok: bool,
) -> Statement {
    Statement::UserMapping(Box::new(UserMappingStmt {
        command,
        user,
        server,
        options,
        exists_ok,
    }))
}
