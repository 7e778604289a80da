//! Sums, means and spreads of numbers, with PostgreSQL's scales.

use super::Numeric;

/// State of sum, avg, variance and stddev over integers and numerics: PostgreSQL's `NumericAggState`.
///
/// NULLs are not added. Integers are summed apart, without making numerics of them.
#[derive(Clone, Debug, Default)]
pub struct NumericSum {
    count: i64,
    sum: Option<Numeric>,
    sum_of_squares: Option<Numeric>,
    integers: i128,
    squares: i128,
}

/// Which spread is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spread {
    VariancePopulation,
    VarianceSample,
    StddevPopulation,
    StddevSample,
}

impl Spread {
    fn is_sample(self) -> bool {
        matches!(self, Spread::VarianceSample | Spread::StddevSample)
    }

    fn is_variance(self) -> bool {
        matches!(self, Spread::VariancePopulation | Spread::VarianceSample)
    }
}

impl NumericSum {
    /// Adds a number for sum and avg alone.
    pub fn add(&mut self, value: &Numeric) {
        self.count += 1;
        self.sum = Some(match &self.sum {
            Some(sum) => sum.add(value),
            None => value.clone(),
        });
    }

    /// Adds a number for variance and stddev too.
    pub fn add_square(&mut self, value: &Numeric) {
        self.add(value);
        let square = if value.is_finite() {
            value.mul_exact(value)
        } else {
            value.mul(value)
        };
        self.sum_of_squares = Some(match &self.sum_of_squares {
            Some(sum) => sum.add(&square),
            None => square,
        });
    }

    /// Adds an integer for sum and avg alone.
    pub fn add_integer(&mut self, value: i64) {
        self.count += 1;
        // 2^63 values of 2^63 each still fit.
        self.integers = self.integers.wrapping_add(i128::from(value));
    }

    /// Adds an integer for variance and stddev too.
    pub fn add_integer_square(&mut self, value: i64) {
        self.add_integer(value);
        match self.squares.checked_add(i128::from(value) * i128::from(value)) {
            Some(squares) => self.squares = squares,
            None => {
                self.flush_squares();
                self.squares = i128::from(value) * i128::from(value);
            }
        }
    }

    /// Adds what another state has gathered.
    pub fn merge(&mut self, other: &NumericSum) {
        self.count += other.count;
        self.sum = merge_sums(self.sum.take(), other.sum.as_ref());
        self.sum_of_squares = merge_sums(self.sum_of_squares.take(), other.sum_of_squares.as_ref());
        self.integers = self.integers.wrapping_add(other.integers);
        self.flush_squares();
        self.squares = other.squares;
    }

    pub fn count(&self) -> i64 {
        self.count
    }

    /// The sum; None of no values.
    pub fn sum(&self) -> Option<Numeric> {
        (self.count > 0).then(|| total(self.sum.as_ref(), self.integers))
    }

    /// The sum of integers alone, as it was gathered.
    pub fn integer_sum(&self) -> Option<i128> {
        (self.count > 0).then_some(self.integers)
    }

    /// The mean; None of no values.
    pub fn mean(&self) -> Option<Numeric> {
        self.sum()?.div(&Numeric::from(self.count)).ok()
    }

    /// Variance or standard deviation; None of too few values. Needs the `square` methods.
    pub fn spread(&self, spread: Spread) -> Option<Numeric> {
        let (sum, squares) = (self.sum()?, total(self.sum_of_squares.as_ref(), self.squares));
        if spread.is_sample() && self.count < 2 {
            return None;
        }
        if !sum.is_finite() || !squares.is_finite() {
            return Some(Numeric::NAN);
        }
        let count = Numeric::from(self.count);
        let numerator = count.mul_exact(&squares).sub(&sum.mul_exact(&sum));
        if numerator.signum() <= 0 {
            return Some(Numeric::ZERO);
        }
        let others = if spread.is_sample() {
            Numeric::from(self.count - 1)
        } else {
            count.clone()
        };
        let denominator = count.mul_exact(&others);
        let scale = numerator.div_scale(&denominator);
        let variance = numerator.div_round(&denominator, scale);
        Some(if spread.is_variance() {
            variance
        } else {
            variance.sqrt_round(scale)
        })
    }

    fn flush_squares(&mut self) {
        if self.squares != 0 {
            let squares = Numeric::from(self.squares);
            self.sum_of_squares = merge_sums(self.sum_of_squares.take(), Some(&squares));
            self.squares = 0;
        }
    }
}

fn merge_sums(a: Option<Numeric>, b: Option<&Numeric>) -> Option<Numeric> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.add(b)),
        (a, b) => a.or_else(|| b.cloned()),
    }
}

fn total(numerics: Option<&Numeric>, integers: i128) -> Numeric {
    let integers = Numeric::from(integers);
    numerics.map_or_else(|| integers.clone(), |sum| sum.add(&integers))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn integers_and_numerics_have_their_own_scales() {
        let mut integers = NumericSum::default();
        (1..=4).for_each(|n| integers.add_integer_square(n));
        assert_eq!(integers.sum().unwrap().to_string(), "10");
        assert_eq!(integers.mean().unwrap().to_string(), "2.5000000000000000");
        let spread = |s| integers.spread(s).unwrap().to_string();
        assert_eq!(spread(Spread::StddevSample), "1.2909944487358056");
        assert_eq!(spread(Spread::VarianceSample), "1.6666666666666667");

        let mut numerics = NumericSum::default();
        for text in ["1.00", "2.5", "3.333"] {
            numerics.add(&Numeric::parse(text).unwrap());
        }
        assert_eq!(numerics.mean().unwrap().to_string(), "2.2776666666666667");
        assert_eq!(numerics.sum().unwrap().to_string(), "6.833");
    }

    #[test]
    fn merged_states_are_one() {
        let mut left = NumericSum::default();
        let mut right = NumericSum::default();
        left.add_integer_square(i64::MAX);
        right.add_integer_square(i64::MAX - 2);
        right.add_integer_square(5);
        left.merge(&right);
        assert_eq!(left.sum().unwrap().to_string(), "18446744073709551617");
        assert_eq!(left.count(), 3);
    }

    #[test]
    fn one_value_has_no_sample_spread() {
        let mut one = NumericSum::default();
        one.add_integer_square(5);
        assert!(one.spread(Spread::StddevSample).is_none());
        assert_eq!(one.spread(Spread::VariancePopulation).unwrap().to_string(), "0");
        assert!(NumericSum::default().mean().is_none());
    }
}
