//! pg_authid and its views, memberships, settings of roles, default privileges.

use kumquat_types::{Datum, Oid, Result, io};

use super::Rows;
use super::values::{acl, array, array_or_null, int4, letter, oid, shared, text};
use crate::backend::Backend;
use crate::catalog::well_known::BOOTSTRAP_SUPERUSER;
use crate::catalog::{Name, Role};

const MASKED: &str = "********";

fn roles(backend: &Backend<'_>) -> Result<Vec<Role>> {
    Ok(backend.server()?.roles.values().map(|role| Role::clone(role)).collect())
}

/// The text that was kept, as a point in time.
fn valid_until(backend: &Backend<'_>, role: &Role) -> Datum {
    let value = role.valid_until.as_ref();
    let parsed = value.and_then(|text| io::input(backend, Oid::TIMESTAMPTZ, -1, text).ok());
    parsed.unwrap_or_default()
}

pub fn pg_authid(backend: &mut Backend<'_>) -> Result<Rows> {
    let backend = &*backend;
    Ok(roles(backend)?
        .iter()
        .map(|role| {
            vec![
                oid(role.oid),
                shared(&role.name),
                role.superuser.into(),
                role.inherit.into(),
                role.create_role.into(),
                role.create_db.into(),
                role.login.into(),
                role.replication.into(),
                role.bypass_rls.into(),
                int4(role.connection_limit),
                role.password.as_ref().map_or(Datum::Null, shared),
                valid_until(backend, role),
            ]
        })
        .collect())
}

/// `rolconfig`: settings of the role in all databases.
fn config(role: &Role) -> Datum {
    let own = role.settings.iter().filter(|(database, _, _)| !database.is_valid());
    let items = own.map(|(_, name, value)| Datum::from(format!("{name}={value}")));
    array_or_null(Oid::TEXT, items.collect())
}

pub fn pg_roles(backend: &mut Backend<'_>) -> Result<Rows> {
    let backend = &*backend;
    Ok(roles(backend)?
        .iter()
        .map(|role| {
            vec![
                shared(&role.name),
                role.superuser.into(),
                role.inherit.into(),
                role.create_role.into(),
                role.create_db.into(),
                role.login.into(),
                role.replication.into(),
                int4(role.connection_limit),
                text(MASKED),
                valid_until(backend, role),
                role.bypass_rls.into(),
                config(role),
                oid(role.oid),
            ]
        })
        .collect())
}

fn users(backend: &Backend<'_>, masked: bool) -> Result<Rows> {
    Ok(roles(backend)?
        .iter()
        .filter(|role| role.login)
        .map(|role| {
            vec![
                shared(&role.name),
                oid(role.oid),
                role.create_db.into(),
                role.superuser.into(),
                role.replication.into(),
                role.bypass_rls.into(),
                match masked {
                    true => text(MASKED),
                    false => role.password.as_ref().map_or(Datum::Null, shared),
                },
                valid_until(backend, role),
                config(role),
            ]
        })
        .collect())
}

pub fn pg_user(backend: &mut Backend<'_>) -> Result<Rows> {
    users(backend, true)
}

pub fn pg_shadow(backend: &mut Backend<'_>) -> Result<Rows> {
    users(backend, false)
}

pub fn pg_group(backend: &mut Backend<'_>) -> Result<Rows> {
    let all = roles(backend)?;
    Ok(all
        .iter()
        .filter(|role| !role.login)
        .map(|group| {
            let members = all
                .iter()
                .filter(|role| role.member_of.iter().any(|(parent, _)| *parent == group.oid))
                .map(|role| oid(role.oid));
            vec![shared(&group.name), oid(group.oid), array(Oid::OID, members.collect())]
        })
        .collect())
}

pub fn pg_auth_members(backend: &mut Backend<'_>) -> Result<Rows> {
    let mut rows = Vec::new();
    for role in roles(backend)? {
        for (group, admin) in &role.member_of {
            rows.push(vec![
                oid(*group),
                oid(role.oid),
                oid(BOOTSTRAP_SUPERUSER),
                (*admin).into(),
            ]);
        }
    }
    Ok(rows)
}

pub fn pg_db_role_setting(backend: &mut Backend<'_>) -> Result<Rows> {
    let server = backend.server()?;
    let row = |database: Oid, role: Oid, settings: Vec<(&Name, &Name)>| {
        let items = settings
            .into_iter()
            .map(|(name, value)| Datum::from(format!("{name}={value}")));
        vec![oid(database), oid(role), array(Oid::TEXT, items.collect())]
    };
    let mut rows = Vec::new();
    if !server.default_settings.is_empty() {
        let settings = server.default_settings.iter().map(|(name, value)| (name, value));
        rows.push(row(Oid::INVALID, Oid::INVALID, settings.collect()));
    }
    for database in server.databases.values() {
        if !database.settings.is_empty() {
            let settings = database.settings.iter().map(|(name, value)| (name, value));
            rows.push(row(database.oid, Oid::INVALID, settings.collect()));
        }
    }
    for role in server.roles.values() {
        let mut databases: Vec<Oid> = role.settings.iter().map(|(database, _, _)| *database).collect();
        databases.sort_unstable();
        databases.dedup();
        for database in databases {
            let settings = role.settings.iter().filter(|(of, _, _)| *of == database);
            let pairs = settings.map(|(_, name, value)| (name, value)).collect();
            rows.push(row(database, role.oid, pairs));
        }
    }
    Ok(rows)
}

pub fn pg_default_acl(backend: &mut Backend<'_>) -> Result<Rows> {
    const FIRST_OID: u32 = 15_000;
    let backend = &*backend;
    let defaults = backend.catalog()?.default_acls.iter().zip(FIRST_OID..);
    Ok(defaults
        .map(|(((role, schema, kind), items), number)| {
            vec![
                oid(Oid(number)),
                oid(*role),
                oid(*schema),
                letter(*kind),
                acl(backend, Some(items)),
            ]
        })
        .collect())
}
