//! Group and Unique: the first row of each run of rows with equal keys.

use kumquat_types::{Chunk, Result};

use super::build::{build_child, child_layout, node_id};
use super::context::Context;
use super::expr::compile::compile_all;
use super::expr::{Compiled, Projection};
use super::keys::Keys;
use super::layout::Layout;
use super::operator::Operator;
use crate::planner::Plan;
use crate::planner::plan::GroupKey;

/// Finds the rows whose keys differ from those of the row before.
struct Runs {
    keys: Vec<Compiled>,
    last: Option<(Keys, usize)>,
}

impl Runs {
    fn new(ctx: &Context<'_, '_>, keys: &[GroupKey], layout: &Layout) -> Result<Runs> {
        Ok(Runs {
            keys: compile_all(ctx.backend, keys.iter().map(|key| &key.expr), layout)?,
            last: None,
        })
    }

    fn starts(&mut self, ctx: &mut Context<'_, '_>, chunk: &Chunk) -> Result<Vec<u32>> {
        let columns: Result<Vec<_>> = self.keys.iter_mut().map(|key| key.eval(ctx, chunk, None)).collect();
        let keys = Keys::new(columns?, self.keys.iter().map(|key| key.type_oid).collect());
        let mut starts = Vec::new();
        for row in 0..chunk.rows {
            let same = match (row.checked_sub(1), &self.last) {
                (Some(before), _) => keys.equal(row, &keys, before),
                (None, Some((last, at))) => keys.equal(row, last, *at),
                (None, None) => false,
            };
            if !same {
                starts.extend(u32::try_from(row));
            }
        }
        if let Some(last) = chunk.rows.checked_sub(1) {
            self.last = Some((keys, last));
        }
        Ok(starts)
    }
}

/// DISTINCT over sorted rows.
pub struct Unique {
    input: Box<dyn Operator>,
    runs: Runs,
}

impl Unique {
    pub fn build(ctx: &mut Context<'_, '_>, plan: &Plan, keys: &[GroupKey]) -> Result<Unique> {
        Ok(Unique {
            runs: Runs::new(ctx, keys, &child_layout(plan, 0)?)?,
            input: build_child(ctx, plan, 0)?,
        })
    }
}

impl Operator for Unique {
    fn next(&mut self, ctx: &mut Context<'_, '_>) -> Result<Option<Chunk>> {
        while let Some(chunk) = self.input.next(ctx)? {
            let starts = self.runs.starts(ctx, &chunk)?;
            if !starts.is_empty() {
                return Ok(Some(chunk.take(&starts)));
            }
        }
        Ok(None)
    }

    fn rescan(&mut self, ctx: &mut Context<'_, '_>) -> Result<()> {
        self.runs.last = None;
        self.input.rescan(ctx)
    }
}

/// GROUP BY without aggregates over sorted rows.
pub struct Group {
    input: Box<dyn Operator>,
    runs: Runs,
    projection: Projection,
    node: usize,
}

impl Group {
    pub fn build(ctx: &mut Context<'_, '_>, plan: &Plan, keys: &[GroupKey]) -> Result<Group> {
        let layout = child_layout(plan, 0)?;
        Ok(Group {
            runs: Runs::new(ctx, keys, &layout)?,
            input: build_child(ctx, plan, 0)?,
            projection: Projection::new(ctx.backend, &plan.filter, &plan.output, &layout)?,
            node: node_id(plan),
        })
    }
}

impl Operator for Group {
    fn next(&mut self, ctx: &mut Context<'_, '_>) -> Result<Option<Chunk>> {
        let (input, runs) = (&mut self.input, &mut self.runs);
        let result = self.projection.next(ctx, &mut |ctx| {
            let Some(chunk) = input.next(ctx)? else {
                return Ok(None);
            };
            let starts = runs.starts(ctx, &chunk)?;
            Ok(Some(chunk.take(&starts)))
        })?;
        ctx.count_removed(self.node, &mut self.projection.removed);
        Ok(result)
    }

    fn rescan(&mut self, ctx: &mut Context<'_, '_>) -> Result<()> {
        self.runs.last = None;
        self.projection.reset();
        self.input.rescan(ctx)
    }
}
