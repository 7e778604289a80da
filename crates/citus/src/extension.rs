//! The hooks of the node, each handed to the module that answers it.

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::Relation;
use kumquat_postgres::driver::Outcome;
use kumquat_postgres::extension::{
    AvailableExtension, Extension, FunctionCall, PlannedBy, SavepointEvent, ScanLabels, SystemRelation,
};
use kumquat_postgres::query::{FuncExpr, Query};
use kumquat_postgres::result::CommandTag;
use kumquat_postgres::server::Network;
use kumquat_postgres::settings::SettingDefinition;
use kumquat_sql::ast::Statement;
use kumquat_types::{Datum, Error, Oid, Proc, Result};

use crate::metadata::Metadata;
use crate::{
    cluster, columnar, ddl, disk, executor, foreign_keys, functions, named, planner, relations, settings, transaction,
};

/// The Citus extension.
pub struct Citus;

/// True where the extension is installed in the session's database.
fn is_installed(backend: &Backend<'_>) -> bool {
    backend.extension_state::<Metadata>().is_some()
}

impl Extension for Citus {
    fn plan(&self, backend: &mut Backend<'_>, query: &Arc<Query>, params: &[Datum]) -> Result<PlannedBy> {
        columnar::check_query(backend, query)?;
        if !is_installed(backend) {
            return Ok(PlannedBy::Standard);
        }
        let planned = planner::plan(backend, query, params);
        if planned.is_err() {
            named::note_query(backend, query);
        }
        planned
    }

    fn utility(&self, backend: &mut Backend<'_>, statement: &Statement, text: &str) -> Result<CommandTag> {
        if !is_installed(backend) {
            return backend.standard_utility(statement, text);
        }
        let done = ddl::utility(backend, statement, text);
        if done.is_err() {
            named::note_statement(backend, statement);
        }
        let tag = done?;
        columnar::after_utility(backend)?;
        Ok(tag)
    }

    fn sql_function_query(&self, backend: &Backend<'_>, query: &Query, args: &[Datum]) -> Result<()> {
        match is_installed(backend) {
            true => planner::sql_function::check_statement(backend, query, args),
            false => Ok(()),
        }
    }

    fn key_exists(
        &self,
        backend: &mut Backend<'_>,
        relation: Oid,
        columns: &[i16],
        values: &[Datum],
    ) -> Result<Option<bool>> {
        match is_installed(backend) {
            true => foreign_keys::lookup::key_exists(backend, relation, columns, values),
            false => Ok(None),
        }
    }

    fn call_procedure(&self, backend: &mut Backend<'_>, call: &FuncExpr) -> Result<Option<Outcome>> {
        match is_installed(backend) {
            true => planner::delegation::call_procedure(backend, call),
            false => Ok(None),
        }
    }

    fn copies_into(&self, backend: &Backend<'_>, relation: Oid) -> bool {
        backend
            .extension_state::<Metadata>()
            .is_some_and(|metadata| metadata.is_citus_table(relation))
    }

    fn copy_from(
        &self,
        backend: &mut Backend<'_>,
        relation: Oid,
        columns: &[i16],
        rows: &mut Vec<Vec<Datum>>,
    ) -> Result<Option<u64>> {
        match is_installed(backend) {
            true => executor::copy::copy_from(backend, relation, columns, rows),
            false => Ok(None),
        }
    }

    fn procs(&self) -> &'static [Proc] {
        functions::signatures::procs()
    }

    fn call(&self, backend: &mut Backend<'_>, call: &FunctionCall<'_>) -> Result<Option<Datum>> {
        let value = functions::call(backend, call);
        if value.is_err() {
            named::note_call(backend, call);
        }
        value
    }

    fn call_set(&self, backend: &mut Backend<'_>, call: &FunctionCall<'_>) -> Result<Option<Vec<Vec<Datum>>>> {
        let rows = functions::call_set(backend, call);
        if rows.is_err() {
            named::note_call(backend, call);
        }
        rows
    }

    fn relations(&self) -> &'static [SystemRelation] {
        relations::all()
    }

    fn settings(&self) -> &'static [SettingDefinition] {
        settings::definitions()
    }

    fn setting_descriptions(&self) -> &'static str {
        include_str!("setting_descriptions.tsv")
    }

    fn pre_commit(&self, backend: &mut Backend<'_>, before: &Network) -> Result<()> {
        match is_installed(backend) {
            true => {
                disk::check(backend, before)?;
                transaction::pre_commit(backend, before)
            }
            false => Ok(()),
        }
    }

    fn after_transaction(&self, backend: &mut Backend<'_>, committed: bool) {
        if is_installed(backend) {
            transaction::after(backend, committed);
        }
    }

    fn survive_rollback(&self, failed: &Network, restored: &mut Network) {
        transaction::apart::survive(failed, restored);
        transaction::two_phase::keep_prepared(failed, restored);
    }

    fn savepoint(&self, backend: &mut Backend<'_>, event: SavepointEvent, name: &str) -> Result<()> {
        match is_installed(backend) {
            true => transaction::savepoint(backend, event, name),
            false => Ok(()),
        }
    }

    fn hides_relation(&self, backend: &Backend<'_>, relation: Oid) -> bool {
        is_installed(backend) && functions::visibility::is_hidden(backend, relation)
    }

    /// What columnar tables keep of their stripes and chunks; rows are all that they have here.
    fn refuse_schema(&self, backend: &Backend<'_>, schema: &str) -> Result<()> {
        match schema == "columnar_internal" && backend.catalog()?.extensions.contains_key(columnar::EXTENSION) {
            true => Err(Error::not_modelled(format!("schema {schema}"))),
            false => Ok(()),
        }
    }

    fn scan_labels(&self, relation: &Relation) -> Option<&'static ScanLabels> {
        columnar::scan_labels(relation)
    }

    fn available_extensions(&self) -> &'static [AvailableExtension] {
        const fn available(name: &'static str, comment: &'static str) -> AvailableExtension {
            AvailableExtension {
                name,
                version: cluster::EXTENSION_VERSION,
                comment,
                schema: Some("pg_catalog"),
            }
        }
        &[
            const { available("citus", "Citus distributed database") },
            const { available(columnar::EXTENSION, "Citus Columnar extension") },
        ]
    }

    fn install_extension(&self, backend: &mut Backend<'_>, name: &str) -> Result<()> {
        match name {
            "citus" => cluster::create_extension(backend),
            columnar::EXTENSION => {
                columnar::install(backend.catalog_mut()?);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn remove_extension(&self, backend: &mut Backend<'_>, name: &str) -> Result<()> {
        match name {
            "citus" => cluster::drop_extension(backend),
            columnar::EXTENSION => columnar::drop_extension(backend),
            _ => Ok(()),
        }
    }
}
