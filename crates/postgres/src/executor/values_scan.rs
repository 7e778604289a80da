//! ValuesScan: the rows of a VALUES list.

use std::sync::Arc;

use kumquat_types::{Chunk, Result};

use super::build::node_id;
use super::context::Context;
use super::expr::compile::compile_all;
use super::expr::{Compiled, Projection};
use super::layout::Layout;
use super::operator::Operator;
use crate::planner::Plan;
use crate::query::Expr;

pub struct ValuesScan {
    rows: Vec<Vec<Compiled>>,
    at: usize,
    layout: Layout,
    projection: Projection,
    node: usize,
}

/// Rows computed at once.
const BATCH: usize = 1024;

impl ValuesScan {
    pub fn build(
        ctx: &mut Context<'_, '_>,
        plan: &Plan,
        entry: usize,
        rows: &Arc<Vec<Vec<Expr>>>,
    ) -> Result<ValuesScan> {
        let first = rows.first().map(Vec::as_slice).unwrap_or_default();
        let layout = Layout::of_entry(entry, first.iter().map(|expr| (expr.type_oid(), expr.type_modifier())));
        let none = Layout::default();
        Ok(ValuesScan {
            rows: rows
                .iter()
                .map(|row| compile_all(ctx.backend, row, &none))
                .collect::<Result<_>>()?,
            at: 0,
            projection: Projection::new(ctx.backend, &plan.filter, &plan.output, &layout)?,
            layout,
            node: node_id(plan),
        })
    }
}

impl Operator for ValuesScan {
    fn next(&mut self, ctx: &mut Context<'_, '_>) -> Result<Option<Chunk>> {
        let (rows, at, types) = (&mut self.rows, &mut self.at, self.layout.types());
        let result = self.projection.next(ctx, &mut |ctx| {
            let end = rows.len().min(*at + BATCH);
            let Some(batch) = rows.get_mut(*at..end).filter(|batch| !batch.is_empty()) else {
                return Ok(None);
            };
            *at = end;
            let one = Chunk::new(Vec::new(), 1);
            let mut values = Vec::with_capacity(batch.len());
            for row in batch {
                let row: Result<Vec<_>> = row.iter_mut().map(|expr| expr.eval_row(ctx, &one)).collect();
                values.push(row?);
            }
            Ok(Some(Chunk::from_rows(&types, values)))
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
