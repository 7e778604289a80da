//! CREATE TRIGGER, and what ALTER TABLE does with triggers.

use std::sync::Arc;

use kumquat_sql::ast::{self, CreateTrigStmt, FiringMode, TriggerSelection};
use kumquat_types::{Error, Oid, Result, SqlState, lookup_procs};

use super::attribute_map::AttributeMap;
use super::privileges;
use super::{system_catalog, undefined_column};
use crate::analyze::analyze_trigger_when;
use crate::backend::Backend;
use crate::catalog::expression_references::columns_read;
use crate::catalog::function::{TriggerEvent, TriggerTiming};
use crate::catalog::naming::truncate_identifier;
use crate::catalog::{DependencyKind, Name, ObjectAddress, ObjectClass, Relation, RelationKind, Trigger};
use crate::query::{Expr, Var};
use crate::result::CommandTag;

pub fn create(backend: &mut Backend<'_>, stmt: &CreateTrigStmt) -> Result<CommandTag> {
    let relation = backend.relation(&stmt.relation)?;
    check_relation(&relation, stmt)?;
    privileges::check(backend, ObjectAddress::new(ObjectClass::Relation, relation.oid), &['t'])?;
    let events = events(&relation, stmt)?;
    check_instead_of(stmt)?;
    let transition = transition_tables(&relation, stmt)?;
    let when = match &stmt.when_clause {
        Some(when) => Some(Arc::new(condition(backend, &relation, stmt, when)?)),
        None => None,
    };
    let constraint_relation = match &stmt.constraint_relation {
        Some(range) => backend.relation(range)?.oid,
        None => Oid::INVALID,
    };
    let function = function(backend, stmt)?;
    let name = truncate_identifier(&stmt.name);
    let existing = find(backend, relation.oid, name)?;
    if existing.is_some() && !stmt.replace {
        return Err(Error::new(
            SqlState::DUPLICATE_OBJECT,
            format!("trigger \"{name}\" for relation \"{}\" already exists", relation.name),
        ));
    }
    let trigger = Trigger {
        oid: match existing {
            Some(old) => old.oid,
            None => backend.new_oid(),
        },
        name: name.into(),
        relation: relation.oid,
        function,
        timing: match stmt.timing {
            ast::TriggerTiming::Before => TriggerTiming::Before,
            ast::TriggerTiming::After => TriggerTiming::After,
            ast::TriggerTiming::InsteadOf => TriggerTiming::InsteadOf,
        },
        events,
        for_each_row: stmt.row,
        when,
        is_constraint: stmt.is_constraint,
        deferrable: stmt.attributes.deferrable,
        initially_deferred: stmt.attributes.initially_deferred,
        constraint_relation,
        old_table: transition.old,
        new_table: transition.new,
        arguments: stmt.args.iter().map(|argument| argument.as_str().into()).collect(),
        enabled: 'O',
        parent: Oid::INVALID,
    };
    store(backend, trigger)?;
    Ok(CommandTag::new("CREATE TRIGGER"))
}

fn check_instead_of(stmt: &CreateTrigStmt) -> Result<()> {
    let message = match stmt.timing == ast::TriggerTiming::InsteadOf {
        true if !stmt.row => "INSTEAD OF triggers must be FOR EACH ROW",
        true if stmt.when_clause.is_some() => "INSTEAD OF triggers cannot have WHEN conditions",
        true if !stmt.columns.is_empty() => "INSTEAD OF triggers cannot have column lists",
        _ => return Ok(()),
    };
    Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, message))
}

/// Names of REFERENCING.
#[derive(Default)]
struct TransitionTables {
    old: Option<Name>,
    new: Option<Name>,
}

fn transition_tables(relation: &Relation, stmt: &CreateTrigStmt) -> Result<TransitionTables> {
    let mut found = TransitionTables::default();
    let refuse = |state: SqlState, message: &str| Err(Error::new(state, message));
    if stmt.transition_rels.is_empty() {
        return Ok(found);
    }
    let (unsupported, invalid) = (SqlState::FEATURE_NOT_SUPPORTED, SqlState::INVALID_OBJECT_DEFINITION);
    if stmt.row && relation.kind == RelationKind::PartitionedTable {
        return Err(
            Error::new(unsupported, format!("\"{}\" is a partitioned table", relation.name))
                .detail("ROW triggers with transition tables are not supported on partitioned tables."),
        );
    }
    let events = &stmt.events;
    let several = [events.insert, events.delete, events.update, events.truncate];
    for transition in &stmt.transition_rels {
        let what = if transition.is_new { "NEW" } else { "OLD" };
        if !transition.is_table {
            let message = "ROW variable naming in the REFERENCING clause is not supported";
            return Err(
                Error::new(unsupported, message).hint("Use OLD TABLE or NEW TABLE for naming transition tables.")
            );
        }
        if relation.kind == RelationKind::View {
            return Err(wrong_kind(
                relation,
                "view",
                "Triggers on views cannot have transition tables.",
            ));
        }
        if stmt.row && relation.is_partition() {
            return refuse(
                unsupported,
                "ROW triggers with transition tables are not supported on partitions",
            );
        }
        if stmt.row && !relation.parents.is_empty() {
            let message = "ROW triggers with transition tables are not supported on inheritance children";
            return refuse(unsupported, message);
        }
        if stmt.timing != ast::TriggerTiming::After {
            return refuse(
                invalid,
                "transition table name can only be specified for an AFTER trigger",
            );
        }
        if events.truncate {
            return refuse(
                unsupported,
                "TRUNCATE triggers with transition tables are not supported",
            );
        }
        if several.iter().filter(|event| **event).count() > 1 {
            let message = "transition tables cannot be specified for triggers with more than one event";
            return refuse(unsupported, message);
        }
        if !stmt.columns.is_empty() {
            let message = "transition tables cannot be specified for triggers with column lists";
            return refuse(unsupported, message);
        }
        let (fits, which, slot) = match transition.is_new {
            true => (events.insert || events.update, "an INSERT", &mut found.new),
            false => (events.delete || events.update, "a DELETE", &mut found.old),
        };
        if !fits {
            let message = format!("{what} TABLE can only be specified for {which} or UPDATE trigger");
            return refuse(invalid, &message);
        }
        if slot.replace(transition.name.as_str().into()).is_some() {
            return refuse(invalid, &format!("{what} TABLE cannot be specified multiple times"));
        }
    }
    if found.old.is_some() && found.old == found.new {
        return refuse(invalid, "OLD TABLE name and NEW TABLE name cannot be the same");
    }
    Ok(found)
}

/// WHEN: what it may look at depends on when the trigger fires.
fn condition(backend: &Backend<'_>, relation: &Relation, stmt: &CreateTrigStmt, when: &ast::Expr) -> Result<Expr> {
    let analyzed = analyze_trigger_when(backend, relation, when)?;
    let mut problem = None;
    analyzed.visit(&mut |part| {
        if let Expr::Var(var) = part
            && problem.is_none()
        {
            problem = var_problem(relation, stmt, var).map(|message| (message, var.location));
        }
    });
    match problem {
        Some((message, at)) => Err(Error::new(SqlState::INVALID_OBJECT_DEFINITION, message).at(at)),
        None => Ok(analyzed),
    }
}

fn var_problem(relation: &Relation, stmt: &CreateTrigStmt, var: &Var) -> Option<&'static str> {
    const OLD: usize = 1;
    let before = stmt.timing == ast::TriggerTiming::Before;
    let generated = |attribute: &crate::catalog::Attribute| attribute.generated.is_some();
    match var.varno {
        _ if !stmt.row => Some("statement trigger's WHEN condition cannot reference column values"),
        OLD if stmt.events.insert => Some("INSERT trigger's WHEN condition cannot reference OLD values"),
        OLD => None,
        _ if stmt.events.delete => Some("DELETE trigger's WHEN condition cannot reference NEW values"),
        _ if var.attribute < 0 && before => Some("BEFORE trigger's WHEN condition cannot reference NEW system columns"),
        _ if before && var.attribute == 0 && relation.attributes.iter().any(generated) => {
            Some("BEFORE trigger's WHEN condition cannot reference NEW generated columns")
        }
        _ if before && relation.attribute(var.attribute).is_some_and(generated) => {
            Some("BEFORE trigger's WHEN condition cannot reference NEW generated columns")
        }
        _ => None,
    }
}

fn wrong_kind(relation: &Relation, noun: &str, detail: &str) -> Error {
    Error::new(
        SqlState::WRONG_OBJECT_TYPE,
        format!("\"{}\" is a {noun}", relation.name),
    )
    .detail(detail)
}

fn check_relation(relation: &Relation, stmt: &CreateTrigStmt) -> Result<()> {
    let instead = stmt.timing == ast::TriggerTiming::InsteadOf;
    match relation.kind {
        RelationKind::Table if instead => Err(wrong_kind(relation, "table", "Tables cannot have INSTEAD OF triggers.")),
        RelationKind::PartitionedTable if instead => {
            Err(wrong_kind(relation, "table", "Tables cannot have INSTEAD OF triggers."))
        }
        RelationKind::Table | RelationKind::PartitionedTable => Ok(()),
        RelationKind::View if !instead && stmt.row => Err(wrong_kind(
            relation,
            "view",
            "Views cannot have row-level BEFORE or AFTER triggers.",
        )),
        RelationKind::View if stmt.events.truncate => {
            Err(wrong_kind(relation, "view", "Views cannot have TRUNCATE triggers."))
        }
        RelationKind::View => Ok(()),
        RelationKind::System if !relation.is_system_view() => Err(system_catalog(&relation.name)),
        kind => Err(Error::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!("relation \"{}\" cannot have triggers", relation.name),
        )
        .detail(super::relation_kind::kind_not_supported(kind))),
    }
}

/// The trigger's function: one without arguments that returns `trigger`.
fn function(backend: &Backend<'_>, stmt: &CreateTrigStmt) -> Result<Oid> {
    let name = stmt.function.join(".");
    let found = backend.find_functions(&stmt.function)?;
    let must_return = || {
        Error::new(
            SqlState::INVALID_OBJECT_DEFINITION,
            format!("function {name} must return type trigger"),
        )
    };
    if found.is_empty() && stmt.function.len() == 1 && lookup_procs(&name).iter().any(|proc| proc.args.is_empty()) {
        return Err(must_return());
    }
    let function = found.iter().find(|function| function.args.is_empty()).ok_or_else(|| {
        Error::new(
            SqlState::UNDEFINED_FUNCTION,
            format!("function {name}() does not exist"),
        )
    })?;
    if function.result != Oid::TRIGGER {
        return Err(must_return());
    }
    Ok(function.oid)
}

fn events(relation: &Relation, stmt: &CreateTrigStmt) -> Result<Vec<TriggerEvent>> {
    let mut events = Vec::new();
    if stmt.events.insert {
        events.push(TriggerEvent::Insert);
    }
    if stmt.events.delete {
        events.push(TriggerEvent::Delete);
    }
    if stmt.events.update {
        let columns = stmt
            .columns
            .iter()
            .map(|name| {
                let attribute = relation.attribute_by_name(name);
                attribute
                    .map(|attribute| attribute.number)
                    .ok_or_else(|| undefined_column(name, &relation.name))
            })
            .collect::<Result<Vec<i16>>>()?;
        for (at, name) in stmt.columns.iter().enumerate() {
            if stmt.columns.iter().take(at).any(|earlier| earlier == name) {
                let message = format!("column \"{name}\" specified more than once");
                return Err(Error::new(SqlState::DUPLICATE_COLUMN, message));
            }
        }
        events.push(TriggerEvent::Update(columns));
    }
    if stmt.events.truncate {
        if stmt.row {
            return Err(Error::new(
                SqlState::FEATURE_NOT_SUPPORTED,
                "TRUNCATE FOR EACH ROW triggers are not supported",
            ));
        }
        events.push(TriggerEvent::Truncate);
    }
    Ok(events)
}

fn find(backend: &Backend<'_>, relation: Oid, name: &str) -> Result<Option<Arc<Trigger>>> {
    let mut triggers = backend.catalog()?.triggers.values();
    Ok(triggers
        .find(|trigger| trigger.relation == relation && *trigger.name == *name)
        .cloned())
}

/// Enters a trigger; on a partitioned table its partitions get one like it.
fn store(backend: &mut Backend<'_>, trigger: Trigger) -> Result<()> {
    let object = ObjectAddress::new(ObjectClass::Trigger, trigger.oid);
    let table = ObjectAddress::new(ObjectClass::Relation, trigger.relation);
    let function = ObjectAddress::new(ObjectClass::Function, trigger.function);
    let relation = backend.relation_by_oid(trigger.relation)?;
    let catalog = backend.catalog_mut()?;
    catalog.record_dependency(object, function, DependencyKind::Normal);
    for column in columns_needed(&trigger) {
        let column = ObjectAddress::column(trigger.relation, column);
        catalog.record_dependency(object, column, DependencyKind::Normal);
    }
    if trigger.parent.is_valid() {
        let parent = ObjectAddress::new(ObjectClass::Trigger, trigger.parent);
        catalog.record_dependency(object, parent, DependencyKind::Partition);
        catalog.record_dependency(object, table, DependencyKind::PartitionTable);
    } else {
        catalog.record_dependency(object, table, DependencyKind::Auto);
    }
    catalog.triggers.insert(trigger.oid, Arc::new(trigger.clone()));
    if relation.kind == RelationKind::PartitionedTable && trigger.for_each_row {
        let partitions: Vec<Oid> = backend.catalog()?.children_of(relation.oid).map(|p| p.oid).collect();
        for partition in partitions {
            store_clone(backend, &trigger, partition)?;
        }
    }
    Ok(())
}

/// The columns that UPDATE OF names and WHEN reads.
fn columns_needed(trigger: &Trigger) -> Vec<i16> {
    let mut columns = Vec::new();
    for event in &trigger.events {
        if let TriggerEvent::Update(named) = event {
            columns.extend(named.iter().copied());
        }
    }
    if let Some(when) = &trigger.when {
        columns.extend(columns_read(when).into_iter().filter(|column| *column > 0));
    }
    columns
}

fn store_clone(backend: &mut Backend<'_>, trigger: &Trigger, partition: Oid) -> Result<()> {
    let (parent, child) = (
        backend.relation_by_oid(trigger.relation)?,
        backend.relation_by_oid(partition)?,
    );
    let columns = AttributeMap::by_name(&parent, &child);
    let mut clone = Trigger {
        oid: backend.new_oid(),
        relation: partition,
        parent: trigger.oid,
        ..trigger.clone()
    };
    for event in &mut clone.events {
        if let TriggerEvent::Update(named) = event {
            *named = columns.all(named);
        }
    }
    clone.when = clone.when.map(|when| columns.apply(&when));
    store(backend, clone)
}

/// A partition takes over the row triggers of its parent.
pub fn clone_to_partition(backend: &mut Backend<'_>, parent: Oid, partition: Oid) -> Result<()> {
    let triggers: Vec<Arc<Trigger>> = of_relation(backend, parent)?;
    for trigger in triggers.iter().filter(|trigger| trigger.for_each_row) {
        store_clone(backend, trigger, partition)?;
    }
    Ok(())
}

/// A table that is no partition any more loses those that it took over.
pub fn drop_clones(backend: &mut Backend<'_>, parent: Oid, partition: Oid) -> Result<()> {
    let of_parent: Vec<Oid> = of_relation(backend, parent)?
        .iter()
        .map(|trigger| trigger.oid)
        .collect();
    for trigger in of_relation(backend, partition)? {
        if of_parent.contains(&trigger.parent) {
            super::drop::delete::delete_object(backend, ObjectAddress::new(ObjectClass::Trigger, trigger.oid))?;
        }
    }
    Ok(())
}

pub fn of_relation(backend: &Backend<'_>, relation: Oid) -> Result<Vec<Arc<Trigger>>> {
    let triggers = backend.catalog()?.triggers.values();
    Ok(triggers
        .filter(|trigger| trigger.relation == relation)
        .cloned()
        .collect())
}

fn undefined(name: &str, relation: &Relation) -> Error {
    Error::new(
        SqlState::UNDEFINED_OBJECT,
        format!("trigger \"{name}\" for table \"{}\" does not exist", relation.name),
    )
}

/// ALTER TRIGGER ... RENAME TO.
pub fn rename(backend: &mut Backend<'_>, relation: &Relation, name: &str, new_name: &str) -> Result<()> {
    let trigger = find(backend, relation.oid, name)?.ok_or_else(|| undefined(name, relation))?;
    if find(backend, relation.oid, new_name)?.is_some() {
        return Err(Error::new(
            SqlState::DUPLICATE_OBJECT,
            format!(
                "trigger \"{new_name}\" for relation \"{}\" already exists",
                relation.name
            ),
        ));
    }
    let renamed = Trigger {
        name: new_name.into(),
        ..Trigger::clone(&trigger)
    };
    backend.catalog_mut()?.triggers.insert(trigger.oid, Arc::new(renamed));
    Ok(())
}

/// ALTER TABLE ... ENABLE, DISABLE TRIGGER.
pub fn set_enabled(
    backend: &mut Backend<'_>,
    relation: &Relation,
    firing: FiringMode,
    which: &TriggerSelection,
) -> Result<()> {
    let enabled = match firing {
        FiringMode::Enable => 'O',
        FiringMode::EnableAlways => 'A',
        FiringMode::EnableReplica => 'R',
        FiringMode::Disable => 'D',
    };
    let triggers = match which {
        TriggerSelection::Named(name) => {
            let trigger = find(backend, relation.oid, name)?.ok_or_else(|| undefined(name, relation))?;
            vec![trigger]
        }
        TriggerSelection::All | TriggerSelection::User => of_relation(backend, relation.oid)?,
    };
    let has_keys = relation_has_foreign_keys(backend, relation.oid)?;
    if matches!(which, TriggerSelection::All) && firing == FiringMode::Disable && has_keys {
        return Err(Error::not_modelled("DISABLE TRIGGER ALL on a table with foreign keys"));
    }
    for trigger in triggers {
        let changed = Trigger {
            enabled,
            ..Trigger::clone(&trigger)
        };
        backend.catalog_mut()?.triggers.insert(trigger.oid, Arc::new(changed));
    }
    Ok(())
}

fn relation_has_foreign_keys(backend: &Backend<'_>, relation: Oid) -> Result<bool> {
    let catalog = backend.catalog()?;
    let own = catalog
        .constraints_of(relation)
        .any(|constraint| matches!(constraint.kind, crate::catalog::ConstraintKind::ForeignKey(_)));
    Ok(own || catalog.constraints_referencing(relation).next().is_some())
}
