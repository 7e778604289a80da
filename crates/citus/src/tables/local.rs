//! Local tables in the metadata, so that every node can query them and reference tables can be joined to them
//! by foreign keys (Citus local tables).

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::{Persistence, RelationKind, well_known};
use kumquat_postgres::storage::Heap;
use kumquat_types::{Error, Oid, Result};

use super::checks::{self, error, unsupported};
use super::{create, partitions, sequences};
use crate::ddl;
use crate::foreign_keys::{conversion, graph, has_external_keys};
use crate::metadata::node::COORDINATOR_GROUP;
use crate::metadata::{self, DistributedTable, PartitionMethod, ReplicationModel, ShardId, TableType, sequence};
use crate::shards::create::create_foreign_keys;
use crate::shards::mirror;
use crate::shards::names::{qualified_name, relation_name};

/// Adds a table to the metadata, with those that hang on it by foreign keys if asked to
/// (`CreateCitusLocalTable`).
pub fn add_to_metadata(
    backend: &mut Backend<'_>,
    oid: Oid,
    via_foreign_keys: bool,
    auto_converted: bool,
) -> Result<()> {
    metadata::ensure_coordinator(backend)?;
    metadata::node::ensure_any_node(backend)?;
    let relation = checks::relation(backend, oid)?;
    checks::ensure_owner(backend, &relation)?;
    if !auto_converted && metadata::of(backend)?.table_type(oid) == Some(TableType::CitusLocal) {
        return conversion::set_auto_converted(backend, &[oid], false);
    }
    ensure_supported(backend, oid)?;
    ddl::policy::check_policies(&relation)?;
    ensure_coordinator_keeps_shards(backend)?;
    let name = qualified_name(backend.catalog()?, oid);
    if auto_converted {
        backend.notice(auto_conversion_notice(&name));
    }
    if has_external_keys(backend, oid)? {
        if !via_foreign_keys {
            let message = format!("relation {name} is involved in a foreign key relationship with another table");
            return Err(unsupported(message).hint(format!(
                "Use cascade_via_foreign_keys option to add all the relations involved in a foreign key relationship \
                 with {name} to citus metadata by executing SELECT citus_add_local_table_to_metadata($${name}$$, \
                 cascade_via_foreign_keys=>true)"
            )));
        }
        let connected = graph::connected_tables(backend.catalog()?, oid);
        return conversion::cascade(
            backend,
            &connected,
            conversion::Cascade::AddToMetadata { auto_converted },
        );
    }
    let mut family = partitions::partitions_of(backend, oid)?;
    family.push(oid);
    conversion::ensure_can_cascade(backend, &family, conversion::Cascade::AddToMetadata { auto_converted })?;
    // Partitions get the first ids, though their shards are made when that of the parent is there.
    let mut numbered = Vec::new();
    for table in family {
        numbered.push((table, sequence::next_value(backend, sequence::SHARD_ID)?));
    }
    numbered
        .into_iter()
        .rev()
        .try_for_each(|(table, shard)| convert_to_shard(backend, table, shard, auto_converted))
}

/// `ErrorIfCoordinatorNotAddedAsWorkerNode`
fn ensure_coordinator_keeps_shards(backend: &Backend<'_>) -> Result<()> {
    match metadata::of(backend)?.coordinator() {
        Some(_) => Ok(()),
        None => Err(
            error("operation is not allowed when coordinator is not added into metadata").hint(
                "Use \"SELECT citus_set_coordinator_host('<hostname>', '<port>')\" to configure the coordinator \
                 hostname and port",
            ),
        ),
    }
}

fn auto_conversion_notice(name: &str) -> Error {
    Error::notice(
        "local tables that are added to metadata automatically by citus, but not chained with reference tables via \
         foreign keys might be automatically converted back to postgres tables",
    )
    .hint(format!(
        "Executing citus_add_local_table_to_metadata($${name}$$) prevents this for the given relation, and all of the \
         connected relations"
    ))
}

fn ensure_supported(backend: &Backend<'_>, oid: Oid) -> Result<()> {
    let relation = checks::relation(backend, oid)?;
    let name = &relation.name;
    if relation.schema == well_known::PG_CATALOG {
        return Err(unsupported("cannot create a citus table from a catalog table"));
    }
    let inherits = !relation.is_partition() && !relation.parents.is_empty();
    let inherited = relation.kind == RelationKind::Table && backend.catalog()?.children_of(oid).next().is_some();
    if inherits || inherited {
        return Err(unsupported(format!(
            "cannot add local table \"{name}\" to metadata, local tables added to metadata cannot be involved in \
             inheritance relationships"
        )));
    }
    if !matches!(
        relation.kind,
        RelationKind::Table | RelationKind::PartitionedTable | RelationKind::ForeignTable
    ) {
        return Err(unsupported(format!(
            "cannot add local table \"{name}\" to metadata, only regular tables, partitioned tables and foreign \
             tables can be added to citus metadata "
        )));
    }
    if relation.persistence == Persistence::Temporary {
        return Err(unsupported(
            "constraints on temporary tables may reference only temporary tables",
        ));
    }
    if metadata::of(backend)?.is_citus_table(oid) {
        return Err(checks::already_distributed(&relation));
    }
    if let (true, Some(parent)) = (relation.is_partition(), relation.parents.first()) {
        let parent = relation_name(backend.catalog()?, *parent);
        return Err(error(format!(
            "cannot add local table {name} to metadata since it is a partition of {parent}. Instead, add the parent \
             table {parent} to metadata."
        )));
    }
    Ok(())
}

/// Makes the table's rows those of its one shard on the coordinator.
pub fn convert(backend: &mut Backend<'_>, oid: Oid, auto_converted: bool) -> Result<()> {
    let shard = sequence::next_value(backend, sequence::SHARD_ID)?;
    convert_to_shard(backend, oid, shard, auto_converted)
}

fn convert_to_shard(backend: &mut Backend<'_>, oid: Oid, shard: ShardId, auto_converted: bool) -> Result<()> {
    sequences::fit_types(backend, oid)?;
    ddl::dependencies::ensure_on_all_nodes(backend, oid)?;
    let table = DistributedTable {
        relation: oid,
        method: PartitionMethod::None,
        column: None,
        colocation_id: 0,
        replication_model: ReplicationModel::Streaming,
        auto_converted,
    };
    create::insert_table(backend, table)?;
    create::add_shard_as(backend, oid, shard, None, &[COORDINATOR_GROUP])?;
    move_rows_to_shard(backend, oid)?;
    mirror::mirror_relation(backend, oid)?;
    create_foreign_keys(backend, oid)
}

fn move_rows_to_shard(backend: &mut Backend<'_>, oid: Oid) -> Result<()> {
    let metadata = metadata::of(backend)?;
    let placement = metadata
        .shards_of(oid)
        .first()
        .and_then(|shard| metadata.placements_of(*shard).first().copied());
    let Some(placement) = placement else { return Ok(()) };
    let heaps = &mut backend.database_mut()?.heaps;
    if let Some(heap) = heaps.get(&oid).cloned() {
        let mut rows = (*heap).clone();
        rows.indexes = Default::default();
        heaps.insert(placement.table, Arc::new(rows));
        heaps.insert(oid, Arc::new(Heap::default()));
    }
    Ok(())
}
