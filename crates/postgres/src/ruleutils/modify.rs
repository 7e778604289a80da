//! INSERT, UPDATE, DELETE and MERGE (`get_insert_query_def` and kin).

use super::Writer;
use super::query::{ColumnNames, STANDARD};
use crate::catalog::quote::quote_identifier;
use crate::query::{
    Expr, MergeActionKind, OnConflict, Override, Query, RangeTableEntry, RangeTableKind, SubLink, SubLinkKind,
    TargetEntry,
};

impl Writer<'_, '_> {
    /// The target table with its alias, `AS`d for INSERT.
    fn target_table(&mut self, query: &Query, insert: bool) {
        let Some(index) = query.result_relation else { return };
        let Some(entry) = query.entry(index) else { return };
        let RangeTableKind::Relation { relation, inherit, .. } = &entry.kind else {
            return;
        };
        let has_children = self
            .backend
            .catalog()
            .is_ok_and(|catalog| catalog.children_of(*relation).next().is_some());
        if !inherit && has_children && !insert {
            self.push("ONLY ");
        }
        let written = self.relation_text(*relation);
        self.push(&written);
        let name = self
            .namespaces
            .last()
            .and_then(|n| n.entry(index))
            .map(|e| e.name.to_string())
            .unwrap_or_default();
        let differs = !written.ends_with(&quote_identifier(&name)) || entry.alias.is_some();
        if insert {
            if entry.alias.is_some() {
                self.push(&format!(" AS {}", quote_identifier(&name)));
            }
        } else if differs {
            self.push(&format!(" {}", quote_identifier(&name)));
        }
    }

    fn target_column(&self, query: &Query, target: &TargetEntry) -> String {
        let entry: Option<&RangeTableEntry> = query.result_relation.and_then(|index| query.entry(index));
        let name = usize::try_from(target.number - 1)
            .ok()
            .and_then(|index| entry?.columns.get(index));
        quote_identifier(name.map_or(&target.name, |column| &column.name))
    }

    pub(super) fn insert(&mut self, query: &Query) {
        self.begin_clauses();
        self.push("INSERT INTO ");
        self.target_table(query, true);
        self.push(" ");
        let source = query.range_table.iter().enumerate().find_map(|(index, entry)| {
            let is_target = Some(index + 1) == query.result_relation;
            match &entry.kind {
                RangeTableKind::Subquery { query, .. } if !is_target => Some(Source::Query(query.clone())),
                RangeTableKind::Values { rows } if !is_target => Some(Source::Rows(rows.clone())),
                _ => None,
            }
        });
        let targets: Vec<&TargetEntry> = query.target_list.iter().filter(|target| !target.junk).collect();
        if !targets.is_empty() {
            let names: Vec<String> = targets.iter().map(|target| self.target_column(query, target)).collect();
            self.push(&format!("({}) ", names.join(", ")));
        }
        match query.override_kind {
            Some(Override::System) => self.push("OVERRIDING SYSTEM VALUE "),
            Some(Override::User) => self.push("OVERRIDING USER VALUE "),
            None => {}
        }
        match source {
            Some(Source::Query(inner)) => {
                self.query(
                    &inner,
                    ColumnNames {
                        given: None,
                        hidden: true,
                    },
                );
            }
            Some(Source::Rows(rows)) => {
                // Each target is a column of VALUES or an expression of its own (a default).
                let written: Vec<Vec<Expr>> = rows
                    .iter()
                    .map(|row| targets.iter().map(|target| row_value(target, row)).collect())
                    .collect();
                self.values(&written);
            }
            None if targets.is_empty() => {
                self.push("DEFAULT VALUES");
            }
            None => {
                self.keyword("VALUES (", -STANDARD, STANDARD, 2);
                self.list(targets, |w, target| w.expr(&target.expr, false));
                self.push(")");
            }
        }
        if let Some(conflict) = &query.on_conflict {
            self.on_conflict(conflict, query);
        }
        self.returning(query);
    }

    fn on_conflict(&mut self, conflict: &OnConflict, query: &Query) {
        self.push(" ON CONFLICT");
        if !conflict.arbiter.is_empty() {
            self.push("(");
            let prefixed = std::mem::replace(&mut self.prefixed, false);
            self.list(&conflict.arbiter, |w, arg| w.expr(arg, false));
            self.push(")");
            if let Some(condition) = &conflict.arbiter_where {
                self.push(" WHERE ");
                self.expr(condition, false);
            }
            self.prefixed = prefixed;
        } else if conflict.constraint.is_valid() {
            let name = self
                .backend
                .catalog()
                .ok()
                .and_then(|catalog| catalog.constraints.get(&conflict.constraint))
                .map(|constraint| quote_identifier(&constraint.name))
                .unwrap_or_default();
            self.push(&format!(" ON CONSTRAINT {name}"));
        }
        match &conflict.update {
            None => self.push(" DO NOTHING"),
            Some(update) => {
                self.push(" DO UPDATE SET ");
                self.assignments(&update.set, query);
                if let Some(quals) = &update.quals {
                    self.keyword(" WHERE ", -STANDARD, STANDARD, 1);
                    self.expr(quals, false);
                }
            }
        }
    }

    fn returning(&mut self, query: &Query) {
        if !query.returning.is_empty() {
            self.keyword(" RETURNING", -STANDARD, STANDARD, 1);
            let targets: Vec<&TargetEntry> = query.returning.iter().filter(|target| !target.junk).collect();
            self.targets(&targets);
        }
    }

    /// `a = 1, b = 2`, or `(a, b) = (SELECT ...)` where a subquery gives several.
    fn assignments(&mut self, targets: &[TargetEntry], query: &Query) {
        let mut first = true;
        let mut index = 0;
        while let Some(target) = targets.get(index) {
            if target.junk {
                index += 1;
                continue;
            }
            if !first {
                self.push(", ");
            }
            first = false;
            if let Expr::SubLink(link) = &target.expr
                && matches!(link.kind, SubLinkKind::MultiExpr(_))
            {
                index += self.multiple_assignment(targets.get(index..).unwrap_or_default(), link, query);
                continue;
            }
            let name = self.target_column(query, target);
            self.push(&format!("{name} = "));
            self.expr(&target.expr, false);
            index += 1;
        }
    }

    /// `(a, b) = (SELECT ...)`; gives how many targets that were.
    fn multiple_assignment(&mut self, targets: &[TargetEntry], link: &SubLink, query: &Query) -> usize {
        let same = |target: &&TargetEntry| matches!(&target.expr, Expr::SubLink(other) if std::sync::Arc::ptr_eq(&other.query, &link.query));
        let group: Vec<&TargetEntry> = targets.iter().take_while(same).collect();
        let names: Vec<String> = group.iter().map(|target| self.target_column(query, target)).collect();
        self.push(&format!("({}) = (", names.join(", ")));
        self.query(
            &link.query,
            ColumnNames {
                given: None,
                hidden: true,
            },
        );
        self.push(")");
        group.len().max(1)
    }

    pub(super) fn update(&mut self, query: &Query) {
        self.begin_clauses();
        self.push("UPDATE ");
        self.target_table(query, false);
        self.push(" SET ");
        self.assignments(&query.target_list, query);
        self.tables(" FROM ", query);
        if let Some(quals) = &query.quals {
            self.keyword(" WHERE ", -STANDARD, STANDARD, 1);
            self.expr(quals, false);
        }
        self.returning(query);
    }

    pub(super) fn delete(&mut self, query: &Query) {
        self.begin_clauses();
        self.push("DELETE FROM ");
        self.target_table(query, false);
        self.tables(" USING ", query);
        if let Some(quals) = &query.quals {
            self.keyword(" WHERE ", -STANDARD, STANDARD, 1);
            self.expr(quals, false);
        }
        self.returning(query);
    }

    pub(super) fn merge(&mut self, query: &Query) {
        self.push("MERGE INTO ");
        self.target_table(query, false);
        self.tables(" USING ", query);
        if let Some(quals) = &query.quals {
            self.push(" ON ");
            self.expr(quals, false);
        }
        for action in &query.merge_actions {
            self.push(if action.matched {
                " WHEN MATCHED"
            } else {
                " WHEN NOT MATCHED"
            });
            if let Some(condition) = &action.condition {
                self.push(" AND ");
                self.expr(condition, false);
            }
            self.push(" THEN ");
            match &action.action {
                MergeActionKind::DoNothing => self.push("DO NOTHING"),
                MergeActionKind::Delete => self.push("DELETE"),
                MergeActionKind::Update(targets) => {
                    self.push("UPDATE SET ");
                    self.assignments(targets, query);
                }
                MergeActionKind::Insert {
                    default_values: true, ..
                } => self.push("INSERT DEFAULT VALUES"),
                MergeActionKind::Insert { targets, .. } => {
                    let names: Vec<String> = targets.iter().map(|target| self.target_column(query, target)).collect();
                    self.push(&format!("INSERT ({}) VALUES (", names.join(", ")));
                    self.list(targets, |w, target| w.expr(&target.expr, false));
                    self.push(")");
                }
            }
        }
    }
}

/// What INSERT takes its rows from.
enum Source {
    Query(std::sync::Arc<Query>),
    Rows(std::sync::Arc<Vec<Vec<Expr>>>),
}

/// What a target holds for one row of VALUES.
fn row_value(target: &TargetEntry, row: &[Expr]) -> Expr {
    match &target.expr {
        Expr::Var(var) => usize::try_from(var.attribute - 1)
            .ok()
            .and_then(|index| row.get(index))
            .cloned()
            .unwrap_or_else(|| target.expr.clone()),
        other => other.clone(),
    }
}
