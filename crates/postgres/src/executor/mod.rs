//! Runs plans over column chunks.

use std::sync::Arc;

use kumquat_types::{Datum, Error, Result};

use crate::backend::Backend;
use crate::query::{Expr, Query};
use crate::result::QueryOutcome;

/// Plans (extension first) and runs a query.
pub fn execute_query(_backend: &mut Backend<'_>, _query: &Arc<Query>, _params: &[Datum]) -> Result<QueryOutcome> {
    Err(Error::not_modelled("this query"))
}

/// The value of an expression without columns.
pub fn evaluate(_backend: &mut Backend<'_>, _expr: &Expr, _params: &[Datum]) -> Result<Datum> {
    Err(Error::not_modelled("this expression"))
}
