//! From an analyzed query to a plan that the executor can run, after PostgreSQL's optimizer.

pub mod plan;

use std::sync::Arc;

use kumquat_types::{Datum, Error, Result};

pub use plan::{Plan, PlanKind, PlannedQuery};

use crate::backend::Backend;
use crate::query::Query;

/// Plans a query. `params` are values of `$n` where they are known; the plan does not depend on them for
/// its result.
pub fn plan_query(_backend: &mut Backend<'_>, _query: &Arc<Query>, _params: &[Datum]) -> Result<Arc<PlannedQuery>> {
    Err(Error::not_modelled("this query"))
}
