//! Hardware addresses: six bytes, or eight.

use crate::{Datum, Error, Result, SqlState};

fn invalid(text: &str, type_name: &str) -> Error {
    Error::new(
        SqlState::INVALID_TEXT_REPRESENTATION,
        format!("invalid input syntax for type {type_name}: \"{text}\""),
    )
}

/// `macaddr_in`: pairs of digits, or groups of four, six or twelve.
pub fn macaddr_in(text: &str) -> Result<Datum> {
    match digits(text, &[2, 4, 6, 12]) {
        Some(bytes) if bytes.len() == 6 => Ok(Datum::Bytea(bytes.into())),
        _ => Err(invalid(text, "macaddr")),
    }
}

/// `macaddr8_in`: eight bytes, or six with `ff:fe` put in the middle.
pub fn macaddr8_in(text: &str) -> Result<Datum> {
    let bytes = digits(text, &[2, 4, 6, 8, 10, 12, 16]).filter(|bytes| matches!(bytes.len(), 6 | 8));
    let bytes = bytes.ok_or_else(|| invalid(text, "macaddr8"))?;
    Ok(Datum::Bytea(widened(&bytes).into()))
}

/// Six bytes as eight.
pub fn widened(bytes: &[u8]) -> Vec<u8> {
    match bytes {
        [a, b, c, d, e, f] => vec![*a, *b, *c, 0xFF, 0xFE, *d, *e, *f],
        bytes => bytes.to_vec(),
    }
}

/// Groups of hexadecimal digits of one length with one separator between.
fn digits(text: &str, group_lengths: &[usize]) -> Option<Vec<u8>> {
    let text = text.trim_matches(|c: char| c.is_ascii_whitespace());
    let separator = text.chars().find(|c| !c.is_ascii_hexdigit());
    let groups: Vec<&str> = match separator {
        Some(separator @ (':' | '-' | '.')) => text.split(separator).collect(),
        Some(_) => return None,
        None => vec![text],
    };
    let length = groups.first()?.len();
    let uniform = groups.iter().all(|group| group.len() == length);
    if !uniform || !group_lengths.contains(&length) {
        return None;
    }
    let all: String = groups.concat();
    let pairs = (0..all.len()).step_by(2);
    pairs
        .map(|at| u8::from_str_radix(all.get(at..at + 2)?, 16).ok())
        .collect()
}

/// `macaddr_out`, `macaddr8_out`
pub fn macaddr_out(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.join(":")
}

/// `macaddr8tomacaddr`
pub fn narrowed(bytes: &[u8]) -> Result<Vec<u8>> {
    match bytes {
        [a, b, c, 0xFF, 0xFE, d, e, f] => Ok(vec![*a, *b, *c, *d, *e, *f]),
        _ => Err(Error::new(
            SqlState::NUMERIC_VALUE_OUT_OF_RANGE,
            "macaddr8 data out of range to convert to macaddr",
        )
        .hint(
            "Only addresses that have FF and FE as values in the 4th and 5th bytes from the left, for example \
             xx:xx:xx:ff:fe:xx:xx:xx, are eligible to be converted from macaddr8 to macaddr.",
        )),
    }
}
