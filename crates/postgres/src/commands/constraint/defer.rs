//! SET CONSTRAINTS: when the deferrable ones are checked.

use kumquat_sql::ast::{ConstraintsSetStmt, RangeVar};
use kumquat_types::{Error, Oid, Result, SqlState};

use crate::backend::Backend;
use crate::executor;
use crate::result::CommandTag;

pub fn set_constraints(backend: &mut Backend<'_>, stmt: &ConstraintsSetStmt) -> Result<CommandTag> {
    let tag = CommandTag::new("SET CONSTRAINTS");
    if !backend.in_transaction_block() {
        backend.notice(Error::warning(
            SqlState::NO_ACTIVE_SQL_TRANSACTION,
            "SET CONSTRAINTS can only be used in transaction blocks",
        ));
    }
    let mut constraints = Vec::new();
    for range in &stmt.constraints {
        constraints.extend(find(backend, range)?);
    }
    backend.database_mut()?.pending.set_mode(&constraints, stmt.deferred);
    if !stmt.deferred {
        executor::check_deferred(backend, &constraints)?;
    }
    Ok(tag)
}

/// The constraints of that name in the first schema of the path that has any; they must be deferrable.
fn find(backend: &Backend<'_>, range: &RangeVar) -> Result<Vec<Oid>> {
    let schemas = match &range.schema {
        Some(schema) => vec![backend.schema(schema)?],
        None => backend.search_path(),
    };
    let catalog = backend.catalog()?;
    for schema in schemas {
        let constraints = catalog
            .constraints
            .values()
            .filter(|constraint| constraint.schema == schema && *constraint.name == *range.name)
            .map(|constraint| (constraint.oid, constraint.deferrable));
        let triggers = catalog
            .triggers
            .values()
            .filter(|trigger| trigger.is_constraint && *trigger.name == *range.name)
            .filter(|trigger| {
                catalog
                    .relation(trigger.relation)
                    .is_some_and(|table| table.schema == schema)
            })
            .map(|trigger| (trigger.oid, trigger.deferrable));
        let found: Vec<(Oid, bool)> = constraints.chain(triggers).collect();
        if found.is_empty() {
            continue;
        }
        let deferrable: Vec<Oid> = found
            .iter()
            .filter(|(_, deferrable)| *deferrable)
            .map(|(oid, _)| *oid)
            .collect();
        if deferrable.is_empty() {
            return Err(Error::new(
                SqlState::WRONG_OBJECT_TYPE,
                format!("constraint \"{}\" is not deferrable", range.name),
            ));
        }
        return Ok(deferrable);
    }
    Err(Error::new(
        SqlState::UNDEFINED_OBJECT,
        format!("constraint \"{}\" does not exist", range.name),
    ))
}
