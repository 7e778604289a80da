//! CREATE, ALTER and DROP DATABASE, after PostgreSQL's `dbcommands.c`.

use kumquat_sql::ast::{AlterDatabaseSetStmt, AlterDatabaseStmt, CreatedbStmt, DefElem, DropdbStmt};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::create_table::check_tablespace;
use super::drop::missing::skipping;
use super::privileges::not_owner;
use super::{options, role};
use crate::backend::Backend;
use crate::catalog::naming::truncate_identifier;
use crate::catalog::{Name, ObjectAddress, ObjectClass};
use crate::result::CommandTag;
use crate::server::Database;

fn undefined(name: &str) -> Error {
    Error::new(
        SqlState::INVALID_CATALOG_NAME,
        format!("database \"{name}\" does not exist"),
    )
}

fn duplicate(name: &str) -> Error {
    Error::new(
        SqlState::DUPLICATE_DATABASE,
        format!("database \"{name}\" already exists"),
    )
}

fn unrecognized(option: &DefElem) -> Error {
    Error::new(
        SqlState::SYNTAX_ERROR,
        format!("option \"{}\" not recognized", option.name),
    )
    .at(option.location)
}

/// The options of CREATE and ALTER DATABASE.
#[derive(Default)]
struct Given<'a> {
    owner: Option<&'a DefElem>,
    template: Option<&'a DefElem>,
    encoding: Option<&'a DefElem>,
    tablespace: Option<&'a DefElem>,
    is_template: Option<&'a DefElem>,
    allow_connections: Option<&'a DefElem>,
    connection_limit: Option<&'a DefElem>,
}

impl<'a> Given<'a> {
    fn read(options: &'a [DefElem], creating: bool) -> Result<Given<'a>> {
        let mut given = Given::default();
        for option in options {
            let place = match option.name.as_str() {
                "tablespace" => &mut given.tablespace,
                "is_template" => &mut given.is_template,
                "allow_connections" => &mut given.allow_connections,
                "connection_limit" => &mut given.connection_limit,
                "owner" if creating => &mut given.owner,
                "template" if creating => &mut given.template,
                "encoding" if creating => &mut given.encoding,
                "lc_collate" | "lc_ctype" | "locale" | "locale_provider" | "strategy" | "icu_locale" | "oid"
                | "collation_version" | "location"
                    if creating =>
                {
                    let name = option.name.to_uppercase();
                    return Err(Error::not_modelled(format!("CREATE DATABASE ... {name}")));
                }
                _ => return Err(unrecognized(option)),
            };
            options::set_once(place, option)?;
        }
        Ok(given)
    }

    /// What both commands set.
    fn apply(&self, database: &mut Database) -> Result<()> {
        if let Some(option) = self.is_template {
            database.is_template = options::boolean(option)?;
        }
        if let Some(option) = self.allow_connections {
            database.allow_connections = options::boolean(option)?;
        }
        if let Some(option) = self.connection_limit {
            let limit = options::int32(option)?;
            if limit < -1 {
                return Err(Error::new(
                    SqlState::INVALID_PARAMETER_VALUE,
                    format!("invalid connection limit: {limit}"),
                ));
            }
            database.connection_limit = limit;
        }
        Ok(())
    }
}

fn check_encoding(option: &DefElem) -> Result<()> {
    let encoding = options::string(option)?;
    let known = encoding.to_ascii_uppercase().replace(['-', '_'], "");
    match known.as_str() {
        "UTF8" | "UNICODE" | "DEFAULT" => Ok(()),
        "LATIN1" | "SQLASCII" | "LATIN2" | "LATIN9" | "WIN1252" | "EUCJP" | "WIN1251" | "KOI8R" => Err(Error::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!(
                "encoding \"{}\" does not match locale \"C.UTF-8\"",
                encoding.to_ascii_uppercase()
            ),
        )
        .detail("The chosen LC_CTYPE setting requires encoding \"UTF8\".")),
        _ => Err(Error::new(
            SqlState::UNDEFINED_OBJECT,
            format!("{encoding} is not a valid encoding name"),
        )
        .at(option.location)),
    }
}

pub fn create(backend: &mut Backend<'_>, stmt: &CreatedbStmt) -> Result<CommandTag> {
    backend.prevent_in_transaction_block("CREATE DATABASE")?;
    let given = Given::read(&stmt.options, true)?;
    let name = truncate_identifier(&stmt.name);
    let owner = match given.owner {
        Some(option) => role::find(backend, &options::string(option)?)?,
        None => backend.session.current_user,
    };
    if !may_create(backend) {
        return Err(role::denied("permission denied to create database"));
    }
    role::check_member(backend, owner)?;
    let template = match given.template {
        Some(option) => options::string(option)?,
        None => "template1".into(),
    };
    let source = backend.server()?.databases.get(template.as_str()).cloned();
    let source = source.ok_or_else(|| {
        Error::new(
            SqlState::INVALID_CATALOG_NAME,
            format!("template database \"{template}\" does not exist"),
        )
    })?;
    if !source.is_template && !backend.owns(source.owner) {
        return Err(role::denied(&format!(
            "permission denied to copy database \"{template}\""
        )));
    }
    if let Some(option) = given.encoding {
        check_encoding(option)?;
    }
    if let Some(option) = given.tablespace {
        check_tablespace(Some(&options::string(option)?))?;
    }
    if backend.server()?.databases.contains_key(name) {
        return Err(duplicate(name));
    }
    let mut database = Database {
        oid: backend.new_oid(),
        name: name.into(),
        owner,
        acl: None,
        allow_connections: true,
        connection_limit: -1,
        is_template: false,
        settings: Default::default(),
        ..source
    };
    given.apply(&mut database)?;
    backend.server_mut()?.databases.insert(name.into(), database);
    Ok(CommandTag::new("CREATE DATABASE"))
}

fn may_create(backend: &Backend<'_>) -> bool {
    let role = role::get(backend, backend.session.current_user);
    role.is_ok_and(|role| role.superuser || role.create_db)
}

/// Changes a database that the current role owns.
fn change(backend: &mut Backend<'_>, name: &str, change: impl FnOnce(&mut Database) -> Result<()>) -> Result<()> {
    let owner = backend.server()?.databases.get(name).map(|database| database.owner);
    let owner = owner.ok_or_else(|| undefined(name))?;
    if !backend.owns(owner) {
        return Err(not_owner("database", name));
    }
    match backend.server_mut()?.databases.get_mut(name) {
        Some(database) => change(database),
        None => Err(undefined(name)),
    }
}

pub fn alter(backend: &mut Backend<'_>, stmt: &AlterDatabaseStmt) -> Result<CommandTag> {
    let given = Given::read(&stmt.options, false)?;
    if let Some(option) = given.tablespace {
        backend.prevent_in_transaction_block("ALTER DATABASE SET TABLESPACE")?;
        check_tablespace(Some(&options::string(option)?))?;
    }
    change(backend, &stmt.name, |database| given.apply(database))?;
    Ok(CommandTag::new("ALTER DATABASE"))
}

pub fn alter_setting(backend: &mut Backend<'_>, stmt: &AlterDatabaseSetStmt) -> Result<CommandTag> {
    let setting = match backend.server()?.databases.contains_key(stmt.name.as_str()) {
        true => role::settings::read(backend, &stmt.set)?,
        false => return Err(undefined(&stmt.name)),
    };
    change(backend, &stmt.name, |database| {
        role::settings::apply_to_all(&mut database.settings, setting);
        Ok(())
    })?;
    Ok(CommandTag::new("ALTER DATABASE"))
}

/// The version of the collation is that of the library that comes with Kumquat: it never changes.
pub fn refresh_collation(backend: &mut Backend<'_>, name: &str) -> Result<CommandTag> {
    change(backend, name, |_| Ok(()))?;
    backend.notice(Error::notice("version has not changed"));
    Ok(CommandTag::new("ALTER DATABASE"))
}

pub fn change_owner(backend: &mut Backend<'_>, name: &str, new: Oid) -> Result<()> {
    let found = backend.server()?.databases.get(name).map(|d| (d.oid, d.owner));
    let (oid, owner) = found.ok_or_else(|| undefined(name))?;
    if owner == new {
        return Ok(());
    }
    if !backend.owns(owner) {
        return Err(not_owner("database", name));
    }
    role::check_member(backend, new)?;
    if !may_create(backend) {
        return Err(role::denied("permission denied to change owner of database"));
    }
    super::owner::set_owner(backend, ObjectAddress::new(ObjectClass::Database, oid), new)
}

pub fn rename(backend: &mut Backend<'_>, name: &str, new_name: &str) -> Result<()> {
    let found = backend.server()?.databases.get(name).cloned();
    let database = found.ok_or_else(|| undefined(name))?;
    if !backend.owns(database.owner) {
        return Err(not_owner("database", name));
    }
    if !may_create(backend) {
        return Err(role::denied("permission denied to rename database"));
    }
    if backend.server()?.databases.contains_key(new_name) {
        return Err(duplicate(new_name));
    }
    if *name == *backend.session.database {
        return Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            "current database cannot be renamed",
        ));
    }
    let databases = &mut backend.server_mut()?.databases;
    databases.remove(name);
    let renamed = Database {
        name: new_name.into(),
        ..database
    };
    databases.insert(Name::from(new_name), renamed);
    Ok(())
}

pub fn drop(backend: &mut Backend<'_>, stmt: &DropdbStmt) -> Result<CommandTag> {
    let tag = CommandTag::new("DROP DATABASE");
    backend.prevent_in_transaction_block("DROP DATABASE")?;
    let name = stmt.name.as_str();
    let found = backend.server()?.databases.get(name);
    let Some((oid, owner, is_template)) = found.map(|d| (d.oid, d.owner, d.is_template)) else {
        skipping(backend, stmt.missing_ok, undefined(name))?;
        return Ok(tag);
    };
    if !backend.owns(owner) {
        return Err(not_owner("database", name));
    }
    if is_template {
        return Err(Error::new(
            SqlState::WRONG_OBJECT_TYPE,
            "cannot drop a template database",
        ));
    }
    if *name == *backend.session.database {
        return Err(Error::new(
            SqlState::OBJECT_IN_USE,
            "cannot drop the currently open database",
        ));
    }
    let server = backend.server_mut()?;
    server.databases.remove(name);
    server.shared_descriptions.remove(&('d', oid));
    Ok(tag)
}
