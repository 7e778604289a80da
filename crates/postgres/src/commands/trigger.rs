//! CREATE TRIGGER and what ALTER TABLE does with triggers.

use kumquat_types::{Oid, Result};

use crate::backend::Backend;

/// A partition takes over the row triggers of its parent.
pub fn clone_to_partition(_backend: &mut Backend<'_>, _parent: Oid, _partition: Oid) -> Result<()> {
    Ok(())
}

/// A table that is no partition any more loses those that it took over.
pub fn drop_clones(_backend: &mut Backend<'_>, _parent: Oid, _partition: Oid) -> Result<()> {
    Ok(())
}
