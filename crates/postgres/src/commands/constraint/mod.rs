//! Table constraints: what CREATE TABLE and ALTER TABLE ADD CONSTRAINT share.
//!
//! - [`attributes`]: DEFERRABLE, NOT VALID and kin.
//! - [`defer`]: SET CONSTRAINTS.
//! - [`check`], [`key`] (PRIMARY KEY, UNIQUE, EXCLUDE), [`foreign_key`].

pub mod attributes;
pub mod check;
pub mod defer;
pub mod foreign_key;
pub mod key;

use kumquat_sql::ast;
use kumquat_types::{Error, Oid, Result, SqlState};

use crate::backend::Backend;
use crate::catalog::{DependencyKind, ObjectAddress, ObjectClass};

/// How a constraint comes about.
#[derive(Clone, Copy, Debug)]
pub struct AddOptions {
    /// Rows that are there are checked.
    pub validate: bool,
    /// Children get it, too.
    pub recurse: bool,
    /// Handed down by a parent, not declared on the table itself.
    pub inherited: bool,
}

impl AddOptions {
    /// With the table itself: there are no rows yet, nor children.
    pub fn at_creation() -> AddOptions {
        AddOptions {
            validate: false,
            recurse: false,
            inherited: false,
        }
    }

    /// ALTER TABLE ADD CONSTRAINT.
    pub fn added(recurse: bool) -> AddOptions {
        AddOptions {
            validate: true,
            recurse,
            inherited: false,
        }
    }
}

pub fn constraint_exists(name: &str, relation: &str) -> Error {
    Error::new(
        SqlState::DUPLICATE_OBJECT,
        format!("constraint \"{name}\" for relation \"{relation}\" already exists"),
    )
}

pub fn undefined_constraint(name: &str, relation: &str) -> Error {
    Error::new(
        SqlState::UNDEFINED_OBJECT,
        format!("constraint \"{name}\" of relation \"{relation}\" does not exist"),
    )
}

/// The constraint goes with each of the columns (or, if there are none, with the table).
pub fn depend_on_columns(backend: &mut Backend<'_>, constraint: Oid, table: Oid, columns: &[i16]) -> Result<()> {
    let object = ObjectAddress::new(ObjectClass::Constraint, constraint);
    let catalog = backend.catalog_mut()?;
    if columns.is_empty() {
        let table = ObjectAddress::new(ObjectClass::Relation, table);
        catalog.record_dependency(object, table, DependencyKind::Auto);
    }
    for column in columns {
        catalog.record_dependency(object, ObjectAddress::column(table, *column), DependencyKind::Auto);
    }
    Ok(())
}

/// A constraint of any kind, for ALTER TABLE ADD CONSTRAINT.
pub fn add(backend: &mut Backend<'_>, table: Oid, constraint: &ast::Constraint, options: AddOptions) -> Result<()> {
    match &constraint.kind {
        ast::ConstraintKind::Check(_) => check::add(backend, table, constraint, options).map(|_| ()),
        ast::ConstraintKind::Foreign(_) => foreign_key::add(backend, table, constraint, options).map(|_| ()),
        _ => key::add(backend, table, constraint, options).map(|_| ()),
    }
}
