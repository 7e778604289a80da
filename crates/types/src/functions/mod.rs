//! What the built-in functions do, by their internal names (`prosrc` of pg_proc; for functions that
//! PostgreSQL writes in SQL, their names).
//!
//! Each family lists its functions; signatures, volatility and strictness come from [`crate::catalog`].
//! A strict function is never called with a NULL.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::{Datum, Error, Implementation};

/// Lists a family: `"internal name" (argument patterns) => result;`, the result a `Result<Datum>`, or after
/// `set` a result of rows. `call` names the call.
macro_rules! family {
    ($call:ident; $($name:literal $($kind:ident)? ($($arg:pat),* $(,)?) => $result:expr;)*) => {
        &[$(($name, $crate::functions::family!(@ $($kind)? $call $name [$($arg),*] $result))),*]
    };
    (@ set $call:ident $name:literal [$($arg:pat),*] $result:expr) => {
        $crate::Implementation::Set(|$call, args| {
            let _ = &$call;
            match args {
                [$($arg),*] => $result,
                _ => Err($crate::functions::unexpected($name, args)),
            }
        })
    };
    (@ $call:ident $name:literal [$($arg:pat),*] $result:expr) => {
        $crate::Implementation::Scalar(|$call, args| {
            let _ = &$call;
            #[allow(unreachable_patterns)]
            match args {
                [$($arg),*] => $result,
                _ => Err($crate::functions::unexpected($name, args)),
            }
        })
    };
}
pub(crate) use family;

/// A call that the planner should have refused.
pub(crate) fn unexpected(name: &str, args: &[Datum]) -> Error {
    Error::internal(format!("unexpected arguments of {name}: {args:?}"))
}

/// An error of a function that PostgreSQL writes in SQL, where it is called with constants.
pub(crate) fn in_sql(error: Error, function: &str) -> Error {
    error.context(format!("SQL function \"{function}\" statement 1"))
}

pub mod array;
pub mod bits;
pub mod bytea;
pub mod comparison;
pub mod datetime;
pub mod datetime_compare;
pub mod encoding;
pub mod enums;
pub mod float;
pub mod formatting;
pub mod hashing;
pub mod inet;
pub mod integer;
pub mod json;
pub mod json_path;
mod kernel;
pub mod misc;
pub mod money;
pub mod numeric;
pub mod pattern;
pub mod range;
pub mod regex;
pub mod text;
pub mod text_format;
pub mod uuid;

/// Functions of a family: internal name and what carries it out.
pub type Family = &'static [(&'static str, Implementation)];

static FAMILIES: &[Family] = &[
    array::FUNCTIONS,
    bits::FUNCTIONS,
    bytea::FUNCTIONS,
    comparison::OPERATORS,
    comparison::ORDERS,
    comparison::OTHERS,
    comparison::LARGER,
    comparison::SMALLER,
    datetime::FUNCTIONS,
    datetime::ZONES,
    datetime_compare::FUNCTIONS,
    encoding::FUNCTIONS,
    enums::FUNCTIONS,
    float::ARITHMETIC,
    float::FUNCTIONS,
    float::IN_RANGE,
    float::WIDENING,
    formatting::FUNCTIONS,
    hashing::PLAIN,
    hashing::EXTENDED,
    inet::FUNCTIONS,
    integer::ARITHMETIC,
    integer::SMALLINT,
    integer::INTEGER,
    integer::BIGINT,
    integer::WIDENING,
    integer::OTHERS,
    integer::IN_RANGE,
    json::FUNCTIONS,
    misc::FUNCTIONS,
    misc::VARIADIC,
    money::FUNCTIONS,
    json::CONVERSIONS,
    json::OPERATORS,
    json::VARIADIC,
    json_path::FUNCTIONS,
    numeric::FUNCTIONS,
    numeric::IN_RANGE,
    pattern::FUNCTIONS,
    pattern::LIKE,
    range::FUNCTIONS,
    range::RELATIONS,
    regex::FUNCTIONS,
    regex::MATCHING,
    regex::OPTIONAL,
    regex::SETS,
    text::FUNCTIONS,
    text::VARIADIC,
    text_format::FUNCTIONS,
    uuid::FUNCTIONS,
];

/// What carries out the function of this internal name, if it is computed from its arguments alone.
pub fn implementation(internal: &str) -> Option<Implementation> {
    static INDEX: OnceLock<HashMap<&str, Implementation>> = OnceLock::new();
    let index = INDEX.get_or_init(|| FAMILIES.iter().flat_map(|family| family.iter().copied()).collect());
    index.get(internal).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::all_procs;

    #[test]
    fn every_implementation_is_used_once() {
        let mut names: Vec<&str> = FAMILIES.iter().flat_map(|f| f.iter().map(|(name, _)| *name)).collect();
        names.sort_unstable();
        for pair in names.windows(2) {
            assert_ne!(pair[0], pair[1], "implemented twice");
        }
        for name in names {
            assert!(
                all_procs().iter().any(|p| p.internal == name),
                "{name} is the internal name of no function"
            );
        }
    }
}
