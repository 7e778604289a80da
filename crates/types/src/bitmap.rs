//! One bit a row: which values of a column are not NULL, which rows a condition keeps.

/// One bit a row, packed in words. Bits past the length are 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bitmap {
    words: Vec<u64>,
    len: usize,
}

impl Bitmap {
    pub fn new(len: usize, value: bool) -> Bitmap {
        let mut bitmap = Bitmap {
            words: vec![if value { u64::MAX } else { 0 }; len.div_ceil(64)],
            len,
        };
        bitmap.clear_tail();
        bitmap
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn get(&self, index: usize) -> bool {
        self.words
            .get(index / 64)
            .is_some_and(|word| word >> (index % 64) & 1 == 1)
    }

    pub fn set(&mut self, index: usize, value: bool) {
        if let Some(word) = self.words.get_mut(index / 64) {
            *word = *word & !(1 << (index % 64)) | u64::from(value) << (index % 64);
        }
    }

    pub fn push(&mut self, value: bool) {
        if self.len.is_multiple_of(64) {
            self.words.push(0);
        }
        self.len += 1;
        self.set(self.len - 1, value);
    }

    pub fn count_ones(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// All bits in order.
    pub fn iter(&self) -> impl Iterator<Item = bool> + '_ {
        let bits = |&word: &u64| (0..64).map(move |bit| word >> bit & 1 == 1);
        self.words.iter().flat_map(bits).take(self.len)
    }

    /// Indices of the bits that are set, in order.
    pub fn ones(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(at, &word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
                rest &= rest - 1;
                Some(at * 64 + bit)
            })
        })
    }

    /// Bits both sets have; the lengths must agree.
    #[must_use]
    pub fn and(&self, other: &Bitmap) -> Bitmap {
        self.combine(other, |a, b| a & b)
    }

    /// Bits either set has; the lengths must agree.
    #[must_use]
    pub fn or(&self, other: &Bitmap) -> Bitmap {
        self.combine(other, |a, b| a | b)
    }

    #[must_use]
    pub fn not(&self) -> Bitmap {
        let mut bitmap = self.combine(self, |a, _| !a);
        bitmap.clear_tail();
        bitmap
    }

    /// `len` bits from `start`; bits past the end are 0.
    #[must_use]
    pub fn slice(&self, start: usize, len: usize) -> Bitmap {
        let (skip, shift) = (start / 64, start % 64);
        let word = |at: usize| self.words.get(at).copied().unwrap_or(0);
        let words = (skip..skip + len.div_ceil(64)).map(|at| match shift {
            0 => word(at),
            _ => word(at) >> shift | word(at + 1) << (64 - shift),
        });
        let mut bitmap = Bitmap {
            words: words.collect(),
            len,
        };
        bitmap.clear_tail();
        bitmap
    }

    fn combine(&self, other: &Bitmap, f: impl Fn(u64, u64) -> u64) -> Bitmap {
        Bitmap {
            words: self.words.iter().zip(&other.words).map(|(&a, &b)| f(a, b)).collect(),
            len: self.len,
        }
    }

    fn clear_tail(&mut self) {
        if let (Some(last), rest @ 1..) = (self.words.last_mut(), self.len % 64) {
            *last &= (1 << rest) - 1;
        }
    }
}

/// A bit for each value, word by word.
impl From<&[bool]> for Bitmap {
    fn from(values: &[bool]) -> Bitmap {
        let word = |values: &[bool]| {
            values
                .iter()
                .zip(0..)
                .fold(0, |word, (&value, bit)| word | u64::from(value) << bit)
        };
        Bitmap {
            words: values.chunks(64).map(word).collect(),
            len: values.len(),
        }
    }
}

impl FromIterator<bool> for Bitmap {
    fn from_iter<I: IntoIterator<Item = bool>>(bits: I) -> Bitmap {
        let mut bitmap = Bitmap::default();
        bitmap.extend(bits);
        bitmap
    }
}

impl Extend<bool> for Bitmap {
    fn extend<I: IntoIterator<Item = bool>>(&mut self, bits: I) {
        for bit in bits {
            self.push(bit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_third(len: usize) -> Bitmap {
        (0..len).map(|i| i % 3 == 0).collect()
    }

    #[test]
    fn a_slice_holds_the_bits_from_its_start() {
        let bits = every_third(200);
        for (start, len) in [(0, 200), (1, 64), (63, 70), (64, 64), (190, 30)] {
            let slice = bits.slice(start, len);
            assert_eq!(slice.len(), len);
            assert!((0..len).all(|i| slice.get(i) == (start + i < 200 && bits.get(start + i))));
        }
    }

    #[test]
    fn values_one_by_one_or_together_give_the_same_bits() {
        for len in [0, 1, 63, 64, 65, 200] {
            let values: Vec<bool> = (0..len).map(|i| i % 3 == 0).collect();
            let together = Bitmap::from(values.as_slice());
            assert_eq!(together, every_third(len));
            assert_eq!(together.iter().collect::<Vec<_>>(), values);
        }
    }

    #[test]
    fn ones_are_the_set_bits_in_order() {
        let ones: Vec<usize> = every_third(130).ones().collect();
        assert_eq!(ones, (0..130).step_by(3).collect::<Vec<_>>());
    }

    #[test]
    fn bits_past_the_length_stay_clear() {
        assert_eq!(every_third(70).not().count_ones(), 70 - 24);
        assert_eq!(Bitmap::new(65, true).count_ones(), 65);
    }
}
