//! PostgreSQL's regular expressions ("advanced" ones, AREs).
//!
//! They differ from other flavours in what they match: of all matches that start leftmost, the longest is taken,
//! or the shortest if the first quantified part is non-greedy; and within it, parts that start earlier take what
//! they want first. So a search goes in two steps:
//!
//! - [`parse`] makes a tree of [`Node`]s, with sets of characters from [`class`];
//! - [`search`] finds where matches end, for all starts at once, as [`positions`] (bit sets);
//! - [`dissect`] then shares out the match that was found among the parts, to learn the groups.

use std::cell::RefCell;
use std::rc::Rc;

use crate::{Error, Result, SqlState};

mod class;
mod dissect;
mod parse;
mod positions;
mod search;

use class::Set;
pub(crate) use parse::set_option;

/// How a pattern is read: PostgreSQL's option letters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `i`: capitals and small letters match each other.
    pub ignore_case: bool,
    /// `p` and `n`: `.` and `[^...]` match no newline.
    pub newline_stops: bool,
    /// `w` and `n`: `^` and `$` match around newlines.
    pub newline_anchors: bool,
    /// `x`: white space and comments in the pattern do not count.
    pub expanded: bool,
    /// `q`: nothing is special.
    pub literal: bool,
}

/// A part of a pattern.
#[derive(Debug)]
enum Node {
    Empty,
    Set(Set),
    Assert(Assertion),
    /// `(?=...)`, `(?!...)`, `(?<=...)`, `(?<!...)`.
    Look {
        ahead: bool,
        positive: bool,
        node: Box<Node>,
    },
    /// A group by its number, from 1.
    Capture(usize, Box<Node>),
    Concat(Vec<Node>),
    Alternate(Vec<Node>),
    Repeat {
        node: Box<Node>,
        min: u32,
        max: Option<u32>,
        wish: Wish,
    },
    BackReference(usize),
}

/// Constraints that match the empty string at certain places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Assertion {
    TextStart,
    TextEnd,
    LineStart,
    LineEnd,
    WordStart,
    WordEnd,
    WordBoundary,
    NotWordBoundary,
}

/// Whether a part would rather match much or little.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    None,
    Long,
    Short,
}

/// Start and end of a match or group, in characters.
pub type Span = (usize, usize);

/// A pattern ready to be searched for.
#[derive(Debug)]
pub struct Regex {
    root: Node,
    /// Number of groups.
    pub groups: usize,
    ignore_case: bool,
}

impl Regex {
    /// Reads a pattern; errors are PostgreSQL's, `invalid regular expression: ...`.
    pub fn new(pattern: &str, options: Options) -> Result<Regex> {
        parse::parse(pattern, options)
    }

    /// The same, remembered: statements tend to ask for the same few patterns again and again.
    pub fn cached(pattern: &str, options: Options) -> Result<Rc<Regex>> {
        const REMEMBERED: usize = 32;
        type Entry = (String, Options, Rc<Regex>);
        thread_local! {
            static CACHE: RefCell<Vec<Entry>> = const { RefCell::new(Vec::new()) };
        }
        CACHE.with_borrow_mut(|cache| {
            if let Some(at) = cache.iter().position(|(p, o, _)| p == pattern && *o == options) {
                cache[..=at].rotate_right(1);
            } else {
                let regex = Rc::new(Regex::new(pattern, options)?);
                cache.truncate(REMEMBERED - 1);
                cache.insert(0, (pattern.into(), options, regex));
            }
            cache
                .first()
                .map(|(_, _, regex)| regex.clone())
                .ok_or_else(|| Error::internal("an empty regex cache"))
        })
    }

    /// Whether the pattern matches anywhere.
    pub fn is_match(&self, text: &[char]) -> Result<bool> {
        if self.root.has_back_reference() {
            return Ok(self.find(text, 0)?.is_some());
        }
        search::Search::new(self, text).matches_anywhere()
    }

    /// The first match at or after a position: the whole, then the groups.
    pub fn find(&self, text: &[char], from: usize) -> Result<Option<Vec<Option<Span>>>> {
        search::Search::new(self, text).find(from)
    }
}

impl Node {
    /// Greediness by the rules of PostgreSQL's manual: that of the first part that has one.
    fn wish(&self) -> Wish {
        match self {
            Node::Capture(_, node) => node.wish(),
            Node::Alternate(_) => Wish::Long,
            Node::Concat(nodes) => nodes
                .iter()
                .map(Node::wish)
                .find(|wish| *wish != Wish::None)
                .unwrap_or(Wish::None),
            // `{m}` leaves it to what is repeated.
            Node::Repeat {
                node, wish: Wish::None, ..
            } => node.wish(),
            Node::Repeat { wish, .. } => *wish,
            _ => Wish::None,
        }
    }

    fn any(&self, is: &impl Fn(&Node) -> bool) -> bool {
        is(self)
            || match self {
                Node::Capture(_, node) | Node::Repeat { node, .. } => node.any(is),
                Node::Concat(nodes) | Node::Alternate(nodes) => nodes.iter().any(|node| node.any(is)),
                _ => false,
            }
    }

    fn has_back_reference(&self) -> bool {
        self.any(&|node| matches!(node, Node::BackReference(_)))
    }

    /// Whether how the part matches matters, not only that it does.
    fn has_groups(&self) -> bool {
        self.any(&|node| matches!(node, Node::Capture(..) | Node::BackReference(_)))
    }
}

fn invalid(why: &str) -> Error {
    Error::new(
        SqlState::INVALID_REGULAR_EXPRESSION,
        format!("invalid regular expression: {why}"),
    )
}

fn too_complex() -> Error {
    Error::new(
        SqlState::INVALID_REGULAR_EXPRESSION,
        "regular expression failed: regular expression is too complex",
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    /// The match and its groups, `-` where a group took no part; None for no match.
    fn groups(text: &str, pattern: &str) -> Option<String> {
        let chars: Vec<char> = text.chars().collect();
        let regex = Regex::new(pattern, Options::default()).unwrap();
        let found = regex.find(&chars, 0).unwrap()?;
        let shown = |span: &Option<Span>| match span {
            Some((start, end)) => chars[*start..*end].iter().collect(),
            None => "-".to_string(),
        };
        Some(found.iter().map(shown).collect::<Vec<String>>().join("|"))
    }

    #[test]
    fn the_leftmost_longest_match_is_found() {
        for (text, pattern, expect) in [
            ("foobar", "foo|foobar", Some("foobar")),
            ("xabcabcx", "(abc)+", Some("abcabc|abc")),
            ("XY1234Z", "Y*([0-9]{1,3})", Some("Y123|123")),
            ("XY1234Z", "Y*?([0-9]{1,3})", Some("Y1|1")),
            ("abc01234xyz", "(.*)(\\d+)(.*)", Some("abc01234xyz|abc0123|4|xyz")),
            ("abc01234xyz", "(.*?)(\\d+)(.*)", Some("abc0|abc|0|")),
            (
                "abc01234xyz",
                "(?:(.*?)(\\d+)(.*)){1,1}",
                Some("abc01234xyz|abc|01234|xyz"),
            ),
            ("abcd", "(a|ab)(c|bcd)(d*)", Some("abcd|ab|c|d")),
            ("b", "(a*)*", Some("|")),
            ("b", "(a)*", Some("|-")),
            ("b", "(a*)+", Some("|")),
            ("abab", "(ab)\\1", Some("abab|ab")),
            ("aXbX", "([a-z])X(?=b)", Some("aX|a")),
            ("one two", "\\mtwo\\M", Some("two")),
            ("a\nb", "a.b", Some("a\nb")),
            ("a\nb", "(?n)a.b", None),
            ("ABC", "(?i)b", Some("B")),
            ("a]b", "[]x]", Some("]")),
            ("5}", "5}", Some("5}")),
            ("a{b", "a{b", Some("a{b")),
            ("xyz", "(?<=x)y(?!a)", Some("y")),
            ("", "^$", Some("")),
            ("abc", "", Some("")),
        ] {
            assert_eq!(groups(text, pattern).as_deref(), expect, "{text:?} ~ {pattern:?}");
        }
    }

    #[test]
    fn bad_patterns_are_named() {
        for (pattern, why) in [
            ("(", "parentheses () not balanced"),
            (")", "parentheses () not balanced"),
            ("[", "brackets [] not balanced"),
            ("a**", "quantifier operand invalid"),
            ("*a", "quantifier operand invalid"),
            ("a{2,1}", "invalid repetition count(s)"),
            ("a{1", "braces {} not balanced"),
            ("[z-a]", "invalid character range"),
            ("[[:foo:]]", "invalid character class"),
            ("\\1", "invalid backreference number"),
            ("a\\", "invalid escape \\ sequence"),
        ] {
            let error = Regex::new(pattern, Options::default()).unwrap_err();
            assert_eq!(error.message, format!("invalid regular expression: {why}"), "{pattern}");
        }
    }

    #[test]
    fn work_is_bounded() {
        let text: Vec<char> = "a".repeat(2000).chars().collect();
        let nested = "(((((a{1,255}){1,255}){1,255}){1,255}){1,255})b";
        let regex = Regex::new(nested, Options::default()).unwrap();
        // Either answer will do, as long as there is one.
        let _ = regex.is_match(&text);
        let deep = "(".repeat(100_000) + &")".repeat(100_000);
        assert!(Regex::new(&deep, Options::default()).is_err());
    }
}
