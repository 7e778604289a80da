//! Strings and bytes: encode and decode, character sets, digests.

use super::Family;
use super::text::{check_length, text};
use crate::Datum::{self, Bytea, Int4, Text};
use crate::digest::{hex, md5, sha224, sha256, sha384, sha512};
use crate::{Error, Result, SqlState};

pub static FUNCTIONS: Family = family! { _call;
    "binary_encode" (Bytea(bytes), Text(format)) => encode(bytes, format);
    "binary_decode" (Text(value), Text(format)) => decode(value, format).map(bytea);
    "pg_convert" (Bytea(bytes), Text(from), Text(to)) =>
        Ok(bytea(to_charset(&from_charset(bytes, from)?, to)?));
    "pg_convert_from" (Bytea(bytes), Text(from)) => from_charset(bytes, from).and_then(text);
    "pg_convert_to" (Text(value), Text(to)) => to_charset(value, to).map(bytea);
    "length_in_encoding" (Bytea(bytes), Text(from)) =>
        Ok(Int4(from_charset(bytes, from)?.chars().count() as i32));
    "getdatabaseencoding" () => text("UTF8");
    "pg_client_encoding" () => text("UTF8");
    "PG_char_to_encoding" (Text(name)) => Ok(Int4(encoding_number(name)));
    "PG_encoding_to_char" (Int4(number)) => text(encoding_name(*number));
    "md5_text" (Text(value)) => text(hex(&md5(value.as_bytes())));
    "md5_bytea" (Bytea(bytes)) => text(hex(&md5(bytes)));
    "sha224_bytea" (Bytea(bytes)) => Ok(bytea(sha224(bytes)));
    "sha256_bytea" (Bytea(bytes)) => Ok(bytea(sha256(bytes)));
    "sha384_bytea" (Bytea(bytes)) => Ok(bytea(sha384(bytes)));
    "sha512_bytea" (Bytea(bytes)) => Ok(bytea(sha512(bytes)));
};

/// PostgreSQL's encodings by number.
const ENCODINGS: &str = "SQL_ASCII EUC_JP EUC_CN EUC_KR EUC_TW EUC_JIS_2004 UTF8 MULE_INTERNAL LATIN1 LATIN2 LATIN3 \
LATIN4 LATIN5 LATIN6 LATIN7 LATIN8 LATIN9 LATIN10 WIN1256 WIN1258 WIN866 WIN874 KOI8R WIN1251 WIN1252 ISO_8859_5 \
ISO_8859_6 ISO_8859_7 ISO_8859_8 WIN1250 WIN1253 WIN1254 WIN1255 WIN1257 KOI8U SJIS BIG5 GBK UHC GB18030 JOHAB \
SHIFT_JIS_2004";

fn encoding_name(number: i32) -> &'static str {
    let at = usize::try_from(number).ok();
    at.and_then(|at| ENCODINGS.split(' ').nth(at)).unwrap_or("")
}

/// -1 if there is no such encoding.
fn encoding_number(name: &str) -> i32 {
    if let Some(charset) = Charset::named(name) {
        return charset.number();
    }
    let letters = |text: &str| -> String { text.chars().filter(char::is_ascii_alphanumeric).collect() };
    let wanted = letters(name);
    (0..)
        .zip(ENCODINGS.split(' '))
        .find(|(_, known)| letters(known).eq_ignore_ascii_case(&wanted))
        .map_or(-1, |(number, _)| number)
}

fn bytea(bytes: Vec<u8>) -> Datum {
    Bytea(bytes.into())
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(SqlState::INVALID_PARAMETER_VALUE, message)
}

fn encode(bytes: &[u8], format: &str) -> Result<Datum> {
    check_length(bytes.len().saturating_mul(4))?;
    match format.to_ascii_lowercase().as_str() {
        "hex" => text(hex(bytes)),
        "base64" => text(encode_base64(bytes)),
        "escape" => text(encode_escape(bytes)),
        _ => Err(invalid(format!("unrecognized encoding: \"{format}\""))),
    }
}

fn decode(value: &str, format: &str) -> Result<Vec<u8>> {
    match format.to_ascii_lowercase().as_str() {
        "hex" => decode_hex(value),
        "base64" => decode_base64(value),
        "escape" => decode_escape(value),
        _ => Err(invalid(format!("unrecognized encoding: \"{format}\""))),
    }
}

/// Reads hexadecimal digits, with white space between bytes.
pub(crate) fn decode_hex(value: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(value.len() / 2);
    let mut chars = value.chars();
    let digit = |c: char| {
        c.to_digit(16)
            .map(|d| d as u8)
            .ok_or_else(|| invalid(format!("invalid hexadecimal digit: \"{c}\"")))
    };
    while let Some(c) = chars.next() {
        if matches!(c, ' ' | '\n' | '\t' | '\r') {
            continue;
        }
        let high = digit(c)?;
        let low = chars
            .next()
            .ok_or_else(|| invalid("invalid hexadecimal data: odd number of digits"))?;
        bytes.push(high << 4 | digit(low)?);
    }
    Ok(bytes)
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// In lines of 76 characters.
fn encode_base64(bytes: &[u8]) -> String {
    let mut result = String::new();
    for (at, group) in bytes.chunks(3).enumerate() {
        if at > 0 && at % 19 == 0 {
            result.push('\n');
        }
        let word = group.iter().fold(0u32, |word, &b| word << 8 | u32::from(b)) << (8 * (3 - group.len()));
        for place in 0..4 {
            let sextet = word >> (18 - 6 * place) & 63;
            result.push(if place > group.len() {
                '='
            } else {
                char::from(BASE64[sextet as usize])
            });
        }
    }
    result
}

fn decode_base64(value: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut word, mut places) = (0u32, 0);
    // Bytes in a group of four: fewer from the first "=" on.
    let mut group = 3;
    for c in value.chars().filter(|c| !matches!(c, ' ' | '\t' | '\n' | '\r')) {
        let sextet = match BASE64.iter().position(|&b| char::from(b) == c) {
            Some(sextet) => sextet as u32,
            None if c == '=' => {
                if group == 3 && places < 2 {
                    return Err(invalid("unexpected \"=\" while decoding base64 sequence"));
                }
                group = group.min(places.max(2) - 1);
                0
            }
            None => {
                return Err(invalid(format!(
                    "invalid symbol \"{c}\" found while decoding base64 sequence"
                )));
            }
        };
        word = word << 6 | sextet;
        places += 1;
        if places == 4 {
            bytes.extend([word >> 16, word >> 8, word].iter().take(group).map(|b| *b as u8));
            (word, places) = (0, 0);
        }
    }
    if places != 0 {
        return Err(invalid("invalid base64 end sequence")
            .hint("Input data is missing padding, is truncated, or is otherwise corrupted."));
    }
    Ok(bytes)
}

/// NUL and high bytes as `\ooo`, a backslash doubled.
fn encode_escape(bytes: &[u8]) -> String {
    let mut result = String::new();
    for &byte in bytes {
        match byte {
            b'\\' => result.push_str("\\\\"),
            0 | 128.. => result.push_str(&format!("\\{byte:03o}")),
            _ => result.push(char::from(byte)),
        }
    }
    result
}

fn decode_escape(value: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    loop {
        match rest {
            [] => return Ok(bytes),
            [b'\\', b'\\', next @ ..] => {
                bytes.push(b'\\');
                rest = next;
            }
            [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', next @ ..] => {
                bytes.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
                rest = next;
            }
            [b'\\', ..] => {
                return Err(Error::new(
                    SqlState::INVALID_TEXT_REPRESENTATION,
                    "invalid input syntax for type bytea",
                ));
            }
            [byte, next @ ..] => {
                bytes.push(*byte);
                rest = next;
            }
        }
    }
}

/// The character sets that are modelled.
#[derive(Clone, Copy)]
enum Charset {
    SqlAscii,
    Utf8,
    Latin1,
}

impl Charset {
    /// Letters and digits of the name count, in any case.
    fn named(name: &str) -> Option<Charset> {
        let plain: String = name
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_lowercase())
            .collect();
        match plain.as_str() {
            "utf8" | "unicode" => Some(Charset::Utf8),
            "sqlascii" => Some(Charset::SqlAscii),
            "latin1" | "iso88591" => Some(Charset::Latin1),
            _ => None,
        }
    }

    fn number(self) -> i32 {
        match self {
            Charset::SqlAscii => 0,
            Charset::Utf8 => 6,
            Charset::Latin1 => 8,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Charset::SqlAscii => "SQL_ASCII",
            Charset::Utf8 => "UTF8",
            Charset::Latin1 => "LATIN1",
        }
    }
}

/// Names of PostgreSQL's other encodings, to tell what is not modelled from what does not exist.
const OTHER_CHARSETS: &str = " eucjp euccn euckr euctw eucjis2004 muleinternal latin2 latin3 latin4 latin5 latin6 \
latin7 latin8 latin9 latin10 win1256 win1258 win866 win874 koi8r koi8u koi8 win1251 win1252 win1250 win1253 win1254 \
win1255 win1257 iso88592 iso88593 iso88594 iso88595 iso88596 iso88597 iso88598 iso88599 sjis big5 gbk uhc gb18030 \
johab shiftjis2004 windows1252 windows1251 windows1250 ";

fn charset(name: &str, role: &str) -> Result<Charset> {
    if let Some(charset) = Charset::named(name) {
        return Ok(charset);
    }
    let plain: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_ascii_lowercase();
    if OTHER_CHARSETS.contains(&format!(" {plain} ")) {
        return Err(Error::not_modelled(format!("encoding \"{name}\"")));
    }
    Err(invalid(format!("invalid {role} encoding name \"{name}\"")))
}

fn from_charset(bytes: &[u8], name: &str) -> Result<String> {
    match charset(name, "source")? {
        Charset::Utf8 => valid_utf8(bytes),
        charset if bytes.contains(&0) => Err(invalid_bytes(charset, &[0])),
        Charset::SqlAscii => valid_utf8(bytes),
        Charset::Latin1 => Ok(bytes.iter().copied().map(char::from).collect()),
    }
}

/// The bytes as text, or the error that names the first that are none. NUL is not allowed either.
pub(crate) fn valid_utf8(bytes: &[u8]) -> Result<String> {
    let end = bytes.iter().position(|&b| b == 0).unwrap_or(bytes.len());
    let valid = match std::str::from_utf8(bytes) {
        Ok(text) if end == bytes.len() => return Ok(text.into()),
        Ok(_) => end,
        Err(error) => error.valid_up_to().min(end),
    };
    let wrong = bytes.get(valid..).unwrap_or_default();
    let length = match wrong.first() {
        Some(0xC0..=0xDF) => 2,
        Some(0xE0..=0xEF) => 3,
        Some(0xF0..=0xF7) => 4,
        _ => 1,
    };
    Err(invalid_bytes(Charset::Utf8, wrong.get(..length).unwrap_or(wrong)))
}

fn invalid_bytes(charset: Charset, bytes: &[u8]) -> Error {
    let shown: Vec<String> = bytes.iter().map(|b| format!("0x{b:02x}")).collect();
    Error::new(
        SqlState::CHARACTER_NOT_IN_REPERTOIRE,
        format!(
            "invalid byte sequence for encoding \"{}\": {}",
            charset.name(),
            shown.join(" ")
        ),
    )
}

fn to_charset(value: &str, name: &str) -> Result<Vec<u8>> {
    match charset(name, "destination")? {
        Charset::Utf8 | Charset::SqlAscii => Ok(value.as_bytes().to_vec()),
        Charset::Latin1 => value
            .chars()
            .map(|c| {
                u8::try_from(u32::from(c)).map_err(|_| {
                    let bytes: Vec<String> = c.to_string().bytes().map(|b| format!("0x{b:02x}")).collect();
                    Error::new(
                        SqlState::UNTRANSLATABLE_CHARACTER,
                        format!(
                            "character with byte sequence {} in encoding \"UTF8\" has no equivalent in encoding \"LATIN1\"",
                            bytes.join(" ")
                        ),
                    )
                })
            })
            .collect(),
    }
}
