//! What uses what: column_udt_usage, column_domain_usage, domain_udt_usage; collations' character set; roles that
//! may be granted on; privileges on composite types.

use kumquat_types::{Datum, Oid, Result};

use super::privileges::{Grant, applicable_roles, grants};
use super::type_facts::type_name;
use super::{accessible, database, read_only, schema, text};
use crate::backend::Backend;
use crate::catalog::acl::AclKind;
use crate::catalog::collation::COLLATIONS;
use crate::catalog::{RelationKind, TypeDefinition, UserDefinedType};
use crate::system::relations::Rows;

/// Columns with a type, or the type under a domain, that a role of the session owns.
pub fn column_udt_usage(backend: &mut Backend<'_>) -> Result<Rows> {
    column_usage(backend, |backend, type_oid| {
        let base = match domain(backend, type_oid) {
            Some((_, base)) => base,
            None => type_oid,
        };
        let owner = backend.user_type(base).map_or(Oid(10), |user| user.owner);
        backend.owns(owner).then(|| type_name(backend, base))
    })
}

/// Columns whose type is a domain that a role of the session owns.
pub fn column_domain_usage(backend: &mut Backend<'_>) -> Result<Rows> {
    column_usage(backend, |backend, type_oid| {
        let (user, _) = domain(backend, type_oid)?;
        backend.owns(user.owner).then(|| type_name(backend, type_oid))
    })
}

/// A domain and the type it is made of.
fn domain<'b>(backend: &'b Backend<'_>, type_oid: Oid) -> Option<(&'b UserDefinedType, Oid)> {
    let user = backend.user_type(type_oid)?;
    match &user.definition {
        TypeDefinition::Domain { base, .. } => Some((user, *base)),
        _ => None,
    }
}

/// A row for each column of a table or view for whose type there is a name to show.
fn column_usage(backend: &mut Backend<'_>, name_of: fn(&Backend<'_>, Oid) -> Option<[Datum; 2]>) -> Result<Rows> {
    read_only(backend, |backend| {
        let mut rows = Vec::new();
        for relation in accessible(backend) {
            let has_columns = relation.is_system_view()
                || matches!(
                    relation.kind,
                    RelationKind::Table | RelationKind::PartitionedTable | RelationKind::View | RelationKind::System
                );
            for attribute in relation.live_attributes().filter(|_| has_columns) {
                let Some(name) = name_of(backend, attribute.type_oid) else {
                    continue;
                };
                let mut row = vec![database(backend)];
                row.extend(name);
                row.extend([
                    database(backend),
                    schema(backend, relation.schema),
                    Datum::Text(relation.name.clone()),
                    Datum::Text(attribute.name.clone()),
                ]);
                rows.push(row);
            }
        }
        Ok(rows)
    })
}

/// The types that domains are made of.
pub fn domain_udt_usage(backend: &mut Backend<'_>) -> Result<Rows> {
    read_only(backend, |backend| {
        let mut rows = Vec::new();
        for user in backend.catalog()?.types.values() {
            let TypeDefinition::Domain { base, .. } = &user.definition else {
                continue;
            };
            let mut row = vec![database(backend)];
            row.extend(type_name(backend, *base));
            row.extend([
                database(backend),
                schema(backend, user.schema),
                Datum::Text(user.name.clone()),
            ]);
            rows.push(row);
        }
        Ok(rows)
    })
}

pub fn collation_character_set_applicability(backend: &mut Backend<'_>) -> Result<Rows> {
    let database = database(backend);
    let row = |name| {
        vec![
            database.clone(),
            text("pg_catalog"),
            text(name),
            Datum::Null,
            Datum::Null,
            text("UTF8"),
        ]
    };
    Ok(COLLATIONS.iter().map(|(_, name)| row(name)).collect())
}

/// Memberships that may be granted on.
pub fn administrable_role_authorizations(backend: &mut Backend<'_>) -> Result<Rows> {
    let mut rows = applicable_roles(backend)?;
    rows.retain(|row| row.get(2).is_some_and(|value| value.as_str() == Some("YES")));
    Ok(rows)
}

/// Privileges on composite types.
pub fn udt_privileges(backend: &mut Backend<'_>) -> Result<Rows> {
    read_only(backend, |backend| {
        let mut rows = Vec::new();
        for user in backend.catalog()?.types.values() {
            if !matches!(user.definition, TypeDefinition::Composite { .. }) {
                continue;
            }
            for grant in grants(backend, user.acl.as_deref(), AclKind::Type, user.owner) {
                let Grant {
                    grantor,
                    grantee,
                    grantable,
                    ..
                } = grant;
                rows.push(vec![
                    grantor,
                    grantee,
                    database(backend),
                    schema(backend, user.schema),
                    Datum::Text(user.name.clone()),
                    text("TYPE USAGE"),
                    grantable,
                ]);
            }
        }
        Ok(rows)
    })
}
