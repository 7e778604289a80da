//! Decimal numbers of any precision, as PostgreSQL's `numeric`.

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
