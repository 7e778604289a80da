//! Rows of tables and the structures that find them.
//!
//! - [`heap`]: the rows of one table, as chunks of typed columns that are appended to and marked dead.
//! - [`index`]: sorted runs of keys over a heap's rows.
//! - [`statistics`]: what ANALYZE finds out for the planner.
//!
//! As in PostgreSQL's heap, an UPDATE marks the old version dead and appends the new one, so a sequential
//! scan gives rows in the order PostgreSQL would. Everything is behind `Arc`: a copy is a snapshot.

pub mod heap;
pub mod index;
pub mod statistics;

pub use heap::{Heap, HeapChunk, RowId};
pub use index::Index;
pub use statistics::{ColumnStatistics, Statistics};
