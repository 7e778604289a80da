//! RecursiveUnion: WITH RECURSIVE. The second input is run on what it (or at first the first input) last gave,
//! until it gives nothing.

use std::sync::Arc;

use kumquat_types::{Chunk, Result};

use super::build::{build_child, child_layout};
use super::context::{Context, chunk_bytes};
use super::keys::RowTable;
use super::operator::Operator;
use crate::planner::Plan;

pub struct RecursiveUnion {
    first: Box<dyn Operator>,
    recursive: Box<dyn Operator>,
    param: usize,
    /// UNION: rows that have been given.
    seen: Option<RowTable>,
    types: Vec<kumquat_types::Oid>,
    /// What the current round has given so far.
    round: Vec<Chunk>,
    in_first: bool,
    done: bool,
}

/// What a round costs besides its rows: it starts a plan.
const ROUND_WORK: usize = 100;

impl RecursiveUnion {
    pub fn build(ctx: &mut Context<'_, '_>, plan: &Plan, distinct: bool, param: usize) -> Result<RecursiveUnion> {
        let types = child_layout(plan, 0)?.types();
        if ctx.work_tables.len() <= param {
            ctx.work_tables.resize(param + 1, None);
        }
        Ok(RecursiveUnion {
            first: build_child(ctx, plan, 0)?,
            recursive: build_child(ctx, plan, 1)?,
            param,
            seen: distinct.then(|| RowTable::new(types.clone())),
            types,
            round: Vec::new(),
            in_first: true,
            done: false,
        })
    }

    /// The rows that are new.
    fn unseen(&mut self, ctx: &mut Context<'_, '_>, chunk: Chunk) -> Result<Chunk> {
        let Some(seen) = &mut self.seen else {
            return Ok(chunk);
        };
        let before = seen.bytes();
        let (_, fresh) = seen.insert(&chunk.columns, chunk.rows);
        ctx.memory.grow(seen.bytes() - before)?;
        Ok(if fresh.len() == chunk.rows {
            chunk
        } else {
            chunk.take(&fresh)
        })
    }

    /// Hands the last round's rows to the recursive part and starts it.
    fn start_round(&mut self, ctx: &mut Context<'_, '_>) -> Result<()> {
        let rows = std::mem::take(&mut self.round);
        ctx.spend(ROUND_WORK)?;
        self.done = rows.is_empty();
        if let Some(slot) = ctx.work_tables.get_mut(self.param) {
            let old = slot.replace(Arc::new(rows));
            ctx.memory
                .shrink(old.iter().flat_map(|rows| rows.iter()).map(chunk_bytes).sum());
        }
        if !self.done {
            self.recursive.rescan(ctx)?;
        }
        Ok(())
    }
}

impl Operator for RecursiveUnion {
    fn next(&mut self, ctx: &mut Context<'_, '_>) -> Result<Option<Chunk>> {
        while !self.done {
            let input = if self.in_first {
                &mut self.first
            } else {
                &mut self.recursive
            };
            match input.next(ctx)? {
                Some(chunk) => {
                    let rows = self.unseen(ctx, chunk)?;
                    if rows.rows > 0 {
                        ctx.memory.grow(chunk_bytes(&rows))?;
                        self.round.push(rows.clone());
                        return Ok(Some(rows));
                    }
                }
                None => {
                    self.in_first = false;
                    self.start_round(ctx)?;
                }
            }
        }
        Ok(None)
    }

    fn rescan(&mut self, ctx: &mut Context<'_, '_>) -> Result<()> {
        if let Some(seen) = &mut self.seen {
            *seen = RowTable::new(self.types.clone());
        }
        self.round.clear();
        (self.in_first, self.done) = (true, false);
        self.first.rescan(ctx)
    }
}
