//! Tables that hang together through foreign keys.

use kumquat_postgres::catalog::Catalog;
use kumquat_types::Oid;

use super::foreign_key;

/// All tables connected with one through keys in either direction, itself first, then by distance
/// (`GetForeignKeyConnectedRelationIdList`). Empty if it has no keys.
pub fn connected_tables(catalog: &Catalog, relation: Oid) -> Vec<Oid> {
    let mut found = vec![relation];
    let mut next = 0;
    while let Some(current) = found.get(next).copied() {
        next += 1;
        for neighbour in neighbours(catalog, current) {
            if !found.contains(&neighbour) {
                found.push(neighbour);
            }
        }
    }
    match found.len() == 1 && neighbours(catalog, relation).is_empty() {
        true => Vec::new(),
        false => found,
    }
}

/// All tables that a table references, directly or through others, the nearest first.
pub fn referenced_tables(catalog: &Catalog, relation: Oid) -> Vec<Oid> {
    closure(relation, |table| referenced(catalog, table))
}

/// All tables that reference a table, directly or through others, the nearest first.
pub fn referencing_tables(catalog: &Catalog, relation: Oid) -> Vec<Oid> {
    closure(relation, |table| referencing(catalog, table))
}

fn closure(relation: Oid, next: impl Fn(Oid) -> Vec<Oid>) -> Vec<Oid> {
    let mut found = next(relation);
    let mut at = 0;
    while let Some(table) = found.get(at).copied() {
        at += 1;
        for other in next(table) {
            if !found.contains(&other) {
                found.push(other);
            }
        }
    }
    found.retain(|table| *table != relation);
    found
}

/// Tables that a table references, then those that reference it, each in order of oid.
fn neighbours(catalog: &Catalog, relation: Oid) -> Vec<Oid> {
    let mut tables = referenced(catalog, relation);
    tables.extend(referencing(catalog, relation));
    tables
}

fn referenced(catalog: &Catalog, relation: Oid) -> Vec<Oid> {
    let keys = catalog.constraints_of(relation);
    let mut tables: Vec<Oid> = keys
        .filter_map(|constraint| foreign_key(constraint).map(|key| key.referenced))
        .collect();
    tables.sort_unstable();
    tables
}

fn referencing(catalog: &Catalog, relation: Oid) -> Vec<Oid> {
    let keys = catalog.constraints_referencing(relation);
    let mut tables: Vec<Oid> = keys.map(|constraint| constraint.relation).collect();
    tables.sort_unstable();
    tables
}
