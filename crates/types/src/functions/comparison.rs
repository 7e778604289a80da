//! Comparison operators of all types: what differs between types is in [`crate::compare`].

use std::cmp::Ordering;

use super::{Family, kernel, unexpected};
use crate::compare::compare_typed;
use crate::{Call, Datum, Error, Implementation, Oid, RecordValue, Result, SqlState, format_type};

/// The six operators of a type by the given names, with a kernel where `kernel` is said, and the function that
/// gives the order as a number.
macro_rules! operators {
    (@function scalar $accept:path) => {
        Implementation::Scalar(|call, args| Ok(Datum::Bool($accept(order(call, args)?))))
    };
    (@function kernel $accept:path) => {
        Implementation::Vector(
            |call, args| Ok(Datum::Bool($accept(order(call, args)?))),
            |columns, _| kernel::compare(columns, $accept),
        )
    };
    ($($how:ident $prefix:literal $eq:literal $ne:literal $lt:literal $le:literal $gt:literal $ge:literal,)*) => {
        &[$(
            (concat!($prefix, $eq), operators!(@function $how Ordering::is_eq)),
            (concat!($prefix, $ne), operators!(@function $how Ordering::is_ne)),
            (concat!($prefix, $lt), operators!(@function $how Ordering::is_lt)),
            (concat!($prefix, $le), operators!(@function $how Ordering::is_le)),
            (concat!($prefix, $gt), operators!(@function $how Ordering::is_gt)),
            (concat!($prefix, $ge), operators!(@function $how Ordering::is_ge)),
        )*]
    };
}

pub static OPERATORS: Family = operators! {
    kernel "bool" "eq" "ne" "lt" "le" "gt" "ge",
    kernel "int2" "eq" "ne" "lt" "le" "gt" "ge",
    kernel "int4" "eq" "ne" "lt" "le" "gt" "ge",
    kernel "int8" "eq" "ne" "lt" "le" "gt" "ge",
    kernel "int24" "eq" "ne" "lt" "le" "gt" "ge",
    kernel "int28" "eq" "ne" "lt" "le" "gt" "ge",
    kernel "int42" "eq" "ne" "lt" "le" "gt" "ge",
    kernel "int48" "eq" "ne" "lt" "le" "gt" "ge",
    kernel "int82" "eq" "ne" "lt" "le" "gt" "ge",
    kernel "int84" "eq" "ne" "lt" "le" "gt" "ge",
    kernel "float4" "eq" "ne" "lt" "le" "gt" "ge",
    kernel "float8" "eq" "ne" "lt" "le" "gt" "ge",
    kernel "float48" "eq" "ne" "lt" "le" "gt" "ge",
    kernel "float84" "eq" "ne" "lt" "le" "gt" "ge",
    kernel "text" "eq" "ne" "_lt" "_le" "_gt" "_ge",
    kernel "name" "eq" "ne" "lt" "le" "gt" "ge",
    kernel "name" "eqtext" "netext" "lttext" "letext" "gttext" "getext",
    kernel "text" "eqname" "nename" "ltname" "lename" "gtname" "gename",
    kernel "date" "_eq" "_ne" "_lt" "_le" "_gt" "_ge",
    kernel "timestamp" "_eq" "_ne" "_lt" "_le" "_gt" "_ge",
    scalar "bpchar" "eq" "ne" "lt" "le" "gt" "ge",
    scalar "char" "eq" "ne" "lt" "le" "gt" "ge",
    scalar "oid" "eq" "ne" "lt" "le" "gt" "ge",
    scalar "oidvector" "eq" "ne" "lt" "le" "gt" "ge",
    scalar "xid8" "eq" "ne" "lt" "le" "gt" "ge",
    scalar "pg_lsn" "_eq" "_ne" "_lt" "_le" "_gt" "_ge",
    scalar "cash" "_eq" "_ne" "_lt" "_le" "_gt" "_ge",
    scalar "numeric" "_eq" "_ne" "_lt" "_le" "_gt" "_ge",
    scalar "bytea" "eq" "ne" "lt" "le" "gt" "ge",
    scalar "uuid" "_eq" "_ne" "_lt" "_le" "_gt" "_ge",
    scalar "time" "_eq" "_ne" "_lt" "_le" "_gt" "_ge",
    scalar "timetz" "_eq" "_ne" "_lt" "_le" "_gt" "_ge",
    scalar "interval" "_eq" "_ne" "_lt" "_le" "_gt" "_ge",
    scalar "network" "_eq" "_ne" "_lt" "_le" "_gt" "_ge",
    scalar "macaddr" "_eq" "_ne" "_lt" "_le" "_gt" "_ge",
    scalar "macaddr8" "_eq" "_ne" "_lt" "_le" "_gt" "_ge",
    scalar "bit" "eq" "ne" "lt" "le" "gt" "ge",
    scalar "enum" "_eq" "_ne" "_lt" "_le" "_gt" "_ge",
    scalar "jsonb" "_eq" "_ne" "_lt" "_le" "_gt" "_ge",
    scalar "array" "_eq" "_ne" "_lt" "_le" "_gt" "_ge",
    scalar "range" "_eq" "_ne" "_lt" "_le" "_gt" "_ge",
    scalar "multirange" "_eq" "_ne" "_lt" "_le" "_gt" "_ge",
    scalar "record" "_eq" "_ne" "_lt" "_le" "_gt" "_ge",
    scalar "record_image" "_eq" "_ne" "_lt" "_le" "_gt" "_ge",
};

/// A list of one implementation under several names.
macro_rules! under_names {
    ($implementation:expr; $($name:literal)*) => { &[$(($name, $implementation)),*] };
}

/// The order of two values as -1, 0 or 1.
pub static ORDERS: Family = under_names! {
    Implementation::Scalar(|call, args| Ok(Datum::Int4(order(call, args)? as i32)));
    "btboolcmp" "btint2cmp" "btint4cmp" "btint8cmp" "btint24cmp" "btint28cmp" "btint42cmp" "btint48cmp" "btint82cmp"
    "btint84cmp" "btfloat4cmp" "btfloat8cmp" "btfloat48cmp" "btfloat84cmp" "bttextcmp" "btnamecmp" "btnametextcmp"
    "bttextnamecmp" "bpcharcmp" "btcharcmp" "btoidcmp" "btoidvectorcmp" "xid8cmp" "pg_lsn_cmp" "cash_cmp"
    "numeric_cmp" "byteacmp" "uuid_cmp" "date_cmp" "timestamp_cmp" "time_cmp" "timetz_cmp" "interval_cmp"
    "network_cmp" "macaddr_cmp" "macaddr8_cmp" "bitcmp" "enum_cmp" "jsonb_cmp" "btarraycmp" "range_cmp"
    "multirange_cmp" "btrecordcmp" "btrecordimagecmp" "bttext_pattern_cmp" "btbpchar_pattern_cmp"
};

/// Single operators, by what their order must be.
macro_rules! accepting {
    ($($name:literal $accept:ident,)*) => {
        &[$(($name, Implementation::Scalar(|call, args| Ok(order(call, args)?.$accept().into())))),*]
    };
}

/// Types that can be told apart but have no order, and orders by bytes, which under this collation is the order.
pub static OTHERS: Family = accepting! {
    "xideq" is_eq,
    "xidneq" is_ne,
    "cideq" is_eq,
    "tideq" is_eq,
    "tidne" is_ne,
    "tidlt" is_lt,
    "tidle" is_le,
    "tidgt" is_gt,
    "tidge" is_ge,
    "text_pattern_lt" is_lt,
    "text_pattern_le" is_le,
    "text_pattern_gt" is_gt,
    "text_pattern_ge" is_ge,
    "bpchar_pattern_lt" is_lt,
    "bpchar_pattern_le" is_le,
    "bpchar_pattern_gt" is_gt,
    "bpchar_pattern_ge" is_ge,
};

/// The greater of two values, the first if they are equal.
pub static LARGER: Family = under_names! {
    Implementation::Scalar(|call, args| pick(call, args, Ordering::Less));
    "int2larger" "int4larger" "int8larger" "float4larger" "float8larger" "numeric_larger" "text_larger" "bpchar_larger"
    "oidlarger" "date_larger" "time_larger" "timetz_larger" "timestamp_larger" "interval_larger" "xid8_larger"
    "pg_lsn_larger" "cashlarger" "network_larger" "enum_larger" "array_larger"
};

/// The lesser of two values, the first if they are equal.
pub static SMALLER: Family = under_names! {
    Implementation::Scalar(|call, args| pick(call, args, Ordering::Greater));
    "int2smaller" "int4smaller" "int8smaller" "float4smaller" "float8smaller" "numeric_smaller" "text_smaller"
    "bpchar_smaller" "oidsmaller" "date_smaller" "time_smaller" "timetz_smaller" "timestamp_smaller"
    "interval_smaller" "xid8_smaller" "pg_lsn_smaller" "cashsmaller" "network_smaller" "enum_smaller" "array_smaller"
};

fn order(call: &mut Call<'_>, args: &[Datum]) -> Result<Ordering> {
    let [a, b] = args else {
        return Err(unexpected("a comparison", args));
    };
    if let (Datum::Record(a), Datum::Record(b)) = (a, b) {
        check_records(call, a, b)?;
    }
    let type_oid = call.arg_types.first().copied().unwrap_or_default();
    Ok(compare_typed(type_oid, a, b))
}

fn pick(call: &mut Call<'_>, args: &[Datum], unless: Ordering) -> Result<Datum> {
    let order = order(call, args)?;
    let picked = if order == unless { args.last() } else { args.first() };
    Ok(picked.cloned().unwrap_or_default())
}

/// Rows compare only if their fields have the same types.
fn check_records(call: &Call<'_>, a: &RecordValue, b: &RecordValue) -> Result<()> {
    for (at, ((type_a, _), (type_b, _))) in a.types.iter().zip(b.types.iter()).enumerate() {
        if type_a != type_b && !same_family(*type_a, *type_b) {
            return Err(Error::new(
                SqlState::DATATYPE_MISMATCH,
                format!(
                    "cannot compare dissimilar column types {} and {} at record column {}",
                    format_type(call.env, *type_a),
                    format_type(call.env, *type_b),
                    at + 1
                ),
            ));
        }
    }
    if a.values.len() != b.values.len() {
        return Err(Error::new(
            SqlState::DATATYPE_MISMATCH,
            "cannot compare record types with different numbers of columns",
        ));
    }
    Ok(())
}

/// A literal whose type was never settled is text.
fn same_family(a: Oid, b: Oid) -> bool {
    let text = |oid| matches!(oid, Oid::TEXT | Oid::UNKNOWN);
    text(a) && text(b)
}
