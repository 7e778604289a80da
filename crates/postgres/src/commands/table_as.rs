//! CREATE TABLE AS, SELECT INTO, CREATE and REFRESH MATERIALIZED VIEW.

use std::sync::Arc;

use kumquat_sql::ast::{
    CreateTableAsStmt, ExecuteStmt, IntoClause, OnCommitAction, RefreshMatViewStmt, SelectBody, SelectStmt, Statement,
};
use kumquat_types::{Chunk, Error, Oid, Result, SqlState};

use super::create_table::column::storage_of;
use super::create_table::{check_tablespace, table_access_method};
use super::define::{define_relation, persistence_of, skip_existing};
use super::relation_kind::not_a;
use super::{reloptions, view};
use crate::analyze::{Parameters, analyze_definition, analyze_query, rewrite};
use crate::backend::Backend;
use crate::catalog::naming::truncate_identifier;
use crate::catalog::{Attribute, Relation, RelationKind};
use crate::query::Query;
use crate::result::{CommandTag, QueryOutcome};
use crate::storage::Heap;

pub fn create(backend: &mut Backend<'_>, stmt: &CreateTableAsStmt) -> Result<CommandTag> {
    create_as(
        backend,
        &stmt.into,
        &stmt.query,
        stmt.materialized_view,
        stmt.if_not_exists,
    )
}

/// `SELECT ... INTO table`.
pub fn select_into(backend: &mut Backend<'_>, select: &SelectStmt) -> Result<CommandTag> {
    let mut select = select.clone();
    let SelectBody::Select(core) = &mut select.body else {
        return Err(Error::internal("SELECT INTO without INTO"));
    };
    let Some(into) = core.into.take() else {
        return Err(Error::internal("SELECT INTO without INTO"));
    };
    create_as(backend, &into, &Statement::Select(Box::new(select)), false, false)
}

/// There is a relation of that name: with IF NOT EXISTS a notice, else an error (`CreateTableAsRelExists`).
pub fn exists(backend: &mut Backend<'_>, stmt: &CreateTableAsStmt) -> Result<bool> {
    is_taken(backend, &stmt.into, stmt.if_not_exists)
}

/// Makes the table of rows that are there already, as EXPLAIN ANALYZE does.
pub fn create_filled(backend: &mut Backend<'_>, stmt: &CreateTableAsStmt, outcome: QueryOutcome) -> Result<()> {
    let source = match &stmt.query {
        Statement::Execute(_) => Source::Outcome(Box::new(outcome.clone())),
        statement => Source::read(backend, statement, stmt.materialized_view)?,
    };
    let table = define_for(backend, &stmt.into, stmt.materialized_view, &source)?;
    let rows = outcome.rows.map(|rows| rows.chunks).unwrap_or_default();
    fill(backend, table, rows).map(|_| ())
}

fn create_as(
    backend: &mut Backend<'_>,
    into: &IntoClause,
    query: &Statement,
    materialized: bool,
    if_not_exists: bool,
) -> Result<CommandTag> {
    let without_data = match materialized {
        true => CommandTag::new("CREATE MATERIALIZED VIEW"),
        false => CommandTag::new("CREATE TABLE AS"),
    };
    if is_taken(backend, into, if_not_exists)? {
        return Ok(without_data);
    }
    let source = Source::read(backend, query, materialized)?;
    let table = define_for(backend, into, materialized, &source)?;
    if into.skip_data {
        backend.update_relation(table, |relation| relation.populated = !materialized)?;
        return Ok(without_data);
    }
    let outcome = source.run(backend)?;
    let rows = outcome.rows.map(|rows| rows.chunks).unwrap_or_default();
    let count = fill(backend, table, rows)?;
    Ok(CommandTag::with_count("SELECT", count))
}

fn is_taken(backend: &mut Backend<'_>, into: &IntoClause, if_not_exists: bool) -> Result<bool> {
    let name = truncate_identifier(&into.relation.name);
    let existing = backend
        .find_relation_named(into.relation.schema.as_deref(), name)
        .ok()
        .flatten();
    let Some(existing) = existing else {
        return Ok(false);
    };
    if if_not_exists {
        skip_existing(backend, existing.schema, name)?;
        return Ok(true);
    }
    if backend.creation_schema().is_ok_and(|schema| schema == existing.schema) || into.relation.schema.is_some() {
        return Err(super::define::already_exists(name));
    }
    Ok(false)
}

/// The relation for what a source gives, with the query that a materialized view is refreshed from.
fn define_for(backend: &mut Backend<'_>, into: &IntoClause, materialized: bool, source: &Source) -> Result<Oid> {
    let columns = source.columns(backend);
    let table = define(backend, into, materialized, columns)?;
    if materialized && let Source::Query(definition) = source {
        let mut definition = Query::clone(definition);
        for (target, name) in definition.target_list.iter_mut().filter(|t| !t.junk).zip(&into.columns) {
            target.name = truncate_identifier(name).into();
        }
        view::store_query(backend, table, definition)?;
    }
    Ok(table)
}

/// Where the rows come from.
enum Source {
    Query(Arc<Query>),
    /// EXECUTE of a prepared query: the outcome is known only when it ran.
    Outcome(Box<QueryOutcome>),
}

impl Source {
    fn read(backend: &mut Backend<'_>, statement: &Statement, materialized: bool) -> Result<Source> {
        match statement {
            Statement::Execute(execute) => Ok(Source::Outcome(Box::new(run_prepared(backend, execute)?))),
            statement => {
                let mut parameters = Parameters::default();
                let query = match materialized {
                    true => analyze_definition(backend, statement, &mut parameters)?,
                    false => analyze_query(backend, statement, &mut parameters)?,
                };
                Ok(Source::Query(Arc::new(query)))
            }
        }
    }

    fn columns(&self, backend: &Backend<'_>) -> Vec<Attribute> {
        match self {
            Source::Query(query) => view::attributes(backend, query, &[]),
            Source::Outcome(outcome) => {
                let columns = outcome.rows.iter().flat_map(|rows| &rows.columns).zip(1..);
                columns
                    .map(|(column, number)| {
                        let mut attribute = Attribute::new(number, &column.name, column.type_oid, column.type_modifier);
                        attribute.storage = storage_of(backend, column.type_oid);
                        attribute
                    })
                    .collect()
            }
        }
    }

    fn run(self, backend: &mut Backend<'_>) -> Result<QueryOutcome> {
        match self {
            Source::Query(query) => {
                let rewritten = rewrite(backend, Query::clone(&query))?;
                backend.execute_query(&Arc::new(rewritten), &[])
            }
            Source::Outcome(outcome) => Ok(*outcome),
        }
    }
}

fn run_prepared(backend: &mut Backend<'_>, execute: &ExecuteStmt) -> Result<QueryOutcome> {
    let prepared = backend.prepared_statement(&execute.name)?;
    let params = backend.execute_arguments(&prepared, &execute.params)?;
    match &prepared.query {
        Some(query) if query.command == crate::query::CommandType::Select => {
            let query = query.clone();
            backend.execute_query(&query, &params)
        }
        _ => Err(Error::new(
            SqlState::WRONG_OBJECT_TYPE,
            "prepared statement is not a SELECT",
        )),
    }
}

/// Makes the table for the columns of the query, under the names of INTO.
fn define(
    backend: &mut Backend<'_>,
    into: &IntoClause,
    materialized: bool,
    mut columns: Vec<Attribute>,
) -> Result<Oid> {
    check_tablespace(into.tablespace.as_deref())?;
    let temporary = persistence_of(&into.relation) == crate::catalog::Persistence::Temporary;
    if into.on_commit != OnCommitAction::NoOption && !temporary {
        return Err(Error::new(
            SqlState::INVALID_TABLE_DEFINITION,
            "ON COMMIT can only be used on temporary tables",
        ));
    }
    if into.columns.len() > columns.len() {
        return Err(Error::new(
            SqlState::SYNTAX_ERROR,
            "too many column names were specified",
        ));
    }
    for (column, name) in columns.iter_mut().zip(&into.columns) {
        column.name = truncate_identifier(name).into();
    }
    let schema = backend.relation_creation_schema(&into.relation)?;
    let kind = match materialized {
        true => RelationKind::MaterializedView,
        false => RelationKind::Table,
    };
    let name = truncate_identifier(&into.relation.name);
    let mut relation = Relation::new(Oid::INVALID, name, schema, kind, backend.session.current_user);
    relation.persistence = persistence_of(&into.relation);
    relation.attributes = columns.into();
    relation.options = reloptions::read(&into.options, reloptions::Kind::of(kind))?;
    let default = backend.setting("default_table_access_method");
    let method = into.access_method.as_deref().or(default.as_deref());
    relation.access_method = table_access_method(backend, method.unwrap_or("heap"))?;
    relation.on_commit = match into.on_commit {
        OnCommitAction::DeleteRows => Some('D'),
        OnCommitAction::Drop => Some('d'),
        _ => None,
    };
    define_relation(backend, relation)
}

/// Makes these all rows of a table without constraints; gives their number.
fn fill(backend: &mut Backend<'_>, table: Oid, rows: Vec<Chunk>) -> Result<u64> {
    let mut heap = Heap::from_chunks(rows);
    let count = heap.live_rows;
    let heaps = &mut backend.database_mut()?.heaps;
    if let Some(old) = heaps.get(&table) {
        heap.version = old.version.saturating_add(1);
    }
    heaps.insert(table, Arc::new(heap));
    let indexes: Vec<Oid> = backend.catalog()?.indexes_of(table).map(|index| index.oid).collect();
    for index in indexes {
        crate::executor::build_index(backend, index)?;
    }
    Ok(count)
}

pub fn refresh(backend: &mut Backend<'_>, stmt: &RefreshMatViewStmt) -> Result<CommandTag> {
    let relation = backend.relation(&stmt.relation)?;
    if relation.kind != RelationKind::MaterializedView {
        return Err(not_a(&relation.name, "materialized view"));
    }
    backend.check_relation_owner(&relation)?;
    if stmt.concurrent {
        check_concurrent(backend, &relation, stmt.skip_data)?;
    }
    let rows = match (&relation.view, stmt.skip_data) {
        (Some(query), false) => {
            let rewritten = rewrite(backend, Query::clone(query))?;
            let outcome = backend.execute_query(&Arc::new(rewritten), &[])?;
            outcome.rows.map(|rows| rows.chunks).unwrap_or_default()
        }
        _ => Vec::new(),
    };
    fill(backend, relation.oid, rows)?;
    backend.update_relation(relation.oid, |relation| relation.populated = !stmt.skip_data)?;
    Ok(CommandTag::new("REFRESH MATERIALIZED VIEW"))
}

fn check_concurrent(backend: &Backend<'_>, relation: &Relation, skip_data: bool) -> Result<()> {
    let refuse = |message: &str| Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, message));
    if !relation.populated {
        return refuse("CONCURRENTLY cannot be used when the materialized view is not populated");
    }
    if skip_data {
        return Err(Error::new(
            SqlState::SYNTAX_ERROR,
            "CONCURRENTLY and WITH NO DATA options cannot be used together",
        ));
    }
    let mut indexes = backend.catalog()?.indexes_of(relation.oid);
    let usable = indexes.any(|index| {
        index.index.as_ref().is_some_and(|definition| {
            definition.unique
                && definition.valid
                && definition.predicate.is_none()
                && definition.columns.iter().all(|column| column.expression.is_none())
        })
    });
    if usable {
        return Ok(());
    }
    Err(Error::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!(
            "cannot refresh materialized view \"{}\" concurrently",
            backend.qualified_relation_name(relation)
        ),
    )
    .hint("Create a unique index with no WHERE clause on one or more columns of the materialized view."))
}
