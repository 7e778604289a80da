//! MERGE between colocated tables: each shard merges its own rows.

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::extension::PlannedBy;
use kumquat_postgres::query::Query;
use kumquat_types::{Error, Result};

/// Plans a MERGE.
pub fn plan(_backend: &mut Backend<'_>, _query: &Arc<Query>, _id: u64) -> Result<PlannedBy> {
    Err(Error::not_modelled("MERGE on distributed tables"))
}
