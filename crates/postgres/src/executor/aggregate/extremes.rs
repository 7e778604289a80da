//! min and max over any type that has an order.

use std::cmp::Ordering;
use std::sync::Arc;

use kumquat_types::compare::compare_typed;
use kumquat_types::{Column, ColumnData, Datum, Oid, Result};

use super::Accumulator;
use super::accumulator::{each, each_datum};
use crate::executor::context::Context;

pub struct Extreme {
    type_oid: Oid,
    greatest: bool,
    best: Vec<Datum>,
    /// Of integers and dates: kept apart, since no datum need be made for each row.
    integers: Vec<Option<i64>>,
}

impl Extreme {
    pub fn new(type_oid: Oid, greatest: bool) -> Extreme {
        Extreme {
            type_oid,
            greatest,
            best: Vec::new(),
            integers: Vec::new(),
        }
    }

    fn wanted(&self) -> Ordering {
        if self.greatest {
            Ordering::Greater
        } else {
            Ordering::Less
        }
    }

    fn take_integers<T: Copy + Into<i64>>(&mut self, column: &Column, values: &[T], groups: &[u32]) {
        let greatest = self.greatest;
        let better = |a: i64, b: i64| if greatest { a.max(b) } else { a.min(b) };
        if let ([slot], None) = (self.integers.as_mut_slice(), &column.validity) {
            let best = values.iter().map(|&value| value.into()).reduce(better);
            *slot = [*slot, best].into_iter().flatten().reduce(better);
            return;
        }
        let integers = &mut self.integers;
        each(column, values, groups, |group, value: T| {
            if let Some(slot) = integers.get_mut(group) {
                let value = value.into();
                *slot = Some(slot.map_or(value, |best| better(best, value)));
            }
        });
    }
}

impl Accumulator for Extreme {
    fn resize(&mut self, groups: usize) {
        self.best.resize(groups, Datum::Null);
        self.integers.resize(groups, None);
    }

    fn update(&mut self, _: &mut Context<'_, '_>, groups: &[u32], args: &[Arc<Column>]) -> Result<()> {
        let Some(column) = args.first() else { return Ok(()) };
        match &column.data {
            ColumnData::Int4(values) | ColumnData::Date(values) => self.take_integers(column, values, groups),
            ColumnData::Int8(values) | ColumnData::Timestamp(values) | ColumnData::TimestampTz(values) => {
                self.take_integers(column, values, groups);
            }
            _ => {
                let (wanted, type_oid) = (self.wanted(), self.type_oid);
                each_datum(column, groups, |group, value| {
                    if let Some(best) = self.best.get_mut(group)
                        && (best.is_null() || compare_typed(type_oid, &value, best) == wanted)
                    {
                        *best = value;
                    }
                    Ok(())
                })?;
            }
        }
        Ok(())
    }

    fn finish(&mut self, _: &mut Context<'_, '_>, group: usize, _: &[Datum]) -> Result<Datum> {
        let Some(integer) = self.integers.get(group).copied().flatten() else {
            return Ok(self.best.get(group).cloned().unwrap_or_default());
        };
        let narrow = i32::try_from(integer).unwrap_or_default();
        Ok(match self.type_oid {
            Oid::INT4 => Datum::Int4(narrow),
            Oid::DATE => Datum::Date(narrow),
            Oid::TIMESTAMP => Datum::Timestamp(integer),
            Oid::TIMESTAMPTZ => Datum::TimestampTz(integer),
            _ => Datum::Int8(integer),
        })
    }

    fn needs_order(&self) -> bool {
        false
    }
}
