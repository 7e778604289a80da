//! Which tables a transaction has accessed in parallel, and what that forbids later in it.

use kumquat_postgres::Backend;
use kumquat_types::{Error, Oid, Result, SqlState};

use super::{in_block, is_sequential};
use crate::foreign_keys::{OtherEnd, foreign_key, referenced_keys};
use crate::metadata::{self, TableType};
use crate::session;
use crate::shards::names::relation_name;

/// How a table was accessed over several connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Access {
    pub select: bool,
    pub modify: bool,
    pub ddl: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessKind {
    Select,
    Modify,
    Ddl,
}

impl AccessKind {
    fn name(self) -> &'static str {
        match self {
            AccessKind::Select => "SELECT",
            AccessKind::Modify => "DML",
            AccessKind::Ddl => "DDL",
        }
    }
}

const SEQUENTIAL_HINT: &str =
    "Try re-running the transaction with \"SET LOCAL citus.multi_shard_modify_mode TO 'sequential';\"";

/// Notes that a table was accessed on several shards at once.
pub fn record_parallel(backend: &mut Backend<'_>, relation: Oid, kind: AccessKind) {
    if !in_block(backend) || is_sequential(backend) {
        return;
    }
    session::update(backend, |state| {
        let access = state.transaction.accesses.entry(relation).or_default();
        match kind {
            AccessKind::Select => access.select = true,
            AccessKind::Modify => access.modify = true,
            AccessKind::Ddl => access.ddl = true,
        }
    });
}

/// True if any table was accessed in parallel in this transaction.
pub fn parallel_query_executed(backend: &Backend<'_>) -> bool {
    !session::of(backend).transaction.accesses.is_empty()
}

/// Objects are made over one connection a node, which cannot see what others have done
/// (`EnsureSequentialMode`).
pub fn ensure_sequential_for_object(backend: &mut Backend<'_>, object_type: &str) -> Result<()> {
    if parallel_query_executed(backend) {
        let message = format!(
            "cannot run {object_type} command because there was a parallel operation on a distributed table in the \
             transaction"
        );
        return Err(Error::new(SqlState::INTERNAL_ERROR, message)
            .detail(format!(
                "When running command on/for a distributed {object_type}, Citus needs to perform all operations over \
                 a single connection per node to ensure consistency."
            ))
            .hint(SEQUENTIAL_HINT));
    }
    if in_block(backend) {
        session::update(backend, |state| state.transaction.sequential = true);
    }
    Ok(())
}

/// A reference table (or a Citus local table) that distributed tables reference may not change after one of
/// them was accessed in parallel (`CheckConflictingParallelRelationAccesses`).
pub fn check_conflicts(backend: &mut Backend<'_>, relation: Oid, kind: AccessKind) -> Result<()> {
    let state = session::of(backend);
    if state.transaction.accesses.is_empty() || kind == AccessKind::Select {
        return Ok(());
    }
    let metadata = metadata::of(backend)?;
    if !matches!(
        metadata.table_type(relation),
        Some(TableType::Reference | TableType::CitusLocal)
    ) {
        return Ok(());
    }
    let referencing: Vec<Oid> = referenced_keys(backend, relation, OtherEnd::Distributed)?
        .iter()
        .filter(|key| foreign_key(key).is_some())
        .map(|key| key.relation)
        .collect();
    for other in referencing {
        let Some(access) = state.transaction.accesses.get(&other) else {
            continue;
        };
        let catalog = backend.catalog()?;
        let (name, other_name) = (relation_name(catalog, relation), relation_name(catalog, other));
        if access.ddl || access.modify {
            let earlier = if access.ddl {
                AccessKind::Ddl
            } else {
                AccessKind::Modify
            };
            let message = format!(
                "cannot execute {} on table \"{name}\" because there was a parallel {} access to distributed table \
                 \"{other_name}\" in the same transaction",
                kind.name(),
                earlier.name()
            );
            return Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, message).hint(SEQUENTIAL_HINT));
        }
        let message =
            format!("cannot modify table \"{name}\" because there was a parallel operation on a distributed table");
        return Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, message)
            .detail(
                "When there is a foreign key to a reference table or to a local table, Citus needs to perform all \
                 operations over a single connection per node to ensure consistency.",
            )
            .hint(SEQUENTIAL_HINT));
    }
    Ok(())
}
