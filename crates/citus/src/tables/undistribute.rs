//! Back from a Citus table to a local table, with its rows.

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::{ObjectAddress, ObjectClass, RelationKind};
use kumquat_postgres::storage::Heap;
use kumquat_types::{Error, Oid, Result};

use super::checks::{self, error, unsupported};
use super::{partitions, tenant};
use crate::ddl::dependencies::relations_needed_by;
use crate::foreign_keys::{self, OtherEnd, conversion, graph};
use crate::metadata::{self, TableType};
use crate::shards::names::{qualified_name, relation_name};
use crate::shards::{drop, mirror, rows};

#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    pub cascade_via_foreign_keys: bool,
    pub suppress_notices: bool,
    /// The table's schema is being undistributed.
    pub bypass_tenant_check: bool,
    /// Its partitioned table is being converted.
    pub as_partition: bool,
}

/// Makes a local table of a Citus table (`UndistributeTable`).
pub fn undistribute(backend: &mut Backend<'_>, oid: Oid, options: Options) -> Result<()> {
    metadata::ensure_coordinator(backend)?;
    let relation = checks::relation(backend, oid)?;
    checks::ensure_owner(backend, &relation)?;
    let Some(table_type) = metadata::of(backend)?.table_type(oid) else {
        return Err(error("cannot undistribute table because the table is not distributed"));
    };
    if !options.bypass_tenant_check {
        tenant::ensure_undistribute_is_safe(backend, oid, "undistribute_table")?;
    }
    if !options.cascade_via_foreign_keys {
        ensure_no_keys(backend, oid)?;
    }
    if !options.as_partition {
        ensure_not_partition(backend, oid)?;
    }
    conversion::ensure_partitions_inherit_keys(backend, &partitions::partitions_of(backend, oid)?)?;
    ensure_no_identity(backend, oid)?;
    conversion::during_conversion(backend, |backend| {
        let connected = graph::connected_tables(backend.catalog()?, oid);
        if options.cascade_via_foreign_keys && !connected.is_empty() {
            return conversion::cascade(backend, &connected, conversion::Cascade::Undistribute);
        }
        convert(backend, oid, table_type, options)
    })
}

fn convert(backend: &mut Backend<'_>, oid: Oid, table_type: TableType, options: Options) -> Result<()> {
    let name = qualified_name(backend.catalog()?, oid);
    let notice = |backend: &mut Backend<'_>, message: String| {
        if !options.suppress_notices {
            backend.notice(Error::notice(message));
        }
    };
    let is_partitioned = checks::relation(backend, oid)?.kind == RelationKind::PartitionedTable;
    if is_partitioned {
        notice(backend, format!("converting the partitions of {name}"));
        for partition in partitions::partitions_of(backend, oid)? {
            let options = Options {
                as_partition: true,
                ..options
            };
            undistribute(backend, partition, options)?;
        }
    }
    notice(backend, format!("creating a new table for {name}"));
    if !is_partitioned {
        notice(backend, format!("moving the data of {name}"));
        bring_rows_back(backend, oid, table_type)?;
    }
    notice(backend, format!("dropping the old {name}"));
    if !options.suppress_notices {
        tell_dropped_views(backend, oid)?;
    }
    notice(backend, format!("renaming the new table to {name}"));
    drop::drop_shards(backend, oid)?;
    mirror::unmirror_relation(backend, oid)?;
    drop::forget_table(backend, oid)
}

/// Citus drops the old table with the views on it, which it makes again on the new one.
pub fn tell_dropped_views(backend: &mut Backend<'_>, oid: Oid) -> Result<()> {
    let catalog = backend.catalog()?;
    let mut found = vec![oid];
    let mut at = 0;
    while let Some(needed) = found.get(at).copied() {
        at = at.saturating_add(1);
        let views = catalog.relations.values().filter(|relation| {
            matches!(relation.kind, RelationKind::View | RelationKind::MaterializedView)
                && !found.contains(&relation.oid)
                && relations_needed_by(catalog, relation.oid).contains(&needed)
        });
        let views: Vec<Oid> = views.map(|view| view.oid).collect();
        found.extend(views);
    }
    let lines: Vec<String> = found
        .iter()
        .skip(1)
        .map(|view| backend.describe_object(ObjectAddress::new(ObjectClass::Relation, *view)))
        .map(|view| format!("drop cascades to {view}"))
        .collect();
    match lines.as_slice() {
        [] => {}
        [line] => backend.notice(Error::notice(line.clone())),
        lines => {
            let notice = Error::notice(format!("drop cascades to {} other objects", lines.len()));
            backend.notice(notice.detail(lines.join("\n")));
        }
    }
    Ok(())
}

/// The rows of all shards become those of the table on the coordinator, if its disk has room for them.
fn bring_rows_back(backend: &mut Backend<'_>, oid: Oid, table_type: TableType) -> Result<()> {
    let chunks = rows::read_all(backend, oid)?;
    let heap = Heap::from_chunks(chunks);
    if table_type != TableType::CitusLocal {
        crate::disk::ensure_room(backend, backend.server_id(), oid, heap.bytes)?;
    }
    backend.database_mut()?.heaps.insert(oid, Arc::new(heap));
    Ok(())
}

fn ensure_no_keys(backend: &Backend<'_>, oid: Oid) -> Result<()> {
    let catalog = backend.catalog()?;
    let (name, qualified) = (relation_name(catalog, oid), qualified_name(catalog, oid));
    let refused = |what: &str| {
        Err(
            error(format!("cannot complete operation because table {name} {what}")).hint(format!(
                "Use cascade option to undistribute all the relations involved in a foreign key relationship with \
                 {qualified} by executing SELECT undistribute_table($${qualified}$$, cascade_via_foreign_keys=>true)"
            )),
        )
    };
    let inherited = |key: &Arc<kumquat_postgres::catalog::Constraint>| key.parent.is_valid();
    if foreign_keys::referencing_keys(backend, oid, OtherEnd::Any)?
        .iter()
        .any(|key| !inherited(key))
    {
        return refused("has a foreign key");
    }
    if !foreign_keys::referenced_keys(backend, oid, OtherEnd::Any)?.is_empty() {
        return refused("is referenced by a foreign key");
    }
    Ok(())
}

/// Partitions are converted with their parent (`EnsureTableNotPartition`).
pub fn ensure_not_partition(backend: &Backend<'_>, oid: Oid) -> Result<()> {
    let relation = checks::relation(backend, oid)?;
    match (relation.is_partition(), relation.parents.first()) {
        (true, Some(parent)) => {
            let parent = relation_name(backend.catalog()?, *parent);
            Err(error("cannot complete operation because table is a partition")
                .hint(format!("the parent table is \"{parent}\"")))
        }
        _ => Ok(()),
    }
}

/// Sequences of identity columns cannot be kept in step (`ErrorIfTableHasIdentityColumn`).
pub fn ensure_no_identity(backend: &Backend<'_>, oid: Oid) -> Result<()> {
    let relation = checks::relation(backend, oid)?;
    let has_identity = relation.live_attributes().any(|attribute| attribute.identity.is_some());
    match has_identity {
        true => Err(unsupported("cannot complete operation on a table with identity column")),
        false => Ok(()),
    }
}
