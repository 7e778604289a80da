//! Whole queries (`get_query_def`): which kind, CTEs, and line breaks.

use std::sync::Arc;

use super::Writer;
use super::namespace::Namespace;
use crate::catalog::quote::quote_identifier;
use crate::query::{CommandType, Query};

/// Columns that each clause keyword is indented by, as PostgreSQL has them.
pub(super) const INDENT_STANDARD: usize = 8;
pub(super) const INDENT_JOIN: usize = 4;
/// Offset of target list items.
pub(super) const INDENT_VARIABLE: usize = 4;

impl Writer<'_, '_> {
    /// A query at the outermost level or nested in another.
    pub(super) fn query(&mut self, query: &Query) {
        let namespace = Namespace::of_query(query, &self.namespaces);
        let prefixed = self.prefixed;
        let nested = !self.namespaces.is_empty();
        self.prefixed = nested || query.range_table.len() != 1 || self.view_style();
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
        self.prefixed = prefixed;
    }

    /// In views columns always have their table's name (the rule's OLD and NEW stand in the range table, too).
    fn view_style(&self) -> bool {
        self.style != super::Style::Remote
    }

    /// A subquery, indented under what it stands in.
    pub(super) fn nested(&mut self, query: &Query) {
        let saved = self.indent;
        self.indent = saved.map(|indent| indent + INDENT_STANDARD);
        self.query(query);
        self.indent = saved;
    }

    /// A new line in pretty output; in one-line output a blank. `offset` columns are added to the indentation.
    pub(super) fn break_line(&mut self, offset: usize) {
        match self.indent {
            Some(indent) => {
                while self.out.ends_with(' ') {
                    self.out.pop();
                }
                self.out.push('\n');
                self.out.push_str(&" ".repeat(indent + offset));
            }
            None => {
                if !self.out.ends_with([' ', '(']) && !self.out.is_empty() {
                    self.out.push(' ');
                }
            }
        }
    }

    /// A clause keyword on a line of its own: its words end in the same column in pretty output.
    pub(super) fn clause(&mut self, keyword: &str) {
        match self.indent {
            Some(_) => {
                let width = 2;
                self.break_line(0);
                let lead = match keyword {
                    "FROM " => width + 1,
                    "WHERE " | "GROUP BY " | "HAVING " | "ORDER BY " | "WINDOW " => width,
                    _ => 1,
                };
                self.out.push_str(&" ".repeat(lead));
                self.out.push_str(keyword);
            }
            None => {
                if !self.out.ends_with([' ', '(']) {
                    self.out.push(' ');
                }
                self.out.push_str(keyword);
            }
        }
    }

    fn ctes(&mut self, query: &Query) {
        if query.ctes.is_empty() {
            return;
        }
        if self.indent.is_some() {
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
            self.break_line(0);
            self.nested(&cte.query);
            self.break_line(0);
            self.push(")");
        }
        match self.indent {
            Some(_) => self.break_line(0),
            None => self.push(" "),
        }
    }
}
