//! Cuts the text of a date, time or interval into fields (`ParseDateTime`).

use super::tokens;

/// What a field looks like; what it means depends on its neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Digits, perhaps with one decimal point.
    Number,
    /// Letters.
    Word,
    /// Parts with `-`, `/` or `.` between: a date, or a zone such as `America/New_York`.
    Date,
    /// Digits with colons.
    Time,
    /// A sign and digits: a zone, or a signed number in an interval.
    Zone,
    /// A sign and letters: `-infinity`.
    SignedWord,
}

/// A field, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    pub kind: Kind,
    pub text: String,
}

const MAX_FIELDS: usize = 25;
/// Bytes of all fields together, each with a terminator.
const MAX_LENGTH: usize = 128 + MAX_FIELDS;

struct Cursor<'a> {
    rest: &'a [u8],
}

impl Cursor<'_> {
    fn peek(&self) -> u8 {
        self.rest.first().copied().unwrap_or(0)
    }

    fn skip(&mut self) {
        self.rest = self.rest.get(1..).unwrap_or_default();
    }

    /// Moves characters to `text` while they are wanted.
    fn take(&mut self, text: &mut String, wanted: impl Fn(u8) -> bool) {
        while !self.rest.is_empty() && wanted(self.peek()) {
            text.push(char::from(self.peek().to_ascii_lowercase()));
            self.skip();
        }
    }

    fn digits(&mut self, text: &mut String) {
        self.take(text, |b| b.is_ascii_digit());
    }

    fn spaces(&mut self) {
        while is_space(self.peek()) {
            self.skip();
        }
    }
}

pub fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// The fields of a text; None where it has characters that no field can have, or too many of them.
pub fn fields(text: &str) -> Option<Vec<Field>> {
    let mut cursor = Cursor { rest: text.as_bytes() };
    let mut fields = Vec::new();
    let mut length = 0;
    while !cursor.rest.is_empty() {
        let mut text = String::new();
        let kind = match cursor.peek() {
            b if is_space(b) => {
                cursor.skip();
                continue;
            }
            b if b.is_ascii_digit() => number(&mut cursor, &mut text),
            b'.' => {
                text.push('.');
                cursor.skip();
                cursor.digits(&mut text);
                Kind::Number
            }
            b if b.is_ascii_alphabetic() => letters(&mut cursor, &mut text),
            b'+' | b'-' => signed(&mut cursor, &mut text)?,
            b if b.is_ascii_punctuation() => {
                cursor.skip();
                continue;
            }
            _ => return None,
        };
        length += text.len() + 1;
        if fields.len() >= MAX_FIELDS || length > MAX_LENGTH {
            return None;
        }
        fields.push(Field { kind, text });
    }
    Some(fields)
}

/// A number, a time, or a date that begins with a digit.
fn number(cursor: &mut Cursor<'_>, text: &mut String) -> Kind {
    cursor.digits(text);
    match cursor.peek() {
        b':' => {
            cursor.take(text, |b| b.is_ascii_digit() || matches!(b, b':' | b'.'));
            Kind::Time
        }
        delimiter @ (b'-' | b'/' | b'.') => {
            text.push(char::from(delimiter));
            cursor.skip();
            if !cursor.peek().is_ascii_digit() {
                cursor.take(text, |b| b.is_ascii_alphanumeric() || b == delimiter);
                return Kind::Date;
            }
            cursor.digits(text);
            if cursor.peek() == delimiter {
                cursor.take(text, |b| b.is_ascii_digit() || b == delimiter);
                Kind::Date
            } else if delimiter == b'.' {
                Kind::Number
            } else {
                Kind::Date
            }
        }
        _ => Kind::Number,
    }
}

/// A word, or a date or zone that begins with one.
fn letters(cursor: &mut Cursor<'_>, text: &mut String) -> Kind {
    cursor.take(text, |b| b.is_ascii_alphabetic());
    let joined = match cursor.peek() {
        b'-' | b'/' | b'.' => true,
        // `EST+3` is a zone, but `y2001` is a labelled number.
        b'+' => tokens::word(text).is_none(),
        b if b.is_ascii_digit() => tokens::word(text).is_none(),
        _ => false,
    };
    if !joined {
        return Kind::Word;
    }
    cursor.take(text, |b| {
        b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'/' | b'_' | b'.' | b':')
    });
    Kind::Date
}

fn signed(cursor: &mut Cursor<'_>, text: &mut String) -> Option<Kind> {
    text.push(char::from(cursor.peek()));
    cursor.skip();
    cursor.spaces();
    match cursor.peek() {
        b if b.is_ascii_digit() => {
            cursor.take(text, |b| b.is_ascii_digit() || matches!(b, b':' | b'.' | b'-'));
            Some(Kind::Zone)
        }
        b if b.is_ascii_alphabetic() => {
            cursor.take(text, |b| b.is_ascii_alphabetic());
            Some(Kind::SignedWord)
        }
        _ => None,
    }
}
