//! What all operators of one running plan share.

use std::sync::Arc;

use imbl::OrdMap;
use kumquat_types::{CHUNK_ROWS, Chunk, ColumnData, Datum, Error, Oid, Result, SqlState};

use super::RelationBindings;
use super::counters::RunCounts;
use super::modify::Pending;
use super::operator::Operator;
use super::subplan::SubplanState;
use crate::backend::Backend;
use crate::planner::PlannedQuery;
use crate::storage::Heap;

/// Most bytes that one statement may hold in its sorts, hash tables and results.
const MEMORY_LIMIT: usize = 1 << 30;

/// Most that one statement may do: about as many rows as it may look at.
pub const WORK_LIMIT: u64 = 2_000_000_000;

/// What a chunk costs besides its rows.
const CHUNK_WORK: usize = 128;

/// Most levels of subplans and functions inside each other.
const DEPTH_LIMIT: u32 = 64;

/// State of one run of a plan.
pub struct Context<'a, 'b> {
    pub backend: &'a mut Backend<'b>,
    pub plan: &'a PlannedQuery,
    /// Values of `$n`.
    pub params: &'a [Datum],
    pub bindings: &'a RelationBindings,
    /// The tables as the statement sees them: its own changes are not among them.
    pub snapshot: OrdMap<Oid, Arc<Heap>>,
    /// Executor parameters; `None`: not set, or an init plan that has not run.
    pub values: Vec<Option<Datum>>,
    pub subplans: Vec<SubplanState>,
    /// What each recursive union last gave, by its parameter.
    pub work_tables: Vec<Option<Arc<Vec<Chunk>>>>,
    pub memory: Memory,
    /// Parameters of init plans that depend on an outer row: forgotten when it changes.
    pub dependent: Vec<usize>,
    /// Most rows that a scan is to give at once.
    pub batch: usize,
    /// EXPLAIN ANALYZE.
    pub counters: Option<RunCounts>,
    /// Rows that the statement itself has modified.
    pub processed: u64,
    /// What foreign keys and deferrable constraints have to look at when the statement ends.
    pub pending: Pending,
}

/// Bytes held by the operators of a statement.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory {
    used: usize,
}

impl Memory {
    /// Takes note of bytes that are held from now on.
    pub fn grow(&mut self, bytes: usize) -> Result<()> {
        self.used = self.used.saturating_add(bytes);
        if self.used > MEMORY_LIMIT {
            return Err(Error::new(SqlState::OUT_OF_MEMORY, "out of memory")
                .detail("The statement needs more memory than Kumquat gives to one."));
        }
        Ok(())
    }

    pub fn shrink(&mut self, bytes: usize) {
        self.used = self.used.saturating_sub(bytes);
    }
}

impl<'a, 'b> Context<'a, 'b> {
    /// The relation that an oid of the plan stands for.
    pub fn bound(&self, relation: Oid) -> Oid {
        self.bindings.get(&relation).copied().unwrap_or(relation)
    }

    /// The rows of a relation as the statement sees them.
    pub fn heap(&self, relation: Oid) -> Arc<Heap> {
        self.snapshot.get(&relation).cloned().unwrap_or_default()
    }

    /// The rows of a relation as they are, with what the statement has written itself.
    pub fn heap_now(&self, relation: Oid) -> Result<Arc<Heap>> {
        Ok(self
            .backend
            .database()?
            .heaps
            .get(&relation)
            .cloned()
            .unwrap_or_default())
    }

    /// Takes note of a chunk of rows that has been looked at.
    pub fn spend(&mut self, rows: usize) -> Result<()> {
        self.backend.spend(rows.saturating_add(CHUNK_WORK))
    }

    /// One level deeper into functions and subplans; an error rather than an overflow of the stack.
    pub fn enter(&mut self) -> Result<()> {
        enter(self.backend)
    }

    pub fn leave(&mut self) {
        leave(self.backend);
    }

    /// The value of an executor parameter, running its init plan if it has not run yet.
    pub fn value(&mut self, number: usize) -> Result<Datum> {
        match self.values.get(number) {
            Some(Some(value)) => Ok(value.clone()),
            _ => super::subplan::run_init_plan(self, number),
        }
    }

    pub fn set_value(&mut self, number: usize, value: Option<Datum>) {
        if let Some(slot) = self.values.get_mut(number) {
            *slot = value;
        }
    }

    /// An outer row has changed: init plans that depend on one must run again.
    pub fn forget_dependent_values(&mut self) {
        for at in 0..self.dependent.len() {
            if let Some(&number) = self.dependent.get(at) {
                self.set_value(number, None);
            }
        }
    }

    /// All rows of an operator.
    pub fn collect(&mut self, operator: &mut dyn Operator) -> Result<Vec<Chunk>> {
        self.in_batches(|ctx| {
            let mut chunks = Vec::new();
            while let Some(chunk) = operator.next(ctx)? {
                if chunk.rows > 0 {
                    ctx.memory.grow(chunk_bytes(&chunk))?;
                    chunks.push(chunk);
                }
            }
            Ok(chunks)
        })
    }

    /// Takes rows of which there may be enough at any time. When they are counted, each comes by itself, so that none is
    /// counted that PostgreSQL would not have asked for.
    pub fn row_by_row<T>(&mut self, take: impl FnOnce(&mut Self) -> T) -> T {
        match self.counters {
            Some(_) => self.with_batch(1, take),
            None => take(self),
        }
    }

    /// Takes rows that are all wanted.
    pub fn in_batches<T>(&mut self, take: impl FnOnce(&mut Self) -> T) -> T {
        self.with_batch(CHUNK_ROWS, take)
    }

    fn with_batch<T>(&mut self, batch: usize, take: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.batch, batch);
        let result = take(self);
        self.batch = before;
        result
    }
}

impl Backend<'_> {
    /// Takes note of work, in rows or what costs as much. A statement without an end would freeze the page: it is
    /// cancelled as by `statement_timeout` when it has done as much as one may.
    pub fn spend(&mut self, rows: usize) -> Result<()> {
        self.session.work = self.session.work.saturating_add(rows as u64);
        match self.session.work > self.session.work_limit {
            true => Err(
                Error::new(SqlState::QUERY_CANCELED, "canceling statement due to statement timeout")
                    .detail("The statement does more than Kumquat lets one do: it may have no end."),
            ),
            false => Ok(()),
        }
    }
}

/// One level deeper into functions; PostgreSQL's `stack depth limit exceeded` when there are too many.
pub fn enter(backend: &mut Backend<'_>) -> Result<()> {
    if backend.session.depth >= DEPTH_LIMIT {
        let hint = "Increase the configuration parameter \"max_stack_depth\" (currently 2048kB), after ensuring the \
                    platform's stack depth limit is adequate.";
        return Err(Error::new(SqlState::STATEMENT_TOO_COMPLEX, "stack depth limit exceeded").hint(hint));
    }
    backend.session.depth += 1;
    Ok(())
}

pub fn leave(backend: &mut Backend<'_>) {
    backend.session.depth = backend.session.depth.saturating_sub(1);
}

/// Bytes that a chunk holds in memory, nearly.
pub fn chunk_bytes(chunk: &Chunk) -> usize {
    let bytes = chunk.columns.iter().map(|column| match &column.data {
        ColumnData::Bool(v) => v.len(),
        ColumnData::Int2(v) => v.len() * 2,
        ColumnData::Int4(_) | ColumnData::Float4(_) | ColumnData::Date(_) => column.len() * 4,
        ColumnData::Int8(_) | ColumnData::Float8(_) | ColumnData::Timestamp(_) | ColumnData::TimestampTz(_) => {
            column.len() * 8
        }
        ColumnData::Text(v) => v.iter().map(|text| text.len() + 32).sum(),
        ColumnData::Datum(v) => v.iter().map(|value| 24 + held_bytes(value)).sum(),
    });
    bytes.sum::<usize>() + 64
}

/// Bytes behind a datum's pointer, nearly.
fn held_bytes(value: &Datum) -> usize {
    match value {
        Datum::Text(v) => v.len() + 16,
        Datum::Bytea(v) => v.len() + 16,
        Datum::Numeric(v) => v.digits.len() * 2 + 64,
        Datum::Array(v) => v.values.len() * 24 + v.values.first().map_or(0, held_bytes) * v.values.len() + 64,
        Datum::Record(v) => v.values.iter().map(|v| 24 + held_bytes(v)).sum(),
        Datum::Jsonb(_) => 256,
        _ => 0,
    }
}
