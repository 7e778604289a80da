//! Names of indexes and their columns that nobody chose (`ChooseIndexName`, `ChooseIndexColumnNames`).

use super::IndexRequest;
use crate::catalog::naming::{clip, join_column_names};
use crate::catalog::{Catalog, IndexColumn, Relation};
use crate::query::{Expr, FuncForm};

/// A free name: `t_pkey`, `t_a_b_key`, `t_a_idx`, `t_a_excl`.
pub fn choose(catalog: &Catalog, table: &Relation, request: &IndexRequest) -> String {
    let names = column_names(table, request);
    let joined = join_column_names(names.iter().map(String::as_str));
    let columns = Some(joined.as_str());
    let schema = table.schema;
    if request.primary {
        catalog.choose_relation_name(&table.name, None, "pkey", schema, true)
    } else if !request.exclusion_operators.is_empty() {
        catalog.choose_relation_name(&table.name, columns, "excl", schema, true)
    } else if request.constraint.is_some() {
        catalog.choose_relation_name(&table.name, columns, "key", schema, true)
    } else {
        catalog.choose_relation_name(&table.name, columns, "idx", schema, false)
    }
}

/// A name for each column of the index: the table column's, or one made of the expression; each once.
pub fn column_names(table: &Relation, request: &IndexRequest) -> Vec<String> {
    let keys = request.columns.iter().map(|column| base_name(table, column));
    let included = request.included.iter().map(|number| attribute_name(table, *number));
    let mut names: Vec<String> = Vec::new();
    for base in keys.chain(included) {
        let mut name = base.clone();
        let mut number = 1_u32;
        while names.contains(&name) {
            let suffix = number.to_string();
            let room = crate::catalog::naming::MAX_IDENTIFIER.saturating_sub(suffix.len());
            name = format!("{}{suffix}", clip(&base, room));
            number += 1;
        }
        names.push(name);
    }
    names
}

fn attribute_name(table: &Relation, number: i16) -> String {
    let attribute = table.attribute(number);
    attribute.map_or_else(String::new, |attribute| attribute.name.to_string())
}

fn base_name(table: &Relation, column: &IndexColumn) -> String {
    match &column.expression {
        None => attribute_name(table, column.attribute),
        Some(expr) => expression_name(table, expr).unwrap_or_else(|| "expr".into()),
    }
}

/// The name a SELECT would give the expression's column, if it gives it any (`FigureIndexColname`).
fn expression_name(table: &Relation, expr: &Expr) -> Option<String> {
    match expr {
        Expr::Var(var) => Some(attribute_name(table, var.attribute)),
        Expr::Func(call) if call.form == FuncForm::Call || call.form == FuncForm::SqlSyntax => {
            kumquat_types::proc_by_oid(call.function).map(|proc| proc.name.to_string())
        }
        Expr::Func(call) => call.args.first().and_then(|arg| expression_name(table, arg)),
        Expr::Relabel { arg, .. } | Expr::CoerceViaIo { arg, .. } | Expr::Collate { arg, .. } => {
            expression_name(table, arg)
        }
        Expr::Coalesce { .. } => Some("coalesce".into()),
        Expr::Case { otherwise, .. } => {
            let named = otherwise.as_ref().and_then(|expr| expression_name(table, expr));
            Some(named.unwrap_or_else(|| "case".into()))
        }
        Expr::Array { .. } => Some("array".into()),
        Expr::Row { .. } => Some("row".into()),
        _ => None,
    }
}
