//! The last step of most operators: conditions, then the output.

use std::sync::Arc;

use kumquat_types::{Bitmap, Chunk, Column, Oid, Result, Volatility};

use super::compile::compile_all;
use super::{Compiled, Function, eval_conditions};
use crate::backend::Backend;
use crate::executor::context::Context;
use crate::executor::layout::Layout;
use crate::query::Expr;

/// Conditions on rows, and what is computed from those that satisfy them.
pub struct Projection {
    filter: Vec<Compiled>,
    output: Vec<Compiled>,
    /// The columns of the input that the output is made from: the others are not carried past the conditions.
    used: Vec<bool>,
    /// The output has side effects: rows are computed one by one, and only when they are asked for.
    row_by_row: bool,
    waiting: Option<(Chunk, usize)>,
    pub removed: u64,
}

impl Projection {
    pub fn new(backend: &Backend<'_>, filter: &[Expr], output: &[Expr], layout: &Layout) -> Result<Projection> {
        Ok(Projection {
            filter: compile_all(backend, filter, layout)?,
            output: compile_all(backend, output, layout)?,
            used: layout.used_by(output),
            row_by_row: output
                .iter()
                .any(|expr| layout.find(expr).is_none() && has_side_effects(backend, expr)),
            waiting: None,
            removed: 0,
        })
    }

    /// The output for rows of the input, which `fetch` brings; `None` when it has no more.
    pub fn next(
        &mut self,
        ctx: &mut Context<'_, '_>,
        fetch: &mut dyn FnMut(&mut Context<'_, '_>) -> Result<Option<Chunk>>,
    ) -> Result<Option<Chunk>> {
        loop {
            if let Some((chunk, at)) = self.waiting.take() {
                let row = chunk.slice(at, 1);
                if at + 1 < chunk.rows {
                    self.waiting = Some((chunk, at + 1));
                }
                return self.project(ctx, &row).map(Some);
            }
            let Some(chunk) = fetch(ctx)? else {
                return Ok(None);
            };
            ctx.spend(chunk.rows)?;
            let kept = self.keep(ctx, chunk)?;
            if kept.rows == 0 {
                continue;
            }
            if self.row_by_row && kept.rows > 1 {
                self.waiting = Some((kept, 0));
                continue;
            }
            return self.project(ctx, &kept).map(Some);
        }
    }

    /// The rows that satisfy the conditions.
    pub fn keep(&mut self, ctx: &mut Context<'_, '_>, chunk: Chunk) -> Result<Chunk> {
        let before = chunk.rows;
        let kept = match eval_conditions(&mut self.filter, ctx, &chunk)? {
            Some(mask) => self.filter(&chunk, &mask),
            None => chunk,
        };
        self.removed += (before - kept.rows) as u64;
        Ok(kept)
    }

    fn filter(&self, chunk: &Chunk, mask: &Bitmap) -> Chunk {
        let kept = mask.count_ones();
        if kept == chunk.rows {
            return chunk.clone();
        }
        let none = Arc::new(Column::nulls(Oid::VOID, 0));
        let columns = chunk
            .columns
            .iter()
            .enumerate()
            .map(|(at, column)| match self.used.get(at) {
                Some(false) => none.clone(),
                _ => Arc::new(column.filter(mask)),
            });
        Chunk::new(columns.collect(), kept)
    }

    pub fn project(&mut self, ctx: &mut Context<'_, '_>, chunk: &Chunk) -> Result<Chunk> {
        let columns: Result<Vec<Arc<Column>>> =
            self.output.iter_mut().map(|expr| expr.eval(ctx, chunk, None)).collect();
        Ok(Chunk::new(columns?, chunk.rows))
    }

    pub fn reset(&mut self) {
        self.waiting = None;
    }
}

/// Calls a function that changes something or gives something else each time.
pub fn has_side_effects(backend: &Backend<'_>, expr: &Expr) -> bool {
    expr.any(&mut |part| match part {
        Expr::Func(call) => function_volatility(backend, call.function) == Volatility::Volatile,
        _ => false,
    })
}

/// The volatility of a function by its oid.
pub fn function_volatility(backend: &Backend<'_>, function: kumquat_types::Oid) -> Volatility {
    if let Some(proc) = super::function::find_proc(backend, function) {
        return proc.volatility;
    }
    let user = backend
        .catalog()
        .ok()
        .and_then(|catalog| catalog.functions.get(&function).cloned());
    user.map_or(Volatility::Volatile, |function| function.volatility)
}

/// The function that carries out an operator, for those who compare values by it.
pub fn operator_function(
    backend: &Backend<'_>,
    operator: kumquat_types::Oid,
    left: &Expr,
    right: &Expr,
) -> Result<Function> {
    let types = vec![left.type_oid(), right.type_oid()];
    Function::for_operator(backend, operator, types, kumquat_types::Oid::BOOL)
}
