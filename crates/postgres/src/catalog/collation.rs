//! Collations (pg_collation). All of them sort by bytes here, as the database's own, `C.UTF-8`, does.

use kumquat_types::{Error, Oid, Result};

/// Oid and name. `default` is kept as oid 0 in attributes.
pub const COLLATIONS: [(Oid, &str); 5] = [
    (Oid(100), "default"),
    (Oid(950), "C"),
    (Oid(951), "POSIX"),
    (Oid(12_340), "ucs_basic"),
    (Oid(12_341), "C.utf8"),
];

pub fn collation_name(oid: Oid) -> Option<&'static str> {
    let found = COLLATIONS.iter().find(|(known, _)| *known == oid);
    found.map(|(_, name)| *name)
}

/// The collation a name means: 0 for the default one, `None` if there is none of the name.
pub fn find(name: &[String]) -> Result<Option<Oid>> {
    let bare = match name {
        [schema, bare] if schema == "pg_catalog" => bare,
        [bare] => bare,
        _ => return Ok(None),
    };
    if let Some((oid, _)) = COLLATIONS.iter().find(|(_, known)| known == bare) {
        return Ok(Some(if oid.0 == 100 { Oid::INVALID } else { *oid }));
    }
    if bare.ends_with("-x-icu") || bare == "unicode" {
        return Err(Error::not_modelled(format!("the ICU collation \"{bare}\"")));
    }
    Ok(None)
}

pub fn collation_by_name(name: &str) -> Option<Oid> {
    COLLATIONS.iter().find(|(_, known)| *known == name).map(|(oid, _)| *oid)
}
