//! sum, avg, variance and standard deviation.

use std::sync::Arc;

use kumquat_types::numeric::aggregate::{NumericSum, Spread};
use kumquat_types::{Column, ColumnData, Datum, Error, Interval, Result, SqlState};

use super::Accumulator;
use super::accumulator::{each, each_datum};
use crate::executor::context::Context;

/// sum over smallint and integer, as bigint.
#[derive(Default)]
pub struct IntegerSum {
    sums: Vec<i64>,
    seen: Vec<bool>,
}

impl IntegerSum {
    fn add(&mut self, group: usize, value: i64) -> Result<()> {
        if let (Some(sum), Some(seen)) = (self.sums.get_mut(group), self.seen.get_mut(group)) {
            let out_of_range = || Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "bigint out of range");
            *sum = sum.checked_add(value).ok_or_else(out_of_range)?;
            *seen = true;
        }
        Ok(())
    }
}

impl Accumulator for IntegerSum {
    fn resize(&mut self, groups: usize) {
        self.sums.resize(groups, 0);
        self.seen.resize(groups, false);
    }

    fn update(&mut self, _: &mut Context<'_, '_>, groups: &[u32], args: &[Arc<Column>]) -> Result<()> {
        let Some(column) = args.first() else { return Ok(()) };
        let ColumnData::Int4(values) = &column.data else {
            return each_datum(column, groups, |group, value| {
                self.add(group, value.as_i64().unwrap_or(0))
            });
        };
        if self.sums.len() == 1 && column.validity.is_none() && !values.is_empty() {
            // No chunk is so long that its integers overflow a bigint.
            return self.add(0, values.iter().map(|&value| i64::from(value)).sum());
        }
        let (sums, seen) = (&mut self.sums, &mut self.seen);
        let mut overflow = false;
        each(column, values, groups, |group, value| {
            if let (Some(sum), Some(seen)) = (sums.get_mut(group), seen.get_mut(group)) {
                let (added, overflowed) = sum.overflowing_add(value.into());
                overflow |= overflowed;
                *sum = added;
                *seen = true;
            }
        });
        match overflow {
            true => Err(Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "bigint out of range")),
            false => Ok(()),
        }
    }

    fn finish(&mut self, _: &mut Context<'_, '_>, group: usize, _: &[Datum]) -> Result<Datum> {
        let seen = self.seen.get(group).copied().unwrap_or(false);
        Ok(self.sums.get(group).filter(|_| seen).copied().into())
    }

    fn needs_order(&self) -> bool {
        false
    }
}

/// sum over real and double precision, in the type itself.
pub struct FloatSum {
    single: bool,
    sums: Vec<Option<f64>>,
}

impl FloatSum {
    pub fn new(single: bool) -> FloatSum {
        FloatSum {
            single,
            sums: Vec::new(),
        }
    }

    fn add(&mut self, group: usize, value: f64) -> Result<()> {
        let single = self.single;
        if let Some(slot) = self.sums.get_mut(group) {
            let sum = match *slot {
                None => value,
                Some(sum) if single => f64::from(sum as f32 + value as f32),
                Some(sum) => sum + value,
            };
            if sum.is_infinite() && value.is_finite() && slot.is_some_and(f64::is_finite) {
                return Err(overflow());
            }
            *slot = Some(sum);
        }
        Ok(())
    }
}

fn overflow() -> Error {
    Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "value out of range: overflow")
}

fn as_f64(value: &Datum) -> f64 {
    match value {
        Datum::Float4(value) => f64::from(*value),
        Datum::Float8(value) => *value,
        _ => 0.0,
    }
}

impl Accumulator for FloatSum {
    fn resize(&mut self, groups: usize) {
        self.sums.resize(groups, None);
    }

    fn update(&mut self, _: &mut Context<'_, '_>, groups: &[u32], args: &[Arc<Column>]) -> Result<()> {
        let Some(column) = args.first() else { return Ok(()) };
        each_datum(column, groups, |group, value| self.add(group, as_f64(&value)))
    }

    fn finish(&mut self, _: &mut Context<'_, '_>, group: usize, _: &[Datum]) -> Result<Datum> {
        let sum = self.sums.get(group).copied().flatten();
        Ok(match sum {
            Some(sum) if self.single => Datum::Float4(sum as f32),
            sum => sum.into(),
        })
    }
}

/// avg, variance and standard deviation over floats, by the method of Youngs and Cramer.
pub struct FloatSpread {
    name: &'static str,
    states: Vec<FloatState>,
}

/// Count, sum, and sum of squared differences from the mean.
#[derive(Clone, Copy, Default)]
pub struct FloatState {
    pub count: f64,
    pub sum: f64,
    pub squares: f64,
}

impl FloatState {
    pub fn add(&mut self, value: f64) -> Result<()> {
        let before = *self;
        self.count += 1.0;
        self.sum += value;
        if before.count > 0.0 {
            let difference = value * self.count - self.sum;
            self.squares += difference * difference / (self.count * before.count);
            if self.sum.is_infinite() || self.squares.is_infinite() {
                if self.sum.is_infinite() && before.sum.is_finite() && value.is_finite() {
                    return Err(overflow());
                }
                self.squares = f64::NAN;
            }
        } else if !value.is_finite() {
            self.squares = f64::NAN;
        }
        Ok(())
    }
}

impl FloatSpread {
    pub fn new(name: &'static str) -> FloatSpread {
        FloatSpread {
            name,
            states: Vec::new(),
        }
    }
}

impl Accumulator for FloatSpread {
    fn resize(&mut self, groups: usize) {
        self.states.resize(groups, FloatState::default());
    }

    fn update(&mut self, _: &mut Context<'_, '_>, groups: &[u32], args: &[Arc<Column>]) -> Result<()> {
        let Some(column) = args.first() else { return Ok(()) };
        each_datum(column, groups, |group, value| match self.states.get_mut(group) {
            Some(state) => state.add(as_f64(&value)),
            None => Ok(()),
        })
    }

    fn finish(&mut self, _: &mut Context<'_, '_>, group: usize, _: &[Datum]) -> Result<Datum> {
        let state = self.states.get(group).copied().unwrap_or_default();
        let sample = !matches!(self.name, "avg" | "var_pop" | "stddev_pop");
        let divisor = if sample { state.count - 1.0 } else { state.count };
        if divisor <= 0.0 {
            return Ok(Datum::Null);
        }
        Ok(Datum::Float8(match self.name {
            "avg" => state.sum / state.count,
            "var_pop" | "var_samp" | "variance" => state.squares / divisor,
            _ => (state.squares / divisor).sqrt(),
        }))
    }
}

/// What is computed in numeric: sum of bigint and numeric, avg and spreads of integers and numeric.
pub struct NumericAccumulator {
    name: &'static str,
    squares: bool,
    states: Vec<NumericSum>,
}

impl NumericAccumulator {
    pub fn new(name: &'static str) -> NumericAccumulator {
        NumericAccumulator {
            name,
            squares: !matches!(name, "sum" | "avg"),
            states: Vec::new(),
        }
    }

    fn add(&mut self, group: usize, value: &Datum) {
        let Some(state) = self.states.get_mut(group) else {
            return;
        };
        match (value, value.as_i64(), self.squares) {
            (Datum::Numeric(value), _, false) => state.add(value),
            (Datum::Numeric(value), _, true) => state.add_square(value),
            (_, Some(value), false) => state.add_integer(value),
            (_, Some(value), true) => state.add_integer_square(value),
            _ => {}
        }
    }
}

impl Accumulator for NumericAccumulator {
    fn resize(&mut self, groups: usize) {
        self.states.resize_with(groups, NumericSum::default);
    }

    fn update(&mut self, _: &mut Context<'_, '_>, groups: &[u32], args: &[Arc<Column>]) -> Result<()> {
        let Some(column) = args.first() else { return Ok(()) };
        let states = &mut self.states;
        match &column.data {
            ColumnData::Int4(values) if !self.squares => each(column, values, groups, |group, value| {
                if let Some(state) = states.get_mut(group) {
                    state.add_integer(value.into());
                }
            }),
            ColumnData::Int8(values) if !self.squares => each(column, values, groups, |group, value| {
                if let Some(state) = states.get_mut(group) {
                    state.add_integer(value);
                }
            }),
            _ => each_datum(column, groups, |group, value| {
                self.add(group, &value);
                Ok(())
            })?,
        }
        Ok(())
    }

    fn finish(&mut self, _: &mut Context<'_, '_>, group: usize, _: &[Datum]) -> Result<Datum> {
        let Some(state) = self.states.get(group) else {
            return Ok(Datum::Null);
        };
        let result = match self.name {
            "sum" => state.sum(),
            "avg" => state.mean(),
            "var_pop" => state.spread(Spread::VariancePopulation),
            "var_samp" | "variance" => state.spread(Spread::VarianceSample),
            "stddev_pop" => state.spread(Spread::StddevPopulation),
            _ => state.spread(Spread::StddevSample),
        };
        Ok(result.map_or(Datum::Null, |number| Datum::Numeric(Arc::new(number))))
    }

    fn needs_order(&self) -> bool {
        false
    }
}

/// sum and avg over intervals.
pub struct IntervalSum {
    average: bool,
    states: Vec<(i64, Interval)>,
}

impl IntervalSum {
    pub fn new(average: bool) -> IntervalSum {
        IntervalSum {
            average,
            states: Vec::new(),
        }
    }
}

impl Accumulator for IntervalSum {
    fn resize(&mut self, groups: usize) {
        self.states.resize(groups, (0, Interval::default()));
    }

    fn update(&mut self, _: &mut Context<'_, '_>, groups: &[u32], args: &[Arc<Column>]) -> Result<()> {
        let Some(column) = args.first() else { return Ok(()) };
        each_datum(column, groups, |group, value| {
            if let (Some((count, sum)), Datum::Interval(value)) = (self.states.get_mut(group), value) {
                *sum = sum.plus(&value)?;
                *count += 1;
            }
            Ok(())
        })
    }

    fn finish(&mut self, _: &mut Context<'_, '_>, group: usize, _: &[Datum]) -> Result<Datum> {
        match self.states.get(group) {
            Some((count, sum)) if *count > 0 && self.average => sum.divided_by(*count as f64).map(Datum::Interval),
            Some((count, sum)) if *count > 0 => Ok(Datum::Interval(*sum)),
            _ => Ok(Datum::Null),
        }
    }
}
