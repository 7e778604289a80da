//! Rounding of numeric, and the limits of `numeric(precision, scale)`.

use super::{BASE, DIGITS, Numeric};
use crate::{Error, Result, SqlState};

/// `NUMERIC_MAX_PRECISION`.
pub const MAX_PRECISION: i32 = 1000;

/// Type modifier of `numeric(precision, scale)`, as `numerictypmodin` makes it.
pub fn typmod(precision: i32, scale: i32) -> i32 {
    (precision << 16 | scale & 0x7FF) + 4
}

/// Precision and scale of a type modifier, if it is one.
pub fn typmod_parts(typmod: i32) -> Option<(i32, i32)> {
    let packed = typmod.checked_sub(4).filter(|&packed| packed >= 0)?;
    // The scale is 11 bits, signed.
    Some((packed >> 16 & 0xFFFF, ((packed & 0x7FF) ^ 0x400) - 0x400))
}

impl Numeric {
    /// Cuts at a decimal place: 2 keeps hundredths, -2 hundreds. Half goes away from zero.
    #[must_use]
    pub fn round(&self, scale: i32) -> Numeric {
        self.cut(scale, true)
    }

    /// Cuts at a decimal place, towards zero.
    #[must_use]
    pub fn trunc(&self, scale: i32) -> Numeric {
        self.cut(scale, false)
    }

    #[must_use]
    pub fn ceil(&self) -> Numeric {
        self.to_integer(!self.is_negative())
    }

    #[must_use]
    pub fn floor(&self) -> Numeric {
        self.to_integer(self.is_negative())
    }

    fn to_integer(&self, away_from_zero: bool) -> Numeric {
        let cut = self.trunc(0);
        if !away_from_zero || self.is_integral() || !self.is_finite() {
            return cut;
        }
        if self.is_negative() {
            cut.sub(&Numeric::from(1))
        } else {
            cut.add(&Numeric::from(1))
        }
    }

    fn cut(&self, scale: i32, round: bool) -> Numeric {
        if !self.is_finite() {
            return self.clone();
        }
        let scale = scale.clamp(-4 * (super::MAX_WEIGHT + 2), super::MAX_SCALE * 4);
        // Weight of the last base-10000 digit of which anything is kept, and how many of its decimals go.
        let last = -(scale + DIGITS - 1).div_euclid(DIGITS);
        let dropped = -DIGITS * last - scale;
        let unit = 10i32.pow(dropped as u32);
        if self.digits.is_empty() || last < self.lowest() {
            return self.clone().with_scale(scale);
        }
        let high = self.weight.max(last) + 1;
        let mut digits: Vec<i16> = (last..=high).rev().map(|w| self.digit(w) as i16).collect();
        let kept = self.digit(last);
        let (rest, half) = if dropped == 0 {
            (self.digit(last - 1), BASE / 2)
        } else {
            (kept % unit, unit / 2)
        };
        if let Some(digit) = digits.last_mut() {
            *digit = (kept - kept % unit) as i16;
        }
        if round && rest >= half {
            carry(&mut digits, unit);
        }
        Numeric::new(self.is_negative(), digits, high, scale)
    }

    /// Applies `numeric(precision, scale)`: rounds to the scale and checks the precision.
    pub fn apply_typmod(&self, typmod: i32) -> Result<Numeric> {
        let Some((precision, scale)) = typmod_parts(typmod) else {
            return Ok(self.clone());
        };
        if self.is_nan() {
            return Ok(self.clone());
        }
        let field_overflow = |limit: String| {
            Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "numeric field overflow")
                .detail(format!("A field with precision {precision}, scale {scale} {limit}."))
        };
        if !self.is_finite() {
            return Err(field_overflow("cannot hold an infinite value".into()));
        }
        let rounded = self.round(scale);
        let whole = precision - scale;
        if !rounded.is_zero() && rounded.decimal_weight() + 1 > whole {
            let limit = if whole == 0 { "1".into() } else { format!("10^{whole}") };
            return Err(field_overflow(format!(
                "must round to an absolute value less than {limit}"
            )));
        }
        Ok(rounded)
    }

    /// Decimal place of the first digit: 2 for 123, -1 for 0.5; 0 for zero.
    pub(crate) fn decimal_weight(&self) -> i32 {
        let first = self.digit(self.weight);
        self.weight * DIGITS + first.checked_ilog10().unwrap_or(0) as i32
    }

    /// The fewest digits after the point that show the number exactly.
    pub fn min_scale(&self) -> i32 {
        let low = self.lowest();
        if low >= 0 {
            return 0;
        }
        let last = self.digit(low);
        let zeros = (1..DIGITS).take_while(|&n| last % 10i32.pow(n as u32) == 0).count();
        -low * DIGITS - zeros as i32
    }

    /// Without trailing zeros after the point.
    #[must_use]
    pub fn trim_scale(&self) -> Numeric {
        self.clone().with_scale(self.min_scale())
    }
}

/// Adds to the last digit and carries on; the first digit must have room.
fn carry(digits: &mut [i16], amount: i32) {
    let mut amount = amount;
    for digit in digits.iter_mut().rev() {
        let sum = i32::from(*digit) + amount;
        *digit = (sum % BASE) as i16;
        amount = sum / BASE;
        if amount == 0 {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn number(text: &str) -> Numeric {
        Numeric::parse(text).unwrap()
    }

    #[test]
    fn half_goes_away_from_zero() {
        for (text, scale, expect) in [
            ("2.5", 0, "3"),
            ("-2.5", 0, "-3"),
            ("1234.5678", 2, "1234.57"),
            ("1234.5678", -2, "1200"),
            ("1250", -2, "1300"),
            ("9999.9999", 3, "10000.000"),
            ("99999999", -4, "100000000"),
            ("0.00005", 4, "0.0001"),
            ("0.4", 0, "0"),
            ("0.00004", 4, "0.0000"),
            ("5", -1, "10"),
            ("4", -1, "0"),
            ("1", 3, "1.000"),
            ("5000", -4, "10000"),
            ("4999", -4, "0"),
            ("12345678", -6, "12000000"),
        ] {
            assert_eq!(number(text).round(scale).to_string(), expect, "round({text}, {scale})");
        }
    }

    #[test]
    fn cutting_goes_towards_zero_ceil_up_floor_down() {
        for (text, scale, expect) in [
            ("2.789", 1, "2.7"),
            ("-2.789", 1, "-2.7"),
            ("199", -2, "100"),
            ("0.9", 0, "0"),
        ] {
            assert_eq!(number(text).trunc(scale).to_string(), expect);
        }
        for (text, ceil, floor) in [
            ("-1.5", "-1", "-2"),
            ("1.5", "2", "1"),
            ("-0.5", "0", "-1"),
            ("3.00", "3", "3"),
        ] {
            assert_eq!(number(text).ceil().to_string(), ceil);
            assert_eq!(number(text).floor().to_string(), floor);
        }
    }

    #[test]
    fn precision_and_scale_limit_a_number() {
        let check = |text: &str, precision, scale| {
            number(text)
                .apply_typmod(typmod(precision, scale))
                .map(|n| n.to_string())
                .ok()
        };
        assert_eq!(check("1234.567", 6, 1).as_deref(), Some("1234.6"));
        assert_eq!(check("99.994", 4, 2).as_deref(), Some("99.99"));
        assert_eq!(check("99.995", 4, 2), None);
        assert_eq!(check("123456", 3, -3).as_deref(), Some("123000"));
        assert_eq!(check("0.00012", 2, 5).as_deref(), Some("0.00012"));
        assert_eq!(check("0.01", 2, 5), None);
        assert_eq!(check("Infinity", 2, 1), None);
        assert_eq!(typmod_parts(typmod(10, -3)), Some((10, -3)));
    }
}
