//! The interface of operators, and how a plan becomes a tree of them.

use kumquat_types::{Chunk, Result};

use super::context::Context;

/// One plan node at work: gives its rows chunk by chunk.
pub trait Operator {
    /// The next rows; `None` after the last. A chunk may be empty.
    fn next(&mut self, ctx: &mut Context<'_, '_>) -> Result<Option<Chunk>>;

    /// Starts again, as executor parameters may have changed.
    fn rescan(&mut self, ctx: &mut Context<'_, '_>) -> Result<()>;

    /// No more rows than these will be asked for until the next rescan; `u64::MAX`: any number
    /// (PostgreSQL's `ExecSetTupleBound`).
    fn set_bound(&mut self, _rows: u64) {}
}

/// Counts rows and loops for EXPLAIN ANALYZE.
pub struct Counted {
    pub inner: Box<dyn Operator>,
    pub node: usize,
    pub started: bool,
    /// Rows that came although no more than one at a time was wanted.
    pub waiting: Option<Chunk>,
}

impl Operator for Counted {
    fn next(&mut self, ctx: &mut Context<'_, '_>) -> Result<Option<Chunk>> {
        let chunk = match self.waiting.take() {
            Some(chunk) => Some(chunk),
            None => self.inner.next(ctx)?,
        };
        let chunk = chunk.map(|chunk| {
            let rest = chunk.slice(ctx.batch, usize::MAX);
            self.waiting = (rest.rows > 0).then_some(rest);
            match self.waiting {
                Some(_) => chunk.slice(0, ctx.batch),
                None => chunk,
            }
        });
        if let Some(counters) = ctx.counters_of(self.node) {
            if !self.started {
                counters.loops += 1;
                self.started = true;
            }
            counters.rows += chunk.as_ref().map_or(0, |chunk| chunk.rows as u64);
        }
        Ok(chunk)
    }

    fn rescan(&mut self, ctx: &mut Context<'_, '_>) -> Result<()> {
        self.started = false;
        self.waiting = None;
        self.inner.rescan(ctx)
    }

    fn set_bound(&mut self, rows: u64) {
        self.inner.set_bound(rows);
    }
}
