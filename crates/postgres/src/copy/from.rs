//! COPY FROM.

use std::sync::Arc;

use kumquat_sql::ast::{CopyStmt, CopyTarget};
use kumquat_types::{Chunk, Datum, Error, Oid, Result, SqlState, UserType, io};

use super::options::CopyOptions;
use super::{copied_columns, csv, table_source, text};
use crate::analyze::{self, ExprContext};
use crate::backend::Backend;
use crate::catalog::{Attribute, Relation, RelationKind};
use crate::driver::Outcome;
use crate::executor;
use crate::query::{Expr, FuncForm};
use crate::result::{Client, CommandTag};

/// Bytes of a line or value that CONTEXT shows (`MAX_COPY_DATA_DISPLAY`).
const CONTEXT_LENGTH: usize = 100;

/// One line of input, cut into fields.
struct Line<'d> {
    number: usize,
    text: &'d str,
    fields: Vec<Option<String>>,
}

pub fn copy_from(backend: &mut Backend<'_>, statement: &CopyStmt, client: &mut dyn Client) -> Result<Outcome> {
    let Some((range, names)) = table_source(statement) else {
        return Err(Error::internal("COPY FROM without a table"));
    };
    let relation = backend.relation(range)?;
    check_kind(&relation)?;
    let columns = copied_columns(&relation, names)?;
    if analyze::row_security::is_enabled(backend, &relation, Oid::INVALID)? {
        let message = "COPY FROM not supported with row-level security";
        return Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, message).hint("Use INSERT statements instead."));
    }
    let options = &read_options(backend, statement, &relation)?;
    check_forced(&relation, &columns, options)?;
    let data = match &statement.target {
        CopyTarget::File(name) => {
            let file = backend.session.files.get(name.as_str()).map(ToString::to_string);
            file.ok_or_else(|| missing_file(name))?
        }
        _ => client.copy_data(),
    };
    let lines = cut_lines(&data, &relation, &columns, options)?;
    let attributes: Vec<Attribute> = columns
        .iter()
        .filter_map(|number| relation.attribute(*number).cloned())
        .collect();
    let mut rows = Vec::with_capacity(lines.len());
    for line in &lines {
        rows.push(parse_row(backend, &relation, &attributes, line, options)?);
    }
    let mut kept: Vec<usize> = (0..rows.len()).collect();
    if let Some(condition) = &statement.where_clause {
        kept = matching_rows(backend, &relation, &columns, &rows, condition)?;
        rows = kept.iter().filter_map(|index| rows.get(*index).cloned()).collect();
    }
    let context = |index: usize, with_text: bool| {
        kept.get(index).and_then(|at| lines.get(*at)).map(|line| {
            let place = format!("COPY {}, line {}", relation.name, line.number);
            if with_text {
                format!("{place}: \"{}\"", clip(line.text))
            } else {
                place
            }
        })
    };
    let count = store(backend, &relation, &columns, rows, &context)?;
    Ok(Outcome::Command(CommandTag::with_count("COPY", count)))
}

/// The extension reads options without the statement's text, so that its errors have no place in it.
fn read_options(backend: &Backend<'_>, statement: &CopyStmt, relation: &Relation) -> Result<CopyOptions> {
    CopyOptions::parse(statement).map_err(|mut error| {
        if backend.extension.copies_into(backend, relation.oid) {
            error.position = None;
        }
        error
    })
}

/// Hands the rows to the extension or to the table; an error gets the line it came from.
fn store(
    backend: &mut Backend<'_>,
    relation: &Relation,
    columns: &[i16],
    mut rows: Vec<Vec<Datum>>,
    context: &dyn Fn(usize, bool) -> Option<String>,
) -> Result<u64> {
    let before = backend.network.clone();
    let extension = backend.extension;
    let copy = rows.clone();
    let (outcome, remote) = match extension.copy_from(backend, relation.oid, columns, &mut rows) {
        Ok(Some(count)) => return Ok(count),
        Ok(None) => (executor::insert_rows(backend, relation.oid, columns, rows), false),
        Err(error) => (Err(error), true),
    };
    let error = match outcome {
        Ok(count) => return Ok(count),
        Err(error) => error,
    };
    // Rows went in together; one by one they tell which it was.
    let shows_text = match error.sqlstate {
        SqlState::NULL_VALUE_NOT_ALLOWED => true,
        _ if remote => return Err(error),
        SqlState::UNIQUE_VIOLATION => false,
        SqlState::FOREIGN_KEY_VIOLATION => return Err(error),
        _ => true,
    };
    backend.restore(before);
    for (index, row) in copy.into_iter().enumerate() {
        let failed = if remote {
            extension
                .copy_from(backend, relation.oid, columns, &mut vec![row])
                .err()
        } else {
            executor::insert_rows(backend, relation.oid, columns, vec![row]).err()
        };
        if let Some(error) = failed {
            return Err(match context(index, shows_text) {
                Some(line) => error.context(line),
                None => error,
            });
        }
    }
    Err(error)
}

fn missing_file(name: &str) -> Error {
    Error::new(
        SqlState::UNDEFINED_FILE,
        format!("could not open file \"{name}\" for reading: No such file or directory"),
    )
    .hint(
        "COPY FROM instructs the PostgreSQL server process to read a file. You may want a client-side facility such \
         as psql's \\copy.",
    )
}

fn check_kind(relation: &Relation) -> Result<()> {
    let what = match relation.kind {
        RelationKind::Table | RelationKind::PartitionedTable => return Ok(()),
        RelationKind::View => "view",
        RelationKind::MaterializedView => "materialized view",
        RelationKind::Sequence => "sequence",
        _ => "non-table relation",
    };
    let error = Error::new(
        SqlState::WRONG_OBJECT_TYPE,
        format!("cannot copy to {what} \"{}\"", relation.name),
    );
    Err(if what == "view" {
        error.hint("To enable copying to a view, provide an INSTEAD OF INSERT trigger.")
    } else {
        error
    })
}

fn check_forced(relation: &Relation, columns: &[i16], options: &CopyOptions) -> Result<()> {
    for (word, names) in [
        ("FORCE_NOT_NULL", &options.force_not_null),
        ("FORCE_NULL", &options.force_null),
    ] {
        let list: Vec<String> = names.clone();
        if list.is_empty() {
            continue;
        }
        for number in copied_columns(relation, &list)? {
            if !columns.contains(&number) {
                let name = relation.attribute(number).map_or("", |attribute| &attribute.name);
                return Err(Error::new(
                    SqlState::INVALID_COLUMN_REFERENCE,
                    format!("{word} column \"{name}\" not referenced by COPY"),
                ));
            }
        }
    }
    Ok(())
}

fn cut_lines<'d>(data: &'d str, relation: &Relation, columns: &[i16], options: &CopyOptions) -> Result<Vec<Line<'d>>> {
    let name_of = |index: usize| {
        columns
            .get(index)
            .and_then(|number| relation.attribute(*number))
            .map_or("", |attribute| &*attribute.name)
    };
    let mut lines: Vec<Line<'d>> = if options.csv {
        let records = csv::records(data, options).map_err(|(number, text)| {
            Error::new(SqlState::BAD_COPY_FILE_FORMAT, "unterminated CSV quoted field").context(format!(
                "COPY {}, line {number}: \"{}\"",
                relation.name,
                clip(text)
            ))
        })?;
        let null_of = |field: &csv::Field, index: usize| {
            let forced = |names: &[String]| names.iter().any(|name| name == name_of(index));
            let matches = field.text == options.null;
            if field.quoted {
                matches && forced(&options.force_null)
            } else {
                matches && !forced(&options.force_not_null)
            }
        };
        records
            .into_iter()
            .map(|(fields, text, number)| Line {
                number,
                text,
                fields: fields
                    .into_iter()
                    .enumerate()
                    .map(|(index, field)| (!null_of(&field, index)).then_some(field.text))
                    .collect(),
            })
            .collect()
    } else {
        let texts = data.strip_suffix('\n').unwrap_or(data);
        let texts = if data.is_empty() {
            Vec::new()
        } else {
            texts.split('\n').collect()
        };
        texts
            .into_iter()
            .enumerate()
            .map(|(index, text)| {
                let text = text.strip_suffix('\r').unwrap_or(text);
                Line {
                    number: index + 1,
                    text,
                    fields: text::parse_line(text, options.delimiter, &options.null),
                }
            })
            .collect()
    };
    if options.header && !lines.is_empty() {
        let header = lines.remove(0);
        if options.header_match {
            check_header(&header, relation, columns)?;
        }
    }
    Ok(lines)
}

fn check_header(header: &Line<'_>, relation: &Relation, columns: &[i16]) -> Result<()> {
    let mismatch = |message: String| {
        Err(Error::new(SqlState::BAD_COPY_FILE_FORMAT, message).context(format!(
            "COPY {}, line 1: \"{}\"",
            relation.name,
            clip(header.text)
        )))
    };
    if header.fields.len() != columns.len() {
        return mismatch(format!(
            "wrong number of fields in header line: got {}, expected {}",
            header.fields.len(),
            columns.len()
        ));
    }
    for (index, (field, number)) in header.fields.iter().zip(columns).enumerate() {
        let expected = relation.attribute(*number).map_or("", |attribute| &*attribute.name);
        match field {
            Some(name) if name == expected => {}
            Some(name) => {
                return mismatch(format!(
                    "column name mismatch in header line field {}: got \"{name}\", expected \"{expected}\"",
                    index + 1
                ));
            }
            None => {
                return mismatch(format!(
                    "column name mismatch in header line field {}: got null value (\"\\N\"), expected \"{expected}\"",
                    index + 1
                ));
            }
        }
    }
    Ok(())
}

fn parse_row(
    backend: &mut Backend<'_>,
    relation: &Relation,
    attributes: &[Attribute],
    line: &Line<'_>,
    options: &CopyOptions,
) -> Result<Vec<Datum>> {
    let line_context = || format!("COPY {}, line {}: \"{}\"", relation.name, line.number, clip(line.text));
    let bad = |message: String| Err(Error::new(SqlState::BAD_COPY_FILE_FORMAT, message).context(line_context()));
    if line.fields.len() > attributes.len() {
        return bad("extra data after last expected column".into());
    }
    let mut row = Vec::with_capacity(attributes.len());
    for (index, attribute) in attributes.iter().enumerate() {
        let Some(field) = line.fields.get(index) else {
            if options.csv && line.text.is_empty() && attributes.len() == 1 {
                row.push(Datum::Null);
                continue;
            }
            return bad(format!("missing data for column \"{}\"", attribute.name));
        };
        let value = match field {
            None => check_domain(backend, attribute.type_oid, Datum::Null),
            Some(text) => io::input(backend, attribute.type_oid, attribute.type_modifier, text)
                .and_then(|value| check_domain(backend, attribute.type_oid, value)),
        };
        row.push(value.map_err(|error| {
            let shown = field
                .as_deref()
                .map_or_else(|| "null input".to_string(), |text| format!("\"{}\"", clip(text)));
            let shown = if field.is_none() { shown } else { format!(": {shown}") };
            let separator = if field.is_none() { ": " } else { "" };
            error.context(format!(
                "COPY {}, line {}, column {}{separator}{shown}",
                relation.name, line.number, attribute.name
            ))
        })?);
    }
    Ok(row)
}

/// Checks the value of a domain against its constraints.
fn check_domain(backend: &mut Backend<'_>, type_oid: Oid, value: Datum) -> Result<Datum> {
    let Some(UserType::Domain(base, _)) = kumquat_types::Environment::user_type(backend, type_oid) else {
        return Ok(value);
    };
    let arg = Box::new(Expr::constant(value, base));
    let expr = Expr::CoerceToDomain {
        arg,
        domain: type_oid,
        type_modifier: -1,
        form: FuncForm::ImplicitCast,
    };
    executor::evaluate(backend, &expr, &[])
}

/// Rows that COPY ... WHERE lets in.
fn matching_rows(
    backend: &mut Backend<'_>,
    relation: &Arc<Relation>,
    columns: &[i16],
    rows: &[Vec<Datum>],
    condition: &kumquat_sql::ast::Expr,
) -> Result<Vec<usize>> {
    let expr = analyze::analyze_expression(
        backend,
        Some(relation),
        condition,
        ExprContext::CopyWhere,
        Some((Oid::BOOL, -1)),
    )?;
    let types: Vec<Oid> = relation.attributes.iter().map(|attribute| attribute.type_oid).collect();
    let whole = rows.iter().map(|row| {
        relation
            .attributes
            .iter()
            .map(|attribute| {
                let place = columns.iter().position(|number| *number == attribute.number);
                place.and_then(|at| row.get(at)).cloned().unwrap_or_default()
            })
            .collect::<Vec<_>>()
    });
    let chunk = Chunk::from_rows(&types, whole);
    let result = executor::evaluate_over(backend, std::slice::from_ref(&expr), &chunk)?;
    Ok((0..rows.len())
        .filter(|row| result.get(0, *row).as_bool() == Some(true))
        .collect())
}

/// A line or value as CONTEXT shows it (`limit_printout_length`).
fn clip(text: &str) -> String {
    if text.len() <= CONTEXT_LENGTH {
        return text.to_string();
    }
    let mut end = CONTEXT_LENGTH;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}...", &text[..end])
}
