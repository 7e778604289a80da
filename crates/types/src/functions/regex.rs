//! Functions and operators on regular expressions.

use std::rc::Rc;

use super::kernel::test_patterns;
use super::pattern::similar_to_regex;
use super::text::{check_length, text};
use super::{Family, in_sql, unexpected};
use crate::Datum::{self, Bool, Int4, Null, Text};
use crate::regex::{Options, Regex, Span, set_option};
use crate::{ArrayValue, Error, Implementation, Oid, Result, SqlState};

pub static FUNCTIONS: Family = family! { _call;
    "textregexsubstr" (Text(s), Text(pattern)) => substring(s, pattern);
    "substring" (Text(s), Text(pattern), Text(escape)) => super::pattern::single(escape)
        .and_then(|escape| similar_to_regex(pattern, escape))
        .and_then(|pattern| substring(s, &pattern))
        .map_err(|error| in_sql(error, "substring"));
    "textregexreplace_noopt" (Text(s), Text(pattern), Text(new)) =>
        replace(&Subject::new(s, pattern, Options::default())?, new, 0, 1);
    "textregexreplace" (Text(s), Text(pattern), Text(new), Text(flags)) => {
        if flags.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(invalid_option(flags).hint("If you meant to use regexp_replace() with a start parameter, \
                cast the fourth argument to integer explicitly."));
        }
        let flags = Flags::parse(flags)?;
        replace(&Subject::new(s, pattern, flags.options)?, new, 0, usize::from(!flags.global))
    };
};

/// Functions whose later arguments may be left out: each has several internal names.
macro_rules! optional {
    ($($function:ident: $($name:literal)*;)*) => { &[$($(($name, Implementation::Scalar(|_, args| $function(args)))),*),*] };
}

pub static OPTIONAL: Family = optional! {
    replace_extended: "textregexreplace_extended" "textregexreplace_extended_no_flags" "textregexreplace_extended_no_n";
    regexp_match: "regexp_match" "regexp_match_no_flags";
    regexp_like: "regexp_like" "regexp_like_no_flags";
    regexp_count: "regexp_count" "regexp_count_no_start" "regexp_count_no_flags";
    regexp_instr: "regexp_instr" "regexp_instr_no_start" "regexp_instr_no_n" "regexp_instr_no_endoption"
        "regexp_instr_no_flags" "regexp_instr_no_subexpr";
    regexp_substr: "regexp_substr" "regexp_substr_no_start" "regexp_substr_no_n" "regexp_substr_no_flags"
        "regexp_substr_no_subexpr";
    split_to_array: "regexp_split_to_array" "regexp_split_to_array_no_flags";
};

pub static SETS: Family = &[
    ("regexp_matches", Implementation::Set(|_, args| regexp_matches(args))),
    (
        "regexp_matches_no_flags",
        Implementation::Set(|_, args| regexp_matches(args)),
    ),
    (
        "regexp_split_to_table",
        Implementation::Set(|_, args| split_to_table(args)),
    ),
    (
        "regexp_split_to_table_no_flags",
        Implementation::Set(|_, args| split_to_table(args)),
    ),
];

/// The operators: whether case is ignored, and whether a match is wanted or none.
macro_rules! matching {
    ($($name:literal $ignore_case:literal $wanted:literal,)*) => {
        &[$(($name, Implementation::Vector(
            |_, args| match args {
                [Text(value), Text(pattern)] => {
                    let regex = operator_regex(pattern, $ignore_case)?;
                    Ok(Bool(is_match(&regex, value)? == $wanted))
                }
                _ => Err(unexpected($name, args)),
            },
            |columns, _| test_patterns(
                columns,
                |pattern| operator_regex(pattern, $ignore_case),
                |regex, value| Ok(is_match(regex, value)? == $wanted),
            ),
        ))),*]
    };
}

pub static MATCHING: Family = matching! {
    "textregexeq" false true,
    "textregexne" false false,
    "texticregexeq" true true,
    "texticregexne" true false,
    "nameregexeq" false true,
    "nameregexne" false false,
    "nameicregexeq" true true,
    "nameicregexne" true false,
};

fn operator_regex(pattern: &str, ignore_case: bool) -> Result<Rc<Regex>> {
    Regex::cached(
        pattern,
        Options {
            ignore_case,
            ..Options::default()
        },
    )
}

fn is_match(regex: &Regex, value: &str) -> Result<bool> {
    regex.is_match(&value.chars().collect::<Vec<char>>())
}

/// Option letters of a function's last argument.
#[derive(Default)]
struct Flags {
    options: Options,
    global: bool,
}

impl Flags {
    fn parse(letters: &str) -> Result<Flags> {
        let mut flags = Flags::default();
        for (at, letter) in letters.char_indices() {
            match letter {
                'g' => flags.global = true,
                _ if set_option(&mut flags.options, letter)?.is_some() => {}
                _ => {
                    let end = at + letter.len_utf8();
                    return Err(invalid_option(letters.get(at..end).unwrap_or_default()));
                }
            }
        }
        Ok(flags)
    }

    /// The letters of an argument that may be left out, for a function that finds one match by nature.
    fn single(letters: Option<&Datum>, function: &str) -> Result<Flags> {
        let flags = Flags::of(letters)?;
        if flags.global {
            let error = Error::new(
                SqlState::INVALID_PARAMETER_VALUE,
                format!("{function}() does not support the \"global\" option"),
            );
            return Err(if function == "regexp_match" {
                error.hint("Use the regexp_matches function instead.")
            } else {
                error
            });
        }
        Ok(flags)
    }

    fn of(letters: Option<&Datum>) -> Result<Flags> {
        Flags::parse(letters.and_then(Datum::as_str).unwrap_or_default())
    }
}

fn invalid_option(letter: &str) -> Error {
    Error::new(
        SqlState::INVALID_PARAMETER_VALUE,
        format!("invalid regular expression option: \"{letter}\""),
    )
}

/// A text and the pattern that is looked for in it.
struct Subject {
    chars: Vec<char>,
    regex: Rc<Regex>,
}

type Match = Vec<Option<Span>>;

impl Subject {
    fn new(value: &str, pattern: &str, options: Options) -> Result<Subject> {
        Ok(Subject {
            chars: value.chars().collect(),
            regex: Regex::cached(pattern, options)?,
        })
    }

    fn of(args: &[Datum], options: Options) -> Result<Subject> {
        match args {
            [Text(value), Text(pattern), ..] => Subject::new(value, pattern, options),
            _ => Err(unexpected("a regular expression function", args)),
        }
    }

    fn slice(&self, (start, end): Span) -> String {
        self.chars.get(start..end).unwrap_or_default().iter().collect()
    }

    fn group(&self, found: &Match, number: usize) -> Datum {
        found
            .get(number)
            .copied()
            .flatten()
            .map_or(Null, |span| Text(self.slice(span).into()))
    }

    /// Matches from a place on, one after the other; after an empty one the search moves on by a character.
    fn all(&self, from: usize) -> impl Iterator<Item = Result<Match>> + '_ {
        let mut from = Some(from);
        std::iter::from_fn(move || {
            let found = self.regex.find(&self.chars, from?);
            let whole = |found: &Match| found.first().copied().flatten();
            from = match &found {
                Ok(Some(found)) => whole(found).map(|(start, end)| if start == end { end + 1 } else { end }),
                _ => None,
            };
            found.transpose()
        })
    }

    /// The groups of a match, or the whole if there are none.
    fn groups(&self, found: &Match) -> Datum {
        let values = match self.regex.groups {
            0 => vec![self.group(found, 0)],
            count => (1..=count).map(|number| self.group(found, number)).collect(),
        };
        Datum::Array(ArrayValue::vector(Oid::TEXT, values).into())
    }

    /// What lies between matches. Empty matches at either end, or right after another match, do not cut.
    fn split(&self) -> Result<Vec<Datum>> {
        let mut parts = Vec::new();
        let (mut cut, mut last) = (0, 0);
        for found in self.all(0) {
            if let Some((start, end)) = found?.first().copied().flatten() {
                if start < self.chars.len() && end > last {
                    parts.push(Text(self.slice((cut, start)).into()));
                    cut = end;
                }
                last = end;
            }
        }
        parts.push(Text(self.slice((cut, self.chars.len())).into()));
        Ok(parts)
    }
}

fn substring(value: &str, pattern: &str) -> Result<Datum> {
    let subject = Subject::new(value, pattern, Options::default())?;
    let found = subject.regex.find(&subject.chars, 0)?;
    Ok(found.map_or(Null, |found| {
        subject.group(&found, usize::from(subject.regex.groups > 0))
    }))
}

/// Replaces the `n`th match from a place on, or all if n is 0.
fn replace(subject: &Subject, new: &str, from: usize, n: usize) -> Result<Datum> {
    let mut result = String::new();
    let mut copied = 0;
    for (at, found) in subject.all(from).enumerate() {
        let found = found?;
        if n > 0 && at + 1 != n {
            continue;
        }
        if let Some((start, end)) = found.first().copied().flatten() {
            result.push_str(&subject.slice((copied, start)));
            push_replacement(&mut result, subject, &found, new);
            check_length(result.len())?;
            copied = end;
        }
        if n > 0 {
            break;
        }
    }
    result.push_str(&subject.slice((copied, subject.chars.len())));
    text(result)
}

/// `\1` is a group, `\&` the whole match, `\\` a backslash.
fn push_replacement(result: &mut String, subject: &Subject, found: &Match, new: &str) {
    let mut chars = new.chars().peekable();
    while let Some(c) = chars.next() {
        let group = match (c, chars.peek()) {
            ('\\', Some('&')) => 0,
            ('\\', Some(digit @ '1'..='9')) => digit.to_digit(10).unwrap_or(0) as usize,
            ('\\', Some('\\')) => {
                chars.next();
                result.push('\\');
                continue;
            }
            _ => {
                result.push(c);
                continue;
            }
        };
        chars.next();
        if let Some(span) = found.get(group).copied().flatten() {
            result.push_str(&subject.slice(span));
        }
    }
}

/// An integer argument that may be left out, and must be at least so much.
fn number(args: &[Datum], index: usize, name: &str, least: i32, default: i32) -> Result<usize> {
    let value = match args.get(index) {
        Some(Int4(value)) => *value,
        _ => default,
    };
    if value < least {
        return Err(invalid_parameter(name, value));
    }
    Ok(value as usize)
}

fn invalid_parameter(name: &str, value: i32) -> Error {
    Error::new(
        SqlState::INVALID_PARAMETER_VALUE,
        format!("invalid value for parameter \"{name}\": {value}"),
    )
}

/// text, pattern, replacement, start, n, flags
fn replace_extended(args: &[Datum]) -> Result<Datum> {
    let start = number(args, 3, "start", 1, 1)?;
    let n = number(args, 4, "n", 0, 1)?;
    let flags = Flags::of(args.get(5))?;
    // The g flag counts only if n is left out.
    let n = if args.len() < 5 { usize::from(!flags.global) } else { n };
    let new = args.get(2).and_then(Datum::as_str).unwrap_or_default();
    replace(&Subject::of(args, flags.options)?, new, start - 1, n)
}

/// text, pattern, flags
fn regexp_match(args: &[Datum]) -> Result<Datum> {
    let flags = Flags::single(args.get(2), "regexp_match")?;
    let subject = Subject::of(args, flags.options)?;
    let found = subject.regex.find(&subject.chars, 0)?;
    Ok(found.map_or(Null, |found| subject.groups(&found)))
}

/// text, pattern, flags
fn regexp_matches(args: &[Datum]) -> Result<Vec<Vec<Datum>>> {
    let flags = Flags::of(args.get(2))?;
    let subject = Subject::of(args, flags.options)?;
    let most = if flags.global { usize::MAX } else { 1 };
    subject
        .all(0)
        .take(most)
        .map(|found| Ok(vec![subject.groups(&found?)]))
        .collect()
}

/// text, pattern, flags
fn regexp_like(args: &[Datum]) -> Result<Datum> {
    let flags = Flags::single(args.get(2), "regexp_like")?;
    let subject = Subject::of(args, flags.options)?;
    subject.regex.is_match(&subject.chars).map(Bool)
}

/// text, pattern, start, flags
fn regexp_count(args: &[Datum]) -> Result<Datum> {
    let start = number(args, 2, "start", 1, 1)?;
    let flags = Flags::single(args.get(3), "regexp_count")?;
    let subject = Subject::of(args, flags.options)?;
    let count = subject
        .all(start - 1)
        .try_fold(0, |count, found| found.map(|_| count + 1))?;
    Ok(Int4(count))
}

/// text, pattern, start, n, endoption, flags, subexpr
fn regexp_instr(args: &[Datum]) -> Result<Datum> {
    let start = number(args, 2, "start", 1, 1)?;
    let n = number(args, 3, "n", 1, 1)?;
    let after = number(args, 4, "endoption", 0, 0)?;
    if after > 1 {
        return Err(invalid_parameter("endoption", after as i32));
    }
    let subexpression = number(args, 6, "subexpr", 0, 0)?;
    let flags = Flags::single(args.get(5), "regexp_instr")?;
    let span = nth_group(args, flags.options, start, n, subexpression)?.1;
    Ok(Int4(span.map_or(
        0,
        |(from, to)| if after == 1 { to + 1 } else { from + 1 } as i32,
    )))
}

/// text, pattern, start, n, flags, subexpr
fn regexp_substr(args: &[Datum]) -> Result<Datum> {
    let start = number(args, 2, "start", 1, 1)?;
    let n = number(args, 3, "n", 1, 1)?;
    let subexpression = number(args, 5, "subexpr", 0, 0)?;
    let flags = Flags::single(args.get(4), "regexp_substr")?;
    let (subject, span) = nth_group(args, flags.options, start, n, subexpression)?;
    Ok(span.map_or(Null, |span| Text(subject.slice(span).into())))
}

/// Where a group of the `n`th match lies.
fn nth_group(
    args: &[Datum],
    options: Options,
    start: usize,
    n: usize,
    group: usize,
) -> Result<(Subject, Option<Span>)> {
    let subject = Subject::of(args, options)?;
    let found = subject.all(start - 1).nth(n - 1).transpose()?;
    // Without groups, the whole counts as the first.
    let group = if subject.regex.groups == 0 && group == 1 {
        0
    } else {
        group
    };
    let span = found.and_then(|found| found.get(group).copied().flatten());
    Ok((subject, span))
}

/// text, pattern, flags
fn split_to_array(args: &[Datum]) -> Result<Datum> {
    let flags = Flags::single(args.get(2), "regexp_split_to_array")?;
    let parts = Subject::of(args, flags.options)?.split()?;
    Ok(Datum::Array(ArrayValue::vector(Oid::TEXT, parts).into()))
}

/// text, pattern, flags
fn split_to_table(args: &[Datum]) -> Result<Vec<Vec<Datum>>> {
    let flags = Flags::single(args.get(2), "regexp_split_to_table")?;
    let parts = Subject::of(args, flags.options)?.split()?;
    Ok(parts.into_iter().map(|part| vec![part]).collect())
}
