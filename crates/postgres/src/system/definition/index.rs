//! `pg_get_indexdef`.

use kumquat_types::{Oid, Result};

use super::{bracketed, column_list, options_text};
use crate::backend::Backend;
use crate::catalog::quote::quote_identifier;
use crate::catalog::{IndexColumn, Relation, RelationKind};
use crate::ruleutils::deparse_expression;

/// The CREATE INDEX statement; `None` if there is no such index.
pub fn index_definition(backend: &Backend<'_>, oid: Oid, pretty: bool) -> Result<Option<String>> {
    let Some(index) = backend.catalog()?.relation(oid) else {
        return Ok(None);
    };
    let Some(definition) = &index.index else {
        return Ok(None);
    };
    let table = backend.relation_by_oid(definition.table)?;
    let only = match index.kind {
        RelationKind::PartitionedIndex => "ONLY ",
        _ => "",
    };
    let mut text = format!(
        "CREATE {}INDEX {} ON {only}{} USING {} (",
        if definition.unique { "UNIQUE " } else { "" },
        quote_identifier(&index.name),
        backend.qualified_relation_name(&table),
        quote_identifier(&index.access_method),
    );
    let keys = definition
        .columns
        .iter()
        .map(|column| full_key(backend, &table, column, pretty))
        .collect::<Result<Vec<_>>>()?;
    text.push_str(&keys.join(", "));
    text.push(')');
    if !definition.included.is_empty() {
        text.push_str(&format!(" INCLUDE ({})", column_list(&table, &definition.included)));
    }
    if definition.nulls_not_distinct {
        text.push_str(" NULLS NOT DISTINCT");
    }
    if !index.options.is_empty() {
        text.push_str(&format!(" WITH ({})", options_text(&index.options)));
    }
    if let Some(predicate) = &definition.predicate {
        let predicate = deparse_expression(backend, predicate, Some(&table), pretty)?;
        text.push_str(&format!(" WHERE {predicate}"));
    }
    Ok(Some(text))
}

/// One column of the index, by its number from 1, without order and operator class; empty if there is none.
pub fn index_column(backend: &Backend<'_>, oid: Oid, number: i32, pretty: bool) -> Result<Option<String>> {
    let Some(index) = backend.catalog()?.relation(oid) else {
        return Ok(None);
    };
    let Some(definition) = &index.index else {
        return Ok(None);
    };
    let table = backend.relation_by_oid(definition.table)?;
    let at = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
    let Some(at) = at else { return Ok(Some(String::new())) };
    if let Some(column) = definition.columns.get(at) {
        return key_text(backend, &table, column, pretty).map(Some);
    }
    let included = definition.included.get(at - definition.columns.len().min(at));
    Ok(Some(
        included.map_or_else(String::new, |number| column_list(&table, &[*number])),
    ))
}

/// A key column: its name, or the expression.
pub fn key_text(backend: &Backend<'_>, table: &Relation, column: &IndexColumn, pretty: bool) -> Result<String> {
    match &column.expression {
        None => Ok(column_list(table, &[column.attribute])),
        Some(expr) => {
            let text = deparse_expression(backend, expr, Some(table), pretty)?;
            Ok(bracketed(expr, text))
        }
    }
}

fn full_key(backend: &Backend<'_>, table: &Relation, column: &IndexColumn, pretty: bool) -> Result<String> {
    let mut text = key_text(backend, table, column, pretty)?;
    if let Some(collation) = &column.collation {
        text.push_str(&format!(" COLLATE {}", quote_identifier(collation)));
    }
    if let Some(class) = &column.operator_class {
        text.push_str(&format!(" {}", quote_identifier(class)));
    }
    match (column.order.descending, column.order.nulls_first) {
        (true, true) => text.push_str(" DESC"),
        (true, false) => text.push_str(" DESC NULLS LAST"),
        (false, true) => text.push_str(" NULLS FIRST"),
        (false, false) => {}
    }
    Ok(text)
}
