//! truncate_local_data_after_distributing_table.

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::storage::Heap;
use kumquat_types::{Datum, Error, Oid, Result};

use super::Arguments;
use crate::foreign_keys::{OtherEnd, referenced_keys};
use crate::metadata::{self, TableType};
use crate::shards::names::relation_name;
use crate::tables::checks::{self, error};
use crate::tables::partitions;

/// Removes the rows that a table had on the coordinator before it was distributed, and those of the tables that
/// reference it.
pub fn truncate(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    let Some(relation) = args.oid(0) else {
        return Ok(Datum::Void);
    };
    metadata::ensure_coordinator(backend)?;
    let found = checks::relation(backend, relation)?;
    checks::ensure_owner(backend, &found)?;
    match metadata::of(backend)?.table_type(relation) {
        None => {
            return Err(error("supplied parameter is not a distributed relation")
                .detail("This UDF only truncates local records of distributed tables."));
        }
        Some(TableType::CitusLocal) => {
            return Err(error("supplied parameter is not a distributed relation")
                .detail("This UDF only truncates local records of distributed tables."));
        }
        Some(_) => {}
    }
    let local = referenced_keys(backend, relation, OtherEnd::Local)?;
    if let Some(key) = local.first() {
        let catalog = backend.catalog()?;
        let detail = format!(
            "Table \"{}\" references \"{}\"",
            relation_name(catalog, key.relation),
            found.name
        );
        return Err(
            error("cannot truncate a table referenced in a foreign key constraint by a local table").detail(detail),
        );
    }
    truncate_with_referencing(backend, relation)?;
    Ok(Datum::Void)
}

/// TRUNCATE ... CASCADE of what is on the coordinator.
fn truncate_with_referencing(backend: &mut Backend<'_>, relation: Oid) -> Result<()> {
    let mut found = vec![relation];
    let mut next = 0;
    while let Some(current) = found.get(next).copied() {
        next += 1;
        found.extend(partitions::partitions_of(backend, current)?);
        for key in referenced_keys(backend, current, OtherEnd::Any)? {
            if !found.contains(&key.relation) {
                found.push(key.relation);
                let name = relation_name(backend.catalog()?, key.relation);
                backend.notice(Error::notice(format!("truncate cascades to table \"{name}\"")));
            }
        }
    }
    let heaps = &mut backend.database_mut()?.heaps;
    for oid in found {
        if heaps.contains_key(&oid) {
            heaps.insert(oid, Arc::new(Heap::default()));
        }
    }
    Ok(())
}
