//! Picks the digits of a number out of a text by a template.

use super::template::{Action, Node, SignPlace, Template};
use crate::numeric::rounding;
use crate::{Error, Numeric, Result, SqlState};

/// `numeric_to_number`
pub fn to_number(text: &str, template: Template) -> Result<Numeric> {
    let refuse = |pattern: &str| {
        Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            format!("\"{pattern}\" not supported for input"),
        ))
    };
    if template.flags.exponent {
        return refuse("EEEE");
    }
    if template.flags.roman {
        return refuse("RN");
    }
    let mut reader = Reader {
        template: &template,
        rest: text,
        sign: ' ',
        digits: String::new(),
        digits_before: 0,
        digits_after: 0,
        point: false,
    };
    for node in &template.nodes {
        if reader.rest.is_empty() {
            break;
        }
        reader.node(node);
    }
    let scale = reader.digits_after;
    let digits = reader.digits.trim_end_matches('.');
    let number = Numeric::parse(&format!("{}{digits}", reader.sign))?;
    let size = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
    let precision = size(template.before + template.shift + scale);
    let number = if (1..=1000).contains(&precision) {
        number.apply_typmod(rounding::typmod(precision, size(scale)))?
    } else {
        number
    };
    if template.flags.shift {
        let exponent = Numeric::from(-i64::from(size(template.shift)));
        return Ok(number.mul(&Numeric::from(10).power(&exponent)?));
    }
    Ok(number)
}

struct Reader<'a> {
    template: &'a Template,
    rest: &'a str,
    /// A blank until a sign is found.
    sign: char,
    digits: String,
    digits_before: usize,
    digits_after: usize,
    point: bool,
}

impl Reader<'_> {
    fn peek(&self) -> char {
        self.rest.chars().next().unwrap_or('\0')
    }

    fn skip(&mut self) {
        let mut chars = self.rest.chars();
        chars.next();
        self.rest = chars.as_str();
    }

    /// Skips characters that cannot be part of a number.
    fn skip_text(&mut self, count: usize) {
        for _ in 0..count {
            if self.rest.is_empty() || "0123456789.,+-".contains(self.peek()) {
                return;
            }
            self.skip();
        }
    }

    fn node(&mut self, node: &Node) {
        let Node::Action(action) = node else {
            self.skip();
            return;
        };
        match action {
            Action::Digit | Action::Zero | Action::Point => {
                self.digit(*action);
                self.skip();
            }
            Action::Comma | Action::Group => {
                let expected = !self.template.flags.fill || !self.digits.is_empty();
                if expected && self.peek() == ',' {
                    self.skip();
                }
            }
            Action::Currency => self.skip_text(1),
            Action::Ordinal(_) => {
                if self.sign != '-' && !self.template.flags.point {
                    self.skip_text(2);
                }
            }
            Action::Minus => self.sign_or_text("-"),
            Action::Plus => self.sign_or_text("+"),
            Action::Sign => self.sign_or_text("+-"),
            Action::Roman(_) | Action::Noted => {}
        }
    }

    fn sign_or_text(&mut self, signs: &str) {
        if signs.contains(self.peek()) {
            self.sign = self.peek();
            self.skip();
        } else {
            self.skip_text(1);
        }
    }

    /// A sign before the number, a digit or the point, a sign behind. The last character read is left to be
    /// skipped by the caller.
    fn digit(&mut self, action: Action) {
        let flags = &self.template.flags;
        if self.peek() == ' ' {
            self.skip();
        }
        let started = self.digits_before + self.digits_after > 0;
        if self.sign == ' ' && action != Action::Point && !started {
            match self.peek() {
                sign @ ('-' | '+') if flags.sign != Some(SignPlace::After) => {
                    self.sign = sign;
                    self.skip();
                }
                '<' if flags.brackets => {
                    self.sign = '-';
                    self.skip();
                }
                _ => {}
            }
        }
        let c = self.peek();
        let mut read = false;
        if c.is_ascii_digit() {
            if self.point && self.digits_after == self.template.after {
                return;
            }
            self.digits.push(c);
            if self.point {
                self.digits_after += 1;
            } else {
                self.digits_before += 1;
            }
            read = true;
        } else if flags.point && !self.point && c == '.' {
            self.digits.push('.');
            self.point = true;
            read = true;
        }
        if self.sign == ' ' && self.digits_before + self.digits_after > 0 {
            self.sign_behind(read);
        }
    }

    fn sign_behind(&mut self, read: bool) {
        let flags = &self.template.flags;
        if flags.sign.is_some() && read {
            let mut following = self.rest.chars();
            following.next();
            if let Some(sign @ ('-' | '+')) = following.clone().next() {
                self.sign = sign;
                self.rest = following.as_str();
            }
        } else if !read
            && (flags.plus || flags.minus)
            && let sign @ ('-' | '+') = self.peek()
        {
            self.sign = sign;
        }
    }
}
