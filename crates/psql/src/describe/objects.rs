//! Lists that are made from the catalog itself: schemas, roles, extensions, privileges.

use std::sync::Arc;

use kumquat_postgres::catalog::policy::PolicyCommand;
use kumquat_postgres::catalog::{AclItem, ObjectClass, Relation, RelationKind, Role};
use kumquat_types::Oid;

use super::pattern::Pattern;
use super::text_table;
use crate::Psql;
use crate::output::{Output, PieceKind};

/// Descriptions of the extensions that may be installed.
const EXTENSIONS: [(&str, &str); 3] = [
    ("citus", "Citus distributed database"),
    ("citus_columnar", "Citus Columnar extension"),
    ("plpgsql", "PL/pgSQL procedural language"),
];

impl Psql {
    pub(super) fn list_schemas(&mut self, pattern: Option<&Pattern>, verbose: bool, system: bool, out: &mut Output) {
        let Some(catalog) = self.catalog() else { return };
        let schemas: Vec<_> = catalog.schemas.values().cloned().collect();
        let mut rows = Vec::new();
        for schema in schemas {
            let internal = schema.name.starts_with("pg_") || &*schema.name == "information_schema";
            let wanted = match pattern {
                Some(pattern) => pattern.matches_name(&schema.name),
                None => system || !internal,
            };
            if !wanted {
                continue;
            }
            let mut row = vec![schema.name.to_string(), self.role_name(schema.owner)];
            if verbose {
                row.push(self.privileges(schema.acl.as_deref()));
                row.push(self.comment(ObjectClass::Schema, schema.oid, 0));
            }
            rows.push(row);
        }
        rows.sort();
        let headers: &[&str] = if verbose {
            &["Name", "Owner", "Access privileges", "Description"]
        } else {
            &["Name", "Owner"]
        };
        let mut table = text_table("List of schemas", headers, rows);
        if pattern.is_some() {
            table.footers = None;
        }
        self.print_description(&table, out);
    }

    /// The lines of an access privileges cell.
    fn privileges(&mut self, acl: Option<&[AclItem]>) -> String {
        let Some(acl) = acl else { return String::new() };
        let names: Vec<(Oid, String)> = acl
            .iter()
            .flat_map(|item| [item.grantee, item.grantor])
            .filter(|oid| oid.is_valid())
            .map(|oid| (oid, self.role_name(oid)))
            .collect();
        let name_of = |wanted: Oid| {
            names
                .iter()
                .find(|(oid, _)| *oid == wanted)
                .map(|(_, name)| name.clone())
                .unwrap_or_default()
        };
        acl.iter()
            .map(|item| item.text(&name_of))
            .collect::<Vec<_>>()
            .join("\n")
    }

    pub(super) fn list_roles(&mut self, pattern: Option<&Pattern>, verbose: bool, system: bool, out: &mut Output) {
        let Some(server) = self.network.servers.get(self.session.server.0).cloned() else {
            return;
        };
        let mut roles: Vec<Arc<Role>> = server.roles.values().cloned().collect();
        roles.retain(|role| match pattern {
            Some(pattern) => pattern.matches_name(&role.name),
            None => system || !role.name.starts_with("pg_"),
        });
        roles.sort_by(|a, b| a.name.cmp(&b.name));
        let rows = roles.iter().map(|role| {
            let mut groups: Vec<&str> = role
                .member_of
                .iter()
                .filter_map(|(oid, _)| server.roles.get(oid).map(|group| &*group.name))
                .collect();
            groups.sort_unstable();
            let mut row = vec![
                role.name.to_string(),
                role_attributes(role),
                format!("{{{}}}", groups.join(",")),
            ];
            if verbose {
                row.push(
                    server
                        .shared_descriptions
                        .get(&('r', role.oid))
                        .map(ToString::to_string)
                        .unwrap_or_default(),
                );
            }
            row
        });
        let mut headers = vec!["Role name", "Attributes", "Member of"];
        if verbose {
            headers.push("Description");
        }
        let mut table = text_table("List of roles", &headers, rows.collect());
        table.footers = Some(Vec::new());
        self.print_description(&table, out);
    }

    pub(super) fn list_extensions(&mut self, pattern: Option<&Pattern>, out: &mut Output) {
        let Some(catalog) = self.catalog() else { return };
        let installed: Vec<_> = catalog.extensions.values().cloned().collect();
        let mut rows = Vec::new();
        for extension in installed {
            if pattern.is_some_and(|pattern| !pattern.matches_name(&extension.name)) {
                continue;
            }
            let description = self.comment(ObjectClass::Extension, extension.oid, 0);
            let known = EXTENSIONS
                .iter()
                .find(|(name, _)| *name == &*extension.name)
                .map_or("", |(_, text)| text);
            rows.push(vec![
                extension.name.to_string(),
                extension.version.to_string(),
                self.backend().schema_name(extension.schema).to_string(),
                if description.is_empty() {
                    known.to_string()
                } else {
                    description
                },
            ]);
        }
        rows.sort();
        let headers = ["Name", "Version", "Schema", "Description"];
        self.print_description(&text_table("List of installed extensions", &headers, rows), out);
    }

    pub(super) fn list_privileges(&mut self, pattern: Option<&Pattern>, out: &mut Output) {
        let relations: Vec<Arc<Relation>> = self
            .relations_matching(pattern, false)
            .into_iter()
            .filter(|relation| {
                matches!(
                    relation.kind,
                    RelationKind::Table
                        | RelationKind::PartitionedTable
                        | RelationKind::View
                        | RelationKind::MaterializedView
                        | RelationKind::Sequence
                        | RelationKind::ForeignTable
                )
            })
            .collect();
        let mut rows = Vec::new();
        for relation in relations {
            let mut columns = Vec::new();
            for attribute in relation.live_attributes().filter(|attribute| attribute.acl.is_some()) {
                let acl = self.privileges(attribute.acl.as_deref());
                let lines: Vec<String> = acl.lines().map(|line| format!("  {line}")).collect();
                columns.push(format!("{}:\n{}", attribute.name, lines.join("\n")));
            }
            let kind = match relation.kind {
                RelationKind::PartitionedTable => "partitioned table",
                RelationKind::View => "view",
                RelationKind::MaterializedView => "materialized view",
                RelationKind::Sequence => "sequence",
                RelationKind::ForeignTable => "foreign table",
                _ => "table",
            };
            rows.push(vec![
                self.schema_name_of(&relation),
                relation.name.to_string(),
                kind.to_string(),
                self.privileges(relation.acl.as_deref()),
                columns.join("\n"),
                self.policy_lines(&relation),
            ]);
        }
        let headers = [
            "Schema",
            "Name",
            "Type",
            "Access privileges",
            "Column privileges",
            "Policies",
        ];
        self.print_description(&text_table("Access privileges", &headers, rows), out);
    }

    fn policy_lines(&mut self, relation: &Relation) -> String {
        let mut policies = relation.policies.clone();
        policies.sort_by_key(|policy| policy.oid);
        let mut lines = Vec::new();
        for policy in policies {
            let kind = if policy.permissive { "" } else { " (RESTRICTIVE)" };
            let command = match policy.command {
                PolicyCommand::All => String::new(),
                command => format!(" ({})", command.letter()),
            };
            lines.push(format!("{}{kind}{command}:", policy.name));
            for (letter, expr) in [('u', &policy.using), ('c', &policy.with_check)] {
                let text = expr.as_ref().map(|expr| self.policy_text(relation, expr));
                lines.extend(text.map(|text| format!("  ({letter}): {text}")));
            }
            let roles = self.policy_roles(&policy);
            lines.extend(roles.map(|roles| format!("  to: {}", roles.join(", "))));
        }
        lines.join("\n")
    }

    /// `\dx+`: the objects of each extension.
    pub(super) fn list_extension_objects(&mut self, pattern: Option<&Pattern>, word: &str, out: &mut Output) {
        let Some(catalog) = self.catalog() else { return };
        let mut names: Vec<String> = catalog
            .extensions
            .values()
            .map(|found| found.name.to_string())
            .collect();
        names.retain(|name| pattern.is_none_or(|pattern| pattern.matches_name(name)));
        names.sort();
        if names.is_empty() {
            let text = if word.is_empty() {
                "Did not find any extensions.".to_string()
            } else {
                format!("Did not find any extension named \"{word}\".")
            };
            return out.line(PieceKind::Error, text);
        }
        for name in names {
            if name != "plpgsql" {
                let text = format!("\\dx+: the objects of extension \"{name}\" are not supported by Kumquat");
                out.line(PieceKind::Error, text);
                continue;
            }
            let objects = [
                "function plpgsql_call_handler()",
                "function plpgsql_inline_handler(internal)",
                "function plpgsql_validator(oid)",
                "language plpgsql",
            ];
            let rows = objects.map(|object| vec![object.to_string()]).to_vec();
            let title = format!("Objects in extension \"{name}\"");
            self.print_description(&text_table(&title, &["Object description"], rows), out);
        }
    }
}

fn role_attributes(role: &Role) -> String {
    let mut words = Vec::new();
    let mut add = |condition: bool, word: &str| {
        if condition {
            words.push(word.to_string());
        }
    };
    add(role.superuser, "Superuser");
    add(!role.inherit, "No inheritance");
    add(role.create_role, "Create role");
    add(role.create_db, "Create DB");
    add(!role.login, "Cannot login");
    add(role.replication, "Replication");
    add(role.bypass_rls, "Bypass RLS");
    let mut text = words.join(", ");
    if role.connection_limit >= 0 {
        let line = match role.connection_limit {
            0 => "No connections".to_string(),
            1 => "1 connection".to_string(),
            n => format!("{n} connections"),
        };
        text = if text.is_empty() {
            line
        } else {
            format!("{text}\n{line}")
        };
    }
    if let Some(until) = &role.valid_until {
        let line = format!("Password valid until {until}");
        text = if text.is_empty() {
            line
        } else {
            format!("{text}\n{line}")
        };
    }
    text
}
