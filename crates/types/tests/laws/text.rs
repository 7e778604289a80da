//! The law: what is printed of a value is read as the same value, and printed the same again.

use kumquat_types::compare::same_typed;
use kumquat_types::{Datum, Oid, io};

use crate::session::Session;
use crate::values;

#[test]
fn what_is_printed_is_read_as_the_same_value() {
    for (type_oid, values) in values::all() {
        for value in values {
            let printed = io::output(&Session, type_oid, &value).into_owned();
            let read = io::input(&Session, type_oid, -1, &printed)
                .unwrap_or_else(|error| panic!("{}: {error:?}", values::shown(type_oid, &value)));
            let again = io::output(&Session, type_oid, &read).into_owned();
            assert_eq!(printed, again, "type {type_oid}");
            if is_compared(type_oid) {
                assert!(
                    same_typed(type_oid, &value, &read),
                    "{}",
                    values::shown(type_oid, &value)
                );
            }
        }
    }
}

/// Only text tells of values of types without an equality.
fn is_compared(type_oid: Oid) -> bool {
    kumquat_types::compare::has_btree_class(type_oid)
}

#[test]
fn a_null_stays_null_in_a_column() {
    for (type_oid, values) in values::all() {
        let column = kumquat_types::Column::from_datums(type_oid, values.iter().cloned().chain([Datum::Null]));
        assert!(column.is_null(values.len()), "type {type_oid}");
        for (row, value) in values.iter().enumerate() {
            let (kept, given) = (column.get(row), value);
            assert_eq!(
                io::output(&Session, type_oid, &kept),
                io::output(&Session, type_oid, given),
                "type {type_oid}"
            );
        }
    }
}
