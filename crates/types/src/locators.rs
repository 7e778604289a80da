//! Places in the server's files: `pg_lsn` in the log, `tid` in a table. Both are held as `Datum::Int8`.

use crate::Result;
use crate::integer::invalid;

/// Reads `16/B374D848`: two 32-bit halves.
pub fn lsn_in(text: &str) -> Result<i64> {
    let half = |digits: &str| match digits.len() {
        1..=8 if digits.bytes().all(|b| b.is_ascii_hexdigit()) => u32::from_str_radix(digits, 16).ok(),
        _ => None,
    };
    let halves = text
        .split_once('/')
        .and_then(|(high, low)| Some((half(high)?, half(low)?)));
    let (high, low) = halves.ok_or_else(|| invalid(text, "pg_lsn"))?;
    Ok((i64::from(high) << 32) | i64::from(low))
}

pub fn lsn_out(place: i64) -> String {
    format!("{:X}/{:X}", (place >> 32) as u32, place as u32)
}

/// Reads `(block,offset)`: the offset is the low 16 bits.
pub fn tid_in(text: &str) -> Result<i64> {
    let inner = text.trim().strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let parts = inner.and_then(|inner| inner.split_once(','));
    let numbers = parts.and_then(|(block, offset)| {
        Some((
            block.trim_start().parse::<u32>().ok()?,
            offset.trim_start().parse::<u16>().ok()?,
        ))
    });
    let (block, offset) = numbers.ok_or_else(|| invalid(text, "tid"))?;
    Ok((i64::from(block) << 16) | i64::from(offset))
}

pub fn tid_out(place: i64) -> String {
    format!("({},{})", (place >> 16) as u32, place as u16)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn places_go_in_and_come_out() {
        for text in ["16/B374D848", "0/0", "FFFFFFFF/FFFFFFFF"] {
            assert_eq!(lsn_out(lsn_in(text).unwrap()), text);
        }
        for text in ["(0,1)", "(4294967295,65535)"] {
            assert_eq!(tid_out(tid_in(text).unwrap()), text);
        }
        assert!(lsn_in("x").is_err() && lsn_in("1/").is_err() && tid_in("(1,70000)").is_err());
    }
}
