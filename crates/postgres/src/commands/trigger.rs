//! CREATE TRIGGER, and what ALTER TABLE does with triggers.

use std::sync::Arc;

use kumquat_sql::ast::{self, CreateTrigStmt, FiringMode, TriggerSelection};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::privileges;
use super::{system_catalog, undefined_column};
use crate::backend::Backend;
use crate::catalog::function::{TriggerEvent, TriggerTiming};
use crate::catalog::naming::truncate_identifier;
use crate::catalog::{DependencyKind, ObjectAddress, ObjectClass, Relation, RelationKind, Trigger};
use crate::result::CommandTag;

pub fn create(backend: &mut Backend<'_>, stmt: &CreateTrigStmt) -> Result<CommandTag> {
    let relation = backend.relation(&stmt.relation)?;
    check_relation(&relation, stmt)?;
    privileges::check(backend, ObjectAddress::new(ObjectClass::Relation, relation.oid), &['t'])?;
    for (given, what) in [
        (stmt.is_constraint, "CREATE CONSTRAINT TRIGGER"),
        (stmt.when_clause.is_some(), "WHEN of CREATE TRIGGER"),
        (!stmt.transition_rels.is_empty(), "REFERENCING of CREATE TRIGGER"),
    ] {
        if given {
            return Err(Error::not_modelled(what));
        }
    }
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
        events: events(&relation, stmt)?,
        for_each_row: stmt.row,
        when: None,
        arguments: stmt.args.iter().map(|argument| argument.as_str().into()).collect(),
        enabled: 'O',
        parent: Oid::INVALID,
    };
    store(backend, trigger)?;
    Ok(CommandTag::new("CREATE TRIGGER"))
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
    let function = found.iter().find(|function| function.args.is_empty()).ok_or_else(|| {
        Error::new(
            SqlState::UNDEFINED_FUNCTION,
            format!("function {name}() does not exist"),
        )
    })?;
    if function.result != Oid::TRIGGER {
        return Err(Error::new(
            SqlState::INVALID_OBJECT_DEFINITION,
            format!("function {name} must return type trigger"),
        ));
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
            .collect::<Result<Vec<_>>>()?;
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
    if trigger.parent.is_valid() {
        let parent = ObjectAddress::new(ObjectClass::Trigger, trigger.parent);
        catalog.record_dependency(object, parent, DependencyKind::Partition);
        catalog.record_dependency(object, table, DependencyKind::Partition);
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

fn store_clone(backend: &mut Backend<'_>, trigger: &Trigger, partition: Oid) -> Result<()> {
    let clone = Trigger {
        oid: backend.new_oid(),
        relation: partition,
        parent: trigger.oid,
        ..trigger.clone()
    };
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
