//! The arguments of a call, by place and type.

use kumquat_postgres::extension::FunctionCall;
use kumquat_types::{Datum, Oid};

/// Wraps a call; every reader gives `None` for NULL and for a missing argument.
#[derive(Clone, Copy)]
pub struct Arguments<'a>(pub &'a FunctionCall<'a>);

impl<'a> Arguments<'a> {
    pub fn name(self) -> &'static str {
        self.0.proc.name
    }

    pub fn datum(self, at: usize) -> Option<&'a Datum> {
        self.0.args.get(at).filter(|value| !value.is_null())
    }

    /// The actual type of an argument.
    pub fn type_of(self, at: usize) -> Oid {
        self.0.arg_types.get(at).copied().unwrap_or(Oid::UNKNOWN)
    }

    pub fn oid(self, at: usize) -> Option<Oid> {
        match self.datum(at)? {
            Datum::Oid(value) => Some(Oid(*value)),
            other => other.as_i64().and_then(|value| u32::try_from(value).ok()).map(Oid),
        }
    }

    /// A text, name or enum argument.
    pub fn text(self, at: usize) -> Option<&'a str> {
        match self.datum(at)? {
            Datum::Enum(label) => Some(&label.label),
            other => other.as_str(),
        }
    }

    pub fn int(self, at: usize) -> Option<i64> {
        self.datum(at)?.as_i64()
    }

    pub fn int4(self, at: usize) -> Option<i32> {
        self.int(at).and_then(|value| i32::try_from(value).ok())
    }

    pub fn bool(self, at: usize) -> Option<bool> {
        self.datum(at)?.as_bool()
    }

    pub fn float4(self, at: usize) -> Option<f32> {
        match self.datum(at)? {
            Datum::Float4(value) => Some(*value),
            _ => None,
        }
    }

    /// The elements of an array argument.
    pub fn array(self, at: usize) -> Vec<Datum> {
        match self.datum(at) {
            Some(Datum::Array(array)) => array.values.to_vec(),
            _ => Vec::new(),
        }
    }
}
