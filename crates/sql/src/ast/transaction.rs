//! Transactions and locks.

use super::{DefElem, RangeVar};

#[derive(Clone, Debug, PartialEq)]
pub enum TransactionStmt {
    /// BEGIN: modes are `transaction_isolation` (a string), `transaction_read_only` and
    /// `transaction_deferrable` (0 or 1).
    Begin(Vec<DefElem>),
    /// START TRANSACTION.
    Start(Vec<DefElem>),
    Commit {
        chain: bool,
    },
    Rollback {
        chain: bool,
    },
    Savepoint(String),
    Release(String),
    RollbackTo(String),
    Prepare(String),
    CommitPrepared(String),
    RollbackPrepared(String),
}

#[derive(Clone, Debug, PartialEq)]
pub struct LockStmt {
    pub relations: Vec<RangeVar>,
    pub mode: LockMode,
    pub nowait: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LockMode {
    AccessShare,
    RowShare,
    RowExclusive,
    ShareUpdateExclusive,
    Share,
    ShareRowExclusive,
    Exclusive,
    AccessExclusive,
}

/// `SET CONSTRAINTS`.
#[derive(Clone, Debug, PartialEq)]
pub struct ConstraintsSetStmt {
    /// Empty: ALL.
    pub constraints: Vec<RangeVar>,
    pub deferred: bool,
}
