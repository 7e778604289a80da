//! CREATE TABLE, after PostgreSQL's `transformCreateStmt` and `DefineRelation`.
//!
//! 1. [`elements`] sorts what stands between the parentheses: columns, checks, keys, foreign keys, LIKE.
//!    [`column`] reads one column definition.
//! 2. [`inherit`] merges the columns of parents (INHERITS, PARTITION OF) with its own.
//! 3. The relation enters the catalog; sequences of serial and identity columns come just before.
//! 4. Defaults and checks are analyzed over it and stored; a partition gets its bound and takes over its
//!    parent's indexes and foreign keys.
//! 5. What [`like`] copies after the columns; indexes of keys; foreign keys.

pub mod column;
pub mod elements;
pub mod inherit;
pub mod like;

use std::sync::Arc;

use kumquat_sql::ast::{CreateStmt, OnCommitAction};
use kumquat_types::{Error, Oid, Result, SqlState};

use self::column::NewColumn;
use self::elements::Elements;
use super::constraint::{self, AddOptions};
use super::define::{define_relation, persistence_of, skip_existing};
use super::{partition, reloptions};
use crate::backend::Backend;
use crate::catalog::naming::truncate_identifier;
use crate::catalog::{Attribute, DependencyKind, ObjectAddress, Persistence, Relation, RelationKind};
use crate::query::Expr;
use crate::result::CommandTag;

pub fn create(backend: &mut Backend<'_>, stmt: &CreateStmt) -> Result<CommandTag> {
    let tag = CommandTag::new("CREATE TABLE");
    let schema = backend.relation_creation_schema(&stmt.relation);
    let schema = schema.map_err(|error| error.at(stmt.relation.location))?;
    if stmt.if_not_exists && skip_existing(backend, schema, &stmt.relation.name)? {
        return Ok(tag);
    }
    define_table(backend, stmt, schema)?;
    Ok(tag)
}

/// Makes the table in a schema and gives its oid.
pub fn define_table(backend: &mut Backend<'_>, stmt: &CreateStmt, schema: Oid) -> Result<Oid> {
    let persistence = persistence_of(&stmt.relation);
    check_options(backend, stmt, persistence)?;
    let name = truncate_identifier(&stmt.relation.name);
    let parents = inherit::open_parents(backend, stmt, persistence)?;
    let elements = Elements::read(backend, stmt, name, schema)?;
    let kind = match stmt.partition_spec {
        Some(_) => RelationKind::PartitionedTable,
        None => RelationKind::Table,
    };
    let mut relation = Relation::new(Oid::INVALID, name, schema, kind, backend.session.current_user);
    relation.persistence = persistence;
    relation.access_method = access_method(backend, stmt, kind)?;
    relation.options = reloptions::read(&stmt.options, reloptions::Kind::of(kind))?;
    relation.on_commit = match stmt.on_commit {
        OnCommitAction::DeleteRows => Some('D'),
        OnCommitAction::Drop => Some('d'),
        OnCommitAction::NoOption | OnCommitAction::PreserveRows => None,
    };
    relation.parents = parents.iter().map(|parent| parent.oid).collect();
    if let Some(type_name) = &stmt.of_type {
        relation.of_type = crate::analyze::resolve_type(backend, type_name)?.0;
    }
    let merged = inherit::merge(backend, &elements.columns, &parents, stmt)?;
    relation.attributes = merged.columns.iter().map(|column| column.attribute.clone()).collect();
    let bound = match (&stmt.partition_bound, parents.first()) {
        (Some(spec), Some(parent)) => {
            let bound = partition::new_bound(backend, name, parent, spec)?;
            partition::rows::check_default_partition(backend, parent, &bound)?;
            Some(bound)
        }
        _ => None,
    };
    relation.partition_bound = bound.map(Arc::new);
    let sequences = create_sequences(backend, &merged.columns, &relation)?;
    let table = define_relation(backend, relation)?;
    for (sequence, number, kind) in sequences {
        super::sequence::own_sequence(backend, sequence, Some(ObjectAddress::column(table, number)), kind)?;
    }
    if let Some(spec) = &stmt.partition_spec {
        partition::set_key(backend, table, spec)?;
    }
    store_defaults(backend, table, &merged.columns)?;
    constraint::check::copy_inherited(backend, table, merged.checks)?;
    for check in &elements.checks {
        constraint::check::add(backend, table, check, AddOptions::at_creation())?;
    }
    if stmt.partition_bound.is_some() {
        partition::complete_new_partition(backend, table)?;
    }
    for like in &elements.likes {
        like::expand(backend, table, like)?;
    }
    constraint::key::add_all(backend, table, &elements.keys)?;
    for key in &elements.foreign_keys {
        constraint::foreign_key::add(backend, table, key, AddOptions::at_creation())?;
    }
    Ok(table)
}

fn check_options(backend: &Backend<'_>, stmt: &CreateStmt, persistence: Persistence) -> Result<()> {
    if stmt.on_commit != OnCommitAction::NoOption && persistence != Persistence::Temporary {
        return Err(Error::new(
            SqlState::INVALID_TABLE_DEFINITION,
            "ON COMMIT can only be used on temporary tables",
        ));
    }
    check_tablespace(stmt.tablespace.as_deref())?;
    if stmt.of_type.is_some() {
        let type_name = stmt.of_type.as_ref().map(super::options::type_name_text);
        return Err(Error::not_modelled(format!(
            "CREATE TABLE ... OF {}",
            type_name.unwrap_or_default()
        )));
    }
    backend.catalog()?;
    Ok(())
}

/// The two tablespaces that are always there are the only ones.
pub fn check_tablespace(name: Option<&str>) -> Result<()> {
    match name {
        None | Some("pg_default") => Ok(()),
        Some("pg_global") => Err(Error::new(
            SqlState::INVALID_PARAMETER_VALUE,
            "only shared relations can be placed in pg_global tablespace",
        )),
        Some(name) => Err(Error::new(
            SqlState::UNDEFINED_OBJECT,
            format!("tablespace \"{name}\" does not exist"),
        )),
    }
}

fn access_method(backend: &Backend<'_>, stmt: &CreateStmt, kind: RelationKind) -> Result<crate::catalog::Name> {
    match (&stmt.access_method, kind) {
        (Some(_), RelationKind::PartitionedTable) => Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            "specifying a table access method is not supported on a partitioned table",
        )),
        (Some(name), _) => table_access_method(backend, name),
        (None, RelationKind::PartitionedTable) => Ok("".into()),
        (None, _) => {
            let default = backend.setting("default_table_access_method");
            table_access_method(backend, default.as_deref().unwrap_or("heap"))
        }
    }
}

/// The table access method of that name.
pub fn table_access_method(backend: &Backend<'_>, name: &str) -> Result<crate::catalog::Name> {
    match backend.catalog()?.access_methods.get(name) {
        Some(method) if method.kind == 't' => Ok(method.name.clone()),
        Some(_) => Err(Error::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!("access method \"{name}\" is not of type TABLE"),
        )),
        None => Err(Error::new(
            SqlState::UNDEFINED_OBJECT,
            format!("access method \"{name}\" does not exist"),
        )),
    }
}

/// Makes the sequences of serial and identity columns; gives each with its column's number.
fn create_sequences(
    backend: &mut Backend<'_>,
    columns: &[NewColumn],
    relation: &Relation,
) -> Result<Vec<(Oid, i16, DependencyKind)>> {
    let mut made = Vec::new();
    for column in columns {
        if let Some(sequence) = &column.sequence {
            let oid = column::create_sequence(backend, sequence, relation, &column.attribute.name)?;
            made.push((oid, column.attribute.number, sequence.dependency()));
        }
    }
    Ok(made)
}

/// Analyzes and stores the defaults of new columns.
pub fn store_defaults(backend: &mut Backend<'_>, table: Oid, columns: &[NewColumn]) -> Result<()> {
    for column in columns {
        let number = column.attribute.number;
        let default = if let Some(sequence) = &column.sequence {
            match sequence.identity {
                true => None,
                false => Some(column::serial_default(backend, table, &column.attribute)?),
            }
        } else if let Some(expr) = &column.default {
            let relation = backend.relation_by_oid(table)?;
            column::cook_default(backend, &relation, &column.attribute, expr)?
        } else {
            column.cooked.clone()
        };
        store_default(backend, table, number, default)?;
    }
    Ok(())
}

/// Sets or removes a column's default, with its dependencies (`StoreAttrDefault`, `RemoveAttrDefault`).
pub fn store_default(backend: &mut Backend<'_>, table: Oid, number: i16, default: Option<Arc<Expr>>) -> Result<()> {
    let object = ObjectAddress {
        class: crate::catalog::ObjectClass::Default,
        oid: table,
        sub: number,
    };
    let relation = backend.relation_by_oid(table)?;
    let generated = relation
        .attribute(number)
        .is_some_and(|a: &Attribute| a.generated.is_some());
    let catalog = backend.catalog_mut()?;
    catalog.forget_references(object);
    if let Some(expr) = &default {
        let column = ObjectAddress::column(table, number);
        if generated {
            catalog.record_dependency(object, column, DependencyKind::Internal);
            catalog.record_expression(object, expr, table, DependencyKind::Normal);
        } else {
            catalog.record_dependency(object, column, DependencyKind::Auto);
            catalog.record_expression(object, expr, table, DependencyKind::Normal);
        }
    }
    backend.update_attribute(table, number, |attribute| attribute.default = default)
}
