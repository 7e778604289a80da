//! CREATE SCHEMA, with the objects it may bring.

use std::sync::Arc;

use kumquat_sql::ast::{CreateSchemaStmt, GrantTarget, RangeVar, Statement};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::privileges::{self, permission_denied};
use super::role;
use crate::backend::Backend;
use crate::catalog::naming::truncate_identifier;
use crate::catalog::quote::quote_identifier;
use crate::catalog::{Name, ObjectAddress, ObjectClass, Schema};
use crate::result::CommandTag;

pub fn create(backend: &mut Backend<'_>, stmt: &CreateSchemaStmt, text: &str) -> Result<CommandTag> {
    let tag = CommandTag::new("CREATE SCHEMA");
    let owner = match &stmt.authorization {
        Some(spec) => role::resolve(backend, spec)?,
        None => backend.session.current_user,
    };
    let name = match &stmt.name {
        Some(name) => truncate_identifier(name).to_string(),
        None => backend.name_of_role(owner).unwrap_or_else(|| "".into()).to_string(),
    };
    check_may_create_in_database(backend)?;
    role::check_member(backend, owner)?;
    check_name(&name)?;
    if backend.find_schema(&name)?.is_some() {
        let message = format!("schema \"{name}\" already exists");
        if !stmt.if_not_exists {
            return Err(Error::new(SqlState::DUPLICATE_SCHEMA, message));
        }
        let mut notice = Error::notice(format!("{message}, skipping"));
        notice.sqlstate = SqlState::DUPLICATE_SCHEMA;
        backend.notice(notice);
        return Ok(tag);
    }
    define_schema(backend, &name, owner)?;
    create_elements(backend, &name, owner, &stmt.elements, text)?;
    Ok(tag)
}

/// CREATE on the current database.
pub fn check_may_create_in_database(backend: &Backend<'_>) -> Result<()> {
    let database = backend.database()?;
    let object = ObjectAddress::new(ObjectClass::Database, database.oid);
    if privileges::has_privilege(backend, backend.session.current_user, object, 'C') {
        return Ok(());
    }
    Err(permission_denied("database", &database.name))
}

/// Names with `pg_` are the system's.
pub fn check_name(name: &str) -> Result<()> {
    if !name.starts_with("pg_") {
        return Ok(());
    }
    Err(
        Error::new(SqlState::RESERVED_NAME, format!("unacceptable schema name \"{name}\""))
            .detail("The prefix \"pg_\" is reserved for system schemas."),
    )
}

/// Enters a schema into the catalog.
pub fn define_schema(backend: &mut Backend<'_>, name: &str, owner: Oid) -> Result<Oid> {
    let oid = backend.new_oid();
    let acl = super::grant::defaults::initial_acl(backend, super::grant::defaults::Kind::Schema, Oid::INVALID)?;
    let name: Name = name.into();
    let catalog = backend.catalog_mut()?;
    catalog.schema_names.insert(name.clone(), oid);
    catalog.schemas.insert(oid, Arc::new(Schema { oid, name, owner, acl }));
    Ok(oid)
}

/// Runs the statements inside CREATE SCHEMA, which all work in the new schema.
fn create_elements(
    backend: &mut Backend<'_>,
    schema: &str,
    owner: Oid,
    elements: &[Statement],
    text: &str,
) -> Result<()> {
    if elements.is_empty() {
        return Ok(());
    }
    let (user, settings) = (backend.session.current_user, backend.session.settings.clone());
    let path = match settings.values.get("search_path") {
        Some(path) => format!("{}, {path}", quote_identifier(schema)),
        None => format!("{}, \"$user\", public", quote_identifier(schema)),
    };
    backend
        .session
        .settings
        .values
        .insert("search_path".into(), path.into());
    backend.session.current_user = owner;
    let extension = backend.extension;
    let mut run = || -> Result<()> {
        let (later, first): (Vec<&Statement>, Vec<&Statement>) =
            elements.iter().partition(|element| is_created_late(element));
        for element in first.into_iter().chain(later) {
            let mut element = element.clone();
            put_into_schema(&mut element, schema)?;
            extension.utility(backend, &element, text)?;
        }
        Ok(())
    };
    let done = run();
    backend.session.current_user = user;
    backend.session.settings = settings;
    done
}

/// Sequences come first, then tables and views; indexes, triggers and grants last.
fn is_created_late(element: &Statement) -> bool {
    matches!(
        element,
        Statement::Index(_) | Statement::CreateTrig(_) | Statement::Grant(_)
    )
}

fn put_into_schema(element: &mut Statement, schema: &str) -> Result<()> {
    let relation = match element {
        Statement::Create(stmt) => &mut stmt.relation,
        Statement::View(stmt) => &mut stmt.view,
        Statement::CreateSeq(stmt) => &mut stmt.sequence,
        Statement::Index(stmt) => &mut stmt.relation,
        Statement::CreateTrig(stmt) => &mut stmt.relation,
        Statement::Grant(stmt) => {
            if let GrantTarget::Tables(relations) | GrantTarget::Sequences(relations) = &mut stmt.target {
                relations
                    .iter_mut()
                    .try_for_each(|relation| qualify(relation, schema))?;
            }
            return Ok(());
        }
        _ => return Ok(()),
    };
    qualify(relation, schema)
}

fn qualify(relation: &mut RangeVar, schema: &str) -> Result<()> {
    match &relation.schema {
        Some(other) if other != schema => Err(Error::new(
            SqlState::INVALID_SCHEMA_DEFINITION,
            format!("CREATE specifies a schema ({other}) different from the one being created ({schema})"),
        )),
        _ => {
            relation.schema = Some(schema.into());
            Ok(())
        }
    }
}
