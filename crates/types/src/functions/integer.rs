//! Functions and operators on integers, oids and booleans.

use super::kernel::{kernel1, kernel2, map2, try_map2};
use super::{Family, unexpected};
use crate::Datum::{self, Bool, Float4, Float8, Int2, Int4, Int8, Oid, Text};
use crate::io::char_byte;
use crate::{Call, Error, Implementation, Numeric, Result, SqlState};

fn smallint_out_of_range() -> Error {
    Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "smallint out of range")
}

fn integer_out_of_range() -> Error {
    Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "integer out of range")
}

fn bigint_out_of_range() -> Error {
    Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "bigint out of range")
}

/// The four operations on two integer types. `$error` is what leaving the range of the result is called.
macro_rules! arithmetic {
    ($($prefix:literal $a:ident $b:ident -> $r:ident $native:ty, $error:ident;)*) => {
        &[$(
            (concat!($prefix, "pl"), arithmetic!(@ $prefix $a $b $r $native, $error, checked_add overflowing_add)),
            (concat!($prefix, "mi"), arithmetic!(@ $prefix $a $b $r $native, $error, checked_sub overflowing_sub)),
            (concat!($prefix, "mul"), arithmetic!(@ $prefix $a $b $r $native, $error, checked_mul overflowing_mul)),
            (concat!($prefix, "div"), Implementation::Vector(
                |_, args| match args {
                    [$a(a), $b(b)] => {
                        let (a, b) = (<$native>::from(*a), <$native>::from(*b));
                        if b == 0 {
                            return Err(division_by_zero());
                        }
                        a.checked_div(b).map($r).ok_or_else($error)
                    }
                    _ => Err(unexpected(concat!($prefix, "div"), args)),
                },
                |columns, _| kernel2!(columns, $a, $b -> $r, |x, y, valid| {
                    try_map2(x, y, valid, |_, b| ((), b == 0), division_by_zero)?;
                    let divide = |a, b| match <$native>::from(a).checked_div(<$native>::from(b)) {
                        Some(quotient) => (quotient, false),
                        None => (0, b != 0),
                    };
                    try_map2(x, y, valid, divide, $error)?
                }),
            )),
        )*]
    };
    (@ $prefix:literal $a:ident $b:ident $r:ident $native:ty, $error:ident, $checked:ident $overflowing:ident) => {
        Implementation::Vector(
            |_, args| match args {
                [$a(a), $b(b)] => {
                    <$native>::from(*a).$checked(<$native>::from(*b)).map($r).ok_or_else($error)
                }
                _ => Err(unexpected($prefix, args)),
            },
            |columns, _| {
                kernel2!(columns, $a, $b -> $r, |x, y, valid| try_map2(
                    x, y, valid, |a, b| <$native>::from(a).$overflowing(<$native>::from(b)), $error)?)
            },
        )
    };
}

pub static ARITHMETIC: Family = arithmetic! {
    "int2" Int2 Int2 -> Int2 i16, smallint_out_of_range;
    "int24" Int2 Int4 -> Int4 i32, integer_out_of_range;
    "int28" Int2 Int8 -> Int8 i64, bigint_out_of_range;
    "int4" Int4 Int4 -> Int4 i32, integer_out_of_range;
    "int42" Int4 Int2 -> Int4 i32, integer_out_of_range;
    "int48" Int4 Int8 -> Int8 i64, bigint_out_of_range;
    "int8" Int8 Int8 -> Int8 i64, bigint_out_of_range;
    "int82" Int8 Int2 -> Int8 i64, bigint_out_of_range;
    "int84" Int8 Int4 -> Int8 i64, bigint_out_of_range;
};

/// What each of the three integer types has.
macro_rules! per_type {
    ($variant:ident $native:ty, $error:ident; $mod:literal $um:literal $up:literal $abs:literal
        $and:literal $or:literal $xor:literal $not:literal $shl:literal $shr:literal) => {
        &[
            ($mod, Implementation::Vector(
                |_, args| match args {
                    [$variant(_), $variant(0)] => Err(division_by_zero()),
                    [$variant(a), $variant(b)] => Ok($variant(a.checked_rem(*b).unwrap_or(0))),
                    _ => Err(unexpected($mod, args)),
                },
                |columns, _| kernel2!(columns, $variant, $variant -> $variant, |x, y, valid| try_map2(
                    x, y, valid, |a, b| (a.checked_rem(b).unwrap_or(0), b == 0), division_by_zero)?),
            )),
            ($um, Implementation::Scalar(|_, args| match args {
                [$variant(a)] => a.checked_neg().map($variant).ok_or_else($error),
                _ => Err(unexpected($um, args)),
            })),
            ($up, Implementation::Scalar(|_, args| Ok(args.first().cloned().unwrap_or_default()))),
            ($abs, Implementation::Scalar(|_, args| match args {
                [$variant(a)] => a.checked_abs().map($variant).ok_or_else($error),
                _ => Err(unexpected($abs, args)),
            })),
            ($and, per_type!(@bits $variant $and &)),
            ($or, per_type!(@bits $variant $or |)),
            ($xor, per_type!(@bits $variant $xor ^)),
            ($not, Implementation::Scalar(|_, args| match args {
                [$variant(a)] => Ok($variant(!a)),
                _ => Err(unexpected($not, args)),
            })),
            // Shift counts wrap like the processor's: at 32 bits for smallint and integer, at 64 for bigint.
            ($shl, Implementation::Scalar(|_, args| match args {
                [$variant(a), Int4(n)] => Ok($variant(shift(i64::from(*a), *n, <$native>::BITS, false) as $native)),
                _ => Err(unexpected($shl, args)),
            })),
            ($shr, Implementation::Scalar(|_, args| match args {
                [$variant(a), Int4(n)] => Ok($variant(shift(i64::from(*a), *n, <$native>::BITS, true) as $native)),
                _ => Err(unexpected($shr, args)),
            })),
        ]
    };
    (@bits $variant:ident $name:literal $op:tt) => {
        Implementation::Vector(
            |_, args| match args {
                [$variant(a), $variant(b)] => Ok($variant(a $op b)),
                _ => Err(unexpected($name, args)),
            },
            |columns, _| kernel2!(columns, $variant, $variant -> $variant, |x, y, _valid| map2(x, y, |a, b| a $op b)),
        )
    };
}

pub static SMALLINT: Family = per_type!(Int2 i16, smallint_out_of_range;
    "int2mod" "int2um" "int2up" "int2abs" "int2and" "int2or" "int2xor" "int2not" "int2shl" "int2shr");
pub static INTEGER: Family = per_type!(Int4 i32, integer_out_of_range;
    "int4mod" "int4um" "int4up" "int4abs" "int4and" "int4or" "int4xor" "int4not" "int4shl" "int4shr");
pub static BIGINT: Family = per_type!(Int8 i64, bigint_out_of_range;
    "int8mod" "int8um" "int8up" "int8abs" "int8and" "int8or" "int8xor" "int8not" "int8shl" "int8shr");

/// Casts that cannot fail, with kernels.
macro_rules! widening {
    ($($name:literal $a:ident -> $r:ident, |$x:ident| $value:expr;)*) => {
        &[$(
            ($name, Implementation::Vector(
                |_, args| match args {
                    [$a($x)] => { let $x = *$x; Ok($r($value)) }
                    _ => Err(unexpected($name, args)),
                },
                |columns, _| kernel1!(columns, $a -> $r, |$x| $value),
            )),
        )*]
    };
}

pub static WIDENING: Family = widening! {
    "i2toi4" Int2 -> Int4, |x| i32::from(x);
    "int28" Int2 -> Int8, |x| i64::from(x);
    "int48" Int4 -> Int8, |x| i64::from(x);
    "i2tof" Int2 -> Float4, |x| f32::from(x);
    "i4tof" Int4 -> Float4, |x| x as f32;
    "i8tof" Int8 -> Float4, |x| x as f32;
    "i2tod" Int2 -> Float8, |x| f64::from(x);
    "i4tod" Int4 -> Float8, |x| f64::from(x);
    "i8tod" Int8 -> Float8, |x| x as f64;
    "bool_int4" Bool -> Int4, |x| i32::from(x);
    "int4_bool" Int4 -> Bool, |x| x != 0;
};

pub static OTHERS: Family = family! { _call;
    "int4inc" (Int4(a)) => a.checked_add(1).map(Int4).ok_or_else(integer_out_of_range);
    "int4gcd" (Int4(a), Int4(b)) =>
        i32::try_from(gcd(i128::from(*a), i128::from(*b))).map(Int4).map_err(|_| integer_out_of_range());
    "int8gcd" (Int8(a), Int8(b)) =>
        i64::try_from(gcd(i128::from(*a), i128::from(*b))).map(Int8).map_err(|_| bigint_out_of_range());
    "int4lcm" (Int4(a), Int4(b)) =>
        i32::try_from(lcm(i128::from(*a), i128::from(*b))).map(Int4).map_err(|_| integer_out_of_range());
    "int8lcm" (Int8(a), Int8(b)) =>
        i64::try_from(lcm(i128::from(*a), i128::from(*b))).map(Int8).map_err(|_| bigint_out_of_range());

    // Casts that can fail.
    "i4toi2" (Int4(a)) => i16::try_from(*a).map(Int2).map_err(|_| smallint_out_of_range());
    "int82" (Int8(a)) => i16::try_from(*a).map(Int2).map_err(|_| smallint_out_of_range());
    "int84" (Int8(a)) => i32::try_from(*a).map(Int4).map_err(|_| integer_out_of_range());
    "i8tooid" (Int8(a)) => u32::try_from(*a).map(Oid).map_err(|_|
        Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "OID out of range"));
    "oidtoi8" (Oid(a)) => Ok(Int8(i64::from(*a)));
    "chartoi4" (Text(a)) => Ok(Int4(i32::from(char_byte(a) as i8)));
    "i4tochar" (Int4(a)) => match i8::try_from(*a) {
        Ok(0) => Ok("".into()),
        Ok(byte @ 1..) => Ok(char::from(byte as u8).to_string().into()),
        Ok(byte) => Ok(format!("\\{:03o}", byte as u8).into()),
        Err(_) => Err(Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "\"char\" out of range")),
    };
    "xid8toxid" (Int8(a)) => Ok(Oid(*a as u32));
    "booltext" (Bool(a)) => Ok(if *a { "true" } else { "false" }.into());

    // What hex digits the bits make, a negative number as its two's complement.
    "to_hex32" (Int4(a)) => Ok(format!("{a:x}").into());
    "to_hex64" (Int8(a)) => Ok(format!("{a:x}").into());

    "generate_series_int4" set (Int4(start), Int4(stop)) => series(i64::from(*start), i64::from(*stop), 1, integer);
    "generate_series_step_int4" set (Int4(start), Int4(stop), Int4(step)) =>
        series(i64::from(*start), i64::from(*stop), i64::from(*step), integer);
    "generate_series_int8" set (Int8(start), Int8(stop)) => series(*start, *stop, 1, Int8);
    "generate_series_step_int8" set (Int8(start), Int8(stop), Int8(step)) => series(*start, *stop, *step, Int8);
};

/// Window frames `RANGE BETWEEN n PRECEDING ...` on integers: value, base, offset, whether it is subtracted, and
/// whether the value must be at most (or else at least) the bound.
pub static IN_RANGE: Family = &[
    ("in_range_int2_int2", Implementation::Scalar(in_range)),
    ("in_range_int2_int4", Implementation::Scalar(in_range)),
    ("in_range_int2_int8", Implementation::Scalar(in_range)),
    ("in_range_int4_int2", Implementation::Scalar(in_range)),
    ("in_range_int4_int4", Implementation::Scalar(in_range)),
    ("in_range_int4_int8", Implementation::Scalar(in_range)),
    ("in_range_int8_int8", Implementation::Scalar(in_range)),
];

fn in_range(_: &mut Call<'_>, args: &[Datum]) -> Result<Datum> {
    let [value, base, offset, Bool(subtract), Bool(less)] = args else {
        return Err(unexpected("in_range", args));
    };
    let number = |datum: &Datum| datum.as_i64().map(i128::from);
    let (Some(value), Some(base), Some(offset)) = (number(value), number(base), number(offset)) else {
        return Err(unexpected("in_range", args));
    };
    if offset < 0 {
        return Err(invalid_frame_offset());
    }
    let bound = if *subtract { base - offset } else { base + offset };
    Ok(Bool(if *less { value <= bound } else { value >= bound }))
}

pub(super) fn invalid_frame_offset() -> Error {
    Error::new(
        SqlState::INVALID_PRECEDING_OR_FOLLOWING_SIZE,
        "invalid preceding or following size in window function",
    )
}

pub(super) fn division_by_zero() -> Error {
    crate::numeric::division_by_zero()
}

fn shift(value: i64, count: i32, bits: u32, right: bool) -> i64 {
    let count = count as u32 % bits.max(32);
    if right { value >> count } else { value << count }
}

fn gcd(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a.abs(), b.abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

fn lcm(a: i128, b: i128) -> i128 {
    if a == 0 || b == 0 { 0 } else { (a / gcd(a, b) * b).abs() }
}

/// An `Int4` of a number that came from two of them.
fn integer(value: i64) -> Datum {
    Int4(value as i32)
}

/// Most rows that one call of a set-returning function gives, so that a typing mistake cannot exhaust the memory.
pub const MAX_SERIES: i128 = 10_000_000;

fn series(start: i64, stop: i64, step: i64, make: fn(i64) -> Datum) -> Result<Vec<Vec<Datum>>> {
    if step == 0 {
        return Err(Error::new(
            SqlState::INVALID_PARAMETER_VALUE,
            "step size cannot equal zero",
        ));
    }
    let (first, last, step) = (i128::from(start), i128::from(stop), i128::from(step));
    let against = if step > 0 { last < first } else { last > first };
    let count = if against { 0 } else { (last - first) / step + 1 };
    if count > MAX_SERIES {
        return Err(too_many_rows());
    }
    Ok((0..count).map(|n| vec![make((first + n * step) as i64)]).collect())
}

pub(super) fn too_many_rows() -> Error {
    Error::new(
        SqlState::OUT_OF_MEMORY,
        format!("set-returning functions of more than {MAX_SERIES} rows are not supported by Kumquat"),
    )
}

pub(super) fn numeric_of(value: i64) -> Datum {
    Datum::Numeric(Numeric::from(value).into())
}
