//! Arrays from and to text: `{1,2}`, `{{a,"b c"},{NULL,""}}`, `[0:1]={7,8}` (`array_in`, `array_out`).

use super::{ArrayValue, MAX_DIMENSIONS, checked_size, last_subscript, subscript_error, too_many_dimensions};
use crate::{Datum, Environment, Error, Oid, Result, SqlState, io};

/// Reads an array of an element type.
pub fn array_in(env: &dyn Environment, element: Oid, typmod: i32, text: &str) -> Result<Datum> {
    let malformed = |detail: String| malformed(text, &detail);
    let (bounds, body) = bounds(text)?;
    let mut scanner = Scanner::new(body);
    scanner.scan().map_err(|refusal| match refusal {
        Refusal::Malformed(detail) => malformed(detail),
        Refusal::TooManyDimensions(dimensions) => too_many_dimensions(dimensions),
    })?;
    let lengths: &[usize] = if scanner.elements.is_empty() {
        &[]
    } else {
        &scanner.lengths
    };
    let dims = match bounds {
        Some(dims) if dims.iter().map(|(length, _)| length).eq(lengths) => dims,
        Some(_) => {
            return Err(malformed(
                "Specified array dimensions do not match array contents.".into(),
            ));
        }
        None => lengths.iter().map(|&length| (length, 1)).collect(),
    };
    checked_size(lengths.iter().copied())?;
    let value = |text: &Option<String>| match text {
        Some(text) => io::input(env, element, typmod, text),
        None => Ok(Datum::Null),
    };
    let values = scanner.elements.iter().map(value).collect::<Result<_>>()?;
    Ok(Datum::Array(ArrayValue { element, dims, values }.into()))
}

fn malformed(text: &str, detail: &str) -> Error {
    Error::new(
        SqlState::INVALID_TEXT_REPRESENTATION,
        format!("malformed array literal: \"{text}\""),
    )
    .detail(detail)
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t'..='\r')
}

/// Length and lower bound of each dimension.
type Bounds = Vec<(usize, i32)>;

/// `[l:u]...=` before the braces, and what follows.
fn bounds(text: &str) -> Result<(Option<Bounds>, &str)> {
    let fail = |detail: &str| Err(malformed(text, detail));
    let mut rest = text.trim_start_matches(is_space);
    let mut dims = Vec::new();
    while let Some(inside) = rest.strip_prefix('[') {
        if dims.len() == MAX_DIMENSIONS {
            return Err(too_many_dimensions(dims.len() + 1));
        }
        let Some((first, after)) = subscript(inside.trim_start_matches(is_space)) else {
            return fail("\"[\" must introduce explicitly-specified array dimensions.");
        };
        let (lower, upper, after) = match after.strip_prefix(':') {
            None => (1, first, after),
            Some(after) => match subscript(after) {
                Some((upper, after)) => (first, upper, after),
                None => return fail("Missing array dimension value."),
            },
        };
        let Some(after) = after.strip_prefix(']') else {
            return fail("Missing \"]\" after array dimensions.");
        };
        if upper < lower {
            return Err(subscript_error("upper bound cannot be less than lower bound"));
        }
        let length = usize::try_from(i64::from(upper) - i64::from(lower) + 1).unwrap_or(usize::MAX);
        dims.push((length, lower));
        rest = after.trim_start_matches(is_space);
    }
    if dims.is_empty() {
        if !rest.starts_with('{') {
            return fail("Array value must start with \"{\" or dimension information.");
        }
        return Ok((None, rest));
    }
    let Some(rest) = rest.strip_prefix('=') else {
        return fail("Missing \"=\" after array dimensions.");
    };
    let rest = rest.trim_start_matches(is_space);
    if !rest.starts_with('{') {
        return fail("Array contents must start with \"{\".");
    }
    Ok((Some(dims), rest))
}

fn subscript(text: &str) -> Option<(i32, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '-' && c != '+')
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    (end > 0).then(|| (digits.parse().unwrap_or(0), rest))
}

/// What has just been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Nothing,
    LevelStarted,
    Element,
    Quoted,
    QuotedEnded,
    ElementDelimited,
    LevelEnded,
    LevelDelimited,
}

/// Why a text is refused.
enum Refusal {
    Malformed(String),
    TooManyDimensions(usize),
}

/// Reads the braces; the elements of all levels come out in a row.
struct Scanner<'a> {
    text: &'a str,
    state: State,
    /// Open braces.
    level: usize,
    /// Elements of each open level so far.
    counts: [usize; MAX_DIMENSIONS],
    /// Length of each dimension, once a level of it has ended.
    lengths: Vec<usize>,
    elements: Vec<Option<String>>,
    /// The element being read, up to where its last character that is no blank ends, and whether any of it
    /// was quoted or escaped.
    element: String,
    trimmed: usize,
    verbatim: bool,
}

fn unexpected(c: char) -> Refusal {
    Refusal::Malformed(format!("Unexpected \"{c}\" character."))
}

fn refuse(detail: &str) -> Refusal {
    Refusal::Malformed(detail.into())
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str) -> Scanner<'a> {
        Scanner {
            text,
            state: State::Nothing,
            level: 0,
            counts: [0; MAX_DIMENSIONS],
            lengths: Vec::new(),
            elements: Vec::new(),
            element: String::new(),
            trimmed: 0,
            verbatim: false,
        }
    }

    fn scan(&mut self) -> Result<(), Refusal> {
        let mut chars = self.text.chars();
        while self.state != State::LevelEnded || self.level > 0 {
            let c = chars.next().ok_or_else(|| refuse("Unexpected end of input."))?;
            match c {
                '\\' => {
                    self.begin_element(State::Element, || unexpected('\\'))?;
                    let escaped = chars.next().ok_or_else(|| refuse("Unexpected end of input."))?;
                    self.push(escaped, true);
                }
                '"' => self.quote()?,
                c if self.state == State::Quoted => self.push(c, true),
                '{' => self.open()?,
                '}' => self.close()?,
                ',' => self.delimiter()?,
                c if is_space(c) => {
                    if self.state == State::Element {
                        self.element.push(c);
                    }
                }
                c => {
                    self.begin_element(State::Element, || refuse("Unexpected array element."))?;
                    self.push(c, false);
                }
            }
        }
        if chars.all(is_space) {
            Ok(())
        } else {
            Err(refuse("Junk after closing right brace."))
        }
    }

    fn push(&mut self, c: char, verbatim: bool) {
        self.element.push(c);
        self.trimmed = self.element.len();
        self.verbatim |= verbatim;
    }

    /// An element may begin after a brace or a comma, and go on after its beginning.
    fn begin_element(&mut self, kind: State, refusal: impl Fn() -> Refusal) -> Result<(), Refusal> {
        match self.state {
            State::Quoted => Ok(()),
            State::LevelStarted | State::ElementDelimited | State::Element => {
                self.state = kind;
                Ok(())
            }
            _ => Err(refusal()),
        }
    }

    fn quote(&mut self) -> Result<(), Refusal> {
        self.state = match self.state {
            State::Quoted => State::QuotedEnded,
            State::LevelStarted | State::ElementDelimited => State::Quoted,
            _ => return Err(refuse("Unexpected array element.")),
        };
        self.verbatim = true;
        Ok(())
    }

    fn open(&mut self) -> Result<(), Refusal> {
        if !matches!(self.state, State::Nothing | State::LevelStarted | State::LevelDelimited) {
            return Err(unexpected('{'));
        }
        if self.level == MAX_DIMENSIONS {
            return Err(Refusal::TooManyDimensions(self.level + 1));
        }
        self.state = State::LevelStarted;
        if let Some(count) = self.counts.get_mut(self.level) {
            *count = 0;
        }
        self.level += 1;
        Ok(())
    }

    fn close(&mut self) -> Result<(), Refusal> {
        match self.state {
            State::Element | State::QuotedEnded => self.end_element(),
            State::LevelEnded => {}
            State::LevelStarted if self.level == 1 => {}
            _ => return Err(unexpected('}')),
        }
        self.state = State::LevelEnded;
        self.level = self.level.saturating_sub(1);
        let count = self.counts.get(self.level).copied().unwrap_or(0);
        // Inner levels end first: they settle the lengths from the inside out.
        while self.lengths.len() <= self.level {
            self.lengths.push(usize::MAX);
        }
        match self.lengths.get_mut(self.level) {
            Some(length) if *length == usize::MAX => *length = count,
            Some(length) if *length != count => {
                return Err(refuse(
                    "Multidimensional arrays must have sub-arrays with matching dimensions.",
                ));
            }
            _ => {}
        }
        self.count_item();
        Ok(())
    }

    fn delimiter(&mut self) -> Result<(), Refusal> {
        self.state = match self.state {
            State::Element | State::QuotedEnded => {
                self.end_element();
                State::ElementDelimited
            }
            State::LevelEnded => State::LevelDelimited,
            _ => return Err(unexpected(',')),
        };
        Ok(())
    }

    fn end_element(&mut self) {
        self.element.truncate(self.trimmed);
        let text = std::mem::take(&mut self.element);
        let is_null = !self.verbatim && text.eq_ignore_ascii_case("null");
        self.elements.push((!is_null).then_some(text));
        (self.trimmed, self.verbatim) = (0, false);
        self.count_item();
    }

    /// One more element or level in the level that is open.
    fn count_item(&mut self) {
        let open = self.level.checked_sub(1);
        if let Some(count) = open.and_then(|level| self.counts.get_mut(level)) {
            *count += 1;
        }
    }
}

/// Prints an array.
pub fn array_out(env: &dyn Environment, array: &ArrayValue) -> String {
    let mut out = String::new();
    if array.dims.is_empty() {
        return "{}".into();
    }
    if array.dims.iter().any(|&(_, lower)| lower != 1) {
        for &(length, lower) in &array.dims {
            out += &format!("[{lower}:{}]", last_subscript(length, lower));
        }
        out.push('=');
    }
    let mut values = array.values.iter();
    level(env, array, &array.dims, &mut values, &mut out);
    out
}

fn level<'a>(
    env: &dyn Environment,
    array: &ArrayValue,
    dims: &[(usize, i32)],
    values: &mut impl Iterator<Item = &'a Datum>,
    out: &mut String,
) {
    let Some(((length, _), inner)) = dims.split_first() else {
        return;
    };
    out.push('{');
    for index in 0..*length {
        if index > 0 {
            out.push(',');
        }
        if !inner.is_empty() {
            level(env, array, inner, values, out);
            continue;
        }
        match values.next() {
            None | Some(Datum::Null) => *out += "NULL",
            Some(value) => push_element(out, &io::output(env, array.element, value)),
        }
    }
    out.push('}');
}

/// An element in quotes if it would be read otherwise without them.
fn push_element(out: &mut String, text: &str) {
    let special = |c: char| matches!(c, '"' | '\\' | '{' | '}' | ',') || is_space(c);
    if !text.is_empty() && !text.contains(special) && !text.eq_ignore_ascii_case("null") {
        *out += text;
        return;
    }
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
}

/// `int2vectorin`, `oidvectorin`: elements with blanks between, counted from 0.
pub fn vector_in(env: &dyn Environment, element: Oid, text: &str) -> Result<Datum> {
    let words = text.split(is_space).filter(|word| !word.is_empty());
    let values: Vec<Datum> = words
        .map(|word| io::input(env, element, -1, word))
        .collect::<Result<_>>()?;
    let dims = vec![(values.len(), 0)];
    Ok(Datum::Array(ArrayValue { element, dims, values }.into()))
}

/// `int2vectorout`, `oidvectorout`
pub fn vector_out(env: &dyn Environment, array: &ArrayValue) -> String {
    let texts: Vec<_> = array
        .values
        .iter()
        .map(|value| io::output(env, array.element, value))
        .collect();
    texts.join(" ")
}
