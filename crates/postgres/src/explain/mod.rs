//! EXPLAIN: what a plan looks like, after PostgreSQL's `explain.c`.
//!
//! - this file: the statement; [`options`]: its options; [`settings`]: those of the planner that were changed
//! - [`writer`]: what nodes and extensions write properties and groups into; [`tree`]: what comes of it; [`render`]: its
//!   four formats
//! - [`triggers`]: those that were fired
//! - [`node`]: one plan node with what is under it; [`properties`] and [`instrumentation`]: what there is to say of it
//! - [`shape`]: which nodes are shown, and by which names; [`kind`], [`names`] and [`access`]: what nodes are called;
//!   [`condition`]: their expressions as text

mod access;
mod condition;
mod instrumentation;
mod kind;
mod names;
pub mod node;
mod options;
mod properties;
mod render;
mod settings;
mod shape;
pub mod tree;
mod triggers;
pub mod writer;

use std::sync::Arc;

use kumquat_sql::ast::{CreateTableAsStmt, ExecuteStmt, ExplainStmt, Statement};
use kumquat_types::{Chunk, Datum, Oid, Result};

pub use options::{ExplainOptions, Format};
pub use tree::{Group, Heading, Value};
pub use writer::ExplainWriter;

use crate::analyze::{self, Parameters};
use crate::backend::Backend;
use crate::commands::table_as;
use crate::executor;
use crate::executor::counters::RunCounts;
use crate::planner::vars::transform_query;
use crate::query::{Expr, ParamKind, Query};
use crate::result::{QueryOutcome, ResultColumn, ResultSet};

/// EXPLAIN: one row a line, or one row in all.
pub fn explain(backend: &mut Backend<'_>, statement: &ExplainStmt) -> Result<ResultSet> {
    let options = ExplainOptions::parse(&statement.options)?;
    let mut writer = ExplainWriter::new(options);
    explain_statement(backend, &statement.query, &mut writer)?;
    let type_oid = match options.format {
        Format::Text | Format::Yaml => Oid::TEXT,
        Format::Xml => Oid::XML,
        Format::Json => Oid::JSON,
    };
    let rows = writer.into_rows().into_iter().map(|text| vec![Datum::text(text)]);
    Ok(ResultSet {
        columns: vec![ResultColumn {
            name: "QUERY PLAN".into(),
            type_oid,
            type_modifier: -1,
        }],
        chunks: vec![Chunk::from_rows(&[type_oid], rows)],
    })
}

fn explain_statement(backend: &mut Backend<'_>, statement: &Statement, writer: &mut ExplainWriter) -> Result<()> {
    match statement {
        query if query.is_query() => {
            let query = analyze::analyze_query(backend, statement, &mut Parameters::default())?;
            explain_query(backend, &Arc::new(query), &[], writer)
        }
        Statement::Execute(execute) => {
            let (query, params) = prepared_query(backend, execute)?;
            explain_query(backend, &query, &params, writer)
        }
        Statement::CreateTableAs(create) => explain_table_as(backend, create, writer),
        Statement::DeclareCursor(declare) => {
            let select = Statement::Select(Box::new(declare.query.clone()));
            explain_statement(backend, &select, writer)
        }
        _ => {
            writer.dummy("Utility Statement", Some("Utility statements have no plan structure"));
            Ok(())
        }
    }
}

/// The query of EXECUTE and its parameters.
fn prepared_query(backend: &mut Backend<'_>, execute: &ExecuteStmt) -> Result<(Arc<Query>, Vec<Datum>)> {
    let prepared = backend.prepared_statement(&execute.name)?;
    let params = backend.execute_arguments(&prepared, &execute.params)?;
    let mut parameters = Parameters {
        types: prepared.parameter_types.iter().copied().map(Some).collect(),
        ..Parameters::default()
    };
    let mut query = analyze::analyze_query(backend, &prepared.statement, &mut parameters)?;
    if backend.setting("plan_cache_mode").as_deref() != Some("force_generic_plan") {
        put_in_values(&mut query, &params);
    }
    Ok((Arc::new(query), params))
}

/// A plan for these values alone has them as constants.
fn put_in_values(query: &mut Query, params: &[Datum]) {
    transform_query(query, 0, &mut |expr, _| {
        if let Expr::Param {
            kind: ParamKind::External,
            number,
            type_oid,
            ..
        } = expr
            && let Some(value) = number.checked_sub(1).and_then(|at| params.get(at))
        {
            *expr = Expr::constant(value.clone(), *type_oid);
        }
    });
}

/// The plan of the query; under ANALYZE the table is made and filled.
fn explain_table_as(backend: &mut Backend<'_>, create: &CreateTableAsStmt, writer: &mut ExplainWriter) -> Result<()> {
    if table_as::exists(backend, create)? {
        let name = match create.materialized_view {
            true => "CREATE MATERIALIZED VIEW",
            false => "CREATE TABLE AS",
        };
        writer.dummy(name, None);
        return Ok(());
    }
    let (query, params) = match &create.query {
        Statement::Execute(execute) => prepared_query(backend, execute)?,
        statement => {
            let query = analyze::analyze_query(backend, statement, &mut Parameters::default())?;
            (Arc::new(query), Vec::new())
        }
    };
    if let Some(outcome) = explain_run(backend, &query, &params, writer)? {
        table_as::create_filled(backend, create, outcome)?;
    }
    Ok(())
}

/// Plans a query (extension first) and writes the plan; with ANALYZE it runs, too.
pub fn explain_query(
    backend: &mut Backend<'_>,
    query: &Arc<Query>,
    params: &[Datum],
    writer: &mut ExplainWriter,
) -> Result<()> {
    explain_run(backend, query, params, writer).map(|_| ())
}

/// The same, with what came of it if it ran (`ExplainOnePlan`).
fn explain_run(
    backend: &mut Backend<'_>,
    query: &Arc<Query>,
    params: &[Datum],
    writer: &mut ExplainWriter,
) -> Result<Option<QueryOutcome>> {
    let plan = executor::plan_with_extension(backend, query, params)?;
    let (counters, outcome) = match writer.options.analyze {
        true => {
            let (counters, outcome) = executor::run_counted(backend, &plan, params)?;
            (Some(counters), Some(outcome))
        }
        false => (None, None),
    };
    explain_planned(backend, &plan, counters.as_ref(), writer)?;
    Ok(outcome)
}

/// Writes a plan with what is said of the statement as a whole.
pub fn explain_planned(
    backend: &mut Backend<'_>,
    plan: &crate::planner::PlannedQuery,
    counts: Option<&RunCounts>,
    writer: &mut ExplainWriter,
) -> Result<()> {
    let options = writer.options;
    writer.group(Group::member("Query"), |writer| {
        node::explain_plan(backend, plan, counts, writer)?;
        if options.settings {
            settings::changed(backend, writer);
        }
        if options.buffers {
            // The catalogs are not read by pages.
            writer.group(Group::named("Planning"), |writer| instrumentation::buffers(0, writer));
        }
        // Nothing here takes time that would mean anything.
        if options.summary {
            writer.property("Planning Time", Value::milliseconds(0.0, 3));
        }
        if let Some(counts) = counts {
            triggers::fired(backend, plan, &counts.triggers, writer);
        }
        if options.summary && options.analyze {
            writer.property("Execution Time", Value::milliseconds(0.0, 3));
        }
        Ok(())
    })
}
