//! Utility statements, one file a command, after PostgreSQL's `ProcessUtility`.
//!
//! [`execute`] is the table of contents. What commands do inside can be used from elsewhere, such as by an
//! extension that makes tables of its own: [`define::define_relation`], [`index::define`],
//! [`constraint::add`], [`drop::drop_objects`].

pub mod aggregate;
pub mod alter_table;
pub mod attribute_map;
pub mod cast;
pub mod comment;
pub mod constraint;
pub mod create_table;
pub mod database;
pub mod define;
pub mod drop;
pub mod extension;
pub mod function;
pub mod grant;
pub mod index;
pub mod maintenance;
pub mod object;
pub mod on_commit;
pub mod options;
pub mod owner;
pub mod partition;
pub mod policy;
pub mod privileges;
pub mod relation_kind;
pub mod reloptions;
pub mod rename;
pub mod role;
pub mod schema;
pub mod security_label;
pub mod sequence;
pub mod set_schema;
pub mod table_as;
pub mod trigger;
pub mod truncate;
pub mod types;
mod unsupported;
pub mod view;

use std::sync::Arc;

use kumquat_sql::ast::{Location, Persistence, RangeVar, Statement};
use kumquat_types::{Error, Result, SqlState};

use crate::backend::Backend;
use crate::catalog::Relation;
use crate::catalog::namespace::{range_var_name, undefined_schema};
use crate::result::CommandTag;

/// Carries out a statement that is not a query. Those on transactions, settings, cursors, prepared statements,
/// COPY and EXPLAIN do not come here: the driver has them.
pub fn execute(backend: &mut Backend<'_>, statement: &Statement, text: &str) -> Result<CommandTag> {
    match statement {
        Statement::Select(stmt) => table_as::select_into(backend, stmt),
        Statement::Truncate(stmt) => truncate::execute(backend, stmt),
        Statement::Create(stmt) => create_table::create(backend, stmt),
        Statement::CreateTableAs(stmt) => table_as::create(backend, stmt),
        Statement::AlterTable(stmt) => alter_table::execute(backend, stmt),
        Statement::Index(stmt) => index::create(backend, stmt),
        Statement::View(stmt) => view::create(backend, stmt),
        Statement::RefreshMatView(stmt) => table_as::refresh(backend, stmt),
        Statement::CreateSeq(stmt) => sequence::create(backend, stmt),
        Statement::AlterSeq(stmt) => sequence::alter(backend, stmt),
        Statement::CompositeType(stmt) => types::composite::create(backend, stmt),
        Statement::CreateEnum(stmt) => types::enums::create(backend, stmt),
        Statement::AlterEnum(stmt) => types::enums::alter(backend, stmt),
        Statement::CreateRange(stmt) => types::create_range(backend, stmt),
        Statement::Define(stmt) => types::define_statement(backend, stmt),
        Statement::CreateDomain(stmt) => types::domain::create(backend, stmt),
        Statement::AlterDomain(stmt) => types::domain::alter(backend, stmt),
        Statement::CreateFunction(stmt) => function::create(backend, stmt, text),
        Statement::AlterFunction(stmt) => function::alter(backend, stmt),
        Statement::CreateCast(stmt) => cast::create(backend, stmt),
        Statement::CreateTrig(stmt) => trigger::create(backend, stmt),
        Statement::CreatePolicy(stmt) => policy::create(backend, stmt),
        Statement::AlterPolicy(stmt) => policy::alter(backend, stmt),
        Statement::Drop(stmt) => drop::execute(backend, stmt),
        Statement::Comment(stmt) => comment::execute(backend, stmt),
        Statement::SecLabel(stmt) => security_label::execute(stmt),
        Statement::Rename(stmt) => rename::execute(backend, stmt),
        Statement::AlterObjectSchema(stmt) => set_schema::execute(backend, stmt),
        Statement::AlterOwner(stmt) => owner::execute(backend, stmt),
        Statement::CreateRole(stmt) => role::create(backend, stmt),
        Statement::AlterRole(stmt) => role::alter(backend, stmt),
        Statement::AlterRoleSet(stmt) => role::settings::alter(backend, stmt),
        Statement::DropRole(stmt) => role::drop::execute(backend, stmt),
        Statement::DropOwned(stmt) => role::owned::drop_owned(backend, stmt),
        Statement::ReassignOwned(stmt) => role::owned::reassign_owned(backend, stmt),
        Statement::Grant(stmt) => grant::execute(backend, stmt),
        Statement::GrantRole(stmt) => role::membership::execute(backend, stmt),
        Statement::AlterDefaultPrivileges(stmt) => grant::defaults::alter(backend, stmt),
        Statement::CreateSchema(stmt) => schema::create(backend, stmt, text),
        Statement::Createdb(stmt) => database::create(backend, stmt),
        Statement::AlterDatabase(stmt) => database::alter(backend, stmt),
        Statement::AlterDatabaseSet(stmt) => database::alter_setting(backend, stmt),
        Statement::AlterDatabaseRefreshColl(stmt) => database::refresh_collation(backend, &stmt.name),
        Statement::Dropdb(stmt) => database::drop(backend, stmt),
        Statement::CreateExtension(stmt) => extension::create(backend, stmt),
        Statement::AlterExtension(stmt) => extension::alter(backend, stmt),
        Statement::Vacuum(stmt) => maintenance::vacuum(backend, stmt),
        Statement::Cluster(stmt) => maintenance::cluster(backend, stmt),
        Statement::Reindex(stmt) => maintenance::reindex(backend, stmt),
        Statement::Lock(stmt) => maintenance::lock(backend, stmt),
        Statement::Checkpoint => maintenance::checkpoint(backend),
        Statement::ConstraintsSet(stmt) => constraint::defer::set_constraints(backend, stmt),
        statement => Err(Error::not_modelled(unsupported::name(statement))),
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
