//! Limit: some of the rows, from an offset on.

use kumquat_types::{Chunk, Result};

use super::build::{build_child, child_layout};
use super::context::Context;
use super::expr::compile::compile_all;
use super::expr::{Compiled, compile};
use super::keys::Keys;
use super::layout::Layout;
use super::operator::Operator;
use super::result::row_count;
use crate::planner::Plan;
use crate::planner::plan::SortKey;
use crate::query::Expr;

pub struct Limit {
    input: Box<dyn Operator>,
    offset: Option<Compiled>,
    count: Option<Compiled>,
    /// WITH TIES: rows that are equal to the last one by these keys are given too.
    ties: Vec<Compiled>,
    window: Option<Window>,
}

/// What is still to be skipped and given.
struct Window {
    skip: u64,
    left: Option<u64>,
    /// The keys of the last row within the limit.
    last: Option<Keys>,
}

impl Limit {
    pub fn build(
        ctx: &mut Context<'_, '_>,
        plan: &Plan,
        offset: &Option<Expr>,
        count: &Option<Expr>,
        ties: &[SortKey],
    ) -> Result<Limit> {
        let layout = child_layout(plan, 0)?;
        let none = Layout::default();
        let number = |expr: &Option<Expr>| expr.as_ref().map(|expr| compile(ctx.backend, expr, &none)).transpose();
        Ok(Limit {
            offset: number(offset)?,
            count: number(count)?,
            ties: compile_all(ctx.backend, ties.iter().map(|key| &key.expr), &layout)?,
            input: build_child(ctx, plan, 0)?,
            window: None,
        })
    }

    fn start(&mut self, ctx: &mut Context<'_, '_>) -> Result<Window> {
        let row = Chunk::new(Vec::new(), 1);
        let mut number = |expr: &mut Option<Compiled>, what: &str| match expr {
            Some(expr) => row_count(&expr.eval_row(ctx, &row)?, what),
            None => Ok(None),
        };
        let skip = number(&mut self.offset, "OFFSET")?.unwrap_or(0);
        let left = number(&mut self.count, "LIMIT")?;
        let bound = left.filter(|_| self.ties.is_empty());
        self.input
            .set_bound(bound.map_or(u64::MAX, |left| left.saturating_add(skip)));
        Ok(Window { skip, left, last: None })
    }

    fn keys(&mut self, ctx: &mut Context<'_, '_>, chunk: &Chunk) -> Result<Keys> {
        let columns: Result<Vec<_>> = self.ties.iter_mut().map(|key| key.eval(ctx, chunk, None)).collect();
        Ok(Keys::new(columns?, self.ties.iter().map(|key| key.type_oid).collect()))
    }

    /// Rows past the limit that are equal to the last one before it.
    fn next_ties(&mut self, ctx: &mut Context<'_, '_>, last: &Keys, chunk: Chunk) -> Result<Option<Chunk>> {
        let keys = self.keys(ctx, &chunk)?;
        let equal = (0..chunk.rows).take_while(|&row| keys.equal(row, last, 0)).count();
        Ok((equal > 0).then(|| chunk.slice(0, equal)))
    }
}

impl Operator for Limit {
    fn next(&mut self, ctx: &mut Context<'_, '_>) -> Result<Option<Chunk>> {
        let mut window = match self.window.take() {
            Some(window) => window,
            None => self.start(ctx)?,
        };
        let mut result = None;
        while result.is_none() && (window.left != Some(0) || window.last.is_some()) {
            let Some(chunk) = ctx.row_by_row(|ctx| self.input.next(ctx))? else {
                break;
            };
            let skipped = usize::try_from(window.skip).unwrap_or(usize::MAX).min(chunk.rows);
            window.skip -= skipped as u64;
            let chunk = chunk.slice(skipped, usize::MAX);
            if window.left == Some(0) {
                if let Some(last) = window.last.take() {
                    result = self.next_ties(ctx, &last, chunk)?;
                    window.last = result.is_some().then_some(last);
                }
                continue;
            }
            let most = window
                .left
                .map_or(usize::MAX, |left| usize::try_from(left).unwrap_or(usize::MAX));
            let mut given = chunk.slice(0, most);
            window.left = window.left.map(|left| left - given.rows as u64);
            if window.left == Some(0) && !self.ties.is_empty() && given.rows > 0 {
                let last = self.keys(ctx, &given.slice(given.rows - 1, 1))?;
                let rest = chunk.slice(given.rows, usize::MAX);
                let rows = rest.rows;
                let equal = self.next_ties(ctx, &last, rest)?.map_or(0, |equal| equal.rows);
                given = chunk.slice(0, given.rows + equal);
                window.last = (equal == rows).then_some(last);
            }
            result = (given.rows > 0).then_some(given);
        }
        self.window = Some(window);
        Ok(result)
    }

    fn rescan(&mut self, ctx: &mut Context<'_, '_>) -> Result<()> {
        self.window = None;
        self.input.rescan(ctx)
    }
}
