//! Functions and operators on numerics.

use std::sync::Arc;

use super::integer::{MAX_SERIES, invalid_frame_offset, numeric_of, too_many_rows};
use super::{Family, in_sql, unexpected};
use crate::Datum::{self, Bool, Float4, Float8, Int2, Int4, Int8, Numeric as Number};
use crate::numeric::overflow;
use crate::{Call, Error, Implementation, Numeric, Result, SqlState, apply_typmod};

/// `NUMERIC_MAX_RESULT_SCALE`: the most places that round and trunc take.
const MAX_RESULT_SCALE: i32 = 2000;

pub static FUNCTIONS: Family = family! { call;
    "numeric_add" (Number(a), Number(b)) => number(a.add(b));
    "numeric_sub" (Number(a), Number(b)) => number(a.sub(b));
    "numeric_mul" (Number(a), Number(b)) => number(a.mul(b));
    "numeric_div" (Number(a), Number(b)) => number(a.div(b)?);
    "numeric_div_trunc" (Number(a), Number(b)) => number(a.div_trunc(b)?);
    "numeric_mod" (Number(a), Number(b)) => number(a.rem(b)?);
    "numeric_power" (Number(a), Number(b)) => number(a.power(b)?);
    "numeric_uminus" (Number(a)) => number(a.neg());
    "numeric_uplus" (Number(a)) => Ok(Number(a.clone()));
    "numeric_abs" (Number(a)) => number(a.abs());
    "numeric_inc" (Number(a)) => number(a.add(&Numeric::from(1)));
    "numeric_sign" (Number(a)) => if a.is_nan() { number(Numeric::NAN) } else { number(Numeric::from(a.signum())) };
    "numeric_ceil" (Number(a)) => number(a.ceil());
    "numeric_floor" (Number(a)) => number(a.floor());
    "numeric_round" (Number(a), Int4(places)) => number(a.round(limited(*places)));
    "numeric_trunc" (Number(a), Int4(places)) => number(a.trunc(limited(*places)));
    "round" (Number(a)) => number(a.round(0));
    "trunc" (Number(a)) => number(a.trunc(0));
    "numeric_sqrt" (Number(a)) => number(a.sqrt()?);
    "numeric_exp" (Number(a)) => number(a.exp()?);
    "numeric_ln" (Number(a)) => number(a.ln()?);
    "numeric_log" (Number(base), Number(a)) => number(base.log(a)?);
    "log" (Number(a)) => number(a.log10().map_err(|error| in_sql(error, "log"))?);
    "log10" (Number(a)) => number(a.log10().map_err(|error| in_sql(error, "log10"))?);
    "numeric_gcd" (Number(a), Number(b)) => number(gcd(a, b)?);
    "numeric_lcm" (Number(a), Number(b)) => number(lcm(a, b)?);
    "numeric_fac" (Int8(n)) => number(factorial(*n)?);
    "numeric_scale" (Number(a)) => Ok(if a.is_finite() { Int4(i32::from(a.scale)) } else { Datum::Null });
    "numeric_min_scale" (Number(a)) => Ok(if a.is_finite() { Int4(a.min_scale()) } else { Datum::Null });
    "numeric_trim_scale" (Number(a)) => number(a.trim_scale());
    "width_bucket_numeric" (Number(operand), Number(low), Number(high), Int4(count)) =>
        width_bucket(operand, low, high, *count);

    // Casts.
    "numeric" (value, Int4(typmod)) => apply_typmod(call.env, crate::Oid::NUMERIC, *typmod, value.clone(), true);
    "int2_numeric" (Int2(a)) => Ok(numeric_of(i64::from(*a)));
    "int4_numeric" (Int4(a)) => Ok(numeric_of(i64::from(*a)));
    "int8_numeric" (Int8(a)) => Ok(numeric_of(*a));
    "float4_numeric" (Float4(a)) => number(Numeric::from_f32(*a));
    "float8_numeric" (Float8(a)) => number(Numeric::from_f64(*a));
    "numeric_int2" (Number(a)) => a.to_integer_type("smallint").map(Int2);
    "numeric_int4" (Number(a)) => a.to_integer_type("integer").map(Int4);
    "numeric_int8" (Number(a)) => a.to_integer_type("bigint").map(Int8);
    "numeric_float4" (Number(a)) => match a.is_finite() {
        true => crate::float::parse_f32(&a.to_string()).map(Float4),
        false => Ok(Float4(a.to_f64() as f32)),
    };
    "numeric_float8" (Number(a)) => match a.is_finite() {
        true => crate::float::parse_f64(&a.to_string()).map(Float8),
        false => Ok(Float8(a.to_f64())),
    };

    "generate_series_numeric" set (Number(start), Number(stop)) => series(start, stop, &Numeric::from(1));
    "generate_series_step_numeric" set (Number(start), Number(stop), Number(step)) => series(start, stop, step);
};

/// Window frames on numerics, as for integers.
pub static IN_RANGE: Family = &[("in_range_numeric_numeric", Implementation::Scalar(in_range))];

fn number(value: Numeric) -> Result<Datum> {
    Ok(Number(Arc::new(value.checked()?)))
}

fn limited(places: i32) -> i32 {
    places.clamp(-MAX_RESULT_SCALE, MAX_RESULT_SCALE)
}

/// Euclid's algorithm; the scale is the greater of the two.
fn gcd(a: &Numeric, b: &Numeric) -> Result<Numeric> {
    if !a.is_finite() || !b.is_finite() {
        return Ok(Numeric::NAN);
    }
    let scale = a.scale.max(b.scale);
    let (mut a, mut b) = (a.abs(), b.abs());
    while !b.is_zero() {
        let rest = a.rem(&b)?;
        (a, b) = (b, rest);
    }
    Ok(Numeric { scale, ..a })
}

fn lcm(a: &Numeric, b: &Numeric) -> Result<Numeric> {
    if !a.is_finite() || !b.is_finite() {
        return Ok(Numeric::NAN);
    }
    let scale = a.scale.max(b.scale);
    if a.is_zero() || b.is_zero() {
        return Ok(Numeric { scale, ..Numeric::ZERO });
    }
    let product = a.div_trunc(&gcd(a, b)?)?.mul(b).abs();
    Ok(Numeric { scale, ..product })
}

fn factorial(n: i64) -> Result<Numeric> {
    if n < 0 {
        return Err(Error::new(
            SqlState::NUMERIC_VALUE_OUT_OF_RANGE,
            "factorial of a negative number is undefined",
        ));
    }
    // The largest that fits the storage format has some 130000 digits.
    if n > 32177 {
        return Err(overflow());
    }
    Ok((2..=n).fold(Numeric::from(1), |product, factor| product.mul(&Numeric::from(factor))))
}

fn width_bucket(operand: &Numeric, low: &Numeric, high: &Numeric, count: i32) -> Result<Datum> {
    let error = |message| {
        Err(Error::new(
            SqlState::INVALID_ARGUMENT_FOR_WIDTH_BUCKET_FUNCTION,
            message,
        ))
    };
    if count <= 0 {
        return error("count must be greater than zero");
    }
    if operand.is_nan() || low.is_nan() || high.is_nan() {
        return error("operand, lower bound, and upper bound cannot be NaN");
    }
    if !low.is_finite() || !high.is_finite() {
        return error("lower and upper bounds must be finite");
    }
    let direction = low.compare(high);
    if direction.is_eq() {
        return error("lower bound cannot equal upper bound");
    }
    // With the bounds in descending order, so are the buckets.
    if operand.compare(low) == direction {
        return Ok(Int4(0));
    }
    if operand.compare(high) != direction {
        let after = count.checked_add(1).map(Int4);
        return after.ok_or_else(|| Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "integer out of range"));
    }
    // The quotient is rounded, so that it may reach the next bucket, as it does in PostgreSQL 15.
    let scaled = operand.sub(low).mul(&Numeric::from(count));
    let bucket: i32 = scaled.div(&high.sub(low))?.floor().to_integer_type("integer")?;
    Ok(Int4(bucket.wrapping_add(1)))
}

fn series(start: &Numeric, stop: &Numeric, step: &Numeric) -> Result<Vec<Vec<Datum>>> {
    let error = |message: String| Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message));
    for (name, value) in [("start value", start), ("stop value", stop), ("step size", step)] {
        if !value.is_finite() {
            return error(format!(
                "{name} cannot be {}",
                if value.is_nan() { "NaN" } else { "infinity" }
            ));
        }
    }
    if step.is_zero() {
        return error("step size cannot equal zero".into());
    }
    let mut rows = Vec::new();
    let mut current = start.clone();
    let past = if step.is_negative() {
        std::cmp::Ordering::Less
    } else {
        std::cmp::Ordering::Greater
    };
    let first_too_many = start.add(&step.mul(&Numeric::from(MAX_SERIES)));
    if first_too_many.compare(stop) != past {
        return Err(too_many_rows());
    }
    while current.compare(stop) != past {
        let next = current.add(step);
        rows.push(vec![number(current)?]);
        current = next;
    }
    Ok(rows)
}

fn in_range(_: &mut Call<'_>, args: &[Datum]) -> Result<Datum> {
    let [Number(value), Number(base), Number(offset), Bool(subtract), Bool(less)] = args else {
        return Err(unexpected("in_range", args));
    };
    if offset.is_nan() || offset.is_negative() {
        return Err(invalid_frame_offset());
    }
    if value.is_nan() || base.is_nan() {
        return Ok(Bool(value.is_nan() && base.is_nan() || value.is_nan() != *less));
    }
    if !offset.is_finite() && !base.is_finite() && base.is_negative() != *subtract {
        return Ok(Bool(true));
    }
    let bound = if *subtract { base.sub(offset) } else { base.add(offset) };
    let order = value.compare(&bound);
    Ok(Bool(if *less { order.is_le() } else { order.is_ge() }))
}
