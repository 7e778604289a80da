//! DROP OWNED and REASSIGN OWNED: what belongs to roles goes, or gets another owner.

use kumquat_sql::ast::{DropOwnedStmt, ReassignOwnedStmt};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::drop::{Tie, ties};
use super::{denied, resolve};
use crate::backend::Backend;
use crate::catalog::{ObjectAddress, ObjectClass};
use crate::commands::drop::drop_objects;
use crate::commands::{grant, owner, policy};
use crate::result::CommandTag;

fn roles(backend: &Backend<'_>, specs: &[kumquat_sql::ast::RoleSpec]) -> Result<Vec<Oid>> {
    let roles = specs
        .iter()
        .map(|spec| resolve(backend, spec))
        .collect::<Result<Vec<_>>>()?;
    for role in &roles {
        if role.0 < Oid::FIRST_NORMAL {
            let name = backend.name_of_role(*role).unwrap_or_else(|| "".into());
            return Err(Error::new(
                SqlState::DEPENDENT_OBJECTS_STILL_EXIST,
                format!("cannot drop objects owned by role {name} because they are required by the database system"),
            ));
        }
    }
    Ok(roles)
}

pub fn drop_owned(backend: &mut Backend<'_>, stmt: &DropOwnedStmt) -> Result<CommandTag> {
    let roles = roles(backend, &stmt.roles)?;
    for role in &roles {
        if !backend.has_privileges_of(backend.session.current_user, *role) {
            return Err(denied("permission denied to drop objects"));
        }
    }
    let mut owned: Vec<ObjectAddress> = Vec::new();
    for role in roles {
        for (object, tie) in ties(backend.database()?, role) {
            match tie {
                Tie::Owner => owned.push(object),
                Tie::Privileges => grant::revoke_all_from(backend, object, role)?,
                Tie::Policy => policy::remove_role(backend, object.oid, role)?,
            }
        }
        let databases: Vec<Oid> = backend
            .server()?
            .databases
            .values()
            .map(|database| database.oid)
            .collect();
        for database in databases {
            grant::revoke_all_from(backend, ObjectAddress::new(ObjectClass::Database, database), role)?;
        }
        grant::defaults::forget_role(backend, role)?;
    }
    owned.sort_by_key(|object| object.oid);
    drop_objects(backend, &owned, stmt.behavior)?;
    Ok(CommandTag::new("DROP OWNED"))
}

pub fn reassign_owned(backend: &mut Backend<'_>, stmt: &ReassignOwnedStmt) -> Result<CommandTag> {
    let olds = stmt
        .roles
        .iter()
        .map(|spec| resolve(backend, spec))
        .collect::<Result<Vec<_>>>()?;
    let new = resolve(backend, &stmt.new_role)?;
    for role in olds.iter().chain([&new]) {
        if !backend.has_privileges_of(backend.session.current_user, *role) {
            return Err(denied("permission denied to reassign objects"));
        }
    }
    for old in olds {
        if old.0 < Oid::FIRST_NORMAL {
            let name = backend.name_of_role(old).unwrap_or_else(|| "".into());
            return Err(Error::new(
                SqlState::DEPENDENT_OBJECTS_STILL_EXIST,
                format!(
                    "cannot reassign ownership of objects owned by role {name} because they are required by the \
                     database system"
                ),
            ));
        }
        for (object, tie) in ties(backend.database()?, old) {
            if tie == Tie::Owner {
                owner::set_owner(backend, object, new)?;
            }
        }
        let databases: Vec<Oid> = backend
            .server()?
            .databases
            .values()
            .filter(|database| database.owner == old)
            .map(|database| database.oid)
            .collect();
        for database in databases {
            owner::set_owner(backend, ObjectAddress::new(ObjectClass::Database, database), new)?;
        }
    }
    Ok(CommandTag::new("REASSIGN OWNED"))
}
