//! BEGIN, COMMIT, ROLLBACK, savepoints and prepared transactions.
//!
//! A transaction block holds the network as it was when it began: ROLLBACK puts it back. A savepoint holds the
//! network of its moment.

use std::sync::Arc;

use kumquat_sql::ast::{DefElem, Statement, TransactionStmt};
use kumquat_types::{Error, Result, SqlState};

use crate::backend::Backend;
use crate::catalog::Name;
use crate::extension::SavepointEvent;
use crate::result::CommandTag;
use crate::server::{Database, Network, PreparedTransaction};
use crate::session::{Cursor, Savepoint, Transaction, TransactionBlock};

/// What a transaction is told about how it is isolated.
const TRANSACTION_MODES: [&str; 3] = [
    "transaction_isolation",
    "transaction_read_only",
    "transaction_deferrable",
];

impl Backend<'_> {
    pub fn in_transaction_block(&self) -> bool {
        !matches!(self.session.transaction, Transaction::Idle)
    }

    /// True where nothing but temporary tables may be changed.
    pub fn is_read_only(&self) -> bool {
        let is_on = |name: &str| self.setting(name).as_deref() == Some("on");
        is_on("transaction_read_only") || (!self.in_transaction_block() && is_on("default_transaction_read_only"))
    }

    /// Refuses a statement inside a block (`PreventInTransactionBlock`).
    pub fn prevent_in_transaction_block(&self, statement: &str) -> Result<()> {
        if self.in_transaction_block() {
            return Err(Error::new(
                SqlState::ACTIVE_SQL_TRANSACTION,
                format!("{statement} cannot run inside a transaction block"),
            ));
        }
        Ok(())
    }

    /// Demands a block (`RequireTransactionBlock`).
    pub fn require_transaction_block(&self, statement: &str) -> Result<()> {
        if !self.in_transaction_block() {
            return Err(Error::new(
                SqlState::NO_ACTIVE_SQL_TRANSACTION,
                format!("{statement} can only be used in transaction blocks"),
            ));
        }
        Ok(())
    }

    pub fn transaction_statement(&mut self, statement: &TransactionStmt) -> Result<CommandTag> {
        match statement {
            TransactionStmt::Begin(modes) => self.begin("BEGIN", modes),
            TransactionStmt::Start(modes) => self.begin("START TRANSACTION", modes),
            TransactionStmt::Commit { chain } => self.commit(*chain),
            TransactionStmt::Rollback { chain } => self.rollback(*chain),
            TransactionStmt::Savepoint(name) => self.define_savepoint(name),
            TransactionStmt::Release(name) => self.release_savepoint(name),
            TransactionStmt::RollbackTo(name) => self.rollback_to_savepoint(name),
            TransactionStmt::Prepare(name) => self.prepare_transaction(name),
            TransactionStmt::CommitPrepared(name) => self.finish_prepared(name, true),
            TransactionStmt::RollbackPrepared(name) => self.finish_prepared(name, false),
        }
    }

    fn begin(&mut self, tag: &str, modes: &[DefElem]) -> Result<CommandTag> {
        if self.in_transaction_block() {
            self.notice(Error::warning(
                SqlState::ACTIVE_SQL_TRANSACTION,
                "there is already a transaction in progress",
            ));
        } else {
            self.session.transaction = Transaction::Open(Box::new(TransactionBlock {
                before: self.network.clone(),
                settings_before: self.session.settings.clone(),
                savepoints: Vec::new(),
                has_snapshot: false,
                xid: None,
            }));
        }
        self.set_transaction_modes("TRANSACTION", modes)?;
        Ok(CommandTag::new(tag))
    }

    fn commit(&mut self, chain: bool) -> Result<CommandTag> {
        let modes = self.transaction_modes();
        match std::mem::take(&mut self.session.transaction) {
            Transaction::Idle => {
                self.no_transaction("COMMIT AND CHAIN", chain)?;
                Ok(CommandTag::new("COMMIT"))
            }
            Transaction::Open(block) => {
                if let Err(error) = self.commit_changes(&block.before) {
                    self.undo(*block);
                    return Err(error);
                }
                self.chain(chain, modes)?;
                Ok(CommandTag::new("COMMIT"))
            }
            Transaction::Failed(block) => {
                self.undo(*block);
                self.chain(chain, modes)?;
                Ok(CommandTag::new("ROLLBACK"))
            }
        }
    }

    fn rollback(&mut self, chain: bool) -> Result<CommandTag> {
        let modes = self.transaction_modes();
        match std::mem::take(&mut self.session.transaction) {
            Transaction::Idle => self.no_transaction("ROLLBACK AND CHAIN", chain)?,
            Transaction::Open(block) | Transaction::Failed(block) => {
                self.undo(*block);
                self.chain(chain, modes)?;
            }
        }
        Ok(CommandTag::new("ROLLBACK"))
    }

    fn no_transaction(&mut self, chained: &str, chain: bool) -> Result<()> {
        if chain {
            return Err(Error::new(
                SqlState::NO_ACTIVE_SQL_TRANSACTION,
                format!("{chained} can only be used in transaction blocks"),
            ));
        }
        self.notice(Error::warning(
            SqlState::NO_ACTIVE_SQL_TRANSACTION,
            "there is no transaction in progress",
        ));
        Ok(())
    }

    /// The next transaction is like the one that ended.
    fn chain(&mut self, chain: bool, modes: [Option<Name>; 3]) -> Result<()> {
        if chain {
            self.begin("BEGIN", &[])?;
            for (name, value) in TRANSACTION_MODES.into_iter().zip(modes) {
                self.set_setting(name, value.as_deref(), true)?;
            }
        }
        Ok(())
    }

    fn transaction_modes(&self) -> [Option<Name>; 3] {
        TRANSACTION_MODES.map(|name| self.setting(name))
    }

    /// How a transaction is isolated cannot change behind a query or in a part of it (`check_XactIsoLevel`,
    /// `check_transaction_read_only`, `check_transaction_deferrable`).
    pub fn check_transaction_mode(&self, name: &str, value: Option<&str>) -> Result<()> {
        let Transaction::Open(block) = &self.session.transaction else {
            return Ok(());
        };
        let current = self.setting(name);
        let (in_part, behind_query) = match name {
            "transaction_isolation" if current.as_deref() != value => (
                "SET TRANSACTION ISOLATION LEVEL must not be called in a subtransaction",
                "SET TRANSACTION ISOLATION LEVEL must be called before any query",
            ),
            "transaction_read_only" if current.as_deref() == Some("on") && value == Some("off") => (
                "cannot set transaction read-write mode inside a read-only transaction",
                "transaction read-write mode must be set before any query",
            ),
            "transaction_deferrable" => (
                "SET TRANSACTION [NOT] DEFERRABLE cannot be called within a subtransaction",
                "SET TRANSACTION [NOT] DEFERRABLE must be called before any query",
            ),
            _ => return Ok(()),
        };
        let is_part = !block.savepoints.is_empty();
        let message = match (block.has_snapshot, is_part) {
            (true, true) if name != "transaction_isolation" => in_part,
            (true, _) => behind_query,
            (false, true) => in_part,
            (false, false) => return Ok(()),
        };
        Err(Error::new(SqlState::ACTIVE_SQL_TRANSACTION, message))
    }

    /// Notes that a statement of a block looks at data (`PlannedStmtRequiresSnapshot`).
    pub fn note_snapshot(&mut self, statement: &Statement) {
        let looks = !matches!(
            statement,
            Statement::Transaction(_)
                | Statement::VariableSet(_)
                | Statement::VariableShow(_)
                | Statement::Lock(_)
                | Statement::ConstraintsSet(_)
                | Statement::Fetch(_)
                | Statement::Listen(_)
                | Statement::Notify(_)
                | Statement::Unlisten(_)
                | Statement::Checkpoint
        );
        if looks && let Transaction::Open(block) = &mut self.session.transaction {
            block.has_snapshot = true;
        }
    }

    /// What COMMIT does, in a block or after a single statement: deferred constraints, the extension's turn
    /// (which commits the other nodes), then the end of what is local to the transaction. `before` is the network as
    /// the transaction found it.
    pub fn commit_changes(&mut self, before: &Network) -> Result<()> {
        crate::executor::check_at_commit(self)?;
        crate::commands::on_commit::execute(self)?;
        let extension = self.extension;
        extension.pre_commit(self, before)?;
        self.end_transaction(true);
        Ok(())
    }

    /// COMMIT in a procedure: what follows is another transaction.
    pub fn commit_inside(&mut self) -> Result<()> {
        let began = self.session.began.take();
        let before = began.map_or_else(|| self.network.clone(), |began| *began);
        self.commit_changes(&before)?;
        self.begin_inside();
        Ok(())
    }

    /// ROLLBACK in a procedure: back to where the transaction began, which another follows.
    pub fn rollback_inside(&mut self) -> Result<()> {
        if let Some(began) = self.session.began.take() {
            self.restore(*began);
        }
        self.end_transaction(false);
        self.begin_inside();
        Ok(())
    }

    fn begin_inside(&mut self) {
        self.session.began = Some(Box::new(self.network.clone()));
        self.session.clock.transaction_start = self.session.clock.now;
    }

    fn undo(&mut self, block: TransactionBlock) {
        self.session.transaction = Transaction::Idle;
        self.restore(block.before);
        self.session.settings = block.settings_before;
        self.end_transaction(false);
    }

    fn end_transaction(&mut self, committed: bool) {
        self.session.settings.end_local();
        self.session.cursors = self
            .session
            .cursors
            .iter()
            .filter(|(_, cursor)| cursor.committed || (cursor.hold && committed))
            .map(|(name, cursor)| {
                (
                    name.clone(),
                    Arc::new(Cursor {
                        committed: true,
                        ..(**cursor).clone()
                    }),
                )
            })
            .collect();
        self.follow_role_setting();
        let extension = self.extension;
        extension.after_transaction(self, committed);
    }

    /// SET ROLE is a setting: when settings go back, so does the current user.
    pub(crate) fn follow_role_setting(&mut self) {
        let role = match self.session.settings.values.get("role") {
            None => Some(self.session.session_user),
            Some(name) => self
                .server()
                .ok()
                .and_then(|server| server.role_names.get(name).copied()),
        };
        if let Some(role) = role {
            self.session.current_user = role;
        }
    }

    fn block(&mut self, statement: &str) -> Result<&mut TransactionBlock> {
        match &mut self.session.transaction {
            Transaction::Open(block) | Transaction::Failed(block) => Ok(block),
            Transaction::Idle => Err(Error::new(
                SqlState::NO_ACTIVE_SQL_TRANSACTION,
                format!("{statement} can only be used in transaction blocks"),
            )),
        }
    }

    fn define_savepoint(&mut self, name: &str) -> Result<CommandTag> {
        self.require_transaction_block("SAVEPOINT")?;
        let savepoint = Savepoint {
            name: name.into(),
            network: self.network.clone(),
            settings: self.session.settings.clone(),
            extension: self.session.extension.clone(),
            cursors: self.session.cursors.clone(),
        };
        self.block("SAVEPOINT")?.savepoints.push(savepoint);
        let extension = self.extension;
        extension.savepoint(self, SavepointEvent::Define, name)?;
        Ok(CommandTag::new("SAVEPOINT"))
    }

    fn find_savepoint(&mut self, statement: &str, name: &str) -> Result<usize> {
        let savepoints = &self.block(statement)?.savepoints;
        savepoints
            .iter()
            .rposition(|savepoint| &*savepoint.name == name)
            .ok_or_else(|| {
                Error::new(
                    SqlState::INVALID_SAVEPOINT_SPECIFICATION,
                    format!("savepoint \"{name}\" does not exist"),
                )
            })
    }

    fn release_savepoint(&mut self, name: &str) -> Result<CommandTag> {
        let index = self.find_savepoint("RELEASE SAVEPOINT", name)?;
        self.block("RELEASE SAVEPOINT")?.savepoints.truncate(index);
        let extension = self.extension;
        extension.savepoint(self, SavepointEvent::Release, name)?;
        Ok(CommandTag::new("RELEASE"))
    }

    fn rollback_to_savepoint(&mut self, name: &str) -> Result<CommandTag> {
        let index = self.find_savepoint("ROLLBACK TO SAVEPOINT", name)?;
        let block = self.block("ROLLBACK TO SAVEPOINT")?;
        block.savepoints.truncate(index + 1);
        if let Some(savepoint) = block.savepoints.last().cloned() {
            self.restore(savepoint.network);
            self.session.settings = savepoint.settings;
            self.session.extension = savepoint.extension;
            self.session.cursors = savepoint.cursors;
        }
        self.session.transaction = match std::mem::take(&mut self.session.transaction) {
            Transaction::Failed(block) => Transaction::Open(block),
            other => other,
        };
        self.follow_role_setting();
        let extension = self.extension;
        extension.savepoint(self, SavepointEvent::RollbackTo, name)?;
        Ok(CommandTag::new("ROLLBACK"))
    }

    fn prepare_transaction(&mut self, name: &str) -> Result<CommandTag> {
        let block = match std::mem::take(&mut self.session.transaction) {
            Transaction::Open(block) => block,
            Transaction::Failed(block) => {
                self.undo(*block);
                return Ok(CommandTag::new("ROLLBACK"));
            }
            Transaction::Idle => {
                self.no_transaction("PREPARE TRANSACTION", false)?;
                return Ok(CommandTag::new("ROLLBACK"));
            }
        };
        let key = Name::from(name);
        if self.server()?.prepared.contains_key(&key) {
            self.undo(*block);
            return Err(Error::new(
                SqlState::DUPLICATE_OBJECT,
                format!("transaction identifier \"{name}\" is already in use"),
            ));
        }
        crate::executor::check_at_commit(self)?;
        let prepared = PreparedTransaction {
            database: self.session.database.clone(),
            owner: self.session.current_user,
            prepared_at: self.session.clock.now,
            before: Box::new(database_of(&block.before, self)?),
            state: Box::new(self.database()?.clone()),
        };
        self.undo(*block);
        self.server_mut()?.prepared.insert(key, prepared);
        Ok(CommandTag::new("PREPARE TRANSACTION"))
    }

    fn finish_prepared(&mut self, name: &str, commit: bool) -> Result<CommandTag> {
        let tag = if commit { "COMMIT PREPARED" } else { "ROLLBACK PREPARED" };
        self.prevent_in_transaction_block(tag)?;
        let Some(prepared) = self.server_mut()?.prepared.remove(name) else {
            return Err(Error::new(
                SqlState::UNDEFINED_OBJECT,
                format!("prepared transaction with identifier \"{name}\" does not exist"),
            ));
        };
        if commit && let Some(database) = self.server_mut()?.databases.get_mut(&prepared.database) {
            database.commit_prepared(&prepared);
        }
        Ok(CommandTag::new(tag))
    }
}

/// What a read-only transaction says to a command that would change something (`PreventCommandIfReadOnly`).
pub fn read_only(command: &str) -> Error {
    let message = format!("cannot execute {command} in a read-only transaction");
    Error::new(SqlState::READ_ONLY_SQL_TRANSACTION, message)
}

/// The session's database in another state of the network.
fn database_of(network: &Network, backend: &Backend<'_>) -> Result<Database> {
    let server = network.servers.get(backend.session.server.0);
    let database = server.and_then(|server| server.databases.get(&backend.session.database));
    database
        .cloned()
        .ok_or_else(|| Error::internal("the session's database is gone"))
}
