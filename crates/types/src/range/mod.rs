//! Ranges and multiranges, as PostgreSQL's `int4range`, `tsmultirange` and kin.
//!
//! [`text`]: from and to text; [`edge`]: bounds and how they compare; [`operate`]: what ranges, and sets of
//! them, have to do with each other. A multirange is a list of ranges, ascending and apart.

use crate::{Datum, Environment, Error, Oid, Result, SqlState, UserType};

pub mod edge;
pub mod operate;
pub mod text;

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

/// The type of a range's bounds (`rngsubtype`), of a range or multirange type.
pub fn subtype(env: &dyn Environment, type_oid: Oid) -> Oid {
    match type_oid {
        Oid::INT4RANGE | Oid::INT4MULTIRANGE => Oid::INT4,
        Oid::INT8RANGE | Oid::INT8MULTIRANGE => Oid::INT8,
        Oid::NUMRANGE | Oid::NUMMULTIRANGE => Oid::NUMERIC,
        Oid::TSRANGE | Oid::TSMULTIRANGE => Oid::TIMESTAMP,
        Oid::TSTZRANGE | Oid::TSTZMULTIRANGE => Oid::TIMESTAMPTZ,
        Oid::DATERANGE | Oid::DATEMULTIRANGE => Oid::DATE,
        _ => match env.user_type(type_oid) {
            Some(UserType::Range(subtype)) => subtype,
            _ => Oid::INVALID,
        },
    }
}

/// Whether values of a range or multirange type are brought to the form `[lower,upper)`.
pub fn is_discrete(type_oid: Oid) -> bool {
    matches!(
        type_oid,
        Oid::INT4RANGE
            | Oid::INT8RANGE
            | Oid::DATERANGE
            | Oid::INT4MULTIRANGE
            | Oid::INT8MULTIRANGE
            | Oid::DATEMULTIRANGE
    )
}

impl RangeValue {
    /// Makes a range of its bounds (`make_range`); NULL is infinite. `discrete` ranges become `[lower,upper)`.
    pub fn new(
        lower: Datum,
        lower_inclusive: bool,
        upper: Datum,
        upper_inclusive: bool,
        discrete: bool,
    ) -> Result<RangeValue> {
        let bound = |value: Datum| (!value.is_null()).then_some(value);
        let (mut lower, mut upper) = (bound(lower), bound(upper));
        let (mut lower_inclusive, mut upper_inclusive) =
            (lower_inclusive && lower.is_some(), upper_inclusive && upper.is_some());
        if let (Some(low), Some(high)) = (&lower, &upper) {
            match crate::compare::compare(low, high) {
                std::cmp::Ordering::Greater => {
                    return Err(Error::new(
                        SqlState::DATA_EXCEPTION,
                        "range lower bound must be less than or equal to range upper bound",
                    ));
                }
                std::cmp::Ordering::Equal if !(lower_inclusive && upper_inclusive) => return Ok(RangeValue::Empty),
                _ => {}
            }
        }
        if discrete {
            if let (Some(value), false) = (lower.as_ref().filter(|v| has_successor(v)), lower_inclusive) {
                lower = Some(successor(value)?);
                lower_inclusive = true;
            }
            if let (Some(value), true) = (upper.as_ref().filter(|v| has_successor(v)), upper_inclusive) {
                upper = Some(successor(value)?);
                upper_inclusive = false;
            }
            if let (Some(low), Some(high)) = (&lower, &upper)
                && crate::compare::compare(low, high).is_ge()
            {
                return Ok(RangeValue::Empty);
            }
        }
        Ok(RangeValue::Bounds {
            lower,
            lower_inclusive,
            upper,
            upper_inclusive,
        })
    }

    pub fn is_empty(&self) -> bool {
        matches!(self, RangeValue::Empty)
    }
}

/// Infinite dates have none.
fn has_successor(value: &Datum) -> bool {
    !matches!(value, Datum::Date(date) if !crate::datetime::date::is_finite(*date))
}

/// The next value of a discrete type.
fn successor(value: &Datum) -> Result<Datum> {
    let integer = |name: &str| Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, format!("{name} out of range"));
    match value {
        Datum::Int4(value) => value.checked_add(1).map(Datum::Int4).ok_or_else(|| integer("integer")),
        Datum::Int8(value) => value.checked_add(1).map(Datum::Int8).ok_or_else(|| integer("bigint")),
        Datum::Date(date) => crate::datetime::date::plus_days(*date, 1),
        other => Ok(other.clone()),
    }
}
