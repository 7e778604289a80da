//! Rows of a table: chunks of typed columns behind `Arc`, appended and marked dead, never changed in place.
//!
//! As in PostgreSQL's heap, an UPDATE marks the old version dead and appends the new one, so a sequential
//! scan gives rows in the order PostgreSQL would. A row's address is its chunk and its place in it.

use std::sync::Arc;

use imbl::Vector;
use kumquat_types::{Bitmap, Chunk};

/// Address of a row version in its heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowId {
    pub chunk: u32,
    pub row: u32,
}

/// The rows of one table.
#[derive(Clone, Debug, Default)]
pub struct Heap {
    pub chunks: Vector<HeapChunk>,
    /// Rows that are not dead.
    pub live_rows: u64,
    /// Grows with every change: indexes and caches built from an older version are stale.
    pub version: u64,
}

#[derive(Clone, Debug)]
pub struct HeapChunk {
    pub data: Arc<Chunk>,
    /// Dead rows; `None`: all live.
    pub dead: Option<Arc<Bitmap>>,
}
