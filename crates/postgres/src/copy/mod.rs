//! COPY: rows in and out as text or CSV, after PostgreSQL's `copy.c`, `copyfromparse.c` and `copyto.c`.
//!
//! - [`options`]: what stands in WITH (...); [`text`] and [`csv`]: the two formats.
//! - [`from`]: COPY FROM; [`to`]: COPY TO.

pub mod csv;
pub mod from;
pub mod options;
pub mod text;
pub mod to;

use kumquat_sql::ast::{CopySource, CopyStmt, CopyTarget};
use kumquat_types::{Error, Result, SqlState};

use crate::backend::Backend;
use crate::catalog::Relation;
use crate::driver::Outcome;
use crate::result::Client;

/// Carries out COPY; data comes from the client or from a file given to the session.
pub fn execute(backend: &mut Backend<'_>, statement: &CopyStmt, client: &mut dyn Client) -> Result<Outcome> {
    check_file_access(backend, statement)?;
    if let CopyTarget::Program(_) = statement.target {
        return Err(Error::not_modelled("COPY ... PROGRAM"));
    }
    match statement.is_from {
        true => from::copy_from(backend, statement, client),
        false => to::copy_to(backend, statement),
    }
}

/// Files and programs of the server are for roles that may use them.
fn check_file_access(backend: &Backend<'_>, statement: &CopyStmt) -> Result<()> {
    let (role, what) = match (&statement.target, statement.is_from) {
        (CopyTarget::Program(_), _) => ("pg_execute_server_program", "to or from an external program"),
        (CopyTarget::File(_), true) => ("pg_read_server_files", "from a file"),
        (CopyTarget::File(_), false) => ("pg_write_server_files", "to a file"),
        _ => return Ok(()),
    };
    let group = backend.server()?.role_names.get(role).copied();
    let current = backend.session.current_user;
    if backend.superuser() || group.is_some_and(|group| backend.has_privileges_of(current, group)) {
        return Ok(());
    }
    let message = format!("must be superuser or have privileges of the {role} role to COPY {what}");
    Err(Error::new(SqlState::INSUFFICIENT_PRIVILEGE, message)
        .hint("Anyone can COPY to stdout or from stdin. psql's \\copy command also works for anyone."))
}

/// A column list as attribute numbers; empty: all that can be copied (`CopyGetAttnums`).
fn copied_columns(relation: &Relation, names: &[String]) -> Result<Vec<i16>> {
    if names.is_empty() {
        return Ok(relation
            .live_attributes()
            .filter(|attribute| attribute.generated.is_none())
            .map(|attribute| attribute.number)
            .collect());
    }
    let mut numbers = Vec::with_capacity(names.len());
    for name in names {
        let attribute = relation.attribute_by_name(name).ok_or_else(|| {
            Error::new(
                SqlState::UNDEFINED_COLUMN,
                format!("column \"{name}\" of relation \"{}\" does not exist", relation.name),
            )
        })?;
        if attribute.generated.is_some() {
            return Err(Error::new(
                SqlState::INVALID_COLUMN_REFERENCE,
                format!("column \"{name}\" is a generated column"),
            )
            .detail("Generated columns cannot be used in COPY."));
        }
        if numbers.contains(&attribute.number) {
            return Err(Error::new(
                SqlState::DUPLICATE_COLUMN,
                format!("column \"{name}\" specified more than once"),
            ));
        }
        numbers.push(attribute.number);
    }
    Ok(numbers)
}

/// The relation and column names of a COPY of a table.
fn table_source(statement: &CopyStmt) -> Option<(&kumquat_sql::ast::RangeVar, &[String])> {
    match &statement.source {
        CopySource::Table { relation, columns } => Some((relation, columns)),
        CopySource::Query(_) => None,
    }
}
