//! Which tables a transaction has accessed in parallel, and what that forbids later in it.

use kumquat_postgres::Backend;
use kumquat_types::{Error, Oid, Result, SqlState};

use super::{in_block, is_sequential};
use crate::foreign_keys::{OtherEnd, graph, referencing_keys};
use crate::metadata::{self, TableType};
use crate::session;
use crate::shards::names::relation_name;
use crate::tables::partitions::partitions_of;

/// How a table was accessed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Access {
    pub select: bool,
    pub modify: bool,
    pub ddl: bool,
}

impl Access {
    fn note(&mut self, kind: AccessKind) {
        match kind {
            AccessKind::Select => self.select = true,
            AccessKind::Modify => self.modify = true,
            AccessKind::Ddl => self.ddl = true,
        }
    }

    /// The strongest access that one of this kind to a table that is referenced runs into: SELECT into DDL, DML into
    /// DML and DDL, DDL into all.
    fn in_the_way_of(self, kind: AccessKind) -> Option<AccessKind> {
        [
            (self.ddl, AccessKind::Ddl),
            (self.modify && kind != AccessKind::Select, AccessKind::Modify),
            (self.select && kind == AccessKind::Ddl, AccessKind::Select),
        ]
        .into_iter()
        .find_map(|(stands, earlier)| stands.then_some(earlier))
    }
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

/// Notes that a table was accessed on several shards at once, with its partitions or the table it is a partition of.
/// A reference table behind its keys that was accessed before makes the rest of the transaction sequential, or is in
/// the way if it is too late for that (`RecordParallelRelationAccess`).
pub fn record_parallel(backend: &mut Backend<'_>, relation: Oid, kind: AccessKind) -> Result<()> {
    if !in_block(backend) || is_sequential(backend) {
        return Ok(());
    }
    check_referenced(backend, relation, kind)?;
    if is_sequential(backend) {
        return Ok(());
    }
    let catalog = backend.catalog()?;
    let mut tables = vec![relation];
    if let Some(found) = catalog.relation(relation) {
        match found.is_partition() {
            true => tables.extend(found.parents.first()),
            false => tables.extend(partitions_of(backend, relation)?),
        }
    }
    session::update(backend, |state| {
        for table in tables {
            state.transaction.accesses.entry(table).or_default().note(kind);
        }
    });
    Ok(())
}

/// `CheckConflictingParallelRelationAccesses`
fn check_referenced(backend: &mut Backend<'_>, relation: Oid, kind: AccessKind) -> Result<()> {
    let (catalog, metadata) = (backend.catalog()?, metadata::of(backend)?);
    if metadata.table_type(relation) != Some(TableType::HashDistributed) {
        return Ok(());
    }
    let touched = session::of(backend).transaction.touched;
    let conflict = graph::referenced_tables(catalog, relation)
        .into_iter()
        .find_map(|other| {
            let access = touched.get(&other)?;
            let earlier = [
                (access.select && kind == AccessKind::Ddl, AccessKind::Select),
                (access.modify, AccessKind::Modify),
                (access.ddl, AccessKind::Ddl),
            ];
            let earlier = earlier.into_iter().find_map(|(stands, kind)| stands.then_some(kind))?;
            Some((other, earlier))
        });
    let Some((other, earlier)) = conflict else {
        return Ok(());
    };
    if !parallel_query_executed(backend) {
        return set_sequential(backend);
    }
    let (name, other) = (relation_name(catalog, relation), relation_name(catalog, other));
    let message = format!(
        "cannot execute parallel {} on table \"{name}\" after {} command on reference table \"{other}\" because there \
         is a foreign key between them and \"{other}\" has been accessed in this transaction",
        kind.name(),
        earlier.name()
    );
    Err(Error::new(SqlState::INTERNAL_ERROR, message)
        .detail(SINGLE_CONNECTION)
        .hint(SEQUENTIAL_HINT))
}

const SINGLE_CONNECTION: &str = "When there is a foreign key to a reference table, Citus needs to perform all operations over a single connection \
     per node to ensure consistency.";

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
    set_sequential(backend)
}

/// What cascades into distributed tables is done over one connection a node
/// (`EnsureSequentialModeForCitusTableCascadeFunction`).
pub fn ensure_sequential_for_cascade(backend: &mut Backend<'_>) -> Result<()> {
    if parallel_query_executed(backend) {
        let message =
            "cannot execute command because there was a parallel operation on a distributed table in transaction";
        return Err(Error::new(SqlState::INTERNAL_ERROR, message).hint(SEQUENTIAL_HINT));
    }
    set_sequential(backend)
}

/// The rest of the transaction uses one connection a node (`SetLocalMultiShardModifyModeToSequential`).
pub fn set_sequential(backend: &mut Backend<'_>) -> Result<()> {
    match in_block(backend) {
        true => backend.set_setting("citus.multi_shard_modify_mode", Some("sequential"), true),
        false => Ok(()),
    }
}

/// Whether the shards of a new table are made over several connections; an error where they would have to be made
/// over one and it is too late for that (`CanUseExclusiveConnections`).
pub fn may_create_in_parallel(backend: &Backend<'_>, relation: Oid) -> Result<bool> {
    let has_key = !referencing_keys(backend, relation, OtherEnd::Reference)?.is_empty();
    if !parallel_query_executed(backend) {
        return Ok(!has_key && !is_sequential(backend));
    }
    let name = relation_name(backend.catalog()?, relation);
    if has_key {
        let message = format!(
            "cannot distribute relation \"{name}\" in this transaction because it has a foreign key to a reference table"
        );
        return Err(Error::new(SqlState::INTERNAL_ERROR, message)
            .detail(
                "If a hash distributed table has a foreign key to a reference table, it has to be created in \
                 sequential mode before any parallel commands have been executed in the same transaction",
            )
            .hint(SEQUENTIAL_HINT));
    }
    if is_sequential(backend) {
        let message = format!(
            "cannot distribute \"{name}\" in sequential mode because a parallel query was executed in this transaction"
        );
        return Err(Error::new(SqlState::INTERNAL_ERROR, message).hint(
            "If you have manually set citus.multi_shard_modify_mode to 'sequential', try with 'parallel' option. ",
        ));
    }
    Ok(true)
}

/// Changes of a distributed table's keys to reference tables come before any parallel access
/// (`SetupExecutionModeForAlterTable`).
pub fn ensure_no_parallel_access(backend: &Backend<'_>, relation: Oid) -> Result<()> {
    if !parallel_query_executed(backend) {
        return Ok(());
    }
    let name = relation_name(backend.catalog()?, relation);
    let message = format!(
        "cannot modify table \"{name}\" because there was a parallel operation on a distributed table in the transaction"
    );
    Err(Error::new(SqlState::INTERNAL_ERROR, message)
        .detail(SINGLE_CONNECTION)
        .hint(SEQUENTIAL_HINT))
}

/// A reference table (or a Citus local table) that distributed tables reference, directly or not, may not change
/// after one of them was accessed in parallel; if none was, the transaction is sequential from here on
/// (`CheckConflictingRelationAccesses`).
pub fn check_conflicts(backend: &mut Backend<'_>, relation: Oid, kind: AccessKind) -> Result<()> {
    let (catalog, metadata) = (backend.catalog()?, metadata::of(backend)?);
    let is_shared = matches!(
        metadata.table_type(relation),
        Some(TableType::Reference | TableType::CitusLocal)
    );
    if !is_shared || !in_block(backend) {
        return Ok(());
    }
    let referencing = graph::referencing_tables(catalog, relation);
    let accesses = session::of(backend).transaction.accesses;
    let conflict = referencing.iter().find_map(|other| {
        let is_hash_distributed = metadata.table_type(*other) == Some(TableType::HashDistributed);
        let access = accesses.get(other).filter(|_| is_hash_distributed)?;
        Some((*other, access.in_the_way_of(kind)?))
    });
    if let Some((other, earlier)) = conflict {
        let (name, other) = (relation_name(catalog, relation), relation_name(catalog, other));
        let message = format!(
            "cannot execute {} on table \"{name}\" because there was a parallel {} access to distributed table \
             \"{other}\" in the same transaction",
            kind.name(),
            earlier.name()
        );
        return Err(Error::new(SqlState::INTERNAL_ERROR, message).hint(SEQUENTIAL_HINT));
    }
    if !referencing.is_empty() && kind != AccessKind::Select {
        refuse_after_parallel(backend, relation)?;
        set_sequential(backend)?;
    }
    session::update(backend, |state| {
        state.transaction.touched.entry(relation).or_default().note(kind);
    });
    Ok(())
}

fn refuse_after_parallel(backend: &Backend<'_>, relation: Oid) -> Result<()> {
    if !parallel_query_executed(backend) {
        return Ok(());
    }
    let name = relation_name(backend.catalog()?, relation);
    let message =
        format!("cannot modify table \"{name}\" because there was a parallel operation on a distributed table");
    Err(Error::new(SqlState::INTERNAL_ERROR, message)
        .detail(
            "When there is a foreign key to a reference table or to a local table, Citus needs to perform all \
             operations over a single connection per node to ensure consistency.",
        )
        .hint(SEQUENTIAL_HINT))
}
