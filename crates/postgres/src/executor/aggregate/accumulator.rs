//! Accumulators: what aggregate functions gather for each group.

use std::sync::Arc;

use kumquat_types::{Column, Datum, Error, Oid, ProcKind, Result};

use super::bits::{BitAccumulator, BitOperation, Logical};
use super::collect::{ArrayAgg, StringAgg};
use super::count::Count;
use super::extremes::Extreme;
use super::json::{JsonAgg, JsonObjectAgg};
use super::numbers::{FloatSpread, FloatSum, IntegerSum, IntervalSum, NumericAccumulator};
use super::ordered_set::{Hypothetical, Mode, PercentileContinuous, PercentileDiscrete};
use super::ranges::RangeAccumulator;
use super::regression::Regression;
use super::user::UserAggregate;
use crate::backend::Backend;
use crate::executor::context::Context;
use crate::executor::expr::function::find_proc;
use crate::query::Aggref;

/// The state of an aggregate function for each group.
pub trait Accumulator {
    /// Makes room for so many groups.
    fn resize(&mut self, groups: usize);

    /// Takes in rows: the arguments, and the group of each row.
    fn update(&mut self, ctx: &mut Context<'_, '_>, groups: &[u32], args: &[Arc<Column>]) -> Result<()>;

    /// The result of a group so far: windows ask again after more rows. `direct` are the direct arguments of
    /// ordered-set aggregates.
    fn finish(&mut self, ctx: &mut Context<'_, '_>, group: usize, direct: &[Datum]) -> Result<Datum>;

    /// The result depends on the order of rows: with DISTINCT they are sorted.
    fn needs_order(&self) -> bool {
        true
    }
}

/// Which function is called with which types.
#[derive(Clone)]
pub struct Signature {
    pub function: Oid,
    /// Of PostgreSQL's own aggregates.
    pub name: &'static str,
    pub args: Vec<Oid>,
    pub direct: Vec<Oid>,
    pub result: Oid,
    pub star: bool,
    pub descending: Vec<crate::catalog::SortOrder>,
}

impl Signature {
    pub fn new(backend: &Backend<'_>, aggregate: &Aggref) -> Result<Signature> {
        let name = match find_proc(backend, aggregate.function) {
            Some(proc) if proc.kind == ProcKind::Function => {
                return Err(Error::internal(format!("{} is no aggregate", proc.name)));
            }
            Some(proc) => proc.name,
            None => "",
        };
        let args = match aggregate.within_group {
            true => aggregate.order_by.iter().map(|order| order.expr.type_oid()).collect(),
            false => aggregate.args.iter().map(crate::query::Expr::type_oid).collect(),
        };
        Ok(Signature {
            function: aggregate.function,
            name,
            args,
            direct: aggregate.direct_args.iter().map(crate::query::Expr::type_oid).collect(),
            result: aggregate.result,
            star: aggregate.star,
            descending: aggregate.order_by.iter().map(|order| order.order).collect(),
        })
    }

    /// The type of the first argument.
    pub fn arg(&self) -> Oid {
        self.args.first().copied().unwrap_or(Oid::INVALID)
    }
}

/// The accumulator that carries out a function.
pub fn create(ctx: &mut Context<'_, '_>, signature: &Signature) -> Result<Box<dyn Accumulator>> {
    if let Some(aggregate) = ctx.backend.catalog()?.aggregates.get(&signature.function).cloned() {
        return Ok(Box::new(UserAggregate::new(ctx, &aggregate, signature)?));
    }
    let integer = matches!(signature.arg(), Oid::INT2 | Oid::INT4 | Oid::INT8);
    let float = matches!(signature.arg(), Oid::FLOAT4 | Oid::FLOAT8);
    Ok(match signature.name {
        "count" => Box::new(Count::new(signature.star)),
        "sum" if matches!(signature.arg(), Oid::INT2 | Oid::INT4) => Box::new(IntegerSum::default()),
        "sum" if float => Box::new(FloatSum::new(signature.arg() == Oid::FLOAT4)),
        "avg" if float => Box::new(FloatSpread::new("avg")),
        "sum" | "avg" if signature.arg() == Oid::INTERVAL => Box::new(IntervalSum::new(signature.name == "avg")),
        "sum" if signature.arg() == Oid::MONEY => Box::new(IntegerSum::default()),
        "sum" | "avg" => Box::new(NumericAccumulator::new(signature.name)),
        "stddev" | "stddev_samp" | "stddev_pop" | "variance" | "var_samp" | "var_pop" => match integer || !float {
            true => Box::new(NumericAccumulator::new(signature.name)),
            false => Box::new(FloatSpread::new(signature.name)),
        },
        "min" | "max" => Box::new(Extreme::new(signature.arg(), signature.name == "max")),
        "bool_and" | "every" => Box::new(Logical::new(true)),
        "bool_or" => Box::new(Logical::new(false)),
        "bit_and" => Box::new(BitAccumulator::new(BitOperation::And)),
        "bit_or" => Box::new(BitAccumulator::new(BitOperation::Or)),
        "bit_xor" => Box::new(BitAccumulator::new(BitOperation::Xor)),
        "string_agg" => Box::new(StringAgg::default()),
        "array_agg" => Box::new(ArrayAgg::new(signature.arg())),
        "json_agg" | "jsonb_agg" => Box::new(JsonAgg::new(ctx.backend, signature)?),
        "json_object_agg" | "jsonb_object_agg" => Box::new(JsonObjectAgg::new(ctx.backend, signature)?),
        "range_agg" => Box::new(RangeAccumulator::union()),
        "range_intersect_agg" => Box::new(RangeAccumulator::intersection()),
        "corr" | "covar_pop" | "covar_samp" | "regr_avgx" | "regr_avgy" | "regr_count" | "regr_intercept"
        | "regr_r2" | "regr_slope" | "regr_sxx" | "regr_sxy" | "regr_syy" => Box::new(Regression::new(signature.name)),
        "percentile_cont" => Box::new(PercentileContinuous::new(signature)),
        "percentile_disc" => Box::new(PercentileDiscrete::new(signature)),
        "mode" => Box::new(Mode::new(signature.arg())),
        "rank" | "dense_rank" | "percent_rank" | "cume_dist" => Box::new(Hypothetical::new(signature)),
        name => return Err(Error::not_modelled(format!("aggregate function {name}"))),
    })
}

/// Calls `f` with the group and value of each row whose value is not NULL.
pub fn each<T: Copy>(column: &Column, values: &[T], groups: &[u32], mut f: impl FnMut(usize, T)) {
    match &column.validity {
        None => groups
            .iter()
            .zip(values)
            .for_each(|(&group, &value)| f(group as usize, value)),
        Some(validity) => {
            for (row, (&group, &value)) in groups.iter().zip(values).enumerate() {
                if validity.get(row) {
                    f(group as usize, value);
                }
            }
        }
    }
}

/// The same for a column of any kind.
pub fn each_datum(column: &Column, groups: &[u32], mut f: impl FnMut(usize, Datum) -> Result<()>) -> Result<()> {
    for (row, &group) in groups.iter().enumerate() {
        let value = column.get(row);
        if !value.is_null() {
            f(group as usize, value)?;
        }
    }
    Ok(())
}
