//! Rows that local tables reference in Citus tables: they are looked up in the shards.

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::analyze::{Parameters, analyze_query};
use kumquat_postgres::catalog::quote::quote_literal;
use kumquat_types::{Datum, Oid, Result, io};

use crate::metadata;
use crate::shards::names::{qualified_name, quote_identifier};
use crate::tables::checks;

/// Whether the table has a row with these values; `None` if it is no Citus table.
pub fn key_exists(backend: &mut Backend<'_>, relation: Oid, columns: &[i16], values: &[Datum]) -> Result<Option<bool>> {
    if !metadata::of(backend)?.is_citus_table(relation) {
        return Ok(None);
    }
    let found = checks::relation(backend, relation)?;
    let mut conditions = Vec::new();
    for (number, value) in columns.iter().zip(values) {
        let Some(column) = found.attribute(*number) else {
            continue;
        };
        let text = io::output(backend, column.type_oid, value).into_owned();
        let type_name = backend.format_type(column.type_oid);
        let name = quote_identifier(&column.name);
        conditions.push(format!("{name} = {}::{type_name}", quote_literal(&text)));
    }
    let text = format!(
        "SELECT 1 FROM {} WHERE {}",
        qualified_name(backend.catalog()?, relation),
        conditions.join(" AND ")
    );
    let query = analyze_query(backend, &kumquat_sql::parse(&text)?, &mut Parameters::default())?;
    let outcome = backend.execute_query(&Arc::new(query), &[])?;
    let rows = outcome.rows.unwrap_or_default();
    Ok(Some(rows.chunks.iter().any(|chunk| chunk.rows > 0)))
}
