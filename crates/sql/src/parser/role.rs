//! Roles and privileges: CREATE and ALTER ROLE, GRANT, REVOKE, default privileges.

use kumquat_types::{Result, SqlState};

use super::alter::rename;
use super::cursor::{Parser, error_at, syntax_error};
use super::options::{def_elem, flag};
use crate::ast::*;
use crate::keywords::Keyword as K;
use crate::lexer::Tok;

impl Parser<'_> {
    /// After `CREATE ROLE`, `USER` or `GROUP`.
    pub fn create_role(&mut self, kind: RoleStmtKind) -> Result<Statement> {
        let name = self.role_id()?;
        self.opt_with();
        let mut options = Vec::new();
        while let Some(option) = self.create_role_option()? {
            options.push(option);
        }
        Ok(Statement::CreateRole(Box::new(CreateRoleStmt { kind, name, options })))
    }

    /// The word WITH, which means nothing in many statements.
    pub fn opt_with(&mut self) {
        if !self.eat(K::With) {
            self.eat(K::WithLa);
        }
    }

    fn create_role_option(&mut self) -> Result<Option<RoleOption>> {
        let location = self.location();
        Ok(Some(match self.keyword() {
            Some(K::Sysid) => {
                self.bump();
                let arg = DefArg::Integer(self.iconst()?);
                RoleOption::Attribute(def_elem("sysid", Some(arg), location))
            }
            Some(K::Admin) => {
                self.bump();
                RoleOption::AdminMembers(self.role_list()?)
            }
            Some(K::Role) => {
                self.bump();
                RoleOption::RoleMembers(self.role_list()?)
            }
            Some(K::In) => {
                self.bump();
                self.expect_one_of(&[(K::Role, ()), (K::Group, ())])?;
                RoleOption::AddRoleTo(self.role_list()?)
            }
            _ => return self.role_option(),
        }))
    }

    /// An option of CREATE and of ALTER ROLE, if one begins here.
    fn role_option(&mut self) -> Result<Option<RoleOption>> {
        let location = self.location();
        let elem = match self.tok() {
            Tok::Keyword(K::Password | K::Encrypted) => {
                let encrypted = self.eat(K::Encrypted);
                self.expect(K::Password)?;
                let password = match !encrypted && self.eat(K::Null) {
                    true => None,
                    false => Some(DefArg::String(self.sconst()?)),
                };
                def_elem("password", password, location)
            }
            Tok::Keyword(K::Unencrypted) => {
                self.expect_all(&[K::Unencrypted, K::Password])?;
                self.sconst()?;
                let message = "UNENCRYPTED PASSWORD is no longer supported";
                return Err(error_at(SqlState::FEATURE_NOT_SUPPORTED, message, location)
                    .hint("Remove UNENCRYPTED to store the password in encrypted form instead."));
            }
            Tok::Keyword(K::Inherit) => {
                self.bump();
                flag("inherit", true, location)
            }
            Tok::Keyword(K::Connection) => {
                self.expect_all(&[K::Connection, K::Limit])?;
                let limit = DefArg::Integer(self.signed_iconst()?);
                def_elem("connectionlimit", Some(limit), location)
            }
            Tok::Keyword(K::Valid) => {
                self.expect_all(&[K::Valid, K::Until])?;
                def_elem("validUntil", Some(DefArg::String(self.sconst()?)), location)
            }
            Tok::Keyword(K::User) => {
                self.bump();
                return Ok(Some(RoleOption::RoleMembers(self.role_list()?)));
            }
            Tok::Ident(_) => {
                let word = self.col_id()?;
                let (name, value) = match word.as_str() {
                    "superuser" => ("superuser", true),
                    "nosuperuser" => ("superuser", false),
                    "createrole" => ("createrole", true),
                    "nocreaterole" => ("createrole", false),
                    "replication" => ("isreplication", true),
                    "noreplication" => ("isreplication", false),
                    "createdb" => ("createdb", true),
                    "nocreatedb" => ("createdb", false),
                    "login" => ("canlogin", true),
                    "nologin" => ("canlogin", false),
                    "bypassrls" => ("bypassrls", true),
                    "nobypassrls" => ("bypassrls", false),
                    "noinherit" => ("inherit", false),
                    _ => {
                        return syntax_error(format!("unrecognized role option \"{word}\""), location);
                    }
                };
                flag(name, value, location)
            }
            _ => return Ok(None),
        };
        Ok(Some(RoleOption::Attribute(elem)))
    }

    /// At `ROLE`, `USER` or `GROUP` of ALTER.
    pub fn alter_role(&mut self) -> Result<Statement> {
        if self.at_both(K::User, K::Mapping) && self.at_ahead(2, K::For) {
            return self.alter_user_mapping();
        }
        let group = self.at(K::Group);
        self.bump();
        if !group && self.eat(K::All) {
            return self.alter_role_set(None);
        }
        let location = self.location();
        let role = self.role_spec()?;
        if self.eat_all(K::Rename, &[K::To])? {
            let RoleSpecKind::Name(name) = role.kind else {
                let message = "role name cannot be a reserved word here";
                return Err(error_at(SqlState::RESERVED_NAME, message, location));
            };
            let new_name = self.role_id()?;
            return Ok(rename(ObjectType::Role, ObjectName::Name(vec![name]), new_name));
        }
        let mut stmt = AlterRoleStmt {
            role,
            options: Vec::new(),
            drop_members: false,
        };
        if group {
            stmt.drop_members = !self.expect_one_of(&[(K::Add, true), (K::Drop, false)])?;
            self.expect(K::User)?;
            stmt.options = vec![RoleOption::RoleMembers(self.role_list()?)];
            return Ok(Statement::AlterRole(Box::new(stmt)));
        }
        if self.at_any(&[K::In, K::Set, K::Reset]) {
            return self.alter_role_set(Some(stmt.role));
        }
        self.opt_with();
        while let Some(option) = self.role_option()? {
            stmt.options.push(option);
        }
        Ok(Statement::AlterRole(Box::new(stmt)))
    }

    fn alter_role_set(&mut self, role: Option<RoleSpec>) -> Result<Statement> {
        let database = match self.eat_all(K::In, &[K::Database])? {
            true => Some(self.col_id()?),
            false => None,
        };
        let set = self.set_or_reset()?;
        Ok(Statement::AlterRoleSet(Box::new(AlterRoleSetStmt {
            role,
            database,
            set,
        })))
    }

    pub fn reassign_owned_stmt(&mut self) -> Result<Statement> {
        self.expect_all(&[K::Reassign, K::Owned, K::By])?;
        let roles = self.role_list()?;
        self.expect(K::To)?;
        let new_role = self.role_spec()?;
        Ok(Statement::ReassignOwned(Box::new(ReassignOwnedStmt {
            roles,
            new_role,
        })))
    }

    pub fn grant_stmt(&mut self) -> Result<Statement> {
        self.expect(K::Grant)?;
        let (privileges, all) = self.privileges()?;
        if !all && self.at(K::To) {
            self.bump();
            let grantees = self.role_list()?;
            let admin_option = self.eat_all(K::With, &[K::Admin, K::Option])?;
            let grantor = self.granted_by()?;
            return Ok(Statement::GrantRole(Box::new(GrantRoleStmt {
                is_grant: true,
                granted: privileges,
                grantees,
                admin_option,
                grantor,
                behavior: DropBehavior::Restrict,
            })));
        }
        self.expect(K::On)?;
        let target = self.privilege_target()?;
        self.expect(K::To)?;
        let grantees = self.comma_list(Self::grantee)?;
        let grant_option = self.eat_all(K::With, &[K::Grant, K::Option])?;
        let grantor = self.granted_by()?;
        Ok(Statement::Grant(Box::new(GrantStmt {
            is_grant: true,
            target,
            privileges,
            grantees,
            grant_option,
            grantor,
            behavior: DropBehavior::Restrict,
        })))
    }

    pub fn revoke_stmt(&mut self) -> Result<Statement> {
        self.expect(K::Revoke)?;
        let grant_option = self.eat_all(K::Grant, &[K::Option, K::For])?;
        let admin_option = !grant_option && self.at_both(K::Admin, K::Option);
        if admin_option {
            self.expect_all(&[K::Admin, K::Option, K::For])?;
        }
        let (privileges, all) = self.privileges()?;
        if admin_option || !all && !grant_option && self.at(K::From) {
            self.expect(K::From)?;
            let grantees = self.role_list()?;
            let grantor = self.granted_by()?;
            let behavior = self.drop_behavior();
            return Ok(Statement::GrantRole(Box::new(GrantRoleStmt {
                is_grant: false,
                granted: privileges,
                grantees,
                admin_option,
                grantor,
                behavior,
            })));
        }
        self.expect(K::On)?;
        let target = self.privilege_target()?;
        self.expect(K::From)?;
        let grantees = self.comma_list(Self::grantee)?;
        let grantor = self.granted_by()?;
        let behavior = self.drop_behavior();
        Ok(Statement::Grant(Box::new(GrantStmt {
            is_grant: false,
            target,
            privileges,
            grantees,
            grant_option,
            grantor,
            behavior,
        })))
    }

    fn granted_by(&mut self) -> Result<Option<RoleSpec>> {
        match self.eat_all(K::Granted, &[K::By])? {
            true => Ok(Some(self.role_spec()?)),
            false => Ok(None),
        }
    }

    fn grantee(&mut self) -> Result<RoleSpec> {
        self.eat(K::Group);
        self.role_spec()
    }

    /// Privileges, none of them for ALL, and whether ALL it was.
    fn privileges(&mut self) -> Result<(Vec<AccessPriv>, bool)> {
        if !self.eat(K::All) {
            return Ok((self.comma_list(Self::privilege)?, false));
        }
        self.eat(K::Privileges);
        let columns = self.optional_column_list()?;
        let of_columns = match columns.is_empty() {
            true => Vec::new(),
            false => vec![AccessPriv { name: None, columns }],
        };
        Ok((of_columns, true))
    }

    fn privilege(&mut self) -> Result<AccessPriv> {
        if self.eat_both(K::Alter, K::System) {
            return Ok(AccessPriv {
                name: Some("alter system".to_owned()),
                columns: Vec::new(),
            });
        }
        let reserved = self.at_any(&[K::Select, K::References, K::Create]);
        let name = match reserved {
            true => self.col_label()?,
            false => self.col_id()?,
        };
        let columns = self.optional_column_list()?;
        Ok(AccessPriv {
            name: Some(name),
            columns,
        })
    }

    /// What privileges are granted on. The kinds' words may be tables' names, too.
    fn privilege_target(&mut self) -> Result<GrantTarget> {
        use ObjectType::*;
        let ends = [',', '.'].iter().any(|c| self.at_ahead(1, *c))
            || [K::To, K::From].iter().any(|word| self.at_ahead(1, *word));
        let table_name = ends && self.at_col_id();
        let Some(keyword) = self.keyword().filter(|_| !table_name) else {
            return Ok(GrantTarget::Tables(self.qualified_name_list()?));
        };
        let named =
            |kind, names: Vec<String>| GrantTarget::Named(kind, names.into_iter().map(|name| vec![name]).collect());
        let unexpected = self.error_here("syntax error");
        let kind = match keyword {
            K::Function => Function,
            K::Procedure => Procedure,
            K::Routine => Routine,
            K::Database => Database,
            K::Language => Language,
            K::Schema => Schema,
            K::Tablespace => Tablespace,
            K::Domain => Domain,
            K::Type => Type,
            K::Table | K::Sequence | K::Foreign | K::Large | K::Parameter | K::All => Table,
            _ if self.at_col_id() => return Ok(GrantTarget::Tables(self.qualified_name_list()?)),
            _ => return Err(unexpected),
        };
        self.bump();
        Ok(match keyword {
            K::Table => GrantTarget::Tables(self.qualified_name_list()?),
            K::Sequence => GrantTarget::Sequences(self.qualified_name_list()?),
            K::Function | K::Procedure | K::Routine => {
                GrantTarget::Functions(kind, self.comma_list(Self::function_with_argtypes)?)
            }
            K::Domain | K::Type => GrantTarget::Named(kind, self.any_name_list()?),
            K::Foreign => {
                let wrapper = self.expect_one_of(&[(K::Data, true), (K::Server, false)])?;
                if wrapper {
                    self.expect(K::Wrapper)?;
                }
                let kind = if wrapper { ForeignDataWrapper } else { ForeignServer };
                named(kind, self.name_list()?)
            }
            K::Large => {
                self.expect(K::Object)?;
                GrantTarget::LargeObjects(self.comma_list(|p| match p.numeric_only()? {
                    DefArg::Integer(oid) => Ok(oid.to_string()),
                    DefArg::Float(digits) => Ok(digits),
                    _ => p.unexpected(),
                })?)
            }
            K::Parameter => named(Parameter, self.comma_list(Self::var_name)?),
            K::All => {
                let kind = self.expect_one_of(&[
                    (K::Tables, Table),
                    (K::Sequences, Sequence),
                    (K::Functions, Function),
                    (K::Procedures, Procedure),
                    (K::Routines, Routine),
                ])?;
                self.expect_all(&[K::In, K::Schema])?;
                GrantTarget::AllInSchema(kind, self.name_list()?)
            }
            _ => named(kind, self.name_list()?),
        })
    }

    /// At `DEFAULT PRIVILEGES`.
    pub fn alter_default_privileges(&mut self) -> Result<Statement> {
        self.expect_all(&[K::Default, K::Privileges])?;
        let mut schemas = Vec::new();
        let mut roles = Vec::new();
        loop {
            if self.eat_all(K::In, &[K::Schema])? {
                if !schemas.is_empty() {
                    return conflicting_options();
                }
                schemas = self.name_list()?;
            } else if self.eat(K::For) {
                self.expect_one_of(&[(K::Role, ()), (K::User, ())])?;
                if !roles.is_empty() {
                    return conflicting_options();
                }
                roles = self.role_list()?;
            } else {
                break;
            }
        }
        let is_grant = self.expect_one_of(&[(K::Grant, true), (K::Revoke, false)])?;
        let mut grant_option = !is_grant && self.eat_all(K::Grant, &[K::Option, K::For])?;
        let (privileges, _) = self.privileges()?;
        self.expect(K::On)?;
        let target = GrantTarget::Defaults(self.expect_one_of(&[
            (K::Tables, ObjectType::Table),
            (K::Functions, ObjectType::Function),
            (K::Routines, ObjectType::Function),
            (K::Sequences, ObjectType::Sequence),
            (K::Types, ObjectType::Type),
            (K::Schemas, ObjectType::Schema),
        ])?);
        self.expect(if is_grant { K::To } else { K::From })?;
        let grantees = self.comma_list(Self::grantee)?;
        let mut behavior = DropBehavior::Restrict;
        match is_grant {
            true => grant_option = self.eat_all(K::With, &[K::Grant, K::Option])?,
            false => behavior = self.drop_behavior(),
        }
        let action = GrantStmt {
            is_grant,
            target,
            privileges,
            grantees,
            grant_option,
            grantor: None,
            behavior,
        };
        Ok(Statement::AlterDefaultPrivileges(Box::new(
            AlterDefaultPrivilegesStmt { schemas, roles, action },
        )))
    }
}

fn conflicting_options<T>() -> Result<T> {
    syntax_error("conflicting or redundant options", Location::UNKNOWN)
}
