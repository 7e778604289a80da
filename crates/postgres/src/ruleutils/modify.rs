//! INSERT, UPDATE, DELETE and MERGE (`get_insert_query_def` and kin).

use super::Writer;
use super::query::{ColumnNames, STANDARD};
use crate::analyze::strip_implicit;
use crate::catalog::quote::quote_identifier;
use crate::query::{
    Expr, FuncForm, MergeActionKind, OnConflict, Override, Query, RangeTableEntry, RangeTableKind, SubLink,
    SubLinkKind, TargetEntry,
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
        if !inherit && (has_children || self.in_lines()) && !insert {
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
            // Citus writes it without AS.
            let word = if self.in_lines() { " AS" } else { "" };
            self.push(&format!("{word} {}", quote_identifier(&name)));
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
        let values = match targets.is_empty() {
            true => Vec::new(),
            false => self.insert_columns(&targets, query),
        };
        self.overriding(query.override_kind);
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
                self.list(values, |w, value| w.expr(value, false));
                self.push(")");
            }
        }
        if let Some(conflict) = &query.on_conflict {
            self.on_conflict(conflict, query);
        }
        self.returning(query);
    }

    /// The columns in parentheses, with subscripts and fields where only a part is assigned; gives the values.
    fn insert_columns<'t>(&mut self, targets: &[&'t TargetEntry], query: &Query) -> Vec<&'t Expr> {
        let mut values = Vec::with_capacity(targets.len());
        self.push("(");
        for (index, target) in targets.iter().enumerate() {
            if index > 0 {
                self.push(", ");
            }
            let name = self.target_column(query, target);
            self.push(&name);
            values.push(self.assigned_part(&target.expr));
        }
        self.push(") ");
        values
    }

    /// Writes which part of a column is assigned, and gives the value (`processIndirection`).
    fn assigned_part<'t>(&mut self, expr: &'t Expr) -> &'t Expr {
        match expr {
            Expr::FieldStore { arg, fields, .. } => {
                let Some((field, value)) = fields.first() else {
                    return expr;
                };
                let names = self.backend.composite_fields(arg.type_oid()).unwrap_or_default();
                let place = usize::try_from(*field).ok().and_then(|number| number.checked_sub(1));
                let name = place.and_then(|place| names.get(place)).map(|field| field.name.clone());
                self.push(&format!(".{}", quote_identifier(name.as_deref().unwrap_or_default())));
                self.assigned_part(value)
            }
            Expr::Subscript(subscript) => match &subscript.assign {
                Some(value) => {
                    self.subscripts(subscript);
                    self.assigned_part(value)
                }
                None => expr,
            },
            Expr::CoerceToDomain {
                arg,
                form: FuncForm::ImplicitCast,
                ..
            } if matches!(**arg, Expr::FieldStore { .. } | Expr::Subscript(_)) => self.assigned_part(arg),
            _ => expr,
        }
    }

    fn overriding(&mut self, kind: Option<Override>) {
        match kind {
            Some(Override::System) => self.push("OVERRIDING SYSTEM VALUE "),
            Some(Override::User) => self.push("OVERRIDING USER VALUE "),
            None => {}
        }
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
            if let Some(link) = several_columns(&target.expr) {
                index += self.multiple_assignment(targets.get(index..).unwrap_or_default(), link, query);
                continue;
            }
            let name = self.target_column(query, target);
            self.push(&name);
            let value = self.assigned_part(&target.expr);
            self.push(" = ");
            self.expr(value, false);
            index += 1;
        }
    }

    /// `(a, b) = (SELECT ...)`; gives how many targets that were.
    fn multiple_assignment(&mut self, targets: &[TargetEntry], link: &SubLink, query: &Query) -> usize {
        let same = |target: &&TargetEntry| {
            several_columns(&target.expr).is_some_and(|other| std::sync::Arc::ptr_eq(&other.query, &link.query))
        };
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
        self.begin_clauses();
        self.push("MERGE INTO ");
        self.target_table(query, false);
        self.tables(" USING ", query);
        if let Some(quals) = &query.quals {
            self.keyword(" ON ", -STANDARD, STANDARD, 2);
            self.expr(quals, false);
        }
        for action in &query.merge_actions {
            let words = if action.matched {
                " WHEN MATCHED"
            } else {
                " WHEN NOT MATCHED"
            };
            self.keyword(words, -STANDARD, STANDARD, 2);
            if let Some(condition) = &action.condition {
                self.keyword(" AND ", -STANDARD, STANDARD, 3);
                self.expr(condition, false);
            }
            self.keyword(" THEN ", -STANDARD, STANDARD, 3);
            self.merge_action(&action.action, query);
        }
    }

    fn merge_action(&mut self, action: &MergeActionKind, query: &Query) {
        match action {
            MergeActionKind::DoNothing => self.push("DO NOTHING"),
            MergeActionKind::Delete => self.push("DELETE"),
            MergeActionKind::Update(targets) => {
                self.push("UPDATE SET ");
                self.assignments(targets, query);
            }
            MergeActionKind::Insert {
                targets, override_kind, ..
            } => {
                self.push("INSERT");
                if targets.is_empty() {
                    return self.push(" DEFAULT VALUES");
                }
                let targets: Vec<&TargetEntry> = targets.iter().collect();
                self.push(" ");
                let values = self.insert_columns(&targets, query);
                self.overriding(*override_kind);
                self.keyword("VALUES (", -STANDARD, STANDARD, 4);
                self.list(values, |w, value| w.expr(value, false));
                self.push(")");
            }
        }
    }
}

/// What INSERT takes its rows from.
enum Source {
    Query(std::sync::Arc<Query>),
    Rows(std::sync::Arc<Vec<Vec<Expr>>>),
}

/// The subquery of `(a, b) = (SELECT ...)` that a value is a column of.
fn several_columns(expr: &Expr) -> Option<&SubLink> {
    match strip_implicit(expr) {
        Expr::SubLink(link) if matches!(link.kind, SubLinkKind::MultiExpr(_)) => Some(link),
        _ => None,
    }
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
