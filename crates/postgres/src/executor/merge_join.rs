//! MergeJoin: both sides sorted by their keys, walked through together.

use std::cmp::Ordering;
use std::sync::Arc;

use kumquat_types::{CHUNK_ROWS, Chunk, Column, Oid, Result};

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
        let one_sided = matches!(join.kind, JoinKind::Semi | JoinKind::Anti);
        let projected = if one_sided { &outer } else { &both };
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
            projection: Projection::new(ctx.backend, &plan.filter, &plan.output, projected)?,
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

    fn end_of_run(keys: &Keys, start: usize, rows: usize) -> usize {
        (start + 1..rows)
            .find(|&row| !keys.equal(start, keys, row))
            .unwrap_or(rows)
    }
}

impl Merge {
    /// The join's rows up to the next run of equal keys, or as many as make a chunk.
    fn next(&mut self, ctx: &mut Context<'_, '_>) -> Result<Option<Chunk>> {
        let Some(sides) = &mut self.sides else {
            return Ok(None);
        };
        let keeps_inner = matches!(self.kind, JoinKind::Right | JoinKind::Full);
        let first = sides.i;
        let mut pairs = Pairs::default();
        loop {
            let (outer_left, inner_left) = (sides.i < sides.outer.rows, sides.j < sides.inner.rows);
            if !outer_left && (!inner_left || !keeps_inner) {
                break;
            }
            let ordering = match (outer_left, inner_left) {
                (true, false) => Ordering::Less,
                (false, _) => Ordering::Greater,
                _ => sides.compare(&self.orders),
            };
            if ordering.is_lt() {
                sides.i += 1;
            } else if ordering.is_gt() && keeps_inner {
                if sides.i > first || !pairs.is_empty() {
                    break;
                }
                let row = u32::try_from(sides.j).unwrap_or(u32::MAX);
                sides.j += 1;
                return Ok(Some(inner_only(&sides.outer_types, &sides.inner, vec![row])));
            } else if ordering.is_gt() {
                sides.j += 1;
            } else {
                if keeps_inner && sides.i > first {
                    break;
                }
                let outer_end = Sides::end_of_run(&sides.outer_keys, sides.i, sides.outer.rows);
                let inner_end = Sides::end_of_run(&sides.inner_keys, sides.j, sides.inner.rows);
                for i in sides.i..outer_end {
                    for j in sides.j..inner_end {
                        pairs.push(
                            u32::try_from(i).unwrap_or(u32::MAX),
                            u32::try_from(j).unwrap_or(u32::MAX),
                        );
                    }
                }
                ctx.memory.grow(0)?;
                let inner_first = sides.j;
                (sides.i, sides.j) = (outer_end, inner_end);
                if keeps_inner {
                    return self.finish_run(ctx, first, pairs, (inner_first, inner_end)).map(Some);
                }
            }
            if pairs.len() >= CHUNK_ROWS {
                break;
            }
        }
        if sides.i == first && pairs.is_empty() {
            return Ok(None);
        }
        let end = sides.i;
        let pairs = pairs.filter(ctx, &mut self.filter, &sides.outer, &sides.inner, self.node)?;
        Ok(Some(join_rows(
            self.kind,
            &sides.outer,
            (first, end),
            &sides.inner,
            pairs,
            None,
        )))
    }

    /// One run of equal keys, when inner rows without a match are wanted too.
    fn finish_run(
        &mut self,
        ctx: &mut Context<'_, '_>,
        first: usize,
        pairs: Pairs,
        (inner_first, inner_end): (usize, usize),
    ) -> Result<Chunk> {
        let Some(sides) = &mut self.sides else {
            return Ok(Chunk::default());
        };
        let pairs = pairs.filter(ctx, &mut self.filter, &sides.outer, &sides.inner, self.node)?;
        let is_matched = |row: &u32| pairs.inner.contains(row);
        let rows = (inner_first..inner_end).filter_map(|row| u32::try_from(row).ok());
        let unmatched: Vec<u32> = rows.filter(|row| !is_matched(row)).collect();
        let joined = join_rows(self.kind, &sides.outer, (first, sides.i), &sides.inner, pairs, None);
        if unmatched.is_empty() {
            return Ok(joined);
        }
        let rest = inner_only(&sides.outer_types, &sides.inner, unmatched);
        let mut types = sides.outer_types.clone();
        types.resize(joined.columns.len(), Oid::INVALID);
        Ok(Chunk::concat(&types, &[joined, rest]))
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
