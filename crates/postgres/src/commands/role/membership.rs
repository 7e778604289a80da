//! GRANT role TO role, REVOKE role FROM role.

use kumquat_sql::ast::GrantRoleStmt;
use kumquat_types::{Error, Oid, Result, SqlState};

use super::{denied, find, get, put, resolve};
use crate::backend::Backend;
use crate::catalog::well_known::DATABASE_OWNER_ROLE;
use crate::commands::object::may_create_roles;
use crate::result::CommandTag;

pub fn execute(backend: &mut Backend<'_>, stmt: &GrantRoleStmt) -> Result<CommandTag> {
    if let Some(grantor) = &stmt.grantor {
        let grantor = resolve(backend, grantor)?;
        if grantor != backend.session.current_user && !backend.superuser() {
            return Err(denied("must be superuser to set grantor"));
        }
    }
    let grantees = stmt
        .grantees
        .iter()
        .map(|grantee| resolve(backend, grantee))
        .collect::<Result<Vec<_>>>()?;
    for granted in &stmt.granted {
        if !granted.columns.is_empty() {
            return Err(Error::new(
                SqlState::SYNTAX_ERROR,
                "column names cannot be included in GRANT/REVOKE ROLE",
            ));
        }
        let group = find(backend, granted.name.as_deref().unwrap_or_default())?;
        check_may_change(backend, group)?;
        if stmt.is_grant {
            add(backend, group, &grantees, stmt.admin_option)?;
        } else {
            remove(backend, group, &grantees, stmt.admin_option)?;
        }
    }
    Ok(CommandTag::new(if stmt.is_grant {
        "GRANT ROLE"
    } else {
        "REVOKE ROLE"
    }))
}

/// Superusers, holders of the admin option, and for plain roles those who may create roles.
fn check_may_change(backend: &Backend<'_>, group: Oid) -> Result<()> {
    if backend.superuser() {
        return Ok(());
    }
    let role = get(backend, group)?;
    if role.superuser {
        return Err(denied("must be superuser to alter superusers"));
    }
    if may_create_roles(backend) || has_admin_option(backend, backend.session.current_user, group)? {
        return Ok(());
    }
    Err(denied(&format!("must have admin option on role \"{}\"", role.name)))
}

/// Whether a role may hand on its membership in a group, itself or by way of another.
fn has_admin_option(backend: &Backend<'_>, role: Oid, group: Oid) -> Result<bool> {
    let server = backend.server()?;
    Ok(server
        .roles
        .values()
        .filter(|member| member.member_of.contains(&(group, true)))
        .any(|member| backend.reaches_group(role, member.oid, false)))
}

/// Makes roles members of a group (`AddRoleMems`).
pub fn add(backend: &mut Backend<'_>, group: Oid, members: &[Oid], admin: bool) -> Result<()> {
    let group_name = backend.name_of_role(group).unwrap_or_else(|| "".into());
    if group == DATABASE_OWNER_ROLE {
        return Err(Error::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("role \"{group_name}\" cannot have explicit members"),
        ));
    }
    for member in members {
        let mut role = get(backend, *member)?;
        let name = role.name.clone();
        if *member == DATABASE_OWNER_ROLE {
            return Err(Error::new(
                SqlState::INVALID_PARAMETER_VALUE,
                format!("role \"{name}\" cannot be a member of any role"),
            ));
        }
        if backend.reaches_group(group, *member, false) {
            return Err(Error::new(
                SqlState::INVALID_TABLE_DEFINITION,
                format!("role \"{group_name}\" is a member of role \"{name}\""),
            ));
        }
        match role.member_of.iter_mut().find(|(known, _)| *known == group) {
            Some((_, known)) if *known || !admin => {
                backend.notice(Error::notice(format!(
                    "role \"{name}\" is already a member of role \"{group_name}\""
                )));
                continue;
            }
            Some((_, known)) => *known = true,
            None => role.member_of.push((group, admin)),
        }
        put(backend, role)?;
    }
    Ok(())
}

/// Takes roles out of a group, or only their admin option (`DelRoleMems`).
pub fn remove(backend: &mut Backend<'_>, group: Oid, members: &[Oid], admin_only: bool) -> Result<()> {
    let group_name = backend.name_of_role(group).unwrap_or_else(|| "".into());
    for member in members {
        let mut role = get(backend, *member)?;
        let Some(at) = role.member_of.iter().position(|(known, _)| *known == group) else {
            backend.notice(Error::warning(
                SqlState::WARNING,
                format!("role \"{}\" is not a member of role \"{group_name}\"", role.name),
            ));
            continue;
        };
        match role.member_of.get_mut(at) {
            Some((_, admin)) if admin_only => *admin = false,
            _ => {
                role.member_of.remove(at);
            }
        }
        put(backend, role)?;
    }
    Ok(())
}
