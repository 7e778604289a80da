//! Names of shards, and of their constraints and indexes.

use kumquat_postgres::catalog::Catalog;
use kumquat_types::{Oid, hash};

use crate::metadata::ShardId;

/// The longest name in bytes (`NAMEDATALEN` - 1).
const MAX_NAME: usize = 63;
/// An underscore and eight hexadecimal digits.
const HASH_LENGTH: usize = 9;

/// `name_shardid`; a name that would be too long is cut and gets its hash (`AppendShardIdToName`).
pub fn shard_name(name: &str, shard: ShardId) -> String {
    let suffix = format!("_{shard}");
    if name.len() + suffix.len() <= MAX_NAME {
        return format!("{name}{suffix}");
    }
    let hash = hash::hash_bytes(name.as_bytes());
    let room = MAX_NAME.saturating_sub(suffix.len() + HASH_LENGTH);
    let cut = (0..=room.min(name.len())).rev().find(|at| name.is_char_boundary(*at));
    let head = name.get(..cut.unwrap_or(0)).unwrap_or_default();
    format!("{head}_{hash:08x}{suffix}")
}

/// The shard id at the end of a name, if there is one.
pub fn shard_id_of_name(name: &str) -> Option<ShardId> {
    let (_, digits) = name.rsplit_once('_')?;
    digits.parse().ok()
}

/// A relation's name with its schema, quoted where needed (`generate_qualified_relation_name`).
pub fn qualified_name(catalog: &Catalog, relation: Oid) -> String {
    let Some(found) = catalog.relation(relation) else {
        return relation.to_string();
    };
    qualified(catalog, found.schema, &found.name)
}

/// A name in a schema, both quoted where needed.
pub fn qualified(catalog: &Catalog, schema: Oid, name: &str) -> String {
    let schema = catalog.schemas.get(&schema).map(|schema| schema.name.clone());
    format!(
        "{}.{}",
        quote_identifier(&schema.unwrap_or_default()),
        quote_identifier(name)
    )
}

/// The name of a relation without its schema.
pub fn relation_name(catalog: &Catalog, relation: Oid) -> String {
    catalog
        .relation(relation)
        .map(|found| found.name.to_string())
        .unwrap_or_default()
}

pub use kumquat_postgres::catalog::quote::quote_identifier;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_and_hashed() {
        assert_eq!(shard_name("events", 102_008), "events_102008");
        let long = "a".repeat(63);
        let name = shard_name(&long, 102_008);
        assert_eq!(name.len(), MAX_NAME);
        assert!(name.starts_with("aaaa") && name.ends_with("_102008"));
        assert_eq!(shard_id_of_name(&name), Some(102_008));
    }
}
