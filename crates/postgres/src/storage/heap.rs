//! The rows of one table: chunks of typed columns, appended and marked dead, never changed in place.

use std::sync::Arc;

use imbl::{OrdMap, Vector};
use kumquat_types::{Bitmap, CHUNK_ROWS, Chunk, Column, ColumnData, Datum, Oid};

use super::{Index, Statistics};

/// Rows of one short column that PostgreSQL puts on a page of 8 kB.
const ROWS_PER_PAGE: u64 = 226;

/// Address of a row version in its heap: its chunk, and its place in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowId {
    pub chunk: u32,
    pub row: u32,
}

impl RowId {
    /// The place of the row among all row versions of the heap, from 0.
    pub fn position(self) -> u64 {
        u64::from(self.chunk) * CHUNK_ROWS as u64 + u64::from(self.row)
    }

    pub fn at(position: u64) -> RowId {
        RowId {
            chunk: u32::try_from(position / CHUNK_ROWS as u64).unwrap_or(u32::MAX),
            row: u32::try_from(position % CHUNK_ROWS as u64).unwrap_or(u32::MAX),
        }
    }

    /// The `ctid` under which plans carry it, in a bigint column: page and place in it, as if pages were full of
    /// narrow rows.
    pub fn tid(self) -> i64 {
        let (page, place) = (self.position() / ROWS_PER_PAGE, self.position() % ROWS_PER_PAGE + 1);
        i64::try_from(page << 16 | place).unwrap_or(i64::MAX)
    }

    pub fn datum(self) -> Datum {
        Datum::Int8(self.tid())
    }

    pub fn from_datum(value: &Datum) -> Option<RowId> {
        let tid = value.as_i64().and_then(|tid| u64::try_from(tid).ok())?;
        let (page, place) = (tid >> 16, (tid & 0xffff).checked_sub(1)?);
        (place < ROWS_PER_PAGE).then(|| RowId::at(page * ROWS_PER_PAGE + place))
    }
}

/// The rows of one table. Every chunk but the last holds [`CHUNK_ROWS`] rows.
#[derive(Clone, Debug, Default)]
pub struct Heap {
    pub chunks: Vector<HeapChunk>,
    /// Rows that are not dead.
    pub live_rows: u64,
    /// Grows with every change: caches built from an older version are stale.
    pub version: u64,
    /// Bytes that PostgreSQL's heap would hold, dead rows included.
    pub bytes: u64,
    /// The indexes on the table, each as far as it has been built.
    pub indexes: OrdMap<Oid, Arc<Index>>,
    /// What the last ANALYZE found.
    pub statistics: Option<Arc<Statistics>>,
}

#[derive(Clone, Debug)]
pub struct HeapChunk {
    pub data: Arc<Chunk>,
    /// Dead rows; `None`: all live.
    pub dead: Option<Arc<Bitmap>>,
}

/// Bytes of a heap page that tuples and their line pointers share.
const PAGE_SPACE: u64 = 8168;
const TUPLE_OVERHEAD: u64 = 24 + 4;

impl HeapChunk {
    pub fn is_live(&self, row: usize) -> bool {
        row < self.data.rows && !self.dead.as_ref().is_some_and(|dead| dead.get(row))
    }

    /// Bits of the live rows; `None`: all.
    pub fn live(&self) -> Option<Bitmap> {
        self.dead.as_ref().map(|dead| dead.not())
    }
}

impl Heap {
    /// A heap with these rows.
    pub fn from_chunks(chunks: impl IntoIterator<Item = Chunk>) -> Heap {
        let mut heap = Heap::default();
        chunks.into_iter().for_each(|chunk| heap.append(chunk));
        heap
    }

    /// Row versions, dead ones included: the position of the next row.
    pub fn row_versions(&self) -> u64 {
        match self.chunks.last() {
            None => 0,
            Some(last) => (self.chunks.len() as u64 - 1) * CHUNK_ROWS as u64 + last.data.rows as u64,
        }
    }

    /// Appends rows, whose columns are those of the relation in order of attribute number.
    pub fn append(&mut self, chunk: Chunk) {
        if chunk.rows == 0 {
            return;
        }
        self.version += 1;
        self.live_rows += chunk.rows as u64;
        self.bytes += tuple_bytes(&chunk);
        let mut rest = chunk;
        if let Some(last) = self.chunks.back_mut()
            && last.data.rows < CHUNK_ROWS
        {
            let room = CHUNK_ROWS - last.data.rows;
            let head = rest.slice(0, room);
            extend(Arc::make_mut(&mut last.data), &head);
            if let Some(dead) = &mut last.dead {
                Arc::make_mut(dead).extend(std::iter::repeat_n(false, head.rows));
            }
            rest = rest.slice(head.rows, usize::MAX);
        }
        while rest.rows > 0 {
            let data = Arc::new(rest.slice(0, CHUNK_ROWS));
            rest = rest.slice(data.rows, usize::MAX);
            self.chunks.push_back(HeapChunk { data, dead: None });
        }
    }

    /// Marks a row version dead; false if it was dead already or is not there.
    pub fn mark_dead(&mut self, id: RowId) -> bool {
        let Some(chunk) = self.chunks.get_mut(id.chunk as usize) else {
            return false;
        };
        if !chunk.is_live(id.row as usize) {
            return false;
        }
        let rows = chunk.data.rows;
        let dead = chunk.dead.get_or_insert_with(|| Arc::new(Bitmap::new(rows, false)));
        Arc::make_mut(dead).set(id.row as usize, true);
        self.live_rows = self.live_rows.saturating_sub(1);
        self.version += 1;
        true
    }

    pub fn is_live(&self, id: RowId) -> bool {
        self.chunks
            .get(id.chunk as usize)
            .is_some_and(|chunk| chunk.is_live(id.row as usize))
    }

    /// The values of a row version, dead or live.
    pub fn row(&self, id: RowId) -> Vec<Datum> {
        match self.chunks.get(id.chunk as usize) {
            Some(chunk) => chunk.data.row(id.row as usize),
            None => Vec::new(),
        }
    }

    /// The value of one column (from 0) of a row version.
    pub fn value(&self, id: RowId, column: usize) -> Datum {
        match self.chunks.get(id.chunk as usize) {
            Some(chunk) => chunk.data.get(column, id.row as usize),
            None => Datum::Null,
        }
    }

    /// The live rows, chunk by chunk.
    pub fn live_chunks(&self) -> impl Iterator<Item = Chunk> + '_ {
        self.chunks.iter().map(|chunk| match chunk.live() {
            None => Chunk::clone(&chunk.data),
            Some(live) => chunk.data.filter(&live),
        })
    }

    /// The rows at these addresses, in this order.
    pub fn fetch(&self, ids: &[RowId], types: &[Oid]) -> Chunk {
        if let Some(first) = ids.first()
            && ids.iter().all(|id| id.chunk == first.chunk)
            && let Some(chunk) = self.chunks.get(first.chunk as usize)
        {
            let rows: Vec<u32> = ids.iter().map(|id| id.row).collect();
            return chunk.data.take(&rows);
        }
        Chunk::from_rows(types, ids.iter().map(|&id| self.row(id)))
    }

    /// Removes all rows (TRUNCATE).
    pub fn clear(&mut self) {
        let version = self.version + 1;
        *self = Heap {
            version,
            ..Heap::default()
        };
    }

    /// Gives back the space of dead rows (VACUUM FULL, CLUSTER): rows move, so indexes are built anew.
    pub fn compact(&mut self) {
        let rows: Vec<Chunk> = self.live_chunks().collect();
        let (version, statistics) = (self.version + 1, self.statistics.take());
        *self = Heap::from_chunks(rows);
        self.version = version;
        self.statistics = statistics;
    }

    /// Adds a column with the same value in all rows.
    pub fn add_column(&mut self, type_oid: Oid, value: &Datum) {
        self.version += 1;
        for chunk in self.chunks.iter_mut() {
            let data = Arc::make_mut(&mut chunk.data);
            data.columns
                .push(Arc::new(Column::constant(type_oid, value, data.rows)));
        }
    }

    /// Pages that PostgreSQL's heap would have.
    pub fn pages(&self) -> u64 {
        self.bytes.div_ceil(PAGE_SPACE)
    }
}

fn extend(chunk: &mut Chunk, more: &Chunk) {
    for (column, more) in chunk.columns.iter_mut().zip(&more.columns) {
        Arc::make_mut(column).append(more);
    }
    chunk.rows += more.rows;
}

/// Bytes these rows take in PostgreSQL's heap, nearly: headers, line pointers and aligned values.
fn tuple_bytes(chunk: &Chunk) -> u64 {
    let values: u64 = chunk.columns.iter().map(|column| column_bytes(column)).sum();
    let rows = chunk.rows as u64;
    let average = values / rows.max(1);
    rows * (TUPLE_OVERHEAD + average.div_ceil(8) * 8)
}

/// Bytes of a column's values on disk.
pub fn column_bytes(column: &Column) -> u64 {
    let fixed = |bytes: u64| bytes * column.len() as u64;
    match &column.data {
        ColumnData::Bool(_) => fixed(1),
        ColumnData::Int2(_) => fixed(2),
        ColumnData::Int4(_) | ColumnData::Float4(_) | ColumnData::Date(_) => fixed(4),
        ColumnData::Int8(_) | ColumnData::Float8(_) | ColumnData::Timestamp(_) | ColumnData::TimestampTz(_) => fixed(8),
        ColumnData::Text(values) => values.iter().map(|text| varlena(text.len())).sum(),
        ColumnData::Datum(values) => values.iter().map(datum_bytes).sum(),
    }
}

fn varlena(bytes: usize) -> u64 {
    let header = if bytes < 127 { 1 } else { 4 };
    bytes as u64 + header
}

/// Bytes of one value on disk, nearly.
pub fn datum_bytes(value: &Datum) -> u64 {
    match value {
        Datum::Null | Datum::Void => 0,
        Datum::Bool(_) => 1,
        Datum::Int2(_) => 2,
        Datum::Int4(_) | Datum::Oid(_) | Datum::Float4(_) | Datum::Date(_) | Datum::Enum(_) => 4,
        Datum::Int8(_) | Datum::Float8(_) | Datum::Time(_) | Datum::Timestamp(_) | Datum::TimestampTz(_) => 8,
        Datum::TimeTz(..) => 12,
        Datum::Uuid(_) | Datum::Interval(_) => 16,
        Datum::Numeric(v) => varlena(2 + v.digits.len() * 2),
        Datum::Text(v) => varlena(v.len()),
        Datum::Bytea(v) => varlena(v.len()),
        Datum::Inet(_) => 7,
        Datum::Bits(v) => varlena(4 + v.0.len().div_ceil(8)),
        Datum::Jsonb(_) => 32,
        Datum::Array(v) => 24 + v.values.iter().map(datum_bytes).sum::<u64>(),
        Datum::Record(v) => 24 + v.values.iter().map(datum_bytes).sum::<u64>(),
        Datum::Range(_) => 17,
        Datum::Multirange(v) => 16 + 17 * v.len() as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ints(values: std::ops::Range<i32>) -> Chunk {
        Chunk::from_rows(&[Oid::INT4], values.map(|v| [Datum::Int4(v)]))
    }

    fn contents(heap: &Heap) -> Vec<i64> {
        let rows = heap.live_chunks().collect::<Vec<_>>();
        rows.iter()
            .flat_map(|c| c.iter_rows().filter_map(|r| r[0].as_i64()).collect::<Vec<_>>())
            .collect()
    }

    #[test]
    fn rows_stay_in_order_over_chunks() {
        let mut heap = Heap::default();
        heap.append(ints(0..3));
        heap.append(ints(3..10_000));
        assert_eq!(contents(&heap), (0..10_000).collect::<Vec<i64>>());
        assert_eq!((heap.chunks.len(), heap.row_versions()), (3, 10_000));
    }

    #[test]
    fn a_copy_keeps_what_the_original_loses() {
        let mut heap = Heap::from_chunks([ints(0..3)]);
        let snapshot = heap.clone();
        assert!(heap.mark_dead(RowId::at(1)) && !heap.mark_dead(RowId::at(1)));
        heap.append(ints(9..10));
        assert_eq!(contents(&heap), [0, 2, 9]);
        assert_eq!(contents(&snapshot), [0, 1, 2]);
        heap.compact();
        assert_eq!((contents(&heap), heap.row_versions()), (vec![0, 2, 9], 3));
    }
}
