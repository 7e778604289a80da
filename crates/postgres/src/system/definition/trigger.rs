//! `pg_get_triggerdef`.

use kumquat_types::{Oid, Result};

use super::column_list;
use crate::backend::Backend;
use crate::catalog::function::{TriggerEvent, TriggerTiming};
use crate::catalog::quote::{quote_identifier, quote_literal};
use crate::catalog::{Relation, Trigger};
use crate::ruleutils::deparse_trigger_when;

/// The CREATE TRIGGER statement; `None` if there is no such trigger.
pub fn trigger_definition(backend: &Backend<'_>, oid: Oid, pretty: bool) -> Result<Option<String>> {
    let Some(trigger) = backend.catalog()?.triggers.get(&oid).cloned() else {
        return Ok(None);
    };
    let relation = backend.relation_by_oid(trigger.relation)?;
    let timing = match trigger.timing {
        TriggerTiming::Before => "BEFORE",
        TriggerTiming::After => "AFTER",
        TriggerTiming::InsteadOf => "INSTEAD OF",
    };
    let rank = |event: &TriggerEvent| match event {
        TriggerEvent::Insert => 0,
        TriggerEvent::Delete => 1,
        TriggerEvent::Update(_) => 2,
        TriggerEvent::Truncate => 3,
    };
    let mut events: Vec<&TriggerEvent> = trigger.events.iter().collect();
    events.sort_by_key(|event| rank(event));
    let events: Vec<String> = events
        .into_iter()
        .map(|event| match event {
            TriggerEvent::Insert => "INSERT".into(),
            TriggerEvent::Delete => "DELETE".into(),
            TriggerEvent::Truncate => "TRUNCATE".into(),
            TriggerEvent::Update(columns) if columns.is_empty() => "UPDATE".into(),
            TriggerEvent::Update(columns) => format!("UPDATE OF {}", column_list(&relation, columns)),
        })
        .collect();
    let table = match pretty {
        true => backend.visible_relation_name(&relation),
        false => backend.qualified_relation_name(&relation),
    };
    let function = backend.catalog()?.functions.get(&trigger.function).cloned();
    let function = function.map_or_else(String::new, |function| backend.visible_function_name(&function));
    let arguments: Vec<String> = trigger
        .arguments
        .iter()
        .map(|argument| quote_literal(argument))
        .collect();
    Ok(Some(format!(
        "CREATE {}TRIGGER {} {timing} {} ON {table} {}FOR EACH {} {}EXECUTE FUNCTION {function}({})",
        if trigger.is_constraint { "CONSTRAINT " } else { "" },
        quote_identifier(&trigger.name),
        events.join(" OR "),
        clauses(backend, &trigger)?,
        if trigger.for_each_row { "ROW" } else { "STATEMENT" },
        when_clause(backend, &trigger, &relation, pretty),
        arguments.join(", ")
    )))
}

/// `FROM table`, `DEFERRABLE`, `REFERENCING`
fn clauses(backend: &Backend<'_>, trigger: &Trigger) -> Result<String> {
    let mut text = String::new();
    if trigger.is_constraint {
        if trigger.constraint_relation.is_valid() {
            let other = backend.relation_by_oid(trigger.constraint_relation)?;
            text.push_str(&format!("FROM {} ", backend.visible_relation_name(&other)));
        }
        text.push_str(if trigger.deferrable {
            "DEFERRABLE "
        } else {
            "NOT DEFERRABLE "
        });
        let initially = if trigger.initially_deferred {
            "DEFERRED"
        } else {
            "IMMEDIATE"
        };
        text.push_str(&format!("INITIALLY {initially} "));
    }
    if trigger.old_table.is_some() || trigger.new_table.is_some() {
        text.push_str("REFERENCING ");
    }
    for (what, name) in [("OLD", &trigger.old_table), ("NEW", &trigger.new_table)] {
        if let Some(name) = name {
            text.push_str(&format!("{what} TABLE AS {} ", quote_identifier(name)));
        }
    }
    Ok(text)
}

/// `WHEN (condition)`
fn when_clause(backend: &Backend<'_>, trigger: &Trigger, relation: &Relation, pretty: bool) -> String {
    match when_text(backend, trigger, relation, pretty) {
        Some(condition) => format!("WHEN ({condition}) "),
        None => String::new(),
    }
}

/// The condition alone.
pub fn when_text(backend: &Backend<'_>, trigger: &Trigger, relation: &Relation, pretty: bool) -> Option<String> {
    let condition = trigger.when.as_ref()?;
    Some(deparse_trigger_when(backend, condition, relation, pretty))
}
