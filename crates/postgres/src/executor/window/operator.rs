//! The WindowAgg node: all functions of one window over rows sorted by its partition and order.

use std::sync::Arc;

use kumquat_types::{CHUNK_ROWS, Chunk, Column, Datum, Error, Oid, Result};

use super::aggregates;
use super::frame::FrameRule;
use super::partition::Partition;
use super::ranking;
use super::values;
use crate::catalog::SortOrder;
use crate::executor::aggregate::call::AggregateCall;
use crate::executor::build::{build_child, child_layout, node_id};
use crate::executor::context::Context;
use crate::executor::expr::compile::compile_all;
use crate::executor::expr::function::find_proc;
use crate::executor::expr::{Compiled, Projection, compile};
use crate::executor::keys::Keys;
use crate::executor::layout::Layout;
use crate::executor::operator::Operator;
use crate::planner::Plan;
use crate::planner::plan::WindowAggregation;
use crate::query::{Aggref, Expr, WindowFunc};

pub struct WindowAgg {
    input: Box<dyn Operator>,
    partition: Vec<Compiled>,
    order: Vec<Compiled>,
    orders: Vec<SortOrder>,
    start_offset: Option<Compiled>,
    end_offset: Option<Compiled>,
    frame: crate::query::Frame,
    functions: Vec<WindowFunction>,
    types: Vec<Oid>,
    results: Option<(Chunk, usize)>,
    projection: Projection,
    stable: bool,
    node: usize,
}

/// One call of a window function.
pub struct WindowFunction {
    pub name: &'static str,
    pub args: Vec<Compiled>,
    pub result: Oid,
    pub aggregate: Option<AggregateCall>,
}

impl WindowAgg {
    pub fn build(ctx: &mut Context<'_, '_>, plan: &Plan, window: &WindowAggregation) -> Result<WindowAgg> {
        let input = child_layout(plan, 0)?;
        let mut calls: Vec<Expr> = Vec::new();
        let wanted = match window.is_top {
            true => window.run_condition.as_slice(),
            false => &[],
        };
        let filter: Vec<Expr> = plan.filter.iter().chain(wanted).cloned().collect();
        for expr in plan.output.iter().chain(&filter) {
            collect(expr, window.window, &input, &mut calls);
        }
        let mut functions = Vec::with_capacity(calls.len());
        for call in &calls {
            if let Expr::WindowFunc(call) = call {
                functions.push(WindowFunction::new(ctx, call, &input)?);
            }
        }
        let mut layout = input.clone();
        layout.extend(calls);
        let none = Layout::default();
        let offset = |offset: &Option<Expr>| {
            offset
                .as_ref()
                .map(|expr| compile(ctx.backend, expr, &none))
                .transpose()
        };
        Ok(WindowAgg {
            partition: compile_all(ctx.backend, window.partition.iter().map(|key| &key.expr), &input)?,
            order: compile_all(ctx.backend, window.order.iter().map(|key| &key.expr), &input)?,
            orders: window.order.iter().map(|key| key.order).collect(),
            start_offset: offset(&window.clause.start_offset)?,
            end_offset: offset(&window.clause.end_offset)?,
            frame: window.clause.frame,
            functions,
            types: input.types(),
            results: None,
            projection: Projection::new(ctx.backend, &filter, &plan.output, &layout)?,
            stable: ctx.plan.is_stable(plan),
            input: build_child(ctx, plan, 0)?,
            node: node_id(plan),
        })
    }

    fn run(&mut self, ctx: &mut Context<'_, '_>) -> Result<Chunk> {
        let chunks = ctx.collect(self.input.as_mut())?;
        let mut rows = Chunk::concat(&self.types, &chunks);
        let partition_keys = eval_keys(ctx, &mut self.partition, &rows)?;
        let order_keys = eval_keys(ctx, &mut self.order, &rows)?;
        let rule = self.frame_rule(ctx, &order_keys)?;
        let mut args: Vec<Vec<Arc<Column>>> = Vec::with_capacity(self.functions.len());
        for function in &mut self.functions {
            let columns: Result<Vec<_>> = function.args.iter_mut().map(|arg| arg.eval(ctx, &rows, None)).collect();
            args.push(columns?);
        }
        let mut results: Vec<Column> = self.functions.iter().map(|f| Column::empty(f.result)).collect();
        let mut first = 0;
        while first < rows.rows {
            let end = (first + 1..rows.rows).find(|&row| !partition_keys.equal(first, &partition_keys, row));
            let partition = Partition::new(&order_keys, first, end.unwrap_or(rows.rows));
            for ((function, args), result) in self.functions.iter_mut().zip(&args).zip(&mut results) {
                let values = function.eval(ctx, &rows, args, &partition, &rule)?;
                result.append(&values);
            }
            first = partition.end;
        }
        rows.columns.extend(results.into_iter().map(Arc::new));
        Ok(rows)
    }

    fn frame_rule(&mut self, ctx: &mut Context<'_, '_>, order: &Keys) -> Result<FrameRule> {
        let row = Chunk::new(Vec::new(), 1);
        let offset_type = self
            .start_offset
            .as_ref()
            .or(self.end_offset.as_ref())
            .map_or(Oid::INT8, |o| o.type_oid);
        let mut value = |offset: &mut Option<Compiled>| match offset {
            Some(offset) => offset.eval_row(ctx, &row),
            None => Ok(Datum::Null),
        };
        let (start, end) = (value(&mut self.start_offset)?, value(&mut self.end_offset)?);
        let order_type = order.types.first().copied().unwrap_or(Oid::INVALID);
        let direction = self.orders.first().copied().unwrap_or_default();
        FrameRule::new(
            ctx.backend,
            self.frame,
            (start, end),
            direction,
            (order_type, offset_type),
        )
    }
}

fn eval_keys(ctx: &mut Context<'_, '_>, exprs: &mut [Compiled], rows: &Chunk) -> Result<Keys> {
    let columns: Result<Vec<Arc<Column>>> = exprs.iter_mut().map(|key| key.eval(ctx, rows, None)).collect();
    Ok(Keys::new(columns?, exprs.iter().map(|key| key.type_oid).collect()))
}

/// Calls of functions of this window in an expression that the input does not give already.
fn collect(expr: &Expr, window: usize, input: &Layout, calls: &mut Vec<Expr>) {
    if input.find(expr).is_some() {
        return;
    }
    match expr {
        Expr::WindowFunc(call) if call.window == window => {
            if !calls.iter().any(|known| known.same_as(expr)) {
                calls.push(expr.clone());
            }
        }
        _ => expr.for_each_child(&mut |child| collect(child, window, input, calls)),
    }
}

impl WindowFunction {
    fn new(ctx: &mut Context<'_, '_>, call: &WindowFunc, input: &Layout) -> Result<WindowFunction> {
        let proc = find_proc(ctx.backend, call.function);
        if proc.is_none() && !call.aggregate {
            return Err(Error::not_modelled("a user-defined window function"));
        }
        let aggregate = match call.aggregate {
            true => Some(AggregateCall::new(ctx, &as_aggregate(call), input, input)?),
            false => None,
        };
        Ok(WindowFunction {
            name: proc.map_or("", |proc| proc.name),
            args: compile_all(ctx.backend, &call.args, input)?,
            result: call.result,
            aggregate,
        })
    }

    /// The function's values for the rows of a partition.
    fn eval(
        &mut self,
        ctx: &mut Context<'_, '_>,
        rows: &Chunk,
        args: &[Arc<Column>],
        partition: &Partition,
        rule: &FrameRule,
    ) -> Result<Column> {
        if let Some(aggregate) = &mut self.aggregate {
            let spans = rule.spans(ctx, partition)?;
            return aggregates::eval(ctx, aggregate, rows, partition, &spans);
        }
        match self.name {
            "lag" | "lead" => Ok(values::shifted(self.name == "lead", args, partition, self.result)),
            "first_value" | "last_value" | "nth_value" => {
                let spans = rule.spans(ctx, partition)?;
                values::framed(self.name, args, partition, &spans, self.result)
            }
            name => ranking::eval(name, args, partition),
        }
    }
}

/// The aggregate call that a window function over an aggregate makes.
fn as_aggregate(call: &WindowFunc) -> Aggref {
    Aggref {
        function: call.function,
        direct_args: Vec::new(),
        args: call.args.clone(),
        star: call.star,
        distinct: false,
        order_by: Vec::new(),
        filter: call.filter.clone(),
        within_group: false,
        variadic: false,
        result: call.result,
        levels_up: 0,
        location: call.location,
    }
}

impl Operator for WindowAgg {
    fn next(&mut self, ctx: &mut Context<'_, '_>) -> Result<Option<Chunk>> {
        if self.results.is_none() {
            self.results = Some((self.run(ctx)?, 0));
        }
        let Some((rows, at)) = &mut self.results else {
            return Ok(None);
        };
        let result = self.projection.next(ctx, &mut |_| {
            let part = rows.slice(*at, CHUNK_ROWS);
            *at += part.rows;
            Ok((part.rows > 0).then_some(part))
        })?;
        ctx.count_removed(self.node, &mut self.projection.removed);
        Ok(result)
    }

    fn rescan(&mut self, ctx: &mut Context<'_, '_>) -> Result<()> {
        self.projection.reset();
        if self.stable
            && let Some((_, at)) = &mut self.results
        {
            *at = 0;
            return Ok(());
        }
        self.results = None;
        self.input.rescan(ctx)
    }
}
