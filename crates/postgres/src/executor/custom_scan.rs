//! CustomScan: rows that an extension brings.

use std::sync::Arc;

use kumquat_types::{Chunk, Error, Result};

use super::build::node_id;
use super::context::Context;
use super::expr::Projection;
use super::layout::Layout;
use super::operator::Operator;
use crate::extension::CustomScan;
use crate::planner::Plan;

pub struct CustomScanOperator {
    scan: Arc<dyn CustomScan>,
    rows: Option<Vec<Chunk>>,
    at: usize,
    projection: Projection,
    node: usize,
}

impl CustomScanOperator {
    pub fn build(
        ctx: &mut Context<'_, '_>,
        plan: &Plan,
        entry: usize,
        scan: &Arc<dyn CustomScan>,
    ) -> Result<CustomScanOperator> {
        let columns = ctx
            .plan
            .levels
            .get(plan.level)
            .and_then(|level| level.get(entry.wrapping_sub(1)));
        let columns = columns.ok_or_else(|| Error::internal("a custom scan has no entry"))?;
        let layout = Layout::of_entry(entry, columns.columns.iter().map(|c| (c.type_oid, c.type_modifier)));
        Ok(CustomScanOperator {
            scan: scan.clone(),
            rows: None,
            at: 0,
            projection: Projection::new(ctx.backend, &plan.filter, &plan.output, &layout)?,
            node: node_id(plan),
        })
    }
}

impl Operator for CustomScanOperator {
    fn next(&mut self, ctx: &mut Context<'_, '_>) -> Result<Option<Chunk>> {
        if self.rows.is_none() {
            let params = ctx.params.to_vec();
            let output = match ctx.counters.is_some() {
                true => self.scan.execute_counted(ctx.backend, &params)?,
                false => self.scan.execute(ctx.backend, &params)?,
            };
            ctx.processed += output.processed;
            self.rows = Some(output.chunks);
        }
        let (rows, at) = (self.rows.as_deref().unwrap_or_default(), &mut self.at);
        let result = self.projection.next(ctx, &mut |_| {
            let chunk = rows.get(*at).cloned();
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
