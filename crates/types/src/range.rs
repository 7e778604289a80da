//! Ranges, as PostgreSQL's `int4range`, `tsrange` and kin.

use crate::Datum;

/// A canonical range; `None` bounds are infinite.
#[derive(Clone, Debug)]
pub enum RangeValue {
    Empty,
    Bounds {
        lower: Option<Datum>,
        lower_inclusive: bool,
        upper: Option<Datum>,
        upper_inclusive: bool,
    },
}
