//! `pg_get_viewdef`, `pg_get_ruledef`.

use kumquat_types::Result;

use crate::backend::Backend;
use crate::catalog::Relation;
use crate::ruleutils::{Style, deparse_query};

/// The query of a view, with its semicolon; `None` if the relation has none.
pub fn view_definition(backend: &Backend<'_>, relation: &Relation, pretty: bool) -> Result<Option<String>> {
    let Some(query) = &relation.view else { return Ok(None) };
    let text = deparse_query(backend, query, Style::Display { pretty }, &|_| None)?;
    Ok(Some(format!("{text};")))
}

/// The rule that makes a view of a relation.
pub fn rule_definition(backend: &Backend<'_>, relation: &Relation, pretty: bool) -> Result<Option<String>> {
    let Some(query) = view_definition(backend, relation, pretty)? else {
        return Ok(None);
    };
    Ok(Some(format!(
        "CREATE RULE \"_RETURN\" AS\n    ON SELECT TO {} DO INSTEAD {query}",
        backend.qualified_relation_name(relation)
    )))
}
