//! `\d` of an index.

use kumquat_postgres::catalog::{Relation, RelationKind, ReplicaIdentity};

use super::footer::constraint_of_index;
use super::text_table;
use crate::Psql;
use crate::output::Output;

impl Psql {
    pub(super) fn describe_index(&mut self, relation: &Relation, schema: &str, verbose: bool, out: &mut Output) {
        let Some(index) = relation.index.clone() else { return };
        let Some(table) = self
            .catalog()
            .and_then(|catalog| catalog.relation(index.table).cloned())
        else {
            return;
        };
        let keys = index.columns.len();
        let mut rows = Vec::new();
        for (position, attribute) in relation.attributes.iter().enumerate() {
            let mut row = vec![
                attribute.name.to_string(),
                self.format_type(attribute.type_oid, attribute.type_modifier),
                if position < keys { "yes" } else { "no" }.to_string(),
                self.ask_text(&format!("pg_get_indexdef({}, {}, true)", relation.oid, position + 1)),
            ];
            if verbose {
                row.push(super::table::storage_word(attribute.storage).to_string());
                row.push(
                    attribute
                        .statistics_target
                        .map(|target| target.to_string())
                        .unwrap_or_default(),
                );
            }
            rows.push(row);
        }
        let mut headers = vec!["Column", "Type", "Key?", "Definition"];
        if verbose {
            headers.extend(["Storage", "Stats target"]);
        }
        let word = if relation.kind == RelationKind::PartitionedIndex {
            "Partitioned index"
        } else {
            "Index"
        };
        let mut shown = text_table(&format!("{word} \"{schema}.{}\"", relation.name), &headers, rows);
        let constraint = self
            .catalog()
            .and_then(|catalog| constraint_of_index(catalog, table.oid, relation.oid));
        let mut facts = String::new();
        if index.primary {
            facts.push_str("primary key, ");
        } else if index.unique {
            facts.push_str(if index.nulls_not_distinct {
                "unique nulls not distinct, "
            } else {
                "unique, "
            });
        }
        facts.push_str(&format!("{}, ", relation.access_method));
        facts.push_str(&format!("for table \"{}.{}\"", self.schema_name_of(&table), table.name));
        if let Some(predicate) = &index.predicate {
            facts.push_str(&format!(", predicate ({})", self.deparse(predicate, &table)));
        }
        if index.clustered {
            facts.push_str(", clustered");
        }
        if !index.valid {
            facts.push_str(", invalid");
        }
        if constraint.as_ref().is_some_and(|constraint| constraint.deferrable) {
            facts.push_str(", deferrable");
        }
        if constraint
            .as_ref()
            .is_some_and(|constraint| constraint.initially_deferred)
        {
            facts.push_str(", initially deferred");
        }
        if table.replica_identity == ReplicaIdentity::Index(relation.oid) {
            facts.push_str(", replica identity");
        }
        let mut footers = Vec::new();
        if let Some(parent) = relation.parents.first().copied() {
            footers.push(format!("Partition of: {}", self.visible_name(parent)));
            if verbose {
                footers.push("No partition constraint".into());
            }
        }
        footers.push(facts);
        self.index_partitions(relation, verbose, &mut footers);
        if verbose && relation.kind == RelationKind::PartitionedIndex {
            footers.push(format!("Access method: {}", relation.access_method));
        }
        self.options(relation, verbose, &mut footers);
        shown.footers = Some(footers);
        self.print_relation(&shown, out);
    }

    /// An expression over a table's columns, pretty-printed.
    pub(super) fn deparse(&mut self, expr: &kumquat_postgres::query::Expr, table: &Relation) -> String {
        kumquat_postgres::ruleutils::deparse_expression(&self.backend(), expr, Some(table), true).unwrap_or_default()
    }
}
