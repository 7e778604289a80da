//! MergeJoin: both sides sorted by their keys, walked through together.

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

use kumquat_types::{Bitmap, CHUNK_ROWS, Chunk, Column, Oid, Result};

use super::build::{build_child, child_layout, node_id};
use super::context::Context;
use super::expr::compile::compile_all;
use super::expr::{Compiled, Projection};
use super::join_pairs::{Pairs, inner_only, join_rows};
use super::keys::Keys;
use super::operator::Operator;
use crate::catalog::SortOrder;
use crate::planner::Plan;
use crate::planner::plan::{Join, JoinClause};
use crate::query::JoinKind;

pub struct MergeJoin {
    outer: Box<dyn Operator>,
    inner: Box<dyn Operator>,
    outer_keys: Vec<Compiled>,
    inner_keys: Vec<Compiled>,
    outer_types: Vec<Oid>,
    inner_types: Vec<Oid>,
    merge: Merge,
    projection: Projection,
    node: usize,
}

struct Merge {
    kind: JoinKind,
    orders: Vec<SortOrder>,
    filter: Vec<Compiled>,
    sides: Option<Sides>,
    node: usize,
}

/// Both sides, and how far they have been walked through.
struct Sides {
    outer: Chunk,
    outer_keys: Keys,
    inner: Chunk,
    inner_keys: Keys,
    outer_types: Vec<Oid>,
    i: usize,
    j: usize,
    /// The run of equal keys that is being joined; `j` is behind it.
    run: Option<Run>,
}

impl MergeJoin {
    pub fn build(
        ctx: &mut Context<'_, '_>,
        plan: &Plan,
        join: &Join,
        clauses: &[JoinClause],
        orders: &[SortOrder],
    ) -> Result<MergeJoin> {
        let (outer, inner) = (child_layout(plan, 0)?, child_layout(plan, 1)?);
        let both = outer.clone().join(inner.clone());
        Ok(MergeJoin {
            outer: build_child(ctx, plan, 0)?,
            inner: build_child(ctx, plan, 1)?,
            outer_keys: compile_all(ctx.backend, clauses.iter().map(|clause| &clause.outer), &outer)?,
            inner_keys: compile_all(ctx.backend, clauses.iter().map(|clause| &clause.inner), &inner)?,
            merge: Merge {
                kind: join.kind,
                orders: orders.to_vec(),
                filter: compile_all(ctx.backend, &join.filter, &both)?,
                sides: None,
                node: node_id(plan),
            },
            projection: Projection::new(ctx.backend, &plan.filter, &plan.output, &both)?,
            outer_types: outer.types(),
            inner_types: inner.types(),
            node: node_id(plan),
        })
    }

    fn load(&mut self, ctx: &mut Context<'_, '_>) -> Result<Sides> {
        let (outer, outer_keys) = load_side(ctx, self.outer.as_mut(), &self.outer_types, &mut self.outer_keys)?;
        let (inner, inner_keys) = load_side(ctx, self.inner.as_mut(), &self.inner_types, &mut self.inner_keys)?;
        Ok(Sides {
            outer,
            outer_keys,
            inner,
            inner_keys,
            outer_types: self.outer_types.clone(),
            i: 0,
            j: 0,
            run: None,
        })
    }
}

fn load_side(
    ctx: &mut Context<'_, '_>,
    input: &mut dyn Operator,
    types: &[Oid],
    keys: &mut [Compiled],
) -> Result<(Chunk, Keys)> {
    let chunks = ctx.collect(input)?;
    let rows = Chunk::concat(types, &chunks);
    let columns: Result<Vec<Arc<Column>>> = keys.iter_mut().map(|key| key.eval(ctx, &rows, None)).collect();
    let keys = Keys::new(columns?, keys.iter().map(|key| key.type_oid).collect());
    Ok((rows, keys))
}

impl Sides {
    /// How the current rows compare; NULLs never match and count as the lesser, so that they are passed over.
    fn compare(&self, orders: &[SortOrder]) -> Ordering {
        if self.outer_keys.any_null(self.i) {
            return Ordering::Less;
        }
        if self.inner_keys.any_null(self.j) {
            return Ordering::Greater;
        }
        self.outer_keys.compare(self.i, &self.inner_keys, self.j, orders)
    }

    /// The current rows have equal keys: what follows with the same keys is joined next.
    fn start_run(&mut self) {
        let inner = self.j..end_of_run(&self.inner_keys, self.j, self.inner.rows);
        self.j = inner.end;
        self.run = Some(Run {
            outer_end: end_of_run(&self.outer_keys, self.i, self.outer.rows),
            matched: Bitmap::new(inner.len(), false),
            inner,
        });
    }

    /// Inner rows alone.
    fn inner_rows(&self, rows: impl IntoIterator<Item = usize>) -> Chunk {
        let rows = rows.into_iter().filter_map(|row| u32::try_from(row).ok()).collect();
        inner_only(&self.outer_types, &self.inner, rows)
    }
}

fn end_of_run(keys: &Keys, start: usize, rows: usize) -> usize {
    (start + 1..rows)
        .find(|&row| !keys.equal(start, keys, row))
        .unwrap_or(rows)
}

/// Rows of both sides with equal keys, each of which is a pair with each.
struct Run {
    outer_end: usize,
    inner: Range<usize>,
    /// Which of the inner rows satisfied the join's other conditions with some outer row.
    matched: Bitmap,
}

impl Run {
    /// The pairs of outer rows from `at` on until they are enough for a chunk.
    fn push_pairs(&self, at: &mut usize, pairs: &mut Pairs) {
        while *at < self.outer_end && pairs.len() < CHUNK_ROWS {
            let outer = u32::try_from(*at).unwrap_or(u32::MAX);
            for inner in self.inner.clone() {
                pairs.push(outer, u32::try_from(inner).unwrap_or(u32::MAX));
            }
            *at += 1;
        }
    }

    fn note_matches(&mut self, pairs: &Pairs) {
        for row in &pairs.inner {
            if let Some(at) = (*row as usize).checked_sub(self.inner.start) {
                self.matched.set(at, true);
            }
        }
    }

    /// The inner rows without a match, for the joins that keep them.
    fn unmatched(&self, sides: &Sides) -> Option<Chunk> {
        let rows: Vec<usize> = self
            .inner
            .clone()
            .zip(self.matched.iter())
            .filter(|(_, is)| !is)
            .map(|(row, _)| row)
            .collect();
        (!rows.is_empty()).then(|| sides.inner_rows(rows))
    }
}

impl Merge {
    /// Some of the join's rows. A chunk ends within a run of equal keys as soon as there are enough pairs: runs
    /// may be long on both sides.
    fn next(&mut self, ctx: &mut Context<'_, '_>) -> Result<Option<Chunk>> {
        let Some(sides) = &mut self.sides else {
            return Ok(None);
        };
        let keeps_inner = matches!(self.kind, JoinKind::Right | JoinKind::Full);
        if let Some(run) = sides.run.take_if(|run| keeps_inner && sides.i >= run.outer_end)
            && let Some(rows) = run.unmatched(sides)
        {
            return Ok(Some(rows));
        }
        let first = sides.i;
        let mut pairs = Pairs::default();
        while pairs.len() < CHUNK_ROWS {
            if let Some(run) = &sides.run {
                run.push_pairs(&mut sides.i, &mut pairs);
                if sides.i < run.outer_end || keeps_inner {
                    break;
                }
                sides.run = None;
                continue;
            }
            let (outer_left, inner_left) = (sides.i < sides.outer.rows, sides.j < sides.inner.rows);
            let ordering = match (outer_left, inner_left) {
                (false, false) => break,
                (true, false) => Ordering::Less,
                (false, true) if keeps_inner => Ordering::Greater,
                (false, true) => break,
                (true, true) => sides.compare(&self.orders),
            };
            let flush = keeps_inner && sides.i > first;
            match ordering {
                Ordering::Less => sides.i += 1,
                _ if flush => break,
                Ordering::Equal => sides.start_run(),
                Ordering::Greater => {
                    sides.j += 1;
                    if keeps_inner {
                        return Ok(Some(sides.inner_rows(sides.j - 1..sides.j)));
                    }
                }
            }
        }
        if sides.i == first && pairs.is_empty() {
            return Ok(None);
        }
        ctx.spend(pairs.len())?;
        let pairs = pairs.filter(ctx, &mut self.filter, &sides.outer, &sides.inner, self.node)?;
        if let Some(run) = sides.run.as_mut().filter(|_| keeps_inner) {
            run.note_matches(&pairs);
        }
        Ok(Some(join_rows(
            self.kind,
            &sides.outer,
            (first, sides.i),
            &sides.inner,
            pairs,
            None,
        )))
    }
}

impl Operator for MergeJoin {
    fn next(&mut self, ctx: &mut Context<'_, '_>) -> Result<Option<Chunk>> {
        if self.merge.sides.is_none() {
            self.merge.sides = Some(self.load(ctx)?);
        }
        let merge = &mut self.merge;
        let result = self.projection.next(ctx, &mut |ctx| merge.next(ctx))?;
        ctx.count_removed(self.node, &mut self.projection.removed);
        Ok(result)
    }

    fn rescan(&mut self, ctx: &mut Context<'_, '_>) -> Result<()> {
        self.merge.sides = None;
        self.projection.reset();
        self.outer.rescan(ctx)?;
        self.inner.rescan(ctx)
    }
}
