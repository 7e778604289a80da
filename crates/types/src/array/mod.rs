//! Arrays of any element type, with dimensions and lower bounds.
//!
//! [`text`]: from and to text; [`subscript`]: elements and slices, read and assigned; [`combine`]: append,
//! concatenate, stack; [`search`]: positions, containment, replacement.

pub mod combine;
pub mod search;
pub mod subscript;
pub mod text;

use crate::{Datum, Error, Oid, Result, SqlState};

/// `MAXDIM`
pub const MAX_DIMENSIONS: usize = 6;
/// `MaxArraySize`: the most elements an array can have.
pub const MAX_ELEMENTS: usize = 134_217_727;

/// Elements that fit into the memory of a browser's tab beside everything else.
const AFFORDABLE_ELEMENTS: usize = 1 << 24;

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

    pub fn empty(element: Oid) -> ArrayValue {
        ArrayValue::vector(element, Vec::new())
    }

    /// `array_upper`: the last subscript of a dimension, counted from 1.
    pub fn upper(&self, dimension: i32) -> Option<i32> {
        let (length, lower) = self.dimension(dimension)?;
        Some(last_subscript(length, lower))
    }

    /// Length and lower bound of a dimension, counted from 1.
    pub fn dimension(&self, dimension: i32) -> Option<(usize, i32)> {
        let index = usize::try_from(dimension).ok()?.checked_sub(1)?;
        self.dims.get(index).copied()
    }

    /// `array_dims`: `[1:2][1:3]`.
    pub fn dims_text(&self) -> String {
        let bounds = |&(length, lower): &(usize, i32)| format!("[{lower}:{}]", last_subscript(length, lower));
        self.dims.iter().map(bounds).collect()
    }
}

fn last_subscript(length: usize, lower: i32) -> i32 {
    let length = i32::try_from(length).unwrap_or(i32::MAX);
    lower.saturating_add(length).saturating_sub(1)
}

/// The product of the lengths, if an array can be so large.
fn checked_size(lengths: impl IntoIterator<Item = usize>) -> Result<usize> {
    let size = lengths
        .into_iter()
        .try_fold(1_usize, |size, length| size.checked_mul(length))
        .filter(|&size| size <= MAX_ELEMENTS)
        .ok_or_else(too_large)?;
    if size > AFFORDABLE_ELEMENTS {
        let bytes = size.saturating_mul(8);
        return Err(
            Error::new(SqlState::OUT_OF_MEMORY, "out of memory").detail(format!("Failed on request of size {bytes}."))
        );
    }
    Ok(size)
}

fn too_large() -> Error {
    Error::new(
        SqlState::PROGRAM_LIMIT_EXCEEDED,
        format!("array size exceeds the maximum allowed ({MAX_ELEMENTS})"),
    )
}

fn too_many_dimensions(dimensions: usize) -> Error {
    Error::new(
        SqlState::PROGRAM_LIMIT_EXCEEDED,
        format!("number of array dimensions ({dimensions}) exceeds the maximum allowed ({MAX_DIMENSIONS})"),
    )
}

fn subscript_error(message: &str) -> Error {
    Error::new(SqlState::ARRAY_SUBSCRIPT_ERROR, message)
}
