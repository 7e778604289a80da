//! LIKE, ILIKE, and the patterns of SIMILAR TO.

use super::kernel::test_patterns;
use super::text::{lower, text};
use super::{Family, unexpected};
use crate::Datum::{self, Bool, Bytea, Null, Text};
use crate::{Error, Implementation, Result, SqlState};

pub static FUNCTIONS: Family = family! { _call;
    "bytealike" (Bytea(bytes), Bytea(pattern)) => matches(bytes, pattern, &BYTES).map(Bool);
    "byteanlike" (Bytea(bytes), Bytea(pattern)) => matches(bytes, pattern, &BYTES).map(|matched| Bool(!matched));
    "like_escape" (Text(pattern), Text(escape)) => like_escape(pattern, escape);
    "similar_to_escape_1" (Text(pattern)) => similar_to_regex(pattern, Some('\\')).and_then(text);
    "similar_to_escape_2" (Text(pattern), Text(escape)) =>
        similar_to_regex(pattern, single(escape)?).and_then(text);
    "similar_escape" (pattern, escape) => match (pattern, escape) {
        (Null, _) => Ok(Null),
        (Text(pattern), Text(escape)) => similar_to_regex(pattern, single(escape)?).and_then(text),
        (Text(pattern), _) => similar_to_regex(pattern, Some('\\')).and_then(text),
        _ => Ok(Null),
    };
};

/// The operators, for strings: whether case is ignored, and whether a match is wanted or none.
macro_rules! matching {
    ($($name:literal $ignore_case:literal $wanted:literal,)*) => {
        &[$(($name, Implementation::Vector(
            |_, args| match args {
                [Text(value), Text(pattern)] => {
                    Ok(Bool(Like::new(pattern, $ignore_case).matches(value)? == $wanted))
                }
                _ => Err(unexpected($name, args)),
            },
            |columns, _| test_patterns(
                columns,
                |pattern| Ok(Like::new(pattern, $ignore_case)),
                |like, value| Ok(like.matches(value)? == $wanted),
            ),
        ))),*]
    };
}

pub static LIKE: Family = matching! {
    "textlike" false true,
    "textnlike" false false,
    "namelike" false true,
    "namenlike" false false,
    "texticlike" true true,
    "texticnlike" true false,
    "nameiclike" true true,
    "nameicnlike" true false,
};

/// A LIKE pattern made ready.
enum Like {
    /// Wildcards stand for characters, but without `_` all may be compared by bytes.
    Bytes(Vec<u8>),
    Chars(Vec<char>),
    Folded(Vec<char>),
}

impl Like {
    fn new(pattern: &str, ignore_case: bool) -> Like {
        match ignore_case {
            true => Like::Folded(pattern.chars().map(lower).collect()),
            false if pattern.contains('_') => Like::Chars(pattern.chars().collect()),
            false => Like::Bytes(pattern.as_bytes().to_vec()),
        }
    }

    fn matches(&self, value: &str) -> Result<bool> {
        match self {
            Like::Bytes(pattern) => matches(value.as_bytes(), pattern, &BYTES),
            Like::Chars(pattern) => matches(&value.chars().collect::<Vec<char>>(), pattern, &CHARS),
            Like::Folded(pattern) => matches(&value.chars().map(lower).collect::<Vec<char>>(), pattern, &CHARS),
        }
    }
}

/// What the special characters are among bytes or chars.
struct Wildcards<T> {
    any: T,
    one: T,
    escape: T,
}

const BYTES: Wildcards<u8> = Wildcards {
    any: b'%',
    one: b'_',
    escape: b'\\',
};
const CHARS: Wildcards<char> = Wildcards {
    any: '%',
    one: '_',
    escape: '\\',
};

/// Matches with one point to come back to: after a `%`, only the last one needs to be tried again.
fn matches<T: Copy + PartialEq>(value: &[T], pattern: &[T], special: &Wildcards<T>) -> Result<bool> {
    let (mut at, mut place) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    loop {
        match (value.get(at), pattern.get(place)) {
            (_, Some(p)) if *p == special.any => {
                place += 1;
                back = Some((at, place));
                if at < value.len() {
                    check_escape(pattern.get(place..).unwrap_or_default(), special)?;
                }
                continue;
            }
            (Some(_), Some(p)) if *p == special.one => {
                at += 1;
                place += 1;
                continue;
            }
            (Some(v), Some(p)) => {
                let escaped = usize::from(*p == special.escape);
                let literal = pattern.get(place + escaped).ok_or_else(ends_with_escape)?;
                if v == literal {
                    at += 1;
                    place += 1 + escaped;
                    continue;
                }
            }
            (None, None) => return Ok(true),
            // The pattern has more to come than `%`: no later start can help.
            (None, Some(_)) => return Ok(false),
            (Some(_), None) => {}
        }
        match back {
            Some((start, after)) if start < value.len() => {
                (at, place) = (start + 1, after);
                back = Some((at, after));
            }
            _ => return Ok(false),
        }
    }
}

/// PostgreSQL looks at what follows a `%` before it tries to match it.
fn check_escape<T: Copy + PartialEq>(rest: &[T], special: &Wildcards<T>) -> Result<()> {
    let next = rest.iter().position(|p| *p != special.any && *p != special.one);
    match next.and_then(|at| rest.get(at..)) {
        Some([p]) if *p == special.escape => Err(ends_with_escape()),
        _ => Ok(()),
    }
}

fn ends_with_escape() -> Error {
    Error::new(
        SqlState::INVALID_ESCAPE_SEQUENCE,
        "LIKE pattern must not end with escape character",
    )
}

/// The one character of an ESCAPE clause; none turns escaping off.
pub(super) fn single(escape: &str) -> Result<Option<char>> {
    let mut chars = escape.chars();
    match (chars.next(), chars.next()) {
        (first, None) => Ok(first),
        _ => Err(Error::new(SqlState::INVALID_ESCAPE_SEQUENCE, "invalid escape string")
            .hint("Escape string must be empty or one character.")),
    }
}

/// Rewrites a LIKE pattern with another escape character into one with backslashes.
fn like_escape(pattern: &str, escape: &str) -> Result<Datum> {
    let escape = single(escape)?;
    let mut result = String::new();
    let mut escaped = false;
    for c in pattern.chars() {
        if !escaped && Some(c) == escape {
            result.push('\\');
            escaped = true;
        } else {
            if c == '\\' && !escaped {
                result.push('\\');
            }
            result.push(c);
            escaped = false;
        }
    }
    text(result)
}

/// Rewrites a SIMILAR TO pattern into a regular expression. `escape"` parts the pattern of SUBSTRING in three.
pub(super) fn similar_to_regex(pattern: &str, escape: Option<char>) -> Result<String> {
    let mut result = String::from("^(?:");
    let mut chars = pattern.chars();
    let (mut escaped, mut in_brackets, mut separators) = (false, false, 0);
    while let Some(c) = chars.next() {
        if escaped {
            escaped = false;
            if c == '"' && !in_brackets {
                // The middle part is captured; the first is matched as short as it can be.
                match separators {
                    0 => result.push_str("){1,1}?("),
                    1 => result.push_str("){1,1}(?:"),
                    _ => {
                        return Err(Error::new(
                            SqlState::INVALID_USE_OF_ESCAPE_CHARACTER,
                            "SQL regular expression may not contain more than two escape-double-quote separators",
                        ));
                    }
                }
                separators += 1;
            } else {
                result.push('\\');
                result.push(c);
            }
        } else if Some(c) == escape {
            escaped = true;
        } else if in_brackets {
            if c == '\\' {
                result.push('\\');
            }
            result.push(c);
            in_brackets = c != ']';
        } else {
            match c {
                '[' => {
                    result.push('[');
                    in_brackets = true;
                    // A bracket that comes first, or after a caret, is an ordinary one.
                    let rest = chars.as_str();
                    let ordinary = if rest.starts_with("^]") {
                        2
                    } else {
                        usize::from(rest.starts_with([']', '^']))
                    };
                    result.extend(chars.by_ref().take(ordinary));
                }
                '%' => result.push_str(".*"),
                '_' => result.push('.'),
                // Groups do not capture.
                '(' => result.push_str("(?:"),
                '\\' | '.' | '^' | '$' => {
                    result.push('\\');
                    result.push(c);
                }
                _ => result.push(c),
            }
        }
    }
    result.push_str(")$");
    Ok(result)
}
