//! Making arrays of elements and other arrays.

use super::{ArrayValue, MAX_DIMENSIONS, checked_size, subscript_error, too_many_dimensions};
use crate::{Datum, Error, Oid, Result, SqlState};

/// Where `stack` is used from, which decides the wording of errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stacking {
    /// `ARRAY[a, b]` of arrays.
    Constructor,
    /// `array_agg(anyarray)`
    Aggregate,
}

fn integer_out_of_range() -> Error {
    Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "integer out of range")
}

fn incompatible(detail: String) -> Error {
    subscript_error("cannot concatenate incompatible arrays").detail(detail)
}

impl ArrayValue {
    fn needs_one_dimension(&self) -> Result<()> {
        if self.dims.len() <= 1 {
            return Ok(());
        }
        Err(Error::new(
            SqlState::DATA_EXCEPTION,
            "argument must be empty or one-dimensional array",
        ))
    }

    /// `array_append`
    pub fn append(&self, value: Datum) -> Result<ArrayValue> {
        self.needs_one_dimension()?;
        let (length, lower) = self.dimension(1).unwrap_or((0, 1));
        let added = i32::try_from(length).ok().and_then(|length| lower.checked_add(length));
        if self.dims.len() == 1 && added.is_none() {
            return Err(integer_out_of_range());
        }
        checked_size([length + 1])?;
        let mut values = self.values.clone();
        values.push(value);
        Ok(ArrayValue {
            element: self.element,
            dims: vec![(length + 1, lower)],
            values,
        })
    }

    /// `array_prepend`: the lower bound stays.
    pub fn prepend(&self, value: Datum) -> Result<ArrayValue> {
        self.needs_one_dimension()?;
        let (length, lower) = self.dimension(1).unwrap_or((0, 1));
        if self.dims.len() == 1 && lower == i32::MIN {
            return Err(integer_out_of_range());
        }
        checked_size([length + 1])?;
        let mut values = Vec::with_capacity(length + 1);
        values.push(value);
        values.extend_from_slice(&self.values);
        Ok(ArrayValue {
            element: self.element,
            dims: vec![(length + 1, lower)],
            values,
        })
    }

    /// `array_cat`: two arrays of the same dimensions, or one that is an element of the other.
    pub fn concat(&self, other: &ArrayValue) -> Result<ArrayValue> {
        if other.dims.is_empty() {
            return Ok(self.clone());
        }
        if self.dims.is_empty() {
            return Ok(other.clone());
        }
        let (a, b) = (&self.dims, &other.dims);
        let tail = |dims: &[(usize, i32)]| dims.get(1..).unwrap_or_default().to_vec();
        let grown = |dims: &[(usize, i32)], by: usize| -> Vec<(usize, i32)> {
            let mut dims = dims.to_vec();
            if let Some((length, _)) = dims.first_mut() {
                *length += by;
            }
            dims
        };
        let dims = if a.len() == b.len() {
            if tail(a) != tail(b) {
                let detail = "Arrays with differing element dimensions are not compatible for concatenation.";
                return Err(incompatible(detail.into()));
            }
            grown(a, b.first().map_or(0, |(length, _)| *length))
        } else if a.len().abs_diff(b.len()) == 1 {
            let (outer, inner) = if a.len() > b.len() { (a, b) } else { (b, a) };
            if tail(outer) != *inner {
                let detail = "Arrays with differing dimensions are not compatible for concatenation.";
                return Err(incompatible(detail.into()));
            }
            grown(outer, 1)
        } else {
            return Err(incompatible(format!(
                "Arrays of {} and {} dimensions are not compatible for concatenation.",
                a.len(),
                b.len()
            )));
        };
        checked_size(dims.iter().map(|&(length, _)| length))?;
        let values = self.values.iter().chain(&other.values).cloned().collect();
        Ok(ArrayValue {
            element: self.element,
            dims,
            values,
        })
    }

    /// Makes arrays of the same dimensions the rows of one with a dimension more.
    pub fn stack(element: Oid, rows: &[Datum], stacking: Stacking) -> Result<ArrayValue> {
        let refuse = |sqlstate, message: &str| Err(Error::new(sqlstate, message));
        let mut inner: Option<&[(usize, i32)]> = None;
        let mut values = Vec::new();
        let mut empties = 0;
        for row in rows {
            let array = match row {
                Datum::Array(array) => array,
                _ if stacking == Stacking::Aggregate => {
                    return refuse(SqlState::NULL_VALUE_NOT_ALLOWED, "cannot accumulate null arrays");
                }
                _ => {
                    empties += 1;
                    continue;
                }
            };
            if array.dims.is_empty() {
                if stacking == Stacking::Aggregate {
                    return refuse(SqlState::ARRAY_SUBSCRIPT_ERROR, "cannot accumulate empty arrays");
                }
                empties += 1;
                continue;
            }
            if inner.is_some_and(|inner| inner != array.dims) {
                return mismatch(stacking);
            }
            inner = Some(&array.dims);
            values.extend_from_slice(&array.values);
        }
        let Some(inner) = inner else {
            return Ok(ArrayValue::empty(element));
        };
        // An empty row among others fits as little as one of another length.
        if empties > 0 {
            return mismatch(stacking);
        }
        if inner.len() == MAX_DIMENSIONS {
            return Err(too_many_dimensions(MAX_DIMENSIONS + 1));
        }
        let mut dims = vec![(rows.len(), 1)];
        dims.extend_from_slice(inner);
        checked_size(dims.iter().map(|&(length, _)| length))?;
        Ok(ArrayValue { element, dims, values })
    }

    /// `array_fill`: `lengths` and `lowers` are the arguments' arrays.
    pub fn fill(element: Oid, value: &Datum, lengths: &ArrayValue, lowers: Option<&ArrayValue>) -> Result<ArrayValue> {
        let lengths = integers(lengths, "Dimension array must be one dimensional.")?;
        if lengths.len() > MAX_DIMENSIONS {
            return Err(too_many_dimensions(lengths.len()));
        }
        let lowers = match lowers {
            Some(lowers) => integers(lowers, "Dimension array must be one dimensional.")?,
            None => vec![1; lengths.len()],
        };
        if lowers.len() != lengths.len() {
            return Err(subscript_error("wrong number of array subscripts")
                .detail("Low bound array has different size than dimensions array."));
        }
        let mut dims = Vec::new();
        for (length, lower) in lengths.into_iter().zip(lowers) {
            dims.push((usize::try_from(length).map_err(|_| super::too_large())?, lower));
        }
        let size = checked_size(dims.iter().map(|&(length, _)| length))?;
        if size == 0 || dims.is_empty() {
            return Ok(ArrayValue::empty(element));
        }
        Ok(ArrayValue {
            element,
            dims,
            values: vec![value.clone(); size],
        })
    }
}

fn mismatch(stacking: Stacking) -> Result<ArrayValue> {
    Err(subscript_error(match stacking {
        Stacking::Constructor => "multidimensional arrays must have array expressions with matching dimensions",
        Stacking::Aggregate => "cannot accumulate arrays of different dimensionality",
    }))
}

fn integers(array: &ArrayValue, detail: &str) -> Result<Vec<i32>> {
    if array.dims.len() > 1 {
        return Err(subscript_error("wrong number of array subscripts").detail(detail));
    }
    let integer = |value: &Datum| match value {
        Datum::Int4(value) => Ok(*value),
        _ => Err(Error::new(
            SqlState::NULL_VALUE_NOT_ALLOWED,
            "dimension values cannot be null",
        )),
    };
    array.values.iter().map(integer).collect()
}
