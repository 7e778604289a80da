//! Lists of everything that is not a relation: schemas, roles, types, domains, functions, extensions, databases.

use std::sync::Arc;

use kumquat_postgres::catalog::{
    AclItem, Function, ObjectClass, ProcKind, Relation, RelationKind, Role, TypeDefinition,
};
use kumquat_types::{Oid, Volatility};

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

    pub(super) fn list_types(&mut self, pattern: Option<&Pattern>, verbose: bool, system: bool, out: &mut Output) {
        let Some(catalog) = self.catalog() else { return };
        let types: Vec<_> = catalog.types.values().cloned().collect();
        let mut rows = Vec::new();
        for found in types {
            let hidden = match &found.definition {
                TypeDefinition::Array { .. } => true,
                TypeDefinition::Composite { relation, .. } => {
                    let kind = self
                        .catalog()
                        .and_then(|catalog| catalog.relation(*relation))
                        .map(|r| r.kind);
                    kind.is_some_and(|kind| kind != RelationKind::CompositeType)
                }
                _ => false,
            };
            let schema = self.backend().schema_name(found.schema).to_string();
            let visible = self.backend().type_is_visible(found.oid);
            let internal = matches!(schema.as_str(), "pg_catalog" | "information_schema");
            let wanted = match pattern {
                Some(pattern) => pattern.matches(&schema, &found.name, visible),
                None => visible && (system || !internal),
            };
            if hidden || !wanted {
                continue;
            }
            let shown = self.format_type(found.oid, -1);
            let mut row = vec![schema, shown];
            if verbose {
                let elements = match &found.definition {
                    TypeDefinition::Enum(labels) => labels
                        .iter()
                        .map(|label| label.label.to_string())
                        .collect::<Vec<_>>()
                        .join("\n"),
                    _ => String::new(),
                };
                let size = match &found.definition {
                    TypeDefinition::Enum(_) => "4",
                    TypeDefinition::Composite { .. } => "tuple",
                    _ => "var",
                };
                row.extend([
                    found.name.to_string(),
                    size.to_string(),
                    elements,
                    self.role_name(found.owner),
                ]);
                row.push(self.privileges(found.acl.as_deref()));
            }
            row.push(self.comment(ObjectClass::Type, found.oid, 0));
            rows.push(row);
        }
        rows.sort();
        let headers: &[&str] = if verbose {
            &[
                "Schema",
                "Name",
                "Internal name",
                "Size",
                "Elements",
                "Owner",
                "Access privileges",
                "Description",
            ]
        } else {
            &["Schema", "Name", "Description"]
        };
        self.print_description(&text_table("List of data types", headers, rows), out);
    }

    pub(super) fn list_domains(&mut self, pattern: Option<&Pattern>, verbose: bool, out: &mut Output) {
        let Some(catalog) = self.catalog() else { return };
        let types: Vec<_> = catalog.types.values().cloned().collect();
        let mut rows = Vec::new();
        for found in types {
            let TypeDefinition::Domain {
                base,
                type_modifier,
                not_null,
                default,
                constraints,
            } = &found.definition
            else {
                continue;
            };
            let schema = self.backend().schema_name(found.schema).to_string();
            let visible = self.backend().type_is_visible(found.oid);
            if !pattern.map_or(visible, |pattern| pattern.matches(&schema, &found.name, visible)) {
                continue;
            }
            let backend = self.backend();
            let text =
                |expr| kumquat_postgres::ruleutils::deparse_expression(&backend, expr, None, true).unwrap_or_default();
            let default = default.as_ref().map(|expr| text(expr)).unwrap_or_default();
            let checks: Vec<String> = constraints
                .iter()
                .map(|constraint| format!("CHECK ({})", text(&constraint.expression)))
                .collect();
            let mut row = vec![
                schema,
                found.name.to_string(),
                self.format_type(*base, *type_modifier),
                String::new(),
                if *not_null { "not null" } else { "" }.to_string(),
                default,
                checks.join(" "),
            ];
            if verbose {
                row.push(self.privileges(found.acl.as_deref()));
                row.push(self.comment(ObjectClass::Type, found.oid, 0));
            }
            rows.push(row);
        }
        rows.sort();
        let mut headers = vec!["Schema", "Name", "Type", "Collation", "Nullable", "Default", "Check"];
        if verbose {
            headers.extend(["Access privileges", "Description"]);
        }
        self.print_description(&text_table("List of domains", &headers, rows), out);
    }

    /// `letters` after `\df`: a aggregates, n normal, p procedures, t triggers, w window functions.
    pub(super) fn list_functions(&mut self, letters: &str, pattern: Option<&Pattern>, verbose: bool, out: &mut Output) {
        let Some(catalog) = self.catalog() else { return };
        let functions: Vec<Arc<Function>> = catalog.functions.values().cloned().collect();
        let mut rows = Vec::new();
        for function in functions {
            let schema = self.backend().schema_name(function.schema).to_string();
            let visible = self.backend().function_is_visible(&function);
            let (letter, word) = match function.kind {
                ProcKind::Procedure => ('p', "proc"),
                ProcKind::Aggregate => ('a', "agg"),
                ProcKind::Window => ('w', "window"),
                ProcKind::Function if function.result == Oid::TRIGGER => ('t', "trigger"),
                ProcKind::Function => ('n', "func"),
            };
            let wanted = pattern.map_or(visible, |pattern| pattern.matches(&schema, &function.name, visible));
            if !wanted || !(letters.is_empty() || letters.contains(letter)) {
                continue;
            }
            let result = self.ask_text(&format!("pg_get_function_result({})", function.oid));
            let arguments = self.ask_text(&format!("pg_get_function_arguments({})", function.oid));
            let mut row = vec![schema, function.name.to_string(), result, arguments, word.to_string()];
            if verbose {
                let volatility = match function.volatility {
                    Volatility::Immutable => "immutable",
                    Volatility::Stable => "stable",
                    Volatility::Volatile => "volatile",
                };
                let parallel = match function.parallel {
                    's' => "safe",
                    'r' => "restricted",
                    _ => "unsafe",
                };
                let security = if function.security_definer {
                    "definer"
                } else {
                    "invoker"
                };
                row.extend([
                    volatility.into(),
                    parallel.into(),
                    self.role_name(function.owner),
                    security.into(),
                ]);
                row.push(self.privileges(function.acl.as_deref()));
                row.push(function.language.to_string());
                row.push(self.ask_text(&format!("pg_get_function_sqlbody({})", function.oid)));
                row.push(self.comment(ObjectClass::Function, function.oid, 0));
            }
            rows.push(row);
        }
        rows.sort();
        let mut headers = vec!["Schema", "Name", "Result data type", "Argument data types", "Type"];
        if verbose {
            headers.extend([
                "Volatility",
                "Parallel",
                "Owner",
                "Security",
                "Access privileges",
                "Language",
                "Source code",
                "Description",
            ]);
        }
        self.print_description(&text_table("List of functions", &headers, rows), out);
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
                String::new(),
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

    pub(super) fn list_databases(&mut self, pattern: Option<&Pattern>, out: &mut Output) {
        let Some(server) = self.network.servers.get(self.session.server.0).cloned() else {
            return;
        };
        let mut rows = Vec::new();
        for database in server.databases.values() {
            if pattern.is_some_and(|pattern| !pattern.matches_name(&database.name)) {
                continue;
            }
            rows.push(vec![
                database.name.to_string(),
                self.role_name(database.owner),
                "UTF8".into(),
                "C.UTF-8".into(),
                "C.UTF-8".into(),
                String::new(),
                "libc".into(),
                self.privileges(database.acl.as_deref()),
            ]);
        }
        let headers = [
            "Name",
            "Owner",
            "Encoding",
            "Collate",
            "Ctype",
            "ICU Locale",
            "Locale Provider",
            "Access privileges",
        ];
        self.print_description(&text_table("List of databases", &headers, rows), out);
    }

    /// `\dconfig`: settings that differ from their defaults, or those a pattern names.
    pub(super) fn list_settings(&mut self, pattern: Option<&Pattern>, out: &mut Output) {
        let Some(pattern) = pattern else {
            return out.line(
                PieceKind::Error,
                "\\dconfig: without a pattern it is not supported by Kumquat",
            );
        };
        let backend = self.backend();
        let mut rows: Vec<Vec<String>> = kumquat_postgres::settings::definition::postgres_settings()
            .iter()
            .chain(backend.extension.settings())
            .filter(|definition| pattern.matches_name(&definition.name.to_ascii_lowercase()))
            .filter_map(|definition| backend.shown(definition.name))
            .map(|(name, value)| vec![name, value])
            .collect();
        rows.sort();
        self.print_description(
            &text_table("List of configuration parameters", &["Parameter", "Value"], rows),
            out,
        );
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
