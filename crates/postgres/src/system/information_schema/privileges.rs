//! table_privileges and kin; roles.

use kumquat_types::{Datum, Oid, Result};

use super::{Table, database, read_only, schema, text, yes_or_no};
use crate::backend::Backend;
use crate::catalog::acl::{AclKind, default_acl, privilege_name};
use crate::catalog::{AclItem, Relation, RelationKind};
use crate::system::relations::Rows;
use crate::system::relations::values::shown_relations;

/// One privilege of one item: grantor, grantee, its name, whether it may be granted on.
pub struct Grant {
    pub grantor: Datum,
    pub grantee: Datum,
    pub privilege: Datum,
    pub grantable: Datum,
}

/// A list item by item, as far as the current role has to do with it.
pub fn grants(backend: &Backend<'_>, acl: Option<&[AclItem]>, kind: AclKind, owner: Oid) -> Vec<Grant> {
    let default;
    let items = match acl {
        Some(items) => items,
        None => {
            default = default_acl(kind, owner);
            &default
        }
    };
    let role = |oid: Oid| match oid {
        Oid::INVALID => text("PUBLIC"),
        oid => backend.name_of_role(oid).map_or(Datum::Null, Datum::Text),
    };
    let concerns =
        |item: &&AclItem| !item.grantee.is_valid() || backend.owns(item.grantee) || backend.owns(item.grantor);
    let mut found = Vec::new();
    for item in items.iter().filter(concerns) {
        for letter in &item.privileges.granted {
            found.push(Grant {
                grantor: role(item.grantor),
                grantee: role(item.grantee),
                privilege: text(privilege_name(*letter)),
                // Owners may always grant.
                grantable: yes_or_no(item.grantee == owner || item.privileges.grantable.contains(letter)),
            });
        }
    }
    found
}

fn is_table(relation: &Relation) -> bool {
    matches!(
        relation.kind,
        RelationKind::Table
            | RelationKind::View
            | RelationKind::ForeignTable
            | RelationKind::PartitionedTable
            | RelationKind::System
    )
}

pub fn table_privileges(backend: &mut Backend<'_>) -> Result<Rows> {
    read_only(backend, |backend| {
        let mut table = Table::new(
            "table_privileges",
            &[
                "grantor",
                "grantee",
                "table_catalog",
                "table_schema",
                "table_name",
                "privilege_type",
                "is_grantable",
                "with_hierarchy",
            ],
        );
        for relation in shown_relations(backend).iter().filter(|relation| is_table(relation)) {
            for grant in grants(backend, relation.acl.as_deref(), AclKind::Table, relation.owner) {
                let hierarchy = grant.privilege.as_str() == Some("SELECT");
                table.push(vec![
                    grant.grantor,
                    grant.grantee,
                    database(backend),
                    schema(backend, relation.schema),
                    Datum::Text(relation.name.clone()),
                    grant.privilege,
                    grant.grantable,
                    yes_or_no(hierarchy),
                ]);
            }
        }
        Ok(table.rows)
    })
}

pub fn column_privileges(backend: &mut Backend<'_>) -> Result<Rows> {
    read_only(backend, |backend| {
        let mut table = Table::new(
            "column_privileges",
            &[
                "grantor",
                "grantee",
                "table_catalog",
                "table_schema",
                "table_name",
                "column_name",
                "privilege_type",
                "is_grantable",
            ],
        );
        let of_columns = |grant: &Grant| {
            matches!(
                grant.privilege.as_str(),
                Some("INSERT" | "SELECT" | "UPDATE" | "REFERENCES")
            )
        };
        for relation in shown_relations(backend).iter().filter(|relation| is_table(relation)) {
            for attribute in relation.live_attributes() {
                let whole = grants(backend, relation.acl.as_deref(), AclKind::Table, relation.owner);
                let own = grants(backend, attribute.acl.as_deref(), AclKind::Column, relation.owner);
                for grant in whole.into_iter().chain(own).filter(|grant| of_columns(grant)) {
                    table.push(vec![
                        grant.grantor,
                        grant.grantee,
                        database(backend),
                        schema(backend, relation.schema),
                        Datum::Text(relation.name.clone()),
                        Datum::Text(attribute.name.clone()),
                        grant.privilege,
                        grant.grantable,
                    ]);
                }
            }
        }
        Ok(table.rows)
    })
}

pub fn routine_privileges(backend: &mut Backend<'_>) -> Result<Rows> {
    read_only(backend, |backend| {
        let mut table = Table::new(
            "routine_privileges",
            &[
                "grantor",
                "grantee",
                "specific_catalog",
                "specific_schema",
                "specific_name",
                "routine_catalog",
                "routine_schema",
                "routine_name",
                "privilege_type",
                "is_grantable",
            ],
        );
        for function in backend.catalog()?.functions.values() {
            for grant in grants(backend, function.acl.as_deref(), AclKind::Function, function.owner) {
                table.push(vec![
                    grant.grantor,
                    grant.grantee,
                    database(backend),
                    schema(backend, function.schema),
                    Datum::from(format!("{}_{}", function.name, function.oid)),
                    database(backend),
                    schema(backend, function.schema),
                    Datum::Text(function.name.clone()),
                    grant.privilege,
                    grant.grantable,
                ]);
            }
        }
        Ok(table.rows)
    })
}

/// USAGE of sequences and domains.
pub fn usage_privileges(backend: &mut Backend<'_>) -> Result<Rows> {
    read_only(backend, |backend| {
        let mut table = Table::new(
            "usage_privileges",
            &[
                "grantor",
                "grantee",
                "object_catalog",
                "object_schema",
                "object_name",
                "object_type",
                "privilege_type",
                "is_grantable",
            ],
        );
        let mut push = |schema: Datum, name: Datum, kind: &str, grant: Grant| {
            if grant.privilege.as_str() == Some("USAGE") {
                table.push(vec![
                    grant.grantor,
                    grant.grantee,
                    database(backend),
                    schema,
                    name,
                    text(kind),
                    grant.privilege,
                    grant.grantable,
                ]);
            }
        };
        for relation in shown_relations(backend) {
            if relation.sequence.is_some() {
                for grant in grants(backend, relation.acl.as_deref(), AclKind::Sequence, relation.owner) {
                    let name = Datum::Text(relation.name.clone());
                    push(schema(backend, relation.schema), name, "SEQUENCE", grant);
                }
            }
        }
        for user in backend.catalog()?.types.values() {
            if matches!(user.definition, crate::catalog::TypeDefinition::Domain { .. }) {
                for grant in grants(backend, user.acl.as_deref(), AclKind::Type, user.owner) {
                    push(
                        schema(backend, user.schema),
                        Datum::Text(user.name.clone()),
                        "DOMAIN",
                        grant,
                    );
                }
            }
        }
        Ok(table.rows)
    })
}

pub fn enabled_roles(backend: &mut Backend<'_>) -> Result<Rows> {
    read_only(backend, |backend| {
        let roles = backend.server()?.roles.values();
        Ok(roles
            .filter(|role| backend.owns(role.oid))
            .map(|role| vec![Datum::Text(role.name.clone())])
            .collect())
    })
}

pub fn applicable_roles(backend: &mut Backend<'_>) -> Result<Rows> {
    read_only(backend, |backend| {
        let mut rows = Vec::new();
        for role in backend.server()?.roles.values() {
            for (group, admin) in &role.member_of {
                if backend.owns(role.oid) {
                    let group = backend.name_of_role(*group).map_or(Datum::Null, Datum::Text);
                    rows.push(vec![Datum::Text(role.name.clone()), group, yes_or_no(*admin)]);
                }
            }
        }
        Ok(rows)
    })
}
