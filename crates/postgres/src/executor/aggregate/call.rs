//! One aggregate call at work: which rows reach its accumulator, and in which order.

use std::sync::Arc;

use kumquat_types::{Chunk, Column, ColumnData, Datum, Oid, Result};

use super::accumulator::{self, Accumulator, Signature};
use crate::catalog::SortOrder;
use crate::executor::context::{Context, chunk_bytes};
use crate::executor::expr::compile::compile_all;
use crate::executor::expr::{Compiled, compile};
use crate::executor::keys::{Keys, RowTable};
use crate::executor::layout::Layout;
use crate::executor::sort::sort_rows;
use crate::query::Aggref;

/// An aggregate call: its arguments, and how they are fed to accumulators.
pub struct AggregateCall {
    args: Vec<Compiled>,
    filter: Option<Compiled>,
    order: Vec<Compiled>,
    orders: Vec<SortOrder>,
    distinct: bool,
    direct: Vec<Compiled>,
    signature: Signature,
}

/// What one grouping set has gathered for a call.
pub struct CallState {
    feed: Feed,
    accumulator: Box<dyn Accumulator>,
}

enum Feed {
    Direct,
    /// DISTINCT where order does not matter: the group and arguments that have been seen.
    Distinct(RowTable),
    /// Kept until all rows are there: group, order keys, arguments.
    Sorted(Vec<Chunk>),
}

impl AggregateCall {
    /// Arguments are over the input, direct arguments over the groups.
    pub fn new(
        ctx: &mut Context<'_, '_>,
        aggregate: &Aggref,
        input: &Layout,
        groups: &Layout,
    ) -> Result<AggregateCall> {
        let order = aggregate.order_by.iter().map(|order| &order.expr);
        Ok(AggregateCall {
            args: match aggregate.within_group {
                true => compile_all(ctx.backend, order.clone(), input)?,
                false => compile_all(ctx.backend, &aggregate.args, input)?,
            },
            filter: aggregate
                .filter
                .as_ref()
                .map(|filter| compile(ctx.backend, filter, input))
                .transpose()?,
            order: compile_all(ctx.backend, order, input)?,
            orders: aggregate.order_by.iter().map(|order| order.order).collect(),
            distinct: aggregate.distinct,
            direct: compile_all(ctx.backend, &aggregate.direct_args, groups)?,
            signature: Signature::new(ctx.backend, aggregate)?,
        })
    }

    pub fn function(&self) -> Oid {
        self.signature.function
    }

    pub fn result_type(&self) -> Oid {
        self.signature.result
    }

    /// A fresh state.
    pub fn start(&self, ctx: &mut Context<'_, '_>) -> Result<CallState> {
        let accumulator = accumulator::create(ctx, &self.signature)?;
        let feed = if !self.order.is_empty() || self.distinct && accumulator.needs_order() {
            Feed::Sorted(Vec::new())
        } else if self.distinct {
            let mut types = vec![Oid::INT8];
            types.extend(self.args.iter().map(|arg| arg.type_oid));
            Feed::Distinct(RowTable::new(types))
        } else {
            Feed::Direct
        };
        Ok(CallState { feed, accumulator })
    }

    /// Feeds rows: `groups` are their groups in each state, in turn.
    pub fn update(
        &mut self,
        ctx: &mut Context<'_, '_>,
        input: &Chunk,
        groups: &[Vec<u32>],
        states: &mut [CallState],
    ) -> Result<()> {
        let mut rows = input.clone();
        let mut groups: Vec<std::borrow::Cow<'_, [u32]>> = groups.iter().map(|g| g.as_slice().into()).collect();
        if let Some(filter) = &mut self.filter {
            let mask = filter.eval_filter(ctx, input, None)?;
            if mask.count_ones() < input.rows {
                rows = input.filter(&mask);
                for groups in &mut groups {
                    *groups = mask.ones().filter_map(|at| groups.get(at).copied()).collect();
                }
            }
        }
        let args: Result<Vec<Arc<Column>>> = self.args.iter_mut().map(|arg| arg.eval(ctx, &rows, None)).collect();
        let args = args?;
        let order: Result<Vec<Arc<Column>>> = self.order.iter_mut().map(|key| key.eval(ctx, &rows, None)).collect();
        let order = order?;
        for (groups, state) in groups.iter().zip(states) {
            state.feed(ctx, groups, &args, &order)?;
        }
        Ok(())
    }

    /// The results for groups `0..groups` of a state. `first_rows` are for direct arguments: a row of each group.
    pub fn finish(
        &mut self,
        ctx: &mut Context<'_, '_>,
        state: &mut CallState,
        groups: usize,
        first_rows: &Chunk,
    ) -> Result<Column> {
        state.accumulator.resize(groups);
        if let Feed::Sorted(chunks) = &mut state.feed {
            let chunks = std::mem::take(chunks);
            self.feed_sorted(ctx, &chunks, state.accumulator.as_mut())?;
        }
        let mut result = Column::with_capacity(self.signature.result, groups);
        for group in 0..groups {
            let row = first_rows.slice(group, 1);
            let direct: Result<Vec<Datum>> = self.direct.iter_mut().map(|arg| arg.eval_row(ctx, &row)).collect();
            result.push(state.accumulator.finish(ctx, group, &direct?)?);
        }
        Ok(result)
    }

    /// Sorts the rows that were kept by group, order keys and (for DISTINCT) arguments.
    fn feed_sorted(
        &self,
        ctx: &mut Context<'_, '_>,
        chunks: &[Chunk],
        accumulator: &mut dyn Accumulator,
    ) -> Result<()> {
        let mut types = vec![Oid::INT8];
        types.extend(self.order.iter().chain(&self.args).map(|expr| expr.type_oid));
        let rows = Chunk::concat(&types, chunks);
        let sorted_args = if self.distinct { self.args.len() } else { 0 };
        let width = 1 + self.order.len() + sorted_args;
        let take = |from: usize, width: usize| {
            let columns = rows.columns.iter().skip(from).take(width).cloned().collect();
            Keys::new(columns, types.iter().skip(from).take(width).copied().collect())
        };
        let mut orders = vec![SortOrder::default()];
        orders.extend(&self.orders);
        orders.resize(width, SortOrder::default());
        let (mut permutation, _) = sort_rows(&take(0, width), &orders, rows.rows, None);
        if self.distinct {
            let (groups, args) = (take(0, 1), take(1 + self.order.len(), self.args.len()));
            permutation.dedup_by(|b, a| {
                let (a, b) = (*a as usize, *b as usize);
                groups.equal(a, &groups, b) && args.equal(a, &args, b)
            });
        }
        let sorted = rows.take(&permutation);
        let groups: Vec<u32> = match sorted.columns.first().map(|column| &column.data) {
            Some(ColumnData::Int8(groups)) => groups.iter().filter_map(|&group| u32::try_from(group).ok()).collect(),
            _ => Vec::new(),
        };
        let args = sorted.columns.get(1 + self.order.len()..).unwrap_or_default();
        ctx.memory.shrink(chunks.iter().map(chunk_bytes).sum());
        accumulator.update(ctx, &groups, args)
    }
}

impl CallState {
    pub fn resize(&mut self, groups: usize) {
        self.accumulator.resize(groups);
    }

    fn feed(
        &mut self,
        ctx: &mut Context<'_, '_>,
        groups: &[u32],
        args: &[Arc<Column>],
        order: &[Arc<Column>],
    ) -> Result<()> {
        let group_column = || {
            Arc::new(Column::new(
                ColumnData::Int8(groups.iter().map(|&g| g.into()).collect()),
                None,
            ))
        };
        match &mut self.feed {
            Feed::Direct => self.accumulator.update(ctx, groups, args),
            Feed::Distinct(seen) => {
                let mut columns = vec![group_column()];
                columns.extend(args.iter().cloned());
                let before = seen.bytes();
                let (_, fresh) = seen.insert(&columns, groups.len());
                ctx.memory.grow(seen.bytes() - before)?;
                let groups: Vec<u32> = fresh
                    .iter()
                    .filter_map(|&row| groups.get(row as usize).copied())
                    .collect();
                let args: Vec<Arc<Column>> = args.iter().map(|column| Arc::new(column.take(&fresh))).collect();
                self.accumulator.update(ctx, &groups, &args)
            }
            Feed::Sorted(chunks) => {
                let mut columns = vec![group_column()];
                columns.extend(order.iter().chain(args).cloned());
                let chunk = Chunk::new(columns, groups.len());
                ctx.memory.grow(chunk_bytes(&chunk))?;
                chunks.push(chunk);
                Ok(())
            }
        }
    }
}
