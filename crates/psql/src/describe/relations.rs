//! `\dt`, `\di`, `\ds`, `\dv`, `\dm` and `\d` without a name (`listTables`).

use std::sync::Arc;

use kumquat_postgres::catalog::well_known::PG_CATALOG;
use kumquat_postgres::catalog::{ObjectClass, Relation, RelationKind};

use super::pattern::Pattern;
use super::text_table;
use crate::Psql;
use crate::output::{Output, PieceKind};

impl Psql {
    /// `kinds`: letters of the command, `t` tables, `v` views, `m` materialized views, `i` indexes, `s` sequences.
    pub(super) fn list_relations(
        &mut self,
        kinds: &str,
        pattern: Option<&Pattern>,
        argument: &str,
        verbose: bool,
        system: bool,
        out: &mut Output,
    ) {
        let wanted: Vec<Arc<Relation>> = self
            .relations_matching(pattern, system)
            .into_iter()
            .filter(|relation| list_letter(relation).is_some_and(|letter| kinds.contains(letter)))
            .collect();
        if wanted.is_empty() && !self.variables.is_on("QUIET") {
            let text = if argument.is_empty() {
                "Did not find any relations.".to_string()
            } else {
                format!("Did not find any relation named \"{argument}\".")
            };
            return out.line(PieceKind::Error, text);
        }
        let with_table = kinds.contains('i');
        let mut headers = vec!["Schema", "Name", "Type", "Owner"];
        if with_table {
            headers.push("Table");
        }
        if verbose {
            headers.extend(["Persistence", "Access method", "Size", "Description"]);
        }
        let with_method = !self.variables.is_on("HIDE_TABLEAM")
            && (wanted.iter().any(|relation| method_shown(relation).is_some()) || kinds.contains(['t', 'm', 'i']));
        if verbose && !with_method {
            headers.retain(|header| *header != "Access method");
        }
        let mut rows = Vec::new();
        for relation in &wanted {
            let mut row = vec![
                self.schema_name_of(relation),
                relation.name.to_string(),
                kind_word(relation).to_string(),
                self.role_name(relation.owner),
            ];
            if with_table {
                row.push(self.indexed_table(relation));
            }
            if verbose {
                row.push(persistence_word(relation).to_string());
                if with_method {
                    row.push(method_shown(relation).unwrap_or_default());
                }
                row.push(self.ask_text(&format!("pg_size_pretty(pg_catalog.pg_table_size({}))", relation.oid)));
                row.push(self.comment(ObjectClass::Relation, relation.oid, 0));
            }
            rows.push(row);
        }
        self.print_description(&text_table("List of relations", &headers, rows), out);
    }

    /// Relations a pattern names, sorted by schema and name; those the extension hides are left out.
    pub(super) fn relations_matching(&mut self, pattern: Option<&Pattern>, system: bool) -> Vec<Arc<Relation>> {
        let all: Vec<Arc<Relation>> = self
            .catalog()
            .map(|catalog| catalog.relations.values().cloned().collect())
            .unwrap_or_default();
        let mut found: Vec<(String, Arc<Relation>)> = Vec::new();
        for relation in all {
            if self.extension.hides_relation(&self.backend(), relation.oid) {
                continue;
            }
            let schema = self.schema_name_of(&relation);
            let internal = matches!(schema.as_str(), "pg_catalog" | "pg_toast" | "information_schema");
            let visible = self.relation_is_visible(&relation);
            let wanted = match pattern {
                Some(pattern) => pattern.matches(&schema, &relation.name, visible),
                None => visible && (system || !internal),
            };
            if wanted {
                found.push((schema, relation));
            }
        }
        found.sort_by(|a, b| (&a.0, &a.1.name).cmp(&(&b.0, &b.1.name)));
        found.into_iter().map(|(_, relation)| relation).collect()
    }

    pub(super) fn schema_name_of(&mut self, relation: &Relation) -> String {
        if relation.schema == PG_CATALOG {
            return "pg_catalog".into();
        }
        self.backend().schema_name(relation.schema).to_string()
    }

    fn indexed_table(&mut self, relation: &Relation) -> String {
        let table = relation.index.as_ref().map(|index| index.table);
        table
            .and_then(|oid| self.catalog()?.relation(oid).map(|relation| relation.name.to_string()))
            .unwrap_or_default()
    }
}

fn list_letter(relation: &Relation) -> Option<char> {
    Some(match relation.kind {
        RelationKind::Table | RelationKind::PartitionedTable => 't',
        RelationKind::View => 'v',
        RelationKind::MaterializedView => 'm',
        RelationKind::Index | RelationKind::PartitionedIndex => 'i',
        RelationKind::Sequence => 's',
        RelationKind::ForeignTable => 'E',
        RelationKind::System => {
            if relation.view.is_some() || relation.is_system_view() {
                'v'
            } else {
                't'
            }
        }
        RelationKind::CompositeType => return None,
    })
}

fn kind_word(relation: &Relation) -> &'static str {
    match relation.kind {
        RelationKind::Table => "table",
        RelationKind::PartitionedTable => "partitioned table",
        RelationKind::View => "view",
        RelationKind::MaterializedView => "materialized view",
        RelationKind::Index => "index",
        RelationKind::PartitionedIndex => "partitioned index",
        RelationKind::Sequence => "sequence",
        RelationKind::ForeignTable => "foreign table",
        RelationKind::CompositeType => "composite type",
        RelationKind::System if relation.is_system_view() => "view",
        RelationKind::System => "table",
    }
}

fn persistence_word(relation: &Relation) -> &'static str {
    use kumquat_postgres::catalog::Persistence;
    match relation.persistence {
        Persistence::Permanent => "permanent",
        Persistence::Unlogged => "unlogged",
        Persistence::Temporary => "temporary",
    }
}

fn method_shown(relation: &Relation) -> Option<String> {
    let has = matches!(
        relation.kind,
        RelationKind::Table | RelationKind::MaterializedView | RelationKind::Index | RelationKind::PartitionedIndex
    );
    has.then(|| relation.access_method.to_string())
}
