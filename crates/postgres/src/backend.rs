//! A backend: one session at work on its server. Everything that a statement does goes through it.

use std::sync::Arc;

use kumquat_sql::ast::Statement;
use kumquat_types::{Datum, Error, Oid, Proc, Result};

use crate::catalog::Catalog;
use crate::extension::Extension;
use crate::query::Query;
use crate::result::{CommandTag, QueryOutcome};
use crate::server::{Database, Network, Server, ServerId};
use crate::session::Session;
use crate::{commands, executor};

/// What a statement that is no query costs at least, in rows: a loop of them must end, too.
const UTILITY_WORK: usize = 10_000;

/// One session at work. Statements change the network through it; a snapshot is `backend.network.clone()`.
pub struct Backend<'a> {
    pub network: &'a mut Network,
    pub session: &'a mut Session,
    pub extension: &'a dyn Extension,
}

impl Backend<'_> {
    pub fn server_id(&self) -> ServerId {
        self.session.server
    }

    pub fn server(&self) -> Result<&Server> {
        self.network
            .servers
            .get(self.session.server.0)
            .ok_or_else(|| Error::internal("the session's server is gone"))
    }

    pub fn server_mut(&mut self) -> Result<&mut Server> {
        self.network
            .servers
            .get_mut(self.session.server.0)
            .ok_or_else(|| Error::internal("the session's server is gone"))
    }

    pub fn database(&self) -> Result<&Database> {
        let name = &self.session.database;
        self.server()?
            .databases
            .get(name)
            .ok_or_else(|| Error::internal("the session's database is gone"))
    }

    pub fn database_mut(&mut self) -> Result<&mut Database> {
        let name = self.session.database.clone();
        self.server_mut()?
            .databases
            .get_mut(&name)
            .ok_or_else(|| Error::internal("the session's database is gone"))
    }

    pub fn catalog(&self) -> Result<&Catalog> {
        Ok(&self.database()?.catalog)
    }

    pub fn catalog_mut(&mut self) -> Result<&mut Catalog> {
        Ok(&mut self.database_mut()?.catalog)
    }

    /// A fresh oid, never used before on any server.
    pub fn new_oid(&mut self) -> Oid {
        let oid = Oid(self.network.next_oid);
        self.network.next_oid = self.network.next_oid.saturating_add(1);
        oid
    }

    /// The extension's state in this database, if it has any of this type.
    pub fn extension_state<T: 'static>(&self) -> Option<&T> {
        self.database().ok()?.extension.as_ref()?.downcast_ref()
    }

    /// The extension's functions, where it is installed.
    pub fn extension_procs(&self) -> &'static [Proc] {
        match self.database() {
            Ok(database) if database.extension.is_some() => self.extension.procs(),
            _ => &[],
        }
    }

    /// Carries out a statement that is not a query: the end of the utility hook's chain.
    pub fn standard_utility(&mut self, statement: &Statement, text: &str) -> Result<CommandTag> {
        self.spend(UTILITY_WORK)?;
        commands::execute(self, statement, text)
    }

    /// Analyzes, plans and runs a query, by way of the extension's planner hook.
    pub fn execute_query(&mut self, query: &Arc<Query>, params: &[Datum]) -> Result<QueryOutcome> {
        executor::execute_query(self, query, params)
    }

    /// Sends a notice or warning to the client when the statement's messages go out.
    pub fn notice(&mut self, notice: Error) {
        self.session.notices.push(notice);
    }
}
