//! ALTER TABLE.

pub mod column;
pub mod not_null;

use kumquat_types::Result;

use super::undefined_column;
use crate::catalog::{Attribute, Relation};

/// The column of that name.
pub fn live_column<'a>(relation: &'a Relation, name: &str) -> Result<&'a Attribute> {
    relation
        .attribute_by_name(name)
        .ok_or_else(|| undefined_column(name, &relation.name))
}
