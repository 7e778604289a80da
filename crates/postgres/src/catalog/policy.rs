//! Row-level security policies (pg_policy).

use std::sync::Arc;

use kumquat_types::Oid;

use super::{Catalog, Name, Relation};
use crate::query::{CommandType, Expr};

/// A policy of a table; it is kept with the table.
#[derive(Clone, Debug)]
pub struct Policy {
    pub oid: Oid,
    pub name: Name,
    pub command: PolicyCommand,
    /// Rows are seen that any permissive policy lets through, and every restrictive one.
    pub permissive: bool,
    /// 0: PUBLIC.
    pub roles: Vec<Oid>,
    /// Columns have varno 1.
    pub using: Option<Arc<Expr>>,
    pub with_check: Option<Arc<Expr>>,
}

/// The command that a policy is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyCommand {
    All,
    Select,
    Insert,
    Update,
    Delete,
}

impl PolicyCommand {
    /// From `all`, `select` ...
    pub fn from_word(word: &str) -> PolicyCommand {
        match word {
            "select" => PolicyCommand::Select,
            "insert" => PolicyCommand::Insert,
            "update" => PolicyCommand::Update,
            "delete" => PolicyCommand::Delete,
            _ => PolicyCommand::All,
        }
    }

    pub fn keyword(self) -> &'static str {
        match self {
            PolicyCommand::All => "ALL",
            PolicyCommand::Select => "SELECT",
            PolicyCommand::Insert => "INSERT",
            PolicyCommand::Update => "UPDATE",
            PolicyCommand::Delete => "DELETE",
        }
    }

    /// `polcmd`.
    pub fn letter(self) -> char {
        match self {
            PolicyCommand::All => '*',
            PolicyCommand::Select => 'r',
            PolicyCommand::Insert => 'a',
            PolicyCommand::Update => 'w',
            PolicyCommand::Delete => 'd',
        }
    }

    pub fn covers(self, command: CommandType) -> bool {
        match self {
            PolicyCommand::All => true,
            PolicyCommand::Select => command == CommandType::Select,
            PolicyCommand::Insert => command == CommandType::Insert,
            PolicyCommand::Update => command == CommandType::Update,
            PolicyCommand::Delete => command == CommandType::Delete,
        }
    }
}

impl Relation {
    pub fn policy(&self, name: &str) -> Option<&Arc<Policy>> {
        self.policies.iter().find(|policy| *policy.name == *name)
    }
}

impl Catalog {
    /// A policy by its oid, with its table.
    pub fn policy(&self, oid: Oid) -> Option<(&Arc<Relation>, &Arc<Policy>)> {
        self.relations.values().find_map(|relation| {
            let policy = relation.policies.iter().find(|policy| policy.oid == oid)?;
            Some((relation, policy))
        })
    }
}
