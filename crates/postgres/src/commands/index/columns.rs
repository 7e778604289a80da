//! What an index is on: columns and expressions with collation, operator class and order.

use std::sync::Arc;

use kumquat_sql::ast::{self, IndexElem, IndexKey, Location, NullsOrder, SortDirection};
use kumquat_types::{Error, Oid, Result, SqlState};

use crate::analyze::{ExprContext, analyze_expression};
use crate::backend::Backend;
use crate::catalog::operator_class::{find_index_method, resolve as resolve_class};
use crate::catalog::volatility::is_immutable;
use crate::catalog::{IndexColumn, Relation, SortOrder};
use crate::commands::define::SYSTEM_COLUMNS;
use crate::query::{Expr, Var};

/// The key columns as written, resolved (`ComputeIndexAttrs`).
pub fn resolve(
    backend: &Backend<'_>,
    relation: &Relation,
    method: &str,
    elements: &[IndexElem],
) -> Result<Vec<IndexColumn>> {
    let method = find_index_method(backend, method)?;
    elements
        .iter()
        .map(|element| {
            let (attribute, expression) = match &element.key {
                IndexKey::Column(name) => (column_number(relation, name)?, None),
                IndexKey::Expr(expr) => key_expression(backend, relation, expr)?,
            };
            let mut column = IndexColumn {
                attribute,
                expression,
                ..IndexColumn::plain(attribute)
            };
            let type_oid = column_type(relation, &column);
            column.collation = collation(backend, type_oid, element)?;
            let class = resolve_class(backend, method.name, &element.opclass, type_oid)?;
            if !element.opclass.is_empty() && !class.is_default {
                column.operator_class = Some(class.name.into());
            }
            column.order = order(element, method.ordered, method.name)?;
            Ok(column)
        })
        .collect()
}

fn column_number(relation: &Relation, name: &str) -> Result<i16> {
    match relation.attribute_by_name(name) {
        Some(attribute) => Ok(attribute.number),
        None if SYSTEM_COLUMNS.contains(&name) => Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            "index creation on system columns is not supported",
        )),
        None => Err(Error::new(
            SqlState::UNDEFINED_COLUMN,
            format!("column \"{name}\" does not exist"),
        )),
    }
}

/// An expression that is nothing but a column counts as the column.
fn key_expression(backend: &Backend<'_>, relation: &Relation, expr: &ast::Expr) -> Result<(i16, Option<Arc<Expr>>)> {
    let expr = analyze_expression(backend, Some(relation), expr, ExprContext::IndexExpression, None)?;
    if let Expr::Var(var) = &expr
        && var.attribute > 0
    {
        return Ok((var.attribute, None));
    }
    if !is_immutable(backend, &expr) {
        return Err(Error::new(
            SqlState::INVALID_OBJECT_DEFINITION,
            "functions in index expression must be marked IMMUTABLE",
        ));
    }
    Ok((0, Some(Arc::new(expr))))
}

impl IndexColumn {
    /// The key as an expression over its table (varno 1).
    pub fn expression_over(&self, relation: &Relation) -> Expr {
        if let Some(expr) = &self.expression {
            return Expr::clone(expr);
        }
        let attribute = relation.attribute(self.attribute);
        Expr::Var(Var {
            varno: 1,
            attribute: self.attribute,
            type_oid: attribute.map_or(Oid::INVALID, |a| a.type_oid),
            type_modifier: attribute.map_or(-1, |a| a.type_modifier),
            collation: attribute.map_or(Oid::INVALID, |a| a.collation),
            levels_up: 0,
            location: None,
        })
    }
}

pub fn column_type(relation: &Relation, column: &IndexColumn) -> Oid {
    column_type_and_modifier(relation, column).0
}

pub fn column_type_and_modifier(relation: &Relation, column: &IndexColumn) -> (Oid, i32) {
    match &column.expression {
        Some(expr) => (expr.type_oid(), expr.type_modifier()),
        None => {
            let attribute = relation.attribute(column.attribute);
            attribute.map_or((Oid::INVALID, -1), |a| (a.type_oid, a.type_modifier))
        }
    }
}

fn collation(backend: &Backend<'_>, type_oid: Oid, element: &IndexElem) -> Result<Option<crate::catalog::Name>> {
    if element.collation.is_empty() {
        return Ok(None);
    }
    let clause = ast::ColumnCollation {
        name: element.collation.clone(),
        location: Location::UNKNOWN,
    };
    let collation = crate::commands::create_table::column::column_collation(backend, type_oid, &clause)?;
    Ok(crate::catalog::collation::collation_name(collation).map(Into::into))
}

fn order(element: &IndexElem, ordered: bool, method: &str) -> Result<SortOrder> {
    let refuse = |what: &str| {
        Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            format!("access method \"{method}\" does not support {what} options"),
        ))
    };
    if !ordered && element.ordering != SortDirection::Default {
        return refuse("ASC/DESC");
    }
    if !ordered && element.nulls != NullsOrder::Default {
        return refuse("NULLS FIRST/LAST");
    }
    let descending = element.ordering == SortDirection::Desc;
    Ok(SortOrder {
        descending,
        nulls_first: match element.nulls {
            NullsOrder::Default => descending,
            NullsOrder::First => true,
            NullsOrder::Last => false,
        },
    })
}

/// WHERE of a partial index.
pub fn predicate(backend: &Backend<'_>, relation: &Relation, expr: Option<&ast::Expr>) -> Result<Option<Arc<Expr>>> {
    let Some(expr) = expr else { return Ok(None) };
    let target = Some((Oid::BOOL, -1));
    let expr = analyze_expression(backend, Some(relation), expr, ExprContext::IndexPredicate, target)?;
    if !is_immutable(backend, &expr) {
        return Err(Error::new(
            SqlState::INVALID_OBJECT_DEFINITION,
            "functions in index predicate must be marked IMMUTABLE",
        ));
    }
    Ok(Some(Arc::new(expr)))
}

/// INCLUDE of a constraint.
pub fn included(relation: &Relation, names: &[String], location: Location) -> Result<Vec<i16>> {
    names
        .iter()
        .map(|name| match relation.attribute_by_name(name) {
            Some(attribute) => Ok(attribute.number),
            None => Err(Error::new(
                SqlState::UNDEFINED_COLUMN,
                format!("column \"{name}\" named in key does not exist"),
            )
            .at(location)),
        })
        .collect()
}

/// INCLUDE of CREATE INDEX: plain columns only.
pub fn included_elements(relation: &Relation, elements: &[IndexElem]) -> Result<Vec<i16>> {
    let unsupported = |what: &str| {
        Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            format!("{what} are not supported in included columns"),
        ))
    };
    elements
        .iter()
        .map(|element| match &element.key {
            IndexKey::Expr(_) => unsupported("expressions"),
            IndexKey::Column(_) if !element.collation.is_empty() => Err(Error::new(
                SqlState::INVALID_OBJECT_DEFINITION,
                "including column does not support a collation",
            )),
            IndexKey::Column(_) if !element.opclass.is_empty() => Err(Error::new(
                SqlState::INVALID_OBJECT_DEFINITION,
                "including column does not support an operator class",
            )),
            IndexKey::Column(_) if element.ordering != SortDirection::Default => Err(Error::new(
                SqlState::INVALID_OBJECT_DEFINITION,
                "including column does not support ASC/DESC options",
            )),
            IndexKey::Column(_) if element.nulls != NullsOrder::Default => Err(Error::new(
                SqlState::INVALID_OBJECT_DEFINITION,
                "including column does not support NULLS FIRST/LAST options",
            )),
            IndexKey::Column(name) => column_number(relation, name),
        })
        .collect()
}
