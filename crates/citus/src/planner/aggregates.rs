//! Aggregates over many shards: what each shard computes, and how the parts are put together.
//!
//! ```text
//! count(*)   each shard: count(*)          together: coalesce(sum(count)::bigint, 0)
//! sum(x)     each shard: sum(x)            together: sum(sum)::type of sum(x)
//! avg(x)     each shard: sum(x), count(x)  together: sum(sum) / sum(count)
//! min, max, bool_and, bit_or ...           the same aggregate again
//! ```
//! Others need the rows themselves: no shard aggregates then, and all is done on the coordinator.

use kumquat_postgres::query::expr::OpExpr;
use kumquat_postgres::query::{Aggref, Expr, FuncForm};
use kumquat_types::{CastMethod, Datum, Error, Oid, Result, SqlState, find_cast, lookup_procs, operators, proc_by_oid};

/// How an aggregate is split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    Count,
    Sum,
    Average,
    /// The same function over the shards' results.
    Same,
    /// count(DISTINCT x): shards group by x.
    CountDistinct,
    /// The coordinator needs the rows.
    Rows,
}

/// How an aggregate can be split over shards that do not have whole groups.
pub fn split_of(aggregate: &Aggref) -> Split {
    let Some(proc) = proc_by_oid(aggregate.function) else {
        return Split::Rows;
    };
    if aggregate.distinct {
        let countable = proc.name == "count" && aggregate.args.len() == 1 && aggregate.filter.is_none();
        return if countable { Split::CountDistinct } else { Split::Rows };
    }
    if aggregate.within_group || !aggregate.order_by.is_empty() {
        return Split::Rows;
    }
    match proc.name {
        "count" => Split::Count,
        "sum" => Split::Sum,
        "avg" => Split::Average,
        "min" | "max" | "bool_and" | "bool_or" | "every" | "bit_and" | "bit_or" | "bit_xor" => Split::Same,
        _ => Split::Rows,
    }
}

/// Why an aggregate cannot be put together from what the shards compute, if it cannot.
pub fn refusal(aggregate: &Aggref, is_distribution_column: &dyn Fn(&Expr) -> bool) -> Option<Error> {
    const KNOWN: [&str; 17] = [
        "avg",
        "min",
        "max",
        "sum",
        "count",
        "array_agg",
        "jsonb_agg",
        "json_agg",
        "jsonb_object_agg",
        "json_object_agg",
        "bit_and",
        "bit_or",
        "bit_xor",
        "bool_and",
        "bool_or",
        "every",
        "any_value",
    ];
    let name = proc_by_oid(aggregate.function).map_or("", |proc| proc.name);
    let refused = |message: String| Error::new(SqlState::FEATURE_NOT_SUPPORTED, message);
    if aggregate.within_group || !KNOWN.contains(&name) {
        let message = format!("unsupported aggregate function {name}");
        return Some(Error::new(SqlState::INTERNAL_ERROR, message));
    }
    let collects = name == "array_agg" || name.starts_with("json");
    if collects && !aggregate.order_by.is_empty() {
        return Some(refused(format!("{name} with order by is unsupported")));
    }
    if collects && aggregate.distinct {
        return Some(refused(format!("{name} (distinct) is unsupported")));
    }
    let is_suitable = aggregate.args.iter().all(is_distribution_column);
    if aggregate.distinct && name != "count" && !is_suitable {
        return Some(
            refused("cannot compute aggregate (distinct)".to_string())
                .detail("table partitioning is unsuitable for aggregate (distinct)"),
        );
    }
    None
}

/// The aggregates a shard computes for this one.
pub fn worker_parts(aggregate: &Aggref, split: Split) -> Result<Vec<Expr>> {
    match split {
        Split::Average => {
            let argument = aggregate.args.first().map_or(Oid::INVALID, Expr::type_oid);
            let sum = find_aggregate("sum", argument)?;
            let count = find_aggregate("count", Oid::ANY)?;
            Ok(vec![part(aggregate, sum.0, sum.1), part(aggregate, count.0, count.1)])
        }
        Split::CountDistinct => Ok(aggregate.args.clone()),
        Split::Rows => {
            let mut inputs = aggregate.args.clone();
            inputs.extend(aggregate.direct_args.iter().cloned());
            inputs.extend(aggregate.order_by.iter().map(|order| order.expr.clone()));
            inputs.extend(aggregate.filter.clone());
            Ok(inputs)
        }
        Split::Count | Split::Sum | Split::Same => Ok(vec![Expr::Aggref(Box::new(aggregate.clone()))]),
    }
}

fn part(aggregate: &Aggref, function: Oid, result: Oid) -> Expr {
    let mut part = aggregate.clone();
    part.function = function;
    part.result = result;
    Expr::Aggref(Box::new(part))
}

/// The expression that puts the parts together.
pub fn combine(aggregate: &Aggref, split: Split, parts: &[Expr]) -> Result<Expr> {
    let first = || {
        let missing = || Error::internal("an aggregate has lost its parts");
        parts.first().cloned().ok_or_else(missing)
    };
    match split {
        Split::Count => {
            let total = cast(sum_of(first()?)?, Oid::INT8)?;
            Ok(Expr::Coalesce {
                args: vec![total, Expr::constant(Datum::Int8(0), Oid::INT8)],
                type_oid: Oid::INT8,
            })
        }
        Split::Sum => cast(sum_of(first()?)?, aggregate.result),
        Split::Average => {
            let count = parts.get(1).cloned().unwrap_or_else(|| Expr::null(Oid::INT8));
            let divided = divide(sum_of(first()?)?, sum_of(count)?)?;
            cast(divided, aggregate.result)
        }
        Split::Same => {
            let argument = first()?;
            let name = proc_by_oid(aggregate.function).map_or("", |proc| proc.name);
            if proc_by_oid(aggregate.function).is_some_and(|proc| proc.args.first() == Some(&Oid::ANYENUM)) {
                let message = format!("no matching oid for function: {name}");
                return Err(Error::new(SqlState::INTERNAL_ERROR, message));
            }
            let mut again = plain(aggregate.function, argument, aggregate.result);
            again.location = aggregate.location;
            Ok(Expr::Aggref(Box::new(again)))
        }
        Split::CountDistinct => {
            let mut again = aggregate.clone();
            again.args = parts.to_vec();
            Ok(Expr::Aggref(Box::new(again)))
        }
        Split::Rows => Ok(over_rows(aggregate, parts)),
    }
}

/// The aggregate itself, over columns that hold its inputs.
fn over_rows(aggregate: &Aggref, parts: &[Expr]) -> Expr {
    let mut again = aggregate.clone();
    let mut inputs = parts.iter().cloned();
    for arg in again.args.iter_mut().chain(&mut again.direct_args) {
        if let Some(input) = inputs.next() {
            *arg = input;
        }
    }
    for order in &mut again.order_by {
        if let Some(input) = inputs.next() {
            order.expr = input;
        }
    }
    if let (Some(filter), Some(input)) = (&mut again.filter, inputs.next()) {
        *filter = input;
    }
    Expr::Aggref(Box::new(again))
}

fn plain(function: Oid, argument: Expr, result: Oid) -> Aggref {
    Aggref {
        function,
        direct_args: Vec::new(),
        args: vec![argument],
        star: false,
        distinct: false,
        order_by: Vec::new(),
        filter: None,
        within_group: false,
        variadic: false,
        result,
        levels_up: 0,
        location: None,
    }
}

fn sum_of(argument: Expr) -> Result<Expr> {
    let (function, result) = find_aggregate("sum", argument.type_oid())?;
    Ok(Expr::Aggref(Box::new(plain(function, argument, result))))
}

/// The aggregate of this name on this type, and what it gives.
fn find_aggregate(name: &str, argument: Oid) -> Result<(Oid, Oid)> {
    lookup_procs(name)
        .iter()
        .find(|proc| proc.args == [argument])
        .map(|proc| (proc.oid, proc.result))
        .ok_or_else(|| {
            let message = format!("no matching oid for function: {name}");
            Error::new(SqlState::INTERNAL_ERROR, message)
        })
}

/// A value as one of another type.
pub fn cast(expr: Expr, target: Oid) -> Result<Expr> {
    let source = expr.type_oid();
    if source == target {
        return Ok(expr);
    }
    let found = find_cast(source, target).map(|cast| cast.method);
    Ok(match found {
        Some(CastMethod::Function(function)) => {
            let takes = proc_by_oid(function).map_or(1, |proc| proc.args.len());
            let mut args = vec![expr];
            if takes > 1 {
                args.push(Expr::constant(Datum::Int4(-1), Oid::INT4));
            }
            Expr::Func(Box::new(kumquat_postgres::query::expr::FuncExpr {
                function,
                args,
                result: target,
                returns_set: false,
                variadic: false,
                unwritten: Vec::new(),
                form: FuncForm::ExplicitCast,
                type_modifier: -1,
                location: None,
            }))
        }
        Some(CastMethod::Binary) => Expr::Relabel {
            arg: Box::new(expr),
            type_oid: target,
            type_modifier: -1,
            form: FuncForm::ExplicitCast,
        },
        Some(CastMethod::InOut) | None => Expr::CoerceViaIo {
            arg: Box::new(expr),
            type_oid: target,
            form: FuncForm::ExplicitCast,
            location: None,
        },
    })
}

/// sum / count, in the type of the sum where it can be divided by it.
fn divide(sum: Expr, count: Expr) -> Result<Expr> {
    let divisor = match sum.type_oid() {
        Oid::NUMERIC => Oid::NUMERIC,
        Oid::FLOAT4 => Oid::FLOAT8,
        _ => Oid::FLOAT8,
    };
    let sum = if sum.type_oid() == Oid::FLOAT4 {
        cast(sum, Oid::FLOAT8)?
    } else {
        sum
    };
    let count = cast(count, divisor)?;
    let found = operators("/")
        .iter()
        .find(|operator| operator.left == sum.type_oid() && operator.right == divisor);
    let Some(operator) = found else {
        return Err(Error::internal("an average has no division"));
    };
    Ok(Expr::Op(Box::new(OpExpr {
        operator: operator.oid,
        result: operator.result,
        args: vec![sum, count],
        location: None,
    })))
}
