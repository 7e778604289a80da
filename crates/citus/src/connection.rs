//! How a node speaks to another: a connection is a session on the other server, and every message on it is
//! recorded in the trace.

use kumquat_postgres::Backend;
use kumquat_postgres::connect::{ConnectionTarget, connect};
use kumquat_postgres::server::Server;
use kumquat_postgres::session::Session;
use kumquat_sql::ast::Statement;
use kumquat_types::{Error, Result, Severity, SqlState};

use crate::metadata::{self, Node, NodeId, ShardId};
use crate::session;
use crate::settings;
use crate::trace::{Message, Sql};

/// A connection from the session's node to a node, which may be the same.
#[derive(Clone, Debug)]
pub struct Connection {
    pub node: Node,
    /// The node is the session's own: statements run in the session itself.
    pub is_local: bool,
}

impl Connection {
    /// Connects to a node of the metadata.
    pub fn open(backend: &mut Backend<'_>, node: NodeId) -> Result<Connection> {
        let found = metadata::of(backend)?.nodes.get(&node).cloned();
        let found = found.ok_or_else(|| Error::internal(format!("node {node} is not in pg_dist_node")))?;
        Connection::to(backend, found)
    }

    /// Connects to a node, whether it is in the metadata or not.
    pub fn to(backend: &mut Backend<'_>, node: Node) -> Result<Connection> {
        let server = node.server(backend.network).filter(|server| {
            let found = backend.network.servers.get(server.0);
            found.is_some_and(|server| !server.is_down())
        });
        let Some(server) = server else {
            return Err(connection_refused(backend, &node));
        };
        Ok(Connection {
            is_local: server == backend.server_id(),
            node,
        })
    }

    /// Sends a message: records it and runs `work` in a session on the other node. What fails there comes back
    /// as the error of that node, with the address as context.
    pub fn send<R>(
        &self,
        backend: &mut Backend<'_>,
        sql: Sql,
        work: impl FnOnce(&mut Backend<'_>) -> Result<R>,
    ) -> Result<R> {
        self.record(backend, sql, 0)?;
        self.run(backend, work)
    }

    /// Runs `work` on the other node without a record of its own.
    pub fn run<R>(&self, backend: &mut Backend<'_>, work: impl FnOnce(&mut Backend<'_>) -> Result<R>) -> Result<R> {
        if self.is_local {
            return work(backend);
        }
        let mut session = remote_session(backend, &self.node)?;
        let mut remote = Backend {
            network: &mut *backend.network,
            session: &mut session,
            extension: backend.extension,
        };
        let result = work(&mut remote);
        backend.session.random = session.random;
        backend.session.work = session.work;
        let least = settings::value(backend, "citus.worker_min_messages");
        for notice in std::mem::take(&mut session.notices) {
            if notice.severity >= Severity::Warning || least != "warning" {
                backend.notice(notice.detail(format!("from {}", self.node.address())));
            }
        }
        result.map_err(|error| self.remote_error(error))
    }

    /// The same connection as one of its own even to the local node, where statements then run in a session apart.
    #[must_use]
    pub fn apart(mut self) -> Connection {
        self.is_local = false;
        self
    }

    /// Sends the text of one statement.
    pub fn execute(&self, backend: &mut Backend<'_>, text: &str) -> Result<()> {
        let statement = kumquat_sql::parse(text)?;
        self.execute_statement(backend, &statement, text)
    }

    /// Sends a statement that is not a query, whose text is known. Its notices stay on the other node.
    pub fn execute_statement(&self, backend: &mut Backend<'_>, statement: &Statement, text: &str) -> Result<()> {
        self.send(backend, Sql::text(text), |remote| {
            session::without_propagation(remote, |remote| {
                remote.standard_utility(statement, text)?;
                remote.session.notices.clear();
                Ok(())
            })
        })
    }

    /// Notes a message in the trace and, if asked to, tells the client. An error if the node has stopped answering.
    pub fn record(&self, backend: &mut Backend<'_>, sql: Sql, rows: u64) -> Result<()> {
        if !self.is_local && !self.is_received(backend) {
            return Err(connection_lost(backend, &self.node));
        }
        let from = metadata::of(backend)?.local_node().map_or(0, |node| node.id);
        let to = self.node.id;
        if !self.is_local && settings::is_on(backend, "citus.log_remote_commands") {
            self.tell(backend, &sql)?;
        }
        session::log(backend, |log| log.trace.messages.push(Message { from, to, sql, rows }));
        Ok(())
    }

    /// `citus.log_local_commands`: a command for the one shard of a table, which lies on this node, is carried out
    /// without a connection (`LogLocalCommand`).
    pub fn tell_local(&self, backend: &mut Backend<'_>, text: &str) {
        if self.logs_local_commands(backend) {
            backend.notice(Error::notice(format!("executing the command locally: {text}")));
        }
    }

    /// The same for rows that are copied (`LogLocalCopyToRelationExecution`).
    pub fn tell_local_copy(&self, backend: &mut Backend<'_>, shard: ShardId) {
        if self.logs_local_commands(backend) {
            backend.notice(Error::notice(format!("executing the copy locally for shard {shard}")));
        }
    }

    fn logs_local_commands(&self, backend: &Backend<'_>) -> bool {
        self.is_local
            && settings::is_on(backend, "citus.log_local_commands")
            && settings::is_on(backend, "citus.enable_local_execution")
    }

    /// The node takes the message, if it answers any.
    fn is_received(&self, backend: &mut Backend<'_>) -> bool {
        let server = self.node.server(backend.network);
        let server = server.and_then(|server| backend.network.servers.get_mut(server.0));
        server.is_none_or(Server::receive)
    }

    fn tell(&self, backend: &mut Backend<'_>, sql: &Sql) -> Result<()> {
        let text = sql.render(backend)?;
        let user = backend.name_of_role(backend.session.current_user).unwrap_or_default();
        let id = connection_id(backend, self.node.id);
        let notice = Error::notice(format!("issuing {text}"));
        let address = self.node.address();
        backend.notice(notice.detail(format!("on server {user}@{address} connectionId: {id}")));
        Ok(())
    }

    fn remote_error(&self, mut error: Error) -> Error {
        error.position = None;
        error.internal = None;
        error.context(format!("while executing command on {}", self.node.address()))
    }
}

/// The id of the connection that is kept open to a node; a new one is opened if there is none.
fn connection_id(backend: &mut Backend<'_>, node: NodeId) -> u64 {
    session::log(backend, |log| {
        if let Some((_, id)) = log.cached_connections.iter().find(|(found, _)| *found == node) {
            return *id;
        }
        log.connections = log.connections.saturating_add(1);
        log.cached_connections.push((node, log.connections));
        log.connections
    })
}

/// A session that this one opens on another server, as the same user.
fn remote_session(backend: &Backend<'_>, node: &Node) -> Result<Session> {
    let local = &*backend.session;
    let user = backend.name_of_role(local.current_user).unwrap_or_default();
    let target = ConnectionTarget {
        database: local.database.to_string(),
        user: user.to_string(),
        host: node.host.to_string(),
        port: node.port.to_string(),
    };
    let session = connect(backend.network, &target, local, backend.extension).map_err(|failure| {
        let reason = failure
            .split_once("FATAL:  ")
            .map_or(failure.as_str(), |(_, reason)| reason);
        connection_failed(backend, node, &format!("FATAL:  {reason}"))
    })?;
    Ok(Session {
        internal: true,
        depth: local.depth,
        work: local.work,
        extension: local.extension.clone(),
        ..session
    })
}

/// What libpq says when nobody listens at an address.
pub fn connection_refused(backend: &Backend<'_>, node: &Node) -> Error {
    let reason = "Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?";
    connection_failed(backend, node, reason)
}

/// What libpq says when the other side is gone in the middle of a conversation.
fn connection_lost(backend: &Backend<'_>, node: &Node) -> Error {
    let reason = "server closed the connection unexpectedly\n\tThis probably means the server terminated abnormally\n\tbefore \
                  or while processing the request.";
    connection_failed(backend, node, reason)
}

fn connection_failed(backend: &Backend<'_>, node: &Node, reason: &str) -> Error {
    let user = backend.name_of_role(backend.session.current_user).unwrap_or_default();
    let message = format!(
        "connection to the remote node {user}@{} failed with the following error: {reason}",
        node.address()
    );
    Error::new(SqlState::CONNECTION_FAILURE, message)
}
