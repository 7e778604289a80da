//! From catalog entries and analyzed trees back to SQL text, after PostgreSQL's `ruleutils.c`.

use kumquat_types::Result;

use crate::backend::Backend;
use crate::query::{Expr, Query};

/// How names and operators are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// As `pg_get_viewdef` and `\d` print: operators bare, names qualified where not visible.
    Display { pretty: bool },
    /// As Citus sends to workers: `OPERATOR(pg_catalog.=)`, relations schema-qualified, one line.
    Remote,
}

/// SQL text of a query. `relation_name` gives the name written for a relation's oid (a shard's, say).
pub fn deparse_query(
    _backend: &Backend<'_>,
    _query: &Query,
    _style: Style,
    _relation_name: &dyn Fn(kumquat_types::Oid) -> Option<String>,
) -> Result<String> {
    Ok(String::new())
}

/// SQL text of an expression over one relation (varno 1), whose columns are written without prefix.
pub fn deparse_expression(
    _backend: &Backend<'_>,
    _expr: &Expr,
    _relation: Option<&crate::catalog::Relation>,
    _pretty: bool,
) -> Result<String> {
    Ok(String::new())
}
