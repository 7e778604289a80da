//! pg_policy, pg_policies.

use std::sync::Arc;

use kumquat_types::{Datum, Oid, Result};

use super::Rows;
use super::values::{array, letter, oid, optional_text, shared, text};
use crate::backend::Backend;
use crate::catalog::policy::Policy;
use crate::catalog::{Name, Relation};
use crate::query::Expr;
use crate::ruleutils::deparse_expression;

/// Each policy with its table.
fn policies(backend: &Backend<'_>) -> Result<Vec<(Arc<Relation>, Arc<Policy>)>> {
    let catalog = backend.catalog()?;
    let shown = |relation: &&Arc<Relation>| !backend.extension.hides_relation(backend, relation.oid);
    let of_table = |relation: &Arc<Relation>| {
        let relation = Arc::clone(relation);
        let policies = relation.policies.clone();
        policies.into_iter().map(move |policy| (relation.clone(), policy))
    };
    let mut found: Vec<_> = catalog.relations.values().filter(shown).flat_map(of_table).collect();
    found.sort_by_key(|(_, policy)| policy.oid);
    Ok(found)
}

fn condition(backend: &Backend<'_>, relation: &Relation, expr: &Option<Arc<Expr>>) -> Result<Datum> {
    let expr = expr.as_ref();
    let shown = expr.map(|expr| deparse_expression(backend, expr, Some(relation), false));
    Ok(optional_text(shown.transpose()?))
}

pub fn pg_policy(backend: &mut Backend<'_>) -> Result<Rows> {
    let backend = &*backend;
    let mut rows = Vec::new();
    for (relation, policy) in policies(backend)? {
        rows.push(vec![
            oid(policy.oid),
            shared(&policy.name),
            oid(relation.oid),
            letter(policy.command.letter()),
            policy.permissive.into(),
            array(Oid::OID, policy.roles.iter().map(|role| oid(*role)).collect()),
            condition(backend, &relation, &policy.using)?,
            condition(backend, &relation, &policy.with_check)?,
        ]);
    }
    Ok(rows)
}

/// The names of a policy's roles.
fn role_names(backend: &Backend<'_>, policy: &Policy) -> Vec<Name> {
    let name = |role: &Oid| match role.is_valid() {
        true => backend.name_of_role(*role).unwrap_or_else(|| "".into()),
        false => "public".into(),
    };
    let mut names: Vec<Name> = policy.roles.iter().map(name).collect();
    names.sort();
    names
}

pub fn pg_policies(backend: &mut Backend<'_>) -> Result<Rows> {
    let backend = &*backend;
    let mut rows = Vec::new();
    for (relation, policy) in policies(backend)? {
        let names = role_names(backend, &policy);
        rows.push(vec![
            Datum::Text(backend.schema_name(relation.schema)),
            shared(&relation.name),
            shared(&policy.name),
            text(if policy.permissive { "PERMISSIVE" } else { "RESTRICTIVE" }),
            array(Oid::NAME, names.iter().map(shared).collect()),
            text(policy.command.keyword()),
            condition(backend, &relation, &policy.using)?,
            condition(backend, &relation, &policy.with_check)?,
        ]);
    }
    Ok(rows)
}
