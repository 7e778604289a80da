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

/// Tables that a table references, then those that reference it, each in order of oid.
fn neighbours(catalog: &Catalog, relation: Oid) -> Vec<Oid> {
    let mut referenced: Vec<Oid> = catalog
        .constraints_of(relation)
        .filter_map(|constraint| foreign_key(constraint).map(|key| key.referenced))
        .collect();
    referenced.sort_unstable();
    let mut referencing: Vec<Oid> = catalog
        .constraints_referencing(relation)
        .map(|constraint| constraint.relation)
        .collect();
    referencing.sort_unstable();
    referenced.extend(referencing);
    referenced
}
