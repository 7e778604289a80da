//! What happens between analysis and planning, after PostgreSQL's `rewriteHandler.c`:
//! - [`updatable`]: a modification of a simple view becomes one of its table;
//! - [`defaults`]: columns get the values that nobody gave them;
//! - [`views`]: views give way to their queries;
//! - [`row_security`]: policies restrict what is seen and written.

mod defaults;
pub mod row_security;
mod updatable;
mod views;

pub use defaults::column_default;

use std::sync::Arc;

use kumquat_types::{Error, Oid, Result, SqlState};

use crate::backend::Backend;
use crate::query::Query;

/// Views nested deeper than this are refused.
const MAX_VIEW_DEPTH: usize = 100;

/// Rewrites an analyzed query for execution.
pub fn rewrite(backend: &Backend<'_>, mut query: Query) -> Result<Query> {
    rewrite_at(backend, &mut query, 0, &mut Vec::new())?;
    Ok(query)
}

/// `active`: tables whose policies the query stands in.
fn rewrite_at(backend: &Backend<'_>, query: &mut Query, depth: usize, active: &mut Vec<Oid>) -> Result<()> {
    if depth > MAX_VIEW_DEPTH {
        return Err(Error::new(
            SqlState::INVALID_OBJECT_DEFINITION,
            "infinite recursion detected in rules",
        ));
    }
    updatable::replace_target_views(backend, query)?;
    if let Some(target) = query.result_relation {
        defaults::fill_defaults(backend, query, target)?;
    }
    views::expand(backend, query)?;
    let mut result = Ok(());
    query.for_each_subquery_mut(&mut |subquery| {
        if result.is_ok() {
            result = rewrite_at(backend, Arc::make_mut(subquery), depth + 1, active);
        }
    });
    result?;
    row_security::apply(backend, query, depth, active)
}
