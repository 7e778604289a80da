//! `pg_partition_tree`, `pg_partition_ancestors`, `pg_partition_root`.

use kumquat_types::{Datum, Oid, Result};

use super::Arguments;
use crate::backend::Backend;
use crate::catalog::{Relation, RelationKind};
use crate::extension::FunctionCall;

pub fn call(backend: &mut Backend<'_>, name: &str, _: &FunctionCall<'_>, args: Arguments<'_>) -> Result<Option<Datum>> {
    if name != "pg_partition_root" {
        return Ok(None);
    }
    let root = path(backend, args.oid(0))?.last().copied();
    Ok(Some(root.map_or(Datum::Null, |oid| Datum::Oid(oid.0))))
}

/// Can be in a partition tree at all.
fn takes_part(relation: &Relation) -> bool {
    relation.is_partition()
        || matches!(
            relation.kind,
            RelationKind::PartitionedTable | RelationKind::PartitionedIndex
        )
        || relation.index.is_some() && !relation.parents.is_empty()
}

/// The relation and those above it, the root last; empty if it has to do with no partitioning.
fn path(backend: &Backend<'_>, oid: Oid) -> Result<Vec<Oid>> {
    let catalog = backend.catalog()?;
    let Some(relation) = catalog.relation(oid).filter(|relation| takes_part(relation)) else {
        return Ok(Vec::new());
    };
    let mut path = vec![relation.oid];
    let mut current = relation;
    while let Some(parent) = current.parents.first().and_then(|parent| catalog.relation(*parent)) {
        path.push(parent.oid);
        current = parent;
    }
    Ok(path)
}

pub fn ancestors(backend: &Backend<'_>, args: Arguments<'_>) -> Result<Vec<Vec<Datum>>> {
    let path = path(backend, args.oid(0))?;
    Ok(path.into_iter().map(|oid| vec![Datum::Oid(oid.0)]).collect())
}

/// Rows of relation, parent, whether it is a leaf, and its level.
pub fn tree(backend: &Backend<'_>, args: Arguments<'_>) -> Result<Vec<Vec<Datum>>> {
    let catalog = backend.catalog()?;
    let root = args.oid(0);
    let mut rows = Vec::new();
    if !catalog.relation(root).is_some_and(|relation| takes_part(relation)) {
        return Ok(rows);
    }
    let mut level = vec![root];
    let mut depth = 0;
    while !level.is_empty() {
        let mut next = Vec::new();
        for oid in level {
            let Some(relation) = catalog.relation(oid) else {
                continue;
            };
            let leaf = !matches!(
                relation.kind,
                RelationKind::PartitionedTable | RelationKind::PartitionedIndex
            );
            let parent = relation.parents.first();
            rows.push(vec![
                Datum::Oid(oid.0),
                parent.map_or(Datum::Null, |parent| Datum::Oid(parent.0)),
                leaf.into(),
                Datum::Int4(depth),
            ]);
            next.extend(catalog.children_of(oid).map(|child| child.oid));
        }
        level = next;
        depth += 1;
    }
    Ok(rows)
}
