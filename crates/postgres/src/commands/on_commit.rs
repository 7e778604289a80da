//! ON COMMIT of temporary tables, after PostgreSQL's `PreCommit_on_commit_actions`.

use kumquat_types::{Oid, Result};

use super::drop::drop_quietly;
use super::truncate;
use crate::backend::Backend;
use crate::catalog::{ObjectAddress, ObjectClass};

/// Empties or drops the temporary tables that say so.
pub fn execute(backend: &mut Backend<'_>) -> Result<()> {
    let Some(schema) = backend.session.temporary_schema else {
        return Ok(());
    };
    let tables: Vec<(Oid, char)> = backend
        .catalog()?
        .relations
        .values()
        .filter(|relation| relation.schema == schema)
        .filter_map(|relation| Some((relation.oid, relation.on_commit?)))
        .collect();
    for (table, action) in tables {
        match action {
            'd' => drop_quietly(backend, &[ObjectAddress::new(ObjectClass::Relation, table)])?,
            _ => truncate::empty(backend, table)?,
        }
    }
    Ok(())
}
