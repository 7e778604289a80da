//! What Citus keeps of a session, beside the metadata.
//!
//! [`SessionState`] goes back with ROLLBACK and savepoints, as the session does; the [`SessionLog`] in it is
//! shared by all copies and goes on: what was sent, which connections were opened, how many plans were made.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use imbl::OrdMap;
use kumquat_postgres::Backend;
use kumquat_postgres::extension::ExtensionState;
use kumquat_postgres::result::ResultSet;
use kumquat_postgres::session::{Session, Transaction};

use crate::executor::explain::{ExplainedSubplan, ExplainedTask};
use crate::metadata::NodeId;
use crate::trace::Trace;
use crate::transaction::TransactionState;

/// The part of `Session::extension`.
#[derive(Clone, Default)]
pub struct SessionState {
    pub transaction: TransactionState,
    /// Results of subplans by id, for `read_intermediate_result`.
    pub intermediate_results: OrdMap<Arc<str>, Arc<ResultSet>>,
    /// Statements that Citus runs itself are not propagated again while this is above 0.
    pub propagation_off: u32,
    /// Set while a foreign-key conversion is on its way: tables are not converted back meanwhile.
    pub conversion_depth: u32,
    /// The query that is planned next is planned as a distributed one, whatever it reads.
    pub plans_distributed: bool,
    log: Arc<Mutex<SessionLog>>,
}

/// What no ROLLBACK undoes.
#[derive(Clone, Debug, Default)]
pub struct SessionLog {
    pub trace: Trace,
    /// Distributed plans made so far: the N of `Distributed Subplan N_1`.
    pub plans: u64,
    /// Transactions committed in two phases so far.
    pub transactions: u64,
    /// Connections opened so far.
    pub connections: u64,
    /// What EXPLAIN ANALYZE has counted in tasks, by distributed plan, in order of the tasks.
    pub explained: BTreeMap<u64, Vec<ExplainedTask>>,
    /// The same for its subplans, by name.
    pub explained_subplans: BTreeMap<Arc<str>, ExplainedSubplan>,
    /// The connection kept open to each node.
    pub cached_connections: Vec<(NodeId, u64)>,
}

impl SessionState {
    pub fn log(&self) -> MutexGuard<'_, SessionLog> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The state of the backend's session.
pub fn of(backend: &Backend<'_>) -> SessionState {
    of_session(backend.session)
}

fn of_session(session: &Session) -> SessionState {
    of_extension(session.extension.as_ref())
}

fn of_extension(state: Option<&ExtensionState>) -> SessionState {
    state
        .and_then(|state| state.downcast_ref::<SessionState>())
        .cloned()
        .unwrap_or_default()
}

/// Changes the state of the backend's session.
pub fn update<R>(backend: &mut Backend<'_>, change: impl FnOnce(&mut SessionState) -> R) -> R {
    let mut state = of(backend);
    let result = change(&mut state);
    backend.session.extension = Some(Arc::new(state));
    result
}

/// Writes into the log of the backend's session.
pub fn log<R>(backend: &mut Backend<'_>, write: impl FnOnce(&mut SessionLog) -> R) -> R {
    if backend.session.extension.is_none() {
        backend.session.extension = Some(Arc::new(SessionState::default()));
    }
    let state = of(backend);
    let mut log = state.log();
    write(&mut log)
}

/// Gives away the trace so far and begins a new one.
pub fn take_trace(session: &mut Session) -> Trace {
    if session.extension.is_none() {
        session.extension = Some(Arc::new(SessionState::default()));
    }
    std::mem::take(&mut of_session(session).log().trace)
}

/// Gives a copied session a log of its own, so that nothing the copy does shows in the other's. What its savepoints
/// go back to has the same log.
pub fn detach(session: &mut Session) {
    let log = Arc::new(Mutex::new(of_session(session).log().clone()));
    let detached = |state: Option<&ExtensionState>| -> Option<ExtensionState> {
        Some(Arc::new(SessionState {
            log: log.clone(),
            ..of_extension(state)
        }))
    };
    session.extension = detached(session.extension.as_ref());
    if let Transaction::Open(block) | Transaction::Failed(block) = &mut session.transaction {
        for savepoint in &mut block.savepoints {
            savepoint.extension = detached(savepoint.extension.as_ref());
        }
    }
}

/// Runs something whose statements are not to be propagated to other nodes.
pub fn without_propagation<R>(backend: &mut Backend<'_>, run: impl FnOnce(&mut Backend<'_>) -> R) -> R {
    update(backend, |state| {
        state.propagation_off = state.propagation_off.saturating_add(1)
    });
    let result = run(backend);
    update(backend, |state| {
        state.propagation_off = state.propagation_off.saturating_sub(1)
    });
    result
}
