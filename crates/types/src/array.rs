//! Arrays of any element type, with dimensions and lower bounds.

use crate::{Datum, Oid};

/// `'[0:1]={7,8}'::int[]` is `{element: INT4, dims: [(2, 0)], values: [7, 8]}`; an empty array has no dims.
#[derive(Clone, Debug)]
pub struct ArrayValue {
    pub element: Oid,
    /// Length and lower bound of each dimension.
    pub dims: Vec<(usize, i32)>,
    /// Row-major.
    pub values: Vec<Datum>,
}

impl ArrayValue {
    /// A one-dimensional array from 1.
    pub fn vector(element: Oid, values: Vec<Datum>) -> ArrayValue {
        let dims = if values.is_empty() {
            Vec::new()
        } else {
            vec![(values.len(), 1)]
        };
        ArrayValue { element, dims, values }
    }
}
