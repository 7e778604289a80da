//! range_agg and range_intersect_agg, over ranges and multiranges.

use std::sync::Arc;

use kumquat_types::range::operate::{intersect, normalize, single};
use kumquat_types::{Column, Datum, Error, RangeValue, Result};

use super::Accumulator;
use super::accumulator::each_datum;
use crate::executor::context::Context;

pub struct RangeAccumulator {
    intersect: bool,
    /// Of range_intersect_agg over ranges the result is a range; all others give multiranges.
    gives_range: bool,
    states: Vec<Option<Vec<RangeValue>>>,
}

impl RangeAccumulator {
    pub fn union() -> RangeAccumulator {
        RangeAccumulator {
            intersect: false,
            gives_range: false,
            states: Vec::new(),
        }
    }

    pub fn intersection() -> RangeAccumulator {
        RangeAccumulator {
            intersect: true,
            ..RangeAccumulator::union()
        }
    }
}

impl Accumulator for RangeAccumulator {
    fn resize(&mut self, groups: usize) {
        self.states.resize(groups, None);
    }

    fn update(&mut self, ctx: &mut Context<'_, '_>, groups: &[u32], args: &[Arc<Column>]) -> Result<()> {
        let Some(column) = args.first() else { return Ok(()) };
        ctx.memory.grow(groups.len() * 64)?;
        each_datum(column, groups, |group, value| {
            let ranges = match value {
                Datum::Range(range) => {
                    self.gives_range = self.intersect;
                    normalize([RangeValue::clone(&range)])
                }
                Datum::Multirange(ranges) => ranges.to_vec(),
                other => return Err(Error::internal(format!("{other:?} is no range"))),
            };
            if let Some(state) = self.states.get_mut(group) {
                match state {
                    None => *state = Some(ranges),
                    Some(known) if self.intersect => *known = intersect(known, &ranges),
                    Some(known) => known.extend(ranges),
                }
            }
            Ok(())
        })
    }

    fn finish(&mut self, _: &mut Context<'_, '_>, group: usize, _: &[Datum]) -> Result<Datum> {
        let Some(ranges) = self.states.get(group).cloned().flatten() else {
            return Ok(Datum::Null);
        };
        let ranges = normalize(ranges);
        if self.gives_range {
            return single(ranges, "intersection").map(|range| Datum::Range(Arc::new(range)));
        }
        Ok(Datum::Multirange(Arc::new(ranges)))
    }
}
