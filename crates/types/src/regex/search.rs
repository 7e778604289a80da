//! Where matches end, for many starts at once.

use super::class::is_word;
use super::positions::Positions;
use super::{Assertion, Node, Regex, Span, Wish, too_complex};
use crate::Result;

/// Words of bit sets that one search may touch: some seconds of work.
const BUDGET: usize = 400_000_000;

/// One search of a pattern in a text.
pub struct Search<'a> {
    pub regex: &'a Regex,
    pub text: &'a [char],
    budget: usize,
}

impl<'a> Search<'a> {
    pub fn new(regex: &'a Regex, text: &'a [char]) -> Search<'a> {
        Search {
            regex,
            text,
            budget: BUDGET,
        }
    }

    /// Places in the text: one more than it has characters.
    pub fn places(&self) -> usize {
        self.text.len() + 1
    }

    pub fn matches_anywhere(&mut self) -> Result<bool> {
        let everywhere = Positions::range(self.places(), 0, self.text.len());
        let regex = self.regex;
        Ok(!self.ends(&regex.root, everywhere)?.is_empty())
    }

    /// The first match from a place on, with its groups.
    pub fn find(&mut self, from: usize) -> Result<Option<Vec<Option<Span>>>> {
        let regex = self.regex;
        let mut from = from;
        while let Some(start) = self.leftmost_start(from)? {
            let ends = self.ends(&regex.root, Positions::single(self.places(), start))?;
            let mut ends: Vec<usize> = ends.iter().collect();
            if regex.root.wish() != Wish::Short {
                ends.reverse();
            }
            // Only references back can refuse what the ends promise.
            for end in ends {
                if let Some(groups) = self.groups(start, end)? {
                    return Ok(Some(groups));
                }
            }
            from = start + 1;
        }
        Ok(None)
    }

    /// The first place from which the pattern matches, by halving the range of starts.
    fn leftmost_start(&mut self, from: usize) -> Result<Option<usize>> {
        let regex = self.regex;
        let last = self.text.len();
        let any_up_to = |search: &mut Self, high: usize| -> Result<bool> {
            let starts = Positions::range(search.places(), from, high);
            Ok(!search.ends(&regex.root, starts)?.is_empty())
        };
        if from > last || !any_up_to(self, last)? {
            return Ok(None);
        }
        let (mut low, mut high) = (from, last);
        while low < high {
            let middle = low + (high - low) / 2;
            if any_up_to(self, middle)? {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Ok(Some(low))
    }

    /// All places where the node can end if it starts at one of these. A reference back may end anywhere: the
    /// groups are not known yet.
    pub fn ends(&mut self, node: &Node, starts: Positions) -> Result<Positions> {
        self.budget = self.budget.checked_sub(starts.cost() + 1).ok_or_else(too_complex)?;
        if starts.is_empty() {
            return Ok(starts);
        }
        Ok(match node {
            Node::Empty => starts,
            Node::Set(set) => {
                let mut ends = Positions::none(self.places());
                for place in starts.iter() {
                    if self.text.get(place).is_some_and(|&c| set.contains(c)) {
                        ends.insert(place + 1);
                    }
                }
                ends
            }
            Node::Assert(assertion) => {
                let mut ends = starts;
                ends.retain(|place| self.holds(*assertion, place));
                ends
            }
            Node::Look { ahead, positive, node } => self.look(node, *ahead, *positive, starts)?,
            Node::Capture(_, node) => self.ends(node, starts)?,
            Node::Concat(nodes) => self.ends_in_turn(nodes, starts)?,
            Node::Alternate(branches) => {
                let mut ends = Positions::none(self.places());
                for branch in branches {
                    ends.union(&self.ends(branch, starts.clone())?);
                }
                ends
            }
            Node::Repeat { node, min, max, .. } => self.repeat(node, *min, *max, starts)?,
            Node::BackReference(_) => Positions::range(self.places(), starts.first().unwrap_or(0), self.text.len()),
        })
    }

    pub fn ends_in_turn(&mut self, nodes: &[Node], starts: Positions) -> Result<Positions> {
        nodes.iter().try_fold(starts, |places, node| self.ends(node, places))
    }

    fn repeat(&mut self, node: &Node, min: u32, max: Option<u32>, starts: Positions) -> Result<Positions> {
        let mut front = starts;
        for _ in 0..min {
            let next = self.ends(node, front.clone())?;
            if next == front {
                break;
            }
            front = next;
        }
        let mut ends = front.clone();
        let mut count = min;
        while !front.is_empty() && max.is_none_or(|max| count < max) {
            front = self.ends(node, front)?;
            front.subtract(&ends);
            ends.union(&front);
            count += 1;
        }
        Ok(ends)
    }

    fn look(&mut self, node: &Node, ahead: bool, positive: bool, starts: Positions) -> Result<Positions> {
        let places = self.places();
        let behind = match ahead {
            true => None,
            false => Some(self.ends(node, Positions::range(places, 0, self.text.len()))?),
        };
        let mut kept = Positions::none(places);
        for place in starts.iter() {
            let found = match &behind {
                Some(ends) => ends.contains(place),
                None => !self.ends(node, Positions::single(places, place))?.is_empty(),
            };
            if found == positive {
                kept.insert(place);
            }
        }
        Ok(kept)
    }

    fn holds(&self, assertion: Assertion, place: usize) -> bool {
        let before = place.checked_sub(1).and_then(|at| self.text.get(at)).copied();
        let after = self.text.get(place).copied();
        let (word_before, word_after) = (before.is_some_and(is_word), after.is_some_and(is_word));
        match assertion {
            Assertion::TextStart => before.is_none(),
            Assertion::TextEnd => after.is_none(),
            Assertion::LineStart => before.is_none_or(|c| c == '\n'),
            Assertion::LineEnd => after.is_none_or(|c| c == '\n'),
            Assertion::WordStart => !word_before && word_after,
            Assertion::WordEnd => word_before && !word_after,
            Assertion::WordBoundary => word_before != word_after,
            Assertion::NotWordBoundary => word_before == word_after,
        }
    }
}
