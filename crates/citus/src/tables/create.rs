//! From a local table to a distributed, single-shard or reference table.

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::{Constraint, ObjectClass, RelationKind};
use kumquat_types::{Chunk, Error, Oid, Result};

use super::{checks, colocation, partitions, sequences, undistribute};
use crate::ddl;
use crate::foreign_keys::{self, OtherEnd, conversion};
use crate::hashing;
use crate::metadata::node::COORDINATOR_GROUP;
use crate::metadata::{
    self, ColocationId, DistributedTable, GroupId, PartitionMethod, Placement, ReplicationModel, Shard, ShardId,
    ShardInterval, TableType, sequence,
};
use crate::shards::{create, drop, mirror, rows};
use crate::transaction::access::{self, AccessKind};

/// `colocate_with`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Colocate {
    Default,
    None,
    /// With a table, by its name.
    With(String),
    Group(ColocationId),
}

impl Colocate {
    /// From the argument of a function.
    pub fn parse(text: &str) -> Colocate {
        match text {
            _ if text.eq_ignore_ascii_case("default") => Colocate::Default,
            _ if text.eq_ignore_ascii_case("none") => Colocate::None,
            name => Colocate::With(name.to_string()),
        }
    }
}

/// How a table is to be distributed.
#[derive(Clone, Debug)]
pub struct Distribution {
    pub table_type: TableType,
    pub column: Option<String>,
    pub shard_count: i32,
    /// `shard_count` was given as an argument.
    pub shard_count_is_strict: bool,
    pub colocate: Colocate,
}

impl Distribution {
    pub fn reference() -> Distribution {
        Distribution {
            table_type: TableType::Reference,
            column: None,
            shard_count: 1,
            shard_count_is_strict: true,
            colocate: Colocate::Default,
        }
    }

    pub fn single_shard(colocate: Colocate) -> Distribution {
        Distribution {
            table_type: TableType::SingleShard,
            colocate,
            ..Distribution::reference()
        }
    }

    fn method(&self) -> PartitionMethod {
        match self.table_type {
            TableType::HashDistributed => PartitionMethod::Hash,
            TableType::AppendDistributed => PartitionMethod::Append,
            TableType::RangeDistributed => PartitionMethod::Range,
            _ => PartitionMethod::None,
        }
    }

    fn replication_model(&self) -> ReplicationModel {
        match self.table_type {
            TableType::Reference => ReplicationModel::TwoPhaseCommit,
            TableType::AppendDistributed | TableType::RangeDistributed => ReplicationModel::Coordinator,
            _ => ReplicationModel::Streaming,
        }
    }
}

/// Makes a Citus table of a table, whatever it is now: local or Citus local (`CreateCitusTable`).
pub fn create_citus_table(backend: &mut Backend<'_>, oid: Oid, distribution: &Distribution) -> Result<()> {
    let converts = matches!(distribution.table_type, TableType::Reference | TableType::SingleShard);
    if converts && metadata::of(backend)?.table_type(oid) == Some(TableType::CitusLocal) {
        return convert_citus_local_table(backend, oid, distribution);
    }
    checks::ensure_can_be_created(backend, oid)?;
    metadata::node::ensure_any_node(backend)?;
    let keys = set_keys_aside(backend, oid, distribution)?;
    let relation = checks::relation(backend, oid)?;
    if metadata::of(backend)?.is_citus_table(oid) {
        return Err(checks::already_distributed(&relation));
    }
    let is_parallel = match distribution.table_type {
        TableType::HashDistributed => access::may_create_in_parallel(backend, oid)?,
        _ => false,
    };
    ddl::dependencies::ensure_on_all_nodes(backend, oid)?;
    let table = describe(backend, oid, distribution)?;
    checks::ensure_can_be_distributed(backend, &table)?;
    sequences::fit_types(backend, oid)?;
    let local_rows = take_local_rows(backend, oid)?;
    insert_table(backend, table.clone())?;
    create_shards(backend, &table, distribution)?;
    mirror::mirror_relation(backend, oid)?;
    create::create_foreign_keys(backend, oid)?;
    create_incoming_keys(backend, oid)?;
    if relation.kind == RelationKind::PartitionedTable {
        distribute_partitions(backend, oid, distribution)?;
    }
    copy_local_rows(backend, oid, local_rows)?;
    for key in keys {
        foreign_keys::restore_key(backend, key)?;
    }
    match is_parallel {
        true => access::record_parallel(backend, oid, AccessKind::Ddl),
        false => Ok(()),
    }
}

/// Keys that stand in the way while the table changes its kind: all of a Citus local table (which becomes a
/// plain one first), those with local tables of a future reference table.
fn set_keys_aside(backend: &mut Backend<'_>, oid: Oid, distribution: &Distribution) -> Result<Vec<Constraint>> {
    let other_end = match metadata::of(backend)?.table_type(oid) {
        Some(TableType::CitusLocal) => OtherEnd::Any,
        None if distribution.table_type == TableType::Reference && conversion::is_enabled(backend)? => OtherEnd::Local,
        _ => return Ok(Vec::new()),
    };
    let keys = involved_keys(backend, oid, other_end)?;
    for key in &keys {
        foreign_keys::remove_key(backend, key)?;
    }
    if other_end == OtherEnd::Any {
        let options = undistribute::Options {
            suppress_notices: true,
            ..Default::default()
        };
        undistribute::undistribute(backend, oid, options)?;
    }
    Ok(keys)
}

/// Keys to and from a table; one that references itself counts as local only if the table is.
fn involved_keys(backend: &Backend<'_>, oid: Oid, other_end: OtherEnd) -> Result<Vec<Constraint>> {
    let mut keys = foreign_keys::referencing_keys(backend, oid, other_end)?;
    if other_end == OtherEnd::Local {
        keys.retain(|key| foreign_keys::foreign_key(key).is_some_and(|key| key.referenced != oid));
    }
    keys.extend(foreign_keys::referenced_keys(backend, oid, other_end)?);
    Ok(keys.into_iter().map(|key| (*key).clone()).collect())
}

/// The row of pg_dist_partition that the table is to have.
pub fn describe(backend: &mut Backend<'_>, oid: Oid, distribution: &Distribution) -> Result<DistributedTable> {
    let relation = checks::relation(backend, oid)?;
    let column = distribution
        .column
        .as_deref()
        .map(|name| checks::distribution_column(&relation, name))
        .transpose()?;
    let column_type = column.map_or(Oid::INVALID, |column| column.type_oid);
    let colocation_id = colocation::group_for_new_table(backend, oid, distribution, column_type)?;
    Ok(DistributedTable {
        relation: oid,
        method: distribution.method(),
        column: column.map(|column| column.number),
        colocation_id,
        replication_model: distribution.replication_model(),
        auto_converted: false,
    })
}

/// Enters a table into the metadata.
pub fn insert_table(backend: &mut Backend<'_>, table: DistributedTable) -> Result<()> {
    metadata::update(backend, |metadata| {
        metadata.mark_distributed(ObjectClass::Relation, table.relation);
        metadata.tables.insert(table.relation, table);
    })
}

/// The shards of a new table: where those of its group are, else one after the other on the nodes.
pub fn create_shards(backend: &mut Backend<'_>, table: &DistributedTable, distribution: &Distribution) -> Result<()> {
    let places = match distribution.table_type {
        TableType::AppendDistributed | TableType::RangeDistributed => return Ok(()),
        TableType::Reference => vec![(None, reference_groups(backend)?)],
        TableType::SingleShard | TableType::HashDistributed | TableType::CitusLocal => {
            match colocated_places(backend, table)? {
                Some(places) => places,
                None => fresh_places(backend, table, distribution)?,
            }
        }
    };
    for (interval, groups) in places {
        add_shard(backend, table.relation, interval, &groups)?;
    }
    Ok(())
}

type Place = (Option<ShardInterval>, Vec<GroupId>);

/// Reference tables are on all nodes, the coordinator first.
fn reference_groups(backend: &Backend<'_>) -> Result<Vec<GroupId>> {
    let nodes = metadata::of(backend)?.active_primaries();
    Ok(nodes.into_iter().map(|node| node.group).collect())
}

/// Intervals and nodes of the shards of another table of the group.
fn colocated_places(backend: &Backend<'_>, table: &DistributedTable) -> Result<Option<Vec<Place>>> {
    let metadata = metadata::of(backend)?;
    let other = metadata
        .colocated_tables(table.colocation_id)
        .find(|other| other.relation != table.relation);
    let Some(other) = other else { return Ok(None) };
    let place = |shard| {
        let groups = metadata.placements_of(shard).iter().map(|placement| placement.group);
        (metadata.shard(shard).and_then(|shard| shard.interval), groups.collect())
    };
    Ok(Some(
        metadata.shards_of(other.relation).iter().copied().map(place).collect(),
    ))
}

/// Round robin over the nodes that take shards; a single shard goes where its group's id says.
fn fresh_places(backend: &Backend<'_>, table: &DistributedTable, distribution: &Distribution) -> Result<Vec<Place>> {
    let nodes: Vec<GroupId> = metadata::of(backend)?
        .shard_nodes()
        .iter()
        .map(|node| node.group)
        .collect();
    let node_at = |index: usize| {
        let index = index.checked_rem(nodes.len())?;
        nodes.get(index).copied()
    };
    let no_nodes = || checks::error("couldn't find any worker nodes").hint("Add more worker nodes");
    if distribution.table_type == TableType::SingleShard {
        let index = usize::try_from(table.colocation_id).unwrap_or(0);
        let group = node_at(index).ok_or_else(no_nodes)?;
        return Ok(vec![(None, vec![group])]);
    }
    let intervals = hashing::uniform_intervals(distribution.shard_count);
    let place = |(index, interval)| Ok((Some(interval), vec![node_at(index).ok_or_else(no_nodes)?]));
    intervals.into_iter().enumerate().map(place).collect()
}

/// Makes a shard with its tables on these groups and enters it into the metadata.
pub fn add_shard(
    backend: &mut Backend<'_>,
    relation: Oid,
    interval: Option<ShardInterval>,
    groups: &[GroupId],
) -> Result<()> {
    let id = sequence::next_value(backend, sequence::SHARD_ID)?;
    add_shard_as(backend, relation, id, interval, groups)
}

/// The same for a shard whose id is known.
pub fn add_shard_as(
    backend: &mut Backend<'_>,
    relation: Oid,
    id: ShardId,
    interval: Option<ShardInterval>,
    groups: &[GroupId],
) -> Result<()> {
    metadata::update(backend, |metadata| {
        metadata.add_shard(Shard { id, relation, interval }, Vec::new());
    })?;
    let mut placements = Vec::new();
    for group in groups {
        let table = create::create_shard(backend, relation, id, *group)?;
        placements.push(Placement {
            id: sequence::next_value(backend, sequence::PLACEMENT_ID)?,
            shard: id,
            group: *group,
            table,
        });
    }
    metadata::update(backend, |metadata| metadata.set_placements(id, placements))
}

/// Keys of other Citus tables to this one, on their shards.
fn create_incoming_keys(backend: &mut Backend<'_>, oid: Oid) -> Result<()> {
    for key in foreign_keys::referenced_keys(backend, oid, OtherEnd::Any)? {
        if metadata::of(backend)?.is_citus_table(key.relation) {
            create::create_foreign_key(backend, key.oid)?;
        }
    }
    Ok(())
}

fn distribute_partitions(backend: &mut Backend<'_>, parent: Oid, distribution: &Distribution) -> Result<()> {
    for partition in partitions::partitions_of(backend, parent)? {
        let name = crate::shards::names::qualified_name(backend.catalog()?, parent);
        let child = Distribution {
            shard_count_is_strict: false,
            colocate: Colocate::With(name),
            ..distribution.clone()
        };
        create_citus_table(backend, partition, &child)?;
    }
    Ok(())
}

/// The rows that a table had before it was distributed. They stay where they are, too, until they are truncated.
fn take_local_rows(backend: &Backend<'_>, oid: Oid) -> Result<Vec<Chunk>> {
    let heap = backend.database()?.heaps.get(&oid);
    Ok(heap.map(|heap| heap.live_chunks().collect()).unwrap_or_default())
}

/// Copies them into the shards, with Citus's notices.
fn copy_local_rows(backend: &mut Backend<'_>, oid: Oid, chunks: Vec<Chunk>) -> Result<()> {
    if chunks.iter().all(|chunk| chunk.rows == 0) {
        return Ok(());
    }
    backend.notice(Error::notice("Copying data from local table..."));
    rows::write_all(backend, oid, chunks)?;
    let name = crate::shards::names::qualified_name(backend.catalog()?, oid);
    backend.notice(
        Error::notice("copying the data has completed")
            .detail("The local data in the table is no longer visible, but is still on disk.")
            .hint(format!(
                "To remove the local data, run: SELECT truncate_local_data_after_distributing_table($${name}$$)"
            )),
    );
    Ok(())
}

/// A Citus local table becomes a reference table or a single-shard table by sending its shard to other nodes
/// (`ConvertCitusLocalTableToTableType`).
fn convert_citus_local_table(backend: &mut Backend<'_>, oid: Oid, distribution: &Distribution) -> Result<()> {
    checks::ensure_can_be_created(backend, oid)?;
    let table = describe(backend, oid, distribution)?;
    checks::ensure_can_be_distributed(backend, &table)?;
    if distribution.table_type == TableType::SingleShard {
        refuse_undistributed_referencers(backend, oid)?;
    }
    let targets: Vec<GroupId> = match distribution.table_type {
        TableType::Reference => reference_groups(backend)?,
        _ => match colocated_places(backend, &table)? {
            Some(places) => places.into_iter().flat_map(|(_, groups)| groups).collect(),
            None => fresh_places(backend, &table, distribution)?
                .into_iter()
                .flat_map(|(_, groups)| groups)
                .collect(),
        },
    };
    metadata::update(backend, |metadata| {
        metadata.tables.insert(oid, table);
    })?;
    replicate_coordinator_placement(backend, oid, &targets)?;
    mirror::mirror_relation(backend, oid)?;
    if checks::relation(backend, oid)?.kind == RelationKind::PartitionedTable {
        distribute_partitions(backend, oid, distribution)?;
    }
    Ok(())
}

/// Citus local and reference tables cannot reference a single-shard table.
fn refuse_undistributed_referencers(backend: &Backend<'_>, oid: Oid) -> Result<()> {
    let Some(key) = foreign_keys::referenced_keys(backend, oid, OtherEnd::NotDistributed)?
        .into_iter()
        .next()
    else {
        return Ok(());
    };
    let metadata = metadata::of(backend)?;
    let kind = match metadata.table_type(key.relation) {
        Some(TableType::Reference) => "reference table",
        _ => "citus local table",
    };
    let catalog = backend.catalog()?;
    let name = |oid| crate::shards::names::relation_name(catalog, oid);
    Err(checks::unsupported(format!(
        "relation {} is referenced by a foreign key from {}",
        name(oid),
        name(key.relation)
    ))
    .detail(format!(
        "foreign keys from a {kind} to a distributed table are not supported."
    )))
}

/// Copies the shard on the coordinator to other groups; it goes from the coordinator unless that is among them.
fn replicate_coordinator_placement(backend: &mut Backend<'_>, oid: Oid, targets: &[GroupId]) -> Result<()> {
    let metadata = metadata::of(backend)?;
    let Some(shard) = metadata.shards_of(oid).first().copied() else {
        return Ok(());
    };
    let before = metadata.placements_of(shard).to_vec();
    let chunks = rows::read_all(backend, oid)?;
    if chunks.iter().any(|chunk| chunk.rows > 0) {
        backend.notice(Error::notice("Copying data from local table..."));
    }
    let mut placements: Vec<Placement> = before
        .iter()
        .copied()
        .filter(|placement| targets.contains(&placement.group))
        .collect();
    for group in targets.iter().copied().filter(|group| *group != COORDINATOR_GROUP) {
        let table = create::create_shard(backend, oid, shard, group)?;
        let id = sequence::next_value(backend, sequence::PLACEMENT_ID)?;
        let placement = Placement {
            id,
            shard,
            group,
            table,
        };
        rows::fill_placement(backend, placement, &chunks)?;
        placements.push(placement);
    }
    metadata::update(backend, |metadata| metadata.set_placements(shard, placements.clone()))?;
    for gone in before.into_iter().filter(|old| !targets.contains(&old.group)) {
        drop::drop_placement(backend, gone)?;
    }
    create::recreate_foreign_keys(backend, oid)
}
