//! UNION, INTERSECT and EXCEPT (`transformSetOperationStmt`).

use std::sync::Arc;

use kumquat_sql::ast::{self, SelectBody};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::ctes::RecursionPart;
use super::location::expr_location;
use super::relations::{new_entry, output_columns};
use super::select::lock_name;
use super::state::{Analyzer, ExprKind, Level, NamespaceColumn, NamespaceItem, column_var};
use crate::query::{CommandType, Expr, Query, RangeTableKind, RteColumn, SetOperation, SetOperator, TargetEntry};

/// An output column of one side: its type, and where its expression is if that is known.
#[derive(Clone)]
struct Column {
    type_oid: Oid,
    modifier: i32,
    location: Option<u32>,
    /// The leaf (range-table index) whose untyped literal this is.
    literal_of: Option<usize>,
}

impl Analyzer<'_, '_> {
    pub fn set_operation(&mut self, select: &ast::SelectStmt, operation: &ast::SetOperation) -> Result<Query> {
        if let Some(clause) = select.locking.first() {
            return Err(Error::new(
                SqlState::FEATURE_NOT_SUPPORTED,
                format!(
                    "{} is not allowed with UNION/INTERSECT/EXCEPT",
                    lock_name(clause.strength)
                ),
            ));
        }
        let (tree, columns) = self.set_node(operation, true)?;
        let leftmost = leftmost_leaf(&tree);
        let names = match self.entry(leftmost, 0).map(|entry| &entry.kind) {
            Some(RangeTableKind::Subquery { query, .. }) => output_columns(query),
            _ => Vec::new(),
        };
        let mut targets = Vec::with_capacity(columns.len());
        let mut item_columns = Vec::with_capacity(columns.len());
        for ((column, named), number) in columns.iter().zip(names).zip(1..) {
            let rte_column = RteColumn {
                type_oid: column.type_oid,
                type_modifier: column.modifier,
                ..named.clone()
            };
            let mut var = column_var(leftmost, number, &rte_column);
            var.location = column.location;
            targets.push(TargetEntry {
                expr: Expr::Var(var.clone()),
                number,
                name: named.name.clone(),
                sort_group_ref: 0,
                junk: false,
                origin: (Oid::INVALID, 0),
            });
            item_columns.push(NamespaceColumn { name: named.name, var });
        }
        // ORDER BY sees the output columns and nothing else.
        let item = NamespaceItem {
            index: leftmost,
            name: "".into(),
            relation: None,
            columns: item_columns,
            named: false,
            columns_visible: true,
            lateral_only: false,
            lateral_ok: true,
        };
        let namespace = std::mem::replace(&mut self.level.namespace, vec![item]);
        let width = targets.len();
        let order_by = self.sort_list(&select.sort, &mut targets, ExprKind::OrderBy)?;
        self.level.namespace = namespace;
        if let Some(extra) = targets.get(width) {
            return Err(Error::new(
                SqlState::FEATURE_NOT_SUPPORTED,
                "invalid UNION/INTERSECT/EXCEPT ORDER BY clause",
            )
            .detail("Only result column names can be used, not expressions or functions.")
            .hint("Add the expression/function to every SELECT, or move the UNION into a FROM clause.")
            .at(expr_location(&extra.expr)));
        }
        let limit = self.limits(&select.limit)?;
        let mut query = self.finish(CommandType::Select);
        query.target_list = targets;
        query.order_by = order_by;
        (query.offset, query.limit) = limit;
        query.with_ties = select.limit.with_ties;
        query.set_operation = Some(tree);
        Ok(query)
    }

    fn set_arm(&mut self, select: &ast::SelectStmt) -> Result<(SetOperation, Vec<Column>)> {
        let plain = select.with.is_none()
            && select.sort.is_empty()
            && select.limit == ast::LimitClause::default()
            && select.locking.is_empty();
        match &select.body {
            SelectBody::SetOperation(operation) if plain => self.deeper(|analyzer| analyzer.set_node(operation, false)),
            _ => self.set_leaf(select),
        }
    }

    /// `transformSetOperationTree`.
    fn set_node(&mut self, operation: &ast::SetOperation, top_level: bool) -> Result<(SetOperation, Vec<Column>)> {
        let (kind, context) = match operation.op {
            ast::SetOperator::Union => (SetOperator::Union, "UNION"),
            ast::SetOperator::Intersect => (SetOperator::Intersect, "INTERSECT"),
            ast::SetOperator::Except => (SetOperator::Except, "EXCEPT"),
        };
        let recursive = top_level && self.begin_recursion_part(kind, RecursionPart::NonRecursive);
        let outer_context = self.level.set_context;
        if kind != SetOperator::Union {
            self.level.set_context = Some(context);
        }
        let (left, left_columns) = self.set_arm(&operation.left)?;
        if recursive {
            self.recursive_columns(
                &left,
                &left_columns
                    .iter()
                    .map(|c| (c.type_oid, c.modifier))
                    .collect::<Vec<_>>(),
            );
            self.begin_recursion_part(kind, RecursionPart::Recursive);
        }
        let (right, right_columns) = self.set_arm(&operation.right)?;
        self.level.set_context = outer_context;
        if left_columns.len() != right_columns.len() {
            return Err(Error::new(
                SqlState::SYNTAX_ERROR,
                format!("each {context} query must have the same number of columns"),
            )
            .at(right_columns.first().and_then(|column| column.location)));
        }
        let mut columns = Vec::with_capacity(left_columns.len());
        for (place, (left, right)) in left_columns.into_iter().zip(right_columns).enumerate() {
            let column = self.set_column(left, right, place, context)?;
            if !operation.all {
                self.check_set_column(&column)?;
            }
            columns.push(column);
        }
        let node = SetOperation::Node {
            kind,
            all: operation.all,
            left: Box::new(left),
            right: Box::new(right),
            columns: columns
                .iter()
                .map(|column| (column.type_oid, column.modifier))
                .collect(),
        };
        Ok((node, columns))
    }

    /// The common type of two columns; untyped literals in leaves take it.
    fn set_column(&mut self, left: Column, right: Column, place: usize, context: &str) -> Result<Column> {
        let sides = [(left.type_oid, left.location), (right.type_oid, right.location)];
        let type_oid = self.common_type_of(&sides, context)?;
        for side in [&left, &right] {
            if side.type_oid == Oid::UNKNOWN {
                if let Some(leaf) = side.literal_of {
                    self.type_literal(leaf, place, type_oid, context)?;
                }
                continue;
            }
            let stand_in = Expr::CaseTest {
                type_oid: side.type_oid,
                type_modifier: side.modifier,
            };
            self.coerce_to_common(stand_in, type_oid, context)
                .map_err(|error| error.at(side.location))?;
        }
        let same = left.type_oid == right.type_oid && left.modifier == right.modifier;
        Ok(Column {
            type_oid,
            modifier: if same && left.type_oid == type_oid {
                left.modifier
            } else {
                -1
            },
            location: left.location,
            literal_of: None,
        })
    }

    /// Gives an untyped literal of a leaf the type its column has.
    fn type_literal(&mut self, leaf: usize, place: usize, type_oid: Oid, context: &str) -> Result<()> {
        let entry = leaf.checked_sub(1).and_then(|i| self.level.range_table.get(i));
        let Some(RangeTableKind::Subquery { query, .. }) = entry.map(|entry| &entry.kind) else {
            return Ok(());
        };
        let mut query = Arc::clone(query);
        let leaf_query = Arc::make_mut(&mut query);
        let mut visible = leaf_query.target_list.iter_mut().filter(|target| !target.junk);
        if let Some(target) = visible.nth(place) {
            let expr = std::mem::replace(&mut target.expr, Expr::null(type_oid));
            target.expr = self.coerce_to_common(expr, type_oid, context)?;
        }
        if let Some(entry) = leaf.checked_sub(1).and_then(|i| self.level.range_table.get_mut(i)) {
            if let Some(column) = entry.columns.get_mut(place) {
                column.type_oid = type_oid;
            }
            entry.kind = RangeTableKind::Subquery {
                query,
                view: Oid::INVALID,
            };
        }
        Ok(())
    }

    /// Rows are compared by all columns unless ALL is written.
    fn check_set_column(&self, column: &Column) -> Result<()> {
        if self.backend.equality_operator(column.type_oid).is_valid() {
            return Ok(());
        }
        Err(Error::new(
            SqlState::UNDEFINED_FUNCTION,
            format!(
                "could not identify an equality operator for type {}",
                self.backend.format_type(column.type_oid)
            ),
        )
        .at(column.location))
    }

    fn set_leaf(&mut self, select: &ast::SelectStmt) -> Result<(SetOperation, Vec<Column>)> {
        let query = self.nested(Level::subquery(true), |analyzer| analyzer.select(select))?;
        let index = self.level.range_table.len() + 1;
        let columns = query.output_columns().map(|target| Column {
            type_oid: target.expr.type_oid(),
            modifier: target.expr.type_modifier(),
            location: expr_location(&target.expr),
            literal_of: matches!(target.expr, Expr::Const(_) | Expr::Param { .. }).then_some(index),
        });
        let columns = columns.collect();
        let rte_columns = output_columns(&query);
        let kind = RangeTableKind::Subquery {
            query: Arc::new(query),
            view: Oid::INVALID,
        };
        let mut entry = new_entry(kind, format!("*SELECT* {index}").into(), rte_columns);
        entry.in_from = false;
        self.add_entry(entry);
        Ok((SetOperation::Leaf(index), columns))
    }
}

/// The leaf that names the columns.
pub fn leftmost_leaf(tree: &SetOperation) -> usize {
    match tree {
        SetOperation::Leaf(index) => *index,
        SetOperation::Node { left, .. } => leftmost_leaf(left),
    }
}
