//! Transaction ids.

use kumquat_types::{Datum, Error, Result, SqlState};

use super::Arguments;
use crate::backend::Backend;
use crate::extension::FunctionCall;
use crate::session::Transaction;

pub fn call(backend: &mut Backend<'_>, name: &str, _: &FunctionCall<'_>, args: Arguments<'_>) -> Result<Option<Datum>> {
    let as_bigint = |xid: u64| Datum::Int8(i64::try_from(xid).unwrap_or(i64::MAX));
    let as_xid8 = |xid: u64| Datum::from(xid.to_string());
    Ok(Some(match name {
        "txid_current" => as_bigint(current(backend)?),
        "pg_current_xact_id" => as_xid8(current(backend)?),
        "txid_current_if_assigned" => assigned(backend).map_or(Datum::Null, as_bigint),
        "pg_current_xact_id_if_assigned" => assigned(backend).map_or(Datum::Null, as_xid8),
        "txid_status" | "pg_xact_status" => status(backend, args)?,
        "txid_current_snapshot" | "pg_current_snapshot" => {
            let next = backend.server()?.next_xid;
            Datum::from(format!("{next}:{next}:"))
        }
        _ => return Ok(None),
    }))
}

fn assigned(backend: &Backend<'_>) -> Option<u64> {
    match &backend.session.transaction {
        Transaction::Open(block) | Transaction::Failed(block) => block.xid,
        Transaction::Idle => None,
    }
}

/// The id of the transaction, given at first use.
pub fn current(backend: &mut Backend<'_>) -> Result<u64> {
    if let Some(xid) = assigned(backend) {
        return Ok(xid);
    }
    let server = backend.server_mut()?;
    let xid = server.next_xid;
    server.next_xid = server.next_xid.saturating_add(1);
    if let Transaction::Open(block) = &mut backend.session.transaction {
        block.xid = Some(xid);
    }
    Ok(xid)
}

fn status(backend: &Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    let xid = match args.get(0) {
        Datum::Text(text) => text.parse().unwrap_or(0),
        value => value.as_i64().and_then(|xid| u64::try_from(xid).ok()).unwrap_or(0),
    };
    if xid >= backend.server()?.next_xid {
        return Err(Error::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("transaction ID {xid} is in the future"),
        ));
    }
    Ok(match assigned(backend) == Some(xid) {
        true => Datum::from("in progress"),
        false => Datum::from("committed"),
    })
}
