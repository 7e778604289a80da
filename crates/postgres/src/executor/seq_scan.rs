//! SeqScan and SampleScan: all rows of a table, in the order of its heap.

use std::sync::Arc;

use kumquat_types::{CHUNK_ROWS, Chunk, Error, Result, SqlState};

use super::build::node_id;
use super::context::Context;
use super::expr::Projection;
use super::operator::Operator;
use super::pages::page_of;
use super::scan::TableColumns;
use super::{evaluate_number, layout::Layout};
use crate::planner::Plan;
use crate::planner::plan::ScanTarget;
use crate::query::TableSample;
use crate::storage::Heap;
use crate::system;

pub struct SeqScan {
    cursor: Cursor,
    projection: Projection,
    node: usize,
}

/// Where the scan stands.
struct Cursor {
    heap: Arc<Heap>,
    columns: TableColumns,
    chunk: usize,
    row: usize,
    /// Rows fetched at once: few at first, as the rest may not be needed.
    step: usize,
    /// Pages that have been looked at.
    pages: u64,
    /// TABLESAMPLE: the part of the rows taken, and the state of its random numbers.
    sample: Option<(f64, u64)>,
    seed: u64,
}

/// Rows fetched first.
const FIRST_STEP: usize = 64;

impl SeqScan {
    pub fn build(
        ctx: &mut Context<'_, '_>,
        plan: &Plan,
        target: &ScanTarget,
        sample: Option<&Arc<TableSample>>,
    ) -> Result<SeqScan> {
        let columns = TableColumns::new(ctx, plan, target)?;
        let projection = Projection::new(ctx.backend, &plan.filter, &plan.output, &columns.layout)?;
        let heap = match system::computed_heap(ctx.backend, target.relation)? {
            Some(heap) => heap,
            None => ctx.heap(ctx.bound(target.relation)),
        };
        let (fraction, seed) = match sample {
            Some(sample) => sample_arguments(ctx, sample)?,
            None => (None, 0),
        };
        Ok(SeqScan {
            cursor: Cursor {
                heap,
                columns,
                chunk: 0,
                row: 0,
                step: FIRST_STEP,
                pages: 0,
                sample: fraction.map(|fraction| (fraction, seed)),
                seed,
            },
            projection,
            node: node_id(plan),
        })
    }
}

/// The fraction of rows wanted, and the seed (`tablesample_init`).
fn sample_arguments(ctx: &mut Context<'_, '_>, sample: &TableSample) -> Result<(Option<f64>, u64)> {
    let none = Layout::default();
    let missing = |code: SqlState, what: &str| Error::new(code, format!("TABLESAMPLE {what} cannot be null"));
    let percent = match sample.args.first() {
        Some(arg) => evaluate_number(ctx, arg, &none)?,
        None => None,
    };
    let percent = percent.ok_or_else(|| missing(SqlState::INVALID_TABLESAMPLE_ARGUMENT, "parameter"))?;
    let seed = match &sample.repeatable {
        Some(seed) => evaluate_number(ctx, seed, &none)?
            .ok_or_else(|| missing(SqlState::INVALID_TABLESAMPLE_REPEAT, "REPEATABLE parameter"))?
            .to_bits(),
        None => {
            use kumquat_types::Environment;
            ctx.backend.random().to_bits()
        }
    };
    if !(0.0..=100.0).contains(&percent) {
        let message = "sample percentage must be between 0 and 100";
        return Err(Error::new(SqlState::INVALID_TABLESAMPLE_ARGUMENT, message));
    }
    Ok((Some(percent / 100.0), seed))
}

impl Cursor {
    fn fetch(&mut self, batch: usize) -> Option<Chunk> {
        loop {
            let chunk = self.heap.chunks.get(self.chunk)?;
            let number = u32::try_from(self.chunk).unwrap_or(u32::MAX);
            let (rows, next) = self.columns.live_rows(chunk, number, self.row, self.step.min(batch));
            self.step = (self.step * 4).min(CHUNK_ROWS);
            self.row = next;
            if next >= chunk.data.rows {
                self.chunk += 1;
                self.row = 0;
            }
            let rows = self.sampled(rows);
            if rows.rows > 0 {
                return Some(rows);
            }
        }
    }

    /// Pages that the last fetch has come to.
    fn new_pages(&mut self, at_end: bool) -> u64 {
        let position = self.chunk as u64 * CHUNK_ROWS as u64 + self.row as u64;
        let reached = match at_end {
            true => self.heap.pages(),
            false => (page_of(&self.heap, position.saturating_sub(1)) + 1).min(self.heap.pages()),
        };
        let before = self.pages;
        self.pages = reached.max(before);
        self.pages - before
    }

    fn sampled(&mut self, rows: Chunk) -> Chunk {
        let Some((fraction, state)) = &mut self.sample else {
            return rows;
        };
        let mut keep = |_| {
            *state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            ((*state >> 11) as f64 / (1u64 << 53) as f64) < *fraction
        };
        let mask = (0..rows.rows).map(&mut keep).collect();
        rows.filter(&mask)
    }
}

impl Operator for SeqScan {
    fn next(&mut self, ctx: &mut Context<'_, '_>) -> Result<Option<Chunk>> {
        let (cursor, node) = (&mut self.cursor, self.node);
        let result = self.projection.next(ctx, &mut |ctx| {
            let rows = cursor.fetch(ctx.batch);
            let pages = cursor.new_pages(rows.is_none());
            if let Some(counters) = ctx.counters_of(node) {
                counters.pages += pages;
            }
            Ok(rows)
        })?;
        ctx.count_removed(self.node, &mut self.projection.removed);
        Ok(result)
    }

    fn rescan(&mut self, _: &mut Context<'_, '_>) -> Result<()> {
        let cursor = &mut self.cursor;
        (cursor.chunk, cursor.row, cursor.pages) = (0, 0, 0);
        if let Some((_, state)) = &mut cursor.sample {
            *state = cursor.seed;
        }
        self.projection.reset();
        Ok(())
    }
}
