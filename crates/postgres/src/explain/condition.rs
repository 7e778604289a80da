//! Expressions of plan nodes as text.

use crate::backend::Backend;
use crate::catalog::SortOrder;
use crate::planner::{Plan, PlannedQuery};
use crate::query::{BoolOp, Expr};
use crate::ruleutils::deparse_in_query;
use crate::ruleutils::namespace::{EntryNames, Namespace};

/// What is needed to write the expressions of one plan.
pub struct Names<'n> {
    pub backend: &'n Backend<'n>,
    pub plan: &'n PlannedQuery,
    pub verbose: bool,
}

impl Names<'_> {
    /// Names of the entries of one level of the plan's query.
    pub fn namespace(&self, level: usize) -> Namespace {
        let entries = self.plan.levels.get(level).map(Vec::as_slice).unwrap_or_default();
        Namespace {
            entries: entries
                .iter()
                .map(|entry| EntryNames {
                    name: entry.name.clone(),
                    columns: entry.columns.iter().map(|column| column.name.clone()).collect(),
                    join_vars: None,
                    unnamed_join: false,
                })
                .collect(),
        }
    }

    /// More than one relation in the whole query: columns need their table's name.
    pub fn several_entries(&self) -> bool {
        self.verbose || self.plan.levels.iter().map(Vec::len).sum::<usize>() > 1
    }

    pub fn expr(&self, expr: &Expr, node: &Plan, prefixed: bool) -> String {
        deparse_in_query(self.backend, expr, self.namespace(node.level), prefixed)
    }

    /// Conditions joined by AND.
    pub fn conditions(&self, conditions: &[Expr], node: &Plan, prefixed: bool) -> String {
        match conditions {
            [one] => self.expr(one, node, prefixed),
            several => self.expr(&Expr::Bool(BoolOp::And, several.to_vec()), node, prefixed),
        }
    }

    /// A key of a node that only passes on what is under it: anything but a column stands in parentheses.
    pub fn passed_key(&self, expr: &Expr, node: &Plan) -> String {
        let text = self.expr(expr, node, self.several_entries());
        if matches!(expr, Expr::Var(_)) {
            text
        } else {
            format!("({text})")
        }
    }

    pub fn sort_key(&self, expr: &Expr, order: SortOrder, node: &Plan) -> String {
        let key = self.passed_key(expr, node);
        let direction = match (order.descending, order.nulls_first) {
            (false, false) => "",
            (false, true) => " NULLS FIRST",
            (true, true) => " DESC",
            (true, false) => " DESC NULLS LAST",
        };
        format!("{key}{direction}")
    }
}
