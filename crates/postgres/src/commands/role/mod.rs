//! Roles: CREATE, ALTER, DROP ROLE; who is a member of whom; their settings.
//!
//! - [`attributes`]: the options of CREATE and ALTER ROLE. [`membership`]: GRANT role TO role.
//! - [`settings`]: ALTER ROLE ... SET. [`drop`]: DROP ROLE, and what stands in its way.
//! - [`owned`]: DROP OWNED, REASSIGN OWNED.

pub mod attributes;
pub mod drop;
pub mod membership;
pub mod owned;
pub mod settings;

use std::sync::Arc;

use kumquat_sql::ast::{AlterRoleStmt, CreateRoleStmt, DefArg, RoleOption, RoleSpec, RoleSpecKind, RoleStmtKind};
use kumquat_types::{Error, Oid, Result, SqlState};

use self::attributes::Attributes;
use super::object::may_create_roles;
use crate::backend::Backend;
use crate::catalog::naming::truncate_identifier;
use crate::catalog::{Name, Role};
use crate::result::CommandTag;

pub fn denied(message: &str) -> Error {
    Error::new(SqlState::INSUFFICIENT_PRIVILEGE, message)
}

pub fn undefined(name: &str) -> Error {
    Error::new(SqlState::UNDEFINED_OBJECT, format!("role \"{name}\" does not exist"))
}

/// The role of that name.
pub fn find(backend: &Backend<'_>, name: &str) -> Result<Oid> {
    let found = backend.server()?.role_names.get(name).copied();
    found.ok_or_else(|| undefined(name))
}

/// The role a statement names (`get_rolespec_oid`).
pub fn resolve(backend: &Backend<'_>, spec: &RoleSpec) -> Result<Oid> {
    match &spec.kind {
        RoleSpecKind::Name(name) => find(backend, name),
        RoleSpecKind::CurrentRole | RoleSpecKind::CurrentUser => Ok(backend.session.current_user),
        RoleSpecKind::SessionUser => Ok(backend.session.session_user),
        RoleSpecKind::Public => Err(undefined("public")),
    }
}

/// The same, with PUBLIC as 0.
pub fn resolve_grantee(backend: &Backend<'_>, spec: &RoleSpec) -> Result<Oid> {
    match spec.kind {
        RoleSpecKind::Public => Ok(Oid::INVALID),
        _ => resolve(backend, spec),
    }
}

/// The current role must be able to become the other (`check_is_member_of_role`).
pub fn check_member(backend: &Backend<'_>, role: Oid) -> Result<()> {
    if backend.is_member_of(backend.session.current_user, role) {
        return Ok(());
    }
    let name = backend.name_of_role(role).unwrap_or_else(|| "".into());
    Err(denied(&format!("must be member of role \"{name}\"")))
}

fn reserved(name: &str, detail: &str) -> Error {
    Error::new(SqlState::RESERVED_NAME, format!("role name \"{name}\" is reserved")).detail(detail)
}

/// Roles whose names begin with `pg_` are the system's.
pub fn check_name(name: &str) -> Result<()> {
    if name.starts_with("pg_") {
        return Err(reserved(name, "Role names starting with \"pg_\" are reserved."));
    }
    Ok(())
}

pub fn check_not_reserved(backend: &Backend<'_>, role: Oid, verb: &str) -> Result<()> {
    match backend.name_of_role(role) {
        Some(name) if name.starts_with("pg_") => Err(reserved(&name, &format!("Cannot {verb} reserved roles."))),
        _ => Ok(()),
    }
}

pub fn create(backend: &mut Backend<'_>, stmt: &CreateRoleStmt) -> Result<CommandTag> {
    let attributes = Attributes::read(&stmt.options)?;
    let is_superuser = backend.superuser();
    if !is_superuser {
        if attributes.superuser == Some(true) {
            return Err(denied("must be superuser to create superusers"));
        }
        if attributes.replication == Some(true) {
            return Err(denied("must be superuser to create replication users"));
        }
        if attributes.bypass_rls == Some(true) {
            return Err(denied("must be superuser to create bypassrls users"));
        }
    }
    if !may_create_roles(backend) {
        return Err(denied("permission denied to create role"));
    }
    let name = truncate_identifier(&stmt.name);
    check_name(name)?;
    if backend.server()?.role_names.contains_key(name) {
        return Err(Error::new(
            SqlState::DUPLICATE_OBJECT,
            format!("role \"{name}\" already exists"),
        ));
    }
    let oid = backend.new_oid();
    let mut role = Role::plain(oid, name);
    role.login = stmt.kind == RoleStmtKind::User;
    attributes.apply(backend, &mut role)?;
    put(backend, role)?;
    for option in &stmt.options {
        match option {
            RoleOption::AddRoleTo(groups) => {
                for group in groups {
                    let group = resolve(backend, group)?;
                    membership::add(backend, group, &[oid], false)?;
                }
            }
            RoleOption::RoleMembers(members) => add_members(backend, oid, members, false)?,
            RoleOption::AdminMembers(members) => add_members(backend, oid, members, true)?,
            RoleOption::Attribute(_) => {}
        }
    }
    Ok(CommandTag::new("CREATE ROLE"))
}

fn add_members(backend: &mut Backend<'_>, group: Oid, members: &[RoleSpec], admin: bool) -> Result<()> {
    let members = members
        .iter()
        .map(|member| resolve(backend, member))
        .collect::<Result<Vec<_>>>()?;
    membership::add(backend, group, &members, admin)
}

/// Adds or replaces a role.
pub fn put(backend: &mut Backend<'_>, role: Role) -> Result<()> {
    let server = backend.server_mut()?;
    if let Some(old) = server.roles.get(&role.oid) {
        let old = old.name.clone();
        server.role_names.remove(&old);
    }
    server.role_names.insert(role.name.clone(), role.oid);
    server.roles.insert(role.oid, Arc::new(role));
    Ok(())
}

pub fn get(backend: &Backend<'_>, oid: Oid) -> Result<Role> {
    let role = backend.server()?.roles.get(&oid);
    role.map(|role| Role::clone(role))
        .ok_or_else(|| Error::internal("a role is gone"))
}

pub fn alter(backend: &mut Backend<'_>, stmt: &AlterRoleStmt) -> Result<CommandTag> {
    let tag = CommandTag::new("ALTER ROLE");
    let attributes = Attributes::read(&stmt.options)?;
    let oid = resolve(backend, &stmt.role)?;
    check_not_reserved(backend, oid, "alter")?;
    let mut role = get(backend, oid)?;
    if !backend.superuser() {
        if role.superuser || attributes.superuser.is_some() {
            return Err(denied(
                "must be superuser to alter superuser roles or change superuser attribute",
            ));
        }
        if role.replication || attributes.replication.is_some() {
            return Err(denied(
                "must be superuser to alter replication roles or change replication attribute",
            ));
        }
        if attributes.bypass_rls.is_some() {
            return Err(denied("must be superuser to change bypassrls attribute"));
        }
        let own_password = attributes.only_password() && oid == backend.session.current_user;
        if !may_create_roles(backend) && !own_password {
            return Err(denied("permission denied"));
        }
    }
    attributes.apply(backend, &mut role)?;
    put(backend, role)?;
    for option in &stmt.options {
        let RoleOption::RoleMembers(members) = option else {
            continue;
        };
        if stmt.drop_members {
            let members = members
                .iter()
                .map(|member| resolve(backend, member))
                .collect::<Result<Vec<_>>>()?;
            membership::remove(backend, oid, &members, false)?;
        } else {
            add_members(backend, oid, members, false)?;
        }
    }
    Ok(tag)
}

/// ALTER ROLE ... RENAME TO.
pub fn rename(backend: &mut Backend<'_>, name: &str, new_name: &str) -> Result<()> {
    let oid = find(backend, name)?;
    check_not_reserved(backend, oid, "rename")
        .map_err(|_| reserved(name, "Role names starting with \"pg_\" are reserved."))?;
    let cannot = |who: &str| Error::new(SqlState::FEATURE_NOT_SUPPORTED, format!("{who} user cannot be renamed"));
    if oid == backend.session.session_user {
        return Err(cannot("session"));
    }
    if oid == backend.session.current_user {
        return Err(cannot("current"));
    }
    let new_name = truncate_identifier(new_name);
    check_name(new_name)?;
    if backend.server()?.role_names.contains_key(new_name) {
        return Err(Error::new(
            SqlState::DUPLICATE_OBJECT,
            format!("role \"{new_name}\" already exists"),
        ));
    }
    let mut role = get(backend, oid)?;
    if role.superuser && !backend.superuser() {
        return Err(denied("must be superuser to rename superusers"));
    }
    if !may_create_roles(backend) {
        return Err(denied("permission denied to rename role"));
    }
    role.name = new_name.into();
    put(backend, role)
}

/// The text of an option that is a string.
fn text_of(arg: &DefArg) -> Option<Name> {
    match arg {
        DefArg::String(text) => Some(text.as_str().into()),
        _ => None,
    }
}
