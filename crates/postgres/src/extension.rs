//! What an extension can plug in: PostgreSQL's planner, utility and executor hooks, functions, relations, settings.
//!
//! `postgres` knows no extension; one is handed to it with the [`Backend`](crate::Backend).

use std::fmt::Debug;
use std::sync::Arc;

use kumquat_sql::ast::Statement;
use kumquat_types::{Chunk, Datum, Oid, Proc, Result, builtin_type_by_name};

use crate::backend::Backend;
use crate::catalog::Relation;
use crate::driver::Outcome;
use crate::explain::ExplainWriter;
use crate::query::{FuncExpr, FuncForm, Query};
use crate::result::CommandTag;
use crate::server::Network;
use crate::settings::SettingDefinition;

/// What the planner hook decided for a query.
#[derive(Clone, Debug)]
pub enum PlannedBy {
    /// Nothing here for the extension: the standard planner goes on.
    Standard,
    /// The standard planner plans this instead; its range table may hold `RangeTableKind::Custom` entries.
    Rewritten(Arc<Query>),
    /// The whole statement is one custom scan, modifications included.
    Custom(Arc<dyn CustomScan>),
}

/// A plan node that an extension carries out (PostgreSQL's CustomScan provider).
pub trait CustomScan: Debug + Send + Sync {
    /// What EXPLAIN shows: `Custom Scan (NAME)`.
    fn name(&self) -> &'static str;
    /// All rows, and for modifications how many rows they touched.
    fn execute(&self, backend: &mut Backend<'_>, params: &[Datum]) -> Result<CustomOutput>;
    /// The same for EXPLAIN ANALYZE, which will ask what there was to count.
    fn execute_counted(&self, backend: &mut Backend<'_>, params: &[Datum]) -> Result<CustomOutput> {
        self.execute(backend, params)
    }
    /// Its rows come from several places at once.
    fn is_spread(&self) -> bool {
        false
    }
    /// Rows that the planner is to expect.
    fn estimated_rows(&self) -> f64 {
        100_000.0
    }
    /// The lines under the node.
    fn explain(&self, backend: &mut Backend<'_>, writer: &mut ExplainWriter) -> Result<()>;
}

#[derive(Clone, Debug, Default)]
pub struct CustomOutput {
    pub chunks: Vec<Chunk>,
    pub processed: u64,
}

/// One column of a relation whose rows are computed.
#[derive(Clone, Copy, Debug)]
pub struct SystemColumn {
    pub name: &'static str,
    pub type_oid: Oid,
}

/// A catalog table or view whose rows are computed when it is read.
pub struct SystemRelation {
    pub oid: Oid,
    /// `pg_catalog`, `information_schema`, `public` ...
    pub schema: &'static str,
    pub name: &'static str,
    /// `relkind` letter shown: `r` or `v`.
    pub kind: char,
    pub columns: Vec<SystemColumn>,
    pub rows: SystemRows,
}

/// Computes the rows of a system relation.
pub type SystemRows = fn(&mut Backend<'_>) -> Result<Vec<Vec<Datum>>>;

impl SystemRelation {
    /// Reads a list with a relation a line: `schema name oid kind column:type,...`, types by their names in
    /// `pg_type`. `find_type` knows those that are not built in, `rows_of` what computes a relation's rows by schema
    /// and name. What cannot be read is left out.
    ///
    /// ```text
    /// pg_catalog citus_nodes 15503 v nodename:text,nodeport:int4,role:text,active:bool
    /// ```
    pub fn read_list(
        text: &'static str,
        find_type: fn(&str) -> Option<Oid>,
        rows_of: fn(&str, &str) -> SystemRows,
    ) -> Vec<SystemRelation> {
        let column = |text: &'static str| {
            let (name, type_name) = text.split_once(':')?;
            let builtin = builtin_type_by_name(type_name).map(|found| found.oid);
            let type_oid = builtin.or_else(|| find_type(type_name))?;
            Some(SystemColumn { name, type_oid })
        };
        let relation = |line: &'static str| {
            let mut fields = line.split(' ');
            let (schema, name) = (fields.next()?, fields.next()?);
            Some(SystemRelation {
                oid: Oid(fields.next()?.parse().ok()?),
                schema,
                name,
                kind: fields.next()?.chars().next()?,
                columns: fields.next()?.split(',').filter_map(column).collect(),
                rows: rows_of(schema, name),
            })
        };
        text.lines().filter_map(relation).collect()
    }
}

/// The arguments of a function that needs the backend.
pub struct FunctionCall<'a> {
    pub proc: &'static Proc,
    pub args: &'a [Datum],
    pub arg_types: &'a [Oid],
    /// Where each argument is written, for error positions.
    pub locations: &'a [Option<u32>],
    pub form: FuncForm,
}

/// The hooks. All are called with the session's backend, whose node they may change.
pub trait Extension: Send + Sync {
    /// `planner_hook`: called for every SELECT, INSERT, UPDATE, DELETE and MERGE, before standard planning.
    fn plan(&self, backend: &mut Backend<'_>, query: &Arc<Query>, params: &[Datum]) -> Result<PlannedBy>;

    /// `ProcessUtility_hook`: called for every other statement. An implementation may act before and after
    /// calling `backend.standard_utility(...)`, or instead of it.
    fn utility(&self, backend: &mut Backend<'_>, statement: &Statement, text: &str) -> Result<CommandTag>;

    /// A query of a SQL function, before it is planned with the function's arguments.
    fn sql_function_query(&self, _: &Backend<'_>, _: &Query, _: &[Datum]) -> Result<()> {
        Ok(())
    }

    /// Whether a row that a foreign key references exists; None to look among the rows of this node.
    fn key_exists(&self, _: &mut Backend<'_>, _: Oid, _: &[i16], _: &[Datum]) -> Result<Option<bool>> {
        Ok(None)
    }

    /// CALL: returns None to let the procedure run on this node.
    fn call_procedure(&self, _: &mut Backend<'_>, _: &FuncExpr) -> Result<Option<Outcome>> {
        Ok(None)
    }

    /// Whether COPY FROM into a relation is the extension's.
    fn copies_into(&self, _backend: &Backend<'_>, _relation: Oid) -> bool {
        false
    }

    /// COPY FROM into a relation: returns None to let the standard way go on.
    fn copy_from(
        &self,
        backend: &mut Backend<'_>,
        relation: Oid,
        columns: &[i16],
        rows: &mut Vec<Vec<Datum>>,
    ) -> Result<Option<u64>>;

    /// Functions of the extension, as rows of pg_proc; those marked `Implementation::Backend` are carried out by [`Extension::call`].
    fn procs(&self) -> &'static [Proc];

    /// A scalar call of a function that needs the backend. Returns None if the name is not the extension's.
    fn call(&self, backend: &mut Backend<'_>, call: &FunctionCall<'_>) -> Result<Option<Datum>>;

    /// The same for functions that return sets or OUT columns.
    fn call_set(&self, backend: &mut Backend<'_>, call: &FunctionCall<'_>) -> Result<Option<Vec<Vec<Datum>>>>;

    fn relations(&self) -> &'static [SystemRelation];

    fn settings(&self) -> &'static [SettingDefinition];

    /// What the settings are for: lines of name, category, short and further description, separated by tabs.
    fn setting_descriptions(&self) -> &'static str {
        ""
    }

    /// Before COMMIT makes the changes durable; an error aborts the transaction, which found the network as it is
    /// in `before`.
    fn pre_commit(&self, backend: &mut Backend<'_>, before: &Network) -> Result<()>;

    /// After COMMIT or ROLLBACK.
    fn after_transaction(&self, backend: &mut Backend<'_>, committed: bool);

    /// A rollback goes from `failed` back to `restored`: carries over what survives it (id sequences).
    fn survive_rollback(&self, _failed: &Network, _restored: &mut Network) {}

    /// ROLLBACK TO SAVEPOINT, SAVEPOINT, RELEASE: what is sent to other nodes.
    fn savepoint(&self, backend: &mut Backend<'_>, event: SavepointEvent, name: &str) -> Result<()>;

    /// Whether the relation is hidden from catalog queries of this session (shards on workers).
    fn hides_relation(&self, backend: &Backend<'_>, relation: Oid) -> bool;

    /// A relation is looked for in a schema that is not there: an error if the extension has the schema elsewhere, and
    /// it is not modelled.
    fn refuse_schema(&self, _backend: &Backend<'_>, _schema: &str) -> Result<()> {
        Ok(())
    }

    /// How EXPLAIN tells of scans of a table with an access method of the extension's own.
    fn scan_labels(&self, _relation: &Relation) -> Option<&'static ScanLabels> {
        None
    }

    /// What CREATE EXTENSION may install beside the extensions that come with PostgreSQL.
    fn available_extensions(&self) -> &'static [AvailableExtension];

    /// CREATE EXTENSION: makes the objects of one of them in the session's database.
    fn install_extension(&self, _backend: &mut Backend<'_>, _name: &str) -> Result<()> {
        Ok(())
    }

    /// DROP EXTENSION: removes them.
    fn remove_extension(&self, _backend: &mut Backend<'_>, _name: &str) -> Result<()> {
        Ok(())
    }
}

/// The words of EXPLAIN for a scan by an extension's access method.
#[derive(Debug)]
pub struct ScanLabels {
    /// The name in `Custom Scan (ColumnarScan)`.
    pub provider: &'static str,
    /// Before the columns that are read, and what stands there if none is.
    pub columns: &'static str,
    pub no_columns: &'static str,
    /// Before the comparisons with constants that the scan itself looks at.
    pub filters: &'static str,
}

/// An extension that lies ready to be installed, as its control file tells.
#[derive(Clone, Copy, Debug)]
pub struct AvailableExtension {
    pub name: &'static str,
    pub version: &'static str,
    pub comment: &'static str,
    /// Where its objects go, if it has to be one schema.
    pub schema: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SavepointEvent {
    Define,
    RollbackTo,
    Release,
}

/// State of an extension in a database or session: any immutable value that is cheap to copy.
pub type ExtensionState = Arc<dyn std::any::Any + Send + Sync>;

/// A PostgreSQL without extensions.
pub struct NoExtension;

impl Extension for NoExtension {
    fn plan(&self, _: &mut Backend<'_>, _: &Arc<Query>, _: &[Datum]) -> Result<PlannedBy> {
        Ok(PlannedBy::Standard)
    }
    fn utility(&self, backend: &mut Backend<'_>, statement: &Statement, text: &str) -> Result<CommandTag> {
        backend.standard_utility(statement, text)
    }
    fn copy_from(&self, _: &mut Backend<'_>, _: Oid, _: &[i16], _: &mut Vec<Vec<Datum>>) -> Result<Option<u64>> {
        Ok(None)
    }
    fn procs(&self) -> &'static [Proc] {
        &[]
    }
    fn call(&self, _: &mut Backend<'_>, _: &FunctionCall<'_>) -> Result<Option<Datum>> {
        Ok(None)
    }
    fn call_set(&self, _: &mut Backend<'_>, _: &FunctionCall<'_>) -> Result<Option<Vec<Vec<Datum>>>> {
        Ok(None)
    }
    fn relations(&self) -> &'static [SystemRelation] {
        &[]
    }
    fn settings(&self) -> &'static [SettingDefinition] {
        &[]
    }
    fn pre_commit(&self, _: &mut Backend<'_>, _: &Network) -> Result<()> {
        Ok(())
    }
    fn after_transaction(&self, _: &mut Backend<'_>, _: bool) {}
    fn savepoint(&self, _: &mut Backend<'_>, _: SavepointEvent, _: &str) -> Result<()> {
        Ok(())
    }
    fn hides_relation(&self, _: &Backend<'_>, _: Oid) -> bool {
        false
    }
    fn available_extensions(&self) -> &'static [AvailableExtension] {
        &[]
    }
}
