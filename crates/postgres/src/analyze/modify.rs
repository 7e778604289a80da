//! What INSERT, UPDATE, DELETE and MERGE share: the target table, SET lists, RETURNING.

use std::sync::Arc;

use kumquat_sql::ast::{self, Indirection, ResTarget, SetClause};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::location::position;
use super::state::{Analyzer, ExprKind, NamespaceItem};
use super::targets::set_to_default;
use crate::catalog::{Attribute, Relation};
use crate::query::{Expr, Query, SubLink, SubLinkKind, TargetEntry};

/// A column to assign to.
pub struct AssignedColumn<'s> {
    pub attribute: Attribute,
    pub indirection: &'s [Indirection],
    pub at: Option<u32>,
}

impl Analyzer<'_, '_> {
    /// Opens the target of a modification and enters it into the range table (`setTargetTable`).
    pub fn target_table(&mut self, range: &ast::RangeVar, privilege: char) -> Result<(Arc<Relation>, NamespaceItem)> {
        let relation = self.open_relation(range)?;
        let item = self.add_relation(&relation, range)?;
        self.require(item.index, privilege);
        let entry = item
            .index
            .checked_sub(1)
            .and_then(|i| self.level.range_table.get_mut(i));
        if let Some(entry) = entry {
            entry.in_from = false;
        }
        self.level.target = Some(item.index);
        Ok((relation, item))
    }

    /// The column of the target that a name means.
    pub fn target_column<'s>(&self, relation: &Relation, target: &'s ResTarget) -> Result<AssignedColumn<'s>> {
        let at = position(target.location);
        let name = target.name.as_deref().unwrap_or_default();
        let Some(attribute) = relation.attribute_by_name(name) else {
            if super::columns::SYSTEM_COLUMNS
                .iter()
                .any(|(system, ..)| *system == name)
            {
                return Err(Error::new(
                    SqlState::FEATURE_NOT_SUPPORTED,
                    format!("cannot assign to system column \"{name}\""),
                )
                .at(at));
            }
            return Err(missing_target(relation, name).at(at));
        };
        Ok(AssignedColumn {
            attribute: attribute.clone(),
            indirection: &target.indirection,
            at,
        })
    }

    /// A SET list (`transformUpdateTargetList`).
    pub fn set_list(&mut self, clauses: &[SetClause], relation: &Relation) -> Result<Vec<TargetEntry>> {
        let mut list = Vec::with_capacity(clauses.len());
        for clause in clauses {
            match clause {
                SetClause::Single(target) => {
                    let Some(value) = &target.val else { continue };
                    let value = self.set_value(value)?;
                    self.push_assignment(&mut list, target, value, relation)?;
                }
                SetClause::Multiple { targets, source } => {
                    self.multiple_assignment(&mut list, targets, source, relation)?
                }
            }
        }
        Ok(list)
    }

    fn set_value(&mut self, value: &ast::Expr) -> Result<(Expr, Option<u32>)> {
        let at = position(value.location());
        let expr = match value {
            ast::Expr::SetToDefault(_) => set_to_default(),
            value => self.expression(value, ExprKind::UpdateSource)?,
        };
        Ok((expr, at))
    }

    fn push_assignment(
        &mut self,
        list: &mut Vec<TargetEntry>,
        target: &ResTarget,
        (value, value_at): (Expr, Option<u32>),
        relation: &Relation,
    ) -> Result<()> {
        let column = self.target_column(relation, target)?;
        let expr = self.with_kind(ExprKind::UpdateSource, |analyzer| {
            analyzer.assigned(value, value_at, &column)
        })?;
        self.mark_written(column.attribute.number, false);
        list.push(assignment(&column.attribute, expr));
        Ok(())
    }

    /// `(a, b) = (1, 2)` or `(a, b) = (SELECT ...)` (`transformMultiAssignRef`).
    fn multiple_assignment(
        &mut self,
        list: &mut Vec<TargetEntry>,
        targets: &[ResTarget],
        source: &ast::Expr,
        relation: &Relation,
    ) -> Result<()> {
        let at = position(source.location());
        let mismatch = || {
            Error::new(
                SqlState::SYNTAX_ERROR,
                "number of columns does not match number of values",
            )
            .at(at)
        };
        match source {
            ast::Expr::Row(row) => {
                let values = self.with_kind(ExprKind::UpdateSource, |analyzer| analyzer.value_list(&row.args))?;
                if values.len() != targets.len() {
                    return Err(mismatch());
                }
                for (target, value) in targets.iter().zip(values) {
                    self.push_assignment(list, target, value, relation)?;
                }
                Ok(())
            }
            ast::Expr::SubLink(link) if link.kind == ast::SubLinkKind::Expr => {
                self.level.has_sublinks = true;
                let query = self.with_kind(ExprKind::UpdateSource, |analyzer| analyzer.subquery(&link.subselect))?;
                let columns: Vec<Oid> = query.output_columns().map(|column| column.expr.type_oid()).collect();
                if columns.len() != targets.len() {
                    return Err(mismatch());
                }
                let query = Arc::new(query);
                for ((target, result), number) in targets.iter().zip(columns).zip(1..) {
                    let value = Expr::SubLink(Box::new(SubLink {
                        kind: SubLinkKind::MultiExpr(number),
                        left: Vec::new(),
                        right: Vec::new(),
                        operators: Vec::new(),
                        query: Arc::clone(&query),
                        result,
                        location: at,
                        is_in: false,
                    }));
                    self.push_assignment(list, target, (value, at), relation)?;
                }
                Ok(())
            }
            _ => Err(Error::new(
                SqlState::FEATURE_NOT_SUPPORTED,
                "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression",
            )
            .at(at)),
        }
    }

    /// RETURNING (`transformReturningList`).
    pub fn returning(&mut self, targets: &[ResTarget]) -> Result<Vec<TargetEntry>> {
        if targets.is_empty() {
            return Ok(Vec::new());
        }
        let mut list = self.target_list(targets, ExprKind::Returning)?;
        if list.is_empty() {
            return Err(
                Error::new(SqlState::SYNTAX_ERROR, "RETURNING must have at least one column")
                    .at(targets.first().and_then(|target| position(target.location))),
            );
        }
        if !self.level.keep_unknowns {
            self.resolve_unknowns(&mut list)?;
        }
        Ok(list)
    }

    /// UPDATE (`transformUpdateStmt`).
    pub fn update(&mut self, update: &ast::UpdateStmt) -> Result<Query> {
        if let Some(with) = &update.with {
            self.with_clause(with)?;
        }
        let (relation, item) = self.target_table(&update.relation, 'w')?;
        self.enter_target(item.clone());
        self.tables_beside_target(&update.from)?;
        let quals = self.where_clause(update.where_clause.as_ref(), ExprKind::Where, "WHERE")?;
        let returning = self.returning(&update.returning)?;
        let targets = self.set_list(&update.set, &relation)?;
        let mut query = self.finish(crate::query::CommandType::Update);
        query.quals = quals;
        query.returning = returning;
        query.target_list = targets;
        Ok(query)
    }

    /// DELETE (`transformDeleteStmt`).
    pub fn delete(&mut self, delete: &ast::DeleteStmt) -> Result<Query> {
        if let Some(with) = &delete.with {
            self.with_clause(with)?;
        }
        let (_, item) = self.target_table(&delete.relation, 'd')?;
        self.enter_target(item);
        self.tables_beside_target(&delete.using)?;
        let quals = self.where_clause(delete.where_clause.as_ref(), ExprKind::Where, "WHERE")?;
        let returning = self.returning(&delete.returning)?;
        let mut query = self.finish(crate::query::CommandType::Delete);
        query.quals = quals;
        query.returning = returning;
        Ok(query)
    }

    /// The target is read like a table of FROM.
    fn enter_target(&mut self, item: NamespaceItem) {
        self.level.from.push(crate::query::FromItem::Table(item.index));
        self.level.namespace.push(item);
    }

    /// FROM or USING: its items can't refer to the target.
    fn tables_beside_target(&mut self, items: &[ast::TableRef]) -> Result<()> {
        super::from::set_lateral(&mut self.level.namespace, true, false);
        self.tables(items)
    }
}

pub fn missing_target(relation: &Relation, name: &str) -> Error {
    Error::new(
        SqlState::UNDEFINED_COLUMN,
        format!("column \"{name}\" of relation \"{}\" does not exist", relation.name),
    )
}

/// An assigned column as a target entry.
pub fn assignment(attribute: &Attribute, expr: Expr) -> TargetEntry {
    TargetEntry {
        expr,
        number: attribute.number,
        name: attribute.name.clone(),
        sort_group_ref: 0,
        junk: false,
        origin: (Oid::INVALID, 0),
    }
}
