//! Memoize: the rows that the inner side of a nested loop has given, by the values they were asked for with.

use std::collections::HashMap;
use std::sync::Arc;

use kumquat_types::{Chunk, Datum, Result};

use super::build::{build_child, node_id};
use super::context::{Context, chunk_bytes};
use super::counters::CacheCount;
use super::expr::array_op::Key;
use super::memory::cache_bytes;
use super::operator::Operator;
use crate::planner::Plan;

pub struct Memoize {
    input: Box<dyn Operator>,
    /// The parameters that the rows depend on.
    params: Vec<usize>,
    known: HashMap<Vec<Key>, Arc<Vec<Chunk>>>,
    state: State,
    /// Bytes that PostgreSQL would hold.
    bytes: u64,
    node: usize,
}

enum State {
    /// The parameters have not been looked at.
    Fresh,
    Known(Arc<Vec<Chunk>>, usize),
    Filling(Vec<Key>, Vec<Chunk>),
    Done,
}

impl Memoize {
    pub fn build(ctx: &mut Context<'_, '_>, plan: &Plan, params: &[usize]) -> Result<Memoize> {
        Ok(Memoize {
            input: build_child(ctx, plan, 0)?,
            params: params.to_vec(),
            known: HashMap::new(),
            state: State::Fresh,
            bytes: 0,
            node: node_id(plan),
        })
    }

    fn look_up(&mut self, ctx: &mut Context<'_, '_>) -> Result<State> {
        let mut key = Vec::with_capacity(self.params.len());
        for &param in &self.params {
            key.push(Key(ctx.value(param)?));
        }
        let known = self.known.get(&key).cloned();
        if let Some(counters) = ctx.counters_of(self.node) {
            let cache = counters.cache.get_or_insert_with(CacheCount::default);
            match known {
                Some(_) => cache.hits += 1,
                None => cache.misses += 1,
            }
        }
        Ok(match known {
            Some(rows) => State::Known(rows, 0),
            None => {
                self.input.rescan(ctx)?;
                State::Filling(key, Vec::new())
            }
        })
    }

    /// All rows for a key are there.
    fn keep(&mut self, ctx: &mut Context<'_, '_>, key: Vec<Key>, rows: Vec<Chunk>) {
        if let Some(counters) = ctx.counters_of(self.node) {
            let values: Vec<Datum> = key.iter().map(|key| key.0.clone()).collect();
            self.bytes += cache_bytes(&values, &rows);
            let cache = counters.cache.get_or_insert_with(CacheCount::default);
            cache.kilobytes = self.bytes.div_ceil(1024);
        }
        self.known.insert(key, Arc::new(rows));
    }
}

impl Operator for Memoize {
    fn next(&mut self, ctx: &mut Context<'_, '_>) -> Result<Option<Chunk>> {
        if matches!(self.state, State::Fresh) {
            self.state = self.look_up(ctx)?;
        }
        match std::mem::replace(&mut self.state, State::Done) {
            State::Fresh | State::Done => Ok(None),
            State::Known(rows, at) => {
                let chunk = rows.get(at).cloned();
                self.state = State::Known(rows, at + 1);
                Ok(chunk)
            }
            State::Filling(key, mut rows) => {
                let chunk = self.input.next(ctx)?;
                if let Some(chunk) = &chunk {
                    ctx.memory.grow(chunk_bytes(chunk))?;
                    rows.push(chunk.clone());
                }
                match chunk {
                    None => self.keep(ctx, key, rows),
                    Some(_) => self.state = State::Filling(key, rows),
                }
                Ok(chunk)
            }
        }
    }

    /// A join that wanted one row only has left the rest, which are few: the inner side is unique then.
    fn rescan(&mut self, ctx: &mut Context<'_, '_>) -> Result<()> {
        while matches!(self.state, State::Filling(..)) {
            self.next(ctx)?;
        }
        self.state = State::Fresh;
        Ok(())
    }
}
