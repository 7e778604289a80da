//! SELECT, VALUES and set operations (`get_select_query_def`, `get_basic_select_query`, `get_setop_query`).

use super::Writer;
use super::constant::ShowType;
use super::query::{ColumnNames, STANDARD, VARIABLE};
use crate::catalog::SortOrder;
use crate::catalog::quote::quote_identifier;
use crate::query::{
    Distinct, Expr, Frame, FrameBound, FrameExclusion, FrameMode, FromItem, GroupingNode, LockStrength, Query,
    RangeTableKind, SetOperation, SetOperator, SortGroupClause, TargetEntry, WindowClause,
};

impl Writer<'_, '_> {
    pub(super) fn select(&mut self, query: &Query) {
        match &query.set_operation {
            Some(operation) => self.set_operation(operation, query, self.column_names.clone()),
            None => self.basic_select(query),
        }
        if !query.order_by.is_empty() {
            self.keyword(" ORDER BY ", -STANDARD, STANDARD, 1);
            self.sort_clauses(&query.order_by, query);
        }
        if let Some(offset) = &query.offset {
            self.keyword(" OFFSET ", -STANDARD, STANDARD, 0);
            self.count(offset);
        }
        if let Some(limit) = &query.limit {
            if query.with_ties {
                self.keyword(" FETCH FIRST ", -STANDARD, STANDARD, 0);
                self.push("(");
                self.count(limit);
                self.push(") ROWS WITH TIES");
            } else {
                self.keyword(" LIMIT ", -STANDARD, STANDARD, 0);
                match limit {
                    Expr::Const(constant) if constant.value.is_null() => self.push("ALL"),
                    limit => self.count(limit),
                }
            }
        }
        self.row_marks(query);
    }

    /// A count was an integer before it became a bigint, by a cast or by the planner: its label is left out.
    fn count(&mut self, count: &Expr) {
        match count {
            Expr::Const(constant) => match constant.value.as_i64() {
                Some(number) if number >= 0 && constant.location.is_none() => self.push(&number.to_string()),
                _ => self.expr(count, false),
            },
            _ => self.expr(count, false),
        }
    }

    fn row_marks(&mut self, query: &Query) {
        for mark in &query.row_marks {
            let words = match mark.strength {
                LockStrength::KeyShare => " FOR KEY SHARE",
                LockStrength::Share => " FOR SHARE",
                LockStrength::NoKeyUpdate => " FOR NO KEY UPDATE",
                LockStrength::Update => " FOR UPDATE",
            };
            self.keyword(words, -STANDARD, STANDARD, 0);
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
        self.begin_clauses();
        if let Some(rows) = bare_values(query) {
            return self.values(&rows);
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
        self.tables(" FROM ", query);
        if let Some(quals) = &query.quals {
            self.keyword(" WHERE ", -STANDARD, STANDARD, 1);
            self.expr(quals, false);
        }
        self.group_by(query);
        if let Some(having) = &query.having {
            self.keyword(" HAVING ", -STANDARD, STANDARD, 0);
            self.expr(having, false);
        }
        let named: Vec<&WindowClause> = query.windows.iter().filter(|window| window.name.is_some()).collect();
        if !named.is_empty() {
            self.keyword(" WINDOW ", -STANDARD, STANDARD, 1);
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
        let names = self.column_names.clone();
        for (index, target) in targets.iter().enumerate() {
            self.push(if index == 0 { " " } else { ", " });
            // Written aside first: whether it begins with a new line decides where it goes.
            let before = std::mem::take(&mut self.out);
            self.top_level_target = matches!(target.expr, Expr::Var(_));
            self.expr(&target.expr, true);
            self.top_level_target = false;
            let mut written = std::mem::replace(&mut self.out, before);
            let own_name = match &target.expr {
                Expr::Var(var) if var.attribute != 0 => written.rsplit('.').next().map(str::to_string),
                Expr::Var(_) => None,
                _ if names.hidden => Some(quote_identifier("?column?")),
                _ => None,
            };
            let given = names.given.as_ref().and_then(|given| given.get(index));
            let name = quote_identifier(given.unwrap_or(&target.name));
            if own_name.as_deref() != Some(name.as_str()) {
                written.push_str(&format!(" AS {name}"));
            }
            self.wrap_target(&written, index);
        }
    }

    /// Puts a target on a line of its own, unless it begins with one or is the first.
    fn wrap_target(&mut self, written: &str, index: usize) {
        let starts_line = written.starts_with('\n');
        if starts_line {
            self.out.truncate(self.out.trim_end_matches(' ').len());
        } else if index > 0 {
            self.keyword("", -STANDARD, STANDARD, VARIABLE);
        }
        self.push(written);
    }

    fn group_by(&mut self, query: &Query) {
        if query.group_by.is_empty() && query.grouping_sets.is_empty() {
            return;
        }
        self.keyword(" GROUP BY ", -STANDARD, STANDARD, 1);
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

    /// The expression a clause sorts or groups by (`get_rule_sortgroupclause`).
    fn sort_target(&mut self, clause: &SortGroupClause, query: &Query) {
        let Some(target) = query.target_by_ref(clause.target_ref) else {
            return;
        };
        if query.set_operation.is_some() {
            return self.push(&target.number.to_string());
        }
        match &target.expr {
            // With a label it is not taken for a position.
            Expr::Const(constant) => self.constant(constant, ShowType::Always),
            Expr::Var(_) => self.expr(&target.expr, true),
            expr => self.sort_expression(expr),
        }
    }

    /// What looks like a call is put in parentheses, and in pretty style everything else as well.
    pub(super) fn sort_expression(&mut self, expr: &Expr) {
        let call = matches!(expr, Expr::Func(_) | Expr::Aggref(_) | Expr::WindowFunc(_));
        let parentheses = !matches!(expr, Expr::Var(_)) && (self.style.pretty() || call);
        self.push(if parentheses { "(" } else { "" });
        self.expr(expr, true);
        self.push(if parentheses { ")" } else { "" });
    }

    pub(super) fn direction(&mut self, order: SortOrder) {
        match (order.descending, order.nulls_first) {
            (false, false) => {}
            (false, true) => self.push(" NULLS FIRST"),
            (true, true) => self.push(" DESC"),
            (true, false) => self.push(" DESC NULLS LAST"),
        }
    }

    /// `get_setop_query`: the arms on the right don't show names that nobody sees.
    fn set_operation(&mut self, operation: &SetOperation, query: &Query, names: ColumnNames) {
        let (kind, all, left, right) = match operation {
            SetOperation::Leaf(index) => return self.set_leaf(*index, query, names),
            SetOperation::Node {
                kind, all, left, right, ..
            } => (*kind, *all, left, right),
        };
        let same = |operand: &SetOperation| matches!(operand, SetOperation::Node { kind: own, all: own_all, .. } if (*own, *own_all) == (kind, all));
        let is_node = |operand: &SetOperation| matches!(operand, SetOperation::Node { .. });
        // A chain of one kind leans to the left without parentheses.
        let parentheses = is_node(left) && !same(left);
        let indent = if parentheses { STANDARD } else { 0 };
        if parentheses {
            self.push("(");
            self.keyword("", indent, 0, 0);
        }
        self.set_operation(left, query, names.clone());
        match (parentheses, self.in_lines()) {
            (true, _) => self.keyword(") ", -indent, 0, 0),
            (false, true) => self.keyword("", 0, 0, 0),
            (false, false) => self.push(" "),
        }
        self.push(match kind {
            SetOperator::Union => "UNION ",
            SetOperator::Intersect => "INTERSECT ",
            SetOperator::Except => "EXCEPT ",
        });
        self.push(if all { "ALL " } else { "" });
        let parentheses = is_node(right);
        let indent = if parentheses { STANDARD } else { 0 };
        self.push(if parentheses { "(" } else { "" });
        self.keyword("", indent, 0, 0);
        self.set_operation(
            right,
            query,
            ColumnNames {
                given: names.given,
                hidden: true,
            },
        );
        if self.in_lines() {
            self.level = self.level.saturating_sub(indent);
        }
        if parentheses {
            self.keyword(")", 0, 0, 0);
        }
    }

    fn set_leaf(&mut self, index: usize, query: &Query, names: ColumnNames) {
        let Some(RangeTableKind::Subquery { query: inner, .. }) = query.entry(index).map(|entry| &entry.kind) else {
            return;
        };
        let parentheses = !inner.order_by.is_empty()
            || inner.limit.is_some()
            || inner.offset.is_some()
            || !inner.ctes.is_empty()
            || !inner.row_marks.is_empty();
        self.push(if parentheses { "(" } else { "" });
        self.query(inner, names);
        self.push(if parentheses { ")" } else { "" });
    }

    /// OVER's argument: a named window, or a specification.
    pub(super) fn window_reference(&mut self, index: usize) {
        let window = self.current.last().and_then(|query| query.windows.get(index)).cloned();
        match window {
            Some(WindowClause { name: Some(name), .. }) => self.push(&quote_identifier(&name)),
            Some(window) => self.window_specification(&window),
            // A plan knows no names of windows.
            None => self.push("(?)"),
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
                    w.push(",");
                }
                w.expr(value, false);
            }
            w.push(")");
        });
    }
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
