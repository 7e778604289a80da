//! The unique indexes that ON CONFLICT means (`infer_arbiter_indexes`).

use kumquat_types::{Error, Oid, Result, SqlState};

use super::vars;
use crate::catalog::{Catalog, ConstraintKind, IndexDefinition};
use crate::query::{BoolOp, Expr, OnConflict, Query, RangeTableKind};

/// The indexes that decide whether a row conflicts; none: all unique ones.
pub fn arbiters(catalog: &Catalog, query: &Query) -> Result<Vec<Oid>> {
    let target = query.result_relation.unwrap_or_default();
    let (Some(conflict), Some(RangeTableKind::Relation { relation, .. })) =
        (&query.on_conflict, query.entry(target).map(|entry| &entry.kind))
    else {
        return Ok(Vec::new());
    };
    if !conflict.arbiter.is_empty() {
        return infer_indexes(catalog, *relation, target, conflict);
    }
    let constraint = catalog.constraints.get(&conflict.constraint);
    Ok(match constraint.map(|constraint| &constraint.kind) {
        Some(
            ConstraintKind::PrimaryKey { index, .. }
            | ConstraintKind::Unique { index, .. }
            | ConstraintKind::Exclusion { index, .. },
        ) => vec![*index],
        _ => Vec::new(),
    })
}

/// Unique indexes over exactly the columns and expressions of the arbiter.
fn infer_indexes(catalog: &Catalog, relation: Oid, varno: usize, conflict: &OnConflict) -> Result<Vec<Oid>> {
    let columns: Vec<i16> = conflict
        .arbiter
        .iter()
        .filter_map(|expr| match expr {
            Expr::Var(var) => Some(var.attribute),
            _ => None,
        })
        .collect();
    let expressions: Vec<&Expr> = conflict
        .arbiter
        .iter()
        .filter(|expr| !matches!(expr, Expr::Var(_)))
        .collect();
    let fits = |index: &IndexDefinition| {
        let keys = index.columns.iter().filter(|column| column.attribute != 0);
        let key_columns: Vec<i16> = keys.map(|column| column.attribute).collect();
        let own: Vec<Expr> = index
            .columns
            .iter()
            .filter_map(|column| column.expression.as_deref())
            .map(|expr| vars::at_entry(expr, varno))
            .collect();
        index.unique
            && index.immediate
            && index.valid
            && columns.iter().all(|column| key_columns.contains(column))
            && key_columns.iter().all(|column| columns.contains(column))
            && expressions.iter().all(|expr| own.iter().any(|own| own.same_as(expr)))
            && own.iter().all(|own| expressions.iter().any(|expr| own.same_as(expr)))
            && index
                .predicate
                .as_deref()
                .is_none_or(|predicate| implied(conflict.arbiter_where.as_ref(), &vars::at_entry(predicate, varno)))
    };
    let indexes = catalog.indexes_of(relation);
    let found: Vec<Oid> = indexes
        .filter(|relation| relation.index.as_deref().is_some_and(&fits))
        .map(|relation| relation.oid)
        .collect();
    match found.is_empty() {
        true => Err(Error::new(
            SqlState::INVALID_COLUMN_REFERENCE,
            "there is no unique or exclusion constraint matching the ON CONFLICT specification",
        )),
        false => Ok(found),
    }
}

/// Whether one condition is among those that another consists of.
fn implied(given: Option<&Expr>, wanted: &Expr) -> bool {
    fn parts(expr: &Expr) -> Vec<&Expr> {
        match expr {
            Expr::Bool(BoolOp::And, args) => args.iter().flat_map(parts).collect(),
            expr => vec![expr],
        }
    }
    let given = given.map_or_else(Vec::new, parts);
    parts(wanted)
        .iter()
        .all(|wanted| given.iter().any(|given| given.same_as(wanted)))
}
