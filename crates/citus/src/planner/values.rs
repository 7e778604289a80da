//! Values of one type as values of another, as an assignment would make them.

use kumquat_postgres::Backend;
use kumquat_types::{Datum, Oid, Result, io};

/// A value of another type, by way of text where the types differ.
pub fn convert(backend: &mut Backend<'_>, value: Datum, from: Oid, to: Oid, type_modifier: i32) -> Result<Datum> {
    if value.is_null() || from == to {
        return Ok(value);
    }
    let text = io::output(backend, from, &value).into_owned();
    io::input(backend, to, type_modifier, &text)
}
