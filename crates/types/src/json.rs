//! jsonb values: objects with sorted, unique keys; numbers as numeric.

use std::sync::Arc;

use crate::Numeric;

#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    Number(Arc<Numeric>),
    String(Arc<str>),
    Array(Vec<Json>),
    /// Sorted as jsonb sorts: by length in bytes, then bytewise.
    Object(Vec<(Arc<str>, Json)>),
}
