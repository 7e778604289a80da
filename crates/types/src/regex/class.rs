//! Sets of characters: `a`, `.`, `[a-z_]`, `\d`, `[[:alpha:]]`.

use crate::functions::text::{lower, upper};

/// Named classes, as C's `isalpha` and its kin tell them for Unicode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Alnum,
    Alpha,
    Ascii,
    Blank,
    Cntrl,
    Digit,
    Graph,
    Lower,
    Print,
    Punct,
    Space,
    Upper,
    Word,
    XDigit,
}

impl Class {
    pub fn named(name: &str) -> Option<Class> {
        Some(match name {
            "alnum" => Class::Alnum,
            "alpha" => Class::Alpha,
            "ascii" => Class::Ascii,
            "blank" => Class::Blank,
            "cntrl" => Class::Cntrl,
            "digit" => Class::Digit,
            "graph" => Class::Graph,
            "lower" => Class::Lower,
            "print" => Class::Print,
            "punct" => Class::Punct,
            "space" => Class::Space,
            "upper" => Class::Upper,
            "word" => Class::Word,
            "xdigit" => Class::XDigit,
            _ => return None,
        })
    }

    fn contains(self, c: char) -> bool {
        match self {
            Class::Alnum => c.is_alphanumeric(),
            Class::Alpha => c.is_alphabetic(),
            Class::Ascii => c.is_ascii(),
            Class::Blank => c == ' ' || c == '\t',
            Class::Cntrl => c.is_control(),
            Class::Digit => c.is_ascii_digit(),
            Class::Graph => !c.is_whitespace() && !c.is_control(),
            Class::Lower => c.is_lowercase(),
            Class::Print => !c.is_control(),
            Class::Punct => {
                c.is_ascii_punctuation()
                    || !c.is_ascii() && !c.is_alphanumeric() && !c.is_whitespace() && !c.is_control()
            }
            Class::Space => c.is_whitespace(),
            Class::Upper => c.is_uppercase(),
            Class::Word => is_word(c),
            Class::XDigit => c.is_ascii_hexdigit(),
        }
    }
}

/// Letters, digits and the underscore make words.
pub fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Ranges and classes, or everything but them.
#[derive(Clone, Debug, Default)]
pub struct Set {
    pub ranges: Vec<(char, char)>,
    /// Classes, and whether their complement is meant (`[\D]`).
    pub classes: Vec<(Class, bool)>,
    pub negated: bool,
    pub ignore_case: bool,
    /// A newline is in no case matched.
    pub no_newline: bool,
}

impl Set {
    pub fn single(c: char, ignore_case: bool) -> Set {
        Set {
            ranges: vec![(c, c)],
            ignore_case,
            ..Set::default()
        }
    }

    pub fn any(no_newline: bool) -> Set {
        Set {
            negated: true,
            no_newline,
            ..Set::default()
        }
    }

    pub fn class(class: Class, negated: bool) -> Set {
        Set {
            classes: vec![(class, false)],
            negated,
            ..Set::default()
        }
    }

    pub fn contains(&self, c: char) -> bool {
        if self.no_newline && c == '\n' {
            return false;
        }
        let mut inside = self.lists(c);
        if self.ignore_case && !inside {
            inside = self.lists(lower(c)) || self.lists(upper(c));
        }
        inside != self.negated
    }

    fn lists(&self, c: char) -> bool {
        self.ranges.iter().any(|(first, last)| (*first..=*last).contains(&c))
            || self
                .classes
                .iter()
                .any(|(class, negated)| class.contains(c) != *negated)
    }
}
