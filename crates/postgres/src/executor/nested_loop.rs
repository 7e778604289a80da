//! NestedLoop: for each outer row, all inner rows that match. The inner side may depend on the outer row through
//! executor parameters.

use kumquat_types::{Chunk, Oid, Result};

use super::build::{build_child, child_layout, node_id};
use super::context::Context;
use super::expr::compile::compile_all;
use super::expr::{Compiled, Projection, eval_conditions};
use super::operator::Operator;
use crate::planner::Plan;
use crate::planner::plan::Join;
use crate::query::{Expr, JoinKind};

pub struct NestedLoop {
    outer: Box<dyn Operator>,
    inner: Box<dyn Operator>,
    kind: JoinKind,
    /// The first match is the only one that is wanted.
    single_match: bool,
    filter: Vec<Compiled>,
    params: Vec<(usize, Compiled)>,
    inner_types: Vec<Oid>,
    current: Option<Current>,
    projection: Projection,
    node: usize,
}

/// The outer row that is being joined.
struct Current {
    outer: Chunk,
    row: usize,
    /// The inner side has been started for the row.
    started: bool,
    matched: bool,
}

impl NestedLoop {
    pub fn build(ctx: &mut Context<'_, '_>, plan: &Plan, join: &Join, params: &[(usize, Expr)]) -> Result<NestedLoop> {
        let (outer, inner) = (child_layout(plan, 0)?, child_layout(plan, 1)?);
        let inner_types = inner.types();
        let values = compile_all(ctx.backend, params.iter().map(|(_, value)| value), &outer)?;
        let both = outer.clone().join(inner);
        Ok(NestedLoop {
            outer: build_child(ctx, plan, 0)?,
            inner: build_child(ctx, plan, 1)?,
            kind: join.kind,
            single_match: join.inner_unique || matches!(join.kind, JoinKind::Semi | JoinKind::Anti),
            filter: compile_all(ctx.backend, &join.filter, &both)?,
            params: params.iter().map(|(param, _)| *param).zip(values).collect(),
            inner_types,
            current: None,
            projection: Projection::new(ctx.backend, &plan.filter, &plan.output, &both)?,
            node: node_id(plan),
        })
    }
}

/// The joining itself, apart from the projection.
struct Loop<'a> {
    outer: &'a mut dyn Operator,
    inner: &'a mut dyn Operator,
    kind: JoinKind,
    single_match: bool,
    node: usize,
    filter: &'a mut [Compiled],
    params: &'a mut [(usize, Compiled)],
    inner_types: &'a [Oid],
    current: &'a mut Option<Current>,
}

impl Loop<'_> {
    fn next(&mut self, ctx: &mut Context<'_, '_>) -> Result<Option<Chunk>> {
        loop {
            let Some(mut current) = self.current.take() else {
                match self.outer.next(ctx)? {
                    Some(outer) => {
                        *self.current = Some(Current {
                            outer,
                            row: 0,
                            started: false,
                            matched: false,
                        });
                        continue;
                    }
                    None => return Ok(None),
                }
            };
            if current.row >= current.outer.rows {
                continue;
            }
            let result = self.step(ctx, &mut current)?;
            *self.current = Some(current);
            if result.is_some() {
                return Ok(result);
            }
        }
    }

    /// The next inner chunk for the outer row; `None`: nothing came of it, or the row is done.
    fn step(&mut self, ctx: &mut Context<'_, '_>, current: &mut Current) -> Result<Option<Chunk>> {
        if !current.started {
            let row = current.outer.slice(current.row, 1);
            for (param, value) in self.params.iter_mut() {
                let value = value.eval_row(ctx, &row)?;
                ctx.set_value(*param, Some(value));
            }
            if !self.params.is_empty() {
                ctx.forget_dependent_values();
            }
            self.inner.rescan(ctx)?;
            current.started = true;
        }
        let inner = match self.single_match {
            true if current.matched => None,
            true => ctx.row_by_row(|ctx| self.inner.next(ctx))?,
            false => self.inner.next(ctx)?,
        };
        let Some(inner) = inner else {
            return Ok(self.finish_row(current));
        };
        ctx.spend(inner.rows)?;
        if inner.rows == 0 {
            return Ok(None);
        }
        let place = u32::try_from(current.row).unwrap_or(u32::MAX);
        let repeated = current.outer.take(&vec![place; inner.rows]);
        let mut columns = repeated.columns;
        columns.extend(inner.columns.iter().cloned());
        let pairs = Chunk::new(columns, inner.rows);
        let mask = eval_conditions(self.filter, ctx, &pairs)?;
        let matches = mask.as_ref().map_or(pairs.rows, kumquat_types::Bitmap::count_ones);
        if let Some(counters) = ctx.counters_of(self.node) {
            counters.removed_by_join += (pairs.rows - matches) as u64;
        }
        if matches == 0 {
            return Ok(None);
        }
        current.matched = true;
        if self.kind == JoinKind::Anti {
            return Ok(self.finish_row(current));
        }
        let matches = match mask {
            Some(mask) => pairs.filter(&mask),
            None => pairs,
        };
        if self.kind == JoinKind::Semi {
            // The first match decides.
            self.finish_row(current);
            return Ok(Some(matches.slice(0, 1)));
        }
        Ok(Some(matches))
    }

    /// Goes on to the next outer row; gives what the one that is done gives by itself.
    fn finish_row(&self, current: &mut Current) -> Option<Chunk> {
        let row = current.outer.slice(current.row, 1);
        let matched = std::mem::take(&mut current.matched);
        current.started = false;
        current.row += 1;
        match (self.kind, matched) {
            (JoinKind::Left | JoinKind::Anti, false) => Some(with_nulls(row, self.inner_types)),
            _ => None,
        }
    }
}

/// The rows with NULLs for the columns of the other side to their right.
pub fn with_nulls(rows: Chunk, types: &[Oid]) -> Chunk {
    let mut columns = rows.columns;
    let nulls = |&type_oid| std::sync::Arc::new(kumquat_types::Column::nulls(type_oid, rows.rows));
    columns.extend(types.iter().map(nulls));
    Chunk::new(columns, rows.rows)
}

impl Operator for NestedLoop {
    fn next(&mut self, ctx: &mut Context<'_, '_>) -> Result<Option<Chunk>> {
        let mut joining = Loop {
            outer: self.outer.as_mut(),
            inner: self.inner.as_mut(),
            kind: self.kind,
            single_match: self.single_match,
            node: self.node,
            filter: &mut self.filter,
            params: &mut self.params,
            inner_types: &self.inner_types,
            current: &mut self.current,
        };
        let result = self.projection.next(ctx, &mut |ctx| joining.next(ctx))?;
        ctx.count_removed(self.node, &mut self.projection.removed);
        Ok(result)
    }

    fn rescan(&mut self, ctx: &mut Context<'_, '_>) -> Result<()> {
        self.current = None;
        self.projection.reset();
        self.outer.rescan(ctx)
    }
}
