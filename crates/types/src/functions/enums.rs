//! Functions on enum types; which labels there are is asked of the session.

use std::sync::Arc;

use super::Family;
use crate::Datum::{self, Enum, Null};
use crate::{ArrayValue, Call, EnumLabel, Error, Oid, Result, SqlState, UserType};

pub static FUNCTIONS: Family = family! { call;
    "enum_first" (_) => usable(call, labels(call)?.1.into_iter().next());
    "enum_last" (_) => usable(call, labels(call)?.1.into_iter().next_back());
    "enum_range_all" (_) => range(call, &Null, &Null);
    "enum_range_bounds" (first, last) => range(call, first, last);
};

/// The enum type of the arguments, and its labels in order.
fn labels(call: &Call<'_>) -> Result<(Oid, Vec<EnumLabel>)> {
    for &type_oid in call.arg_types {
        if let Some(UserType::Enum(mut labels)) = call.env.user_type(type_oid) {
            labels.sort_by(|a, b| a.sort_order.total_cmp(&b.sort_order));
            return Ok((type_oid, labels));
        }
    }
    Err(Error::new(
        SqlState::FEATURE_NOT_SUPPORTED,
        "could not determine actual enum type",
    ))
}

/// A label as a value, if it may be used already.
fn usable(call: &Call<'_>, label: Option<EnumLabel>) -> Result<Datum> {
    let label = label.ok_or_else(|| empty(call))?;
    call.env.check_enum_label(labels(call)?.0, &label)?;
    Ok(Enum(label))
}

fn empty(call: &Call<'_>) -> Error {
    let name = call.arg_types.first().map(|&oid| crate::format_type(call.env, oid));
    Error::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!("enum {} contains no values", name.unwrap_or_default()),
    )
}

/// The labels between two, both included; NULL leaves a side open.
fn range(call: &Call<'_>, first: &Datum, last: &Datum) -> Result<Datum> {
    let (type_oid, labels) = labels(call)?;
    let order = |bound: &Datum| match bound {
        Enum(label) => Some(label.sort_order),
        _ => None,
    };
    let (first, last) = (order(first), order(last));
    let within = |label: &EnumLabel| {
        first.is_none_or(|first| label.sort_order >= first) && last.is_none_or(|last| label.sort_order <= last)
    };
    let labels: Vec<EnumLabel> = labels.into_iter().filter(within).collect();
    for label in &labels {
        call.env.check_enum_label(type_oid, label)?;
    }
    let values = labels.into_iter().map(Enum).collect();
    Ok(Datum::Array(Arc::new(ArrayValue::vector(type_oid, values))))
}
