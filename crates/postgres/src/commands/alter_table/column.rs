//! DROP COLUMN.

use kumquat_types::{Oid, Result};

use crate::backend::Backend;

/// Takes a column out of a table: its place stays, under a name nobody can use (`RemoveAttributeById`).
pub fn remove(backend: &mut Backend<'_>, table: Oid, number: i16) -> Result<()> {
    backend.update_attribute(table, number, |attribute| {
        attribute.name = format!("........pg.dropped.{number}........").into();
        attribute.dropped = true;
        attribute.not_null = false;
        attribute.default = None;
        attribute.generated = None;
        attribute.identity = None;
        attribute.missing = None;
        attribute.statistics_target = Some(0);
        attribute.acl = None;
        attribute.options = Vec::new();
    })
}
