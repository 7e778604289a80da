//! SELECT, VALUES and set operations (`get_select_query_def`, `get_basic_select_query`, `get_setop_query`).

use super::Writer;
use super::query::INDENT_VARIABLE;
use crate::catalog::SortOrder;
use crate::catalog::quote::quote_identifier;
use crate::query::{
    Distinct, Expr, Frame, FrameBound, FrameExclusion, FrameMode, FromItem, GroupingNode, LockStrength, Query,
    RangeTableKind, SetOperation, SetOperator, SortGroupClause, TargetEntry, WindowClause,
};

impl Writer<'_, '_> {
    pub(super) fn select(&mut self, query: &Query) {
        match &query.set_operation {
            Some(operation) => self.set_operation(operation, query),
            None => self.basic_select(query),
        }
        if !query.order_by.is_empty() {
            self.clause("ORDER BY ");
            self.sort_clauses(&query.order_by, query);
        }
        if let Some(offset) = &query.offset {
            self.clause("OFFSET ");
            self.expr(offset, false);
        }
        if let Some(limit) = &query.limit {
            if query.with_ties {
                self.clause("FETCH FIRST ");
                self.expr(limit, false);
                self.push(" ROWS WITH TIES");
            } else {
                self.clause("LIMIT ");
                match limit {
                    Expr::Const(constant) if constant.value.is_null() => self.push("ALL"),
                    limit => self.expr_limit(limit),
                }
            }
        }
        self.row_marks(query);
    }

    /// A count was an integer before it became a bigint: the label is left out.
    fn expr_limit(&mut self, limit: &Expr) {
        match limit {
            Expr::Const(constant) => match constant.value.as_i64() {
                Some(count) if self.indent.is_none() || count >= 0 => self.push(&count.to_string()),
                _ => self.expr(limit, false),
            },
            _ => self.expr(limit, false),
        }
    }

    fn row_marks(&mut self, query: &Query) {
        for mark in &query.row_marks {
            self.clause(match mark.strength {
                LockStrength::KeyShare => "FOR KEY SHARE",
                LockStrength::Share => "FOR SHARE",
                LockStrength::NoKeyUpdate => "FOR NO KEY UPDATE",
                LockStrength::Update => "FOR UPDATE",
            });
            let name = self
                .namespaces
                .last()
                .and_then(|namespace| namespace.entry(mark.index))
                .map(|entry| quote_identifier(&entry.name))
                .unwrap_or_default();
            self.push(&format!(" OF {name}"));
            if mark.nowait {
                self.push(" NOWAIT");
            } else if mark.skip_locked {
                self.push(" SKIP LOCKED");
            }
        }
    }

    fn basic_select(&mut self, query: &Query) {
        if let Some(rows) = bare_values(query) {
            if self.indent.is_some() {
                self.push(" ");
            }
            return self.values(&rows);
        }
        if self.indent.is_some() {
            self.push(" ");
        }
        self.push("SELECT");
        match &query.distinct {
            Some(Distinct::All(_)) => self.push(" DISTINCT"),
            Some(Distinct::On(clauses)) => {
                self.push(" DISTINCT ON (");
                self.list(clauses, |w, clause| w.sort_target(clause, query));
                self.push(")");
            }
            None => {}
        }
        let targets: Vec<&TargetEntry> = query.target_list.iter().filter(|target| !target.junk).collect();
        self.targets(&targets);
        self.from_clause("FROM ", query);
        if let Some(quals) = &query.quals {
            self.clause("WHERE ");
            self.expr(quals, false);
        }
        self.group_by(query);
        if let Some(having) = &query.having {
            self.clause("HAVING ");
            self.expr(having, false);
        }
        let named: Vec<&WindowClause> = query.windows.iter().filter(|window| window.name.is_some()).collect();
        if !named.is_empty() {
            self.clause("WINDOW ");
            self.list(named, |w, window| {
                let name = window
                    .name
                    .as_ref()
                    .map(|name| quote_identifier(name))
                    .unwrap_or_default();
                w.push(&format!("{name} AS "));
                w.window_specification(window);
            });
        }
    }

    /// Output columns, each with its name where it would not get it by itself (`get_target_list`).
    pub(super) fn targets(&mut self, targets: &[&TargetEntry]) {
        for (index, target) in targets.iter().enumerate() {
            if index == 0 {
                self.push(" ");
            } else if self.indent.is_some() {
                self.push(",");
                self.break_line(INDENT_VARIABLE);
            } else {
                self.push(", ");
            }
            let start = self.out.len();
            self.expr(&target.expr, true);
            let written = self.out.get(start..).unwrap_or("");
            let own_name = match &target.expr {
                Expr::Var(var) if var.attribute != 0 => written.rsplit('.').next().map(str::to_string),
                _ => None,
            };
            let name = quote_identifier(&target.name);
            if own_name.as_deref() != Some(name.as_str()) && !is_whole_row(&target.expr) {
                self.push(&format!(" AS {name}"));
            }
        }
    }

    fn group_by(&mut self, query: &Query) {
        if query.group_by.is_empty() && query.grouping_sets.is_empty() {
            return;
        }
        self.clause("GROUP BY ");
        if query.group_distinct {
            self.push("DISTINCT ");
        }
        match query.grouping.is_empty() {
            false => self.list(&query.grouping, |w, node| w.grouping_node(node, query, true)),
            true => self.list(&query.group_by, |w, clause| w.sort_target(clause, query)),
        }
    }

    /// An item of a GROUP BY with grouping sets; a single column at the top needs no parentheses.
    fn grouping_node(&mut self, node: &GroupingNode, query: &Query, bare: bool) {
        let (word, content) = match node {
            GroupingNode::Columns(refs) => {
                let clauses: Vec<&SortGroupClause> = query
                    .group_by
                    .iter()
                    .filter(|clause| refs.contains(&clause.target_ref))
                    .collect();
                let parentheses = !bare || refs.len() != 1;
                self.push(if parentheses { "(" } else { "" });
                self.list(&clauses, |w, clause| w.sort_target(clause, query));
                self.push(if parentheses { ")" } else { "" });
                return;
            }
            GroupingNode::Rollup(content) => ("ROLLUP(", content),
            GroupingNode::Cube(content) => ("CUBE(", content),
            GroupingNode::Sets(content) => ("GROUPING SETS (", content),
        };
        self.push(word);
        let bare = !matches!(node, GroupingNode::Sets(_));
        self.list(content, |w, node| w.grouping_node(node, query, bare));
        self.push(")");
    }

    fn sort_clauses(&mut self, clauses: &[SortGroupClause], query: &Query) {
        self.list(clauses, |w, clause| {
            w.sort_target(clause, query);
            match &clause.using {
                Some(operator) => w.push(&format!(" USING {operator}")),
                None => w.direction(clause.order),
            }
        });
    }

    /// The expression a clause sorts or groups by; constants by position, since a bare number would be one.
    fn sort_target(&mut self, clause: &SortGroupClause, query: &Query) {
        let Some(target) = query.target_by_ref(clause.target_ref) else {
            return;
        };
        if query.set_operation.is_some() {
            return self.push(&quote_identifier(&target.name));
        }
        match &target.expr {
            Expr::Const(_) => self.push(&target.number.to_string()),
            Expr::Var(_) => self.expr(&target.expr, true),
            Expr::Func(_) | Expr::Aggref(_) | Expr::WindowFunc(_) => self.expr(&target.expr, true),
            expr => {
                // An expression is put in parentheses, so that it can't be taken for a name.
                let needs = self.style.pretty();
                if needs {
                    self.push("(");
                }
                self.expr(expr, true);
                if needs {
                    self.push(")");
                }
            }
        }
    }

    pub(super) fn direction(&mut self, order: SortOrder) {
        match (order.descending, order.nulls_first) {
            (false, false) => {}
            (false, true) => self.push(" NULLS FIRST"),
            (true, true) => self.push(" DESC"),
            (true, false) => self.push(" DESC NULLS LAST"),
        }
    }

    fn set_operation(&mut self, operation: &SetOperation, query: &Query) {
        match operation {
            SetOperation::Leaf(index) => {
                if let Some(RangeTableKind::Subquery { query: inner, .. }) =
                    query.entry(*index).map(|entry| &entry.kind)
                {
                    let needs = !inner.order_by.is_empty()
                        || inner.limit.is_some()
                        || inner.offset.is_some()
                        || !inner.ctes.is_empty()
                        || !inner.row_marks.is_empty()
                        || inner.set_operation.is_some();
                    if needs {
                        self.push("(");
                    }
                    self.query(inner);
                    if needs {
                        self.push(")");
                    }
                }
            }
            SetOperation::Node {
                kind, all, left, right, ..
            } => {
                self.set_operand(left, operation, query);
                self.break_line(0);
                self.push(match kind {
                    SetOperator::Union => "UNION ",
                    SetOperator::Intersect => "INTERSECT ",
                    SetOperator::Except => "EXCEPT ",
                });
                if *all {
                    self.push("ALL ");
                }
                if self.indent.is_some() {
                    self.break_line(0);
                }
                self.set_operand(right, operation, query);
            }
        }
    }

    /// A nested operation of another kind goes in parentheses.
    fn set_operand(&mut self, operand: &SetOperation, outer: &SetOperation, query: &Query) {
        let needs = match (operand, outer) {
            (
                SetOperation::Node { kind, all, .. },
                SetOperation::Node {
                    kind: outer_kind,
                    all: outer_all,
                    left,
                    ..
                },
            ) => {
                let is_left = std::ptr::eq(&**left, operand);
                !(is_left && kind == outer_kind && all == outer_all)
            }
            _ => false,
        };
        if needs {
            self.push("(");
        }
        self.set_operation(operand, query);
        if needs {
            self.push(")");
        }
    }

    /// OVER's argument: a named window, or a specification.
    pub(super) fn window_reference(&mut self, index: usize) {
        let window = self.current.last().and_then(|query| query.windows.get(index)).cloned();
        match window {
            Some(WindowClause { name: Some(name), .. }) => self.push(&quote_identifier(&name)),
            Some(window) => self.window_specification(&window),
            None => self.push("()"),
        }
    }

    pub(super) fn window_specification(&mut self, window: &WindowClause) {
        let Some(query) = self.current.last().cloned() else {
            return self.push("()");
        };
        self.push("(");
        let mut separator = "";
        if let Some(base) = &window.base {
            self.push(&quote_identifier(base));
            separator = " ";
        }
        if !window.partition_by.is_empty() && window.base.is_none() {
            self.push("PARTITION BY ");
            self.list(&window.partition_by, |w, clause| w.sort_target(clause, &query));
            separator = " ";
        }
        if !window.order_by.is_empty() {
            self.push(separator);
            self.push("ORDER BY ");
            self.sort_clauses(&window.order_by, &query);
            separator = " ";
        }
        if window.frame.explicit {
            self.push(separator);
            self.frame(&window.frame, window);
        }
        self.push(")");
    }

    fn frame(&mut self, frame: &Frame, window: &WindowClause) {
        self.push(match frame.mode {
            FrameMode::Rows => "ROWS ",
            FrameMode::Range => "RANGE ",
            FrameMode::Groups => "GROUPS ",
        });
        self.push("BETWEEN ");
        self.frame_bound(frame.start, window.start_offset.as_ref());
        self.push(" AND ");
        self.frame_bound(frame.end, window.end_offset.as_ref());
        self.push(match frame.exclusion {
            FrameExclusion::None => "",
            FrameExclusion::CurrentRow => " EXCLUDE CURRENT ROW",
            FrameExclusion::Group => " EXCLUDE GROUP",
            FrameExclusion::Ties => " EXCLUDE TIES",
        });
    }

    fn frame_bound(&mut self, bound: FrameBound, offset: Option<&Expr>) {
        if let (FrameBound::Preceding | FrameBound::Following, Some(offset)) = (bound, offset) {
            self.expr(offset, false);
        }
        self.push(match bound {
            FrameBound::UnboundedPreceding => "UNBOUNDED PRECEDING",
            FrameBound::Preceding => " PRECEDING",
            FrameBound::CurrentRow => "CURRENT ROW",
            FrameBound::Following => " FOLLOWING",
            FrameBound::UnboundedFollowing => "UNBOUNDED FOLLOWING",
        });
    }

    /// `VALUES (1, 2), (3, 4)`.
    pub(super) fn values(&mut self, rows: &[Vec<Expr>]) {
        self.push("VALUES ");
        self.list(rows, |w, row| {
            w.push("(");
            for (index, value) in row.iter().enumerate() {
                if index > 0 {
                    w.push(if w.indent.is_some() { "," } else { ", " });
                }
                w.expr(value, false);
            }
            w.push(")");
        });
    }
}

fn is_whole_row(expr: &Expr) -> bool {
    matches!(expr, Expr::Var(var) if var.attribute == 0)
}

/// `VALUES ...` alone is kept as a select over one VALUES entry.
fn bare_values(query: &Query) -> Option<std::sync::Arc<Vec<Vec<Expr>>>> {
    let [FromItem::Table(index)] = query.from.as_slice() else {
        return None;
    };
    let entry = query.entry(*index)?;
    let plain = query.quals.is_none() && query.group_by.is_empty() && query.having.is_none() && entry.alias.is_none();
    match &entry.kind {
        RangeTableKind::Values { rows } if plain && query.range_table.len() == 1 => Some(rows.clone()),
        _ => None,
    }
}
