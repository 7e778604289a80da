//! run_command_on_*: a command for nodes, shards or placements; of its result one value comes back as text.

use kumquat_postgres::Backend;
use kumquat_postgres::result::{Client, Message};
use kumquat_types::{Datum, Error, Oid, Result, Severity, SqlState, io};

use super::Arguments;
use crate::connection::Connection;
use crate::metadata::node::COORDINATOR_GROUP;
use crate::metadata::{self, Node, ShardId};
use crate::shards::names;
use crate::tables::checks::error;
use crate::trace::Sql;

/// What a command gave on one node.
struct Outcome {
    success: bool,
    result: Option<String>,
}

impl Outcome {
    fn failure(message: &str) -> Outcome {
        Outcome {
            success: false,
            result: Some(message.to_string()),
        }
    }

    fn columns(self) -> [Datum; 2] {
        [Datum::Bool(self.success), self.result.map_or(Datum::Null, Datum::from)]
    }
}

/// Takes all messages of a command.
#[derive(Default)]
struct Collector {
    messages: Vec<Message>,
}

impl Client for Collector {
    fn message(&mut self, message: Message) {
        self.messages.push(message);
    }

    fn copy_data(&mut self) -> String {
        String::new()
    }
}

/// Sends a command to a node and takes the one value of its result.
fn run(backend: &mut Backend<'_>, node: &Node, command: &str) -> Result<Outcome> {
    let connection = match Connection::to(backend, node.clone()) {
        Ok(connection) => connection,
        Err(refused) => return Ok(Outcome::failure(&refused.message)),
    };
    connection.record(backend, Sql::text(command), 0)?;
    // Even the local node is spoken to over a connection of its own.
    connection.apart().run(backend, |remote| {
        let mut client = Collector::default();
        remote.simple_query(command, &mut client);
        outcome(remote, client.messages)
    })
}

fn outcome(remote: &mut Backend<'_>, messages: Vec<Message>) -> Result<Outcome> {
    let mut result = None;
    for message in messages {
        match message {
            Message::Error(error) => {
                let text = format!("{}:  {}", Severity::Error.label(), error.message);
                return Ok(Outcome::failure(&text));
            }
            Message::Empty => {
                return Ok(Outcome {
                    success: false,
                    result: Some(String::new()),
                });
            }
            Message::Complete(tag) if result.is_none() => result = Some(Some(tag.0.to_string())),
            Message::Rows(rows) => {
                if rows.columns.len() != 1 {
                    return Ok(Outcome::failure("expected a single column in query target"));
                }
                if rows.row_count() > 1 {
                    return Ok(Outcome::failure("expected a single row in query result"));
                }
                let value = rows
                    .chunks
                    .iter()
                    .find(|chunk| chunk.rows > 0)
                    .map(|chunk| chunk.get(0, 0));
                let type_oid = rows.columns.first().map_or(Oid::TEXT, |column| column.type_oid);
                result = Some(match value {
                    None => Some(String::new()),
                    Some(Datum::Null) => Some(String::new()),
                    Some(value) => Some(io::output(remote, type_oid, &value).into_owned()),
                });
            }
            _ => {}
        }
    }
    Ok(Outcome {
        success: true,
        result: result.flatten(),
    })
}

/// run_command_on_workers(command, parallel)
pub fn run_on_workers(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Vec<Vec<Datum>>> {
    let command = args.text(0).unwrap_or_default().to_string();
    let nodes: Vec<Node> = metadata::of(backend)?.active_workers().into_iter().cloned().collect();
    let mut rows = Vec::new();
    for node in nodes {
        let [success, result] = run(backend, &node, &command)?.columns();
        rows.push(vec![host(&node), port(&node), success, result]);
    }
    Ok(rows)
}

/// run_command_on_all_nodes(command, parallel, give_warning_for_connection_errors)
pub fn run_on_all_nodes(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Vec<Vec<Datum>>> {
    let metadata = metadata::of(backend)?;
    let mut nodes: Vec<Node> = metadata.active_primaries().into_iter().cloned().collect();
    if metadata.is_coordinator() && metadata.coordinator().is_none() {
        nodes.push(unregistered_coordinator(backend)?);
    }
    run_by_id(backend, args, nodes, args.bool(2).unwrap_or(false))
}

/// This node as the coordinator that is not in pg_dist_node.
fn unregistered_coordinator(backend: &Backend<'_>) -> Result<Node> {
    let server = backend.server()?;
    Ok(Node::primary(0, COORDINATOR_GROUP, &server.host, server.port))
}

/// run_command_on_coordinator(command, give_warning_for_connection_errors)
pub fn run_on_coordinator(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Vec<Vec<Datum>>> {
    let node = match metadata::of(backend)?.coordinator().cloned() {
        Some(node) => node,
        None if metadata::of(backend)?.is_coordinator() => unregistered_coordinator(backend)?,
        None => {
            return Err(Error::new(
                SqlState::RAISE_EXCEPTION,
                "the coordinator is not added to the metadata",
            )
            .hint("Add the node as a coordinator by using: SELECT citus_set_coordinator_host('<hostname>')")
            .context("PL/pgSQL function run_command_on_coordinator(text,boolean) line 37 at RAISE"));
        }
    };
    run_by_id(backend, args, vec![node], args.bool(1).unwrap_or(false))
}

fn run_by_id(backend: &mut Backend<'_>, args: Arguments<'_>, nodes: Vec<Node>, warn: bool) -> Result<Vec<Vec<Datum>>> {
    let command = args.text(0).unwrap_or_default().to_string();
    let mut rows = Vec::new();
    for node in nodes {
        let outcome = run(backend, &node, &command)?;
        if warn && !outcome.success {
            let message = format!(
                "Error on node with node id {}: {}",
                node.id,
                outcome.result.as_deref().unwrap_or_default()
            );
            backend.notice(Error::warning(SqlState::WARNING, message));
        }
        let [success, result] = outcome.columns();
        rows.push(vec![Datum::Int4(node.id), success, result]);
    }
    Ok(rows)
}

/// run_command_on_shards(table_name, command, parallel): once a shard, at its first placement.
pub fn run_on_shards(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Vec<Vec<Datum>>> {
    let mut rows = Vec::new();
    for (shard, nodes) in placements(backend, args.oid(0).unwrap_or_default())? {
        let Some(node) = nodes.first() else { continue };
        let command = for_shards(backend, args.text(1).unwrap_or_default(), &[shard])?;
        let [success, result] = run(backend, node, &command)?.columns();
        rows.push(vec![Datum::Int8(shard), success, result]);
    }
    Ok(rows)
}

/// run_command_on_placements(table_name, command, parallel)
pub fn run_on_placements(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Vec<Vec<Datum>>> {
    let mut rows = Vec::new();
    for (shard, nodes) in placements(backend, args.oid(0).unwrap_or_default())? {
        let command = for_shards(backend, args.text(1).unwrap_or_default(), &[shard])?;
        for node in nodes {
            let [success, result] = run(backend, &node, &command)?.columns();
            rows.push(vec![host(&node), port(&node), Datum::Int8(shard), success, result]);
        }
    }
    Ok(rows)
}

/// run_command_on_colocated_placements(table_name1, table_name2, command, parallel)
pub fn run_on_colocated_placements(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Vec<Vec<Datum>>> {
    let (first, second) = (args.oid(0).unwrap_or_default(), args.oid(1).unwrap_or_default());
    let metadata = metadata::of(backend)?;
    let group = |relation| {
        metadata
            .table(relation)
            .map(|table| table.colocation_id)
            .filter(|id| *id != 0)
    };
    if group(first).is_none() || group(first) != group(second) {
        let catalog = backend.catalog()?;
        let name = |oid| names::relation_name(catalog, oid);
        return Err(error(format!(
            "tables {} and {} are not co-located",
            name(first),
            name(second)
        ))
        .context(
            "PL/pgSQL function run_command_on_colocated_placements(regclass,regclass,text,boolean) line 10 at RAISE",
        ));
    }
    let partners = placements(backend, second)?;
    let mut rows = Vec::new();
    for ((shard, nodes), (partner, _)) in placements(backend, first)?.into_iter().zip(partners) {
        let command = for_shards(backend, args.text(2).unwrap_or_default(), &[shard, partner])?;
        for node in nodes {
            let [success, result] = run(backend, &node, &command)?.columns();
            let shards = [Datum::Int8(shard), Datum::Int8(partner)];
            let [first, second] = shards;
            rows.push(vec![host(&node), port(&node), first, second, success, result]);
        }
    }
    Ok(rows)
}

/// master_run_on_worker(worker_name[], port[], command[], parallel)
pub fn run_on_worker(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Vec<Vec<Datum>>> {
    let (hosts, ports, commands) = (args.array(0), args.array(1), args.array(2));
    let mut rows = Vec::new();
    for ((host_name, port_number), command) in hosts.iter().zip(&ports).zip(&commands) {
        let port_number = port_number
            .as_i64()
            .and_then(|port| u16::try_from(port).ok())
            .unwrap_or(0);
        let node = Node::primary(0, -1, host_name.as_str().unwrap_or_default(), port_number);
        let [success, result] = run(backend, &node, command.as_str().unwrap_or_default())?.columns();
        rows.push(vec![host(&node), port(&node), success, result]);
    }
    Ok(rows)
}

/// citus_run_local_command(command): runs it here, its result is not wanted.
pub fn run_local(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    let command = args.text(0).unwrap_or_default().to_string();
    let mut client = Collector::default();
    backend.simple_query(&command, &mut client);
    for message in client.messages {
        if let Message::Error(error) = message {
            return Err(error);
        }
    }
    Ok(Datum::Void)
}

/// The shards of a table, each with its nodes.
fn placements(backend: &Backend<'_>, relation: Oid) -> Result<Vec<(ShardId, Vec<Node>)>> {
    let metadata = metadata::of(backend)?;
    let shards = metadata.shards_of(relation).iter();
    Ok(shards
        .map(|shard| (*shard, metadata.nodes_of_shard(*shard).cloned().collect()))
        .collect())
}

/// A command with the names of shards in place of each `%s`.
fn for_shards(backend: &Backend<'_>, command: &str, shards: &[ShardId]) -> Result<String> {
    let (catalog, metadata) = (backend.catalog()?, metadata::of(backend)?);
    let mut text = command.to_string();
    for shard in shards {
        let relation = metadata.shard(*shard).map(|shard| shard.relation).unwrap_or_default();
        let Some(found) = catalog.relation(relation) else {
            continue;
        };
        let name = names::shard_name(&found.name, *shard);
        let name = match found.schema == kumquat_postgres::catalog::well_known::PUBLIC {
            true => names::quote_identifier(&name),
            false => names::qualified(catalog, found.schema, &name),
        };
        text = match shards.len() {
            1 => text.replace("%s", &name),
            _ => text.replacen("%s", &name, 1),
        };
    }
    Ok(text)
}

fn host(node: &Node) -> Datum {
    Datum::text(node.host.clone())
}

fn port(node: &Node) -> Datum {
    Datum::Int4(i32::from(node.port))
}
