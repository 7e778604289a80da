//! Result and SubqueryScan: output computed from no table, or from the rows of another plan.

use kumquat_types::{Chunk, Datum, Error, Result};

use super::build::{build_child, child, child_layout, node_id};
use super::context::Context;
use super::expr::compile::compile_all;
use super::expr::{Compiled, Projection};
use super::layout::Layout;
use super::operator::Operator;
use crate::planner::Plan;
use crate::query::Expr;

pub struct ResultOperator {
    input: Option<Box<dyn Operator>>,
    one_time_filter: Vec<Compiled>,
    /// Whether the one-time filter holds, once known.
    open: Option<bool>,
    /// Without input there is one row.
    given: bool,
    projection: Projection,
    node: usize,
}

impl ResultOperator {
    pub fn build(ctx: &mut Context<'_, '_>, plan: &Plan, one_time_filter: &[Expr]) -> Result<ResultOperator> {
        let (input, layout) = match plan.children.is_empty() {
            true => (None, Layout::default()),
            false => (Some(build_child(ctx, plan, 0)?), child_layout(plan, 0)?),
        };
        // A relation that is known to be empty names columns that nothing gives.
        let never = |expr: &Expr| matches!(expr, Expr::Const(constant) if constant.value.as_bool() != Some(true));
        let output = match input.is_none() && one_time_filter.iter().any(never) {
            true => &[],
            false => plan.output.as_slice(),
        };
        Ok(ResultOperator {
            input,
            one_time_filter: compile_all(ctx.backend, one_time_filter, &Layout::default())?,
            open: None,
            given: false,
            projection: Projection::new(ctx.backend, &plan.filter, output, &layout)?,
            node: node_id(plan),
        })
    }

    fn is_open(&mut self, ctx: &mut Context<'_, '_>) -> Result<bool> {
        if let Some(open) = self.open {
            return Ok(open);
        }
        let row = Chunk::new(Vec::new(), 1);
        let mut open = true;
        for condition in &mut self.one_time_filter {
            open = open && condition.eval_row(ctx, &row)?.as_bool() == Some(true);
        }
        self.open = Some(open);
        Ok(open)
    }
}

impl Operator for ResultOperator {
    fn next(&mut self, ctx: &mut Context<'_, '_>) -> Result<Option<Chunk>> {
        if !self.is_open(ctx)? {
            return Ok(None);
        }
        let (input, given) = (&mut self.input, &mut self.given);
        let result = self.projection.next(ctx, &mut |ctx| match input {
            Some(input) => input.next(ctx),
            None if std::mem::replace(given, true) => Ok(None),
            None => Ok(Some(Chunk::new(Vec::new(), 1))),
        })?;
        ctx.count_removed(self.node, &mut self.projection.removed);
        Ok(result)
    }

    fn rescan(&mut self, ctx: &mut Context<'_, '_>) -> Result<()> {
        (self.open, self.given) = (None, false);
        self.projection.reset();
        match &mut self.input {
            Some(input) => input.rescan(ctx),
            None => Ok(()),
        }
    }
}

/// The rows of another query level, under the columns of its range-table entry.
pub struct SubqueryScan {
    input: Box<dyn Operator>,
    projection: Projection,
    node: usize,
}

impl SubqueryScan {
    pub fn build(ctx: &mut Context<'_, '_>, plan: &Plan, entry: usize) -> Result<SubqueryScan> {
        let types: Vec<_> = child(plan, 0)?
            .output
            .iter()
            .map(|expr| (expr.type_oid(), expr.type_modifier()))
            .collect();
        let layout = Layout::of_entry(entry, types);
        Ok(SubqueryScan {
            input: build_child(ctx, plan, 0)?,
            projection: Projection::new(ctx.backend, &plan.filter, &plan.output, &layout)?,
            node: node_id(plan),
        })
    }
}

impl Operator for SubqueryScan {
    fn next(&mut self, ctx: &mut Context<'_, '_>) -> Result<Option<Chunk>> {
        let input = &mut self.input;
        let result = self.projection.next(ctx, &mut |ctx| input.next(ctx))?;
        ctx.count_removed(self.node, &mut self.projection.removed);
        Ok(result)
    }

    fn rescan(&mut self, ctx: &mut Context<'_, '_>) -> Result<()> {
        self.projection.reset();
        self.input.rescan(ctx)
    }
}

/// The value of an expression as a number of rows, for LIMIT and OFFSET; NULL: none.
pub fn row_count(value: &Datum, what: &str) -> Result<Option<u64>> {
    let Some(count) = value.as_i64() else {
        return Ok(None);
    };
    u64::try_from(count).map(Some).map_err(|_| {
        let code = match what {
            "LIMIT" => kumquat_types::SqlState::INVALID_ROW_COUNT_IN_LIMIT_CLAUSE,
            _ => kumquat_types::SqlState::INVALID_ROW_COUNT_IN_RESULT_OFFSET_CLAUSE,
        };
        Error::new(code, format!("{what} must not be negative"))
    })
}
