//! Partitioned tables: keys, bounds, and how partitions come and go.
//!
//! - [`key`]: PARTITION BY. [`bound`]: FOR VALUES, read and compared; no two may overlap.
//! - [`attach`], [`detach`]: ALTER TABLE's subcommands. [`rows`]: which rows a bound admits.
//! - [`index`]: indexes of partitioned tables and their parts.

pub mod attach;
pub mod bound;
pub mod detach;
pub mod index;
pub mod key;
pub mod rows;

use kumquat_sql::ast::PartitionBoundSpec;
use kumquat_types::{Error, Oid, Result, SqlState};

pub use key::set_key;

use super::constraint;
use crate::backend::Backend;
use crate::catalog::{PartitionBound, Relation};

/// The bound of a new partition: read, and clear of the others'. Rows in the default partition are not looked at.
pub fn new_bound(
    backend: &mut Backend<'_>,
    name: &str,
    parent: &Relation,
    spec: &PartitionBoundSpec,
) -> Result<PartitionBound> {
    let key = parent.partition_key.clone().ok_or_else(|| {
        Error::new(
            SqlState::INVALID_OBJECT_DEFINITION,
            format!("table \"{}\" is not partitioned", parent.name),
        )
    })?;
    let read = bound::read(backend, parent, &key, spec)?;
    bound::check_overlap(backend, name, parent, &key, &read)?;
    Ok(read.bound)
}

/// A table made by PARTITION OF takes over its parent's indexes and foreign keys.
pub fn complete_new_partition(backend: &mut Backend<'_>, partition: Oid) -> Result<()> {
    let relation = backend.relation_by_oid(partition)?;
    for parent in relation.parents.clone() {
        index::adopt_or_create(backend, parent, partition, false)?;
        constraint::foreign_key::clone_to_partition(backend, parent, partition, false)?;
        super::trigger::clone_to_partition(backend, parent, partition)?;
    }
    Ok(())
}
