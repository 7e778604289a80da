//! COPY TO.

use std::sync::Arc;

use kumquat_sql::ast::{CopySource, CopyStmt, CopyTarget, Statement};
use kumquat_types::{Error, Result, SqlState};

use super::options::CopyOptions;
use super::{copied_columns, csv, table_source, text};
use crate::analyze::{self, Parameters};
use crate::backend::Backend;
use crate::catalog::quote::quote_identifier;
use crate::catalog::{Relation, RelationKind};
use crate::driver::Outcome;
use crate::result::{CommandTag, ResultSet};

pub fn copy_to(backend: &mut Backend<'_>, statement: &CopyStmt) -> Result<Outcome> {
    let query = match &statement.source {
        CopySource::Query(query) => query.clone(),
        CopySource::Table { .. } => table_query(backend, statement)?,
    };
    let options = &CopyOptions::parse(statement)?;
    let query = analyze::analyze_query(backend, &query, &mut Parameters::default())?;
    let outcome = backend.execute_query(&Arc::new(query), &[])?;
    let rows = outcome.rows.ok_or_else(|| {
        Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            "COPY query must have a RETURNING clause",
        )
    })?;
    let lines = format_rows(backend, &rows, options)?;
    let tag = CommandTag::with_count("COPY", rows.row_count() as u64);
    match &statement.target {
        CopyTarget::File(name) => {
            let mut content = lines.join("\n");
            content.push('\n');
            backend
                .session
                .files
                .insert(name.as_str().into(), content.as_str().into());
            Ok(Outcome::Command(tag))
        }
        _ => Ok(Outcome::CopyOut(lines, tag)),
    }
}

/// COPY of a table reads its columns in order.
fn table_query(backend: &Backend<'_>, statement: &CopyStmt) -> Result<Statement> {
    let Some((range, columns)) = table_source(statement) else {
        return Err(Error::internal("COPY without a table"));
    };
    let relation = backend.relation(range)?;
    check_kind(&relation)?;
    let numbers = copied_columns(&relation, columns)?;
    let names = numbers
        .iter()
        .filter_map(|number| relation.attribute(*number))
        .map(|a| quote_identifier(&a.name));
    let only = if relation.kind == RelationKind::PartitionedTable {
        ""
    } else {
        "ONLY "
    };
    let text = format!(
        "SELECT {} FROM {only}{}",
        names.collect::<Vec<_>>().join(", "),
        backend.qualified_relation_name(&relation)
    );
    kumquat_sql::parse(&text)
}

fn check_kind(relation: &Relation) -> Result<()> {
    let refuse = |what: &str, hint: Option<&str>| {
        let error = Error::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!("cannot copy from {what} \"{}\"", relation.name),
        );
        Err(match hint {
            Some(hint) => error.hint(hint),
            None => error,
        })
    };
    let hint = Some("Try the COPY (SELECT ...) TO variant.");
    match relation.kind {
        RelationKind::View => refuse("view", hint),
        RelationKind::MaterializedView => refuse("materialized view", hint),
        RelationKind::ForeignTable => refuse("foreign table", hint),
        RelationKind::Sequence => refuse("sequence", None),
        RelationKind::PartitionedTable => refuse("partitioned table", hint),
        _ => Ok(()),
    }
}

fn format_rows(backend: &Backend<'_>, rows: &ResultSet, options: &CopyOptions) -> Result<Vec<String>> {
    let names: Vec<&str> = rows.columns.iter().map(|column| &*column.name).collect();
    for name in &options.force_quote {
        if !names.contains(&name.as_str()) {
            return Err(Error::new(
                SqlState::UNDEFINED_COLUMN,
                format!("column \"{name}\" does not exist"),
            ));
        }
    }
    let force: Vec<bool> = names
        .iter()
        .map(|name| options.force_quote_all || options.force_quote.iter().any(|forced| forced == name))
        .collect();
    let only = names.len() == 1;
    let delimiter = options.delimiter.to_string();
    let mut lines = Vec::with_capacity(rows.row_count() + 1);
    if options.header {
        let fields: Vec<String> = if options.csv {
            names
                .iter()
                .map(|name| csv::format_field(name, options, false, only))
                .collect()
        } else {
            names.iter().map(|name| (*name).to_string()).collect()
        };
        lines.push(fields.join(&delimiter));
    }
    for chunk in &rows.chunks {
        for row in 0..chunk.rows {
            let fields: Vec<Option<String>> = rows
                .columns
                .iter()
                .enumerate()
                .map(|(column, about)| backend.output_text(about.type_oid, &chunk.get(column, row)))
                .collect();
            lines.push(if options.csv {
                let fields = fields.iter().zip(&force).map(|(field, force)| match field {
                    Some(text) => csv::format_field(text, options, *force, only),
                    None => options.null.clone(),
                });
                fields.collect::<Vec<_>>().join(&delimiter)
            } else {
                text::format_line(&fields, options.delimiter, &options.null)
            });
        }
    }
    Ok(lines)
}
