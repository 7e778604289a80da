//! The zones of the IANA database (2025b), from `zones.txt`.
//!
//! A line is `names|rule|types|changes`: all names that share these clocks since 1970; the POSIX rule that
//! holds after the last change; types as `abbreviation=hours[:minutes]` east, daylight-saving ones marked
//! `*`; and changes, each a letter for its type (`A` is the first) and the time since the change before
//! (first: since 1970 UTC) in quarters of an hour, in base 36, with seconds left over after a dot.

use std::sync::{Arc, OnceLock};

use super::posix::Rule;
use super::{LocalType, Zone};

static LINES: &str = include_str!("zones.txt");

struct Entry {
    name: &'static str,
    lower: String,
    line: &'static str,
    zone: OnceLock<Option<Arc<Zone>>>,
}

/// Sorted by lower-case name.
fn entries() -> &'static [Entry] {
    static ENTRIES: OnceLock<Vec<Entry>> = OnceLock::new();
    ENTRIES.get_or_init(|| {
        let mut entries: Vec<Entry> = LINES
            .lines()
            .flat_map(|line| {
                let names = line.split('|').next().unwrap_or_default();
                names.split(' ').map(move |name| Entry {
                    name,
                    lower: name.to_ascii_lowercase(),
                    line,
                    zone: OnceLock::new(),
                })
            })
            .collect();
        entries.sort_by(|a, b| a.lower.cmp(&b.lower));
        entries
    })
}

/// The zone of this name, in any case.
pub fn lookup(name: &str) -> Option<Arc<Zone>> {
    let lower = name.to_ascii_lowercase();
    let found = entries().binary_search_by(|entry| entry.lower.as_str().cmp(&lower));
    let entry = entries().get(found.ok()?)?;
    entry
        .zone
        .get_or_init(|| parse(entry.name, entry.line).map(Arc::new))
        .clone()
}

/// All names, as `pg_timezone_names` lists them.
pub fn names() -> impl Iterator<Item = &'static str> {
    entries().iter().map(|entry| entry.name)
}

fn parse(name: &str, line: &str) -> Option<Zone> {
    let mut fields = line.split('|').skip(1);
    let rule = Rule::parse(fields.next()?)?;
    let types: Vec<LocalType> = fields.next()?.split(' ').map(local_type).collect::<Option<_>>()?;
    Some(Zone {
        name: name.into(),
        types,
        changes: changes(fields.next()?),
        rule,
    })
}

/// `CEST*=2`
fn local_type(text: &str) -> Option<LocalType> {
    let (name, offset) = text.split_once('=')?;
    Some(LocalType {
        offset: seconds(offset)?,
        is_dst: name.ends_with('*'),
        abbreviation: name.trim_end_matches('*').into(),
    })
}

/// `-3:30` in seconds.
pub(super) fn seconds(text: &str) -> Option<i32> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let mut total = 0;
    for (part, unit) in digits.split(':').zip([3600, 60, 1]) {
        total += part.parse::<i32>().ok()? * unit;
    }
    Some(sign * total)
}

fn changes(text: &str) -> Vec<(i64, usize)> {
    let mut changes = Vec::new();
    let mut time = 0;
    let mut rest = text.as_bytes();
    while let [kind, tail @ ..] = rest {
        let end = tail.iter().position(u8::is_ascii_uppercase).unwrap_or(tail.len());
        let (digits, after) = tail.split_at(end);
        rest = after;
        let mut parts = digits.split(|&b| b == b'.');
        let quarters = number(parts.next(), 36);
        time += quarters * 900 + number(parts.next(), 10);
        changes.push((time, usize::from(kind.saturating_sub(b'A'))));
    }
    changes
}

fn number(digits: Option<&[u8]>, radix: u32) -> i64 {
    let value = |&digit: &u8| char::from(digit).to_digit(radix).map_or(0, i64::from);
    digits
        .unwrap_or_default()
        .iter()
        .fold(0, |number, digit| number * i64::from(radix) + value(digit))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_line_can_be_read() {
        for name in names() {
            let zone = lookup(name).unwrap();
            assert!(zone.changes.windows(2).all(|w| w[0].0 < w[1].0), "{name}");
            assert!(zone.changes.iter().all(|&(_, i)| i < zone.types.len()));
        }
    }
}
