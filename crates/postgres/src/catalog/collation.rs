//! The collations that are always there (pg_collation). All compare bytewise, as C.UTF-8 does.

use kumquat_types::Oid;

/// Oid and name; the first is that of a database without a word of its own.
pub const COLLATIONS: [(Oid, &str); 5] = [
    (Oid(100), "default"),
    (Oid(950), "C"),
    (Oid(951), "POSIX"),
    (Oid(12_340), "ucs_basic"),
    (Oid(12_341), "C.UTF-8"),
];

pub fn collation_name(oid: Oid) -> Option<&'static str> {
    COLLATIONS
        .iter()
        .find(|(found, _)| *found == oid)
        .map(|(_, name)| *name)
}

pub fn collation_by_name(name: &str) -> Option<Oid> {
    COLLATIONS.iter().find(|(_, found)| *found == name).map(|(oid, _)| *oid)
}
