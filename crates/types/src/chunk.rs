//! Rows as columns of one length.

use std::sync::Arc;

use crate::{Bitmap, Column, Datum, Oid};

/// Rows in a full chunk of a table. Operators may pass shorter or longer ones.
pub const CHUNK_ROWS: usize = 4096;

/// Rows as columns of one length. A clone copies only pointers.
#[derive(Clone, Debug, Default)]
pub struct Chunk {
    pub columns: Vec<Arc<Column>>,
    /// Kept apart from the columns: a chunk can have rows and no columns (`SELECT FROM t`).
    pub rows: usize,
}

impl Chunk {
    pub fn new(columns: Vec<Arc<Column>>, rows: usize) -> Chunk {
        Chunk { columns, rows }
    }

    /// No rows of these types.
    pub fn empty(types: &[Oid]) -> Chunk {
        Chunk::from_rows(types, [] as [Vec<Datum>; 0])
    }

    /// Rows of these types; a row that is too short is filled with NULL.
    pub fn from_rows<R: AsRef<[Datum]>>(types: &[Oid], rows: impl IntoIterator<Item = R>) -> Chunk {
        let rows = rows.into_iter();
        let expected = rows.size_hint().0;
        let mut columns: Vec<Column> = types.iter().map(|&oid| Column::with_capacity(oid, expected)).collect();
        let mut count = 0;
        for row in rows {
            let values = row.as_ref();
            for (at, column) in columns.iter_mut().enumerate() {
                column.push(values.get(at).cloned().unwrap_or_default());
            }
            count += 1;
        }
        Chunk::new(columns.into_iter().map(Arc::new).collect(), count)
    }

    /// The value of a row in a column; NULL outside the chunk.
    pub fn get(&self, column: usize, row: usize) -> Datum {
        self.columns
            .get(column)
            .map(|column| column.get(row))
            .unwrap_or_default()
    }

    pub fn row(&self, row: usize) -> Vec<Datum> {
        self.columns.iter().map(|column| column.get(row)).collect()
    }

    /// All rows in order.
    pub fn iter_rows(&self) -> impl Iterator<Item = Vec<Datum>> + '_ {
        (0..self.rows).map(|row| self.row(row))
    }

    /// `len` rows from `start`, or as many as there are.
    #[must_use]
    pub fn slice(&self, start: usize, len: usize) -> Chunk {
        let start = start.min(self.rows);
        let len = len.min(self.rows - start);
        if len == self.rows {
            return self.clone();
        }
        self.map(len, |column| column.slice(start, len))
    }

    /// The rows at these indices, in this order; an index past the end gives a row of NULLs.
    #[must_use]
    pub fn take(&self, indices: &[u32]) -> Chunk {
        self.map(indices.len(), |column| column.take(indices))
    }

    /// The rows whose bit is set.
    #[must_use]
    pub fn filter(&self, keep: &Bitmap) -> Chunk {
        let kept = keep.count_ones();
        if kept == self.rows {
            return self.clone();
        }
        self.map(kept, |column| column.filter(keep))
    }

    /// The rows of all chunks, one after the other.
    pub fn concat(types: &[Oid], chunks: &[Chunk]) -> Chunk {
        if let [chunk] = chunks {
            return chunk.clone();
        }
        let column = |(at, &oid): (usize, &Oid)| {
            let parts = chunks.iter().filter_map(|chunk| chunk.columns.get(at));
            Arc::new(Column::concat(oid, parts.map(Arc::as_ref)))
        };
        Chunk {
            columns: types.iter().enumerate().map(column).collect(),
            rows: chunks.iter().map(|chunk| chunk.rows).sum(),
        }
    }

    fn map(&self, rows: usize, f: impl Fn(&Column) -> Column) -> Chunk {
        Chunk {
            columns: self.columns.iter().map(|c| Arc::new(f(c))).collect(),
            rows,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_survive_being_turned_into_columns() {
        let types = [Oid::INT4, Oid::TEXT];
        let rows = [
            vec![Datum::Int4(1), Datum::from("a")],
            vec![Datum::Null, Datum::from("b")],
            vec![Datum::Int4(3)],
        ];
        let chunk = Chunk::from_rows(&types, &rows);
        assert_eq!(chunk.rows, 3);
        assert_eq!(chunk.get(1, 1).as_str(), Some("b"));
        assert!(chunk.get(0, 1).is_null() && chunk.get(1, 2).is_null());

        let twice = Chunk::concat(&types, &[chunk.clone(), chunk.take(&[2, 0])]);
        let firsts: Vec<Option<i64>> = twice.iter_rows().map(|row| row[0].as_i64()).collect();
        assert_eq!(firsts, [Some(1), None, Some(3), Some(3), Some(1)]);
    }

    #[test]
    fn rows_without_columns_are_counted() {
        let chunk = Chunk::new(Vec::new(), 5);
        assert_eq!(chunk.slice(1, 3).rows, 3);
        assert_eq!(chunk.filter(&(0..5).map(|i| i < 2).collect()).rows, 2);
        assert_eq!(Chunk::concat(&[], &[chunk.clone(), chunk]).rows, 10);
    }
}
