//! CREATE POLICY, ALTER POLICY, and what else changes policies of row-level security, after `commands/policy.c`.

use std::sync::Arc;

use kumquat_sql::ast::{self, AlterPolicyStmt, CreatePolicyStmt, RangeVar, RoleSpec, RoleSpecKind};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::role::resolve;
use super::system_catalog;
use crate::analyze::{ExprContext, analyze_expression};
use crate::backend::Backend;
use crate::catalog::expression_references::expression_references;
use crate::catalog::naming::truncate_identifier;
use crate::catalog::policy::{Policy, PolicyCommand};
use crate::catalog::{DependencyKind, ObjectAddress, ObjectClass, Relation, RelationKind};
use crate::query::Expr;
use crate::result::CommandTag;

pub fn create(backend: &mut Backend<'_>, stmt: &CreatePolicyStmt) -> Result<CommandTag> {
    let command = PolicyCommand::from_word(&stmt.command);
    check_expressions(command, stmt.using.is_some(), stmt.with_check.is_some())?;
    let roles = roles(backend, &stmt.roles)?;
    let relation = table(backend, &stmt.table)?;
    let using = expression(backend, &relation, stmt.using.as_ref())?;
    let with_check = expression(backend, &relation, stmt.with_check.as_ref())?;
    let name = truncate_identifier(&stmt.name);
    if relation.policy(name).is_some() {
        return Err(duplicate(name, &relation));
    }
    let policy = Policy {
        oid: backend.new_oid(),
        name: name.into(),
        command,
        permissive: stmt.permissive,
        roles,
        using,
        with_check,
    };
    store(backend, &relation, policy)?;
    Ok(CommandTag::new("CREATE POLICY"))
}

pub fn alter(backend: &mut Backend<'_>, stmt: &AlterPolicyStmt) -> Result<CommandTag> {
    let roles = match stmt.roles.as_slice() {
        [] => None,
        specs => Some(roles(backend, specs)?),
    };
    let relation = table(backend, &stmt.table)?;
    let using = expression(backend, &relation, stmt.using.as_ref())?;
    let with_check = expression(backend, &relation, stmt.with_check.as_ref())?;
    let old = find(&relation, &stmt.name)?;
    let refuse = |message: &str| Err(Error::new(SqlState::SYNTAX_ERROR, message));
    match old.command {
        PolicyCommand::Select | PolicyCommand::Delete if with_check.is_some() => {
            return refuse("only USING expression allowed for SELECT, DELETE");
        }
        PolicyCommand::Insert if using.is_some() => {
            return refuse("only WITH CHECK expression allowed for INSERT");
        }
        _ => {}
    }
    let changed = Policy {
        roles: roles.unwrap_or_else(|| old.roles.clone()),
        using: using.or_else(|| old.using.clone()),
        with_check: with_check.or_else(|| old.with_check.clone()),
        ..Policy::clone(&old)
    };
    store(backend, &relation, changed)?;
    Ok(CommandTag::new("ALTER POLICY"))
}

/// ALTER POLICY ... RENAME TO.
pub fn rename(backend: &mut Backend<'_>, range: &RangeVar, name: &str, new_name: &str) -> Result<()> {
    let relation = table(backend, range)?;
    if relation.policy(new_name).is_some() {
        return Err(duplicate(new_name, &relation));
    }
    let renamed = Policy {
        name: new_name.into(),
        ..Policy::clone(&*find(&relation, name)?)
    };
    store(backend, &relation, renamed)
}

/// Takes a policy from its table.
pub fn remove(backend: &mut Backend<'_>, oid: Oid) -> Result<()> {
    let Some(table) = backend.catalog()?.policy(oid).map(|(relation, _)| relation.oid) else {
        return Ok(());
    };
    backend.update_relation(table, |relation| relation.policies.retain(|policy| policy.oid != oid))
}

/// A role that goes leaves the policies it is named in; one that is for nobody else goes with it
/// (`RemoveRoleFromObjectPolicy`).
pub fn remove_role(backend: &mut Backend<'_>, policy: Oid, role: Oid) -> Result<()> {
    let Some((relation, found)) = backend.catalog()?.policy(policy) else {
        return Ok(());
    };
    let (relation, mut changed) = (Arc::clone(relation), Policy::clone(found));
    changed.roles.retain(|known| *known != role);
    match changed.roles.is_empty() {
        true => super::drop::drop_quietly(backend, &[address(policy)]),
        false => store(backend, &relation, changed),
    }
}

fn address(policy: Oid) -> ObjectAddress {
    ObjectAddress::new(ObjectClass::Policy, policy)
}

pub fn find(relation: &Relation, name: &str) -> Result<Arc<Policy>> {
    relation.policy(name).cloned().ok_or_else(|| {
        Error::new(
            SqlState::UNDEFINED_OBJECT,
            format!("policy \"{name}\" for table \"{}\" does not exist", relation.name),
        )
    })
}

fn duplicate(name: &str, relation: &Relation) -> Error {
    Error::new(
        SqlState::DUPLICATE_OBJECT,
        format!("policy \"{name}\" for table \"{}\" already exists", relation.name),
    )
}

fn check_expressions(command: PolicyCommand, using: bool, with_check: bool) -> Result<()> {
    let message = match command {
        PolicyCommand::Select | PolicyCommand::Delete if with_check => {
            "WITH CHECK cannot be applied to SELECT or DELETE"
        }
        PolicyCommand::Insert if using => "only WITH CHECK expression allowed for INSERT",
        _ => return Ok(()),
    };
    Err(Error::new(SqlState::SYNTAX_ERROR, message))
}

/// The table that policies are put on, which must be the role's own.
fn table(backend: &Backend<'_>, range: &RangeVar) -> Result<Arc<Relation>> {
    let relation = backend.relation(range)?;
    backend.check_relation_owner(&relation)?;
    if relation.kind == RelationKind::System {
        return Err(system_catalog(&relation.name));
    }
    match relation.kind {
        RelationKind::Table | RelationKind::PartitionedTable => Ok(relation),
        _ => Err(Error::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!("\"{}\" is not a table", relation.name),
        )),
    }
}

/// Roles by oid, 0 for PUBLIC, which makes all others needless (`policy_role_list_to_array`).
fn roles(backend: &mut Backend<'_>, specs: &[RoleSpec]) -> Result<Vec<Oid>> {
    let is_public = |spec: &RoleSpec| matches!(spec.kind, RoleSpecKind::Public);
    if specs.iter().any(is_public) || specs.is_empty() {
        if specs.len() > 1 {
            let warning = Error::warning(
                SqlState::INVALID_PARAMETER_VALUE,
                "ignoring specified roles other than PUBLIC",
            );
            backend.notice(warning.hint("All roles are members of the PUBLIC role."));
        }
        return Ok(vec![Oid::INVALID]);
    }
    specs.iter().map(|spec| resolve(backend, spec)).collect()
}

fn expression(backend: &Backend<'_>, relation: &Relation, given: Option<&ast::Expr>) -> Result<Option<Arc<Expr>>> {
    let Some(given) = given else { return Ok(None) };
    let analyzed = analyze_expression(backend, Some(relation), given, ExprContext::Policy, None);
    // PostgreSQL does not know here where in the statement the expression stands.
    let mut analyzed = analyzed.map_err(|mut error| {
        error.position = None;
        error
    })?;
    analyzed.forget_locations();
    Ok(Some(Arc::new(analyzed)))
}

/// Puts a policy in its table, in order of name, and records what it needs.
fn store(backend: &mut Backend<'_>, relation: &Relation, policy: Policy) -> Result<()> {
    let object = address(policy.oid);
    let catalog = backend.catalog_mut()?;
    catalog.forget_references(object);
    let table = ObjectAddress::new(ObjectClass::Relation, relation.oid);
    catalog.record_dependency(object, table, DependencyKind::Auto);
    for expr in [&policy.using, &policy.with_check].into_iter().flatten() {
        for referenced in expression_references(expr, relation.oid) {
            catalog.record_dependency(object, referenced, DependencyKind::Normal);
        }
    }
    backend.update_relation(relation.oid, |relation| {
        relation.policies.retain(|known| known.oid != policy.oid);
        let place = relation.policies.partition_point(|known| known.name < policy.name);
        relation.policies.insert(place, Arc::new(policy));
    })
}
