//! Templates for numbers.

use super::super::template::strip_either;
use crate::{Error, Result, SqlState};

/// What a pattern does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// `9` and `0`.
    Digit,
    Zero,
    /// `.` and `D`.
    Point,
    Comma,
    /// `G`
    Group,
    /// `L`
    Currency,
    /// `MI`, `PL`, `SG`
    Minus,
    Plus,
    Sign,
    /// `RN` and `rn`; true: upper case.
    Roman(bool),
    /// `TH` and `th`.
    Ordinal(bool),
    /// `B`, `C`, `FM`, `PR`, `S`, `SP`, `V`, `EEEE`: noted in the flags, they write nothing where they stand.
    Noted,
}

#[derive(Clone, Copy, Debug)]
pub enum Node {
    Action(Action),
    Char(char),
}

/// Where `S` puts the sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignPlace {
    Before,
    After,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Flags {
    pub point: bool,
    pub fill: bool,
    pub zero: bool,
    pub brackets: bool,
    pub minus: bool,
    pub plus: bool,
    pub roman: bool,
    /// `V`
    pub shift: bool,
    /// `EEEE`
    pub exponent: bool,
    /// `S`
    pub sign: Option<SignPlace>,
}

/// A template with what its patterns tell together (`NUMDesc`).
#[derive(Clone, Debug, Default)]
pub struct Template {
    pub nodes: Vec<Node>,
    pub flags: Flags,
    /// Digits before and after the point, and after `V`.
    pub before: usize,
    pub after: usize,
    pub shift: usize,
    /// Position from 1 of the first `0`; 0: none.
    pub zero_start: usize,
    /// Position of the last `0`.
    pub zero_end: usize,
    /// Digits that stood before `S`.
    digits_before_sign: usize,
}

/// Patterns by name, longer ones before their beginnings.
const NAMES: &[&str] = &[
    "EEEE", "FM", "MI", "PL", "PR", "RN", "SG", "SP", "TH", ",", ".", "0", "9", "B", "C", "D", "G", "L", "S", "V",
];

fn syntax(message: &str) -> Error {
    Error::new(SqlState::SYNTAX_ERROR, message)
}

impl Template {
    pub fn parse(text: &str) -> Result<Template> {
        let mut template = Template::default();
        let mut rest = text;
        while !rest.is_empty() {
            let lower = |name: &str| name.to_ascii_lowercase();
            let found = NAMES
                .iter()
                .find_map(|name| Some((*name, strip_either(rest, name, &lower(name))?)));
            if let Some((name, after)) = found {
                let upper = rest.starts_with(name);
                template.note(name)?;
                template.nodes.push(Node::Action(action(name, upper)));
                rest = after;
            } else if let Some(quoted) = rest.strip_prefix('"') {
                rest = template.quoted(quoted);
            } else {
                if rest.starts_with("\\\"") {
                    rest = rest.get(1..).unwrap_or_default();
                }
                let mut chars = rest.chars();
                template.nodes.extend(chars.next().map(Node::Char));
                rest = chars.as_str();
            }
        }
        template.place_sign();
        Ok(template)
    }

    fn quoted<'a>(&mut self, text: &'a str) -> &'a str {
        let mut chars = text.chars();
        while let Some(mut c) = chars.next() {
            if c == '"' {
                break;
            }
            if c == '\\' {
                c = chars.next().unwrap_or(c);
            }
            self.nodes.push(Node::Char(c));
        }
        chars.as_str()
    }

    /// `S` after all digits stands behind the number.
    fn place_sign(&mut self) {
        let apart = self.flags.plus || self.flags.minus;
        if !apart && self.flags.sign == Some(SignPlace::Before) && self.before == self.digits_before_sign {
            self.flags.sign = Some(SignPlace::After);
        }
    }

    /// Takes a pattern into account, and refuses what does not go together.
    fn note(&mut self, name: &str) -> Result<()> {
        let flags = &mut self.flags;
        if flags.exponent && name != "EEEE" {
            return Err(syntax("\"EEEE\" must be the last pattern used"));
        }
        match name {
            "9" | "0" if flags.brackets => {
                return Err(syntax(&format!("\"{name}\" must be ahead of \"PR\"")));
            }
            "9" if flags.shift => self.shift += 1,
            "9" if flags.point => self.after += 1,
            "9" => self.before += 1,
            "0" => {
                if !flags.zero && !flags.point {
                    flags.zero = true;
                    self.zero_start = self.before + 1;
                }
                if flags.point {
                    self.after += 1;
                } else {
                    self.before += 1;
                }
                self.zero_end = self.before + self.after;
            }
            "." | "D" => {
                if flags.point {
                    return Err(syntax("multiple decimal points"));
                }
                if flags.shift {
                    return Err(syntax("cannot use \"V\" and decimal point together"));
                }
                flags.point = true;
            }
            "FM" => flags.fill = true,
            "RN" => flags.roman = true,
            "V" if flags.point => {
                return Err(syntax("cannot use \"V\" and decimal point together"));
            }
            "V" => flags.shift = true,
            "S" | "MI" | "PL" | "SG" | "PR" => self.note_sign(name)?,
            "EEEE" => self.note_exponent()?,
            _ => {}
        }
        Ok(())
    }

    fn note_sign(&mut self, name: &str) -> Result<()> {
        let flags = &mut self.flags;
        if name != "S" && name != "PR" && flags.sign.is_some() {
            return Err(syntax(&format!("cannot use \"S\" and \"{name}\" together")));
        }
        match name {
            "S" => {
                if flags.sign.is_some() {
                    return Err(syntax("cannot use \"S\" twice"));
                }
                if flags.plus || flags.minus || flags.brackets {
                    return Err(syntax("cannot use \"S\" and \"PL\"/\"MI\"/\"SG\"/\"PR\" together"));
                }
                if flags.point {
                    flags.sign = Some(SignPlace::After);
                } else {
                    flags.sign = Some(SignPlace::Before);
                    self.digits_before_sign = self.before;
                }
            }
            "MI" => flags.minus = true,
            "PL" => flags.plus = true,
            "SG" => (flags.minus, flags.plus) = (true, true),
            _ => {
                if flags.sign.is_some() || flags.plus || flags.minus {
                    return Err(syntax("cannot use \"PR\" and \"S\"/\"PL\"/\"MI\"/\"SG\" together"));
                }
                flags.brackets = true;
            }
        }
        Ok(())
    }

    fn note_exponent(&mut self) -> Result<()> {
        let flags = &mut self.flags;
        if flags.exponent {
            return Err(syntax("cannot use \"EEEE\" twice"));
        }
        let others = flags.fill
            || flags.sign.is_some()
            || flags.brackets
            || flags.minus
            || flags.plus
            || flags.roman
            || flags.shift;
        if others {
            return Err(syntax("\"EEEE\" is incompatible with other formats")
                .detail("\"EEEE\" may only be used together with digit and decimal point patterns."));
        }
        flags.exponent = true;
        Ok(())
    }
}

fn action(name: &str, upper: bool) -> Action {
    match name {
        "9" => Action::Digit,
        "0" => Action::Zero,
        "." | "D" => Action::Point,
        "," => Action::Comma,
        "G" => Action::Group,
        "L" => Action::Currency,
        "MI" => Action::Minus,
        "PL" => Action::Plus,
        "SG" => Action::Sign,
        "RN" => Action::Roman(upper),
        "TH" => Action::Ordinal(upper),
        _ => Action::Noted,
    }
}
