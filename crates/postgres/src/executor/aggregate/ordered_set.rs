//! Ordered-set aggregates (percentile_cont, percentile_disc, mode) and hypothetical-set ones (rank and kin).
//! Their rows come sorted.

use std::cmp::Ordering;
use std::sync::Arc;

use kumquat_types::compare::same_typed;
use kumquat_types::{ArrayValue, Column, Datum, Error, Interval, Oid, Result, SqlState};

use super::Accumulator;
use super::accumulator::Signature;
use crate::catalog::SortOrder;
use crate::executor::context::Context;
use crate::storage::index::compare_ordered;

/// Values of each group in order, without NULLs.
#[derive(Default)]
struct Values {
    groups: Vec<Vec<Datum>>,
}

impl Values {
    fn update(&mut self, ctx: &mut Context<'_, '_>, groups: &[u32], args: &[Arc<Column>]) -> Result<()> {
        let Some(column) = args.first() else { return Ok(()) };
        ctx.memory.grow(groups.len() * 24)?;
        super::accumulator::each_datum(column, groups, |group, value| {
            if let Some(values) = self.groups.get_mut(group) {
                values.push(value);
            }
            Ok(())
        })
    }

    fn take(&mut self, group: usize) -> Vec<Datum> {
        self.groups.get_mut(group).map(std::mem::take).unwrap_or_default()
    }
}

/// The fractions asked for: one, or an array of them (NULLs in it stay).
fn fractions(direct: &[Datum]) -> Result<Option<Vec<Option<f64>>>> {
    let fraction = |value: &Datum| match value {
        Datum::Float8(fraction) if (0.0..=1.0).contains(fraction) => Ok(Some(*fraction)),
        Datum::Float8(fraction) => Err(Error::new(
            SqlState::NUMERIC_VALUE_OUT_OF_RANGE,
            format!(
                "percentile value {} is not between 0 and 1",
                kumquat_types::float::general(*fraction, 6)
            ),
        )),
        _ => Ok(None),
    };
    match direct.first() {
        Some(Datum::Array(array)) => array.values.iter().map(fraction).collect::<Result<_>>().map(Some),
        Some(value @ Datum::Float8(_)) => Ok(Some(vec![fraction(value)?])),
        _ => Ok(None),
    }
}

/// Applies a percentile to one fraction or an array.
fn percentiles(
    direct: &[Datum],
    values: &[Datum],
    element: Oid,
    percentile: impl Fn(&[Datum], f64) -> Result<Datum>,
) -> Result<Datum> {
    let Some(fractions) = fractions(direct)?.filter(|_| !values.is_empty()) else {
        return Ok(Datum::Null);
    };
    let result = |fraction: &Option<f64>| fraction.map_or(Ok(Datum::Null), |fraction| percentile(values, fraction));
    match direct.first() {
        Some(Datum::Array(array)) => Ok(Datum::Array(Arc::new(ArrayValue {
            element,
            dims: array.dims.clone(),
            values: fractions.iter().map(result).collect::<Result<_>>()?,
        }))),
        _ => fractions.first().map_or(Ok(Datum::Null), result),
    }
}

pub struct PercentileDiscrete {
    element: Oid,
    values: Values,
}

impl PercentileDiscrete {
    pub fn new(signature: &Signature) -> PercentileDiscrete {
        PercentileDiscrete {
            element: signature.arg(),
            values: Values::default(),
        }
    }
}

impl Accumulator for PercentileDiscrete {
    fn resize(&mut self, groups: usize) {
        self.values.groups.resize(groups, Vec::new());
    }

    fn update(&mut self, ctx: &mut Context<'_, '_>, groups: &[u32], args: &[Arc<Column>]) -> Result<()> {
        self.values.update(ctx, groups, args)
    }

    /// The first value whose place is at or past the fraction of the rows.
    fn finish(&mut self, _: &mut Context<'_, '_>, group: usize, direct: &[Datum]) -> Result<Datum> {
        let values = self.values.take(group);
        percentiles(direct, &values, self.element, |values, fraction| {
            let place = (fraction * values.len() as f64).ceil() as usize;
            Ok(values.get(place.max(1) - 1).cloned().unwrap_or_default())
        })
    }
}

pub struct PercentileContinuous {
    element: Oid,
    values: Values,
}

impl PercentileContinuous {
    pub fn new(signature: &Signature) -> PercentileContinuous {
        PercentileContinuous {
            element: signature.arg(),
            values: Values::default(),
        }
    }
}

impl Accumulator for PercentileContinuous {
    fn resize(&mut self, groups: usize) {
        self.values.groups.resize(groups, Vec::new());
    }

    fn update(&mut self, ctx: &mut Context<'_, '_>, groups: &[u32], args: &[Arc<Column>]) -> Result<()> {
        self.values.update(ctx, groups, args)
    }

    /// Between the two rows next to the place.
    fn finish(&mut self, _: &mut Context<'_, '_>, group: usize, direct: &[Datum]) -> Result<Datum> {
        let values = self.values.take(group);
        percentiles(direct, &values, self.element, |values, fraction| {
            let place = fraction * (values.len() - 1) as f64;
            let low = values.get(place.floor() as usize).cloned().unwrap_or_default();
            let high = values.get(place.ceil() as usize).cloned().unwrap_or_default();
            interpolate(low, high, place - place.floor())
        })
    }
}

fn interpolate(low: Datum, high: Datum, part: f64) -> Result<Datum> {
    if part == 0.0 {
        return Ok(low);
    }
    match (&low, &high) {
        (Datum::Float8(a), Datum::Float8(b)) => Ok(Datum::Float8(a + part * (b - a))),
        (Datum::Interval(a), Datum::Interval(b)) => {
            let difference: Interval = b.minus(a)?;
            difference.times(part)?.plus(a).map(Datum::Interval)
        }
        _ => Ok(low),
    }
}

/// The most frequent value, of equally frequent ones the first.
pub struct Mode {
    type_oid: Oid,
    values: Values,
}

impl Mode {
    pub fn new(type_oid: Oid) -> Mode {
        Mode {
            type_oid,
            values: Values::default(),
        }
    }
}

impl Accumulator for Mode {
    fn resize(&mut self, groups: usize) {
        self.values.groups.resize(groups, Vec::new());
    }

    fn update(&mut self, ctx: &mut Context<'_, '_>, groups: &[u32], args: &[Arc<Column>]) -> Result<()> {
        self.values.update(ctx, groups, args)
    }

    fn finish(&mut self, _: &mut Context<'_, '_>, group: usize, _: &[Datum]) -> Result<Datum> {
        let values = self.values.take(group);
        let runs = values.chunk_by(|a, b| same_typed(self.type_oid, a, b));
        let longest = runs.reduce(|best, run| if run.len() > best.len() { run } else { best });
        Ok(longest.and_then(|run| run.first()).cloned().unwrap_or_default())
    }
}

/// rank(args) WITHIN GROUP (ORDER BY ...): where a row of these arguments would come.
pub struct Hypothetical {
    name: &'static str,
    orders: Vec<SortOrder>,
    groups: Vec<Vec<Vec<Datum>>>,
}

impl Hypothetical {
    pub fn new(signature: &Signature) -> Hypothetical {
        Hypothetical {
            name: signature.name,
            orders: signature.descending.clone(),
            groups: Vec::new(),
        }
    }

    fn compare(&self, row: &[Datum], direct: &[Datum]) -> Ordering {
        let fields = row.iter().zip(direct).zip(&self.orders);
        let decided = fields
            .map(|((a, b), &order)| compare_ordered(a, b, order))
            .find(|ordering| ordering.is_ne());
        decided.unwrap_or(Ordering::Equal)
    }
}

impl Accumulator for Hypothetical {
    fn resize(&mut self, groups: usize) {
        self.groups.resize(groups, Vec::new());
    }

    fn update(&mut self, ctx: &mut Context<'_, '_>, groups: &[u32], args: &[Arc<Column>]) -> Result<()> {
        ctx.memory.grow(groups.len() * 24 * (args.len() + 1))?;
        for (row, &group) in groups.iter().enumerate() {
            if let Some(rows) = self.groups.get_mut(group as usize) {
                rows.push(args.iter().map(|column| column.get(row)).collect());
            }
        }
        Ok(())
    }

    fn finish(&mut self, _: &mut Context<'_, '_>, group: usize, direct: &[Datum]) -> Result<Datum> {
        let rows = self.groups.get_mut(group).map(std::mem::take).unwrap_or_default();
        let before = rows.iter().filter(|row| self.compare(row, direct).is_lt());
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let total = rows.len() as f64;
        Ok(match self.name {
            "rank" => Datum::Int8(1 + count(before.count())),
            "dense_rank" => {
                let mut distinct: Vec<&Vec<Datum>> = before.collect();
                distinct.dedup_by(|b, a| self.compare(a, b).is_eq());
                Datum::Int8(1 + count(distinct.len()))
            }
            "percent_rank" if rows.is_empty() => Datum::Float8(0.0),
            "percent_rank" => Datum::Float8(before.count() as f64 / total),
            _ => {
                let up_to = rows.iter().filter(|row| self.compare(row, direct).is_le()).count();
                Datum::Float8((up_to as f64 + 1.0) / (total + 1.0))
            }
        })
    }
}
