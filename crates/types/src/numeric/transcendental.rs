//! Roots, powers and logarithms of numeric.
//!
//! Result scales are PostgreSQL's: at least 16 significant digits, and no fewer digits after the point than
//! the arguments have. Values are computed with some digits more and rounded.

use super::{BASE, DIGITS, MAX_DISPLAY_SCALE, MAX_WEIGHT, MIN_SIG_DIGITS, Numeric, NumericKind, overflow};
use crate::{Error, Result, SqlState};

const LOG10_E: f64 = std::f64::consts::LOG10_E;
/// `NUMERIC_MAX_RESULT_SCALE`.
const MAX_RESULT_SCALE: f64 = 2000.0;
/// Digits computed beyond those that are asked for.
const GUARD: i32 = 10;

/// Scale for a result whose first digit is near 10^`weight`.
fn result_scale(weight: i32, arguments: &[&Numeric]) -> i32 {
    let least = arguments.iter().map(|n| n.dscale()).max().unwrap_or(0);
    (MIN_SIG_DIGITS - weight).max(least).clamp(0, MAX_DISPLAY_SCALE)
}

impl Numeric {
    pub fn sqrt(&self) -> Result<Numeric> {
        if self.is_negative() {
            return Err(Error::new(
                SqlState::INVALID_ARGUMENT_FOR_POWER_FUNCTION,
                "cannot take square root of a negative number",
            ));
        }
        if !self.is_finite() {
            return Ok(self.clone());
        }
        // The root has about half as many decimal digits before the point.
        let weight = (self.weight + 1) * DIGITS / 2 - 1;
        Ok(self.sqrt_round(result_scale(weight, &[self])))
    }

    /// The root rounded to a scale, by Newton's method. The number must not be negative.
    pub(crate) fn sqrt_round(&self, scale: i32) -> Numeric {
        if self.digits.is_empty() {
            return Numeric::ZERO.with_scale(scale);
        }
        let working = scale.max(-self.decimal_weight() / 2) + GUARD;
        let half = Numeric::new(false, vec![5000], -1, 1);
        let mut root = self.estimate_sqrt();
        // Each step doubles the digits that are right, from 14 or so.
        let mut right = 14;
        while right <= working + self.decimal_weight() / 2 + GUARD {
            root = root.add(&self.div_round(&root, working)).mul_round(&half, working);
            right *= 2;
        }
        root = root.add(&self.div_round(&root, working)).mul_round(&half, working);
        self.nearest_root(root.round(scale), scale)
    }

    /// The multiple of 10^-scale that is nearest to the root, given one that is off by one at most.
    fn nearest_root(&self, root: Numeric, scale: i32) -> Numeric {
        let place = |digit: i64, place: i32| {
            let one = Numeric::from(digit);
            // 10^-place, whichever of the four decimals of a base-10000 digit it falls in.
            let shift = place.rem_euclid(DIGITS);
            let factor = 10i64.pow(((DIGITS - shift) % DIGITS) as u32);
            let mut value = one.mul_exact(&Numeric::from(factor));
            value.weight -= (place + DIGITS - 1).div_euclid(DIGITS);
            value.with_scale(place)
        };
        let (unit, half) = (place(1, scale), place(5, scale + 1));
        let square = |n: Numeric| n.mul_exact(&n);
        if self.compare_magnitude(&square(root.sub(&half))).is_lt() {
            return root.sub(&unit).with_scale(scale);
        }
        if self.compare_magnitude(&square(root.add(&half))).is_ge() {
            return root.add(&unit).with_scale(scale);
        }
        root
    }

    /// About 14 digits of the root.
    fn estimate_sqrt(&self) -> Numeric {
        let low = self.weight.div_euclid(2) * 2 - 4;
        let head = (low..=low + 5)
            .rev()
            .fold(0.0, |sum, w| sum * f64::from(BASE) + f64::from(self.digit(w)));
        // head * 10000^low, and low is even.
        let mut root = Numeric::from(head.sqrt() as i64);
        root.weight += low / 2;
        root.scale = (-root.lowest() * DIGITS).max(0) as u16;
        root
    }

    pub fn exp(&self) -> Result<Numeric> {
        match self.kind {
            NumericKind::NegativeInfinity => return Ok(Numeric::ZERO),
            NumericKind::NaN | NumericKind::Infinity => return Ok(self.clone()),
            _ => {}
        }
        let weight = (self.to_f64() * LOG10_E).clamp(-MAX_RESULT_SCALE, MAX_RESULT_SCALE);
        self.exp_round(result_scale(weight as i32, &[self]))
    }

    fn exp_round(&self, scale: i32) -> Result<Numeric> {
        let value = self.to_f64();
        if value.abs() >= MAX_RESULT_SCALE * 3.0 {
            return if value > 0.0 {
                Err(overflow())
            } else {
                Ok(Numeric::ZERO.with_scale(scale))
            };
        }
        // exp(x) = exp(x / 2^n)^(2^n): the series converges fast below 1/100.
        let halvings = (value.abs() * 100.0).max(1.0).log2().ceil() as i32;
        let weight = (value * LOG10_E) as i32;
        let working = scale + weight.max(0) + halvings / 3 + GUARD;
        let x = self.div_round(&Numeric::from(1i128 << halvings.clamp(0, 30)), working);
        let mut sum = Numeric::from(1).add(&x);
        let mut term = x.clone();
        for n in 2.. {
            term = term.mul_round(&x, working).div_round(&Numeric::from(n), working);
            if term.is_zero() {
                break;
            }
            sum = sum.add(&term);
        }
        for _ in 0..halvings {
            sum = sum.mul_round(&sum, working);
        }
        sum.round(scale).checked()
    }

    pub fn ln(&self) -> Result<Numeric> {
        self.check_logarithm()?;
        match self.is_finite() {
            true => Ok(self.ln_round(result_scale(self.ln_weight(), &[self]))),
            false => Ok(self.clone()),
        }
    }

    /// The logarithm to base 10.
    pub fn log10(&self) -> Result<Numeric> {
        Numeric::from(10).log(self)
    }

    /// The logarithm of `number` to the base `self`.
    pub fn log(&self, number: &Numeric) -> Result<Numeric> {
        if self.is_nan() || number.is_nan() {
            return Ok(Numeric::NAN);
        }
        if !(number.is_negative() && (!self.is_finite() || !number.is_finite())) {
            self.check_logarithm()?;
        }
        number.check_logarithm()?;
        match (self.is_finite(), number.is_finite()) {
            (false, false) => return Ok(Numeric::NAN),
            (false, true) => return Ok(Numeric::ZERO),
            (true, false) => return Ok(number.clone()),
            (true, true) => {}
        }
        let (base_weight, number_weight) = (self.ln_weight(), number.ln_weight());
        let weight = number_weight - base_weight;
        let scale = result_scale(weight, &[self, number]);
        let base = self.ln_round((scale + weight - base_weight + 8).max(0));
        let number = number.ln_round((scale + weight - number_weight + 8).max(0));
        if base.is_zero() {
            return Err(super::division_by_zero());
        }
        Ok(number.div_round(&base, scale))
    }

    fn check_logarithm(&self) -> Result<()> {
        let message = match self.signum() {
            -1 => "cannot take logarithm of a negative number",
            0 if !self.is_nan() => "cannot take logarithm of zero",
            _ => return Ok(()),
        };
        Err(Error::new(SqlState::INVALID_ARGUMENT_FOR_LOGARITHM, message))
    }

    /// About the decimal place of the first digit of ln(self): PostgreSQL's `estimate_ln_dweight`.
    fn ln_weight(&self) -> i32 {
        let near_one = Numeric::new(false, vec![9000], -1, 1).compare(self).is_le()
            && Numeric::new(false, vec![1, 1000], 0, 1).compare(self).is_ge();
        if near_one {
            return self.sub(&Numeric::from(1)).decimal_weight();
        }
        let mut head = f64::from(self.digit(self.weight));
        let mut place = self.weight * DIGITS;
        if self.digits.len() > 1 {
            head = head * f64::from(BASE) + f64::from(self.digit(self.weight - 1));
            place -= DIGITS;
        }
        (head.ln() + f64::from(place) * std::f64::consts::LN_10).abs().log10() as i32
    }

    /// The natural logarithm of a positive number, rounded to a scale.
    fn ln_round(&self, scale: i32) -> Numeric {
        let one = Numeric::from(1);
        if self.compare(&Numeric::new(false, vec![9000], -1, 1)).is_le() {
            // 1/x is large, so that its digits after the point are enough.
            let inverse = one.div_round(self, scale + GUARD - 2 * self.decimal_weight().min(0));
            return inverse.ln_round(scale).neg();
        }
        if self.weight >= 2 {
            // ln(m 10^k) = ln(m) + k ln(10), with no more digits of m than matter.
            let more = scale + GUARD;
            let digits = usize::try_from(more / DIGITS + 4).unwrap_or_default();
            let head = self.digits.iter().take(digits).copied().collect();
            let tens = Numeric::from(10)
                .ln_round(more)
                .mul(&Numeric::from(self.weight * DIGITS));
            return Numeric::new(false, head, 0, more)
                .ln_round(more)
                .add(&tens)
                .round(scale);
        }
        // ln(x) = 2^n ln(x^(1/2^n)), until x is near 1.
        let working = scale + GUARD + 8;
        let mut x = self.clone();
        let mut doublings = 1;
        while !(Numeric::new(false, vec![9000], -1, 1).compare(&x).is_lt()
            && Numeric::new(false, vec![1, 1000], 0, 1).compare(&x).is_gt())
        {
            x = x.sqrt_round(working);
            doublings += 1;
        }
        // ln(x) = 2 (z + z^3/3 + z^5/5 + ...) with z = (x - 1) / (x + 1).
        let z = x.sub(&one).div_round(&x.add(&one), working);
        let square = z.mul_round(&z, working);
        let (mut sum, mut power) = (z.clone(), z);
        for n in (3..).step_by(2) {
            power = power.mul_round(&square, working);
            let term = power.div_round(&Numeric::from(n), working);
            if term.is_zero() {
                break;
            }
            sum = sum.add(&term);
        }
        sum.mul_round(&Numeric::from(1i64 << doublings.min(60)), scale)
    }

    /// `self ^ exponent`.
    pub fn power(&self, exponent: &Numeric) -> Result<Numeric> {
        let error = |message| Err(Error::new(SqlState::INVALID_ARGUMENT_FOR_POWER_FUNCTION, message));
        if !self.is_finite() || !exponent.is_finite() {
            return power_special(self, exponent);
        }
        if self.is_zero() && exponent.is_negative() {
            return error("zero raised to a negative power is undefined");
        }
        if self.is_negative() && !exponent.is_integral() {
            return error("a negative number raised to a non-integer power yields a complex result");
        }
        if exponent.is_integral()
            && let Some(integer) = exponent.to_i128().and_then(|n| i32::try_from(n).ok())
        {
            return self.power_integer(integer);
        }
        if self.is_zero() {
            return Ok(Numeric::ZERO.with_scale(MIN_SIG_DIGITS));
        }
        let odd = self.is_negative() && exponent.digit(0) % 2 != 0;
        let result = self.abs().power_logarithm(exponent)?;
        Ok(if odd { result.neg() } else { result })
    }

    /// By `exp(exponent * ln(self))`, for a positive base.
    fn power_logarithm(&self, exponent: &Numeric) -> Result<Numeric> {
        let ln_weight = self.ln_weight();
        let rough_scale = (8 - ln_weight).max(0);
        let rough = self.ln_round(rough_scale).mul_round(exponent, rough_scale).to_f64();
        if rough.abs() > MAX_RESULT_SCALE * 3.01 {
            return if rough > 0.0 {
                Err(overflow())
            } else {
                Ok(Numeric::ZERO.with_scale(MAX_DISPLAY_SCALE))
            };
        }
        let weight = (rough * LOG10_E) as i32;
        let scale = result_scale(weight, &[self, exponent]);
        let working = ((scale + weight).max(0) - ln_weight + 8).max(0);
        self.ln_round(working).mul_round(exponent, working).exp_round(scale)
    }

    /// By repeated squaring. Unlike other powers, it has 16 digits after the point, not 16 significant ones.
    fn power_integer(&self, exponent: i32) -> Result<Numeric> {
        let scale = MIN_SIG_DIGITS.max(self.dscale()).min(MAX_DISPLAY_SCALE);
        let weight = f64::from(exponent) * self.log10_estimate();
        if weight > f64::from((MAX_WEIGHT + 1) * DIGITS) {
            return Err(overflow());
        }
        if weight + 1.0 < f64::from(-scale) {
            return Ok(Numeric::ZERO.with_scale(scale));
        }
        let result = match exponent {
            0 => Numeric::from(1).with_scale(scale),
            1 => self.round(scale),
            -1 => Numeric::from(1).div_round(self, scale),
            2 => self.mul_round(self, scale),
            _ if self.is_zero() => Numeric::ZERO.with_scale(scale),
            _ => {
                let significant = (1 + scale + weight as i32).max(0) + GUARD + 10;
                let power = self.power_by_squaring(exponent.unsigned_abs(), significant);
                if exponent < 0 {
                    Numeric::from(1).div_round(&power, scale)
                } else {
                    power.round(scale)
                }
            }
        };
        result.checked()
    }

    fn power_by_squaring(&self, mut exponent: u32, significant: i32) -> Numeric {
        let shorten = |n: Numeric| n.round(significant - n.decimal_weight());
        let mut square = self.clone();
        let mut result = Numeric::from(1);
        loop {
            if exponent & 1 == 1 {
                result = shorten(result.mul_exact_with(&square));
            }
            exponent >>= 1;
            if exponent == 0 {
                return result;
            }
            square = shorten(square.mul_exact_with(&square));
        }
    }

    fn mul_exact_with(&self, other: &Numeric) -> Numeric {
        let keep = self.dscale() + other.dscale() + DIGITS * (-self.lowest() - other.lowest()).max(0);
        self.mul_round(other, keep)
    }

    /// log10 of the magnitude to double precision; 0 of zero.
    fn log10_estimate(&self) -> f64 {
        if self.digits.is_empty() {
            return 0.0;
        }
        let count = self.digits.len().min(4) as i32;
        let head = (self.weight - count + 1..=self.weight)
            .rev()
            .fold(0.0, |sum, weight| sum * f64::from(BASE) + f64::from(self.digit(weight)));
        head.log10() + f64::from((self.weight - count + 1) * DIGITS)
    }
}

/// Powers with NaN and infinities, by POSIX's rules for `pow`.
fn power_special(base: &Numeric, exponent: &Numeric) -> Result<Numeric> {
    let one = Numeric::from(1);
    if base.is_nan() || exponent.is_nan() {
        let is_one = exponent.is_zero() || !base.is_nan() && base.compare(&one).is_eq();
        return Ok(if is_one { one } else { Numeric::NAN });
    }
    if !exponent.is_finite() {
        if base.is_zero() && exponent.is_negative() {
            return Err(Error::new(
                SqlState::INVALID_ARGUMENT_FOR_POWER_FUNCTION,
                "zero raised to a negative power is undefined",
            ));
        }
        let grows = match base.abs().compare(&one) {
            std::cmp::Ordering::Equal => return Ok(one),
            order => order.is_gt() != exponent.is_negative(),
        };
        return Ok(if grows { Numeric::INFINITY } else { Numeric::ZERO });
    }
    // The base is infinite.
    if exponent.is_zero() {
        return Ok(one);
    }
    if base.is_negative() && !exponent.is_integral() {
        return Err(Error::new(
            SqlState::INVALID_ARGUMENT_FOR_POWER_FUNCTION,
            "a negative number raised to a non-integer power yields a complex result",
        ));
    }
    if exponent.is_negative() {
        return Ok(Numeric::ZERO);
    }
    let odd = exponent.digit(0) % 2 != 0;
    Ok(if base.is_negative() && odd {
        Numeric::NEGATIVE_INFINITY
    } else {
        Numeric::INFINITY
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
    fn results_are_those_of_postgresql() {
        for (function, argument, expect) in [
            ("sqrt", "2", "1.414213562373095"),
            ("sqrt", "0", "0.000000000000000"),
            ("sqrt", "1.000000000000003", "1.000000000000001"),
            ("sqrt", "8015491789940783531003294973900306", "89529278953540017"),
            ("sqrt", "8015491789940783531003294973900307", "89529278953540018"),
            ("sqrt", "1e40", "100000000000000000000"),
            ("sqrt", "0.0001", "0.01000000000000000"),
            ("exp", "1.0", "2.7182818284590452"),
            ("exp", "-5", "0.006737946999085467"),
            ("ln", "10.0", "2.3025850929940457"),
            ("ln", "1.0001", "0.00009999500033330834"),
            ("ln", "0.9999999999999999", "-0.00000000000000010000000000000001"),
            ("log", "1000", "3.0000000000000000"),
        ] {
            let x = number(argument);
            let result = match function {
                "sqrt" => x.sqrt(),
                "exp" => x.exp(),
                "ln" => x.ln(),
                _ => x.log10(),
            };
            assert_eq!(result.unwrap().to_string(), expect, "{function}({argument})");
        }
        for (base, exponent, expect) in [
            ("2", "100", "1267650600228229401496703205376.0000000000000000"),
            ("1.1", "10", "2.5937424601000000"),
            ("2", "0.5", "1.4142135623730950"),
            ("2", "-3", "0.1250000000000000"),
            ("0", "0", "1.0000000000000000"),
            ("-8", "3", "-512.0000000000000000"),
            ("Infinity", "-1", "0"),
        ] {
            let result = number(base).power(&number(exponent)).unwrap();
            assert_eq!(result.to_string(), expect, "{base} ^ {exponent}");
        }
        assert_eq!(
            number("2").log(&number("64")).unwrap().to_string(),
            "6.0000000000000000"
        );
    }
}
