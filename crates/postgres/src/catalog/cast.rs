//! Casts that CREATE CAST made (pg_cast).

use kumquat_types::{CastContext, CastMethod, Oid, find_cast};

use super::Catalog;

#[derive(Clone, Copy, Debug)]
pub struct UserCast {
    pub oid: Oid,
    pub source: Oid,
    pub target: Oid,
    pub method: CastMethod,
    pub context: CastContext,
}

impl Catalog {
    /// How one type is cast to another, and where that happens by itself.
    pub fn find_cast(&self, source: Oid, target: Oid) -> Option<(CastMethod, CastContext)> {
        match self.casts.get(&(source, target)) {
            Some(cast) => Some((cast.method, cast.context)),
            None => find_cast(source, target).map(|cast| (cast.method, cast.context)),
        }
    }

    /// A user-defined cast by its oid.
    pub fn cast(&self, oid: Oid) -> Option<&UserCast> {
        self.casts.values().find(|cast| cast.oid == oid)
    }
}
