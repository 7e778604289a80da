//! FunctionScan: the rows of functions in FROM.

use std::sync::Arc;

use kumquat_types::{CHUNK_ROWS, Chunk, Column, ColumnData, Error, Oid, Result};

use super::build::node_id;
use super::context::{Context, chunk_bytes};
use super::expr::Projection;
use super::layout::Layout;
use super::operator::Operator;
use super::set_function::SetFunction;
use crate::planner::Plan;
use crate::query::{Expr, ParamKind, RangeTableFunction};

pub struct FunctionScan {
    functions: Vec<SetFunction>,
    ordinality: bool,
    rows: Option<Vec<Chunk>>,
    /// What the functions are given may change from one scan to the next.
    depends: bool,
    at: usize,
    projection: Projection,
    node: usize,
}

impl FunctionScan {
    pub fn build(
        ctx: &mut Context<'_, '_>,
        plan: &Plan,
        entry: usize,
        functions: &[RangeTableFunction],
        ordinality: bool,
    ) -> Result<FunctionScan> {
        let columns = ctx
            .plan
            .levels
            .get(plan.level)
            .and_then(|level| level.get(entry.wrapping_sub(1)));
        let columns = columns.ok_or_else(|| Error::internal("a function scan has no entry"))?;
        let layout = Layout::of_entry(entry, columns.columns.iter().map(|c| (c.type_oid, c.type_modifier)));
        let mut definitions = columns
            .columns
            .iter()
            .map(|c| (c.name.clone(), c.type_oid, c.type_modifier));
        let none = Layout::default();
        let mut compiled = Vec::with_capacity(functions.len());
        for function in functions {
            let definition = definitions.by_ref().take(function.columns).collect();
            compiled.push(SetFunction::new(ctx, &function.expr, definition, &none)?);
        }
        Ok(FunctionScan {
            functions: compiled,
            ordinality,
            depends: functions.iter().any(|function| depends_on_outside(&function.expr)),
            rows: None,
            at: 0,
            projection: Projection::new(ctx.backend, &plan.filter, &plan.output, &layout)?,
            node: node_id(plan),
        })
    }

    fn run(&mut self, ctx: &mut Context<'_, '_>) -> Result<Vec<Chunk>> {
        let row = Chunk::new(Vec::new(), 1);
        let mut results = Vec::with_capacity(self.functions.len());
        for function in &mut self.functions {
            let chunks = function.call(ctx, &row)?;
            ctx.memory.grow(chunks.iter().map(chunk_bytes).sum())?;
            results.push((function.columns().to_vec(), chunks));
        }
        let mut rows = match results.as_mut_slice() {
            [(_, chunks)] => std::mem::take(chunks),
            _ => side_by_side(&results),
        };
        if self.ordinality {
            let mut number = 0i64;
            for chunk in &mut rows {
                let end = number + i64::try_from(chunk.rows).unwrap_or(0);
                let numbers = ColumnData::Int8((number + 1..=end).collect());
                chunk.columns.push(Arc::new(Column::new(numbers, None)));
                number = end;
            }
        }
        Ok(rows)
    }
}

/// Parameters that other nodes set, or subplans, which may use them.
fn depends_on_outside(expr: &Expr) -> bool {
    expr.any(&mut |part| {
        matches!(
            part,
            Expr::Param {
                kind: ParamKind::Executor,
                ..
            } | Expr::SubPlan(_)
        )
    })
}

/// ROWS FROM (...): the results next to each other, shorter ones filled with NULLs.
fn side_by_side(results: &[(Vec<Oid>, Vec<Chunk>)]) -> Vec<Chunk> {
    let whole: Vec<Chunk> = results
        .iter()
        .map(|(types, chunks)| Chunk::concat(types, chunks))
        .collect();
    let rows = whole.iter().map(|chunk| chunk.rows).max().unwrap_or(0);
    let indices: Vec<u32> = (0..u32::try_from(rows).unwrap_or(u32::MAX)).collect();
    let columns = whole.iter().flat_map(|chunk| match chunk.rows == rows {
        true => chunk.columns.clone(),
        false => chunk.take(&indices).columns,
    });
    let all = Chunk::new(columns.collect(), rows);
    (0..rows)
        .step_by(CHUNK_ROWS)
        .map(|at| all.slice(at, CHUNK_ROWS))
        .collect()
}

impl Operator for FunctionScan {
    fn next(&mut self, ctx: &mut Context<'_, '_>) -> Result<Option<Chunk>> {
        if self.rows.is_none() {
            self.rows = Some(self.run(ctx)?);
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

    fn rescan(&mut self, ctx: &mut Context<'_, '_>) -> Result<()> {
        // What does not depend on the rows outside is not computed again.
        if self.depends
            && let Some(rows) = self.rows.take()
        {
            ctx.memory.shrink(rows.iter().map(chunk_bytes).sum());
        }
        self.at = 0;
        self.projection.reset();
        Ok(())
    }
}
