//! FROM (`get_from_clause`).

use super::Writer;
use super::query::{ColumnNames, JOIN, STANDARD, VARIABLE};
use crate::catalog::quote::{quote_identifier, quote_qualified};
use crate::query::{FromItem, JoinExpr, JoinKind, Query, RangeTableEntry, RangeTableFunction, RangeTableKind};

impl Writer<'_, '_> {
    /// FROM or USING, with what is in FROM.
    pub(super) fn tables(&mut self, keyword: &str, query: &Query) {
        let mut first = true;
        for item in &query.from {
            if let FromItem::Table(index) = item
                && !query.entry(*index).is_some_and(|entry| entry.in_from)
            {
                continue;
            }
            if first {
                self.keyword(keyword, -STANDARD, STANDARD, 2);
            } else {
                self.push(", ");
                self.keyword("", -STANDARD, STANDARD, VARIABLE);
            }
            first = false;
            self.table_reference(item, query);
        }
    }

    fn table_reference(&mut self, item: &FromItem, query: &Query) {
        match item {
            FromItem::Table(index) => {
                if let Some(entry) = query.entry(*index) {
                    self.table(*index, entry);
                }
            }
            FromItem::Join(join) => self.join(join, query),
        }
    }

    fn join(&mut self, join: &JoinExpr, query: &Query) {
        // Pretty output leaves the parentheses out where the join has no alias of its own.
        let parentheses = !self.style.pretty() || join.alias.is_some();
        if parentheses {
            self.push("(");
        }
        self.table_reference(&join.left, query);
        let keyword = match (
            join.kind,
            join.quals.is_some() || !join.using.is_empty() || join.natural,
        ) {
            (JoinKind::Inner, true) => " JOIN ",
            (JoinKind::Inner, false) => " CROSS JOIN ",
            (JoinKind::Left, _) => " LEFT JOIN ",
            (JoinKind::Right, _) => " RIGHT JOIN ",
            (JoinKind::Full, _) => " FULL JOIN ",
            (JoinKind::Semi, _) => " SEMI JOIN ",
            (JoinKind::Anti, _) => " ANTI JOIN ",
        };
        self.keyword(keyword, -STANDARD, STANDARD, JOIN);
        let right_is_join =
            matches!(&join.right, FromItem::Join(right) if right.alias.is_none()) && self.style.pretty();
        if right_is_join {
            self.push("(");
        }
        self.table_reference(&join.right, query);
        if right_is_join {
            self.push(")");
        }
        if !join.using.is_empty() {
            let names: Vec<String> = join.using.iter().map(|name| quote_identifier(name)).collect();
            self.push(&format!(" USING ({})", names.join(", ")));
        } else if let Some(quals) = &join.quals {
            self.push(" ON ");
            let pretty = self.style.pretty();
            if !pretty {
                self.push("(");
            }
            self.expr(quals, false);
            if !pretty {
                self.push(")");
            }
        } else if join.kind != JoinKind::Inner {
            self.push(" ON TRUE");
        }
        if parentheses {
            self.push(")");
        }
        if let Some(alias) = &join.alias {
            self.push(&format!(" {}", quote_identifier(&alias.name)));
            self.column_list(&alias.columns);
        }
    }

    fn column_list(&mut self, names: &[crate::catalog::Name]) {
        if !names.is_empty() {
            let names: Vec<String> = names.iter().map(|name| quote_identifier(name)).collect();
            self.push(&format!("({})", names.join(", ")));
        }
    }

    fn table(&mut self, index: usize, entry: &RangeTableEntry) {
        if entry.lateral {
            self.push("LATERAL ");
        }
        let name = self
            .namespaces
            .last()
            .and_then(|namespace| namespace.entry(index))
            .map(|names| names.name.to_string())
            .unwrap_or_default();
        let mut alias_shown = entry.alias.is_some();
        match &entry.kind {
            RangeTableKind::Relation {
                relation,
                inherit,
                sample,
            } => {
                let catalog = self.backend.catalog().ok();
                let found = catalog.and_then(|catalog| catalog.relation(*relation));
                let partitioned = found.is_some_and(|relation| relation.partition_key.is_some());
                let has_children = catalog.is_some_and(|catalog| catalog.children_of(*relation).next().is_some());
                // A shard has no children of its own: ONLY is left out of what goes to other nodes.
                if !inherit && (has_children || partitioned || self.in_lines()) {
                    self.push("ONLY ");
                }
                let written = self.relation_text(*relation);
                alias_shown |= bare_name(&written) != name;
                self.push(&written);
                if alias_shown {
                    self.push(&format!(" {}", quote_identifier(&name)));
                    if let Some(alias) = &entry.alias {
                        self.column_list(&alias.columns);
                    }
                }
                if let Some(sample) = sample {
                    self.push(&format!(" TABLESAMPLE {} (", quote_identifier(&sample.method)));
                    self.list(&sample.args, |w, arg| w.expr(arg, false));
                    self.push(")");
                    if let Some(seed) = &sample.repeatable {
                        self.push(" REPEATABLE (");
                        self.expr(seed, false);
                        self.push(")");
                    }
                }
                return;
            }
            RangeTableKind::Subquery { view, .. } if view.is_valid() => {
                let written = self.relation_text(*view);
                alias_shown |= bare_name(&written) != name;
                self.push(&written);
                if !alias_shown {
                    return;
                }
            }
            RangeTableKind::Subquery { query, .. } => {
                self.push("(");
                self.query(query, ColumnNames::default());
                self.push(")");
                alias_shown = true;
            }
            RangeTableKind::Function { functions, ordinality } => {
                self.functions(functions, *ordinality);
                alias_shown = true;
            }
            RangeTableKind::Values { rows } => {
                self.push("(");
                self.values(rows);
                self.push(")");
                alias_shown = true;
            }
            RangeTableKind::Cte { name: cte, .. } => {
                self.push(&quote_identifier(cte));
                alias_shown |= **cte != *name;
            }
            RangeTableKind::Custom(_) | RangeTableKind::Result | RangeTableKind::Join { .. } => {
                return self.push(&quote_identifier(&name));
            }
        }
        if alias_shown {
            self.push(&format!(" {}", quote_identifier(&name)));
            self.aliases(entry);
        }
    }

    /// Column aliases: of functions and VALUES always, of others where written.
    fn aliases(&mut self, entry: &RangeTableEntry) {
        match &entry.kind {
            RangeTableKind::Function { functions, .. } => {
                if let [
                    RangeTableFunction {
                        has_definition: true, ..
                    },
                ] = functions.as_slice()
                {
                    let columns: Vec<String> = entry
                        .columns
                        .iter()
                        .map(|column| {
                            let name = self.type_name(column.type_oid, column.type_modifier);
                            format!("{} {name}", quote_identifier(&column.name))
                        })
                        .collect();
                    return self.push(&format!("({})", columns.join(", ")));
                }
                let names: Vec<_> = entry.columns.iter().map(|column| column.name.clone()).collect();
                self.column_list(&names);
            }
            RangeTableKind::Values { .. } => {
                let names: Vec<_> = entry.columns.iter().map(|column| column.name.clone()).collect();
                self.column_list(&names);
            }
            _ => {
                if let Some(alias) = &entry.alias {
                    self.column_list(&alias.columns);
                }
            }
        }
    }

    fn functions(&mut self, functions: &[RangeTableFunction], ordinality: bool) {
        let several = functions.len() > 1;
        if several {
            self.push("ROWS FROM(");
        }
        self.list(functions, |w, function| w.expr(&function.expr, true));
        if several {
            self.push(")");
        }
        if ordinality {
            self.push(" WITH ORDINALITY");
        }
    }

    /// A relation's name as it is to be written.
    pub(super) fn relation_text(&self, oid: kumquat_types::Oid) -> String {
        if let Some(name) = (self.relation_name)(oid) {
            return name;
        }
        let Some(relation) = self.backend.catalog().ok().and_then(|catalog| catalog.relation(oid)) else {
            return "?".into();
        };
        match self.style {
            super::Style::Remote => quote_qualified(&self.backend.schema_name(relation.schema), &relation.name),
            super::Style::Display { .. } | super::Style::Plan => self.backend.visible_relation_name(relation),
        }
    }
}

/// The last part of a written name, without quotes.
fn bare_name(written: &str) -> String {
    let last = match written.strip_suffix('"') {
        Some(quoted) => quoted.rsplit_once('"').map_or(quoted, |(_, name)| name),
        None => written.rsplit_once('.').map_or(written, |(_, name)| name),
    };
    last.to_string()
}
