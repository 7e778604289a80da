//! From pairs of rows with equal keys to the rows of a join: the other conditions, and what unmatched rows give.

use kumquat_types::{Bitmap, Chunk, Result};

use super::context::Context;
use super::expr::{Compiled, eval_conditions};
use crate::query::JoinKind;

/// Candidate pairs of some outer rows, in order of the outer row.
#[derive(Default)]
pub struct Pairs {
    pub outer: Vec<u32>,
    pub inner: Vec<u32>,
}

impl Pairs {
    pub fn push(&mut self, outer: u32, inner: u32) {
        self.outer.push(outer);
        self.inner.push(inner);
    }

    pub fn len(&self) -> usize {
        self.outer.len()
    }

    pub fn is_empty(&self) -> bool {
        self.outer.is_empty()
    }

    /// The pairs that satisfy the join's other conditions.
    pub fn filter(
        self,
        ctx: &mut Context<'_, '_>,
        conditions: &mut [Compiled],
        outer: &Chunk,
        inner: &Chunk,
        node: usize,
    ) -> Result<Pairs> {
        if conditions.is_empty() || self.is_empty() {
            return Ok(self);
        }
        let rows = combine(outer, inner, &self);
        let Some(mask) = eval_conditions(conditions, ctx, &rows)? else {
            return Ok(self);
        };
        if let Some(counters) = ctx.counters_of(node) {
            counters.removed_by_join += (mask.len() - mask.count_ones()) as u64;
        }
        let keep = |values: &[u32]| mask.ones().filter_map(|at| values.get(at).copied()).collect();
        Ok(Pairs {
            outer: keep(&self.outer),
            inner: keep(&self.inner),
        })
    }
}

/// The columns of both sides for each pair; `u32::MAX` gives NULLs.
pub fn combine(outer: &Chunk, inner: &Chunk, pairs: &Pairs) -> Chunk {
    let mut columns = outer.take(&pairs.outer).columns;
    columns.extend(inner.take(&pairs.inner).columns);
    Chunk::new(columns, pairs.len())
}

/// The rows that a join of this kind gives for the outer rows `first..end`, whose pairs these are; notes which
/// inner rows are matched.
pub fn join_rows(
    kind: JoinKind,
    outer: &Chunk,
    (first, end): (usize, usize),
    inner: &Chunk,
    pairs: Pairs,
    matched: Option<&mut Bitmap>,
) -> Chunk {
    if let Some(matched) = matched {
        pairs.inner.iter().for_each(|&row| matched.set(row as usize, true));
    }
    match kind {
        JoinKind::Inner | JoinKind::Right => combine(outer, inner, &pairs),
        JoinKind::Left | JoinKind::Full => combine(outer, inner, &fill_outer(pairs, first, end)),
        JoinKind::Semi => combine(outer, inner, &first_matches(&pairs)),
        JoinKind::Anti => {
            let mut has_match = Bitmap::new(outer.rows, false);
            pairs.outer.iter().for_each(|&row| has_match.set(row as usize, true));
            let unmatched = (first..end).filter(|&row| !has_match.get(row));
            let rows: Vec<u32> = unmatched.filter_map(|row| u32::try_from(row).ok()).collect();
            let pairs = Pairs {
                inner: vec![u32::MAX; rows.len()],
                outer: rows,
            };
            combine(outer, inner, &pairs)
        }
    }
}

/// The first pair of each outer row.
fn first_matches(pairs: &Pairs) -> Pairs {
    let mut firsts = Pairs::default();
    for (&outer, &inner) in pairs.outer.iter().zip(&pairs.inner) {
        if firsts.outer.last() != Some(&outer) {
            firsts.push(outer, inner);
        }
    }
    firsts
}

/// Adds a pair with no inner row for each outer row without one.
fn fill_outer(pairs: Pairs, first: usize, end: usize) -> Pairs {
    let mut filled = Pairs::default();
    let mut rest = pairs.outer.iter().copied().zip(pairs.inner.iter().copied()).peekable();
    for row in first..end {
        let row = u32::try_from(row).unwrap_or(u32::MAX);
        let before = filled.len();
        while let Some((outer, inner)) = rest.next_if(|(outer, _)| *outer == row) {
            filled.push(outer, inner);
        }
        if filled.len() == before {
            filled.push(row, u32::MAX);
        }
    }
    filled
}

/// Inner rows alone, with NULLs for the outer columns.
pub fn inner_only(outer_types: &[kumquat_types::Oid], inner: &Chunk, rows: Vec<u32>) -> Chunk {
    let pairs = Pairs {
        outer: vec![u32::MAX; rows.len()],
        inner: rows,
    };
    combine(&Chunk::empty(outer_types), inner, &pairs)
}
