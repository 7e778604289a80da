//! Byte strings, as PostgreSQL's `bytea`.

use crate::{Datum, Environment, Error, Result, SqlState};

/// `byteain`: `\x` and hexadecimal digits, or text with `\\` and octal escapes.
pub fn bytea_in(text: &str) -> Result<Datum> {
    let bytes = match text.strip_prefix("\\x") {
        Some(digits) => from_hex(digits)?,
        None => from_escaped(text).ok_or_else(|| {
            Error::new(
                SqlState::INVALID_TEXT_REPRESENTATION,
                "invalid input syntax for type bytea",
            )
        })?,
    };
    Ok(Datum::Bytea(bytes.into()))
}

/// Pairs of hexadecimal digits, with white space between pairs.
fn from_hex(text: &str) -> Result<Vec<u8>> {
    let digit = |c: char| {
        c.to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
            .ok_or_else(|| {
                Error::new(
                    SqlState::INVALID_PARAMETER_VALUE,
                    format!("invalid hexadecimal digit: \"{c}\""),
                )
            })
    };
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let mut chars = text.chars();
    while let Some(first) = chars.next() {
        if matches!(first, ' ' | '\n' | '\t' | '\r') {
            continue;
        }
        let high = digit(first)?;
        let second = chars.next().ok_or_else(|| {
            Error::new(
                SqlState::INVALID_PARAMETER_VALUE,
                "invalid hexadecimal data: odd number of digits",
            )
        })?;
        bytes.push(high << 4 | digit(second)?);
    }
    Ok(bytes)
}

fn from_escaped(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let (byte, after) = match (first, tail) {
            (b'\\', [b'\\', after @ ..]) => (b'\\', after),
            (b'\\', [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', after @ ..]) => {
                ((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'), after)
            }
            (b'\\', _) => return None,
            (&byte, after) => (byte, after),
        };
        bytes.push(byte);
        rest = after;
    }
    Some(bytes)
}

/// `byteaout`, in the format of the setting `bytea_output`.
pub fn bytea_out(env: &dyn Environment, bytes: &[u8]) -> String {
    let mut out = String::with_capacity(2 + bytes.len() * 2);
    if env.setting("bytea_output").as_deref() == Some("escape") {
        for &byte in bytes {
            match byte {
                b'\\' => out += "\\\\",
                0x20..=0x7E => out.push(char::from(byte)),
                _ => out += &format!("\\{byte:03o}"),
            }
        }
    } else {
        out += "\\x";
        for byte in bytes {
            out += &format!("{byte:02x}");
        }
    }
    out
}
