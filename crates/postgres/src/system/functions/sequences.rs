//! `nextval`, `currval`, `lastval`, `setval` and what is known of sequences.

use std::sync::Arc;

use kumquat_types::{Datum, Error, Oid, Result, SqlState};

use super::Arguments;
use crate::backend::Backend;
use crate::catalog::{ObjectAddress, ObjectClass, Relation, SequenceDefinition};
use crate::commands::privileges::{has_privilege, permission_denied};
use crate::commands::relation_kind::not_a;
use crate::extension::FunctionCall;
use crate::query::FuncForm;
use crate::server::SequenceValue;

pub fn call(
    backend: &mut Backend<'_>,
    name: &str,
    call: &FunctionCall<'_>,
    args: Arguments<'_>,
) -> Result<Option<Datum>> {
    Ok(Some(match name {
        "nextval" => next_value(backend, args.oid(0), call.form)?.into(),
        "currval" => current_value(backend, args.oid(0))?.into(),
        "lastval" => last_value(backend)?.into(),
        "setval" => {
            let called = args.len() < 3 || args.bool(2);
            set_value(backend, args.oid(0), args.int(1), called)?.into()
        }
        "pg_sequence_last_value" => {
            let (relation, _) = open(backend, args.oid(0))?;
            let value = value_of(backend, relation.oid)?;
            value.is_called.then_some(value.last_value).into()
        }
        _ => return Ok(None),
    }))
}

/// The sequence and its parameters.
fn open(backend: &Backend<'_>, oid: Oid) -> Result<(Arc<Relation>, SequenceDefinition)> {
    let relation = backend.relation_by_oid(oid)?;
    match relation.sequence {
        Some(definition) => Ok((relation, definition)),
        None => Err(not_a(&relation.name, "sequence")),
    }
}

fn value_of(backend: &Backend<'_>, oid: Oid) -> Result<SequenceValue> {
    let value = backend.database()?.sequences.get(&oid).copied();
    value.ok_or_else(|| Error::internal("a sequence without value"))
}

fn check_any(backend: &Backend<'_>, relation: &Relation, letters: &str) -> Result<()> {
    let object = ObjectAddress::new(ObjectClass::Relation, relation.oid);
    let role = backend.session.current_user;
    if letters
        .chars()
        .any(|letter| has_privilege(backend, role, object, letter))
    {
        return Ok(());
    }
    Err(permission_denied("sequence", &relation.name))
}

/// Takes the next value of a sequence.
fn next_value(backend: &mut Backend<'_>, oid: Oid, form: FuncForm) -> Result<i64> {
    let (relation, definition) = open(backend, oid)?;
    if form != FuncForm::Identity {
        check_any(backend, &relation, "Uw")?;
    }
    let current = value_of(backend, oid)?;
    let next = match current.is_called {
        false => current.last_value,
        true => step(&relation, &definition, current.last_value)?,
    };
    store(backend, oid, next, true)?;
    remember(backend, oid, next);
    Ok(next)
}

/// The value after this one, from the other end if the sequence cycles.
fn step(relation: &Relation, definition: &SequenceDefinition, last: i64) -> Result<i64> {
    let next = last.checked_add(definition.increment);
    if let Some(next) = next
        && (definition.min..=definition.max).contains(&next)
    {
        return Ok(next);
    }
    let ascending = definition.increment > 0;
    if definition.cycle {
        return Ok(if ascending { definition.min } else { definition.max });
    }
    let (word, limit) = match ascending {
        true => ("maximum", definition.max),
        false => ("minimum", definition.min),
    };
    Err(Error::new(
        SqlState::SEQUENCE_GENERATOR_LIMIT_EXCEEDED,
        format!(
            "nextval: reached {word} value of sequence \"{}\" ({limit})",
            relation.name
        ),
    ))
}

fn store(backend: &mut Backend<'_>, oid: Oid, last_value: i64, is_called: bool) -> Result<()> {
    let value = SequenceValue { last_value, is_called };
    backend.database_mut()?.sequences.insert(oid, value);
    Ok(())
}

fn remember(backend: &mut Backend<'_>, oid: Oid, value: i64) {
    backend.session.sequence_values.insert(oid, value);
    backend.session.last_sequence = Some(oid);
}

fn prerequisite(message: String) -> Error {
    Error::new(SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE, message)
}

fn current_value(backend: &Backend<'_>, oid: Oid) -> Result<i64> {
    let (relation, _) = open(backend, oid)?;
    check_any(backend, &relation, "Ur")?;
    let value = backend.session.sequence_values.get(&oid).copied();
    value.ok_or_else(|| {
        prerequisite(format!(
            "currval of sequence \"{}\" is not yet defined in this session",
            relation.name
        ))
    })
}

fn last_value(backend: &Backend<'_>) -> Result<i64> {
    let undefined = || prerequisite("lastval is not yet defined in this session".into());
    let sequence = backend.session.last_sequence.ok_or_else(undefined)?;
    let value = backend.session.sequence_values.get(&sequence).copied();
    value.ok_or_else(undefined)
}

fn set_value(backend: &mut Backend<'_>, oid: Oid, value: i64, is_called: bool) -> Result<i64> {
    let (relation, definition) = open(backend, oid)?;
    check_any(backend, &relation, "w")?;
    if !(definition.min..=definition.max).contains(&value) {
        return Err(Error::new(
            SqlState::NUMERIC_VALUE_OUT_OF_RANGE,
            format!(
                "setval: value {value} is out of bounds for sequence \"{}\" ({}..{})",
                relation.name, definition.min, definition.max
            ),
        ));
    }
    store(backend, oid, value, is_called)?;
    if is_called {
        backend.session.sequence_values.insert(oid, value);
    }
    Ok(value)
}

/// `pg_sequence_parameters`.
pub fn parameters(backend: &Backend<'_>, args: Arguments<'_>) -> Result<Vec<Datum>> {
    let (relation, definition) = open(backend, args.oid(0))?;
    check_any(backend, &relation, "rwU")?;
    Ok(vec![
        definition.start.into(),
        definition.min.into(),
        definition.max.into(),
        definition.increment.into(),
        definition.cycle.into(),
        definition.cache.into(),
        Datum::Oid(definition.type_oid.0),
    ])
}

/// Values that PostgreSQL writes to its log ahead (`SEQ_LOG_VALS`).
const LOGGED_AHEAD: i64 = 32;

/// The one row of a sequence read as a table; `None` if the relation is none. How many values are logged ahead is
/// told as if all had been fetched one by one.
pub fn row(backend: &Backend<'_>, relation: Oid) -> Result<Option<Vec<Datum>>> {
    let database = backend.database()?;
    let Some(value) = database.sequences.get(&relation) else {
        return Ok(None);
    };
    let definition = database
        .catalog
        .relation(relation)
        .and_then(|relation| relation.sequence);
    let fetched = definition.filter(|_| value.is_called).and_then(|sequence| {
        value
            .last_value
            .checked_sub(sequence.start)?
            .checked_div(sequence.increment)
    });
    let ahead = fetched.map_or(0, |fetched| LOGGED_AHEAD - fetched.rem_euclid(LOGGED_AHEAD + 1));
    Ok(Some(vec![
        Datum::Int8(value.last_value),
        Datum::Int8(ahead),
        value.is_called.into(),
    ]))
}
