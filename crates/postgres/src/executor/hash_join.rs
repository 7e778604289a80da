//! HashJoin: the inner rows in a hash table by their keys, looked up for each outer row.
//!
//! Rows with equal keys come out last in, first out, and unmatched inner rows in order of their buckets, as
//! they do in PostgreSQL.

use std::sync::Arc;

use kumquat_types::{Bitmap, CHUNK_ROWS, Chunk, Column, Oid, Result};

use super::build::{build_child, child, child_layout, node_id};
use super::context::Context;
use super::expr::compile::compile_all;
use super::expr::{Compiled, Projection};
use super::join_pairs::{Pairs, inner_only, join_rows};
use super::keys::{Keys, hash_rows};
use super::memory::hash_table_count;
use super::operator::Operator;
use crate::planner::Plan;
use crate::planner::plan::{Join, JoinClause};
use crate::query::JoinKind;

pub struct HashJoin {
    outer: Box<dyn Operator>,
    inner: Box<dyn Operator>,
    probe: Probe,
    projection: Projection,
    /// The inner side gives the same rows each time.
    stable: bool,
    node: usize,
}

/// The joining itself, apart from inputs and projection.
struct Probe {
    kind: JoinKind,
    outer_keys: Vec<Compiled>,
    inner_keys: Vec<Compiled>,
    filter: Vec<Compiled>,
    outer_types: Vec<Oid>,
    inner_types: Vec<Oid>,
    table: Option<Table>,
    current: Option<Batch>,
    unmatched: Option<Vec<u32>>,
    /// The outer side is asked first: without rows there, no table is made.
    outer_first: bool,
    node: usize,
    /// Of the `Hash`, and the rows that were expected.
    hash: (usize, f64),
}

/// The inner rows.
struct Table {
    rows: Chunk,
    keys: Keys,
    /// First row + 1 of each slot, and the next row + 1 of each row; 0: none.
    heads: Vec<u32>,
    next: Vec<u32>,
    hashes: Vec<u64>,
    matched: Bitmap,
}

/// An outer chunk on its way.
struct Batch {
    rows: Chunk,
    keys: Keys,
    hashes: Vec<u64>,
    at: usize,
}

pub fn build(ctx: &mut Context<'_, '_>, plan: &Plan, join: &Join, clauses: &[JoinClause]) -> Result<Box<dyn Operator>> {
    let (outer, inner) = (child_layout(plan, 0)?, child_layout(plan, 1)?);
    let both = outer.clone().join(inner.clone());
    Ok(Box::new(HashJoin {
        stable: ctx.plan.is_stable(&*child(plan, 1)?) && ctx.plan.is_stable_alone(plan),
        outer: build_child(ctx, plan, 0)?,
        inner: build_child(ctx, plan, 1)?,
        projection: Projection::new(ctx.backend, &plan.filter, &plan.output, &both)?,
        node: node_id(plan),
        probe: Probe {
            kind: join.kind,
            outer_keys: compile_all(ctx.backend, clauses.iter().map(|clause| &clause.outer), &outer)?,
            inner_keys: compile_all(ctx.backend, clauses.iter().map(|clause| &clause.inner), &inner)?,
            filter: compile_all(ctx.backend, &join.filter, &both)?,
            outer_types: outer.types(),
            inner_types: inner.types(),
            table: None,
            current: None,
            unmatched: None,
            outer_first: asks_outer_first(join.kind, plan),
            node: node_id(plan),
            hash: (node_id(&*child(plan, 1)?), child(plan, 1)?.rows),
        },
    }))
}

/// An empty outer side saves making the table: worth a look if it is sure to be nothing, or starts sooner than the inner
/// side ends (`ExecHashJoinImpl`).
fn asks_outer_first(kind: JoinKind, plan: &Plan) -> bool {
    let (Some(outer), Some(inner)) = (plan.child(0), plan.child(1)) else {
        return false;
    };
    match kind {
        JoinKind::Right | JoinKind::Full => false,
        JoinKind::Left | JoinKind::Anti => true,
        JoinKind::Inner | JoinKind::Semi => outer.cost.startup < inner.cost.total,
    }
}

fn eval_keys(ctx: &mut Context<'_, '_>, exprs: &mut [Compiled], rows: &Chunk) -> Result<Keys> {
    let columns: Result<Vec<Arc<Column>>> = exprs.iter_mut().map(|key| key.eval(ctx, rows, None)).collect();
    Ok(Keys::new(columns?, exprs.iter().map(|key| key.type_oid).collect()))
}

impl Table {
    fn new(rows: Chunk, keys: Keys) -> Table {
        let hashes = hash_rows(&keys.columns, &keys.types, rows.rows);
        let size = (rows.rows * 2).next_power_of_two().max(16);
        let (mut heads, mut next) = (vec![0u32; size], vec![0u32; rows.rows]);
        let nullable = keys
            .columns
            .iter()
            .any(|column| (0..column.len()).any(|row| column.is_null(row)));
        for (row, hash) in hashes.iter().enumerate() {
            if nullable && keys.any_null(row) {
                continue;
            }
            let slot = *hash as usize & (size - 1);
            if let (Some(head), Some(link)) = (heads.get_mut(slot), next.get_mut(row)) {
                *link = *head;
                *head = u32::try_from(row + 1).unwrap_or(0);
            }
        }
        Table {
            matched: Bitmap::new(rows.rows, false),
            rows,
            keys,
            heads,
            next,
            hashes,
        }
    }

    /// Rows whose keys equal those of a row of the batch.
    fn lookup<'a>(&'a self, batch: &'a Batch, row: usize) -> impl Iterator<Item = u32> + 'a {
        let hash = batch.hashes.get(row).copied().unwrap_or_default();
        let slot = hash as usize & (self.heads.len() - 1);
        let mut link = self.heads.get(slot).copied().unwrap_or(0);
        std::iter::from_fn(move || {
            while let Some(at) = link.checked_sub(1) {
                link = self.next.get(at as usize).copied().unwrap_or(0);
                if self.hashes.get(at as usize) == Some(&hash) && batch.keys.equal(row, &self.keys, at as usize) {
                    return Some(at);
                }
            }
            None
        })
    }

    /// Unmatched rows, in the order of PostgreSQL's buckets.
    fn unmatched(&self) -> Vec<u32> {
        let buckets = u32::try_from(self.rows.rows.next_power_of_two().max(1024)).unwrap_or(u32::MAX);
        let mut rows: Vec<(u32, u32)> = Vec::new();
        for row in (0..self.rows.rows).rev().filter(|&row| !self.matched.get(row)) {
            let bucket = bucket_hash(&self.keys, row) & (buckets - 1);
            rows.push((bucket, u32::try_from(row).unwrap_or(u32::MAX)));
        }
        rows.sort_by_key(|(bucket, _)| *bucket);
        rows.into_iter().map(|(_, row)| row).collect()
    }
}

/// The hash of a row's keys as PostgreSQL combines it for a hash join; NULLs count as 0.
pub fn bucket_hash(keys: &Keys, row: usize) -> u32 {
    keys.columns
        .iter()
        .zip(&keys.types)
        .fold(0u32, |hash, (column, &type_oid)| {
            let value = kumquat_types::hash::hash(type_oid, &column.get(row));
            hash.rotate_left(1) ^ value.unwrap_or(0)
        })
}

impl Probe {
    fn load(&mut self, ctx: &mut Context<'_, '_>, inner: &mut dyn Operator) -> Result<()> {
        let chunks = ctx.collect(inner)?;
        let rows = Chunk::concat(&self.inner_types, &chunks);
        ctx.memory.grow(rows.rows * 24)?;
        let keys = eval_keys(ctx, &mut self.inner_keys, &rows)?;
        if let Some(counters) = ctx.counters_of(self.hash.0) {
            counters.hash_table = Some(hash_table_count(&rows, self.hash.1));
        }
        self.table = Some(Table::new(rows, keys));
        Ok(())
    }

    /// Makes the table, unless the outer side has no rows; false if the join can have none.
    fn start(&mut self, ctx: &mut Context<'_, '_>, outer: &mut dyn Operator, inner: &mut dyn Operator) -> Result<bool> {
        if self.table.is_none() {
            if self.outer_first && self.current.is_none() {
                let first = ctx.row_by_row(|ctx| next_rows(ctx, outer))?;
                let Some(rows) = first else {
                    return Ok(false);
                };
                self.current = Some(self.batch(ctx, rows)?);
            }
            self.load(ctx, inner)?;
        }
        let is_empty = self.table.as_ref().is_some_and(|table| table.rows.rows == 0);
        Ok(!is_empty || !matches!(self.kind, JoinKind::Inner | JoinKind::Semi | JoinKind::Right))
    }

    fn batch(&mut self, ctx: &mut Context<'_, '_>, rows: Chunk) -> Result<Batch> {
        let keys = eval_keys(ctx, &mut self.outer_keys, &rows)?;
        let hashes = hash_rows(&keys.columns, &keys.types, rows.rows);
        Ok(Batch {
            rows,
            keys,
            hashes,
            at: 0,
        })
    }

    fn next(&mut self, ctx: &mut Context<'_, '_>, outer: &mut dyn Operator) -> Result<Option<Chunk>> {
        loop {
            if let Some(mut batch) = self.current.take() {
                let rows = self.join_some(ctx, &mut batch)?;
                if batch.at < batch.rows.rows {
                    self.current = Some(batch);
                }
                if rows.rows > 0 {
                    return Ok(Some(rows));
                }
                continue;
            }
            if self.unmatched.is_none()
                && let Some(rows) = outer.next(ctx)?
            {
                self.current = Some(self.batch(ctx, rows)?);
                continue;
            }
            return Ok(self.next_unmatched());
        }
    }

    /// Joins outer rows of the batch until there are enough pairs.
    fn join_some(&mut self, ctx: &mut Context<'_, '_>, batch: &mut Batch) -> Result<Chunk> {
        let Some(table) = &mut self.table else {
            return Ok(Chunk::default());
        };
        let first = batch.at;
        let mut pairs = Pairs::default();
        while batch.at < batch.rows.rows && pairs.len() < CHUNK_ROWS {
            let row = u32::try_from(batch.at).unwrap_or(u32::MAX);
            if !batch.keys.any_null(batch.at) {
                table.lookup(batch, batch.at).for_each(|inner| pairs.push(row, inner));
            }
            batch.at += 1;
        }
        ctx.spend(pairs.len())?;
        let pairs = pairs.filter(ctx, &mut self.filter, &batch.rows, &table.rows, self.node)?;
        let keeps_inner = matches!(self.kind, JoinKind::Right | JoinKind::Full);
        let matched = keeps_inner.then_some(&mut table.matched);
        Ok(join_rows(
            self.kind,
            &batch.rows,
            (first, batch.at),
            &table.rows,
            pairs,
            matched,
        ))
    }

    fn next_unmatched(&mut self) -> Option<Chunk> {
        let table = self.table.as_ref()?;
        if !matches!(self.kind, JoinKind::Right | JoinKind::Full) {
            return None;
        }
        let rest = self.unmatched.get_or_insert_with(|| table.unmatched());
        let part: Vec<u32> = rest.drain(..rest.len().min(CHUNK_ROWS)).collect();
        (!part.is_empty()).then(|| inner_only(&self.outer_types, &table.rows, part))
    }
}

/// The next chunk with rows.
fn next_rows(ctx: &mut Context<'_, '_>, operator: &mut dyn Operator) -> Result<Option<Chunk>> {
    while let Some(rows) = operator.next(ctx)? {
        if rows.rows > 0 {
            return Ok(Some(rows));
        }
    }
    Ok(None)
}

impl Operator for HashJoin {
    fn next(&mut self, ctx: &mut Context<'_, '_>) -> Result<Option<Chunk>> {
        let (outer, probe) = (&mut self.outer, &mut self.probe);
        if !probe.start(ctx, outer.as_mut(), self.inner.as_mut())? {
            return Ok(None);
        }
        let result = self.projection.next(ctx, &mut |ctx| probe.next(ctx, outer.as_mut()))?;
        ctx.count_removed(self.node, &mut self.projection.removed);
        Ok(result)
    }

    fn rescan(&mut self, ctx: &mut Context<'_, '_>) -> Result<()> {
        (self.probe.current, self.probe.unmatched) = (None, None);
        self.projection.reset();
        match &mut self.probe.table {
            Some(table) if self.stable => table.matched = Bitmap::new(table.rows.rows, false),
            _ => {
                self.probe.table = None;
                self.inner.rescan(ctx)?;
            }
        }
        self.outer.rescan(ctx)
    }
}
