//! Functions and operators on floats.

use super::integer::{division_by_zero, invalid_frame_offset};
use super::kernel::{kernel1, kernel2, try_map2};
use super::{Family, unexpected};
use crate::Datum::{self, Float4, Float8, Int2, Int4, Int8};
use crate::{Call, Error, Implementation, Result, SqlState};

pub(super) fn overflow() -> Error {
    Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "value out of range: overflow")
}

fn underflow() -> Error {
    Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "value out of range: underflow")
}

fn input_out_of_range() -> Error {
    Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "input is out of range")
}

/// Whether a result is infinite though no operand is.
fn overflows(result: f64, a: f64, b: f64) -> bool {
    result.is_infinite() && a.is_finite() && b.is_finite()
}

/// The four operations on two float types.
macro_rules! arithmetic {
    ($($prefix:literal $a:ident $b:ident -> $r:ident $native:ty;)*) => {
        &[$(
            (concat!($prefix, "pl"), arithmetic!(@linear $prefix $a $b $r $native, +)),
            (concat!($prefix, "mi"), arithmetic!(@linear $prefix $a $b $r $native, -)),
            (concat!($prefix, "mul"), Implementation::Scalar(|_, args| match args {
                [$a(a), $b(b)] => {
                    let (a, b) = (<$native>::from(*a), <$native>::from(*b));
                    let lost = a != 0.0 && b != 0.0;
                    checked(f64::from(a * b), f64::from(a), f64::from(b), lost).map(|_| $r(a * b))
                }
                _ => Err(unexpected($prefix, args)),
            })),
            (concat!($prefix, "div"), Implementation::Scalar(|_, args| match args {
                [$a(a), $b(b)] => {
                    let (a, b) = (<$native>::from(*a), <$native>::from(*b));
                    if b == 0.0 && !a.is_nan() {
                        return Err(division_by_zero());
                    }
                    let lost = a != 0.0 && b.is_finite();
                    checked(f64::from(a / b), f64::from(a), f64::from(b), lost).map(|_| $r(a / b))
                }
                _ => Err(unexpected($prefix, args)),
            })),
        )*]
    };
    (@linear $prefix:literal $a:ident $b:ident $r:ident $native:ty, $op:tt) => {
        Implementation::Vector(
            |_, args| match args {
                [$a(a), $b(b)] => {
                    let (a, b) = (<$native>::from(*a), <$native>::from(*b));
                    checked(f64::from(a $op b), f64::from(a), f64::from(b), false).map(|_| $r(a $op b))
                }
                _ => Err(unexpected($prefix, args)),
            },
            |columns, _| kernel2!(columns, $a, $b -> $r, |x, y, valid| try_map2(x, y, valid, |a, b| {
                let (a, b) = (<$native>::from(a), <$native>::from(b));
                (a $op b, overflows(f64::from(a $op b), f64::from(a), f64::from(b)))
            }, overflow)?),
        )
    };
}

/// Refuses a result that overflowed, or that became 0 where it cannot be (`lost`).
fn checked(result: f64, a: f64, b: f64, lost: bool) -> Result<()> {
    if overflows(result, a, b) {
        return Err(overflow());
    }
    if lost && result == 0.0 {
        return Err(underflow());
    }
    Ok(())
}

pub static ARITHMETIC: Family = arithmetic! {
    "float4" Float4 Float4 -> Float4 f32;
    "float8" Float8 Float8 -> Float8 f64;
    "float48" Float4 Float8 -> Float8 f64;
    "float84" Float8 Float4 -> Float8 f64;
};

/// A float as an integer type: half to even, as `rint` does.
macro_rules! to_integer {
    ($value:expr, $native:ty, $variant:ident, $name:literal) => {{
        let rounded = f64::from($value).round_ties_even();
        let fits = rounded >= <$native>::MIN as f64 && rounded < -(<$native>::MIN as f64);
        if fits {
            Ok($variant(rounded as $native))
        } else {
            Err(Error::new(
                SqlState::NUMERIC_VALUE_OUT_OF_RANGE,
                concat!($name, " out of range"),
            ))
        }
    }};
}

pub static FUNCTIONS: Family = family! { call;
    "float4um" (Float4(a)) => Ok(Float4(-a));
    "float8um" (Float8(a)) => Ok(Float8(-a));
    "float4up" (Float4(a)) => Ok(Float4(*a));
    "float8up" (Float8(a)) => Ok(Float8(*a));
    "float4abs" (Float4(a)) => Ok(Float4(a.abs()));
    "float8abs" (Float8(a)) => Ok(Float8(a.abs()));

    // Casts.
    "dtoi2" (Float8(a)) => to_integer!(*a, i16, Int2, "smallint");
    "dtoi4" (Float8(a)) => to_integer!(*a, i32, Int4, "integer");
    "dtoi8" (Float8(a)) => to_integer!(*a, i64, Int8, "bigint");
    "ftoi2" (Float4(a)) => to_integer!(*a, i16, Int2, "smallint");
    "ftoi4" (Float4(a)) => to_integer!(*a, i32, Int4, "integer");
    "ftoi8" (Float4(a)) => to_integer!(*a, i64, Int8, "bigint");
    "dtof" (Float8(a)) => {
        let narrow = *a as f32;
        if narrow.is_infinite() && a.is_finite() {
            return Err(overflow());
        }
        if narrow == 0.0 && *a != 0.0 {
            return Err(underflow());
        }
        Ok(Float4(narrow))
    };

    // Rounding; dround goes to even.
    "dround" (Float8(a)) => Ok(Float8(a.round_ties_even()));
    "dceil" (Float8(a)) => Ok(Float8(a.ceil()));
    "dfloor" (Float8(a)) => Ok(Float8(a.floor()));
    "dtrunc" (Float8(a)) => Ok(Float8(a.trunc()));
    "dsign" (Float8(a)) => Ok(Float8(if *a > 0.0 { 1.0 } else if *a < 0.0 { -1.0 } else { 0.0 }));

    // Powers and logarithms.
    "dsqrt" (Float8(a)) => match *a < 0.0 {
        true => Err(power_error("cannot take square root of a negative number")),
        false => Ok(Float8(a.sqrt())),
    };
    "dcbrt" (Float8(a)) => Ok(Float8(a.cbrt()));
    "dpow" (Float8(a), Float8(b)) => power(*a, *b).map(Float8);
    "dexp" (Float8(a)) => {
        let result = a.exp();
        checked(result, *a, 0.0, a.is_finite()).map(|_| Float8(result))
    };
    "dlog1" (Float8(a)) => logarithm(*a, f64::ln);
    "dlog10" (Float8(a)) => logarithm(*a, f64::log10);

    // Trigonometry.
    "dpi" () => Ok(Float8(std::f64::consts::PI));
    "degrees" (Float8(a)) => scaled(*a, a / (std::f64::consts::PI / 180.0));
    "radians" (Float8(a)) => scaled(*a, a * (std::f64::consts::PI / 180.0));
    "dsin" (Float8(a)) => periodic(*a, f64::sin);
    "dcos" (Float8(a)) => periodic(*a, f64::cos);
    "dtan" (Float8(a)) => periodic(*a, f64::tan);
    "dcot" (Float8(a)) => periodic(*a, |a| 1.0 / a.tan());
    "dasin" (Float8(a)) => inside(*a, f64::asin);
    "dacos" (Float8(a)) => inside(*a, f64::acos);
    "datan" (Float8(a)) => Ok(Float8(a.atan()));
    "datan2" (Float8(a), Float8(b)) => Ok(Float8(a.atan2(*b)));
    "dsind" (Float8(a)) => periodic(*a, degree_sine);
    "dcosd" (Float8(a)) => periodic(*a, degree_cosine);
    "dtand" (Float8(a)) => periodic(*a, |a| degree_sine(a) / degree_cosine(a) + 0.0);
    "dcotd" (Float8(a)) => periodic(*a, |a| degree_cosine(a) / degree_sine(a) + 0.0);
    "dasind" (Float8(a)) => inside(*a, |a| degree_arcsine(a.abs()).copysign(a));
    "dacosd" (Float8(a)) => inside(*a, |a| if a >= 0.0 { degree_arccosine(a) } else { 90.0 + degree_arcsine(-a) });
    "datand" (Float8(a)) => Ok(Float8(a.atan() / 1f64.atan() * 45.0));
    "datan2d" (Float8(a), Float8(b)) => Ok(Float8(a.atan2(*b) / 1f64.atan() * 45.0));
    "dsinh" (Float8(a)) => Ok(Float8(a.sinh()));
    "dcosh" (Float8(a)) => Ok(Float8(a.cosh()));
    "dtanh" (Float8(a)) => Ok(Float8(a.tanh()));
    "dasinh" (Float8(a)) => Ok(Float8(area_sine(a.abs()).copysign(*a)));
    "dacosh" (Float8(a)) => match *a < 1.0 {
        true => Err(input_out_of_range()),
        false => Ok(Float8(area_cosine(*a))),
    };
    "datanh" (Float8(a)) => inside(*a, |a| area_tangent(a.abs()).copysign(a));

    "drandom" () => Ok(Float8(call.env.random()));
    "width_bucket_float8" (Float8(operand), Float8(low), Float8(high), Int4(count)) =>
        width_bucket(*operand, *low, *high, *count);
};

/// Casts that cannot fail.
pub static WIDENING: Family = &[(
    "ftod",
    Implementation::Vector(
        |_: &mut Call<'_>, args| match args {
            [Float4(a)] => Ok(Float8(f64::from(*a))),
            _ => Err(unexpected("ftod", args)),
        },
        |columns, _| kernel1!(columns, Float4 -> Float8, |x| f64::from(x)),
    ),
)];

/// Window frames on floats, as for integers.
pub static IN_RANGE: Family = &[
    ("in_range_float8_float8", Implementation::Scalar(in_range)),
    ("in_range_float4_float8", Implementation::Scalar(in_range)),
];

fn power_error(message: &str) -> Error {
    Error::new(SqlState::INVALID_ARGUMENT_FOR_POWER_FUNCTION, message)
}

fn power(a: f64, b: f64) -> Result<f64> {
    if a == 0.0 && b < 0.0 {
        return Err(power_error("zero raised to a negative power is undefined"));
    }
    if a < 0.0 && b.is_finite() && b.fract() != 0.0 {
        return Err(power_error(
            "a negative number raised to a non-integer power yields a complex result",
        ));
    }
    let result = a.powf(b);
    checked(result, a, b, a != 0.0 && a.is_finite() && b.is_finite())?;
    Ok(result)
}

fn logarithm(a: f64, f: impl Fn(f64) -> f64) -> Result<Datum> {
    let error = |message| Err(Error::new(SqlState::INVALID_ARGUMENT_FOR_LOGARITHM, message));
    match a {
        0.0 => error("cannot take logarithm of zero"),
        _ if a < 0.0 => error("cannot take logarithm of a negative number"),
        _ => Ok(Float8(f(a))),
    }
}

fn scaled(a: f64, result: f64) -> Result<Datum> {
    checked(result, a, 0.0, a != 0.0).map(|_| Float8(result))
}

/// A function of an angle, which must not be infinite.
fn periodic(a: f64, f: impl Fn(f64) -> f64) -> Result<Datum> {
    if a.is_infinite() {
        Err(input_out_of_range())
    } else {
        Ok(Float8(f(a)))
    }
}

/// A function of a number between -1 and 1.
fn inside(a: f64, f: impl Fn(f64) -> f64) -> Result<Datum> {
    if a.abs() > 1.0 {
        Err(input_out_of_range())
    } else {
        Ok(Float8(f(a)))
    }
}

/// From here on, 1 does not count beside the square of a number.
const LARGE: f64 = 268_435_456.0;

/// The inverse of the hyperbolic sine, of a number that is not negative, in the forms that C libraries use.
fn area_sine(a: f64) -> f64 {
    let square = a * a;
    match a {
        _ if a > LARGE => a.ln() + std::f64::consts::LN_2,
        _ if a > 2.0 => (2.0 * a + 1.0 / ((square + 1.0).sqrt() + a)).ln(),
        _ => (a + square / (1.0 + (1.0 + square).sqrt())).ln_1p(),
    }
}

/// The inverse of the hyperbolic cosine, of a number from 1.
fn area_cosine(a: f64) -> f64 {
    let above = a - 1.0;
    match a {
        _ if a > LARGE => a.ln() + std::f64::consts::LN_2,
        _ if a > 2.0 => (2.0 * a - 1.0 / (a + (a * a - 1.0).sqrt())).ln(),
        _ => (above + (2.0 * above + above * above).sqrt()).ln_1p(),
    }
}

/// The inverse of the hyperbolic tangent, of a number from 0 to 1.
fn area_tangent(a: f64) -> f64 {
    let twice = a + a;
    0.5 * if a < 0.5 {
        (twice + twice * a / (1.0 - a)).ln_1p()
    } else {
        (twice / (1.0 - a)).ln_1p()
    }
}

/// The sine of degrees, exact where it is 0, 1/2 or 1.
fn degree_sine(degrees: f64) -> f64 {
    let (mut angle, mut sign) = (degrees % 360.0, 1.0);
    if angle < 0.0 {
        (angle, sign) = (-angle, -sign);
    }
    if angle > 180.0 {
        (angle, sign) = (360.0 - angle, -sign);
    }
    if angle > 90.0 {
        angle = 180.0 - angle;
    }
    sign * if angle <= 30.0 {
        small_sine(angle)
    } else {
        large_cosine(90.0 - angle)
    }
}

fn degree_cosine(degrees: f64) -> f64 {
    let (mut angle, mut sign) = ((degrees % 360.0).abs(), 1.0);
    if angle > 180.0 {
        angle = 360.0 - angle;
    }
    if angle > 90.0 {
        (angle, sign) = (180.0 - angle, -1.0);
    }
    sign * if angle <= 60.0 {
        large_cosine(angle)
    } else {
        small_sine(90.0 - angle)
    }
}

/// The sine up to 30 degrees, scaled so that it is 1/2 there.
fn small_sine(degrees: f64) -> f64 {
    degrees.to_radians().sin() / 30f64.to_radians().sin() / 2.0
}

/// The cosine up to 60 degrees, scaled likewise.
fn large_cosine(degrees: f64) -> f64 {
    1.0 - (1.0 - degrees.to_radians().cos()) / (1.0 - 60f64.to_radians().cos()) / 2.0
}

/// Arcs of numbers from 0 to 1, likewise by their ratio to the arcs of 1/2.
fn degree_arcsine(a: f64) -> f64 {
    if a <= 0.5 {
        a.asin() / 0.5f64.asin() * 30.0
    } else {
        90.0 - a.acos() / 0.5f64.acos() * 60.0
    }
}

fn degree_arccosine(a: f64) -> f64 {
    if a <= 0.5 {
        90.0 - a.asin() / 0.5f64.asin() * 30.0
    } else {
        a.acos() / 0.5f64.acos() * 60.0
    }
}

fn width_bucket(operand: f64, low: f64, high: f64, count: i32) -> Result<Datum> {
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
    if low == high {
        return error("lower bound cannot equal upper bound");
    }
    let (before, after) = if low < high {
        (operand < low, operand >= high)
    } else {
        (operand > low, operand <= high)
    };
    if before {
        return Ok(Int4(0));
    }
    if after {
        return count
            .checked_add(1)
            .map(Int4)
            .ok_or_else(|| Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "integer out of range"));
    }
    // As C casts: what is no number, or too large, becomes the least integer.
    let bucket = f64::from(count) * (operand - low) / (high - low) + 1.0;
    let fits = bucket > -2_147_483_649.0 && bucket < 2_147_483_648.0;
    Ok(Int4(if fits { bucket as i32 } else { i32::MIN }))
}

fn in_range(_: &mut Call<'_>, args: &[Datum]) -> Result<Datum> {
    let [value, base, offset, Datum::Bool(subtract), Datum::Bool(less)] = args else {
        return Err(unexpected("in_range", args));
    };
    let number = |datum: &Datum| match datum {
        Float4(v) => Some(f64::from(*v)),
        Float8(v) => Some(*v),
        _ => None,
    };
    let (Some(value), Some(base), Some(offset)) = (number(value), number(base), number(offset)) else {
        return Err(unexpected("in_range", args));
    };
    let (subtract, less) = (*subtract, *less);
    if offset.is_nan() || offset < 0.0 {
        return Err(invalid_frame_offset());
    }
    if value.is_nan() || base.is_nan() {
        // NaN is greater than all else and equal to itself.
        let both = value.is_nan() && base.is_nan();
        return Ok(Datum::Bool(both || value.is_nan() != less));
    }
    // An infinite base moved by an infinite offset the other way takes in everything.
    if offset.is_infinite() && base.is_infinite() && (base > 0.0) == subtract {
        return Ok(Datum::Bool(true));
    }
    let bound = if subtract { base - offset } else { base + offset };
    Ok(Datum::Bool(if less { value <= bound } else { value >= bound }))
}
