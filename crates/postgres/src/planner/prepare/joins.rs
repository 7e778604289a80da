//! Columns of joins become the columns of the joined tables that they stand for (`flatten_join_alias_vars`).

use crate::planner::vars::replace_vars_in_query;
use crate::query::{Expr, Query, RangeTableKind, Var};

/// Replaces columns of joins everywhere in the query, its subqueries included.
pub fn flatten_join_columns(query: &mut Query) {
    let joins: Vec<Option<Vec<Expr>>> = query
        .range_table
        .iter()
        .map(|entry| match &entry.kind {
            RangeTableKind::Join { join_vars, .. } => Some(join_vars.clone()),
            _ => None,
        })
        .collect();
    if joins.iter().all(Option::is_none) {
        return;
    }
    let names: Vec<Vec<crate::catalog::Name>> = query
        .range_table
        .iter()
        .map(|entry| entry.columns.iter().map(|column| column.name.clone()).collect())
        .collect();
    replace_vars_in_query(query, 0, &mut |var| resolve(var, &joins, &names, 0));
}

/// What a column of a join stands for, through joins of joins.
fn resolve(var: &Var, joins: &[Option<Vec<Expr>>], names: &[Vec<crate::catalog::Name>], depth: usize) -> Option<Expr> {
    let at = var.varno.checked_sub(1)?;
    let columns = joins.get(at)?.as_ref()?;
    let mut expr = match usize::try_from(var.attribute) {
        Ok(0) => Expr::Row {
            args: columns.clone(),
            names: names.get(at).cloned().unwrap_or_default(),
            type_oid: var.type_oid,
            form: crate::query::FuncForm::ImplicitCast,
        },
        Ok(attribute) => columns.get(attribute - 1)?.clone(),
        Err(_) => return None,
    };
    if depth > joins.len() {
        return Some(expr);
    }
    expr.transform(&mut |part| {
        if let Expr::Var(inner) = part {
            let unlevelled = Var {
                levels_up: 0,
                ..inner.clone()
            };
            if let Some(resolved) = resolve(&unlevelled, joins, names, depth + 1) {
                *part = resolved;
            }
        }
    });
    Some(expr)
}
