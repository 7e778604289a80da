//! undistribute_table, alter_distributed_table, update_distributed_table_colocation,
//! alter_table_set_access_method.

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::RelationKind;
use kumquat_types::{Datum, Error, Oid, Result, SqlState};

use super::Arguments;
use crate::columnar;
use crate::metadata;
use crate::shards::mirror;
use crate::shards::names::qualified_name;
use crate::tables::alter::{self, Cascade, Change};
use crate::tables::checks::{self, error};
use crate::tables::undistribute;

/// undistribute_table(table_name, cascade_via_foreign_keys)
pub fn undistribute_table(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    if let (Some(relation), Some(cascade)) = (args.oid(0), args.bool(1)) {
        let options = undistribute::Options {
            cascade_via_foreign_keys: cascade,
            ..Default::default()
        };
        undistribute::undistribute(backend, relation, options)?;
    }
    Ok(Datum::Void)
}

/// alter_distributed_table(table_name, distribution_column, shard_count, colocate_with, cascade_to_colocated)
pub fn alter_distributed_table(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    let Some(relation) = args.oid(0) else {
        return Ok(Datum::Void);
    };
    let change = Change {
        distribution_column: args.text(1).map(str::to_string),
        shard_count: args.int4(2),
        colocate_with: args.text(3).map(str::to_string),
        cascade: match args.bool(4) {
            None => Cascade::Unspecified,
            Some(true) => Cascade::Yes,
            Some(false) => Cascade::No,
        },
    };
    alter::alter(backend, relation, change)?;
    Ok(Datum::Void)
}

/// update_distributed_table_colocation(table_name, colocate_with)
pub fn update_colocation(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    if let (Some(relation), Some(colocate_with)) = (args.oid(0), args.text(1)) {
        alter::update_colocation(backend, relation, colocate_with)?;
    }
    Ok(Datum::Void)
}

/// alter_table_set_access_method(table_name, access_method): heap or columnar.
pub fn alter_table_set_access_method(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    let (Some(oid), Some(method)) = (args.oid(0), args.text(1)) else {
        return Ok(Datum::Void);
    };
    convert_access_method(backend, oid, method)?;
    Ok(Datum::Void)
}

/// Makes a table's rows those of another access method, in a new table as the notices tell it.
pub fn convert_access_method(backend: &mut Backend<'_>, oid: Oid, method: &str) -> Result<()> {
    let relation = checks::relation(backend, oid)?;
    checks::ensure_owner(backend, &relation)?;
    let is_citus_table = metadata::of(backend)?.is_citus_table(oid);
    if is_citus_table {
        metadata::ensure_coordinator(backend)?;
    }
    let refused = |what: &str| {
        error(format!(
            "cannot complete operation because table {} {what}",
            relation.name
        ))
    };
    let catalog = backend.catalog()?;
    if catalog
        .constraints_of(oid)
        .any(|key| crate::foreign_keys::foreign_key(key).is_some())
    {
        return Err(refused("has a foreign key"));
    }
    if catalog.constraints_referencing(oid).next().is_some() {
        return Err(refused("is referenced by a foreign key"));
    }
    match relation.kind {
        RelationKind::PartitionedTable => {
            return Err(error("you cannot alter access method of a partitioned table"));
        }
        RelationKind::View => return Err(error("you cannot alter access method of a view")),
        _ => {}
    }
    ensure_access_method(backend, method)?;
    let name = qualified_name(backend.catalog()?, oid);
    if &*relation.access_method == method {
        return Err(error(format!("the access method of {name} is already {method}")));
    }
    for step in [
        "creating a new table for",
        "moving the data of",
        "dropping the old",
        "renaming the new table to",
    ] {
        backend.notice(Error::notice(format!("{step} {name}")));
    }
    set_access_method(backend, oid, method)?;
    columnar::after_utility(backend)
}

fn ensure_access_method(backend: &Backend<'_>, method: &str) -> Result<()> {
    let known = match method {
        "heap" => true,
        "columnar" => backend.catalog()?.extensions.contains_key("citus_columnar"),
        _ => false,
    };
    match known {
        true => Ok(()),
        false => Err(Error::new(
            SqlState::UNDEFINED_OBJECT,
            format!("access method \"{method}\" does not exist"),
        )),
    }
}

/// Sets the access method of a table, of its shards and of its shell tables.
fn set_access_method(backend: &mut Backend<'_>, oid: Oid, method: &str) -> Result<()> {
    let change = |backend: &mut Backend<'_>, oid| {
        let catalog = backend.catalog_mut()?;
        if let Some(found) = catalog.relation(oid).cloned() {
            let mut relation = (*found).clone();
            relation.access_method = method.into();
            catalog.put_relation(relation);
        }
        Ok(())
    };
    change(backend, oid)?;
    let metadata = metadata::of(backend)?.clone();
    if !metadata.is_citus_table(oid) {
        return Ok(());
    }
    for shard in metadata.shards_of(oid) {
        for placement in metadata.placements_of(*shard) {
            let Some(node) = metadata.primary_of_group(placement.group) else {
                continue;
            };
            let connection = crate::connection::Connection::open(backend, node.id)?;
            connection.run(backend, |remote| change(remote, placement.table))?;
        }
    }
    mirror::mirror_relation(backend, oid)
}
