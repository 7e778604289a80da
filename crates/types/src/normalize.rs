//! Unicode normalization (UAX #15) of the scripts one meets most.
//!
//! The decompositions of Latin, Greek, Cyrillic and kana lie beside this file, one a line: the character, then
//! what it decomposes into; `~` marks those that only the K forms undo. Hangul is reckoned. Text with characters
//! for which no decomposition is known here is refused.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::{Error, Result, SqlState};

static DECOMPOSITIONS: &str = include_str!("normalize.txt");

/// The forms NFC, NFD, NFKC and NFKD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    compose: bool,
    compatible: bool,
}

impl Form {
    pub fn named(name: &str) -> Result<Form> {
        let (compose, compatible) = match name.to_ascii_uppercase().as_str() {
            "NFC" => (true, false),
            "NFD" => (false, false),
            "NFKC" => (true, true),
            "NFKD" => (false, true),
            _ => {
                let message = format!("invalid normalization form: {name}");
                return Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message));
            }
        };
        Ok(Form { compose, compatible })
    }
}

struct Tables {
    canonical: HashMap<char, &'static str>,
    compatible: HashMap<char, &'static str>,
    composed: HashMap<(char, char), char>,
}

fn tables() -> &'static Tables {
    static TABLES: OnceLock<Tables> = OnceLock::new();
    TABLES.get_or_init(|| {
        let mut tables = Tables {
            canonical: HashMap::new(),
            compatible: HashMap::new(),
            composed: HashMap::new(),
        };
        for line in DECOMPOSITIONS.lines() {
            let (row, compatible) = line.strip_prefix('~').map_or((line, false), |row| (row, true));
            let Some(c) = row.chars().next() else { continue };
            let parts = row.get(c.len_utf8()..).unwrap_or_default();
            if compatible {
                tables.compatible.insert(c, parts);
                continue;
            }
            tables.canonical.insert(c, parts);
            let mut chars = parts.chars();
            // Characters that stand for one other, or begin with a mark, are not composed again.
            if let (Some(first), Some(second)) = (chars.next(), chars.next())
                && combining_class(first) == 0
            {
                tables.composed.insert((first, second), c);
            }
        }
        tables
    })
}

/// Where nothing decomposes but what the tables hold.
const KNOWN: [(u32, u32); 9] = [
    (0x0000, 0x04FF),
    (0x1100, 0x11FF),
    (0x1E00, 0x1FFF),
    (0x2010, 0x2010),
    (0x2012, 0x2016),
    (0x2018, 0x2023),
    (0x3040, 0x30FF),
    (0x3400, 0x9FFF),
    (0xAC00, 0xD7A3),
];
/// Emoji.
const SYMBOLS: (u32, u32) = (0x1F300, 0x1FAFF);

/// Canonical combining classes other than 0.
#[rustfmt::skip]
const COMBINING: [(u32, u32, u8); 32] = [
    (0x300, 0x314, 230), (0x315, 0x315, 232), (0x316, 0x319, 220), (0x31A, 0x31A, 232), (0x31B, 0x31B, 216),
    (0x31C, 0x320, 220), (0x321, 0x322, 202), (0x323, 0x326, 220), (0x327, 0x328, 202), (0x329, 0x333, 220),
    (0x334, 0x338, 1), (0x339, 0x33C, 220), (0x33D, 0x344, 230), (0x345, 0x345, 240), (0x346, 0x346, 230),
    (0x347, 0x349, 220), (0x34A, 0x34C, 230), (0x34D, 0x34E, 220), (0x350, 0x352, 230), (0x353, 0x356, 220),
    (0x357, 0x357, 230), (0x358, 0x358, 232), (0x359, 0x35A, 220), (0x35B, 0x35B, 230), (0x35C, 0x35C, 233),
    (0x35D, 0x35E, 234), (0x35F, 0x35F, 233), (0x360, 0x361, 234), (0x362, 0x362, 233), (0x363, 0x36F, 230),
    (0x483, 0x487, 230), (0x3099, 0x309A, 8),
];

fn combining_class(c: char) -> u8 {
    let code = u32::from(c);
    let row = COMBINING
        .iter()
        .find(|(first, last, _)| (*first..=*last).contains(&code));
    row.map_or(0, |(_, _, class)| *class)
}

/// The text in a normalization form.
pub fn normalize(text: &str, form: Form) -> Result<String> {
    let mut chars = Vec::with_capacity(text.len());
    for c in text.chars() {
        let code = u32::from(c);
        if !KNOWN
            .iter()
            .chain([&SYMBOLS])
            .any(|(first, last)| (*first..=*last).contains(&code))
        {
            return Err(Error::not_modelled(format!(
                "normalization of the character {c} (U+{code:04X})"
            )));
        }
        decompose(c, form.compatible, &mut chars);
    }
    // Marks on one letter go in the order of their classes.
    let mut start = 0;
    for at in 0..=chars.len() {
        if chars.get(at).is_none_or(|c| combining_class(*c) == 0) {
            if let Some(marks) = chars.get_mut(start..at) {
                marks.sort_by_key(|c| combining_class(*c));
            }
            start = at + 1;
        }
    }
    Ok(if form.compose {
        compose(&chars)
    } else {
        chars.into_iter().collect()
    })
}

/// Hangul syllables are made of a leading consonant, a vowel and perhaps a trailing consonant.
const HANGUL: u32 = 0xAC00;
const LEADING: (u32, u32) = (0x1100, 19);
const VOWEL: (u32, u32) = (0x1161, 21);
const TRAILING: (u32, u32) = (0x11A7, 28);

fn decompose(c: char, compatible: bool, out: &mut Vec<char>) {
    let syllable = u32::from(c).wrapping_sub(HANGUL);
    if syllable < LEADING.1 * VOWEL.1 * TRAILING.1 {
        let trailing = syllable % TRAILING.1;
        out.extend(char::from_u32(LEADING.0 + syllable / (VOWEL.1 * TRAILING.1)));
        out.extend(char::from_u32(VOWEL.0 + syllable / TRAILING.1 % VOWEL.1));
        out.extend(char::from_u32(TRAILING.0 + trailing).filter(|_| trailing > 0));
        return;
    }
    let tables = tables();
    let parts = tables
        .canonical
        .get(&c)
        .or_else(|| tables.compatible.get(&c).filter(|_| compatible));
    match parts {
        Some(parts) => parts.chars().for_each(|part| decompose(part, compatible, out)),
        None => out.push(c),
    }
}

fn compose(chars: &[char]) -> String {
    let mut out: Vec<char> = Vec::with_capacity(chars.len());
    let mut starter: Option<usize> = None;
    let mut last_class = 0;
    for &c in chars {
        let class = combining_class(c);
        let blocked = starter.is_some_and(|at| at + 1 < out.len() && (last_class >= class || class == 0));
        let base = starter.and_then(|at| out.get(at)).copied();
        let whole = base.filter(|_| !blocked).and_then(|base| composition(base, c));
        if let (Some(whole), Some(place)) = (whole, starter.and_then(|at| out.get_mut(at))) {
            *place = whole;
            continue;
        }
        if class == 0 {
            starter = Some(out.len());
        }
        last_class = class;
        out.push(c);
    }
    out.into_iter().collect()
}

fn composition(first: char, second: char) -> Option<char> {
    let (a, b) = (u32::from(first), u32::from(second));
    let within = |code: u32, (start, count): (u32, u32)| code.checked_sub(start).filter(|offset| *offset < count);
    if let (Some(leading), Some(vowel)) = (within(a, LEADING), within(b, VOWEL)) {
        return char::from_u32(HANGUL + (leading * VOWEL.1 + vowel) * TRAILING.1);
    }
    let syllable = within(a, (HANGUL, LEADING.1 * VOWEL.1 * TRAILING.1));
    if let (Some(syllable), Some(trailing @ 1..)) = (syllable, within(b, TRAILING))
        && syllable.is_multiple_of(TRAILING.1)
    {
        return char::from_u32(a + trailing);
    }
    tables().composed.get(&(first, second)).copied()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn text_goes_to_the_four_forms() {
        for (text, form, expect) in [
            ("e\u{301}", "NFC", "é"),
            ("é", "NFD", "e\u{301}"),
            ("½", "NFKC", "1\u{2044}2"),
            ("½", "NFC", "½"),
            ("a\u{323}\u{307}", "NFC", "ạ\u{307}"),
            ("a\u{307}\u{323}", "NFD", "a\u{323}\u{307}"),
            ("ǖ", "NFD", "u\u{308}\u{304}"),
            ("u\u{308}\u{304}", "nfc", "ǖ"),
            ("각", "NFD", "\u{1100}\u{1161}\u{11A8}"),
            ("\u{1100}\u{1161}\u{11A8}", "NFC", "각"),
            ("か\u{3099}", "NFC", "が"),
            ("日本 plain 😀", "NFKD", "日本 plain 😀"),
            ("\u{344}", "NFC", "\u{308}\u{301}"),
        ] {
            assert_eq!(
                normalize(text, Form::named(form).unwrap()).unwrap(),
                expect,
                "{text} {form}"
            );
        }
        assert!(normalize("\u{FB01}", Form::named("NFC").unwrap()).is_err());
        assert!(Form::named("NFX").is_err());
    }
}
