//! Rows of subqueries, VALUES lists and CTEs as a whole become rows of their columns, which keep their names.

use kumquat_types::Oid;

use crate::planner::vars::replace_vars_in_query;
use crate::query::{Expr, FuncForm, Query, RangeTableEntry, RangeTableKind, Var};

/// Replaces whole-row references to entries that have no type of their own everywhere in the query, its
/// subqueries included.
pub fn expand_whole_rows(query: &mut Query) {
    let rows: Vec<Option<Expr>> = (1..)
        .zip(&query.range_table)
        .map(|(varno, entry)| row_of(varno, entry))
        .collect();
    if rows.iter().all(Option::is_none) {
        return;
    }
    replace_vars_in_query(query, 0, &mut |var| {
        if var.attribute != 0 || var.type_oid != Oid::RECORD {
            return None;
        }
        rows.get(var.varno.checked_sub(1)?)?.clone()
    });
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
