//! Where a node stands in the statement's text.

use std::fmt;

/// A byte offset from the start of the statement text, as PostgreSQL's `ParseLoc`.
///
/// Two locations are always equal, so that trees compare by what they say and not by where they say
/// it (PostgreSQL's `equal()` skips locations, too).
#[derive(Clone, Copy)]
pub struct Location(u32);

impl Location {
    /// No place in the text: the node was made up by the parser.
    pub const UNKNOWN: Location = Location(u32::MAX);

    /// The location of the byte at `offset`; offsets beyond 4 GB are unknown.
    pub fn new(offset: usize) -> Location {
        Location(u32::try_from(offset).unwrap_or(u32::MAX))
    }

    /// The byte offset, or nothing for a made-up node.
    pub fn offset(self) -> Option<usize> {
        (self.0 != u32::MAX).then_some(self.0 as usize)
    }

    /// The leftmost of two locations, where an unknown one yields to the other
    /// (PostgreSQL's `leftmostLoc`).
    pub fn leftmost(self, other: Location) -> Location {
        Location(self.0.min(other.0))
    }
}

/// The form in which errors carry a position.
impl From<Location> for Option<u32> {
    fn from(location: Location) -> Option<u32> {
        (location.0 != u32::MAX).then_some(location.0)
    }
}

impl Default for Location {
    fn default() -> Location {
        Location::UNKNOWN
    }
}

impl PartialEq for Location {
    fn eq(&self, _: &Location) -> bool {
        true
    }
}

impl Eq for Location {}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.offset() {
            Some(offset) => write!(f, "@{offset}"),
            None => write!(f, "@?"),
        }
    }
}
