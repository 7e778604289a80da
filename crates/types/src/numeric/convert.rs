//! Numeric from and to integers and floats.

use super::{BASE, Numeric, NumericKind};
use crate::{Error, Result, SqlState};

impl From<i64> for Numeric {
    fn from(value: i64) -> Numeric {
        Numeric::from(i128::from(value))
    }
}

impl From<i32> for Numeric {
    fn from(value: i32) -> Numeric {
        Numeric::from(i128::from(value))
    }
}

impl From<i128> for Numeric {
    fn from(value: i128) -> Numeric {
        let mut digits = Vec::new();
        let mut rest = value.unsigned_abs();
        while rest > 0 {
            digits.push((rest % BASE as u128) as i16);
            rest /= BASE as u128;
        }
        digits.reverse();
        let weight = digits.len() as i32 - 1;
        Numeric::new(value < 0, digits, weight, 0)
    }
}

impl Numeric {
    /// Keeps 15 significant digits, as `float8_numeric` does.
    pub fn from_f64(value: f64) -> Numeric {
        from_float(value, 15)
    }

    /// Keeps 6 significant digits, as `float4_numeric` does.
    pub fn from_f32(value: f32) -> Numeric {
        from_float(f64::from(value), 6)
    }

    /// The nearest double; what is too large becomes infinite.
    pub fn to_f64(&self) -> f64 {
        match self.kind {
            NumericKind::NaN => f64::NAN,
            NumericKind::Infinity => f64::INFINITY,
            NumericKind::NegativeInfinity => f64::NEG_INFINITY,
            _ => self.to_string().parse().unwrap_or(f64::NAN),
        }
    }

    /// The nearest integer, half away from zero, if an i128 can hold it.
    pub fn to_i128(&self) -> Option<i128> {
        if !self.is_finite() {
            return None;
        }
        let rounded = self.round(0);
        let magnitude = (0..=rounded.weight).rev().try_fold(0i128, |sum, weight| {
            sum.checked_mul(i128::from(BASE))?
                .checked_add(i128::from(rounded.digit(weight)))
        })?;
        Some(if rounded.is_negative() { -magnitude } else { magnitude })
    }

    /// The nearest integer of a type called `name`, or PostgreSQL's error.
    pub fn to_integer_type<T: TryFrom<i128>>(&self, name: &str) -> Result<T> {
        if !self.is_finite() {
            let what = if self.is_nan() { "NaN" } else { "infinity" };
            return Err(Error::new(
                SqlState::FEATURE_NOT_SUPPORTED,
                format!("cannot convert {what} to {name}"),
            ));
        }
        self.to_i128()
            .and_then(|value| T::try_from(value).ok())
            .ok_or_else(|| Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, format!("{name} out of range")))
    }
}

fn from_float(value: f64, significant: usize) -> Numeric {
    if value.is_nan() {
        return Numeric::NAN;
    }
    if value.is_infinite() {
        return if value > 0.0 {
            Numeric::INFINITY
        } else {
            Numeric::NEGATIVE_INFINITY
        };
    }
    // Like printf's %g: trailing zeros do not count in the scale.
    let text = format!("{value:.*e}", significant - 1);
    Numeric::parse(&text).map_or(Numeric::NAN, |number| number.trim_scale())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn integers_go_there_and_back() {
        for value in [0, 1, -1, 9999, 10000, -123_456_789, i64::MAX, i64::MIN] {
            let number = Numeric::from(value);
            assert_eq!(number.to_string(), value.to_string());
            assert_eq!(number.to_i128(), Some(i128::from(value)));
        }
        assert_eq!(
            Numeric::parse("2.5")
                .unwrap()
                .to_integer_type::<i32>("integer")
                .unwrap(),
            3
        );
        let error = Numeric::parse("2147483647.5")
            .unwrap()
            .to_integer_type::<i32>("integer")
            .unwrap_err();
        assert_eq!(error.message, "integer out of range");
    }

    #[test]
    fn floats_keep_their_significant_digits() {
        for (value, expect) in [
            (0.1, "0.1"),
            (1e20, "100000000000000000000"),
            (1.0 / 3.0, "0.333333333333333"),
        ] {
            assert_eq!(Numeric::from_f64(value).to_string(), expect);
        }
        assert_eq!(Numeric::from_f32(1.1).to_string(), "1.1");
        assert_eq!(Numeric::parse("1e400").unwrap().to_f64(), f64::INFINITY);
    }
}
