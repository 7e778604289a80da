//! EXPLAIN: what a plan looks like, after PostgreSQL's `explain.c`.
//!
//! - [`writer`]: lines and their indentation, also for extensions; [`node`]: one plan node with what is under
//!   it; [`shape`]: which nodes are shown, and by which names; [`names`]: what nodes are called; [`condition`]:
//!   their expressions as text.

mod access;
mod condition;
mod names;
pub mod node;
mod shape;
pub mod writer;

use std::sync::Arc;

use kumquat_sql::ast::{DefArg, DefElem, ExplainStmt, Statement};
use kumquat_types::{Chunk, Datum, Error, Oid, Result, SqlState};

pub use writer::{ExplainOptions, ExplainWriter};

use crate::analyze::{self, Parameters};
use crate::backend::Backend;
use crate::executor;
use crate::query::Query;
use crate::result::{ResultColumn, ResultSet};
use crate::settings::value::parse_bool;

/// EXPLAIN: one row a line.
pub fn explain(backend: &mut Backend<'_>, statement: &ExplainStmt, _text: &str) -> Result<ResultSet> {
    let options = parse_options(&statement.options)?;
    let mut writer = ExplainWriter {
        options,
        ..ExplainWriter::default()
    };
    explain_statement(backend, &statement.query, &mut writer)?;
    let rows = writer.lines.into_iter().map(|line| vec![Datum::text(line)]);
    Ok(ResultSet {
        columns: vec![ResultColumn {
            name: "QUERY PLAN".into(),
            type_oid: Oid::TEXT,
            type_modifier: -1,
        }],
        chunks: vec![Chunk::from_rows(&[Oid::TEXT], rows)],
    })
}

fn explain_statement(backend: &mut Backend<'_>, statement: &Statement, writer: &mut ExplainWriter) -> Result<()> {
    match statement {
        Statement::Select(_)
        | Statement::Insert(_)
        | Statement::Update(_)
        | Statement::Delete(_)
        | Statement::Merge(_) => {
            let query = analyze::analyze_query(backend, statement, &mut Parameters::default())?;
            explain_query(backend, &Arc::new(query), &[], writer)
        }
        Statement::Execute(execute) => {
            let prepared = backend.prepared_statement(&execute.name)?;
            let params = backend.execute_arguments(&prepared, &execute.params)?;
            let types = prepared.parameter_types.iter().copied().map(Some).collect();
            let mut parameters = Parameters {
                types,
                infer: false,
                names: Vec::new(),
            };
            let query = analyze::analyze_query(backend, &prepared.statement, &mut parameters)?;
            explain_query(backend, &Arc::new(query), &params, writer)
        }
        Statement::CreateTableAs(create) => explain_statement(backend, &create.query, writer),
        Statement::DeclareCursor(declare) => {
            let select = Statement::Select(Box::new(declare.query.clone()));
            explain_statement(backend, &select, writer)
        }
        _ => {
            writer.line("Utility statements have no plan structure");
            Ok(())
        }
    }
}

/// Plans a query (extension first) and writes the plan; with ANALYZE it runs, too.
pub fn explain_query(
    backend: &mut Backend<'_>,
    query: &Arc<Query>,
    params: &[Datum],
    writer: &mut ExplainWriter,
) -> Result<()> {
    let plan = executor::plan_with_extension(backend, query, params)?;
    let counters = match writer.options.analyze {
        true => Some(executor::run_counted(backend, &plan, params)?.0),
        false => None,
    };
    node::explain_plan(backend, &plan, counters.as_ref(), writer)?;
    if writer.options.summary && writer.indent == 0 {
        // Nothing here takes time that would mean anything.
        writer.line("Planning Time: 0.000 ms");
        if writer.options.analyze {
            writer.line("Execution Time: 0.000 ms");
        }
    }
    Ok(())
}

fn parse_options(options: &[DefElem]) -> Result<ExplainOptions> {
    let mut parsed = ExplainOptions::default();
    let (mut timing, mut summary) = (None, None);
    for option in options {
        let at = option.location.offset().and_then(|offset| u32::try_from(offset).ok());
        match option.name.as_str() {
            "analyze" => parsed.analyze = boolean(option)?,
            "verbose" => parsed.verbose = boolean(option)?,
            "costs" => parsed.costs = boolean(option)?,
            "timing" => timing = Some(boolean(option)?),
            "summary" => summary = Some(boolean(option)?),
            "buffers" | "wal" | "settings" => {
                if boolean(option)? {
                    return Err(Error::not_modelled(format!(
                        "EXPLAIN ({})",
                        option.name.to_ascii_uppercase()
                    )));
                }
            }
            "format" => match word(option).unwrap_or_default().to_ascii_lowercase().as_str() {
                "text" => {}
                format @ ("json" | "yaml" | "xml") => {
                    return Err(Error::not_modelled(format!(
                        "EXPLAIN (FORMAT {})",
                        format.to_ascii_uppercase()
                    )));
                }
                other => {
                    return Err(Error::new(
                        SqlState::INVALID_PARAMETER_VALUE,
                        format!("unrecognized value for EXPLAIN option \"format\": \"{other}\""),
                    )
                    .at(at));
                }
            },
            other => {
                return Err(Error::new(
                    SqlState::SYNTAX_ERROR,
                    format!("unrecognized EXPLAIN option \"{other}\""),
                )
                .at(at));
            }
        }
    }
    if timing == Some(true) && !parsed.analyze {
        return Err(Error::new(
            SqlState::INVALID_PARAMETER_VALUE,
            "EXPLAIN option TIMING requires ANALYZE",
        ));
    }
    parsed.timing = timing.unwrap_or(parsed.analyze) && parsed.analyze;
    parsed.summary = summary.unwrap_or(parsed.analyze);
    Ok(parsed)
}

fn word(option: &DefElem) -> Option<String> {
    match option.arg.as_ref()? {
        DefArg::String(text) => Some(text.clone()),
        DefArg::Boolean(value) => Some(value.to_string()),
        DefArg::Integer(number) => Some(number.to_string()),
        DefArg::Type(name) => name.names.last().cloned(),
        _ => None,
    }
}

fn boolean(option: &DefElem) -> Result<bool> {
    match word(option) {
        None => Ok(true),
        Some(word) => parse_bool(&word).ok_or_else(|| {
            Error::new(
                SqlState::SYNTAX_ERROR,
                format!("{} requires a Boolean value", option.name),
            )
        }),
    }
}
