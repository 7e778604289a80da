//! Reads a pattern into [`Node`]s.

use super::class::{Class, Set};
use super::{Assertion, Node, Options, Regex, Wish, invalid, too_complex};
use crate::{Error, Result};

/// `DUPMAX`: the greatest count of `{m,n}`.
const MAX_REPEAT: u32 = 255;
/// How deep parentheses may be nested.
const MAX_DEPTH: usize = 100;

const UNBALANCED_PARENTHESES: &str = "parentheses () not balanced";
const UNBALANCED_BRACKETS: &str = "brackets [] not balanced";
const UNBALANCED_BRACES: &str = "braces {} not balanced";
const BAD_QUANTIFIER: &str = "quantifier operand invalid";
const BAD_ESCAPE: &str = "invalid escape \\ sequence";
const BAD_RANGE: &str = "invalid character range";
const BAD_COUNT: &str = "invalid repetition count(s)";
const BAD_REFERENCE: &str = "invalid backreference number";
const BAD_CLASS: &str = "invalid character class";
const BAD_COLLATING: &str = "invalid collating element";
const BAD_OPTION: &str = "invalid embedded option";

pub fn parse(pattern: &str, options: Options) -> Result<Regex> {
    let chars: Vec<char> = pattern.chars().collect();
    let mut parser = Parser {
        chars: &chars,
        at: 0,
        options,
        groups: 0,
        closed: Vec::new(),
        depth: 0,
        capturing: true,
    };
    parser.read_prefix()?;
    let root = if parser.options.literal {
        parser.literal()
    } else {
        parser.alternatives()?
    };
    if parser.at < chars.len() {
        return Err(invalid(UNBALANCED_PARENTHESES));
    }
    Ok(Regex {
        root,
        groups: parser.groups,
        ignore_case: parser.options.ignore_case,
    })
}

struct Parser<'a> {
    chars: &'a [char],
    at: usize,
    options: Options,
    /// Groups opened so far, and those closed.
    groups: usize,
    closed: Vec<usize>,
    depth: usize,
    /// Not inside of a lookaround, whose parentheses do not capture.
    capturing: bool,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    /// Skips a string if it comes next.
    fn eat(&mut self, text: &str) -> bool {
        let count = text.chars().count();
        let next = self.chars.get(self.at..self.at + count);
        let found = next.is_some_and(|next| next.iter().copied().eq(text.chars()));
        self.at += if found { count } else { 0 };
        found
    }

    /// `***:`, `***=` and embedded options `(?i)`.
    fn read_prefix(&mut self) -> Result<()> {
        if self.eat("***=") {
            self.options.literal = true;
        } else if self.eat("***:") {
            self.options.literal = false;
        } else if self.chars.starts_with(&['*', '*', '*']) {
            return Err(invalid(BAD_QUANTIFIER));
        }
        let embedded =
            matches!(self.chars.get(self.at..), Some(['(', '?', letter, ..]) if letter.is_ascii_alphabetic());
        if self.options.literal || !embedded {
            return Ok(());
        }
        self.at += 2;
        loop {
            match self.next() {
                Some(')') => return Ok(()),
                Some(letter) => {
                    set_option(&mut self.options, letter)?.ok_or_else(|| invalid(BAD_OPTION))?;
                }
                None => return Err(invalid(BAD_OPTION)),
            }
        }
    }

    fn literal(&mut self) -> Node {
        let ignore_case = self.options.ignore_case;
        let rest = self.chars.get(self.at..).unwrap_or_default();
        self.at = self.chars.len();
        Node::Concat(rest.iter().map(|&c| Node::Set(Set::single(c, ignore_case))).collect())
    }

    /// White space and comments in expanded syntax; `(?#...)` in any.
    fn skip_ignored(&mut self) -> Result<()> {
        loop {
            if self.eat("(?#") {
                while self.next().ok_or_else(|| invalid(UNBALANCED_PARENTHESES))? != ')' {}
            } else if self.options.expanded && self.peek().is_some_and(char::is_whitespace) {
                self.at += 1;
            } else if self.options.expanded && self.eat("#") {
                while self.next().is_some_and(|c| c != '\n') {}
            } else {
                return Ok(());
            }
        }
    }

    /// Up to the end or a closing parenthesis.
    fn alternatives(&mut self) -> Result<Node> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(too_complex());
        }
        let mut branches = vec![self.branch()?];
        while self.eat("|") {
            branches.push(self.branch()?);
        }
        self.depth -= 1;
        match branches.len() {
            1 => Ok(branches.pop().unwrap_or(Node::Empty)),
            _ => Ok(Node::Alternate(branches)),
        }
    }

    fn branch(&mut self) -> Result<Node> {
        let mut nodes = Vec::new();
        loop {
            self.skip_ignored()?;
            match self.peek() {
                None | Some('|') => break,
                Some(')') if self.depth > 1 => break,
                Some(')') => return Err(invalid(UNBALANCED_PARENTHESES)),
                Some('*' | '+' | '?') => return Err(invalid(BAD_QUANTIFIER)),
                Some('{') if self.is_bound() => return Err(invalid(BAD_QUANTIFIER)),
                Some(_) => {}
            }
            let atom = self.atom()?;
            self.skip_ignored()?;
            nodes.push(self.quantified(atom)?);
        }
        match nodes.len() {
            0 => Ok(Node::Empty),
            1 => Ok(nodes.pop().unwrap_or(Node::Empty)),
            _ => Ok(Node::Concat(nodes)),
        }
    }

    /// `{` begins a bound only before a digit.
    fn is_bound(&self) -> bool {
        self.peek() == Some('{') && self.chars.get(self.at + 1).is_some_and(char::is_ascii_digit)
    }

    fn quantified(&mut self, atom: Node) -> Result<Node> {
        let (min, max, exact) = match self.peek() {
            Some('*') => (0, None, false),
            Some('+') => (1, None, false),
            Some('?') => (0, Some(1), false),
            Some('{') if self.is_bound() => self.bound()?,
            _ => return Ok(atom),
        };
        self.at += 1;
        let short = self.eat("?");
        if matches!(atom, Node::Assert(_) | Node::Look { .. }) {
            return Err(invalid(BAD_QUANTIFIER));
        }
        self.skip_ignored()?;
        if matches!(self.peek(), Some('*' | '+' | '?')) || self.is_bound() {
            return Err(invalid(BAD_QUANTIFIER));
        }
        let wish = match (exact, short) {
            (true, _) => Wish::None,
            (false, true) => Wish::Short,
            (false, false) => Wish::Long,
        };
        Ok(Node::Repeat {
            node: Box::new(atom),
            min,
            max,
            wish,
        })
    }

    /// `{m}`, `{m,}` or `{m,n}` up to its brace, and whether it is the first.
    fn bound(&mut self) -> Result<(u32, Option<u32>, bool)> {
        self.at += 1;
        let min = self.count()?;
        let (max, exact) = if self.eat(",") {
            (
                if self.peek().is_some_and(|c| c.is_ascii_digit()) {
                    Some(self.count()?)
                } else {
                    None
                },
                false,
            )
        } else {
            (Some(min), true)
        };
        match self.peek() {
            Some('}') => {}
            None => return Err(invalid(UNBALANCED_BRACES)),
            Some(_) => return Err(invalid(BAD_COUNT)),
        }
        if max.is_some_and(|max| max < min) {
            return Err(invalid(BAD_COUNT));
        }
        Ok((min, max, exact))
    }

    fn count(&mut self) -> Result<u32> {
        let mut value = 0;
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
            self.at += 1;
            value = value * 10 + digit;
            if value > MAX_REPEAT {
                return Err(invalid(BAD_COUNT));
            }
        }
        Ok(value)
    }

    fn atom(&mut self) -> Result<Node> {
        let options = self.options;
        let line = options.newline_anchors;
        Ok(match self.next() {
            Some('(') => return self.group(),
            Some('[') => return self.bracket(),
            Some('\\') => return self.escape(),
            Some('.') => Node::Set(Set::any(options.newline_stops)),
            Some('^') => Node::Assert(if line {
                Assertion::LineStart
            } else {
                Assertion::TextStart
            }),
            Some('$') => Node::Assert(if line { Assertion::LineEnd } else { Assertion::TextEnd }),
            Some(c) => Node::Set(Set::single(c, options.ignore_case)),
            None => Node::Empty,
        })
    }

    fn group(&mut self) -> Result<Node> {
        let look = [
            ("?=", true, true),
            ("?!", true, false),
            ("?<=", false, true),
            ("?<!", false, false),
        ];
        for (mark, ahead, positive) in look {
            if self.eat(mark) {
                let outer = std::mem::replace(&mut self.capturing, false);
                let node = Box::new(self.alternatives()?);
                self.capturing = outer;
                self.close()?;
                return Ok(Node::Look { ahead, positive, node });
            }
        }
        if self.eat("?:") || !self.capturing {
            let node = self.alternatives()?;
            self.close()?;
            // A constraint in parentheses may be quantified, which it may not be by itself.
            return Ok(Node::Concat(vec![node]));
        }
        if self.peek() == Some('?') {
            return Err(invalid(BAD_QUANTIFIER));
        }
        self.groups += 1;
        let number = self.groups;
        let node = self.alternatives()?;
        self.close()?;
        self.closed.push(number);
        Ok(Node::Capture(number, Box::new(node)))
    }

    fn close(&mut self) -> Result<()> {
        if self.eat(")") {
            Ok(())
        } else {
            Err(invalid(UNBALANCED_PARENTHESES))
        }
    }

    /// What follows a backslash outside of brackets.
    fn escape(&mut self) -> Result<Node> {
        let c = self.next().ok_or_else(|| invalid(BAD_ESCAPE))?;
        if let Some((class, negated)) = class_escape(c) {
            return Ok(Node::Set(Set::class(class, negated)));
        }
        Ok(Node::Assert(match c {
            'A' => Assertion::TextStart,
            'Z' => Assertion::TextEnd,
            'm' => Assertion::WordStart,
            'M' => Assertion::WordEnd,
            'y' => Assertion::WordBoundary,
            'Y' => Assertion::NotWordBoundary,
            '1'..='9' => {
                if !self.capturing {
                    return Err(invalid(BAD_REFERENCE));
                }
                if let Some(number) = self.back_reference(c)? {
                    return Ok(Node::BackReference(number));
                }
                let c = self.character(c)?;
                return Ok(Node::Set(Set::single(c, self.options.ignore_case)));
            }
            _ => {
                let c = self.character(c)?;
                return Ok(Node::Set(Set::single(c, self.options.ignore_case)));
            }
        }))
    }

    /// One digit is always a reference; more are one if there are so many groups, and else an octal character.
    fn back_reference(&mut self, first: char) -> Result<Option<usize>> {
        let start = self.at;
        let mut number = first.to_digit(10).unwrap_or(0) as usize;
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
            self.at += 1;
            number = number.saturating_mul(10).saturating_add(digit as usize);
        }
        if self.at > start && number > self.groups {
            self.at = start;
            return Ok(None);
        }
        if self.closed.contains(&number) {
            Ok(Some(number))
        } else {
            Err(invalid(BAD_REFERENCE))
        }
    }

    /// The character that an escape stands for.
    fn character(&mut self, c: char) -> Result<char> {
        Ok(match c {
            'a' => '\x07',
            'b' => '\x08',
            'B' => '\\',
            'c' => {
                let c = self.next().ok_or_else(|| invalid(BAD_ESCAPE))?;
                char::from_u32(u32::from(c) & 0x1F).ok_or_else(|| invalid(BAD_ESCAPE))?
            }
            'e' => '\x1B',
            'f' => '\x0C',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\x0B',
            'u' => self.code(4, 4, 16)?,
            'U' => self.code(8, 8, 16)?,
            'x' => self.code(1, usize::MAX, 16)?,
            '0'..='9' => {
                self.at -= 1;
                self.code(1, 3, 8)?
            }
            c if c.is_ascii_alphanumeric() => return Err(invalid(BAD_ESCAPE)),
            c => c,
        })
    }

    /// A character by its code in so many digits.
    fn code(&mut self, least: usize, most: usize, radix: u32) -> Result<char> {
        let (mut value, mut count) = (0u32, 0);
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(radix)).filter(|_| count < most) {
            self.at += 1;
            count += 1;
            value = value.saturating_mul(radix).saturating_add(digit);
        }
        char::from_u32(value)
            .filter(|_| count >= least)
            .ok_or_else(|| invalid(BAD_ESCAPE))
    }

    /// `[...]`, after the opening bracket.
    fn bracket(&mut self) -> Result<Node> {
        if self.eat("[:<:]]") {
            return Ok(Node::Assert(Assertion::WordStart));
        }
        if self.eat("[:>:]]") {
            return Ok(Node::Assert(Assertion::WordEnd));
        }
        let negated = self.eat("^");
        let mut set = Set {
            negated,
            ignore_case: self.options.ignore_case,
            no_newline: negated && self.options.newline_stops,
            ..Set::default()
        };
        let mut first = true;
        while first || self.peek() != Some(']') {
            self.bracket_item(&mut set, first)?;
            first = false;
        }
        self.at += 1;
        Ok(Node::Set(set))
    }

    fn bracket_item(&mut self, set: &mut Set, first: bool) -> Result<()> {
        let start = match self.next().ok_or_else(|| invalid(UNBALANCED_BRACKETS))? {
            '[' if self.eat(":") => {
                let name = self.until(":]")?;
                set.classes
                    .push((Class::named(&name).ok_or_else(|| invalid(BAD_CLASS))?, false));
                return Ok(());
            }
            '[' if self.eat("=") => {
                let c = self.collating("=]")?;
                set.ranges.push((c, c));
                return Ok(());
            }
            '[' if self.eat(".") => self.collating(".]")?,
            '\\' => {
                let c = self.next().ok_or_else(|| invalid(BAD_ESCAPE))?;
                if let Some(class) = class_escape(c) {
                    set.classes.push(class);
                    return Ok(());
                }
                self.character(c)?
            }
            // A hyphen is ordinary at the start and the end, and as the end of a range.
            '-' if !first && self.peek() != Some(']') => return Err(invalid(BAD_RANGE)),
            c => c,
        };
        let is_range = self.peek() == Some('-') && self.chars.get(self.at + 1).is_some_and(|&c| c != ']');
        if !is_range {
            set.ranges.push((start, start));
            return Ok(());
        }
        self.at += 1;
        let end = match self.next().ok_or_else(|| invalid(UNBALANCED_BRACKETS))? {
            '[' if self.eat(".") => self.collating(".]")?,
            '\\' => {
                let c = self.next().ok_or_else(|| invalid(BAD_ESCAPE))?;
                self.character(c)?
            }
            c => c,
        };
        if start > end {
            return Err(invalid(BAD_RANGE));
        }
        set.ranges.push((start, end));
        Ok(())
    }

    fn until(&mut self, end: &str) -> Result<String> {
        let mut name = String::new();
        while !self.eat(end) {
            name.push(self.next().ok_or_else(|| invalid(UNBALANCED_BRACKETS))?);
        }
        Ok(name)
    }

    /// A collating element: a single character here, or one of a few names.
    fn collating(&mut self, end: &str) -> Result<char> {
        let name = self.until(end)?;
        let mut chars = name.chars();
        match (chars.next(), chars.next(), name.as_str()) {
            (Some(c), None, _) => Ok(c),
            (_, _, "hyphen") => Ok('-'),
            (_, _, "space") => Ok(' '),
            (_, _, "tab") => Ok('\t'),
            (_, _, "newline") => Ok('\n'),
            (_, _, "period") => Ok('.'),
            (_, _, "comma") => Ok(','),
            (_, _, "slash") => Ok('/'),
            (_, _, "underscore") => Ok('_'),
            _ => Err(invalid(BAD_COLLATING)),
        }
    }
}

fn class_escape(c: char) -> Option<(Class, bool)> {
    Some(match c {
        'd' => (Class::Digit, false),
        'D' => (Class::Digit, true),
        's' => (Class::Space, false),
        'S' => (Class::Space, true),
        'w' => (Class::Word, false),
        'W' => (Class::Word, true),
        _ => return None,
    })
}

/// Sets the option of a letter; None if there is none of it.
pub(crate) fn set_option(options: &mut Options, letter: char) -> Result<Option<()>, Error> {
    match letter {
        'c' => options.ignore_case = false,
        'i' => options.ignore_case = true,
        'm' | 'n' => (options.newline_stops, options.newline_anchors) = (true, true),
        'p' => (options.newline_stops, options.newline_anchors) = (true, false),
        'w' => (options.newline_stops, options.newline_anchors) = (false, true),
        's' => (options.newline_stops, options.newline_anchors) = (false, false),
        'q' => options.literal = true,
        't' => options.expanded = false,
        'x' => options.expanded = true,
        'b' | 'e' => return Err(Error::not_modelled(format!("regular expression option \"{letter}\""))),
        _ => return Ok(None),
    }
    Ok(Some(()))
}
