//! The triggers that a statement has fired, foreign keys among them (`ExplainPrintTriggers`).

use super::ExplainWriter;
use super::tree::{Group, Value};
use crate::backend::Backend;
use crate::executor::counters::TriggerCount;
use crate::planner::{PlanKind, PlannedQuery};

pub fn fired(backend: &Backend<'_>, plan: &PlannedQuery, triggers: &[TriggerCount], writer: &mut ExplainWriter) {
    // Tables are named where there is more than the one that the statement names.
    let target = match &plan.root.kind {
        PlanKind::ModifyTable(modification) => Some(modification.target.relation),
        _ => None,
    };
    let mut triggers: Vec<&TriggerCount> = triggers.iter().filter(|trigger| trigger.calls > 0).collect();
    triggers.sort_by_key(|trigger| trigger.constraint.is_none());
    let is_named = triggers.iter().any(|trigger| Some(trigger.relation) != target);
    writer.group(Group::list("Triggers"), |writer| {
        for trigger in triggers {
            let relation = backend.catalog().ok();
            let relation = relation.and_then(|catalog| catalog.relation(trigger.relation));
            let relation = relation.map_or("", |relation| &relation.name);
            let group = Group::member("Trigger");
            writer.group(group, |writer| one(trigger, relation, is_named, writer));
        }
    });
}

fn one(trigger: &TriggerCount, relation: &str, is_named: bool, writer: &mut ExplainWriter) {
    let options = writer.options;
    let mut line = String::from("Trigger");
    if options.verbose || trigger.constraint.is_none() {
        line.push_str(&format!(" {}", trigger.name));
    }
    if let Some(constraint) = &trigger.constraint {
        line.push_str(&format!(" for constraint {constraint}"));
    }
    if is_named {
        line.push_str(&format!(" on {relation}"));
    }
    let time = if options.timing { "time=0.000 " } else { "" };
    writer.line(format!("{line}: {time}calls={}", trigger.calls));
    writer.data("Trigger Name", &*trigger.name);
    if let Some(constraint) = &trigger.constraint {
        writer.data("Constraint Name", &**constraint);
    }
    writer.data("Relation", relation);
    if options.timing {
        writer.data("Time", Value::milliseconds(0.0, 3));
    }
    writer.data("Calls", trigger.calls);
}
