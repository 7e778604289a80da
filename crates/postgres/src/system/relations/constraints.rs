//! pg_constraint, pg_trigger.

use std::sync::Arc;

use kumquat_types::{Datum, Oid, Result};

use super::Rows;
use super::values::{array, array_or_null, int2_vector, int4, letter, oid, optional_text, shared, short_count};
use crate::backend::Backend;
use crate::catalog::function::{TriggerEvent, TriggerTiming};
use crate::catalog::operator_class::find_binary_operator;
use crate::catalog::{
    Constraint, ConstraintKind, ForeignKey, ForeignKeyAction, ForeignKeyMatch, Relation, Trigger, UserDefinedType,
};
use crate::ruleutils::deparse_expression;

pub fn pg_constraint(backend: &mut Backend<'_>) -> Result<Rows> {
    let backend = &*backend;
    let catalog = backend.catalog()?;
    let mut rows = Vec::new();
    for constraint in catalog.constraints.values() {
        if !backend.extension.hides_relation(backend, constraint.relation) {
            let relation = backend.relation_by_oid(constraint.relation)?;
            rows.push(constraint_row(backend, &relation, constraint)?);
        }
    }
    for domain in catalog.types.values() {
        rows.extend(domain_rows(backend, domain)?);
    }
    Ok(rows)
}

/// `contype`.
pub fn kind_letter(kind: &ConstraintKind) -> char {
    match kind {
        ConstraintKind::Check { .. } => 'c',
        ConstraintKind::PrimaryKey { .. } => 'p',
        ConstraintKind::Unique { .. } => 'u',
        ConstraintKind::ForeignKey(_) => 'f',
        ConstraintKind::Exclusion { .. } => 'x',
    }
}

/// `confupdtype`, `confdeltype`.
pub fn action_letter(action: ForeignKeyAction) -> char {
    match action {
        ForeignKeyAction::NoAction => 'a',
        ForeignKeyAction::Restrict => 'r',
        ForeignKeyAction::Cascade => 'c',
        ForeignKeyAction::SetNull => 'n',
        ForeignKeyAction::SetDefault => 'd',
    }
}

fn numbers(columns: &[i16]) -> Datum {
    array_or_null(Oid::INT2, columns.iter().copied().map(Datum::Int2).collect())
}

/// The part of a row that differs by kind: columns, index.
fn columns_and_index(kind: &ConstraintKind) -> (&[i16], Oid) {
    match kind {
        ConstraintKind::Check { columns, .. } => (columns, Oid::INVALID),
        ConstraintKind::PrimaryKey { columns, index }
        | ConstraintKind::Unique { columns, index }
        | ConstraintKind::Exclusion { columns, index } => (columns, *index),
        ConstraintKind::ForeignKey(key) => (&key.columns, key.index),
    }
}

fn constraint_row(backend: &Backend<'_>, relation: &Relation, constraint: &Constraint) -> Result<Vec<Datum>> {
    let (columns, index) = columns_and_index(&constraint.kind);
    let key: Option<&ForeignKey> = match &constraint.kind {
        ConstraintKind::ForeignKey(key) => Some(key),
        _ => None,
    };
    let check = match &constraint.kind {
        ConstraintKind::Check { expression, .. } => {
            Some(deparse_expression(backend, expression, Some(relation), false)?)
        }
        _ => None,
    };
    let operators = match key {
        Some(key) => equality_operators(backend, relation, key)?,
        None => Datum::Null,
    };
    let exclusion = match backend.catalog()?.relation(index).and_then(|index| index.index.clone()) {
        Some(definition) if definition.exclusion => {
            let operators = definition.exclusion_operators.iter().map(|operator| oid(*operator));
            array(Oid::OID, operators.collect())
        }
        _ => Datum::Null,
    };
    let space = || letter(' ');
    Ok(vec![
        oid(constraint.oid),
        shared(&constraint.name),
        oid(constraint.schema),
        letter(kind_letter(&constraint.kind)),
        constraint.deferrable.into(),
        constraint.initially_deferred.into(),
        constraint.validated.into(),
        oid(constraint.relation),
        oid(Oid::INVALID),
        oid(index),
        oid(constraint.parent),
        oid(key.map_or(Oid::INVALID, |key| key.referenced)),
        key.map_or_else(space, |key| letter(action_letter(key.on_update))),
        key.map_or_else(space, |key| letter(action_letter(key.on_delete))),
        key.map_or_else(space, |key| {
            letter(match key.match_kind {
                ForeignKeyMatch::Simple => 's',
                ForeignKeyMatch::Full => 'f',
            })
        }),
        constraint.is_local.into(),
        int4(i32::from(constraint.inherited_count)),
        constraint.no_inherit.into(),
        numbers(columns),
        key.map_or(Datum::Null, |key| numbers(&key.referenced_columns)),
        operators.clone(),
        operators.clone(),
        operators,
        key.map_or(Datum::Null, |key| numbers(&key.on_delete_columns)),
        exclusion,
        optional_text(check),
    ])
}

/// The equality of each pair of columns.
fn equality_operators(backend: &Backend<'_>, relation: &Relation, key: &ForeignKey) -> Result<Datum> {
    let referenced: Arc<Relation> = backend.relation_by_oid(key.referenced)?;
    let types = |relation: &Relation, number: i16| relation.attribute(number).map_or(Oid::INVALID, |a| a.type_oid);
    let pairs = key.referenced_columns.iter().zip(&key.columns);
    let operators = pairs.map(|(other, own)| {
        let (left, right) = (types(&referenced, *other), types(relation, *own));
        oid(find_binary_operator(backend, "=", left, right).unwrap_or_default())
    });
    Ok(array(Oid::OID, operators.collect()))
}

fn domain_rows(backend: &Backend<'_>, domain: &UserDefinedType) -> Result<Rows> {
    domain
        .domain_constraints()
        .iter()
        .map(|constraint| {
            let check = deparse_expression(backend, &constraint.expression, None, false)?;
            let mut row = vec![
                oid(constraint.oid),
                shared(&constraint.name),
                oid(domain.schema),
                letter('c'),
                false.into(),
                false.into(),
                constraint.validated.into(),
                oid(Oid::INVALID),
                oid(domain.oid),
            ];
            row.extend([oid(Oid::INVALID), oid(Oid::INVALID), oid(Oid::INVALID)]);
            row.extend([
                letter(' '),
                letter(' '),
                letter(' '),
                true.into(),
                int4(0),
                false.into(),
            ]);
            row.extend((0..7).map(|_| Datum::Null));
            row.push(optional_text(Some(check)));
            Ok(row)
        })
        .collect()
}

pub fn pg_trigger(backend: &mut Backend<'_>) -> Result<Rows> {
    let backend = &*backend;
    let triggers = backend.catalog()?.triggers.values();
    Ok(triggers
        .filter(|trigger| !backend.extension.hides_relation(backend, trigger.relation))
        .map(|trigger| trigger_row(trigger))
        .collect())
}

/// `tgtype`.
fn type_bits(trigger: &Trigger) -> i16 {
    let timing = match trigger.timing {
        TriggerTiming::Before => 1 << 1,
        TriggerTiming::After => 0,
        TriggerTiming::InsteadOf => 1 << 6,
    };
    let events = trigger.events.iter().map(|event| match event {
        TriggerEvent::Insert => 1 << 2,
        TriggerEvent::Delete => 1 << 3,
        TriggerEvent::Update(_) => 1 << 4,
        TriggerEvent::Truncate => 1 << 5,
    });
    events.fold(timing | i16::from(trigger.for_each_row), |bits, event| bits | event)
}

fn trigger_row(trigger: &Trigger) -> Vec<Datum> {
    let columns = trigger.events.iter().find_map(|event| match event {
        TriggerEvent::Update(columns) => Some(columns.clone()),
        _ => None,
    });
    let mut arguments = Vec::new();
    for argument in &trigger.arguments {
        arguments.extend_from_slice(argument.as_bytes());
        arguments.push(0);
    }
    vec![
        oid(trigger.oid),
        oid(trigger.relation),
        oid(trigger.parent),
        shared(&trigger.name),
        oid(trigger.function),
        Datum::Int2(type_bits(trigger)),
        letter(trigger.enabled),
        false.into(),
        oid(trigger.constraint_relation),
        oid(Oid::INVALID),
        oid(Oid::INVALID),
        trigger.deferrable.into(),
        trigger.initially_deferred.into(),
        short_count(trigger.arguments.len()),
        int2_vector(columns.unwrap_or_default()),
        Datum::Bytea(arguments.into()),
        Datum::Null,
        trigger.old_table.as_ref().map_or(Datum::Null, shared),
        trigger.new_table.as_ref().map_or(Datum::Null, shared),
    ]
}
