//! Functions and operators on money, and on places in the log.

use super::Family;
use super::integer::division_by_zero;
use crate::Datum::{self, Float4, Float8, Int2, Int4, Int8, Numeric as Number};
use crate::money::money_words;
use crate::{Error, Numeric, Result, SqlState};

pub static FUNCTIONS: Family = family! { _call;
    "cash_pl" (Int8(a), Int8(b)) => a.checked_add(*b).map(Int8).ok_or_else(out_of_range);
    "cash_mi" (Int8(a), Int8(b)) => a.checked_sub(*b).map(Int8).ok_or_else(out_of_range);
    "cash_mul_int2" (Int8(a), Int2(b)) => times(*a, i64::from(*b));
    "cash_mul_int4" (Int8(a), Int4(b)) => times(*a, i64::from(*b));
    "cash_mul_int8" (Int8(a), Int8(b)) => times(*a, *b);
    "cash_mul_flt4" (Int8(a), Float4(b)) => rounded(*a as f64 * f64::from(*b));
    "cash_mul_flt8" (Int8(a), Float8(b)) => rounded(*a as f64 * b);
    "int2_mul_cash" (Int2(b), Int8(a)) => times(*a, i64::from(*b));
    "int4_mul_cash" (Int4(b), Int8(a)) => times(*a, i64::from(*b));
    "int8_mul_cash" (Int8(b), Int8(a)) => times(*a, *b);
    "flt4_mul_cash" (Float4(b), Int8(a)) => rounded(*a as f64 * f64::from(*b));
    "flt8_mul_cash" (Float8(b), Int8(a)) => rounded(*a as f64 * b);
    "cash_div_int2" (Int8(a), Int2(b)) => divided(*a, i64::from(*b));
    "cash_div_int4" (Int8(a), Int4(b)) => divided(*a, i64::from(*b));
    "cash_div_int8" (Int8(a), Int8(b)) => divided(*a, *b);
    "cash_div_flt4" (Int8(a), Float4(b)) => quotient(*a, f64::from(*b)).and_then(rounded);
    "cash_div_flt8" (Int8(a), Float8(b)) => quotient(*a, *b).and_then(rounded);
    "cash_div_cash" (Int8(a), Int8(b)) => quotient(*a, *b as f64).map(Float8);
    "cash_words" (Int8(a)) => Ok(money_words(*a).into());
    "int4_cash" (Int4(a)) => times(i64::from(*a), 100);
    "int8_cash" (Int8(a)) => times(*a, 100);
    "numeric_cash" (Number(a)) => a.mul(&Numeric::from(100)).to_integer_type("bigint").map(Int8);
    "cash_numeric" (Int8(a)) => Ok(Number(dollars(*a)?.into()));

    "pg_lsn_mi" (Int8(a), Int8(b)) => Ok(Number(Numeric::from(i128::from(*a as u64) - i128::from(*b as u64)).into()));
    "pg_lsn_pli" (Int8(a), Number(b)) => moved(*a, b);
    "numeric_pl_pg_lsn" (Number(b), Int8(a)) => moved(*a, b);
    "pg_lsn_mii" (Int8(a), Number(b)) => moved(*a, &b.neg());
};

fn out_of_range() -> Error {
    Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "money out of range")
}

fn times(amount: i64, factor: i64) -> Result<Datum> {
    amount.checked_mul(factor).map(Int8).ok_or_else(out_of_range)
}

fn divided(amount: i64, divisor: i64) -> Result<Datum> {
    match divisor {
        0 => Err(division_by_zero()),
        _ => amount.checked_div(divisor).map(Int8).ok_or_else(out_of_range),
    }
}

fn quotient(amount: i64, divisor: f64) -> Result<f64> {
    if divisor == 0.0 {
        Err(division_by_zero())
    } else {
        Ok(amount as f64 / divisor)
    }
}

fn rounded(amount: f64) -> Result<Datum> {
    let rounded = amount.round_ties_even();
    if rounded.abs() < 9.223_372_036_854_775e18 {
        Ok(Int8(rounded as i64))
    } else {
        Err(out_of_range())
    }
}

fn dollars(cents: i64) -> Result<Numeric> {
    Ok(Numeric::from(cents).mul(&Numeric::parse("0.01")?))
}

fn moved(place: i64, bytes: &Numeric) -> Result<Datum> {
    let moved = Numeric::from(i128::from(place as u64)).add(bytes).to_i128();
    match moved.and_then(|moved| u64::try_from(moved).ok()) {
        Some(moved) => Ok(Int8(moved as i64)),
        None => Err(Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "pg_lsn out of range")),
    }
}
