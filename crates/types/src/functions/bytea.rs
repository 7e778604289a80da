//! Functions and operators on byte strings.

use super::Family;
use crate::Datum::{self, Bytea, Int4, Int8};
use crate::bits::{overlay_ends, position, substring_range};
use crate::{Error, Result, SqlState};

pub static FUNCTIONS: Family = family! { call;
    "byteacat" (Bytea(a), Bytea(b)) => Ok(bytes(a.iter().chain(&**b).copied().collect()));
    "byteaoctetlen" (Bytea(a)) => Ok(Int4(size(a.len())));
    "bytea_bit_count" (Bytea(a)) => Ok(Int8(a.iter().map(|byte| i64::from(byte.count_ones())).sum()));
    "bytea_substr" (Bytea(a), Int4(start), Int4(length)) => substring(a, *start, Some(*length)).map(bytes);
    "bytea_substr_no_len" (Bytea(a), Int4(start)) => substring(a, *start, None).map(bytes);
    "byteaoverlay" (Bytea(a), Bytea(b), Int4(start), Int4(length)) => overlay(a, b, *start, *length);
    "byteaoverlay_no_len" (Bytea(a), Bytea(b), Int4(start)) => overlay(a, b, *start, size(b.len()));
    "byteapos" (Bytea(a), Bytea(wanted)) => Ok(Int4(if wanted.is_empty() { 1 } else { position(a, wanted) }));
    "byteatrim" (Bytea(a), Bytea(set)) => Ok(bytes(trim_end(trim_start(a, set), set).to_vec()));
    "bytealtrim" (Bytea(a), Bytea(set)) => Ok(bytes(trim_start(a, set).to_vec()));
    "byteartrim" (Bytea(a), Bytea(set)) => Ok(bytes(trim_end(a, set).to_vec()));
    "byteaGetByte" (Bytea(a), Int4(index)) => {
        let index = checked(i64::from(*index), a.len())?;
        Ok(Int4(a.get(index).copied().map_or(0, i32::from)))
    };
    "byteaGetBit" (Bytea(a), Int8(index)) => {
        let index = checked(*index, a.len().saturating_mul(8))?;
        Ok(Int4(a.get(index / 8).map_or(0, |byte| i32::from(byte >> (index % 8) & 1))))
    };
    "byteaSetByte" (Bytea(a), Int4(index), Int4(new)) => {
        let index = checked(i64::from(*index), a.len())?;
        Ok(changed(a, index, |_| new.to_le_bytes()[0]))
    };
    "byteaSetBit" (Bytea(a), Int8(index), Int4(new)) => {
        let index = checked(*index, a.len().saturating_mul(8))?;
        let mask = 1 << (index % 8);
        match new {
            0 => Ok(changed(a, index / 8, |byte| byte & !mask)),
            1 => Ok(changed(a, index / 8, |byte| byte | mask)),
            _ => Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, "new bit must be 0 or 1")),
        }
    };
};

fn bytes(value: Vec<u8>) -> Datum {
    Bytea(value.into())
}

fn size(length: usize) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}

fn substring(value: &[u8], start: i32, length: Option<i32>) -> Result<Vec<u8>> {
    let range = substring_range(value.len(), start, length)?;
    Ok(value.get(range).unwrap_or_default().to_vec())
}

fn overlay(value: &[u8], other: &[u8], start: i32, length: i32) -> Result<Datum> {
    let (head, tail) = overlay_ends(start, length)?;
    let mut result = substring(value, 1, Some(head))?;
    result.extend_from_slice(other);
    result.extend(substring(value, tail, None)?);
    Ok(bytes(result))
}

fn trim_start<'a>(value: &'a [u8], set: &[u8]) -> &'a [u8] {
    let kept = value.iter().position(|byte| !set.contains(byte));
    kept.and_then(|start| value.get(start..)).unwrap_or_default()
}

fn trim_end<'a>(value: &'a [u8], set: &[u8]) -> &'a [u8] {
    let kept = value.iter().rposition(|byte| !set.contains(byte));
    kept.and_then(|last| value.get(..=last)).unwrap_or_default()
}

fn checked(index: i64, length: usize) -> Result<usize> {
    let valid = usize::try_from(index).ok().filter(|&index| index < length);
    valid.ok_or_else(|| {
        let last = i64::try_from(length).unwrap_or(i64::MAX) - 1;
        Error::new(
            SqlState::ARRAY_SUBSCRIPT_ERROR,
            format!("index {index} out of valid range, 0..{last}"),
        )
    })
}

fn changed(value: &[u8], index: usize, change: impl Fn(u8) -> u8) -> Datum {
    let mut value = value.to_vec();
    if let Some(byte) = value.get_mut(index) {
        *byte = change(*byte);
    }
    bytes(value)
}
