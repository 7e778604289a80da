//! Writes a number by a template.

use super::super::ordinal::ending;
use super::template::{Action, Node, SignPlace, Template};
use crate::Result;

/// Writes digits, with a point and perhaps a minus sign; too many of them become `#`.
pub fn fixed(template: Template, number: &str) -> String {
    let (negative, digits) = match number.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, number),
    };
    let whole = digits.find('.').unwrap_or(digits.len());
    let digits = if whole > template.before {
        format!("{}.{}", "#".repeat(template.before), "#".repeat(template.after))
    } else {
        digits.to_string()
    };
    let blanks = template.before.saturating_sub(whole);
    Writer::new(template, digits.into_bytes(), negative, blanks).write()
}

/// What `EEEE` makes of NaN and infinities.
pub fn no_exponent(template: &Template) -> String {
    format!(" {}.{}", "#".repeat(template.before), "#".repeat(template.after + 4))
}

/// `RN`: I to MMMCMXCIX, else fifteen `#`.
pub fn roman(template: &Template, number: i32) -> Result<String> {
    let numeral = if (1..4000).contains(&number) {
        roman_numeral(number)
    } else {
        "#".repeat(15)
    };
    let mut out = String::new();
    for node in &template.nodes {
        match node {
            Node::Char(c) => out.push(*c),
            Node::Action(Action::Roman(upper)) => {
                let numeral = if *upper {
                    numeral.clone()
                } else {
                    numeral.to_lowercase()
                };
                out += &if template.flags.fill {
                    numeral
                } else {
                    format!("{numeral:>15}")
                };
            }
            // Nothing has been written yet that these could group.
            Node::Action(Action::Comma | Action::Group) if !template.flags.fill => out.push(' '),
            Node::Action(Action::Currency) => out.push(' '),
            Node::Action(Action::Minus | Action::Plus) if !template.flags.fill => out.push(' '),
            Node::Action(_) => {}
        }
    }
    Ok(out)
}

fn roman_numeral(number: i32) -> String {
    const PARTS: [(i32, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    let mut rest = number;
    let mut out = String::new();
    for (value, letters) in PARTS {
        while rest >= value {
            out += letters;
            rest -= value;
        }
    }
    out
}

/// The state of writing (PostgreSQL's `NUMProc`).
struct Writer {
    template: Template,
    digits: Vec<u8>,
    negative: bool,
    /// Places before the number's first digit.
    blanks: usize,
    /// With `FM`, the last digit worth writing (or the point).
    last_relevant: Option<usize>,
    sign_written: bool,
    /// Places of digits and the point, so far and in all.
    place: usize,
    places: usize,
    /// The next of `digits`.
    next: usize,
    /// A digit has just been written, so a comma makes sense.
    in_number: bool,
    out: String,
}

impl Writer {
    fn new(template: Template, digits: Vec<u8>, negative: bool, blanks: usize) -> Writer {
        let flags = &template.flags;
        let sign_apart = flags.plus || flags.minus;
        let sign_written = if sign_apart {
            // `PL` alone leaves the minus to the number.
            !flags.plus || flags.minus
        } else {
            !negative && flags.fill && flags.sign.is_none()
        };
        let mut writer = Writer {
            last_relevant: None,
            places: template.before + template.after,
            template,
            digits,
            negative,
            blanks,
            sign_written,
            place: 0,
            next: 0,
            in_number: false,
            out: String::new(),
        };
        if !sign_apart && !negative && writer.template.flags.fill {
            writer.template.flags.brackets = false;
        }
        if writer.template.flags.fill && writer.template.flags.point {
            writer.last_relevant = writer.find_last_relevant();
        }
        writer
    }

    /// Trailing zeros after the point do not count, unless the template has `0` there.
    fn find_last_relevant(&self) -> Option<usize> {
        let point = self.digits.iter().position(|&b| b == b'.')?;
        let last_digit = self.digits.iter().rposition(|&b| b != b'0');
        let relevant = last_digit.unwrap_or(point).max(point);
        let zeros = self.template.zero_end.saturating_sub(self.blanks);
        let kept = if zeros > 0 { zeros.min(self.digits.len() - 1) } else { 0 };
        Some(relevant.max(kept))
    }

    fn write(mut self) -> String {
        let nodes = std::mem::take(&mut self.template.nodes);
        for node in nodes {
            match node {
                Node::Char(c) => self.out.push(c),
                Node::Action(action) => self.action(action),
            }
        }
        self.out
    }

    fn action(&mut self, action: Action) {
        let fill = self.template.flags.fill;
        match action {
            Action::Digit | Action::Zero | Action::Point => self.digit(action),
            Action::Comma | Action::Group if self.in_number => self.out.push(','),
            Action::Comma | Action::Group if fill => {}
            Action::Comma | Action::Group | Action::Currency => self.out.push(' '),
            Action::Minus if self.negative => self.out.push('-'),
            Action::Plus if !self.negative => self.out.push('+'),
            Action::Minus | Action::Plus if fill => {}
            Action::Minus | Action::Plus => self.out.push(' '),
            Action::Sign => self.out.push(self.sign()),
            Action::Ordinal(upper) => {
                let plain = self.digits.first() != Some(&b'#') && !self.negative && !self.template.flags.point;
                if plain {
                    let digits = String::from_utf8_lossy(&self.digits).into_owned();
                    self.out += ending(&digits, upper);
                }
            }
            Action::Roman(_) | Action::Noted => {}
        }
    }

    fn sign(&self) -> char {
        if self.negative { '-' } else { '+' }
    }

    fn relevant_is_point(&self) -> bool {
        self.last_relevant.and_then(|i| self.digits.get(i)) == Some(&b'.')
    }

    /// The zero before the point of a number below 1, which `9` does not show.
    fn at_hidden_zero(&self) -> bool {
        !self.template.flags.zero && self.next == 0 && self.digits.first() == Some(&b'0') && self.template.after != 0
    }

    fn in_zeros(&self) -> bool {
        self.template.flags.zero && self.place + 1 >= self.template.zero_start
    }

    /// One place of the number: a blank, a zero, a digit or the point, with the sign at its ends.
    fn digit(&mut self, action: Action) {
        self.in_number = false;
        let starts =
            self.place >= self.blanks || self.template.flags.zero && self.place + 1 == self.template.zero_start;
        if !self.sign_written && starts && (!self.at_hidden_zero() || self.relevant_is_point()) {
            self.leading_sign();
        }
        if self.place < self.blanks {
            if self.in_zeros() {
                self.out.push('0');
                self.in_number = true;
            } else if !self.template.flags.fill {
                self.out.push(' ');
            }
        } else {
            self.next_digit(action);
        }
        self.trailing_sign();
        self.place += 1;
    }

    fn leading_sign(&mut self) {
        let flags = &self.template.flags;
        match flags.sign {
            Some(SignPlace::After) => return,
            Some(SignPlace::Before) => self.out.push(self.sign()),
            None if flags.brackets => self.out.push(if self.negative { '<' } else { ' ' }),
            None if self.negative => self.out.push('-'),
            None if !flags.fill => self.out.push(' '),
            None => {}
        }
        self.sign_written = true;
    }

    fn next_digit(&mut self, action: Action) {
        let fill = self.template.flags.fill;
        match self.digits.get(self.next) {
            Some(b'.') if !self.relevant_is_point() || fill => self.out.push('.'),
            Some(b'.') => {}
            _ if self.last_relevant.is_some_and(|last| self.next > last) && action != Action::Zero => {}
            _ if self.at_hidden_zero() => {
                if !fill {
                    self.out.push(' ');
                } else if self.relevant_is_point() {
                    self.out.push('0');
                }
            }
            Some(&digit) => {
                self.out.push(char::from(digit));
                self.in_number = true;
            }
            None => {}
        }
        if self.next < self.digits.len() {
            self.next += 1;
        }
    }

    /// After the last place come `>` and the sign of a trailing `S`.
    fn trailing_sign(&mut self) {
        let flags = &self.template.flags;
        let at_end = self.place + 1 == self.places + usize::from(flags.point);
        if !at_end || self.last_relevant == Some(self.next) {
            return;
        }
        if self.sign_written && flags.brackets {
            self.out.push(if self.negative { '>' } else { ' ' });
        } else if flags.sign == Some(SignPlace::After) {
            self.out.push(self.sign());
        }
    }
}
