//! The Aggregate node: groups the input's rows and computes aggregates, for one or several grouping sets.

use std::sync::Arc;

use kumquat_types::{CHUNK_ROWS, Chunk, Column, Datum, Oid, Result};

use super::call::{AggregateCall, CallState};
use super::hash_order::hash_order;
use crate::executor::build::{build_child, child_layout, node_id};
use crate::executor::context::Context;
use crate::executor::expr::compile::compile_all;
use crate::executor::expr::{Compiled, Projection};
use crate::executor::keys::RowTable;
use crate::executor::layout::Layout;
use crate::executor::memory::HashedGroups;
use crate::executor::operator::Operator;
use crate::planner::Plan;
use crate::planner::plan::{AggregateStrategy, Aggregation};
use crate::query::{Aggref, Expr};

pub struct Aggregate {
    input: Box<dyn Operator>,
    strategy: AggregateStrategy,
    groups: Vec<Compiled>,
    sets: Vec<Vec<usize>>,
    calls: Vec<AggregateCall>,
    /// Columns that the output takes from the first row of each group.
    carried: Vec<Compiled>,
    /// GROUPING(...): indexes into the groups, most significant bit first.
    groupings: Vec<Vec<Option<usize>>>,
    expected: f64,
    set_groups: Vec<f64>,
    results: Option<(Vec<Chunk>, usize)>,
    projection: Projection,
    stable: bool,
    node: usize,
}

/// What has been gathered for one grouping set.
struct SetState {
    table: RowTable,
    calls: Vec<CallState>,
    /// Carried columns, a row a group.
    carried: Vec<Column>,
    /// The last row of each group, counted over the whole input.
    last_rows: Vec<u64>,
}

pub fn build(ctx: &mut Context<'_, '_>, plan: &Plan, aggregation: &Aggregation) -> Result<Box<dyn Operator>> {
    let input = child_layout(plan, 0)?;
    let parts = Parts::collect(plan, aggregation);
    let number_of = |target_ref: &u32| aggregation.refs.iter().position(|known| known == target_ref);
    let groupings = parts.groupings.iter().map(|grouping| match grouping {
        Expr::Grouping { refs, .. } => refs.iter().map(number_of).collect(),
        _ => Vec::new(),
    });
    let mut layout = Layout::new(aggregation.groups.iter().map(|group| group.expr.clone()).collect());
    layout.extend(parts.carried.iter().cloned());
    let mut calls = Vec::with_capacity(parts.aggregates.len());
    for aggregate in &parts.aggregates {
        calls.push(AggregateCall::new(ctx, aggregate, &input, &layout)?);
    }
    layout.extend(
        parts
            .aggregates
            .iter()
            .map(|aggregate| Expr::Aggref(Box::new(aggregate.clone()))),
    );
    layout.extend(parts.groupings.iter().cloned());
    let groups = aggregation.groups.iter().map(|group| &group.expr);
    let all: Vec<usize> = (0..aggregation.groups.len()).collect();
    Ok(Box::new(Aggregate {
        groupings: groupings.collect(),
        strategy: aggregation.strategy,
        groups: compile_all(ctx.backend, groups, &input)?,
        sets: if aggregation.sets.is_empty() {
            vec![all]
        } else {
            aggregation.sets.clone()
        },
        calls,
        carried: compile_all(ctx.backend, &parts.carried, &input)?,
        expected: aggregation.estimated_groups,
        set_groups: aggregation.set_groups.clone(),
        results: None,
        projection: Projection::new(ctx.backend, &plan.filter, &plan.output, &layout)?,
        stable: ctx.plan.is_stable(plan),
        input: build_child(ctx, plan, 0)?,
        node: node_id(plan),
    }))
}

/// The parts of the output that the node computes or carries along.
#[derive(Default)]
struct Parts {
    aggregates: Vec<Aggref>,
    groupings: Vec<Expr>,
    carried: Vec<Expr>,
}

impl Parts {
    fn collect(plan: &Plan, aggregation: &Aggregation) -> Parts {
        let mut parts = Parts::default();
        for expr in plan.output.iter().chain(&plan.filter) {
            parts.visit(expr, aggregation);
        }
        parts
    }

    fn visit(&mut self, expr: &Expr, aggregation: &Aggregation) {
        if aggregation.groups.iter().any(|group| group.expr.same_as(expr)) {
            return;
        }
        let add = |list: &mut Vec<Expr>| {
            if !list.iter().any(|known| known.same_as(expr)) {
                list.push(expr.clone());
            }
        };
        match expr {
            Expr::Aggref(aggregate) => {
                let known = |other: &Aggref| Expr::Aggref(Box::new(other.clone())).same_as(expr);
                if !self.aggregates.iter().any(known) {
                    self.aggregates.push(Aggref::clone(aggregate));
                }
                // Direct arguments are computed once for each group.
                aggregate
                    .direct_args
                    .iter()
                    .for_each(|arg| self.visit(arg, aggregation));
            }
            Expr::Grouping { .. } => add(&mut self.groupings),
            Expr::Var(_) => add(&mut self.carried),
            _ => expr.for_each_child(&mut |child| self.visit(child, aggregation)),
        }
    }
}

impl Aggregate {
    fn run(&mut self, ctx: &mut Context<'_, '_>) -> Result<Vec<Chunk>> {
        let mut states = Vec::with_capacity(self.sets.len());
        for at in 0..self.sets.len() {
            states.push(self.start_set(ctx, at)?);
        }
        let mut rows_before = 0;
        while let Some(chunk) = ctx.in_batches(|ctx| self.input.next(ctx))? {
            if chunk.rows > 0 {
                self.gather(ctx, &chunk, &mut states, rows_before)?;
                rows_before += chunk.rows as u64;
            }
        }
        self.finish(ctx, states)
    }

    fn start_set(&self, ctx: &mut Context<'_, '_>, at: usize) -> Result<SetState> {
        let set = self.sets.get(at).map(Vec::as_slice).unwrap_or_default();
        let type_of = |&group: &usize| self.groups.get(group).map_or(Oid::INVALID, |group| group.type_oid);
        let calls: Result<Vec<CallState>> = self.calls.iter().map(|call| call.start(ctx)).collect();
        Ok(SetState {
            table: RowTable::new(set.iter().map(type_of).collect()),
            calls: calls?,
            carried: self
                .carried
                .iter()
                .map(|column| Column::empty(column.type_oid))
                .collect(),
            last_rows: Vec::new(),
        })
    }

    fn gather(
        &mut self,
        ctx: &mut Context<'_, '_>,
        chunk: &Chunk,
        states: &mut [SetState],
        rows_before: u64,
    ) -> Result<()> {
        let columns: Result<Vec<Arc<Column>>> = self.groups.iter_mut().map(|key| key.eval(ctx, chunk, None)).collect();
        let columns = columns?;
        let carried: Result<Vec<Arc<Column>>> = self.carried.iter_mut().map(|key| key.eval(ctx, chunk, None)).collect();
        let carried = carried?;
        let mut numbers: Vec<Vec<u32>> = Vec::with_capacity(states.len());
        for (set, state) in self.sets.iter().zip(states.iter_mut()) {
            let keys: Vec<Arc<Column>> = set.iter().filter_map(|&group| columns.get(group).cloned()).collect();
            let before = state.table.bytes();
            let (groups, fresh) = state.table.insert(&keys, chunk.rows);
            ctx.memory.grow(state.table.bytes() - before)?;
            for (column, values) in state.carried.iter_mut().zip(&carried) {
                column.append(&values.take(&fresh));
            }
            if states_need_last_rows(self.strategy, self.sets.len()) {
                state.last_rows.resize(state.table.len(), 0);
                for (row, &group) in (rows_before..).zip(&groups) {
                    if let Some(last) = state.last_rows.get_mut(group as usize) {
                        *last = row;
                    }
                }
            }
            let count = state.table.len();
            state.calls.iter_mut().for_each(|call| call.resize(count));
            numbers.push(groups);
        }
        // All states of one call together, since its arguments are computed once.
        for (at, call) in self.calls.iter_mut().enumerate() {
            let mut taken: Vec<CallState> = Vec::with_capacity(states.len());
            for state in states.iter_mut() {
                taken.push(state.calls.remove(at));
            }
            let result = call.update(ctx, chunk, &numbers, &mut taken);
            for (state, call) in states.iter_mut().zip(taken) {
                state.calls.insert(at, call);
            }
            result?;
        }
        Ok(())
    }

    fn finish(&mut self, ctx: &mut Context<'_, '_>, mut states: Vec<SetState>) -> Result<Vec<Chunk>> {
        let mut chunks = Vec::with_capacity(states.len());
        for at in 0..states.len() {
            let Some(state) = states.get_mut(at) else { break };
            chunks.push(self.finish_set(ctx, at, state)?);
        }
        let types: Vec<Oid> = self.output_types();
        if states_need_last_rows(self.strategy, self.sets.len()) {
            return Ok(vec![self.interleave(&types, &states, &chunks)]);
        }
        for (at, ((chunk, state), set)) in chunks.iter_mut().zip(&states).zip(&self.sets).enumerate() {
            if self.strategy != AggregateStrategy::Sorted && !set.is_empty() {
                let type_of = |&group: &usize| self.groups.get(group).map_or(Oid::INVALID, |group| group.type_oid);
                let types: Vec<Oid> = set.iter().map(type_of).collect();
                let expected = self.set_groups.get(at).copied().unwrap_or(self.expected);
                let order = hash_order(&state.table.keys, &types, state.table.len(), expected);
                *chunk = chunk.take(&order);
            }
        }
        if self.strategy == AggregateStrategy::Mixed {
            // Sets without columns need no hash table: their rows come first.
            let (empty, hashed): (Vec<_>, Vec<_>) =
                chunks.into_iter().zip(&self.sets).partition(|(_, set)| set.is_empty());
            chunks = empty.into_iter().chain(hashed).map(|(chunk, _)| chunk).collect();
        }
        self.count_memory(ctx, &states);
        Ok(chunks)
    }

    fn count_memory(&self, ctx: &mut Context<'_, '_>, states: &[SetState]) {
        let is_hashed = match self.strategy {
            AggregateStrategy::Hashed => true,
            // Without rows, only sets without columns are looked at.
            AggregateStrategy::Mixed => states.iter().any(|state| !state.table.is_empty()),
            AggregateStrategy::Plain | AggregateStrategy::Sorted => false,
        };
        let Some(counters) = ctx.counters_of(self.node).filter(|_| is_hashed) else {
            return;
        };
        let functions: Vec<Oid> = self.calls.iter().map(AggregateCall::function).collect();
        let mut memory = HashedGroups::default();
        for (at, (state, set)) in states.iter().zip(&self.sets).enumerate() {
            if !set.is_empty() {
                let expected = self.set_groups.get(at).copied().unwrap_or(self.expected);
                let keys = Chunk::new(
                    state.table.keys.iter().cloned().map(Arc::new).collect(),
                    state.table.len(),
                );
                memory.add(&keys, expected, &functions);
            }
        }
        counters.group_kilobytes = Some(memory.kilobytes());
    }

    fn output_types(&self) -> Vec<Oid> {
        let columns = self.groups.iter().chain(&self.carried).map(|column| column.type_oid);
        let calls = self.calls.iter().map(AggregateCall::result_type);
        columns
            .chain(calls)
            .chain(self.groupings.iter().map(|_| Oid::INT4))
            .collect()
    }

    /// The rows of one set: groups, carried columns, aggregates, GROUPING.
    fn finish_set(&mut self, ctx: &mut Context<'_, '_>, at: usize, state: &mut SetState) -> Result<Chunk> {
        let set = self.sets.get(at).cloned().unwrap_or_default();
        // A set without columns has one group, be there rows or not.
        let groups = if set.is_empty() { 1 } else { state.table.len() };
        let mut columns: Vec<Arc<Column>> = Vec::new();
        for (number, group) in self.groups.iter().enumerate() {
            let key = set
                .iter()
                .position(|&member| member == number)
                .and_then(|place| state.table.keys.get(place));
            columns.push(Arc::new(match key {
                Some(key) => key.clone(),
                None => Column::nulls(group.type_oid, groups),
            }));
        }
        for (column, compiled) in state.carried.iter().zip(&self.carried) {
            columns.push(Arc::new(match column.len() == groups {
                true => column.clone(),
                false => Column::nulls(compiled.type_oid, groups),
            }));
        }
        let first_rows = Chunk::new(columns.clone(), groups);
        for (call, call_state) in self.calls.iter_mut().zip(&mut state.calls) {
            columns.push(Arc::new(call.finish(ctx, call_state, groups, &first_rows)?));
        }
        for grouping in &self.groupings {
            let bits = grouping.iter().fold(0i32, |bits, group| {
                let absent = group.is_none_or(|group| !set.contains(&group));
                bits << 1 | i32::from(absent)
            });
            columns.push(Arc::new(Column::constant(Oid::INT4, &Datum::Int4(bits), groups)));
        }
        Ok(Chunk::new(columns, groups))
    }

    /// Over sorted input, a group is given when it ends, and the finer sets before the coarser.
    fn interleave(&self, types: &[Oid], states: &[SetState], chunks: &[Chunk]) -> Chunk {
        let mut order: Vec<(u64, usize, u32)> = Vec::new();
        let mut base = 0u32;
        for ((state, chunk), set) in states.iter().zip(chunks).zip(&self.sets) {
            let coarseness = usize::MAX - set.len();
            for group in 0..chunk.rows {
                let last = state.last_rows.get(group).copied().unwrap_or(u64::MAX);
                order.push((last, coarseness, base + u32::try_from(group).unwrap_or(0)));
            }
            base += u32::try_from(chunk.rows).unwrap_or(0);
        }
        order.sort_by_key(|&(last, coarseness, _)| (last, coarseness));
        let rows: Vec<u32> = order.into_iter().map(|(_, _, row)| row).collect();
        Chunk::concat(types, chunks).take(&rows)
    }
}

fn states_need_last_rows(strategy: AggregateStrategy, sets: usize) -> bool {
    strategy == AggregateStrategy::Sorted && sets > 1
}

impl Operator for Aggregate {
    fn next(&mut self, ctx: &mut Context<'_, '_>) -> Result<Option<Chunk>> {
        if self.results.is_none() {
            self.results = Some((self.run(ctx)?, 0));
        }
        let Some((chunks, at)) = &mut self.results else {
            return Ok(None);
        };
        let total: usize = chunks.iter().map(|chunk| chunk.rows).sum();
        let result = self.projection.next(ctx, &mut |_| {
            if *at >= total {
                return Ok(None);
            }
            let mut start = *at;
            for chunk in chunks.iter() {
                if start < chunk.rows {
                    let part = chunk.slice(start, CHUNK_ROWS);
                    *at += part.rows;
                    return Ok(Some(part));
                }
                start -= chunk.rows;
            }
            Ok(None)
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
