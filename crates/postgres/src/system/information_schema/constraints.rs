//! table_constraints and what belongs to them; triggers.

use std::sync::Arc;

use kumquat_types::{Datum, Result};

use super::{Table, database, read_only, schema, text, yes_or_no};
use crate::backend::Backend;
use crate::catalog::function::{TriggerEvent, TriggerTiming};
use crate::catalog::{Constraint, ConstraintKind, ForeignKeyAction, ForeignKeyMatch, Relation, Trigger};
use crate::ruleutils::deparse_expression;
use crate::system::relations::Rows;

/// The constraints of relations that the session is shown, each with its relation.
fn all(backend: &Backend<'_>) -> Result<Vec<(Arc<Constraint>, Arc<Relation>)>> {
    let constraints = backend.catalog()?.constraints.values();
    constraints
        .filter(|constraint| !backend.extension.hides_relation(backend, constraint.relation))
        .map(|constraint| Ok((constraint.clone(), backend.relation_by_oid(constraint.relation)?)))
        .collect()
}

/// Catalog, schema and name of a constraint.
fn constraint_name(backend: &Backend<'_>, constraint: &Constraint) -> [Datum; 3] {
    [
        database(backend),
        schema(backend, constraint.schema),
        Datum::Text(constraint.name.clone()),
    ]
}

fn relation_name(backend: &Backend<'_>, relation: &Relation) -> [Datum; 3] {
    [
        database(backend),
        schema(backend, relation.schema),
        Datum::Text(relation.name.clone()),
    ]
}

fn column_name(relation: &Relation, number: i16) -> Datum {
    let attribute = relation.attribute(number);
    attribute.map_or(Datum::Null, |attribute| Datum::Text(attribute.name.clone()))
}

/// The standard's NOT NULL constraints have names made of oids.
fn not_null_name(relation: &Relation, number: i16) -> String {
    format!("{}_{}_{number}_not_null", relation.schema, relation.oid)
}

/// Columns that are NOT NULL, of tables that users made.
fn not_null_columns(backend: &Backend<'_>) -> Vec<(Arc<Relation>, i16)> {
    let relations = super::accessible(backend);
    let tables = relations
        .into_iter()
        .filter(|relation| relation.has_storage() || relation.partition_key.is_some());
    tables
        .flat_map(|relation| {
            let columns = relation.live_attributes().filter(|attribute| attribute.not_null);
            let numbers: Vec<i16> = columns.map(|attribute| attribute.number).collect();
            numbers.into_iter().map(move |number| (relation.clone(), number))
        })
        .collect()
}

pub fn table_constraints(backend: &mut Backend<'_>) -> Result<Rows> {
    read_only(backend, |backend| {
        let mut table = Table::new(
            "table_constraints",
            &[
                "constraint_catalog",
                "constraint_schema",
                "constraint_name",
                "table_catalog",
                "table_schema",
                "table_name",
                "constraint_type",
                "is_deferrable",
                "initially_deferred",
                "enforced",
                "nulls_distinct",
            ],
        );
        for (constraint, relation) in all(backend)? {
            let kind = match constraint.kind {
                ConstraintKind::Check { .. } => "CHECK",
                ConstraintKind::PrimaryKey { .. } => "PRIMARY KEY",
                ConstraintKind::Unique { .. } => "UNIQUE",
                ConstraintKind::ForeignKey(_) => "FOREIGN KEY",
                ConstraintKind::Exclusion { .. } => continue,
            };
            let mut row = constraint_name(backend, &constraint).to_vec();
            row.extend(relation_name(backend, &relation));
            row.extend([
                text(kind),
                yes_or_no(constraint.deferrable),
                yes_or_no(constraint.initially_deferred),
                yes_or_no(true),
                nulls_distinct(backend, &constraint)?,
            ]);
            table.push(row);
        }
        for (relation, number) in not_null_columns(backend) {
            let mut row = vec![
                database(backend),
                schema(backend, relation.schema),
                Datum::from(not_null_name(&relation, number)),
            ];
            row.extend(relation_name(backend, &relation));
            row.extend([
                text("CHECK"),
                yes_or_no(false),
                yes_or_no(false),
                yes_or_no(true),
                Datum::Null,
            ]);
            table.push(row);
        }
        Ok(table.rows)
    })
}

fn nulls_distinct(backend: &Backend<'_>, constraint: &Constraint) -> Result<Datum> {
    let (ConstraintKind::Unique { index, .. } | ConstraintKind::PrimaryKey { index, .. }) = constraint.kind else {
        return Ok(Datum::Null);
    };
    if matches!(constraint.kind, ConstraintKind::PrimaryKey { .. }) {
        return Ok(Datum::Null);
    }
    let index = backend.relation_by_oid(index)?;
    let distinct = index
        .index
        .as_ref()
        .is_none_or(|definition| !definition.nulls_not_distinct);
    Ok(yes_or_no(distinct))
}

pub fn key_column_usage(backend: &mut Backend<'_>) -> Result<Rows> {
    read_only(backend, |backend| {
        let mut table = Table::new(
            "key_column_usage",
            &[
                "constraint_catalog",
                "constraint_schema",
                "constraint_name",
                "table_catalog",
                "table_schema",
                "table_name",
                "column_name",
                "ordinal_position",
                "position_in_unique_constraint",
            ],
        );
        for (constraint, relation) in all(backend)? {
            let columns: Vec<(i16, Datum)> = match &constraint.kind {
                ConstraintKind::PrimaryKey { columns, .. } | ConstraintKind::Unique { columns, .. } => {
                    columns.iter().map(|number| (*number, Datum::Null)).collect()
                }
                ConstraintKind::ForeignKey(key) => {
                    let positions = referenced_positions(backend, key)?;
                    key.columns.iter().copied().zip(positions).collect()
                }
                _ => continue,
            };
            for ((number, position), ordinal) in columns.into_iter().zip(1..) {
                let mut row = constraint_name(backend, &constraint).to_vec();
                row.extend(relation_name(backend, &relation));
                row.extend([column_name(&relation, number), Datum::Int4(ordinal), position]);
                table.push(row);
            }
        }
        Ok(table.rows)
    })
}

/// Where in the referenced key each column stands.
fn referenced_positions(backend: &Backend<'_>, key: &crate::catalog::ForeignKey) -> Result<Vec<Datum>> {
    let index = backend.relation_by_oid(key.index)?;
    let keys: Vec<i16> = match &index.index {
        Some(definition) => definition.columns.iter().map(|column| column.attribute).collect(),
        None => Vec::new(),
    };
    let position = |number: &i16| keys.iter().position(|key| key == number);
    Ok(key
        .referenced_columns
        .iter()
        .map(|number| {
            let place = position(number).and_then(|at| i32::try_from(at + 1).ok());
            Datum::from(place)
        })
        .collect())
}

pub fn constraint_column_usage(backend: &mut Backend<'_>) -> Result<Rows> {
    read_only(backend, |backend| {
        let mut table = Table::new(
            "constraint_column_usage",
            &[
                "table_catalog",
                "table_schema",
                "table_name",
                "column_name",
                "constraint_catalog",
                "constraint_schema",
                "constraint_name",
            ],
        );
        for (constraint, relation) in all(backend)? {
            let (relation, columns) = match &constraint.kind {
                ConstraintKind::ForeignKey(key) => (backend.relation_by_oid(key.referenced)?, &key.referenced_columns),
                ConstraintKind::Check { columns, .. }
                | ConstraintKind::PrimaryKey { columns, .. }
                | ConstraintKind::Unique { columns, .. } => (relation, columns),
                ConstraintKind::Exclusion { .. } => continue,
            };
            for number in columns {
                let mut row = relation_name(backend, &relation).to_vec();
                row.push(column_name(&relation, *number));
                row.extend(constraint_name(backend, &constraint));
                table.push(row);
            }
        }
        Ok(table.rows)
    })
}

pub fn constraint_table_usage(backend: &mut Backend<'_>) -> Result<Rows> {
    read_only(backend, |backend| {
        let mut table = Table::new(
            "constraint_table_usage",
            &[
                "table_catalog",
                "table_schema",
                "table_name",
                "constraint_catalog",
                "constraint_schema",
                "constraint_name",
            ],
        );
        for (constraint, relation) in all(backend)? {
            let relation = match &constraint.kind {
                ConstraintKind::ForeignKey(key) => backend.relation_by_oid(key.referenced)?,
                ConstraintKind::PrimaryKey { .. } | ConstraintKind::Unique { .. } => relation,
                _ => continue,
            };
            let mut row = relation_name(backend, &relation).to_vec();
            row.extend(constraint_name(backend, &constraint));
            table.push(row);
        }
        Ok(table.rows)
    })
}

fn rule(action: ForeignKeyAction) -> Datum {
    text(match action {
        ForeignKeyAction::NoAction => "NO ACTION",
        ForeignKeyAction::Restrict => "RESTRICT",
        ForeignKeyAction::Cascade => "CASCADE",
        ForeignKeyAction::SetNull => "SET NULL",
        ForeignKeyAction::SetDefault => "SET DEFAULT",
    })
}

pub fn referential_constraints(backend: &mut Backend<'_>) -> Result<Rows> {
    read_only(backend, |backend| {
        let mut table = Table::new(
            "referential_constraints",
            &[
                "constraint_catalog",
                "constraint_schema",
                "constraint_name",
                "unique_constraint_catalog",
                "unique_constraint_schema",
                "unique_constraint_name",
                "match_option",
                "update_rule",
                "delete_rule",
            ],
        );
        let catalog = backend.catalog()?;
        for (constraint, _) in all(backend)? {
            let ConstraintKind::ForeignKey(key) = &constraint.kind else {
                continue;
            };
            let mut row = constraint_name(backend, &constraint).to_vec();
            let unique = catalog
                .constraints_of(key.referenced)
                .find(|c| c.index() == Some(key.index));
            match unique {
                Some(unique) => row.extend(constraint_name(backend, unique)),
                None => row.extend([Datum::Null, Datum::Null, Datum::Null]),
            }
            row.extend([
                text(match key.match_kind {
                    ForeignKeyMatch::Simple => "NONE",
                    ForeignKeyMatch::Full => "FULL",
                }),
                rule(key.on_update),
                rule(key.on_delete),
            ]);
            table.push(row);
        }
        Ok(table.rows)
    })
}

pub fn check_constraints(backend: &mut Backend<'_>) -> Result<Rows> {
    read_only(backend, |backend| {
        let mut table = Table::new(
            "check_constraints",
            &[
                "constraint_catalog",
                "constraint_schema",
                "constraint_name",
                "check_clause",
            ],
        );
        for (constraint, relation) in all(backend)? {
            if let ConstraintKind::Check { expression, .. } = &constraint.kind {
                let mut row = constraint_name(backend, &constraint).to_vec();
                let clause = deparse_expression(backend, expression, Some(&relation), false)?;
                row.push(Datum::from(format!("({clause})")));
                table.push(row);
            }
        }
        for domain in backend.catalog()?.types.values() {
            for constraint in domain.domain_constraints() {
                let clause = deparse_expression(backend, &constraint.expression, None, false)?;
                table.push(vec![
                    database(backend),
                    schema(backend, domain.schema),
                    Datum::Text(constraint.name.clone()),
                    Datum::from(format!("({clause})")),
                ]);
            }
        }
        for (relation, number) in not_null_columns(backend) {
            let column = relation.attribute(number).map_or("", |attribute| &attribute.name);
            table.push(vec![
                database(backend),
                schema(backend, relation.schema),
                Datum::from(not_null_name(&relation, number)),
                Datum::from(format!("{column} IS NOT NULL")),
            ]);
        }
        Ok(table.rows)
    })
}

pub fn domain_constraints(backend: &mut Backend<'_>) -> Result<Rows> {
    read_only(backend, |backend| {
        let mut table = Table::new(
            "domain_constraints",
            &[
                "constraint_catalog",
                "constraint_schema",
                "constraint_name",
                "domain_catalog",
                "domain_schema",
                "domain_name",
                "is_deferrable",
                "initially_deferred",
            ],
        );
        for domain in backend.catalog()?.types.values() {
            for constraint in domain.domain_constraints() {
                table.push(vec![
                    database(backend),
                    schema(backend, domain.schema),
                    Datum::Text(constraint.name.clone()),
                    database(backend),
                    schema(backend, domain.schema),
                    Datum::Text(domain.name.clone()),
                    yes_or_no(false),
                    yes_or_no(false),
                ]);
            }
        }
        Ok(table.rows)
    })
}

/// The event as the view names it; TRUNCATE is not shown.
fn event_name(event: &TriggerEvent) -> Option<&'static str> {
    match event {
        TriggerEvent::Insert => Some("INSERT"),
        TriggerEvent::Update(_) => Some("UPDATE"),
        TriggerEvent::Delete => Some("DELETE"),
        TriggerEvent::Truncate => None,
    }
}

/// Which place a trigger has among those that fire at the same time, by name.
fn action_order(backend: &Backend<'_>, trigger: &Trigger, event: &str) -> Result<i32> {
    let earlier = backend.catalog()?.triggers.values().filter(|other| {
        other.relation == trigger.relation
            && other.timing == trigger.timing
            && other.for_each_row == trigger.for_each_row
            && other.name < trigger.name
            && other.events.iter().any(|own| event_name(own) == Some(event))
    });
    Ok(i32::try_from(earlier.count()).unwrap_or(0) + 1)
}

pub fn triggers(backend: &mut Backend<'_>) -> Result<Rows> {
    read_only(backend, |backend| {
        let mut table = Table::new(
            "triggers",
            &[
                "trigger_catalog",
                "trigger_schema",
                "trigger_name",
                "event_manipulation",
                "event_object_catalog",
                "event_object_schema",
                "event_object_table",
                "action_order",
                "action_condition",
                "action_statement",
                "action_orientation",
                "action_timing",
                "action_reference_old_table",
                "action_reference_new_table",
            ],
        );
        let catalog = backend.catalog()?;
        for trigger in catalog.triggers.values() {
            let relation = backend.relation_by_oid(trigger.relation)?;
            let function = backend.procedure_signature(trigger.function);
            let condition = crate::system::definition::trigger::when_text(backend, trigger, &relation, false);
            for event in &trigger.events {
                let Some(event) = event_name(event) else { continue };
                table.push(vec![
                    database(backend),
                    schema(backend, relation.schema),
                    Datum::Text(trigger.name.clone()),
                    text(event),
                    database(backend),
                    schema(backend, relation.schema),
                    Datum::Text(relation.name.clone()),
                    Datum::Int4(action_order(backend, trigger, event)?),
                    condition.clone().map_or(Datum::Null, Datum::from),
                    Datum::from(format!("EXECUTE FUNCTION {function}")),
                    text(if trigger.for_each_row { "ROW" } else { "STATEMENT" }),
                    text(match trigger.timing {
                        TriggerTiming::Before => "BEFORE",
                        TriggerTiming::After => "AFTER",
                        TriggerTiming::InsteadOf => "INSTEAD OF",
                    }),
                    trigger.old_table.clone().map_or(Datum::Null, Datum::Text),
                    trigger.new_table.clone().map_or(Datum::Null, Datum::Text),
                ]);
            }
        }
        Ok(table.rows)
    })
}
