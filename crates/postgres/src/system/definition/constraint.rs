//! `pg_get_constraintdef`.

use kumquat_types::{Error, Oid, Result, operator_by_oid};

use super::column_list;
use crate::backend::Backend;
use crate::catalog::{Constraint, ConstraintKind, ForeignKey, ForeignKeyAction, ForeignKeyMatch, Relation};
use crate::ruleutils::deparse_expression;

/// What follows the constraint's name in ALTER TABLE ... ADD CONSTRAINT; `None` if there is no such constraint.
pub fn constraint_definition(backend: &Backend<'_>, oid: Oid, pretty: bool) -> Result<Option<String>> {
    let Some(constraint) = backend.catalog()?.constraints.get(&oid) else {
        return match backend.domain_constraint(oid) {
            Some((_, constraint)) => {
                let expr = deparse_expression(backend, &constraint.expression, None, pretty)?;
                let valid = if constraint.validated { "" } else { " NOT VALID" };
                Ok(Some(format!("CHECK ({expr}){valid}")))
            }
            None => Ok(None),
        };
    };
    let relation = backend.relation_by_oid(constraint.relation)?;
    let mut text = match &constraint.kind {
        ConstraintKind::Check { expression, .. } => {
            let expr = deparse_expression(backend, expression, Some(&relation), pretty)?;
            let no_inherit = if constraint.no_inherit { " NO INHERIT" } else { "" };
            format!("CHECK ({expr}){no_inherit}")
        }
        ConstraintKind::PrimaryKey { columns, index } => key(backend, &relation, "PRIMARY KEY", columns, *index)?,
        ConstraintKind::Unique { columns, index } => key(backend, &relation, "UNIQUE", columns, *index)?,
        ConstraintKind::ForeignKey(key) => foreign_key(backend, &relation, key)?,
        ConstraintKind::Exclusion { index, .. } => exclusion(backend, *index)?,
    };
    append_attributes(&mut text, constraint);
    Ok(Some(text))
}

fn append_attributes(text: &mut String, constraint: &Constraint) {
    if constraint.deferrable {
        text.push_str(" DEFERRABLE");
    }
    if constraint.initially_deferred {
        text.push_str(" INITIALLY DEFERRED");
    }
    if !constraint.validated {
        text.push_str(" NOT VALID");
    }
}

fn key(backend: &Backend<'_>, relation: &Relation, word: &str, columns: &[i16], index: Oid) -> Result<String> {
    let index = backend.relation_by_oid(index)?;
    let definition = index
        .index
        .as_ref()
        .ok_or_else(|| Error::internal("an index without definition"))?;
    let nulls = if definition.nulls_not_distinct {
        " NULLS NOT DISTINCT"
    } else {
        ""
    };
    let mut text = format!("{word}{nulls} ({})", column_list(relation, columns));
    if !definition.included.is_empty() {
        text.push_str(&format!(" INCLUDE ({})", column_list(relation, &definition.included)));
    }
    Ok(text)
}

fn foreign_key(backend: &Backend<'_>, relation: &Relation, key: &ForeignKey) -> Result<String> {
    let referenced = backend.relation_by_oid(key.referenced)?;
    let mut text = format!(
        "FOREIGN KEY ({}) REFERENCES {}({})",
        column_list(relation, &key.columns),
        backend.visible_relation_name(&referenced),
        column_list(&referenced, &key.referenced_columns)
    );
    if key.match_kind == ForeignKeyMatch::Full {
        text.push_str(" MATCH FULL");
    }
    for (event, action) in [("UPDATE", key.on_update), ("DELETE", key.on_delete)] {
        if let Some(words) = action_words(action) {
            text.push_str(&format!(" ON {event} {words}"));
        }
    }
    if !key.on_delete_columns.is_empty() {
        text.push_str(&format!(" ({})", column_list(relation, &key.on_delete_columns)));
    }
    Ok(text)
}

fn action_words(action: ForeignKeyAction) -> Option<&'static str> {
    match action {
        ForeignKeyAction::NoAction => None,
        ForeignKeyAction::Restrict => Some("RESTRICT"),
        ForeignKeyAction::Cascade => Some("CASCADE"),
        ForeignKeyAction::SetNull => Some("SET NULL"),
        ForeignKeyAction::SetDefault => Some("SET DEFAULT"),
    }
}

fn exclusion(backend: &Backend<'_>, index: Oid) -> Result<String> {
    let index = backend.relation_by_oid(index)?;
    let definition = index
        .index
        .as_ref()
        .ok_or_else(|| Error::internal("an index without definition"))?;
    let table = backend.relation_by_oid(definition.table)?;
    let mut keys = Vec::new();
    for (column, operator) in definition.columns.iter().zip(&definition.exclusion_operators) {
        let operator = operator_by_oid(*operator).map_or("?", |operator| operator.name);
        let key = super::index::key_text(backend, &table, column, true)?;
        keys.push(format!("{key} WITH {operator}"));
    }
    let predicate = match &definition.predicate {
        Some(expr) => format!(" WHERE ({})", deparse_expression(backend, expr, Some(&table), false)?),
        None => String::new(),
    };
    Ok(format!(
        "EXCLUDE USING {} ({}){predicate}",
        index.access_method,
        keys.join(", ")
    ))
}
