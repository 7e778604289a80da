//! `columnar.compression` and its kin among the storage parameters of CREATE TABLE and ALTER TABLE: they are taken out
//! before PostgreSQL reads the others, and kept in `columnar.options`.

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::quote::quote_identifier;
use kumquat_postgres::commands::options;
use kumquat_sql::ast::{AlterTableCmd, AlterTableStmt, DefElem, RangeVar, Statement};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::follow::shard_tables;
use crate::columnar::{self, Options};
use crate::connection::Connection;

/// A statement without its columnar parameters, and what is to be set when it is done.
pub struct Extracted {
    pub statement: Statement,
    table: RangeVar,
    parameters: Vec<DefElem>,
}

/// Takes columnar parameters out of a statement, if it has any (`ColumnarProcessUtility`).
pub fn extract(backend: &Backend<'_>, statement: &Statement) -> Result<Option<Extracted>> {
    if !matches!(
        statement,
        Statement::Create(_) | Statement::CreateTableAs(_) | Statement::AlterTable(_)
    ) {
        return Ok(None);
    }
    let mut statement = statement.clone();
    let mut parameters = Vec::new();
    let table = match &mut statement {
        Statement::Create(stmt) if is_columnar(stmt.access_method.as_deref()) => {
            take(&mut stmt.options, &mut parameters);
            Some(stmt.relation.clone())
        }
        Statement::CreateTableAs(stmt) if is_columnar(stmt.into.access_method.as_deref()) => {
            take(&mut stmt.into.options, &mut parameters);
            Some(stmt.into.relation.clone())
        }
        Statement::AlterTable(stmt) => take_from_commands(backend, stmt, &mut parameters)?,
        _ => None,
    };
    if parameters.is_empty() {
        return Ok(None);
    }
    apply(
        &parameters,
        &mut Options::of_session(backend),
        &Options::of_session(backend),
    )?;
    match table {
        Some(table) => Ok(Some(Extracted {
            statement,
            table,
            parameters,
        })),
        None => Err(Error::new(
            SqlState::INTERNAL_ERROR,
            "columnar storage parameters specified on non-columnar table",
        )),
    }
}

/// Sets the parameters, on the shards of the table, too.
pub fn set(backend: &mut Backend<'_>, extracted: &Extracted) -> Result<()> {
    let Some(found) = backend.find_relation(&extracted.table)? else {
        return Ok(());
    };
    set_on(backend, found.oid, &extracted.parameters)?;
    for shard in shard_tables(backend, found.oid)? {
        let connection = Connection::open(backend, shard.node)?;
        connection.run(backend, |remote| set_on(remote, shard.table, &extracted.parameters))?;
    }
    Ok(())
}

fn set_on(backend: &mut Backend<'_>, table: Oid, parameters: &[DefElem]) -> Result<()> {
    let session = Options::of_session(backend);
    let Some(mut changed) = columnar::options_of(backend, table)? else {
        return Ok(());
    };
    apply(parameters, &mut changed, &session)?;
    columnar::put_options(backend, table, changed)
}

fn is_columnar(access_method: Option<&str>) -> bool {
    access_method == Some(columnar::ACCESS_METHOD)
}

fn take(options: &mut Vec<DefElem>, parameters: &mut Vec<DefElem>) {
    let (columnar, others) = std::mem::take(options)
        .into_iter()
        .partition(|option| option.namespace.as_deref() == Some(columnar::SCHEMA));
    *options = others;
    parameters.extend::<Vec<DefElem>>(columnar);
}

/// The table if it is columnar when its parameters are set (`ColumnarProcessAlterTable`).
fn take_from_commands(
    backend: &Backend<'_>,
    stmt: &mut AlterTableStmt,
    parameters: &mut Vec<DefElem>,
) -> Result<Option<RangeVar>> {
    let Some(found) = backend.find_relation(&stmt.relation)? else {
        return Ok(None);
    };
    let mut is_target = is_columnar(Some(&found.access_method));
    let mut target = None;
    for command in &mut stmt.commands {
        match command {
            AlterTableCmd::SetRelOptions(options) | AlterTableCmd::ResetRelOptions(options) => {
                take(options, parameters);
                target = is_target.then(|| stmt.relation.clone());
            }
            AlterTableCmd::SetAccessMethod { name } => {
                if target.is_some() || !parameters.is_empty() {
                    let message = "ALTER TABLE cannot alter the access method after altering storage parameters";
                    return Err(Error::new(SqlState::INTERNAL_ERROR, message).hint(
                        "Specify SET ACCESS METHOD before storage parameters, or use separate ALTER TABLE commands.",
                    ));
                }
                is_target = is_columnar(Some(name));
            }
            _ => {}
        }
    }
    if !parameters.is_empty() {
        stmt.commands.retain(|command| {
            !matches!(command, AlterTableCmd::SetRelOptions(options) | AlterTableCmd::ResetRelOptions(options)
                if options.is_empty())
        });
    }
    Ok(target)
}

/// Changes options as parameters say; one without a value goes back to the session's
/// (`ParseColumnarRelOptions`).
fn apply(parameters: &[DefElem], changed: &mut Options, session: &Options) -> Result<()> {
    for parameter in parameters {
        let limit = |default: i32, least: i64, most: i64, what: &str, range: &str| match parameter.arg {
            None => Ok(default),
            Some(_) => {
                let value = options::int64(parameter)?;
                let fits = (least..=most).contains(&value);
                i32::try_from(value).ok().filter(|_| fits).ok_or_else(|| {
                    Error::new(SqlState::INTERNAL_ERROR, format!("{what} out of range"))
                        .hint(format!("{range} must be between {least} and {most}"))
                })
            }
        };
        match parameter.name.as_str() {
            "chunk_group_row_limit" => {
                let what = "chunk group row count limit";
                changed.chunk_group_row_limit = limit(session.chunk_group_row_limit, 1000, 100_000, what, what)?;
            }
            "stripe_row_limit" => {
                let what = "stripe row count limit";
                changed.stripe_row_limit = limit(session.stripe_row_limit, 1000, 10_000_000, what, what)?;
            }
            "compression_level" => {
                let what = "compression level";
                changed.compression_level = limit(session.compression_level, 1, 19, what, what)?;
            }
            "compression" => changed.compression = compression(parameter, session)?,
            name => {
                let message = format!("unrecognized columnar storage parameter \"{name}\"");
                return Err(Error::new(SqlState::INTERNAL_ERROR, message));
            }
        }
    }
    Ok(())
}

fn compression(parameter: &DefElem, session: &Options) -> Result<std::sync::Arc<str>> {
    if parameter.arg.is_none() {
        return Ok(session.compression.clone());
    }
    let name = options::string(parameter)?;
    match name.as_str() {
        "none" | "pglz" | "lz4" | "zstd" => Ok(name.into()),
        unknown => Err(Error::new(
            SqlState::INTERNAL_ERROR,
            format!(
                "unknown compression type for columnar table: {}",
                quote_identifier(unknown)
            ),
        )),
    }
}
