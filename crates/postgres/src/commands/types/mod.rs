//! CREATE TYPE, ALTER TYPE, domains.

pub mod composite;
pub mod domain;
pub mod enums;

use kumquat_sql::ast::{CreateRangeStmt, DefineStmt, ObjectType, TypeName};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::grant::defaults::{self, Kind};
use super::object::{keywords, named_type, type_oid};
use crate::analyze::resolve_type;
use crate::backend::Backend;
use crate::catalog::{Name, TypeDefinition, UserDefinedType};
use crate::result::CommandTag;

/// Statements on types do not say where in their text an error is.
fn unplaced<T>(result: Result<T>) -> Result<T> {
    result.map_err(|mut error| {
        error.position = None;
        error
    })
}

fn resolve_unplaced(backend: &Backend<'_>, name: &TypeName) -> Result<(Oid, i32)> {
    unplaced(resolve_type(backend, name))
}

/// Where a new type goes; its name must be free.
fn creation_target<'a>(backend: &mut Backend<'_>, names: &'a [String]) -> Result<(Oid, &'a str)> {
    let (schema, name) = backend.creation_target(names)?;
    backend.check_schema_create(schema)?;
    free_name(backend, schema, name)?;
    Ok((schema, name))
}

fn free_name(backend: &mut Backend<'_>, schema: Oid, name: &str) -> Result<()> {
    let Some(found) = backend.type_in_schema(schema, name) else {
        return Ok(());
    };
    if super::define::rename_array_type(backend, found)? {
        return Ok(());
    }
    Err(Error::new(
        SqlState::DUPLICATE_OBJECT,
        format!("type \"{name}\" already exists"),
    ))
}

/// Enters a type owned by the current role.
fn define(backend: &mut Backend<'_>, schema: Oid, name: &str, definition: TypeDefinition) -> Result<Oid> {
    let owner = backend.session.current_user;
    let name = crate::catalog::naming::truncate_identifier(name);
    let oid = super::define::define_type(backend, schema, name, owner, definition)?;
    if let Some(acl) = defaults::initial_acl(backend, Kind::Type, schema)? {
        update(backend, oid, |user| user.acl = Some(acl))?;
    }
    Ok(oid)
}

/// Changes a type in place.
fn update(backend: &mut Backend<'_>, oid: Oid, change: impl FnOnce(&mut UserDefinedType)) -> Result<()> {
    let catalog = backend.catalog_mut()?;
    if let Some(user) = catalog.types.get(&oid) {
        let mut user = UserDefinedType::clone(user);
        change(&mut user);
        catalog.put_type(user);
    }
    Ok(())
}

/// The user-defined type of that name, owned by the current role.
fn owned_type(backend: &Backend<'_>, names: &[String]) -> Result<(Oid, Option<UserDefinedType>)> {
    let oid = type_oid(backend, &named_type(names.to_vec()))?;
    let user = backend.user_type(oid).map(|user| UserDefinedType::clone(user));
    if let Some(user) = &user
        && !backend.owns(user.owner)
    {
        return Err(super::privileges::not_owner("type", &backend.format_type(oid)));
    }
    Ok((oid, user))
}

pub fn create_range(_: &mut Backend<'_>, _: &CreateRangeStmt) -> Result<CommandTag> {
    Err(Error::not_modelled("CREATE TYPE ... AS RANGE"))
}

/// CREATE TYPE name; and what else is defined by a list of attributes.
pub fn define_statement(backend: &mut Backend<'_>, stmt: &DefineStmt) -> Result<CommandTag> {
    if stmt.kind == ObjectType::Aggregate {
        return super::aggregate::create(backend, stmt);
    }
    if stmt.kind != ObjectType::Type {
        return Err(Error::not_modelled(format!("CREATE {}", keywords(stmt.kind))));
    }
    if !stmt.definition.is_empty() {
        return Err(Error::not_modelled("CREATE TYPE of a base type"));
    }
    let (schema, name) = creation_target(backend, &stmt.name)?;
    let name: Name = crate::catalog::naming::truncate_identifier(name).into();
    let (oid, owner) = (backend.new_oid(), backend.session.current_user);
    backend.catalog_mut()?.put_type(UserDefinedType {
        oid,
        name,
        schema,
        owner,
        array: Oid::INVALID,
        definition: TypeDefinition::Shell,
        acl: None,
    });
    Ok(CommandTag::new("CREATE TYPE"))
}
