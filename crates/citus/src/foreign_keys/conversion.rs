//! Local tables that follow a foreign key into the metadata, and leave it when the key is gone.

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::{Constraint, RelationKind};
use kumquat_types::{Error, Oid, Result};

use super::{OtherEnd, graph, referenced_keys, referencing_keys, remove_key, restore_key};
use crate::metadata::{self, TableType};
use crate::session;
use crate::settings;
use crate::shards::names::{qualified_name, relation_name};
use crate::tables::checks::{error, unsupported};
use crate::tables::partitions::partitions_of;
use crate::tables::{local, undistribute};
use crate::transaction::access;

/// What is done with each of the tables that hang together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cascade {
    Undistribute,
    AddToMetadata { auto_converted: bool },
}

/// Takes all keys of the tables away, does something with each of them, and puts the keys back
/// (`CascadeOperationForRelationIdList`).
pub fn cascade(backend: &mut Backend<'_>, relations: &[Oid], operation: Cascade) -> Result<()> {
    ensure_can_cascade(backend, relations, operation)?;
    let mut keys: Vec<Arc<Constraint>> = Vec::new();
    for relation in relations {
        keys.extend(referencing_keys(backend, *relation, OtherEnd::Any)?);
    }
    let inherited = |key: &&Arc<Constraint>| key.parent.is_valid();
    let (inherited, own): (Vec<_>, Vec<_>) = keys.iter().partition(inherited);
    for key in own.iter().chain(&inherited) {
        remove_key(backend, key)?;
    }
    for relation in relations {
        let table_type = metadata::of(backend)?.table_type(*relation);
        match operation {
            Cascade::Undistribute if table_type.is_some() => {
                undistribute::undistribute(backend, *relation, undistribute::Options::default())?
            }
            Cascade::AddToMetadata { auto_converted } if table_type.is_none() => {
                local::add_to_metadata(backend, *relation, false, auto_converted)?;
            }
            _ => {}
        }
    }
    for key in own.into_iter().chain(inherited) {
        restore_key(backend, (**key).clone())?;
    }
    Ok(())
}

/// What stands in the way of a cascade: partitions that are partitioned, keys of a partition's own, parallel accesses
/// earlier in the transaction.
pub fn ensure_can_cascade(backend: &mut Backend<'_>, relations: &[Oid], operation: Cascade) -> Result<()> {
    if matches!(operation, Cascade::AddToMetadata { .. }) {
        for relation in relations {
            refuse_multi_level(backend, *relation)?;
        }
    }
    ensure_partitions_inherit_keys(backend, relations)?;
    let metadata = metadata::of(backend)?;
    let has_reference = relations
        .iter()
        .any(|relation| metadata.table_type(*relation) == Some(TableType::Reference));
    match has_reference {
        true => access::ensure_sequential_for_cascade(backend),
        false => Ok(()),
    }
}

/// `ErrorIfConvertingMultiLevelPartitionedTable`
fn refuse_multi_level(backend: &Backend<'_>, relation: Oid) -> Result<()> {
    let catalog = backend.catalog()?;
    let found = catalog
        .relation(relation)
        .filter(|found| found.kind == RelationKind::PartitionedTable && found.is_partition());
    match found {
        Some(found) => Err(
            unsupported("Citus does not support multi-level partitioned tables").detail(format!(
                "Relation \"{}\" is partitioned table itself so cannot be partition of relation \"{}\".",
                found.name,
                relation_name(catalog, found.parents.first().copied().unwrap_or_default())
            )),
        ),
        None => Ok(()),
    }
}

/// Partitions may have the keys of their parent only (`ErrorIfAnyPartitionRelationInvolvedInNonInheritedFKey`).
pub fn ensure_partitions_inherit_keys(backend: &Backend<'_>, relations: &[Oid]) -> Result<()> {
    let catalog = backend.catalog()?;
    for relation in relations {
        if !catalog.relation(*relation).is_some_and(|found| found.is_partition()) {
            continue;
        }
        let mut keys = referencing_keys(backend, *relation, OtherEnd::Any)?;
        keys.extend(referenced_keys(backend, *relation, OtherEnd::Any)?);
        if keys.iter().any(|key| !key.parent.is_valid()) {
            return Err(error(format!(
                "cannot cascade operation via foreign keys as partition table {} involved in a foreign key \
                 relationship that is not inherited from its parent table",
                qualified_name(catalog, *relation)
            ))
            .hint("Remove non-inherited foreign keys from the partition table and try the operation again"));
        }
    }
    Ok(())
}

/// Local tables follow keys into the metadata (`ShouldEnableLocalReferenceForeignKeys`): there must be a coordinator
/// that can hold their shards.
pub fn is_enabled(backend: &Backend<'_>) -> Result<bool> {
    let metadata = metadata::of(backend)?;
    Ok(
        settings::is_on(backend, "citus.enable_local_reference_table_foreign_keys")
            && metadata.is_coordinator()
            && metadata.coordinator().is_some(),
    )
}

/// A new key between a local table and a reference or Citus local table: the local one, and all that hangs on
/// it, joins the metadata (`ConvertPostgresLocalTablesToCitusLocalTables`).
pub fn convert_ends(backend: &mut Backend<'_>, referencing: Oid, referenced: Oid) -> Result<()> {
    if !is_enabled(backend)? {
        return Ok(());
    }
    let metadata = metadata::of(backend)?;
    let kinds = [referencing, referenced].map(|relation| metadata.table_type(relation));
    let undistributed = |kind| matches!(kind, Some(TableType::Reference | TableType::CitusLocal));
    let mixed = match kinds {
        [None, other] | [other, None] => undistributed(other),
        _ => false,
    };
    if !mixed {
        return Ok(());
    }
    let by_user = [referencing, referenced].iter().any(|relation| {
        metadata
            .table(*relation)
            .is_some_and(|table| table.table_type() == TableType::CitusLocal && !table.auto_converted)
    });
    let mut ends = [referencing, referenced];
    ends.sort_unstable();
    for relation in ends {
        if metadata::of(backend)?.table_type(relation).is_none() {
            local::add_to_metadata(backend, relation, true, !by_user).map_err(conversion_failed)?;
        }
    }
    Ok(())
}

fn conversion_failed(mut error: Error) -> Error {
    error.detail = Some(
        "When adding a foreign key from a local table to a reference table, Citus applies a conversion to all the \
         local tables in the foreign key graph"
            .to_string(),
    );
    error
}

/// When a table that the user added is connected with one that Citus added, the latter stays, too.
pub fn mark_not_auto_converted(backend: &mut Backend<'_>, referencing: Oid, referenced: Oid) -> Result<()> {
    let metadata = metadata::of(backend)?;
    let local = |relation| {
        metadata
            .table(relation)
            .filter(|table| table.table_type() == TableType::CitusLocal)
    };
    let (Some(from), Some(to)) = (local(referencing), local(referenced)) else {
        return Ok(());
    };
    if from.auto_converted == to.auto_converted {
        return Ok(());
    }
    set_auto_converted(backend, &[referencing, referenced], false)
}

/// Marks all Citus local tables connected with these.
pub fn set_auto_converted(backend: &mut Backend<'_>, relations: &[Oid], auto_converted: bool) -> Result<()> {
    let catalog = backend.catalog()?;
    let mut connected: Vec<Oid> = relations.to_vec();
    for relation in relations {
        connected.extend(graph::connected_tables(catalog, *relation));
    }
    for relation in connected.clone() {
        connected.extend(partitions_of(backend, relation)?);
    }
    metadata::update(backend, |metadata| {
        for relation in connected {
            if let Some(table) = metadata.tables.get_mut(&relation)
                && table.table_type() == TableType::CitusLocal
            {
                table.auto_converted = auto_converted;
            }
        }
    })
}

/// Removes tables from the metadata that were added because of a key and hang together with no reference table
/// any more (`UndistributeDisconnectedCitusLocalTables`).
pub fn undistribute_disconnected(backend: &mut Backend<'_>) -> Result<()> {
    let candidates: Vec<Oid> = metadata::of(backend)?
        .tables
        .values()
        .filter(|table| table.table_type() == TableType::CitusLocal && table.auto_converted)
        .map(|table| table.relation)
        .collect();
    for relation in candidates {
        let catalog = backend.catalog()?;
        let Some(found) = catalog.relation(relation) else {
            continue;
        };
        let metadata = metadata::of(backend)?;
        if found.is_partition() || !metadata.is_citus_table(relation) {
            continue;
        }
        let connected = graph::connected_tables(catalog, relation);
        let has_reference = connected
            .iter()
            .any(|other| metadata.table_type(*other) == Some(TableType::Reference));
        if has_reference {
            continue;
        }
        let name = qualified_name(catalog, relation);
        backend.notice(Error::notice(format!(
            "removing table {name} from metadata as it is not connected to any reference tables via foreign keys"
        )));
        let options = undistribute::Options {
            cascade_via_foreign_keys: true,
            suppress_notices: true,
            ..Default::default()
        };
        undistribute::undistribute(backend, relation, options)?;
    }
    Ok(())
}

/// Runs a conversion during which no table leaves the metadata by itself.
pub fn during_conversion<R>(backend: &mut Backend<'_>, run: impl FnOnce(&mut Backend<'_>) -> R) -> R {
    session::update(backend, |state| {
        state.conversion_depth = state.conversion_depth.saturating_add(1)
    });
    let result = run(backend);
    session::update(backend, |state| {
        state.conversion_depth = state.conversion_depth.saturating_sub(1)
    });
    result
}
