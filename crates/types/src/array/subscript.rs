//! Elements and slices: `a[2]`, `a[1:2][3]`, and assignments to them.

use super::{ArrayValue, MAX_DIMENSIONS, checked_size, subscript_error, too_many_dimensions};
use crate::{Datum, Error, Oid, Result, SqlState};

/// One subscript of a slice; None: from the beginning, to the end.
pub type SliceBounds = (Option<i32>, Option<i32>);

impl ArrayValue {
    /// Position in `values` of an element, if there is one.
    fn position(&self, subscripts: &[i32]) -> Option<usize> {
        if subscripts.len() != self.dims.len() || subscripts.is_empty() {
            return None;
        }
        let mut position = 0_usize;
        for (&subscript, &(length, lower)) in subscripts.iter().zip(&self.dims) {
            let offset = usize::try_from(i64::from(subscript) - i64::from(lower)).ok()?;
            if offset >= length {
                return None;
            }
            position = position.checked_mul(length)?.checked_add(offset)?;
        }
        Some(position)
    }

    /// `array_get_element`: NULL outside the bounds, or with another number of subscripts than dimensions.
    pub fn get(&self, subscripts: &[i32]) -> Datum {
        let position = self.position(subscripts);
        position.and_then(|i| self.values.get(i)).cloned().unwrap_or_default()
    }

    /// `array_get_slice`: cut to the bounds of the array and counted from 1; dimensions without a subscript
    /// are taken whole.
    pub fn slice(&self, bounds: &[SliceBounds]) -> ArrayValue {
        let empty = ArrayValue::empty(self.element);
        if bounds.len() > self.dims.len() {
            return empty;
        }
        let mut ranges = Vec::with_capacity(self.dims.len());
        for (index, &(length, lower)) in self.dims.iter().enumerate() {
            let (from, to) = bounds.get(index).copied().unwrap_or((None, None));
            let offset = |subscript: i32| i64::from(subscript) - i64::from(lower);
            let last = i64::try_from(length).unwrap_or(i64::MAX) - 1;
            let from = from.map_or(0, offset).max(0);
            let to = to.map_or(last, offset).min(last);
            match (usize::try_from(from), usize::try_from(to)) {
                (Ok(from), Ok(to)) if from <= to => ranges.push((from, to)),
                _ => return empty,
            }
        }
        let mut values = Vec::new();
        self.copy_ranges(&ranges, 0, 0, &mut values);
        ArrayValue {
            element: self.element,
            dims: ranges.iter().map(|(from, to)| (to - from + 1, 1)).collect(),
            values,
        }
    }

    fn copy_ranges(&self, ranges: &[(usize, usize)], dimension: usize, start: usize, out: &mut Vec<Datum>) {
        let (Some(&(from, to)), Some(&(length, _))) = (ranges.get(dimension), self.dims.get(dimension)) else {
            return;
        };
        let row = start * length;
        if dimension + 1 == ranges.len() {
            out.extend(
                self.values
                    .get(row + from..=row + to)
                    .unwrap_or_default()
                    .iter()
                    .cloned(),
            );
            return;
        }
        for index in from..=to {
            self.copy_ranges(ranges, dimension + 1, row + index, out);
        }
    }

    /// `array_set_element`: a one-dimensional array grows, with NULLs in the gap; others keep their bounds.
    pub fn set(&self, subscripts: &[i32], value: Datum) -> Result<ArrayValue> {
        if subscripts.len() > MAX_DIMENSIONS {
            return Err(too_many_dimensions(subscripts.len()));
        }
        if self.dims.is_empty() {
            return Ok(ArrayValue {
                element: self.element,
                dims: subscripts.iter().map(|&subscript| (1, subscript)).collect(),
                values: vec![value],
            });
        }
        if subscripts.len() != self.dims.len() {
            return Err(subscript_error("wrong number of array subscripts"));
        }
        let mut array = self.clone();
        if let &[subscript] = subscripts {
            array.extend_to(subscript, subscript)?;
        }
        let slot = array.position(subscripts).and_then(|i| array.values.get_mut(i));
        *slot.ok_or_else(|| subscript_error("array subscript out of range"))? = value;
        Ok(array)
    }

    /// Makes a one-dimensional array reach from `lower` to `upper` at least.
    fn extend_to(&mut self, lower: i32, upper: i32) -> Result<()> {
        let Some((length, first)) = self.dims.first_mut() else {
            return Ok(());
        };
        if lower < *first {
            let added = usize::try_from(i64::from(*first) - i64::from(lower)).unwrap_or(usize::MAX);
            checked_size([added.saturating_add(*length)])?;
            self.values.splice(0..0, std::iter::repeat_n(Datum::Null, added));
            (*length, *first) = (*length + added, lower);
        }
        let needed = usize::try_from(i64::from(upper) - i64::from(*first) + 1).unwrap_or(0);
        if needed > *length {
            checked_size([needed])?;
            self.values.resize(needed, Datum::Null);
            *length = needed;
        }
        Ok(())
    }

    /// `array_set_slice`: the elements of `source`, in order, take the places of the slice.
    pub fn set_slice(&self, bounds: &[SliceBounds], source: &ArrayValue) -> Result<ArrayValue> {
        if bounds.len() > MAX_DIMENSIONS {
            return Err(too_many_dimensions(bounds.len()));
        }
        if self.dims.is_empty() {
            return ArrayValue::from_slice(self.element, bounds, source);
        }
        if self.dims.len() < bounds.len() {
            return Err(subscript_error("wrong number of array subscripts"));
        }
        let mut array = self.clone();
        let mut ranges = Vec::new();
        for index in 0..self.dims.len() {
            let Some(&(length, first)) = array.dims.get(index) else {
                break;
            };
            let last = super::last_subscript(length, first);
            let (from, to) = bounds.get(index).copied().unwrap_or((None, None));
            let (from, to) = (from.unwrap_or(first), to.unwrap_or(last));
            if from > to {
                return Err(subscript_error("upper bound cannot be less than lower bound"));
            }
            if self.dims.len() == 1 {
                array.extend_to(from, to)?;
            } else if from < first || to > last {
                return Err(subscript_error("array subscript out of range"));
            }
            ranges.push((from, to));
        }
        let size = ranges
            .iter()
            .map(|&(from, to)| usize::try_from(i64::from(to) - i64::from(from) + 1).unwrap_or(usize::MAX));
        if source.values.len() < checked_size(size)? {
            return Err(subscript_error("source array too small"));
        }
        let mut subscripts: Vec<i32> = ranges.iter().map(|&(from, _)| from).collect();
        for value in &source.values {
            if let Some(slot) = array.position(&subscripts).and_then(|i| array.values.get_mut(i)) {
                *slot = value.clone();
            }
            if !advance(&mut subscripts, &ranges) {
                break;
            }
        }
        Ok(array)
    }

    /// A slice of what was empty: all bounds must be given.
    fn from_slice(element: Oid, bounds: &[SliceBounds], source: &ArrayValue) -> Result<ArrayValue> {
        let mut dims = Vec::new();
        for &(from, to) in bounds {
            let (Some(from), Some(to)) = (from, to) else {
                return Err(
                    subscript_error("array slice subscript must provide both boundaries").detail(
                        "When assigning to a slice of an empty array value, slice boundaries must be fully specified.",
                    ),
                );
            };
            if from > to {
                return Err(subscript_error("upper bound cannot be less than lower bound"));
            }
            dims.push((
                usize::try_from(i64::from(to) - i64::from(from) + 1).unwrap_or(usize::MAX),
                from,
            ));
        }
        let size = checked_size(dims.iter().map(|&(length, _)| length))?;
        let values = source
            .values
            .get(..size)
            .ok_or_else(|| subscript_error("source array too small"))?;
        Ok(ArrayValue {
            element,
            dims,
            values: values.to_vec(),
        })
    }

    /// `trim_array`: without the last `count` elements of the first dimension.
    pub fn trim(&self, count: i32) -> Result<ArrayValue> {
        let (length, lower) = self.dimension(1).unwrap_or((0, 1));
        let kept = usize::try_from(count).ok().and_then(|count| length.checked_sub(count));
        let kept = kept.ok_or_else(|| {
            Error::new(
                SqlState::ARRAY_SUBSCRIPT_ERROR,
                format!("number of elements to trim must be between 0 and {length}"),
            )
        })?;
        if kept == 0 {
            return Ok(ArrayValue::empty(self.element));
        }
        Ok(self.slice(&[(None, Some(super::last_subscript(kept, lower)))]))
    }
}

/// Steps to the next subscripts of a slice, the last fastest; false at the end.
fn advance(subscripts: &mut [i32], ranges: &[(i32, i32)]) -> bool {
    for (subscript, &(from, to)) in subscripts.iter_mut().zip(ranges).rev() {
        if *subscript < to {
            *subscript += 1;
            return true;
        }
        *subscript = from;
    }
    false
}
