//! Sort: all rows of the input in order of the keys.

use std::cmp::Ordering;
use std::sync::Arc;

use kumquat_types::{CHUNK_ROWS, Chunk, Column, ColumnData, Oid, Result};

use super::build::{build_child, child_layout, node_id};
use super::context::{Context, chunk_bytes};
use super::expr::Compiled;
use super::expr::compile::compile_all;
use super::keys::Keys;
use super::memory::sort_count;
use super::operator::Operator;
use super::quicksort::{Bounded, quicksort};
use crate::catalog::SortOrder;
use crate::planner::Plan;
use crate::planner::plan::SortKey;

pub struct Sort {
    input: Box<dyn Operator>,
    keys: Vec<Compiled>,
    orders: Vec<SortOrder>,
    types: Vec<Oid>,
    bound: Option<u64>,
    /// The rows, all or those within the bound of then, and how many have been given.
    sorted: Option<(Chunk, usize)>,
    sorted_bound: Option<u64>,
    stable: bool,
    node: usize,
}

impl Sort {
    pub fn build(ctx: &mut Context<'_, '_>, plan: &Plan, keys: &[SortKey], bound: Option<u64>) -> Result<Sort> {
        let layout = child_layout(plan, 0)?;
        Ok(Sort {
            stable: ctx.plan.is_stable(plan),
            input: build_child(ctx, plan, 0)?,
            keys: compile_all(ctx.backend, keys.iter().map(|key| &key.expr), &layout)?,
            orders: keys.iter().map(|key| key.order).collect(),
            types: layout.types(),
            bound,
            sorted: None,
            sorted_bound: None,
            node: node_id(plan),
        })
    }

    /// The rows kept from the last scan are all that this one asks for.
    fn has_enough(&self) -> bool {
        match (self.sorted_bound, self.bound) {
            (None, _) => true,
            (Some(had), Some(wanted)) => had >= wanted,
            (Some(_), None) => false,
        }
    }

    fn sort(&mut self, ctx: &mut Context<'_, '_>) -> Result<Chunk> {
        let chunks = ctx.collect(self.input.as_mut())?;
        let rows = Chunk::concat(&self.types, &chunks);
        let columns: Result<Vec<Arc<Column>>> = self.keys.iter_mut().map(|key| key.eval(ctx, &rows, None)).collect();
        let keys = Keys::new(columns?, self.keys.iter().map(|key| key.type_oid).collect());
        self.sorted_bound = self.bound;
        let bound = self.bound.and_then(|bound| usize::try_from(bound).ok());
        let (order, method) = sort_rows(&keys, &self.orders, rows.rows, bound);
        if ctx.counters.is_some() {
            let work_mem = u64::try_from(ctx.backend.setting_integer("work_mem")).unwrap_or_default();
            let count = sort_count(&rows, self.bound, method, work_mem);
            if let Some(counters) = ctx.counters_of(self.node) {
                counters.sort = Some(count);
            }
        }
        Ok(if is_identity(&order, rows.rows) {
            rows
        } else {
            rows.take(&order)
        })
    }
}

fn is_identity(order: &[u32], rows: usize) -> bool {
    order.len() == rows && order.iter().zip(0..).all(|(a, b)| *a == b)
}

/// The rows in order of their keys: all, or the first `bound`; and what EXPLAIN ANALYZE calls the method.
pub fn sort_rows(keys: &Keys, orders: &[SortOrder], rows: usize, bound: Option<usize>) -> (Vec<u32>, &'static str) {
    let count = u32::try_from(rows).unwrap_or(u32::MAX);
    if let Some(encoded) = encode(keys, orders) {
        let pairs: Vec<(u64, u32)> = encoded.into_iter().zip(0..count).collect();
        let (pairs, method) = sort_items(pairs, bound, &mut |a, b| a.0.cmp(&b.0));
        return (pairs.into_iter().map(|(_, row)| row).collect(), method);
    }
    let mut compare = |a: &u32, b: &u32| keys.compare(*a as usize, keys, *b as usize, orders);
    sort_items((0..count).collect(), bound, &mut compare)
}

fn sort_items<T>(
    mut items: Vec<T>,
    bound: Option<usize>,
    compare: &mut dyn FnMut(&T, &T) -> Ordering,
) -> (Vec<T>, &'static str) {
    let Some(bound) = bound.filter(|&bound| bound > 0) else {
        quicksort(&mut items, compare);
        return (items, "quicksort");
    };
    let mut kept = Bounded::new(bound);
    items.into_iter().for_each(|item| kept.push(item, compare));
    let method = if kept.is_heap() { "top-N heapsort" } else { "quicksort" };
    (kept.finish(compare), method)
}

/// A single key without NULLs as integers that sort as it does.
fn encode(keys: &Keys, orders: &[SortOrder]) -> Option<Vec<u64>> {
    let ([column], [order]) = (keys.columns.as_slice(), orders) else {
        return None;
    };
    if column.validity.is_some() {
        return None;
    }
    let flip = if order.descending { u64::MAX } else { 0 };
    let signed = |value: i64| (value.cast_unsigned() ^ 1 << 63) ^ flip;
    match &column.data {
        ColumnData::Int4(values) | ColumnData::Date(values) => Some(values.iter().map(|&v| signed(v.into())).collect()),
        ColumnData::Int8(values) | ColumnData::Timestamp(values) | ColumnData::TimestampTz(values) => {
            Some(values.iter().map(|&v| signed(v)).collect())
        }
        _ => None,
    }
}

impl Operator for Sort {
    fn next(&mut self, ctx: &mut Context<'_, '_>) -> Result<Option<Chunk>> {
        let (rows, at) = match self.sorted.take() {
            Some((_, 0)) if !self.has_enough() => {
                self.input.rescan(ctx)?;
                (self.sort(ctx)?, 0)
            }
            Some(sorted) => sorted,
            None => (self.sort(ctx)?, 0),
        };
        let part = rows.slice(at, CHUNK_ROWS);
        let result = (part.rows > 0).then_some(part);
        self.sorted = Some((rows, at + CHUNK_ROWS));
        Ok(result)
    }

    fn rescan(&mut self, ctx: &mut Context<'_, '_>) -> Result<()> {
        if self.stable
            && let Some((_, at)) = &mut self.sorted
        {
            *at = 0;
            return Ok(());
        }
        if let Some((rows, _)) = self.sorted.take() {
            ctx.memory.shrink(chunk_bytes(&rows));
        }
        self.input.rescan(ctx)
    }

    fn set_bound(&mut self, rows: u64) {
        self.bound = (rows < u64::MAX).then_some(rows);
    }
}
