//! Material and Hash: rows kept, so that a rescan need not compute them again.

use kumquat_types::{Chunk, Result};

use super::build::{build_child, child};
use super::context::{Context, chunk_bytes};
use super::operator::Operator;
use crate::planner::Plan;

pub struct Material {
    input: Box<dyn Operator>,
    rows: Vec<Chunk>,
    complete: bool,
    at: usize,
    /// The input gives the same rows each time.
    stable: bool,
}

impl Material {
    pub fn build(ctx: &mut Context<'_, '_>, plan: &Plan) -> Result<Material> {
        Ok(Material {
            stable: ctx.plan.is_stable(&*child(plan, 0)?),
            input: build_child(ctx, plan, 0)?,
            rows: Vec::new(),
            complete: false,
            at: 0,
        })
    }
}

impl Operator for Material {
    fn next(&mut self, ctx: &mut Context<'_, '_>) -> Result<Option<Chunk>> {
        if let Some(chunk) = self.rows.get(self.at) {
            self.at += 1;
            return Ok(Some(chunk.clone()));
        }
        if self.complete {
            return Ok(None);
        }
        match self.input.next(ctx)? {
            Some(chunk) => {
                ctx.memory.grow(chunk_bytes(&chunk))?;
                self.rows.push(chunk.clone());
                self.at += 1;
                Ok(Some(chunk))
            }
            None => {
                self.complete = true;
                Ok(None)
            }
        }
    }

    fn rescan(&mut self, ctx: &mut Context<'_, '_>) -> Result<()> {
        self.at = 0;
        if self.stable {
            return Ok(());
        }
        ctx.memory.shrink(self.rows.iter().map(chunk_bytes).sum());
        self.rows.clear();
        self.complete = false;
        self.input.rescan(ctx)
    }
}
