//! Policies of row-level security. They are kept with their table, so shells and shards get them with it; shards
//! can't look at other tables, so policies with subqueries are refused (`commands/policy.c`).

use kumquat_postgres::Backend;
use kumquat_postgres::analyze::{ExprContext, analyze_expression};
use kumquat_postgres::catalog::Relation;
use kumquat_postgres::catalog::policy::Policy;
use kumquat_postgres::query::Expr;
use kumquat_postgres::result::CommandTag;
use kumquat_sql::ast::{AlterPolicyStmt, CreatePolicyStmt, Statement};
use kumquat_types::{Error, Result};

use super::{propagated, unsupported};
use crate::metadata;

/// CREATE POLICY: Citus analyzes the expressions again, and stumbles over subqueries as it does.
pub fn create(backend: &mut Backend<'_>, stmt: &CreatePolicyStmt, text: &str) -> Result<CommandTag> {
    let tag = propagated(backend, &Statement::CreatePolicy(Box::new(stmt.clone())), text)?;
    let Some(table) = backend.find_relation(&stmt.table)? else {
        return Ok(tag);
    };
    let is_refused = |policy: &Policy| *policy.name == *stmt.name && has_subquery(policy);
    match metadata::of(backend)?.is_citus_table(table.oid) && table.policies.iter().any(|policy| is_refused(policy)) {
        true => Err(Error::internal("unexpected non-SELECT command in SubLink")),
        false => Ok(tag),
    }
}

pub fn alter(backend: &mut Backend<'_>, stmt: &AlterPolicyStmt, text: &str) -> Result<CommandTag> {
    if let Some(table) = backend.find_relation(&stmt.table)?
        && metadata::of(backend)?.is_citus_table(table.oid)
    {
        for given in [&stmt.using, &stmt.with_check].into_iter().flatten() {
            let analyzed = analyze_expression(backend, Some(&table), given, ExprContext::Policy, None)?;
            if is_subquery(&analyzed) {
                return Err(subqueries_refused());
            }
        }
    }
    propagated(backend, &Statement::AlterPolicy(Box::new(stmt.clone())), text)
}

/// A table with policies that can't be tested on shards can't become a Citus table (`ErrorIfUnsupportedPolicy`).
pub fn check_policies(relation: &Relation) -> Result<()> {
    match relation.policies.iter().any(|policy| has_subquery(policy)) {
        true => Err(subqueries_refused()),
        false => Ok(()),
    }
}

fn subqueries_refused() -> Error {
    unsupported("cannot create policy").detail("Subqueries are not supported in policies on distributed tables")
}

fn has_subquery(policy: &Policy) -> bool {
    let parts = [&policy.using, &policy.with_check];
    parts.into_iter().flatten().any(|expr| is_subquery(expr))
}

fn is_subquery(expr: &Expr) -> bool {
    expr.any(&mut |part| matches!(part, Expr::SubLink(_)))
}
