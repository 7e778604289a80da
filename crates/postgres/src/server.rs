//! Servers and the network between them, each an immutable value that is cheap to copy.
//!
//! A server is what PostgreSQL calls a database cluster: shared catalogs (roles, databases) and databases.
//! The network is all servers that can reach each other; copying it is taking a snapshot of everything.

use std::sync::Arc;

use imbl::{OrdMap, Vector};
use kumquat_types::Oid;

use crate::catalog::{AclItem, Catalog, Name, Role};
use crate::executor::modify::PendingChecks;
use crate::extension::ExtensionState;
use crate::storage::Heap;

/// Index of a server in its network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerId(pub usize);

#[derive(Clone, Debug)]
pub struct Network {
    pub servers: Vector<Server>,
    /// Oids are given out over all servers, so that an object keeps its oid when it is made on another node
    /// too; they are never given back, not even by ROLLBACK.
    pub next_oid: u32,
}

#[derive(Clone, Debug)]
pub struct Server {
    pub host: Name,
    pub port: u16,
    /// pg_authid, by oid, and the oids by name.
    pub roles: OrdMap<Oid, Arc<Role>>,
    pub role_names: OrdMap<Name, Oid>,
    /// ALTER ROLE ALL SET, for all databases.
    pub default_settings: Vec<(Name, Name)>,
    pub databases: OrdMap<Name, Database>,
    pub next_xid: u64,
    pub availability: Availability,
    /// Prepared transactions (PREPARE TRANSACTION): name, and the state that COMMIT PREPARED installs.
    pub prepared: OrdMap<Name, PreparedTransaction>,
    /// COMMENT ON ROLE/DATABASE, by catalog letter and oid.
    pub shared_descriptions: OrdMap<(char, Oid), Name>,
}

/// How long a server answers messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Availability {
    #[default]
    Up,
    /// It answers so many more, then none.
    For(u64),
}

impl Server {
    /// The server answers no more messages.
    pub fn is_down(&self) -> bool {
        self.availability == Availability::For(0)
    }

    /// Takes one message; false if the server does not answer it.
    pub fn receive(&mut self) -> bool {
        match &mut self.availability {
            Availability::Up => true,
            Availability::For(0) => false,
            Availability::For(left) => {
                *left -= 1;
                true
            }
        }
    }
}

/// A transaction between its two phases; `crate::two_phase` tells how it ends.
#[derive(Clone, Debug)]
pub struct PreparedTransaction {
    pub database: Name,
    pub owner: Oid,
    pub prepared_at: i64,
    /// The database as the transaction found it, and as it left it.
    pub before: Box<Database>,
    pub state: Box<Database>,
}

#[derive(Clone, Debug)]
pub struct Database {
    pub oid: Oid,
    pub name: Name,
    pub owner: Oid,
    pub acl: Option<Vec<AclItem>>,
    pub allow_connections: bool,
    pub connection_limit: i32,
    pub is_template: bool,
    /// ALTER DATABASE ... SET.
    pub settings: Vec<(Name, Name)>,
    pub catalog: Catalog,
    /// The rows of tables and materialized views.
    pub heaps: OrdMap<Oid, Arc<Heap>>,
    /// Current values of sequences: not undone by ROLLBACK.
    pub sequences: OrdMap<Oid, SequenceValue>,
    /// Constraints whose checks wait for COMMIT.
    pub pending: PendingChecks,
    /// The extension's own state in this database.
    pub extension: Option<ExtensionState>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SequenceValue {
    pub last_value: i64,
    pub is_called: bool,
}
