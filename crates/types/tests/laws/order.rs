//! The laws of comparison: it is an order of all values of a type, and values that compare as equal hash alike,
//! for hash joins as for the shards of a distributed table.

use std::cmp::Ordering;
use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher;

use kumquat_types::compare::{compare_typed, has_btree_class, hash_typed};
use kumquat_types::{Datum, Oid, hash};

use crate::values;

fn ordered() -> impl Iterator<Item = (Oid, Vec<Datum>)> {
    values::all().filter(|(type_oid, _)| has_btree_class(*type_oid) || is_container(*type_oid))
}

/// Arrays, ranges and multiranges compare by what they hold.
fn is_container(type_oid: Oid) -> bool {
    kumquat_types::builtin_type(type_oid)
        .is_some_and(|known| known.name.contains("range") || known.name.starts_with('_') && known.element.is_valid())
}

#[test]
fn comparison_is_an_order_of_all_values_of_a_type() {
    for (type_oid, values) in ordered() {
        let order = |a: &Datum, b: &Datum| compare_typed(type_oid, a, b);
        for a in &values {
            assert_eq!(order(a, a), Ordering::Equal, "{}", values::shown(type_oid, a));
            for b in &values {
                let two = || format!("{} and {}", values::shown(type_oid, a), values::shown(type_oid, b));
                assert_eq!(order(a, b), order(b, a).reverse(), "{}", two());
                for c in &values {
                    if order(a, b).is_le() && order(b, c).is_le() {
                        assert!(order(a, c).is_le(), "{} and {}", two(), values::shown(type_oid, c));
                    }
                }
            }
        }
    }
}

#[test]
fn what_compares_as_equal_hashes_alike() {
    let own = |type_oid: Oid, value: &Datum| {
        let mut hasher = DefaultHasher::new();
        hash_typed(type_oid, value, &mut hasher);
        hasher.finish()
    };
    for (type_oid, values) in ordered() {
        for a in &values {
            for b in &values {
                if compare_typed(type_oid, a, b).is_eq() {
                    let two = format!("{} and {}", values::shown(type_oid, a), values::shown(type_oid, b));
                    assert_eq!(own(type_oid, a), own(type_oid, b), "{two}");
                    assert_eq!(hash::hash(type_oid, a), hash::hash(type_oid, b), "{two}");
                }
            }
        }
    }
}
