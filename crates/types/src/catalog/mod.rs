//! The built-in functions, operators and casts: PostgreSQL 15's pg_proc, pg_operator and pg_cast.
//!
//! The rows lie as text beside this file (`procs.txt`, `operators.txt`, `casts.txt`), the smallest form in
//! which they can be shipped, and are parsed once, when first asked for. What a function *does* is found in
//! [`crate::functions`] by its internal name.
//!
//! Functions that no statement calls (those with `internal` or `cstring` arguments, transition functions of
//! aggregates, index support) lie apart in `support_procs.txt`, without those of types that are not modelled.

mod casts;
mod operators;
mod procs;

pub use casts::{casts, find_cast};
pub use operators::{all_operators, operator_by_oid, operators};
pub use procs::{all_procs, lookup_procs, proc_by_oid};

use crate::{Oid, builtin_type_by_name};

/// The type of this `typname`; `-` and the empty name are none.
fn type_oid(name: &str) -> Oid {
    builtin_type_by_name(name).map_or(Oid::INVALID, |t| t.oid)
}

fn oid(text: &str) -> Oid {
    Oid(text.parse().unwrap_or(0))
}

/// A list that lives as long as the program; each table is built once.
fn leak<T>(items: Vec<T>) -> &'static [T] {
    if items.is_empty() { &[] } else { items.leak() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::{CastContext, CastMethod, ProcKind, Volatility};

    #[test]
    fn every_operator_and_cast_has_its_function() {
        for operator in all_operators() {
            let function = proc_by_oid(operator.function);
            assert!(function.is_some(), "{} {}", operator.oid, operator.name);
            assert!(operator.right.is_valid() && operator.result.is_valid());
        }
        for cast in casts() {
            assert!(cast.source.is_valid() && cast.target.is_valid());
            if let CastMethod::Function(function) = cast.method {
                assert!(proc_by_oid(function).is_some(), "{function}");
            }
        }
    }

    #[test]
    fn no_signature_names_an_unknown_type() {
        for proc in all_procs() {
            assert!(proc.result.is_valid(), "{}", proc.name);
            let types = proc.args.iter().chain(proc.out_types);
            assert!(types.into_iter().all(|t| t.is_valid()), "{}", proc.name);
        }
    }

    #[test]
    fn no_two_functions_have_the_same_oid() {
        let mut oids: Vec<u32> = all_procs().iter().map(|proc| proc.oid.0).collect();
        oids.sort_unstable();
        assert!(oids.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn overloads_stand_together() {
        let abs: Vec<u32> = lookup_procs("abs").iter().map(|p| p.oid.0).collect();
        assert_eq!(abs, [1394, 1395, 1396, 1397, 1398, 1705]);
        assert!(lookup_procs("nofunction").is_empty());
    }

    #[test]
    fn a_row_holds_what_pg_proc_holds() {
        let make_interval = &lookup_procs("make_interval")[0];
        assert_eq!(make_interval.arg_names[6], "secs");
        assert_eq!(make_interval.defaults, ["0", "0", "0", "0", "0", "0", "0.0"]);
        let format = proc_by_oid(Oid(3539)).unwrap();
        assert_eq!((format.name, format.variadic), ("format", Oid::ANY));
        assert!(!format.strict && format.volatility == Volatility::Stable);
        let percentile = &lookup_procs("percentile_cont")[0];
        assert_eq!(percentile.kind, ProcKind::OrderedSet(1));
    }

    #[test]
    fn casts_are_found_by_their_types() {
        let cast = find_cast(Oid::INT4, Oid::INT8).unwrap();
        assert_eq!(cast.context, CastContext::Implicit);
        assert_eq!(cast.method, CastMethod::Function(Oid(481)));
        assert!(find_cast(Oid::INT4, Oid::DATE).is_none());
    }
}
