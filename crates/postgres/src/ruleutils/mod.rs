//! From catalog entries and analyzed trees back to SQL text, after PostgreSQL's `ruleutils.c`.
//!
//! - [`deparse_query`]: a whole query ([`query`], [`select`], [`modify`], [`from`]).
//! - [`deparse_expression`]: an expression over one relation ([`expression`], [`constant`], [`operator`], [`function`]).
//! - [`namespace`]: which names the range table's entries and columns go by.

pub mod constant;
pub mod expression;
pub mod from;
pub mod function;
pub mod modify;
pub mod namespace;
pub mod operator;
pub mod query;
pub mod select;
pub mod simple;

use std::sync::Arc;

use kumquat_types::{Oid, Result};

use crate::backend::Backend;
use crate::catalog::Relation;
use crate::query::{Expr, Query};
use namespace::Namespace;
use query::ColumnNames;

/// How names and operators are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// As `pg_get_viewdef` and `\d` print: operators bare, names qualified where not visible. `pretty` leaves
    /// out parentheses that are not needed.
    Display { pretty: bool },
    /// As EXPLAIN shows what nodes compute: as `Display` with all parentheses, on one line.
    Plan,
    /// As Citus sends to workers: `OPERATOR(pg_catalog.=)`, relations schema-qualified, one line.
    Remote,
}

impl Style {
    fn pretty(self) -> bool {
        self == Style::Display { pretty: true }
    }
}

/// Gives the name to write for a relation's oid (a shard's, say), already quoted; `None`: its own.
pub type RelationNames<'a> = &'a dyn Fn(Oid) -> Option<String>;

/// SQL text of a query.
pub fn deparse_query(
    backend: &Backend<'_>,
    query: &Query,
    style: Style,
    relation_name: RelationNames<'_>,
) -> Result<String> {
    let mut writer = Writer::new(backend, style, relation_name);
    // A view's columns have names of their own, which all arms of a UNION show.
    let given = match style {
        Style::Display { .. } => Some(query.output_columns().map(|column| column.name.clone()).collect()),
        Style::Plan | Style::Remote => None,
    };
    writer.query(query, ColumnNames { given, hidden: false });
    Ok(writer.out)
}

/// SQL text of an expression over one relation (varno 1), whose columns are written without prefix.
pub fn deparse_expression(
    backend: &Backend<'_>,
    expr: &Expr,
    relation: Option<&Relation>,
    pretty: bool,
) -> Result<String> {
    Ok(deparse_in_style(backend, expr, relation, Style::Display { pretty }))
}

/// The WHEN condition of a trigger, over the rows `old` and `new` of a relation.
pub fn deparse_trigger_when(backend: &Backend<'_>, expr: &Expr, relation: &Relation, pretty: bool) -> String {
    let mut writer = Writer::new(backend, Style::Display { pretty }, &|_| None);
    writer.namespaces.push(Namespace::of_rows(&["old", "new"], relation));
    writer.prefixed = true;
    writer.expr(expr, false);
    writer.out
}

/// The same in any style.
pub fn deparse_in_style(backend: &Backend<'_>, expr: &Expr, relation: Option<&Relation>, style: Style) -> String {
    let mut writer = Writer::new(backend, style, &|_| None);
    if let Some(relation) = relation {
        writer.namespaces.push(Namespace::of_relation(relation));
    }
    writer.expr(expr, false);
    writer.out
}

/// SQL text of an expression inside a query, with its columns' tables in front (EXPLAIN's conditions).
pub fn deparse_in_query(backend: &Backend<'_>, expr: &Expr, names: Namespace, prefixed: bool) -> String {
    let mut writer = Writer::new(backend, Style::Plan, &|_| None);
    writer.namespaces.push(names);
    writer.prefixed = prefixed;
    writer.expr(expr, false);
    writer.out
}

/// Text being written, and the queries around the one that is being written.
pub(crate) struct Writer<'w, 'b> {
    backend: &'w Backend<'b>,
    style: Style,
    relation_name: RelationNames<'w>,
    out: String,
    /// Innermost last.
    namespaces: Vec<Namespace>,
    /// The queries being written, innermost last: sort and window clauses name their targets.
    current: Vec<Arc<Query>>,
    /// Columns are written with their table's name.
    prefixed: bool,
    /// What is written stands in a target list by itself.
    top_level_target: bool,
    /// Columns of indentation, where lines are broken at all.
    level: i32,
    /// Names of the output columns of the query being written.
    column_names: ColumnNames,
    /// What CASE x WHEN conditions stand on.
    case_test: Vec<Arc<Expr>>,
}

impl<'w, 'b> Writer<'w, 'b> {
    fn new(backend: &'w Backend<'b>, style: Style, relation_name: RelationNames<'w>) -> Writer<'w, 'b> {
        Writer {
            backend,
            style,
            relation_name,
            out: String::new(),
            namespaces: Vec::new(),
            current: Vec::new(),
            prefixed: false,
            top_level_target: false,
            level: 0,
            column_names: ColumnNames::default(),
            case_test: Vec::new(),
        }
    }

    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// Writes items with a comma between.
    fn list<T>(&mut self, items: impl IntoIterator<Item = T>, mut write: impl FnMut(&mut Self, T)) {
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.push(", ");
            }
            write(self, item);
        }
    }

    /// Name of a type with its modifier, as the style has it.
    fn type_name(&self, oid: Oid, modifier: i32) -> String {
        match self.style {
            Style::Remote => self.backend.format_type_qualified(oid, modifier),
            Style::Display { .. } | Style::Plan => self.backend.format_type_with_modifier(oid, modifier),
        }
    }
}
