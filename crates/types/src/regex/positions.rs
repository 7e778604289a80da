//! Sets of places in a text, one bit each: before the first character, between two, after the last.

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Positions {
    words: Vec<u64>,
    len: usize,
}

impl Positions {
    /// No place of a text with `len` places.
    pub fn none(len: usize) -> Positions {
        Positions {
            words: vec![0; len.div_ceil(64)],
            len,
        }
    }

    pub fn single(len: usize, place: usize) -> Positions {
        let mut positions = Positions::none(len);
        positions.insert(place);
        positions
    }

    /// The places from `first` to `last`, both included.
    pub fn range(len: usize, first: usize, last: usize) -> Positions {
        let mut positions = Positions::none(len);
        (first..=last.min(len.saturating_sub(1))).for_each(|place| positions.insert(place));
        positions
    }

    pub fn insert(&mut self, place: usize) {
        if place < self.len
            && let Some(word) = self.words.get_mut(place / 64)
        {
            *word |= 1 << (place % 64);
        }
    }

    pub fn contains(&self, place: usize) -> bool {
        self.words
            .get(place / 64)
            .is_some_and(|word| word >> (place % 64) & 1 == 1)
    }

    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    pub fn first(&self) -> Option<usize> {
        self.iter().next()
    }

    /// Ascending.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = usize> + '_ {
        (0..self.words.len())
            .filter(|&at| self.words.get(at) != Some(&0))
            .flat_map(move |at| {
                let word = self.words.get(at).copied().unwrap_or(0);
                (0..64)
                    .filter(move |bit| word >> bit & 1 == 1)
                    .map(move |bit| at * 64 + bit)
            })
    }

    pub fn union(&mut self, other: &Positions) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a |= b);
    }

    pub fn subtract(&mut self, other: &Positions) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a &= !b);
    }

    pub fn retain(&mut self, mut keep: impl FnMut(usize) -> bool) {
        let kept: Vec<usize> = self.iter().filter(|&place| keep(place)).collect();
        self.words.fill(0);
        kept.into_iter().for_each(|place| self.insert(place));
    }

    /// Words that an operation on the set touches, as a measure of work.
    pub fn cost(&self) -> usize {
        self.words.len()
    }
}
