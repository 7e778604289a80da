//! Functions and operators on arrays.

use std::sync::Arc;

use super::text::check_length;
use super::{Family, unexpected};
use crate::Datum::{self, Array, Bool, Int4, Null, Text};
use crate::array::ArrayValue;
use crate::compare::compare_typed;
use crate::{Call, Error, Oid, Result, SqlState, builtin_type, format_type, io};

pub static FUNCTIONS: Family = family! { call;
    // Dimensions.
    "array_ndims" (Array(a)) => Ok(count(a.dims.len()));
    "array_dims" (Array(a)) => Ok(if a.dims.is_empty() { Null } else { a.dims_text().into() });
    "array_length" (Array(a), Int4(dimension)) =>
        Ok(a.dimension(*dimension).map_or(Null, |(length, _)| Int4(i32::try_from(length).unwrap_or(i32::MAX))));
    "array_lower" (Array(a), Int4(dimension)) => Ok(a.dimension(*dimension).map(|(_, lower)| lower).into());
    "array_upper" (Array(a), Int4(dimension)) => Ok(a.upper(*dimension).into());
    "array_cardinality" (Array(a)) => Ok(Int4(i32::try_from(a.values.len()).unwrap_or(i32::MAX)));

    // Putting together and taking apart.
    "array_append" (a, value) => array(nullable(call, a, 0)?.append(value.clone()));
    "array_prepend" (value, a) => array(nullable(call, a, 1)?.prepend(value.clone()));
    "array_cat" (a, b) => concat(call, a, b);
    "array_fill" (value, lengths) => fill(call, value, lengths, None);
    "array_fill_with_lower_bounds" (value, lengths, lowers) => fill(call, value, lengths, Some(lowers));
    "trim_array" (Array(a), Int4(count)) => array(a.trim(*count));
    "array_unnest" set (Array(a)) => Ok(a.values.iter().map(|value| vec![value.clone()]).collect());
    "generate_subscripts_nodir" set (Array(a), Int4(dimension)) => Ok(subscripts(a, *dimension, false));
    "generate_subscripts" set (Array(a), Int4(dimension), Bool(reverse)) => Ok(subscripts(a, *dimension, *reverse));
    "array_to_text" (Array(a), Text(separator)) => join(call, a, separator, None);
    "array_to_text_null" (a, separator, null_text) => match (a, separator) {
        (Array(a), Text(separator)) => join(call, a, separator, null_text.as_str()),
        _ => Ok(Null),
    };

    // Searching.
    "array_position" (a, value) => position(a, value, None);
    "array_position_start" (a, value, start) => match start {
        Int4(start) => position(a, value, Some(*start)),
        _ => Err(Error::new(SqlState::NULL_VALUE_NOT_ALLOWED, "initial position must not be null")),
    };
    "array_positions" (a, value) => match a {
        Array(a) => {
            let positions = a.find_all(value)?.into_iter().map(Int4).collect();
            array(Ok(ArrayValue::vector(Oid::INT4, positions)))
        }
        _ => Ok(Null),
    };
    "array_remove" (a, value) => match a {
        Array(a) => array(a.remove(value)),
        _ => Ok(Null),
    };
    "array_replace" (a, old, new) => match a {
        Array(a) => array(Ok(a.replace(old, new))),
        _ => Ok(Null),
    };
    "arraycontains" (Array(a), Array(b)) => Ok(Bool(a.contains(b)));
    "arraycontained" (Array(a), Array(b)) => Ok(Bool(b.contains(a)));
    "arrayoverlap" (Array(a), Array(b)) => Ok(Bool(a.overlaps(b)));
    "width_bucket_array" (operand, Array(thresholds)) => width_bucket(operand, thresholds);
};

fn array(value: Result<ArrayValue>) -> Result<Datum> {
    value.map(|array| Array(Arc::new(array)))
}

/// NULL rather than 0.
fn count(count: usize) -> Datum {
    match i32::try_from(count) {
        Ok(count @ 1..) => Int4(count),
        _ => Null,
    }
}

/// The element type of an array type.
fn element_of(call: &Call<'_>, array_type: Oid) -> Oid {
    match call.env.user_type(array_type) {
        Some(crate::UserType::Array(element)) => element,
        _ => builtin_type(array_type).map_or(Oid::INVALID, |t| t.element),
    }
}

/// An array argument where NULL counts as empty.
fn nullable(call: &Call<'_>, value: &Datum, argument: usize) -> Result<Arc<ArrayValue>> {
    match value {
        Array(array) => Ok(array.clone()),
        Null => {
            let given = call.arg_types.get(argument).copied();
            let array_type = given
                .filter(|&t| element_of(call, t).is_valid())
                .unwrap_or(call.result_type);
            Ok(Arc::new(ArrayValue::empty(element_of(call, array_type))))
        }
        other => Err(unexpected("an array function", std::slice::from_ref(other))),
    }
}

fn concat(call: &Call<'_>, a: &Datum, b: &Datum) -> Result<Datum> {
    match (a, b) {
        (Array(a), Array(b)) if a.element != b.element => {
            Err(
                Error::new(SqlState::DATATYPE_MISMATCH, "cannot concatenate incompatible arrays").detail(format!(
                    "Arrays with element types {} and {} are not compatible for concatenation.",
                    format_type(call.env, a.element),
                    format_type(call.env, b.element)
                )),
            )
        }
        (Array(a), Array(b)) => array(a.concat(b)),
        (Null, other) | (other, _) => Ok(other.clone()),
    }
}

fn fill(call: &Call<'_>, value: &Datum, lengths: &Datum, lowers: Option<&Datum>) -> Result<Datum> {
    let null = || {
        Error::new(
            SqlState::NULL_VALUE_NOT_ALLOWED,
            "dimension array or low bound array cannot be null",
        )
    };
    let Array(lengths) = lengths else {
        return Err(null());
    };
    let lowers = match lowers {
        None => None,
        Some(Array(lowers)) => Some(&**lowers),
        Some(_) => return Err(null()),
    };
    array(ArrayValue::fill(
        element_of(call, call.result_type),
        value,
        lengths,
        lowers,
    ))
}

fn subscripts(array: &ArrayValue, dimension: i32, reverse: bool) -> Vec<Vec<Datum>> {
    let (Some((_, lower)), Some(upper)) = (array.dimension(dimension), array.upper(dimension)) else {
        return Vec::new();
    };
    let row = |subscript| vec![Int4(subscript)];
    if reverse {
        (lower..=upper).rev().map(row).collect()
    } else {
        (lower..=upper).map(row).collect()
    }
}

/// The elements with a separator between; NULLs are left out unless there is a text for them.
fn join(call: &Call<'_>, array: &ArrayValue, separator: &str, null_text: Option<&str>) -> Result<Datum> {
    let text = |value: &Datum| match value {
        Null => null_text.map(str::to_string),
        value => Some(io::output(call.env, array.element, value).into_owned()),
    };
    let texts: Vec<String> = array.values.iter().filter_map(text).collect();
    let separators = separator.len().saturating_mul(texts.len());
    check_length(texts.iter().map(String::len).sum::<usize>().saturating_add(separators))?;
    Ok(texts.join(separator).into())
}

fn position(a: &Datum, value: &Datum, start: Option<i32>) -> Result<Datum> {
    match a {
        Array(a) => Ok(a.find(value, start)?.into()),
        _ => Ok(Null),
    }
}

/// How many of the ascending thresholds are not greater than the operand.
fn width_bucket(operand: &Datum, thresholds: &ArrayValue) -> Result<Datum> {
    if thresholds.dims.len() > 1 {
        return Err(Error::new(
            SqlState::ARRAY_SUBSCRIPT_ERROR,
            "thresholds must be one-dimensional array",
        ));
    }
    if thresholds.values.iter().any(Datum::is_null) {
        return Err(Error::new(
            SqlState::NULL_VALUE_NOT_ALLOWED,
            "thresholds array must not contain NULLs",
        ));
    }
    let below = |threshold: &Datum| compare_typed(thresholds.element, threshold, operand).is_le();
    let bucket = thresholds.values.partition_point(below);
    Ok(Int4(i32::try_from(bucket).unwrap_or(i32::MAX)))
}
