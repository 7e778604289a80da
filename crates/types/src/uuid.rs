//! UUIDs.

use crate::{Datum, Environment, Error, Result, SqlState};

/// `uuid_in`: 32 hexadecimal digits, perhaps in braces and with a hyphen after any four.
pub fn uuid_in(text: &str) -> Result<Datum> {
    parse(text).map(Datum::Uuid).ok_or_else(|| {
        Error::new(
            SqlState::INVALID_TEXT_REPRESENTATION,
            format!("invalid input syntax for type uuid: \"{text}\""),
        )
    })
}

fn parse(text: &str) -> Option<[u8; 16]> {
    let mut rest = match text.strip_prefix('{') {
        Some(inside) => inside.strip_suffix('}')?,
        None => text,
    };
    let mut uuid = [0; 16];
    for (index, byte) in uuid.iter_mut().enumerate() {
        let (digits, after) = rest.split_at_checked(2)?;
        if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        *byte = u8::from_str_radix(digits, 16).ok()?;
        rest = match after.strip_prefix('-') {
            Some(after) if index % 2 == 1 && index < 15 => after,
            _ => after,
        };
    }
    rest.is_empty().then_some(uuid)
}

/// `uuid_out`
pub fn uuid_out(uuid: &[u8; 16]) -> String {
    let mut out = String::with_capacity(36);
    for (index, byte) in uuid.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            out.push('-');
        }
        out += &format!("{byte:02x}");
    }
    out
}

/// `gen_random_uuid`: version 4, from the session's generator.
pub fn random(env: &mut dyn Environment) -> Datum {
    let mut uuid = [0; 16];
    for (index, byte) in uuid.iter_mut().enumerate() {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let random = (env.random() * 256.0) as u8;
        *byte = match index {
            6 => random & 0x0F | 0x40,
            8 => random & 0x3F | 0x80,
            _ => random,
        };
    }
    Datum::Uuid(uuid)
}
