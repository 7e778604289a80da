//! Typed columns: what tables store and operators exchange.

use std::sync::Arc;

use crate::{Bitmap, Datum, Oid};

/// The values of a column, one vector per physical type; `Datum` holds what has no vector of its own.
#[derive(Clone, Debug)]
pub enum ColumnData {
    Bool(Vec<bool>),
    Int2(Vec<i16>),
    Int4(Vec<i32>),
    Int8(Vec<i64>),
    Float4(Vec<f32>),
    Float8(Vec<f64>),
    Date(Vec<i32>),
    Timestamp(Vec<i64>),
    TimestampTz(Vec<i64>),
    Text(Vec<Arc<str>>),
    Datum(Vec<Datum>),
}

/// A column of a chunk: values and which of them are not NULL (`None`: all).
///
/// ```text
/// [7, NULL, 9]  =  Column { data: Int4([7, 0, 9]), validity: Some(101b) }
/// ```
#[derive(Clone, Debug)]
pub struct Column {
    pub data: ColumnData,
    pub validity: Option<Bitmap>,
}

/// Evaluates an expression for the vector inside, whatever its type.
macro_rules! with_vector {
    ($data:expr, $vector:ident => $result:expr) => {
        match $data {
            ColumnData::Bool($vector) => $result,
            ColumnData::Int2($vector) => $result,
            ColumnData::Int4($vector) => $result,
            ColumnData::Int8($vector) => $result,
            ColumnData::Float4($vector) => $result,
            ColumnData::Float8($vector) => $result,
            ColumnData::Date($vector) => $result,
            ColumnData::Timestamp($vector) => $result,
            ColumnData::TimestampTz($vector) => $result,
            ColumnData::Text($vector) => $result,
            ColumnData::Datum($vector) => $result,
        }
    };
}

/// Makes data of the same variant from an expression over the vector inside.
macro_rules! map_vector {
    ($data:expr, $vector:ident => $result:expr) => {
        match $data {
            ColumnData::Bool($vector) => ColumnData::Bool($result),
            ColumnData::Int2($vector) => ColumnData::Int2($result),
            ColumnData::Int4($vector) => ColumnData::Int4($result),
            ColumnData::Int8($vector) => ColumnData::Int8($result),
            ColumnData::Float4($vector) => ColumnData::Float4($result),
            ColumnData::Float8($vector) => ColumnData::Float8($result),
            ColumnData::Date($vector) => ColumnData::Date($result),
            ColumnData::Timestamp($vector) => ColumnData::Timestamp($result),
            ColumnData::TimestampTz($vector) => ColumnData::TimestampTz($result),
            ColumnData::Text($vector) => ColumnData::Text($result),
            ColumnData::Datum($vector) => ColumnData::Datum($result),
        }
    };
}

/// Evaluates an expression for the vectors of two columns of one variant, or another if they differ.
macro_rules! with_both {
    ($left:expr, $right:expr, ($a:ident, $b:ident) => $result:expr, $other:expr) => {
        match ($left, $right) {
            (ColumnData::Bool($a), ColumnData::Bool($b)) => $result,
            (ColumnData::Int2($a), ColumnData::Int2($b)) => $result,
            (ColumnData::Int4($a), ColumnData::Int4($b)) => $result,
            (ColumnData::Int8($a), ColumnData::Int8($b)) => $result,
            (ColumnData::Float4($a), ColumnData::Float4($b)) => $result,
            (ColumnData::Float8($a), ColumnData::Float8($b)) => $result,
            (ColumnData::Date($a), ColumnData::Date($b)) => $result,
            (ColumnData::Timestamp($a), ColumnData::Timestamp($b)) => $result,
            (ColumnData::TimestampTz($a), ColumnData::TimestampTz($b)) => $result,
            (ColumnData::Text($a), ColumnData::Text($b)) => $result,
            (ColumnData::Datum($a), ColumnData::Datum($b)) => $result,
            _ => $other,
        }
    };
}

impl ColumnData {
    /// The empty vector for values of a type.
    pub fn for_type(type_oid: Oid) -> ColumnData {
        ColumnData::with_capacity(type_oid, 0)
    }

    pub fn with_capacity(type_oid: Oid, rows: usize) -> ColumnData {
        match type_oid {
            Oid::BOOL => ColumnData::Bool(Vec::with_capacity(rows)),
            Oid::INT2 => ColumnData::Int2(Vec::with_capacity(rows)),
            Oid::INT4 => ColumnData::Int4(Vec::with_capacity(rows)),
            Oid::INT8 => ColumnData::Int8(Vec::with_capacity(rows)),
            Oid::FLOAT4 => ColumnData::Float4(Vec::with_capacity(rows)),
            Oid::FLOAT8 => ColumnData::Float8(Vec::with_capacity(rows)),
            Oid::DATE => ColumnData::Date(Vec::with_capacity(rows)),
            Oid::TIMESTAMP => ColumnData::Timestamp(Vec::with_capacity(rows)),
            Oid::TIMESTAMPTZ => ColumnData::TimestampTz(Vec::with_capacity(rows)),
            Oid::TEXT | Oid::VARCHAR | Oid::BPCHAR | Oid::NAME | Oid::JSON | Oid::UNKNOWN => {
                ColumnData::Text(Vec::with_capacity(rows))
            }
            _ => ColumnData::Datum(Vec::with_capacity(rows)),
        }
    }

    pub fn len(&self) -> usize {
        with_vector!(self, v => v.len())
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value at an index whatever the validity; NULL past the end.
    fn value(&self, index: usize) -> Datum {
        match self {
            ColumnData::Bool(v) => v.get(index).copied().map(Datum::Bool),
            ColumnData::Int2(v) => v.get(index).copied().map(Datum::Int2),
            ColumnData::Int4(v) => v.get(index).copied().map(Datum::Int4),
            ColumnData::Int8(v) => v.get(index).copied().map(Datum::Int8),
            ColumnData::Float4(v) => v.get(index).copied().map(Datum::Float4),
            ColumnData::Float8(v) => v.get(index).copied().map(Datum::Float8),
            ColumnData::Date(v) => v.get(index).copied().map(Datum::Date),
            ColumnData::Timestamp(v) => v.get(index).copied().map(Datum::Timestamp),
            ColumnData::TimestampTz(v) => v.get(index).copied().map(Datum::TimestampTz),
            ColumnData::Text(v) => v.get(index).cloned().map(Datum::Text),
            ColumnData::Datum(v) => v.get(index).cloned(),
        }
        .unwrap_or_default()
    }

    /// Appends a value that fits the variant, or a placeholder for NULL; gives back one that does not fit.
    fn try_push(&mut self, value: Datum) -> Result<(), Datum> {
        match (self, value) {
            (ColumnData::Datum(v), value) => v.push(value),
            (data, Datum::Null) => with_vector!(data, v => v.push(Default::default())),
            (ColumnData::Bool(v), Datum::Bool(value)) => v.push(value),
            (ColumnData::Int2(v), Datum::Int2(value)) => v.push(value),
            (ColumnData::Int4(v), Datum::Int4(value)) => v.push(value),
            (ColumnData::Int8(v), Datum::Int8(value)) => v.push(value),
            (ColumnData::Float4(v), Datum::Float4(value)) => v.push(value),
            (ColumnData::Float8(v), Datum::Float8(value)) => v.push(value),
            (ColumnData::Date(v), Datum::Date(value)) => v.push(value),
            (ColumnData::Timestamp(v), Datum::Timestamp(value)) => v.push(value),
            (ColumnData::TimestampTz(v), Datum::TimestampTz(value)) => v.push(value),
            (ColumnData::Text(v), Datum::Text(value)) => v.push(value),
            (_, value) => return Err(value),
        }
        Ok(())
    }
}

impl Column {
    pub fn new(data: ColumnData, validity: Option<Bitmap>) -> Column {
        Column { data, validity }
    }

    /// No rows, with the vector that suits a type.
    pub fn empty(type_oid: Oid) -> Column {
        Column::with_capacity(type_oid, 0)
    }

    pub fn with_capacity(type_oid: Oid, rows: usize) -> Column {
        Column::new(ColumnData::with_capacity(type_oid, rows), None)
    }

    pub fn from_datums(type_oid: Oid, values: impl IntoIterator<Item = Datum>) -> Column {
        let values = values.into_iter();
        let mut column = Column::with_capacity(type_oid, values.size_hint().0);
        values.for_each(|value| column.push(value));
        column
    }

    /// The same value in every row.
    pub fn constant(type_oid: Oid, value: &Datum, rows: usize) -> Column {
        fn repeat<T: Clone>(one: Vec<T>, rows: usize) -> Vec<T> {
            let first = one.into_iter().next();
            first.map(|value| vec![value; rows]).unwrap_or_default()
        }
        let one = Column::from_datums(type_oid, [value.clone()]);
        Column {
            data: map_vector!(one.data, v => repeat(v, rows)),
            validity: value.is_null().then(|| Bitmap::new(rows, false)),
        }
    }

    /// NULL in every row.
    pub fn nulls(type_oid: Oid, rows: usize) -> Column {
        Column::constant(type_oid, &Datum::Null, rows)
    }

    pub fn len(&self) -> usize {
        self.data.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn is_null(&self, index: usize) -> bool {
        if let Some(validity) = &self.validity
            && !validity.get(index)
        {
            return true;
        }
        match &self.data {
            ColumnData::Datum(v) => v.get(index).is_none_or(Datum::is_null),
            data => index >= data.len(),
        }
    }

    /// The value of a row; NULL past the end.
    pub fn get(&self, index: usize) -> Datum {
        match self.is_null(index) {
            true => Datum::Null,
            false => self.data.value(index),
        }
    }

    /// The values of all rows.
    pub fn iter(&self) -> impl Iterator<Item = Datum> + '_ {
        (0..self.len()).map(|index| self.get(index))
    }

    /// Appends a value. One that the vector cannot hold turns it into a vector of datums.
    pub fn push(&mut self, value: Datum) {
        let rows = self.len();
        match (&mut self.validity, value.is_null()) {
            (Some(validity), null) => validity.push(!null),
            (none, true) => {
                let mut validity = Bitmap::new(rows, true);
                validity.push(false);
                *none = Some(validity);
            }
            (None, false) => {}
        }
        if let Err(value) = self.data.try_push(value) {
            let mut values: Vec<Datum> = (0..rows).map(|index| self.get(index)).collect();
            values.push(value);
            self.data = ColumnData::Datum(values);
        }
    }

    /// `len` rows from `start`, or as many as there are.
    #[must_use]
    pub fn slice(&self, start: usize, len: usize) -> Column {
        let start = start.min(self.len());
        let len = len.min(self.len() - start);
        let data = map_vector!(&self.data, v => v.get(start..start + len).unwrap_or_default().to_vec());
        let validity = self.validity.as_ref().map(|bits| bits.slice(start, len));
        Column { data, validity }
    }

    /// The rows at these indices, in this order. An index past the end (`u32::MAX` by convention) gives NULL.
    #[must_use]
    pub fn take(&self, indices: &[u32]) -> Column {
        fn gather<T: Clone + Default>(values: &[T], indices: &[u32]) -> Vec<T> {
            let value = |&i: &u32| values.get(i as usize).cloned().unwrap_or_default();
            indices.iter().map(value).collect()
        }
        let rows = self.len();
        let validity = match &self.validity {
            Some(validity) => Some(indices.iter().map(|&i| validity.get(i as usize)).collect()),
            None if indices.iter().any(|&i| i as usize >= rows) => {
                Some(indices.iter().map(|&i| (i as usize) < rows).collect())
            }
            None => None,
        };
        Column {
            data: map_vector!(&self.data, v => gather(v, indices)),
            validity,
        }
    }

    /// The rows whose bit is set.
    #[must_use]
    pub fn filter(&self, keep: &Bitmap) -> Column {
        fn select<T: Clone>(values: &[T], keep: &Bitmap, kept: usize) -> Vec<T> {
            let mut selected = Vec::with_capacity(kept);
            selected.extend(keep.ones().filter_map(|i| values.get(i).cloned()));
            selected
        }
        let kept = keep.count_ones();
        if kept == self.len() {
            return self.clone();
        }
        let validity = &self.validity;
        Column {
            data: map_vector!(&self.data, v => select(v, keep, kept)),
            validity: validity.as_ref().map(|bits| keep.ones().map(|i| bits.get(i)).collect()),
        }
    }

    /// Appends all rows of another column.
    pub fn append(&mut self, other: &Column) {
        let (rows, more) = (self.len(), other.len());
        let fits = with_both!(&mut self.data, &other.data,
            (a, b) => { a.extend_from_slice(b); true }, false);
        if !fits {
            other.iter().for_each(|value| self.push(value));
            return;
        }
        if self.validity.is_some() || other.validity.is_some() {
            let validity = self.validity.get_or_insert_with(|| Bitmap::new(rows, true));
            match &other.validity {
                Some(bits) => validity.extend(bits.iter()),
                None => validity.extend(std::iter::repeat_n(true, more)),
            }
        }
    }

    /// The rows of all columns, one after the other; `type_oid` decides the vector if there is no column.
    pub fn concat<'a>(type_oid: Oid, columns: impl IntoIterator<Item = &'a Column>) -> Column {
        let mut columns = columns.into_iter();
        let mut result = columns.next().map_or_else(|| Column::empty(type_oid), Column::clone);
        columns.for_each(|column| result.append(column));
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ints(values: &[Option<i32>]) -> Column {
        Column::from_datums(Oid::INT4, values.iter().map(|&v| v.into()))
    }

    fn check(column: &Column, expect: &[Option<i32>]) {
        let values: Vec<Option<i32>> = column
            .iter()
            .map(|value| value.as_i64().and_then(|v| v.try_into().ok()))
            .collect();
        assert_eq!(values, expect);
        assert_eq!(column.len(), expect.len());
    }

    const SOME: &[Option<i32>] = &[Some(7), None, Some(9), Some(-1)];

    #[test]
    fn values_come_back_as_they_went_in() {
        let column = ints(SOME);
        assert!(matches!(column.data, ColumnData::Int4(_)));
        check(&column, SOME);
        check(&Column::nulls(Oid::INT4, 2), &[None, None]);
        check(&Column::constant(Oid::INT4, &Datum::Int4(5), 3), &[Some(5); 3]);
    }

    #[test]
    fn a_value_of_another_type_is_kept_all_the_same() {
        let mut column = ints(&[Some(1), None]);
        column.push(Datum::Int8(1 << 40));
        assert_eq!(column.get(2).as_i64(), Some(1 << 40));
        assert_eq!(column.get(0).as_i64(), Some(1));
        assert!(column.is_null(1));
    }

    #[test]
    fn rows_are_picked_by_index_range_and_bit() {
        let column = ints(SOME);
        check(&column.take(&[3, 1, 0, u32::MAX]), &[Some(-1), None, Some(7), None]);
        check(&column.slice(1, 2), &[None, Some(9)]);
        check(&column.slice(3, 9), &[Some(-1)]);
        let keep = [true, true, false, true].into_iter().collect();
        check(&column.filter(&keep), &[Some(7), None, Some(-1)]);
        check(&ints(&[Some(1)]).take(&[0, 5]), &[Some(1), None]);
    }

    #[test]
    fn columns_are_joined_end_to_end() {
        let (some, plain) = (ints(SOME), ints(&[Some(1)]));
        check(
            &Column::concat(Oid::INT4, [&plain, &some]),
            &[Some(1), Some(7), None, Some(9), Some(-1)],
        );
        check(
            &Column::concat(Oid::INT4, [&some, &plain]),
            &[Some(7), None, Some(9), Some(-1), Some(1)],
        );
        check(&Column::concat(Oid::INT4, []), &[]);
    }
}
