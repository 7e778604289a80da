//! Rows that a subplan has left for the main query: create_intermediate_result, read_intermediate_result.

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_types::{Datum, Error, Result, SqlState};

use super::Arguments;
use crate::executor::keep_result;
use crate::session;
use crate::tables::checks::error;
use crate::transaction;

/// create_intermediate_result(result_id, query): how many rows the query gave.
pub fn create(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    let (Some(id), Some(text)) = (args.text(0), args.text(1)) else {
        return Ok(Datum::Null);
    };
    if !transaction::in_block(backend) {
        return Err(error(
            "create_intermediate_result can only be used in a transaction block",
        ));
    }
    let statement = kumquat_sql::parse(text)?;
    let query = kumquat_postgres::analyze::analyze_query(backend, &statement, &mut Default::default())?;
    let outcome = backend.execute_query(&Arc::new(query), &[])?;
    let rows = outcome.rows.unwrap_or_default();
    let count: usize = rows.chunks.iter().map(|chunk| chunk.rows).sum();
    keep_result(backend, id.into(), rows);
    Ok(Datum::Int8(i64::try_from(count).unwrap_or(i64::MAX)))
}

/// read_intermediate_result(result_id, format)
pub fn read(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Vec<Vec<Datum>>> {
    args.text(0).map_or(Ok(Vec::new()), |id| rows_of(backend, id))
}

/// read_intermediate_results(result_ids, format)
pub fn read_all(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Vec<Vec<Datum>>> {
    let mut rows = Vec::new();
    for id in args.array(0) {
        rows.extend(rows_of(backend, id.as_str().unwrap_or_default())?);
    }
    Ok(rows)
}

fn rows_of(backend: &mut Backend<'_>, id: &str) -> Result<Vec<Vec<Datum>>> {
    let state = session::of(backend);
    let Some(result) = state.intermediate_results.get(id) else {
        let message = format!(
            "Query could not find the intermediate result file \"{id}\", it was mostly likely deleted due to an error \
             in a parallel process within the same distributed transaction"
        );
        backend.notice(Error::warning(SqlState::WARNING, message));
        return Ok(Vec::new());
    };
    let rows = result
        .chunks
        .iter()
        .flat_map(|chunk| (0..chunk.rows).map(|row| chunk.row(row)));
    Ok(rows.collect())
}
