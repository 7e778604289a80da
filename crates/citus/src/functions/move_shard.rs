//! citus_move_shard_placement, citus_copy_shard_placement.

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::{ConstraintKind, RelationKind, ReplicaIdentity};
use kumquat_types::{Datum, Error, Oid, Result, SqlState};

use super::Arguments;
use crate::metadata::{self, Node, NodeRole, ShardId, TableType};
use crate::shards::names::{qualified_name, relation_name};
use crate::shards::transfer;
use crate::tables::checks::{self, error, unsupported};

/// A node as an argument gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Id(i32),
    Address(String, i32),
}

/// citus_move_shard_placement(shard_id, source, target, shard_transfer_mode)
pub fn move_placement(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    let (source, target, mode) = ends(args);
    move_shard(
        backend,
        args.int(0).unwrap_or(0),
        &source,
        &target,
        args.text(mode).unwrap_or("auto"),
    )?;
    Ok(Datum::Void)
}

/// citus_copy_shard_placement(shard_id, source, target, transfer_mode): only for tables that keep several copies,
/// which no table here does but reference tables.
pub fn copy_placement(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    metadata::ensure_coordinator(backend)?;
    let (source, target, _) = ends(args);
    ensure_different(backend, &source, &target, "copy")?;
    let relation = transfer::table_of(backend, args.int(0).unwrap_or(0))?;
    let name = relation_name(backend.catalog()?, relation);
    match metadata::of(backend)?.table_type(relation) {
        Some(TableType::CitusLocal) => Err(unsupported(format!(
            "Table '{name}' is a local table. Replicating shard of a local table added to metadata currently is not \
             supported"
        ))),
        Some(TableType::Reference) => Ok(Datum::Void),
        _ => Err(streaming_replicated(&name)),
    }
}

/// Source, target, and the place of the transfer mode.
fn ends(args: Arguments<'_>) -> (Target, Target, usize) {
    if args.text(1).is_none() {
        let id = |at| Target::Id(args.int4(at).unwrap_or(0));
        return (id(1), id(2), 3);
    }
    let address =
        |at: usize, port| Target::Address(args.text(at).unwrap_or_default().into(), args.int4(port).unwrap_or(0));
    let mode = args.0.args.len().saturating_sub(1);
    (address(1, 2), address(3, 4), mode)
}

/// The node of the metadata, if it is there.
fn node_of(backend: &Backend<'_>, target: &Target) -> Result<Option<Node>> {
    let metadata = metadata::of(backend)?;
    Ok(match target {
        Target::Id(id) => metadata.nodes.get(id).cloned(),
        Target::Address(host, port) => metadata.node_at(host, *port).cloned(),
    })
}

fn ensure_different(backend: &Backend<'_>, source: &Target, target: &Target, verb: &str) -> Result<()> {
    let same = match (node_of(backend, source)?, node_of(backend, target)?) {
        (Some(source), Some(target)) => source.id == target.id,
        _ => source == target,
    };
    match same {
        true => Err(Error::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("cannot {verb} shard to the same node"),
        )),
        false => Ok(()),
    }
}

/// Moves a shard with all that are colocated with it (`TransferShards`).
pub fn move_shard(
    backend: &mut Backend<'_>,
    shard: ShardId,
    source: &Target,
    target: &Target,
    mode: &str,
) -> Result<()> {
    metadata::ensure_coordinator(backend)?;
    ensure_different(backend, source, target, "move")?;
    let relation = transfer::table_of(backend, shard)?;
    ensure_movable(backend, relation)?;
    let target = safe_target(backend, target)?;
    let shards = transfer::colocated_shards(backend, shard)?;
    for shard in &shards {
        let relation = transfer::table_of(backend, *shard)?;
        checks::ensure_owner(backend, &*checks::relation(backend, relation)?)?;
    }
    let metadata = metadata::of(backend)?;
    let is_there = metadata.nodes_of_shard(shard).any(|node| node.id == target.id);
    if is_there {
        let warning = Error::warning(
            SqlState::WARNING,
            format!("shard is already present on node {}", target.address()),
        );
        backend.notice(warning.detail("Move may have already completed."));
        return Ok(());
    }
    let source = node_of(backend, source)?;
    let holds = |node: &Node| {
        metadata::of(backend).is_ok_and(|metadata| metadata.nodes_of_shard(shard).any(|found| found.id == node.id))
    };
    let Some(source) = source.filter(|node| holds(node)) else {
        return Err(error(format!("could not find placement matching shard {shard}")));
    };
    if mode == "auto" {
        ensure_replica_identity(backend, &shards)?;
    }
    transfer::move_shards(backend, &shards, source.group, target.group)
}

/// `ErrorIfMoveUnsupportedTableType`
pub fn ensure_movable(backend: &Backend<'_>, relation: Oid) -> Result<()> {
    let name = qualified_name(backend.catalog()?, relation);
    match metadata::of(backend)?.table_type(relation) {
        None => Err(unsupported(format!(
            "table {name} is a regular postgres table, you can only move shards of a citus table"
        ))),
        Some(TableType::CitusLocal) => Err(unsupported(format!(
            "table {name} is a local table, moving shard of a local table added to metadata is currently not supported"
        ))),
        Some(TableType::Reference) => Err(unsupported(format!(
            "table {name} is a reference table, moving shard of a reference table is not supported"
        ))),
        Some(_) => Ok(()),
    }
}

/// `ErrorIfTargetNodeIsNotSafeForTransfer`.
fn safe_target(backend: &Backend<'_>, target: &Target) -> Result<Node> {
    let Some(node) = node_of(backend, target)? else {
        let refused = unsupported("Moving shards to a non-existing node is not supported");
        return Err(match target {
            Target::Address(host, port) => refused.hint(format!(
                "Add the target node via SELECT citus_add_node('{host}', {port});"
            )),
            Target::Id(id) => error(format!("node with node id {id} could not be found")),
        });
    };
    let (host, port) = (&node.host, node.port);
    if !node.is_active {
        return Err(
            unsupported("Moving shards to a non-active node is not supported").hint(format!(
                "Activate the target node via SELECT citus_activate_node('{host}', {port});"
            )),
        );
    }
    if node.role == NodeRole::Secondary {
        return Err(unsupported(
            "Moving shards to a secondary (e.g., replica) node is not supported",
        ));
    }
    if !node.should_have_shards {
        return Err(
            unsupported("Moving shards to a node that shouldn't have a shard is not supported").hint(format!(
                "Allow shards on the target node via SELECT * FROM citus_set_node_property('{host}', {port}, \
                 'shouldhaveshards', true);"
            )),
        );
    }
    Ok(node)
}

/// Logical replication needs to know which row changes (`VerifyTablesHaveReplicaIdentity`).
pub fn ensure_replica_identity(backend: &Backend<'_>, shards: &[ShardId]) -> Result<()> {
    for shard in shards {
        let relation = transfer::table_of(backend, *shard)?;
        let found = checks::relation(backend, relation)?;
        if found.kind == RelationKind::PartitionedTable {
            continue;
        }
        let has_key = backend
            .catalog()?
            .constraints_of(relation)
            .any(|constraint| matches!(constraint.kind, ConstraintKind::PrimaryKey { .. }));
        let has_identity = match found.replica_identity {
            ReplicaIdentity::Default => has_key,
            ReplicaIdentity::Nothing => false,
            _ => true,
        };
        if !has_identity {
            return Err(unsupported(format!(
                "cannot use logical replication to transfer shards of the relation {} since it doesn't have a REPLICA \
                 IDENTITY or PRIMARY KEY",
                found.name
            ))
            .detail(
                "UPDATE and DELETE commands on the shard will error out during logical replication unless there is a \
                 REPLICA IDENTITY or PRIMARY KEY.",
            )
            .hint(
                "If you wish to continue without a replica identity set the shard_transfer_mode to 'force_logical' or \
                 'block_writes'.",
            ));
        }
    }
    Ok(())
}

/// replicate_table_shards(relation, shard_replication_factor, max_shard_copies, excluded_shard_list,
/// shard_transfer_mode): more copies of shards that have too few.
pub fn replicate(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    metadata::ensure_coordinator(backend)?;
    let relation = args.oid(0).unwrap_or_default();
    let name = relation_name(backend.catalog()?, relation);
    let metadata = metadata::of(backend)?;
    if metadata.table_type(relation) == Some(TableType::SingleShard) {
        return Err(error("cannot replicate single shard tables' shards"));
    }
    let factor = args.int(1).unwrap_or(1);
    let lacks_copies =
        |shard: &ShardId| i64::try_from(metadata.placements_of(*shard).len()).is_ok_and(|copies| copies < factor);
    match metadata.shards_of(relation).iter().any(lacks_copies) {
        true => Err(streaming_replicated(&name)),
        false => Ok(Datum::Void),
    }
}

/// Shards of which Citus keeps one copy are not copied.
fn streaming_replicated(name: &str) -> Error {
    unsupported(format!(
        "Table '{name}' is streaming replicated. Shards of streaming replicated tables cannot be copied"
    ))
}
