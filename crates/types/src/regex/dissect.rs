//! Shares out a match among the parts of a pattern, to learn its groups.

use std::collections::HashSet;

use super::positions::Positions;
use super::search::Search;
use super::{Node, Span, Wish};
use crate::Result;
use crate::functions::text::lower;

type Groups = Vec<Option<Span>>;

impl Search<'_> {
    /// The groups of a match from `start` to `end`; None if references back rule it out.
    pub fn groups(&mut self, start: usize, end: usize) -> Result<Option<Groups>> {
        let regex = self.regex;
        let mut groups = vec![None; regex.groups + 1];
        if !self.dissect(&regex.root, (start, end), &mut groups)? {
            return Ok(None);
        }
        if let Some(whole) = groups.first_mut() {
            *whole = Some((start, end));
        }
        Ok(Some(groups))
    }

    /// Whether the node matches exactly this span, which its ends say it can.
    fn dissect(&mut self, node: &Node, span: Span, groups: &mut Groups) -> Result<bool> {
        if !node.has_groups() {
            return Ok(true);
        }
        match node {
            Node::Capture(number, inner) => {
                if !self.dissect(inner, span, groups)? {
                    return Ok(false);
                }
                if let Some(group) = groups.get_mut(*number) {
                    *group = Some(span);
                }
                Ok(true)
            }
            Node::Concat(nodes) => self.dissect_in_turn(nodes, span, groups),
            Node::Alternate(branches) => {
                for branch in branches {
                    let before = groups.clone();
                    if self.can_match(branch, span)? && self.dissect(branch, span, groups)? {
                        return Ok(true);
                    }
                    *groups = before;
                }
                Ok(false)
            }
            Node::Repeat { node, min, max, .. } => {
                // Once, if only with the empty string, comes before not at all.
                let (least, mut failed) = ((*min).max(1), HashSet::new());
                let before = groups.clone();
                let possible = max.is_none_or(|max| max >= least);
                if possible && self.dissect_repeat((node, least, *max), span, 0, groups, &mut failed)? {
                    return Ok(true);
                }
                *groups = before;
                Ok(*min == 0 && span.0 == span.1)
            }
            Node::BackReference(number) => Ok(self.refers(*number, span, groups)),
            _ => Ok(true),
        }
    }

    fn can_match(&mut self, node: &Node, (start, end): Span) -> Result<bool> {
        Ok(self.ends(node, Positions::single(self.places(), start))?.contains(end))
    }

    /// Where the node can end from here up to a limit, what it wishes most first.
    fn choices(&mut self, node: &Node, (start, limit): Span) -> Result<Vec<usize>> {
        let ends = self.ends(node, Positions::single(self.places(), start))?;
        let mut choices: Vec<usize> = ends.iter().take_while(|end| *end <= limit).collect();
        if node.wish() != Wish::Short {
            choices.reverse();
        }
        Ok(choices)
    }

    fn dissect_in_turn(&mut self, nodes: &[Node], (start, end): Span, groups: &mut Groups) -> Result<bool> {
        let Some((first, rest)) = nodes.split_first() else {
            return Ok(start == end);
        };
        if rest.is_empty() {
            return Ok(self.can_match(first, (start, end))? && self.dissect(first, (start, end), groups)?);
        }
        for middle in self.choices(first, (start, end))? {
            let before = groups.clone();
            let remaining = self.ends_in_turn(rest, Positions::single(self.places(), middle))?;
            if remaining.contains(end)
                && self.dissect(first, (start, middle), groups)?
                && self.dissect_in_turn(rest, (middle, end), groups)?
            {
                return Ok(true);
            }
            *groups = before;
        }
        Ok(false)
    }

    /// Cuts the span into repetitions. Empty ones are made only where the count wants them. `failed` holds the
    /// places and counts from which there was no way on.
    fn dissect_repeat(
        &mut self,
        repeat: (&Node, u32, Option<u32>),
        (start, end): Span,
        count: u32,
        groups: &mut Groups,
        failed: &mut HashSet<(usize, u32)>,
    ) -> Result<bool> {
        let (node, min, max) = repeat;
        if start == end && count >= min {
            return Ok(true);
        }
        if max.is_some_and(|max| count >= max) || failed.contains(&(start, count)) {
            return Ok(false);
        }
        for middle in self.choices(node, (start, end))? {
            if middle == start && count >= min {
                continue;
            }
            let before = groups.clone();
            // Groups tell of the last repetition only.
            node.forget(groups);
            if self.dissect(node, (start, middle), groups)?
                && self.dissect_repeat(repeat, (middle, end), count + 1, groups, failed)?
            {
                return Ok(true);
            }
            *groups = before;
        }
        // With references back, another cut before may lead to another end.
        if !node.has_back_reference() {
            failed.insert((start, count));
        }
        Ok(false)
    }

    fn refers(&self, number: usize, (start, end): Span, groups: &Groups) -> bool {
        let Some(Some((from, to))) = groups.get(number).copied() else {
            return false;
        };
        let (Some(earlier), Some(here)) = (self.text.get(from..to), self.text.get(start..end)) else {
            return false;
        };
        let same = |(a, b): (&char, &char)| a == b || self.regex.ignore_case && lower(*a) == lower(*b);
        earlier.len() == here.len() && earlier.iter().zip(here).all(same)
    }
}

impl Node {
    /// Clears the groups inside.
    fn forget(&self, groups: &mut Groups) {
        match self {
            Node::Capture(number, inner) => {
                if let Some(group) = groups.get_mut(*number) {
                    *group = None;
                }
                inner.forget(groups);
            }
            Node::Repeat { node, .. } => node.forget(groups),
            Node::Concat(nodes) | Node::Alternate(nodes) => nodes.iter().for_each(|node| node.forget(groups)),
            _ => {}
        }
    }
}
