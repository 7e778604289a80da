//! Partitioned tables: partitions are distributed with their parent.

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::{Relation, RelationKind};
use kumquat_types::{Oid, Result};

use super::checks::{error, relation, unsupported};
use super::create::{self, Colocate, Distribution};
use super::{local, tenant};
use crate::metadata::{self, DistributedTable, Metadata, PartitionMethod, TableType};
use crate::settings;
use crate::shards::names::{qualified_name, relation_name};

/// The partitions of a table, in order of oid; none if it is not partitioned.
pub fn partitions_of(backend: &Backend<'_>, oid: Oid) -> Result<Vec<Oid>> {
    let catalog = backend.catalog()?;
    let is_partitioned = catalog
        .relation(oid)
        .is_some_and(|found| found.kind == RelationKind::PartitionedTable);
    match is_partitioned {
        true => Ok(catalog.children_of(oid).map(|child| child.oid).collect()),
        false => Ok(Vec::new()),
    }
}

/// What `EnsureRelationCanBeDistributed` asks of partitions and partitioned tables.
pub fn ensure_can_be_distributed(backend: &Backend<'_>, found: &Relation, table: &DistributedTable) -> Result<()> {
    let parent = found.parents.first().copied().filter(|_| found.is_partition());
    let name = &found.name;
    if let Some(parent) = parent
        && !metadata::of(backend)?.is_citus_table(parent)
    {
        let parent = relation_name(backend.catalog()?, parent);
        return Err(error(format!(
            "cannot distribute relation \"{name}\" which is partition of \"{parent}\""
        ))
        .detail("Citus does not support distributing partitions if their parent is not distributed table.")
        .hint(format!("Distribute the partitioned table \"{parent}\" instead.")));
    }
    if found.kind != RelationKind::PartitionedTable {
        return Ok(());
    }
    if table.method != PartitionMethod::Hash && table.table_type() != TableType::SingleShard {
        return Err(unsupported(
            "distributing partitioned tables in only supported for hash-distributed tables",
        ));
    }
    match parent {
        Some(parent) => Err(multi_level(backend, found, parent)?),
        None => Ok(()),
    }
}

fn multi_level(backend: &Backend<'_>, found: &Relation, parent: Oid) -> Result<kumquat_types::Error> {
    let parent = relation_name(backend.catalog()?, parent);
    Ok(
        unsupported("distributing multi-level partitioned tables is not supported").detail(format!(
            "Relation \"{}\" is partitioned table itself and it is also partition of relation \"{parent}\".",
            found.name
        )),
    )
}

/// A new partition of a Citus table becomes one itself, like its parent (`DistributePartitionUsingParent`).
pub fn distribute_like_parent(backend: &mut Backend<'_>, parent: Oid, partition: Oid) -> Result<()> {
    let schema = relation(backend, partition)?.schema;
    if metadata::of(backend)?.schemas.contains_key(&schema) {
        return tenant::create_tenant_table(backend, partition);
    }
    let Some(table) = metadata::of(backend)?.table(parent).cloned() else {
        return Ok(());
    };
    if table.table_type() == TableType::CitusLocal {
        let found = relation(backend, partition)?;
        if found.kind == RelationKind::PartitionedTable {
            return Err(multi_level(backend, &found, parent)?);
        }
        return local::convert(backend, partition, table.auto_converted);
    }
    let colocate = Colocate::With(qualified_name(backend.catalog()?, parent));
    let found = relation(backend, parent)?;
    let column = table.column.and_then(|number| found.attribute(number));
    let distribution = match column {
        None => Distribution::single_shard(colocate),
        Some(column) => Distribution {
            table_type: TableType::HashDistributed,
            column: Some(column.name.to_string()),
            shard_count: settings::integer(backend, "citus.shard_count"),
            shard_count_is_strict: false,
            colocate,
        },
    };
    create::create_citus_table(backend, partition, &distribution)
}

/// In a distributed schema, a partition stays with its parent (`ErrorIfIllegalPartitioningInTenantSchema`).
pub fn ensure_same_tenant(metadata: &Metadata, parent_schema: Oid, schema: Oid) -> Result<()> {
    let is_tenant = |schema: &Oid| metadata.schemas.contains_key(schema);
    match (is_tenant(&parent_schema) || is_tenant(&schema)) && parent_schema != schema {
        true => Err(error(
            "partitioning within a distributed schema is not supported when the parent and the child are in \
             different schemas",
        )),
        false => Ok(()),
    }
}

/// Before ATTACH PARTITION: a local table is distributed like its future parent; what does not fit is refused.
pub fn prepare_attach(backend: &mut Backend<'_>, parent: Oid, partition: Oid) -> Result<()> {
    let metadata = metadata::of(backend)?;
    let (parent_schema, schema) = (relation(backend, parent)?.schema, relation(backend, partition)?.schema);
    ensure_same_tenant(metadata, parent_schema, schema)?;
    let kinds = (metadata.table_type(parent), metadata.table_type(partition));
    if kinds.0.is_none() {
        return match kinds.1 {
            None => Ok(()),
            Some(_) => Err(
                error("non-citus partitioned tables cannot have citus table partitions").hint(format!(
                    "Distribute the partitioned table \"{}\" instead, or add it to metadata",
                    relation_name(backend.catalog()?, parent)
                )),
            ),
        };
    }
    let found = relation(backend, partition)?;
    if found.kind == RelationKind::PartitionedTable {
        return Err(
            unsupported("Citus doesn't support multi-level partitioned tables").detail(format!(
                "Relation \"{}\" is partitioned table itself and it is also partition of relation \"{}\".",
                found.name,
                relation_name(backend.catalog()?, parent)
            )),
        );
    }
    match kinds {
        (Some(TableType::CitusLocal), None) => {
            let auto_converted = metadata.table(parent).is_some_and(|table| table.auto_converted);
            local::add_to_metadata(backend, partition, false, auto_converted)
        }
        (_, Some(TableType::Reference)) => Err(error("partitioned reference tables are not supported")),
        (Some(TableType::CitusLocal), Some(TableType::CitusLocal)) => Ok(()),
        (Some(TableType::CitusLocal), Some(_)) => Err(error(
            "non-distributed partitioned tables cannot have distributed partitions",
        )),
        (_, None | Some(TableType::CitusLocal)) => distribute_like_parent(backend, parent, partition),
        _ => Ok(()),
    }
}
