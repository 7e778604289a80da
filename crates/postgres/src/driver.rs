//! From the text a client sends to the messages it gets back, after PostgreSQL's `exec_simple_query`.
//!
//! Each statement runs against the network as it is; when it fails, the network goes back to the copy taken
//! before, so that a failed statement leaves nothing behind.

use std::sync::Arc;

use kumquat_sql::ast::{SelectBody, SelectStmt, Statement, TransactionStmt};
use kumquat_types::{Error, Result, Severity, SqlState};

use crate::analyze::{self, Parameters};
use crate::backend::Backend;
use crate::result::{Client, CommandTag, Message, QueryOutcome, ResultSet};
use crate::server::{Database, Network};
use crate::session::Transaction;

/// What one statement gave, before it is sent.
#[derive(Debug)]
pub enum Outcome {
    Rows(ResultSet, CommandTag),
    Command(CommandTag),
    CopyOut(Vec<String>, CommandTag),
}

impl From<QueryOutcome> for Outcome {
    fn from(outcome: QueryOutcome) -> Outcome {
        match outcome.rows {
            Some(rows) => Outcome::Rows(rows, outcome.tag),
            None => Outcome::Command(outcome.tag),
        }
    }
}

impl Backend<'_> {
    /// Runs all statements of a text, one after the other, until one fails. Several statements in one text are
    /// one transaction, unless they hold transaction commands of their own.
    pub fn simple_query(&mut self, text: &str, client: &mut dyn Client) {
        let (statements, notices) = kumquat_sql::parse_many_with_notices(text);
        self.session.notices.extend(notices);
        let statements = match statements {
            Ok(statements) => statements,
            Err(error) => {
                self.fail(error, None, client);
                return;
            }
        };
        let several = statements.len() > 1;
        let before = several.then(|| (self.network.clone(), self.session.settings.clone()));
        let mut ran = false;
        for (statement, _) in &statements {
            if matches!(statement, Statement::Empty) {
                continue;
            }
            ran = true;
            if !self.run_statement(statement, text, several, client) {
                if let (Some((network, settings)), Transaction::Idle) = (before, &self.session.transaction) {
                    self.restore(network);
                    self.session.settings = settings;
                }
                return;
            }
        }
        if !ran {
            client.message(Message::Empty);
        }
    }

    /// Runs one statement with its transaction; false if it failed.
    fn run_statement(&mut self, statement: &Statement, text: &str, several: bool, client: &mut dyn Client) -> bool {
        self.session.work = 0;
        let clock = &mut self.session.clock;
        clock.statement_start = clock.now;
        if matches!(self.session.transaction, Transaction::Idle) {
            clock.transaction_start = clock.now;
        }
        if matches!(self.session.transaction, Transaction::Failed(_)) && !ends_failed_block(statement) {
            self.fail(
                Error::new(
                    SqlState::IN_FAILED_SQL_TRANSACTION,
                    "current transaction is aborted, commands ignored until end of transaction block",
                ),
                None,
                client,
            );
            return false;
        }
        if several && matches!(self.session.transaction, Transaction::Idle) && needs_own_transaction(statement) {
            let error = Error::new(
                SqlState::ACTIVE_SQL_TRANSACTION,
                format!(
                    "{} cannot be executed from a function or multi-command string",
                    statement_name(statement)
                ),
            );
            self.fail(error, None, client);
            return false;
        }
        let before = (
            self.network.clone(),
            self.session.settings.clone(),
            self.session.extension.clone(),
        );
        let in_block = !matches!(self.session.transaction, Transaction::Idle);
        self.session.nonatomic = !in_block && !several;
        self.session.began = self.session.nonatomic.then(|| Box::new(before.0.clone()));
        let outcome = self.execute_statement(statement, text, client).and_then(|outcome| {
            let autocommit = !in_block && matches!(self.session.transaction, Transaction::Idle);
            if autocommit && !matches!(statement, Statement::Transaction(_)) {
                self.commit_changes(&before.0)?;
            }
            Ok(outcome)
        });
        match outcome {
            Ok(outcome) => {
                self.send_notices(client);
                self.send(outcome, client);
                true
            }
            // A COMMIT that failed has gone back to where its block began.
            Err(error) if in_block && matches!(self.session.transaction, Transaction::Idle) => {
                self.fail(error, None, client);
                false
            }
            Err(error) => {
                self.session.settings = before.1;
                if !in_block {
                    self.session.extension = before.2;
                }
                let began = self.session.began.take().map_or(before.0, |network| *network);
                self.fail(error, Some(began), client);
                false
            }
        }
    }

    /// Carries out one statement inside the transaction that is open; also for statements of functions.
    pub fn execute_statement(&mut self, statement: &Statement, text: &str, client: &mut dyn Client) -> Result<Outcome> {
        self.note_snapshot(statement);
        match statement {
            Statement::Select(select) if makes_table(select) => self.execute_utility(statement, text),
            query if query.is_query() => {
                let query = analyze::analyze_query(self, statement, &mut Parameters::default())?;
                Ok(self.execute_query(&Arc::new(query), &[])?.into())
            }
            Statement::Transaction(transaction) => Ok(Outcome::Command(self.transaction_statement(transaction)?)),
            Statement::VariableSet(set) => {
                let tag = self.set_variable(set)?;
                Ok(Outcome::Command(tag))
            }
            Statement::VariableShow(show) => {
                Ok(Outcome::Rows(self.show_variable(&show.name)?, CommandTag::new("SHOW")))
            }
            Statement::Prepare(prepare) => Ok(Outcome::Command(self.prepare(prepare, text)?)),
            Statement::Execute(execute) => self.execute_prepared(execute),
            Statement::Deallocate(deallocate) => Ok(Outcome::Command(self.deallocate(deallocate)?)),
            Statement::DeclareCursor(declare) => Ok(Outcome::Command(self.declare_cursor(declare, text)?)),
            Statement::Fetch(fetch) => self.fetch(fetch),
            Statement::ClosePortal(close) => Ok(Outcome::Command(self.close_cursor(close)?)),
            Statement::Discard(discard) => Ok(Outcome::Command(self.discard(*discard.as_ref())?)),
            Statement::Explain(explain) => Ok(Outcome::Rows(
                crate::explain::explain(self, explain)?,
                CommandTag::new("EXPLAIN"),
            )),
            Statement::Call(call) => crate::executor::functions::call::call(self, call),
            Statement::Do(block) => Ok(Outcome::Command(crate::executor::functions::call::do_block(
                self, block, text,
            )?)),
            Statement::Copy(copy) => crate::copy::execute(self, copy, client),
            _ => self.execute_utility(statement, text),
        }
    }

    fn execute_utility(&mut self, statement: &Statement, text: &str) -> Result<Outcome> {
        let extension = self.extension;
        let tag = extension.utility(self, statement, text)?;
        let is_allowed = matches!(
            statement,
            Statement::Vacuum(_)
                | Statement::Cluster(_)
                | Statement::Reindex(_)
                | Statement::Checkpoint
                | Statement::Lock(_)
        );
        match self.is_read_only() && !is_allowed {
            true => Err(crate::transaction::read_only(&tag.0)),
            false => Ok(Outcome::Command(tag)),
        }
    }

    /// Goes back to a copy of the network, but keeps what no rollback undoes: sequences, oids, and what the
    /// extension says.
    pub fn restore(&mut self, mut copy: Network) {
        copy.next_oid = self.network.next_oid;
        for (server, current) in copy.servers.iter_mut().zip(&self.network.servers) {
            server.next_xid = current.next_xid;
            server.availability = current.availability;
            for (name, current) in &current.databases {
                if let Some(database) = server.databases.get_mut(name) {
                    keep_sequences(database, current);
                }
            }
        }
        self.extension.survive_rollback(self.network, &mut copy);
        *self.network = copy;
    }

    fn fail(&mut self, error: Error, before: Option<Network>, client: &mut dyn Client) {
        self.send_notices(client);
        if let Some(before) = before {
            self.restore(before);
        }
        self.session.transaction = match std::mem::take(&mut self.session.transaction) {
            Transaction::Open(block) => Transaction::Failed(block),
            Transaction::Idle => {
                self.session.settings.end_local();
                let extension = self.extension;
                extension.after_transaction(self, false);
                Transaction::Idle
            }
            failed => failed,
        };
        self.follow_role_setting();
        client.message(Message::Error(error));
    }

    fn send(&self, outcome: Outcome, client: &mut dyn Client) {
        let tag = match outcome {
            Outcome::Rows(mut rows, tag) => {
                // Clients are told the types under domains.
                for column in &mut rows.columns {
                    (column.type_oid, column.type_modifier) =
                        self.base_type_and_modifier(column.type_oid, column.type_modifier);
                }
                client.message(Message::Rows(rows));
                tag
            }
            Outcome::CopyOut(lines, tag) => {
                client.message(Message::CopyOut(lines));
                tag
            }
            Outcome::Command(tag) => tag,
        };
        client.message(Message::Complete(tag));
    }

    /// The least severity that `client_min_messages` lets through.
    pub fn least_severity(&self) -> Severity {
        match self.setting("client_min_messages").as_deref() {
            Some("error") => Severity::Error,
            Some("warning") => Severity::Warning,
            Some("log") => Severity::Log,
            Some("debug1") => Severity::Debug1,
            Some("debug2") => Severity::Debug2,
            Some("debug3") => Severity::Debug3,
            Some("debug4") => Severity::Debug4,
            Some("debug5") => Severity::Debug5,
            _ => Severity::Notice,
        }
    }

    /// Sends the notices that `client_min_messages` lets through.
    pub fn send_notices(&mut self, client: &mut dyn Client) {
        let least = self.least_severity();
        for notice in std::mem::take(&mut self.session.notices) {
            if notice.severity >= least || notice.severity == Severity::Info {
                client.message(Message::Notice(notice));
            }
        }
    }
}

/// The values of the sequences that both have, as they are now.
fn keep_sequences(restored: &mut Database, current: &Database) {
    for (sequence, value) in &current.sequences {
        if let Some(kept) = restored.sequences.get_mut(sequence) {
            *kept = *value;
        }
    }
}

/// SELECT INTO is CREATE TABLE AS under another name.
fn makes_table(select: &SelectStmt) -> bool {
    matches!(&select.body, SelectBody::Select(core) if core.into.is_some())
}

fn ends_failed_block(statement: &Statement) -> bool {
    let Statement::Transaction(transaction) = statement else {
        return false;
    };
    matches!(
        **transaction,
        TransactionStmt::Commit { .. }
            | TransactionStmt::Rollback { .. }
            | TransactionStmt::RollbackTo(_)
            | TransactionStmt::Prepare(_)
    )
}

fn needs_own_transaction(statement: &Statement) -> bool {
    match statement {
        Statement::Createdb(_) | Statement::Dropdb(_) | Statement::AlterSystem(_) => true,
        Statement::Vacuum(vacuum) => vacuum.is_vacuum,
        _ => false,
    }
}

fn statement_name(statement: &Statement) -> &'static str {
    match statement {
        Statement::Createdb(_) => "CREATE DATABASE",
        Statement::Dropdb(_) => "DROP DATABASE",
        Statement::AlterSystem(_) => "ALTER SYSTEM",
        _ => "VACUUM",
    }
}
