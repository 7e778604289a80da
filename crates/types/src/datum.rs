//! One value of one type.

use std::sync::Arc;

use crate::{ArrayValue, BitString, EnumLabel, Inet, Interval, Json, Numeric, RangeValue};

/// A value. The type oid is not inside (as in PostgreSQL): it is that of the expression or attribute.
///
/// Everything longer than a word is behind `Arc`, so a clone never copies it.
#[derive(Clone, Debug, Default)]
pub enum Datum {
    #[default]
    Null,
    Bool(bool),
    Int2(i16),
    Int4(i32),
    /// bigint; money in cents; xid8, pg_lsn and tid as one number.
    Int8(i64),
    /// oid, regclass and the other reg types, xid, cid.
    Oid(u32),
    Float4(f32),
    Float8(f64),
    Numeric(Arc<Numeric>),
    /// text, varchar, bpchar (blanks padded), name, "char", json, xml, jsonpath, cstring, unknown, refcursor.
    Text(Arc<str>),
    /// bytea; macaddr and macaddr8 as their bytes.
    Bytea(Arc<[u8]>),
    Uuid([u8; 16]),
    /// Days since 2000-01-01; `i32::MIN` and `MAX` are the infinities.
    Date(i32),
    /// Microseconds since midnight.
    Time(i64),
    /// Microseconds since midnight, and the zone in seconds *west* of Greenwich, as PostgreSQL keeps it.
    TimeTz(i64, i32),
    /// Microseconds since 2000-01-01 00:00; `i64::MIN` and `MAX` are the infinities.
    Timestamp(i64),
    /// The same, in UTC.
    TimestampTz(i64),
    Interval(Interval),
    Jsonb(Arc<Json>),
    Array(Arc<ArrayValue>),
    /// A row: its values and, for named composites as for `record`, its field types.
    Record(Arc<RecordValue>),
    Range(Arc<RangeValue>),
    /// Ascending, apart from each other, none empty.
    Multirange(Arc<Vec<RangeValue>>),
    Inet(Arc<Inet>),
    Enum(EnumLabel),
    Bits(Arc<BitString>),
    /// What a function that returns void gives: prints as an empty string, and is not NULL.
    Void,
}

/// A composite value with what is needed to print and compare it on its own.
#[derive(Clone, Debug)]
pub struct RecordValue {
    pub values: Vec<Datum>,
    /// Type oid and type modifier of each value.
    pub types: Arc<[(crate::Oid, i32)]>,
    /// Field names, empty for `ROW(...)` (which then counts as f1, f2, ...).
    pub names: Arc<[Arc<str>]>,
}

impl Datum {
    pub fn text(value: impl Into<Arc<str>>) -> Datum {
        Datum::Text(value.into())
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Datum::Null)
    }

    /// The text of a text-like datum.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Datum::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value of any integer type, oid included.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Datum::Int2(v) => Some(i64::from(*v)),
            Datum::Int4(v) => Some(i64::from(*v)),
            Datum::Int8(v) => Some(*v),
            Datum::Oid(v) => Some(i64::from(*v)),
            _ => None,
        }
    }

    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Datum::Bool(v) => Some(*v),
            _ => None,
        }
    }
}

impl From<bool> for Datum {
    fn from(value: bool) -> Datum {
        Datum::Bool(value)
    }
}

impl From<i32> for Datum {
    fn from(value: i32) -> Datum {
        Datum::Int4(value)
    }
}

impl From<i64> for Datum {
    fn from(value: i64) -> Datum {
        Datum::Int8(value)
    }
}

impl From<f64> for Datum {
    fn from(value: f64) -> Datum {
        Datum::Float8(value)
    }
}

impl From<&str> for Datum {
    fn from(value: &str) -> Datum {
        Datum::Text(value.into())
    }
}

impl From<String> for Datum {
    fn from(value: String) -> Datum {
        Datum::Text(value.into())
    }
}

impl<T: Into<Datum>> From<Option<T>> for Datum {
    fn from(value: Option<T>) -> Datum {
        value.map_or(Datum::Null, Into::into)
    }
}
