//! Bit strings, as PostgreSQL's `bit` and `varbit`.

use std::sync::Arc;

use crate::{Datum, Error, Result, SqlState};

/// The longest `bit(n)`.
const MAX_BITS: usize = 83_886_080;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BitString(pub Vec<bool>);

/// `bit_in`, `varbit_in`, before the type modifier: binary digits, perhaps after `b`, or hexadecimal ones
/// after `x`.
pub fn bits_in(text: &str) -> Result<BitString> {
    let invalid = |c: char, what: &str| {
        Error::new(
            SqlState::INVALID_TEXT_REPRESENTATION,
            format!("\"{c}\" is not a valid {what} digit"),
        )
    };
    let mut bits = Vec::with_capacity(text.len());
    if let Some(digits) = text.strip_prefix(['x', 'X']) {
        for c in digits.chars() {
            let digit = c.to_digit(16).ok_or_else(|| invalid(c, "hexadecimal"))?;
            bits.extend((0..4).rev().map(|bit| digit >> bit & 1 == 1));
        }
    } else {
        for c in text.strip_prefix(['b', 'B']).unwrap_or(text).chars() {
            bits.push(match c {
                '0' => false,
                '1' => true,
                c => return Err(invalid(c, "binary")),
            });
        }
    }
    Ok(BitString(bits))
}

/// `bit_out`
pub fn bits_out(bits: &BitString) -> String {
    bits.0.iter().map(|&bit| if bit { '1' } else { '0' }).collect()
}

fn mismatch(operation: &str) -> Error {
    Error::new(
        SqlState::STRING_DATA_LENGTH_MISMATCH,
        format!("cannot {operation} bit strings of different sizes"),
    )
}

pub(crate) fn negative_length() -> Error {
    Error::new(SqlState::SUBSTRING_ERROR, "negative substring length not allowed")
}

impl BitString {
    pub fn datum(bits: Vec<bool>) -> Datum {
        Datum::Bits(Arc::new(BitString(bits)))
    }

    /// `&`, `|` and `#`, named for messages as `AND`, `OR`, `XOR`.
    pub fn combine(&self, other: &BitString, name: &str, operation: impl Fn(bool, bool) -> bool) -> Result<Datum> {
        if self.0.len() != other.0.len() {
            return Err(mismatch(name));
        }
        let bits = self.0.iter().zip(&other.0).map(|(&a, &b)| operation(a, b));
        Ok(BitString::datum(bits.collect()))
    }

    /// `<<`, or `>>` for negative distances; the length stays.
    pub fn shift_left(&self, distance: i64) -> Datum {
        let bit = |index: usize| {
            let from = i64::try_from(index).unwrap_or(i64::MAX).saturating_add(distance);
            usize::try_from(from)
                .ok()
                .and_then(|from| self.0.get(from))
                .copied()
                .unwrap_or(false)
        };
        BitString::datum((0..self.0.len()).map(bit).collect())
    }

    /// `substring`, counted from 1; None: to the end.
    pub fn substring(&self, start: i32, length: Option<i32>) -> Result<Datum> {
        let range = substring_range(self.0.len(), start, length)?;
        Ok(BitString::datum(self.0.get(range).unwrap_or_default().to_vec()))
    }

    /// `overlay`
    pub fn overlay(&self, other: &BitString, start: i32, length: i32) -> Result<Datum> {
        let (head, tail) = overlay_ends(start, length)?;
        let mut bits = self
            .0
            .get(substring_range(self.0.len(), 1, Some(head))?)
            .unwrap_or_default()
            .to_vec();
        bits.extend_from_slice(&other.0);
        bits.extend_from_slice(
            self.0
                .get(substring_range(self.0.len(), tail, None)?)
                .unwrap_or_default(),
        );
        Ok(BitString::datum(bits))
    }

    /// `position`: counted from 1, 0 if it is not there.
    pub fn position(&self, wanted: &BitString) -> i32 {
        position(&self.0, &wanted.0)
    }

    /// `bitfromint8`: the lowest `typmod` bits, the sign going on to the left.
    pub fn from_integer(value: i64, typmod: i32) -> Result<Datum> {
        let length = usize::try_from(typmod).ok().filter(|&length| length > 0).unwrap_or(1);
        if length > MAX_BITS {
            return Err(Error::new(
                SqlState::PROGRAM_LIMIT_EXCEEDED,
                format!("bit string length exceeds the maximum allowed ({MAX_BITS})"),
            ));
        }
        let bit = |place: usize| value >> place.min(63) & 1 == 1;
        Ok(BitString::datum((0..length).rev().map(bit).collect()))
    }

    /// `bittoint8`, of at most `size` bits, where a full-width string has a sign.
    pub fn to_integer(&self, size: usize) -> Option<i64> {
        if self.0.len() > size {
            return None;
        }
        let value = self.0.iter().fold(0_u64, |value, &bit| value << 1 | u64::from(bit));
        Some(match size {
            32 => i64::from(u32::try_from(value).ok()?.cast_signed()),
            _ => value.cast_signed(),
        })
    }
}

/// Where `position(wanted in whole)` finds it.
pub(crate) fn position<T: PartialEq>(whole: &[T], wanted: &[T]) -> i32 {
    if wanted.is_empty() {
        return i32::from(!whole.is_empty());
    }
    let found = whole.windows(wanted.len()).position(|window| window == wanted);
    found.and_then(|at| i32::try_from(at + 1).ok()).unwrap_or(0)
}

/// The part of a string of `size` that `substring(s from start for length)` takes.
pub(crate) fn substring_range(size: usize, start: i32, length: Option<i32>) -> Result<std::ops::Range<usize>> {
    let start = i64::from(start);
    let end = match length {
        None => i64::MAX,
        Some(length) => {
            let end = start + i64::from(length);
            if end < start {
                return Err(negative_length());
            }
            end
        }
    };
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    let from = start.max(1).min(size + 1) - 1;
    let to = end.min(size + 1).max(from + 1) - 1;
    let place = |place: i64| usize::try_from(place).unwrap_or(0);
    Ok(place(from)..place(to))
}

/// How much is kept before an overlay, and where what follows begins.
pub(crate) fn overlay_ends(start: i32, length: i32) -> Result<(i32, i32)> {
    if start <= 0 {
        return Err(negative_length());
    }
    let tail = start
        .checked_add(length)
        .ok_or_else(|| Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "integer out of range"))?;
    Ok((start - 1, tail))
}
