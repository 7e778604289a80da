//! Calls of user-defined functions.

use kumquat_types::{Datum, Error, Oid, Result};

use crate::backend::Backend;
use crate::catalog::Function;

/// Calls a function for one value.
pub fn call(
    _backend: &mut Backend<'_>,
    function: &Function,
    _args: &[Datum],
    _arg_types: &[Oid],
    _result: Oid,
) -> Result<Datum> {
    Err(Error::not_modelled(format!("function {}", function.name)))
}

/// Calls a function that returns a set or several columns.
pub fn call_set(
    _backend: &mut Backend<'_>,
    function: &Function,
    _args: &[Datum],
    _arg_types: &[Oid],
    _columns: &[Oid],
) -> Result<Vec<Vec<Datum>>> {
    Err(Error::not_modelled(format!("function {}", function.name)))
}
