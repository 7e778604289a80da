//! Rows of subqueries, VALUES lists and CTEs as a whole become rows of their columns, which keep their names.

use kumquat_types::Oid;

use crate::planner::tree::JoinTree;
use crate::planner::vars::{replace_vars_in_query, visit_query};
use crate::query::{Expr, FuncForm, Query, RangeTableEntry, RangeTableKind, Var};

/// Replaces whole-row references to entries that have no type of their own everywhere in the query, its
/// subqueries included.
pub fn expand_whole_rows(query: &mut Query) {
    if !is_anonymous_row_used(query) {
        return;
    }
    let tree = JoinTree::take(&mut query.clone());
    let row = |(varno, entry): (usize, &RangeTableEntry)| {
        let row = row_of(varno, entry)?;
        Some(match tree.is_nullable(varno) {
            Some(true) => null_if_missing(row),
            _ => row,
        })
    };
    let rows: Vec<Option<Expr>> = (1..).zip(&query.range_table).map(row).collect();
    replace_vars_in_query(query, 0, &mut |var| {
        if var.attribute != 0 || var.type_oid != Oid::RECORD {
            return None;
        }
        rows.get(var.varno.checked_sub(1)?)?.clone()
    });
}

fn is_anonymous_row_used(query: &Query) -> bool {
    let mut used = false;
    visit_query(query, 0, &mut |part, depth| {
        if let Expr::Var(var) = part {
            used |= var.attribute == 0 && var.levels_up == depth && var.type_oid == Oid::RECORD;
        }
    });
    used
}

/// The row, or NULL where an outer join has found none. A row of nothing but NULLs counts as not found.
fn null_if_missing(row: Expr) -> Expr {
    let is_missing = Expr::NullTest {
        arg: Box::new(row.clone()),
        is_null: true,
        row_test: true,
    };
    Expr::Case {
        arg: None,
        whens: vec![(is_missing, Expr::null(Oid::RECORD))],
        otherwise: Some(Box::new(row)),
        type_oid: Oid::RECORD,
    }
}

fn row_of(varno: usize, entry: &RangeTableEntry) -> Option<Expr> {
    let anonymous = matches!(
        entry.kind,
        RangeTableKind::Subquery { .. } | RangeTableKind::Values { .. } | RangeTableKind::Cte { .. }
    );
    let column = |(attribute, column): (i16, &crate::query::RteColumn)| {
        Expr::Var(Var {
            varno,
            attribute,
            type_oid: column.type_oid,
            type_modifier: column.type_modifier,
            collation: column.collation,
            levels_up: 0,
            location: None,
        })
    };
    anonymous.then(|| Expr::Row {
        args: (1..).zip(&entry.columns).map(column).collect(),
        names: entry.columns.iter().map(|column| column.name.clone()).collect(),
        type_oid: Oid::RECORD,
        form: FuncForm::ImplicitCast,
    })
}
