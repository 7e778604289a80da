//! Utility statements, one file a command, after PostgreSQL's `ProcessUtility`.
//!
//! [`execute`] is the table of contents. What commands do inside can be used from elsewhere, such as by an
//! extension that makes tables of its own: [`define::define_relation`], [`index::define`],
//! [`constraint::add`], [`drop::drop_objects`].

pub mod alter_table;
pub mod attribute_map;
pub mod comment;
pub mod constraint;
pub mod create_table;
pub mod define;
pub mod drop;
pub mod index;
pub mod object;
pub mod options;
pub mod partition;
pub mod privileges;
pub mod relation_kind;
pub mod reloptions;
pub mod rename;
pub mod sequence;
pub mod trigger;

use std::sync::Arc;

use kumquat_sql::ast::{Location, Persistence, RangeVar, Statement};
use kumquat_types::{Error, Result, SqlState};

use crate::backend::Backend;
use crate::catalog::Relation;
use crate::catalog::namespace::{range_var_name, undefined_schema};
use crate::result::CommandTag;

/// Carries out a statement that is not a query.
pub fn execute(backend: &mut Backend<'_>, statement: &Statement, _text: &str) -> Result<CommandTag> {
    match statement {
        Statement::Create(stmt) => create_table::create(backend, stmt),
        Statement::Index(stmt) => index::create(backend, stmt),
        Statement::CreateSeq(stmt) => sequence::create(backend, stmt),
        Statement::AlterSeq(stmt) => sequence::alter(backend, stmt),
        Statement::Drop(stmt) => drop::execute(backend, stmt),
        Statement::Comment(stmt) => comment::execute(backend, stmt),
        _ => Err(Error::not_modelled("this statement")),
    }
}

/// A relation by the parts of its name.
pub fn range_var(parts: &[String]) -> RangeVar {
    let mut reversed = parts.iter().rev().cloned();
    RangeVar {
        name: reversed.next().unwrap_or_default(),
        schema: reversed.next(),
        catalog: reversed.next(),
        inherit: true,
        persistence: Persistence::Permanent,
        alias: None,
        location: Location::UNKNOWN,
    }
}

/// The relation; with IF EXISTS a missing one gives a notice and `None`.
pub fn lookup_or_skip(backend: &mut Backend<'_>, range: &RangeVar, missing_ok: bool) -> Result<Option<Arc<Relation>>> {
    if !missing_ok {
        return backend.relation(range).map(Some);
    }
    let found = backend.find_relation(range)?;
    if found.is_none() {
        let error = match &range.schema {
            Some(schema) if backend.find_schema(schema)?.is_none() => undefined_schema(schema),
            _ => {
                let name = range_var_name(range);
                let name = if range.schema.is_some() { &range.name } else { &name };
                Error::new(SqlState::UNDEFINED_TABLE, format!("relation \"{name}\" does not exist"))
            }
        };
        drop::missing::skipping(backend, true, error)?;
    }
    Ok(found)
}

pub fn undefined_column(column: &str, relation: &str) -> Error {
    Error::new(
        SqlState::UNDEFINED_COLUMN,
        format!("column \"{column}\" of relation \"{relation}\" does not exist"),
    )
}

pub fn system_catalog(name: &str) -> Error {
    Error::new(
        SqlState::INSUFFICIENT_PRIVILEGE,
        format!("permission denied: \"{name}\" is a system catalog"),
    )
}
