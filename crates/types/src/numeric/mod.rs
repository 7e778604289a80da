//! Decimal numbers of any precision, as PostgreSQL's `numeric`.
//!
//! - [`text`]: from and to text; [`convert`]: from and to integers and floats.
//! - [`arithmetic`]: + - * / %, with PostgreSQL's choice of result scales.
//! - [`rounding`]: round, trunc, ceil, floor, and `numeric(precision, scale)`.
//! - [`transcendental`]: sqrt, exp, ln, log, power.
//! - [`aggregate`]: sum, avg, variance and stddev.

use std::cmp::Ordering;

use crate::{Error, Result, SqlState};

pub mod aggregate;
pub mod arithmetic;
pub mod convert;
pub mod rounding;
pub mod text;
pub mod transcendental;

/// Base of the digits, and the decimal digits in one of them.
pub(crate) const BASE: i32 = 10_000;
pub(crate) const DIGITS: i32 = 4;

/// `NUMERIC_MAX_DISPLAY_SCALE`: the most digits after the point that a computed scale has.
pub(crate) const MAX_DISPLAY_SCALE: i32 = 1000;
/// `NUMERIC_MIN_SIG_DIGITS`: significant digits that quotients, roots and logarithms have at least.
pub(crate) const MIN_SIG_DIGITS: i32 = 16;
/// Limits of the storage format: weight of the first digit, and scale.
pub(crate) const MAX_WEIGHT: i32 = i16::MAX as i32;
pub(crate) const MAX_SCALE: i32 = 0x3FFF;

/// A decimal number: base-10000 digits with a weight, a sign and a display scale, or NaN or an infinity.
#[derive(Clone, Debug, PartialEq)]
pub struct Numeric {
    pub kind: NumericKind,
    /// Base-10000 digits, most significant first, without leading or trailing zero digits.
    pub digits: Vec<i16>,
    /// The first digit counts 10000^weight.
    pub weight: i32,
    /// Decimal digits printed after the point.
    pub scale: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumericKind {
    Positive,
    Negative,
    NaN,
    Infinity,
    NegativeInfinity,
}

impl Numeric {
    pub const ZERO: Numeric = Numeric::special(NumericKind::Positive);
    pub const NAN: Numeric = Numeric::special(NumericKind::NaN);
    pub const INFINITY: Numeric = Numeric::special(NumericKind::Infinity);
    pub const NEGATIVE_INFINITY: Numeric = Numeric::special(NumericKind::NegativeInfinity);

    const fn special(kind: NumericKind) -> Numeric {
        Numeric {
            kind,
            digits: Vec::new(),
            weight: 0,
            scale: 0,
        }
    }

    /// A number from digits that may have zeros at either end. A scale below 0 counts as 0.
    pub(crate) fn new(negative: bool, mut digits: Vec<i16>, mut weight: i32, scale: i32) -> Numeric {
        let leading = digits.iter().take_while(|&&digit| digit == 0).count();
        digits.drain(..leading);
        weight -= leading as i32;
        while digits.last() == Some(&0) {
            digits.pop();
        }
        if digits.is_empty() {
            weight = 0;
        }
        Numeric {
            kind: if negative && !digits.is_empty() {
                NumericKind::Negative
            } else {
                NumericKind::Positive
            },
            digits,
            weight,
            scale: scale.clamp(0, i32::from(u16::MAX)) as u16,
        }
    }

    /// The number itself if it fits the storage format, as PostgreSQL's `make_result` checks.
    pub(crate) fn checked(self) -> Result<Numeric> {
        if self.weight > MAX_WEIGHT || i32::from(self.scale) > MAX_SCALE {
            return Err(overflow());
        }
        Ok(self)
    }

    pub fn is_nan(&self) -> bool {
        self.kind == NumericKind::NaN
    }

    /// Neither NaN nor infinite.
    pub fn is_finite(&self) -> bool {
        matches!(self.kind, NumericKind::Positive | NumericKind::Negative)
    }

    pub fn is_zero(&self) -> bool {
        self.is_finite() && self.digits.is_empty()
    }

    /// Whether the sign is minus; false for NaN.
    pub fn is_negative(&self) -> bool {
        matches!(self.kind, NumericKind::Negative | NumericKind::NegativeInfinity)
    }

    /// -1, 0 or 1; 0 for NaN.
    pub fn signum(&self) -> i32 {
        match self.kind {
            NumericKind::Negative | NumericKind::NegativeInfinity => -1,
            NumericKind::NaN => 0,
            NumericKind::Infinity => 1,
            NumericKind::Positive => i32::from(!self.digits.is_empty()),
        }
    }

    /// Whether there is nothing after the point, whatever the scale.
    pub fn is_integral(&self) -> bool {
        self.is_finite() && self.lowest() >= 0
    }

    /// The digit that counts 10000^weight.
    pub(crate) fn digit(&self, weight: i32) -> i32 {
        let at = usize::try_from(self.weight - weight).ok();
        at.and_then(|at| self.digits.get(at))
            .map_or(0, |&digit| i32::from(digit))
    }

    /// Weight of the last digit; 0 of zero.
    pub(crate) fn lowest(&self) -> i32 {
        if self.digits.is_empty() {
            0
        } else {
            self.weight - self.digits.len() as i32 + 1
        }
    }

    /// Scale as a signed number, to reckon with.
    pub(crate) fn dscale(&self) -> i32 {
        i32::from(self.scale)
    }

    /// The same number that prints with another scale; digits past it are not cut.
    #[must_use]
    pub(crate) fn with_scale(mut self, scale: i32) -> Numeric {
        self.scale = scale.clamp(0, i32::from(u16::MAX)) as u16;
        self
    }

    pub(crate) fn compare_magnitude(&self, other: &Numeric) -> Ordering {
        match (self.digits.is_empty(), other.digits.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => self
                .weight
                .cmp(&other.weight)
                .then_with(|| self.digits.cmp(&other.digits)),
        }
    }

    /// As PostgreSQL's `cmp_numerics`: NaN equals itself and is greater than all others; the scale does not count.
    pub fn compare(&self, other: &Numeric) -> Ordering {
        fn rank(value: &Numeric) -> i32 {
            match value.kind {
                NumericKind::NegativeInfinity => -2,
                NumericKind::Infinity => 2,
                NumericKind::NaN => 3,
                _ => value.signum(),
            }
        }
        match (rank(self), rank(other)) {
            (1, 1) => self.compare_magnitude(other),
            (-1, -1) => other.compare_magnitude(self),
            (a, b) => a.cmp(&b),
        }
    }
}

pub(crate) fn overflow() -> Error {
    Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "value overflows numeric format")
}

pub(crate) fn division_by_zero() -> Error {
    Error::new(SqlState::DIVISION_BY_ZERO, "division by zero")
}
