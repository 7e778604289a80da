//! ALTER ROLE ... [IN DATABASE ...] SET, RESET.

use kumquat_sql::ast::{AlterRoleSetStmt, VariableSetKind, VariableSetStmt};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::{check_not_reserved, denied, get, put, resolve};
use crate::backend::Backend;
use crate::catalog::Name;
use crate::commands::object::may_create_roles;
use crate::result::CommandTag;

pub fn alter(backend: &mut Backend<'_>, stmt: &AlterRoleSetStmt) -> Result<CommandTag> {
    let database = match &stmt.database {
        Some(name) => {
            let found = backend.server()?.databases.get(name.as_str());
            let oid = found.map(|database| database.oid);
            oid.ok_or_else(|| {
                Error::new(
                    SqlState::INVALID_CATALOG_NAME,
                    format!("database \"{name}\" does not exist"),
                )
            })?
        }
        None => Oid::INVALID,
    };
    let tag = CommandTag::new("ALTER ROLE");
    let Some(spec) = &stmt.role else {
        return alter_all(backend, database, &stmt.set).map(|()| tag);
    };
    let oid = resolve(backend, spec)?;
    check_not_reserved(backend, oid, "alter")?;
    let mut role = get(backend, oid)?;
    if role.superuser && !backend.superuser() {
        return Err(denied("must be superuser to alter superusers"));
    }
    if !may_create_roles(backend) && oid != backend.session.current_user {
        return Err(denied("permission denied"));
    }
    let Some(change) = read(backend, &stmt.set)? else {
        role.settings.retain(|(of, _, _)| *of != database);
        put(backend, role)?;
        return Ok(tag);
    };
    apply(&mut role.settings, database, change);
    put(backend, role)?;
    Ok(tag)
}

/// ALTER ROLE ALL: settings of no role.
fn alter_all(backend: &mut Backend<'_>, database: Oid, set: &VariableSetStmt) -> Result<()> {
    if !backend.superuser() {
        return Err(denied("must be superuser to alter settings globally"));
    }
    let change = read(backend, set)?;
    let server = backend.server_mut()?;
    if database.is_valid() {
        let found = server.databases.iter().find(|(_, other)| other.oid == database);
        let name = found.map(|(name, _)| name.clone());
        if let Some(database) = name.and_then(|name| server.databases.get_mut(&name)) {
            apply_to_all(&mut database.settings, change);
        }
        return Ok(());
    }
    apply_to_all(&mut server.default_settings, change);
    Ok(())
}

/// Puts a change into the settings of a database or of all roles; a new setting comes last.
pub fn apply_to_all(settings: &mut Vec<(Name, Name)>, change: Option<Change>) {
    let Some((name, value)) = change else {
        settings.clear();
        return;
    };
    let at = settings.iter().position(|(known, _)| *known == name);
    match (at.and_then(|at| settings.get_mut(at)), value) {
        (Some((_, known)), Some(value)) => *known = value,
        (None, Some(value)) => settings.push((name, value)),
        (_, None) => settings.retain(|(known, _)| *known != name),
    }
}

/// A setting's name with its new value, or without one if it is reset.
pub type Change = (Name, Option<Name>);

/// What SET or RESET changes, checked; `None`: all of them are reset.
pub fn read(backend: &Backend<'_>, set: &VariableSetStmt) -> Result<Option<Change>> {
    let name: Name = set.name.as_str().into();
    match &set.kind {
        VariableSetKind::ResetAll => Ok(None),
        VariableSetKind::Reset | VariableSetKind::Default => Ok(Some((name, None))),
        VariableSetKind::Current => {
            let value = backend.setting(&set.name);
            Ok(Some((name, value)))
        }
        VariableSetKind::Value(values) => {
            let value = backend.checked_setting(&set.name, values)?;
            Ok(Some((name, Some(value))))
        }
        VariableSetKind::Multi(_) | VariableSetKind::Snapshot(_) => Err(Error::internal("not a setting")),
    }
}

fn apply(settings: &mut Vec<(Oid, Name, Name)>, database: Oid, (name, value): Change) {
    let at = settings
        .iter()
        .position(|(of, known, _)| *of == database && *known == name);
    match (at.and_then(|at| settings.get_mut(at)), value) {
        (Some((_, _, known)), Some(value)) => *known = value,
        (None, Some(value)) => settings.push((database, name, value)),
        (_, None) => settings.retain(|(of, known, _)| *of != database || *known != name),
    }
}
