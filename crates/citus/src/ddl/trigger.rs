//! Triggers: Citus local tables may have them, other Citus tables only against its advice.

use kumquat_postgres::Backend;
use kumquat_postgres::result::CommandTag;
use kumquat_sql::ast::{CreateTrigStmt, Statement};
use kumquat_types::{Oid, Result};

use super::propagated;
use crate::metadata::{self, TableType};
use crate::settings;
use crate::tables::checks::error;

pub fn create(backend: &mut Backend<'_>, stmt: &CreateTrigStmt, text: &str) -> Result<CommandTag> {
    if let Some(table) = backend.find_relation(&stmt.relation)? {
        refuse(backend, table.oid)?;
    }
    propagated(backend, &Statement::CreateTrig(Box::new(stmt.clone())), text)
}

/// `ErrorOutForTriggerIfNotSupported`.
pub fn refuse(backend: &Backend<'_>, table: Oid) -> Result<()> {
    if settings::is_on(backend, "citus.enable_unsafe_triggers") {
        return Ok(());
    }
    match metadata::of(backend)?.table_type(table) {
        Some(TableType::Reference) => Err(error("triggers are not supported on reference tables")),
        Some(table_type) if table_type != TableType::CitusLocal => {
            Err(error("triggers are not supported on distributed tables"))
        }
        _ => Ok(()),
    }
}
