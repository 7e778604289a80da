//! Runs plans over column chunks.

use std::sync::Arc;

use imbl::OrdMap;
use kumquat_types::{Chunk, Datum, Error, Oid, Result};

use crate::backend::Backend;
use crate::planner::PlannedQuery;
use crate::query::{Expr, Query};
use crate::result::QueryOutcome;

/// Which relation is meant by each oid in a plan: those that are not here mean themselves. So a plan made for
/// one shard runs on the others; indexes and partitions are found on the bound relation by their place.
pub type RelationBindings = OrdMap<Oid, Oid>;

/// Plans (extension first) and runs a query.
pub fn execute_query(_backend: &mut Backend<'_>, _query: &Arc<Query>, _params: &[Datum]) -> Result<QueryOutcome> {
    Err(Error::not_modelled("this query"))
}

/// Runs a plan.
pub fn run(
    _backend: &mut Backend<'_>,
    _plan: &PlannedQuery,
    _params: &[Datum],
    _bindings: &RelationBindings,
) -> Result<QueryOutcome> {
    Err(Error::not_modelled("this query"))
}

/// The value of an expression without columns.
pub fn evaluate(_backend: &mut Backend<'_>, _expr: &Expr, _params: &[Datum]) -> Result<Datum> {
    Err(Error::not_modelled("this expression"))
}

/// The values of expressions over rows of one relation (varno 1), whose columns are in order of attribute
/// number.
pub fn evaluate_over(_backend: &mut Backend<'_>, _exprs: &[Expr], _rows: &Chunk) -> Result<Chunk> {
    Err(Error::not_modelled("this expression"))
}

/// Inserts rows as INSERT or COPY FROM would: `columns` says which attribute each value is for; the others get
/// their defaults. Checks constraints, fires triggers, routes to partitions. Gives the number of rows.
pub fn insert_rows(
    _backend: &mut Backend<'_>,
    _relation: Oid,
    _columns: &[i16],
    _rows: Vec<Vec<Datum>>,
) -> Result<u64> {
    Err(Error::not_modelled("this command"))
}

/// The same for rows that are columns already, one for each column of `columns`.
pub fn insert_chunks(_backend: &mut Backend<'_>, _relation: Oid, _columns: &[i16], _chunks: Vec<Chunk>) -> Result<u64> {
    Err(Error::not_modelled("this command"))
}

/// Checks the rows that are in a table (and its partitions) against a constraint: ADD CONSTRAINT, VALIDATE.
pub fn validate_constraint(_backend: &mut Backend<'_>, _constraint: Oid) -> Result<()> {
    Ok(())
}

/// Checks SET NOT NULL: `column "a" of relation "t" contains null values`.
pub fn validate_not_null(_backend: &mut Backend<'_>, _relation: Oid, _attribute: i16) -> Result<()> {
    Ok(())
}

/// Builds an index on its table's rows and checks uniqueness: `could not create unique index`.
pub fn build_index(_backend: &mut Backend<'_>, _index: Oid) -> Result<()> {
    Ok(())
}

/// Checks constraints that were deferred: at COMMIT all of them, after SET CONSTRAINTS ... IMMEDIATE those
/// (empty: all) that became immediate.
pub fn check_deferred(_backend: &mut Backend<'_>, _constraints: &[Oid]) -> Result<()> {
    Ok(())
}
