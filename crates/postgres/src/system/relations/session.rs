//! What the session has open, and what the server says of it.

use kumquat_types::functions::datetime;
use kumquat_types::{Datum, Environment, Oid, Result};

use super::Rows;
use super::values::{array, int4, oid, role_name, shared, text};
use crate::backend::Backend;
use crate::session::Transaction;

/// `pg_prepared_statement()` and the view of it.
pub fn prepared_statements(backend: &mut Backend<'_>) -> Result<Rows> {
    let backend = &*backend;
    let now = Datum::TimestampTz(backend.statement_timestamp());
    let prepared = backend.session.prepared.values();
    Ok(prepared
        .map(|statement| {
            let types = statement.parameter_types.iter().map(|type_oid| oid(*type_oid));
            vec![
                shared(&statement.name),
                shared(&statement.text),
                now.clone(),
                array(Oid::REGTYPE, types.collect()),
                statement.from_sql.into(),
                Datum::Int8(0),
                Datum::Int8(0),
            ]
        })
        .collect())
}

/// `pg_cursor()` and the view of it.
pub fn cursors(backend: &mut Backend<'_>) -> Result<Rows> {
    let backend = &*backend;
    let now = Datum::TimestampTz(backend.statement_timestamp());
    Ok(backend
        .session
        .cursors
        .values()
        .map(|cursor| {
            vec![
                shared(&cursor.name),
                shared(&cursor.text),
                cursor.hold.into(),
                false.into(),
                cursor.scrollable.into(),
                now.clone(),
            ]
        })
        .collect())
}

/// Transactions that PREPARE TRANSACTION put aside.
pub fn prepared_transactions(backend: &mut Backend<'_>) -> Result<Rows> {
    let backend = &*backend;
    let server = backend.server()?;
    Ok(server
        .prepared
        .iter()
        .zip(731_u32..)
        .map(|((name, transaction), xid)| {
            vec![
                Datum::Oid(xid),
                shared(name),
                Datum::TimestampTz(transaction.prepared_at),
                role_name(backend, transaction.owner),
                shared(&transaction.database),
            ]
        })
        .collect())
}

/// The session itself: the only backend there is.
pub fn stat_activity(backend: &mut Backend<'_>) -> Result<Rows> {
    let backend = &*backend;
    let database = backend.database()?;
    let application = backend.setting("application_name").unwrap_or_else(|| "psql".into());
    let at = |micros: i64| Datum::TimestampTz(micros);
    let clock = backend.session.clock;
    Ok(vec![vec![
        oid(database.oid),
        shared(&database.name),
        process_id(backend),
        Datum::Null,
        oid(backend.session.session_user),
        role_name(backend, backend.session.session_user),
        shared(&application),
        Datum::Null,
        Datum::Null,
        int4(-1),
        at(clock.transaction_start),
        at(clock.transaction_start),
        at(clock.statement_start),
        at(clock.statement_start),
        Datum::Null,
        Datum::Null,
        text("active"),
        Datum::Null,
        Datum::Null,
        Datum::Null,
        text(""),
        text("client backend"),
    ]])
}

fn process_id(backend: &Backend<'_>) -> Datum {
    int4(i32::try_from(backend.session.process_id).unwrap_or(i32::MAX))
}

/// The locks that every statement holds on itself.
pub fn locks(backend: &mut Backend<'_>) -> Result<Rows> {
    let backend = &*backend;
    let virtual_id = "3/1";
    let mut row = vec![text("virtualxid")];
    row.extend((0..4).map(|_| Datum::Null));
    row.push(text(virtual_id));
    row.extend((0..4).map(|_| Datum::Null));
    row.extend([
        text(virtual_id),
        process_id(backend),
        text("ExclusiveLock"),
        true.into(),
        matches!(backend.session.transaction, Transaction::Idle).into(),
        Datum::Null,
    ]);
    Ok(vec![row])
}

/// Connections to a playground are not encrypted.
pub fn stat_ssl(backend: &mut Backend<'_>) -> Result<Rows> {
    let mut row = vec![process_id(backend), false.into()];
    row.extend((0..6).map(|_| Datum::Null));
    Ok(vec![row])
}

pub fn stat_gssapi(backend: &mut Backend<'_>) -> Result<Rows> {
    Ok(vec![vec![process_id(backend), false.into(), Datum::Null, false.into()]])
}

pub fn timezone_names(backend: &mut Backend<'_>) -> Result<Rows> {
    Ok(datetime::zone_names(backend.transaction_timestamp()))
}

pub fn timezone_abbreviations(backend: &mut Backend<'_>) -> Result<Rows> {
    Ok(datetime::abbreviations(backend.transaction_timestamp()))
}
