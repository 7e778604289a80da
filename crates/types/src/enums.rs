//! Values of enum types.

use std::sync::Arc;

/// A label with what is needed to compare and print it on its own.
#[derive(Clone, Debug)]
pub struct EnumLabel {
    /// `pg_enum.oid`.
    pub oid: crate::Oid,
    /// `enumsortorder`: labels compare by it.
    pub sort_order: f32,
    pub label: Arc<str>,
}

impl PartialEq for EnumLabel {
    fn eq(&self, other: &EnumLabel) -> bool {
        self.oid == other.oid
    }
}
