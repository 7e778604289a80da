//! CREATE, RENAME and DROP DATABASE: on this node, and with `citus.enable_create_database_propagation` on all.

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::ObjectClass;
use kumquat_postgres::commands::options;
use kumquat_postgres::result::CommandTag;
use kumquat_sql::ast::{CreatedbStmt, DefElem, ObjectName, RenameStmt, Statement};
use kumquat_types::{Error, Oid, Result};

use super::snapshot::tell_other_nodes;
use crate::metadata;
use crate::settings;
use crate::shards::mirror::on_other_nodes;
use crate::tables::checks::error;

pub fn execute(backend: &mut Backend<'_>, statement: &Statement, text: &str) -> Result<CommandTag> {
    let propagates = settings::is_on(backend, "citus.enable_create_database_propagation");
    match statement {
        Statement::Createdb(stmt) if propagates => create_everywhere(backend, stmt, statement, text),
        Statement::Createdb(_) => {
            if metadata::of(backend)?.is_coordinator() {
                backend.notice(
                    Error::notice("Citus partially supports CREATE DATABASE for distributed databases")
                        .detail("Citus does not propagate CREATE DATABASE command to other nodes")
                        .hint("You can manually create a database and its extensions on other nodes."),
                );
            }
            backend.standard_utility(statement, text)
        }
        Statement::Dropdb(stmt) if propagates => {
            let database = database_oid(backend, &stmt.name)?;
            let tag = everywhere(backend, database, statement, text)?;
            metadata::update(backend, |metadata| {
                metadata.unmark_distributed(ObjectClass::Database, database.unwrap_or_default());
            })?;
            Ok(tag)
        }
        _ => backend.standard_utility(statement, text),
    }
}

/// ALTER DATABASE ... RENAME TO.
pub fn rename(backend: &mut Backend<'_>, stmt: &RenameStmt, name: &ObjectName, text: &str) -> Result<CommandTag> {
    let database = database_oid(backend, &kumquat_postgres::commands::object::plain_name(name))?;
    everywhere(backend, database, &Statement::Rename(Box::new(stmt.clone())), text)
}

fn create_everywhere(
    backend: &mut Backend<'_>,
    stmt: &CreatedbStmt,
    statement: &Statement,
    text: &str,
) -> Result<CommandTag> {
    check_options(&stmt.options)?;
    let tag = backend.standard_utility(statement, text)?;
    on_other_nodes(backend, |remote, _| {
        remote.standard_utility(statement, text).map(|_| ())
    })?;
    if let Some(database) = database_oid(backend, &stmt.name)? {
        metadata::update(backend, |metadata| {
            metadata.mark_distributed(ObjectClass::Database, database);
        })?;
    }
    tell_other_nodes(backend, text)?;
    Ok(tag)
}

/// On the other nodes, too, if the database was made there.
fn everywhere(
    backend: &mut Backend<'_>,
    database: Option<Oid>,
    statement: &Statement,
    text: &str,
) -> Result<CommandTag> {
    let is_distributed = database.is_some_and(|oid| {
        metadata::of(backend).is_ok_and(|metadata| metadata.is_distributed_object(ObjectClass::Database, oid))
    });
    let tag = backend.standard_utility(statement, text)?;
    if is_distributed {
        on_other_nodes(backend, |remote, _| {
            remote.standard_utility(statement, text).map(|_| ())
        })?;
        tell_other_nodes(backend, text)?;
    }
    Ok(tag)
}

fn database_oid(backend: &Backend<'_>, name: &str) -> Result<Option<Oid>> {
    Ok(backend.server()?.databases.get(name).map(|database| database.oid))
}

/// `EnsureSupportedCreateDatabaseCommand`.
fn check_options(given: &[DefElem]) -> Result<()> {
    for option in given {
        let is = |wanted: &str| options::string(option).is_ok_and(|value| value == wanted);
        let refused = match option.name.as_str() {
            "oid" => "CREATE DATABASE option \"oid\" is not supported",
            "template" if !is("template1") => "Only template1 is supported as template parameter for CREATE DATABASE",
            "strategy" if !is("wal_log") => "Only wal_log is supported as strategy parameter for CREATE DATABASE",
            _ => continue,
        };
        return Err(error(refused));
    }
    Ok(())
}
