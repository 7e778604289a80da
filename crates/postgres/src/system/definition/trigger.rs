//! `pg_get_triggerdef`.

use kumquat_types::{Oid, Result};

use super::column_list;
use crate::backend::Backend;
use crate::catalog::function::{TriggerEvent, TriggerTiming};
use crate::catalog::quote::{quote_identifier, quote_literal};

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
        "CREATE TRIGGER {} {timing} {} ON {table} FOR EACH {} EXECUTE FUNCTION {function}({})",
        quote_identifier(&trigger.name),
        events.join(" OR "),
        if trigger.for_each_row { "ROW" } else { "STATEMENT" },
        arguments.join(", ")
    )))
}
