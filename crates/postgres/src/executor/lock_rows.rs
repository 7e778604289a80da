//! LockRows: SELECT ... FOR UPDATE and kin. One session works at a time, so every lock is granted at once.

use kumquat_types::{Chunk, Result};

use super::build::build_child;
use super::context::Context;
use super::operator::Operator;
use crate::planner::Plan;
use crate::query::RowMark;

pub struct LockRows {
    input: Box<dyn Operator>,
}

impl LockRows {
    pub fn build(ctx: &mut Context<'_, '_>, plan: &Plan, _marks: &[RowMark]) -> Result<LockRows> {
        Ok(LockRows {
            input: build_child(ctx, plan, 0)?,
        })
    }
}

impl Operator for LockRows {
    fn next(&mut self, ctx: &mut Context<'_, '_>) -> Result<Option<Chunk>> {
        self.input.next(ctx)
    }

    fn rescan(&mut self, ctx: &mut Context<'_, '_>) -> Result<()> {
        self.input.rescan(ctx)
    }
}
