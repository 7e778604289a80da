//! Whole queries (`get_query_def`): which kind, CTEs, and line breaks.

use std::sync::Arc;

use super::namespace::Namespace;
use super::{Style, Writer};
use crate::catalog::Name;
use crate::catalog::quote::quote_identifier;
use crate::query::{CommandType, Query};

/// Columns of indentation that clauses have: `PRETTYINDENT_STD`, `_JOIN` and `_VAR`.
pub(super) const STANDARD: i32 = 8;
pub(super) const JOIN: i32 = 4;
pub(super) const VARIABLE: i32 = 4;
/// Beyond this depth, lines move to the right more slowly.
const LIMIT: i32 = 40;

/// How the output columns of a query are named.
#[derive(Clone, Default)]
pub(super) struct ColumnNames {
    /// The names a view gives them; else those of the query itself.
    pub given: Option<Arc<[Name]>>,
    /// Nobody sees the names: `?column?` is not written.
    pub hidden: bool,
}

impl Writer<'_, '_> {
    /// A query at the outermost level or nested in another; indentation goes back to what it was.
    pub(super) fn query(&mut self, query: &Query, names: ColumnNames) {
        let namespace = Namespace::of_query(query, &self.namespaces);
        let prefixed = self.prefixed;
        let nested = !self.namespaces.is_empty();
        // In views columns always have their table's name (the rule's OLD and NEW stand in the range table, too).
        self.prefixed = nested || query.range_table.len() != 1 || self.style != Style::Remote;
        let level = self.level;
        let outer_names = std::mem::replace(&mut self.column_names, names);
        self.namespaces.push(namespace);
        self.current.push(Arc::new(query.clone()));
        self.ctes(query);
        match query.command {
            CommandType::Select => self.select(query),
            CommandType::Insert => self.insert(query),
            CommandType::Update => self.update(query),
            CommandType::Delete => self.delete(query),
            CommandType::Merge => self.merge(query),
        }
        self.current.pop();
        self.namespaces.pop();
        self.column_names = outer_names;
        self.level = level;
        self.prefixed = prefixed;
    }

    pub(super) fn in_lines(&self) -> bool {
        matches!(self.style, Style::Display { .. })
    }

    /// A keyword on a new line (`appendContextKeyword`): the indentation changes by `before`, `plus` counts for
    /// this line only, and `after` for those that follow. On one line only the words are written.
    pub(super) fn keyword(&mut self, words: &str, before: i32, after: i32, plus: i32) {
        if !self.in_lines() {
            return self.push(words);
        }
        self.level = self.level.saturating_add(before);
        self.out.truncate(self.out.trim_end_matches(' ').len());
        self.out.push('\n');
        let amount = match self.level {
            level if level < LIMIT => level.max(0),
            level => (LIMIT + (level - LIMIT) / (STANDARD / 2)) % LIMIT,
        };
        let columns = usize::try_from(amount.saturating_add(plus)).unwrap_or(0);
        self.out.push_str(&" ".repeat(columns));
        self.push(words);
        self.level = self.level.saturating_add(after).max(0);
    }

    /// Begins the clauses of a query: they are indented, and the first word has a blank before it.
    pub(super) fn begin_clauses(&mut self) {
        if self.in_lines() {
            self.level = self.level.saturating_add(STANDARD);
            self.push(" ");
        }
    }

    fn ctes(&mut self, query: &Query) {
        if query.ctes.is_empty() {
            return;
        }
        if self.in_lines() {
            self.level = self.level.saturating_add(STANDARD);
            self.push(" ");
        }
        self.push(if query.recursive { "WITH RECURSIVE " } else { "WITH " });
        for (index, cte) in query.ctes.iter().enumerate() {
            if index > 0 {
                self.push(", ");
            }
            self.push(&quote_identifier(&cte.name));
            if !cte.column_aliases.is_empty() {
                let names: Vec<String> = cte.column_aliases.iter().map(|name| quote_identifier(name)).collect();
                self.push(&format!("({})", names.join(", ")));
            }
            self.push(match cte.materialized {
                None => " AS (",
                Some(true) => " AS MATERIALIZED (",
                Some(false) => " AS NOT MATERIALIZED (",
            });
            self.keyword("", 0, 0, 0);
            self.query(&cte.query, ColumnNames::default());
            self.keyword("", 0, 0, 0);
            self.push(")");
        }
        match self.in_lines() {
            true => {
                self.level = self.level.saturating_sub(STANDARD);
                self.keyword("", 0, 0, 0);
            }
            false => self.push(" "),
        }
    }
}
