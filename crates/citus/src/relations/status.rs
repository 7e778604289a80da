//! Views over functions that tell of sessions and shards on this node.

use kumquat_postgres::Backend;
use kumquat_types::{Datum, Result};

use crate::functions::status;

pub fn activity(backend: &mut Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    status::activity(backend)
}

pub fn counters(backend: &mut Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    let name = Datum::text(backend.session.database.clone());
    let mut rows = status::counters(backend)?;
    for row in &mut rows {
        row.insert(1, name.clone());
    }
    Ok(rows)
}

pub fn shards_on_worker(backend: &mut Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    status::shards_on_worker(backend)
}

pub fn shard_indexes_on_worker(backend: &mut Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    status::shard_indexes_on_worker(backend)
}

pub fn statements(backend: &mut Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    status::statements(backend)
}
