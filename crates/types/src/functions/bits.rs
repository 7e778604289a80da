//! Functions and operators on bit strings.

use super::Family;
use crate::Datum::{self, Bits, Bool, Int4, Int8};
use crate::bits::BitString;
use crate::{Error, Oid, Result, SqlState, apply_typmod};

pub static FUNCTIONS: Family = family! { call;
    "bit_and" (Bits(a), Bits(b)) => a.combine(b, "AND", |a, b| a & b);
    "bit_or" (Bits(a), Bits(b)) => a.combine(b, "OR", |a, b| a | b);
    "bitxor" (Bits(a), Bits(b)) => a.combine(b, "XOR", |a, b| a ^ b);
    "bitnot" (Bits(a)) => Ok(BitString::datum(a.0.iter().map(|bit| !bit).collect()));
    "bitshiftleft" (Bits(a), Int4(distance)) => Ok(a.shift_left(i64::from(*distance)));
    "bitshiftright" (Bits(a), Int4(distance)) => Ok(a.shift_left(-i64::from(*distance)));
    "bitcat" (Bits(a), Bits(b)) => Ok(BitString::datum(a.0.iter().chain(&b.0).copied().collect()));
    "bitsubstr" (Bits(a), Int4(start), Int4(length)) => a.substring(*start, Some(*length));
    "bitsubstr_no_len" (Bits(a), Int4(start)) => a.substring(*start, None);
    "bitoverlay" (Bits(a), Bits(b), Int4(start), Int4(length)) => a.overlay(b, *start, *length);
    "bitoverlay_no_len" (Bits(a), Bits(b), Int4(start)) => a.overlay(b, *start, size(b.0.len()));
    "bitposition" (Bits(a), Bits(wanted)) => Ok(Int4(a.position(wanted)));
    "bitlength" (Bits(a)) => Ok(Int4(size(a.0.len())));
    "bitoctetlength" (Bits(a)) => Ok(Int4(size(a.0.len().div_ceil(8))));
    "bit_bit_count" (Bits(a)) => Ok(Int8(a.0.iter().map(|&bit| i64::from(bit)).sum()));
    "bitgetbit" (Bits(a), Int4(index)) => Ok(Int4(i32::from(get_bit(a, *index)?)));
    "bitsetbit" (Bits(a), Int4(index), Int4(new)) => set_bit(a, *index, *new);
    "bitfromint4" (Int4(value), Int4(typmod)) => BitString::from_integer(i64::from(*value), *typmod);
    "bitfromint8" (Int8(value), Int4(typmod)) => BitString::from_integer(*value, *typmod);
    "bittoint4" (Bits(a)) => a.to_integer(32).and_then(|v| i32::try_from(v).ok()).map(Int4)
        .ok_or_else(|| Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "integer out of range"));
    "bittoint8" (Bits(a)) => a.to_integer(64).map(Int8)
        .ok_or_else(|| Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "bigint out of range"));
    "bit" (value, Int4(typmod), Bool(explicit)) =>
        apply_typmod(call.env, Oid::BIT, *typmod, value.clone(), *explicit);
    "varbit" (value, Int4(typmod), Bool(explicit)) =>
        apply_typmod(call.env, Oid::VARBIT, *typmod, value.clone(), *explicit);
};

fn size(length: usize) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}

fn out_of_range(index: i32, length: usize) -> Error {
    Error::new(
        SqlState::ARRAY_SUBSCRIPT_ERROR,
        format!("bit index {index} out of valid range (0..{})", size(length) - 1),
    )
}

fn get_bit(bits: &BitString, index: i32) -> Result<bool> {
    let found = usize::try_from(index).ok().and_then(|i| bits.0.get(i));
    found.copied().ok_or_else(|| out_of_range(index, bits.0.len()))
}

fn set_bit(bits: &BitString, index: i32, new: i32) -> Result<Datum> {
    let mut changed = bits.0.clone();
    let slot = usize::try_from(index).ok().and_then(|i| changed.get_mut(i));
    let slot = slot.ok_or_else(|| out_of_range(index, bits.0.len()))?;
    *slot = match new {
        0 => false,
        1 => true,
        _ => return Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, "new bit must be 0 or 1")),
    };
    Ok(BitString::datum(changed))
}
