//! DROP ROLE, and what stands in its way.

use kumquat_sql::ast::DropRoleStmt;
use kumquat_types::{Error, Oid, Result, SqlState};

use super::{denied, get, undefined};
use crate::backend::Backend;
use crate::catalog::{AclItem, Name, ObjectAddress, ObjectClass};
use crate::commands::drop::missing::skipping;
use crate::commands::object::may_create_roles;
use crate::result::CommandTag;
use crate::server::Database;

pub fn execute(backend: &mut Backend<'_>, stmt: &DropRoleStmt) -> Result<CommandTag> {
    if !may_create_roles(backend) {
        return Err(denied("permission denied to drop role"));
    }
    let mut roles = Vec::new();
    for spec in &stmt.roles {
        let name = match &spec.kind {
            kumquat_sql::ast::RoleSpecKind::Name(name) => name,
            _ => {
                return Err(Error::new(
                    SqlState::INVALID_PARAMETER_VALUE,
                    "cannot use special role specifier in DROP ROLE",
                ));
            }
        };
        let Some(oid) = backend.server()?.role_names.get(name.as_str()).copied() else {
            skipping(backend, stmt.missing_ok, undefined(name))?;
            continue;
        };
        check_droppable(backend, oid)?;
        roles.push(oid);
    }
    for role in roles {
        drop_role(backend, role)?;
    }
    Ok(CommandTag::new("DROP ROLE"))
}

fn check_droppable(backend: &Backend<'_>, oid: Oid) -> Result<()> {
    let in_use = |message: &str| Err(Error::new(SqlState::OBJECT_IN_USE, message));
    if oid == backend.session.current_user {
        return in_use("current user cannot be dropped");
    }
    if oid == backend.session.session_user || oid == backend.session.authenticated_user {
        return in_use("session user cannot be dropped");
    }
    let role = get(backend, oid)?;
    if role.superuser && !backend.superuser() {
        return Err(denied("must be superuser to drop superusers"));
    }
    if oid.0 < Oid::FIRST_NORMAL {
        return Err(Error::new(
            SqlState::DEPENDENT_OBJECTS_STILL_EXIST,
            format!(
                "cannot drop role {} because it is required by the database system",
                role.name
            ),
        ));
    }
    Ok(())
}

fn drop_role(backend: &mut Backend<'_>, oid: Oid) -> Result<()> {
    let role = get(backend, oid)?;
    let lines = dependents(backend, oid)?;
    if !lines.is_empty() {
        return Err(Error::new(
            SqlState::DEPENDENT_OBJECTS_STILL_EXIST,
            format!(
                "role \"{}\" cannot be dropped because some objects depend on it",
                role.name
            ),
        )
        .detail(lines.join("\n")));
    }
    let server = backend.server_mut()?;
    server.roles.remove(&oid);
    server.role_names.remove(&role.name);
    server.shared_descriptions.remove(&('r', oid));
    let members: Vec<_> = server
        .roles
        .values()
        .filter(|other| other.member_of.iter().any(|(group, _)| *group == oid))
        .cloned()
        .collect();
    for member in members {
        let mut member = crate::catalog::Role::clone(&member);
        member.member_of.retain(|(group, _)| *group != oid);
        super::put(backend, member)?;
    }
    Ok(())
}

/// What a role has to do with an object.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Tie {
    Owner,
    /// Grantee or grantor in the object's list.
    Privileges,
    /// Named in a policy.
    Policy,
}

/// The lines that say what depends on a role: objects of this database, then how many in others
/// (`checkSharedDependencies`).
fn dependents(backend: &Backend<'_>, role: Oid) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    let server = backend.server()?;
    let mut elsewhere: Vec<(Name, usize)> = Vec::new();
    let mut ties = ties(backend.database()?, role);
    ties.sort_by_key(|(object, _)| (object.oid, object.sub));
    for (object, tie) in ties {
        let words = match tie {
            Tie::Owner => "owner of",
            Tie::Privileges => "privileges for",
            Tie::Policy => "target of",
        };
        lines.push(format!("{words} {}", backend.describe_object(object)));
    }
    for (acl, owner) in backend.catalog()?.default_acls.iter().map(|(key, acl)| (acl, *key)) {
        if owner.0 == role || mentions(Some(acl), role) {
            lines.push(default_acl_line(backend, owner, role));
        }
    }
    for database in server.databases.values() {
        let object = ObjectAddress::new(ObjectClass::Database, database.oid);
        if database.owner == role {
            lines.push(format!("owner of {}", backend.describe_object(object)));
        } else if mentions(database.acl.as_deref(), role) {
            lines.push(format!("privileges for {}", backend.describe_object(object)));
        }
        if database.name != backend.session.database {
            let count = self::ties(database, role).len();
            if count > 0 {
                elsewhere.push((database.name.clone(), count));
            }
        }
    }
    lines.extend(elsewhere.into_iter().map(|(name, count)| {
        let noun = if count == 1 { "object" } else { "objects" };
        format!("{count} {noun} in database {name}")
    }));
    Ok(lines)
}

fn default_acl_line(backend: &Backend<'_>, (owner, schema, kind): (Oid, Oid, char), role: Oid) -> String {
    let noun = match kind {
        'S' => "sequences",
        'f' => "functions",
        'T' => "types",
        'n' => "schemas",
        _ => "relations",
    };
    let owner_name = backend.name_of_role(owner).unwrap_or_else(|| "".into());
    let place = match schema.is_valid() {
        true => format!(" in schema {}", backend.schema_name(schema)),
        false => String::new(),
    };
    let words = if owner == role { "owner of" } else { "privileges for" };
    format!("{words} default privileges on new {noun} belonging to role {owner_name}{place}")
}

fn mentions(acl: Option<&[AclItem]>, role: Oid) -> bool {
    acl.is_some_and(|items| items.iter().any(|item| item.grantee == role || item.grantor == role))
}

/// The objects of a database that a role owns or that have it in their lists. Parts that belong to another
/// object (indexes, row types, arrays) are left out.
pub fn ties(database: &Database, role: Oid) -> Vec<(ObjectAddress, Tie)> {
    let mut found = Vec::new();
    let mut add = |object, owner: Oid, acl: Option<&[AclItem]>| {
        if owner == role {
            found.push((object, Tie::Owner));
        } else if mentions(acl, role) {
            found.push((object, Tie::Privileges));
        }
    };
    let catalog = &database.catalog;
    for relation in catalog.relations.values() {
        let is_part = relation.index.is_some() || relation.kind == crate::catalog::RelationKind::CompositeType;
        if !is_part {
            add(
                ObjectAddress::new(ObjectClass::Relation, relation.oid),
                relation.owner,
                relation.acl.as_deref(),
            );
            // The lists of an owner's columns go with the table.
            let others = relation.owner != role;
            for attribute in relation.attributes.iter().filter(|_| others) {
                let column = ObjectAddress::column(relation.oid, attribute.number);
                add(column, Oid::INVALID, attribute.acl.as_deref());
            }
        }
    }
    for schema in catalog.schemas.values() {
        let object = ObjectAddress::new(ObjectClass::Schema, schema.oid);
        add(object, schema.owner, schema.acl.as_deref());
    }
    for function in catalog.functions.values() {
        let object = ObjectAddress::new(ObjectClass::Function, function.oid);
        add(object, function.owner, function.acl.as_deref());
    }
    for user in catalog.types.values() {
        use crate::catalog::TypeDefinition::{Array, Composite};
        let is_part = match &user.definition {
            Array { .. } => true,
            Composite { relation, .. } => catalog
                .relation(*relation)
                .is_some_and(|relation| relation.kind != crate::catalog::RelationKind::CompositeType),
            _ => false,
        };
        if !is_part {
            let object = ObjectAddress::new(ObjectClass::Type, user.oid);
            add(object, user.owner, user.acl.as_deref());
        }
    }
    for policy in catalog.relations.values().flat_map(|relation| &relation.policies) {
        if policy.roles.contains(&role) {
            found.push((ObjectAddress::new(ObjectClass::Policy, policy.oid), Tie::Policy));
        }
    }
    found
}
