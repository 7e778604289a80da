//! SetOp: INTERSECT and EXCEPT. The input is both sides, told apart by a flag in the last column: 0 for the
//! left one, 1 for the right one.

use kumquat_types::{CHUNK_ROWS, Chunk, Result};

use super::build::{build_child, child_layout};
use super::context::Context;
use super::keys::RowTable;
use super::operator::Operator;
use crate::planner::Plan;
use crate::query::SetOperator;

pub struct SetOp {
    input: Box<dyn Operator>,
    operator: SetOperator,
    all: bool,
    types: Vec<kumquat_types::Oid>,
    result: Option<(Chunk, usize)>,
}

impl SetOp {
    pub fn build(
        ctx: &mut Context<'_, '_>,
        plan: &Plan,
        operator: SetOperator,
        all: bool,
        keys: usize,
        _hashed: bool,
    ) -> Result<SetOp> {
        let mut types = child_layout(plan, 0)?.types();
        types.truncate(keys);
        Ok(SetOp {
            input: build_child(ctx, plan, 0)?,
            operator,
            all,
            types,
            result: None,
        })
    }

    fn run(&mut self, ctx: &mut Context<'_, '_>) -> Result<Chunk> {
        let mut table = RowTable::new(self.types.clone());
        let mut counts: Vec<[u64; 2]> = Vec::new();
        let keys = self.types.len();
        while let Some(chunk) = ctx.in_batches(|ctx| self.input.next(ctx))? {
            let before = table.bytes();
            let columns = chunk.columns.get(..keys).unwrap_or(&chunk.columns);
            let (numbers, _) = table.insert(columns, chunk.rows);
            ctx.memory.grow(table.bytes() - before)?;
            counts.resize(table.len(), [0, 0]);
            for (row, number) in numbers.into_iter().enumerate() {
                let side = usize::from(chunk.get(keys, row).as_i64() == Some(1));
                if let Some(count) = counts.get_mut(number as usize).and_then(|counts| counts.get_mut(side)) {
                    *count += 1;
                }
            }
        }
        let mut rows: Vec<u32> = Vec::new();
        for (number, [left, right]) in (0..).zip(counts) {
            let times = match (self.operator, self.all) {
                (SetOperator::Intersect, true) => left.min(right),
                (SetOperator::Intersect, false) => u64::from(left > 0 && right > 0),
                (SetOperator::Except, true) => left.saturating_sub(right),
                (SetOperator::Except, false) => u64::from(left > 0 && right == 0),
                (SetOperator::Union, _) => 1,
            };
            rows.extend(std::iter::repeat_n(
                number,
                usize::try_from(times).unwrap_or(usize::MAX),
            ));
        }
        let count = rows.len();
        let columns = table.keys.iter().map(|key| std::sync::Arc::new(key.take(&rows)));
        Ok(Chunk::new(columns.collect(), count))
    }
}

impl Operator for SetOp {
    fn next(&mut self, ctx: &mut Context<'_, '_>) -> Result<Option<Chunk>> {
        let (rows, at) = match self.result.take() {
            Some(result) => result,
            None => (self.run(ctx)?, 0),
        };
        let part = rows.slice(at, CHUNK_ROWS);
        let result = (part.rows > 0).then_some(part);
        self.result = Some((rows, at + CHUNK_ROWS));
        Ok(result)
    }

    fn rescan(&mut self, ctx: &mut Context<'_, '_>) -> Result<()> {
        self.result = None;
        self.input.rescan(ctx)
    }
}
