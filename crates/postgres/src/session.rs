//! What belongs to one connection: its user, settings, transaction, prepared statements and cursors.

use std::sync::Arc;

use imbl::OrdMap;
use kumquat_sql::ast::Statement;
use kumquat_types::{Chunk, Error, Oid};

use crate::catalog::Name;
use crate::extension::ExtensionState;
use crate::query::Query;
use crate::result::ResultColumn;
use crate::server::{Network, ServerId};
use crate::settings::SettingValues;

#[derive(Clone)]
pub struct Session {
    pub server: ServerId,
    pub database: Name,
    /// Who logged in, who SET SESSION AUTHORIZATION made it, and who SET ROLE made it.
    pub authenticated_user: Oid,
    pub session_user: Oid,
    pub current_user: Oid,
    pub process_id: u32,
    pub settings: SettingValues,
    pub transaction: Transaction,
    pub prepared: OrdMap<Name, Arc<PreparedStatement>>,
    pub cursors: OrdMap<Name, Arc<Cursor>>,
    /// Notices not yet sent to the client.
    pub notices: Vec<Error>,
    /// Sequences used: last value by `currval`, and the sequence `lastval` means.
    pub sequence_values: OrdMap<Oid, i64>,
    pub last_sequence: Option<Oid>,
    /// Microseconds since 2000-01-01 UTC.
    pub clock: Clock,
    pub random: u64,
    /// Advisory locks held until they are given back.
    pub advisory_locks: Vec<AdvisoryLock>,
    /// Temporary schema, once made.
    pub temporary_schema: Option<Oid>,
    /// What the trigger function that runs calls its transition tables.
    pub transition_tables: OrdMap<Name, Oid>,
    /// Triggers being fired, one inside the other (`pg_trigger_depth`).
    pub trigger_depth: i32,
    /// A procedure that runs may end the transaction: it was called by the client, outside of a block.
    pub nonatomic: bool,
    /// The network as it was when the statement's transaction began; COMMIT in a procedure begins another.
    pub began: Option<Box<Network>>,
    /// Depth of nested function calls, bounded.
    pub depth: u32,
    /// The functions that run, outermost first, and what each is doing.
    pub call_stack: Vec<(Frame, Option<Activity>)>,
    /// What the client's statement has done so far, and the most that one may do; see `Backend::spend`.
    pub work: u64,
    pub work_limit: u64,
    pub extension: Option<ExtensionState>,
    /// `true` for connections that other nodes open, and not the learner.
    pub internal: bool,
    /// Files the learner gave, for \copy, \i and COPY FROM 'file'.
    pub files: OrdMap<Name, Name>,
}

/// What runs inside a statement, as CONTEXT tells of it.
#[derive(Clone, Debug)]
pub enum Frame {
    /// A function in PL/pgSQL.
    Function(Oid),
    /// A DO block.
    Block(Name),
    /// A line of its own, such as `SQL statement "..."`.
    Line(Name),
}

/// The line of a function's body that is being carried out, and the kind of its statement.
#[derive(Clone, Copy, Debug)]
pub struct Activity {
    pub line: u32,
    pub kind: &'static str,
}

/// A lock that only means what its holders agree on: one key of 64 bits, or two of 32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdvisoryLock {
    pub key: (i64, Option<i64>),
    pub shared: bool,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    /// Set by the playground before each statement.
    pub now: i64,
    pub transaction_start: i64,
    pub statement_start: i64,
}

/// State of the transaction; the network as it was is what ROLLBACK goes back to.
#[derive(Clone, Default)]
pub enum Transaction {
    /// Outside a block: each statement is a transaction of its own.
    #[default]
    Idle,
    Open(Box<TransactionBlock>),
    /// After an error, until ROLLBACK.
    Failed(Box<TransactionBlock>),
}

#[derive(Clone)]
pub struct TransactionBlock {
    pub before: Network,
    pub settings_before: SettingValues,
    pub savepoints: Vec<Savepoint>,
    /// A statement has looked at data: how the transaction is isolated is settled (`FirstSnapshotSet`).
    pub has_snapshot: bool,
    /// Changes have been made: a transaction id was given.
    pub xid: Option<u64>,
}

#[derive(Clone)]
pub struct Savepoint {
    pub name: Name,
    pub network: Network,
    pub settings: SettingValues,
    pub extension: Option<ExtensionState>,
    pub cursors: OrdMap<Name, Arc<Cursor>>,
}

pub struct PreparedStatement {
    pub name: Name,
    pub text: Name,
    pub parameter_types: Vec<Oid>,
    pub statement: Statement,
    /// Analyzed form of a query; utility statements have none.
    pub query: Option<Arc<Query>>,
    pub from_sql: bool,
}

#[derive(Clone)]
pub struct Cursor {
    pub name: Name,
    pub text: Name,
    pub columns: Vec<ResultColumn>,
    pub chunks: Vec<Chunk>,
    /// The current row from 1; 0: before the first, `rows + 1`: after the last.
    pub position: u64,
    pub hold: bool,
    /// Its transaction has committed: later ones don't close it.
    pub committed: bool,
    pub scrollable: bool,
}
