//! Escapes inside strings.

/// What is wrong with an escape, and at which bytes of the string's inside.
#[derive(Debug, PartialEq)]
pub(super) enum EscapeError {
    /// Not enough hexadecimal digits.
    Malformed { at: usize, hint: &'static str },
    /// An error in the words of the lexer.
    Near {
        message: &'static str,
        start: usize,
        end: usize,
    },
    /// The bytes are not UTF-8.
    Encoding(String),
}

impl EscapeError {
    pub fn start(&self) -> usize {
        match self {
            EscapeError::Malformed { at, .. } => *at,
            EscapeError::Near { start, .. } => *start,
            EscapeError::Encoding(_) => 0,
        }
    }

    pub fn end(&self) -> usize {
        match self {
            EscapeError::Near { end, .. } => *end,
            _ => self.start(),
        }
    }
}

const SURROGATE: &str = "invalid Unicode surrogate pair";
const VALUE: &str = "invalid Unicode escape value";

/// The first half of a character in UTF-16, which the second half must follow at once.
struct FirstHalf(Option<u32>);

impl FirstHalf {
    /// Joins the next code unit: a whole character, or nothing yet.
    fn join(&mut self, unit: u32) -> Result<Option<char>, &'static str> {
        match (self.0.take(), unit) {
            (Some(first), 0xDC00..=0xDFFF) => {
                let value = 0x10000 + ((first & 0x3FF) << 10) + (unit & 0x3FF);
                char::from_u32(value).map(Some).ok_or(VALUE)
            }
            (Some(_), _) | (None, 0xDC00..=0xDFFF) => Err(SURROGATE),
            (None, 0xD800..=0xDBFF) => {
                self.0 = Some(unit);
                Ok(None)
            }
            (None, 0) => Err(VALUE),
            (None, _) => char::from_u32(unit).map(Some).ok_or(VALUE),
        }
    }
}

/// The value of `E'...'`'s inside.
pub(super) fn backslashes(raw: &str) -> Result<String, EscapeError> {
    let bytes = raw.as_bytes();
    let byte = |position: usize| bytes.get(position).copied().unwrap_or(0);
    let digits = |from: usize, most: usize, radix: u32| {
        let is_digit = |b: &&u8| char::from(**b).is_digit(radix);
        let rest = bytes.get(from..).unwrap_or_default();
        rest.iter().take(most).take_while(is_digit).count()
    };
    let number = |from: usize, length: usize, radix: u32| {
        let text = raw.get(from..from + length).unwrap_or_default();
        u32::from_str_radix(text, radix).unwrap_or(u32::MAX)
    };
    let mut out = Vec::with_capacity(raw.len());
    let mut half = FirstHalf(None);
    let mut at = 0;
    while at < bytes.len() {
        let (end, unit) = match (byte(at), byte(at + 1)) {
            (b'\\', letter @ (b'u' | b'U')) => {
                let length = if letter == b'u' { 4 } else { 8 };
                if digits(at + 2, length, 16) < length {
                    let hint = "Unicode escapes must be \\uXXXX or \\UXXXXXXXX.";
                    return Err(EscapeError::Malformed { at, hint });
                }
                (at + 2 + length, Some(number(at + 2, length, 16)))
            }
            _ => (at, None),
        };
        if let Some(unit) = unit {
            match half.join(unit) {
                Ok(Some(c)) => out.extend(c.encode_utf8(&mut [0; 4]).bytes()),
                Ok(None) => {}
                Err(message) => {
                    return Err(EscapeError::Near {
                        message,
                        start: at,
                        end,
                    });
                }
            }
            at = end;
            continue;
        }
        if half.0.is_some() {
            return Err(EscapeError::Near {
                message: SURROGATE,
                start: at,
                end: at + 1,
            });
        }
        at += match (byte(at), byte(at + 1)) {
            (b'\\', b'x') if digits(at + 2, 2, 16) > 0 => {
                let length = digits(at + 2, 2, 16);
                out.push(u8::try_from(number(at + 2, length, 16)).unwrap_or(0));
                2 + length
            }
            (b'\\', b'0'..=b'7') => {
                let length = digits(at + 1, 3, 8);
                // As in PostgreSQL the highest bit of \777 is lost.
                out.push(number(at + 1, length, 8).to_le_bytes()[0]);
                1 + length
            }
            (b'\\', letter) => {
                out.push(match letter {
                    b'b' => 8,
                    b'f' => 12,
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'v' => 11,
                    other => other,
                });
                2
            }
            (b'\'', b'\'') => {
                out.push(b'\'');
                2
            }
            (other, _) => {
                out.push(other);
                1
            }
        };
    }
    if half.0.is_some() {
        let end = bytes.len();
        return Err(EscapeError::Near {
            message: SURROGATE,
            start: end,
            end: end + 1,
        });
    }
    valid_utf8(out)
}

/// Checks bytes made of escapes, as PostgreSQL's `pg_verifymbstr`.
fn valid_utf8(bytes: Vec<u8>) -> Result<String, EscapeError> {
    let invalid = |bytes: &[u8]| {
        let shown: Vec<String> = bytes.iter().map(|b| format!("0x{b:02x}")).collect();
        let shown = shown.join(" ");
        EscapeError::Encoding(format!("invalid byte sequence for encoding \"UTF8\": {shown}"))
    };
    let zero = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
    match String::from_utf8(bytes) {
        Ok(value) if zero == value.len() => Ok(value),
        Ok(_) => Err(invalid(&[0])),
        Err(error) => {
            let start = error.utf8_error().valid_up_to();
            if zero < start {
                return Err(invalid(&[0]));
            }
            let rest = error.as_bytes().get(start..).unwrap_or_default();
            let length = match rest.first().copied().unwrap_or(0) {
                0xC0..=0xDF => 2,
                0xE0..=0xEF => 3,
                0xF0..=0xF7 => 4,
                _ => 1,
            };
            Err(invalid(rest.get(..length.min(rest.len())).unwrap_or_default()))
        }
    }
}

/// The value of the inside of `U&'...'` or `U&"..."`.
pub(super) fn unicode(raw: &str, escape: char) -> Result<String, EscapeError> {
    let hex = |from: usize, length: usize| {
        let text = raw.get(from..from + length)?;
        let all_hex = text.bytes().all(|b| b.is_ascii_hexdigit());
        u32::from_str_radix(text, 16).ok().filter(|_| all_hex)
    };
    let mut out = String::with_capacity(raw.len());
    let mut half = FirstHalf(None);
    let mut at = 0;
    while let Some(c) = raw.get(at..).and_then(|rest| rest.chars().next()) {
        let near = |message| EscapeError::Near {
            message,
            start: at,
            end: at,
        };
        let next = at + c.len_utf8();
        let rest = raw.get(next..).unwrap_or_default();
        if c != escape || rest.starts_with(escape) {
            if half.0.is_some() {
                return Err(near(SURROGATE));
            }
            out.push(c);
            at = if c == escape { next + c.len_utf8() } else { next };
            continue;
        }
        let (unit, end) = match (hex(next, 4), rest.starts_with('+').then(|| hex(next + 1, 6))) {
            (Some(unit), _) => (unit, next + 4),
            (None, Some(Some(unit))) => (unit, next + 7),
            _ => {
                let hint = "Unicode escapes must be \\XXXX or \\+XXXXXX.";
                return Err(EscapeError::Malformed { at, hint });
            }
        };
        out.extend(half.join(unit).map_err(near)?);
        at = end;
    }
    if half.0.is_some() {
        return Err(EscapeError::Near {
            message: SURROGATE,
            start: raw.len(),
            end: raw.len(),
        });
    }
    Ok(out)
}
