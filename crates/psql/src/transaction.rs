//! Transactions that psql begins by itself: the variables AUTOCOMMIT and ON_ERROR_ROLLBACK.

use kumquat_postgres::result::Message;
use kumquat_postgres::session::Transaction;

use crate::Psql;
use crate::query::Answer;
use crate::script::Lines;

const SAVEPOINT: &str = "pg_psql_temporary_savepoint";

impl Psql {
    /// Sends a text; begins a transaction before it where AUTOCOMMIT is off, and with ON_ERROR_ROLLBACK takes back
    /// what fails inside one.
    pub(crate) fn ask_in_transaction(&mut self, text: &str, lines: &mut Lines<'_>) -> Answer {
        let idle = matches!(self.session.transaction, Transaction::Idle);
        if idle && self.variables.get("AUTOCOMMIT") == Some("off") && !runs_alone(text) {
            self.ask("BEGIN", &mut Lines::new(""), None);
        }
        let inside = matches!(self.session.transaction, Transaction::Open(_));
        if !inside || !self.variables.is_on("ON_ERROR_ROLLBACK") {
            return self.ask(text, lines, None);
        }
        self.ask(&format!("SAVEPOINT {SAVEPOINT}"), &mut Lines::new(""), None);
        let answer = self.ask(text, lines, None);
        let failed = answer
            .messages
            .iter()
            .any(|message| matches!(message, Message::Error(_)));
        // Statements about savepoints and transactions have done away with psql's own, or stand before it.
        let moved = answer.messages.iter().any(|message| match message {
            Message::Complete(tag) => matches!(&*tag.0, "COMMIT" | "SAVEPOINT" | "RELEASE" | "ROLLBACK"),
            _ => false,
        });
        if failed {
            self.ask(&format!("ROLLBACK TO {SAVEPOINT}"), &mut Lines::new(""), None);
        } else if !moved {
            self.ask(&format!("RELEASE {SAVEPOINT}"), &mut Lines::new(""), None);
        }
        answer
    }
}

/// Statements before which psql begins no transaction: those about transactions, and those that must not run in one
/// (`command_no_begin`).
fn runs_alone(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty())
        .take(4)
        .collect();
    matches!(
        words.as_slice(),
        [
            "abort" | "begin" | "start" | "commit" | "end" | "rollback" | "vacuum",
            ..
        ] | ["prepare", "transaction", ..]
            | ["cluster"]
            | ["create" | "drop" | "alter", "database" | "tablespace" | "system", ..]
            | ["create", "index", "concurrently", ..]
            | ["create", "unique", "index", "concurrently"]
            | ["drop", "index", "concurrently", ..]
            | ["reindex", "database" | "system", ..]
            | ["reindex", "index" | "table" | "schema", "concurrently", ..]
            | ["discard", "all", ..]
    )
}
