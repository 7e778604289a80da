//! Objects written out as the SQL that makes them: what `pg_get_constraintdef` and its kin print, and what is
//! sent to other nodes.

pub mod constraint;
pub mod function;
pub mod index;
pub mod partition;
pub mod trigger;
pub mod view;

use crate::catalog::Name;
use crate::catalog::quote::{quote_identifier, quote_literal};

/// Columns by number, quoted, with commas.
fn column_list(relation: &crate::catalog::Relation, numbers: &[i16]) -> String {
    let names = numbers.iter().filter_map(|number| relation.attribute(*number));
    let names: Vec<String> = names.map(|attribute| quote_identifier(&attribute.name)).collect();
    names.join(", ")
}

/// `fillfactor='70', ...` (`flatten_reloptions`).
pub fn options_text(options: &[(Name, Name)]) -> String {
    let words: Vec<String> = options
        .iter()
        .map(|(name, value)| format!("{}={}", quote_identifier(name), quote_literal(value)))
        .collect();
    words.join(", ")
}

/// An expression as it stands between other words: a function call bare, all else in parentheses.
fn bracketed(expr: &crate::query::Expr, text: String) -> String {
    if looks_like_function(expr) {
        text
    } else {
        format!("({text})")
    }
}

/// Written with a name and parentheses (`looks_like_function`).
fn looks_like_function(expr: &crate::query::Expr) -> bool {
    use crate::query::{Expr, FuncForm};
    match expr {
        Expr::Func(call) => matches!(call.form, FuncForm::Call | FuncForm::SqlSyntax),
        Expr::Coalesce { .. } | Expr::MinMax { .. } | Expr::NullIf(_) | Expr::SqlValue { .. } => true,
        _ => false,
    }
}
