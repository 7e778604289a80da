//! ALTER ... RENAME.

use kumquat_types::{Oid, Result};

use super::define::already_exists;
use crate::backend::Backend;
use crate::catalog::naming::truncate_identifier;

/// Gives a relation another name; that of its row type follows (`RenameRelationInternal`).
pub fn rename_relation_to(backend: &mut Backend<'_>, oid: Oid, name: &str) -> Result<()> {
    let name = truncate_identifier(name);
    let relation = backend.relation_by_oid(oid)?;
    if backend.catalog()?.relation_by_name(relation.schema, name).is_some() {
        return Err(already_exists(name));
    }
    backend.update_relation(oid, |relation| relation.name = name.into())
}
