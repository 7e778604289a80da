//! Append and MergeAppend: the rows of several plans.

use kumquat_types::{CHUNK_ROWS, Chunk, Oid, Result};

use super::build::{build_child, child_layout};
use super::context::Context;
use super::expr::Compiled;
use super::expr::compile::compile_all;
use super::keys::Keys;
use super::operator::Operator;
use crate::catalog::SortOrder;
use crate::planner::Plan;
use crate::planner::plan::SortKey;

pub struct Append {
    inputs: Vec<Box<dyn Operator>>,
    at: usize,
}

impl Append {
    pub fn build(ctx: &mut Context<'_, '_>, plan: &Plan) -> Result<Append> {
        let inputs = (0..plan.children.len()).map(|index| build_child(ctx, plan, index));
        Ok(Append {
            inputs: inputs.collect::<Result<_>>()?,
            at: 0,
        })
    }
}

impl Operator for Append {
    fn next(&mut self, ctx: &mut Context<'_, '_>) -> Result<Option<Chunk>> {
        while let Some(input) = self.inputs.get_mut(self.at) {
            if let Some(chunk) = input.next(ctx)? {
                return Ok(Some(chunk));
            }
            self.at += 1;
        }
        Ok(None)
    }

    fn rescan(&mut self, ctx: &mut Context<'_, '_>) -> Result<()> {
        self.at = 0;
        self.inputs.iter_mut().try_for_each(|input| input.rescan(ctx))
    }

    fn set_bound(&mut self, rows: u64) {
        self.inputs.iter_mut().for_each(|input| input.set_bound(rows));
    }
}

pub struct MergeAppend {
    inputs: Vec<Source>,
    orders: Vec<SortOrder>,
    types: Vec<Oid>,
}

/// An input with the chunk it stands in.
struct Source {
    input: Box<dyn Operator>,
    keys: Vec<Compiled>,
    current: Option<(Chunk, Keys, usize)>,
    done: bool,
}

impl MergeAppend {
    pub fn build(ctx: &mut Context<'_, '_>, plan: &Plan, keys: &[SortKey]) -> Result<MergeAppend> {
        // The keys are those of the node's output, which the inputs give column by column.
        let layout = super::layout::Layout::new(plan.output.clone());
        let mut inputs = Vec::with_capacity(plan.children.len());
        for index in 0..plan.children.len() {
            inputs.push(Source {
                input: build_child(ctx, plan, index)?,
                keys: compile_all(ctx.backend, keys.iter().map(|key| &key.expr), &layout)?,
                current: None,
                done: false,
            });
        }
        Ok(MergeAppend {
            inputs,
            orders: keys.iter().map(|key| key.order).collect(),
            types: child_layout(plan, 0)?.types(),
        })
    }
}

impl Source {
    /// Makes sure that there is a current row, unless there are no more.
    fn fill(&mut self, ctx: &mut Context<'_, '_>) -> Result<()> {
        if self.current.as_ref().is_some_and(|(chunk, _, row)| *row < chunk.rows) {
            return Ok(());
        }
        self.current = None;
        while self.current.is_none() && !self.done {
            match self.input.next(ctx)? {
                Some(chunk) if chunk.rows > 0 => {
                    let columns: Result<Vec<_>> = self.keys.iter_mut().map(|key| key.eval(ctx, &chunk, None)).collect();
                    let keys = Keys::new(columns?, self.keys.iter().map(|key| key.type_oid).collect());
                    self.current = Some((chunk, keys, 0));
                }
                Some(_) => {}
                None => self.done = true,
            }
        }
        Ok(())
    }
}

impl Operator for MergeAppend {
    fn next(&mut self, ctx: &mut Context<'_, '_>) -> Result<Option<Chunk>> {
        let mut rows = Vec::new();
        while rows.len() < CHUNK_ROWS {
            let mut best: Option<usize> = None;
            for at in 0..self.inputs.len() {
                if let Some(source) = self.inputs.get_mut(at) {
                    source.fill(ctx)?;
                }
                let current = |at: usize| self.inputs.get(at).and_then(|source| source.current.as_ref());
                let Some((_, keys, row)) = current(at) else {
                    continue;
                };
                let better = match best.and_then(current) {
                    None => true,
                    Some((_, best_keys, best_row)) => keys.compare(*row, best_keys, *best_row, &self.orders).is_lt(),
                };
                if better {
                    best = Some(at);
                }
            }
            let Some(source) = best.and_then(|at| self.inputs.get_mut(at)) else {
                break;
            };
            if let Some((chunk, _, row)) = &mut source.current {
                rows.push(chunk.row(*row));
                *row += 1;
            }
        }
        Ok((!rows.is_empty()).then(|| Chunk::from_rows(&self.types, rows)))
    }

    fn rescan(&mut self, ctx: &mut Context<'_, '_>) -> Result<()> {
        for source in &mut self.inputs {
            (source.current, source.done) = (None, false);
            source.input.rescan(ctx)?;
        }
        Ok(())
    }

    fn set_bound(&mut self, rows: u64) {
        self.inputs.iter_mut().for_each(|source| source.input.set_bound(rows));
    }
}
