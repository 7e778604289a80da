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
    if let CopyTarget::Program(_) = statement.target {
        return Err(Error::not_modelled("COPY ... PROGRAM"));
    }
    match statement.is_from {
        true => from::copy_from(backend, statement, client),
        false => to::copy_to(backend, statement),
    }
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
