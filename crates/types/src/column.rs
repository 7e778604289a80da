//! Typed columns and chunks: what tables store and operators exchange.

use std::sync::Arc;

use crate::Datum;

/// Rows in a full chunk of a table. Operators may pass shorter or longer ones.
pub const CHUNK_ROWS: usize = 4096;

/// One bit a row, packed in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bitmap {
    words: Vec<u64>,
    len: usize,
}

impl Bitmap {
    pub fn new(len: usize, value: bool) -> Bitmap {
        let mut bitmap = Bitmap {
            words: vec![if value { u64::MAX } else { 0 }; len.div_ceil(64)],
            len,
        };
        bitmap.clear_tail();
        bitmap
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn get(&self, index: usize) -> bool {
        self.words
            .get(index / 64)
            .is_some_and(|word| word >> (index % 64) & 1 == 1)
    }

    pub fn set(&mut self, index: usize, value: bool) {
        if let Some(word) = self.words.get_mut(index / 64) {
            *word = *word & !(1 << (index % 64)) | u64::from(value) << (index % 64);
        }
    }

    pub fn push(&mut self, value: bool) {
        if self.len.is_multiple_of(64) {
            self.words.push(0);
        }
        self.len += 1;
        self.set(self.len - 1, value);
    }

    pub fn count_ones(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// Bits both sets have; the lengths must agree.
    #[must_use]
    pub fn and(&self, other: &Bitmap) -> Bitmap {
        Bitmap {
            words: self.words.iter().zip(&other.words).map(|(a, b)| a & b).collect(),
            len: self.len,
        }
    }

    fn clear_tail(&mut self) {
        if let (Some(last), rest @ 1..) = (self.words.last_mut(), self.len % 64) {
            *last &= (1 << rest) - 1;
        }
    }
}

impl FromIterator<bool> for Bitmap {
    fn from_iter<I: IntoIterator<Item = bool>>(bits: I) -> Bitmap {
        let mut bitmap = Bitmap::default();
        for bit in bits {
            bitmap.push(bit);
        }
        bitmap
    }
}

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

/// Rows as columns of one length. A clone copies only pointers.
#[derive(Clone, Debug, Default)]
pub struct Chunk {
    pub columns: Vec<Arc<Column>>,
    /// Kept apart from the columns: a chunk can have rows and no columns (`SELECT FROM t`).
    pub rows: usize,
}
