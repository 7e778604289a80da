//! CteScan and WorkTableScan: rows that another plan keeps.

use kumquat_types::{Chunk, Error, Result};

use super::build::node_id;
use super::context::Context;
use super::expr::Projection;
use super::layout::Layout;
use super::operator::Operator;
use super::subplan::{cte_chunk, restart_cte};
use crate::planner::Plan;

pub struct CteScan {
    subplan: usize,
    at: usize,
    projection: Projection,
    node: usize,
}

impl CteScan {
    pub fn build(ctx: &mut Context<'_, '_>, plan: &Plan, entry: usize, subplan: usize) -> Result<CteScan> {
        let definition = ctx.plan.subplans.get(subplan);
        let definition = definition.ok_or_else(|| Error::internal("a CTE's plan is missing"))?;
        let types = definition
            .plan
            .output
            .iter()
            .map(|expr| (expr.type_oid(), expr.type_modifier()));
        let layout = Layout::of_entry(entry, types);
        Ok(CteScan {
            subplan,
            at: 0,
            projection: Projection::new(ctx.backend, &plan.filter, &plan.output, &layout)?,
            node: node_id(plan),
        })
    }
}

impl Operator for CteScan {
    fn next(&mut self, ctx: &mut Context<'_, '_>) -> Result<Option<Chunk>> {
        let (subplan, at) = (self.subplan, &mut self.at);
        let result = self.projection.next(ctx, &mut |ctx| {
            let chunk = cte_chunk(ctx, subplan, *at)?;
            *at += 1;
            Ok(chunk)
        })?;
        ctx.count_removed(self.node, &mut self.projection.removed);
        Ok(result)
    }

    fn rescan(&mut self, ctx: &mut Context<'_, '_>) -> Result<()> {
        self.at = 0;
        self.projection.reset();
        restart_cte(ctx, self.subplan)
    }
}

/// What the recursive union around it last gave.
pub struct WorkTableScan {
    param: usize,
    at: usize,
    projection: Projection,
    node: usize,
}

impl WorkTableScan {
    pub fn build(ctx: &mut Context<'_, '_>, plan: &Plan, entry: usize, param: usize) -> Result<WorkTableScan> {
        let columns = ctx
            .plan
            .levels
            .get(plan.level)
            .and_then(|level| level.get(entry.wrapping_sub(1)));
        let columns = columns.ok_or_else(|| Error::internal("a work table has no entry"))?;
        let layout = Layout::of_entry(entry, columns.columns.iter().map(|c| (c.type_oid, c.type_modifier)));
        Ok(WorkTableScan {
            param,
            at: 0,
            projection: Projection::new(ctx.backend, &plan.filter, &plan.output, &layout)?,
            node: node_id(plan),
        })
    }
}

impl Operator for WorkTableScan {
    fn next(&mut self, ctx: &mut Context<'_, '_>) -> Result<Option<Chunk>> {
        let (param, at) = (self.param, &mut self.at);
        let result = self.projection.next(ctx, &mut |ctx| {
            let rows = ctx.work_tables.get(param).cloned().flatten();
            let chunk = rows.and_then(|rows| rows.get(*at).cloned());
            *at += 1;
            Ok(chunk)
        })?;
        ctx.count_removed(self.node, &mut self.projection.removed);
        Ok(result)
    }

    fn rescan(&mut self, _: &mut Context<'_, '_>) -> Result<()> {
        self.at = 0;
        self.projection.reset();
        Ok(())
    }
}
