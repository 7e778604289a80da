//! Arithmetic on numeric, and the scales PostgreSQL chooses for results.

use std::cmp::Ordering;

use super::{BASE, DIGITS, MAX_DISPLAY_SCALE, MAX_SCALE, MIN_SIG_DIGITS, Numeric, NumericKind, division_by_zero};
use crate::Result;

impl Numeric {
    #[must_use]
    pub fn neg(&self) -> Numeric {
        let kind = match self.kind {
            NumericKind::Positive if self.digits.is_empty() => NumericKind::Positive,
            NumericKind::Positive => NumericKind::Negative,
            NumericKind::Negative => NumericKind::Positive,
            NumericKind::Infinity => NumericKind::NegativeInfinity,
            NumericKind::NegativeInfinity => NumericKind::Infinity,
            NumericKind::NaN => NumericKind::NaN,
        };
        Numeric { kind, ..self.clone() }
    }

    #[must_use]
    pub fn abs(&self) -> Numeric {
        if self.is_negative() { self.neg() } else { self.clone() }
    }

    /// The scale of a sum is the greater of the two.
    #[must_use]
    pub fn add(&self, other: &Numeric) -> Numeric {
        if !self.is_finite() || !other.is_finite() {
            return add_special(self, other);
        }
        let scale = self.dscale().max(other.dscale());
        if self.is_negative() == other.is_negative() {
            return combine_magnitudes(self, other, 1, self.is_negative(), scale);
        }
        match self.compare_magnitude(other) {
            Ordering::Less => combine_magnitudes(other, self, -1, other.is_negative(), scale),
            _ => combine_magnitudes(self, other, -1, self.is_negative(), scale),
        }
    }

    #[must_use]
    pub fn sub(&self, other: &Numeric) -> Numeric {
        self.add(&other.neg())
    }

    /// The scale of a product is the sum of the two.
    #[must_use]
    pub fn mul(&self, other: &Numeric) -> Numeric {
        if !self.is_finite() || !other.is_finite() {
            return mul_special(self, other);
        }
        let product = self.mul_exact(other);
        if product.dscale() > MAX_SCALE {
            product.round(MAX_SCALE)
        } else {
            product
        }
    }

    /// A product with all its digits, however many.
    pub(crate) fn mul_exact(&self, other: &Numeric) -> Numeric {
        let scale = self.dscale() + other.dscale();
        let mut sums = vec![0u64; self.digits.len() + other.digits.len()];
        for (i, &a) in self.digits.iter().enumerate() {
            let row = sums.iter_mut().skip(i + 1);
            for (sum, &b) in row.zip(&other.digits) {
                // At most 32768 products below 10^8: no overflow.
                *sum += u64::from(a as u16) * u64::from(b as u16);
            }
        }
        let mut carry = 0;
        let mut digits = vec![0i16; sums.len()];
        for (digit, sum) in digits.iter_mut().zip(&sums).rev() {
            let value = sum + carry;
            *digit = (value % BASE as u64) as i16;
            carry = value / BASE as u64;
        }
        let negative = self.is_negative() != other.is_negative();
        Numeric::new(negative, digits, self.weight + other.weight + 1, scale)
    }

    /// A product rounded to a scale, which may be below 0.
    pub(crate) fn mul_round(&self, other: &Numeric, scale: i32) -> Numeric {
        self.mul_exact(other).round(scale)
    }

    /// A quotient with the scale that `select_div_scale` chooses.
    pub fn div(&self, other: &Numeric) -> Result<Numeric> {
        if !self.is_finite() || !other.is_finite() || other.is_zero() {
            return div_special(self, other);
        }
        self.div_round(other, self.div_scale(other)).checked()
    }

    /// The integer quotient, cut towards zero: PostgreSQL's `div`.
    pub fn div_trunc(&self, other: &Numeric) -> Result<Numeric> {
        if !self.is_finite() || !other.is_finite() || other.is_zero() {
            return div_special(self, other);
        }
        Ok(self.quotient(other, 0).trunc(0))
    }

    /// The rest of the integer quotient, with the sign of the dividend.
    pub fn rem(&self, other: &Numeric) -> Result<Numeric> {
        if self.is_nan() || other.is_nan() {
            return Ok(Numeric::NAN);
        }
        if other.is_zero() {
            return Err(division_by_zero());
        }
        if !self.is_finite() {
            return Ok(Numeric::NAN);
        }
        if !other.is_finite() {
            return Ok(self.clone());
        }
        let scale = self.dscale().max(other.dscale());
        let whole = self.quotient(other, 0).trunc(0);
        Ok(self.sub(&whole.mul_exact(other)).with_scale(scale))
    }

    /// At least 16 significant digits, and no fewer after the point than either operand has.
    pub(crate) fn div_scale(&self, other: &Numeric) -> i32 {
        let first = |n: &Numeric| n.digits.first().copied().unwrap_or(0);
        let mut weight = self.weight - other.weight;
        if first(self) <= first(other) {
            weight -= 1;
        }
        (MIN_SIG_DIGITS - weight * DIGITS)
            .max(self.dscale())
            .max(other.dscale())
            .clamp(0, MAX_DISPLAY_SCALE)
    }

    /// A quotient rounded to a scale. The divisor must not be 0.
    pub(crate) fn div_round(&self, other: &Numeric, scale: i32) -> Numeric {
        self.quotient(other, scale + 1).round(scale)
    }

    /// Digits of the quotient down to (at least) a decimal place, cut, not rounded.
    fn quotient(&self, other: &Numeric, place: i32) -> Numeric {
        if self.digits.is_empty() || other.digits.is_empty() {
            return Numeric::ZERO.with_scale(place);
        }
        let high = self.weight - other.weight;
        let low = -(place.div_euclid(DIGITS) + 1);
        let negative = self.is_negative() != other.is_negative();
        let Ok(count) = usize::try_from(high - low + 1) else {
            return Numeric::ZERO.with_scale(place);
        };
        let digits = divide(&self.digits, &other.digits, count);
        Numeric::new(negative, digits, high, place)
    }
}

/// The first `count` base-10000 digits of `dividend / divisor`, both read as fractions `d.ddd`.
fn divide(dividend: &[i16], divisor: &[i16], count: usize) -> Vec<i16> {
    if let [divisor] = divisor {
        return divide_short(dividend, i32::from(*divisor), count);
    }
    // Knuth's algorithm D: scale both, so that the divisor's first digit is at least half the base.
    let base = i64::from(BASE);
    let factor = base / (i64::from(divisor.first().copied().unwrap_or(1)) + 1);
    let divisor = scale_digits(divisor, factor, divisor.len());
    let mut rest = scale_digits(dividend, factor, (divisor.len() + count).max(dividend.len() + 1));
    let (first, second) = (at(&divisor, 1), at(&divisor, 2));
    let mut quotient = Vec::with_capacity(count);
    for step in 0..count {
        let head = at(&rest, step) * base + at(&rest, step + 1);
        let mut guess = head / first;
        let mut left = head % first;
        while guess >= base || guess * second > left * base + at(&rest, step + 2) {
            guess -= 1;
            left += first;
            if left >= base {
                break;
            }
        }
        quotient.push(subtract_multiple(&mut rest, &divisor, step, guess) as i16);
    }
    quotient
}

/// Subtracts `guess` times the divisor at a place; one too much is given back.
fn subtract_multiple(rest: &mut [i64], divisor: &[i64], step: usize, guess: i64) -> i64 {
    let base = i64::from(BASE);
    let mut borrow = 0;
    let places = || divisor.iter().enumerate().rev();
    for (i, digit) in places() {
        if let Some(place) = rest.get_mut(step + i) {
            let value = *place - digit * guess + borrow;
            *place = value.rem_euclid(base);
            borrow = value.div_euclid(base);
        }
    }
    if borrow == 0 {
        return guess;
    }
    let mut carry = 0;
    for (i, digit) in places() {
        if let Some(place) = rest.get_mut(step + i) {
            let value = *place + digit + carry;
            *place = value % base;
            carry = value / base;
        }
    }
    guess - 1
}

fn divide_short(dividend: &[i16], divisor: i32, count: usize) -> Vec<i16> {
    let mut rest = 0;
    let digits = dividend.iter().copied().chain(std::iter::repeat(0)).take(count);
    digits
        .map(|digit| {
            rest = rest * BASE + i32::from(digit);
            let quotient = rest / divisor;
            rest %= divisor;
            quotient as i16
        })
        .collect()
}

/// Digits times a small factor, one place longer at the front and padded with zeros to `len + 1`.
fn scale_digits(digits: &[i16], factor: i64, len: usize) -> Vec<i64> {
    let base = i64::from(BASE);
    let mut scaled = vec![0; len + 1];
    let mut carry = 0;
    for (i, &digit) in digits.iter().enumerate().rev() {
        let value = i64::from(digit) * factor + carry;
        if let Some(place) = scaled.get_mut(i + 1) {
            *place = value % base;
        }
        carry = value / base;
    }
    if let Some(first) = scaled.first_mut() {
        *first = carry;
    }
    scaled
}

fn at(digits: &[i64], index: usize) -> i64 {
    digits.get(index).copied().unwrap_or(0)
}

/// `|a| + sign * |b|`; to subtract, |a| must be the greater.
fn combine_magnitudes(a: &Numeric, b: &Numeric, sign: i32, negative: bool, scale: i32) -> Numeric {
    // Zero has no digits, hence no say in where the digits lie.
    let (a, b) = if a.digits.is_empty() { (b, a) } else { (a, b) };
    let (high, low) = match b.digits.is_empty() {
        true => (a.weight, a.lowest()),
        false => (a.weight.max(b.weight), a.lowest().min(b.lowest())),
    };
    let mut carry = 0;
    let mut digits: Vec<i16> = (low..=high + 1)
        .map(|weight| {
            let value = a.digit(weight) + sign * b.digit(weight) + carry;
            carry = value.div_euclid(BASE);
            value.rem_euclid(BASE) as i16
        })
        .collect();
    digits.reverse();
    Numeric::new(negative, digits, high + 1, scale)
}

fn add_special(a: &Numeric, b: &Numeric) -> Numeric {
    match (a.is_finite(), b.is_finite()) {
        _ if a.is_nan() || b.is_nan() => Numeric::NAN,
        (false, false) if a.kind != b.kind => Numeric::NAN,
        (false, _) => a.clone(),
        _ => b.clone(),
    }
}

fn mul_special(a: &Numeric, b: &Numeric) -> Numeric {
    match a.signum() * b.signum() {
        1 => Numeric::INFINITY,
        -1 => Numeric::NEGATIVE_INFINITY,
        _ => Numeric::NAN,
    }
}

fn div_special(a: &Numeric, b: &Numeric) -> Result<Numeric> {
    if a.is_nan() || b.is_nan() {
        return Ok(Numeric::NAN);
    }
    if b.is_zero() {
        return Err(division_by_zero());
    }
    Ok(match (a.is_finite(), b.is_finite()) {
        (false, false) => Numeric::NAN,
        (true, _) => Numeric::ZERO,
        _ if a.signum() == b.signum() => Numeric::INFINITY,
        _ => Numeric::NEGATIVE_INFINITY,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn number(text: &str) -> Numeric {
        Numeric::parse(text).unwrap()
    }

    #[test]
    fn results_have_the_scales_of_postgresql() {
        type Operation = fn(&Numeric, &Numeric) -> Result<Numeric>;
        let operations: [(&str, Operation); 5] = [
            ("+", |a, b| Ok(a.add(b))),
            ("-", |a, b| Ok(a.sub(b))),
            ("*", |a, b| Ok(a.mul(b))),
            ("/", Numeric::div),
            ("%", Numeric::rem),
        ];
        for (a, op, b, expect) in [
            ("1.10", "+", "2.205", "3.305"),
            ("9999.9999", "+", "0.0001", "10000.0000"),
            ("3.00", "-", "3", "0.00"),
            ("1", "-", "10000", "-9999"),
            ("1e20", "-", "1e-5", "99999999999999999999.99999"),
            ("0", "+", "12345678.9", "12345678.9"),
            ("1.10", "*", "2.205", "2.42550"),
            ("-99999999", "*", "99999999", "-9999999800000001"),
            ("1", "/", "3.0", "0.33333333333333333333"),
            ("2", "/", "3.0", "0.66666666666666666667"),
            ("10", "/", "4.0", "2.5000000000000000"),
            ("1.0", "/", "8", "0.12500000000000000000"),
            ("100", "/", "3.00", "33.3333333333333333"),
            ("12345678901234567890123", "/", "98765432109876", "124999998.86093819"),
            ("99999999", "/", "10001", "9999.0000000000000000"),
            ("5", "%", "3.3", "1.7"),
            ("-7", "%", "3", "-1"),
            ("1e30", "%", "7", "1"),
            ("Infinity", "/", "-2", "-Infinity"),
            ("5", "/", "Infinity", "0"),
            ("Infinity", "-", "Infinity", "NaN"),
            ("0", "*", "Infinity", "NaN"),
        ] {
            let operation = operations.iter().find(|(name, _)| *name == op).unwrap().1;
            let result = operation(&number(a), &number(b)).unwrap();
            assert_eq!(result.to_string(), expect, "{a} {op} {b}");
        }
        assert!(number("1").div(&number("0.00")).is_err());
        assert_eq!(number("17").div_trunc(&number("5")).unwrap().to_string(), "3");
    }

    #[test]
    fn a_quotient_times_the_divisor_is_the_dividend() {
        // Digits that make algorithm D guess too high.
        for (a, b) in [
            ("99990000000000000001", "99999999"),
            ("123456789e30", "100009999"),
            ("4e40", "500000004999"),
        ] {
            let (a, b) = (number(a), number(b));
            let whole = a.div_trunc(&b).unwrap();
            let rest = a.rem(&b).unwrap();
            assert_eq!(whole.mul(&b).add(&rest).compare(&a), Ordering::Equal);
            assert!(rest.compare(&b) == Ordering::Less && !rest.is_negative());
        }
    }
}
